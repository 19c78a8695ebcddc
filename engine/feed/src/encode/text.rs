//! The shortest tail and the shortest difference between two texts.

use crate::Code;

/// The end that makes `value` of `base`. Tails keep or extend the length: what is shorter cannot be said (`X7`).
pub(super) fn tail<'v>(base: &[u8], value: &'v [u8]) -> Result<&'v [u8], Code> {
    if value.len() < base.len() {
        Err(Code::X7)
    } else if value.len() > base.len() {
        Ok(value)
    } else {
        Ok(&value[common(base.iter(), value.iter())..])
    }
}

/// How many bytes to remove, coded as the stream has it (front: one below the negative), and the bytes to add there.
pub(super) fn delta<'v>(base: &[u8], value: &'v [u8]) -> Result<(i32, &'v [u8]), Code> {
    let front = common(base.iter(), value.iter());
    let back = common(base.iter().rev(), value.iter().rev());
    let removed = |kept: usize| i32::try_from(base.len() - kept).map_err(|_| Code::D7);
    if back > front {
        Ok((-removed(back)? - 1, &value[..value.len() - back]))
    } else {
        Ok((removed(front)?, &value[front..]))
    }
}

fn common<'b>(one: impl Iterator<Item = &'b u8>, other: impl Iterator<Item = &'b u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_appendix_3_2_5() {
        assert_eq!(delta(b"", b"GEH6"), Ok((0, &b"GEH6"[..])));
        assert_eq!(delta(b"GEH6", b"GEM6"), Ok((2, &b"M6"[..])));
        assert_eq!(delta(b"GEM6", b"ESM6"), Ok((-3, &b"ES"[..])));
        assert_eq!(delta(b"ESM6", b"RSESM6"), Ok((-1, &b"RS"[..])));
        assert_eq!(tail(b"abcd", b"abxy"), Ok(&b"xy"[..]));
        assert_eq!(tail(b"abcd", b"abcde"), Ok(&b"abcde"[..]));
        assert_eq!(tail(b"abcd", b"abc"), Err(Code::X7));
    }
}
