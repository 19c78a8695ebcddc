//! Comparisons of two columns.

use super::{LONGEST, Reals, Wholes, arith::scale_of};
use crate::{
    mask::{Mask, both},
    vector::{Data, Vector},
};
use guiju_lang::{
    hir::{CompareOp, TextOp},
    ty::Type,
    value::decimal::{self, pow10},
};

/// The rows where `a op b`; both present.
pub(crate) fn compare(op: CompareOp, a: &Vector, b: &Vector, tys: (&Type, &Type)) -> Mask {
    let len = a.len;
    let mask = match tys {
        (Type::Text, _) => texts(op, a, b),
        (Type::Real, _) => match (Reals::of(a), Reals::of(b)) {
            (Some(x), Some(y)) => match op {
                CompareOp::Eq => x.pack(y, len, |a, b| a == b),
                CompareOp::Ne => x.pack(y, len, |a, b| a != b),
                CompareOp::Lt => x.pack(y, len, |a, b| a < b),
                CompareOp::Le => x.pack(y, len, |a, b| a <= b),
                CompareOp::Gt => x.pack(y, len, |a, b| a > b),
                CompareOp::Ge => x.pack(y, len, |a, b| a >= b),
            },
            _ => Mask::none(len),
        },
        (left, right) => match (Wholes::of(a), Wholes::of(b)) {
            (Some(x), Some(y)) => wholes(op, &x, &y, (scale_of(left), scale_of(right)), len),
            _ => Mask::none(len),
        },
    };
    match both(a.valid.as_ref(), b.valid.as_ref()) {
        Some(valid) => mask.and(&valid),
        None => mask,
    }
}

fn wholes(op: CompareOp, x: &Wholes<'_>, y: &Wholes<'_>, (xs, ys): (u8, u8), len: usize) -> Mask {
    if xs == ys {
        match (x, y) {
            (Wholes::I32(a), Wholes::I32(b)) => return pairs(op, a, b),
            (Wholes::I64(a), Wholes::I64(b)) => return pairs(op, a, b),
            (Wholes::I128(a), Wholes::I128(b)) => return pairs(op, a, b),
            _ => {}
        }
    }
    let common = xs.max(ys);
    let (fx, fy) = (pow10(common - xs), pow10(common - ys));
    let fits = |bound: u128, factor: u128| bound.checked_mul(factor).is_some_and(|b| b <= LONGEST);
    if let (true, true, Ok(fx), Ok(fy)) =
        (fits(x.bound(), fx), fits(y.bound(), fy), i64::try_from(fx), i64::try_from(fy))
    {
        // Within the bound nothing wraps.
        let (x, y) = (x.long(), y.long());
        let (a, b) = (|a: i64| a.wrapping_mul(fx), |b: i64| b.wrapping_mul(fy));
        return match op {
            CompareOp::Eq => x.pack(&y, len, |p, q| a(p) == b(q)),
            CompareOp::Ne => x.pack(&y, len, |p, q| a(p) != b(q)),
            CompareOp::Lt => x.pack(&y, len, |p, q| a(p) < b(q)),
            CompareOp::Le => x.pack(&y, len, |p, q| a(p) <= b(q)),
            CompareOp::Gt => x.pack(&y, len, |p, q| a(p) > b(q)),
            CompareOp::Ge => x.pack(&y, len, |p, q| a(p) >= b(q)),
        };
    }
    Mask::collect(len, |row| op.holds(decimal::compare(x.get(row), xs, y.get(row), ys)))
}

fn pairs<T: Copy + PartialOrd>(op: CompareOp, a: &[T], b: &[T]) -> Mask {
    match op {
        CompareOp::Eq => Mask::pack_pairs(a, b, |a, b| a == b),
        CompareOp::Ne => Mask::pack_pairs(a, b, |a, b| a != b),
        CompareOp::Lt => Mask::pack_pairs(a, b, |a, b| a < b),
        CompareOp::Le => Mask::pack_pairs(a, b, |a, b| a <= b),
        CompareOp::Gt => Mask::pack_pairs(a, b, |a, b| a > b),
        CompareOp::Ge => Mask::pack_pairs(a, b, |a, b| a >= b),
    }
}

fn texts(op: CompareOp, a: &Vector, b: &Vector) -> Mask {
    Mask::collect(a.len, |row| match (a.text(row), b.text(row)) {
        (Some(x), Some(y)) => op.holds(x.as_bytes().cmp(y.as_bytes())),
        _ => false,
    })
}

/// The rows where a text question about two columns has the wanted answer.
pub(crate) fn text_pair(op: TextOp, a: &Vector, b: &Vector, wanted: bool) -> Mask {
    Mask::collect(a.len, |row| match (a.text(row), b.text(row)) {
        (Some(x), Some(y)) => {
            let answer = match op {
                TextOp::Contains => x.contains(y),
                TextOp::StartsWith => x.starts_with(y),
                TextOp::EndsWith => x.ends_with(y),
            };
            answer == wanted
        }
        _ => false,
    })
}

/// The rows where a bool value is that.
pub(crate) fn is(v: &Vector, wanted: bool) -> Mask {
    let mask = match &v.data {
        Data::Bool(yes) if wanted => yes.clone(),
        Data::Bool(yes) => yes.not(),
        Data::Constant(value) => Mask::constant(*value == guiju_lang::value::Value::Bool(wanted), v.len),
        _ => Mask::none(v.len),
    };
    v.only_present(mask)
}
