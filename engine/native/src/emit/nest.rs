//! Steps one after the other, and the elements of sequences.

use super::build::{Emit, Level, at};
use cranelift_codegen::ir::{InstBuilder, condcodes::IntCC, types::I64};
use guiju_feed::compiled::{KINDS, Op, OpCode};

/// Defaults in a row that are worth a look at their bits together.
const WORTH_A_LOOK: usize = 3;

impl Emit<'_> {
    /// The steps of a segment and its end.
    pub(super) fn steps(&mut self, level: &Level) {
        let mut rest = self.tape.segments[level.segment].ops;
        while let Some((op, after)) = rest.split_first() {
            let run = rest.iter().take_while(|op| op.code.is_default()).count();
            let taken = if op.code == OpCode::Unless {
                self.exponent(level, op, after)
            } else if run >= WORTH_A_LOOK {
                self.run(level, &rest[..run])
            } else {
                self.one(level, op);
                1
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        if self.tape.strict {
            self.end(level);
        }
    }

    fn one(&mut self, level: &Level, op: &Op) {
        match op.code {
            OpCode::Utf8 if !self.tape.strict => {}
            OpCode::Sequence if self.tape.inlined(level.segment, op.aux as usize) => self.sequence(level, op),
            OpCode::GroupNull => {
                let (there, next) = (self.b.create_block(), self.b.create_block());
                let bit = self.bit(level, op.mask);
                self.b.ins().brif(bit, there, &[], next, &[]);
                self.b.switch_to_block(there);
                self.tapes(level, op);
                self.jump(next);
                self.b.switch_to_block(next);
            }
            _ if self.field(level, op) => {}
            _ => self.tapes(level, op),
        }
    }

    /// The tape's own step.
    fn tapes(&mut self, level: &Level, op: &Op) {
        let moves = matches!(op.code, OpCode::Sequence | OpCode::Group | OpCode::GroupNull | OpCode::Dynamic);
        let place = self.b.use_var(self.place);
        self.step(level, op, place, moves);
    }

    /// Defaults in a row: a look at all of their bits first.
    fn run(&mut self, level: &Level, ops: &[Op]) -> usize {
        let (some, next) = (self.b.create_block(), self.b.create_block());
        let bits = self.bit(level, ops.iter().fold(0, |mask, op| mask | op.mask));
        self.b.ins().brif(bits, some, &[], next, &[]);
        self.b.switch_to_block(some);
        for op in ops {
            self.one(level, op);
        }
        self.jump(next);
        self.b.switch_to_block(next);
        ops.len()
    }

    /// The steps of a mantissa whose exponent may be absent.
    fn exponent(&mut self, level: &Level, op: &Op, after: &[Op]) -> usize {
        let inner = after.get(..op.aux as usize).unwrap_or(after);
        let (there, next) = (self.b.create_block(), self.b.create_block());
        let place = self.b.use_var(self.place);
        let found = self.call(self.tape.calls.exponent, op.at, place);
        let word = self.load(at::WORD);
        self.b.def_var(level.word, word);
        self.b.ins().brif(found, there, &[], next, &[]);
        self.b.switch_to_block(there);
        for op in inner {
            self.one(level, op);
        }
        self.jump(next);
        self.b.switch_to_block(next);
        1 + inner.len()
    }

    /// `R8`: a map with bits that nobody asked for.
    fn end(&mut self, level: &Level) {
        let segment = self.tape.segments[level.segment];
        let (more, next) = (self.cold(), self.b.create_block());
        if level.plain {
            let (word, length) = (self.b.use_var(level.word), self.b.use_var(level.length));
            let long =
                self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, length, i64::from(segment.bits.max(1) + 7));
            self.except(long, more);
            let unused = self.number(u64::MAX >> segment.places);
            let unused = self.b.ins().band(word, unused);
            self.b.ins().brif(unused, more, &[], next, &[]);
        } else {
            self.jump(more);
        }
        self.b.switch_to_block(more);
        let place = self.b.use_var(self.place);
        let rest = self.try_call(self.tape.calls.end, level.segment as u32, place);
        self.b.def_var(self.place, rest);
        self.jump(next);
        self.b.switch_to_block(next);
    }

    /// A sequence whose length is in its cell.
    fn sequence(&mut self, outer: &Level, op: &Op) {
        let (there, next) = (self.b.create_block(), self.b.create_block());
        let [_, length] = self.cell(outer, op.cell);
        let absent = self.is(length, KINDS.absent);
        self.b.ins().brif(absent, next, &[], there, &[]);
        self.b.switch_to_block(there);
        let (base, depth) = (self.load(at::BASE), self.load(at::DEPTH));
        let place = self.b.use_var(self.place);
        let count = self.try_call(self.tape.calls.enter, op.at, place);

        let inner = self.level(op.aux as usize);
        self.load_row(&inner);
        let (each, element, leave) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let left = self.b.append_block_param(each, I64);
        let count = self.b.ins().iadd_imm_s(count, -1);
        self.b.ins().jump(each, &[count.into()]);
        self.b.switch_to_block(each);
        self.b.ins().brif(left, element, &[], leave, &[]);
        self.b.switch_to_block(element);
        self.map(&inner, op);
        self.steps(&inner);
        let width = self.tape.segments[inner.segment].cells as i64;
        let row = self.b.use_var(inner.row);
        let row = self.b.ins().iadd_imm_s(row, 16 * width);
        self.b.def_var(inner.row, row);
        let here = self.load(at::BASE);
        let here = self.b.ins().iadd_imm_s(here, width);
        self.store(at::BASE, here);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.ins().jump(each, &[left.into()]);

        self.b.switch_to_block(leave);
        self.store(at::BASE, base);
        self.store(at::DEPTH, depth);
        self.at_hand(outer);
        self.load_row(outer);
        self.jump(next);
        self.b.switch_to_block(next);
    }

    /// The level's map is the one that steps must find.
    fn at_hand(&mut self, level: &Level) {
        let (word, length, fresh) = (self.b.use_var(level.word), self.b.use_var(level.length), self.number(1));
        self.store(at::WORD, word);
        self.store(at::LENGTH, length);
        self.store(at::FRESH, fresh);
    }

    /// An element's own map, if it has one: one or two bytes here.
    fn map(&mut self, level: &Level, op: &Op) {
        let place = self.b.use_var(self.place);
        if !self.tape.segments[level.segment].has_map {
            let none = self.number(0);
            self.b.def_var(level.word, none);
            self.b.def_var(level.length, none);
            return self.at_hand(level);
        }
        let (slow, read, next) = (self.cold(), self.b.create_block(), self.b.create_block());
        let [word, length, after] = [(); 3].map(|()| self.b.append_block_param(read, I64));
        if level.plain {
            let first = self.byte(place, 0, slow);
            let high = self.b.ins().ishl_imm_u(first, 57);
            let (stops, single, more) = (self.stops(first), self.b.create_block(), self.b.create_block());
            self.b.ins().brif(stops, single, &[], more, &[]);
            self.b.switch_to_block(single);
            let (bits, end) = (self.number(7), self.b.ins().iadd_imm_s(place, 1));
            self.b.ins().jump(read, &[high.into(), bits.into(), end.into()]);
            self.b.switch_to_block(more);
            let second = self.byte(place, 1, slow);
            let stops = self.stops(second);
            self.unless(stops, slow);
            let low = self.b.ins().band_imm_u(second, 0x7f);
            if self.tape.strict {
                self.unless(low, slow);
            }
            let low = self.b.ins().ishl_imm_u(low, 50);
            let both = self.b.ins().bor(high, low);
            let (bits, end) = (self.number(14), self.b.ins().iadd_imm_s(place, 2));
            self.b.ins().jump(read, &[both.into(), bits.into(), end.into()]);
        } else {
            self.jump(slow);
        }
        self.b.switch_to_block(slow);
        let rest = self.try_call(self.tape.calls.map, op.at, place);
        self.b.def_var(self.place, rest);
        let (long, bits) = (self.load(at::WORD), self.load(at::LENGTH));
        self.b.def_var(level.word, long);
        self.b.def_var(level.length, bits);
        self.jump(next);
        self.b.switch_to_block(read);
        self.b.def_var(self.place, after);
        self.b.def_var(level.word, word);
        self.b.def_var(level.length, length);
        if level.plain {
            self.at_hand(level);
        }
        self.jump(next);
        self.b.switch_to_block(next);
    }
}
