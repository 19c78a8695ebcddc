//! From the types a Parquet file happens to hold to the types the engine works on. Nothing here loses a digit: what cannot be
//! converted exactly is refused when the file is opened, or by the row that does not fit.

use super::types::{lang_type, physical_type};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray,
    cast::AsArray,
    types::{
        Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
        Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use guiju_lang::{
    time::Zone,
    ty::{DecimalType, Type, Typed, Unit},
};
use std::sync::Arc;

/// How one column is converted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cast {
    from: DataType,
    to: Type,
    /// The column's numbers are percents: divide by 100.
    percent: bool,
    /// Of times without one.
    zone: Zone,
    /// What the batch will hold.
    pub(super) physical: DataType,
}

/// A row whose value has no exact place in the column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) row: usize,
}

impl Cast {
    /// How to get from `from` to `to`, if it can be done exactly. `from` is what the Parquet reader delivers.
    pub(super) fn plan(from: &DataType, to: &Typed, zone: &Zone) -> Option<Self> {
        let percent = to.unit == Unit::Percent;
        let found = lang_type(from)?;
        let physical = match (&found, &to.ty) {
            (Type::Integer, Type::Integer) if *from == DataType::Int32 && !percent => DataType::Int32,
            (Type::Text, Type::Text) => match from {
                DataType::Dictionary(..) => super::types::dictionary(),
                _ => DataType::Utf8,
            },
            (Type::Decimal(f), Type::Decimal(t)) if f == t && !percent && matches!(from, DataType::Decimal64(..)) => {
                from.clone()
            }
            (Type::Decimal(f), Type::Decimal(t)) => {
                // Divided by 100, a number of scale s has scale s + 2 and no more digits before the point.
                let scale = f.scale + if percent { 2 } else { 0 };
                let before = f.precision - f.scale;
                if scale > t.scale || before > t.precision - t.scale + if percent { 2 } else { 0 } {
                    return None;
                }
                physical_type(&to.ty)?
            }
            (Type::Decimal(f), Type::Integer) if f.scale == 0 && f.precision <= 18 && !percent => DataType::Int64,
            (Type::Integer, Type::Decimal(_)) => physical_type(&to.ty)?,
            (Type::Integer, Type::Integer) if percent => return None,
            (Type::Integer, Type::Real) => DataType::Float64,
            (a, b) if a == b => physical_type(&to.ty)?,
            _ => return None,
        };
        Some(Self { from: from.clone(), to: to.ty.clone(), percent, zone: zone.clone(), physical })
    }

    /// Converts one array; also says how many reals were not finite.
    pub(super) fn apply(&self, array: ArrayRef) -> Result<(ArrayRef, u64), Misfit> {
        let unchanged = *array.data_type() == self.physical;
        let out: ArrayRef = match &self.to {
            Type::Real => return self.real(&array),
            _ if unchanged && !self.percent => array,
            Type::Integer if self.physical == DataType::Int32 => array,
            Type::Integer => Arc::new(PrimitiveArray::<Int64Type>::from_iter(integers(&array)?)),
            Type::Decimal(d) => self.decimal(&array, *d)?,
            Type::Time => {
                let us: PrimitiveArray<Time64MicrosecondType> = match &self.from {
                    DataType::Time32(TimeUnit::Second) => {
                        array.as_primitive::<Time32SecondType>().unary(|v| i64::from(v) * 1_000_000)
                    }
                    DataType::Time32(_) => {
                        array.as_primitive::<Time32MillisecondType>().unary(|v| i64::from(v) * 1_000)
                    }
                    DataType::Time64(TimeUnit::Nanosecond) => {
                        array.as_primitive::<Time64NanosecondType>().unary(|v| v.div_euclid(1_000))
                    }
                    _ => array.as_primitive::<Time64MicrosecondType>().clone(),
                };
                Arc::new(us)
            }
            Type::Timestamp => self.timestamp(&array)?,
            _ => array,
        };
        Ok((out, 0))
    }

    fn real(&self, array: &ArrayRef) -> Result<(ArrayRef, u64), Misfit> {
        let wide: PrimitiveArray<Float64Type> = match array.data_type() {
            DataType::Float64 => array.as_primitive::<Float64Type>().clone(),
            DataType::Float32 => array.as_primitive::<Float32Type>().unary(f64::from),
            _ => PrimitiveArray::from_iter(integers(array)?.map(|v| v.map(|v| v as f64))),
        };
        let wide = if self.percent { wide.unary(|v| v / 100.0) } else { wide };
        if all_finite(wide.values()) {
            return Ok((Arc::new(wide), 0));
        }
        let finite = BooleanArray::from_iter(wide.values().iter().map(|v| Some(v.is_finite())));
        let before = wide.null_count();
        let nulls = arrow_buffer::NullBuffer::union(
            wide.nulls(),
            Some(&arrow_buffer::NullBuffer::new(finite.values().clone())),
        );
        let values: Vec<f64> = wide.values().iter().map(|v| if v.is_finite() { *v } else { 0.0 }).collect();
        let out = PrimitiveArray::<Float64Type>::new(values.into(), nulls);
        let made = (out.null_count() - before) as u64;
        Ok((Arc::new(out), made))
    }

