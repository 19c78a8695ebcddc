//! Presence maps (section 10.5): as many bits as the stream has, followed by zeros for ever.

use super::{Read, entity};
use crate::Code;

/// The bits that are left, the next one highest. Below 63 bits stands a one, whose place tells how many have been taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<'d> {
    pub(crate) word: u64,
    /// Bytes of the map that did not fit into the word.
    more: &'d [u8],
    /// Bits of the map in the stream.
    length: i32,
    /// Bits that were taken before the word's first place; below zero if the word begins with places already taken.
    before: i32,
}

/// No map at all: of a segment that uses no bit.
pub(crate) const NONE: Map<'static> = Map { word: 1, more: &[], length: 0, before: 0 };

/// Bits in a word, its mark left out.
const ROOM: u32 = 63;
/// Bits that are certain to be in a word after a refill, and at first.
pub(crate) const AFTER_REFILL: u32 = 57;

#[inline(always)]
pub(crate) fn map<const STRICT: bool>(input: &[u8]) -> Read<'_, Map<'_>> {
    if let [first, rest @ ..] = input
        && first & 0x80 != 0
    {
        return Ok((Map { word: u64::from(*first) << 57 | 1, more: &[], length: 7, before: 0 }, rest));
    }
    match entity(input) {
        (bits, taken @ 1..) => {
            if STRICT && input[taken - 1] == 0x80 {
                return Err(Code::R7);
            }
            let length = 7 * taken;
            let word = bits << (64 - length) | 1;
            Ok((Map { word, more: &[], length: length as i32, before: 0 }, &input[taken..]))
        }
        _ => long::<STRICT>(input),
    }
}

/// Of more than eight bytes, or near the end of the input.
#[cold]
#[inline(never)]
fn long<const STRICT: bool>(input: &[u8]) -> Read<'_, Map<'_>> {
    let last = input.iter().position(|byte| byte & 0x80 != 0).ok_or(Code::X1)?;
    if STRICT && last > 0 && input[last] == 0x80 {
        return Err(Code::R7);
    }
    let length = i32::try_from(last + 1).ok().and_then(|bytes| bytes.checked_mul(7)).ok_or(Code::X2)?;
    // A word of which everything has been taken, before the first bit.
    let mut map = Map { word: 1 << ROOM, more: &input[..=last], length, before: -ROOM.cast_signed() };
    map.refill();
    Ok((map, &input[last + 1..]))
}

impl Map<'_> {
    /// Takes the next bit.
    pub(crate) fn bit(&mut self) -> bool {
        let set = self.word >> 63 != 0;
        self.word <<= 1;
        set
    }

    /// Fills the word again from what follows, to at least [`AFTER_REFILL`] bits. Programs say where.
    #[cold]
    #[inline(never)]
    pub(crate) fn refill(&mut self) {
        let taken = self.word.trailing_zeros().min(ROOM);
        let mut word = self.word & !(1 << taken);
        let mut left = ROOM - taken;
        while let [byte, rest @ ..] = self.more
            && left + 7 <= ROOM
        {
            word |= u64::from(byte & 0x7f) << (57 - left);
            left += 7;
            self.more = rest;
        }
        if self.more.is_empty() {
            left = ROOM; // zeros for ever
        }
        let mark = ROOM - left;
        self.word = word | 1 << mark;
        self.before += taken.cast_signed() - mark.cast_signed();
    }

    /// `R8`: whether the stream has bits that nobody asked for. `word` is what is left of the map's word.
    #[inline(always)]
    pub(crate) fn has_more_than_used(&self, word: u64) -> bool {
        let used = self.before + word.trailing_zeros().cast_signed();
        // Lengths are multiples of seven.
        self.length - used.max(1) >= 7 || word & (word - 1) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first `count` bits, with a refill where a program would have one.
    fn bits(bytes: &[u8], count: u32) -> (Vec<bool>, bool) {
        let (mut map, rest) = map::<true>(bytes).unwrap();
        assert!(rest.is_empty());
        let mut taken = Vec::new();
        for at in 0..count {
            if at > 0 && at % AFTER_REFILL == 0 {
                map.refill();
            }
            taken.push(map.word >> 63 != 0);
            map.word <<= 1;
        }
        (taken, map.has_more_than_used(map.word))
    }

    #[test]
    fn bits_come_in_order_however_long_the_map() {
        for length in [1, 2, 8, 9, 10, 11, 17, 40] {
            let mut bytes: Vec<u8> = (0..length).map(|at: u8| at.wrapping_mul(37).wrapping_add(5) % 128).collect();
            *bytes.last_mut().unwrap() = 0x80 | 0x2d;
            let wanted: Vec<bool> =
                bytes.iter().flat_map(|byte| (0..7).rev().map(move |bit| byte >> bit & 1 != 0)).collect();
            let (found, more) = bits(&bytes, u32::from(length) * 7);
            assert_eq!(found, wanted, "{length} bytes");
            assert!(!more, "{length} bytes");
            let (found, more) = bits(&bytes, u32::from(length) * 7 + 100);
            assert!(!more && found[wanted.len()..].iter().all(|bit| !bit), "zeros for ever after {length} bytes");
            assert!(bits(&bytes, u32::from(length) * 7 - 3).1, "a bit that nobody took, of {length} bytes");
        }
    }

    #[test]
    fn a_map_may_be_overlong_or_unfinished() {
        assert_eq!(map::<true>(&[0x40, 0x80]).err(), Some(Code::R7));
        assert!(map::<true>(&[0x80]).is_ok());
        assert_eq!(map::<false>(&[0x40, 0x80]).unwrap().0.word, 1 << 63 | 1);
        assert_eq!(map::<false>(&[0x40, 0x00]).err(), Some(Code::X1));
        let far = [0x40, 0x80, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(map::<true>(&far).err(), Some(Code::R7));
    }
}
