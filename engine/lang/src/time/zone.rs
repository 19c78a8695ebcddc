//! Zones by IANA name, from the data compiled into the binary.

use super::{DAY, FIRST_DAY, LAST_DAY};
use jiff::{
    Timestamp, civil,
    tz::{self, TimeZone, TimeZoneDatabase},
};
use std::{fmt, sync::Arc};

/// A time zone.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
    /// From this instant on the offset never changes again (`i64::MAX`: it does).
    settled: i64,
    /// The offset from then on, in microseconds.
    offset: i64,
}

/// No zone of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone `{0}`")]
pub struct UnknownZone(pub String);

impl Zone {
    /// By IANA name: `Asia/Shanghai`.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let rules = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.to_owned()))?;
        Ok(Self::with(name, rules))
    }

    /// UTC.
    pub fn utc() -> Self {
        Self::with("UTC", TimeZone::UTC)
    }

    fn with(name: &str, rules: TimeZone) -> Self {
        // Most zones that matter here have not changed for decades: look the rules up once.
        let last = rules.preceding(Timestamp::MAX).next().map(|t| t.timestamp().as_microsecond());
        let settled = match last {
            None => i64::MIN,
            Some(at) if at < 253_000_000_000_000_000 => at,
            // Summer time to the end of the calendar.
            Some(_) => i64::MAX,
        };
        let offset = i64::from(rules.to_offset(Timestamp::MAX).seconds()) * 1_000_000;
        Self { name: name.into(), rules, settled, offset }
    }

    /// As it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Microseconds that local time is ahead of UTC at an instant.
    pub fn offset(&self, at: i64) -> i64 {
        if at >= self.settled {
            return self.offset;
        }
        let at = Timestamp::from_microsecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX });
        i64::from(self.rules.to_offset(at).seconds()) * 1_000_000
    }

    /// Local date and microseconds since local midnight.
    pub fn local(&self, at: i64) -> (i32, i64) {
        let local = at.saturating_add(self.offset(at));
        let days = local.div_euclid(DAY);
        let days = i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
        (days, local.rem_euclid(DAY))
    }

    /// Local date of an instant.
    pub fn date(&self, at: i64) -> i32 {
        self.local(at).0
    }

    /// The instant of a local date and time of day. In a gap (clocks put forward) the time is taken as before the gap, in a fold
    /// (put back) as the first of the two. `None` outside the years 1 to 9999.
    pub fn instant(&self, days: i32, of_day: i64) -> Option<i64> {
        if !(FIRST_DAY..=LAST_DAY).contains(&days) {
            return None;
        }
        let wall = i64::from(days).checked_mul(DAY)?.checked_add(of_day)?;
        // A day is longer than any change of offset.
        if self.settled < i64::MAX && wall > self.settled.saturating_add(2 * DAY) {
            return Some(wall - self.offset);
        }
        let civil = Timestamp::from_microsecond(wall).ok().map(|t| TimeZone::UTC.to_datetime(t))?;
        let civil: civil::DateTime = civil;
        self.rules.to_timestamp(civil).ok().map(Timestamp::as_microsecond)
    }
}

impl Default for Zone {
    /// Asia/Shanghai, which a rulebook is in unless it says otherwise.
    fn default() -> Self {
        Self::named("Asia/Shanghai").unwrap_or_else(|_| Self::with("Asia/Shanghai", TimeZone::fixed(tz::offset(8))))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Civil;

    fn days(y: i32, m: u8, d: u8) -> i32 {
        Civil::new(y, m, d).expect("a date").days()
    }

    #[test]
    fn shanghai_is_eight_hours_ahead_and_had_summer_time() {
        let zone = Zone::named("Asia/Shanghai").expect("bundled");
        let hour = 3_600_000_000;
        assert_eq!(zone.instant(days(2026, 11, 22), 0), Some(i64::from(days(2026, 11, 21)) * DAY + 16 * hour));
        assert_eq!(zone.date(i64::from(days(2026, 11, 21)) * DAY + 16 * hour), days(2026, 11, 22));
        assert_eq!(zone.offset(i64::from(days(1988, 7, 1)) * DAY), 9 * hour);
        assert_eq!(zone.offset(i64::from(days(2300, 7, 1)) * DAY), 8 * hour);
    }

    #[test]
    fn gaps_and_folds() {
        let zone = Zone::named("Europe/Berlin").expect("bundled");
        let hour = 3_600_000_000;
        let gap = days(2026, 3, 29);
        assert_eq!(zone.instant(gap, 2 * hour + hour / 2), Some(i64::from(gap) * DAY + hour + hour / 2));
        let fold = days(2026, 10, 25);
        assert_eq!(zone.instant(fold, 2 * hour + hour / 2), Some(i64::from(fold) * DAY + hour / 2));
        assert_eq!(zone.offset(i64::from(days(2900, 7, 1)) * DAY), 2 * hour);
        assert_eq!(Zone::named("Mars/Olympus"), Err(UnknownZone("Mars/Olympus".into())));
    }
}
