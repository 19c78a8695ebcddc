//! Steps one after the other, and the elements of sequences.

use super::build::{ENTITY, Emit, FLAGS, Level, at};
use super::field::bytes;
use crate::code::SURE;
use cranelift_codegen::ir::types::{I64, I64X2};
use cranelift_codegen::ir::{InstBuilder, Value, condcodes::IntCC};
use guiju_feed::compiled::{Family, KINDS, Op, OpCode, Operator};

/// Defaults in a row that are worth a look at their bits together.
const WORTH_A_LOOK: usize = 3;

/// A presence map that is read here has two bytes at most.
const MAP: usize = ENTITY;

impl Emit<'_> {
    /// The steps of a segment and its end.
    pub(super) fn steps(&mut self, level: &Level) {
        let mut rest = self.tape.segments[level.segment].ops;
        while let Some((op, after)) = rest.split_first() {
            let run = rest.iter().take_while(|op| op.code.is_default()).count();
            let taken = if op.code == OpCode::Unless {
                self.exponent(level, op, after)
            } else if run >= WORTH_A_LOOK {
                self.run(level, rest, run)
            } else {
                self.one(level, rest);
                1
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        if self.tape.strict {
            self.end(level);
        }
    }

    /// The first of these steps.
    fn one(&mut self, level: &Level, ops: &[Op]) {
        let Some(op) = ops.first() else { return };
        self.ready(ops);
        match op.code {
            OpCode::Utf8 if !self.tape.strict => {}
            OpCode::Sequence if self.tape.inlined(level.segment, op.aux as usize) => self.sequence(level, op),
            OpCode::GroupNull => {
                let (there, next) = (self.b.create_block(), self.b.create_block());
                let bit = self.bit(level, op.mask);
                self.b.ins().brif(bit, there, &[], next, &[]);
                self.b.switch_to_block(there);
                let sure = self.sure;
                self.tapes(level, op);
                self.sure = sure;
                self.jump(next);
                self.b.switch_to_block(next);
            }
            _ if self.field(level, op) => {}
            _ => self.tapes(level, op),
        }
    }

    /// Makes sure of what the first of these steps may read; if it has to ask, it asks for those behind it too.
    fn ready(&mut self, ops: &[Op]) {
        let all = ops.iter().take_while(|op| op.code != OpCode::Sequence).map(bytes).sum();
        self.prepare(ops.first().map_or(0, bytes), all);
    }

    /// The tape's own step.
    fn tapes(&mut self, level: &Level, op: &Op) {
        let moves = matches!(op.code, OpCode::Sequence | OpCode::Group | OpCode::GroupNull | OpCode::Dynamic);
        let place = self.b.use_var(self.place);
        self.step(level, op, place, moves);
        self.sure = SURE;
    }

    /// Steps that are not always taken, out of `ops`.
    fn some(&mut self, level: &Level, ops: &[Op], count: usize) {
        let (sure, inner) = (self.sure, &ops[..count]);
        for at in 0..count {
            self.one(level, &inner[at..]);
        }
        let read: usize = inner.iter().map(bytes).sum();
        // A step of the tape ends where as much as ever can be read, any other where it has read no more than that.
        self.sure = sure.saturating_sub(read);
    }

    /// Defaults in a row: a look at all of their bits first.
    fn run(&mut self, level: &Level, ops: &[Op], count: usize) -> usize {
        self.ready(ops);
        let (some, next) = (self.b.create_block(), self.b.create_block());
        let bits = self.bit(level, ops[..count].iter().fold(0, |mask, op| mask | op.mask));
        self.b.ins().brif(bits, some, &[], next, &[]);
        self.b.switch_to_block(some);
        self.some(level, ops, count);
        self.jump(next);
        self.b.switch_to_block(next);
        count
    }

    /// The steps of a mantissa whose exponent may be absent.
    fn exponent(&mut self, level: &Level, op: &Op, after: &[Op]) -> usize {
        let inner = after.len().min(op.aux as usize);
        let (there, next) = (self.b.create_block(), self.b.create_block());
        let place = self.b.use_var(self.place);
        let found = self.call_at(level, self.tape.calls.exponent, op.at, place);
        self.load_map(level);
        self.b.ins().brif(found, there, &[], next, &[]);
        self.b.switch_to_block(there);
        self.some(level, after, inner);
        self.jump(next);
        self.b.switch_to_block(next);
        1 + inner
    }

    /// `R8`: a map with bits that nobody asked for.
    fn end(&mut self, level: &Level) {
        let segment = self.tape.segments[level.segment];
        let (more, next) = (self.cold(), self.b.create_block());
        if level.plain {
            let [word, length] = self.map_of(level);
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
        let rest = self.try_call(level, self.tape.calls.end, level.segment as u32, place);
        self.b.def_var(self.place, rest);
        self.jump(next);
        self.b.switch_to_block(next);
    }

    /// A sequence whose length is in its cell.
    fn sequence(&mut self, outer: &Level, op: &Op) {
        let (there, next) = (self.b.create_block(), self.b.create_block());
        let [count, length] = self.cell(outer, op.cell);
        let absent = self.is(length, KINDS.absent);
        self.b.ins().brif(absent, next, &[], there, &[]);
        self.b.switch_to_block(there);
        let inner = self.level(op.aux as usize);
        let (base, depth) = (self.load(at::BASE), self.load(at::DEPTH));
        self.enter(outer, &inner, op, count);

        let (each, element, leave) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let left = self.b.append_block_param(each, I64);
        self.b.ins().jump(each, &[count.into()]);
        self.b.switch_to_block(each);
        self.b.ins().brif(left, element, &[], leave, &[]);
        self.b.switch_to_block(element);
        self.sure = 0;
        let ops = self.tape.segments[inner.segment].ops;
        self.prepare(MAP, MAP + ops.iter().take_while(|op| op.code != OpCode::Sequence).map(bytes).sum::<usize>());
        self.prototype(&inner);
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
        self.row_at(base);
        self.load_row(outer);
        self.jump(next);
        self.b.switch_to_block(next);
        self.sure = 0;
    }

    /// Takes rows for so many elements; the first one is at hand. Where there is no room, or a fault, it is the tape's affair.
    fn enter(&mut self, outer: &Level, inner: &Level, op: &Op, count: Value) {
        let (slow, on) = (self.cold(), self.b.create_block());
        let segment = &self.tape.segments[inner.segment];
        let (width, has_map) = (segment.cells as i64, segment.has_map);
        let place = self.b.use_var(self.place);
        if width == 0 {
            // Their number has a limit all the same.
            let never = self.b.ins().iconst(I64, 0);
            self.unless(never, slow);
        }
        if has_map {
            let end = self.load(at::END);
            let bytes = self.b.ins().isub(end, place);
            let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, count, bytes);
            self.except(beyond, slow);
        }
        let (used, room) = (self.load(at::USED), self.load(at::ROOM));
        let more = self.b.ins().imul_imm_u(count, width);
        let end = self.b.ins().iadd(used, more);
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, room);
        self.except(beyond, slow);
        self.store(at::USED, end);
        let rows = self.b.ins().ishl_imm_u(count, 32);
        let rows = self.b.ins().bor_imm_u(rows, i64::from(KINDS.rows));
        self.put(outer, op.cell, [used, rows]);
        self.store(at::BASE, used);
        self.row_at(used);
        let depth = self.load(at::DEPTH);
        let depth = self.b.ins().iadd_imm_s(depth, 1);
        self.store(at::DEPTH, depth);
        self.jump(on);
        self.b.switch_to_block(slow);
        self.try_call(outer, self.tape.calls.enter, op.at, place);
        self.jump(on);
        self.b.switch_to_block(on);
        self.load_row(inner);
    }

    /// What a new row begins with.
    fn prototype(&mut self, level: &Level) {
        let segment = &self.tape.segments[level.segment];
        let row = self.b.use_var(level.row);
        for (cell, words) in segment.prototype().enumerate() {
            if segment.ops.iter().any(|op| level.plain && op.cell as usize == cell && fills(op)) {
                continue;
            }
            let constant = self.constant_of(I64X2, &words.map(u64::to_le_bytes).concat());
            self.b.ins().store(FLAGS, constant, row, cell as i32 * 16);
        }
    }

    /// An element's own map, if it has one: one or two bytes here.
    fn map(&mut self, level: &Level, op: &Op) {
        if !self.tape.segments[level.segment].has_map {
            let none = self.number(0);
            return self.set_map(level, none, none);
        }
        let (place, bytes) = self.entity();
        let (slow, read, next) = (self.cold(), self.b.create_block(), self.b.create_block());
        let [word, length, after] = [(); 3].map(|()| self.b.append_block_param(read, I64));
        if level.plain {
            let high = self.b.ins().ishl_imm_u(bytes, 57);
            let (stops, single, more) = (self.stops(bytes), self.b.create_block(), self.b.create_block());
            self.b.ins().brif(stops, single, &[], more, &[]);
            self.b.switch_to_block(single);
            let (bits, end) = (self.number(7), self.b.ins().iadd_imm_s(place, 1));
            self.b.ins().jump(read, &[high.into(), bits.into(), end.into()]);
            self.b.switch_to_block(more);
            let second = self.b.ins().ushr_imm_u(bytes, 8);
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
        // It becomes the machine's own; nobody need tell it of the one before.
        let rest = self.call(self.tape.calls.map, op.at, place);
        let failed = self.failed;
        self.unless(rest, failed);
        self.b.def_var(self.place, rest);
        self.load_map(level);
        self.jump(next);
        self.b.switch_to_block(read);
        self.b.def_var(self.place, after);
        self.set_map(level, word, length);
        self.jump(next);
        self.b.switch_to_block(next);
    }
}

/// Whether a step always fills its cell.
fn fills(op: &Op) -> bool {
    match op.code.of_field() {
        Some((Family::Bytes, _, _)) | None => false,
        Some((_, Operator::Copy | Operator::Increment | Operator::None, _)) => true,
        Some((_, Operator::Delta, null)) => !null,
        Some(_) => false,
    }
}
