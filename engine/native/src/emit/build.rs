//! Code as it is put together: what the frame holds, cells, entries, bytes, and calls of what is seldom.

use super::Tape;
use crate::code::{Frame, SURE};
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, SigRef, Signature, Value};
use cranelift_codegen::ir::{condcodes::IntCC, types::I32, types::I64};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, Variable};
use guiju_feed::compiled::{KINDS, Op};
use std::mem::offset_of;

/// Bytes that are looked at where something begins.
pub(super) const ENTITY: usize = 8;

/// Addresses are ours, and certain.
pub(super) const FLAGS: MemFlagsData = MemFlagsData::trusted();

/// Places of the frame's fields.
pub(super) mod at {
    use super::{Frame, offset_of};
    pub(in crate::emit) const END: i32 = offset_of!(Frame, end) as i32;
    pub(in crate::emit) const ROW: i32 = offset_of!(Frame, row) as i32;
    pub(in crate::emit) const LIMIT: i32 = offset_of!(Frame, limit) as i32;
    pub(in crate::emit) const USED: i32 = offset_of!(Frame, used) as i32;
    pub(in crate::emit) const ROOM: i32 = offset_of!(Frame, room) as i32;
    pub(in crate::emit) const CELLS: i32 = offset_of!(Frame, cells) as i32;
    pub(in crate::emit) const SLOTS: i32 = offset_of!(Frame, slots) as i32;
    pub(in crate::emit) const BASE: i32 = offset_of!(Frame, base) as i32;
    pub(in crate::emit) const DEPTH: i32 = offset_of!(Frame, depth) as i32;
    pub(in crate::emit) const WORD: i32 = offset_of!(Frame, word) as i32;
    pub(in crate::emit) const LENGTH: i32 = offset_of!(Frame, length) as i32;
    pub(in crate::emit) const FRESH: i32 = offset_of!(Frame, fresh) as i32;
}

/// The function being made.
pub(super) struct Emit<'e> {
    pub(super) b: FunctionBuilder<'e>,
    pub(super) tape: &'e Tape<'e>,
    pub(super) frame: Value,
    pub(super) slots: Value,
    /// The place in the input.
    pub(super) place: Variable,
    /// So many bytes can be read from the place.
    pub(super) sure: usize,
    /// Returns nowhere.
    pub(super) failed: Block,
    call: SigRef,
}

/// The row at hand.
#[derive(Clone, Copy)]
pub(super) struct Level {
    /// The address of its first cell.
    pub(super) row: Variable,
    /// Its presence map: the word, or its upper half, and bits in the stream.
    word: Variable,
    /// The upper half is all that anybody asks for.
    narrow: bool,
    length: Variable,
    /// No step changes the map.
    pub(super) plain: bool,
    pub(super) segment: usize,
}

impl<'e> Emit<'e> {
    pub(super) fn new(mut b: FunctionBuilder<'e>, tape: &'e Tape<'e>, call: Signature) -> Self {
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let (frame, input) = (b.block_params(entry)[0], b.block_params(entry)[1]);
        let slots = b.ins().load(I64, FLAGS, frame, at::SLOTS);
        let place = b.declare_var(I64);
        b.def_var(place, input);
        let failed = b.create_block();
        b.set_cold_block(failed);
        let call = b.import_signature(call);
        Self { b, tape, frame, slots, place, sure: 0, failed, call }
    }

    /// The segment's code.
    pub(super) fn whole(mut self, segment: usize, isa: &dyn TargetIsa) {
        let level = self.level(segment);
        self.load_row(&level);
        self.load_map(&level);
        self.steps(&level);
        let place = self.b.use_var(self.place);
        self.b.ins().return_(&[place]);
        self.b.switch_to_block(self.failed);
        let nowhere = self.b.ins().iconst(I64, 0);
        self.b.ins().return_(&[nowhere]);
        self.b.seal_all_blocks();
        self.b.finalize(isa.frontend_config());
    }

