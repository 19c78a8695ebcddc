//! Values on their way into a statement and out of a row.

use super::{SqlError, remote};
use guiju_connect::database::Answer;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

/// A value that a statement is given. One that is missing still says of what kind it would be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
}

/// The values of a statement, in their order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::sql::Value::from($value)),*] };
}
pub(in super::super) use values;

impl From<i64> for Value<'_> {
    fn from(n: i64) -> Self {
        Self::Int(Some(n))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(n: Option<i64>) -> Self {
        Self::Int(n)
    }
}

impl From<u32> for Value<'_> {
    fn from(n: u32) -> Self {
        Self::Int(Some(i64::from(n)))
    }
}

/// The databases' integers are signed.
impl From<u64> for Value<'_> {
    fn from(n: u64) -> Self {
        Self::Int(Some(i64::try_from(n).unwrap_or(i64::MAX)))
    }
}

impl From<usize> for Value<'_> {
    fn from(n: usize) -> Self {
        Self::Int(Some(i64::try_from(n).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Self::Int(Some(i64::from(yes)))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::Text(text.as_deref())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a, const N: usize> From<Option<&'a [u8; N]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8; N]>) -> Self {
        Self::Bytes(bytes.map(<[u8; N]>::as_slice))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Int(Some(n)) => ValueRef::Integer(n),
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Self::Int(None) | Self::Text(None) | Self::Bytes(None) => ValueRef::Null,
        }))
    }
}

/// A row of an answer.
pub(in super::super) enum Row<'a> {
    Lite(&'a rusqlite::Row<'a>),
    Remote(&'a Answer),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(in super::super) fn get<T: Column>(&self, column: usize) -> Result<T, SqlError> {
        let cell = match self {
            Self::Lite(row) => Cell::Lite(row.get_ref(column)?),
            Self::Remote(row) => Cell::Remote(row.cell(column).ok_or(SqlError::Odd(column))?),
        };
        T::of(cell).ok_or(SqlError::Odd(column))
    }
}

/// A value as a database holds it.
#[derive(Clone, Copy)]
pub(in super::super) enum Cell<'a> {
    Lite(ValueRef<'a>),
    /// In PostgreSQL's binary format, which does not say of what kind it is.
    Remote(Option<&'a [u8]>),
}

impl<'a> Cell<'a> {
    fn is_missing(self) -> bool {
        match self {
            Self::Lite(value) => value == ValueRef::Null,
            Self::Remote(bytes) => bytes.is_none(),
        }
    }

    fn int(self) -> Option<i64> {
        match self {
            Self::Lite(value) => value.as_i64().ok(),
            Self::Remote(bytes) => remote::int(bytes?),
        }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Self::Lite(value) => value.as_str().ok(),
            Self::Remote(bytes) => std::str::from_utf8(bytes?).ok(),
        }
    }

    fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Lite(value) => value.as_blob().ok(),
            Self::Remote(bytes) => bytes,
        }
    }
}

/// What a column can be read as; nothing: it holds something else.
pub(in super::super) trait Column: Sized {
    fn of(cell: Cell<'_>) -> Option<Self>;
}

impl Column for i64 {
    fn of(cell: Cell<'_>) -> Option<Self> {
        cell.int()
    }
}

impl Column for u32 {
    fn of(cell: Cell<'_>) -> Option<Self> {
        cell.int()?.try_into().ok()
    }
}

/// Counts: what would be less than nothing is nothing.
impl Column for u64 {
    fn of(cell: Cell<'_>) -> Option<Self> {
        Some(Self::try_from(cell.int()?).unwrap_or(0))
    }
}

impl Column for bool {
    fn of(cell: Cell<'_>) -> Option<Self> {
        Some(cell.int()? != 0)
    }
}

impl Column for String {
    fn of(cell: Cell<'_>) -> Option<Self> {
        cell.text().map(str::to_owned)
    }
}

impl Column for Vec<u8> {
    fn of(cell: Cell<'_>) -> Option<Self> {
        cell.bytes().map(<[u8]>::to_vec)
    }
}

impl<const N: usize> Column for [u8; N] {
    fn of(cell: Cell<'_>) -> Option<Self> {
        cell.bytes()?.try_into().ok()
    }
}

impl<T: Column> Column for Option<T> {
    fn of(cell: Cell<'_>) -> Option<Self> {
        if cell.is_missing() { Some(None) } else { T::of(cell).map(Some) }
    }
}
