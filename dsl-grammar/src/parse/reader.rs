//! What reading a declaration carries along: the text, where the declaration starts, and what was found wrong.

use std::cell::{Cell, RefCell};

use crate::ast::{Name, Plain, Span};
use crate::grammar::{Pair, Rule};
use crate::problem::{Edit, Problem, ProblemKind};

/// Reads the pairs of one declaration.
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    base: usize,
    problems: RefCell<Vec<Problem>>,
    broken: Cell<bool>,
    /// How many expressions are being read inside one another.
    pub(crate) inside: Cell<usize>,
    /// Operators of the outermost expression so far.
    pub(crate) operators: Cell<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, base: usize) -> Self {
        Self {
            text,
            base,
            problems: RefCell::default(),
            broken: Cell::new(false),
            inside: Cell::new(0),
            operators: Cell::new(0),
        }
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    pub(crate) fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        Span::new(self.base + span.start(), self.base + span.end())
    }

    pub(crate) fn report(&self, span: Span, kind: ProblemKind, fix: Vec<Edit>) {
        self.problems.borrow_mut().push(Problem { span, kind, fix });
    }

    pub(crate) fn report_all(&self, problems: Vec<Problem>) {
        self.problems.borrow_mut().extend(problems);
    }

    /// Reports what one replacement puts right.
    pub(crate) fn report_replace(&self, span: Span, kind: ProblemKind, text: impl Into<String>) {
        self.report(span, kind, vec![Edit { span, text: text.into() }]);
    }

    /// Reports another spelling of what is meant.
    pub(crate) fn report_alias(&self, pair: &Pair<'_>, meant: &str) {
        let kind = ProblemKind::Alias { found: pair.as_str().into(), meant: meant.into() };
        self.report_replace(self.span(pair), kind, meant);
    }

    /// What is being read cannot be used.
    pub(crate) fn spoil(&self) {
        self.broken.set(true);
    }

    /// Whether what was read since the last call cannot be used.
    pub(crate) fn take_spoilt(&self) -> bool {
        self.broken.replace(false)
    }

    pub(crate) fn name(&self, pair: &Pair<'_>) -> Name {
        let written = pair.as_str();
        let text = written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(written);
        Name { text: text.into(), span: self.span(pair) }
    }

    /// The names of a `path`, or of a `reference` without arguments.
    pub(crate) fn path(&self, pair: Pair<'_>) -> Vec<Name> {
        let mut names = Vec::with_capacity(1);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => names.push(self.name(&part)),
                Rule::dot => self.dot(&part),
                _ => {}
            }
        }
        names
    }

    pub(crate) fn dot(&self, pair: &Pair<'_>) {
        if pair.as_str() != "." {
            self.report_replace(self.span(pair), ProblemKind::WideDot, ".");
        }
    }

    /// A title, a path, an owner: a text without slots.
    pub(crate) fn plain(&self, pair: Pair<'_>) -> Option<Plain> {
        let pair = if pair.as_rule() == Rule::title { pair.into_inner().next()? } else { pair };
        let span = self.span(&pair);
        let text = self.text(pair);
        let mut plain = String::new();
        for segment in text.segments {
            match segment {
                crate::ast::Segment::Literal(literal) => plain.push_str(&literal),
                crate::ast::Segment::Slot { span, .. } => self.report(span, ProblemKind::SlotInPlainText, Vec::new()),
            }
        }
        Some(Plain { text: plain, span })
    }
}
