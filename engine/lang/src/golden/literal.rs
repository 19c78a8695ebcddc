//! Types and values as the tables write them.

use crate::{
    time::{Civil, Zone},
    ty::{DecimalType, Type},
    value::{Duration, Value},
};

/// `decimal(10,2)`, `text`, `list of integer`, …
pub(super) fn ty(text: &str) -> Option<Type> {
    Some(match text.trim() {
        "bool" => Type::Bool,
        "integer" => Type::Integer,
        "real" => Type::Real,
        "text" => Type::Text,
        "date" => Type::Date,
        "time" => Type::Time,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "ip" => Type::Ip,
        "cidr" => Type::Cidr,
        "missing" => Type::Unknown,
        other => {
            if let Some(of) = other.strip_prefix("list of ") {
                return ty(of).map(|t| Type::List(Box::new(t)));
            }
            let (precision, scale) = other.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
            Type::Decimal(DecimalType { precision: precision.trim().parse().ok()?, scale: scale.trim().parse().ok()? })
        }
    })
}

/// A value of a type; `missing` is one of each. Instants are in Asia/Shanghai, lists in brackets.
pub(super) fn value(text: &str, of: &Type) -> Option<Value> {
    let text = text.trim();
    if text == "missing" {
        return Some(Value::Missing);
    }
    Some(match of {
        Type::Bool => Value::Bool(text.parse().ok()?),
        Type::Integer => Value::Integer(text.parse().ok()?),
        Type::Decimal(d) => Value::Decimal(text.parse::<crate::value::Decimal>().ok()?.rescale(*d)?),
        Type::Real => Value::Real(text.parse().ok()?),
        Type::Text => Value::text(text.strip_prefix('\'')?.strip_suffix('\'')?),
        Type::Date => Value::Date(date(text)?),
        Type::Time => Value::Time(time(text)?),
        Type::Timestamp => {
            let (day, of_day) = text.split_once(' ')?;
            Value::Timestamp(Zone::named("Asia/Shanghai").ok()?.instant(date(day)?, time(of_day)?)?)
        }
        Type::Duration => Value::Duration(duration(text)?),
        Type::Ip => Value::Ip(text.parse().ok()?),
        Type::Cidr => {
            let (address, bits) = text.split_once('/')?;
            Value::Cidr(address.parse().ok()?, bits.parse().ok()?)
        }
        Type::List(of) => {
            let inner = text.strip_prefix('[')?.strip_suffix(']')?;
            let items: Option<Vec<Value>> =
                inner.split(',').filter(|t| !t.trim().is_empty()).map(|t| value(t, of)).collect();
            Value::List(items?.into())
        }
        Type::Service | Type::Record(_) | Type::Unknown => return None,
    })
}

/// `2026-11-22`
pub(super) fn date(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-');
    let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
    Civil::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).map(Civil::days)
}

/// `09:30` or `09:30:15`
pub(super) fn time(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|p| p.parse::<i64>().ok());
    let (h, m, s) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    Some(((h * 60 + m) * 60 + s) * 1_000_000)
}

/// `30d`, `24h`, `5m`, `10s`, `3 trading days`, `2 months`, `1 year`
pub(super) fn duration(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-')?;
    let n: i64 = text[..end].parse().ok()?;
    unit(n, text[end..].trim())
}

/// `n` of a unit.
pub(super) fn unit(n: i64, unit: &str) -> Option<Duration> {
    Some(match unit {
        "d" | "day" | "days" | "天" => Duration::Days(n),
        "h" => Duration::Micros(n.checked_mul(3_600_000_000)?),
        "m" => Duration::Micros(n.checked_mul(60_000_000)?),
        "s" => Duration::Micros(n.checked_mul(1_000_000)?),
        "trading day" | "trading days" | "个交易日" => Duration::TradingDays(n),
        "month" | "months" | "个月" => Duration::Months(n),
        "year" | "years" | "年" => Duration::Months(n.checked_mul(12)?),
        _ => return None,
    })
}