    pub(super) fn level(&mut self, segment: usize) -> Level {
        let [row, word, length] = [(); 3].map(|()| self.b.declare_var(I64));
        let plain = self.tape.plain(segment);
        let narrow = plain && !self.tape.strict && self.tape.segments[segment].places <= 32;
        Level { row, word, narrow, length, plain, segment }
    }

    /// The level's map is this one.
    pub(super) fn set_map(&mut self, level: &Level, word: Value, length: Value) {
        let word = if level.narrow { self.b.ins().ushr_imm_u(word, 32) } else { word };
        self.b.def_var(level.word, word);
        if !level.narrow {
            self.b.def_var(level.length, length);
        }
    }

    /// The level's map is the machine's.
    pub(super) fn load_map(&mut self, level: &Level) {
        let (word, length) = (self.load(at::WORD), self.load(at::LENGTH));
        self.set_map(level, word, length);
    }

    /// The level's map: the word, and bits in the stream, of which only strict mode asks.
    pub(super) fn map_of(&mut self, level: &Level) -> [Value; 2] {
        let word = self.b.use_var(level.word);
        if level.narrow {
            return [self.b.ins().ishl_imm_u(word, 32), self.number(0)];
        }
        [word, self.b.use_var(level.length)]
    }

    pub(super) fn load(&mut self, at: i32) -> Value {
        self.b.ins().load(I64, FLAGS, self.frame, at)
    }

    pub(super) fn store(&mut self, at: i32, value: Value) {
        self.b.ins().store(FLAGS, value, self.frame, at);
    }

    pub(super) fn number(&mut self, number: u64) -> Value {
        self.b.ins().iconst(I64, number.cast_signed())
    }

    /// The row's address, from the frame.
    pub(super) fn load_row(&mut self, level: &Level) {
        let row = self.load(at::ROW);
        self.b.def_var(level.row, row);
    }

    /// Another row is at hand.
    pub(super) fn row_at(&mut self, base: Value) {
        let bytes = self.b.ins().ishl_imm_u(base, 4);
        let cells = self.load(at::CELLS);
        let row = self.b.ins().iadd(cells, bytes);
        self.store(at::ROW, row);
    }

    /// A block that is seldom reached.
    pub(super) fn cold(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Goes on only if the condition holds.
    pub(super) fn unless(&mut self, condition: Value, other: Block) {
        let on = self.b.create_block();
        self.b.ins().brif(condition, on, &[], other, &[]);
        self.b.switch_to_block(on);
    }

    /// Goes on only if the condition does not hold.
    pub(super) fn except(&mut self, condition: Value, other: Block) {
        let on = self.b.create_block();
        self.b.ins().brif(condition, other, &[], on, &[]);
        self.b.switch_to_block(on);
    }

    pub(super) fn jump(&mut self, to: Block) {
        self.b.ins().jump(to, &[]);
    }

    /// Sees to it that so many bytes can be read.
    pub(super) fn prepare(&mut self, needed: usize, all: usize) {
        if self.sure >= needed {
            return;
        }
        let wanted = all.clamp(needed, SURE);
        let (near, on) = (self.cold(), self.b.create_block());
        let place = self.b.use_var(self.place);
        let last = self.b.ins().iadd_imm_s(place, wanted as i64);
        let limit = self.load(at::LIMIT);
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, last, limit);
        self.b.ins().brif(beyond, near, &[], on, &[]);
        self.b.switch_to_block(near);
        let place = self.call(self.tape.calls.pad, 0, place);
        self.b.def_var(self.place, place);
        self.jump(on);
        self.b.switch_to_block(on);
        self.sure = wanted;
    }

    /// The next eight bytes, of which some are the entity's: one less to be sure of.
    pub(super) fn entity(&mut self) -> (Value, Value) {
        assert!(self.sure >= ENTITY, "nobody has looked whether it can be read");
        self.sure -= ENTITY;
        let place = self.b.use_var(self.place);
        (place, self.b.ins().load(I64, MemFlagsData::new().with_notrap(), place, 0))
    }

