//! An event with one clause changed or left out: the mutants that are not a change of one expression.

use crate::event::{Event, How, KeepTop, OncePer, Pattern};
use guiju_grammar::keyword::Kw;
use guiju_lang::{
    finding::Place,
    hir::{Expr, ExprKind, TextSegment, TextTemplate},
    kind::RuleBody,
    mutate::{Said, Texts, number_changed, stepped_duration},
    value::Value,
};
use std::sync::Arc;

/// The event with another expression at that position of its expressions.
pub(crate) fn with_expression(event: &Event, position: usize, expr: &Expr) -> Option<Event> {
    let mut changed = event.clone();
    let mut slots = Vec::new();
    {
        let mut all: Vec<&mut Expr> = vec![&mut changed.key, &mut changed.when, &mut changed.priority];
        all.extend(changed.assign.iter_mut());
        if let Some(keep) = &mut changed.keep {
            all.extend(keep.per.iter_mut());
            all.push(&mut keep.by);
        }
        if let Some(once) = &mut changed.once {
            all.extend(once.key.iter_mut());
        }
        if let Some(Pattern { how: How::Then(other) | How::Without(other), .. }) = &mut changed.pattern {
            all.push(other);
        }
        let before = all.len();
        if let Some(place) = all.into_iter().nth(position) {
            *place = expr.clone();
        } else {
            slots.push(position - before);
        }
    }
    if let Some(&slot) = slots.first() {
        let mut template = TextTemplate::clone(&event.task);
        let mut all = template.segments.iter_mut().filter_map(|segment| match segment {
            TextSegment::Slot { expr, .. } => Some(expr),
            TextSegment::Literal(_) => None,
        });
        *all.nth(slot)? = expr.clone();
        changed.task = Arc::new(template);
    }
    Some(changed)
}

/// Everything else that could be otherwise.
pub(crate) fn variants(event: &Event, texts: &dyn Texts) -> Vec<(Said, Arc<dyn RuleBody>)> {
    let mut all = Clauses { event, texts, all: Vec::new() };
    all.priority();
    if let Some(assign) = &event.assign {
        all.dropped(assign.written, Event { assign: None, ..event.clone() });
    }
    if let Some(keep) = &event.keep {
        all.keep(keep);
    }
    if let Some(once) = &event.once {
        all.once(once);
    }
    if let Some(pattern) = &event.pattern {
        let without = Event { pattern: None, ..event.clone() };
        match pattern.how {
            How::Held => all.dropped(pattern.at, without),
            // A part of the condition's line.
            How::Then(_) | How::Without(_) => {
                let from = texts.slice(pattern.at).to_owned();
                all.push(Said { kind: "clause", at: pattern.at, from, to: String::new() }, without);
            }
        }
    }
    if let Some(at) = event.task_at.filter(|_| !event.task.segments.is_empty()) {
        let said = Said { kind: "clause", at, from: texts.slice(at).to_owned(), to: "\"\"".to_owned() };
        all.push(said, Event { task: Arc::new(TextTemplate { segments: Vec::new() }), ..event.clone() });
    }
    if let Some((expires, at)) = event.expires.zip(event.expires_at) {
        all.dropped(at, Event { expires: None, ..event.clone() });
        for up in [true, false] {
            if let Some(span) = stepped_duration(expires, up) {
                all.number(at, "", up, Event { expires: Some(span), ..event.clone() });
            }
        }
    }
    all.all
}

struct Clauses<'a> {
    event: &'a Event,
    texts: &'a dyn Texts,
    all: Vec<(Said, Arc<dyn RuleBody>)>,
}

impl Clauses<'_> {
    fn push(&mut self, said: Said, event: Event) {
        self.all.push((said, Arc::new(event)));
    }

    /// Without the clause that is written there.
    fn dropped(&mut self, at: Place, event: Event) {
        let from = self.texts.line(at).to_owned();
        self.push(Said { kind: "clause", at, from, to: String::new() }, event);
    }

    /// The number after a part of the clause one more or one less.
    fn number(&mut self, at: Place, after: &str, up: bool, event: Event) {
        let line = self.texts.line(at);
        let from = line.find(after).map_or(0, |start| start + after.len());
        if let Some(to) = number_changed(line, from, up) {
            self.push(Said { kind: "constant", at, from: line.to_owned(), to }, event);
        }
    }

    /// A fixed priority, one level off.
    fn priority(&mut self) {
        let event = self.event;
        let ExprKind::Literal(Value::Text(level)) = &event.priority.kind else { return };
        let other = if **level == *Kw::LOW.en() { Kw::MEDIUM } else { Kw::LOW };
        let at = event.priority.written;
        // Left out, it stands at the rule's name.
        let left_out = at == event.key.written;
        let from = if left_out { self.texts.word(at.file, Kw::MEDIUM) } else { self.texts.slice(at) }.to_owned();
        let to = self.texts.word(at.file, other).to_owned();
        let mut changed = event.clone();
        changed.priority.kind = ExprKind::Literal(Value::Text(other.en().into()));
        self.push(Said { kind: "word", at, from, to }, changed);
    }

    fn keep(&mut self, keep: &KeepTop) {
        let event = self.event;
        self.dropped(keep.by.written, Event { keep: None, ..event.clone() });
        if let Some(per) = &keep.per {
            let whole = KeepTop { per: None, ..keep.clone() };
            self.dropped(per.written, Event { keep: Some(whole), ..event.clone() });
        }
        let steps = [(true, keep.count.checked_add(1)), (false, keep.count.checked_sub(1).filter(|n| *n > 0))];
        for (up, count) in steps {
            if let Some(count) = count {
                self.number(
                    keep.by.written,
                    "",
                    up,
                    Event { keep: Some(KeepTop { count, ..keep.clone() }), ..event.clone() },
                );
            }
        }
    }

    fn once(&mut self, once: &OncePer) {
        let event = self.event;
        let Some(at) = once.key.first().map(|key| key.written) else { return };
        let key = self.texts.slice(at).to_owned();
        self.dropped(at, Event { once: None, ..event.clone() });
        for up in [true, false] {
            if let Some(every) = stepped_duration(once.every, up) {
                self.number(at, &key, up, Event { once: Some(OncePer { every, ..once.clone() }), ..event.clone() });
            }
        }
    }
}
