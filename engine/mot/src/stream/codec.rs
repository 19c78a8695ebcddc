//! Bytes of what is remembered: all numbers are LEB128, signed ones in zigzag; every entry begins with the version of its encoding.
//! Reading believes nothing.

use guiju_lang::value::{Decimal, Value};

pub(super) const VERSION: u8 = 1;

/// Bytes of an entry.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self::of_version(VERSION)
    }

    pub(super) fn of_version(version: u8) -> Self {
        Self(vec![version])
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }

    /// A column's value. Lists and records are in no column.
    pub(super) fn value(&mut self, value: &Value) {
        let (tag, number) = match value {
            Value::Missing | Value::List(_) | Value::Record(_) => (0, None),
            Value::Bool(value) => (1, Some(i128::from(*value))),
            Value::Integer(value) => (2, Some((*value).into())),
            Value::Decimal(value) => (3 + (u128::from(value.scale) << 4), Some(value.mantissa)),
            Value::Real(value) => (4, Some(value.to_bits().into())),
            Value::Date(value) => (5, Some((*value).into())),
            Value::Time(value) => (6, Some((*value).into())),
            Value::Timestamp(value) => (7, Some((*value).into())),
            Value::Text(text) => {
                self.number(8);
                return self.text(text);
            }
            // No connector delivers these as columns; what cannot be written is missing.
            Value::Duration(_) | Value::Ip(_) | Value::Cidr(..) | Value::Service { .. } => (0, None),
        };
        self.number(tag);
        if let Some(number) = number {
            self.signed(number);
        }
    }

    pub(super) fn number(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(super) fn signed(&mut self, number: i128) {
        self.number(((number << 1) ^ (number >> 127)) as u128);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u128);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
}

/// What is left to read; nothing is believed.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        Self::versioned(bytes).filter(|(version, _)| *version == VERSION).map(|(_, input)| input)
    }

    pub(super) fn versioned(bytes: &'a [u8]) -> Option<(u8, Self)> {
        bytes.split_first().map(|(version, rest)| (*version, Self(rest)))
    }

    pub(super) fn number(&mut self) -> Option<u128> {
        let mut number = 0_u128;
        for place in 0..19 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u128::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i128> {
        let number = self.number()?;
        Some(((number >> 1) as i128) ^ -((number & 1) as i128))
    }

    /// How many of something follow: each takes a byte at least.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn value(&mut self) -> Option<Value> {
        let tag = self.number()?;
        if tag == 0 {
            return Some(Value::Missing);
        }
        if tag == 8 {
            return Some(Value::Text(self.text()?.into()));
        }
        let number = self.signed()?;
        Some(match tag & 15 {
            3 => Value::Decimal(Decimal { mantissa: number, scale: u8::try_from(tag >> 4).ok().filter(|s| *s <= 38)? }),
            _ if tag > 8 => return None,
            1 => Value::Bool(number == 1),
            2 => Value::Integer(number.try_into().ok()?),
            4 => Value::Real(f64::from_bits(number.try_into().ok()?)),
            5 => Value::Date(number.try_into().ok()?),
            6 => Value::Time(number.try_into().ok()?),
            7 => Value::Timestamp(number.try_into().ok()?),
            _ => return None,
        })
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size() {
        for number in [0, 1, -1, 63, -64, 64, i128::from(i64::MIN), i128::MAX, i128::MIN, 10_i128.pow(38)] {
            let mut out = Writer::new();
            out.signed(number);
            let mut input = Reader::of(&out.0).unwrap();
            assert_eq!(input.signed(), Some(number));
            assert!(input.is_over());
        }
    }
}
