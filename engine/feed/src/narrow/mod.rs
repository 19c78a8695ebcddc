//! Narrowed records: messages passed on within the house, each value at the width it needs. Nothing is lost, nothing refers to a record
//! before, so a datagram that is lost takes nothing with it.
//!
//! A record is its template's number among the program's (two bytes), and a row. A row is four bits for each field of the layout, two of
//! them to a byte, the first one low, and behind them the values of those that are there. All numbers are written lowest byte first:
//!
//! | bits | what is behind them |
//! |---|---|
//! | 0 | nothing: the field is absent |
//! | 1, 2, 3, 4 | an integer of 1, 2, 4 bytes; one that needs more has 8 |
//! | 5, 6, 7, 8 | a decimal: its exponent, one byte, and its mantissa likewise |
//! | 9, 10 | text or bytes: their number in one byte, or in four if it is larger; and they themselves |
//! | 11, 12 | a sequence: the number of its elements in one byte, or in four; and a row for each |
//! | 13 | a group: its row |
//! | 14 | a message: its record |
//!
//! Signed integers keep their sign: 1 byte is -128 to 127.
//!
//! Records travel in frames ([`Packer`], [`Stream`]), which say of what templates they are and which number each has.

mod frame;
mod read;

pub use frame::{Event, Frame, HEAD, LONGEST, Packer, Stream, cut};
pub use read::Records;

use crate::program::Kind;
use crate::{Datum, Decoded, FieldKind, Fields, Type};

/// Appends a message's record.
///
/// # Errors
/// [`Wrong::Template`] if its program has more templates than two bytes can number, [`Wrong::Value`] for an exponent beyond a byte or
/// more than 2³² of anything: no stream has them. What was appended is taken back.
pub fn put(message: &Decoded<'_>, to: &mut Vec<u8>) -> Result<(), Wrong> {
    let start = to.len();
    record(message, to).inspect_err(|_| to.truncate(start))
}

/// Why something is no record, or cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It ends too early, or says that it has more than it can have.
    #[error("the record is cut off")]
    Short,
    /// There is no such template.
    #[error("the record is of another program")]
    Template,
    /// A value is not of its field's type.
    #[error("a value of the record is not of its field's type")]
    Value,
    /// No datagram can hold it.
    #[error("the record is longer than a datagram")]
    Long,
}

fn record(message: &Decoded<'_>, to: &mut Vec<u8>) -> Result<(), Wrong> {
    let number = u16::try_from(message.number()).map_err(|_| Wrong::Template)?;
    to.extend_from_slice(&number.to_le_bytes());
    row(&message.fields(), to)
}

fn row(fields: &Fields<'_>, to: &mut Vec<u8>) -> Result<(), Wrong> {
    let count = fields.layout().fields().len();
    let mut head = to.len();
    to.resize(head + count.div_ceil(2), 0);
    let mut low = None;
    for (field, cell) in fields.cells() {
        let bits = match (cell.kind(), field.kind) {
            (Kind::ABSENT, _) => 0,
            (_, FieldKind::Scalar(Type::Unsigned(_))) => unsigned(cell.bits(), to),
            (_, FieldKind::Scalar(Type::Signed(_))) => signed(cell.as_signed(), to),
            _ => match fields.datum_of(field, cell) {
                None => 0,
                Some(datum) => value(&datum, to)?,
            },
        };
        low = match low {
            None => Some(bits),
            Some(low) => {
                to[head] = bits << 4 | low;
                head += 1;
                None
            }
        };
    }
    if let Some(low) = low {
        to[head] = low;
    }
    Ok(())
}

/// Appends a value; its four bits.
fn value(datum: &Datum<'_>, to: &mut Vec<u8>) -> Result<u8, Wrong> {
    Ok(match datum {
        Datum::Unsigned(value) => unsigned(*value, to),
        Datum::Signed(value) => signed(*value, to),
        Datum::Decimal(value) => {
            to.push(i8::try_from(value.exponent).map_err(|_| Wrong::Value)?.cast_unsigned());
            4 + signed(value.mantissa, to)
        }
        Datum::Text(bytes) | Datum::Bytes(bytes) => {
            let bits = length(bytes.len(), to)?;
            to.extend_from_slice(bytes);
            9 + bits
        }
        Datum::Sequence(elements) => {
            let bits = length(elements.len(), to)?;
            for element in elements.iter() {
                row(&element, to)?;
            }
            11 + bits
        }
        Datum::Group(fields) => {
            row(fields, to)?;
            13
        }
        Datum::Message(message) => {
            record(message, to)?;
            14
        }
    })
}

#[inline]
fn unsigned(value: u64, to: &mut Vec<u8>) -> u8 {
    number(value, 64 - value.leading_zeros(), to)
}

#[inline]
fn signed(value: i64, to: &mut Vec<u8>) -> u8 {
    // One bit more than its digits: the sign.
    let digits = 65 - (value ^ value >> 63).leading_zeros();
    number(value.cast_unsigned(), digits, to)
}

/// The lowest bytes of a number of so many digits; its four bits.
#[inline]
fn number(value: u64, digits: u32, to: &mut Vec<u8>) -> u8 {
    let bits = 1 + u8::from(digits > 8) + u8::from(digits > 16) + u8::from(digits > 32);
    // All eight, and what is too much taken back: copies of a known length are one instruction.
    let end = to.len() + (1 << (bits - 1));
    to.extend_from_slice(&value.to_le_bytes());
    to.truncate(end);
    bits
}

/// How many: one byte, or four and a bit for it.
fn length(length: usize, to: &mut Vec<u8>) -> Result<u8, Wrong> {
    if let Ok(length) = u8::try_from(length) {
        to.push(length);
        return Ok(0);
    }
    let length = u32::try_from(length).map_err(|_| Wrong::Value)?;
    to.extend_from_slice(&length.to_le_bytes());
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_width_they_need() {
        let width = |value| {
            let mut bytes = Vec::new();
            let bits = signed(value, &mut bytes);
            assert_eq!(read::integer(&mut &bytes[..], bits), Ok(value));
            bytes.len()
        };
        assert_eq!([0, 1, -1, 127, -128].map(width), [1; 5]);
        assert_eq!([128, -129, 32_767, -32_768].map(width), [2; 4]);
        assert_eq!([32_768, -32_769, i64::from(i32::MAX), i64::from(i32::MIN)].map(width), [4; 4]);
        assert_eq!([1 << 31, i64::MIN, i64::MAX].map(width), [8; 3]);
        let width = |value: u64| {
            let mut bytes = Vec::new();
            let bits = unsigned(value, &mut bytes);
            assert_eq!(read::natural(&mut &bytes[..], bits), Ok(value));
            bytes.len()
        };
        assert_eq!(
            [0, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX].map(width),
            [1, 1, 2, 2, 4, 4, 8, 8]
        );
    }
}
