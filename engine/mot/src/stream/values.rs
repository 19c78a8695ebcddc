//! Columns as whole numbers, and back: what a window adds up, compares and counts.

use super::window::write;
use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal64Array, Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray,
    cast::AsArray, types,
};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DECIMAL64_MAX_PRECISION, DataType, TimeUnit};
use guiju_core::id::digest;
use guiju_lang::ty::Type;
use std::{collections::HashMap, ops::Range, sync::Arc};

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

    /// Some value is missing.
    pub(super) fn has_gaps(&self) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.null_count() > 0)
    }

    /// Writes the values of some rows, one every so many words. What is missing is 0.
    pub(super) fn lay(&self, rows: Range<usize>, words: &mut [u64], (at, every): (usize, usize), wide: bool) {
        let places = words.chunks_exact_mut(every);
        match &self.digits {
            Digits::Narrow(values) if !wide && !self.has_gaps() => {
                for (place, value) in places.zip(&values[rows]) {
                    place[at] = *value as u64;
                }
            }
            _ => {
                for (place, row) in places.zip(rows) {
                    write(&mut place[at..], wide, self.value(row).unwrap_or_default());
                }
            }
        }
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

/// A figure's column on its way: in 64 bits as long as all values have room in them.
pub(super) struct Figures<'a> {
    ty: &'a Type,
    narrow: Vec<i64>,
    /// All of them, once one had no room.
    wide: Option<Vec<i128>>,
    missing: Vec<usize>,
}

impl<'a> Figures<'a> {
    pub(super) fn of(ty: &'a Type, rows: usize) -> Self {
        Self { ty, narrow: Vec::with_capacity(rows), wide: None, missing: Vec::new() }
    }

    /// Of one more row.
    #[inline(always)]
    pub(super) fn put(&mut self, value: i64) {
        match &mut self.wide {
            None => self.narrow.push(value),
            Some(wide) => wide.push(value.into()),
        }
    }

    /// Of one more row. What its type has no room for is missing.
    pub(super) fn push(&mut self, value: Option<i128>) {
        let narrow = value.map(i64::try_from);
        match (value, narrow) {
            (_, Some(Ok(narrow))) => self.put(narrow),
            (Some(value), _) if matches!(self.ty, Type::Decimal(_)) => {
                let before = &mut self.narrow;
                self.wide.get_or_insert_with(|| before.drain(..).map(i128::from).collect()).push(value);
            }
            _ => {
                self.missing.push(self.wide.as_ref().map_or(self.narrow.len(), Vec::len));
                self.put(0);
            }
        }
    }

    pub(super) fn finish(self) -> Result<ArrayRef, ArrowError> {
        let rows = self.wide.as_ref().map_or(self.narrow.len(), Vec::len);
        let nulls = (!self.missing.is_empty()).then(|| {
            let mut there = BooleanBufferBuilder::new(rows);
            there.append_n(rows, true);
            self.missing.iter().for_each(|row| there.set_bit(*row, false));
            NullBuffer::new(there.finish())
        });
        Ok(match (self.wide, self.ty) {
            // A scale is at most 38.
            (Some(wide), Type::Decimal(d)) => {
                Arc::new(Decimal128Array::new(wide.into(), nulls).with_precision_and_scale(d.precision, d.scale as i8)?)
            }
            (Some(wide), _) => Arc::new(Decimal128Array::new(wide.into(), nulls)),
            // What reads the column asks for its scale; who needs less room is read faster.
            (None, Type::Decimal(d)) if d.scale <= DECIMAL64_MAX_PRECISION => Arc::new(
                Decimal64Array::new(self.narrow.into(), nulls)
                    .with_precision_and_scale(d.precision.min(DECIMAL64_MAX_PRECISION), d.scale as i8)?,
            ),
            (None, Type::Decimal(d)) => Arc::new(
                Decimal128Array::new(self.narrow.into_iter().map(i128::from).collect(), nulls)
                    .with_precision_and_scale(d.precision, d.scale as i8)?,
            ),
            (None, Type::Date) => {
                // A date's days were 32 bits when they came.
                Arc::new(Date32Array::new(self.narrow.into_iter().map(|day| day as i32).collect(), nulls))
            }
            (None, Type::Timestamp) => {
                Arc::new(TimestampMicrosecondArray::new(self.narrow.into(), nulls).with_timezone("UTC"))
            }
            (None, _) => Arc::new(Int64Array::new(self.narrow.into(), nulls)),
        })
    }
}
