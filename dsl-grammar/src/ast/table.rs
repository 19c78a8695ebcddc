//! Decision tables.

use super::{BinaryOp, Expr, Name, Param, Plain, Span};
use crate::keyword::Kw;

/// `table name "Title" (a, b) -> c { hit first  | cell | cell -> value | }`
#[derive(Debug, Clone)]
pub struct Table {
    /// What it defines.
    pub name: Name,
    /// For people.
    pub title: Option<Plain>,
    /// The `##` lines above.
    pub doc: Option<String>,
    /// Inputs; a name that is not a parameter's type only names the column for readers.
    pub inputs: Vec<Param>,
    /// Outputs.
    pub outputs: Vec<Param>,
    /// `hit first|unique|any|priority|all|sum|min|max|count`.
    pub hit: Option<(Kw, Span)>,
    /// The output's values after `hit priority`, the one that wins first.
    pub priorities: Vec<Expr>,
    /// In order.
    pub rows: Vec<TableRow>,
    /// The whole declaration.
    pub span: Span,
}

/// One row of a decision table.
#[derive(Debug, Clone)]
pub struct TableRow {
    /// One per input; `otherwise` rows have none.
    pub cells: Vec<Cell>,
    /// Written `otherwise`.
    pub otherwise: bool,
    /// One per output.
    pub outputs: Vec<Expr>,
    /// The whole row.
    pub span: Span,
}

/// A cell's condition on its column.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The condition.
    pub kind: CellKind,
    /// The cell without its bars.
    pub span: Span,
}

/// What a cell says of its column.
#[derive(Debug, Clone)]
pub enum CellKind {
    /// `-`
    Any,
    /// `< 60`, or a bare value (`=`).
    Compare(BinaryOp, Expr),
    /// `18..60`, `60..`, `..60`: both ends included.
    Range(Option<Expr>, Option<Expr>),
    /// `a, b` or, negated, `not a, b`.
    OneOf(Vec<Expr>, bool),
    /// `is missing`, or negated.
    Missing(bool),
}
