//! Columns beside constants, wherever rules compare them.

use crate::{
    finding::Place,
    hir::{ColumnRef, CompareOp, Expr, ExprKind as H, Rule, Source},
    schema::Column,
    ty::Typed,
    value::Value,
};
use std::collections::BTreeMap;

/// A constant that a column is compared with.
pub(super) struct Term<'a> {
    pub(super) column: ColumnRef,
    /// The column's own type.
    pub(super) typed: &'a Typed,
    /// As the source spells it.
    pub(super) name: &'a str,
    /// `column op constant`.
    pub(super) op: CompareOp,
    pub(super) constant: &'a Value,
    /// Of the constant.
    pub(super) place: Place,
    /// Of the comparison.
    pub(super) whole: Place,
}

/// What rules say about columns.
pub(super) struct Terms<'a> {
    pub(super) all: Vec<Term<'a>>,
    /// Columns that a condition needs, with the first place where it does.
    pub(super) needed: BTreeMap<ColumnRef, Place>,
}

/// All of them, in the order of the rules.
pub(super) fn of<'a>(rules: &'a [Rule], sources: &'a [Source]) -> Terms<'a> {
    let mut terms = Terms { all: Vec::new(), needed: BTreeMap::new() };
    for (role, e) in rules.iter().flat_map(|r| r.body.expressions()) {
        e.walk(&mut |e| terms.see(e, sources));
        if role == "when" {
            for c in super::super::facts::when_true(e) {
                e.walk(&mut |e| {
                    if matches!(e.kind, H::Column(found) if found == c) {
                        terms.needed.entry(c).or_insert(e.place);
                    }
                });
            }
        }
    }
    terms
}

impl<'a> Terms<'a> {
    fn see(&mut self, e: &'a Expr, sources: &'a [Source]) {
        match &e.kind {
            H::Compare(op, a, b) => {
                self.pair(*op, a, b, e.place, sources);
                let turned = match op {
                    CompareOp::Lt => CompareOp::Gt,
                    CompareOp::Le => CompareOp::Ge,
                    CompareOp::Gt => CompareOp::Lt,
                    CompareOp::Ge => CompareOp::Le,
                    same => *same,
                };
                self.pair(turned, b, a, e.place, sources);
            }
            H::Between(a, low, high) => {
                self.pair(CompareOp::Ge, a, low, e.place, sources);
                self.pair(CompareOp::Le, a, high, e.place, sources);
            }
            H::In { operand, items, negated } => {
                let op = if *negated { CompareOp::Ne } else { CompareOp::Eq };
                items.iter().for_each(|i| self.pair(op, operand, i, e.place, sources));
            }
            _ => {}
        }
    }

    fn pair(&mut self, op: CompareOp, column: &'a Expr, constant: &'a Expr, whole: Place, sources: &'a [Source]) {
        let H::Literal(value) = &constant.kind else { return };
        let Some(column) = column_of(column) else { return };
        let Some(Column { name, typed }) = of_source(column, sources) else { return };
        let place = constant.place;
        self.all.push(Term { column, typed, name, op, constant: value, place, whole });
    }
}

/// The column itself, or with a default.
fn column_of(e: &Expr) -> Option<ColumnRef> {
    match &e.kind {
        H::Column(c) => Some(*c),
        H::OrElse(a, _) => column_of(a),
        H::Convert(a) => column_of(a),
        _ => None,
    }
}

pub(super) fn of_source(c: ColumnRef, sources: &[Source]) -> Option<&Column> {
    sources.get(c.source.0 as usize)?.schema.columns.get(c.column as usize)
}
