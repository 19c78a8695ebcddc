//! The checked form of an event.

use crate::mutate;
use guiju_grammar::keyword::Kw;
use guiju_lang::{
    canonical,
    finding::Place,
    hir::{Expr, SinkId, SlotFormat, SourceId, TextSegment, TextTemplate},
    kind::RuleBody,
    mutate::{Said, Texts},
    value::Duration,
};
use std::{any::Any, fmt::Write, sync::Arc};

/// A checked event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The table it looks at.
    pub on: SourceId,
    /// The row's key: the column(s) that name the customer.
    pub key: Expr,
    /// The source is a stream (`on … by …`), whose windows the key tells apart.
    pub stream: bool,
    /// Fires where this is true.
    pub when: Expr,
    /// Of a stream: what else has to happen, or not to happen, in the course of time.
    pub pattern: Option<Pattern>,
    /// Text.
    pub priority: Expr,
    /// Text, may be missing.
    pub assign: Option<Expr>,
    /// The best of each group only.
    pub keep: Option<KeepTop>,
    /// The cool-down.
    pub once: Option<OncePer>,
    /// How long the task is worth doing.
    pub expires: Option<Duration>,
    /// The text that says so.
    pub expires_at: Option<Place>,
    /// What the person reads.
    pub task: Arc<TextTemplate>,
    /// The text, or the template's name, that says so.
    pub task_at: Option<Place>,
    /// Who receives the tasks.
    pub to: SinkId,
    /// Its state may be dropped when it changes.
    pub reset_on_change: bool,
}

/// A condition that takes time. A row is within D of one at time t if it comes after it in the stream's order, before t + D.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// Which.
    pub how: How,
    /// D, in microseconds.
    pub span: i64,
    /// The text that says so.
    pub at: Place,
}

/// What takes time.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// `for D`: the event's condition has been true in every row of the key for D.
    Held,
    /// `A then B within D`: the event's condition is B, this is A. Fires for a B if there was an A since the last B, within D.
    Then(Expr),
    /// `A without B within D`: the event's condition is A, this is B. Fires for every A, D after it, if no B came within D.
    Without(Expr),
}

impl How {
    /// The word that says so.
    pub fn word(&self) -> Kw {
        match self {
            Self::Held => Kw::FOR,
            Self::Then(_) => Kw::SEQ_THEN,
            Self::Without(_) => Kw::SEQ_WITHOUT,
        }
    }
    /// What another row has to fulfil.
    pub fn other(&self) -> Option<&Expr> {
        match self {
            Self::Held => None,
            Self::Then(other) | Self::Without(other) => Some(other),
        }
    }
    /// It is the time that makes the event act, not a row.
    pub fn waits(&self) -> bool {
        !matches!(self, Self::Then(_))
    }
}

/// `keep top N per G by E`: the N rows with the largest `by` of each group; ties by key. A row whose group or value is missing
/// is not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeepTop {
    /// N.
    pub count: u64,
    /// G; without it, one group.
    pub per: Option<Expr>,
    /// E.
    pub by: Expr,
}

/// `once per K every P`: not again for the same K until P has passed since the last effect.
#[derive(Debug, Clone, PartialEq)]
pub struct OncePer {
    /// K.
    pub key: Vec<Expr>,
    /// P.
    pub every: Duration,
}

impl Event {
    /// The task's text as an expression, so that executors see one thing.
    pub fn task_slots(&self) -> impl Iterator<Item = &Expr> {
        self.task.segments.iter().filter_map(|segment| match segment {
            TextSegment::Slot { expr, .. } => Some(expr),
            TextSegment::Literal(_) => None,
        })
    }
}

impl RuleBody for Event {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn expressions(&self) -> Vec<(&'static str, &Expr)> {
        let mut all = vec![("key", &self.key), ("when", &self.when), ("priority", &self.priority)];
        all.extend(self.assign.iter().map(|e| ("assign to", e)));
        if let Some(keep) = &self.keep {
            all.extend(keep.per.iter().map(|e| ("keep top", e)));
            all.push(("keep top", &keep.by));
        }
        if let Some(once) = &self.once {
            all.extend(once.key.iter().map(|e| ("once per", e)));
        }
        all.extend(self.pattern.iter().filter_map(|pattern| Some((pattern.how.word().en(), pattern.how.other()?))));
        all.extend(self.task_slots().map(|e| ("task", e)));
        all
    }

    fn stream(&self) -> Option<SourceId> {
        self.stream.then_some(self.on)
    }

    fn with_expression(&self, position: usize, expr: &Expr) -> Option<Arc<dyn RuleBody>> {
        mutate::with_expression(self, position, expr).map(|event| Arc::new(event) as Arc<dyn RuleBody>)
    }

    fn variants(&self, texts: &dyn Texts) -> Vec<(Said, Arc<dyn RuleBody>)> {
        mutate::variants(self, texts)
    }

    fn canonical(&self, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = write!(out, "event on={} to={} reset={}", self.on.0, self.to.0, self.reset_on_change);
        if self.stream {
            out.push_str(" stream");
        }
        if let Some(pattern) = &self.pattern {
            let _ = write!(out, " {}={}us", pattern.how.word().en(), pattern.span);
            if pattern.how.other().is_some() {
                // A narrower condition is not the same rule for fewer rows: each has its own rows that it is asked about.
                out.push_str(" of ");
                canonical::expr(out, &self.when, &[]);
            }
        }
        if let Some(keep) = &self.keep {
            let _ = write!(out, " keep={}", keep.count);
        }
        if let Some(once) = &self.once {
            let _ = write!(out, " every={:?}", once.every);
        }
        let _ = write!(out, " expires={:?} task=", self.expires);
        for segment in &self.task.segments {
            match segment {
                TextSegment::Literal(text) => {
                    canonical::debug_text(out, text);
                }
                TextSegment::Slot { format: SlotFormat::Scaled { power, suffix }, .. } => {
                    let _ = write!(out, "Scaled {{ power: {power}, suffix: ");
                    canonical::debug_text(out, suffix);
                    out.push_str(" }");
                }
                TextSegment::Slot { format, .. } => {
                    let _ = write!(out, "{format:?}");
                }
            }
        }
    }
}
