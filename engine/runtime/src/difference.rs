//! What two sets of rulebooks differ in, by meaning: layout, comments and the way definitions are split make no difference.

use guiju_lang::{
    canonical,
    finding::{Place, Sources},
    hir::{Program, Sink, Source},
    market::Form,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `rulebook`, `source`, `sink`, `script`, `route`, or the kind of a rule.
    pub what: String,
    /// Its name.
    pub name: String,
    /// How.
    pub how: How,
    /// Lines that it has no more: its own, or those of its expanded form where a definition that it uses has changed.
    pub before: Vec<String>,
    /// Lines that it has now.
    pub after: Vec<String>,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Only the later set has it.
    Added,
    /// Only the earlier set has it.
    Removed,
    /// Both have it, and it means something else.
    Changed,
}

/// A checked set, and its texts.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What it means.
    pub program: &'a Program,
    /// What it says.
    pub sources: &'a Sources,
}

/// Everything in which `after` means something else than `before`.
pub fn between(before: Side<'_>, after: Side<'_>) -> Vec<Part> {
    let (old, new) = (parts(before), parts(after));
    let all: BTreeSet<&(String, String)> = old.keys().chain(new.keys()).collect();
    let one = |here: &(String, String)| {
        let (was, is) = (old.get(here), new.get(here));
        let how = match (was, is) {
            (None, _) => How::Added,
            (_, None) => How::Removed,
            (Some(was), Some(is)) if was.means != is.means => How::Changed,
            _ => return None,
        };
        let (before, after) = match was.zip(is) {
            Some((was, is)) if was.says != is.says => (lines(&was.says, &is.says), lines(&is.says, &was.says)),
            Some((was, is)) => (lines(&was.means, &is.means), lines(&is.means, &was.means)),
            None => (Vec::new(), Vec::new()),
        };
        let (what, name) = here.clone();
        Some(Part { what, name, how, before, after })
    };
    all.into_iter().filter_map(one).collect()
}

/// The lines that the other text lacks.
fn lines(text: &str, other: &str) -> Vec<String> {
    let known: BTreeSet<&str> = other.lines().map(str::trim).collect();
    text.lines().map(str::trim).filter(|line| !known.contains(line)).map(str::to_owned).collect()
}

/// Something that a set declares.
struct Declared {
    means: String,
    says: String,
}

/// Everything a set declares, by what it is and its name.
fn parts(Side { program, sources }: Side<'_>) -> BTreeMap<(String, String), Declared> {
    let mut all = BTreeMap::new();
    let mut put = |what: &str, name: String, means: String, place: Place| {
        let says = written(sources, place);
        all.insert((what.to_owned(), name), Declared { means, says });
    };
    for book in &program.rulebooks {
        let calendar = book.calendar.as_deref().unwrap_or("-");
        let means = format!("zone {}\ncalendar {calendar}", book.zone);
        put("rulebook", format!("{}/{}", book.tenant, book.name), means, book.place);
    }
    program.sources.iter().for_each(|source| put("source", source.name.clone(), self::source(source), source.place));
    program.sinks.iter().for_each(|sink| put("sink", sink.name.clone(), self::sink(sink), sink.place));
    for script in &program.scripts {
        let types: Vec<String> = script.params.iter().map(|(name, typed)| format!("{name}: {}", typed.ty)).collect();
        let head = format!("({}): {}", types.join(", "), script.result.ty);
        put("script", script.name.clone(), format!("{head}\n{}", script.body), script.place);
    }
    for route in &program.routes {
        put("route", format!("{}.{}", route.rulebook, route.name), canonical::route(route), route.place);
    }
    for rule in &program.rules {
        let head = &rule.head;
        put(head.kind, head.id.to_string(), canonical::rule(rule, &program.sources), head.place);
    }
    all
}

/// A declaration as it is written: its line, up to the brace that stands alone where it began.
fn written(sources: &Sources, place: Place) -> String {
    let text = sources.get(place.file).map_or("", |file| &*file.text);
    let start = text.get(..place.span.range().start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let mut lines = text.get(start..).unwrap_or_default().lines();
    let mut out: Vec<&str> = lines.next().into_iter().collect();
    if out.first().is_some_and(|first| first.trim_end().ends_with('{')) {
        out.extend(lines.take_while(|line| line.trim_end() != "}"));
    }
    out.join("\n")
}

fn source(source: &Source) -> String {
    let name = |at: Option<u32>| at.and_then(|at| source.schema.columns.get(at as usize)).map_or("-", |c| &c.name);
    let mut text = format!("from {} {}\n", source.connection, source.object.as_deref().unwrap_or_default());
    text += &format!("key {}\ntime column {}\n", name(source.key), name(source.time));
    text += &format!("lateness {}s\n", source.lateness / 1_000_000);
    if let Some(idle) = source.idle {
        text += &format!("idle after {}s\n", idle / 1_000_000);
    }
    if let Some(feed) = &source.feed {
        let Form { format, framing, honours_reset, joined, templates } = &*feed.form;
        text += &format!("format {format:?}, framing {framing:?}, reset {honours_reset}, joined {joined}\n");
        text += &format!("templates {}\n", templates.as_deref().unwrap_or("built in"));
        let clocks = feed.clocks.iter().map(|(name, clock)| format!("time {name} as {clock:?}\n"));
        text.extend(clocks);
    }
    for column in source.delivered() {
        text += &format!("column {} is {} ({:?})\n", column.name, column.typed.ty, column.typed.unit);
    }
    text
}

fn sink(sink: &Sink) -> String {
    let how = if sink.at_most_once { "at most once" } else { "at least once" };
    format!("to {} {}\n{how}", sink.connection, sink.object.as_deref().unwrap_or_default())
}
