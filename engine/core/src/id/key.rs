//! The key an effect or a cell is about.

use guiju_lang::value::{Decimal, Value};
use std::fmt::{self, Write};

/// A key's values in their one canonical text: parts joined by `|`, in which `\` and `|` are written `\\` and `\|`; a missing
/// part is `\-`, no part at all is `\0`. Numbers have no needless zeros, dates are ISO, timestamps ISO in UTC. A key of one
/// ordinary text is that text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

/// Why a value cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {0} cannot be a key")]
pub struct KeyError(
    /// The type's word.
    pub &'static str,
);

impl Key {
    /// A key of one text.
    pub fn text(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        Self::escape(text, &mut out);
        Self(out)
    }

    /// A key of these values, in order.
    pub fn of(values: &[Value]) -> Result<Self, KeyError> {
        if values.is_empty() {
            return Ok(Self("\\0".to_owned()));
        }
        let mut out = String::new();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                out.push('|');
            }
            Self::write(value, &mut out)?;
        }
        Ok(Self(out))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text as one part of a key. For executors that write many keys into one buffer.
    pub fn escape(text: &str, out: &mut String) {
        if !text.contains(['\\', '|']) {
            out.push_str(text);
            return;
        }
        for c in text.chars() {
            if matches!(c, '\\' | '|') {
                out.push('\\');
            }
            out.push(c);
        }
    }

    /// A value as one part of a key.
    pub fn write(value: &Value, out: &mut String) -> Result<(), KeyError> {
        // Writing into a String cannot fail.
        let _ = match value {
            Value::Missing => write!(out, "\\-"),
            Value::Bool(b) => write!(out, "{b}"),
            Value::Integer(i) => write!(out, "{i}"),
            Value::Decimal(d) => write_decimal(*d, out),
            // Shortest text that reads back; -0 is 0.
            Value::Real(r) => write!(out, "{}", r + 0.0),
            Value::Text(t) => {
                Self::escape(t, out);
                Ok(())
            }
            Value::Date(days) => write_date(i64::from(*days), out),
            Value::Time(micros) => write_time(*micros, out),
            Value::Timestamp(micros) => write_timestamp(*micros, out),
            Value::Ip(ip) => write!(out, "{ip}"),
            Value::Cidr(ip, bits) => write!(out, "{ip}/{bits}"),
            Value::Service { protocol, low, high } => write!(out, "{protocol}/{low}-{high}"),
            Value::Duration(_) => return Err(KeyError("duration")),
            Value::List(_) => return Err(KeyError("list")),
            Value::Record(_) => return Err(KeyError("record")),
        };
        Ok(())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// 1.50 and 1.5 are one key: a wider column must not move state.
fn write_decimal(decimal: Decimal, out: &mut String) -> fmt::Result {
    let Decimal { mut mantissa, mut scale } = decimal;
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if mantissa < 0 {
        out.push('-');
    }
    let digits = mantissa.unsigned_abs().to_string();
    let width = usize::from(scale) + 1;
    let padded = format!("{digits:0>width$}");
    let (whole, fraction) = padded.split_at(padded.len() - usize::from(scale));
    out.push_str(whole);
    if !fraction.is_empty() {
        write!(out, ".{fraction}")?;
    }
    Ok(())
}

/// Proleptic Gregorian, after Howard Hinnant's "chrono-compatible low-level date algorithms".
fn write_date(days: i64, out: &mut String) -> fmt::Result {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    write!(out, "{year:04}-{month:02}-{day:02}")
}

fn write_time(micros: i64, out: &mut String) -> fmt::Result {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)?;
    if fraction != 0 {
        let digits = format!("{fraction:06}");
        write!(out, ".{}", digits.trim_end_matches('0'))?;
    }
    Ok(())
}

fn write_timestamp(micros: i64, out: &mut String) -> fmt::Result {
    const DAY: i64 = 86_400_000_000;
    write_date(micros.div_euclid(DAY), out)?;
    out.push('T');
    write_time(micros.rem_euclid(DAY), out)?;
    out.push('Z');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[Value]) -> String {
        Key::of(values).expect("a key").to_string()
    }
    fn text(t: &str) -> Value {
        Value::Text(t.into())
    }
    fn decimal(mantissa: i128, scale: u8) -> Value {
        Value::Decimal(Decimal { mantissa, scale })
    }

    #[test]
    fn fixed_vectors() {
        assert_eq!(key(&[text("C000001")]), "C000001");
        assert_eq!(Key::text("a|b\\c").as_str(), r"a\|b\\c");
        assert_eq!(key(&[text("客户"), Value::Integer(-7), Value::Bool(true)]), "客户|-7|true");
        assert_eq!(key(&[Value::Missing, text("")]), r"\-|");
        assert_eq!(key(&[]), r"\0");
        assert_eq!(key(&[decimal(1500, 3), decimal(-5, 2), decimal(0, 2), decimal(120, 0)]), "1.5|-0.05|0|120");
        assert_eq!(key(&[Value::Real(-0.0), Value::Real(0.1)]), "0|0.1");
        assert_eq!(
            key(&[Value::Date(0), Value::Date(20_458), Value::Date(-1), Value::Date(11_016)]),
            "1970-01-01|2026-01-05|1969-12-31|2000-02-29"
        );
        assert_eq!(key(&[Value::Time(34_200_500_000), Value::Timestamp(-1)]), "09:30:00.5|1969-12-31T23:59:59.999999Z");
        assert_eq!(key(&[Value::Timestamp(1_767_605_400_000_000)]), "2026-01-05T09:30:00Z");
        let service = Value::Service { protocol: "tcp".into(), low: 80, high: 443 };
        let ip = "10.0.0.1".parse().expect("an address");
        assert_eq!(key(&[service, Value::Ip(ip), Value::Cidr(ip, 8)]), "tcp/80-443|10.0.0.1|10.0.0.1/8");
    }

    #[test]
    fn parts_cannot_be_confused() {
        let all = [
            key(&[text("a"), text("b")]),
            key(&[text("a|b")]),
            key(&[text("a\\"), text("b")]),
            key(&[Value::Missing]),
            key(&[text("\\-")]),
            key(&[]),
            key(&[text("")]),
            key(&[text(""), text("")]),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn not_everything_is_a_key() {
        assert_eq!(Key::of(&[Value::List([].into())]), Err(KeyError("list")));
    }
}
