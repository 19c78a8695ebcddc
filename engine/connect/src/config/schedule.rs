//! Rules over tables that a server runs at their times.
//!
//! ```yaml
//! schedule:
//!   morning: { cron: "30 8 * * *", on: trading days, rules: [events, desk.overdue], grace: 2h }
//!   auction: { at: open - 25m, calendar: sse }
//!   month:   { at: "18:00", on: last trading day of month }
//! ```

use super::{Cron, Reader, database};
use crate::{problem, read::parse, yaml::Yaml};
use guiju_lang::{finding::Span, time::Zone};
use std::time::Duration;

/// Rules that run at their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// As the file calls it: letters, digits, `-` and `_`.
    pub name: String,
    /// Rulebooks and rules (`rulebook.rule`); none: all rules over tables.
    pub rules: Vec<String>,
    /// At which times of a day.
    pub times: Times,
    /// On which days.
    pub on: Days,
    /// The trading calendar, where there are several.
    pub calendar: Option<String>,
    /// The zone of its times; otherwise the calendar's, or Shanghai's.
    pub zone: Option<Zone>,
    /// So late a run that was missed is still made up for.
    pub grace: Duration,
    /// When it is due, as the file has it.
    pub said: String,
    /// Where the file says so.
    pub span: Span,
}

/// Times of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Times {
    /// Also says on which days.
    Cron(Cron),
    /// Microseconds since midnight.
    At(i64),
    /// So many microseconds after the first session of a trading day begins.
    Open(i64),
    /// So many microseconds after the last session of a trading day ends.
    Close(i64),
}

/// Days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// All of them.
    Every,
    /// On which the exchange trades.
    Trading,
    /// On which it does not.
    Other,
    /// The first trading day of each.
    First(Period),
    /// The last trading day of each.
    Last(Period),
}

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From Monday on.
    Week,
    /// A month.
    Month,
    /// From January, April, July, October on.
    Quarter,
    /// A year.
    Year,
}

impl Job {
    /// Whether it cannot be said without a trading calendar when it is due.
    pub fn needs_calendar(&self) -> bool {
        self.calendar.is_some() || self.on != Days::Every || matches!(self.times, Times::Open(_) | Times::Close(_))
    }
}

const KEYS: &[&str] = &["cron", "at", "on", "rules", "calendar", "zone", "grace"];
/// Without a word about it, a run that was missed is made up for within an hour.
const GRACE: Duration = Duration::from_secs(3_600);
/// What is later than a day is another day's.
const LONGEST: Duration = Duration::from_secs(86_400);
/// More are a slip.
const MOST: usize = 256;

impl Reader<'_> {
    pub(super) fn schedule(&mut self, value: &Yaml) -> Vec<Job> {
        let Some(entries) = value.entries().filter(|entries| entries.len() <= MOST) else {
            self.wrong(&["schedule"], "schedule", "form.map");
            return Vec::new();
        };
        entries.iter().filter_map(|(name, value)| self.job(name, value)).collect()
    }

    fn job(&mut self, name: &str, value: &Yaml) -> Option<Job> {
        let here = ["schedule", name];
        let span = self.document.place(&here);
        let before = self.findings.len();
        // Its runs are named after it; `serve-` begins the names of what streams bring.
        let good = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(good) || name.starts_with("serve") {
            self.wrong(&here, name, "form.job");
        }
        let Some(entries) = value.entries() else {
            self.wrong(&here, name, "form.map");
            return None;
        };
        let (mut times, mut on, mut rules, mut grace) = (None, Days::Every, Vec::new(), GRACE);
        let (mut calendar, mut zone) = (None, None);
        for (key, value) in entries {
            let at = ["schedule", name, key.as_str()];
            let text = value.text().map(str::trim);
            let done = match key.as_str() {
                "cron" | "at" if times.is_some() => Err("form.once"),
                "cron" => text.and_then(Cron::parse).map(|cron| times = Some(Times::Cron(cron))).ok_or("form.cron"),
                "at" => text.and_then(self::at).map(|at| times = Some(at)).ok_or("form.due"),
                "on" => text.and_then(days).map(|days| on = days).ok_or("form.days"),
                "rules" => super::texts(value).map(|names| rules = names).ok_or("form.texts"),
                "calendar" => text.map(|name| calendar = Some(name.to_owned())).ok_or("form.text"),
                "zone" => text.and_then(|t| Zone::named(t).ok()).map(|z| zone = Some(z)).ok_or("form.zone"),
                "grace" => {
                    let within = text.and_then(database::duration).filter(|time| *time <= LONGEST);
                    within.map(|time| grace = time).ok_or("form.grace")
                }
                _ => {
                    self.unknown(&at, key, KEYS);
                    Ok(())
                }
            };
            if let Err(expected) = done {
                self.wrong(&at, key, expected);
            }
        }
        if times.is_none() && self.findings.len() == before {
            self.findings.push(problem::key_absent(self.file, span, name, "cron"));
        }
        let word = |key: &str| value.get(key).and_then(Yaml::text).map(|text| format!("{key} {}", text.trim()));
        let said: Vec<String> = ["cron", "at", "on", "calendar", "zone"].into_iter().filter_map(word).collect();
        let (name, said) = (name.to_owned(), said.join(", "));
        let job = Job { name, rules, times: times?, on, calendar, zone, grace, said, span };
        (self.findings.len() == before).then_some(job)
    }
}

