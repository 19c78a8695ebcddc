//! Decimals: an exponent and a mantissa (section 10.6.2).

use crate::program::{ABSENT, Cell};
use crate::wire::{self, Read};
use crate::{Code, Decimal};

/// An exponent that is a field of its own: an int32 first of all.
#[inline(always)]
pub(super) fn part(exponent: i64) -> Result<i32, Code> {
    match exponent {
        -63..=63 => Ok(exponent as i32),
        _ if i32::try_from(exponent).is_ok() => Err(Code::R1),
        _ => Err(Code::D2),
    }
}

pub(super) fn bounded(exponent: i64) -> Result<i32, Code> {
    match i32::try_from(exponent) {
        Ok(exponent @ -63..=63) => Ok(exponent),
        _ => Err(Code::R1),
    }
}

pub(super) fn decimal<const STRICT: bool>(input: &[u8]) -> Read<'_, Decimal> {
    let (exponent, rest) = wire::int::<STRICT>(input)?;
    let (mantissa, rest) = wire::int::<STRICT>(rest)?;
    Ok((Decimal { mantissa, exponent: bounded(exponent)? }, rest))
}

pub(super) fn decimal_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Cell> {
    let (exponent, rest) = wire::int_null::<STRICT>(input)?;
    let Some(exponent) = exponent else { return Ok((ABSENT, rest)) };
    let (mantissa, rest) = wire::int::<STRICT>(rest)?;
    Ok((Cell::decimal(Decimal { mantissa, exponent: bounded(exponent)? }), rest))
}

/// Both parts are added by themselves; `R1` if one does not fit (section 6.3.7.2).
pub(super) fn decimal_sum<const STRICT: bool>(base: Decimal, exponent: i64, input: &[u8]) -> Read<'_, Decimal> {
    let (delta, rest) = wire::delta::<STRICT>(input)?;
    let mantissa = i64::try_from(i128::from(base.mantissa) + delta).map_err(|_| Code::R1)?;
    let exponent = i64::from(base.exponent).checked_add(exponent).ok_or(Code::R1)?;
    Ok((Decimal { mantissa, exponent: bounded(exponent)? }, rest))
}
