//! Good files of every format.

#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

mod common;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use common::*;
use guiju_connect::{
    config::{Config, Encoding, Kind, Misfit, TextOptions},
    identity::SourceVersion,
    read::{self, ReadOptions, Request},
    schemas,
};
use guiju_lang::{
    finding::FileId,
    schema::SchemaProvider,
    ty::{Type, Unit},
};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use std::{fs::File, path::Path, sync::Arc};
use tempfile::tempdir;

fn parquet(path: &Path, batch: &RecordBatch, group: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn customers(rows: i64) -> RecordBatch {
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let name: ArrayRef =
        Arc::new(StringArray::from_iter((0..rows).map(|i| (i % 7 != 0).then(|| format!("客户{}", i % 5)))));
    let email: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("{i:0>200}@x.cn"))));
    let balance = Decimal128Array::from_iter_values((0..rows).map(|i| i128::from(i) * 101 - 500))
        .with_precision_and_scale(18, 2)
        .unwrap();
    let score: ArrayRef = Arc::new(Float64Array::from_iter_values(
        (0..rows).map(|i| if i % 10 == 3 { f64::NAN } else { i as f64 / 4.0 }),
    ));
    let balance: ArrayRef = Arc::new(balance);
    RecordBatch::try_from_iter([("id", id), ("name", name), ("email", email), ("balance", balance), ("score", score)])
        .unwrap()
}

#[test]
fn parquet_in_order_whatever_the_threads_and_batches() {
    let dir = tempdir().unwrap();
    parquet(&write(dir.path(), "customers/part-0.parquet", ""), &customers(10_000), 3_000);
    parquet(&write(dir.path(), "customers/part-1.parquet", ""), &customers(10_000).slice(500, 1_500), 1_000);
    let lake = connection(Kind::Files, dir.path());
    let found = schemas::schema_of(&lake, Some("customers")).unwrap();
    assert_eq!(
        found.columns.iter().map(|c| c.typed.ty.to_string()).collect::<Vec<_>>(),
        ["integer", "text", "text", "decimal(18,2)", "real"]
    );
    let reference = read_with(
        &lake,
        Some("customers"),
        None,
        ReadOptions { threads: 1, batch_rows: 100_000, ..ReadOptions::default() },
    )
    .unwrap();
    assert_eq!(
        reference.iter().map(|b| b.num_rows()).collect::<Vec<_>>(),
        [3_000, 3_000, 3_000, 1_000, 1_000, 500],
        "batches end with their row group"
    );
    for (threads, batch_rows) in [(1, 700), (2, 999), (3, 4_096), (8, 1)] {
        let got =
            read_with(&lake, Some("customers"), None, ReadOptions { threads, batch_rows, ..ReadOptions::default() })
                .unwrap();
        assert_eq!(table(&got), table(&reference), "{threads} threads, {batch_rows} rows");
    }
    let types: Vec<&DataType> = reference[0].schema_ref().fields().iter().map(|f| f.data_type()).collect();
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    assert_eq!(
        types,
        [&DataType::Int64, &dictionary, &DataType::Utf8, &DataType::Decimal64(18, 2), &DataType::Float64],
        "names are few, emails are not"
    );
}

#[test]
fn only_the_columns_asked_for_in_their_order() {
    let dir = tempdir().unwrap();
    parquet(&write(dir.path(), "c.parquet", ""), &customers(50), 20);
    let lake = connection(Kind::Parquet, &dir.path().join("c.parquet"));
    let known = schemas::schema_of(&lake, None).unwrap();
    for (columns, first) in [(&[3, 0][..], "-5.00|0"), (&[0], "0"), (&[], "")] {
        let mut scan = read::open(&Request {
            connection: &lake,
            object: None,
            schema: Some(&known),
            columns: Some(columns),
            options: ReadOptions::default(),
        })
        .unwrap();
        assert_eq!(scan.total_rows_hint(), Some(50));
        let batches: Vec<RecordBatch> = scan.by_ref().map(|s| s.unwrap().batch).collect();
        assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), 50);
        assert_eq!(table(&batches).lines().next().unwrap(), first);
    }
    let mut scan = read::open(&Request {
        connection: &lake,
        object: None,
        schema: Some(&known),
        columns: Some(&[4]),
        options: ReadOptions::default(),
    })
    .unwrap();
    assert!(scan.by_ref().all(|s| s.is_ok()));
    assert_eq!(scan.counts().not_finite, 5, "not-a-number is missing, and counted");
}

