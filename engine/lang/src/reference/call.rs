//! Built-in functions.

use super::cast::convert;
use crate::{
    builtin::Builtin,
    context::{Context, Incident},
    time::{self, Civil},
    ty::{DecimalType, Type},
    value::{self, Decimal, Value},
};
use std::cmp::Ordering;

/// Applies a function to present and missing values. Missing if an argument is, except for `min` and `max`.
pub fn call(function: Builtin, arguments: &[Value], to: &Type, cx: &Context) -> Result<Value, Incident> {
    match function {
        Builtin::Least => return extreme(arguments, Ordering::Less, to, cx),
        Builtin::Greatest => return extreme(arguments, Ordering::Greater, to, cx),
        _ if arguments.iter().any(Value::is_missing) => return Ok(Value::Missing),
        _ => {}
    }
    let Some(first) = arguments.first() else { return Ok(Value::Missing) };
    let day = || day_of(first, cx);
    let integer = |n: Option<i64>| Ok(n.map_or(Value::Missing, Value::Integer));
    match function {
        Builtin::Days => {
            let until = arguments.get(1).map_or(Some(cx.today), |v| day_of(v, cx));
            integer(day().zip(until).map(|(from, until)| i64::from(until) - i64::from(from)))
        }
        Builtin::Decimal | Builtin::Real | Builtin::Integer | Builtin::Text | Builtin::Date => convert(first, to, cx),
        Builtin::Length => integer(text(first).and_then(|t| i64::try_from(t.chars().count()).ok())),
        Builtin::Lower => Ok(map_text(first, str::to_ascii_lowercase)),
        Builtin::Upper => Ok(map_text(first, str::to_ascii_uppercase)),
        Builtin::Trim => Ok(map_text(first, |t| t.trim().to_owned())),
        Builtin::Substring => Ok(substring(arguments)),
        Builtin::Concat => {
            let parts: Option<Vec<&str>> = arguments.iter().map(text).collect();
            Ok(parts.map_or(Value::Missing, |p| Value::text(&p.concat())))
        }
        Builtin::Round => round(first, arguments.get(1), to),
        Builtin::Abs => match first {
            Value::Integer(n) => n.checked_abs().map(Value::Integer).ok_or(Incident::Overflow),
            Value::Decimal(d) => Ok(Value::Decimal(Decimal { mantissa: d.mantissa.abs(), scale: d.scale })),
            Value::Real(x) => Ok(Value::Real(x.abs())),
            _ => Ok(Value::Missing),
        },
        Builtin::Age => integer(day().map(|d| time::full_years(d, cx.today))),
        Builtin::MonthDay => integer(day().map(time::month_day)),
        Builtin::Year => integer(day().map(|d| Civil::of(d).year.into())),
        Builtin::Month => integer(day().map(|d| Civil::of(d).month.into())),
        Builtin::Day => integer(day().map(|d| Civil::of(d).day.into())),
        Builtin::Weekday => integer(day().map(|d| time::weekday(d).into())),
        Builtin::IsTradingDay => {
            let Some(d) = day() else { return Ok(Value::Missing) };
            let calendar = cx.calendar.as_ref().ok_or(Incident::BeyondCalendar)?;
            calendar.is_trading_day(d).map(Value::Bool).map_err(|_| Incident::BeyondCalendar)
        }
        Builtin::Anniversary => {
            let Some(d) = day() else { return Ok(Value::Missing) };
            time::anniversary(d, cx.today).map(Value::Date).ok_or(Incident::Overflow)
        }
        Builtin::Least | Builtin::Greatest => Ok(Value::Missing),
    }
}

fn text(v: &Value) -> Option<&str> {
    match v {
        Value::Text(t) => Some(t),
        _ => None,
    }
}

fn map_text(v: &Value, f: impl Fn(&str) -> String) -> Value {
    text(v).map_or(Value::Missing, |t| Value::text(&f(t)))
}

/// A date, or an instant's date in the zone.
fn day_of(v: &Value, cx: &Context) -> Option<i32> {
    match v {
        Value::Date(d) => Some(*d),
        Value::Timestamp(t) => Some(cx.zone.date(*t)),
        _ => None,
    }
}

/// The first of the least (greatest) present arguments, in the common type.
fn extreme(arguments: &[Value], wanted: Ordering, to: &Type, cx: &Context) -> Result<Value, Incident> {
    let mut best = &Value::Missing;
    for v in arguments.iter().filter(|v| !v.is_missing()) {
        if best.is_missing() || value::compare(v, best) == Some(wanted) {
            best = v;
        }
    }
    convert(best, to, cx)
}

/// Spark's: 1 is the first character, 0 too, a negative start counts from the end and may lie before the first.
fn substring(arguments: &[Value]) -> Value {
    let (Some(t), Some(Value::Integer(from))) = (arguments.first().and_then(text), arguments.get(1)) else {
        return Value::Missing;
    };
    let length = i64::try_from(t.chars().count()).unwrap_or(i64::MAX);
    let start = match from {
        1.. => from - 1,
        0 => 0,
        _ => length.saturating_add(*from),
    };
    let end = match arguments.get(2) {
        Some(Value::Integer(count)) => start.saturating_add(*count),
        Some(_) => return Value::Missing,
        None => length,
    };
    let skip = usize::try_from(start.max(0)).unwrap_or(usize::MAX);
    let take = usize::try_from(end.min(length) - start.max(0)).unwrap_or(0);
    Value::text(&t.chars().skip(skip).take(take).collect::<String>())
}

/// HALF_UP to at most `scale` digits after the point.
fn round(x: &Value, scale: Option<&Value>, to: &Type) -> Result<Value, Incident> {
    let scale = match scale {
        Some(Value::Integer(n)) => u8::try_from(*n).unwrap_or(38).min(38),
        _ => 0,
    };
    match (x, to) {
        (Value::Integer(n), _) => Ok(Value::Integer(*n)),
        (Value::Decimal(d), Type::Decimal(to)) => d.rescale(*to).map(Value::Decimal).ok_or(Incident::Overflow),
        // By the shortest digits that read back as x; a number too large for them has no digits after the point to drop.
        (Value::Real(x), _) => {
            let d = Decimal::from_f64(*x, DecimalType { precision: 38, scale });
            Ok(Value::Real(d.map_or(*x, Decimal::to_f64)))
        }
        _ => Ok(Value::Missing),
    }
}
