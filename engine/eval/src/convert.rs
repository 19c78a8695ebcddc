//! Between the language's values and columns: given rows of a test become a batch, a cell of a column becomes a value.

use crate::{output, vector::Vector};
use arrow_array::{Array, ArrayRef, cast::AsArray, new_null_array, types};
use arrow_schema::{DataType, TimeUnit};
use guiju_lang::{
    ty::Type,
    value::{Decimal, Value},
};

/// The column type that connectors deliver for a type of the language.
pub fn arrow_type(ty: &Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Integer => DataType::Int64,
        // A scale is at most 38.
        Type::Decimal(d) => DataType::Decimal128(d.precision, d.scale as i8),
        Type::Real => DataType::Float64,
        Type::Text => DataType::Utf8,
        Type::Date => DataType::Date32,
        Type::Time => DataType::Time64(TimeUnit::Microsecond),
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::Duration | Type::Ip | Type::Cidr | Type::Service | Type::List(_) | Type::Record(_) | Type::Unknown => {
            DataType::Null
        }
    }
}

/// A column of values that are of the type, or missing.
pub fn array_of<'a>(ty: &Type, values: impl Iterator<Item = &'a Value>) -> ArrayRef {
    let values: Vec<Value> = values.cloned().collect();
    let rows = values.len();
    output::array(&Vector::from_values(values, ty), ty).unwrap_or_else(|| new_null_array(&DataType::Null, rows))
}

/// What stands in a row of a column; missing also for column types the language does not know.
pub fn value_at(array: &dyn Array, row: usize) -> Value {
    if row >= array.len() || array.is_null(row) {
        return Value::Missing;
    }
    macro_rules! whole {
        ($t:ty) => {
            array.as_primitive::<$t>().value(row)
        };
    }
    // Arrow keeps scales in i8; negative ones never come from a declared type.
    let decimal = |mantissa: i128, scale: i8| match u8::try_from(scale) {
        Ok(scale) => Value::Decimal(Decimal { mantissa, scale }),
        Err(_) => Value::Missing,
    };
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int8 => Value::Integer(whole!(types::Int8Type).into()),
        DataType::Int16 => Value::Integer(whole!(types::Int16Type).into()),
        DataType::Int32 => Value::Integer(whole!(types::Int32Type).into()),
        DataType::Int64 => Value::Integer(whole!(types::Int64Type)),
        DataType::Decimal32(_, scale) => decimal(whole!(types::Decimal32Type).into(), *scale),
        DataType::Decimal64(_, scale) => decimal(whole!(types::Decimal64Type).into(), *scale),
        DataType::Decimal128(_, scale) => decimal(whole!(types::Decimal128Type), *scale),
        DataType::Float64 => Value::real(whole!(types::Float64Type)),
        DataType::Utf8 => Value::text(array.as_string::<i32>().value(row)),
        DataType::Date32 => Value::Date(whole!(types::Date32Type)),
        DataType::Time64(TimeUnit::Microsecond) => Value::Time(whole!(types::Time64MicrosecondType)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => Value::Timestamp(whole!(types::TimestampMicrosecondType)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            dictionary.normalized_keys().get(row).map_or(Value::Missing, |key| value_at(dictionary.values(), *key))
        }
        _ => Value::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::ty::DecimalType;

    #[test]
    fn values_go_into_columns_and_come_back() {
        let columns = [
            (Type::Bool, vec![Value::Bool(true), Value::Missing, Value::Bool(false)]),
            (Type::Integer, vec![Value::Integer(-7), Value::Missing]),
            (
                Type::Decimal(DecimalType { precision: 18, scale: 2 }),
                vec![Value::Decimal(Decimal { mantissa: 4_800_000, scale: 2 }), Value::Missing],
            ),
            (Type::Real, vec![Value::Real(0.5), Value::Missing]),
            (Type::Text, vec![Value::text("客户"), Value::Missing, Value::text("")]),
            (Type::Date, vec![Value::Date(20_779), Value::Missing]),
            (Type::Time, vec![Value::Time(1), Value::Missing]),
            (Type::Timestamp, vec![Value::Timestamp(-1), Value::Missing]),
        ];
        for (ty, values) in columns {
            let array = array_of(&ty, values.iter());
            assert_eq!(array.data_type(), &arrow_type(&ty), "{ty}");
            let back: Vec<Value> = (0..array.len()).map(|row| value_at(&array, row)).collect();
            assert_eq!(back, values, "{ty}");
            assert_eq!(value_at(&array, array.len()), Value::Missing);
        }
    }
}