#[test]
fn csv_with_everything_that_is_allowed() {
    let dir = tempdir().unwrap();
    let text = "\u{feff}客户号,name,balance,rate,opened,seen,vip\r\n000123,\"O\"\"Neil, 李\",1234.50,1e-3,2024-02-29,2026-11-22 09:30:00,true\r\n\r\n000124,,,,,,\r\n000125,\"\",-0.05,inf,2026-11-22,2026-11-22T01:30:00Z,FALSE";
    write(dir.path(), "crm/customers.csv", text);
    let crm = connection(Kind::Csv, &dir.path().join("crm"));
    let got = read(&crm, Some("customers"), None).unwrap();
    let found = schemas::schema_of(&crm, Some("customers")).unwrap();
    let types: Vec<String> = found.columns.iter().map(|c| c.typed.ty.to_string()).collect();
    // `inf` is a word until the column is declared to be real.
    assert_eq!(types, ["text", "text", "decimal(18,2)", "text", "date", "timestamp", "bool"]);
    let want = "000123|O\"Neil, 李|1234.50|1e-3|2024-02-29|2026-11-22T09:30:00+08:00|true\n000124|∅|∅|∅|∅|∅|∅\n000125||-0.05|inf|2026-11-22|2026-11-22T09:30:00+08:00|false\n";
    assert_eq!(table(&got), want);
    let declared = schema(&[("rate", Type::Real), ("客户号", Type::Integer)]);
    assert_eq!(table(&read(&crm, Some("customers"), Some(&declared)).unwrap()), "0.001|123\n∅|124\n∅|125\n");
}

#[test]
fn a_declared_encoding_delimiter_and_words_for_missing() {
    let dir = tempdir().unwrap();
    let (gbk, _, _) = encoding_rs::GBK.encode("姓名|余额\n张三|N/A\n李四|-\n王五|\"-\"\n");
    write(dir.path(), "c.csv", gbk);
    let text = TextOptions {
        null: vec!["N/A".into(), "-".into()],
        encoding: Encoding::Gbk,
        delimiter: b'|',
        ..TextOptions::default()
    };
    let crm = with_text(connection(Kind::Csv, &dir.path().join("c.csv")), text, Misfit::Error);
    assert_eq!(table(&read(&crm, None, None).unwrap()), "张三|∅\n李四|∅\n王五|-\n", "quoting makes a word of it");
}

#[test]
fn json_lines_keep_their_digits() {
    let dir = tempdir().unwrap();
    write(
        dir.path(),
        "t.jsonl",
        "{\"id\": 1, \"amount\": 12345678901234567890.12, \"note\": \"a\\u4e2d\\\"\", \"day\": \"2026-11-22\", \"code\": \"007\"}\n\n{\"id\": 2, \"ok\": true, \"amount\": null}\n",
    );
    let t = connection(Kind::JsonLines, &dir.path().join("t.jsonl"));
    let found = schemas::schema_of(&t, None).unwrap();
    let types: Vec<String> = found.columns.iter().map(|c| format!("{} {}", c.name, c.typed.ty)).collect();
    assert_eq!(types, ["id integer", "amount decimal(38,2)", "note text", "day date", "code text", "ok bool"]);
    assert_eq!(
        table(&read(&t, None, None).unwrap()),
        "1|12345678901234567890.12|a中\"|2026-11-22|007|∅\n2|∅|∅|∅|∅|true\n"
    );
}

