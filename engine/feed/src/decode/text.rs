//! Strings and byte vectors: short ones live in their cell, long ones in the record.

use super::run::Machine;
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

/// A string that is not short, into its place.
#[cold]
#[inline(never)]
pub(super) fn other_ascii(long: &mut Vec<u8>, text: Ascii<'_>, to: &mut Cell) {
    *to = ascii_cell(long, text);
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

impl Machine<'_> {
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Cell {
        bytes_cell(&mut self.record.bytes, bytes)
    }

    /// The value of a slot that holds a long one.
    #[cold]
    #[inline(never)]
    pub(super) fn recall(&mut self, slot: u32) -> Cell {
        let long = &self.state.long[slot as usize];
        let start = self.record.bytes.len();
        self.record.bytes.extend_from_slice(long);
        Cell::long(start, long.len() as u32)
    }

    /// `D4`: the entry's value is of another type than the field that is about to use it.
    pub(super) fn guard(&mut self, op: &Op) -> Result<(), Code> {
        let slot = op.slot as usize;
        if self.state.slots[slot].assigned() && self.state.writers[slot] != op.aux {
            return Err(Code::D4);
        }
        self.state.writers[slot] = op.aux;
        Ok(())
    }

    /// `R2`.
    #[inline(never)]
    pub(super) fn utf8(&self, at: usize) -> Result<(), Code> {
        let cell = &self.record.cells[at];
        let bytes = match cell.kind() {
            Kind::SHORT => cell.raw.get(..cell.extra() as usize).unwrap_or_default(),
            Kind::LONG => self.record.long(cell),
            _ => return Ok(()),
        };
        if std::str::from_utf8(bytes).is_ok() { Ok(()) } else { Err(Code::R2) }
    }

    /// The value that a tail makes with the previous one; what is as long as that or longer replaces it (section 6.3.8).
    fn with_tail(&mut self, op: &Op, tail: Cell) -> Cell {
        if tail.kind() == Kind::ABSENT {
            return ABSENT;
        }
        let mut scratch = std::mem::take(&mut self.state.scratch);
        scratch.clear();
        let slot = self.state.slots[op.slot as usize];
        let base = if slot.assigned() { slot } else { self.program.initials[op.aux as usize] };
        let base = if slot.assigned() { self.state.bytes(op.slot, &base) } else { self.of_pool(&base) };
        scratch.extend_from_slice(&base[..base.len().saturating_sub(tail.extra() as usize)]);
        let tail = if tail.kind() == Kind::LONG { self.record.long(&tail) } else { &tail.raw[..tail.extra() as usize] };
        scratch.extend_from_slice(tail);
        let cell = self.bytes(&scratch);
        self.state.scratch = scratch;
        cell
    }

    pub(super) fn ascii_tail<'d, const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (tail, rest) = wire::ascii::<STRICT, NULL>(input)?;
        let tail = ascii_cell(&mut self.record.bytes, tail);
        Ok((self.with_tail(op, tail), rest))
    }

    pub(super) fn bytes_tail<'d, const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (tail, rest) = wire::bytes::<STRICT, NULL>(input)?;
        let tail = tail.map_or(ABSENT, |tail| self.bytes(tail));
        Ok((self.with_tail(op, tail), rest))
    }

    pub(super) fn ascii_delta<'d, const STRICT: bool, const NULL: bool>(
        &mut self,
        op: &Op,
        input: &'d [u8],
    ) -> Read<'d, Cell> {
        let (removed, rest) = removed::<STRICT, NULL>(input)?;
        let Some(removed) = removed else { return Ok((ABSENT, rest)) };
        let (added, rest) = wire::ascii::<STRICT, false>(rest)?;
        let added = ascii_cell(&mut self.record.bytes, added);
        Ok((self.with_delta(op, removed, added)?, rest))
    }

    pub(super) fn bytes_delta<'d, const STRICT: bool, const NULL: bool>(
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
        let base = self.base(op)?;
        let mut scratch = std::mem::take(&mut self.state.scratch);
        scratch.clear();
        let assigned = self.state.slots[op.slot as usize].assigned();
        let base = if assigned { self.state.bytes(op.slot, &base) } else { self.of_pool(&base) };
        let added =
            if added.kind() == Kind::LONG { self.record.long(&added) } else { &added.raw[..added.extra() as usize] };
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
        self.state.scratch = scratch;
        if !fits {
            return Err(Code::D7);
        }
        self.state.remember(op.slot, cell, self.record);
        Ok(cell)
    }

    /// The bytes of an initial value; none if there is none.
    fn of_pool<'b>(&'b self, cell: &'b Cell) -> &'b [u8] {
        match cell.kind() {
            Kind::SHORT => cell.raw.get(..cell.extra() as usize).unwrap_or_default(),
            Kind::LONG => self.program.pool.get(cell.start()..cell.start() + cell.extra() as usize).unwrap_or_default(),
            _ => &[],
        }
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
