//! Segments inside segments: groups, sequences, messages in messages.

use super::run::Machine;
use crate::Code;
use crate::program::{Cell, Kind, Op, Segment};
use crate::wire::{self, Map, NO_MAP, Read};

/// Segments inside one another, whatever refers to what.
const DEEPEST: usize = 64;

impl Machine<'_> {
    #[inline(always)]
    fn own_map<'d, const STRICT: bool>(
        &mut self,
        segment: &Segment,
        input: &'d [u8],
        next: usize,
    ) -> Read<'d, Map<'d>> {
        if !segment.has_map {
            return Ok((NO_MAP, input));
        }
        wire::map::<STRICT>(input).map_err(|code| self.fail(code, next - 1, input.len()))
    }

    pub(super) fn group<'d, const STRICT: bool>(
        &mut self,
        op: &Op,
        base: usize,
        input: &'d [u8],
        next: usize,
    ) -> Result<&'d [u8], Code> {
        let segment = &self.program.segments[op.aux as usize];
        self.put(base + op.cell as usize, Cell::GROUP);
        let first = base + segment.first as usize;
        self.record.cells[first..first + segment.prototype.len()].copy_from_slice(&segment.prototype);
        let (map, rest) = self.own_map::<STRICT>(segment, input, next)?;
        self.deeper(next, input.len())?;
        let rest = self.segment::<STRICT>(segment, base, map, rest, 0)?;
        self.depth -= 1;
        Ok(rest)
    }

    #[inline(always)]
    pub(super) fn sequence<'d, const STRICT: bool>(
        &mut self,
        op: &Op,
        base: usize,
        input: &'d [u8],
        next: usize,
    ) -> Result<&'d [u8], Code> {
        let at = base + op.cell as usize;
        let length = self.record.cells[at];
        if length.kind() == Kind::ABSENT {
            return Ok(input);
        }
        let segment = &self.program.segments[op.aux as usize];
        let width = segment.prototype.len();
        let (count, first) = (length.start(), self.record.cells.len());
        // Before anything is made: that many elements cannot be there, or must not.
        if segment.has_map && count > input.len() {
            return Err(self.fail(Code::X1, next - 1, input.len()));
        }
        if count.saturating_mul(width.max(1)) > self.most_cells.saturating_sub(first) {
            return Err(self.fail(Code::X2, next - 1, input.len()));
        }
        for _ in 0..count {
            self.record.cells.extend_from_slice(&segment.prototype);
        }
        self.put(at, Cell::rows(first, count as u32));
        self.deeper(next, input.len())?;
        let mut rest = input;
        if let Some(more) = count.checked_sub(1) {
            let (map, after) = self.own_map::<STRICT>(segment, rest, next)?;
            rest = self.segment::<STRICT>(segment, first, map, after, more)?;
        }
        self.depth -= 1;
        Ok(rest)
    }

    #[inline(never)]
    pub(super) fn dynamic<'d, const STRICT: bool>(
        &mut self,
        op: &Op,
        base: usize,
        input: &'d [u8],
        next: usize,
    ) -> Result<&'d [u8], Code> {
        let outer = self.template;
        let (map, head, rest) = self.head::<STRICT>(input)?;
        let variant = self.program.heads[head as usize].variants[op.aux as usize];
        let segment = &self.program.segments[self.program.variants[variant as usize].segment as usize];
        let first = self.record.cells.len();
        if first + segment.prototype.len() > self.most_cells {
            return Err(self.fail(Code::X2, next - 1, input.len()));
        }
        self.record.cells.extend_from_slice(&segment.prototype);
        self.put(base + op.cell as usize, Cell::message(first, variant));
        self.deeper(next, input.len())?;
        let rest = self.segment::<STRICT>(segment, first, map, rest, 0)?;
        self.depth -= 1;
        self.template = outer;
        Ok(rest)
    }

    #[inline(always)]
    fn deeper(&mut self, next: usize, left: usize) -> Result<(), Code> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(self.fail(Code::X2, next - 1, left)) } else { Ok(()) }
    }
}
