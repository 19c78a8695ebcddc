//! Integers (section 10.6.1). The usual lengths are read without a loop; what is longer than eight bytes, or near the end of the
//! input, goes the long way.

use super::{Quick, Read, entity};
use crate::Code;

/// An unsigned integer of up to eight bytes, none of them needless in strict mode. Up to three bytes, which are most, are read one by
/// one: a field's length seldom changes, and that is what processors guess well.
#[inline(always)]
pub(crate) fn quick_uint<const STRICT: bool>(input: &[u8]) -> Quick<'_, u64> {
    let value = |bytes: &[u8]| bytes.iter().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f));
    match input {
        [a, rest @ ..] if a & 0x80 != 0 => Some((value(&[*a]), rest)),
        [0, ..] if STRICT => None,
        [a, b, rest @ ..] if b & 0x80 != 0 => Some((value(&[*a, *b]), rest)),
        [a, b, c, rest @ ..] if c & 0x80 != 0 => Some((value(&[*a, *b, *c]), rest)),
        _ => {
            let (value, taken) = entity(input)?;
            Some((value, input.get(taken..)?))
        }
    }
}

/// The same of a signed one; also of a difference.
#[inline(always)]
pub(crate) fn quick_int<const STRICT: bool>(input: &[u8]) -> Quick<'_, i64> {
    let value =
        |first: u8, bytes: &[u8]| bytes.iter().fold(small(first), |value, byte| value << 7 | i64::from(byte & 0x7f));
    match input {
        [a, rest @ ..] if a & 0x80 != 0 => Some((small(*a), rest)),
        [0 | 0x7f, ..] if STRICT && overlong(input) => None,
        [a, b, rest @ ..] if b & 0x80 != 0 => Some((value(*a, &[*b]), rest)),
        [a, b, c, rest @ ..] if c & 0x80 != 0 => Some((value(*a, &[*b, *c]), rest)),
        _ => {
            let (value, taken) = entity(input)?;
            let unused = 64 - 7 * taken;
            Some(((value << unused).cast_signed() >> unused, input.get(taken..)?))
        }
    }
}

/// An unsigned integer of 64 bits. `D2` if it is larger.
pub(crate) fn uint<const STRICT: bool>(input: &[u8]) -> Read<'_, u64> {
    match quick_uint::<STRICT>(input) {
        Some(read) => Ok(read),
        None => narrow(wide_uint::<STRICT>(input)),
    }
}

/// An unsigned integer in its nullable form: one more than the value, and zero for none. Its largest value takes 65 bits.
pub(crate) fn uint_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<u64>> {
    let (value, rest) = wide_uint::<STRICT>(input)?;
    let value = value.checked_sub(1).map(u64::try_from).transpose().map_err(|_| Code::D2)?;
    Ok((value, rest))
}

/// A signed integer of 64 bits. `D2` if it does not fit.
pub(crate) fn int<const STRICT: bool>(input: &[u8]) -> Read<'_, i64> {
    match quick_int::<STRICT>(input) {
        Some(read) => Ok(read),
        None => narrow(wide_int::<STRICT>(input)),
    }
}

/// A signed integer in its nullable form: values from zero are one more, zero is none.
pub(crate) fn int_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<i64>> {
    let (value, rest) = delta_null::<STRICT>(input)?;
    Ok((value.map(i64::try_from).transpose().map_err(|_| Code::D2)?, rest))
}

/// The value of a one-byte signed entity.
#[inline(always)]
const fn small(byte: u8) -> i64 {
    (((byte << 1) as i8) >> 1) as i64
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

/// A difference: signed, and of more bits than what it is added to.
pub(crate) fn delta<const STRICT: bool>(input: &[u8]) -> Read<'_, i128> {
    wide_int::<STRICT>(input)
}

/// The same in its nullable form.
pub(crate) fn delta_null<const STRICT: bool>(input: &[u8]) -> Read<'_, Option<i128>> {
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
