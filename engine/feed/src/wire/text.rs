//! Text and byte vectors (sections 10.6.3 to 10.6.5).

use super::{Read, STOPS, uint, uint_null};
use crate::Code;

/// A string of seven-bit characters.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ascii<'d> {
    /// In its nullable form: none.
    Null,
    /// Up to eight characters, the first one lowest, and how many.
    Short(u64, u32),
    /// All characters but the last, and the last.
    Long(&'d [u8], u8),
}

/// Up to eight characters, the first one lowest, and how many; nothing where it takes a closer look.
#[inline(always)]
pub(crate) fn quick_ascii(input: &[u8]) -> Option<(u64, u32, &[u8])> {
    let (first, rest) = input.split_first()?;
    if first & 0x7f == 0 {
        return None;
    }
    if first & 0x80 != 0 {
        return Some((u64::from(first & 0x7f), 1, rest));
    }
    let word = u64::from_le_bytes(*input.first_chunk()?);
    let stops = word & STOPS;
    if stops == 0 {
        return None;
    }
    let end = stops.trailing_zeros() + 1;
    let kept = (word & !STOPS) & (u64::MAX >> (64 - end));
    Some((kept, end / 8, input.get(end as usize / 8..)?))
}

/// An ASCII string, `NULLABLE` or not. `R9` in strict mode if a zero in front is needless.
pub(crate) fn ascii<const STRICT: bool, const NULLABLE: bool>(input: &[u8]) -> Read<'_, Ascii<'_>> {
    match input {
        [first, ..] if first & 0x7f != 0 => match quick_ascii(input) {
            Some((raw, length, rest)) => Ok((Ascii::Short(raw, length), rest)),
            None => long(input),
        },
        _ => zero::<STRICT, NULLABLE>(input),
    }
}

#[cold]
#[inline(never)]
fn long(input: &[u8]) -> Read<'_, Ascii<'_>> {
    let last = input.iter().position(|byte| byte & 0x80 != 0).ok_or(Code::X1)?;
    Ok((whole(&input[..last], input[last] & 0x7f), &input[last + 1..]))
}

/// Characters and a last one.
fn whole(before: &[u8], last: u8) -> Ascii<'_> {
    if before.len() >= 8 {
        return Ascii::Long(before, last);
    }
    let mut raw = [0; 8];
    raw[..before.len()].copy_from_slice(before);
    raw[before.len()] = last;
    Ascii::Short(u64::from_le_bytes(raw), before.len() as u32 + 1)
}

/// What begins with a zero: none, the empty string, zeros themselves, or something needlessly long.
#[cold]
#[inline(never)]
fn zero<const STRICT: bool, const NULLABLE: bool>(input: &[u8]) -> Read<'_, Ascii<'_>> {
    let last = input.iter().position(|byte| byte & 0x80 != 0).ok_or(Code::X1)?;
    let rest = &input[last + 1..];
    let value = match &input[..=last] {
        [_] if NULLABLE => Ascii::Null,
        [_] => Ascii::Short(0, 0),
        [_, 0x80] if NULLABLE => Ascii::Short(0, 0),
        [_, kept @ .., end] => {
            // One zero is the preamble; in the nullable form a second one may be.
            let kept = match kept {
                [0, more @ ..] if NULLABLE => more,
                _ if NULLABLE && STRICT => return Err(Code::R9),
                _ => kept,
            };
            let first = *kept.first().unwrap_or(&(end & 0x7f));
            if STRICT && first != 0 {
                return Err(Code::R9);
            }
            whole(kept, end & 0x7f)
        }
        [] => return Err(Code::X1),
    };
    Ok((value, rest))
}

/// A byte vector: its length and as many bytes; none if it is nullable and so says.
#[inline(always)]
pub(crate) fn bytes<const STRICT: bool, const NULLABLE: bool>(input: &[u8]) -> Read<'_, Option<&[u8]>> {
    let (length, rest) = if NULLABLE {
        match uint_null::<STRICT>(input)? {
            (Some(length), rest) => (length, rest),
            (None, rest) => return Ok((None, rest)),
        }
    } else {
        uint::<STRICT>(input)?
    };
    if length > u64::from(u32::MAX) {
        return Err(Code::D2);
    }
    match usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)) {
        Some((bytes, rest)) => Ok((Some(bytes), rest)),
        None => Err(Code::X1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const STRICT: bool, const NULLABLE: bool>(bytes: &[u8]) -> Result<Option<Vec<u8>>, Code> {
        let one = |bytes: &[u8], more: usize| {
            let (value, rest) = ascii::<STRICT, NULLABLE>(bytes)?;
            assert_eq!(rest.len(), more);
            Ok(match value {
                Ascii::Null => None,
                Ascii::Short(raw, length) => Some(raw.to_le_bytes()[..length as usize].to_vec()),
                Ascii::Long(before, last) => Some([before, &[last]].concat()),
            })
        };
        let near = one(bytes, 0);
        assert_eq!(near, one(&[bytes, &[0x41; 9]].concat(), 9));
        near
    }

    #[test]
    fn the_table_of_zero_preambles() {
        let text = |text: &str| Ok(Some(text.as_bytes().to_vec()));
        assert_eq!(read::<true, false>(&[0x80]), text(""));
        assert_eq!(read::<true, false>(&[0x00, 0x80]), text("\0"));
        assert_eq!(read::<true, false>(&[0x00, 0xc1]), Err(Code::R9));
        assert_eq!(read::<false, false>(&[0x00, 0xc1]), text("A"));
        assert_eq!(read::<true, true>(&[0x80]), Ok(None));
        assert_eq!(read::<true, true>(&[0x00, 0x80]), text(""));
        assert_eq!(read::<true, true>(&[0x00, 0xc1]), Err(Code::R9));
        assert_eq!(read::<false, true>(&[0x00, 0xc1]), text("A"));
        assert_eq!(read::<true, true>(&[0x00, 0x00, 0x80]), text("\0"));
        assert_eq!(read::<true, true>(&[0x00, 0x00, 0xc1]), Err(Code::R9));
        assert_eq!(read::<false, true>(&[0x00, 0x00, 0xc1]), text("A"));
    }

    #[test]
    fn text_of_every_length() {
        for length in 1..20 {
            let wanted: Vec<u8> = (0..length).map(|at| b'a' + at).collect();
            let mut bytes = wanted.clone();
            *bytes.last_mut().unwrap() |= 0x80;
            assert_eq!(read::<true, true>(&bytes), Ok(Some(wanted)), "{length}");
        }
        assert_eq!(read::<true, false>(&[0x00, 0x41, 0xc2]), Err(Code::R9));
        assert_eq!(read::<true, false>(&[0x00, 0x00, 0xc2]), Ok(Some(b"\0B".to_vec())));
    }

    #[test]
    fn byte_vectors_say_their_length() {
        assert_eq!(bytes::<true, true>(&[0x84, 1, 2, 3, 9]), Ok((Some(&[1, 2, 3][..]), &[9][..])));
        assert_eq!(bytes::<true, true>(&[0x80]), Ok((None, &[][..])));
        assert_eq!(bytes::<true, true>(&[0x81]), Ok((Some(&[][..]), &[][..])));
        assert_eq!(bytes::<true, false>(&[0x83, 1, 2]), Err(Code::X1));
        assert_eq!(bytes::<true, false>(&[0x10, 0, 0, 0, 0x80]), Err(Code::D2));
    }
}
