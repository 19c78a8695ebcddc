//! CSV. The header names the columns; a rulebook's or an inferred schema types them.

use super::{
    Context, Limits, Opened, SourceBatch, Step,
    encoding::TextFile,
    rows::{Raw, Rows},
    split::{Broken, Records},
};
use crate::{
    config::Connection,
    problem::{self, DataPlace},
};
use guiju_lang::finding::Finding;
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

/// A CSV file after its header.
pub(crate) struct Splitter {
    records: Records,
    path: PathBuf,
    /// Data rows gone by.
    row: u64,
    width: usize,
    limit: usize,
}

/// Opens a file and reads its header.
pub(crate) fn header(
    path: &Path,
    connection: &Connection,
    limits: &Limits,
) -> Result<(Vec<String>, Splitter), Finding> {
    let text = TextFile::open(path, connection.text.encoding).map_err(|t| t.finding(path, None))?;
    read_header(text, connection.text.delimiter, limits)
}

/// Reads the header of a text.
pub(crate) fn read_header(text: TextFile, delimiter: u8, limits: &Limits) -> Result<(Vec<String>, Splitter), Finding> {
    let path = text.path.clone();
    let mut splitter = Splitter {
        records: Records::new(text, delimiter, limits.record_bytes),
        path: path.clone(),
        row: 0,
        width: 0,
        limit: limits.record_bytes,
    };
    match splitter.records.advance() {
        Ok(true) => {}
        Ok(false) => return Err(problem::file_empty(&path)),
        Err(broken) => return Err(splitter.finding(&broken)),
    }
    let width = splitter.records.len();
    if width > limits.columns {
        return Err(problem::too_many_columns(&path, width as u64, limits.columns as u64));
    }
    let mut names: Vec<String> = Vec::with_capacity(width);
    let mut seen = std::collections::HashSet::new();
    for i in 0..width {
        let name = splitter.records.get(i).map(|(t, _)| t.trim().to_owned()).unwrap_or_default();
        if name.is_empty() {
            return Err(problem::header_nameless(&path, i as u64 + 1));
        }
        if !seen.insert(name.clone()) {
            return Err(problem::header_twice(&path, &name));
        }
        names.push(name);
    }
    splitter.width = width;
    Ok((names, splitter))
}

impl Splitter {
    /// Goes to the next data row; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, Finding> {
        match self.records.advance() {
            Ok(true) if self.records.len() != self.width => {
                let at = DataPlace::file(&self.path).row(self.row + 1);
                Err(problem::ragged(at, self.records.len() as u64, self.width as u64))
            }
            Ok(more) => {
                self.row += u64::from(more);
                Ok(more)
            }
            Err(broken) => Err(self.finding(&broken)),
        }
    }

    /// A value and whether it was quoted.
    pub(crate) fn get(&self, i: usize) -> Option<(&str, bool)> {
        self.records.get(i)
    }

    /// The current data row, from 1.
    pub(crate) fn row(&self) -> u64 {
        self.row
    }

    fn finding(&self, broken: &Broken) -> Finding {
        let row = if self.width == 0 { None } else { Some(self.row + 1) };
        let mut at = DataPlace::file(&self.path);
        at.row = row;
        match broken {
            Broken::Text(trouble) => trouble.finding(&self.path, row),
            Broken::QuoteOpen => problem::quote_open(at),
            Broken::QuoteStray => problem::quote_stray(at),
            Broken::TooLong => problem::record_too_long(at, self.limit as u64),
        }
    }
}

/// Whether a value is missing: one of the connection's words, unquoted. Quoting makes it a text, except for an empty value in a
/// column of another type.
pub(crate) fn is_missing(text: &str, quoted: bool, is_text: bool, null: &[String]) -> bool {
    if quoted && is_text {
        return false;
    }
    (quoted && text.is_empty()) || null.iter().any(|n| n == text) || (!is_text && text.trim().is_empty())
}

