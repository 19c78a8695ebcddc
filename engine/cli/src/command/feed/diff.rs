//! `guiju feed diff`: two decoders' messages, record by record and field by field. Both files are read side by side; what is held is
//! bounded, however long they are.

use super::{Ended, problem};
use crate::{Exit, args::feed::Diff, interrupt, output::Out};
use guiju::market::pairs::{Limits, Pair, Pairs, Side};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

/// Differences that are shown one by one.
const MOST_SHOWN: usize = 50;
/// A line longer than this is no message, in bytes.
const LONGEST: u64 = 1 << 26;
/// What feeds call a channel, and a number in it.
const CHANNELS: [&str; 2] = ["Channel", "ChannelNo"];
const NUMBERS: [&str; 3] = ["BizIndex", "ApplSeqNum", "MsgSeqNum"];

#[derive(Debug, Default)]
struct Found {
    same: u64,
    missing: u64,
    extra: u64,
    repeated: u64,
    differing: u64,
    shown: Vec<Value>,
}

impl Found {
    fn show(&mut self, what: &str, key: &str, more: &Value) {
        if self.shown.len() < MOST_SHOWN {
            let (template, key) = key.split_once(' ').unwrap_or((key, ""));
            self.shown.push(json!({ "what": what, "template": template, "key": key, "fields": more }));
        }
    }

    const fn any(&self) -> bool {
        self.missing + self.extra + self.repeated + self.differing > 0
    }

    fn note(&mut self, pair: &Pair) {
        match pair {
            // The same text is the same message.
            Pair::Both(one, other) if one.record == other.record => self.same += 1,
            Pair::Both(one, other) => {
                let fields =
                    [&one.record, &other.record].map(|record| serde_json::from_slice(record).unwrap_or_default());
                let fields = value("", Some(&fields[0]), Some(&fields[1]));
                if fields.is_empty() {
                    self.same += 1;
                } else {
                    self.differing += 1;
                    self.show("differing", &one.key, &Value::Array(fields));
                }
            }
            Pair::Alone(side, one) if one.before > 0 => {
                self.repeated += 1;
                self.show("repeated", &one.key, &json!({ "again_in": if *side == Side::A { "A" } else { "B" } }));
            }
            Pair::Alone(Side::A, one) => {
                self.missing += 1;
                self.show("missing", &one.key, &Value::Null);
            }
            Pair::Alone(Side::B, one) => {
                self.extra += 1;
                self.show("extra", &one.key, &Value::Null);
            }
        }
    }
}

pub(super) fn run(args: &Diff, out: &Out) -> Result<Exit, Ended> {
    let mut sides = [(Side::A, Lines::open(&args.a)?), (Side::B, Lines::open(&args.b)?)];
    let mut pairs = Pairs::new(Limits::default());
    let mut found = Found::default();
    let mut open = true;
    while open {
        open = false;
        for (side, lines) in &mut sides {
            if let Some((key, record)) = lines.next(&args.key)? {
                open = true;
                pairs.take(*side, key, record, &mut |pair| found.note(&pair));
            }
        }
        if interrupt::requested() {
            return Ok(Exit::Interrupted);
        }
    }
    pairs.finish(&mut |pair| found.note(&pair));
    out.document(&json!({
        "ok": !found.any(), "same": found.same, "missing": found.missing, "extra": found.extra,
        "repeated": found.repeated, "differing": found.differing, "shown": found.shown,
    }));
    for shown in &found.shown {
        let word = match shown["what"].as_str() {
            Some("missing") => out.pick("missing in B", "B 缺少"),
            Some("extra") => out.pick("only in B", "B 多出"),
            Some("repeated") => out.pick("not as often", "次数不同"),
            _ => out.pick("differs", "不同"),
        };
        let more = if shown["fields"].is_null() { String::new() } else { format!(": {}", shown["fields"]) };
        let [template, key] = ["template", "key"].map(|name| shown[name].as_str().unwrap_or_default());
        out.say(format!("{word}  {template} {key}{more}"));
    }
    let counts = [
        (found.same, out.pick("the same", "相同")),
        (found.differing, out.pick("differing", "不同")),
        (found.missing, out.pick("missing in B", "B 缺少")),
        (found.extra, out.pick("only in B", "B 多出")),
        (found.repeated, out.pick("not as often", "次数不同")),
    ];
    out.say(counts.map(|(count, word)| format!("{word}: {count}")).join(", "));
    Ok(if found.any() { Exit::Wrong } else { Exit::Well })
}

/// The fields that differ: path, one value, the other.
fn fields(path: &str, one: &Map<String, Value>, other: &Map<String, Value>) -> Vec<Value> {
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().flat_map(|name| value(&format!("{path}{name}"), one.get(name), other.get(name))).collect()
}

fn value(path: &str, one: Option<&Value>, other: Option<&Value>) -> Vec<Value> {
    match (one, other) {
        (one, other) if one == other => Vec::new(),
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            fields(&if path.is_empty() { String::new() } else { format!("{path}.") }, one, other)
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => (0..one.len().max(other.len()))
            .flat_map(|at| value(&format!("{path}[{at}]"), one.get(at), other.get(at)))
            .collect(),
        (one, other) => vec![json!({ "field": path, "a": one, "b": other })],
    }
}

/// A file of messages, a line each.
struct Lines<'p> {
    path: &'p Path,
    from: BufReader<File>,
    number: u64,
    line: Vec<u8>,
    /// Messages without a number, by their template.
    places: BTreeMap<String, u64>,
}

impl<'p> Lines<'p> {
    fn open(path: &'p Path) -> Result<Self, Ended> {
        let file = File::open(path).map_err(|error| (vec![problem::unreadable(path, &error)], Exit::Failed))?;
        Ok(Self { path, from: BufReader::new(file), number: 0, line: Vec::new(), places: BTreeMap::new() })
    }

    /// The next message: what names it, and its fields as text. Nothing at the end.
    fn next(&mut self, key: &[String]) -> Result<Option<(String, Vec<u8>)>, Ended> {
        let failed = |finding| (vec![finding], Exit::Failed);
        loop {
            self.line.clear();
            let read = self.from.by_ref().take(LONGEST).read_until(b'\n', &mut self.line);
            if read.map_err(|error| failed(problem::unreadable(self.path, &error)))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let wrong = |message: &str| failed(problem::line(self.path, self.number, message));
        let object: Map<String, Value> =
            serde_json::from_slice(&self.line).map_err(|error| wrong(&error.to_string()))?;
        let mut entries = object.into_iter();
        let (Some((template, Value::Object(fields))), None) = (entries.next(), entries.next()) else {
            return Err(wrong("{\"Template\":{…}}"));
        };
        let values = named(&fields, key).unwrap_or_else(|| {
            let place = self.places.entry(template.clone()).or_default();
            *place += 1;
            format!("#{place}")
        });
        let record = serde_json::to_vec(&Value::Object(fields)).map_err(|error| wrong(&error.to_string()))?;
        Ok(Some((format!("{template} {values}"), record)))
    }
}

/// The values of the key's fields; nothing if the message has no such.
fn named(fields: &Map<String, Value>, key: &[String]) -> Option<String> {
    let value = |name: &str| fields.get(name).map(|value| format!("{name}={value}"));
    if !key.is_empty() {
        let values: Option<Vec<String>> = key.iter().map(|name| value(name)).collect();
        return values.map(|values| values.join(" "));
    }
    let number = NUMBERS.iter().find_map(|name| value(name))?;
    Some(match CHANNELS.iter().find_map(|name| value(name)) {
        Some(channel) => format!("{channel} {number}"),
        None => number,
    })
}
