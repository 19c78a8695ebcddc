//! Conversions: those the language makes by itself, and those asked for by name.

use crate::{
    context::{Context, Incident},
    render,
    time::Civil,
    ty::{DecimalType, Type},
    value::{Decimal, Value, number},
};

/// A value in another type. Numbers become decimals HALF_UP, integers towards zero, reals the nearest double; texts are read
/// (surrounding blanks allowed). What the type cannot hold is an incident. Types without a conversion keep the value.
pub fn convert(v: &Value, to: &Type, cx: &Context) -> Result<Value, Incident> {
    Ok(match (to, v) {
        (_, Value::Missing) => Value::Missing,
        (Type::Decimal(to), v) => return decimal(v, *to).map(Value::Decimal),
        (Type::Real, Value::Text(t)) => match t.trim().parse::<f64>() {
            Ok(x) if x.is_finite() && !t.trim().eq_ignore_ascii_case("infinity") => Value::Real(x),
            _ => return Err(Incident::BadCast),
        },
        (Type::Real, v) => number(v).map_or(Value::Missing, Value::real),
        (Type::Integer, v) => return integer(v).map(Value::Integer),
        (Type::Date, Value::Timestamp(t)) => Value::Date(cx.zone.date(*t)),
        (Type::Date, Value::Text(t)) => Value::Date(date(t.trim()).ok_or(Incident::BadCast)?),
        (Type::Text, Value::Text(t)) => Value::Text(t.clone()),
        (Type::Text, v) => Value::text(&render::plain(v, cx)),
        (Type::List(of), Value::List(items)) => {
            let items: Result<Vec<Value>, Incident> = items.iter().map(|v| convert(v, of, cx)).collect();
            Value::List(items?.into())
        }
        (_, v) => v.clone(),
    })
}

fn decimal(v: &Value, to: DecimalType) -> Result<Decimal, Incident> {
    let d = match v {
        Value::Integer(n) => Decimal::from(*n).rescale(to),
        Value::Decimal(d) => d.rescale(to),
        Value::Real(x) => Decimal::from_f64(*x, to),
        Value::Text(t) => {
            let d: Decimal = t.trim().parse().map_err(|_| Incident::BadCast)?;
            d.rescale(to)
        }
        _ => return Err(Incident::BadCast),
    };
    d.ok_or(Incident::Overflow)
}

fn integer(v: &Value) -> Result<i64, Incident> {
    match v {
        Value::Integer(n) => Ok(*n),
        Value::Decimal(d) => d.to_i64().ok_or(Incident::Overflow),
        // 2^63 is the first double that does not fit.
        Value::Real(x) if *x >= -9_223_372_036_854_775_808.0 && *x < 9_223_372_036_854_775_808.0 => Ok(*x as i64),
        Value::Real(_) => Err(Incident::Overflow),
        Value::Text(t) => t.trim().parse().map_err(|_| Incident::BadCast),
        _ => Err(Incident::BadCast),
    }
}

/// `2026-11-22`
fn date(t: &str) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = t.as_bytes() else { return None };
    let number =
        |digits: &[u8]| digits.iter().try_fold(0u16, |n, b| b.is_ascii_digit().then(|| n * 10 + u16::from(b - b'0')));
    let (year, month, day) = (number(&[*y1, *y2, *y3, *y4])?, number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    Civil::new(year.into(), u8::try_from(month).ok()?, u8::try_from(day).ok()?).map(Civil::days)
}
