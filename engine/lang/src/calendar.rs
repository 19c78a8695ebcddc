//! Trading calendars: which days an exchange trades on, within the range for which that is known.

use crate::time::{Civil, weekday};
use std::fmt;

/// What a calendar file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalendarFacts {
    /// As rulebooks name it: `sse`.
    pub name: String,
    /// IANA zone.
    pub zone: String,
    /// First day for which it holds.
    pub from: i32,
    /// Last day for which it holds.
    pub to: i32,
    /// Days of the week without trading: 1 = Monday … 7 = Sunday.
    pub weekend: Vec<u8>,
    /// Other days without trading.
    pub holidays: Vec<i32>,
    /// Sessions: start and end in microseconds since midnight.
    pub sessions: Vec<(i64, i64)>,
}

/// A checked calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    name: String,
    zone: String,
    from: i32,
    to: i32,
    sessions: Vec<(i64, i64)>,
    /// Sorted.
    trading: Vec<i32>,
}

/// The calendar does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond;

/// What is wrong with a calendar's facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Ends before it begins, or spans more than 400 years.
    #[error("the calendar's valid range must run forwards, over at most 400 years")]
    Range,
    /// Not 1 to 7.
    #[error("`{0}` is no day of the week")]
    Weekday(u8),
    /// Ends before it starts, or overlaps its neighbour, or leaves the day.
    #[error("a session must start before it ends, after the one before it")]
    Session,
    /// No day left.
    #[error("no trading day in the calendar's valid range")]
    Empty,
}

impl Calendar {
    /// Checks the facts.
    pub fn new(facts: CalendarFacts) -> Result<Self, CalendarError> {
        let CalendarFacts { name, zone, from, to, weekend, mut holidays, sessions } = facts;
        if from > to || i64::from(to) - i64::from(from) > 146_097 {
            return Err(CalendarError::Range);
        }
        if let Some(&bad) = weekend.iter().find(|d| !(1..=7).contains(*d)) {
            return Err(CalendarError::Weekday(bad));
        }
        let mut last = 0;
        for &(start, end) in &sessions {
            if start < last || end <= start || end > crate::time::DAY {
                return Err(CalendarError::Session);
            }
            last = end;
        }
        holidays.sort_unstable();
        let trading: Vec<i32> =
            (from..=to).filter(|&d| !weekend.contains(&weekday(d)) && holidays.binary_search(&d).is_err()).collect();
        if trading.is_empty() {
            return Err(CalendarError::Empty);
        }
        Ok(Self { name, zone, from, to, sessions, trading })
    }

    /// As rulebooks name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// IANA zone.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// First and last day for which it holds.
    pub fn valid(&self) -> (i32, i32) {
        (self.from, self.to)
    }

    /// Start and end of each session, microseconds since midnight.
    pub fn sessions(&self) -> &[(i64, i64)] {
        &self.sessions
    }

    /// All trading days, ascending.
    pub fn trading_days(&self) -> &[i32] {
        &self.trading
    }

    /// Whether the exchange trades that day.
    pub fn is_trading_day(&self, day: i32) -> Result<bool, Beyond> {
        self.known(day)?;
        Ok(self.trading.binary_search(&day).is_ok())
    }

    /// The n-th trading day strictly after `day` (before it, if n is negative); `day` itself for 0.
    pub fn shift(&self, day: i32, n: i64) -> Result<i32, Beyond> {
        self.known(day)?;
        let at = match n {
            0 => return Ok(day),
            1.. => {
                let later = self.trading.partition_point(|&d| d <= day);
                usize::try_from(n - 1).ok().and_then(|n| later.checked_add(n))
            }
            _ => {
                let earlier = self.trading.partition_point(|&d| d < day);
                usize::try_from(n.unsigned_abs()).ok().and_then(|n| earlier.checked_sub(n))
            }
        };
        at.and_then(|i| self.trading.get(i)).copied().ok_or(Beyond)
    }

    fn known(&self, day: i32) -> Result<(), Beyond> {
        if (self.from..=self.to).contains(&day) { Ok(()) } else { Err(Beyond) }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (Civil::of(self.from), Civil::of(self.to));
        write!(
            f,
            "{} ({:04}-{:02}-{:02}..{:04}-{:02}-{:02})",
            self.name, from.year, from.month, from.day, to.year, to.month, to.day
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u8, d: u8) -> i32 {
        Civil::new(y, m, d).expect("a date").days()
    }

    fn golden_week() -> Calendar {
        Calendar::new(CalendarFacts {
            name: "sse".into(),
            zone: "Asia/Shanghai".into(),
            from: day(2026, 9, 1),
            to: day(2026, 10, 31),
            weekend: vec![6, 7],
            holidays: (1..=7).map(|d| day(2026, 10, d)).collect(),
            sessions: vec![],
        })
        .expect("a calendar")
    }

    #[test]
    fn counts_over_weekends_and_holidays() {
        let c = golden_week();
        assert_eq!(c.is_trading_day(day(2026, 10, 1)), Ok(false));
        assert_eq!(c.is_trading_day(day(2026, 10, 8)), Ok(true));
        assert_eq!(c.shift(day(2026, 9, 30), 1), Ok(day(2026, 10, 8)));
        assert_eq!(c.shift(day(2026, 10, 3), 2), Ok(day(2026, 10, 9)));
        assert_eq!(c.shift(day(2026, 10, 8), -1), Ok(day(2026, 9, 30)));
        assert_eq!(c.shift(day(2026, 10, 3), 0), Ok(day(2026, 10, 3)));
    }

    #[test]
    fn says_so_beyond_its_range() {
        let c = golden_week();
        assert_eq!(c.is_trading_day(day(2026, 11, 2)), Err(Beyond));
        assert_eq!(c.shift(day(2026, 10, 30), 1), Err(Beyond));
        assert_eq!(c.shift(day(2026, 9, 1), -1), Err(Beyond));
        assert_eq!(c.shift(day(2026, 9, 10), i64::MIN), Err(Beyond));
    }
}
