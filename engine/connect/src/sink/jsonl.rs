//! JSON lines out. Missing is `null`; decimals are numbers with all their digits.

use super::{
    Ids, Target, Written,
    atomic::AtomicFile,
    cell::{Cell, Rows, id_of},
};
use crate::{
    config::Encoding,
    read::{Limits, Lines, Member, TextFile},
};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use guiju_lang::{finding::Finding, time::Zone};
use std::path::Path;

pub(super) fn stage(
    target: &Target<'_>,
    path: &Path,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(AtomicFile, Written), Finding> {
    let mut ids = Ids::default();
    let mut out = AtomicFile::create(path)?;
    if path.exists() {
        existing(target, path, &mut ids)?;
        out.copy_lines()?;
    }
    let id = schema.index_of(target.id).unwrap_or(0);
    let keys = keys(schema);
    let mut counts = Written::default();
    let mut line = String::new();
    for batch in batches {
        let mut rows = Rows::of(&batch, &target.connection.text.zone);
        for row in 0..batch.num_rows() {
            if !ids.first_time(id_of(&batch, id, row)) {
                counts.already += 1;
                continue;
            }
            line.clear();
            document(&keys, &mut rows, row, &mut line);
            line.push('\n');
            out.put(line.as_bytes())?;
            counts.written += 1;
        }
    }
    Ok((out, counts))
}

/// The columns' names as JSON.
fn keys(schema: &SchemaRef) -> Vec<String> {
    schema.fields().iter().map(|f| serde_json::Value::from(f.name().as_str()).to_string()).collect()
}

fn document(keys: &[String], rows: &mut Rows<'_>, row: usize, line: &mut String) {
    for (column, key) in keys.iter().enumerate() {
        line.push_str(if column == 0 { "{" } else { "," });
        line.push_str(key);
        line.push(':');
        match rows.cell(column, row) {
            Cell::Missing => line.push_str("null"),
            Cell::Text(t) => line.push_str(&serde_json::Value::from(t).to_string()),
            Cell::Time(t) => line.push_str(&format!("\"{t}\"")),
            Cell::Real(r) if !r.is_finite() => line.push_str("null"),
            other => line.push_str(&other.text()),
        }
    }
    line.push('}');
}

/// Every row with its id.
pub(super) fn documents(batch: &RecordBatch, id: &str, zone: &Zone) -> Vec<(String, String)> {
    let keys = keys(&batch.schema());
    let column = batch.schema().index_of(id).unwrap_or(0);
    let mut rows = Rows::of(batch, zone);
    let mut one = |row| {
        let mut line = String::new();
        document(&keys, &mut rows, row, &mut line);
        (id_of(batch, column, row).to_owned(), line)
    };
    (0..batch.num_rows()).map(&mut one).collect()
}

fn existing(target: &Target<'_>, path: &Path, ids: &mut Ids) -> Result<(), Finding> {
    let text = TextFile::open(path, Encoding::Utf8).map_err(|t| t.finding(path, None))?;
    let mut lines = Lines::new(text, &Limits { record_bytes: usize::MAX >> 1, ..Limits::default() });
    while lines
        .object(|_, object| {
            if let Some((_, Member::Text(id))) = object.iter().find(|(k, _)| k == target.id) {
                ids.first_time(id);
            }
        })?
        .is_some()
    {}
    Ok(())
}