    fn decimal(&self, array: &ArrayRef, to: DecimalType) -> Result<ArrayRef, Misfit> {
        let (values, scale): (Vec<Option<i128>>, u8) = match &self.from {
            DataType::Decimal128(_, s) => (array.as_primitive::<Decimal128Type>().iter().collect(), *s as u8),
            _ => (integers(array)?.map(|v| v.map(i128::from)).collect(), 0),
        };
        let scale = scale + if self.percent { 2 } else { 0 };
        let limit = 10i128.checked_pow(u32::from(to.precision)).unwrap_or(i128::MAX);
        let factor = 10i128.checked_pow(u32::from(to.scale.saturating_sub(scale))).unwrap_or(i128::MAX);
        let divisor = 10i128.pow(u32::from(scale.saturating_sub(to.scale)));
        let mut out = Vec::with_capacity(values.len());
        for (row, value) in values.into_iter().enumerate() {
            out.push(match value {
                None => None,
                Some(v) => {
                    let scaled = v.checked_mul(factor).filter(|v| v % divisor == 0).map(|v| v / divisor);
                    Some(scaled.filter(|v| v.abs() < limit).ok_or(Misfit { row })?)
                }
            });
        }
        let array = PrimitiveArray::<Decimal128Type>::from_iter(out);
        Ok(Arc::new(array.with_precision_and_scale(to.precision, to.scale as i8).map_err(|_| Misfit { row: 0 })?))
    }

    fn timestamp(&self, array: &ArrayRef) -> Result<ArrayRef, Misfit> {
        let DataType::Timestamp(unit, zone) = &self.from else { return Ok(Arc::clone(array)) };
        let us: PrimitiveArray<TimestampMicrosecondType> = match unit {
            TimeUnit::Second => scale::<TimestampSecondType>(array, 1_000_000)?,
            TimeUnit::Millisecond => scale::<TimestampMillisecondType>(array, 1_000)?,
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().clone(),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().unary(|v| v.div_euclid(1_000)),
        };
        let us = match zone {
            Some(_) => us,
            None => local(&us, &self.zone)?,
        };
        Ok(Arc::new(us.with_timezone("UTC")))
    }
}

/// One cheap pass for the usual case: a finite number times zero is zero, anything else poisons the sum. Eight sums, because one would
/// wait for itself at every number.
fn all_finite(values: &[f64]) -> bool {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut sums = [0.0f64; 8];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value * 0.0;
        }
    }
    sums.iter().chain(rest).all(|x| x * 0.0 == 0.0)
}

/// Wall clock times to instants.
fn local(
    wall: &PrimitiveArray<TimestampMicrosecondType>,
    zone: &Zone,
) -> Result<PrimitiveArray<TimestampMicrosecondType>, Misfit> {
    const DAY: i64 = 86_400_000_000;
    let instant = |v: i64| zone.instant(i32::try_from(v.div_euclid(DAY)).ok()?, v.rem_euclid(DAY));
    let values = wall.iter().enumerate().map(|(row, v)| v.map(|v| instant(v).ok_or(Misfit { row })).transpose());
    values.collect::<Result<Vec<_>, _>>().map(PrimitiveArray::from_iter)
}

fn scale<T: ArrowPrimitiveType<Native = i64>>(
    array: &ArrayRef,
    factor: i64,
) -> Result<PrimitiveArray<TimestampMicrosecondType>, Misfit> {
    let values = array.as_primitive::<T>();
    let mut out = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        out.push(match value {
            None => None,
            Some(v) => Some(v.checked_mul(factor).ok_or(Misfit { row })?),
        });
    }
    Ok(PrimitiveArray::from_iter(out))
}

/// Whole numbers of any width as `i64`.
fn integers(array: &ArrayRef) -> Result<std::vec::IntoIter<Option<i64>>, Misfit> {
    fn widen<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<i64>>
    where
        i64: From<T::Native>,
    {
        array.as_primitive::<T>().iter().map(|v| v.map(i64::from)).collect()
    }
    let values = match array.data_type() {
        DataType::Int8 => widen::<Int8Type>(array),
        DataType::Int16 => widen::<Int16Type>(array),
        DataType::Int32 => widen::<Int32Type>(array),
        DataType::UInt8 => widen::<UInt8Type>(array),
        DataType::UInt16 => widen::<UInt16Type>(array),
        DataType::UInt32 => widen::<UInt32Type>(array),
        DataType::UInt64 => checked(array.as_primitive::<UInt64Type>().iter().map(|v| v.map(i64::try_from)))?,
        DataType::Decimal128(..) => {
            checked(array.as_primitive::<Decimal128Type>().iter().map(|v| v.map(i64::try_from)))?
        }
        _ => widen::<Int64Type>(array),
    };
    Ok(values.into_iter())
}

