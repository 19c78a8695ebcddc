//! Segments inside segments: groups, sequences, messages in messages.

use super::machine::{Machine, Rest};
use crate::Code;
use crate::program::{ABSENT, Cell, Kind, Op};

/// Segments inside one another, whatever refers to what.
pub(super) const DEEPEST: usize = 64;

/// A group.
pub fn group<'d, const STRICT: bool>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let segment = &machine.program.segments[op.aux as usize];
    machine.put(op, Cell::GROUP);
    let first = machine.base + segment.first as usize;
    machine.cells[first..first + segment.prototype.len()].copy_from_slice(&segment.prototype);
    machine.inside(op, machine.base, input, |machine| {
        let rest = machine.own_map::<STRICT>(segment.has_map, op, input)?;
        machine.segment::<STRICT>(op.aux, rest)
    })
}

/// A group that may be absent.
pub fn group_null<'d, const STRICT: bool>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    if machine.bit(op) { group::<STRICT>(machine, op, input) } else { Some(input) }
}

/// A sequence whose length is in its cell.
pub fn sequence<'d, const STRICT: bool>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    elements::<STRICT>(machine, op, input, |machine, input| machine.segment::<STRICT>(op.aux, input))
}

/// The elements of a sequence, one by one.
#[inline(always)]
pub fn elements<'m, 'd, const STRICT: bool>(
    machine: &mut Machine<'m, 'd>,
    op: &Op,
    input: &'d [u8],
    each: impl Fn(&mut Machine<'m, 'd>, &'d [u8]) -> Rest<'d>,
) -> Rest<'d> {
    if machine.cells[machine.base + op.cell as usize].kind() == Kind::ABSENT {
        return Some(input);
    }
    let (first, count) = machine.rows(op, input)?;
    let segment = &machine.program.segments[op.aux as usize];
    let width = segment.prototype.len();
    machine.inside(op, first, input, |machine| {
        let mut rest = input;
        for _ in 0..count {
            rest = machine.own_map::<STRICT>(segment.has_map, op, rest)?;
            rest = each(machine, rest)?;
            machine.base += width;
        }
        Some(rest)
    })
}

/// A message of whatever template.
pub fn dynamic<'d, const STRICT: bool>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let (outer, first) = (machine.template, machine.used);
    let place = machine.base + op.cell as usize;
    let rest = machine.inside(op, first, input, |machine| {
        let (head, rest) = machine.head::<STRICT>(input)?;
        let program = machine.program;
        let variant = program.heads[head as usize].variants[op.aux as usize];
        let segment = program.variants[variant as usize].segment;
        let prototype = &program.segments[segment as usize].prototype;
        if first + prototype.len() > machine.most_cells {
            return machine.fail(Code::X2, op, input);
        }
        machine.row(prototype);
        machine.cells[place] = Cell::message(first, variant);
        machine.segment::<STRICT>(segment, rest)
    })?;
    machine.template = outer;
    Some(rest)
}

impl<'d> Machine<'_, 'd> {
    /// Rows for the elements of a sequence whose length is in its cell: the first one's first cell, and how many.
    #[inline(always)]
    pub(super) fn rows(&mut self, op: &Op, input: &'d [u8]) -> Option<(usize, usize)> {
        let at = self.base + op.cell as usize;
        let (count, first) = (self.cells[at].start(), self.used);
        let segment = &self.program.segments[op.aux as usize];
        // Before anything is made: that many elements cannot be there, or must not.
        if segment.has_map && count > input.len() {
            return self.fail(Code::X1, op, input);
        }
        if count.saturating_mul(segment.prototype.len().max(1)) > self.most_cells.saturating_sub(first) {
            return self.fail(Code::X2, op, input);
        }
        self.cells[at] = Cell::rows(first, count as u32);
        self.prototypes(&segment.prototype, first, count);
        Some((first, count))
    }

    /// An element's or a group's own map, if it has one.
    #[inline(always)]
    pub(super) fn own_map<const STRICT: bool>(&mut self, has_map: bool, op: &Op, input: &'d [u8]) -> Rest<'d> {
        if !has_map {
            self.map = crate::wire::NO_MAP;
            return Some(input);
        }
        match self.map.read::<STRICT>(input) {
            Ok(rest) => Some(rest),
            Err(code) => self.fail(code, op, input),
        }
    }

    /// As many rows like the prototype, from `first`: one copy, and copies of what is there already, so that they are few and long.
    #[inline(always)]
    fn prototypes(&mut self, prototype: &[Cell], first: usize, count: usize) {
        let end = first + prototype.len() * count;
        self.reach(end);
        let (mut there, most) = (first, end.min(first + prototype.len()));
        self.cells[there..most].copy_from_slice(&prototype[..most - there]);
        there = most;
        while there < end {
            let next = end.min(there + (there - first));
            self.cells.copy_within(first..first + (next - there), there);
            there = next;
        }
        self.used = end;
    }

    /// One row more.
    #[inline(always)]
    pub(super) fn row(&mut self, prototype: &[Cell]) {
        let (first, end) = (self.used, self.used + prototype.len());
        self.reach(end);
        self.cells[first..end].copy_from_slice(prototype);
        self.used = end;
    }

    /// Makes sure that there are so many cells.
    #[inline(always)]
    fn reach(&mut self, end: usize) {
        if end > self.cells.len() {
            self.lengthen(end);
        }
    }

    #[cold]
    #[inline(never)]
    fn lengthen(&mut self, end: usize) {
        self.cells.resize(end, ABSENT);
    }

    /// Something inside the row at hand; after it the row and its map are at hand again.
    #[inline(always)]
    fn inside(
        &mut self,
        op: &Op,
        base: usize,
        input: &'d [u8],
        decode: impl FnOnce(&mut Self) -> Rest<'d>,
    ) -> Rest<'d> {
        if self.depth >= DEEPEST {
            return self.fail(Code::X2, op, input);
        }
        let outer = (self.base, self.map);
        self.base = base;
        self.depth += 1;
        let rest = decode(self);
        self.depth -= 1;
        (self.base, self.map) = outer;
        rest
    }
}
