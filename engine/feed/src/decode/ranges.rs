//! Steps one after the other: segments and what is inside of them.

use super::Executor;
use super::machine::{Machine, Rest};
use crate::program::{Op, Segment};

impl<'d> Machine<'_, 'd> {
    /// The steps of a segment.
    #[inline(always)]
    pub(super) fn segment<const STRICT: bool>(&mut self, segment: u32, input: &'d [u8]) -> Rest<'d> {
        match self.executor {
            Executor::Tape => {}
            Executor::Generated(generated) => return generated.of(STRICT)[segment as usize](self, input),
            Executor::Compiled(compiled) => return compiled.segment(segment, self, input),
        }
        self.tape_segment::<STRICT>(segment, input)
    }

    #[inline(always)]
    pub(super) fn tape_segment<const STRICT: bool>(&mut self, segment: u32, input: &'d [u8]) -> Rest<'d> {
        let (start, end) = self.steps.segments[segment as usize];
        let rest = self.range(start, end, input)?;
        let Segment { bits, places, .. } = &self.program.segments[segment as usize];
        self.end::<STRICT>(*bits, *places, rest)
    }

    /// The end of a segment: in strict mode `R8` if its map has more bits than its steps.
    #[inline(always)]
    pub fn end<const STRICT: bool>(&mut self, bits: u32, places: u32, rest: &'d [u8]) -> Rest<'d> {
        if STRICT && self.map.has_more_than(bits, places) {
            return self.fail_at(crate::Code::R8, crate::program::NOT_THERE, rest);
        }
        Some(rest)
    }

    /// Whether a bit of a mask is set.
    #[inline(always)]
    pub fn any(&self, mask: u64) -> bool {
        self.map.has(mask)
    }

    /// Whether the exponent of a decimal is there; if not, its mantissa has no bit in the stream.
    #[inline(always)]
    pub fn has_exponent(&mut self, op: &Op) -> bool {
        let there = self.cells[self.base + op.cell as usize + 1].assigned();
        if !there && op.mask != 0 {
            self.map.put_in(op.mask);
        }
        there
    }

    #[inline(always)]
    fn range(&mut self, start: u32, end: u32, input: &'d [u8]) -> Rest<'d> {
        let steps = self.steps;
        let mut input = input;
        for step in &steps.all[start as usize..end as usize] {
            input = (step.take)(self, &step.op, input)?;
        }
        Some(input)
    }
}

/// Defaults in a row: only those whose bits are set.
pub(super) fn run<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    let steps = machine.steps;
    let run = &steps.all[op.slot as usize..op.aux as usize];
    let before = op.mask.leading_zeros();
    let mut bits = machine.map.word & op.mask;
    let mut input = input;
    while bits != 0 {
        let place = bits.leading_zeros();
        let step = &run[(place - before) as usize];
        input = (step.take)(machine, &step.op, input)?;
        bits ^= 1 << 63 >> place;
    }
    Some(input)
}

/// The mantissa of a decimal whose exponent is there.
pub(super) fn unless<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    if machine.has_exponent(op) { machine.range(op.slot, op.aux, input) } else { Some(input) }
}
