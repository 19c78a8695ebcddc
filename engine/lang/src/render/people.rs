//! Values in explanations and findings: short, and exact.

use super::{
    number::{Layout, push_decimal},
    slot::{as_decimal, plain},
};
use crate::{
    context::Context,
    finding::Lang,
    time::Zone,
    ty::{Typed, Unit},
    value::{Decimal, Duration, Value},
};

/// A value for people, exactly: numbers from ten thousand on as `48万`, `1.5亿` where that is shorter than it is long (Chinese), else
/// with thousands separators; texts as they are; `missing` and truth values in the language's words. Instants are shown in `zone`.
pub fn display(value: &Value, language: Lang, zone: &Zone) -> String {
    let word = |en: &str, zh: &str| match language {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    };
    match value {
        Value::Missing => word("missing", "空"),
        Value::Bool(true) => word("true", "是"),
        Value::Bool(false) => word("false", "否"),
        Value::Integer(_) | Value::Decimal(_) => as_decimal(value).map_or_else(String::new, |d| number(d, language)),
        Value::Duration(d) => duration(*d, language),
        Value::List(items) => {
            let separator = word(", ", "、");
            items.iter().map(|v| display(v, language, zone)).collect::<Vec<_>>().join(&separator)
        }
        other => plain(other, &Context::new(0, zone.clone(), None)),
    }
}

/// [`display`] with the unit that the value's type carries: `12.5%`, `48万元`, `300 shares`.
pub fn display_typed(value: &Value, typed: &Typed, language: Lang, zone: &Zone) -> String {
    let Some(d) = as_decimal(value) else { return display(value, language, zone) };
    let zh = language == Lang::Zh;
    let suffix = match &typed.unit {
        Unit::None => return display(value, language, zone),
        Unit::Percent => {
            let mut out = number(Decimal { mantissa: d.mantissa.saturating_mul(100), scale: d.scale }, language);
            out.push('%');
            return out;
        }
        Unit::Money(code) => match (code.as_str(), zh) {
            ("CNY", true) => "元",
            ("HKD", true) => "港元",
            ("USD", true) => "美元",
            (code, _) => return format!("{} {code}", display(value, language, zone)),
        },
        Unit::Shares => {
            if zh {
                "股"
            } else {
                " shares"
            }
        }
        Unit::Other(symbol) => symbol,
    };
    display(value, language, zone) + suffix
}

fn number(d: Decimal, language: Lang) -> String {
    let d = d.stripped();
    let magnitude = d.mantissa.unsigned_abs();
    let mut out = String::new();
    let exact = |grouping| Layout { grouping, min_integer: 1, min_fraction: 0, max_fraction: 38 };
    if language == Lang::Zh && d.scale == 0 {
        // At most two digits after the point: 48.12万 reads naturally, 48.0123万 does not.
        for (power, word) in [(8, "亿"), (4, "万")] {
            let unit = 10u128.pow(power);
            if magnitude >= unit && magnitude.is_multiple_of(unit / 100) {
                let scaled = Decimal { mantissa: d.mantissa, scale: if power == 8 { 8 } else { 4 } };
                push_decimal(&mut out, scaled, exact(false));
                out.push_str(word);
                return out;
            }
        }
    }
    // Years and codes stay as they are.
    let whole = magnitude / crate::value::decimal::pow10(d.scale);
    push_decimal(&mut out, d, exact(whole >= 10_000));
    out
}

fn duration(d: Duration, language: Lang) -> String {
    let unit = |n: i64, one: &str, many: &str, zh: &str| match language {
        Lang::En => format!("{n} {}", if n == 1 { one } else { many }),
        Lang::Zh => format!("{n}{zh}"),
    };
    match d {
        Duration::Days(n) => unit(n, "day", "days", "天"),
        Duration::TradingDays(n) => unit(n, "trading day", "trading days", "个交易日"),
        Duration::Months(n) if n != 0 && n % 12 == 0 => unit(n / 12, "year", "years", "年"),
        Duration::Months(n) => unit(n, "month", "months", "个月"),
        Duration::Micros(n) if n % 3_600_000_000 == 0 => unit(n / 3_600_000_000, "hour", "hours", "小时"),
        Duration::Micros(n) if n % 60_000_000 == 0 => unit(n / 60_000_000, "minute", "minutes", "分钟"),
        Duration::Micros(n) => {
            let mut out = String::new();
            let d = Decimal { mantissa: n.into(), scale: 6 };
            push_decimal(&mut out, d, Layout { grouping: false, min_integer: 1, min_fraction: 0, max_fraction: 6 });
            out.push_str(match language {
                Lang::En => " seconds",
                Lang::Zh => "秒",
            });
            out
        }
    }
}
