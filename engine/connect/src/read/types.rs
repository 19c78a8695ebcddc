//! Between Arrow's types and the language's.

use arrow_schema::{DataType, TimeUnit};
use guiju_lang::ty::{DecimalType, Type};

/// The language's type for a column that is stored so, if there is one.
pub fn lang_type(physical: &DataType) -> Option<Type> {
    Some(match physical {
        DataType::Boolean => Type::Bool,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Type::Integer,
        DataType::Float32 | DataType::Float64 => Type::Real,
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => {
            let scale = u8::try_from(*s).ok().filter(|s| s <= p)?;
            Type::Decimal(DecimalType { precision: *p, scale })
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::Text,
        DataType::Dictionary(_, values) => return lang_type(values),
        DataType::Date32 => Type::Date,
        DataType::Time32(_) | DataType::Time64(_) => Type::Time,
        DataType::Timestamp(..) => Type::Timestamp,
        _ => return None,
    })
}

/// How a column of a type is delivered, if it can be; text may be a dictionary instead, integer `Int32`.
pub fn physical_type(ty: &Type) -> Option<DataType> {
    Some(match ty {
        Type::Bool => DataType::Boolean,
        Type::Integer => DataType::Int64,
        Type::Decimal(d) => DataType::Decimal128(d.precision, d.scale as i8),
        Type::Real => DataType::Float64,
        Type::Text => DataType::Utf8,
        Type::Date => DataType::Date32,
        Type::Time => DataType::Time64(TimeUnit::Microsecond),
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => return None,
    })
}

/// The delivery type of a text column whose chunks are all dictionary encoded.
pub(crate) fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}
