//! Random tables as Parquet: few distinct values, many of them missing.

use crate::value::{Kind, date, digits, integer, pick, rarely, real, text};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt8Array, UInt32Array, types::Int32Type,
};
use guiju_examples::random::Random;
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use std::{fs::File, path::Path, sync::Arc};

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl Column {
    /// As DuckDB must read it.
    pub(crate) fn sql(&self) -> String {
        match self.kind {
            Kind::Integer(..) => format!("{0}::BIGINT AS {0}", self.name),
            Kind::Real(_) => format!("finite({0}) AS {0}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// Writes a table with `id` and these columns.
pub(crate) fn write(path: &Path, dice: &mut Random, columns: &[Column], rows: usize) {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows as i64));
    let mut all = vec![("id".to_owned(), ids)];
    all.extend(columns.iter().map(|column| (column.name.clone(), drawn(dice, column.kind, rows))));
    // Nullable even where nothing is missing.
    let batch = RecordBatch::try_from_iter_with_nullable(all.into_iter().map(|(name, array)| (name, array, true)));
    let batch = batch.unwrap();
    let group = pick(dice, &[3, 50, 1_000]);
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_dictionary_enabled(rarely(dice, 2))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Values of a column: a few that come again and again; none, some or all are missing.
fn drawn(dice: &mut Random, kind: Kind, rows: usize) -> ArrayRef {
    let missing = pick(dice, &[0, 0, 10, 10, 50, 100]);
    let distinct = dice.between(1, 12) as usize;
    match kind {
        Kind::Integer(bytes, signed) => {
            let cells = cells(dice, (rows, missing, distinct), |dice| integer(dice, bytes, signed));
            match (bytes, signed) {
                (1, true) => Arc::new(cells.map(|n| n.map(|n| n as i8)).collect::<Int8Array>()),
                (2, true) => Arc::new(cells.map(|n| n.map(|n| n as i16)).collect::<Int16Array>()),
                (4, true) => Arc::new(cells.map(|n| n.map(|n| n as i32)).collect::<Int32Array>()),
                (1, false) => Arc::new(cells.map(|n| n.map(|n| n as u8)).collect::<UInt8Array>()),
                (4, false) => Arc::new(cells.map(|n| n.map(|n| n as u32)).collect::<UInt32Array>()),
                _ => Arc::new(cells.collect::<Int64Array>()),
            }
        }
        Kind::Decimal(precision, scale) => {
            let cells = cells(dice, (rows, missing, distinct), |dice| digits(dice, precision, scale));
            let array = cells.collect::<Decimal128Array>().with_precision_and_scale(precision, scale as i8);
            Arc::new(array.unwrap())
        }
        Kind::Real(true) => Arc::new(cells(dice, (rows, missing, distinct), real).collect::<Float64Array>()),
        Kind::Real(false) => {
            Arc::new(cells(dice, (rows, missing, distinct), |dice| real(dice) as f32).collect::<Float32Array>())
        }
        Kind::Text(how) => {
            let texts: Vec<Option<String>> = cells(dice, (rows, missing, distinct), text).collect();
            let texts = texts.iter().map(Option::as_deref);
            match how {
                0 => Arc::new(texts.collect::<StringArray>()),
                1 => Arc::new(texts.collect::<LargeStringArray>()),
                2 => Arc::new(texts.collect::<StringViewArray>()),
                _ => Arc::new(texts.collect::<DictionaryArray<Int32Type>>()),
            }
        }
        Kind::Bool => {
            Arc::new(cells(dice, (rows, missing, distinct), |dice| rarely(dice, 2)).collect::<BooleanArray>())
        }
        Kind::Date(all) => {
            Arc::new(cells(dice, (rows, missing, distinct), |dice| date(dice, all)).collect::<Date32Array>())
        }
        Kind::Timestamp => {
            let drawn = |dice: &mut Random| i64::from(date(dice, false)) * 86_400_000_000 + dice.between(-1, 1);
            let array = cells(dice, (rows, missing, distinct), drawn).collect::<TimestampMicrosecondArray>();
            Arc::new(array.with_timezone("UTC"))
        }
        Kind::Time => {
            let ends = [0, 1, 34_200_000_000, 43_200_000_000, 86_399_999_999];
            let array = cells(dice, (rows, missing, distinct), |dice| pick(dice, &ends));
            Arc::new(array.collect::<Time64MicrosecondArray>())
        }
    }
}

fn cells<T: Clone>(
    dice: &mut Random,
    (rows, missing, distinct): (usize, i64, usize),
    draw: impl Fn(&mut Random) -> T,
) -> impl Iterator<Item = Option<T>> {
    let pool: Vec<T> = (0..distinct).map(|_| draw(dice)).collect();
    let cell = |dice: &mut Random| {
        let value = pool[dice.between(0, pool.len() as i64 - 1) as usize].clone();
        (dice.between(1, 100) > missing).then_some(value)
    };
    (0..rows).map(|_| cell(dice)).collect::<Vec<_>>().into_iter()
}
