//! Whether a condition can be true for any of many rows of which only the smallest and the largest value of some columns are known:
//! what a file's statistics are good for. These are the small materialized aggregates of Moerkotte (VLDB 1998).

use super::{NoRow, evaluate};
use crate::{
    context::{Context, Incidents, Window},
    hir::{ColumnRef, CompareOp, Expr, ExprKind},
    value::{self, Value},
};
use std::cmp::Ordering;

/// The smallest and the largest value of a column, or values beyond them; nothing if they are not known. A missing value is between none.
pub type Bounds<'a> = dyn Fn(&ColumnRef) -> Option<(Value, Value)> + 'a;

/// `false`: the condition is true for none of the rows. `true`: it may be.
pub fn may_hold(condition: &Expr, bounds: &Bounds<'_>, cx: &Context) -> bool {
    let meets = |op, a, b| meet(op, &Span::of(a, bounds, cx), &Span::of(b, bounds, cx));
    match &condition.kind {
        ExprKind::Literal(value) => *value == Value::Bool(true),
        ExprKind::And(all) => all.iter().all(|part| may_hold(part, bounds, cx)),
        ExprKind::Or(any) => any.iter().any(|part| may_hold(part, bounds, cx)),
        ExprKind::Compare(op, a, b) => meets(*op, a, b),
        ExprKind::Between(x, low, high) => meets(CompareOp::Ge, x, low) && meets(CompareOp::Le, x, high),
        ExprKind::In { operand, items, negated: false } => items.iter().any(|item| meets(CompareOp::Eq, operand, item)),
        ExprKind::Within(operand, direction, span) => {
            match (Span::of(operand, bounds, cx), cx.window(*direction, *span)) {
                (Span::From(Value::Date(low), Value::Date(high)), Ok(Window::Dates(from, to))) => {
                    low <= to && high >= from
                }
                (Span::Never, _) => false,
                _ => true,
            }
        }
        _ => true,
    }
}

/// Where the values of an expression lie.
enum Span {
    /// Both ends included; some may be missing.
    From(Value, Value),
    /// All of them are missing.
    Never,
    Unknown,
}

impl Span {
    fn of(e: &Expr, bounds: &Bounds<'_>, cx: &Context) -> Self {
        match &e.kind {
            ExprKind::Column(column) => bounds(column).map_or(Self::Unknown, |(low, high)| Self::From(low, high)),
            // A number keeps its place among the others, whatever it is written as.
            ExprKind::Convert(inner) if !is_constant(inner) => Self::of(inner, bounds, cx),
            _ if is_constant(e) => match evaluate(e, &NoRow, cx, &mut Incidents::default()) {
                Value::Missing => Self::Never,
                value => Self::From(value.clone(), value),
            },
            _ => Self::Unknown,
        }
    }
}

/// Nothing of a row is in it.
fn is_constant(e: &Expr) -> bool {
    let mut constant = true;
    e.walk(&mut |part| {
        constant &= !matches!(part.kind, ExprKind::Column(_) | ExprKind::InTop(_) | ExprKind::Script(..));
    });
    constant
}

/// Whether a comparison can be true between some values of both.
fn meet(op: CompareOp, a: &Span, b: &Span) -> bool {
    let (Span::From(a_low, a_high), Span::From(b_low, b_high)) = (a, b) else {
        return !matches!((a, b), (Span::Never, _) | (_, Span::Never));
    };
    let not = |a, b, no: &[Ordering]| value::compare(a, b).is_none_or(|order| !no.contains(&order));
    use Ordering::{Equal, Greater, Less};
    match op {
        CompareOp::Eq => not(a_low, b_high, &[Greater]) && not(a_high, b_low, &[Less]),
        CompareOp::Ne => true,
        CompareOp::Lt => not(a_low, b_high, &[Greater, Equal]),
        CompareOp::Le => not(a_low, b_high, &[Greater]),
        CompareOp::Gt => not(a_high, b_low, &[Less, Equal]),
        CompareOp::Ge => not(a_high, b_low, &[Less]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        golden::{build, context},
        ty::{Type, Typed},
    };

    fn holds(op: CompareOp, bounds: Option<(i64, i64)>, constant: Value) -> bool {
        let column = build::column(0, &Typed::new(Type::Integer, true));
        let condition = build::compare(op, column, build::literal(constant));
        let known = |_: &ColumnRef| bounds.map(|(low, high)| (Value::Integer(low), Value::Integer(high)));
        may_hold(&condition, &known, &context())
    }

    #[test]
    fn ends_are_included_and_what_is_unknown_may_be() {
        use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
        let between = Some((10, 20));
        let at = |op, n: i64| holds(op, between, Value::Integer(n));
        assert_eq!([at(Eq, 9), at(Eq, 10), at(Eq, 20), at(Eq, 21)], [false, true, true, false]);
        assert_eq!([at(Lt, 10), at(Lt, 11), at(Le, 9), at(Le, 10)], [false, true, false, true]);
        assert_eq!([at(Gt, 20), at(Gt, 19), at(Ge, 21), at(Ge, 20)], [false, true, false, true]);
        assert!(at(Ne, 15) && holds(Eq, None, Value::Integer(9)));
        assert!(!holds(Eq, between, Value::Missing), "nothing equals what is missing");
    }
}
