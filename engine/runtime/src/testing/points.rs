//! What the tests of a rule should have seen: every condition of `when` true, false and, where it can be, unknown; every branch;
//! every row of a decision table; every default; every clause that can hold a row back doing so.

use guiju_core::{CameTo, Trace};
use guiju_lang::{
    finding::Place,
    hir::{self, ArithOp, ColumnRef, Expr, ExprKind},
};
use std::collections::{HashMap, HashSet};

/// What should be seen at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// The rule acts.
    Acts,
    /// The condition holds.
    True,
    /// It does not.
    False,
    /// Nobody can say whether it does.
    Missing,
    /// `then` is taken.
    Then,
    /// `else` is taken.
    Otherwise,
    /// The row of the decision table is chosen.
    Row,
    /// The value before `or else` is there.
    Present,
    /// It is not, and the default is used.
    Default,
    /// The clause (cool-down, `keep top`) holds a row back.
    HeldBack,
}

/// Something to be seen.
pub(super) struct Wanted {
    /// Its text.
    pub(super) at: Place,
    /// The clause it counts for.
    pub(super) clause: &'static str,
    pub(super) what: What,
    /// Stands in the rule itself, not in a definition that it uses.
    pub(super) own: bool,
    how: How,
}

/// How a trace shows it.
enum How {
    Acts,
    Came(u32, CameTo),
    Evaluated(u32),
    Known(u32),
    Held(&'static str),
}

impl Wanted {
    /// Whether the trace shows it.
    pub(super) fn is_in(&self, trace: &Trace) -> bool {
        let came_to = |part: u32| trace.parts.iter().filter(move |(number, _)| *number == part).map(|(_, c)| *c);
        match self.how {
            How::Acts => trace.acts,
            How::Came(part, wanted) => came_to(part).any(|came_to| came_to == wanted),
            How::Evaluated(part) => came_to(part).next().is_some(),
            How::Known(part) => came_to(part).any(|came_to| came_to != CameTo::Missing),
            How::Held(clause) => trace.gates.iter().any(|gate| gate.clause == clause && !gate.passed),
        }
    }
}

/// Everything that tests of the rule should see.
pub(super) fn wanted(rule: &hir::Rule) -> Vec<Wanted> {
    let parts = hir::parts(&*rule.body);
    let numbers = parts.iter().zip(0..).map(|((_, part), number)| (std::ptr::from_ref(*part), number)).collect();
    let mut list = List { numbers, all: Vec::new() };
    list.all.push(Wanted { at: rule.head.place, clause: "when", what: What::Acts, own: true, how: How::Acts });
    for (clause, expr) in rule.body.expressions() {
        if clause == "when" {
            list.conditions(expr, &mut HashSet::new());
        }
    }
    for &(clause, part) in parts.iter().filter(|(clause, _)| *clause != "key") {
        list.choices(clause, part);
    }
    for clause in ["once per", "keep top"] {
        if let Some((_, part)) = parts.iter().find(|(c, _)| *c == clause) {
            let at = part.written;
            list.all.push(Wanted { at, clause, what: What::HeldBack, own: true, how: How::Held(clause) });
        }
    }
    list.all
}

struct List {
    numbers: HashMap<*const Expr, u32>,
    all: Vec<Wanted>,
}

impl List {
    fn number(&self, part: &Expr) -> u32 {
        self.numbers.get(&std::ptr::from_ref(part)).copied().unwrap_or(u32::MAX)
    }

    fn push(&mut self, part: &Expr, at: Place, clause: &'static str, what: What, how: How) {
        let own = part.place == part.written;
        self.all.push(Wanted { at, clause, what, own, how });
    }

    /// The conditions that `and`, `or` and `not` join. `known` are columns that are not missing where this one is evaluated.
    fn conditions(&mut self, expr: &Expr, known: &mut HashSet<ColumnRef>) {
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                // `and` goes on unless a part is false, `or` unless one is true.
                let negated = matches!(expr.kind, ExprKind::And(_));
                let mut known = known.clone();
                for part in parts {
                    self.conditions(part, &mut known);
                    if let ExprKind::IsMissing { operand, negated: n } = &part.kind
                        && *n == negated
                        && let ExprKind::Column(column) = operand.kind
                    {
                        known.insert(column);
                    }
                }
            }
            ExprKind::Not(inner) => self.conditions(inner, known),
            _ if is_constant(expr) => {}
            _ => {
                let number = self.number(expr);
                let mut came_to = vec![(What::True, CameTo::True), (What::False, CameTo::False)];
                if can_be_missing(expr, known) {
                    came_to.push((What::Missing, CameTo::Missing));
                }
                for (what, wanted) in came_to {
                    self.push(expr, expr.written, "when", what, How::Came(number, wanted));
                }
            }
        }
    }

    /// Branches, rows and defaults.
    fn choices(&mut self, clause: &'static str, part: &Expr) {
        match &part.kind {
            ExprKind::If(_, then, otherwise) => {
                for (taken, what) in [(then, What::Then), (otherwise, What::Otherwise)] {
                    let taken = How::Evaluated(self.number(taken));
                    self.push(part, part.written, clause, what, taken);
                }
            }
            ExprKind::Table(table, _) => {
                for row in table.all_rows() {
                    let taken = How::Evaluated(self.number(&row.output));
                    self.push(part, row.place, clause, What::Row, taken);
                }
            }
            ExprKind::OrElse(first, second) if can_be_missing(first, &HashSet::new()) => {
                let (known, used) = (How::Known(self.number(first)), How::Evaluated(self.number(second)));
                self.push(part, part.written, clause, What::Present, known);
                self.push(part, part.written, clause, What::Default, used);
            }
            _ => {}
        }
    }
}

fn is_constant(expr: &Expr) -> bool {
    let mut varies = false;
    expr.walk(&mut |e| {
        varies |= matches!(
            e.kind,
            ExprKind::Column(_) | ExprKind::InTop(_) | ExprKind::Script(..) | ExprKind::Now | ExprKind::Today
        );
    });
    !varies
}

/// Whether the expression can come to nothing. What the type says, less what the conditions before it have made sure of.
fn can_be_missing(expr: &Expr, known: &HashSet<ColumnRef>) -> bool {
    if !expr.typed.nullable {
        return false;
    }
    match &expr.kind {
        ExprKind::Column(column) => !known.contains(column),
        ExprKind::IsMissing { .. } => false,
        ExprKind::OrElse(_, second) => can_be_missing(second, known),
        ExprKind::If(_, then, otherwise) => can_be_missing(then, known) || can_be_missing(otherwise, known),
        ExprKind::Arith(ArithOp::Div, _, by) if !matches!(by.kind, ExprKind::Literal(_)) => true,
        ExprKind::Script(..) | ExprKind::InTop(_) => true,
        _ => {
            let (mut from_parts, mut nullable_part) = (false, false);
            expr.children(&mut |part| {
                from_parts |= can_be_missing(part, known);
                nullable_part |= part.typed.nullable;
            });
            // A function of known things that may still fail: a text read as a number, a day beyond the calendar.
            from_parts || !nullable_part
        }
    }
}
