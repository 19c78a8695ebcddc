//! What a column seems to hold, beyond its type: a guess for the reader, from its name and its values.

use super::ColumnProfile;
use guiju_lang::{time::Civil, ty::Type};

/// A guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// A share of one: `0.3` is 30%.
    Share,
    /// A number of percent: `30` is 30%.
    Percent,
    /// Amounts in units of ten thousand.
    TenThousands,
    /// A day written as the number or text 20261120.
    DayDigits,
    /// Yes or no.
    Flag,
    /// A number that names something: nobody adds it up.
    Code,
}

const SHARES: [&str; 9] = ["rate", "ratio", "pct", "percent", "share", "率", "占比", "比例", "百分比"];
const CODES: [&str; 8] = ["_id", "_no", "_code", "phone", "mobile", "号", "代码", "电话"];
const FLAGS: [[&str; 2]; 6] = [["0", "1"], ["N", "Y"], ["n", "y"], ["F", "T"], ["否", "是"], ["false", "true"]];

pub(super) fn of(column: &ColumnProfile, ty: &Type) -> Option<Hint> {
    let (min, max) = (column.min.as_deref()?, column.max.as_deref()?);
    let name = column.name.to_lowercase();
    let number = matches!(ty, Type::Integer | Type::Decimal(_) | Type::Real);
    let two = column.distinct.exact && column.distinct.count == 2;
    if two && *ty != Type::Bool && FLAGS.contains(&[min, max]) {
        return Some(Hint::Flag);
    }
    if matches!(ty, Type::Integer | Type::Text) && is_day(min) && is_day(max) {
        return Some(Hint::DayDigits);
    }
    if number && SHARES.iter().any(|word| name.contains(word)) {
        let [min, max] = [min, max].map(|n| n.parse::<f64>().unwrap_or(f64::INFINITY).abs());
        return match min.max(max) {
            ..=1.0 => Some(Hint::Share),
            ..=1000.0 => Some(Hint::Percent),
            _ => None,
        };
    }
    if number && (name.ends_with("_wan") || name.contains('万')) {
        return Some(Hint::TenThousands);
    }
    let named = CODES.iter().any(|end| name.ends_with(end));
    (*ty == Type::Integer && named && !two).then_some(Hint::Code)
}

/// Eight digits that are a day between 1900 and 2200.
fn is_day(text: &str) -> bool {
    let part = |from, to| text.get(from..to).and_then(|digits: &str| digits.parse::<u16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else { return false };
    let small = |n| u8::try_from(n).unwrap_or(0);
    text.len() == 8 && (1900..2200).contains(&year) && Civil::new(year.into(), small(month), small(day)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Distinct;

    fn column(name: &str, min: &str, max: &str, count: u64) -> ColumnProfile {
        ColumnProfile {
            name: name.into(),
            ty: String::new(),
            missing: 0,
            missing_share: 0.0,
            min: Some(min.into()),
            max: Some(max.into()),
            distinct: Distinct { count, exact: true },
            top: Vec::new(),
            hint: None,
        }
    }

    #[test]
    fn guesses_need_the_name_or_the_values() {
        for (name, min, max, ty, wanted) in [
            ("drawdown_rate", "0.01", "0.85", Type::Real, Some(Hint::Share)),
            ("仓位占比", "0", "100", Type::Integer, Some(Hint::Percent)),
            ("turnover_rate", "0", "25000", Type::Integer, None),
            ("资产(万)", "1", "900", Type::Integer, Some(Hint::TenThousands)),
            ("open_date", "20010101", "20261120", Type::Integer, Some(Hint::DayDigits)),
            ("open_date", "20010101", "20261320", Type::Integer, None),
            ("mobile", "13000000000", "19999999999", Type::Integer, Some(Hint::Code)),
            ("balance", "0", "5000", Type::Integer, None),
        ] {
            assert_eq!(of(&column(name, min, max, 90), &ty), wanted, "{name} {min} {max}");
        }
        assert_eq!(of(&column("is_vip", "N", "Y", 2), &Type::Text), Some(Hint::Flag));
    }
}
