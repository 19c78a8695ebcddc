//! Columns as whole numbers, and back: what a window adds up, compares and counts.

use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray, cast::AsArray,
    types,
};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use guiju_core::id::digest;
use guiju_lang::ty::Type;
use std::{collections::HashMap, sync::Arc};

/// A column's values as whole numbers: a decimal's digits, a date's days, a timestamp's microseconds; a text as 128 bits that stand
/// for it.
pub(super) struct Numbers {
    digits: Digits,
    nulls: Option<NullBuffer>,
}

enum Digits {
    Narrow(ScalarBuffer<i64>),
    Wide(ScalarBuffer<i128>),
    None,
}

/// Whether values of this type need 128 bits.
pub(super) fn is_wide(ty: &Type) -> bool {
    match ty {
        Type::Decimal(d) => d.precision > 18,
        Type::Text => true,
        _ => false,
    }
}

/// Texts that came before and what stands for them: a digest costs more than a look.
#[derive(Debug, Clone, Default)]
pub(super) struct Digests(HashMap<Box<str>, i128>);

impl Digests {
    /// Texts that repeat are few.
    const MOST: usize = 65_536;

    fn of(&mut self, text: &str) -> i128 {
        if let Some(known) = self.0.get(text) {
            return *known;
        }
        let new = digest(text);
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(text.into(), new);
        new
    }
}

impl Numbers {
    /// With at most 64 bits where `wide` does not say more; what does not fit is not of the column's type, and missing.
    pub(super) fn of(array: &ArrayRef, wide: bool, digests: &mut Digests) -> Result<Self, ArrowError> {
        macro_rules! narrow {
            ($t:ty) => {
                Digits::Narrow(array.as_primitive::<$t>().values().iter().map(|v| i64::from(*v)).collect())
            };
        }
        let mut nulls = array.logical_nulls();
        let mut texts =
            |texts: &StringArray| -> Vec<i128> { texts.iter().map(|v| v.map_or(0, |text| digests.of(text))).collect() };
        let digits = match array.data_type() {
            DataType::Int32 => narrow!(types::Int32Type),
            DataType::Date32 => narrow!(types::Date32Type),
            DataType::Int64 => Digits::Narrow(array.as_primitive::<types::Int64Type>().values().clone()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Digits::Narrow(array.as_primitive::<types::TimestampMicrosecondType>().values().clone())
            }
            DataType::Decimal64(..) => Digits::Narrow(array.as_primitive::<types::Decimal64Type>().values().clone()),
            DataType::Decimal128(..) if !wide => {
                let values = array.as_primitive::<types::Decimal128Type>().values();
                if values.iter().any(|v| i64::try_from(*v).is_err()) {
                    let fit = values.iter().map(|v| i64::try_from(*v).is_ok()).collect::<BooleanBuffer>();
                    nulls = NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::new(fit)));
                }
                Digits::Narrow(values.iter().map(|v| *v as i64).collect())
            }
            DataType::Decimal128(..) => Digits::Wide(array.as_primitive::<types::Decimal128Type>().values().clone()),
            DataType::Boolean => Digits::Narrow(array.as_boolean().values().iter().map(i64::from).collect()),
            DataType::Utf8 => Digits::Wide(texts(array.as_string::<i32>()).into()),
            DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => {
                let dictionary = array.as_dictionary::<types::Int32Type>();
                let known = texts(dictionary.values().as_string::<i32>());
                let of = |key: &i32| usize::try_from(*key).ok().and_then(|key| known.get(key)).copied();
                Digits::Wide(dictionary.keys().values().iter().map(|key| of(key).unwrap_or_default()).collect())
            }
            DataType::Null => {
                nulls = Some(NullBuffer::new_null(array.len()));
                Digits::None
            }
            other => return Err(ArrowError::SchemaError(format!("a window cannot hold values of type {other}"))),
        };
        Ok(Self { digits, nulls })
    }

    /// It is not missing in this row.
    pub(super) fn is_there(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    }

    pub(super) fn value(&self, row: usize) -> Option<i128> {
        if !self.is_there(row) {
            return None;
        }
        match &self.digits {
            Digits::Narrow(values) => Some(values[row].into()),
            Digits::Wide(values) => Some(values[row]),
            Digits::None => None,
        }
    }
}

/// A figure's column on its way.
pub(super) struct Figures<'a> {
    ty: &'a Type,
    digits: Numerals,
    there: BooleanBufferBuilder,
}

enum Numerals {
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

impl<'a> Figures<'a> {
    pub(super) fn of(ty: &'a Type, rows: usize) -> Self {
        let digits = match ty {
            Type::Decimal(_) => Numerals::Wide(Vec::with_capacity(rows)),
            _ => Numerals::Narrow(Vec::with_capacity(rows)),
        };
        Self { ty, digits, there: BooleanBufferBuilder::new(rows) }
    }

    /// Of one more row. What its type has no room for is missing.
    pub(super) fn push(&mut self, value: Option<i128>) {
        let there = match &mut self.digits {
            Numerals::Wide(digits) => {
                digits.push(value.unwrap_or_default());
                value.is_some()
            }
            Numerals::Narrow(digits) => {
                let narrow = value.and_then(|value| i64::try_from(value).ok());
                digits.push(narrow.unwrap_or_default());
                narrow.is_some()
            }
        };
        self.there.append(there);
    }

    pub(super) fn finish(mut self) -> Result<ArrayRef, ArrowError> {
        let nulls = NullBuffer::new(self.there.finish());
        let nulls = Some(nulls).filter(|nulls| nulls.null_count() > 0);
        Ok(match (self.digits, self.ty) {
            // A scale is at most 38.
            (Numerals::Wide(digits), Type::Decimal(d)) => Arc::new(
                Decimal128Array::new(digits.into(), nulls).with_precision_and_scale(d.precision, d.scale as i8)?,
            ),
            (Numerals::Wide(digits), _) => Arc::new(Decimal128Array::new(digits.into(), nulls)),
            (Numerals::Narrow(digits), Type::Date) => {
                // A date's days were 32 bits when they came.
                Arc::new(Date32Array::new(digits.into_iter().map(|day| day as i32).collect(), nulls))
            }
            (Numerals::Narrow(digits), Type::Timestamp) => {
                Arc::new(TimestampMicrosecondArray::new(digits.into(), nulls).with_timezone("UTC"))
            }
            (Numerals::Narrow(digits), _) => Arc::new(Int64Array::new(digits.into(), nulls)),
        })
    }
}
