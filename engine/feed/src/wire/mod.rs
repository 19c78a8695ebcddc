//! The transfer encoding (section 10): stop-bit entities in and out. Readers take the input and give back what is left of it, so
//! that the place in the stream stays in a register.

mod integer;
mod map;
mod text;
mod write;

pub(crate) use integer::{delta, delta_null, int, int_null, short_delta, uint, uint_null};
pub(crate) use map::{Map, NONE as NO_MAP, PLACES, SPARE, map};
pub(crate) use text::{Ascii, ascii, bytes};
pub(crate) use write::{MapBits, put_ascii, put_ascii_null, put_int, put_int_null, put_uint, put_uint_null};

use crate::Code;

/// What was read, and the rest of the input.
pub(crate) type Read<'d, T> = Result<(T, &'d [u8]), Code>;

/// The stop bit of each of eight bytes.
const STOPS: u64 = 0x8080_8080_8080_8080;

/// Seven bits of each of eight bytes, drawn together: the first byte's are the highest.
#[inline(always)]
const fn packed(bytes: u64) -> u64 {
    let seven = bytes & 0x7f7f_7f7f_7f7f_7f7f;
    let fourteen = (seven & 0x007f_007f_007f_007f) | ((seven & 0x7f00_7f00_7f00_7f00) >> 1);
    let twenty_eight = (fourteen & 0x0000_3fff_0000_3fff) | ((fourteen & 0x3fff_0000_3fff_0000) >> 2);
    (twenty_eight & 0x0fff_ffff) | ((twenty_eight & 0x0fff_ffff_0000_0000) >> 4)
}

/// An entity of up to eight bytes: its data bits at the low end, and how many bytes it takes. No bytes if it is longer, or if fewer
/// than eight bytes are left. Neither inlined nor, to the compiler, usual: it would take registers from the loop over the tape; its
/// result is two of them.
#[cold]
#[inline(never)]
fn entity(input: &[u8]) -> (u64, usize) {
    let Some(chunk) = input.first_chunk::<8>() else { return (0, 0) };
    let word = u64::from_be_bytes(*chunk);
    let stops = word & STOPS;
    if stops == 0 {
        return (0, 0);
    }
    let taken = (stops.leading_zeros() as usize >> 3) + 1;
    (packed(word >> (64 - 8 * taken)), taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bits_of_each_byte_are_drawn_together() {
        assert_eq!(packed(0x0102), 0x82);
        assert_eq!(packed(u64::MAX), (1 << 56) - 1);
        assert_eq!(entity(&[0x39, 0x45, 0xa3, 0, 0, 0, 0, 0]), (942_755, 3));
        assert_eq!(entity(&[0x39, 0x45, 0xa3]), (0, 0));
        assert_eq!(entity(&[0; 9]), (0, 0));
    }
}
