//! Means of arguments.

use super::cast::convert;
use crate::{
    builtin::Builtin,
    context::{Context, Incident},
    ty::{DecimalType, Type},
    value::{self, Decimal, Value, decimal::Failure},
};
use std::cmp::Ordering;

/// `average` and `median` of the present arguments; missing if there is none.
pub(super) fn of(function: Builtin, arguments: &[Value], to: &Type, cx: &Context) -> Result<Value, Incident> {
    let mut present: Vec<&Value> = arguments.iter().filter(|v| !v.is_missing()).collect();
    if function == Builtin::Median {
        present.sort_by(|a, b| value::compare(a, b).unwrap_or(Ordering::Equal));
        let middle = present.len() / 2;
        let from = if present.len().is_multiple_of(2) { middle.saturating_sub(1) } else { middle };
        present = present.get(from..=middle).unwrap_or_default().to_vec();
    }
    match to {
        Type::Real => real(&present, cx),
        Type::Decimal(to) => decimal(&present, *to, cx),
        _ => Ok(Value::Missing),
    }
}

fn real(present: &[&Value], cx: &Context) -> Result<Value, Incident> {
    let mut sum = 0.0;
    for v in present {
        let Value::Real(x) = convert(v, &Type::Real, cx)? else { return Ok(Value::Missing) };
        sum += x;
    }
    let mean = sum / present.len() as f64;
    match mean.is_finite() {
        true => Ok(Value::Real(mean)),
        false if present.is_empty() => Ok(Value::Missing),
        false => Err(Incident::Overflow),
    }
}

/// Exact, rounded half up once at the end.
fn decimal(present: &[&Value], to: DecimalType, cx: &Context) -> Result<Value, Incident> {
    let overflow = |_: Failure| Incident::Overflow;
    let wide = DecimalType { precision: 38, scale: to.scale };
    let mut sum = Decimal { mantissa: 0, scale: to.scale };
    for v in present {
        let Value::Decimal(d) = convert(v, &Type::Decimal(wide), cx)? else { return Ok(Value::Missing) };
        sum = sum.add(d, wide).map_err(overflow)?;
    }
    let Some(count) = i128::try_from(present.len()).ok().filter(|count| *count > 0) else { return Ok(Value::Missing) };
    sum.div(Decimal { mantissa: count, scale: 0 }, to).map(Value::Decimal).map_err(overflow)
}
