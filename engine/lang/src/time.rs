//! Civil dates (proleptic Gregorian, days since 1970-01-01) and zones. Nothing here reads a clock or the machine's zone files.

mod zone;

pub use zone::{UnknownZone, Zone};

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// First day that the language knows: 0001-01-01.
pub const FIRST_DAY: i32 = -719_162;
/// Last day that the language knows: 9999-12-31.
pub const LAST_DAY: i32 = 2_932_896;

/// A date in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Civil {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Civil {
    /// If the date exists.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month))
            .then_some(Self { year, month, day })
    }

    /// From days since 1970-01-01 (era algorithm of H. Hinnant, "chrono-compatible low-level date algorithms").
    pub fn of(days: i32) -> Self {
        let z = i64::from(days) + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        // Quotients of i32 days: year, month and day are in range.
        Self { year: year as i32, month: month as u8, day: day as u8 }
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted = (i64::from(self.month) + 9) % 12;
        let of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        (era * 146_097 + of_era - 719_468) as i32
    }
}

/// 29 February exists.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// 28 to 31.
pub fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(is_leap(year)),
        _ => 31,
    }
}

/// `days + n` if the language knows that day.
pub fn add_days(days: i32, n: i64) -> Option<i32> {
    let sum = i64::from(days).checked_add(n)?;
    i32::try_from(sum).ok().filter(|d| (FIRST_DAY..=LAST_DAY).contains(d))
}

/// The same day `n` months on, or the month's last day.
pub fn add_months(days: i32, n: i64) -> Option<i32> {
    let from = Civil::of(days);
    let months = (i64::from(from.year) * 12 + i64::from(from.month) - 1).checked_add(n)?;
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = u8::try_from(months.rem_euclid(12)).ok()? + 1;
    Civil::new(year, month, from.day.min(days_in_month(year, month))).map(Civil::days)
}

/// 1 = Monday … 7 = Sunday.
pub fn weekday(days: i32) -> u8 {
    // 1970-01-01 was a Thursday.
    ((i64::from(days) + 3).rem_euclid(7) + 1) as u8
}

/// month × 100 + day
pub fn month_day(days: i32) -> i64 {
    let d = Civil::of(days);
    i64::from(d.month) * 100 + i64::from(d.day)
}

/// The day of `year` on which `of` has its anniversary; 29 February falls on the 28th of other years.
pub fn anniversary_in(of: i32, year: i32) -> Option<i32> {
    let d = Civil::of(of);
    Civil::new(year, d.month, d.day.min(days_in_month(year, d.month))).map(Civil::days)
}

/// The next anniversary of `of` on or after `today`.
pub fn anniversary(of: i32, today: i32) -> Option<i32> {
    let year = Civil::of(today).year;
    anniversary_in(of, year).filter(|&d| d >= today).or_else(|| anniversary_in(of, year + 1))
}

/// Full years from `birth` to `today`; negative before birth.
pub fn full_years(birth: i32, today: i32) -> i64 {
    let (from, to) = (Civil::of(birth), Civil::of(today));
    let reached = anniversary_in(birth, to.year).is_none_or(|d| d <= today);
    i64::from(to.year) - i64::from(from.year) - i64::from(!reached)
}

/// Full months from one date to another; the last day of a shorter month completes one. Negative if the other is earlier.
pub fn full_months(from: i32, to: i32) -> i64 {
    if to < from {
        return -full_months(to, from);
    }
    let (a, b) = (Civil::of(from), Civil::of(to));
    let months = i64::from(b.year - a.year) * 12 + i64::from(b.month) - i64::from(a.month);
    months - i64::from(add_months(from, months).is_none_or(|reached| reached > to))
}

/// The first day of a date's month.
pub fn month_start(days: i32) -> i32 {
    days - i32::from(Civil::of(days).day) + 1
}

/// The last day of a date's month.
pub fn month_end(days: i32) -> i32 {
    let civil = Civil::of(days);
    days - i32::from(civil.day) + i32::from(days_in_month(civil.year, civil.month))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u8, d: u8) -> i32 {
        Civil::new(y, m, d).expect("a date").days()
    }

    #[test]
    fn civil_dates_round_trip() {
        assert_eq!(day(1970, 1, 1), 0);
        assert_eq!(day(1, 1, 1), FIRST_DAY);
        assert_eq!(day(9999, 12, 31), LAST_DAY);
        for days in (FIRST_DAY..=LAST_DAY).step_by(13) {
            assert_eq!(Civil::of(days).days(), days);
        }
        assert_eq!(Civil::new(2026, 2, 29), None);
        assert_eq!(weekday(day(2026, 11, 22)), 7);
    }

    #[test]
    fn months_clamp_and_anniversaries_fall_on_the_28th() {
        assert_eq!(add_months(day(2026, 1, 31), 1), Some(day(2026, 2, 28)));
        assert_eq!(add_months(day(2024, 3, 31), -1), Some(day(2024, 2, 29)));
        assert_eq!(add_months(day(2024, 3, 31), i64::MAX), None);
        assert_eq!(anniversary(day(2000, 2, 29), day(2026, 2, 1)), Some(day(2026, 2, 28)));
        assert_eq!(anniversary(day(2000, 2, 29), day(2028, 2, 1)), Some(day(2028, 2, 29)));
        assert_eq!(anniversary(day(1990, 1, 2), day(2026, 12, 31)), Some(day(2027, 1, 2)));
        assert_eq!(full_years(day(2000, 2, 29), day(2026, 2, 27)), 25);
        assert_eq!(full_years(day(2000, 2, 29), day(2026, 2, 28)), 26);
    }
}
