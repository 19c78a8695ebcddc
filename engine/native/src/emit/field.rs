//! Fields: the usual way of each type and operator. What is not usual has changed nothing yet and is the tape's own step.

use super::build::{ENTITY, Emit, Level};
use super::read::Bounds;
use cranelift_codegen::ir::{Block, InstBuilder, Value, condcodes::IntCC, types::I64};
use guiju_feed::compiled::{Family, KINDS, Op, OpCode, Operator};

/// A difference.
const DELTA: Bounds = Bounds { signed: true, bits: 64 };
/// A decimal's exponent: what does not fit into two bytes is out of bounds.
const EXPONENT: Bounds = Bounds { signed: true, bits: 14 };
const MANTISSA: Bounds = Bounds { signed: true, bits: 64 };

/// Bytes that a step's usual way looks at or moves behind, at most.
pub(super) fn bytes(op: &Op) -> usize {
    let entities = match (op.code, op.code.of_field()) {
        (OpCode::Split | OpCode::SplitNull, _) => 2,
        (_, Some((Family::Decimal, _, _))) => 2,
        (_, Some((Family::Unsigned | Family::Signed | Family::Ascii, _, _))) => 1,
        _ => 0,
    };
    entities * ENTITY
}

impl Emit<'_> {
    /// A field's step, if it has a usual way.
    pub(super) fn field(&mut self, level: &Level, op: &Op) -> bool {
        let way = match (op.code, op.code.of_field()) {
            (OpCode::ConstantNull, _) => Self::constant,
            (OpCode::Split | OpCode::SplitNull, _) => Self::split,
            (OpCode::Join, _) => Self::join,
            (_, Some((Family::Unsigned | Family::Signed, Operator::Delta, _))) => Self::delta,
            (_, Some((Family::Bytes, _, _))) => return false,
            (_, Some((_, Operator::None | Operator::Default | Operator::Copy | Operator::Increment, _))) => Self::value,
            _ => return false,
        };
        let start = self.b.use_var(self.place);
        let sure = self.sure;
        let (slow, next) = (self.cold(), self.b.create_block());
        way(self, level, op, slow, next);
        self.b.switch_to_block(slow);
        self.step(level, op, start, false);
        self.jump(next);
        self.b.switch_to_block(next);
        self.sure = sure - bytes(op);
        true
    }

    /// A value that is in the stream, always or if its bit is set.
    fn value(&mut self, level: &Level, op: &Op, slow: Block, next: Block) {
        let Some((family, operator, null)) = op.code.of_field() else { return self.jump(slow) };
        if operator != Operator::None {
            let (there, absent) = (self.b.create_block(), self.b.create_block());
            let bit = self.bit(level, op.mask);
            self.b.ins().brif(bit, there, &[], absent, &[]);
            self.b.switch_to_block(absent);
            if operator != Operator::Default {
                self.previous(level, op, (family, operator), slow);
            }
            self.jump(next);
            self.b.switch_to_block(there);
        }
        let keeps = matches!(operator, Operator::Copy | Operator::Increment);
        let words = match family {
            Family::Ascii => self.short(slow),
            Family::Decimal => self.decimal(level, op, (null, keeps), slow, next),
            _ => self.number_of(level, op, (family, null, keeps), slow, next),
        };
        if keeps {
            self.keep(op, words);
        }
        self.put(level, op.cell, words);
        self.jump(next);
    }

    /// No value, in the stream.
    fn null(&mut self, level: &Level, op: &Op, keeps: bool, value: Value, next: Block) {
        let (null, on) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(value, on, &[], null, &[]);
        self.b.switch_to_block(null);
        let absent = self.number(0);
        if keeps {
            self.keep(op, [absent, absent]);
        }
        self.put(level, op.cell, [absent, absent]);
        self.jump(next);
        self.b.switch_to_block(on);
    }

    fn number_of(
        &mut self,
        level: &Level,
        op: &Op,
        (family, null, keeps): (Family, bool, bool),
        slow: Block,
        next: Block,
    ) -> [Value; 2] {
        let signed = matches!(family, Family::Signed);
        let mut value = self.integer(Bounds { signed, bits: u32::from(op.bits) }, slow);
        if null {
            self.null(level, op, keeps, value, next);
            value = self.of_null(value, signed);
        }
        [value, self.number(u64::from(KINDS.number))]
    }

    fn decimal(&mut self, level: &Level, op: &Op, (null, keeps): (bool, bool), slow: Block, next: Block) -> [Value; 2] {
        let mut exponent = self.integer(EXPONENT, slow);
        if null {
            self.null(level, op, keeps, exponent, next);
            exponent = self.of_null(exponent, true);
        }
        self.bounded(exponent, slow);
        let mantissa = self.integer(MANTISSA, slow);
        [mantissa, self.with_exponent(exponent)]
    }

    /// `R1`: exponents are from -63 to 63.
    fn bounded(&mut self, exponent: Value, slow: Block) {
        let moved = self.b.ins().iadd_imm_s(exponent, 63);
        let beyond = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, moved, 126);
        self.except(beyond, slow);
    }

    /// The second word of a decimal's cell.
    fn with_exponent(&mut self, exponent: Value) -> Value {
        let high = self.b.ins().ishl_imm_u(exponent, 32);
        self.b.ins().bor_imm_u(high, i64::from(KINDS.decimal))
    }

    /// The previous value, or the one after it.
    fn previous(&mut self, level: &Level, op: &Op, (family, operator): (Family, Operator), slow: Block) {
        let [mut value, meta] = self.slot(op);
        let usual = match family {
            Family::Ascii => self.is(meta, KINDS.short),
            _ => self.assigned(meta),
        };
        self.unless(usual, slow);
        if operator == Operator::Increment {
            value = self.b.ins().iadd_imm_s(value, 1);
            let unused = 64 - i64::from(op.bits);
            if unused > 0 {
                let high = self.b.ins().ishl_imm_u(value, unused);
                value = if matches!(family, Family::Signed) {
                    self.b.ins().sshr_imm_u(high, unused)
                } else {
                    self.b.ins().ushr_imm_u(high, unused)
                };
            }
            self.keep(op, [value, meta]);
        }
        self.put(level, op.cell, [value, meta]);
    }

    fn delta(&mut self, level: &Level, op: &Op, slow: Block, next: Block) {
        let Some((family, _, null)) = op.code.of_field() else { return self.jump(slow) };
        let signed = matches!(family, Family::Signed);
        let mut delta = self.integer(DELTA, slow);
        if null {
            // Not there: its cell says so already.
            let there = self.b.create_block();
            self.b.ins().brif(delta, there, &[], next, &[]);
            self.b.switch_to_block(there);
            delta = self.of_null(delta, true);
        }
        let [base, meta] = self.slot(op);
        let usual = self.assigned(meta);
        self.unless(usual, slow);
        let sum = if signed { self.signed_sum(base, delta, slow) } else { self.unsigned_sum(base, delta, slow) };
        self.fits(sum, Bounds { signed, bits: u32::from(op.bits) }, slow);
        let words = [sum, self.number(u64::from(KINDS.number))];
        self.keep(op, words);
        self.put(level, op.cell, words);
        self.jump(next);
    }

    /// `R4`: what leaves 64 bits goes to `slow`.
    fn signed_sum(&mut self, base: Value, delta: Value, slow: Block) -> Value {
        let sum = self.b.ins().iadd(base, delta);
        let (one, other) = (self.b.ins().bxor(base, sum), self.b.ins().bxor(delta, sum));
        let both = self.b.ins().band(one, other);
        let over = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, both, 0);
        self.except(over, slow);
        sum
    }

    fn unsigned_sum(&mut self, base: Value, delta: Value, slow: Block) -> Value {
        let sum = self.b.ins().iadd(base, delta);
        let less = self.b.ins().icmp(IntCC::UnsignedLessThan, sum, base);
        let negative = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, delta, 0);
        let over = self.b.ins().bxor(less, negative);
        self.except(over, slow);
        sum
    }

    fn constant(&mut self, level: &Level, op: &Op, _: Block, next: Block) {
        let there = self.b.create_block();
        let bit = self.bit(level, op.mask);
        self.b.ins().brif(bit, there, &[], next, &[]);
        self.b.switch_to_block(there);
        let words = self.tape.program.initial(op.aux).map(|word| self.number(word));
        self.put(level, op.cell, words);
        self.jump(next);
    }

    /// An exponent with a default, a mantissa that is a difference.
    fn split(&mut self, level: &Level, op: &Op, slow: Block, next: Block) {
        let both = self.b.create_block();
        let exponent = self.b.append_block_param(both, I64);
        let (there, absent) = (self.b.create_block(), self.b.create_block());
        let bit = self.bit(level, op.mask);
        self.b.ins().brif(bit, there, &[], absent, &[]);
        self.b.switch_to_block(there);
        let mut read = self.integer(EXPONENT, slow);
        if op.code == OpCode::SplitNull {
            let given = self.b.create_block();
            self.b.ins().brif(read, given, &[], next, &[]);
            self.b.switch_to_block(given);
            read = self.of_null(read, true);
        }
        self.bounded(read, slow);
        self.b.ins().jump(both, &[read.into()]);
        self.b.switch_to_block(absent);
        match op.exponent() {
            default @ -63..=63 => {
                let default = self.b.ins().iconst(I64, default);
                self.b.ins().jump(both, &[default.into()]);
            }
            _ => self.jump(slow),
        }
        self.b.switch_to_block(both);
        let [base, meta] = self.slot(op);
        let usual = self.assigned(meta);
        self.unless(usual, slow);
        let delta = self.integer(DELTA, slow);
        let mantissa = self.signed_sum(base, delta, slow);
        let number = self.number(u64::from(KINDS.number));
        self.keep(op, [mantissa, number]);
        let meta = self.with_exponent(exponent);
        self.put(level, op.cell, [mantissa, meta]);
        self.jump(next);
    }

    /// An exponent and a mantissa in their cells become a decimal.
    fn join(&mut self, level: &Level, op: &Op, slow: Block, next: Block) {
        let [exponent, _] = self.cell(level, op.cell + 1);
        self.bounded(exponent, slow);
        let [mantissa, _] = self.cell(level, op.cell + 2);
        let meta = self.with_exponent(exponent);
        self.put(level, op.cell, [mantissa, meta]);
        self.jump(next);
    }
}
