//! The wall clock. Read here, once, and handed down as an input; nothing below this file knows the time.

use guiju::{
    epoch::Moment,
    lang::time::{self, Civil},
};
use std::{
    sync::OnceLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Microseconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_micros());
    since.ok().and_then(|micros| i64::try_from(micros).ok()).unwrap_or(0)
}

/// Microseconds since this was first asked, which nobody can set.
pub(crate) fn steady() -> i64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    i64::try_from(FIRST.get_or_init(Instant::now).elapsed().as_micros()).unwrap_or(i64::MAX)
}

/// `2026-11-20`, `2026-11-20T09:25` or `2026-11-20 09:25:30` (local to the rulebook's zone, here Asia/Shanghai's offset is applied by
/// the zone itself): a day, or an instant in the given zone.
pub(crate) fn moment(text: Option<&str>, zone: &time::Zone) -> Option<Moment> {
    let Some(text) = text else { return Some(Moment::Instant(now())) };
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let date = parts.next()?.parse().ok()?;
    if parts.next().is_some() {
        return None;
    }
    let days = Civil::new(year, month, date)?.days();
    let Some(time) = time else { return Some(Moment::Day(days)) };
    let mut parts = time.split(':').map(str::parse::<i64>);
    let hour = parts.next()?.ok().filter(|h| (0..24).contains(h))?;
    let minute = parts.next()?.ok().filter(|m| (0..60).contains(m))?;
    let second = match parts.next() {
        None => 0,
        Some(second) => second.ok().filter(|s| (0..60).contains(s))?,
    };
    let of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000;
    zone.instant(days, of_day).map(Moment::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants() {
        let zone = time::Zone::named("Asia/Shanghai").unwrap();
        assert_eq!(moment(Some("1970-01-02"), &zone), Some(Moment::Day(1)));
        assert_eq!(moment(Some("1970-01-01T08:00"), &zone), Some(Moment::Instant(0)));
        assert_eq!(moment(Some("1970-01-01 08:00:01"), &zone), Some(Moment::Instant(1_000_000)));
        for wrong in ["", "2026-02-30", "2026-1", "20261120", "2026-11-20T25:00", "2026-11-20T09:60", "2026-11-20-1"] {
            assert_eq!(moment(Some(wrong), &zone), None, "{wrong}");
        }
    }
}
