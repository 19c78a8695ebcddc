//! When something is due: times of a day, on some days, in a zone and by a trading calendar. Pure: whoever asks brings the time.

use guiju_connect::config::{Days, Period, Times};
use guiju_lang::{
    calendar::{Beyond, Calendar},
    time::{Civil, DAY, Zone},
};
use std::sync::Arc;

/// Days are looked through that far: what is not due within eleven years is never due.
const LOOK: i32 = 4_020;

/// When something is due.
#[derive(Debug, Clone)]
pub(super) struct Timetable {
    pub(super) times: Times,
    pub(super) on: Days,
    pub(super) zone: Zone,
    /// There is one where one is needed.
    pub(super) calendar: Option<Arc<Calendar>>,
}

impl Timetable {
    /// Whether its times lie within the day, by the calendar's sessions.
    pub(super) fn is_within_the_day(&self) -> bool {
        !matches!(self.times, Times::Open(_) | Times::Close(_))
            || self.session().is_some_and(|time| (0..DAY).contains(&time))
    }

    /// The last moment at or before `now` at which it was due.
    pub(super) fn last(&self, now: i64) -> Option<i64> {
        let today = self.zone.date(now);
        // Of days that the calendar does not know nobody can say anything; those before may be known.
        let due = |day: i32| self.on_day(day).ok()?.into_iter().rfind(|due| *due <= now);
        (0..LOOK).find_map(|back| due(today.checked_sub(back)?))
    }

    /// The first moment after `now` at which it is due; `Beyond` if the calendar does not reach so far.
    pub(super) fn next(&self, now: i64) -> Result<Option<i64>, Beyond> {
        let today = self.zone.date(now);
        for day in today..today.saturating_add(LOOK) {
            if let Some(due) = self.on_day(day)?.into_iter().find(|due| *due > now) {
                return Ok(Some(due));
            }
        }
        Ok(None)
    }

