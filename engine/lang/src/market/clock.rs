//! How a feed writes times: `HHMMSSsss` in a number, `YYYYMMDD-HH:MM:SS.sss` in a text, a count since 1970.

use crate::time::{Civil, DAY, Zone};

/// How a time is written in a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clock {
    /// In digits, with signs between them or none.
    Written {
        /// The year, month and day come first; otherwise the day is the one that makes the time nearest to the message's own.
        dated: bool,
        /// Digits behind the seconds.
        places: u8,
        /// As it stands in the rulebook.
        pattern: String,
    },
    /// A count of this many in a second since 1970-01-01 UTC.
    Counted(i64),
}

const SECOND: i64 = 1_000_000;
/// Digits that are shorter than a microsecond are cut off.
const MOST_PLACES: usize = 9;

impl Clock {
    /// From what a rulebook says. `YYYY`, `MM`, `DD` (all or none), `HH`, `MM`, `SS`, and up to nine `s`, with signs between them or
    /// none; or `unix s`, `unix ms`, `unix us`, `unix ns`.
    #[must_use]
    pub fn read(pattern: &str) -> Option<Self> {
        if let Some(unit) = pattern.strip_prefix("unix ") {
            let units = [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)];
            return units.iter().find(|(word, _)| *word == unit).map(|(_, many)| Self::Counted(*many));
        }
        // Signs only between two parts; letters mean something.
        let signs = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !c.is_ascii_control();
        let mut letters = pattern.chars().filter(|c| !signs(*c)).collect::<String>();
        let dated = letters.starts_with("YYYYMMDD");
        if dated {
            letters.drain(..8);
        }
        let places = letters.strip_prefix("HHMMSS")?;
        if places.len() > MOST_PLACES || !places.bytes().all(|c| c == b's') {
            return None;
        }
        let whole = |part: &str| pattern.contains(part);
        let parts = whole("HH") && whole("MM") && whole("SS") && (!dated || (whole("YYYY") && whole("DD")));
        let places = u8::try_from(places.len()).ok()?;
        parts.then(|| Self::Written { dated, places, pattern: pattern.to_owned() })
    }

    /// Whether a number can be written so: there are no signs between its digits.
    #[must_use]
    pub fn is_of_numbers(&self) -> bool {
        match self {
            Self::Written { pattern, .. } => pattern.bytes().all(|c| c.is_ascii_alphabetic()),
            Self::Counted(_) => true,
        }
    }

    /// Whether the day is part of it.
    #[must_use]
    pub const fn has_day(&self) -> bool {
        matches!(self, Self::Counted(_) | Self::Written { dated: true, .. })
    }

    /// What a number means, in microseconds since 1970-01-01 UTC. Zeros in front may be left out, as numbers do. `near` is the message's
    /// own time, for a time of day without a day.
    #[must_use]
    pub fn of_number(&self, number: u64, zone: &Zone, near: Option<i64>) -> Option<i64> {
        match self {
            Self::Counted(many) => {
                let micros = i128::from(number) * i128::from(SECOND) / i128::from(*many);
                i64::try_from(micros).ok()
            }
            Self::Written { pattern, .. } => {
                self.of_text(&format!("{number:0>width$}", width = pattern.len()), zone, near)
            }
        }
    }

    /// The same of a text.
    #[must_use]
    pub fn of_text(&self, text: &str, zone: &Zone, near: Option<i64>) -> Option<i64> {
        let Self::Written { dated, places, pattern } = self else {
            return text.parse().ok().and_then(|number| self.of_number(number, zone, near));
        };
        if text.len() != pattern.len() {
            return None;
        }
        let mut digits = [0_i64; 14 + MOST_PLACES];
        let mut count = 0;
        for (found, wanted) in text.bytes().zip(pattern.bytes()) {
            match (wanted.is_ascii_alphabetic(), found) {
                (true, b'0'..=b'9') => {
                    *digits.get_mut(count)? = i64::from(found - b'0');
                    count += 1;
                }
                (false, sign) if sign == wanted => {}
                _ => return None,
            }
        }
        let number = |from: usize, to: usize| digits[from..to].iter().fold(0, |n, digit| n * 10 + digit);
        let at = if *dated { 8 } else { 0 };
        let (hour, minute, second) = (number(at, at + 2), number(at + 2, at + 4), number(at + 4, at + 6));
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let fraction = number(at + 6, at + 6 + usize::from(*places)) * SECOND / 10_i64.pow(u32::from(*places));
        let of_day = (hour * 3600 + minute * 60 + second) * SECOND + fraction;
        if *dated {
            let part = |from, to| u8::try_from(number(from, to)).ok();
            let day = Civil::new(i32::try_from(number(0, 4)).ok()?, part(4, 6)?, part(6, 8)?)?;
            return zone.instant(day.days(), of_day);
        }
        let near = near?;
        let (day, _) = zone.local(near);
        let around = [day.checked_sub(1)?, day, day.checked_add(1)?];
        let instants = around.into_iter().filter_map(|day| zone.instant(day, of_day));
        instants.filter(|at| at.abs_diff(near) <= DAY.unsigned_abs()).min_by_key(|at| at.abs_diff(near))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> Zone {
        Zone::named("Asia/Shanghai").unwrap()
    }

    /// 2026-01-14 09:30:00 in Shanghai.
    const OPEN: i64 = 1_768_354_200_000_000;

    #[test]
    fn patterns_are_those_that_exchanges_write() {
        for good in
            ["HHMMSS", "HHMMSSss", "HHMMSSsss", "YYYYMMDDHHMMSSsss", "YYYYMMDD-HH:MM:SS.sss", "HH:MM:SS", "unix ns"]
        {
            assert!(Clock::read(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "HHMM",
            "HHMMSSmmm",
            "MMDDHHMMSS",
            "YYYYMMDD",
            "YYYYMMDDHHMMSSssssssssss",
            "H-HMMSS",
            "unix",
            "unix h",
            "时分秒",
        ] {
            assert!(Clock::read(bad).is_none(), "{bad}");
        }
        assert!(!Clock::read("HH:MM:SS").unwrap().is_of_numbers());
    }

    #[test]
    fn a_number_is_a_time_of_the_zone() {
        let clock = Clock::read("YYYYMMDDHHMMSSsss").unwrap();
        assert_eq!(clock.of_number(20_260_114_093_000_123, &shanghai(), None), Some(OPEN + 123_000));
        for wrong in [20_261_314_093_000_123, 20_260_114_243_000_123, 20_260_114_096_000_123, 93_000_123] {
            assert_eq!(clock.of_number(wrong, &shanghai(), None), None, "{wrong}");
        }
        let text = Clock::read("YYYYMMDD-HH:MM:SS").unwrap();
        assert_eq!(text.of_text("20260114-09:30:00", &shanghai(), None), Some(OPEN));
        assert_eq!(text.of_text("20260114 09:30:00", &shanghai(), None), None);
        assert_eq!(Clock::read("unix ns").unwrap().of_number(1_768_354_200_000_000_999, &shanghai(), None), Some(OPEN));
    }

    #[test]
    fn a_time_of_day_is_on_the_day_that_is_nearest() {
        let clock = Clock::read("HHMMSSss").unwrap();
        assert_eq!(clock.of_number(9_300_012, &shanghai(), Some(OPEN + 900_000_000)), Some(OPEN + 120_000));
        assert_eq!(clock.of_number(9_300_012, &shanghai(), None), None);
        // Ten seconds after midnight, of a time ten seconds before.
        let midnight = OPEN - (9 * 3600 + 1800) * SECOND;
        assert_eq!(
            clock.of_number(23_595_000, &shanghai(), Some(midnight + 10 * SECOND)),
            Some(midnight - 10 * SECOND)
        );
    }
}
