//! CSV out. Values that begin like a formula get an apostrophe in front, so that a spreadsheet shows them instead of running them;
//! only texts can begin so, numbers are left alone.

use super::{
    Ids, Target, Written,
    atomic::AtomicFile,
    cell::{Cell, Rows, id_of},
};
use crate::{config::Encoding, problem, read};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use guiju_lang::finding::Finding;
use std::path::Path;

pub(super) fn stage(
    target: &Target<'_>,
    path: &Path,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(AtomicFile, Written), Finding> {
    let text = &target.connection.text;
    let mut ids = Ids::default();
    let mut out = AtomicFile::create(path)?;
    if path.exists() {
        existing(target, path, schema, &mut ids)?;
        out.copy_lines()?;
    } else {
        let mut header = String::new();
        for (i, field) in schema.fields().iter().enumerate() {
            separate(&mut header, i, text.delimiter);
            quote(&mut header, field.name(), text.delimiter, &[]);
        }
        header.push('\n');
        out.put(&encode(&header, text.encoding))?;
    }
    let id = schema.index_of(target.id).unwrap_or(0);
    let mut counts = Written::default();
    let mut line = String::new();
    for batch in batches {
        let mut rows = Rows::of(&batch, &text.zone);
        for row in 0..batch.num_rows() {
            if !ids.first_time(id_of(&batch, id, row)) {
                counts.already += 1;
                continue;
            }
            line.clear();
            for column in 0..batch.num_columns() {
                separate(&mut line, column, text.delimiter);
                match rows.cell(column, row) {
                    Cell::Missing => line.push_str(text.null.first().map_or("", String::as_str)),
                    Cell::Text(t) => quote(&mut line, &defuse(t), text.delimiter, &text.null),
                    other => line.push_str(&other.text()),
                }
            }
            line.push('\n');
            out.put(&encode(&line, text.encoding))?;
            counts.written += 1;
        }
    }
    Ok((out, counts))
}

/// Takes in the ids of the file that is there; its columns must be these.
fn existing(target: &Target<'_>, path: &Path, schema: &SchemaRef, ids: &mut Ids) -> Result<(), Finding> {
    let (names, mut rows) = read::header(path, target.connection, &read::Limits::default())?;
    let wanted: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    if let Some(odd) =
        (0..names.len().max(wanted.len())).find(|i| names.get(*i).map(String::as_str) != wanted.get(*i).copied())
    {
        let name = names.get(odd).map(String::as_str).or(wanted.get(odd).copied()).unwrap_or_default();
        return Err(problem::sink_shape(path, name));
    }
    let id = schema.index_of(target.id).unwrap_or(0);
    while rows.advance()? {
        if let Some((text, _)) = rows.get(id) {
            ids.first_time(text);
        }
    }
    Ok(())
}

fn separate(line: &mut String, column: usize, delimiter: u8) {
    if column > 0 {
        line.push(char::from(delimiter));
    }
}

/// Quotes where a reader would otherwise see something else: separators, blanks at the ends, the words for missing.
fn quote(line: &mut String, text: &str, delimiter: u8, null: &[String]) {
    let special = |c: char| c == '"' || c == '\n' || c == '\r' || c == char::from(delimiter);
    let blank_ends = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    if text.is_empty() || text.contains(special) || blank_ends || null.iter().any(|n| n == text) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// `=1+1`, `+1`, `-1`, `@x`, also after blanks and in full width, are formulas to spreadsheets.
pub(crate) fn defuse(text: &str) -> std::borrow::Cow<'_, str> {
    let first = text.trim_start().chars().next();
    if first.is_some_and(|c| "=+-@＝＋－＠".contains(c)) || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

fn encode(text: &str, encoding: Encoding) -> std::borrow::Cow<'_, [u8]> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().into(),
        // GB 18030 has a place for every character.
        Encoding::Gbk => encoding_rs::GB18030.encode(text).0,
    }
}
