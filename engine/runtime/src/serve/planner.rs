//! What is done about a job's due times: each at most once, never two at a time, and too late is too late. Pure: whoever asks brings the
//! time, so a clock that jumps is only another time.

use super::timetable::Timetable;
use guiju_lang::calendar::Beyond;

/// A run that failed is tried again after a minute, two, four, up to ten, as long as its grace lasts.
const FIRST: i64 = 60_000_000;
const LONGEST: i64 = 600_000_000;

/// What has become of a job's due times. Times are microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Everything due by then has been dealt with.
    handled: i64,
    /// What was due before was due when nobody looked.
    born: i64,
    running: Option<i64>,
    /// When what failed is tried again, and how long the wait was.
    again: Option<(i64, i64)>,
    /// Nothing has to be done before then.
    look: i64,
    /// When it is due next; the calendar may not reach so far.
    next: Result<Option<i64>, Beyond>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Run what was due then; `late`: nobody was there at the time.
    Start { due: i64, late: bool },
    /// What was due then is not done any more.
    Missed { due: i64 },
}

impl Plan {
    /// `since`: when the job was first known with these times. `done`: whether what was due then was done.
    pub(super) fn new(table: &Timetable, since: i64, now: i64, done: impl Fn(i64) -> bool) -> Self {
        let handled = match table.last(now) {
            Some(due) if done(due) => due,
            // Only the last one is made up for.
            Some(due) => table.last(due - 1).map_or(since, |before| before.max(since)),
            None => since,
        };
        Self { handled, born: now, running: None, again: None, look: i64::MIN, next: table.next(now) }
    }

    /// What has to be done now, in this order.
    pub(super) fn tick(&mut self, table: &Timetable, grace: i64, now: i64) -> Vec<Move> {
        if self.running.is_some() || now < self.look {
            return Vec::new();
        }
        let mut moves = Vec::new();
        self.next = table.next(now);
        self.look = self.next.ok().flatten().unwrap_or(i64::MAX);
        let Some(due) = table.last(now).filter(|due| *due > self.handled) else { return moves };
        if let Some(before) = table.last(due - 1).filter(|before| *before > self.handled) {
            // Its turn did not come before the next one's.
            moves.push(Move::Missed { due: before });
            (self.handled, self.again) = (before, None);
        }
        if now - due > grace {
            moves.push(Move::Missed { due });
            (self.handled, self.again) = (due, None);
            return moves;
        }
        match self.again {
            Some((at, _)) if now < at => self.look = self.look.min(at),
            _ => {
                self.running = Some(due);
                moves.push(Move::Start { due, late: due <= self.born && self.again.is_none() });
            }
        }
        moves
    }

    /// What was started is over.
    pub(super) fn over(&mut self, due: i64, ok: bool, now: i64) {
        (self.running, self.look) = (None, i64::MIN);
        if ok {
            (self.handled, self.again) = (self.handled.max(due), None);
        } else {
            let wait = self.again.map_or(FIRST, |(_, wait)| (wait * 2).min(LONGEST));
            self.again = Some((now + wait, wait));
        }
    }

    /// What was due then and runs now.
    pub(super) fn running(&self) -> Option<i64> {
        self.running
    }

    /// When it is due next.
    pub(super) fn next(&self) -> Result<Option<i64>, Beyond> {
        self.next
    }

    /// Nothing waits to be done or tried again.
    pub(super) fn rests(&self) -> bool {
        self.running.is_none() && self.again.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_connect::config::{Cron, Days, Times};
    use guiju_lang::time::Zone;

    const MINUTE: i64 = 60_000_000;
    const HOUR: i64 = 60 * MINUTE;

    /// Every hour, UTC.
    fn table() -> Timetable {
        let times = Times::Cron(Cron::parse("0 * * * *").unwrap());
        Timetable { times, on: Days::Every, zone: Zone::utc(), calendar: None }
    }

    fn plan(since: i64, now: i64, done: &[i64]) -> Plan {
        Plan::new(&table(), since, now, |due| done.contains(&due))
    }

    fn start(due: i64, late: bool) -> Vec<Move> {
        vec![Move::Start { due, late }]
    }

    #[test]
    fn each_due_time_once_and_never_two_at_a_time() {
        let mut plan = plan(0, 90 * MINUTE, &[HOUR]);
        let mut tick = |now: i64, over: Option<i64>| {
            over.into_iter().for_each(|due| plan.over(due, true, now));
            plan.tick(&table(), HOUR / 2, now)
        };
        assert_eq!(tick(2 * HOUR - 1, None), []);
        assert_eq!(tick(2 * HOUR, None), start(2 * HOUR, false));
        assert_eq!(tick(3 * HOUR + MINUTE, None), [], "it still runs");
        assert_eq!(tick(3 * HOUR + 2 * MINUTE, Some(2 * HOUR)), start(3 * HOUR, false));
        assert_eq!(tick(3 * HOUR + 3 * MINUTE, Some(3 * HOUR)), []);
        // A clock that jumps back, and then far ahead.
        assert_eq!(tick(2 * HOUR, None), []);
        let missed = [Move::Missed { due: 8 * HOUR }, Move::Start { due: 9 * HOUR, late: false }];
        assert_eq!(tick(9 * HOUR + MINUTE, None), missed);
    }

    #[test]
    fn what_was_missed_is_made_up_for_once_and_within_its_grace() {
        let late = |since, now, done: &[i64]| plan(since, now, done).tick(&table(), HOUR / 2, now);
        assert_eq!(late(0, 5 * HOUR + 20 * MINUTE, &[]), start(5 * HOUR, true), "four and three are forgotten");
        assert_eq!(late(0, 5 * HOUR + 20 * MINUTE, &[5 * HOUR]), []);
        assert_eq!(late(0, 5 * HOUR + 40 * MINUTE, &[]), [Move::Missed { due: 5 * HOUR }]);
        assert_eq!(late(5 * HOUR + MINUTE, 5 * HOUR + 20 * MINUTE, &[]), [], "nobody knew of it then");
    }

    #[test]
    fn what_fails_is_tried_again_as_long_as_its_grace_lasts() {
        let mut plan = plan(0, HOUR - 1, &[]);
        let mut starts = 0;
        let mut missed = Vec::new();
        for minute in 0..55 {
            let now = HOUR + minute * MINUTE;
            for step in plan.tick(&table(), HOUR / 2, now) {
                match step {
                    Move::Start { due, late } => {
                        assert_eq!((due, late), (HOUR, false));
                        starts += 1;
                        plan.over(due, false, now);
                    }
                    Move::Missed { due } => missed.push((due, minute)),
                }
            }
        }
        // At 0, 1, 3, 7, 15 and 25 minutes; half an hour later it is too late.
        assert_eq!((starts, missed), (6, vec![(HOUR, 35)]));
        assert!(plan.rests());
        assert_eq!(plan.next(), Ok(Some(2 * HOUR)));
    }
}
