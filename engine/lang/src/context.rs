//! All of the outside world that an expression may see, and the count of what went wrong while it looked.

use crate::{
    calendar::Calendar,
    hir::Direction,
    time::{self, Zone},
    value::Duration,
};
use std::{ops::AddAssign, sync::Arc};

/// The logical time, the zone and the calendar.
#[derive(Debug, Clone)]
pub struct Context {
    /// Microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Its date in the zone.
    pub today: i32,
    /// The rulebook's zone.
    pub zone: Zone,
    /// The rulebook's calendar, if it names one.
    pub calendar: Option<Arc<Calendar>>,
}

/// What `within` asks for, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Days; a timestamp counts by its date in the zone.
    Dates(i32, i32),
    /// Instants; a date counts by its first moment in the zone.
    Instants(i64, i64),
}

impl Context {
    /// At an instant.
    pub fn new(now: i64, zone: Zone, calendar: Option<Arc<Calendar>>) -> Self {
        let today = zone.date(now);
        Self { now, today, zone, calendar }
    }

    /// At a day's first moment in the zone.
    pub fn on(today: i32, zone: Zone, calendar: Option<Arc<Calendar>>) -> Self {
        let now = zone.instant(today, 0).unwrap_or_else(|| i64::from(today).saturating_mul(time::DAY));
        Self { now, today, zone, calendar }
    }

    /// A day moved by a span. An exact span must be whole days.
    pub fn shift_date(&self, day: i32, by: Duration) -> Result<i32, Incident> {
        match by {
            Duration::Days(n) => time::add_days(day, n).ok_or(Incident::Overflow),
            Duration::Months(n) => time::add_months(day, n).ok_or(Incident::Overflow),
            Duration::TradingDays(n) => {
                let calendar = self.calendar.as_ref().ok_or(Incident::BeyondCalendar)?;
                calendar.shift(day, n).map_err(|_| Incident::BeyondCalendar)
            }
            Duration::Micros(n) if n % time::DAY == 0 => time::add_days(day, n / time::DAY).ok_or(Incident::Overflow),
            Duration::Micros(_) => Err(Incident::BadCast),
        }
    }

    /// An instant moved by a span: exactly, or by days and months of the zone's calendar at the same time of day.
    pub fn shift_timestamp(&self, at: i64, by: Duration) -> Result<i64, Incident> {
        if let Duration::Micros(n) = by {
            return at.checked_add(n).ok_or(Incident::Overflow);
        }
        let (day, of_day) = self.zone.local(at);
        self.zone.instant(self.shift_date(day, by)?, of_day).ok_or(Incident::Overflow)
    }

    /// The bounds of `within next` and `within last`.
    pub fn window(&self, direction: Direction, span: Duration) -> Result<Window, Incident> {
        let signed = match direction {
            Direction::Next => span,
            Direction::Last => span.negated().ok_or(Incident::Overflow)?,
        };
        Ok(match (signed, direction) {
            (Duration::Micros(_), Direction::Next) => {
                Window::Instants(self.now, self.shift_timestamp(self.now, signed)?)
            }
            (Duration::Micros(_), Direction::Last) => {
                Window::Instants(self.shift_timestamp(self.now, signed)?, self.now)
            }
            (_, Direction::Next) => Window::Dates(self.today, self.shift_date(self.today, signed)?),
            (_, Direction::Last) => Window::Dates(self.shift_date(self.today, signed)?, self.today),
        })
    }
}

impl Duration {
    /// Backwards.
    pub fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Micros(n) => Self::Micros(n.checked_neg()?),
            Self::Days(n) => Self::Days(n.checked_neg()?),
            Self::TradingDays(n) => Self::TradingDays(n.checked_neg()?),
            Self::Months(n) => Self::Months(n.checked_neg()?),
        })
    }
}

/// Why an operation on present values has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Incident {
    /// The divisor was zero.
    DivisionByZero,
    /// The result does not fit its type.
    Overflow,
    /// A day outside the calendar's valid range.
    BeyondCalendar,
    /// A script failed or was stopped.
    Script,
    /// A value that is none of the asked type.
    BadCast,
    /// Rows of a decision table hold that may not hold together.
    RowsDisagree,
}

impl Incident {
    /// All of them, in the order of [`Incidents`].
    pub const ALL: [Self; 6] =
        [Self::DivisionByZero, Self::Overflow, Self::BeyondCalendar, Self::Script, Self::BadCast, Self::RowsDisagree];
}

/// How often each happened. A count is for a finding at the end of a run; it never changes a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Incidents {
    counts: [u64; 6],
}

impl Incidents {
    /// One more.
    pub fn count(&mut self, incident: Incident) {
        self.add(incident, 1);
    }

    /// Some more.
    pub fn add(&mut self, incident: Incident, n: u64) {
        let slot = &mut self.counts[incident as usize];
        *slot = slot.saturating_add(n);
    }

    /// How often.
    pub fn of(&self, incident: Incident) -> u64 {
        self.counts[incident as usize]
    }

    /// Nothing happened.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&n| n == 0)
    }

    /// Those that happened.
    pub fn iter(&self) -> impl Iterator<Item = (Incident, u64)> + '_ {
        Incident::ALL.into_iter().map(|i| (i, self.of(i))).filter(|&(_, n)| n > 0)
    }
}

impl AddAssign for Incidents {
    fn add_assign(&mut self, other: Self) {
        for i in Incident::ALL {
            self.add(i, other.of(i));
        }
    }
}

impl From<crate::value::decimal::Failure> for Incident {
    fn from(failure: crate::value::decimal::Failure) -> Self {
        match failure {
            crate::value::decimal::Failure::Overflow => Self::Overflow,
            crate::value::decimal::Failure::DivisionByZero => Self::DivisionByZero,
        }
    }
}
