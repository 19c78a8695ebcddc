//! Built-in functions.

use super::{cast::convert, statistics};
use crate::{
    builtin::Builtin,
    context::{Context, Incident},
    time::{self, Civil},
    ty::{DecimalType, Type},
    value::{self, Decimal, Value},
};
use std::cmp::Ordering;

/// Applies a function to present and missing values. Missing if an argument is, except where missing ones are skipped.
pub fn call(function: Builtin, arguments: &[Value], to: &Type, cx: &Context) -> Result<Value, Incident> {
    match function {
        Builtin::Least => return extreme(arguments, Ordering::Less, to, cx),
        Builtin::Greatest => return extreme(arguments, Ordering::Greater, to, cx),
        Builtin::Average | Builtin::Median => return statistics::of(function, arguments, to, cx),
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
        Builtin::TradingDays | Builtin::NextTradingDay | Builtin::PreviousTradingDay => {
            let (Some(d), until) = (day(), arguments.get(1).and_then(|v| day_of(v, cx))) else {
                return Ok(Value::Missing);
            };
            trading(function, d, until, cx).ok_or(Incident::BeyondCalendar)
        }
        Builtin::Months => {
            let until = arguments.get(1).map_or(Some(cx.today), |v| day_of(v, cx));
            integer(day().zip(until).map(|(from, until)| time::full_months(from, until)))
        }
        Builtin::Quarter => integer(day().map(|d| (i64::from(Civil::of(d).month) + 2) / 3)),
        Builtin::MonthStart => Ok(day().map_or(Value::Missing, |d| Value::Date(time::month_start(d)))),
        Builtin::MonthEnd => Ok(day().map_or(Value::Missing, |d| Value::Date(time::month_end(d)))),
        Builtin::Floor => whole(first, to, false),
        Builtin::Ceiling => whole(first, to, true),
        Builtin::Replace => Ok(replaced(arguments)),
        Builtin::Hide => Ok(hidden_in(arguments)),
        Builtin::Least | Builtin::Greatest | Builtin::Average | Builtin::Median => Ok(Value::Missing),
    }
}

/// What the calendar says; nothing beyond it.
fn trading(function: Builtin, day: i32, until: Option<i32>, cx: &Context) -> Option<Value> {
    let calendar = cx.calendar.as_ref()?;
    let (first, last) = calendar.valid();
    let known = |day: i32| (first..=last).contains(&day);
    let days = calendar.trading_days();
    let after = |day: i32| days.partition_point(|d| *d <= day);
    if !known(day) {
        return None;
    }
    match function {
        Builtin::NextTradingDay => days.get(after(day)).copied().map(Value::Date),
        Builtin::PreviousTradingDay => {
            let before = days.partition_point(|d| *d < day).checked_sub(1)?;
            days.get(before).copied().map(Value::Date)
        }
        _ => {
            let until = until.filter(|until| known(*until))?;
            let [from, until] = [day, until].map(|day| i64::try_from(after(day)).unwrap_or(i64::MAX));
            Some(Value::Integer(until - from))
        }
    }
}

/// The whole number below or above.
fn whole(x: &Value, to: &Type, up: bool) -> Result<Value, Incident> {
    match (x, to) {
        (Value::Decimal(d), Type::Decimal(to)) => {
            let unit = 10_i128.checked_pow(d.scale.into()).ok_or(Incident::Overflow)?;
            let below = d.mantissa.div_euclid(unit);
            let mantissa = below + i128::from(up && d.mantissa.rem_euclid(unit) != 0);
            let whole = Decimal { mantissa, scale: 0 };
            if whole.fits(*to) { Ok(Value::Decimal(whole)) } else { Err(Incident::Overflow) }
        }
        (Value::Real(x), _) => Ok(Value::Real(if up { x.ceil() } else { x.floor() })),
        (Value::Integer(n), _) => Ok(Value::Integer(*n)),
        _ => Ok(Value::Missing),
    }
}

fn replaced(arguments: &[Value]) -> Value {
    let texts: Option<Vec<&str>> = arguments.iter().map(text).collect();
    match texts.as_deref() {
        // An empty text stands between all characters; nobody who writes it means that.
        Some([t, "", _]) => Value::text(t),
        Some([t, old, new]) => Value::text(&t.replace(old, new)),
        _ => Value::Missing,
    }
}

fn hidden_in(arguments: &[Value]) -> Value {
    let (Some(t), Some(Value::Integer(from)), Some(Value::Integer(count))) =
        (arguments.first().and_then(text), arguments.get(1), arguments.get(2))
    else {
        return Value::Missing;
    };
    let hidden = from.saturating_sub(1)..from.saturating_sub(1).saturating_add(*count);
    Value::text(&t.chars().zip(0_i64..).map(|(c, i)| if hidden.contains(&i) { '*' } else { c }).collect::<String>())
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
