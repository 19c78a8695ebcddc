//! `+ - * /`

use super::{Errors, LONGEST, Reals, Wholes, missing};
use crate::{
    mask::{Mask, both},
    vector::{Data, Vector},
};
use guiju_lang::{
    hir::ArithOp,
    ty::{DecimalType, Type},
    value::decimal::{self, Failure, pow10},
};

/// Digits after the point of a type's whole numbers.
pub(crate) fn scale_of(ty: &Type) -> u8 {
    if let Type::Decimal(d) = ty { d.scale } else { 0 }
}

/// `a op b`; `tys` are the operands' types.
pub(crate) fn arith(op: ArithOp, a: &Vector, b: &Vector, tys: (&Type, &Type), to: &Type) -> (Vector, Errors) {
    let valid = both(a.valid.as_ref(), b.valid.as_ref());
    let len = a.len;
    if *to == Type::Real {
        return match (Reals::of(a), Reals::of(b)) {
            (Some(x), Some(y)) => real(op, x, y, valid, len),
            _ => (missing(len), Errors::default()),
        };
    }
    let (Some(x), Some(y)) = (Wholes::of(a), Wholes::of(b)) else { return (missing(len), Errors::default()) };
    let scales = (scale_of(tys.0), scale_of(tys.1));
    let decimal = if let Type::Decimal(d) = to { Some(*d) } else { None };
    if let Some(data) = narrow(op, &x, &y, scales, decimal, len) {
        return (Vector { data, valid, len }, Errors::default());
    }
    exact(op, &x, &y, scales, decimal, valid, len)
}

/// In 64 bits, if no row can overflow them or the result's type.
fn narrow(
    op: ArithOp,
    x: &Wholes<'_>,
    y: &Wholes<'_>,
    (xs, ys): (u8, u8),
    to: Option<DecimalType>,
    len: usize,
) -> Option<Data> {
    let scale = to.map_or(0, |t| t.scale);
    let most = to.map_or(u128::MAX, |t| pow10(t.precision) - 1).min(LONGEST);
    match op {
        ArithOp::Mul => {
            let fits = xs + ys == scale && x.bound().checked_mul(y.bound())? <= most;
            fits.then(|| Data::I64(x.long().zip(&y.long(), len, i64::wrapping_mul).into()))
        }
        ArithOp::Add | ArithOp::Sub => {
            let common = xs.max(ys);
            let (fx, fy) = (pow10(common - xs), pow10(common - ys));
            let bound = x.bound().checked_mul(fx)?.checked_add(y.bound().checked_mul(fy)?)?;
            if common != scale || bound > most {
                return None;
            }
            let (fx, fy) = (i64::try_from(fx).ok()?, i64::try_from(fy).ok()?);
            let (x, y) = (x.long(), y.long());
            // Within the bound nothing wraps.
            let sum = |a: i64, b: i64| a.wrapping_mul(fx).wrapping_add(b.wrapping_mul(fy));
            let difference = |a: i64, b: i64| a.wrapping_mul(fx).wrapping_sub(b.wrapping_mul(fy));
            Some(Data::I64(if op == ArithOp::Add { x.zip(&y, len, sum) } else { x.zip(&y, len, difference) }.into()))
        }
        ArithOp::Div => None,
    }
}

/// Row by row with the language's decimals.
fn exact(
    op: ArithOp,
    x: &Wholes<'_>,
    y: &Wholes<'_>,
    (xs, ys): (u8, u8),
    to: Option<DecimalType>,
    valid: Option<Mask>,
    len: usize,
) -> (Vector, Errors) {
    let mut out = Vec::with_capacity(len);
    let (mut division, mut overflow) = (Vec::new(), Vec::new());
    for row in 0..len {
        if valid.as_ref().is_some_and(|v| !v.contains(row)) {
            out.push(0);
            continue;
        }
        let result = one(op, x.get(row), xs, y.get(row), ys, to);
        out.push(result.unwrap_or(0));
        match result {
            Ok(_) => {}
            Err(Failure::DivisionByZero) => division.push(row),
            Err(Failure::Overflow) => overflow.push(row),
        }
    }
    failed(Data::I128(out.into()), valid, len, &division, &overflow)
}

