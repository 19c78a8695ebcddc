//! Digits of decimals without detours through floating point.

use crate::value::{Decimal, decimal::pow10};

/// Appends an unsigned number with at least `width` digits.
pub(super) fn push_digits(out: &mut String, mut n: u128, width: usize) {
    let mut digits = [b'0'; 40];
    let mut at = digits.len();
    // Most numbers fit in 64 bits, where division is quick.
    while n > u128::from(u64::MAX) {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    let mut n = n as u64;
    while n > 0 {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    at = at.min(digits.len().saturating_sub(width.min(digits.len())));
    for &b in digits.get(at..).unwrap_or_default() {
        out.push(char::from(b));
    }
}

/// How a number is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) grouping: bool,
    pub(super) min_integer: u8,
    pub(super) min_fraction: u8,
    pub(super) max_fraction: u8,
}

/// Appends a decimal, rounded HALF_UP to the layout's digits. A result that rounds to zero has no sign.
pub(super) fn push_decimal(out: &mut String, d: Decimal, layout: Layout) {
    let magnitude = d.mantissa.unsigned_abs();
    let (magnitude, mut scale) = if d.scale > layout.max_fraction {
        let unit = pow10(d.scale - layout.max_fraction);
        let (q, r) = (magnitude / unit, magnitude % unit);
        (q + u128::from(r >= unit - r), layout.max_fraction)
    } else {
        (magnitude, d.scale)
    };
    if d.mantissa < 0 && magnitude != 0 {
        out.push('-');
    }
    let unit = pow10(scale);
    let (whole, mut fraction) = (magnitude / unit, magnitude % unit);
    while scale > layout.min_fraction && fraction % 10 == 0 {
        fraction /= 10;
        scale -= 1;
    }
    let start = out.len();
    if whole != 0 || layout.min_integer > 0 {
        push_digits(out, whole, layout.min_integer.into());
    }
    if layout.grouping {
        group(out, start);
    }
    if scale > 0 || layout.min_fraction > 0 {
        out.push('.');
        if scale > 0 {
            push_digits(out, fraction, scale.into());
        }
        for _ in scale..layout.min_fraction {
            out.push('0');
        }
    }
}

/// Puts commas between groups of three of the digits from `start` on.
fn group(out: &mut String, start: usize) {
    let digits = out.len() - start;
    if digits <= 3 {
        return;
    }
    let text: String = out.drain(start..).collect();
    for (i, c) in text.chars().enumerate() {
        if i > 0 && (digits - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
}
