//! Calendar files: the days on which an exchange trades.
//!
//! ```yaml
//! name: sse
//! zone: Asia/Shanghai
//! valid: {from: 2006-01-01, to: 2026-12-31}
//! sessions: [["09:30","11:30"],["13:00","15:00"]]
//! weekend: [saturday, sunday]
//! holidays: [2026-10-01]
//! ```

use crate::{
    problem,
    read::parse,
    yaml::{self, Document, Yaml},
};
use guiju_lang::{
    calendar::{Calendar, CalendarFacts},
    finding::{FileId, Finding, Span},
    time::Zone,
};

const KEYS: [&str; 6] = ["name", "zone", "valid", "sessions", "weekend", "holidays"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads a calendar's text. Without findings there is always a calendar.
pub fn parse_calendar(text: &str, file: FileId) -> (Option<Calendar>, Vec<Finding>) {
    let document = match yaml::parse(text) {
        Ok(d) => d,
        Err(b) => return (None, vec![problem::yaml_broken(file, b.span, &b.message)]),
    };
    let mut reader = Reader { document: &document, file, findings: Vec::new() };
    let facts = reader.facts();
    if !reader.findings.is_empty() {
        return (None, reader.findings);
    }
    match facts.map(Calendar::new) {
        Some(Ok(calendar)) => (Some(calendar), Vec::new()),
        Some(Err(e)) => (None, vec![problem::calendar_broken(file, Span::default(), &e.to_string())]),
        None => (None, vec![problem::wrong_form(file, Span::default(), "calendar", "form.map")]),
    }
}

struct Reader<'a> {
    document: &'a Document,
    file: FileId,
    findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn facts(&mut self) -> Option<CalendarFacts> {
        let root = &self.document.root;
        for (key, _) in root.entries()? {
            if !KEYS.contains(&key.as_str()) {
                let near = problem::nearest(key, KEYS);
                self.findings.push(problem::unknown_key(self.file, self.document.place(&[key]), key, near, &KEYS));
            }
        }
        let mut facts =
            CalendarFacts { name: self.text("name")?, zone: self.text("zone")?, ..CalendarFacts::default() };
        if Zone::named(&facts.zone).is_err() {
            self.wrong(&["zone"], "form.zone");
        }
        match root.get("valid") {
            Some(valid) => {
                facts.from = self.day(&["valid", "from"], valid.get("from"))?;
                facts.to = self.day(&["valid", "to"], valid.get("to"))?;
            }
            None => {
                self.absent("valid");
                return None;
            }
        }
        for item in self.list("weekend") {
            let word = item.text().unwrap_or_default().to_lowercase();
            match WEEKDAYS.iter().position(|d| *d == word) {
                Some(i) => facts.weekend.push(i as u8 + 1),
                None => self.odd(&["weekend"], item),
            }
        }
        for item in self.list("holidays") {
            let Some(day) = self.day(&["holidays"], Some(item)) else { continue };
            if !(facts.from..=facts.to).contains(&day) {
                let text = item.text().unwrap_or_default();
                let place = self.document.place_of_value(&["holidays"], text);
                self.findings.push(problem::calendar_outside(self.file, place, text));
            }
            facts.holidays.push(day);
        }
        for item in self.list("sessions") {
            let ends = item.items().unwrap_or_default();
            let time = |i: usize| ends.get(i).and_then(Yaml::text).and_then(parse::time);
            match (time(0), time(1)) {
                (Some(start), Some(end)) if ends.len() == 2 => facts.sessions.push((start, end)),
                _ => self.wrong(&["sessions"], "form.sessions"),
            }
        }
        Some(facts)
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.document.root.get(key) {
            Some(value) => {
                let text = value.text().filter(|t| !t.trim().is_empty()).map(str::to_owned);
                if text.is_none() {
                    self.wrong(&[key], "form.text");
                }
                text
            }
            None => {
                self.absent(key);
                None
            }
        }
    }

    /// The items of an optional list.
    fn list(&mut self, key: &str) -> &'a [Yaml] {
        match self.document.root.get(key) {
            None | Some(Yaml::Null) => &[],
            Some(Yaml::List(items)) => items,
            Some(_) => {
                self.wrong(&[key], "form.list");
                &[]
            }
        }
    }

    fn day(&mut self, at: &[&str], value: Option<&Yaml>) -> Option<i32> {
        let Some(value) = value else {
            self.absent(at.last().copied().unwrap_or_default());
            return None;
        };
        let day = value.text().and_then(parse::date);
        if day.is_none() {
            self.odd(at, value);
        }
        day
    }

    fn odd(&mut self, at: &[&str], value: &Yaml) {
        let text = match value {
            Yaml::Text(t) => t.clone(),
            Yaml::Integer(i) => i.to_string(),
            _ => String::new(),
        };
        self.findings.push(problem::calendar_day(self.file, self.document.place_of_value(at, &text), &text));
    }

    fn wrong(&mut self, at: &[&str], expected: &'static str) {
        let key = at.last().copied().unwrap_or_default();
        self.findings.push(problem::wrong_form(self.file, self.document.place(at), key, expected));
    }

    fn absent(&mut self, key: &str) {
        self.findings.push(problem::key_absent(self.file, Span::default(), "calendar", key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::finding::At;

    const SHIPPED: &str = include_str!("../../../rulebooks/calendars/sse.yaml");

    fn day(text: &str) -> i32 {
        parse::date(text).unwrap()
    }

    #[test]
    fn the_shipped_calendar() {
        let (calendar, findings) = parse_calendar(SHIPPED, FileId(0));
        assert_eq!(findings, vec![]);
        let calendar = calendar.unwrap();
        assert_eq!((calendar.name(), calendar.zone()), ("sse", "Asia/Shanghai"));
        // National Day 2026: Thursday the first to Wednesday the seventh are off, Thursday the eighth trades.
        assert_eq!(calendar.shift(day("2026-09-30"), 1), Ok(day("2026-10-08")));
        assert_eq!(calendar.is_trading_day(day("2026-11-22")), Ok(false), "a Sunday");
        assert!(calendar.is_trading_day(day("2027-01-04")).is_err(), "beyond what is known");
    }

    #[test]
    fn slips() {
        let text = SHIPPED.replace("2026-10-01", "2026-10-32").replace("sunday", "sunnday").replace("zone:", "zonne:");
        let (calendar, findings) = parse_calendar(&text, FileId(0));
        assert!(calendar.is_none());
        let codes: Vec<u16> = findings.iter().map(|f| f.code.0).collect();
        assert_eq!(codes, [5002, 5004], "the key is wrong, so the zone is absent");
        let text = SHIPPED
            .replace("2026-10-01", "2026-10-32")
            .replace("sunday", "sunnday")
            .replace("2006-01-02", "2005-12-30");
        let (_, findings) = parse_calendar(&text, FileId(0));
        let spots: Vec<&str> = findings
            .iter()
            .map(|f| match &f.at {
                At::Text(p) => &text[p.span.range()],
                _ => "",
            })
            .collect();
        assert_eq!(spots, ["sunnday", "2005-12-30", "2026-10-32"]);
    }
}
