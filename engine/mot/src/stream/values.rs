//! Columns as whole numbers, and back: what a window adds up, compares and counts.

use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray, cast::AsArray,
    types,
};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use guiju_core::id::digest;
use guiju_lang::ty::Type;
use std::sync::Arc;

/// A column's values as whole numbers: a decimal's digits, a date's days, a timestamp's microseconds; a text as 128 bits that stand
/// for it.
pub(crate) fn whole(array: &ArrayRef) -> Result<Vec<Option<i128>>, ArrowError> {
    macro_rules! of {
        ($t:ty) => {
            array.as_primitive::<$t>().iter().map(|v| v.map(i128::from)).collect()
        };
    }
    Ok(match array.data_type() {
        DataType::Int32 => of!(types::Int32Type),
        DataType::Int64 => of!(types::Int64Type),
        DataType::Date32 => of!(types::Date32Type),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(types::TimestampMicrosecondType),
        DataType::Decimal64(..) => of!(types::Decimal64Type),
        DataType::Decimal128(..) => of!(types::Decimal128Type),
        DataType::Boolean => array.as_boolean().iter().map(|v| v.map(i128::from)).collect(),
        DataType::Utf8 => array.as_string::<i32>().iter().map(|v| v.map(digest)).collect(),
        DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => {
            let dictionary = array.as_dictionary::<types::Int32Type>();
            let texts: &StringArray = dictionary.values().as_string::<i32>();
            let digests: Vec<Option<i128>> = texts.iter().map(|v| v.map(digest)).collect();
            dictionary.keys().iter().map(|key| *digests.get(usize::try_from(key?).ok()?)?).collect()
        }
        DataType::Null => vec![None; array.len()],
        other => return Err(ArrowError::SchemaError(format!("a window cannot hold values of type {other}"))),
    })
}

/// A figure's column.
pub(crate) fn column(values: Vec<Option<i128>>, ty: &Type) -> Result<ArrayRef, ArrowError> {
    fn narrow<N: TryFrom<i128>>(values: Vec<Option<i128>>) -> impl Iterator<Item = Option<N>> {
        values.into_iter().map(|value| value.and_then(|value| N::try_from(value).ok()))
    }
    Ok(match ty {
        Type::Decimal(d) => {
            let digits: Decimal128Array = values.into_iter().collect();
            // A scale is at most 38.
            Arc::new(digits.with_precision_and_scale(d.precision, d.scale as i8)?)
        }
        Type::Date => Arc::new(narrow::<i32>(values).collect::<Date32Array>()),
        Type::Timestamp => Arc::new(narrow::<i64>(values).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        _ => Arc::new(narrow::<i64>(values).collect::<Int64Array>()),
    })
}
