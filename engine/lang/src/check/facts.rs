//! What a condition that holds says about missing values.

use crate::hir::{ColumnRef, Expr, ExprKind};
use std::collections::BTreeSet;

type Facts = BTreeSet<ColumnRef>;

/// Columns that cannot be missing where `e` is true.
pub(super) fn when_true(e: &Expr) -> Facts {
    match &e.kind {
        ExprKind::And(all) => all.iter().flat_map(when_true).collect(),
        ExprKind::Or(all) => common(all.iter().map(when_true)),
        ExprKind::Not(inner) => when_false(inner),
        ExprKind::IsMissing { operand, negated: true } => strict(operand),
        ExprKind::IsMissing { negated: false, .. } => Facts::new(),
        _ => strict(e),
    }
}

/// Columns that cannot be missing where `e` is false.
fn when_false(e: &Expr) -> Facts {
    match &e.kind {
        ExprKind::And(all) => common(all.iter().map(when_false)),
        ExprKind::Or(all) => all.iter().flat_map(when_false).collect(),
        ExprKind::Not(inner) => when_true(inner),
        _ => when_not_true(e).into_iter().chain(when_known(e)).collect(),
    }
}

/// Columns that cannot be missing where `e` is false or missing: the other branch of an `if`.
pub(super) fn when_not_true(e: &Expr) -> Facts {
    match &e.kind {
        ExprKind::IsMissing { operand, negated: false } => strict(operand),
        ExprKind::Or(all) => all.iter().flat_map(when_not_true).collect(),
        _ => Facts::new(),
    }
}

fn when_known(e: &Expr) -> Facts {
    if matches!(e.kind, ExprKind::IsMissing { .. }) { Facts::new() } else { strict(e) }
}

/// Columns without which `e` is missing.
pub(super) fn strict(e: &Expr) -> Facts {
    match &e.kind {
        ExprKind::Column(c) => Facts::from([*c]),
        ExprKind::Not(a)
        | ExprKind::Neg(a)
        | ExprKind::Convert(a)
        | ExprKind::Within(a, ..)
        | ExprKind::Matches(a, _) => strict(a),
        ExprKind::Arith(_, a, b) | ExprKind::Compare(_, a, b) | ExprKind::TextTest(_, a, b) => {
            strict(a).into_iter().chain(strict(b)).collect()
        }
        // `low <= x and x <= high` is false, not missing, if one half is false: only x itself is needed for sure.
        ExprKind::Between(a, ..) => strict(a),
        ExprKind::In { operand, .. } => strict(operand),
        ExprKind::And(_) | ExprKind::Or(_) => Facts::new(),
        ExprKind::Call(function, args) if function.skips_missing() => common(args.iter().map(strict)),
        ExprKind::Call(_, args) => args.iter().flat_map(strict).collect(),
        _ => Facts::new(),
    }
}

fn common(mut sets: impl Iterator<Item = Facts>) -> Facts {
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |a, b| a.intersection(&b).cloned().collect())
}
