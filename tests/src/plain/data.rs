//! Reads the shipped files row by row.

use super::write::parse;
use arrow_array::{Array, RecordBatch, cast::AsArray, types};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A row of a text file: heading to value, an empty value left out.
pub type Row = BTreeMap<String, String>;

/// The folder `examples`.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// A CSV file of the shipped data.
pub fn csv(name: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(examples().join("data").join(name)).expect("shipped file");
    let header = reader.headers().expect("header").clone();
    reader
        .records()
        .map(|record| {
            let record = record.expect("row");
            header
                .iter()
                .zip(&record)
                .filter(|(_, v)| !v.is_empty())
                .map(|(h, v)| (h.to_owned(), v.to_owned()))
                .collect()
        })
        .collect()
}

/// `trades.jsonl`, numbers as they are written.
pub fn trades() -> Vec<Row> {
    let text = fs::read_to_string(examples().join("data/trades.jsonl")).expect("shipped file");
    text.lines()
        .map(|line| {
            // The generator writes no nested values and no escapes, so a line can be taken apart by hand.
            let mut row = Row::new();
            for pair in line.trim_matches(['{', '}']).split(",\"") {
                let (name, value) = pair.split_once(':').expect("name and value");
                if value != "null" {
                    row.insert(name.trim_matches('"').to_owned(), value.trim_matches('"').to_owned());
                }
            }
            row
        })
        .collect()
}

/// Cents of `12345.67`.
pub fn cents(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').expect("two digits after the point");
    assert_eq!(fraction.len(), 2, "{text}");
    whole.parse::<i64>().expect("yuan") * 100 + fraction.parse::<i64>().expect("cents")
}

/// The days on which the exchange is closed although it is a weekday.
pub struct Exchange(BTreeSet<i32>);

impl Exchange {
    /// From the shipped calendar, line by line.
    pub fn read() -> Self {
        let text = fs::read_to_string(examples().join("../rulebooks/calendars/sse.yaml")).expect("shipped calendar");
        Self(text.lines().filter_map(|l| l.trim().strip_prefix("- ")).filter_map(parse).collect())
    }

    /// 1970-01-01 was a Thursday.
    pub fn trades_on(&self, day: i32) -> bool {
        let weekday = (day + 3).rem_euclid(7); // 0 = Monday
        weekday < 5 && !self.0.contains(&day)
    }

    /// The n-th trading day strictly after `day`.
    pub fn after(&self, day: i32, n: usize) -> i32 {
        (day + 1..).filter(|d| self.trades_on(*d)).nth(n - 1).expect("a trading day")
    }
}

/// The customer table, one batch.
pub struct Customers(RecordBatch);

impl Customers {
    /// Reads `customers.parquet`.
    pub fn read() -> Self {
        let file = fs::File::open(examples().join("data/customers.parquet")).expect("shipped file");
        let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("reader");
        let batch = reader.next().expect("rows").expect("rows");
        assert!(reader.next().is_none(), "all customers in one batch");
        Self(batch)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.num_rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn column(&self, name: &str) -> &dyn Array {
        self.0.column_by_name(name).unwrap_or_else(|| panic!("no column {name}")).as_ref()
    }

    /// A text.
    pub fn text(&self, row: usize, name: &str) -> Option<&str> {
        let column = self.column(name).as_string::<i32>();
        column.is_valid(row).then(|| column.value(row))
    }

    /// A whole number.
    pub fn integer(&self, row: usize, name: &str) -> Option<i64> {
        let column = self.column(name).as_primitive::<types::Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    }

    /// A day since 1970-01-01.
    pub fn date(&self, row: usize, name: &str) -> Option<i32> {
        let column = self.column(name).as_primitive::<types::Date32Type>();
        column.is_valid(row).then(|| column.value(row))
    }

    /// Cents.
    pub fn money(&self, row: usize, name: &str) -> Option<i64> {
        let column = self.column(name).as_primitive::<types::Decimal128Type>();
        column.is_valid(row).then(|| i64::try_from(column.value(row)).expect("money"))
    }
}
