//! What the plans read: a batch of the table, and the rows of other sources that belong to its rows.

use crate::relation::{Relation, lookup_key};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow_schema::ArrowError;
use guiju_eval::{EvalError, Frame};
use guiju_lang::hir::{ColumnRef, Program, SourceId};
use std::{cell::RefCell, collections::HashMap, sync::Arc};

/// Looked-up sources are a working cell of the whole kind.
pub(crate) type Relations = HashMap<SourceId, Relation>;

/// A batch, and the rows of other sources that belong to its rows.
pub(crate) struct TableFrame<'a> {
    pub(crate) program: &'a Program,
    pub(crate) on: SourceId,
    /// Which columns of the source the batch holds, sorted.
    columns: &'a [u32],
    pub(crate) batch: &'a RecordBatch,
    pub(crate) relations: &'a Relations,
    positions: RefCell<HashMap<SourceId, UInt32Array>>,
    pub(crate) populations: Vec<BooleanArray>,
}

impl<'a> TableFrame<'a> {
    pub(crate) fn new(
        program: &'a Program,
        on: SourceId,
        columns: &'a [u32],
        batch: &'a RecordBatch,
        relations: &'a Relations,
    ) -> Self {
        Self { program, on, columns, batch, relations, positions: RefCell::default(), populations: Vec::new() }
    }

    fn own(&self, column: u32) -> Result<ArrayRef, ArrowError> {
        let at = self.columns.binary_search(&column).map_err(|_| missing_column(column))?;
        Ok(Arc::clone(self.batch.column(at)))
    }

    fn foreign(&self, c: ColumnRef) -> Result<ArrayRef, ArrowError> {
        let source = &self.program.sources[c.source.0 as usize];
        let at = source.used.binary_search(&c.column).map_err(|_| missing_column(c.column))?;
        let relation = self.relations.get(&c.source).ok_or_else(|| missing_column(c.column))?;
        let mut positions = self.positions.borrow_mut();
        let positions = match positions.entry(c.source) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let own_key = lookup_key(self.program, self.on, c.source).ok_or_else(|| missing_column(c.column))?;
                entry.insert(relation.positions(&self.own(own_key)?)?)
            }
        };
        match relation.take(at, positions)? {
            Some(array) => Ok(array),
            // An empty source: every row of it is missing.
            None => {
                let typed = &source.schema.columns[c.column as usize].typed;
                Ok(arrow_array::new_null_array(&guiju_eval::arrow_type(&typed.ty), self.batch.num_rows()))
            }
        }
    }
}

fn missing_column(column: u32) -> ArrowError {
    ArrowError::SchemaError(format!("column {column} was not delivered"))
}

impl Frame for TableFrame<'_> {
    fn rows(&self) -> usize {
        self.batch.num_rows()
    }
    fn column(&self, c: &ColumnRef) -> Result<ArrayRef, EvalError> {
        let array = if c.source == self.on { self.own(c.column) } else { self.foreign(*c) };
        array.map_err(|error| EvalError::Unreadable(error.to_string()))
    }
    fn population(&self, index: u32) -> Option<BooleanArray> {
        self.populations.get(index as usize).cloned()
    }
}
