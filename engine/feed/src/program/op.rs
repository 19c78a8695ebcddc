//! The tape's instructions. What the stream leaves out costs nothing: constants, and defaults whose bit is not set, stand in a
//! segment's prototype row.

use super::Cell;
use crate::Code;
use crate::template::Operator;

/// One step. `cell` is counted from the row's first; `slot` is a place in the dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op {
    /// What it does.
    pub code: OpCode,
    /// Of integers: how many bits. Of [`OpCode::Split`]: the exponent's default, if it has one and that is in bounds.
    pub bits: u8,
    /// Where its value goes.
    pub cell: u32,
    /// Where the previous value is.
    pub slot: u32,
    /// A place among the initial values; of groups and sequences the segment; of [`OpCode::Unless`] a number.
    pub aux: u32,
    /// Its place on the tape, which names its field.
    pub at: u32,
    /// Bits that no value of this integer type has.
    pub over: u64,
    /// The place of its bit in the presence map's word; of [`OpCode::Run`] all of them, of [`OpCode::Unless`] the one that is not there
    /// if it jumps.
    pub mask: u64,
}

/// Which step. `Null` is for optional fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "a field's step is called after its type and operator")]
pub enum OpCode {
    Unsigned,
    UnsignedNull,
    UnsignedDefault,
    UnsignedDefaultNull,
    UnsignedCopy,
    UnsignedCopyNull,
    UnsignedIncrement,
    UnsignedIncrementNull,
    UnsignedDelta,
    UnsignedDeltaNull,
    Signed,
    SignedNull,
    SignedDefault,
    SignedDefaultNull,
    SignedCopy,
    SignedCopyNull,
    SignedIncrement,
    SignedIncrementNull,
    SignedDelta,
    SignedDeltaNull,
    Decimal,
    DecimalNull,
    DecimalDefault,
    DecimalDefaultNull,
    DecimalCopy,
    DecimalCopyNull,
    DecimalDelta,
    DecimalDeltaNull,
    Ascii,
    AsciiNull,
    AsciiDefault,
    AsciiDefaultNull,
    AsciiCopy,
    AsciiCopyNull,
    AsciiDelta,
    AsciiDeltaNull,
    AsciiTail,
    AsciiTailNull,
    Bytes,
    BytesNull,
    BytesDefault,
    BytesDefaultNull,
    BytesCopy,
    BytesCopyNull,
    BytesDelta,
    BytesDeltaNull,
    BytesTail,
    BytesTailNull,
    /// An optional constant: its bit says whether it is there.
    ConstantNull,
    /// A decimal whose exponent has a default (its initial value's place is `over`, the value `bits`) and whose mantissa is a difference:
    /// the usual pair.
    Split,
    SplitNull,
    /// Takes the cells behind `cell`, an exponent and a mantissa, as the decimal `cell`.
    Join,
    /// If the exponent behind `cell` is absent: so is the decimal, and the next `aux` steps are not for this message.
    Unless,
    /// Of the defaults from `slot` to `aux` those whose bits are set. Only decoders have it.
    Run,
    /// Drops `aux` places of the map's word and fills it from a long map.
    Refill,
    /// `D4`: the entry `slot` must have been written by a field of type `aux`; from now on it is.
    Guard,
    /// The bytes of the cell must be UTF-8 (`R2`).
    Utf8,
    Group,
    GroupNull,
    Sequence,
    Dynamic,
    /// There is no such template (`D8`).
    Missing,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are called as in the specification")]
pub enum Family {
    Unsigned,
    Signed,
    Decimal,
    Ascii,
    Bytes,
}

impl OpCode {
    /// Whether it has nothing to do if its bit is not set.
    #[must_use]
    pub fn is_default(self) -> bool {
        matches!(self.of_field(), Some((_, Operator::Default, _)))
    }

