//! The smallest pieces of Spark SQL: types, constants, names.

use guiju_lang::{
    time::{Civil, DAY},
    ty::{DecimalType, Type},
    value::{Decimal, Duration, Value},
};
use std::fmt::Write;

/// Spark's type for a column or value of a type, if it has one. Instants, times of day and spans are microseconds in a BIGINT:
/// then no zone of a session can touch them.
pub fn type_name(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Bool => "BOOLEAN".to_owned(),
        Type::Integer | Type::Time | Type::Timestamp | Type::Duration => "BIGINT".to_owned(),
        Type::Decimal(d) => decimal_type(*d),
        Type::Real => "DOUBLE".to_owned(),
        Type::Text => "STRING".to_owned(),
        Type::Date => "DATE".to_owned(),
        Type::Unknown => "VOID".to_owned(),
        Type::Ip | Type::Cidr | Type::Service | Type::List(_) | Type::Record(_) => return None,
    })
}

/// `DECIMAL(10,2)`
pub(crate) fn decimal_type(d: DecimalType) -> String {
    format!("DECIMAL({},{})", d.precision, d.scale)
}

/// A constant of a type, if Spark can write it.
pub fn constant(value: &Value, ty: &Type) -> Option<String> {
    Some(match value {
        Value::Missing => match ty {
            Type::Unknown => "NULL".to_owned(),
            ty => format!("CAST(NULL AS {})", type_name(ty)?),
        },
        Value::Bool(b) => b.to_string(),
        Value::Integer(n) => integer(*n),
        Value::Decimal(d) => decimal(*d, ty),
        Value::Real(x) => real(*x),
        Value::Text(t) => text(t),
        Value::Date(d) => date(*d),
        Value::Time(t) | Value::Timestamp(t) => integer(*t),
        Value::Duration(d) => integer(exact(*d)?),
        _ => return None,
    })
}

/// Microseconds of a span that has so many.
pub(crate) fn exact(d: Duration) -> Option<i64> {
    match d {
        Duration::Micros(n) => Some(n),
        Duration::Days(n) => n.checked_mul(DAY),
        Duration::Months(_) | Duration::TradingDays(_) => None,
    }
}

/// A BIGINT.
pub(crate) fn integer(n: i64) -> String {
    if n < 0 { format!("CAST('{n}' AS BIGINT)") } else { format!("{n}L") }
}

fn decimal(d: Decimal, ty: &Type) -> String {
    let own = DecimalType { precision: d.precision(), scale: d.scale };
    let to = if let Type::Decimal(to) = ty { *to } else { own };
    format!("CAST('{d}' AS {})", decimal_type(to))
}

/// A DOUBLE, by the digits that read back as exactly this number.
pub(crate) fn real(x: f64) -> String {
    format!("CAST('{x:e}' AS DOUBLE)")
}

/// A DATE.
pub(crate) fn date(days: i32) -> String {
    let Civil { year, month, day } = Civil::of(days);
    format!("DATE'{year:04}-{month:02}-{day:02}'")
}

/// A STRING. Double quotes never appear, so that a job can put a query between three of them.
pub(crate) fn text(t: &str) -> String {
    let mut out = String::with_capacity(t.len() + 2);
    out.push('\'');
    for c in t.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            c if c == '"' || c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A name in backticks.
pub(crate) fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Whether a piece of SQL may be written twice: a name or a constant.
pub(crate) fn is_simple(sql: &str) -> bool {
    let name = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    name(sql)
        || sql.strip_prefix("DATE'").is_some_and(|rest| !rest.contains('('))
        || sql.strip_prefix("CAST('").is_some_and(|rest| rest.matches('\'').count() == 1 && !rest.contains(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants() {
        assert_eq!(text("a'b\\c\"\n国"), "'a\\'b\\\\c\\u0022\\u000a国'");
        assert_eq!(integer(i64::MIN), "CAST('-9223372036854775808' AS BIGINT)");
        assert_eq!(real(-0.1), "CAST('-1e-1' AS DOUBLE)");
        assert_eq!(date(0), "DATE'1970-01-01'");
        assert_eq!(name("a`b"), "`a``b`");
        assert!(is_simple("c12") && is_simple("5L") && is_simple(&real(1.5)) && is_simple("DATE'2026-01-01'"));
        assert!(!is_simple("(c1 + c2)") && !is_simple("CAST(c1 AS BIGINT)"));
    }
}
