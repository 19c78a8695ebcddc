//! What an executor reads: columns by reference, asked for only when first needed.

use arrow_array::{ArrayRef, BooleanArray, UInt32Array};
use guiju_lang::hir::ColumnRef;
use std::{cell::RefCell, collections::BTreeMap};

/// Why a batch could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The batch does not have a column the plan reads.
    #[error("column {column} of source {source_id} was not delivered")]
    NoColumn {
        /// The source's index.
        source_id: u32,
        /// The column's position.
        column: u32,
    },
    /// The column's physical type is not one of those its declared type may have.
    #[error("column {column} of source {source_id} is {found}, expected {expected}")]
    WrongType {
        /// The source's index.
        source_id: u32,
        /// The column's position.
        column: u32,
        /// The declared type.
        expected: String,
        /// The delivered type.
        found: String,
    },
    /// The column has not as many rows as the batch.
    #[error("column {column} of source {source_id} has {found} rows, expected {expected}")]
    WrongLength {
        /// The source's index.
        source_id: u32,
        /// The column's position.
        column: u32,
        /// Rows of the batch.
        expected: usize,
        /// Rows of the column.
        found: usize,
    },
    /// The result of a question over the whole snapshot is not there.
    #[error("population {0} was not delivered")]
    NoPopulation(u32),
    /// The root is no condition, or is one where a value was asked for.
    #[error("root {0} is not of the kind asked for")]
    WrongRoot(usize),
    /// The connector could not deliver.
    #[error("{0}")]
    Unreadable(String),
}

/// The columns of one batch of rows.
pub trait Frame {
    /// Number of rows.
    fn rows(&self) -> usize;
    /// A column; called once per evaluation and only if some expression needs it.
    fn column(&self, column: &ColumnRef) -> Result<ArrayRef, EvalError>;
    /// For each row, whether it is in the population of that number (missing: the operand is missing).
    fn population(&self, index: u32) -> Option<BooleanArray>;
}

/// Columns that are there already.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    rows: usize,
    columns: BTreeMap<ColumnRef, ArrayRef>,
    populations: BTreeMap<u32, BooleanArray>,
}

impl Columns {
    /// Without columns.
    pub fn new(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Adds a column.
    pub fn insert(&mut self, column: ColumnRef, array: ArrayRef) -> &mut Self {
        self.columns.insert(column, array);
        self
    }

    /// Adds a population's members.
    pub fn insert_population(&mut self, index: u32, members: BooleanArray) -> &mut Self {
        self.populations.insert(index, members);
        self
    }
}

impl Frame for Columns {
    fn rows(&self) -> usize {
        self.rows
    }

    fn column(&self, column: &ColumnRef) -> Result<ArrayRef, EvalError> {
        let found = self.columns.get(column).cloned();
        found.ok_or(EvalError::NoColumn { source_id: column.source.0, column: column.column })
    }

    fn population(&self, index: u32) -> Option<BooleanArray> {
        self.populations.get(&index).cloned()
    }
}

/// Some rows of another frame, taken column by column when asked for: evaluates texts and priorities of the rows that fired.
pub struct Taken<'a> {
    frame: &'a dyn Frame,
    rows: UInt32Array,
    taken: RefCell<BTreeMap<ColumnRef, ArrayRef>>,
}

impl<'a> Taken<'a> {
    /// The rows with these numbers, in that order.
    pub fn new(frame: &'a dyn Frame, rows: Vec<u32>) -> Self {
        Self { frame, rows: rows.into(), taken: RefCell::default() }
    }

    /// The taken row numbers.
    pub fn row_numbers(&self) -> &UInt32Array {
        &self.rows
    }
}

impl Frame for Taken<'_> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn column(&self, column: &ColumnRef) -> Result<ArrayRef, EvalError> {
        if let Some(array) = self.taken.borrow().get(column) {
            return Ok(array.clone());
        }
        let whole = self.frame.column(column)?;
        let taken =
            arrow_select::take::take(&whole, &self.rows, None).map_err(|e| EvalError::Unreadable(e.to_string()))?;
        self.taken.borrow_mut().insert(*column, taken.clone());
        Ok(taken)
    }

    fn population(&self, index: u32) -> Option<BooleanArray> {
        let whole = self.frame.population(index)?;
        let taken = arrow_select::take::take(&whole, &self.rows, None).ok()?;
        Some(arrow_array::cast::AsArray::as_boolean(&taken).clone())
    }
}
