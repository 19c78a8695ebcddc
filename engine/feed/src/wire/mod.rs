//! The transfer encoding (section 10): stop-bit entities in and out. Readers take the input and give back what is left of it, so
//! that the place in the stream stays in a register.

mod integer;
mod map;
mod text;
mod write;

pub(crate) use integer::{delta, delta_null, int, int_null, quick_int, quick_uint, uint, uint_null};
pub(crate) use map::{Map, NONE as NO_MAP, PLACES, SPARE};
pub(crate) use text::{Ascii, ascii, bytes, quick_ascii};
pub(crate) use write::{MapBits, put_ascii, put_ascii_null, put_int, put_int_null, put_uint, put_uint_null};

use crate::Code;

/// What was read, and the rest of the input.
pub(crate) type Read<'d, T> = Result<(T, &'d [u8]), Code>;

/// What was read and the rest, on the usual way; nothing where it takes a closer look.
pub(crate) type Quick<'d, T> = Option<(T, &'d [u8])>;

/// The stop bit of each of eight bytes.
const STOPS: u64 = 0x8080_8080_8080_8080;

/// Seven bits of each of eight bytes, drawn together: the first byte's are the highest.
#[inline(always)]
const fn packed(bytes: u64) -> u64 {
    // The upper half of each pair moves down by the bits between: `h·256 + l` becomes `h·256 + l - h·128`.
    let seven = bytes & 0x7f7f_7f7f_7f7f_7f7f;
    let fourteen = seven - ((seven & 0x7f00_7f00_7f00_7f00) >> 1);
    let twenty_eight = fourteen - ((fourteen & 0x3fff_0000_3fff_0000) >> 2) * 3;
    twenty_eight - ((twenty_eight & 0x0fff_ffff_0000_0000) >> 4) * 15
}

/// An entity of up to eight bytes: its data bits at the low end, and how many bytes it takes. Nothing if it is longer, or if fewer than
/// eight bytes are left.
#[inline(always)]
fn entity(input: &[u8]) -> Option<(u64, usize)> {
    let word = u64::from_be_bytes(*input.first_chunk()?);
    let stops = word & STOPS;
    if stops == 0 {
        return None;
    }
    let taken = (stops.leading_zeros() as usize >> 3) + 1;
    Some((packed(word >> (64 - 8 * taken)), taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bits_of_each_byte_are_drawn_together() {
        assert_eq!(packed(0x0102), 0x82);
        assert_eq!(packed(u64::MAX), (1 << 56) - 1);
        assert_eq!(entity(&[0x39, 0x45, 0xa3, 0, 0, 0, 0, 0]), Some((942_755, 3)));
        assert_eq!(entity(&[0x39, 0x45, 0xa3]), None);
        assert_eq!(entity(&[0; 9]), None);
    }
}
