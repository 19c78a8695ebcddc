//! What is known of columns before anything is read: from footers, dictionaries, and small text files.

#![allow(clippy::unwrap_used)] // a test that cannot write its own files has failed

mod common;

use common::{connection, decimal, schema, write};
use guiju_connect::{
    config::{Config, Kind},
    read::{self, ReadOptions, Request},
};
use guiju_lang::{
    finding::FileId,
    schema::{ColumnFacts, SchemaProvider},
    ty::Type,
    value::{Decimal, Value},
};
use std::{fmt::Write, path::Path, sync::Arc};

const COLUMNS: [&str; 5] = ["id", "level", "amount", "day", "gone"];

fn facts(folder: &Path, kind: &str, file: &str) -> Vec<Option<ColumnFacts>> {
    let text = format!("connections: {{ lake: {{ kind: {kind}, path: \"{}\" }} }}", folder.display());
    let (config, findings) = Config::parse(&text, Path::new(""), FileId(0));
    assert_eq!(findings, vec![]);
    config.schemas().facts("lake", Some(file), &COLUMNS)
}

fn csv(rows: usize) -> String {
    let mut text = "id,level,amount,day\n".to_owned();
    for i in 0..rows {
        let level = if i % 2 == 0 { ["V4", "V5", "V6"][i % 3] } else { "" };
        writeln!(text, "{i},{level},{}.50,2026-01-{:02}", i * 10, i % 28 + 1).unwrap();
    }
    text
}

fn texts(all: &[&str]) -> Option<Vec<Arc<str>>> {
    Some(all.iter().map(|t| Arc::from(*t)).collect())
}

#[test]
fn a_small_text_file_is_known_whole() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t.csv", csv(100));
    let all = facts(folder.path(), "files", "t.csv");
    let [Some(id), Some(level), Some(amount), Some(day), None] = &all[..] else { panic!("{all:?}") };
    assert_eq!((id.rows, id.missing), (100, Some(0)));
    assert_eq!((level.missing, &level.values), (Some(50), &texts(&["V4", "V5", "V6"])));
    assert_eq!(amount.high, Some(Value::Decimal(Decimal { mantissa: 99_050, scale: 2 })));
    assert_eq!((&day.values, day.rows), (&None, 100));
    write(folder.path(), "t.csv", csv(60_000));
    assert_eq!(facts(folder.path(), "files", "t.csv"), vec![None; 5], "a large file is left alone");
}

#[test]
fn footers_and_dictionaries_say_the_same_of_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "t.csv", csv(3_000));
    let columns =
        schema(&[("id", Type::Integer), ("level", Type::Text), ("amount", decimal(12, 2)), ("day", Type::Date)]);
    let from = connection(Kind::Csv, &path);
    let request = Request {
        connection: &from,
        object: None,
        schema: Some(&columns),
        columns: None,
        options: ReadOptions::default(),
    };
    let batches: Vec<_> = read::open(&request).unwrap().map(|b| b.unwrap().batch).collect();
    let file = std::fs::File::create(folder.path().join("t.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batches[0].schema(), None).unwrap();
    batches.iter().for_each(|b| writer.write(b).unwrap());
    writer.close().unwrap();
    let all = facts(folder.path(), "files", "t.parquet");
    let [Some(id), Some(level), Some(amount), Some(day), None] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (id.rows, id.missing, &id.low, &id.high),
        (3_000, Some(0), &Some(Value::Integer(0)), &Some(Value::Integer(2_999)))
    );
    assert_eq!((level.missing, &level.values), (Some(1_500), &texts(&["V4", "V5", "V6"])));
    assert_eq!(amount.low, Some(Value::Decimal(Decimal { mantissa: 50, scale: 2 })));
    assert!(matches!((&day.low, &day.high), (Some(Value::Date(a)), Some(Value::Date(b))) if b - a == 27));
}

/// A folder through which a stream passes fills up for ever: the last files say what it holds now.
#[test]
fn of_what_passes_the_last_files_are_looked_at() {
    let folder = tempfile::TempDir::new().unwrap();
    let text = format!("connections: {{ line: {{ kind: files, path: \"{}\" }} }}", folder.path().display());
    let (config, _) = Config::parse(&text, Path::new(""), FileId(0));
    let names = |schema: Option<guiju_lang::schema::Schema>| -> Vec<String> {
        schema.into_iter().flat_map(|schema| schema.columns).map(|column| column.name).collect()
    };
    let passing = || names(config.schemas().passing("line", Some("trades")).unwrap());
    write(folder.path(), "trades/0000.csv", "before,amount\n1,2\n");
    assert_eq!(passing(), ["before", "amount"], "while there are few, all of them are");
    for n in 1..40 {
        write(folder.path(), &format!("trades/{n:04}.csv"), csv(1));
    }
    write(folder.path(), "trades/.9999.csv", "half");
    assert_eq!(passing(), ["id", "level", "amount", "day"]);
    assert!(config.schemas().guessed("line", Some("trades")));
    assert!(passing() != names(config.schemas().schema("line", Some("trades")).unwrap_or_default()));
    assert!(config.schemas().passing("line", Some("../trades")).is_err());
}
