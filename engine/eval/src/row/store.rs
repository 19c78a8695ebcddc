//! Columns kept for being asked row by row: the tables that single rows are looked up in.

use super::Datum;
use crate::{
    frame::EvalError,
    vector::{Data, Vector, load},
};
use arrow_array::ArrayRef;
use guiju_lang::{hir::ColumnRef, ty::Type};

/// A column in memory.
#[derive(Debug, Clone)]
pub struct StoredColumn {
    vector: Vector,
}

impl StoredColumn {
    /// Of a delivered array, which must be of a form that the declared type may have.
    pub fn new(array: &ArrayRef, column: &ColumnRef, ty: &Type) -> Result<Self, EvalError> {
        Ok(Self { vector: load(array, column, ty)? })
    }

    /// The value in a row; missing beyond the last.
    pub fn datum(&self, row: usize) -> Datum<'_> {
        if row >= self.vector.len || !self.vector.is_present(row) {
            return Datum::Missing;
        }
        match &self.vector.data {
            Data::I32(_) | Data::I64(_) | Data::I128(_) => self.vector.whole(row).map_or(Datum::Missing, Datum::Whole),
            Data::Real(x) => x.get(row).map_or(Datum::Missing, |x| Datum::Real(*x)),
            Data::Text(_) | Data::Codes(..) => self.vector.text(row).map_or(Datum::Missing, Datum::Text),
            Data::Bool(mask) => Datum::Bool(mask.contains(row)),
            Data::Constant(value) => Datum::Value(value),
            Data::Values(values) => values.get(row).map_or(Datum::Missing, Datum::Value),
        }
    }
}
