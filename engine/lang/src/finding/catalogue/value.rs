//! Values as messages show them: close to how a rulebook would write them.

use super::Lang;
use crate::{
    table::{Magnitude, in_unit},
    value::{Decimal, Duration, Value},
};

/// A value for people.
pub(in crate::finding) fn show(value: &Value, lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    match value {
        Value::Missing => if zh { "空" } else { "missing" }.into(),
        Value::Bool(true) => if zh { "是" } else { "true" }.into(),
        Value::Bool(false) => if zh { "否" } else { "false" }.into(),
        Value::Integer(n) => n.to_string(),
        Value::Decimal(d) => decimal(*d),
        Value::Real(r) => r.to_string(),
        Value::Text(t) => format!("\"{t}\""),
        Value::Date(d) => date(i64::from(*d)),
        Value::Time(us) => time(*us),
        // Messages have no zone at hand; eight hours east is the rulebooks' default.
        Value::Timestamp(us) => {
            let local = us + 8 * 3_600_000_000;
            format!("{} {}", date(local.div_euclid(DAY)), time(local.rem_euclid(DAY)))
        }
        Value::Duration(d) => duration(*d, zh),
        Value::Ip(ip) => ip.to_string(),
        Value::Cidr(ip, bits) => format!("{ip}/{bits}"),
        Value::Service { protocol, low, high } if low == high => format!("{protocol}/{low}"),
        Value::Service { protocol, low, high } => format!("{protocol}/{low}..{high}"),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|v| show(v, lang)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Record(fields) => {
            let fields: Vec<_> = fields.iter().map(|(n, v)| format!("{n}: {}", show(v, lang))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// A row's values as a condition on its columns.
pub(super) fn example(columns: &[(String, Value, Magnitude)], lang: Lang) -> String {
    let one = |(name, value, written): &(String, Value, Magnitude)| match (value, in_unit(value, *written)) {
        (Value::Missing, _) if lang == Lang::Zh => format!("{name} 为空"),
        (Value::Missing, _) => format!("{name} is missing"),
        (_, Some((number, unit))) => format!("{name} = {}{unit}", decimal(number)),
        (value, None) => format!("{name} = {}", show(value, lang)),
    };
    columns.iter().map(one).collect::<Vec<_>>().join(if lang == Lang::Zh { "，" } else { ", " })
}

const DAY: i64 = 86_400_000_000;

fn decimal(d: Decimal) -> String {
    let digits = format!("{:0>1$}", d.mantissa.unsigned_abs(), usize::from(d.scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(d.scale));
    let fraction = fraction.trim_end_matches('0');
    let sign = if d.mantissa < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Days since 1970-01-01 as ISO; the civil calendar by Howard Hinnant's algorithm.
fn date(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", day_of_year - (153 * shifted + 2) / 5 + 1)
}

fn time(us: i64) -> String {
    let seconds = us / 1_000_000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if s == 0 { format!("{h:02}:{m:02}") } else { format!("{h:02}:{m:02}:{s:02}") }
}

fn duration(d: Duration, zh: bool) -> String {
    let say = |n: i64, en: &str, chinese: &str| if zh { format!("{n}{chinese}") } else { format!("{n}{en}") };
    match d {
        Duration::Micros(us) if us % 3_600_000_000 == 0 => say(us / 3_600_000_000, "h", "小时"),
        Duration::Micros(us) if us % 60_000_000 == 0 => say(us / 60_000_000, "m", "分钟"),
        Duration::Micros(us) => say(us / 1_000_000, "s", "秒"),
        Duration::Days(n) => say(n, "d", "天"),
        Duration::TradingDays(n) => say(n, " trading days", "个交易日"),
        Duration::Months(n) if n % 12 == 0 && n != 0 => say(n / 12, " years", "年"),
        Duration::Months(n) => say(n, " months", "个月"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_a_rulebook_writes_them() {
        let zh = |v: &Value| show(v, Lang::Zh);
        assert_eq!(zh(&Value::Date(20_779)), "2026-11-22");
        assert_eq!(zh(&Value::Date(-1)), "1969-12-31");
        assert_eq!(zh(&Value::Decimal(Decimal { mantissa: -1250, scale: 2 })), "-12.5");
        assert_eq!(zh(&Value::Decimal(Decimal { mantissa: 5, scale: 3 })), "0.005");
        assert_eq!(zh(&Value::Timestamp(5_400_000_000)), "1970-01-01 09:30");
        assert_eq!(zh(&Value::Duration(Duration::TradingDays(3))), "3个交易日");
    }
}
