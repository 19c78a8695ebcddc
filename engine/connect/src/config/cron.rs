//! Times of a schedule as cron writes them: minute, hour, day of the month, month, day of the week (POSIX `crontab`), with lists, ranges,
//! steps and English names.

use guiju_lang::time::{Civil, weekday};

/// Five fields, each a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// 0 = Sunday.
    weekdays: u64,
    /// Both kinds of days are restricted: one of them is enough, as POSIX has it.
    either: bool,
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// `30 8 * * mon-fri`; nothing if it is not five fields in their ranges.
    pub fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return None };
        let weekdays = field(weekday, 0, 7, WEEKDAYS, 0)?;
        Some(Self {
            minutes: field(minute, 0, 59, &[], 0)?,
            hours: field(hour, 0, 23, &[], 0)?,
            days: field(day, 1, 31, &[], 0)?,
            months: field(month, 1, 12, MONTHS, 1)?,
            // Sunday is 0 and 7.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            either: !day.starts_with('*') && !weekday.starts_with('*'),
        })
    }

    /// Whether it is due on a day (since 1970-01-01) at all.
    pub fn falls_on(&self, day: i32) -> bool {
        let civil = Civil::of(day);
        let of_month = has(self.days, civil.day);
        let of_week = has(self.weekdays, weekday(day) % 7);
        let day = if self.either { of_month || of_week } else { of_month && of_week };
        day && has(self.months, civil.month)
    }

    /// Its times of a day, in microseconds since midnight, ascending.
    pub fn times(&self) -> impl Iterator<Item = i64> + '_ {
        let hours = (0..24_u8).filter(|hour| has(self.hours, *hour));
        hours.flat_map(|hour| {
            let minutes = (0..60_u8).filter(|minute| has(self.minutes, *minute));
            minutes.map(move |minute| (i64::from(hour) * 60 + i64::from(minute)) * 60_000_000)
        })
    }
}

fn has(set: u64, bit: u8) -> bool {
    set >> bit & 1 == 1
}

/// A field as a set of bits; `names` stand for numbers from `first` on.
fn field(text: &str, least: u8, most: u8, names: &[&str], first: u8) -> Option<u64> {
    let number = |text: &str| -> Option<u8> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named {
            Some(at) => first + u8::try_from(at).ok()?,
            None if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok()?,
            None => return None,
        };
        (least..=most).contains(&number).then_some(number)
    };
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u8>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            None if range == "*" => (least, most),
            // A step of one number is a slip.
            None if step.is_some() => return None,
            None => (number(range)?, number(range)?),
            Some((from, to)) => (number(from)?, number(to)?),
        };
        if from > to {
            return None;
        }
        (from..=to).step_by(usize::from(step.unwrap_or(1))).for_each(|bit| set |= 1 << bit);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(cron: &str, month: u8) -> Vec<u8> {
        let cron = Cron::parse(cron).unwrap();
        let all = (1..=31).filter(|day| Civil::new(2026, month, *day).is_some_and(|day| cron.falls_on(day.days())));
        all.collect()
    }

    #[test]
    fn days_and_times() {
        assert_eq!(days("0 0 13 * *", 11), [13]);
        assert_eq!(days("0 0 * * sun", 11), [1, 8, 15, 22, 29]);
        assert_eq!(days("0 0 * * 7", 11), days("0 0 * * 0", 11));
        assert_eq!(days("0 0 2 * Mon", 11), [2, 9, 16, 23, 30], "either of them");
        assert_eq!(days("0 0 */10 * 1-5", 11), [11], "1, 11, 21 and 31, if they are days of work");
        assert_eq!(days("0 0 30 2 *", 2), Vec::<u8>::new());
        assert_eq!(days("0 0 1 jan,DEC *", 12), [1]);
        let minutes = |cron: &str| Cron::parse(cron).unwrap().times().map(|t| t / 60_000_000).collect::<Vec<_>>();
        assert_eq!(minutes("30 8,17 * * *"), [510, 1050]);
        assert_eq!(minutes("10-20/5 0 * * *"), [10, 15, 20]);
    }

    #[test]
    fn slips() {
        let wrong = ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"];
        let more = [
            "5/2 * * * *",
            "*/0 * * * *",
            "9-5 * * * *",
            "a * * * *",
            "1, * * * *",
            "-1 * * * *",
            "@daily",
            "+5 * * * *",
        ];
        for text in wrong.iter().chain(&more) {
            assert_eq!(Cron::parse(text), None, "{text}");
        }
    }
}
