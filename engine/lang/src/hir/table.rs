//! A decision table, checked for inputs of certain types.

use super::{CompareOp, Expr};
use crate::{finding::Place, reference, ty::Typed, value::Value};

/// A decision table. Rows are asked in their order; a table that `otherwise` completes has an output for all other inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What rows that hold make of it.
    pub policy: Policy,
    /// The columns before the arrow.
    pub inputs: Vec<TableInput>,
    /// In the order in which they are asked.
    pub rows: Vec<TableRow>,
    /// What holds where no row does.
    pub otherwise: Option<TableRow>,
}

/// A column before the arrow.
#[derive(Debug, Clone, PartialEq)]
pub struct TableInput {
    /// As the head names it.
    pub name: String,
    /// The type, unit and nullability that the table was checked for.
    pub typed: Typed,
}

/// What the rows that hold make of a table: DMN 1.5's hit policies. `priority` is `First` with its rows in the order of their
/// outputs; `unique` and `any` are `First` where the checker has shown that they keep their promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The first row's output.
    First,
    /// The only row's output; several rows are an incident, and the value is missing.
    Unique,
    /// The rows' common output; different outputs are an incident, and the value is missing.
    Any,
    /// All outputs in the order of the rows, missing ones left out.
    All,
    /// The outputs added up; missing if there is none.
    Sum,
    /// The least output.
    Min,
    /// The greatest output.
    Max,
    /// How many rows hold.
    Count,
}

impl Policy {
    /// Whether all rows that hold count, and not one of them.
    pub fn collects(self) -> bool {
        matches!(self, Self::All | Self::Sum | Self::Min | Self::Max | Self::Count)
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// Its number as written, from 1.
    pub number: u32,
    /// One for each input; none for `otherwise`.
    pub cells: Vec<Cell>,
    /// What it says.
    pub output: Expr,
    /// Where it is written.
    pub place: Place,
}

/// A condition on a column's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Holds for everything, missing values too.
    Any,
    /// Holds for missing values; negated: for all others.
    Missing(bool),
    /// Beside a constant.
    Compare(CompareOp, Value),
    /// Both ends included.
    Range(Option<Value>, Option<Value>),
    /// One of the constants; negated: none of them.
    OneOf(Vec<Value>, bool),
    /// Depends on more than the column and constants; of the row at hand.
    Computed(Box<Expr>),
}

impl Cell {
    /// Whether it holds for a value; a computed one is asked elsewhere and does not.
    pub fn holds(&self, value: &Value) -> bool {
        let compare = |op, bound: &Value| reference::compare(op, value, bound) == Some(true);
        match self {
            Self::Any => true,
            Self::Missing(negated) => value.is_missing() != *negated,
            Self::Compare(op, bound) => compare(*op, bound),
            Self::Range(low, high) => {
                !value.is_missing()
                    && low.as_ref().is_none_or(|low| compare(CompareOp::Ge, low))
                    && high.as_ref().is_none_or(|high| compare(CompareOp::Le, high))
            }
            Self::OneOf(items, negated) => {
                !value.is_missing() && items.iter().any(|item| compare(CompareOp::Eq, item)) != *negated
            }
            Self::Computed(_) => false,
        }
    }
}

impl Table {
    /// All rows, `otherwise` last.
    pub fn all_rows(&self) -> impl Iterator<Item = &TableRow> {
        self.rows.iter().chain(&self.otherwise)
    }

    /// Whether some cell depends on more than its column and constants.
    pub fn is_computed(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).any(|cell| matches!(cell, Cell::Computed(_)))
    }

    /// What [`Table::expressions`] visits as number `position`.
    pub(super) fn expression_mut(&mut self, position: usize) -> Option<&mut Expr> {
        let mut left = position;
        for row in self.rows.iter_mut().chain(&mut self.otherwise) {
            for cell in &mut row.cells {
                let Cell::Computed(condition) = cell else { continue };
                if left == 0 {
                    return Some(condition);
                }
                left -= 1;
            }
            if left == 0 {
                return Some(&mut row.output);
            }
            left -= 1;
        }
        None
    }

    /// Calls `visit` for the conditions and outputs that it evaluates, row by row.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        for row in self.all_rows() {
            for cell in &row.cells {
                if let Cell::Computed(condition) = cell {
                    visit(condition);
                }
            }
            visit(&row.output);
        }
    }
}
