//! Values that are handed in and out. No number is ever a float.

use std::fmt;

/// A decimal: `mantissa × 10^exponent`, exactly as it is on the wire (12.50 and 12.5 differ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    /// The digits.
    pub mantissa: i64,
    /// The power of ten, -63 to 63 in a valid stream.
    pub exponent: i32,
}

impl Decimal {
    /// Without trailing zeros in the mantissa; zero is `0e0` (section 6.3.2).
    #[must_use]
    pub const fn normalised(self) -> Self {
        let Self { mut mantissa, mut exponent } = self;
        if mantissa == 0 {
            return Self { mantissa: 0, exponent: 0 };
        }
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        Self { mantissa, exponent }
    }

    /// The same number with another exponent, if the mantissa stays whole and in 64 bits.
    #[must_use]
    pub fn rescaled(self, exponent: i32) -> Option<Self> {
        let mut mantissa = self.mantissa;
        for _ in 0..self.exponent.abs_diff(exponent).min(20) {
            mantissa = if self.exponent > exponent {
                mantissa.checked_mul(10)?
            } else if mantissa % 10 == 0 {
                mantissa / 10
            } else {
                return None;
            };
        }
        (mantissa == 0 || self.exponent.abs_diff(exponent) <= 20).then_some(Self { mantissa, exponent })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}e{}", self.mantissa, self.exponent)
    }
}

/// The value of a field, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of unsigned integer fields.
    Unsigned(u64),
    /// Of signed integer fields.
    Signed(i64),
    /// Of decimal fields.
    Decimal(Decimal),
    /// Of ASCII and Unicode strings.
    Text(String),
    /// Of byte vectors.
    Bytes(Vec<u8>),
    /// Of sequences.
    Sequence(Vec<Row>),
    /// Of groups.
    Group(Row),
    /// Of dynamic template references.
    Message(Box<Message>),
}

/// Fields of a message, a group or an element of a sequence: one place for each field of the template, in its order; none is absent.
pub type Row = Vec<Option<Value>>;

/// A message, owned: what the encoder takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its template's name.
    pub template: String,
    /// Its fields.
    pub row: Row,
}
