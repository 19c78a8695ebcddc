//! A message being decoded, and how it begins.

use super::state::Memory;
use super::{Executor, State, Steps};
use crate::program::{ABSENT, Cell, Kind, NOT_THERE, Op, Program};
use crate::record::Record;
use crate::wire::{self, Map, NO_MAP};
use crate::{Code, Fault};

/// A message being decoded. Steps find here what they work on; what they take from the stream travels in registers.
#[derive(Debug)]
pub struct Machine<'m, 'd> {
    /// The presence map of the segment at hand.
    pub(super) map: Map<'d>,
    /// Where the row at hand begins.
    pub(super) base: usize,
    /// The record's, for as long as a message is decoded: those of this message, and behind them what is left of longer ones.
    pub(super) cells: Vec<Cell>,
    /// How many of them are this message's.
    pub(super) used: usize,
    pub(super) slots: &'m mut [Cell],
    pub(super) program: &'m Program,
    pub(super) steps: &'m Steps,
    /// Who takes the steps.
    pub(super) executor: &'m Executor,
    pub(super) bytes: &'m mut Vec<u8>,
    pub(super) memory: &'m mut Memory,
    pub(super) most_cells: usize,
    pub(super) depth: usize,
    pub(super) template: u32,
    /// The innermost failure: what, in which step, and the bytes that were left.
    failed: Option<(Code, u32, usize)>,
}

/// A segment as Rust of its own.
pub type SegmentFn = for<'m, 'd> fn(&mut Machine<'m, 'd>, &'d [u8]) -> Rest<'d>;

/// What is left of the input after a step; nothing if it failed.
pub type Rest<'d> = Option<&'d [u8]>;

/// One message: which variant it is, and the rest of the input.
#[inline(always)]
pub(super) fn message<'d, const STRICT: bool>(
    (program, steps, executor): (&Program, &Steps, &Executor),
    state: &mut State,
    record: &mut Record,
    most_cells: usize,
    input: &'d [u8],
) -> Result<(u32, &'d [u8]), Fault> {
    record.clear(program.pool.len());
    let mut machine = Machine {
        map: NO_MAP,
        base: 0,
        cells: std::mem::take(&mut record.cells),
        used: 0,
        slots: &mut state.slots,
        program,
        steps,
        executor,
        bytes: &mut record.bytes,
        memory: &mut state.memory,
        most_cells,
        depth: 0,
        template: NOT_THERE,
        failed: None,
    };
    let read = machine.message::<STRICT>(input).ok_or(()).map_err(|()| machine.fault(input));
    record.cells = machine.cells;
    read
}

