//! A row that a program fills in, column by column.

use guiju_eval::{Datum, RowView};
use guiju_lang::{
    ty::Type,
    value::{Decimal, Value, decimal},
};
use std::{fmt::Write as _, sync::Arc};

/// A column of the source, looked up once by name: [`super::Decider::column`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column(pub(super) usize);

impl Column {
    /// Its position in the source's schema.
    pub fn index(self) -> usize {
        self.0
    }
}

/// One row of a source, filled in by [`Row::set`]; what is not set is missing. Texts are copied into one buffer that [`Row::clear`]
/// keeps, so that a row used again needs no memory. A program that has a struct of its own implements [`RowView`] for it instead.
#[derive(Debug, Clone)]
pub struct Row {
    types: Arc<[Type]>,
    slots: Vec<Slot>,
    text: String,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Missing,
    Bool(bool),
    Whole(i128),
    Real(f64),
    Text(usize, usize),
}

/// A value for a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'v> {
    /// No value.
    Missing,
    /// For a bool column.
    Bool(bool),
    /// For integer and decimal columns.
    Integer(i64),
    /// For decimal columns: digits and scale. More digits after the point than the column has are refused, not rounded.
    Decimal(Decimal),
    /// For real columns; NaN and infinities are missing.
    Real(f64),
    /// For text columns.
    Text(&'v str),
    /// For date columns: days since 1970-01-01.
    Date(i32),
    /// For time columns: microseconds since midnight.
    Time(i64),
    /// For timestamp columns: microseconds since 1970-01-01 UTC.
    Timestamp(i64),
}

/// A value that its column cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} is of type {expected}, `{given}` does not fit")]
pub struct Misfit {
    /// The column's position.
    pub column: usize,
    /// Its type.
    pub expected: String,
    /// The value.
    pub given: String,
}

impl Row {
    pub(super) fn of(types: Arc<[Type]>) -> Self {
        let slots = vec![Slot::Missing; types.len()];
        Self { types, slots, text: String::new() }
    }

    /// Makes every column missing and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(Slot::Missing);
        self.text.clear();
    }

    /// Sets a column.
    pub fn set<'v>(&mut self, column: Column, value: impl Into<Given<'v>>) -> Result<(), Misfit> {
        let value = value.into();
        let (Some(ty), Some(slot)) = (self.types.get(column.0), self.slots.get_mut(column.0)) else {
            return Err(Misfit { column: column.0, expected: Type::Unknown.to_string(), given: shown(value) });
        };
        *slot = match (ty, value) {
            (_, Given::Missing) => Slot::Missing,
            (Type::Bool, Given::Bool(b)) => Slot::Bool(b),
            (Type::Integer, Given::Integer(n)) => Slot::Whole(n.into()),
            (Type::Decimal(to), Given::Integer(n)) => match decimal::rescale(n.into(), 0, *to) {
                Some(digits) => Slot::Whole(digits),
                None => return Err(misfit(column, ty, value)),
            },
            (Type::Decimal(to), Given::Decimal(d)) => {
                // Money is not rounded behind anybody's back.
                let exact = decimal::rescale(d.mantissa, d.scale, *to)
                    .filter(|digits| decimal::compare(*digits, to.scale, d.mantissa, d.scale).is_eq());
                match exact {
                    Some(digits) => Slot::Whole(digits),
                    None => return Err(misfit(column, ty, value)),
                }
            }
            (Type::Real, Given::Real(x)) if x.is_finite() => Slot::Real(x),
            (Type::Real, Given::Real(_)) => Slot::Missing,
            (Type::Text, Given::Text(text)) => {
                let from = self.text.len();
                self.text.push_str(text);
                Slot::Text(from, self.text.len())
            }
            (Type::Date, Given::Date(day)) => Slot::Whole(day.into()),
            (Type::Time, Given::Time(at)) | (Type::Timestamp, Given::Timestamp(at)) => Slot::Whole(at.into()),
            _ => return Err(misfit(column, ty, value)),
        };
        Ok(())
    }

    /// Sets a column to a value of the language; values without a column form do not fit.
    pub fn set_value(&mut self, column: Column, value: &Value) -> Result<(), Misfit> {
        let given = match value {
            Value::Missing => Given::Missing,
            Value::Bool(b) => Given::Bool(*b),
            Value::Integer(n) => Given::Integer(*n),
            Value::Decimal(d) => Given::Decimal(*d),
            Value::Real(x) => Given::Real(*x),
            Value::Text(text) => Given::Text(text),
            Value::Date(day) => Given::Date(*day),
            Value::Time(at) => Given::Time(*at),
            Value::Timestamp(at) => Given::Timestamp(*at),
            other => {
                let expected = self.types.get(column.0).unwrap_or(&Type::Unknown).to_string();
                return Err(Misfit { column: column.0, expected, given: format!("{other:?}") });
            }
        };
        self.set(column, given)
    }
}

impl RowView for Row {
    #[inline]
    fn datum(&self, column: usize) -> Datum<'_> {
        match self.slots.get(column) {
            None | Some(Slot::Missing) => Datum::Missing,
            Some(Slot::Bool(b)) => Datum::Bool(*b),
            Some(Slot::Whole(x)) => Datum::Whole(*x),
            Some(Slot::Real(x)) => Datum::Real(*x),
            Some(Slot::Text(from, to)) => self.text.get(*from..*to).map_or(Datum::Missing, Datum::Text),
        }
    }
}

fn misfit(column: Column, ty: &Type, value: Given<'_>) -> Misfit {
    Misfit { column: column.0, expected: ty.to_string(), given: shown(value) }
}

fn shown(value: Given<'_>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match value {
        Given::Missing => write!(text, "missing"),
        Given::Bool(b) => write!(text, "{b}"),
        Given::Integer(n) | Given::Time(n) | Given::Timestamp(n) => write!(text, "{n}"),
        Given::Decimal(d) => write!(text, "{d}"),
        Given::Real(x) => write!(text, "{x}"),
        Given::Text(t) => write!(text, "{t}"),
        Given::Date(day) => write!(text, "{day}"),
    };
    text
}

impl From<bool> for Given<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<i64> for Given<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<Decimal> for Given<'_> {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}
impl From<f64> for Given<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}
impl<'v> From<&'v str> for Given<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(value)
    }
}
impl<'v, T: Into<Given<'v>>> From<Option<T>> for Given<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}
