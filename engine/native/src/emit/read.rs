//! Integers of the stream: up to eight bytes, which are nearly all.

use super::build::Emit;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8X16, I16X8, I32, I64, I64X2};
use cranelift_codegen::ir::{Block, Endianness, InstBuilder, MemFlagsData, Type, Value};

/// What an integer may be.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) signed: bool,
    /// Bits of its type; differences have all.
    pub(super) bits: u32,
}

/// The stop bit of each of eight bytes.
const STOPS: u64 = 0x8080_8080_8080_8080;

impl Emit<'_> {
    /// An integer from the place, which then is behind it. What is long, out of bounds or needless in strict mode goes to `slow`. One
    /// byte is a way of its own, as processors guess well whether a field is that short; of more bytes none is looked at by itself.
    pub(super) fn integer(&mut self, bounds: Bounds, slow: Block) -> Value {
        let (place, bytes) = self.entity();
        let (single, more, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let (result, after) = (self.b.append_block_param(done, I64), self.b.append_block_param(done, I64));
        let stops = self.stops(bytes);
        self.b.ins().brif(stops, single, &[], more, &[]);
        self.b.switch_to_block(single);
        let value = if bounds.signed {
            let high = self.b.ins().ishl_imm_u(bytes, 57);
            self.b.ins().sshr_imm_u(high, 57)
        } else {
            self.b.ins().band_imm_u(bytes, 0x7f)
        };
        let next = self.b.ins().iadd_imm_s(place, 1);
        self.b.ins().jump(done, &[value.into(), next.into()]);
        self.b.switch_to_block(more);
        let (value, taken) = self.several(bytes, bounds, slow);
        let next = self.b.ins().iadd(place, taken);
        self.b.ins().jump(done, &[value.into(), next.into()]);
        self.b.switch_to_block(done);
        self.b.def_var(self.place, after);
        result
    }

    /// An integer of two to eight bytes, and how many; the bits of eight bytes cannot overflow.
    fn several(&mut self, bytes: Value, bounds: Bounds, slow: Block) -> (Value, Value) {
        let mask = self.number(STOPS);
        let stops = self.b.ins().band(bytes, mask);
        self.unless(stops, slow);
        if self.tape.strict {
            self.needed(bytes, bounds, slow);
        }
        let last = self.b.ins().ctz(stops);
        let before = self.b.ins().ushr_imm_u(last, 3);
        let count = self.b.ins().iadd_imm_s(before, 1);
        // The last byte highest, zeros below the first.
        let unused = self.b.ins().bxor_imm_u(last, 63);
        let bytes = self.b.ins().ishl(bytes, unused);
        let mut value = if self.tape.side_by_side { self.multiplied(bytes) } else { self.drawn_together(bytes) };
        if bounds.signed {
            let unused = self.b.ins().iadd(unused, count);
            let high = self.b.ins().ishl(value, unused);
            value = self.b.ins().sshr(high, unused);
        }
        self.fits(value, bounds, slow);
        (value, count)
    }

    /// Seven bits of each byte, the lowest byte first; only the highest has a stop bit. Neighbours are multiplied and added: bytes, then
    /// pairs. With its stop bit the last byte counts as 128 less.
    fn multiplied(&mut self, bytes: Value) -> Value {
        let little = MemFlagsData::new().with_endianness(Endianness::Little);
        let bytes = self.b.ins().scalar_to_vector(I64X2, bytes);
        let bytes = self.b.ins().bitcast(I8X16, little, bytes);
        let weights = self.constant_of(I8X16, &[128, 1].repeat(8));
        let pairs = self.b.ins().x86_pmaddubsw(bytes, weights);
        let weights = self.constant_of(I16X8, &[0, 64, 1, 0].repeat(4));
        // Cranelift knows this as one instruction.
        let [a, b] = [pairs, weights].map(|words| self.b.ins().swiden_low(words));
        let low = self.b.ins().imul(a, b);
        let [a, b] = [pairs, weights].map(|words| self.b.ins().swiden_high(words));
        let high = self.b.ins().imul(a, b);
        let halves = self.b.ins().iadd_pairwise(low, high);
        let halves = self.b.ins().bitcast(I64X2, little, halves);
        let halves = self.b.ins().extractlane(halves, 0);
        let high = self.b.ins().ireduce(I32, halves);
        let high = self.b.ins().uextend(I64, high);
        let high = self.b.ins().ishl_imm_u(high, 28);
        let low = self.b.ins().sshr_imm_u(halves, 32);
        let low = self.b.ins().iadd_imm_s(low, 128);
        self.b.ins().iadd(high, low)
    }

    pub(super) fn constant_of(&mut self, kind: Type, bytes: &[u8]) -> Value {
        let constant = self.b.func.dfg.constants.insert(bytes.into());
        self.b.ins().vconst(kind, constant)
    }

    /// The same for processors that do not multiply side by side.
    fn drawn_together(&mut self, bytes: Value) -> Value {
        let mask = self.number(STOPS);
        let bytes = self.b.ins().bswap(bytes);
        let mut value = self.b.ins().band_not(bytes, mask);
        for (low, distance) in [(0x007f_007f_007f_007f, 1), (0x0000_3fff_0000_3fff, 2), (0x0fff_ffff, 4)] {
            let low = self.number(low);
            let (kept, moved) = (self.b.ins().band(value, low), self.b.ins().band_not(value, low));
            let moved = self.b.ins().ushr_imm_u(moved, distance);
            value = self.b.ins().bor(kept, moved);
        }
        value
    }

    /// `R6`: an integer of several bytes that would be the same without its first goes to `slow`.
    fn needed(&mut self, bytes: Value, bounds: Bounds, slow: Block) {
        let needless = if bounds.signed {
            // Seven bits of the first byte, and the sign that the second would have: all the same.
            let first = self.b.ins().ishl_imm_u(bytes, 1);
            let second = self.b.ins().ushr_imm_u(bytes, 14);
            let second = self.b.ins().band_imm_u(second, 1);
            let all = self.b.ins().bor(first, second);
            let all = self.b.ins().iadd_imm_s(all, 1);
            let all = self.b.ins().band_imm_u(all, 0xff);
            self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, all, 1)
        } else {
            let first = self.b.ins().band_imm_u(bytes, 0x7f);
            self.b.ins().icmp_imm_u(IntCC::Equal, first, 0)
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