impl<'d> Machine<'_, 'd> {
    #[inline(always)]
    fn message<const STRICT: bool>(&mut self, input: &'d [u8]) -> Option<(u32, &'d [u8])> {
        let (head, rest) = self.head::<STRICT>(input)?;
        let head = &self.program.heads[head as usize];
        if head.resets {
            self.slots.fill(crate::program::UNDEFINED);
        }
        let variant = head.variants[0];
        let segment = self.program.variants[variant as usize].segment;
        self.row(&self.program.segments[segment as usize].prototype);
        let rest = self.segment::<STRICT>(segment, rest)?;
        Some((variant, rest))
    }

    /// Presence map and template identifier.
    #[inline(always)]
    pub(super) fn head<const STRICT: bool>(&mut self, input: &'d [u8]) -> Option<(u32, &'d [u8])> {
        let start = self.read_map::<STRICT>(input)?;
        let mut rest = start;
        if self.map.has(1 << 63) {
            match wire::uint::<STRICT>(start) {
                Ok((id, after)) => (self.memory.template, rest) = (Some(id), after),
                Err(code) => return self.fail_at(code, NOT_THERE, start),
            }
        }
        let found = self.memory.template.ok_or(Code::D5).and_then(|id| self.program.by_id(id));
        match found {
            Ok(found) => {
                self.template = found;
                Some((found, rest))
            }
            Err(code) => self.fail_at(code, NOT_THERE, start),
        }
    }

    #[inline(always)]
    pub(super) fn read_map<const STRICT: bool>(&mut self, input: &'d [u8]) -> Rest<'d> {
        match self.map.read::<STRICT>(input) {
            Ok(rest) => Some(rest),
            Err(code) => self.fail_at(code, NOT_THERE, input),
        }
    }

    /// What was wrong, with its place.
    #[cold]
    fn fault(&self, input: &[u8]) -> Fault {
        let (code, step, left) = self.failed.unwrap_or((Code::X1, NOT_THERE, input.len()));
        let label = self.program.labels.get(step as usize).copied().unwrap_or(0);
        let template = self.program.heads.get(self.template as usize);
        Fault {
            code,
            position: input.len() - left,
            template: template.map(|head| head.name.local.clone()).unwrap_or_default(),
            field: self.program.names[label as usize].clone(),
        }
    }

    /// A step's failure.
    #[cold]
    #[inline(never)]
    pub(super) fn fail<T>(&mut self, code: Code, op: &Op, input: &[u8]) -> Option<T> {
        self.fail_at(code, op.at, input)
    }

    /// The failure of a step by its place; none in a segment's head.
    #[cold]
    #[inline(never)]
    pub(super) fn fail_at<T>(&mut self, code: Code, at: u32, input: &[u8]) -> Option<T> {
        self.failed.get_or_insert((code, at, input.len()));
        None
    }

    #[inline(always)]
    pub(super) const fn bit(&self, op: &Op) -> bool {
        self.map.has(op.mask)
    }

    #[inline(always)]
    pub(super) fn put(&mut self, op: &Op, cell: Cell) {
        let at = self.base + op.cell as usize;
        self.cells[at] = cell;
    }

    #[inline(always)]
    pub(super) fn slot(&self, op: &Op) -> Cell {
        self.slots[op.slot as usize]
    }

    /// Puts a value into its cell; with `KEEP` into its slot too.
    #[inline(always)]
    pub(super) fn store<const KEEP: bool>(&mut self, op: &Op, cell: Cell) {
        if KEEP {
            self.slots[op.slot as usize] = cell;
        }
        self.put(op, cell);
    }

    /// The value of an operator whose bit is not set and that has no previous value (sections 6.3.5, 6.3.6, 6.3.8).
    #[cold]
    #[inline(never)]
    pub(super) fn first(&mut self, op: &Op, optional: bool, tail: bool) -> Result<Cell, Code> {
        let slot = self.slot(op);
        if slot.kind() == Kind::ABSENT {
            let code = if tail { Code::D7 } else { Code::D6 };
            return if optional { Ok(ABSENT) } else { Err(code) };
        }
        let initial = self.program.initials[op.aux as usize];
        if initial.assigned() {
            self.remember(op.slot, initial);
            Ok(initial)
        } else if optional {
            self.slots[op.slot as usize] = ABSENT;
            Ok(ABSENT)
        } else {
            Err(if tail { Code::D6 } else { Code::D5 })
        }
    }

    /// The same for a step that has nothing else to do.
    #[cold]
    #[inline(never)]
    pub(super) fn put_first(&mut self, op: &Op, optional: bool, input: &'d [u8]) -> Rest<'d> {
        match self.first(op, optional, false) {
            Ok(cell) => self.put(op, cell),
            Err(code) => return self.fail(code, op, input),
        }
        Some(input)
    }

    /// What a difference is added to: the previous value, or the initial one, or nothing (section 6.3.7).
    pub(super) fn base(&self, op: &Op) -> Result<Cell, Code> {
        let slot = self.slot(op);
        match slot.kind() {
            Kind::ABSENT => Err(Code::D6),
            Kind::UNDEFINED => Ok(self.program.initials[op.aux as usize]),
            _ => Ok(slot),
        }
    }

    /// Remembers a cell of the record.
    #[inline(always)]
    pub(super) fn remember(&mut self, slot: u32, cell: Cell) {
        if cell.kind() == Kind::LONG {
            self.memory.remember_long(slot, crate::record::long(self.bytes, &cell));
        }
        self.slots[slot as usize] = cell;
    }
}
