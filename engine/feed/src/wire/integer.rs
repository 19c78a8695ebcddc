//! Integers (section 10.6.1). The usual lengths are read without a loop; what is longer than eight bytes, or near the end of the
//! input, goes the long way.

use super::{Read, entity};
use crate::Code;

/// An unsigned integer of 64 bits. `D2` if it is larger.
#[inline(always)]
pub(crate) fn uint<const STRICT: bool>(input: &[u8]) -> Read<'_, u64> {
    if let [first, rest @ ..] = input
        && first & 0x80 != 0
    {
        return Ok((u64::from(first & 0x7f), rest));
    }
    match entity(input) {
        (value, taken @ 1..) if !STRICT || input[0] != 0 => Ok((value, &input[taken..])),
        _ => narrow(wide_uint::<STRICT>(input)),
    }
}

/// An unsigned integer in its nullable form: one more than the value, and zero for none. Its largest value takes 65 bits.
#[inline(always)]
pub(crate) fn uint_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<u64>> {
    if let [first, rest @ ..] = input
        && first & 0x80 != 0
    {
        return Ok((u64::from(first & 0x7f).checked_sub(1), rest));
    }
    match entity(input) {
        (value, taken @ 1..) if !STRICT || input[0] != 0 => Ok((value.checked_sub(1), &input[taken..])),
        _ => {
            let (value, rest) = wide_uint::<STRICT>(input)?;
            let value = value.checked_sub(1).map(u64::try_from).transpose().map_err(|_| Code::D2)?;
            Ok((value, rest))
        }
    }
}

/// A signed integer of 64 bits. `D2` if it does not fit.
#[inline(always)]
pub(crate) fn int<const STRICT: bool>(input: &[u8]) -> Read<'_, i64> {
    if let [first, rest @ ..] = input
        && first & 0x80 != 0
    {
        return Ok((small(*first), rest));
    }
    match medium::<STRICT>(input) {
        Some((value, rest)) => Ok((value, rest)),
        None => narrow(wide_int::<STRICT>(input)),
    }
}

/// A signed integer in its nullable form: values from zero are one more, zero is none.
#[inline(always)]
pub(crate) fn int_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<i64>> {
    let (value, rest) = match input {
        [first, rest @ ..] if first & 0x80 != 0 => (small(*first), rest),
        _ => match medium::<STRICT>(input) {
            Some(read) => read,
            None => {
                let (value, rest) = wide_int_null::<STRICT>(input)?;
                return Ok((value.map(i64::try_from).transpose().map_err(|_| Code::D2)?, rest));
            }
        },
    };
    Ok((null(value), rest))
}

#[inline(always)]
const fn null(value: i64) -> Option<i64> {
    match value {
        0 => None,
        1.. => Some(value - 1),
        _ => Some(value),
    }
}

/// The value of a one-byte signed entity.
#[inline(always)]
const fn small(byte: u8) -> i64 {
    (((byte << 1) as i8) >> 1) as i64
}

/// Two to eight bytes.
#[inline(always)]
fn medium<const STRICT: bool>(input: &[u8]) -> Option<(i64, &[u8])> {
    let (value, taken) = entity(input);
    if taken == 0 || (STRICT && taken > 1 && overlong(input)) {
        return None;
    }
    let unused = 64 - 7 * taken;
    Some(((value << unused).cast_signed() >> unused, &input[taken..]))
}

/// Whether a signed entity of more than one byte would be the same without its first.
#[inline(always)]
fn overlong(input: &[u8]) -> bool {
    let negative = |at: usize| input.get(at).is_some_and(|byte| byte & 0x40 != 0);
    match input.first() {
        Some(0) => !negative(1),
        Some(0x7f) => negative(1),
        _ => false,
    }
}

fn narrow<T: TryFrom<W>, W>(read: Read<'_, W>) -> Read<'_, T> {
    let (value, rest) = read?;
    Ok((T::try_from(value).map_err(|_| Code::D2)?, rest))
}

/// An unsigned integer of whatever length; `D2` beyond 127 bits.
#[cold]
#[inline(never)]
fn wide_uint<const STRICT: bool>(input: &[u8]) -> Read<'_, u128> {
    let mut value = 0u128;
    for (at, byte) in input.iter().enumerate() {
        if value >> 120 != 0 {
            return Err(Code::D2);
        }
        value = value << 7 | u128::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            let needless = STRICT && at > 0 && input[0] == 0;
            return if needless { Err(Code::R6) } else { Ok((value, &input[at + 1..])) };
        }
    }
    Err(Code::X1)
}

/// A signed integer of whatever length: differences of 64-bit integers take more than 64 bits. `D2` beyond 120 bits.
#[cold]
#[inline(never)]
fn wide_int<const STRICT: bool>(input: &[u8]) -> Read<'_, i128> {
    let mut value = match input.first() {
        Some(byte) if byte & 0x40 != 0 => -1i128,
        _ => 0,
    };
    for (at, byte) in input.iter().enumerate() {
        if value.unsigned_abs() >> 120 != 0 {
            return Err(Code::D2);
        }
        value = value << 7 | i128::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            let needless = STRICT && at > 0 && overlong(input);
            return if needless { Err(Code::R6) } else { Ok((value, &input[at + 1..])) };
        }
    }
    Err(Code::X1)
}

/// A difference of up to eight bytes; nothing if it is longer, needlessly long, or near the end of the input.
#[inline(always)]
pub(crate) fn short_delta<const STRICT: bool>(input: &[u8]) -> Option<(i64, &[u8])> {
    match input {
        [first, rest @ ..] if first & 0x80 != 0 => Some((small(*first), rest)),
        _ => medium::<STRICT>(input),
    }
}

