//! The tape as it is walked: for each step the function that takes it, chosen once. What is seldom or comes in a run stands in a range
//! of its own, so that nothing is ever jumped over.

use super::machine::{Machine, Rest};
use super::{decimal, integer, nested, rare, text};
use crate::program::{Op, OpCode, Program, Segment};

/// Takes one step.
pub(super) type Take = for<'m, 'd> fn(&mut Machine<'m, 'd>, &Op, &'d [u8]) -> Rest<'d>;

/// One step and who takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    take: Take,
    op: Op,
}

/// The steps of all segments, for one mode.
#[derive(Debug)]
pub(crate) struct Steps {
    all: Vec<Step>,
    /// Where each segment begins and ends.
    segments: Vec<(u32, u32)>,
}

/// Defaults in a row that are worth a look at their bits together.
const WORTH_A_LOOK: usize = 8;

impl Steps {
    pub(super) fn new<const STRICT: bool>(program: &Program) -> Self {
        let mut steps = Self { all: Vec::new(), segments: Vec::new() };
        for Segment { start, end, .. } in &program.segments {
            let range = steps.range::<STRICT>(&program.ops[*start as usize..*end as usize]);
            steps.segments.push(range);
        }
        steps
    }

    /// Appends steps that are taken one after the other, ranges inside of them first.
    fn range<const STRICT: bool>(&mut self, ops: &[Op]) -> (u32, u32) {
        let mut own = Vec::with_capacity(ops.len());
        let mut rest = ops;
        while let Some((op, after)) = rest.split_first() {
            let run = rest.iter().take_while(|op| op.code.is_default()).count();
            rest = after;
            let op = match op.code {
                OpCode::Utf8 if !STRICT => continue,
                OpCode::Unless => {
                    let (inner, after) = after.split_at((op.aux as usize).min(after.len()));
                    rest = after;
                    let (start, end) = self.range::<STRICT>(inner);
                    Op { slot: start, aux: end, ..*op }
                }
                _ if run >= WORTH_A_LOOK => {
                    let (inner, after) = ops[ops.len() - after.len() - 1..].split_at(run);
                    rest = after;
                    let start = self.all.len() as u32;
                    self.all.extend(inner.iter().map(|op| Step { take: take::<STRICT>(op.code), op: *op }));
                    let mask = inner.iter().fold(0, |mask, op| mask | op.mask);
                    Op { slot: start, aux: start + run as u32, mask, code: OpCode::Run, ..*op }
                }
                _ => *op,
            };
            own.push(Step { take: take::<STRICT>(op.code), op });
        }
        let start = self.all.len() as u32;
        self.all.append(&mut own);
        (start, self.all.len() as u32)
    }
}

impl<'d> Machine<'_, 'd> {
    /// The steps of a segment.
    #[inline(always)]
    pub(super) fn segment<const STRICT: bool>(&mut self, segment: u32, input: &'d [u8]) -> Rest<'d> {
        let (start, end) = self.steps.segments[segment as usize];
        let rest = self.range(start, end, input)?;
        if STRICT {
            let Segment { bits, places, .. } = &self.program.segments[segment as usize];
            if self.map.has_more_than(*bits, *places) {
                return self.fail_at(crate::Code::R8, crate::program::NOT_THERE, rest);
            }
        }
        Some(rest)
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
fn run<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
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
fn unless<'d>(machine: &mut Machine<'_, 'd>, op: &Op, input: &'d [u8]) -> Rest<'d> {
    if machine.cells[machine.base + op.cell as usize + 1].assigned() {
        return machine.range(op.slot, op.aux, input);
    }
    if op.mask != 0 {
        machine.map.put_in(op.mask);
    }
    Some(input)
}

/// Who takes a step.
fn take<const STRICT: bool>(code: OpCode) -> Take {
    use integer::{Signed, Unsigned};
    match code {
        OpCode::Unsigned => integer::plain::<Unsigned, STRICT, false>,
        OpCode::UnsignedNull => integer::plain::<Unsigned, STRICT, true>,
        OpCode::UnsignedDefault => integer::default::<Unsigned, STRICT, false>,
        OpCode::UnsignedDefaultNull => integer::default::<Unsigned, STRICT, true>,
        OpCode::UnsignedCopy => integer::copy::<Unsigned, STRICT, false>,
        OpCode::UnsignedCopyNull => integer::copy::<Unsigned, STRICT, true>,
        OpCode::UnsignedIncrement => integer::increment::<Unsigned, STRICT, false>,
        OpCode::UnsignedIncrementNull => integer::increment::<Unsigned, STRICT, true>,
        OpCode::UnsignedDelta => integer::delta::<Unsigned, STRICT, false>,
        OpCode::UnsignedDeltaNull => integer::delta::<Unsigned, STRICT, true>,
        OpCode::Signed => integer::plain::<Signed, STRICT, false>,
        OpCode::SignedNull => integer::plain::<Signed, STRICT, true>,
        OpCode::SignedDefault => integer::default::<Signed, STRICT, false>,
        OpCode::SignedDefaultNull => integer::default::<Signed, STRICT, true>,
        OpCode::SignedCopy => integer::copy::<Signed, STRICT, false>,
        OpCode::SignedCopyNull => integer::copy::<Signed, STRICT, true>,
        OpCode::SignedIncrement => integer::increment::<Signed, STRICT, false>,
        OpCode::SignedIncrementNull => integer::increment::<Signed, STRICT, true>,
        OpCode::SignedDelta => integer::delta::<Signed, STRICT, false>,
        OpCode::SignedDeltaNull => integer::delta::<Signed, STRICT, true>,
        OpCode::Ascii => text::plain::<STRICT, false>,
        OpCode::AsciiNull => text::plain::<STRICT, true>,
        OpCode::AsciiDefault => text::default::<STRICT, false>,
        OpCode::AsciiDefaultNull => text::default::<STRICT, true>,
        OpCode::AsciiCopy => text::copy::<STRICT, false>,
        OpCode::AsciiCopyNull => text::copy::<STRICT, true>,
        OpCode::Split => decimal::split::<STRICT, false>,
        OpCode::SplitNull => decimal::split::<STRICT, true>,
        OpCode::Run => run,
        OpCode::Unless => unless,
        OpCode::Sequence => nested::sequence::<STRICT>,
        OpCode::Group => nested::group::<STRICT>,
        OpCode::GroupNull => nested::group_null::<STRICT>,
        OpCode::Dynamic => nested::dynamic::<STRICT>,
        OpCode::Refill => rare::refill,
        OpCode::Guard => rare::guard,
        OpCode::Utf8 => rare::utf8,
        OpCode::Missing => rare::missing,
        OpCode::ConstantNull => rare::constant,
        OpCode::Join => rare::join,
        OpCode::Decimal
        | OpCode::DecimalNull
        | OpCode::DecimalDefault
        | OpCode::DecimalDefaultNull
        | OpCode::DecimalCopy
        | OpCode::DecimalCopyNull
        | OpCode::DecimalDelta
        | OpCode::DecimalDeltaNull
        | OpCode::AsciiDelta
        | OpCode::AsciiDeltaNull
        | OpCode::AsciiTail
        | OpCode::AsciiTailNull
        | OpCode::Bytes
        | OpCode::BytesNull
        | OpCode::BytesDefault
        | OpCode::BytesDefaultNull
        | OpCode::BytesCopy
        | OpCode::BytesCopyNull
        | OpCode::BytesDelta
        | OpCode::BytesDeltaNull
        | OpCode::BytesTail
        | OpCode::BytesTailNull => rare::field::<STRICT>,
    }
}
