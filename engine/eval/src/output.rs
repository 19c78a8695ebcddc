//! Vectors as Arrow arrays.

use crate::{
    mask::Mask,
    vector::{Data, Vector},
};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, NullArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;
use guiju_lang::{ty::Type, value::Value};
use std::sync::Arc;

/// Three-valued truth.
pub(crate) fn truth(yes: &Mask, no: &Mask) -> ArrayRef {
    let known = yes.or(no);
    let nulls = (known.count() < known.len()).then(|| NullBuffer::new(known.to_buffer()));
    Arc::new(BooleanArray::new(yes.to_buffer(), nulls))
}

/// `None` for types that have no column form (durations, addresses, lists, records).
pub(crate) fn array(vector: &Vector, ty: &Type) -> Option<ArrayRef> {
    let nulls = vector.valid.as_ref().map(|v| NullBuffer::new(v.to_buffer()));
    let rows = 0..vector.len;
    let long = |row: usize| vector.whole(row).and_then(|x| i64::try_from(x).ok());
    Some(match ty {
        Type::Unknown => Arc::new(NullArray::new(vector.len)),
        Type::Bool => match &vector.data {
            Data::Bool(yes) => Arc::new(BooleanArray::new(yes.to_buffer(), nulls)),
            _ => Arc::new(BooleanArray::from_iter(rows.map(|row| match vector.value(row, ty) {
                Value::Bool(b) => Some(b),
                _ => None,
            }))),
        },
        Type::Integer => match &vector.data {
            Data::I64(x) => Arc::new(Int64Array::new(x.clone(), nulls)),
            _ => Arc::new(rows.map(long).collect::<Int64Array>()),
        },
        Type::Decimal(d) => {
            let mantissas = match &vector.data {
                Data::I32(x) => Decimal128Array::new(x.iter().map(|x| i128::from(*x)).collect(), nulls),
                Data::I64(x) => Decimal128Array::new(x.iter().map(|x| i128::from(*x)).collect(), nulls),
                Data::I128(x) => Decimal128Array::new(x.clone(), nulls),
                _ => rows.map(|row| vector.whole(row)).collect(),
            };
            Arc::new(mantissas.with_precision_and_scale(d.precision, i8::try_from(d.scale).ok()?).ok()?)
        }
        Type::Real => match &vector.data {
            Data::Real(x) => Arc::new(Float64Array::new(x.clone(), nulls)),
            _ => Arc::new(
                rows.map(|row| if let Value::Real(x) = vector.value(row, ty) { Some(x) } else { None })
                    .collect::<Float64Array>(),
            ),
        },
        Type::Text => match &vector.data {
            Data::Text(texts) => Arc::new(texts.clone()),
            _ => Arc::new(rows.map(|row| vector.text(row)).collect::<StringArray>()),
        },
        Type::Date => {
            Arc::new(rows.map(|row| vector.whole(row).and_then(|x| i32::try_from(x).ok())).collect::<Date32Array>())
        }
        Type::Time => Arc::new(rows.map(long).collect::<Time64MicrosecondArray>()),
        Type::Timestamp => Arc::new(rows.map(long).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Type::Duration | Type::Ip | Type::Cidr | Type::Service | Type::List(_) | Type::Record(_) => return None,
    })
}
