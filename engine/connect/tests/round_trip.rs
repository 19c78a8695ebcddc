//! What is written is what is read, in every format; and our CSV reader sees what the `csv` crate sees.

#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

mod common;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use common::*;
use guiju_connect::{
    config::Kind,
    read::ReadOptions,
    sink::{Target, deliver},
};
use guiju_lang::{schema::Schema, ty::Type};
use proptest::prelude::*;
use std::sync::Arc;
use tempfile::tempdir;

#[derive(Debug, Clone)]
struct Row {
    text: Option<String>,
    integer: Option<i64>,
    decimal: Option<i64>,
    real: Option<f64>,
    flag: Option<bool>,
    day: Option<i32>,
    time: Option<i64>,
    at: Option<i64>,
}

fn row() -> impl Strategy<Value = Row> {
    use proptest::option::of;
    // Formulas are written with an apostrophe, on purpose: tested by themselves.
    let text = "[^=+\\-@＝＋－＠\t\r\n\\s\u{0}]?[^\u{0}]{0,12}".prop_filter("a formula", |t| {
        !t.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) && !t.starts_with(['\t', '\r', '\n'])
    });
    let real = prop_oneof![any::<f64>().prop_filter("finite", |v| v.is_finite()), Just(0.0), Just(-0.0)];
    let parts = (
        of(text),
        of(any::<i64>()),
        of(-999_999_999_999_999_999i64..1_000_000_000_000_000_000),
        of(real),
        of(any::<bool>()),
        of(-700_000..2_900_000i32),
        of(0..86_400_000_000i64),
        of(-2_000_000_000_000_000..4_000_000_000_000_000i64),
    );
    parts.prop_map(|(text, integer, decimal, real, flag, day, time, at)| Row {
        text,
        integer,
        decimal,
        real,
        flag,
        day,
        time,
        at,
    })
}

fn batch(rows: &[Row]) -> RecordBatch {
    let id: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows.len()).map(|i| format!("e{i}"))));
    let text: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|r| r.text.clone())));
    let integer: ArrayRef = Arc::new(Int64Array::from_iter(rows.iter().map(|r| r.integer)));
    let decimal = Decimal128Array::from_iter(rows.iter().map(|r| r.decimal.map(i128::from)))
        .with_precision_and_scale(18, 4)
        .unwrap();
    let real: ArrayRef = Arc::new(Float64Array::from_iter(rows.iter().map(|r| r.real)));
    let flag: ArrayRef = Arc::new(BooleanArray::from_iter(rows.iter().map(|r| r.flag)));
    let day: ArrayRef = Arc::new(Date32Array::from_iter(rows.iter().map(|r| r.day)));
    let time: ArrayRef = Arc::new(Time64MicrosecondArray::from_iter(rows.iter().map(|r| r.time)));
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(|r| r.at)).with_timezone("UTC"));
    let columns: [(&str, ArrayRef, bool); 9] = [
        ("id", id, true),
        ("text", text, true),
        ("integer", integer, true),
        ("decimal", Arc::new(decimal), true),
        ("real", real, true),
        ("flag", flag, true),
        ("day", day, true),
        ("time", time, true),
        ("at", at, true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn declared() -> Schema {
    schema(&[
        ("id", Type::Text),
        ("text", Type::Text),
        ("integer", Type::Integer),
        ("decimal", decimal(18, 4)),
        ("real", Type::Real),
        ("flag", Type::Bool),
        ("day", Type::Date),
        ("time", Type::Time),
        ("at", Type::Timestamp),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_come_back(rows in proptest::collection::vec(row(), 1..40), batch_rows in 1usize..50) {
        let written = batch(&rows);
        let dir = tempdir().unwrap();
        for (kind, name) in [(Kind::Csv, "t.csv"), (Kind::JsonLines, "t.jsonl"), (Kind::Parquet, "t.parquet")] {
            let c = connection(kind, &dir.path().join(name));
            let target = Target { connection: &c, object: None, run: "1", id: "id" };
            deliver(&target, &written.schema(), &mut std::iter::once(written.clone())).unwrap();
            let got = read_with(&c, None, Some(&declared()), ReadOptions { batch_rows, ..ReadOptions::default() }).unwrap();
            prop_assert_eq!(nulls(&got), nulls(std::slice::from_ref(&written)), "{}", name);
            prop_assert_eq!(table(&got), table(std::slice::from_ref(&written)), "{}", name);
        }
    }

    #[test]
    fn we_see_what_the_csv_crate_sees(cells in proptest::collection::vec(proptest::collection::vec("[a-c \",\r\n客]{0,6}", 3), 1..20)) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["x", "y", "z"]).unwrap();
        cells.iter().for_each(|r| writer.write_record(r).unwrap());
        let dir = tempdir().unwrap();
        let c = connection(Kind::Csv, &write(dir.path(), "t.csv", writer.into_inner().unwrap()));
        let got = read(&c, None, Some(&schema(&[("x", Type::Text), ("y", Type::Text), ("z", Type::Text)]))).unwrap();
        let rows: Vec<Vec<String>> = got
            .iter()
            .flat_map(|b| (0..b.num_rows()).map(|r| (0..3).map(|i| guiju_connect::sink::value_text(b, i, r).unwrap()).collect()).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(rows, cells);
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'{'), Just(b':'), any::<u8>()], 0..200)) {
        let _ = guiju_connect::fuzz::csv(&bytes);
        let _ = guiju_connect::fuzz::jsonl(&bytes);
        guiju_connect::fuzz::config(&bytes);
        guiju_connect::fuzz::calendar(&bytes);
    }
}
