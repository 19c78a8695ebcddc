//! Conversions and simple functions of one column.

use super::{
    Errors, LONGEST, Reals, Wholes,
    arith::{failed, scale_of},
    missing, wide,
};
use crate::{
    mask::{Mask, both},
    vector::{Data, Vector},
};
use guiju_lang::{
    builtin::Builtin,
    time::{self, Civil},
    ty::{DecimalType, Type},
    value::{
        Decimal, Value,
        decimal::{pow10, rescale},
    },
};

/// Largest number of units that a double holds exactly.
const EXACT: u128 = 1 << 53;

/// Numbers as the nearest doubles.
pub(crate) fn to_real(v: &Vector, ty: &Type) -> Vector {
    if let Data::Constant(Value::Real(_)) | Data::Real(_) = v.data {
        return v.clone();
    }
    let Some(x) = Wholes::of(v) else { return missing(v.len) };
    let scale = scale_of(ty);
    // Both numbers exact, so the division rounds once, correctly.
    let divisor = if scale <= 22 { pow10(scale) as f64 } else { f64::NAN };
    let simple = scale <= 22 && x.bound() <= EXACT;
    let out: Vec<f64> = match &x {
        Wholes::I32(x) if simple => wide::each(x, |x| f64::from(x) / divisor),
        Wholes::I64(x) if simple => wide::each(x, |x| x as f64 / divisor),
        Wholes::One(x) => {
            let value = Value::real(Decimal { mantissa: *x, scale }.to_f64());
            return Vector { data: Data::Constant(value), ..v.clone() };
        }
        _ => (0..v.len).map(|row| Decimal { mantissa: x.get(row), scale }.to_f64()).collect(),
    };
    Vector { data: Data::Real(out.into()), valid: v.valid.clone(), len: v.len }
}

/// Integers and decimals to a decimal type.
pub(crate) fn to_decimal(v: &Vector, from: &Type, to: DecimalType) -> (Vector, Errors) {
    let Some(x) = Wholes::of(v) else { return (missing(v.len), Errors::default()) };
    let scale = scale_of(from);
    if scale <= to.scale {
        let factor = pow10(to.scale - scale);
        let most = (pow10(to.precision) - 1).min(LONGEST);
        if x.bound().checked_mul(factor).is_some_and(|b| b <= most) {
            if factor == 1 {
                return (v.clone(), Errors::default());
            }
            // The factor is within the bound unless every value is zero.
            let factor = i64::try_from(factor).unwrap_or(0);
            let out = x.long().zip(&super::Longs::One(factor), v.len, i64::wrapping_mul);
            return (Vector { data: Data::I64(out.into()), valid: v.valid.clone(), len: v.len }, Errors::default());
        }
    }
    let mut out = Vec::with_capacity(v.len);
    let mut overflow = Vec::new();
    for row in 0..v.len {
        let result = if v.is_present(row) { rescale(x.get(row), scale, to) } else { Some(0) };
        if result.is_none() {
            overflow.push(row);
        }
        out.push(result.unwrap_or(0));
    }
    failed(Data::I128(out.into()), v.valid.clone(), v.len, &[], &overflow)
}

/// Numeric minus.
pub(crate) fn negate(v: &Vector, ty: &Type) -> (Vector, Errors) {
    if *ty == Type::Real {
        let Some(x) = Reals::of(v) else { return (missing(v.len), Errors::default()) };
        let out = x.zip(Reals::One(-1.0), v.len, |a, b| a * b);
        return (Vector { data: Data::Real(out.into()), valid: v.valid.clone(), len: v.len }, Errors::default());
    }
    let Some(x) = Wholes::of(v) else { return (missing(v.len), Errors::default()) };
    if x.bound() <= LONGEST {
        let out = x.long().zip(&super::Longs::One(-1), v.len, i64::wrapping_mul);
        return (Vector { data: Data::I64(out.into()), valid: v.valid.clone(), len: v.len }, Errors::default());
    }
    let mut overflow = Vec::new();
    let out: Vec<i128> = (0..v.len)
        .map(|row| {
            let negative = x.get(row).wrapping_neg();
            if *ty == Type::Integer && i64::try_from(negative).is_err() && v.is_present(row) {
                overflow.push(row);
            }
            negative
        })
        .collect();
    failed(Data::I128(out.into()), v.valid.clone(), v.len, &[], &overflow)
}