pub(super) fn open(context: Context) -> Result<Opened, Vec<Finding>> {
    let mut first: Option<Vec<String>> = None;
    for path in &context.files {
        let (names, _) = header(path, &context.connection, &context.options.limits).map_err(|f| vec![f])?;
        positions(path, &names, &context)?;
        match &first {
            None => first = Some(names),
            Some(expected) => {
                let odd = names
                    .iter()
                    .find(|n| !expected.contains(n))
                    .or_else(|| expected.iter().find(|n| !names.contains(n)));
                if let (Some(odd), Some(other)) = (odd, context.files.first()) {
                    return Err(vec![problem::files_differ_in_columns(path, other, odd)]);
                }
            }
        }
    }
    let rows = Rows::new(&context)?;
    let fields = rows.fields();
    Ok((fields, None, background(move |sender| run(&context, rows, sender))?))
}

fn positions(path: &Path, names: &[String], context: &Context) -> Result<Vec<usize>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut positions = Vec::new();
    for column in &context.columns.columns {
        match names.iter().position(|n| *n == column.name) {
            Some(i) => positions.push(i),
            None => {
                let near = problem::nearest(&column.name, names.iter().map(String::as_str));
                findings.push(problem::column_absent(path, &column.name, near));
            }
        }
    }
    if findings.is_empty() { Ok(positions) } else { Err(findings) }
}

/// Reads on a thread of its own, a few batches ahead of the consumer.
pub(super) fn background(
    work: impl FnOnce(&SyncSender<Step>) + Send + 'static,
) -> Result<Box<dyn Iterator<Item = Step> + Send>, Vec<Finding>> {
    let (sender, receiver): (_, Receiver<Step>) = sync_channel(3);
    std::thread::Builder::new()
        .name("guiju-text".to_owned())
        .spawn(move || work(&sender))
        .map_err(|e| vec![problem::file_unreadable(Path::new(""), &e)])?;
    Ok(Box::new(receiver.into_iter()))
}

fn run(context: &Context, mut rows: Rows, sender: &SyncSender<Step>) {
    let mut first_row = 0;
    for (file, path) in context.files.iter().enumerate() {
        match run_file(context, &mut rows, file as u32, path, &mut first_row, sender) {
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
    if rows.spoilt() {
        drop(sender.send(Err(rows.findings())));
    }
}

fn run_file(
    context: &Context,
    rows: &mut Rows,
    file: u32,
    path: &Path,
    first_row: &mut u64,
    sender: &SyncSender<Step>,
) -> Result<bool, Finding> {
    let (names, mut splitter) = header(path, &context.connection, &context.options.limits)?;
    // The header was the same a moment ago; if the file changed since, its columns may be gone.
    let positions = positions(path, &names, context).map_err(|mut f| f.remove(0))?;
    let is_text: Vec<bool> = context.columns.columns.iter().map(|c| c.typed.ty == guiju_lang::ty::Type::Text).collect();
    let null = &context.connection.text.null;
    let mut seen = 0;
    loop {
        let more = splitter.advance()?;
        if more {
            rows.push(path, splitter.row(), |i| {
                let at = positions.get(i).copied().unwrap_or(usize::MAX);
                match splitter.get(at) {
                    Some((text, quoted)) if !is_missing(text, quoted, is_text.get(i) == Some(&true), null) => {
                        Raw::Text(text)
                    }
                    _ => Raw::Missing,
                }
            });
        }
        if rows.len() >= context.options.batch_rows.max(1) || (!more && rows.len() > 0) {
            let count = rows.len() as u64;
            let batch = rows.finish().map_err(|mut f| f.remove(0))?;
            let row_in_file = splitter.row() - count;
            let step = SourceBatch { batch, first_row: *first_row, file, row_in_file };
            *first_row += count;
            context.progress.add_bytes(splitter.records.bytes() - seen);
            seen = splitter.records.bytes();
            if !rows.spoilt() && sender.send(Ok(step)).is_err() {
                return Ok(false);
            }
        }
        if !more {
            return Ok(true);
        }
    }
}