/// `08:30`, `open - 25m`, `close + 1h`, `open`.
fn at(text: &str) -> Option<Times> {
    if let Some(time) = parse::time(text) {
        return Some(Times::At(time));
    }
    let of = |rest: &str| -> Option<i64> {
        let rest = rest.trim();
        let (sign, span) = match rest.split_at_checked(1) {
            None => return rest.is_empty().then_some(0),
            Some(("+", span)) => (1, span),
            Some(("-", span)) => (-1, span),
            Some(_) => return None,
        };
        let span = database::duration(span.trim()).filter(|span| *span < LONGEST)?;
        Some(sign * i64::try_from(span.as_micros()).ok()?)
    };
    match (text.strip_prefix("open"), text.strip_prefix("close")) {
        (Some(rest), _) => of(rest).map(Times::Open),
        (_, Some(rest)) => of(rest).map(Times::Close),
        _ => None,
    }
}

fn days(text: &str) -> Option<Days> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let period = |word| match word {
        "week" => Some(Period::Week),
        "month" => Some(Period::Month),
        "quarter" => Some(Period::Quarter),
        "year" => Some(Period::Year),
        _ => None,
    };
    match words[..] {
        ["trading", "days"] => Some(Days::Trading),
        ["other", "days"] => Some(Days::Other),
        ["first", "trading", "day", "of", of] => period(of).map(Days::First),
        ["last", "trading", "day", "of", of] => period(of).map(Days::Last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Config, *};
    use guiju_lang::finding::{At, FileId};
    use std::path::Path;

    #[test]
    fn what_can_be_said() {
        let text = "schedule:\n  morning: { cron: \"30 8 * * *\", on: trading days, rules: [events, desk.overdue], grace: 2h }\n  auction: { at: open - 25m, calendar: sse }\n  month: { at: \"18:00\", on: last trading day of month, zone: UTC, rules: desk }\n";
        let (config, found) = Config::parse(text, Path::new("/p"), FileId(0));
        assert_eq!(found, vec![]);
        let [morning, auction, month] = &config.schedule[..] else { panic!("{config:?}") };
        assert_eq!((morning.on, morning.grace), (Days::Trading, Duration::from_secs(7_200)));
        assert_eq!((morning.rules.len(), morning.said.as_str()), (2, "cron 30 8 * * *, on trading days"));
        assert_eq!((&auction.times, auction.needs_calendar()), (&Times::Open(-25 * 60_000_000), true));
        assert_eq!((&month.times, month.on), (&Times::At(18 * 3_600_000_000), Days::Last(Period::Month)));
    }

    #[test]
    fn slips_are_found_where_they_stand() {
        let text = "schedule:\n  a: { cron: \"30 8 * *\" }\n  b: { at: noon }\n  c: { at: open, on: tradin days }\n  d: { rules: [x] }\n  e: { at: \"09:00\", cron: \"0 9 * * *\" }\n  f: { at: close, grace: 25h }\n  serve-x: { at: open }\n  g: { at: open, evry: 1d }\n";
        let (config, found) = Config::parse(text, Path::new("/p"), FileId(0));
        assert!(config.schedule.is_empty(), "{config:?}");
        let spots: Vec<(u16, &str)> = found
            .iter()
            .map(|f| match &f.at {
                At::Text(p) => (f.code.0, &text[p.span.range()]),
                _ => (f.code.0, ""),
            })
            .collect();
        let wanted = [
            (5005, "cron"),
            (5005, "at"),
            (5005, "on"),
            (5004, "d"),
            (5005, "cron"),
            (5005, "grace"),
            (5005, "serve-x"),
            (5002, "evry"),
        ];
        assert_eq!(spots, wanted);
    }
}