/// Days from one date to another.
pub(crate) fn day_count(from: &Vector, to: &Vector) -> Vector {
    let (Some(a), Some(b)) = (Wholes::of(from), Wholes::of(to)) else { return missing(from.len) };
    let out = b.long().zip(&a.long(), from.len, i64::wrapping_sub);
    Vector { data: Data::I64(out.into()), valid: both(from.valid.as_ref(), to.valid.as_ref()), len: from.len }
}

/// One date's part.
pub(crate) fn part_of(part: Builtin, day: i32) -> i32 {
    match part {
        Builtin::Year => Civil::of(day).year,
        Builtin::Month => Civil::of(day).month.into(),
        Builtin::Day => Civil::of(day).day.into(),
        Builtin::Weekday => time::weekday(day).into(),
        _ => {
            let date = Civil::of(day);
            i32::from(date.month) * 100 + i32::from(date.day)
        }
    }
}

/// Year, month, day, weekday, month and day. Each day that occurs is worked out once if the days lie close together.
pub(crate) fn date_part(part: Builtin, v: &Vector) -> Vector {
    let vector = |data| Vector { data, valid: v.valid.clone(), len: v.len };
    match &v.data {
        Data::I32(days) => {
            let low = days.iter().copied().min().unwrap_or(0);
            let high = days.iter().copied().max().unwrap_or(0);
            let span = i64::from(high) - i64::from(low);
            let out: Vec<i32> = if span < 1 << 16 && span * 2 < v.len as i64 {
                let table: Vec<i32> = (low..=high).map(|d| part_of(part, d)).collect();
                days.iter().map(|&d| table.get((d - low) as usize).copied().unwrap_or(0)).collect()
            } else {
                days.iter().map(|&d| part_of(part, d)).collect()
            };
            vector(Data::I32(out.into()))
        }
        Data::Constant(Value::Date(d)) => vector(Data::Constant(Value::Integer(part_of(part, *d).into()))),
        _ => {
            let out: Vec<i32> = (0..v.len)
                .map(|row| v.whole(row).and_then(|d| i32::try_from(d).ok()).map_or(0, |d| part_of(part, d)))
                .collect();
            vector(Data::I32(out.into()))
        }
    }
}

/// The first where chosen, else the second.
pub(crate) fn choose(chosen: &Mask, a: &Vector, b: &Vector, ty: &Type) -> Vector {
    let len = a.len;
    let valid = match (&a.valid, &b.valid) {
        (None, None) => None,
        _ => Some(chosen.and(&a.present()).or(&b.present().minus(chosen))),
    };
    let data = match (ty, Wholes::of(a), Wholes::of(b), Reals::of(a), Reals::of(b)) {
        (Type::Real, _, _, Some(x), Some(y)) => {
            let at = |r: Reals<'_>, row: usize| match r {
                Reals::Many(x) => x.get(row).copied().unwrap_or(0.0),
                Reals::One(x) => x,
            };
            Data::Real((0..len).map(|row| if chosen.contains(row) { at(x, row) } else { at(y, row) }).collect())
        }
        (Type::Integer | Type::Decimal(_) | Type::Date | Type::Time | Type::Timestamp, Some(x), Some(y), _, _) => {
            if x.bound() <= LONGEST && y.bound() <= LONGEST {
                let (x, y) = (x.long(), y.long());
                Data::I64((0..len).map(|row| if chosen.contains(row) { x.get(row) } else { y.get(row) }).collect())
            } else {
                Data::I128((0..len).map(|row| if chosen.contains(row) { x.get(row) } else { y.get(row) }).collect())
            }
        }
        _ => {
            let values = (0..len).map(|row| if chosen.contains(row) { a.value(row, ty) } else { b.value(row, ty) });
            return Vector::from_values(values.collect(), ty);
        }
    };
    Vector { data, valid, len }
}