/// A difference: signed, and of more bits than what it is added to.
#[inline(always)]
pub(crate) fn delta<const STRICT: bool>(input: &[u8]) -> Read<'_, i128> {
    match medium::<STRICT>(input) {
        Some((value, rest)) => Ok((i128::from(value), rest)),
        None => wide_int::<STRICT>(input),
    }
}

/// The same in its nullable form.
#[inline(always)]
pub(crate) fn delta_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<i128>> {
    match medium::<STRICT>(input) {
        Some((value, rest)) => Ok((null(value).map(i128::from), rest)),
        None => wide_int_null::<STRICT>(input),
    }
}

/// The same in its nullable form.
fn wide_int_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<i128>> {
    let (value, rest) = wide_int::<STRICT>(input)?;
    let value = match value {
        0 => None,
        1.. => Some(value - 1),
        _ => Some(value),
    };
    Ok((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near the end of the input and far from it.
    fn both<T: PartialEq + std::fmt::Debug>(bytes: &[u8], read: impl Fn(&[u8]) -> Read<'_, T>) -> Result<T, Code> {
        let near = read(bytes).map(|(value, rest)| (value, rest.len()));
        let long = [bytes, &[0x55; 12]].concat();
        let far = read(&long).map(|(value, rest)| (value, rest.len() - 12));
        assert_eq!(near, far);
        near.map(|(value, rest)| {
            assert_eq!(rest, 0);
            value
        })
    }

    #[test]
    fn the_examples_of_appendix_3_1() {
        assert_eq!(both(&[0x39, 0x45, 0xa4], int_null::<true>), Ok(Some(942_755)));
        assert_eq!(both(&[0x39, 0x45, 0xa3], int::<true>), Ok(942_755));
        assert_eq!(both(&[0x46, 0x3a, 0xdd], int_null::<true>), Ok(Some(-942_755)));
        assert_eq!(both(&[0x7c, 0x1b, 0x1b, 0x9d], int::<true>), Ok(-7_942_755));
        assert_eq!(both(&[0x00, 0x40, 0x81], int::<true>), Ok(8_193));
        assert_eq!(both(&[0x73 | 0x0c, 0x3f, 0xff], int::<true>), Ok(-8_193));
        assert_eq!(both(&[0x80], int_null::<true>), Ok(None));
        assert_eq!(both(&[0x80], uint_null::<true>), Ok(None));
        assert_eq!(both(&[0x81], uint_null::<true>), Ok(Some(0)));
        assert_eq!(both(&[0x39, 0x45, 0xa4], uint_null::<true>), Ok(Some(942_755)));
        assert_eq!(both(&[0x39, 0x45, 0xa3], uint::<true>), Ok(942_755));
        assert_eq!(both(&[0x10, 0, 0, 0, 0x80], uint_null::<true>), Ok(Some(u64::from(u32::MAX))));
        assert_eq!(both(&[0x00, 0xc0], int::<true>), Ok(64));
    }

    #[test]
    fn the_largest_and_smallest() {
        let max = [0x01, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0xff];
        assert_eq!(both(&max, uint::<true>), Ok(u64::MAX));
        let beyond = [0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
        assert_eq!(both(&beyond, uint::<true>), Err(Code::D2));
        assert_eq!(both(&beyond, uint_null::<true>), Ok(Some(u64::MAX)));
        let min = [0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
        assert_eq!(both(&min, int::<true>), Ok(i64::MIN));
        assert_eq!(both(&min, int_null::<true>), Ok(Some(i64::MIN)));
        let above = [0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
        assert_eq!(both(&above, int::<true>), Err(Code::D2));
        assert_eq!(both(&above, int_null::<true>), Ok(Some(i64::MAX)));
        assert_eq!(both(&[&[0x7f; 30][..], &[0xff]].concat(), int::<false>), Ok(-1));
        assert_eq!(both(&[&[0x01; 30][..], &[0xff]].concat(), uint::<false>), Err(Code::D2));
        assert_eq!(both(&[&[0x01; 30][..], &[0xff]].concat(), int::<false>), Err(Code::D2));
    }

    #[test]
    fn a_needless_byte_is_seen_in_strict_mode_only() {
        assert_eq!(both(&[0x00, 0x81], uint::<true>), Err(Code::R6));
        assert_eq!(both(&[0x00, 0x81], uint::<false>), Ok(1));
        assert_eq!(both(&[0x00, 0xbf], int::<true>), Err(Code::R6));
        assert_eq!(both(&[0x00, 0xbf], int::<false>), Ok(63));
        assert_eq!(both(&[0x7f, 0xff], int::<true>), Err(Code::R6));
        assert_eq!(both(&[0x7f, 0xff], int::<false>), Ok(-1));
        assert_eq!(both(&[0x00, 0x80], uint_null::<true>), Err(Code::R6));
        assert_eq!(both(&[0x00, 0x80], uint_null::<false>), Ok(None));
        assert_eq!(both(&[0x00, 0x80], int_null::<true>), Err(Code::R6));
    }

    #[test]
    fn an_entity_without_an_end_is_an_end_of_input() {
        assert_eq!(uint::<true>(&[]), Err(Code::X1));
        assert_eq!(uint::<true>(&[1, 2]), Err(Code::X1));
        assert_eq!(int::<false>(&[1; 9]), Err(Code::X1));
    }
}
