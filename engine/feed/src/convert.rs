//! Conversions between the types of fields and of applications (section 8).

use crate::template::{Type, literal};
use crate::{Code, Decimal, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

impl Value {
    /// The value as a value of a type: itself if it is one.
    ///
    /// # Errors
    /// `D1` for sequences, groups and messages, `D10` between byte vectors and anything but text, `D11` for text that is not written as
    /// one, `R1`, `R3`, `R4`, `R5` for what does not fit.
    pub fn converted(&self, to: Type) -> Result<Cow<'_, Self>, Code> {
        let owned = |value: Result<Self, Code>| value.map(Cow::Owned);
        match (self, to) {
            (Self::Sequence(_) | Self::Group(_) | Self::Message(_), _) => Err(Code::D1),
            (Self::Text(text), Type::Ascii) if !text.is_ascii() => Err(Code::R3),
            (Self::Text(_), Type::Ascii | Type::Unicode) | (Self::Bytes(_), Type::Bytes) => Ok(Cow::Borrowed(self)),
            (Self::Text(text), _) => owned(literal(text, to)),
            (Self::Bytes(bytes), Type::Ascii | Type::Unicode) => owned(Ok(Self::Text(hexadecimal(bytes)))),
            (Self::Bytes(_), _) | (_, Type::Bytes) => Err(Code::D10),
            (Self::Decimal(_), Type::Decimal) => Ok(Cow::Borrowed(self)),
            (Self::Decimal(value), Type::Ascii | Type::Unicode) => owned(Ok(Self::Text(plain(*value)))),
            (Self::Decimal(value), _) => integer(whole(*value)?, to).map(Cow::Owned),
            (Self::Unsigned(value), Type::Unsigned(bits)) if bits == 64 || value >> bits == 0 => {
                Ok(Cow::Borrowed(self))
            }
            (Self::Unsigned(value), _) => owned(integer(i128::from(*value), to)),
            (Self::Signed(value), _) => owned(integer(i128::from(*value), to)),
        }
    }
}

fn integer(value: i128, to: Type) -> Result<Value, Code> {
    match to {
        Type::Unsigned(bits) if value >= 0 && value >> bits == 0 => {
            u64::try_from(value).map(Value::Unsigned).map_err(|_| Code::R4)
        }
        Type::Signed(bits) if (-(1 << (bits - 1))..1 << (bits - 1)).contains(&value) => {
            i64::try_from(value).map(Value::Signed).map_err(|_| Code::R4)
        }
        Type::Unsigned(_) | Type::Signed(_) => Err(Code::R4),
        Type::Decimal => match i64::try_from(value) {
            Ok(mantissa) => Ok(Value::Decimal(Decimal { mantissa, exponent: 0 })),
            Err(_) => {
                // Beyond 64 bits only what ends in zeros fits.
                let (mut mantissa, mut exponent) = (value, 0);
                while mantissa % 10 == 0 {
                    mantissa /= 10;
                    exponent += 1;
                }
                let mantissa = i64::try_from(mantissa).map_err(|_| Code::R1)?;
                Ok(Value::Decimal(Decimal { mantissa, exponent }))
            }
        },
        Type::Ascii | Type::Unicode => Ok(Value::Text(value.to_string())),
        Type::Bytes => Err(Code::D10),
    }
}

/// A decimal that is a whole number; `R5` if it is not, `R4` if it has no place in 128 bits.
fn whole(value: Decimal) -> Result<i128, Code> {
    let value = value.normalised();
    if value.exponent < 0 {
        return Err(Code::R5);
    }
    let power = 10i128.checked_pow(value.exponent.cast_unsigned()).ok_or(Code::R4)?;
    i128::from(value.mantissa).checked_mul(power).ok_or(Code::R4)
}

/// Digits, a point if there are places, no exponent (section 8.3.2).
fn plain(value: Decimal) -> String {
    let value = value.normalised();
    let sign = if value.mantissa < 0 { "-" } else { "" };
    let digits = value.mantissa.unsigned_abs().to_string();
    if value.exponent >= 0 {
        return format!("{sign}{digits}{}", "0".repeat(value.exponent.unsigned_abs() as usize));
    }
    let places = value.exponent.unsigned_abs() as usize;
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn convert(from: &Value, to: Type) -> Result<Value, Code> {
        from.converted(to).map(Cow::into_owned)
    }

    #[test]
    fn numbers() {
        let decimal = |mantissa, exponent| Value::Decimal(Decimal { mantissa, exponent });
        assert_eq!(convert(&Value::Signed(-1), Type::Unsigned(64)), Err(Code::R4));
        assert_eq!(convert(&Value::Unsigned(255), Type::Signed(8)), Err(Code::R4));
        assert_eq!(convert(&Value::Unsigned(127), Type::Signed(8)), Ok(Value::Signed(127)));
        assert_eq!(convert(&Value::Unsigned(256), Type::Unsigned(8)), Err(Code::R4));
        assert_eq!(convert(&Value::Unsigned(u64::MAX), Type::Decimal), Err(Code::R1));
        assert_eq!(convert(&Value::Unsigned(10_000_000_000_000_000_000), Type::Decimal), Ok(decimal(1, 19)));
        assert_eq!(convert(&decimal(1, 3), Type::Signed(64)), Ok(Value::Signed(1000)));
        assert_eq!(convert(&decimal(15, -1), Type::Signed(64)), Err(Code::R5));
        assert_eq!(convert(&decimal(1, 63), Type::Signed(64)), Err(Code::R4));
        assert_eq!(convert(&decimal(-5, -2), Type::Ascii), Ok(Value::Text("-0.05".into())));
        assert_eq!(convert(&decimal(120, 1), Type::Ascii), Ok(Value::Text("1200".into())));
        assert_eq!(convert(&Value::Signed(-7), Type::Unicode), Ok(Value::Text("-7".into())));
    }

    #[test]
    fn text_and_bytes() {
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(convert(&text("0aFf"), Type::Bytes), Ok(Value::Bytes(vec![10, 255])));
        assert_eq!(convert(&Value::Bytes(vec![10, 255]), Type::Ascii), Ok(text("0aff")));
        assert_eq!(convert(&Value::Bytes(vec![1]), Type::Decimal), Err(Code::D10));
        assert_eq!(convert(&Value::Signed(1), Type::Bytes), Err(Code::D10));
        assert_eq!(convert(&text("鱼"), Type::Ascii), Err(Code::R3));
        assert_eq!(convert(&text("twelve"), Type::Unsigned(32)), Err(Code::D11));
        assert_eq!(convert(&Value::Group(Vec::new()), Type::Ascii), Err(Code::D1));
    }
}
