//! Values of one expression for all rows of a batch.

use crate::{frame::EvalError, kernel::wide, mask::Mask};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, StringArray,
    cast::AsArray,
    types::{
        Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
    },
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};
use guiju_lang::{
    hir::ColumnRef,
    ty::Type,
    value::{Decimal, Value},
};

/// One value a row; rows outside `valid` are missing and hold anything.
#[derive(Debug, Clone)]
pub(crate) struct Vector {
    pub(crate) data: Data,
    /// Nothing: no row is missing.
    pub(crate) valid: Option<Mask>,
    pub(crate) len: usize,
}

/// Physical forms.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// Integers, dates, times, and decimals at their type's scale, in the narrowest form they came in.
    I32(ScalarBuffer<i32>),
    I64(ScalarBuffer<i64>),
    I128(ScalarBuffer<i128>),
    Real(ScalarBuffer<f64>),
    Text(StringArray),
    /// Texts by their position in a dictionary.
    Codes(ScalarBuffer<i32>, StringArray),
    Bool(Mask),
    /// The same value in every row, not missing.
    Constant(Value),
    /// Anything else.
    Values(Vec<Value>),
}

impl Vector {
    /// One value for all rows.
    pub(crate) fn constant(value: Value, len: usize) -> Self {
        let valid = value.is_missing().then(|| Mask::none(len));
        Self { data: Data::Constant(value), valid, len }
    }

    pub(crate) fn present(&self) -> Mask {
        self.valid.clone().unwrap_or_else(|| Mask::all(self.len))
    }

    pub(crate) fn is_present(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|v| v.contains(row))
    }

    /// The rows that pass and are not missing.
    pub(crate) fn only_present(&self, mask: Mask) -> Mask {
        match &self.valid {
            Some(valid) => mask.and(valid),
            None => mask,
        }
    }

    /// A text; `None` if missing or no text.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        if !self.is_present(row) {
            return None;
        }
        match &self.data {
            Data::Text(texts) => (row < texts.len()).then(|| texts.value(row)),
            Data::Codes(codes, texts) => {
                let code = usize::try_from(*codes.get(row)?).ok()?;
                (code < texts.len()).then(|| texts.value(code))
            }
            Data::Constant(Value::Text(t)) => Some(t),
            Data::Values(values) => match values.get(row) {
                Some(Value::Text(t)) => Some(t),
                _ => None,
            },
            _ => None,
        }
    }

    /// A whole number at the vector's scale; `None` if missing or no such number.
    pub(crate) fn whole(&self, row: usize) -> Option<i128> {
        if !self.is_present(row) {
            return None;
        }
        match &self.data {
            Data::I32(x) => x.get(row).map(|&x| x.into()),
            Data::I64(x) => x.get(row).map(|&x| x.into()),
            Data::I128(x) => x.get(row).copied(),
            Data::Constant(v) => whole_of(v),
            Data::Values(values) => values.get(row).and_then(whole_of),
            _ => None,
        }
    }

    /// As the language's value, in a type.
    pub(crate) fn value(&self, row: usize, ty: &Type) -> Value {
        if !self.is_present(row) {
            return Value::Missing;
        }
        match &self.data {
            Data::I32(_) | Data::I64(_) | Data::I128(_) => {
                self.whole(row).map_or(Value::Missing, |x| from_whole(x, ty))
            }
            Data::Real(x) => x.get(row).map_or(Value::Missing, |&x| Value::real(x)),
            Data::Text(_) | Data::Codes(..) => self.text(row).map_or(Value::Missing, Value::text),
            Data::Bool(mask) => Value::Bool(mask.contains(row)),
            Data::Constant(v) => v.clone(),
            Data::Values(values) => values.get(row).cloned().unwrap_or(Value::Missing),
        }
    }

    /// From single values of a type.
    pub(crate) fn from_values(values: Vec<Value>, ty: &Type) -> Self {
        let len = values.len();
        let valid = Mask::collect(len, |row| !values[row].is_missing());
        let valid = (valid.count() < len).then_some(valid);
        let data = match ty {
            Type::Integer | Type::Date | Type::Time | Type::Timestamp | Type::Decimal(_) => {
                Data::I128(values.iter().map(|v| whole_of(v).unwrap_or(0)).collect())
            }
            Type::Real => Data::Real(values.iter().map(|v| if let Value::Real(x) = v { *x } else { 0.0 }).collect()),
            Type::Bool => Data::Bool(Mask::collect(len, |row| values[row] == Value::Bool(true))),
            Type::Text => Data::Text(
                values.iter().map(|v| if let Value::Text(t) = v { Some(&**t) } else { None }).collect::<StringArray>(),
            ),
            _ => Data::Values(values),
        };
        Self { data, valid, len }
    }
}

