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

use crate::program::Kind;
use crate::{Datum, Decimal, Decoded, FieldKind, Fields, Layout, Message, Program, Row, Type, Value};

/// Messages in messages.
const DEEPEST: u32 = 64;

/// Appends a message's record.
///
/// # Errors
/// [`Wrong::Template`] if its program has more templates than two bytes can number, [`Wrong::Value`] for an exponent beyond a byte or
/// more than 2³² of anything: no stream has them. What was appended is taken back.
pub fn put(message: &Decoded<'_>, to: &mut Vec<u8>) -> Result<(), Wrong> {
    let start = to.len();
    record(message, to).inspect_err(|_| to.truncate(start))
}

/// Reads the record at the start of `input`: the message, and how many bytes it took.
///
/// # Errors
/// See [`Wrong`].
pub fn read(program: &Program, input: &[u8]) -> Result<(Message, usize), Wrong> {
    let mut rest = input;
    let message = message(program, &mut rest, 0)?;
    Ok((message, input.len() - rest.len()))
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

fn message(program: &Program, rest: &mut &[u8], depth: u32) -> Result<Message, Wrong> {
    let number = u16::from_le_bytes(taken(rest)?);
    let (template, layout) = program.numbered(u32::from(number)).ok_or(Wrong::Template)?;
    if depth > DEEPEST {
        return Err(Wrong::Short);
    }
    Ok(Message { template: template.to_owned(), row: row_of(program, layout, rest, depth)? })
}

fn row_of(program: &Program, layout: &Layout, rest: &mut &[u8], depth: u32) -> Result<Row, Wrong> {
    let fields = layout.fields();
    let (bits, after) = rest.split_at_checked(fields.len().div_ceil(2)).ok_or(Wrong::Short)?;
    *rest = after;
    let bits = bits.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    let mut row = Row::with_capacity(fields.len());
    for (field, bits) in fields.iter().zip(bits) {
        row.push(match (bits, field.kind) {
            (0, _) => None,
            (1..=4, FieldKind::Scalar(Type::Unsigned(_))) => {
                Some(Value::Unsigned(u64::from_le_bytes(word(rest, bits, 0)?)))
            }
            (1..=4, FieldKind::Scalar(Type::Signed(_))) => Some(Value::Signed(integer(rest, bits)?)),
            (5..=8, FieldKind::Scalar(Type::Decimal)) => {
                let [exponent] = taken(rest)?;
                let exponent = i32::from(exponent.cast_signed());
                Some(Value::Decimal(Decimal { mantissa: integer(rest, bits - 4)?, exponent }))
            }
            (9 | 10, FieldKind::Scalar(kind @ (Type::Ascii | Type::Unicode | Type::Bytes))) => {
                let count = count(rest, bits == 10)?;
                let (bytes, after) = rest.split_at_checked(count).ok_or(Wrong::Short)?;
                *rest = after;
                Some(match kind {
                    Type::Bytes => Value::Bytes(bytes.to_vec()),
                    _ => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                })
            }
            (11 | 12, FieldKind::Sequence(_)) => {
                let count = count(rest, bits == 12)?;
                let inside = program.inside(field).ok_or(Wrong::Value)?;
                // Elements without fields take no bytes, and nobody needs more of them than of those that do.
                if count > rest.len().max(usize::from(u8::MAX)) {
                    return Err(Wrong::Short);
                }
                let rows = (0..count).map(|_| row_of(program, inside, rest, depth));
                Some(Value::Sequence(rows.collect::<Result<_, _>>()?))
            }
            (13, FieldKind::Group(_)) => {
                let inside = program.inside(field).ok_or(Wrong::Value)?;
                Some(Value::Group(row_of(program, inside, rest, depth)?))
            }
            (14, FieldKind::Message) => Some(Value::Message(Box::new(message(program, rest, depth + 1)?))),
            _ => return Err(Wrong::Value),
        });
    }
    Ok(row)
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Wrong> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Wrong::Short)?;
    *rest = after;
    Ok(*bytes)
}

fn count(rest: &mut &[u8], large: bool) -> Result<usize, Wrong> {
    let count = if large { u32::from_le_bytes(taken(rest)?) } else { u32::from(taken::<1>(rest)?[0]) };
    usize::try_from(count).map_err(|_| Wrong::Short)
}

/// Eight bytes of which the lowest are the record's.
fn word(rest: &mut &[u8], bits: u8, fill: u8) -> Result<[u8; 8], Wrong> {
    let (bytes, after) = rest.split_at_checked(1 << (bits - 1)).ok_or(Wrong::Short)?;
    *rest = after;
    let mut word = [fill; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    Ok(word)
}

fn integer(rest: &mut &[u8], bits: u8) -> Result<i64, Wrong> {
    let unused = 64 - (8 << (bits - 1));
    Ok(i64::from_le_bytes(word(rest, bits, 0)?) << unused >> unused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_width_they_need() {
        let width = |value| {
            let mut bytes = Vec::new();
            let bits = signed(value, &mut bytes);
            assert_eq!(integer(&mut &bytes[..], bits), Ok(value));
            bytes.len()
        };
        assert_eq!([0, 1, -1, 127, -128].map(width), [1; 5]);
        assert_eq!([128, -129, 32_767, -32_768].map(width), [2; 4]);
        assert_eq!([32_768, -32_769, i64::from(i32::MAX), i64::from(i32::MIN)].map(width), [4; 4]);
        assert_eq!([1 << 31, i64::MIN, i64::MAX].map(width), [8; 3]);
        let width = |value: u64| {
            let mut bytes = Vec::new();
            let bits = unsigned(value, &mut bytes);
            assert_eq!(word(&mut &bytes[..], bits, 0).map(u64::from_le_bytes), Ok(value));
            bytes.len()
        };
        assert_eq!(
            [0, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX].map(width),
            [1, 1, 2, 2, 4, 4, 8, 8]
        );
    }
}