#[test]
fn percents_are_read_as_shares() {
    let dir = tempdir().unwrap();
    write(dir.path(), "r.csv", "rate,real\n12.5,12.5\n-0.01,100\n");
    let mut declared = schema(&[("rate", decimal(9, 4)), ("real", Type::Real)]);
    for c in &mut declared.columns {
        c.typed.unit = Unit::Percent;
    }
    let c = connection(Kind::Csv, &dir.path().join("r.csv"));
    assert_eq!(table(&read(&c, None, Some(&declared)).unwrap()), "0.1250|0.125\n-0.0001|1.0\n");
}

#[test]
fn folders_globs_and_names() {
    let dir = tempdir().unwrap();
    for (name, text) in [
        ("trades/b.csv", "id,v\n3,c\n"),
        ("trades/a.csv", "v,id\na,1\nb,2\n"),
        ("trades/.hidden.csv", "x\n"),
        ("trades/readme.txt", "x"),
        ("notes.csv", "n\n1\n"),
    ] {
        write(dir.path(), name, text);
    }
    let lake = connection(Kind::Files, dir.path());
    for object in ["trades", "trades/*.csv", "tr?des/?.csv"] {
        assert_eq!(
            table(&read(&lake, Some(object), Some(&schema(&[("id", Type::Integer), ("v", Type::Text)]))).unwrap()),
            "1|a\n2|b\n3|c\n",
            "{object}"
        );
    }
    assert_eq!(table(&read(&lake, Some("notes"), None).unwrap()), "1\n");
    let one = connection(Kind::Files, &dir.path().join("notes.csv"));
    assert_eq!(
        table(&read(&one, Some("whatever"), None).unwrap()),
        "1\n",
        "a connection that is one file has one table"
    );
}

#[test]
fn values_that_do_not_fit_can_be_made_missing() {
    let dir = tempdir().unwrap();
    write(dir.path(), "c.csv", "n\n1\nx\n3\n");
    let c = with_text(connection(Kind::Csv, &dir.path().join("c.csv")), TextOptions::default(), Misfit::Missing);
    let declared = schema(&[("n", Type::Integer)]);
    let mut scan = read::open(&Request {
        connection: &c,
        object: None,
        schema: Some(&declared),
        columns: None,
        options: ReadOptions::default(),
    })
    .unwrap();
    let batches: Vec<RecordBatch> = scan.by_ref().map(|s| s.unwrap().batch).collect();
    assert_eq!((table(&batches).as_str(), scan.counts().misfits), ("1\n∅\n3\n", 1));
}

#[test]
fn a_version_names_the_content() {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "a/c.csv", "n\n1\n");
    let version = |p: &Path| SourceVersion::of(&[p.to_owned()]).unwrap().hash;
    let before = version(&path);
    assert_eq!(before, version(&write(dir.path(), "b/c.csv", "n\n1\n")), "the same content elsewhere, later");
    write(dir.path(), "a/c.csv", "n\n2\n");
    assert_ne!(before, version(&path));
}

#[test]
fn the_checker_is_told() {
    let dir = tempdir().unwrap();
    write(dir.path(), "data/c.csv", "n\n1\n");
    let (config, _) = Config::parse("connections: { crm: { kind: csv, path: data } }", dir.path(), FileId(0));
    let schemas = config.schemas();
    assert_eq!(schemas.schema("crm", Some("c")).unwrap().unwrap().columns, [column("n", Type::Integer)]);
    assert!(schemas.guessed("crm", Some("c")), "a declaration may say that these numbers are dates");
    assert_eq!(schemas.schema("lake", None).unwrap(), None, "not bound: the rulebook must say everything");
    assert!(schemas.schema("crm", Some("d")).is_err());
}
