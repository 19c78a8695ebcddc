//! One decoded value in sixteen bytes: what a message is made of, and what dictionaries remember.

use crate::Decimal;

/// What a cell holds. Everything from `Number` on is an assigned value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    /// No value: an absent field, an empty dictionary entry.
    Absent,
    /// A dictionary entry that nothing has been said about; an operator without initial value.
    Undefined,
    /// An integer, signed or not as its field is; the number of elements of a sequence that has them in `raw`.
    Number,
    /// A mantissa, and its exponent in `extra`.
    Decimal,
    /// Up to eight bytes, their number in `extra`.
    Short,
    /// More bytes: where they begin, their number in `extra`.
    Long,
    /// A sequence: the first element's first cell; the number of elements in `extra`.
    Rows,
    /// A present group.
    Group,
    /// A message of its own: its first cell; its template in `extra`.
    Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Bytes as they are, so that short text can be lent out; numbers in the machine's order.
    pub(crate) raw: [u8; 8],
    pub(crate) extra: u32,
    pub(crate) kind: Kind,
}

pub(crate) const ABSENT: Cell = Cell { raw: [0; 8], extra: 0, kind: Kind::Absent };
pub(crate) const UNDEFINED: Cell = Cell { raw: [0; 8], extra: 0, kind: Kind::Undefined };

impl Cell {
    #[inline(always)]
    const fn new(kind: Kind, bits: u64, extra: u32) -> Self {
        Self { raw: bits.to_ne_bytes(), extra, kind }
    }

    #[inline(always)]
    pub(crate) const fn unsigned(value: u64) -> Self {
        Self::new(Kind::Number, value, 0)
    }

    #[inline(always)]
    pub(crate) const fn signed(value: i64) -> Self {
        Self::new(Kind::Number, value.cast_unsigned(), 0)
    }

    #[inline(always)]
    pub(crate) const fn decimal(value: Decimal) -> Self {
        Self::new(Kind::Decimal, value.mantissa.cast_unsigned(), value.exponent.cast_unsigned())
    }

    #[inline(always)]
    pub(crate) const fn short(raw: [u8; 8], length: u32) -> Self {
        Self { raw, extra: length, kind: Kind::Short }
    }

    pub(crate) const fn long(start: usize, length: u32) -> Self {
        Self::new(Kind::Long, start as u64, length)
    }

    #[inline(always)]
    pub(crate) const fn rows(first: usize, count: u32) -> Self {
        Self::new(Kind::Rows, first as u64, count)
    }

    pub(crate) const fn message(first: usize, template: u32) -> Self {
        Self::new(Kind::Message, first as u64, template)
    }

    pub(crate) const GROUP: Self = Self::new(Kind::Group, 0, 0);

    #[inline(always)]
    pub(crate) const fn bits(self) -> u64 {
        u64::from_ne_bytes(self.raw)
    }

    #[inline(always)]
    pub(crate) const fn as_signed(self) -> i64 {
        self.bits().cast_signed()
    }

    #[inline(always)]
    pub(crate) const fn start(self) -> usize {
        self.bits() as usize
    }

    #[inline(always)]
    pub(crate) const fn as_decimal(self) -> Decimal {
        Decimal { mantissa: self.as_signed(), exponent: self.extra.cast_signed() }
    }

    #[inline(always)]
    pub(crate) const fn assigned(self) -> bool {
        self.kind as u8 > Kind::Undefined as u8
    }
}
