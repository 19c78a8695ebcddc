//! A value of a segment, as an analyst would write it.

use super::axis::{Axis, of_whole, whole_domain, whole_stretch};
use crate::{
    ty::Type,
    value::{Decimal, Value, decimal::pow10},
};
pub use guiju_grammar::ast::Magnitude;

/// A value of a segment; missing for that of missing values. Between bounds it is close to one of them, and round in the unit in
/// which the column is written: below 50万 it is 49.99万.
pub fn witness(axis: &Axis, segment: u32, ty: &Type, written: Magnitude) -> Value {
    let (below, above) = axis.around(segment);
    if segment == axis.missing() {
        return Value::Missing;
    }
    if segment % 2 == 1 {
        return below.cloned().unwrap_or(Value::Missing);
    }
    match ty {
        Type::Real => match (real(below), real(above)) {
            (Some(low), Some(high)) => Value::real(low + (high - low) / 2.0),
            (Some(low), None) => Value::real(low + 1.0),
            (None, Some(high)) => Value::real(high - 1.0),
            (None, None) => Value::Real(0.0),
        },
        Type::Text => text(axis, below, above),
        ty if whole_domain(ty).is_some() => whole(ty, below, above, written).unwrap_or(Value::Missing),
        _ => below.or(above).cloned().unwrap_or(Value::Missing),
    }
}

fn real(v: Option<&Value>) -> Option<f64> {
    if let Some(Value::Real(x)) = v { Some(*x) } else { None }
}

/// The neighbour of a bound, at the coarsest step that stays inside.
fn whole(ty: &Type, below: Option<&Value>, above: Option<&Value>, written: Magnitude) -> Option<Value> {
    let (first, last) = whole_stretch(ty, below, above)?;
    let scale = match ty {
        Type::Decimal(d) => d.scale,
        _ => 0,
    };
    let minute: i128 = 60_000_000;
    // A hundredth of the unit that the column is written in, a day, a minute; or the smallest step.
    let steps: &[i128] = match (ty, written) {
        (Type::Time | Type::Timestamp, _) => &[minute, 1_000_000],
        (Type::Decimal(_) | Type::Integer, Magnitude::Wan) => &[10_000, 100, 1],
        (Type::Decimal(_) | Type::Integer, Magnitude::Yi) => &[100_000_000, 1_000_000, 10_000, 1],
        (Type::Decimal(_) | Type::Integer, Magnitude::One) => &[100, 1],
        // In parts of 10^6.
        (Type::Decimal(_), Magnitude::Percent) => &[10_000, 1_000, 100],
        (Type::Decimal(_), Magnitude::BasisPoint) => &[100, 10],
        _ => &[],
    };
    let exponent = match (ty, written) {
        (Type::Decimal(_), Magnitude::Percent | Magnitude::BasisPoint) => i16::from(scale) - 6,
        (Type::Decimal(_) | Type::Integer, _) => i16::from(scale) - 2,
        _ => 0,
    };
    let step = |n: i128| -> Option<i128> {
        let power = |n: i16| u8::try_from(n).ok().and_then(|n| i128::try_from(pow10(n)).ok());
        let step = if exponent >= 0 { n.checked_mul(power(exponent)?)? } else { n / power(-exponent)? };
        (step > 0).then_some(step)
    };
    let near = |n: i128| {
        if above.is_some() {
            // One step down from the bound above it: `last` is the greatest number below that.
            let from = last.checked_add(1)?;
            let exact = from.checked_sub(n)?;
            (first <= exact && exact <= last).then_some(exact)
        } else {
            let from = first.checked_sub(1)?;
            let exact = from.checked_add(n)?;
            (first <= exact && exact <= last).then_some(exact)
        }
    };
    let zero = (below.is_none() && above.is_none() && first <= 0 && 0 <= last).then_some(0);
    let chosen = zero.or_else(|| steps.iter().filter_map(|n| near(step(*n)?)).next());
    of_whole(chosen.unwrap_or(if above.is_some() { last } else { first }), ty)
}

/// A text that the column does not name.
fn text(axis: &Axis, below: Option<&Value>, above: Option<&Value>) -> Value {
    if axis.equality {
        let named = |text: &str| axis.bounds().iter().any(|b| matches!(b, Value::Text(t) if **t == *text));
        let free = ["其他", "其它", "other"].into_iter().find(|text| !named(text));
        if let Some(free) = free {
            return Value::text(free);
        }
    }
    match (below, above) {
        (Some(Value::Text(low)), Some(Value::Text(high))) => {
            let longer = format!("{low}!");
            let fits = longer.as_bytes() < high.as_bytes();
            Value::text(&if fits { longer } else { format!("{low}\0") })
        }
        (Some(Value::Text(low)), None) => Value::text(&format!("{low}!")),
        _ => Value::text(""),
    }
}

/// A number as it is written in a unit: 499900 in 万 is 49.99; `None` if it does not come out even.
pub(crate) fn in_unit(value: &Value, written: Magnitude) -> Option<(Decimal, &'static str)> {
    let d = match value {
        Value::Integer(n) => Decimal::from(*n),
        Value::Decimal(d) => *d,
        _ => return None,
    };
    let scaled = |power: u8| Decimal::new(d.mantissa, d.scale.checked_add(power)?).map(Decimal::stripped);
    Some(match written {
        Magnitude::Wan => (scaled(4)?, "万"),
        Magnitude::Yi => (scaled(8)?, "亿"),
        Magnitude::Percent => (Decimal::new(d.mantissa.checked_mul(100)?, d.scale)?.stripped(), "%"),
        Magnitude::BasisPoint => (Decimal::new(d.mantissa.checked_mul(10_000)?, d.scale)?.stripped(), "bp"),
        Magnitude::One => return None,
    })
}
