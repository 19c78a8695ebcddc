//! The steps that are seldom, or that cost so much that a call more does not count.

use super::decimal::{bounded, decimal, decimal_null, decimal_sum};
use super::run::Machine;
use crate::program::{ABSENT, Cell, Kind, Op, OpCode};
use crate::wire::{self, Map, Read};
use crate::{Code, Decimal};

impl Machine<'_> {
    /// One step; the rest of the input. `next` is the step after it.
    #[inline(never)]
    pub(super) fn rare<'d, const STRICT: bool>(
        &mut self,
        op: &Op,
        base: usize,
        map: &mut Map<'d>,
        input: &'d [u8],
        next: usize,
    ) -> Result<&'d [u8], Code> {
        match op.code {
            OpCode::Group => self.group::<STRICT>(op, base, input, next),
            OpCode::GroupNull if map.has(op.mask) => self.group::<STRICT>(op, base, input, next),
            OpCode::GroupNull => Ok(input),
            OpCode::Dynamic => self.dynamic::<STRICT>(op, base, input, next),
            OpCode::Refill => {
                map.refill(op.aux);
                Ok(input)
            }
            _ => match self.value::<STRICT>(op, base, map, input) {
                Ok((cell, rest)) => {
                    if let Some(cell) = cell {
                        self.put(base + op.cell as usize, cell);
                    }
                    Ok(rest)
                }
                Err(code) => Err(self.fail(code, next - 1, input.len())),
            },
        }
    }

    /// What a step puts into its cell, if anything.
    fn value<'d, const STRICT: bool>(
        &mut self,
        op: &Op,
        base: usize,
        map: &Map<'d>,
        input: &'d [u8],
    ) -> Read<'d, Option<Cell>> {
        // What only checks or joins takes nothing from the stream.
        let at = base + op.cell as usize;
        match op.code {
            OpCode::Guard => return self.guard(op).map(|()| (None, input)),
            OpCode::Utf8 if STRICT => return self.utf8(at).map(|()| (None, input)),
            OpCode::Utf8 => return Ok((None, input)),
            OpCode::Missing => return Err(Code::D8),
            OpCode::ConstantNull => {
                let cell = map.has(op.mask).then(|| self.program.initials[op.aux as usize]);
                return Ok((cell, input));
            }
            OpCode::Join => {
                let exponent = bounded(self.record.cells[at + 1].as_signed())?;
                let mantissa = self.record.cells[at + 2].as_signed();
                return Ok((Some(Cell::decimal(Decimal { mantissa, exponent })), input));
            }
            _ => {}
        }
        let (cell, rest) = match op.code {
            OpCode::Decimal => some(decimal::<STRICT>(input))?,
            OpCode::DecimalNull => decimal_null::<STRICT>(input)?,
            OpCode::DecimalDefault if map.has(op.mask) => some(decimal::<STRICT>(input))?,
            OpCode::DecimalDefaultNull if map.has(op.mask) => decimal_null::<STRICT>(input)?,
            OpCode::DecimalCopy => {
                self.copied(op, map, (input, false, false), |_, input| some(decimal::<STRICT>(input)))?
            }
            OpCode::DecimalCopyNull => {
                self.copied(op, map, (input, true, false), |_, input| decimal_null::<STRICT>(input))?
            }
            OpCode::DecimalDelta => {
                let (exponent, rest) = wire::int::<STRICT>(input)?;
                self.decimal_delta::<STRICT>(op, Some(exponent), rest)?
            }
            OpCode::DecimalDeltaNull => {
                let (exponent, rest) = wire::int_null::<STRICT>(input)?;
                self.decimal_delta::<STRICT>(op, exponent, rest)?
            }
            OpCode::AsciiTail => self.copied(op, map, (input, false, true), |machine, input| {
                machine.ascii_tail::<STRICT, false>(op, input)
            })?,
            OpCode::AsciiTailNull => self
                .copied(op, map, (input, true, true), |machine, input| machine.ascii_tail::<STRICT, true>(op, input))?,
            OpCode::AsciiDelta => self.ascii_delta::<STRICT, false>(op, input)?,
            OpCode::AsciiDeltaNull => self.ascii_delta::<STRICT, true>(op, input)?,
            OpCode::Bytes => self.byte_vector::<STRICT, false>(input)?,
            OpCode::BytesNull => self.byte_vector::<STRICT, true>(input)?,
            OpCode::BytesDefault if map.has(op.mask) => self.byte_vector::<STRICT, false>(input)?,
            OpCode::BytesDefaultNull if map.has(op.mask) => self.byte_vector::<STRICT, true>(input)?,
            OpCode::BytesCopy => self
                .copied(op, map, (input, false, false), |machine, input| machine.byte_vector::<STRICT, false>(input))?,
            OpCode::BytesCopyNull => {
                self.copied(op, map, (input, true, false), |machine, input| machine.byte_vector::<STRICT, true>(input))?
            }
            OpCode::BytesTail => self.copied(op, map, (input, false, true), |machine, input| {
                machine.bytes_tail::<STRICT, false>(op, input)
            })?,
            OpCode::BytesTailNull => self
                .copied(op, map, (input, true, true), |machine, input| machine.bytes_tail::<STRICT, true>(op, input))?,
            OpCode::BytesDelta => self.bytes_delta::<STRICT, false>(op, input)?,
            OpCode::BytesDeltaNull => self.bytes_delta::<STRICT, true>(op, input)?,
            // Defaults whose bit is not set; all others are the loop's.
            _ => return Ok((None, input)),
        };
        Ok((Some(cell), rest))
    }

    /// A value that is in the stream if its bit is set, and else the previous one; with `optional` and `tail` as [`Machine::first`] has
    /// them.
    fn copied<'d>(
        &mut self,
        op: &Op,
        map: &Map<'_>,
        (input, optional, tail): (&'d [u8], bool, bool),
        read: impl FnOnce(&mut Self, &'d [u8]) -> Read<'d, Cell>,
    ) -> Read<'d, Cell> {
        if map.has(op.mask) {
            let (cell, rest) = read(self, input)?;
            self.state.remember(op.slot, cell, self.record);
            return Ok((cell, rest));
        }
        let slot = self.state.slots[op.slot as usize];
        let cell = match slot.kind() {
            Kind::LONG => self.recall(op.slot),
            Kind::ABSENT | Kind::UNDEFINED => self.first(op, optional, tail)?,
            _ => slot,
        };
        Ok((cell, input))
    }

    fn decimal_delta<'d, const STRICT: bool>(
        &mut self,
        op: &Op,
        exponent: Option<i64>,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let Some(exponent) = exponent else { return Ok((ABSENT, input)) };
        let base = self.base(op)?.as_decimal();
        let (value, rest) = decimal_sum::<STRICT>(base, exponent, input)?;
        let cell = Cell::decimal(value);
        self.state.slots[op.slot as usize] = cell;
        Ok((cell, rest))
    }

    fn byte_vector<'d, const STRICT: bool, const NULL: bool>(&mut self, input: &'d [u8]) -> Read<'d, Cell> {
        let (bytes, rest) = wire::bytes::<STRICT, NULL>(input)?;
        Ok((bytes.map_or(ABSENT, |bytes| self.bytes(bytes)), rest))
    }
}

fn some(read: Read<'_, Decimal>) -> Read<'_, Cell> {
    read.map(|(value, rest)| (Cell::decimal(value), rest))
}
