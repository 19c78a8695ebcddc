//! Values as texts: the inverse of [`crate::read::parse`].

use guiju_lang::time::{Civil, Zone};

/// A decimal with all its places.
pub(crate) fn digits(mantissa: i128, scale: i8) -> String {
    let places = usize::try_from(scale).unwrap_or(0);
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// `2026-11-22`
pub(crate) fn date(days: i32) -> String {
    let Civil { year, month, day } = Civil::of(days);
    format!("{year:04}-{month:02}-{day:02}")
}

pub(crate) fn clock(micros: i64) -> String {
    let (s, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let base = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if rest == 0 { base } else { format!("{base}.{rest:06}") }
}

pub(crate) fn timestamp(micros: i64, zone: &Zone) -> String {
    let (days, of_day) = zone.local(micros);
    let minutes = zone.offset(micros) / 60_000_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{}T{}{sign}{:02}:{:02}", date(days), clock(of_day), minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::parse;

    #[test]
    fn dates_go_there_and_back() {
        for days in (-700_000..2_900_000).step_by(37) {
            assert_eq!(parse::date(&date(days)), Some(days));
        }
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        for micros in [0, 1, -1, 1_795_282_200_000_000] {
            assert_eq!(parse::timestamp(&timestamp(micros, &shanghai), &Zone::utc()), Some(micros));
        }
    }

    #[test]
    fn decimals_show_all_places() {
        assert_eq!(
            (digits(-5, 2).as_str(), digits(0, 0).as_str(), digits(123_456, 3).as_str()),
            ("-0.05", "0", "123.456")
        );
        assert_eq!(digits(i128::MIN, 0), i128::MIN.to_string());
    }
}
