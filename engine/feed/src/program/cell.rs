//! One decoded value in sixteen bytes: what a message is made of, and what dictionaries remember.

use crate::Decimal;

/// What a cell holds. Everything from `NUMBER` on is an assigned value. Numbers, so that a cell is two words without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(pub(crate) u32);

impl Kind {
    /// No value: an absent field, an empty dictionary entry.
    pub(crate) const ABSENT: Self = Self(0);
    /// A dictionary entry that nothing has been said about; an operator without initial value.
    pub(crate) const UNDEFINED: Self = Self(1);
    /// An integer, signed or not as its field is; for a moment the number of elements of a sequence.
    pub(crate) const NUMBER: Self = Self(2);
    /// A mantissa, and its exponent as the extra.
    pub(crate) const DECIMAL: Self = Self(3);
    /// Up to eight bytes, their number as the extra.
    pub(crate) const SHORT: Self = Self(4);
    /// More bytes: where they begin, their number as the extra.
    pub(crate) const LONG: Self = Self(5);
    /// A sequence: the first element's first cell; the number of elements as the extra.
    pub(crate) const ROWS: Self = Self(6);
    /// A present group.
    pub(crate) const GROUP: Self = Self(7);
    /// A message of its own: its first cell; its template as the extra.
    pub(crate) const MESSAGE: Self = Self(8);
}

/// Laid out as written: machine code knows its two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Cell {
    /// Bytes as they are, so that short text can be lent out; numbers in the machine's order.
    pub(crate) raw: [u8; 8],
    /// The kind below, 32 bits more above: two stores make a cell.
    meta: u64,
}

pub(crate) const ABSENT: Cell = Cell::new(Kind::ABSENT, 0, 0);
pub(crate) const UNDEFINED: Cell = Cell::new(Kind::UNDEFINED, 0, 0);

impl Cell {
    #[inline(always)]
    const fn new(kind: Kind, bits: u64, extra: u32) -> Self {
        Self { raw: bits.to_ne_bytes(), meta: (extra as u64) << 32 | kind.0 as u64 }
    }

    #[inline(always)]
    pub(crate) const fn kind(self) -> Kind {
        Kind(self.meta as u32)
    }

    #[inline(always)]
    pub(crate) const fn extra(self) -> u32 {
        (self.meta >> 32) as u32
    }

    #[inline(always)]
    pub(crate) const fn unsigned(value: u64) -> Self {
        Self::new(Kind::NUMBER, value, 0)
    }

    #[inline(always)]
    pub(crate) const fn signed(value: i64) -> Self {
        Self::new(Kind::NUMBER, value.cast_unsigned(), 0)
    }

    #[inline(always)]
    pub(crate) const fn decimal(value: Decimal) -> Self {
        Self::new(Kind::DECIMAL, value.mantissa.cast_unsigned(), value.exponent.cast_unsigned())
    }

    #[inline(always)]
    pub(crate) const fn short(raw: [u8; 8], length: u32) -> Self {
        Self::new(Kind::SHORT, u64::from_ne_bytes(raw), length)
    }

    pub(crate) const fn long(start: usize, length: u32) -> Self {
        Self::new(Kind::LONG, start as u64, length)
    }

    #[inline(always)]
    pub(crate) const fn rows(first: usize, count: u32) -> Self {
        Self::new(Kind::ROWS, first as u64, count)
    }

    pub(crate) const fn message(first: usize, template: u32) -> Self {
        Self::new(Kind::MESSAGE, first as u64, template)
    }

    pub(crate) const GROUP: Self = Self::new(Kind::GROUP, 0, 0);

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
        Decimal { mantissa: self.as_signed(), exponent: self.extra().cast_signed() }
    }

    #[inline(always)]
    pub(crate) const fn words(self) -> [u64; 2] {
        [self.bits(), self.meta]
    }

    #[inline(always)]
    pub(crate) const fn assigned(self) -> bool {
        self.meta as u32 > Kind::UNDEFINED.0
    }
}