    /// Whether the first byte ends its entity.
    pub(super) fn stops(&mut self, bytes: Value) -> Value {
        self.b.ins().band_imm_u(bytes, 0x80)
    }

    pub(super) fn put(&mut self, level: &Level, cell: u32, [value, meta]: [Value; 2]) {
        let row = self.b.use_var(level.row);
        let at = cell as i32 * 16;
        self.b.ins().store(FLAGS, value, row, at);
        self.b.ins().store(FLAGS, meta, row, at + 8);
    }

    pub(super) fn cell(&mut self, level: &Level, cell: u32) -> [Value; 2] {
        let row = self.b.use_var(level.row);
        [0, 8].map(|word| self.b.ins().load(I64, FLAGS, row, cell as i32 * 16 + word))
    }

    pub(super) fn slot(&mut self, op: &Op) -> [Value; 2] {
        [0, 8].map(|word| self.b.ins().load(I64, FLAGS, self.slots, op.slot as i32 * 16 + word))
    }

    pub(super) fn keep(&mut self, op: &Op, words: [Value; 2]) {
        for (word, value) in words.into_iter().enumerate() {
            self.b.ins().store(FLAGS, value, self.slots, op.slot as i32 * 16 + word as i32 * 8);
        }
    }

    /// Whether a cell's second word says that there is a value.
    pub(super) fn assigned(&mut self, meta: Value) -> Value {
        let kind = self.b.ins().ireduce(I32, meta);
        self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, kind, i64::from(KINDS.undefined))
    }

    /// Whether it says that kind.
    pub(super) fn is(&mut self, meta: Value, kind: u32) -> Value {
        let found = self.b.ins().ireduce(I32, meta);
        self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(kind))
    }

    /// Bits of the presence map. Those of its upper half, which are most, need no large number.
    pub(super) fn bit(&mut self, level: &Level, mask: u64) -> Value {
        let word = self.b.use_var(level.word);
        if mask as u32 == 0 {
            let high = if level.narrow { word } else { self.b.ins().ushr_imm_u(word, 32) };
            let high = self.b.ins().ireduce(I32, high);
            return self.b.ins().band_imm_u(high, (mask >> 32) as i64);
        }
        let mask = self.number(mask);
        self.b.ins().band(word, mask)
    }

    /// A call that must find the level's map; what it gives.
    pub(super) fn call_at(&mut self, level: &Level, address: usize, at: u32, place: Value) -> Value {
        if level.plain {
            let ([word, length], fresh) = (self.map_of(level), self.number(1));
            self.store(at::WORD, word);
            self.store(at::LENGTH, length);
            self.store(at::FRESH, fresh);
        }
        self.call(address, at, place)
    }

    /// A call; what it gives.
    pub(super) fn call(&mut self, address: usize, at: u32, place: Value) -> Value {
        let address = self.number(address as u64);
        let at = self.b.ins().iconst(I32, i64::from(at));
        let call = self.b.ins().call_indirect(self.call, address, &[self.frame, at, place]);
        self.b.inst_results(call)[0]
    }

    /// A call that may fail: goes on where it says.
    pub(super) fn try_call(&mut self, level: &Level, address: usize, at: u32, place: Value) -> Value {
        let result = self.call_at(level, address, at, place);
        let failed = self.failed;
        self.unless(result, failed);
        result
    }

    /// The tape's own step; `moves` if it may lengthen the cells.
    pub(super) fn step(&mut self, level: &Level, op: &Op, place: Value, moves: bool) {
        let rest = self.try_call(level, self.tape.calls.step, op.at, place);
        self.b.def_var(self.place, rest);
        if moves {
            self.load_row(level);
        }
        if !level.plain {
            self.load_map(level);
        }
    }
}
