//! Integers of the stream. Up to three bytes, which are most, are read one by one: a field's length seldom changes, and that is what
//! processors guess well. Up to eight are read together.

use super::build::Emit;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, condcodes::IntCC, types::I64};

/// What an integer may be.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) signed: bool,
    /// Bits of its type; differences have all.
    pub(super) bits: u32,
}

/// Bytes that are read one by one.
const ONE_BY_ONE: u32 = 3;

impl Emit<'_> {
    /// An integer from the place, which then is behind it. What is long, out of bounds, needless in strict mode or near the end of the
    /// input goes to `slow`.
    pub(super) fn integer(&mut self, bounds: Bounds, slow: Block) -> Value {
        let Bounds { signed, bits } = bounds;
        let place = self.b.use_var(self.place);
        let done = self.b.create_block();
        let (result, after) = (self.b.append_block_param(done, I64), self.b.append_block_param(done, I64));
        let most = bits.div_ceil(7);
        let mut value = None;
        for taken in 1..=most.min(ONE_BY_ONE) {
            let byte = self.byte(place, taken as i32 - 1, slow);
            let data = match (value, signed) {
                (None, true) => {
                    let high = self.b.ins().ishl_imm_u(byte, 57);
                    self.b.ins().sshr_imm_u(high, 57)
                }
                (None, false) => self.b.ins().band_imm_u(byte, 0x7f),
                (Some(before), _) => {
                    let (high, low) = (self.b.ins().ishl_imm_u(before, 7), self.b.ins().band_imm_u(byte, 0x7f));
                    self.b.ins().bor(high, low)
                }
            };
            value = Some(data);
            let (stops, ends, more) = (self.stops(byte), self.b.create_block(), self.b.create_block());
            self.b.ins().brif(stops, ends, &[], more, &[]);
            self.b.switch_to_block(ends);
            if self.tape.strict && taken > 1 {
                self.needed(data, taken, signed, slow);
            }
            if 7 * taken > bits {
                self.fits(data, bounds, slow);
            }
            let after = self.b.ins().iadd_imm_s(place, i64::from(taken));
            self.b.ins().jump(done, &[data.into(), after.into()]);
            self.b.switch_to_block(more);
        }
        if most > ONE_BY_ONE {
            let (value, taken) = self.together(bounds, slow);
            let after = self.b.ins().iadd(place, taken);
            self.b.ins().jump(done, &[value.into(), after.into()]);
        } else {
            self.jump(slow);
        }
        self.b.switch_to_block(done);
        self.b.def_var(self.place, after);
        result
    }

    /// An integer of four to eight bytes, and how many; the bits of eight bytes cannot overflow.
    fn together(&mut self, bounds: Bounds, slow: Block) -> (Value, Value) {
        let place = self.b.use_var(self.place);
        self.has(place, 8, slow);
        let word = self.b.ins().load(I64, MemFlagsData::new().with_notrap(), place, 0);
        // The first byte highest.
        let word = self.b.ins().bswap(word);
        let mask = self.number(0x8080_8080_8080_8080);
        let stops = self.b.ins().band(word, mask);
        self.unless(stops, slow);
        if self.tape.strict {
            // The first byte, the second one's stop bit, which is not set, and its sign.
            let head = self.b.ins().ushr_imm_u(word, if bounds.signed { 54 } else { 56 });
            self.unless(head, slow);
            if bounds.signed {
                let minus = self.b.ins().icmp_imm_u(IntCC::Equal, head, 0x7f << 2 | 1);
                self.except(minus, slow);
            }
        }
        let before = self.b.ins().clz(stops);
        let last = self.number(56);
        let unused = self.b.ins().isub(last, before);
        let bytes = self.b.ins().ushr(word, unused);
        let mut value = self.b.ins().band_not(bytes, mask);
        for (low, distance) in [(0x007f_007f_007f_007f, 1), (0x0000_3fff_0000_3fff, 2), (0x0fff_ffff, 4)] {
            let low = self.number(low);
            let (kept, moved) = (self.b.ins().band(value, low), self.b.ins().band_not(value, low));
            let moved = self.b.ins().ushr_imm_u(moved, distance);
            value = self.b.ins().bor(kept, moved);
        }
        let count = self.b.ins().ushr_imm_u(before, 3);
        let count = self.b.ins().iadd_imm_s(count, 1);
        if bounds.signed {
            let bits = self.b.ins().imul_imm_u(count, 7);
            let all = self.number(64);
            let unused = self.b.ins().isub(all, bits);
            let high = self.b.ins().ishl(value, unused);
            value = self.b.ins().sshr(high, unused);
        }
        self.fits(value, bounds, slow);
        (value, count)
    }

    /// `R6`: an integer that would be the same without its first byte goes to `slow`.
    fn needed(&mut self, value: Value, taken: u32, signed: bool, slow: Block) {
        let bits = 7 * (taken - 1);
        let needless = if signed {
            let moved = self.b.ins().iadd_imm_s(value, 1 << (bits - 1));
            self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, moved, 1 << bits)
        } else {
            self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, value, 1 << bits)
        };
        self.except(needless, slow);
    }

    /// An integer out of its type's bounds goes to `slow`.
    pub(super) fn fits(&mut self, value: Value, Bounds { signed, bits }: Bounds, slow: Block) {
        if bits >= 64 {
            return;
        }
        let moved = if signed { self.b.ins().iadd_imm_s(value, 1 << (bits - 1)) } else { value };
        let over = self.b.ins().ushr_imm_u(moved, i64::from(bits));
        self.except(over, slow);
    }

    /// Of the nullable form that is not null: the value.
    pub(super) fn of_null(&mut self, value: Value, signed: bool) -> Value {
        if signed {
            let positive = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, value, 0);
            let one = self.b.ins().uextend(I64, positive);
            self.b.ins().isub(value, one)
        } else {
            self.b.ins().iadd_imm_s(value, -1)
        }
    }
}
