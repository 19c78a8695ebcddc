//! Strings of up to eight characters.

use super::build::Emit;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types::I64};
use guiju_feed::compiled::KINDS;

impl Emit<'_> {
    /// A short string from the place, as a cell's two words. What begins with a zero, is longer, or is near the end of the input goes to
    /// `slow`.
    pub(super) fn short(&mut self, slow: Block) -> [Value; 2] {
        let place = self.b.use_var(self.place);
        let done = self.b.create_block();
        let [raw, meta, after] = [(); 3].map(|()| self.b.append_block_param(done, I64));
        let first = self.byte(place, 0, slow);
        let one = self.b.ins().band_imm_u(first, 0x7f);
        self.unless(one, slow);
        let (stops, single, more) = (self.stops(first), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(stops, single, &[], more, &[]);
        self.b.switch_to_block(single);
        let length = self.number(1 << 32 | u64::from(KINDS.short));
        let next = self.b.ins().iadd_imm_s(place, 1);
        self.b.ins().jump(done, &[one.into(), length.into(), next.into()]);
        self.b.switch_to_block(more);
        self.has(place, 8, slow);
        let word = self.b.ins().load(I64, MemFlagsData::new().with_notrap(), place, 0);
        let high = self.number(0x8080_8080_8080_8080);
        let stops = self.b.ins().band(word, high);
        self.unless(stops, slow);
        let last = self.b.ins().ctz(stops);
        let unused = self.b.ins().bxor_imm_u(last, 63);
        let all = self.number(u64::MAX);
        let kept = self.b.ins().ushr(all, unused);
        let text = self.b.ins().band_not(word, high);
        let text = self.b.ins().band(text, kept);
        let end = self.b.ins().iadd_imm_s(last, 1);
        let count = self.b.ins().ushr_imm_u(end, 3);
        let length = self.b.ins().ishl_imm_u(count, 32);
        let length = self.b.ins().bor_imm_u(length, i64::from(KINDS.short));
        let next = self.b.ins().iadd(place, count);
        self.b.ins().jump(done, &[text.into(), length.into(), next.into()]);
        self.b.switch_to_block(done);
        self.b.def_var(self.place, after);
        [raw, meta]
    }
}
