//! Strings of up to eight characters.

use super::build::Emit;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types::I64};
use guiju_feed::compiled::KINDS;

impl Emit<'_> {
    /// A short string from the place, as a cell's two words. What begins with a zero or is longer goes to `slow`.
    pub(super) fn short(&mut self, slow: Block) -> [Value; 2] {
        let (place, word) = self.entity();
        let done = self.b.create_block();
        let [raw, meta, after] = [(); 3].map(|()| self.b.append_block_param(done, I64));
        let one = self.b.ins().band_imm_u(word, 0x7f);
        self.unless(one, slow);
        let (stops, single, more) = (self.stops(word), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(stops, single, &[], more, &[]);
        self.b.switch_to_block(single);
        let length = self.number(1 << 32 | u64::from(KINDS.short));
        let next = self.b.ins().iadd_imm_s(place, 1);
        self.b.ins().jump(done, &[one.into(), length.into(), next.into()]);
        self.b.switch_to_block(more);
        let high = self.number(0x8080_8080_8080_8080);
        let stops = self.b.ins().band(word, high);
        self.unless(stops, slow);
        let last = self.b.ins().ctz(stops);
        let unused = self.b.ins().bxor_imm_u(last, 63);
        let moved = self.b.ins().ishl(word, unused);
        let text = self.b.ins().ushr(moved, unused);
        let text = self.b.ins().band_not(text, high);
        let before = self.b.ins().ushr_imm_u(last, 3);
        let count = self.b.ins().iadd_imm_s(before, 1);
        let length = self.b.ins().ishl_imm_u(count, 32);
        let length = self.b.ins().bor_imm_u(length, i64::from(KINDS.short));
        let next = self.b.ins().iadd(place, count);
        self.b.ins().jump(done, &[text.into(), length.into(), next.into()]);
        self.b.switch_to_block(done);
        self.b.def_var(self.place, after);
        [raw, meta]
    }
}
