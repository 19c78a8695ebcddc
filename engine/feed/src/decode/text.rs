//! Strings and byte vectors: short ones live in their cell, long ones in the record.

use super::integer::ok;
use super::machine::{Machine, Rest};
use crate::Code;
use crate::program::{ABSENT, Cell, Kind, Op};
use crate::wire::{self, Ascii, Read};

/// An ASCII string as a cell; `long` takes what a cell cannot hold.
#[inline(always)]
fn ascii_cell(long: &mut Vec<u8>, text: Ascii<'_>) -> Cell {
    match text {
        Ascii::Null => ABSENT,
        Ascii::Short(raw, length) => Cell::short(raw.to_le_bytes(), length),
        Ascii::Long(before, last) => long_cell(long, before, &[last]),
    }
}

/// Bytes as a cell.
fn bytes_cell(long: &mut Vec<u8>, bytes: &[u8]) -> Cell {
    let mut raw = [0; 8];
    match raw.get_mut(..bytes.len()) {
        Some(to) => {
            to.copy_from_slice(bytes);
            Cell::short(raw, bytes.len() as u32)
        }
        None => long_cell(long, bytes, &[]),
    }
}

#[cold]
#[inline(never)]
fn long_cell(to: &mut Vec<u8>, bytes: &[u8], more: &[u8]) -> Cell {
    let start = to.len();
    to.extend_from_slice(bytes);
    to.extend_from_slice(more);
    Cell::long(start, (to.len() - start) as u32)
}

/// A string from the stream into its cell, and into its slot if the operator keeps it; what is not usual in the last place, as for
/// integers. Short text is stored as the two words it is made of: a copy of a cell made a moment ago would wait for both.
#[inline(always)]
fn value<'d, const STRICT: bool, const NULL: bool, const KEEP: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let Some((raw, length, rest)) = wire::quick_ascii(input) else {
        return slow_value::<STRICT, NULL, KEEP>(machine, op, input);
    };
    machine.store::<KEEP>(op, Cell::short(raw.to_le_bytes(), length));
    Some(rest)
}

#[cold]
#[inline(never)]
fn slow_value<'d, const STRICT: bool, const NULL: bool, const KEEP: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    let (text, rest) = ok!(machine, op, input, wire::ascii::<STRICT, NULL>(input));
    let cell = ascii_cell(machine.bytes, text);
    if KEEP {
        machine.remember(op.slot, cell);
    }
    machine.put(op, cell);
    Some(rest)
}

/// No operator.
#[inline(always)]
pub fn plain<'d, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    value::<STRICT, NULL, false>(machine, op, input)
}

/// The operator default.
#[inline(always)]
pub fn default<'d, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    if machine.bit(op) { value::<STRICT, NULL, false>(machine, op, input) } else { Some(input) }
}

/// The operator copy.
#[inline(always)]
pub fn copy<'d, const STRICT: bool, const NULL: bool>(
    machine: &mut Machine<'_, 'd>,
    op: &Op,
    input: &'d [u8],
) -> Rest<'d> {
    if machine.bit(op) {
        return value::<STRICT, NULL, true>(machine, op, input);
    }
    let slot = machine.slot(op);
    if slot.kind() == Kind::SHORT {
        machine.put(op, slot);
        return Some(input);
    }
    machine.copy_other(op, NULL, input)
}

