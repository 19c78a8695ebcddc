//! Tests.

use super::{Expr, Name, Part, Plain, Span};
use crate::keyword::Kw;

/// `test "title" { given … expect … }`
#[derive(Debug, Clone)]
pub struct Test {
    /// What it shows.
    pub title: Plain,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// In order.
    pub steps: Vec<TestStep>,
    /// The whole declaration.
    pub span: Span,
}

/// One line of a test.
#[derive(Debug, Clone)]
pub enum TestStep {
    /// `given today 2026-11-19` or `given now 2026-11-19 09:30`: the virtual clock.
    Clock(Kw, Expr),
    /// `given customers { customer_id: 1, … }`, or a table of rows; they are added to the source.
    Given(Given),
    /// `for any customers with cd_balance < 50万`: what follows is so for every row of the source that meets the condition.
    ForAny {
        /// The source, maybe through an alias.
        source: Vec<Name>,
        /// What its rows are like.
        with: Option<Expr>,
        /// The whole line.
        span: Span,
    },
    /// `after 3d`: the clock moves on.
    After(Expr, Span),
    /// `expect event cd_maturing for 1 with priority high, task "…"`
    Expect(Expect),
    /// `expect event cd_maturing`, and a table of rows: exactly these effects of the rule.
    ExpectRows(ExpectRows),
    /// `expect nothing for 2`; without a key: no effect at all.
    ExpectNothing {
        /// Only of this rule, if written: `expect nothing of cd_maturing for 2`; maybe through an alias.
        rule: Vec<Name>,
        /// Only for this key, if written.
        key: Option<Expr>,
        /// The whole line.
        span: Span,
    },
    /// `expect route r from "A" to "B" via "C"` or `expect no route r`
    ExpectRoute(ExpectRoute),
}

/// A route as it must turn out.
#[derive(Debug, Clone)]
pub struct ExpectRoute {
    /// The route, maybe through an alias.
    pub route: Vec<Name>,
    /// Other ends than it declares.
    pub ends: Option<[Plain; 2]>,
    /// What it passes, in this order.
    pub via: Vec<Plain>,
    /// There must be none.
    pub none: bool,
    /// The whole step.
    pub span: Span,
}

/// Rows given to a source.
#[derive(Debug, Clone)]
pub struct Given {
    /// The source, maybe through an alias.
    pub source: Vec<Name>,
    /// Column names and values, row by row.
    pub rows: Vec<Vec<(Name, Expr)>>,
    /// The whole step.
    pub span: Span,
}

/// An effect that must appear.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The kind's word: `event`.
    pub kind: Kw,
    /// The rule, maybe through an alias.
    pub rule: Vec<Name>,
    /// For which key; without it, for the row that `for any` made.
    pub key: Option<Expr>,
    /// Properties after `with`.
    pub with: Vec<Property>,
    /// The whole step.
    pub span: Span,
}

/// All effects of a rule, row by row.
#[derive(Debug, Clone)]
pub struct ExpectRows {
    /// The kind's word: `event`.
    pub kind: Kw,
    /// The rule, maybe through an alias.
    pub rule: Vec<Name>,
    /// The heads: the key first, then properties.
    pub columns: Vec<Name>,
    /// Heads and values, row by row.
    pub rows: Vec<Vec<(Name, Expr)>>,
    /// The whole step.
    pub span: Span,
}

impl ExpectRows {
    /// The keyword that a head is, if it is one.
    pub fn word(head: &Name) -> Option<Kw> {
        crate::keyword::clauses("event").find(|entry| entry.is(&head.text)).map(|entry| entry.kw)
    }
}

/// `priority high`, `task "…"`, `assignee "M01"`: what an expected effect must carry.
#[derive(Debug, Clone)]
pub struct Property {
    /// The property's word as written.
    pub name: Name,
    /// The word's keyword, if it is one.
    pub word: Option<Kw>,
    /// What it must be.
    pub value: Part,
}