    /// The moments of a day, ascending. A time that a day has twice (clocks put back) counts once, the first one; one that it does not
    /// have (put forward) is the moment that the clock would have shown.
    fn on_day(&self, day: i32) -> Result<Vec<i64>, Beyond> {
        let falls = match &self.times {
            Times::Cron(cron) => cron.falls_on(day),
            Times::At(_) => true,
            Times::Open(_) | Times::Close(_) => self.trades(day)?,
        };
        if !falls || !self.is_on(day)? {
            return Ok(Vec::new());
        }
        let instant = |time| self.zone.instant(day, time);
        let mut all: Vec<i64> = match &self.times {
            Times::Cron(cron) => cron.times().filter_map(instant).collect(),
            Times::At(time) => instant(*time).into_iter().collect(),
            Times::Open(_) | Times::Close(_) => self.session().and_then(instant).into_iter().collect(),
        };
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn is_on(&self, day: i32) -> Result<bool, Beyond> {
        let borders = |period, by| -> Result<bool, Beyond> {
            let trades = self.trades(day)?;
            let calendar = self.calendar.as_ref().ok_or(Beyond)?;
            Ok(trades && number(period, calendar.shift(day, by)?) != number(period, day))
        };
        match self.on {
            Days::Every => Ok(true),
            Days::Trading => self.trades(day),
            Days::Other => self.trades(day).map(|trades| !trades),
            Days::First(period) => borders(period, -1),
            Days::Last(period) => borders(period, 1),
        }
    }

    fn trades(&self, day: i32) -> Result<bool, Beyond> {
        self.calendar.as_ref().ok_or(Beyond)?.is_trading_day(day)
    }

    /// Microseconds since midnight, of times that a session gives.
    fn session(&self) -> Option<i64> {
        let sessions = self.calendar.as_ref()?.sessions();
        match self.times {
            Times::Open(after) => Some(sessions.first()?.0 + after),
            Times::Close(after) => Some(sessions.last()?.1 + after),
            Times::Cron(_) | Times::At(_) => None,
        }
    }
}

/// Days of one period have one number.
fn number(period: Period, day: i32) -> i32 {
    let civil = Civil::of(day);
    match period {
        // 1970-01-05 was a Monday.
        Period::Week => (day - 4).div_euclid(7),
        Period::Month => civil.year * 12 + i32::from(civil.month),
        Period::Quarter => civil.year * 4 + i32::from(civil.month - 1) / 3,
        Period::Year => civil.year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_connect::config::Cron;
    use guiju_lang::calendar::CalendarFacts;

    fn day(year: i32, month: u8, day: u8) -> i32 {
        Civil::new(year, month, day).unwrap().days()
    }

    /// The autumn of 2026 in Shanghai: National Day is off from Thursday the first to Wednesday the seventh.
    fn table(times: Times, on: Days) -> Timetable {
        let hour = 3_600_000_000;
        let calendar = Calendar::new(CalendarFacts {
            name: "sse".into(),
            zone: "Asia/Shanghai".into(),
            from: day(2026, 9, 1),
            to: day(2026, 10, 31),
            weekend: vec![6, 7],
            holidays: (1..=7).map(|d| day(2026, 10, d)).collect(),
            sessions: vec![(hour * 19 / 2, hour * 23 / 2), (hour * 13, hour * 15)],
        });
        Timetable { times, on, zone: Zone::default(), calendar: Some(Arc::new(calendar.unwrap())) }
    }

    fn at(table: &Timetable, civil: i32, hours: i64, minutes: i64) -> i64 {
        table.zone.instant(civil, (hours * 60 + minutes) * 60_000_000).unwrap()
    }

    fn cron(text: &str) -> Times {
        Times::Cron(Cron::parse(text).unwrap())
    }

    #[test]
    fn before_the_open_and_over_a_holiday() {
        let table = table(Times::Open(-25 * 60_000_000), Days::Every);
        let (before, after) = (at(&table, day(2026, 9, 30), 9, 5), at(&table, day(2026, 10, 8), 9, 5));
        assert_eq!(table.next(before), Ok(Some(after)));
        assert_eq!((table.last(after - 1), table.last(after)), (Some(before), Some(after)));
        let close = Timetable { times: Times::Close(0), ..table };
        assert_eq!(close.next(before), Ok(Some(at(&close, day(2026, 9, 30), 15, 0))));
    }

    #[test]
    fn the_last_trading_day_of_each() {
        let month = table(cron("0 18 * * *"), Days::Last(Period::Month));
        assert_eq!(month.next(at(&month, day(2026, 9, 1), 0, 0)), Ok(Some(at(&month, day(2026, 9, 30), 18, 0))));
        // Whether 30 October is the month's last, the calendar does not know: it ends there.
        assert_eq!(month.next(at(&month, day(2026, 10, 1), 0, 0)), Err(Beyond));
        let week = table(cron("0 18 * * *"), Days::First(Period::Week));
        assert_eq!(week.next(at(&week, day(2026, 9, 29), 0, 0)), Ok(Some(at(&week, day(2026, 10, 8), 18, 0))));
        let other = table(Times::At(0), Days::Other);
        assert_eq!(other.last(at(&other, day(2026, 9, 30), 0, 0)), Some(at(&other, day(2026, 9, 27), 0, 0)));
    }

    #[test]
    fn beyond_the_calendar_nobody_knows_and_what_never_comes_does_not() {
        let table = table(cron("30 8 * * *"), Days::Trading);
        let last = at(&table, day(2026, 10, 30), 8, 30);
        assert_eq!(table.next(last), Err(Beyond));
        assert_eq!(table.last(at(&table, day(2027, 1, 4), 9, 0)), Some(last));
        let never = Timetable { times: cron("0 0 30 2 *"), on: Days::Every, ..table };
        assert_eq!((never.next(last), never.last(last)), (Ok(None), None));
    }

    #[test]
    fn clocks_that_are_put_forward_and_back() {
        let zone = Zone::named("America/New_York").unwrap();
        let table = Timetable { times: cron("30 1,2 * * *"), on: Days::Every, zone, calendar: None };
        let all = |civil| table.on_day(civil).unwrap().into_iter().map(|t| t / 60_000_000 % 1_440).collect::<Vec<_>>();
        // 8 March 2026: 2:30 is not there, and is 3:30 by the new clock. 1 November: 1:30 is there twice.
        assert_eq!(all(day(2026, 3, 8)), [6 * 60 + 30, 7 * 60 + 30]);
        assert_eq!(all(day(2026, 11, 1)), [5 * 60 + 30, 7 * 60 + 30]);
    }
}
