//! Decimals as digits.

use super::{Decimal, pow10};
use std::{fmt, str::FromStr};

/// Not a plain decimal number of at most 38 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number of at most 38 digits")]
pub struct ParseDecimalError;

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    /// `-12.50`: sign, digits, point, digits; the scale is the number of digits after the point.
    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        let (negative, rest) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(ParseDecimalError);
        }
        let mut magnitude = 0u128;
        for b in whole.bytes().chain(fraction.bytes()) {
            if !b.is_ascii_digit() {
                return Err(ParseDecimalError);
            }
            magnitude =
                magnitude.checked_mul(10).and_then(|m| m.checked_add((b - b'0').into())).ok_or(ParseDecimalError)?;
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| ParseDecimalError)?;
        let mantissa = i128::try_from(magnitude).map_err(|_| ParseDecimalError)?;
        Self::new(if negative { -mantissa } else { mantissa }, scale).ok_or(ParseDecimalError)
    }
}

impl fmt::Display for Decimal {
    /// With exactly its scale: `0.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.mantissa.unsigned_abs();
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if self.scale == 0 {
            return write!(f, "{sign}{magnitude}");
        }
        let unit = pow10(self.scale);
        write!(f, "{sign}{}.{:0width$}", magnitude / unit, magnitude % unit, width = self.scale.into())
    }
}