impl<'d> Machine<'_, 'd> {
    /// A previous value that is long, or none.
    #[cold]
    #[inline(never)]
    fn copy_other(&mut self, op: &Op, optional: bool, input: &'d [u8]) -> Rest<'d> {
        if self.slot(op).kind() != Kind::LONG {
            return self.put_first(op, optional, input);
        }
        let cell = self.recall(op.slot);
        self.put(op, cell);
        Some(input)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Cell {
        bytes_cell(self.bytes, bytes)
    }

    /// The value of a slot that holds a long one.
    pub(super) fn recall(&mut self, slot: u32) -> Cell {
        let long = &self.memory.long[slot as usize];
        let start = self.bytes.len();
        self.bytes.extend_from_slice(long);
        Cell::long(start, long.len() as u32)
    }

    /// The bytes of a cell of the record.
    pub(super) fn bytes_of<'b>(&'b self, cell: &'b Cell) -> &'b [u8] {
        match cell.kind() {
            Kind::SHORT => cell.raw.get(..cell.extra() as usize).unwrap_or_default(),
            Kind::LONG => crate::record::long(self.bytes, cell),
            _ => &[],
        }
    }

    /// The bytes of a previous value, or of the initial one; none if there is neither.
    fn base_of<'b>(&'b self, op: &Op, slot: &'b Cell) -> &'b [u8] {
        // The pool of initial values is at the start of the record's bytes.
        if slot.assigned() {
            self.memory.bytes(op.slot, slot)
        } else {
            self.bytes_of(&self.program.initials[op.aux as usize])
        }
    }

    /// The value that a tail makes with the previous one; what is as long as that or longer replaces it (section 6.3.8).
    fn with_tail(&mut self, op: &Op, tail: Cell) -> Cell {
        if tail.kind() == Kind::ABSENT {
            return ABSENT;
        }
        let mut scratch = std::mem::take(&mut self.memory.scratch);
        scratch.clear();
        let slot = self.slot(op);
        let base = self.base_of(op, &slot);
        scratch.extend_from_slice(&base[..base.len().saturating_sub(tail.extra() as usize)]);
        scratch.extend_from_slice(self.bytes_of(&tail));
        let cell = self.bytes(&scratch);
        self.memory.scratch = scratch;
        cell
    }

    pub(super) fn ascii_tail<const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (tail, rest) = wire::ascii::<STRICT, NULL>(input)?;
        let tail = ascii_cell(self.bytes, tail);
        Ok((self.with_tail(op, tail), rest))
    }

    pub(super) fn bytes_tail<const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (tail, rest) = wire::bytes::<STRICT, NULL>(input)?;
        let tail = tail.map_or(ABSENT, |tail| self.bytes(tail));
        Ok((self.with_tail(op, tail), rest))
    }

    pub(super) fn ascii_delta<const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (removed, rest) = removed::<STRICT, NULL>(input)?;
        let Some(removed) = removed else { return Ok((ABSENT, rest)) };
        let (added, rest) = wire::ascii::<STRICT, false>(rest)?;
        let added = ascii_cell(self.bytes, added);
        Ok((self.with_delta(op, removed, added)?, rest))
    }

    pub(super) fn bytes_delta<const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (removed, rest) = removed::<STRICT, NULL>(input)?;
        let Some(removed) = removed else { return Ok((ABSENT, rest)) };
        let (added, rest) = wire::bytes::<STRICT, false>(rest)?;
        let added = added.map_or(ABSENT, |added| self.bytes(added));
        Ok((self.with_delta(op, removed, added)?, rest))
    }

    /// Removes from the end, or from the front if the length is negative (minus one is zero there), and adds at the same end
    /// (section 6.3.7.3).
    fn with_delta(&mut self, op: &Op, removed: i32, added: Cell) -> Result<Cell, Code> {
        self.base(op)?;
        let mut scratch = std::mem::take(&mut self.memory.scratch);
        scratch.clear();
        let slot = self.slot(op);
        let (base, added) = (self.base_of(op, &slot), self.bytes_of(&added));
        let count = if removed < 0 { -(i64::from(removed) + 1) } else { i64::from(removed) } as usize;
        let fits = count <= base.len();
        if fits && removed < 0 {
            scratch.extend_from_slice(added);
            scratch.extend_from_slice(&base[count..]);
        } else if fits {
            scratch.extend_from_slice(&base[..base.len() - count]);
            scratch.extend_from_slice(added);
        }
        let cell = self.bytes(&scratch);
        self.memory.scratch = scratch;
        if !fits {
            return Err(Code::D7);
        }
        self.remember(op.slot, cell);
        Ok(cell)
    }
}

/// How many are removed: `D7` outside of an int32.
fn removed<const STRICT: bool, const NULL: bool>(input: &[u8]) -> Read<'_, Option<i32>> {
    let (removed, rest) = if NULL {
        wire::delta_null::<STRICT>(input)?
    } else {
        let (removed, rest) = wire::delta::<STRICT>(input)?;
        (Some(removed), rest)
    };
    Ok((removed.map(i32::try_from).transpose().map_err(|_| Code::D7)?, rest))
}