/// One pair of whole numbers; without a decimal type, in checked 64 bits.
pub(crate) fn one(
    op: ArithOp,
    a: i128,
    a_scale: u8,
    b: i128,
    b_scale: u8,
    to: Option<DecimalType>,
) -> Result<i128, Failure> {
    match (to, op) {
        (Some(to), ArithOp::Add) => decimal::add(a, a_scale, b, b_scale, to),
        (Some(to), ArithOp::Sub) => decimal::add(a, a_scale, -b, b_scale, to),
        (Some(to), ArithOp::Mul) => decimal::mul(a, a_scale, b, b_scale, to),
        (Some(to), ArithOp::Div) => decimal::div(a, a_scale, b, b_scale, to),
        (None, _) => {
            let result = match op {
                ArithOp::Add => a.checked_add(b),
                ArithOp::Sub => a.checked_sub(b),
                ArithOp::Mul => a.checked_mul(b),
                ArithOp::Div => None,
            };
            result.filter(|&n| i64::try_from(n).is_ok()).ok_or(Failure::Overflow)
        }
    }
}

/// One pair of doubles.
pub(crate) fn one_real(op: ArithOp, a: f64, b: f64) -> Result<f64, Failure> {
    if op == ArithOp::Div && b == 0.0 {
        return Err(Failure::DivisionByZero);
    }
    let x = match op {
        ArithOp::Add => a + b,
        ArithOp::Sub => a - b,
        ArithOp::Mul => a * b,
        ArithOp::Div => a / b,
    };
    if x.is_finite() { Ok(x) } else { Err(Failure::Overflow) }
}

fn real(op: ArithOp, x: Reals<'_>, y: Reals<'_>, valid: Option<Mask>, len: usize) -> (Vector, Errors) {
    let out = match op {
        ArithOp::Add => x.zip(y, len, |a, b| a + b),
        ArithOp::Sub => x.zip(y, len, |a, b| a - b),
        ArithOp::Mul => x.zip(y, len, |a, b| a * b),
        ArithOp::Div => x.zip(y, len, |a, b| a / b),
    };
    let finite = Mask::pack(&out, f64::is_finite);
    if finite.count() == len {
        return (Vector { data: Data::Real(out.into()), valid, len }, Errors::default());
    }
    let bad = finite.not();
    let bad = valid.as_ref().map_or(bad.clone(), |v| v.and(&bad));
    let zero = match y {
        Reals::Many(y) if op == ArithOp::Div => Mask::pack(y, |b| b == 0.0),
        Reals::One(y) if op == ArithOp::Div => Mask::constant(y == 0.0, len),
        _ => Mask::none(len),
    };
    let some = |m: Mask| if m.is_empty() { None } else { Some(m) };
    let errors = Errors { division: some(bad.and(&zero)), overflow: some(bad.minus(&zero)) };
    let valid = valid.map_or(finite.clone(), |v| v.and(&finite));
    (Vector { data: Data::Real(out.into()), valid: Some(valid), len }, errors)
}

/// A result with failed rows missing.
pub(crate) fn failed(
    data: Data,
    valid: Option<Mask>,
    len: usize,
    division: &[usize],
    overflow: &[usize],
) -> (Vector, Errors) {
    let of = |rows: &[usize]| {
        let mut words = vec![0u64; len.div_ceil(64)];
        for &row in rows {
            if let Some(word) = words.get_mut(row / 64) {
                *word |= 1 << (row % 64);
            }
        }
        (!rows.is_empty()).then(|| Mask::from_words(words, len))
    };
    let errors = Errors { division: of(division), overflow: of(overflow) };
    let mut valid = valid;
    for bad in [&errors.division, &errors.overflow].into_iter().flatten() {
        valid = Some(valid.map_or_else(|| bad.not(), |v| v.minus(bad)));
    }
    (Vector { data, valid, len }, errors)
}
