//! What the tests of this crate share: real files, and findings as people read them.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use arrow_array::{Array, RecordBatch};
use guiju_connect::{
    config::{Config, Connection, Kind, Misfit, TextOptions},
    read::{self, ReadOptions, Request},
    sink,
};
use guiju_lang::{
    finding::{FileId, Finding, Lang, catalogue},
    schema::{Column, Schema},
    ty::{DecimalType, Type, Typed},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn connection(kind: Kind, path: &Path) -> Connection {
    let text = format!("connections: {{ x: {{ kind: {}, path: \"{}\" }} }}", kind.word(), path.display());
    let (config, findings) = Config::parse(&text, Path::new(""), FileId(0));
    assert_eq!(findings, vec![]);
    config.connections.into_iter().next().unwrap()
}

pub fn with_text(mut connection: Connection, text: TextOptions, misfit: Misfit) -> Connection {
    connection.text = text;
    connection.misfit = misfit;
    connection
}

pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

pub fn column(name: &str, ty: Type) -> Column {
    Column { name: name.into(), typed: Typed::new(ty, true) }
}

pub fn decimal(precision: u8, scale: u8) -> Type {
    Type::Decimal(DecimalType { precision, scale })
}

pub fn schema(columns: &[(&str, Type)]) -> Schema {
    Schema { columns: columns.iter().map(|(n, t)| column(n, t.clone())).collect() }
}

pub fn read(
    connection: &Connection,
    object: Option<&str>,
    schema: Option<&Schema>,
) -> Result<Vec<RecordBatch>, Vec<Finding>> {
    read_with(connection, object, schema, ReadOptions::default())
}

pub fn read_with(
    connection: &Connection,
    object: Option<&str>,
    schema: Option<&Schema>,
    options: ReadOptions,
) -> Result<Vec<RecordBatch>, Vec<Finding>> {
    let mut next = 0;
    read::open(&Request { connection, object, schema, columns: None, options })?
        .map(|step| {
            let step = step?;
            assert_eq!(step.first_row, next, "rows are numbered without gaps");
            next += step.batch.num_rows() as u64;
            Ok(step.batch)
        })
        .collect()
}

/// Everything as CSV text: the easiest thing to compare.
pub fn table(batches: &[RecordBatch]) -> String {
    let mut out = String::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> =
                (0..batch.num_columns()).map(|c| sink::value_text(batch, c, row).unwrap_or("∅".into())).collect();
            out.push_str(&cells.join("|"));
            out.push('\n');
        }
    }
    out
}

/// `[5304] data.csv row 2: this row has …`, without the folder.
pub fn say(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|f| {
            let place = match &f.at {
                guiju_lang::finding::At::Data { path, row, column, byte } => {
                    let file = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let row = row.map_or(String::new(), |r| format!(" row {r}"));
                    let column = column.as_ref().map_or(String::new(), |c| format!(" column {c}"));
                    let byte = byte.map_or(String::new(), |b| format!(" byte {b}"));
                    format!("{file}{row}{column}{byte}")
                }
                _ => String::new(),
            };
            for lang in [Lang::En, Lang::Zh] {
                let text = catalogue::message(f, lang);
                assert!(!text.contains('…'), "a placeholder is not filled: {text}");
            }
            format!("[{}] {place}: {}", f.code.0, catalogue::message(f, Lang::En))
        })
        .collect()
}

pub fn nulls(batches: &[RecordBatch]) -> usize {
    batches.iter().flat_map(|b| b.columns()).map(|c| c.logical_null_count()).sum()
}
