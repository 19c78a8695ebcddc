//! One value of a batch as files and databases write it.

use crate::show::{clock, date, digits, timestamp};
use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{
        Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType,
        TimestampMicrosecondType,
    },
};
use arrow_schema::{DataType, TimeUnit};
use guiju_lang::time::Zone;
use std::borrow::Cow;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Missing,
    Bool(bool),
    Integer(i64),
    Real(f64),
    /// Digits.
    Decimal(String),
    Text(&'a str),
    /// Dates and times in ISO 8601.
    Time(String),
}

/// Whether a column can be written.
pub(super) fn can_write(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Boolean
            | DataType::Int32
            | DataType::Int64
            | DataType::Float64
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Time64(TimeUnit::Microsecond)
            | DataType::Timestamp(TimeUnit::Microsecond, _)
    ) || matches!(ty, DataType::Dictionary(k, v) if **k == DataType::Int32 && **v == DataType::Utf8)
}

/// The value at a place. Timestamps are written with the offset of `zone`.
pub(super) fn cell<'a>(batch: &'a RecordBatch, column: usize, row: usize, zone: &Zone) -> Cell<'a> {
    let array: &'a dyn Array = batch.column(column).as_ref();
    if array.is_null(row) {
        return Cell::Missing;
    }
    match array.data_type() {
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int32 => Cell::Integer(i64::from(array.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => Cell::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Cell::Real(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row)),
        DataType::Decimal64(_, s) => {
            Cell::Decimal(digits(i128::from(array.as_primitive::<Decimal64Type>().value(row)), *s))
        }
        DataType::Decimal128(_, s) => Cell::Decimal(digits(array.as_primitive::<Decimal128Type>().value(row), *s)),
        DataType::Date32 => Cell::Time(date(array.as_primitive::<Date32Type>().value(row))),
        DataType::Time64(TimeUnit::Microsecond) => {
            Cell::Time(clock(array.as_primitive::<Time64MicrosecondType>().value(row)))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Cell::Time(timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), zone))
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let value = dictionary.key(row).filter(|k| dictionary.values().is_valid(*k));
            value.map_or(Cell::Missing, |k| Cell::Text(dictionary.values().as_string::<i32>().value(k)))
        }
        _ => Cell::Missing,
    }
}

/// The effect id of a row; [`super::deliver`] has seen that the column is a text.
pub(super) fn id_of(batch: &RecordBatch, column: usize, row: usize) -> &str {
    batch.column(column).as_string_opt::<i32>().map_or("", |ids| ids.value(row))
}

impl Cell<'_> {
    /// As text, without quotes.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
            Self::Integer(i) => Cow::Owned(i.to_string()),
            Self::Real(r) => Cow::Owned(format!("{r:?}")),
            Self::Decimal(d) | Self::Time(d) => Cow::Borrowed(d),
            Self::Text(t) => Cow::Borrowed(t),
        }
    }
}
