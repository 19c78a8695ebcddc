//! Integers and their operators.

use super::machine::{Machine, Rest};
use crate::Code;
use crate::program::{ABSENT, Cell, Op};
use crate::wire::{self, Quick, Read};

/// Signed or not: what the operators need to know. Values travel as the bits of their cells.
pub trait Integer {
    /// A value of up to eight bytes; nothing where it takes a closer look.
    fn quick<const STRICT: bool>(input: &[u8]) -> Quick<'_, u64>;
    /// A value however long.
    fn read<const STRICT: bool>(input: &[u8]) -> Read<'_, u64>;
    /// The same in its nullable form.
    fn read_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<u64>>;
    /// Of the nullable form that is not null: the value.
    fn of_null(bits: u64) -> u64;
    /// Whether it is in the field's bounds.
    fn fits(op: &Op, bits: u64) -> bool;
    /// One more.
    fn after(op: &Op, bits: u64) -> u64;
    /// A previous value and a difference.
    fn sum(op: &Op, base: u64, delta: i64) -> Result<u64, Code>;
    /// The same with a difference of more than 64 bits.
    fn wide_sum(op: &Op, base: u64, delta: i128) -> Result<u64, Code>;
}

/// From zero.
#[derive(Debug)]
pub struct Unsigned;
/// With a sign.
#[derive(Debug)]
pub struct Signed;

impl Integer for Unsigned {
    #[inline(always)]
    fn quick<const STRICT: bool>(input: &[u8]) -> Quick<'_, u64> {
        wire::quick_uint::<STRICT>(input)
    }
    fn read<const STRICT: bool>(input: &[u8]) -> Read<'_, u64> {
        wire::uint::<STRICT>(input)
    }
    fn read_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<u64>> {
        wire::uint_null::<STRICT>(input)
    }
    #[inline(always)]
    fn of_null(bits: u64) -> u64 {
        bits.wrapping_sub(1)
    }
    #[inline(always)]
    fn fits(op: &Op, bits: u64) -> bool {
        bits & op.over == 0
    }
    #[inline(always)]
    fn after(op: &Op, bits: u64) -> u64 {
        op.unsigned_after(bits)
    }
    #[inline(always)]
    fn sum(op: &Op, base: u64, delta: i64) -> Result<u64, Code> {
        op.unsigned_sum(base, delta)
    }
    fn wide_sum(op: &Op, base: u64, delta: i128) -> Result<u64, Code> {
        op.unsigned_wide_sum(base, delta)
    }
}

impl Integer for Signed {
    #[inline(always)]
    fn quick<const STRICT: bool>(input: &[u8]) -> Quick<'_, u64> {
        wire::quick_int::<STRICT>(input).map(|(value, rest)| (value.cast_unsigned(), rest))
    }
    fn read<const STRICT: bool>(input: &[u8]) -> Read<'_, u64> {
        wire::int::<STRICT>(input).map(|(value, rest)| (value.cast_unsigned(), rest))
    }
    fn read_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<u64>> {
        wire::int_null::<STRICT>(input).map(|(value, rest)| (value.map(i64::cast_unsigned), rest))
    }
    #[inline(always)]
    fn of_null(bits: u64) -> u64 {
        bits.wrapping_sub(u64::from(bits.cast_signed() > 0))
    }
    #[inline(always)]
    fn fits(op: &Op, bits: u64) -> bool {
        op.signed(bits.cast_signed()).is_ok()
    }
    #[inline(always)]
    fn after(op: &Op, bits: u64) -> u64 {
        op.signed_after(bits.cast_signed()).cast_unsigned()
    }
    #[inline(always)]
    fn sum(op: &Op, base: u64, delta: i64) -> Result<u64, Code> {
        op.signed_sum(base.cast_signed(), delta).map(i64::cast_unsigned)
    }
    fn wide_sum(op: &Op, base: u64, delta: i128) -> Result<u64, Code> {
        op.signed_wide_sum(base.cast_signed(), delta).map(i64::cast_unsigned)
    }
}

