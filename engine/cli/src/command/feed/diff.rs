//! `guiju feed diff`: two decoders' messages, record by record and field by field.

use super::{Ended, problem};
use crate::{Exit, args::feed::Diff, interrupt, output::Out};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// Differences that are shown one by one.
const MOST_SHOWN: usize = 50;
/// What feeds call a channel, and a number in it.
const CHANNELS: [&str; 2] = ["Channel", "ChannelNo"];
const NUMBERS: [&str; 3] = ["BizIndex", "ApplSeqNum", "MsgSeqNum"];

/// What names a message: its template, and the values of the key's fields, or its place among those of its template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    template: String,
    values: String,
}

/// The messages of a file: the first of each key, and how many there are.
type Messages = BTreeMap<Key, (Map<String, Value>, u64)>;

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
    fn show(&mut self, what: &str, key: &Key, more: &Value) {
        if self.shown.len() < MOST_SHOWN {
            self.shown.push(json!({ "what": what, "template": key.template, "key": key.values, "fields": more }));
        }
    }

    const fn any(&self) -> bool {
        self.missing + self.extra + self.repeated + self.differing > 0
    }
}

pub(super) fn run(args: &Diff, out: &Out) -> Result<Exit, Ended> {
    let a = messages(&args.a, &args.key)?;
    let mut b = messages(&args.b, &args.key)?;
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    let mut found = Found::default();
    for (key, (one, times)) in &a {
        let Some((other, other_times)) = b.remove(key) else {
            found.missing += 1;
            found.show("missing", key, &Value::Null);
            continue;
        };
        if *times != other_times {
            found.repeated += 1;
            found.show("repeated", key, &json!([times, other_times]));
        }
        let fields = fields("", one, &other);
        if fields.is_empty() {
            found.same += 1;
        } else {
            found.differing += 1;
            found.show("differing", key, &Value::Array(fields));
        }
    }
    for key in b.keys() {
        found.extra += 1;
        found.show("extra", key, &Value::Null);
    }
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
        (Some(Value::Object(one)), Some(Value::Object(other))) => fields(&format!("{path}."), one, other),
        (Some(Value::Array(one)), Some(Value::Array(other))) => (0..one.len().max(other.len()))
            .flat_map(|at| value(&format!("{path}[{at}]"), one.get(at), other.get(at)))
            .collect(),
        (one, other) => vec![json!({ "field": path, "a": one, "b": other })],
    }
}

fn messages(path: &Path, key: &[String]) -> Result<Messages, Ended> {
    let failed = |finding| (vec![finding], Exit::Failed);
    let file = File::open(path).map_err(|error| failed(problem::unreadable(path, &error)))?;
    let mut messages = Messages::new();
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| failed(problem::unreadable(path, &error)))?;
        if line.trim().is_empty() {
            continue;
        }
        if interrupt::requested() {
            break;
        }
        let wrong = |message: &str| failed(problem::line(path, at as u64 + 1, message));
        let object: Map<String, Value> = serde_json::from_str(&line).map_err(|error| wrong(&error.to_string()))?;
        let mut entries = object.into_iter();
        let (Some((template, Value::Object(fields))), None) = (entries.next(), entries.next()) else {
            return Err(wrong("{\"Template\":{…}}"));
        };
        let values = named(&fields, key).unwrap_or_else(|| {
            let place = places.entry(template.clone()).or_default();
            *place += 1;
            format!("#{place}")
        });
        messages.entry(Key { template, values }).or_insert_with(|| (fields, 0)).1 += 1;
    }
    Ok(messages)
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
