//! The steps that are seldom, or that cost so much that a call more does not count.

use super::decimal::{bounded, decimal, decimal_null, decimal_sum};
use super::integer::ok;
use super::machine::{Machine, Rest};
use crate::program::{ABSENT, Cell, Kind, Op, OpCode};
use crate::wire::{self, Read};
use crate::{Code, Decimal};

/// A field.
pub fn field<'d, const STRICT: bool>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let (cell, rest) = ok!(machine, op, input, machine.value::<STRICT>(op, input));
    if let Some(cell) = cell {
        machine.put(op, cell);
    }
    Some(rest)
}

/// More of a long presence map.
pub fn refill<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    machine.map.refill(op.aux);
    Some(input)
}

/// `D4`: the entry's value is of another type than the field that is about to use it.
pub fn guard<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let writer = machine.memory.writers[op.slot as usize];
    if machine.slot(op).assigned() && writer != op.aux {
        return machine.fail(Code::D4, op, input);
    }
    machine.memory.writers[op.slot as usize] = op.aux;
    Some(input)
}

/// `R2`.
pub fn utf8<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let cell = machine.cells[machine.base + op.cell as usize];
    match std::str::from_utf8(machine.bytes_of(&cell)) {
        Ok(_) => Some(input),
        Err(_) => machine.fail(Code::R2, op, input),
    }
}

/// There is no such template.
pub fn missing<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    machine.fail(Code::D8, op, input)
}

/// An optional constant.
pub fn constant<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    if machine.bit(op) {
        machine.put(op, machine.program.initials[op.aux as usize]);
    }
    Some(input)
}

/// An exponent and a mantissa become a decimal.
pub fn join<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let at = machine.base + op.cell as usize;
    let exponent = ok!(machine, op, input, bounded(machine.cells[at + 1].as_signed()));
    let mantissa = machine.cells[at + 2].as_signed();
    machine.put(op, Cell::decimal(Decimal { mantissa, exponent }));
    Some(input)
}

impl<'d> Machine<'_, 'd> {
    /// What a step puts into its cell, if anything.
    fn value<const STRICT: bool>(&mut self, op: &Op, input: &'d [u8]) -> Read<'d, Option<Cell>> {
        let (cell, rest) = match op.code {
            OpCode::Decimal => some(decimal::<STRICT>(input))?,
            OpCode::DecimalNull => decimal_null::<STRICT>(input)?,
            OpCode::DecimalDefault if self.bit(op) => some(decimal::<STRICT>(input))?,
            OpCode::DecimalDefaultNull if self.bit(op) => decimal_null::<STRICT>(input)?,
            OpCode::DecimalCopy => self.copied(op, (input, false, false), |_, input| some(decimal::<STRICT>(input)))?,
            OpCode::DecimalCopyNull => {
                self.copied(op, (input, true, false), |_, input| decimal_null::<STRICT>(input))?
            }
            OpCode::DecimalDelta => {
                let (exponent, rest) = wire::int::<STRICT>(input)?;
                self.decimal_delta::<STRICT>(op, Some(exponent), rest)?
            }
            OpCode::DecimalDeltaNull => {
                let (exponent, rest) = wire::int_null::<STRICT>(input)?;
                self.decimal_delta::<STRICT>(op, exponent, rest)?
            }
            OpCode::AsciiTail => {
                self.copied(op, (input, false, true), |machine, input| machine.ascii_tail::<STRICT, false>(op, input))?
            }
            OpCode::AsciiTailNull => {
                self.copied(op, (input, true, true), |machine, input| machine.ascii_tail::<STRICT, true>(op, input))?
            }
            OpCode::AsciiDelta => self.ascii_delta::<STRICT, false>(op, input)?,
            OpCode::AsciiDeltaNull => self.ascii_delta::<STRICT, true>(op, input)?,
            OpCode::Bytes => self.byte_vector::<STRICT, false>(input)?,
            OpCode::BytesNull => self.byte_vector::<STRICT, true>(input)?,
            OpCode::BytesDefault if self.bit(op) => self.byte_vector::<STRICT, false>(input)?,
            OpCode::BytesDefaultNull if self.bit(op) => self.byte_vector::<STRICT, true>(input)?,
            OpCode::BytesCopy => {
                self.copied(op, (input, false, false), |machine, input| machine.byte_vector::<STRICT, false>(input))?
            }
            OpCode::BytesCopyNull => {
                self.copied(op, (input, true, false), |machine, input| machine.byte_vector::<STRICT, true>(input))?
            }
            OpCode::BytesTail => {
                self.copied(op, (input, false, true), |machine, input| machine.bytes_tail::<STRICT, false>(op, input))?
            }
            OpCode::BytesTailNull => {
                self.copied(op, (input, true, true), |machine, input| machine.bytes_tail::<STRICT, true>(op, input))?
            }
            OpCode::BytesDelta => self.bytes_delta::<STRICT, false>(op, input)?,
            OpCode::BytesDeltaNull => self.bytes_delta::<STRICT, true>(op, input)?,
            // Defaults whose bit is not set; all others are the loop's.
            _ => return Ok((None, input)),
        };
        Ok((Some(cell), rest))
    }

    /// A value that is in the stream if its bit is set, and else the previous one; with `optional` and `tail` as [`Machine::first`] has
    /// them.
    fn copied(
        &mut self,
        op: &Op,
        (input, optional, tail): (&'d [u8], bool, bool),
        read: impl FnOnce(&mut Self, &'d [u8]) -> Read<'d, Cell>,
    ) -> Read<'d, Cell> {
        if self.bit(op) {
            let (cell, rest) = read(self, input)?;
            self.remember(op.slot, cell);
            return Ok((cell, rest));
        }
        let slot = self.slots[op.slot as usize];
        let cell = match slot.kind() {
            Kind::LONG => self.recall(op.slot),
            Kind::ABSENT | Kind::UNDEFINED => self.first(op, optional, tail)?,
            _ => slot,
        };
        Ok((cell, input))
    }

    fn decimal_delta<const STRICT: bool>(&mut self, op: &Op, exponent: Option<i64>, input: &'d [u8]) -> Read<'d, Cell> {
        let Some(exponent) = exponent else { return Ok((ABSENT, input)) };
        let base = self.base(op)?.as_decimal();
        let (value, rest) = decimal_sum::<STRICT>(base, exponent, input)?;
        let cell = Cell::decimal(value);
        self.slots[op.slot as usize] = cell;
        Ok((cell, rest))
    }

    fn byte_vector<const STRICT: bool, const NULL: bool>(&mut self, input: &'d [u8]) -> Read<'d, Cell> {
        let (bytes, rest) = wire::bytes::<STRICT, NULL>(input)?;
        Ok((bytes.map_or(ABSENT, |bytes| self.bytes(bytes)), rest))
    }
}

fn some(read: Read<'_, Decimal>) -> Read<'_, Cell> {
    read.map(|(value, rest)| (Cell::decimal(value), rest))
}
