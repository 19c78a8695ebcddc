//! JSON lines: one flat object per line.

use super::{
    Context, Limits, Opened, SourceBatch,
    csv::background,
    encoding::{TextFile, Trouble},
    rows::{Raw, Rows},
};
use crate::problem::{self, DataPlace};
use guiju_lang::{finding::Finding, ty::Type};
use serde::de::{self, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::SyncSender,
};

/// A value of an object: numbers keep every digit they were written with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Member<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
}

/// Why a line is not a row.
#[derive(Debug)]
pub(crate) enum Bad {
    Syntax(String),
    NotObject,
    KeyTwice(String),
    Nested(String),
}

/// Reads one line's object, in order.
pub(crate) fn read_object(line: &str) -> Result<Vec<(Cow<'_, str>, Member<'_>)>, Bad> {
    if !line.trim_start().starts_with('{') {
        return match serde_json::from_str::<de::IgnoredAny>(line) {
            Ok(_) => Err(Bad::NotObject),
            Err(e) => Err(Bad::Syntax(message(&e))),
        };
    }
    let raw = serde_json::from_str::<Object<'_>>(line).map_err(|e| Bad::Syntax(message(&e)))?.0;
    let mut seen = std::collections::HashSet::with_capacity(raw.len());
    for (key, _) in &raw {
        if !seen.insert(key.as_ref()) {
            return Err(Bad::KeyTwice(key.to_string()));
        }
    }
    raw.iter().map(|(key, value)| Ok((key.clone(), member(key, value)?))).collect()
}

fn member<'a>(key: &str, raw: &'a RawValue) -> Result<Member<'a>, Bad> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'n') => Member::Null,
        Some(b't') => Member::Bool(true),
        Some(b'f') => Member::Bool(false),
        Some(b'{' | b'[') => return Err(Bad::Nested(key.to_owned())),
        Some(b'"') => match text.get(1..text.len().saturating_sub(1)) {
            Some(inner) if !inner.contains('\\') => Member::Text(Cow::Borrowed(inner)),
            _ => Member::Text(Cow::Owned(serde_json::from_str(text).map_err(|e| Bad::Syntax(message(&e)))?)),
        },
        _ => Member::Number(text),
    })
}

/// The library counts lines and columns; a line is all there is.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.find(" at line ") {
        Some(cut) => format!("{} (column {})", &text[..cut], error.column()),
        None => text,
    }
}

struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> de::Deserialize<'de> for Object<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    members.push((key, map.next_value::<&'de RawValue>()?));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A key, borrowed where it holds no escapes (`Cow`'s own implementation always copies).
struct Key<'a>(Cow<'a, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(v.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Lines of a file.
pub(crate) struct Lines {
    text: TextFile,
    buffer: String,
    next: usize,
    ended: bool,
    trouble: Option<Trouble>,
    /// Lines gone by, from 1; blank lines count, so that the number is the editor's.
    pub(crate) row: u64,
    limit: usize,
    path: PathBuf,
}

impl Lines {
    pub(crate) fn new(text: TextFile, limits: &Limits) -> Self {
        let path = text.path.clone();
        Self {
            text,
            buffer: String::new(),
            next: 0,
            ended: false,
            trouble: None,
            row: 0,
            limit: limits.record_bytes,
            path,
        }
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.text.bytes()
    }

    fn place(&self) -> DataPlace {
        DataPlace::file(&self.path).row(self.row)
    }

    /// The next line that is not blank, without its end.
    fn advance(&mut self) -> Result<Option<std::ops::Range<usize>>, Finding> {
        loop {
            let rest = self.buffer.as_bytes().get(self.next..).unwrap_or_default();
            let end = match rest.iter().position(|b| *b == b'\n') {
                Some(n) => n,
                None if !self.ended => {
                    if rest.len() > self.limit {
                        self.row += 1;
                        return Err(problem::record_too_long(self.place(), self.limit as u64));
                    }
                    self.buffer.drain(..self.next);
                    self.next = 0;
                    match self.text.fill(&mut self.buffer) {
                        Ok(true) => {}
                        Ok(false) => self.ended = true,
                        Err(t) => {
                            self.trouble = Some(t);
                            self.ended = true;
                        }
                    }
                    continue;
                }
                None => {
                    if let Some(trouble) = self.trouble.take() {
                        return Err(trouble.finding(&self.path, Some(self.row + 1)));
                    }
                    if rest.is_empty() {
                        return Ok(None);
                    }
                    rest.len()
                }
            };
            self.row += 1;
            if end > self.limit {
                return Err(problem::record_too_long(self.place(), self.limit as u64));
            }
            let range = self.next..self.next + end;
            self.next = (range.end + 1).min(self.buffer.len());
            if !self.buffer[range.clone()].trim().is_empty() {
                return Ok(Some(range));
            }
        }
    }

    /// Gives the next object to `take`, with its row; `false` at the end.
    pub(crate) fn object<R>(
        &mut self,
        take: impl FnOnce(u64, Vec<(Cow<'_, str>, Member<'_>)>) -> R,
    ) -> Result<Option<R>, Finding> {
        let Some(range) = self.advance()? else { return Ok(None) };
        match read_object(&self.buffer[range]) {
            Ok(object) => Ok(Some(take(self.row, object))),
            Err(Bad::Syntax(message)) => Err(problem::json_broken(self.place(), &message)),
            Err(Bad::NotObject) => Err(problem::json_not_object(self.place())),
            Err(Bad::KeyTwice(key)) => Err(problem::json_key_twice(self.place().column(&key), &key)),
            Err(Bad::Nested(key)) => Err(problem::json_nested(self.place().column(&key), &key)),
        }
    }
}

pub(super) fn open(context: Context) -> Result<Opened, Vec<Finding>> {
    let rows = Rows::new(&context)?;
    let fields = rows.fields();
    Ok((fields, None, background(move |sender| run(&context, rows, sender))?))
}

/// Lines that are in memory, at once and without a thread.
pub(super) fn in_memory(context: &Context, text: Vec<u8>) -> Result<Vec<arrow_array::RecordBatch>, Vec<Finding>> {
    let path = context.files.first().cloned().unwrap_or_default();
    let mut rows = Rows::new(context)?;
    let mut keys = Keys::new(context);
    let text = TextFile::new(Box::new(std::io::Cursor::new(text)), &path, context.connection.text.encoding);
    let mut lines = Lines::new(text, &context.options.limits);
    let mut batches = Vec::new();
    loop {
        let more = lines.object(|row, object| push(context, &mut rows, &path, row, &object, &mut keys));
        let more = match more {
            Ok(more) => more.is_some(),
            Err(finding) => {
                let mut findings = rows.findings();
                findings.push(finding);
                return Err(findings);
            }
        };
        if rows.len() >= context.options.batch_rows.max(1) || (!more && rows.len() > 0) {
            batches.push(rows.finish()?);
        }
        if !more {
            break;
        }
    }
    let mut findings = rows.findings();
    findings.extend(keys.misspelt(context).filter(|_| !batches.is_empty()));
    if findings.is_empty() { Ok(batches) } else { Err(findings) }
}

fn run(context: &Context, mut rows: Rows, sender: &SyncSender<super::Step>) {
    let mut first_row = 0;
    let mut keys = Keys::new(context);
    for (file, path) in context.files.iter().enumerate() {
        match run_file(context, &mut rows, file as u32, path, &mut first_row, &mut keys, sender) {
            Ok(true) => {}
            Ok(false) => return,
            Err(finding) => {
                let mut findings = rows.findings();
                findings.push(finding);
                // Nobody listening is fine: the run was stopped.
                drop(sender.send(Err(findings)));
                return;
            }
        }
    }
    let mut findings = rows.findings();
    findings.extend(keys.misspelt(context));
    if !findings.is_empty() {
        drop(sender.send(Err(findings)));
    }
}

fn run_file(
    context: &Context,
    rows: &mut Rows,
    file: u32,
    path: &Path,
    first_row: &mut u64,
    keys: &mut Keys,
    sender: &SyncSender<super::Step>,
) -> Result<bool, Finding> {
    let text = TextFile::open(path, context.connection.text.encoding).map_err(|t| t.finding(path, None))?;
    let mut lines = Lines::new(text, &context.options.limits);
    let (mut seen, mut row_in_file) = (0, 0);
    loop {
        let more = lines.object(|row, object| push(context, rows, path, row, &object, keys))?.is_some();
        if rows.len() >= context.options.batch_rows.max(1) || (!more && rows.len() > 0) {
            let count = rows.len() as u64;
            let batch = rows.finish().map_err(|mut f| f.remove(0))?;
            let step = SourceBatch { batch, first_row: *first_row, file, row_in_file };
            *first_row += count;
            row_in_file += count;
            context.progress.add_bytes(lines.bytes() - seen);
            seen = lines.bytes();
            if !rows.spoilt() && sender.send(Ok(step)).is_err() {
                return Ok(false);
            }
        }
        if !more {
            return Ok(true);
        }
    }
}

/// A key left out is a missing value; a key that nobody asked for is ignored.
fn push(
    context: &Context,
    rows: &mut Rows,
    path: &Path,
    row: u64,
    object: &[(Cow<'_, str>, Member<'_>)],
    keys: &mut Keys,
) {
    keys.see(context, object);
    let null = &context.connection.text.null;
    rows.push(path, row, |i| {
        let Some(column) = context.columns.columns.get(i) else { return Raw::Missing };
        let is_text = column.typed.ty == Type::Text;
        match object.iter().find(|(k, _)| *k == column.name).map(|(_, v)| v) {
            None | Some(Member::Null) => Raw::Missing,
            Some(Member::Bool(true)) => Raw::Text("true"),
            Some(Member::Bool(false)) => Raw::Text("false"),
            Some(Member::Number(n)) => Raw::Text(n),
            Some(Member::Text(t)) if !is_text && (t.trim().is_empty() || null.iter().any(|n| n == t)) => Raw::Missing,
            Some(Member::Text(t)) => Raw::Text(t),
        }
    });
}

/// Notices a column that no row has while the rows have a key that is almost its name: misspelt on one side.
struct Keys {
    seen: Vec<bool>,
    unknown: BTreeSet<String>,
}

impl Keys {
    /// Enough to find a misspelling among.
    const MOST: usize = 1000;

    fn new(context: &Context) -> Self {
        Self { seen: vec![false; context.columns.columns.len()], unknown: BTreeSet::new() }
    }

    fn see(&mut self, context: &Context, object: &[(Cow<'_, str>, Member<'_>)]) {
        for (key, _) in object {
            match context.columns.index_of(key) {
                Some(i) => self.seen[i] = true,
                None if self.unknown.len() < Self::MOST
                    && context.known.index_of(key).is_none()
                    && !self.unknown.contains(key.as_ref()) =>
                {
                    self.unknown.insert(key.to_string());
                }
                None => {}
            }
        }
    }

    fn misspelt(&self, context: &Context) -> Option<Finding> {
        let path = context.files.first()?;
        self.seen.iter().zip(&context.columns.columns).filter(|(seen, _)| !**seen).find_map(|(_, column)| {
            let near = problem::nearest(&column.name, self.unknown.iter().map(String::as_str))?;
            Some(problem::column_absent(path, &column.name, Some(near)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let line = r#"{"a": 12345678901234567890.12, "b": "x\u00e9\"", "c": null, "d": true}"#;
        let got = read_object(line).unwrap();
        assert_eq!(got[0], ("a".into(), Member::Number("12345678901234567890.12")));
        assert_eq!(got[1].1, Member::Text("xé\"".into()));
        assert_eq!((got[2].1.clone(), got[3].1.clone()), (Member::Null, Member::Bool(true)));
    }

    #[test]
    fn bad_lines() {
        assert!(matches!(read_object("[1]"), Err(Bad::NotObject)));
        assert!(matches!(read_object("{\"a\":1"), Err(Bad::Syntax(_))));
        assert!(matches!(read_object("{\"a\":1,\"a\":2}"), Err(Bad::KeyTwice(k)) if k == "a"));
        assert!(matches!(read_object("{\"a\":{\"b\":1}}"), Err(Bad::Nested(k)) if k == "a"));
        assert!(matches!(read_object("nonsense"), Err(Bad::Syntax(_))));
        assert!(matches!(read_object(&"[".repeat(100_000)), Err(Bad::Syntax(_))));
    }
}
