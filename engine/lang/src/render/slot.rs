//! Slot formats.

use super::{
    number::{Layout, push_decimal, push_digits},
    time::{push_date, push_strftime, push_time},
};
use crate::{
    context::Context,
    hir::SlotFormat,
    value::{Decimal, Duration, Value, decimal::pow10},
};
use std::fmt::Write as _;

/// Appends a value in a slot's format, HALF_UP; a missing value writes nothing. Wrong formats for a value's type (the checker
/// refuses them) write it plainly.
pub fn write_value(out: &mut String, value: &Value, format: &SlotFormat, cx: &Context) {
    match format {
        SlotFormat::Plain => write_plain(out, value, cx),
        SlotFormat::Time(format) => match value {
            Value::Date(d) => push_strftime(out, format, *d, 0),
            Value::Time(t) => push_strftime(out, format, 0, *t),
            Value::Timestamp(t) => {
                let (days, of_day) = cx.zone.local(*t);
                push_strftime(out, format, days, of_day);
            }
            other => write_plain(out, other, cx),
        },
        SlotFormat::Number { grouping, min_integer, min_fraction, max_fraction, percent } => {
            let layout = Layout {
                grouping: *grouping,
                min_integer: *min_integer,
                min_fraction: (*min_fraction).min(*max_fraction),
                max_fraction: *max_fraction,
            };
            match as_decimal(value).and_then(|d| if *percent { raised(d, 2) } else { Some(d) }) {
                Some(d) => {
                    push_decimal(out, d, layout);
                    if *percent {
                        out.push('%');
                    }
                }
                None => write_plain(out, value, cx),
            }
        }
        SlotFormat::Scaled { power, suffix } => match as_decimal(value).and_then(|d| lowered(d, *power)) {
            Some(d) => {
                push_decimal(out, d, Layout { grouping: false, min_integer: 1, min_fraction: 0, max_fraction: 2 });
                out.push_str(suffix);
            }
            None => write_plain(out, value, cx),
        },
    }
}

/// A value as `text(x)` and a slot without a format write it.
pub fn plain(value: &Value, cx: &Context) -> String {
    let mut out = String::new();
    write_plain(&mut out, value, cx);
    out
}

fn write_plain(out: &mut String, value: &Value, cx: &Context) {
    match value {
        Value::Missing => {}
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Integer(n) => {
            if *n < 0 {
                out.push('-');
            }
            push_digits(out, n.unsigned_abs().into(), 1);
        }
        Value::Decimal(d) => {
            // Zero has no sign as a mantissa; everything else keeps all its digits.
            push_decimal(
                out,
                *d,
                Layout { grouping: false, min_integer: 1, min_fraction: d.scale, max_fraction: d.scale },
            );
        }
        // Writing to a String cannot fail.
        Value::Real(x) => drop(write!(out, "{}", if *x == 0.0 { 0.0 } else { *x })),
        Value::Text(t) => out.push_str(t),
        Value::Date(d) => push_date(out, *d),
        Value::Time(t) => push_time(out, *t),
        Value::Timestamp(t) => {
            let (days, of_day) = cx.zone.local(*t);
            push_date(out, days);
            out.push(' ');
            push_time(out, of_day);
        }
        Value::Duration(d) => push_duration(out, *d),
        Value::Ip(a) => drop(write!(out, "{a}")),
        Value::Cidr(a, bits) => drop(write!(out, "{a}/{bits}")),
        Value::Service { protocol, low, high } => {
            let _ = write!(out, "{protocol}/{low}");
            if low != high {
                let _ = write!(out, "..{high}");
            }
        }
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_plain(out, item, cx);
            }
            out.push(']');
        }
        Value::Record(fields) => {
            out.push_str("{ ");
            for (i, (name, item)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                write_plain(out, item, cx);
            }
            out.push_str(" }");
        }
    }
}

/// `30d`, `3 trading days`, `5m`, `2 months`: as it is written in a rulebook.
fn push_duration(out: &mut String, d: Duration) {
    let (n, unit) = match d {
        Duration::Days(n) => (n, "d"),
        Duration::TradingDays(1) => (1, " trading day"),
        Duration::TradingDays(n) => (n, " trading days"),
        Duration::Months(n) if n != 0 && n % 12 == 0 => (n / 12, if n == 12 { " year" } else { " years" }),
        Duration::Months(1) => (1, " month"),
        Duration::Months(n) => (n, " months"),
        Duration::Micros(n) if n % 3_600_000_000 == 0 => (n / 3_600_000_000, "h"),
        Duration::Micros(n) if n % 60_000_000 == 0 => (n / 60_000_000, "m"),
        Duration::Micros(n) => {
            let d = Decimal { mantissa: n.into(), scale: 6 };
            push_decimal(out, d, Layout { grouping: false, min_integer: 1, min_fraction: 0, max_fraction: 6 });
            out.push('s');
            return;
        }
    };
    let _ = write!(out, "{n}{unit}");
}

/// A number exactly, or a real by its shortest digits.
pub(super) fn as_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(n) => Some(Decimal::from(*n)),
        Value::Decimal(d) => Some(*d),
        Value::Real(x) => {
            let text = format!("{x}");
            text.parse().ok().or_else(|| {
                // More than 38 digits: the format shows a few of them.
                Decimal::from_f64(*x, crate::ty::DecimalType { precision: 38, scale: 10 })
            })
        }
        _ => None,
    }
}

/// `d × 10^n`
fn raised(d: Decimal, n: u8) -> Option<Decimal> {
    if d.scale >= n {
        return Some(Decimal { mantissa: d.mantissa, scale: d.scale - n });
    }
    let factor = i128::try_from(pow10(n - d.scale)).ok()?;
    Decimal::new(d.mantissa.checked_mul(factor)?, 0)
}

/// `d ÷ 10^n`
fn lowered(d: Decimal, n: u8) -> Option<Decimal> {
    let scale = d.scale.checked_add(n)?;
    if scale <= 38 {
        return Some(Decimal { mantissa: d.mantissa, scale });
    }
    // Digits beyond the 38th are not shown in any format.
    Some(Decimal { mantissa: d.mantissa / i128::try_from(pow10(scale - 38)).ok()?, scale: 38 })
}
