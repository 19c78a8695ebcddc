//! Equality and order of values, as the language means them.

use super::{Duration, Value};
use std::cmp::Ordering;

/// Micro-seconds of a day.
const DAY: i128 = 86_400_000_000;

/// Order of two values of one family; `None` if either is missing or they cannot be compared.
///
/// Numbers compare by value: integer and decimal exactly; against a real both become doubles (the nearest one). Text compares by
/// UTF-8 bytes. A duration in days counts 24 hours a day against an exact one.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Missing, _) | (_, Value::Missing) => return None,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.compare(*b),
        (Value::Integer(a), Value::Decimal(b)) => super::Decimal::from(*a).compare(*b),
        (Value::Decimal(a), Value::Integer(b)) => a.compare(super::Decimal::from(*b)),
        (Value::Real(_), _) | (_, Value::Real(_)) => return number(a)?.partial_cmp(&number(b)?),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => return durations(*a, *b),
        (Value::Ip(a), Value::Ip(b)) => a.cmp(b),
        (Value::Cidr(a, m), Value::Cidr(b, n)) => a.cmp(b).then(m.cmp(n)),
        (Value::Service { protocol: p, low: a, high: b }, Value::Service { protocol: q, low: c, high: d }) => {
            p.as_bytes().cmp(q.as_bytes()).then(a.cmp(c)).then(b.cmp(d))
        }
        (Value::List(a), Value::List(b)) => {
            for (x, y) in a.iter().zip(b.iter()) {
                match compare(x, y)? {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            a.len().cmp(&b.len())
        }
        (Value::Record(a), Value::Record(b)) => {
            for ((m, x), (n, y)) in a.iter().zip(b.iter()) {
                match m.cmp(n).then(compare(x, y)?) {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            a.len().cmp(&b.len())
        }
        _ => return None,
    })
}

/// A number as the nearest double.
pub(crate) fn number(v: &Value) -> Option<f64> {
    match v {
        Value::Integer(n) => Some(*n as f64),
        Value::Decimal(d) => Some(d.to_f64()),
        Value::Real(x) => Some(*x),
        _ => None,
    }
}

fn durations(a: Duration, b: Duration) -> Option<Ordering> {
    use Duration::{Days, Micros, Months, TradingDays};
    match (a, b) {
        (Micros(a), Micros(b)) | (Days(a), Days(b)) | (Months(a), Months(b)) | (TradingDays(a), TradingDays(b)) => {
            Some(a.cmp(&b))
        }
        (Micros(a), Days(b)) => Some(i128::from(a).cmp(&(i128::from(b) * DAY))),
        (Days(a), Micros(b)) => Some((i128::from(a) * DAY).cmp(&i128::from(b))),
        // A month has no fixed number of days, nor has a trading day.
        _ => None,
    }
}