/// Unwraps, or is the step's failure.
macro_rules! ok {
    ($machine:ident, $op:ident, $input:ident, $result:expr) => {
        match $result {
            Ok(read) => read,
            Err(code) => return $machine.fail(code, $op, $input),
        }
    };
}
pub(super) use ok;

/// A value from the stream into its cell, and into its slot if the operator keeps it. What is not usual is done by a call in the last
/// place, so that the usual way needs neither stack nor saved registers.
#[inline(always)]
fn value<'d, I: Integer, const STRICT: bool, const NULL: bool, const KEEP: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let Some((bits, rest)) = I::quick::<STRICT>(input) else {
        return slow_value::<I, STRICT, NULL, KEEP>(machine, op, input);
    };
    if NULL && bits == 0 {
        machine.store::<KEEP>(op, ABSENT);
        return Some(rest);
    }
    let bits = if NULL { I::of_null(bits) } else { bits };
    if !I::fits(op, bits) {
        return slow_value::<I, STRICT, NULL, KEEP>(machine, op, input);
    }
    machine.store::<KEEP>(op, Cell::unsigned(bits));
    Some(rest)
}

#[cold]
#[inline(never)]
fn slow_value<'d, I: Integer, const STRICT: bool, const NULL: bool, const KEEP: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let (bits, rest) = if NULL {
        ok!(machine, op, input, I::read_null::<STRICT>(input))
    } else {
        let (bits, rest) = ok!(machine, op, input, I::read::<STRICT>(input));
        (Some(bits), rest)
    };
    if bits.is_some_and(|bits| !I::fits(op, bits)) {
        return machine.fail(Code::D2, op, input);
    }
    machine.store::<KEEP>(op, bits.map_or(ABSENT, Cell::unsigned));
    Some(rest)
}

/// No operator.
#[inline(always)]
pub fn plain<'d, I: Integer, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    value::<I, STRICT, NULL, false>(machine, op, input)
}

/// The operator default.
#[inline(always)]
pub fn default<'d, I: Integer, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    if machine.bit(op) { value::<I, STRICT, NULL, false>(machine, op, input) } else { Some(input) }
}

/// The operator copy.
#[inline(always)]
pub fn copy<'d, I: Integer, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    if machine.bit(op) {
        return value::<I, STRICT, NULL, true>(machine, op, input);
    }
    let slot = machine.slot(op);
    if !slot.assigned() {
        return machine.put_first(op, NULL, input);
    }
    machine.put(op, slot);
    Some(input)
}

/// The operator increment.
#[inline(always)]
pub fn increment<'d, I: Integer, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    if machine.bit(op) {
        return value::<I, STRICT, NULL, true>(machine, op, input);
    }
    let slot = machine.slot(op);
    if !slot.assigned() {
        return machine.put_first(op, NULL, input);
    }
    machine.store::<true>(op, Cell::unsigned(I::after(op, slot.bits())));
    Some(input)
}

/// The operator delta.
#[inline(always)]
pub fn delta<'d, I: Integer, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let slot = machine.slot(op);
    match wire::quick_int::<STRICT>(input) {
        Some((0, rest)) if NULL => Some(rest),
        Some((delta, rest)) if slot.assigned() => {
            let delta = if NULL { delta - i64::from(delta > 0) } else { delta };
            let Ok(bits) = I::sum(op, slot.bits(), delta) else {
                return slow_delta::<I, STRICT, NULL>(machine, op, input);
            };
            machine.store::<true>(op, Cell::unsigned(bits));
            Some(rest)
        }
        _ => slow_delta::<I, STRICT, NULL>(machine, op, input),
    }
}

#[cold]
#[inline(never)]
fn slow_delta<'d, I: Integer, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let (delta, rest) = if NULL {
        ok!(machine, op, input, wire::delta_null::<STRICT>(input))
    } else {
        let (delta, rest) = ok!(machine, op, input, wire::delta::<STRICT>(input));
        (Some(delta), rest)
    };
    if let Some(delta) = delta {
        let base = ok!(machine, op, input, machine.base(op));
        let bits = ok!(machine, op, input, I::wide_sum(op, base.bits(), delta));
        machine.store::<true>(op, Cell::unsigned(bits));
    }
    Some(rest)
}
