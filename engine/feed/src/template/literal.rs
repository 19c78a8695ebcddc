//! Values written as text (section 8.1).

use super::Type;
use crate::{Code, Decimal, Value};

/// Reads a value of a type.
///
/// # Errors
/// `D11` if it is not written as one, `R1`, `R3` or `R4` if it does not fit, `D10` for byte vectors of an odd number of digits.
pub(crate) fn literal(text: &str, kind: Type) -> Result<Value, Code> {
    match kind {
        Type::Unsigned(bits) => {
            let value = digits(trimmed(text))?.ok_or(Code::R4)?;
            let value = u64::try_from(value).map_err(|_| Code::R4)?;
            if bits < 64 && value >> bits != 0 { Err(Code::R4) } else { Ok(Value::Unsigned(value)) }
        }
        Type::Signed(bits) => {
            let (negative, rest) = signed(trimmed(text));
            let value = i128::try_from(digits(rest)?.ok_or(Code::R4)?).map_err(|_| Code::R4)?;
            let value = if negative { -value } else { value };
            let bound = 1i128 << (bits - 1);
            let value = if (-bound..bound).contains(&value) { value } else { return Err(Code::R4) };
            i64::try_from(value).map(Value::Signed).map_err(|_| Code::R4)
        }
        Type::Decimal => decimal(trimmed(text)).map(Value::Decimal),
        Type::Ascii if !text.is_ascii() => Err(Code::R3),
        Type::Ascii | Type::Unicode => Ok(Value::Text(text.to_owned())),
        Type::Bytes => hexadecimal(text).map(Value::Bytes),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

fn signed(text: &str) -> (bool, &str) {
    text.strip_prefix('-').map_or((false, text), |rest| (true, rest))
}

/// A number of digits only; nothing if it has more than 128 bits.
fn digits(text: &str) -> Result<Option<u128>, Code> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Code::D11);
    }
    Ok(text.parse().ok())
}

fn decimal(text: &str) -> Result<Decimal, Code> {
    let (negative, rest) = signed(text);
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    if rest.ends_with('.') {
        return Err(Code::D11);
    }
    let all = format!("{whole}{fraction}");
    // Zeros at the end are not digits of the number: what is left must fit.
    let kept = all.trim_end_matches('0');
    let dropped = i32::try_from(all.len() - kept.len()).map_err(|_| Code::R1)?;
    let places = i32::try_from(fraction.len()).map_err(|_| Code::R1)?;
    digits(&all)?;
    let mantissa = if kept.is_empty() { 0 } else { digits(kept)?.ok_or(Code::R1)? };
    let mantissa = i128::try_from(mantissa).map_err(|_| Code::R1)?;
    let mantissa = i64::try_from(if negative { -mantissa } else { mantissa }).map_err(|_| Code::R1)?;
    let value = Decimal { mantissa, exponent: dropped - places }.normalised();
    if (-63..=63).contains(&value.exponent) { Ok(value) } else { Err(Code::R1) }
}

fn hexadecimal(text: &str) -> Result<Vec<u8>, Code> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'))
        .map(|c| c.to_digit(16).ok_or(Code::D11))
        .collect::<Result<_, _>>()?;
    if !digits.len().is_multiple_of(2) {
        return Err(Code::D11);
    }
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).map_err(|_| Code::D11)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_bounded() {
        assert_eq!(literal(" 255\n", Type::Unsigned(8)), Ok(Value::Unsigned(255)));
        assert_eq!(literal("256", Type::Unsigned(8)), Err(Code::R4));
        assert_eq!(literal("18446744073709551615", Type::Unsigned(64)), Ok(Value::Unsigned(u64::MAX)));
        assert_eq!(literal("-9223372036854775808", Type::Signed(64)), Ok(Value::Signed(i64::MIN)));
        assert_eq!(literal("9223372036854775808", Type::Signed(64)), Err(Code::R4));
        assert_eq!(literal("-0", Type::Signed(32)), Ok(Value::Signed(0)));
        for bad in ["", "-", "1 2", "+1", "1e3"] {
            assert_eq!(literal(bad, Type::Signed(32)), Err(Code::D11), "{bad}");
        }
        assert_eq!(literal("-1", Type::Unsigned(32)), Err(Code::D11));
    }

    #[test]
    fn decimals_are_normalised() {
        let read = |text: &str| literal(text, Type::Decimal);
        let made = |mantissa, exponent| Ok(Value::Decimal(Decimal { mantissa, exponent }));
        assert_eq!(read("12000"), made(12, 3));
        assert_eq!(read("-0.1"), made(-1, -1));
        assert_eq!(read(".10"), made(1, -1));
        assert_eq!(read("-0.0"), made(0, 0));
        assert_eq!(read(&format!("1{}", "0".repeat(63))), made(1, 63));
        assert_eq!(read(&format!("1{}", "0".repeat(64))), Err(Code::R1));
        assert_eq!(read("92233720368547758071"), Err(Code::R1));
        for bad in ["", ".", "1.", "1.2.3", "-"] {
            assert_eq!(read(bad), Err(Code::D11), "{bad}");
        }
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        assert_eq!(literal(" 0a F f\n", Type::Bytes), Ok(Value::Bytes(vec![10, 255])));
        assert_eq!(literal("0a F", Type::Bytes), Err(Code::D11));
        assert_eq!(literal("xy", Type::Bytes), Err(Code::D11));
        assert_eq!(literal("é", Type::Ascii), Err(Code::R3));
    }
}
