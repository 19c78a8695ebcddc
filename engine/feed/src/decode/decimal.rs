//! Decimals: an exponent and a mantissa (section 10.6.2).

use super::integer::ok;
use super::machine::{Machine, Rest};
use crate::program::{ABSENT, Cell, Op};
use crate::wire::{self, Read};
use crate::{Code, Decimal};

/// An exponent that is a field of its own: an int32 first of all.
fn part(exponent: i64) -> Result<i32, Code> {
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

/// The usual pair: an exponent with a default, a mantissa that is a difference.
#[inline(always)]
pub fn split<'d, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let mut exponent = op.exponent();
    let mut rest = input;
    if machine.bit(op) {
        match wire::quick_int::<STRICT>(input) {
            Some((0, after)) if NULL => return Some(after),
            Some((read, after)) => (exponent, rest) = (if NULL { read - i64::from(read > 0) } else { read }, after),
            None => return slow_split::<STRICT, NULL>(machine, op, input),
        }
    }
    let slot = machine.slot(op);
    if let (-63..=63, true) = (exponent, slot.assigned())
        && let Some((delta, rest)) = wire::quick_int::<STRICT>(rest)
        && let Some(mantissa) = slot.as_signed().checked_add(delta)
    {
        machine.slots[op.slot as usize] = Cell::signed(mantissa);
        machine.put(op, Cell::decimal(Decimal { mantissa, exponent: exponent as i32 }));
        return Some(rest);
    }
    slow_split::<STRICT, NULL>(machine, op, input)
}

#[cold]
#[inline(never)]
fn slow_split<'d, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let (exponent, rest) = if !machine.bit(op) {
        let initial = machine.program.initials[op.over as usize];
        (initial.assigned().then(|| initial.as_signed()), input)
    } else if NULL {
        ok!(machine, op, input, wire::int_null::<STRICT>(input))
    } else {
        let (exponent, rest) = ok!(machine, op, input, wire::int::<STRICT>(input));
        (Some(exponent), rest)
    };
    let Some(exponent) = exponent else { return Some(rest) };
    let exponent = ok!(machine, op, rest, part(exponent));
    let base = ok!(machine, op, rest, machine.base(op)).as_signed();
    let (delta, after) = ok!(machine, op, rest, wire::delta::<STRICT>(rest));
    let mantissa = ok!(machine, op, rest, op.mantissa_part().signed_wide_sum(base, delta));
    machine.slots[op.slot as usize] = Cell::signed(mantissa);
    machine.put(op, Cell::decimal(Decimal { mantissa, exponent }));
    Some(after)
}