/// The number behind a whole value.
pub(crate) fn whole_of(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(n) => Some((*n).into()),
        Value::Decimal(d) => Some(d.mantissa),
        Value::Date(d) => Some((*d).into()),
        Value::Time(t) | Value::Timestamp(t) => Some((*t).into()),
        _ => None,
    }
}

/// The value of a type behind a number.
pub(crate) fn from_whole(x: i128, ty: &Type) -> Value {
    let long = || i64::try_from(x).ok();
    let value = match ty {
        Type::Integer => long().map(Value::Integer),
        Type::Decimal(d) => Some(Value::Decimal(Decimal { mantissa: x, scale: d.scale })),
        Type::Date => i32::try_from(x).ok().map(Value::Date),
        Type::Time => long().map(Value::Time),
        Type::Timestamp => long().map(Value::Timestamp),
        _ => None,
    };
    value.unwrap_or(Value::Missing)
}

/// A delivered column as a vector of its declared type.
pub(crate) fn load(array: &ArrayRef, column: &ColumnRef, ty: &Type) -> Result<Vector, EvalError> {
    let len = array.len();
    let wrong = || EvalError::WrongType {
        source_id: column.source.0,
        column: column.column,
        expected: ty.to_string(),
        found: array.data_type().to_string(),
    };
    let mut valid = array.nulls().filter(|n| n.null_count() > 0).map(|n| Mask::from_buffer(n.inner()));
    let scaled = |scale: i8| matches!(ty, Type::Decimal(d) if i16::from(d.scale) == i16::from(scale));
    let data = match (ty, array.data_type()) {
        (_, DataType::Null) => {
            valid = Some(Mask::none(len));
            Data::Constant(Value::Missing)
        }
        (Type::Bool, DataType::Boolean) => Data::Bool(Mask::from_buffer(array.as_boolean().values())),
        (Type::Integer, DataType::Int8) => widened::<Int8Type>(array),
        (Type::Integer, DataType::Int16) => widened::<Int16Type>(array),
        (Type::Integer, DataType::Int32) => Data::I32(values::<Int32Type>(array)),
        (Type::Integer, DataType::Int64) => Data::I64(values::<Int64Type>(array)),
        (Type::Decimal(_), DataType::Decimal32(_, s)) if scaled(*s) => Data::I32(values::<Decimal32Type>(array)),
        (Type::Decimal(_), DataType::Decimal64(_, s)) if scaled(*s) => Data::I64(values::<Decimal64Type>(array)),
        (Type::Decimal(_), DataType::Decimal128(_, s)) if scaled(*s) => narrowed(values::<Decimal128Type>(array)),
        (Type::Real, DataType::Float64) => {
            let reals = values::<Float64Type>(array);
            let finite = Mask::pack(&reals, f64::is_finite);
            if finite.count() < len {
                valid = Some(match valid {
                    Some(valid) => valid.and(&finite),
                    None => finite,
                });
            }
            Data::Real(reals)
        }
        (Type::Text, DataType::Utf8) => Data::Text(array.as_string::<i32>().clone()),
        (Type::Text, DataType::Dictionary(key, value)) if **key == DataType::Int32 && **value == DataType::Utf8 => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let texts = dictionary.values().as_string::<i32>().clone();
            let codes = dictionary.keys().values().clone();
            if texts.null_count() > 0 {
                // A code may stand for a missing text.
                let present =
                    Mask::pack(&codes, |c| usize::try_from(c).is_ok_and(|c| c < texts.len() && texts.is_valid(c)));
                valid = Some(match valid {
                    Some(valid) => valid.and(&present),
                    None => present,
                });
            }
            Data::Codes(codes, texts)
        }
        (Type::Date, DataType::Date32) => Data::I32(values::<Date32Type>(array)),
        (Type::Time, DataType::Time64(TimeUnit::Microsecond)) => Data::I64(values::<Time64MicrosecondType>(array)),
        (Type::Timestamp, DataType::Timestamp(TimeUnit::Microsecond, _)) => {
            Data::I64(values::<TimestampMicrosecondType>(array))
        }
        _ => return Err(wrong()),
    };
    Ok(Vector { data, valid, len })
}

fn values<T: ArrowPrimitiveType>(array: &ArrayRef) -> ScalarBuffer<T::Native> {
    array.as_primitive::<T>().values().clone()
}

fn widened<T: ArrowPrimitiveType>(array: &ArrayRef) -> Data
where
    T::Native: Into<i32>,
{
    Data::I32(array.as_primitive::<T>().values().iter().map(|&x| x.into()).collect())
}

/// Half the bytes for everything that follows, if all values fit.
fn narrowed(values: ScalarBuffer<i128>) -> Data {
    let (narrow, fits) = wide::halves(&values);
    if fits { Data::I64(narrow.into()) } else { Data::I128(values) }
}
