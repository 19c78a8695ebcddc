//! Presence maps (section 10.5): as many bits as the stream has, followed by zeros for ever.
//!
//! Steps of the tape know their bit's place in the word, so that no step waits for the one before it. Where the place depends on the
//! stream (the bit of a mantissa whose exponent is absent is not there), a zero is put in.

use super::{Read, entity};
use crate::Code;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<'d> {
    /// Bits, the first one highest.
    pub(crate) word: u64,
    /// Bytes of the map that did not fit into the word.
    more: &'d [u8],
    /// Bits of the map in the stream.
    length: u32,
    /// Of them in the word, from its highest bit, as long as there are more.
    valid: u32,
    /// Zeros that were put in.
    put_in: u32,
}

/// No map at all: of a segment that uses no bit.
pub(crate) const NONE: Map<'static> = Map { word: 0, more: &[], length: 0, valid: 0, put_in: 0 };

/// Places that are certain to be filled at first and after a refill.
pub(crate) const PLACES: u32 = 50;
/// Zeros that may be put in before a refill: bits that the word has to spare for them.
pub(crate) const SPARE: u32 = 8;

/// Of more than eight bytes, or near the end of the input.
fn long<const STRICT: bool>(input: &[u8]) -> Read<'_, Map<'_>> {
    let last = input.iter().position(|byte| byte & 0x80 != 0).ok_or(Code::X1)?;
    if STRICT && last > 0 && input[last] == 0x80 {
        return Err(Code::R7);
    }
    let length = u32::try_from(last + 1).ok().and_then(|bytes| bytes.checked_mul(7)).ok_or(Code::X2)?;
    let mut map = Map { more: &input[..=last], length, ..NONE };
    map.refill(0);
    Ok((map, &input[last + 1..]))
}

impl<'d> Map<'d> {
    /// Becomes the next map of the input, in place: moving maps about costs more than reading them.
    #[inline(always)]
    pub(crate) fn read<const STRICT: bool>(&mut self, input: &'d [u8]) -> Result<&'d [u8], Code> {
        self.more = &[];
        (self.valid, self.put_in) = (0, 0);
        match input {
            [a, rest @ ..] if a & 0x80 != 0 => {
                (self.word, self.length) = (u64::from(*a) << 57, 7);
                return Ok(rest);
            }
            [a, b, rest @ ..] if b & 0x80 != 0 && (!STRICT || *b != 0x80) => {
                (self.word, self.length) = (u64::from(*a) << 57 | u64::from(b & 0x7f) << 50, 14);
                return Ok(rest);
            }
            _ => {}
        }
        match entity(input) {
            Some((bits, taken)) if !STRICT || input[taken - 1] != 0x80 => {
                let length = 7 * taken;
                (self.word, self.length) = (bits << (64 - length), length as u32);
                input.get(taken..).ok_or(Code::X1)
            }
            _ => self.read_long::<STRICT>(input),
        }
    }
}

impl<'d> Map<'d> {
    #[cold]
    #[inline(never)]
    fn read_long<const STRICT: bool>(&mut self, input: &'d [u8]) -> Result<&'d [u8], Code> {
        let (map, rest) = long::<STRICT>(input)?;
        *self = map;
        Ok(rest)
    }
}

impl Map<'_> {
    /// A map of up to eight bytes that somebody else has read.
    pub(crate) const fn of(word: u64, length: u32) -> Self {
        Self { word, length, ..NONE }
    }

    /// Bits of it in the stream.
    pub(crate) const fn length(&self) -> u32 {
        self.length
    }

    /// Whether the bit of a mask is set.
    #[inline(always)]
    pub(crate) const fn has(&self, mask: u64) -> bool {
        self.word & mask != 0
    }

    /// Drops so many places, and fills the word from what follows to at least [`PLACES`]. Programs say where.
    #[cold]
    #[inline(never)]
    pub(crate) fn refill(&mut self, places: u32) {
        self.word = self.word.checked_shl(places).unwrap_or(0);
        self.valid = self.valid.saturating_sub(places);
        while let [byte, rest @ ..] = self.more
            && self.valid + 7 + SPARE <= 64
        {
            self.word |= u64::from(byte & 0x7f) << (57 - self.valid);
            self.valid += 7;
            self.more = rest;
        }
    }

    /// Puts a zero in at the place of the mask: a bit that the stream does not have.
    #[cold]
    #[inline(never)]
    pub(crate) fn put_in(&mut self, mask: u64) {
        let below = mask | (mask - 1);
        self.word = (self.word & !below) | (self.word & below) >> 1;
        self.valid = (self.valid + 1).min(64);
        self.put_in += 1;
    }

    /// `R8`: whether the stream has bits that nobody asked for, where `all` were asked for, `last` of them from the word as it is.
    #[inline(always)]
    pub(crate) const fn has_more_than(&self, all: u32, last: u32) -> bool {
        let used = all.saturating_sub(self.put_in);
        // Lengths are multiples of seven.
        self.length >= if used == 0 { 1 } else { used } + 7 || self.word & (u64::MAX >> last) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map<const STRICT: bool>(bytes: &[u8]) -> Result<(Map<'_>, &[u8]), Code> {
        let mut map = NONE;
        let rest = map.read::<STRICT>(bytes)?;
        Ok((map, rest))
    }

    /// The first `count` bits, with a refill where a program would have one.
    fn bits(bytes: &[u8], count: u32) -> (Vec<bool>, bool) {
        let (mut map, rest) = map::<true>(bytes).unwrap();
        assert!(rest.is_empty());
        let mut taken = Vec::new();
        let mut last = 0;
        for _ in 0..count {
            if last == PLACES {
                map.refill(last);
                last = 0;
            }
            taken.push(map.has(1 << 63 >> last));
            last += 1;
        }
        (taken, map.has_more_than(count, last))
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
        assert_eq!(map::<false>(&[0x40, 0x80]).unwrap().0.word, 1 << 63);
        assert_eq!(map::<false>(&[0x40, 0x00]).err(), Some(Code::X1));
        let far = [0x40, 0x80, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(map::<true>(&far).err(), Some(Code::R7));
    }

    #[test]
    fn zeros_put_in_move_what_follows() {
        // Sixteen bits; the places 2, 4 and 5 turn out not to be there.
        let (mut map, _) = map::<true>(&[0x55, 0x2a, 0x80 | 0x60]).unwrap();
        for place in [2, 4, 5] {
            map.put_in(1 << 63 >> place);
        }
        let bits: Vec<u8> = (0..12).map(|place| u8::from(map.has(1 << 63 >> place))).collect();
        assert_eq!(bits, [1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1]);
        assert!(!map.has_more_than(20, 20));
    }
}