    /// Of a field's step: how its value is written, its operator, and whether it may be null.
    #[must_use]
    pub const fn of_field(self) -> Option<(Family, Operator, bool)> {
        Some(match self {
            Self::Unsigned => (Family::Unsigned, Operator::None, false),
            Self::UnsignedNull => (Family::Unsigned, Operator::None, true),
            Self::UnsignedDefault => (Family::Unsigned, Operator::Default, false),
            Self::UnsignedDefaultNull => (Family::Unsigned, Operator::Default, true),
            Self::UnsignedCopy => (Family::Unsigned, Operator::Copy, false),
            Self::UnsignedCopyNull => (Family::Unsigned, Operator::Copy, true),
            Self::UnsignedIncrement => (Family::Unsigned, Operator::Increment, false),
            Self::UnsignedIncrementNull => (Family::Unsigned, Operator::Increment, true),
            Self::UnsignedDelta => (Family::Unsigned, Operator::Delta, false),
            Self::UnsignedDeltaNull => (Family::Unsigned, Operator::Delta, true),
            Self::Signed => (Family::Signed, Operator::None, false),
            Self::SignedNull => (Family::Signed, Operator::None, true),
            Self::SignedDefault => (Family::Signed, Operator::Default, false),
            Self::SignedDefaultNull => (Family::Signed, Operator::Default, true),
            Self::SignedCopy => (Family::Signed, Operator::Copy, false),
            Self::SignedCopyNull => (Family::Signed, Operator::Copy, true),
            Self::SignedIncrement => (Family::Signed, Operator::Increment, false),
            Self::SignedIncrementNull => (Family::Signed, Operator::Increment, true),
            Self::SignedDelta => (Family::Signed, Operator::Delta, false),
            Self::SignedDeltaNull => (Family::Signed, Operator::Delta, true),
            Self::Decimal => (Family::Decimal, Operator::None, false),
            Self::DecimalNull => (Family::Decimal, Operator::None, true),
            Self::DecimalDefault => (Family::Decimal, Operator::Default, false),
            Self::DecimalDefaultNull => (Family::Decimal, Operator::Default, true),
            Self::DecimalCopy => (Family::Decimal, Operator::Copy, false),
            Self::DecimalCopyNull => (Family::Decimal, Operator::Copy, true),
            Self::DecimalDelta => (Family::Decimal, Operator::Delta, false),
            Self::DecimalDeltaNull => (Family::Decimal, Operator::Delta, true),
            Self::Ascii => (Family::Ascii, Operator::None, false),
            Self::AsciiNull => (Family::Ascii, Operator::None, true),
            Self::AsciiDefault => (Family::Ascii, Operator::Default, false),
            Self::AsciiDefaultNull => (Family::Ascii, Operator::Default, true),
            Self::AsciiCopy => (Family::Ascii, Operator::Copy, false),
            Self::AsciiCopyNull => (Family::Ascii, Operator::Copy, true),
            Self::AsciiDelta => (Family::Ascii, Operator::Delta, false),
            Self::AsciiDeltaNull => (Family::Ascii, Operator::Delta, true),
            Self::AsciiTail => (Family::Ascii, Operator::Tail, false),
            Self::AsciiTailNull => (Family::Ascii, Operator::Tail, true),
            Self::Bytes => (Family::Bytes, Operator::None, false),
            Self::BytesNull => (Family::Bytes, Operator::None, true),
            Self::BytesDefault => (Family::Bytes, Operator::Default, false),
            Self::BytesDefaultNull => (Family::Bytes, Operator::Default, true),
            Self::BytesCopy => (Family::Bytes, Operator::Copy, false),
            Self::BytesCopyNull => (Family::Bytes, Operator::Copy, true),
            Self::BytesDelta => (Family::Bytes, Operator::Delta, false),
            Self::BytesDeltaNull => (Family::Bytes, Operator::Delta, true),
            Self::BytesTail => (Family::Bytes, Operator::Tail, false),
            Self::BytesTailNull => (Family::Bytes, Operator::Tail, true),
            _ => return None,
        })
    }
}

impl Op {
    pub(crate) const fn new(code: OpCode, cell: u32) -> Self {
        Self { code, bits: 0, cell, slot: 0, aux: 0, at: 0, over: 0, mask: 0 }
    }

