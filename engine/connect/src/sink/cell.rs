//! One value of a batch as files and databases write it.

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{
        Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
    },
};
use arrow_schema::{DataType, TimeUnit};
use guiju_lang::time::{Civil, Zone};
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
        DataType::Decimal64(_, s) => Cell::Decimal(digits(i128::from(array.as_primitive::<Decimal64Type>().value(row)), *s)),
        DataType::Decimal128(_, s) => Cell::Decimal(digits(array.as_primitive::<Decimal128Type>().value(row), *s)),
        DataType::Date32 => Cell::Time(date(array.as_primitive::<Date32Type>().value(row))),
        DataType::Time64(TimeUnit::Microsecond) => Cell::Time(clock(array.as_primitive::<Time64MicrosecondType>().value(row))),
        DataType::Timestamp(TimeUnit::Microsecond, _) => Cell::Time(timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), zone)),
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

fn digits(mantissa: i128, scale: i8) -> String {
    let places = usize::try_from(scale).unwrap_or(0);
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The inverse of [`crate::read::parse::date`].
pub(crate) fn date(days: i32) -> String {
    let Civil { year, month, day } = Civil::of(days);
    format!("{year:04}-{month:02}-{day:02}")
}

fn clock(micros: i64) -> String {
    let (s, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let base = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if rest == 0 { base } else { format!("{base}.{rest:06}") }
}

pub(crate) fn timestamp(micros: i64, zone: &Zone) -> String {
    let (days, of_day) = zone.local(micros);
    let minutes = zone.offset(micros) / 60_000_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{}T{}{sign}{:02}:{:02}", date(days), clock(of_day), minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::parse;

    #[test]
    fn dates_go_there_and_back() {
        for days in (-700_000..2_900_000).step_by(37) {
            assert_eq!(parse::date(&date(days)), Some(days));
        }
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        for micros in [0, 1, -1, 1_795_282_200_000_000] {
            assert_eq!(parse::timestamp(&timestamp(micros, &shanghai), &Zone::utc()), Some(micros));
        }
    }

    #[test]
    fn decimals_show_all_places() {
        assert_eq!((digits(-5, 2).as_str(), digits(0, 0).as_str(), digits(123_456, 3).as_str()), ("-0.05", "0", "123.456"));
        assert_eq!(digits(i128::MIN, 0), i128::MIN.to_string());
    }
}