fn checked<E>(values: impl Iterator<Item = Option<Result<i64, E>>>) -> Result<Vec<Option<i64>>, Misfit> {
    values
        .enumerate()
        .map(|(row, v)| match v {
            None => Ok(None),
            Some(Ok(v)) => Ok(Some(v)),
            Some(Err(_)) => Err(Misfit { row }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Decimal128Array, Float64Array, Int64Array, TimestampMillisecondArray, UInt64Array};

    fn typed(ty: Type) -> Typed {
        Typed::new(ty, true)
    }

    #[test]
    fn reals_are_finite_or_missing() {
        let cast = Cast::plan(&DataType::Float64, &typed(Type::Real), &Zone::utc()).unwrap();
        let raw: ArrayRef =
            Arc::new(Float64Array::from(vec![Some(1.5), Some(f64::NAN), None, Some(f64::NEG_INFINITY)]));
        let (out, made) = cast.apply(raw).unwrap();
        assert_eq!(made, 2);
        assert_eq!(out.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(1.5), None, None, None]);
    }

    #[test]
    fn decimals_widen_and_never_round() {
        let to = typed(Type::Decimal(DecimalType { precision: 20, scale: 4 }));
        let cast = Cast::plan(&DataType::Decimal128(18, 2), &to, &Zone::utc()).unwrap();
        let raw: ArrayRef =
            Arc::new(Decimal128Array::from(vec![Some(150), None]).with_precision_and_scale(18, 2).unwrap());
        let (out, _) = cast.apply(raw).unwrap();
        assert_eq!(out.as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>(), [Some(15000), None]);
        let narrow = typed(Type::Decimal(DecimalType { precision: 18, scale: 1 }));
        assert!(Cast::plan(&DataType::Decimal128(18, 2), &narrow, &Zone::utc()).is_none());
        assert!(Cast::plan(&DataType::Float64, &narrow, &Zone::utc()).is_none(), "a real is not exact");
    }

    #[test]
    fn percents_are_divided() {
        let to =
            Typed { ty: Type::Decimal(DecimalType { precision: 7, scale: 4 }), unit: Unit::Percent, nullable: true };
        let cast = Cast::plan(&DataType::Decimal128(5, 2), &to, &Zone::utc()).unwrap();
        let raw: ArrayRef = Arc::new(Decimal128Array::from(vec![Some(1250)]).with_precision_and_scale(5, 2).unwrap());
        assert_eq!(cast.apply(raw).unwrap().0.as_primitive::<Decimal128Type>().value(0), 1250, "12.50 % is 0.1250");
        let real = Typed { ty: Type::Real, unit: Unit::Percent, nullable: true };
        let cast = Cast::plan(&DataType::Float64, &real, &Zone::utc()).unwrap();
        let raw: ArrayRef = Arc::new(Float64Array::from(vec![12.5]));
        assert_eq!(cast.apply(raw).unwrap().0.as_primitive::<Float64Type>().value(0), 0.125);
    }

    #[test]
    fn numbers_that_do_not_fit_name_their_row() {
        let cast = Cast::plan(&DataType::UInt64, &typed(Type::Integer), &Zone::utc()).unwrap();
        let raw: ArrayRef = Arc::new(UInt64Array::from(vec![1, u64::MAX]));
        assert_eq!(cast.apply(raw).unwrap_err(), Misfit { row: 1 });
        let to = typed(Type::Decimal(DecimalType { precision: 3, scale: 1 }));
        let cast = Cast::plan(&DataType::Int64, &to, &Zone::utc()).unwrap();
        let raw: ArrayRef = Arc::new(Int64Array::from(vec![99, 100]));
        assert_eq!(cast.apply(raw).unwrap_err(), Misfit { row: 1 });
    }

    #[test]
    fn zoneless_times_are_local() {
        let from = DataType::Timestamp(TimeUnit::Millisecond, None);
        let cast = Cast::plan(&from, &typed(Type::Timestamp), &Zone::named("Asia/Shanghai").unwrap()).unwrap();
        let raw: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![8 * 3_600_000]));
        let (out, _) = cast.apply(raw).unwrap();
        assert_eq!(out.as_primitive::<TimestampMicrosecondType>().value(0), 0);
        assert_eq!(*out.data_type(), physical_type(&Type::Timestamp).unwrap());
    }
}
