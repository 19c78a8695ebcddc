//! Exact decimals with Spark 3.5's arithmetic (ANSI off, `try_` variants): the result's type fixes its scale, HALF_UP at every
//! stage, anything that does not fit is `None`. Intermediates have 256 bits: 10^76 < 2^253.
//!
//! Spark computes a product with 39 significant digits and a quotient with 39 digits after the point, and rounds the result of
//! that to the result's scale: two roundings, reproduced here.

#[cfg(test)]
mod tests;
mod text;

use super::Decimal;
use crate::ty::DecimalType;
use ethnum::U256;
use std::cmp::Ordering;
pub use text::ParseDecimalError;

/// Most digits of a decimal.
pub const MAX_PRECISION: u8 = 38;

/// 10^n for n in 0..=38.
pub const fn pow10(n: u8) -> u128 {
    POW10[if n > 38 { 38 } else { n as usize }]
}

const POW10: [u128; 39] = {
    let mut table = [1u128; 39];
    let mut i = 1;
    while i < 39 {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// 10^n for n in 0..=76.
fn wide_pow10(n: u8) -> U256 {
    let n = n.min(76);
    if n <= 38 { U256::from(pow10(n)) } else { U256::from(pow10(38)) * U256::from(pow10(n - 38)) }
}

/// Why an operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The result has more digits than its type.
    Overflow,
    /// The divisor is zero.
    DivisionByZero,
}

/// A magnitude below 10^38 with its sign.
fn signed(negative: bool, magnitude: u128) -> i128 {
    let m = magnitude as i128;
    if negative { -m } else { m }
}

/// Sign and magnitude back to a mantissa, if the magnitude has at most `precision` digits.
fn bounded(negative: bool, magnitude: U256, precision: u8) -> Result<i128, Failure> {
    if magnitude >= wide_pow10(precision.min(MAX_PRECISION)) {
        return Err(Failure::Overflow);
    }
    Ok(signed(negative, magnitude.as_u128()))
}

/// `magnitude / 10^n`, halves away from zero.
fn drop_digits(magnitude: U256, n: u8) -> U256 {
    if n == 0 {
        return magnitude;
    }
    if n > 76 {
        return U256::ZERO;
    }
    if n <= 38 && magnitude < (U256::ONE << 127u32) {
        let (m, d) = (magnitude.as_u128(), pow10(n));
        let (q, r) = (m / d, m % d);
        return U256::from(q + u128::from(r >= d - r));
    }
    let d = wide_pow10(n);
    let (q, r) = magnitude.div_rem(d);
    if r >= d - r { q + U256::ONE } else { q }
}

/// Number of decimal digits (0 has none).
fn digits(magnitude: U256) -> u8 {
    // log2 gives a lower bound that is at most one short.
    let bits = 256 - magnitude.leading_zeros();
    let estimate = (bits * 1233) >> 12;
    let estimate = u8::try_from(estimate).unwrap_or(77);
    if estimate >= 77 {
        return 77;
    }
    if magnitude >= wide_pow10(estimate) { estimate + 1 } else { estimate }
}

impl Decimal {
    /// Zero, scale 0.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// `mantissa × 10^-scale`, if both are in range.
    pub fn new(mantissa: i128, scale: u8) -> Option<Self> {
        (mantissa.unsigned_abs() < pow10(38) && scale <= MAX_PRECISION).then_some(Self { mantissa, scale })
    }

    /// Digits it needs, at least one, at least its scale.
    pub fn precision(self) -> u8 {
        digits(U256::from(self.mantissa.unsigned_abs())).max(1).max(self.scale)
    }

    /// At the type's scale, HALF_UP; `None` if it does not fit its precision.
    pub fn rescale(self, to: DecimalType) -> Option<Self> {
        rescale(self.mantissa, self.scale, to).map(|mantissa| Self { mantissa, scale: to.scale })
    }

    /// `self + other` in the result's type.
    pub fn add(self, other: Self, to: DecimalType) -> Result<Self, Failure> {
        add(self.mantissa, self.scale, other.mantissa, other.scale, to)
            .map(|mantissa| Self { mantissa, scale: to.scale })
    }

    /// `self - other` in the result's type.
    pub fn sub(self, other: Self, to: DecimalType) -> Result<Self, Failure> {
        // The mantissa is below 10^38, so it can be negated.
        self.add(Self { mantissa: other.mantissa.wrapping_neg(), scale: other.scale }, to)
    }

    /// `self × other` in the result's type.
    pub fn mul(self, other: Self, to: DecimalType) -> Result<Self, Failure> {
        mul(self.mantissa, self.scale, other.mantissa, other.scale, to)
            .map(|mantissa| Self { mantissa, scale: to.scale })
    }

    /// `self ÷ other` in the result's type.
    pub fn div(self, other: Self, to: DecimalType) -> Result<Self, Failure> {
        div(self.mantissa, self.scale, other.mantissa, other.scale, to)
            .map(|mantissa| Self { mantissa, scale: to.scale })
    }

    /// Whether it has room in a type of at least its scale.
    pub fn fits(self, to: DecimalType) -> bool {
        fits(self.mantissa, self.scale, to)
    }

    /// Numeric order, whatever the scales.
    pub fn compare(self, other: Self) -> Ordering {
        compare(self.mantissa, self.scale, other.mantissa, other.scale)
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        // Both operands exact: the division rounds once, correctly.
        if self.mantissa.unsigned_abs() <= 1 << 53 && self.scale <= 22 {
            return self.mantissa as f64 / pow10(self.scale) as f64;
        }
        // The standard library's parser is correctly rounded.
        format!("{}e-{}", self.mantissa, self.scale).parse().unwrap_or(f64::NAN)
    }

    /// The shortest decimal that reads back as `x`, rounded HALF_UP to the type; `None` if not finite or too large.
    pub fn from_f64(x: f64, to: DecimalType) -> Option<Self> {
        if !x.is_finite() {
            return None;
        }
        let text = format!("{x:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let d: Self = mantissa.parse().ok()?;
        let scale = i32::from(d.scale) - exponent;
        if d.mantissa == 0 {
            return Some(Self { mantissa: 0, scale: to.scale });
        }
        if scale < 0 {
            let up = u8::try_from(-scale).ok().filter(|&n| n <= 38)?;
            let m = d.mantissa.checked_mul(i128::try_from(pow10(up)).ok()?)?;
            return Self::new(m, 0)?.rescale(to);
        }
        let scale = u8::try_from(scale).unwrap_or(u8::MAX);
        // A mantissa of at most 17 digits and a scale beyond 38 + 17 is below any half unit.
        let excess = scale.saturating_sub(to.scale);
        let negative = d.mantissa < 0;
        let magnitude = U256::from(d.mantissa.unsigned_abs());
        let magnitude =
            if scale >= to.scale { drop_digits(magnitude, excess) } else { magnitude * wide_pow10(to.scale - scale) };
        bounded(negative, magnitude, to.precision).ok().map(|mantissa| Self { mantissa, scale: to.scale })
    }

    /// Whole part, towards zero.
    pub fn to_i64(self) -> Option<i64> {
        i64::try_from(self.mantissa / i128::try_from(pow10(self.scale)).ok()?).ok()
    }

    /// Without trailing zeros after the point.
    #[must_use]
    pub fn stripped(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }
}

impl From<i64> for Decimal {
    fn from(n: i64) -> Self {
        Self { mantissa: n.into(), scale: 0 }
    }
}

/// The mantissa at the type's scale, HALF_UP; `None` if it does not fit the precision.
pub fn rescale(mantissa: i128, scale: u8, to: DecimalType) -> Option<i128> {
    if scale == to.scale {
        return (mantissa.unsigned_abs() < pow10(to.precision)).then_some(mantissa);
    }
    let magnitude = mantissa.unsigned_abs();
    let q = if scale > to.scale {
        let n = scale - to.scale;
        if n > 38 {
            return Some(0);
        }
        let d = pow10(n);
        let (q, r) = (magnitude / d, magnitude % d);
        q + u128::from(r >= d - r)
    } else {
        magnitude.checked_mul(pow10(to.scale - scale))?
    };
    (q < pow10(to.precision)).then(|| signed(mantissa < 0, q))
}

/// The sum's mantissa at the result's scale.
pub fn add(a: i128, a_scale: u8, b: i128, b_scale: u8, to: DecimalType) -> Result<i128, Failure> {
    let scale = a_scale.max(b_scale);
    let narrow = || {
        let a = a.checked_mul(i128::try_from(pow10(scale - a_scale)).ok()?)?;
        let b = b.checked_mul(i128::try_from(pow10(scale - b_scale)).ok()?)?;
        a.checked_add(b)
    };
    if let Some(sum) = narrow() {
        return rescale(sum, scale, to).ok_or(Failure::Overflow);
    }
    let x = U256::from(a.unsigned_abs()) * U256::from(pow10(scale - a_scale));
    let y = U256::from(b.unsigned_abs()) * U256::from(pow10(scale - b_scale));
    let (negative, magnitude) = match ((a < 0) == (b < 0), x >= y) {
        (true, _) => (a < 0, x + y),
        (false, true) => (a < 0, x - y),
        (false, false) => (b < 0, y - x),
    };
    fit(negative, magnitude, scale, to)
}

/// The product's mantissa at the result's scale; Spark keeps 39 significant digits before it rounds to that scale.
pub fn mul(a: i128, a_scale: u8, b: i128, b_scale: u8, to: DecimalType) -> Result<i128, Failure> {
    let scale = a_scale + b_scale;
    if let Some(product) = a.checked_mul(b) {
        // At most 39 digits: the first rounding does nothing.
        return rescale(product, scale, to).ok_or(Failure::Overflow);
    }
    let product = U256::from(a.unsigned_abs()) * U256::from(b.unsigned_abs());
    let excess = digits(product).saturating_sub(39);
    // Rounding may carry into a fortieth digit; BigDecimal drops that zero again, which changes nothing.
    let product = drop_digits(product, excess);
    // The scale can sink below zero when both scales are small: then the number has more than 38 digits anyway.
    let Some(scale) = scale.checked_sub(excess) else { return Err(Failure::Overflow) };
    fit((a < 0) != (b < 0), product, scale, to)
}

/// The quotient's mantissa at the result's scale; Spark rounds to 39 digits after the point first.
pub fn div(a: i128, a_scale: u8, b: i128, b_scale: u8, to: DecimalType) -> Result<i128, Failure> {
    if b == 0 {
        return Err(Failure::DivisionByZero);
    }
    let negative = (a < 0) != (b < 0);
    let (n, d) = (a.unsigned_abs(), b.unsigned_abs());
    let shift = i16::from(to.scale) - i16::from(a_scale) + i16::from(b_scale);
    if let Ok(shift) = u8::try_from(shift)
        && shift <= 38
        && let Some(n) = n.checked_mul(pow10(shift))
    {
        let (q, r) = (n / d, n % d);
        // As `rounds_up`, in 128 bits.
        let up = r >= d - r || (to.scale > 0 && d - r - r <= d / pow10(39 - to.scale.min(38)));
        let q = q + u128::from(up);
        return if q < pow10(to.precision) { Ok(signed(negative, q)) } else { Err(Failure::Overflow) };
    }
    let d = U256::from(d);
    let (quotient, remainder, divisor) = match u8::try_from(shift) {
        Ok(shift) => {
            let first = shift.min(38);
            let (high, r) = (U256::from(n) * wide_pow10(first)).div_rem(d);
            if high >= wide_pow10(38) {
                return Err(Failure::Overflow);
            }
            let (low, r) = (r * wide_pow10(shift - first)).div_rem(d);
            (high * wide_pow10(shift - first) + low, r, d)
        }
        Err(_) => {
            // Scale 6 is the least that Spark shortens a result to, so the shift is at least 6 - 38.
            let d = d * wide_pow10(u8::try_from(-shift).unwrap_or(38));
            let (q, r) = U256::from(n).div_rem(d);
            (q, r, d)
        }
    };
    let up = rounds_up(remainder, divisor, to.scale);
    bounded(negative, if up { quotient + U256::ONE } else { quotient }, to.precision)
}

/// Whether `r / d` (below one, in units of the last place) rounds up when it is rounded first to 39 digits after the point and
/// then to `scale`: `(d - 2r) × 10^(39 - scale) ≤ d`.
fn rounds_up(r: U256, d: U256, scale: u8) -> bool {
    let twice = r + r;
    twice >= d || d - twice <= d / wide_pow10(39 - scale.min(38))
}

/// A wide magnitude into a type.
fn fit(negative: bool, magnitude: U256, scale: u8, to: DecimalType) -> Result<i128, Failure> {
    if scale >= to.scale {
        return bounded(negative, drop_digits(magnitude, scale - to.scale), to.precision);
    }
    let raised = magnitude.checked_mul(wide_pow10(to.scale - scale)).ok_or(Failure::Overflow)?;
    bounded(negative, raised, to.precision)
}

/// Whether the whole digits have room in a type of at least this scale.
pub fn fits(mantissa: i128, scale: u8, to: DecimalType) -> bool {
    let room = to.precision.saturating_sub(to.scale.saturating_sub(scale));
    mantissa.unsigned_abs() < pow10(room)
}

/// Numeric order of `a × 10^-a_scale` and `b × 10^-b_scale`.
pub fn compare(a: i128, a_scale: u8, b: i128, b_scale: u8) -> Ordering {
    if a_scale == b_scale {
        return a.cmp(&b);
    }
    if (a < 0) != (b < 0) {
        return a.cmp(&b);
    }
    let scale = a_scale.max(b_scale);
    let x = U256::from(a.unsigned_abs()) * wide_pow10(scale - a_scale);
    let y = U256::from(b.unsigned_abs()) * wide_pow10(scale - b_scale);
    if a < 0 { y.cmp(&x) } else { x.cmp(&y) }
}
