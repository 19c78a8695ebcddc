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
    Time(&'a str),
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

/// The rows of a batch, one after the other. Timestamps are written with the offset of a zone.
pub(super) struct Rows<'a> {
    columns: Vec<Column<'a>>,
    zone: &'a Zone,
}

struct Column<'a> {
    array: &'a dyn Array,
    /// The last date or time and its text: tasks that are written together mostly say the same one.
    last: Option<(i64, String)>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(batch: &'a RecordBatch, zone: &'a Zone) -> Self {
        Self {
            columns: batch.columns().iter().map(|array| Column { array: array.as_ref(), last: None }).collect(),
            zone,
        }
    }

    /// The value at a place.
    pub(super) fn cell(&mut self, column: usize, row: usize) -> Cell<'_> {
        let Some(Column { array, last }) = self.columns.get_mut(column) else { return Cell::Missing };
        let array: &dyn Array = *array;
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
            DataType::Date32 => {
                let day = array.as_primitive::<Date32Type>().value(row);
                again(last, i64::from(day), || date(day))
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
                again(last, micros, || clock(micros))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                again(last, micros, || timestamp(micros, self.zone))
            }
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary::<Int32Type>();
                let value = dictionary.key(row).filter(|k| dictionary.values().is_valid(*k));
                value.map_or(Cell::Missing, |k| Cell::Text(dictionary.values().as_string::<i32>().value(k)))
            }
            _ => Cell::Missing,
        }
    }
}

/// The text of a date or time, written anew only if it is another one.
fn again(last: &mut Option<(i64, String)>, value: i64, text: impl FnOnce() -> String) -> Cell<'_> {
    if last.as_ref().is_none_or(|(known, _)| *known != value) {
        *last = Some((value, text()));
    }
    last.as_ref().map_or(Cell::Missing, |(_, text)| Cell::Time(text))
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
            Self::Decimal(d) => Cow::Borrowed(d),
            Self::Text(t) | Self::Time(t) => Cow::Borrowed(t),
        }
    }
}