    /// As generated Rust has it: numbers are `cell`, `slot`, `aux`, `at`.
    #[must_use]
    pub const fn generated(code: OpCode, [cell, slot, aux, at]: [u32; 4], bits: u8, over: u64, mask: u64) -> Self {
        Self { code, bits, cell, slot, aux, at, over, mask }
    }

    /// With the bounds of an integer type.
    pub(crate) const fn of_bits(self, bits: u8) -> Self {
        Self { bits, over: if bits < 64 { u64::MAX << bits } else { 0 }, ..self }
    }

    #[inline(always)]
    pub(crate) const fn unsigned(&self, value: u64) -> Result<u64, Code> {
        if value & self.over == 0 { Ok(value) } else { Err(Code::D2) }
    }

    #[inline(always)]
    pub(crate) const fn signed(&self, value: i64) -> Result<i64, Code> {
        let shifted = value.cast_unsigned().wrapping_add(1 << (self.bits - 1));
        if shifted & self.over == 0 { Ok(value) } else { Err(Code::D2) }
    }

    /// One more; after the largest comes the smallest (section 6.3.6).
    #[inline(always)]
    pub(crate) const fn unsigned_after(&self, value: u64) -> u64 {
        value.wrapping_add(1) & !self.over
    }

    #[inline(always)]
    pub(crate) const fn signed_after(&self, value: i64) -> i64 {
        let unused = 64 - self.bits as u32;
        (value.wrapping_add(1) << unused) >> unused
    }

    /// A previous unsigned value and a difference; `R4` if the sum does not fit.
    #[inline(always)]
    pub(crate) fn unsigned_sum(&self, base: u64, delta: i64) -> Result<u64, Code> {
        match base.checked_add_signed(delta) {
            Some(sum) if sum & self.over == 0 => Ok(sum),
            _ => Err(Code::R4),
        }
    }

    /// The same of a signed one.
    #[inline(always)]
    pub(crate) fn signed_sum(&self, base: i64, delta: i64) -> Result<i64, Code> {
        match base.checked_add(delta) {
            Some(sum) if self.signed(sum).is_ok() => Ok(sum),
            _ => Err(Code::R4),
        }
    }

    /// The same with a difference of more than 64 bits.
    pub(crate) fn unsigned_wide_sum(&self, base: u64, delta: i128) -> Result<u64, Code> {
        let sum = u64::try_from(i128::from(base) + delta).map_err(|_| Code::R4)?;
        self.unsigned(sum).map_err(|_| Code::R4)
    }

    /// The same of a signed one.
    pub(crate) fn signed_wide_sum(&self, base: i64, delta: i128) -> Result<i64, Code> {
        let sum = i64::try_from(i128::from(base) + delta).map_err(|_| Code::R4)?;
        self.signed(sum).map_err(|_| Code::R4)
    }

    /// Of a decimal with the usual pair of operators: the exponent's default; out of bounds if it has none.
    #[inline(always)]
    #[must_use]
    pub const fn exponent(&self) -> i64 {
        self.bits.cast_signed() as i64
    }

    /// The same as a step has it.
    pub(crate) fn of_exponent(self, initial: Cell) -> Self {
        let value = if initial.assigned() { i8::try_from(initial.as_signed()).unwrap_or(i8::MAX) } else { i8::MAX };
        Self { bits: value.cast_unsigned(), ..self }
    }

    /// Of a decimal with the usual pair of operators: the step that its exponent would be.
    pub(crate) const fn exponent_part(&self) -> Self {
        let code =
            if matches!(self.code, OpCode::SplitNull) { OpCode::SignedDefaultNull } else { OpCode::SignedDefault };
        Self { aux: self.over as u32, ..Self::new(code, self.cell + 1) }.of_bits(32)
    }

    /// The step that its mantissa would be.
    pub(crate) const fn mantissa_part(&self) -> Self {
        Self { aux: self.aux, slot: self.slot, ..Self::new(OpCode::SignedDelta, self.cell + 2) }.of_bits(64)
    }
}
