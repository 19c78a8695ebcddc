//! Digits of decimals without detours through floating point.

use crate::value::{Decimal, decimal::pow10};

/// Room for the digits of a `u128`.
type Digits = [u8; 40];

/// The digits of an unsigned number, at least `width` of them.
fn digits(buffer: &mut Digits, mut n: u128, width: usize) -> &str {
    let mut at = buffer.len();
    // Most numbers fit in 64 bits, where division is quick.
    while n > u128::from(u64::MAX) {
        at -= 1;
        buffer[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    let mut n = n as u64;
    while n > 0 {
        at -= 1;
        buffer[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    let least = buffer.len() - width.min(buffer.len());
    while at > least {
        at -= 1;
        buffer[at] = b'0';
    }
    // Digits are ASCII, so this never falls back.
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

/// Appends an unsigned number with at least `width` digits.
pub(super) fn push_digits(out: &mut String, n: u128, width: usize) {
    out.push_str(digits(&mut [0; 40], n, width));
}

/// Appends a number below 100 as two digits.
pub(super) fn push_two(out: &mut String, n: u8) {
    out.push(char::from(b'0' + n / 10 % 10));
    out.push(char::from(b'0' + n % 10));
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
    if whole != 0 || layout.min_integer > 0 {
        let mut buffer: Digits = [0; 40];
        let mut text = digits(&mut buffer, whole, layout.min_integer.into());
        if layout.grouping {
            // A first group of one to three, then commas before the others.
            while text.len() > 3 {
                let (group, rest) = text.split_at((text.len() - 1) % 3 + 1);
                out.push_str(group);
                out.push(',');
                text = rest;
            }
        }
        out.push_str(text);
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
