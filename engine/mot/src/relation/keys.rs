//! Keys of a relation, and of the rows that look them up.

use arrow_array::{Array, ArrayRef, Int64Array, StringArray, cast::AsArray, types};
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat;

/// Key columns in one of two shapes.
#[derive(Debug, Clone)]
pub(super) enum Keys {
    Integers(Int64Array),
    Texts(StringArray),
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Integer(i64),
    Text(&'a str),
}

impl Keys {
    pub(super) fn of(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Int64 => Self::Integers(array.as_primitive::<types::Int64Type>().clone()),
            DataType::Int32 => {
                Self::Integers(array.as_primitive::<types::Int32Type>().iter().map(|v| v.map(i64::from)).collect())
            }
            DataType::Utf8 => Self::Texts(array.as_string::<i32>().clone()),
            DataType::Dictionary(_, value) if **value == DataType::Utf8 => {
                let dictionary = array.as_dictionary::<types::Int32Type>();
                let plain = arrow_select::take::take(dictionary.values(), dictionary.keys(), None)?;
                Self::Texts(plain.as_string::<i32>().clone())
            }
            other => return Err(ArrowError::SchemaError(format!("a key column of type {other}"))),
        })
    }

    /// All parts of a column as one.
    pub(super) fn together(parts: &[Self]) -> Result<Self, ArrowError> {
        let arrays: Vec<&dyn Array> = parts.iter().map(Self::array).collect();
        if arrays.is_empty() {
            return Ok(Self::Integers(Int64Array::from(Vec::<i64>::new())));
        }
        Self::of(&concat(&arrays)?)
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Integers(a) => a,
            Self::Texts(a) => a,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.array().len()
    }

    pub(super) fn are_integers(&self) -> bool {
        matches!(self, Self::Integers(_))
    }

    #[inline]
    pub(super) fn key(&self, row: usize) -> Option<Key<'_>> {
        match self {
            Self::Integers(a) => a.is_valid(row).then(|| Key::Integer(a.value(row))),
            Self::Texts(a) => a.is_valid(row).then(|| Key::Text(a.value(row))),
        }
    }

    /// The same keys as integers, or as texts: a customer number may be text here and an integer there.
    pub(super) fn shaped(self, integers: bool) -> Self {
        match (self, integers) {
            (Self::Integers(a), false) => Self::Texts(a.iter().map(|v| v.map(|v| v.to_string())).collect()),
            (Self::Texts(a), true) => {
                // `007` is not the integer 7: only the canonical spelling matches.
                let parse = |t: &str| t.parse::<i64>().ok().filter(|v| v.to_string() == t);
                Self::Integers(a.iter().map(|v| v.and_then(parse)).collect())
            }
            (keys, _) => keys,
        }
    }
}

/// A whole number as it is written, in the buffer's end.
pub(super) fn digits_of(number: i64, buffer: &mut [u8; 20]) -> &str {
    let (mut at, mut left) = (buffer.len(), number.unsigned_abs());
    loop {
        at -= 1;
        buffer[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}
