//! Random well-typed expressions over random rows. An expression is read off a string of random numbers: fewer and smaller
//! numbers give a smaller expression, so proptest shrinks to something a person can read.

mod cell;
mod grow;

use crate::{hir::Expr, ty::Typed, value::Value};
use proptest::{collection::vec, prelude::*};

/// A random expression and rows to evaluate it on.
#[derive(Debug, Clone)]
pub struct Case {
    /// The columns of source 0.
    pub columns: Vec<Typed>,
    /// Rows; a cell is of its column's type or missing.
    pub rows: Vec<Vec<Value>>,
    /// The expression.
    pub expr: Expr,
}

/// Expressions of any type, one to forty rows.
pub fn cases() -> impl Strategy<Value = Case> {
    (vec(any::<u32>(), 1..160), vec(any::<u64>(), 24..600)).prop_map(|(growth, seeds)| case(&growth, &seeds))
}

/// Conditions: as [`cases`], always of type bool.
pub fn conditions() -> impl Strategy<Value = Case> {
    (vec(any::<u32>(), 1..160), vec(any::<u64>(), 24..600)).prop_map(|(mut growth, seeds)| {
        // The first number chooses the type; 0 is bool.
        growth.insert(0, 0);
        case(&growth, &seeds)
    })
}

/// The case that these numbers stand for.
pub fn case(growth: &[u32], seeds: &[u64]) -> Case {
    let mut seeds = Seeds { numbers: seeds, at: 0 };
    let columns = cell::columns(&mut seeds);
    let mut rows = Vec::new();
    while rows.is_empty() || (seeds.left() >= columns.len() && rows.len() < 40) {
        rows.push(columns.iter().map(|c| cell::value(&c.ty, &mut seeds)).collect());
    }
    let expr = grow::expression(growth, &columns);
    Case { columns, rows, expr }
}

/// Numbers to draw from; 0 for ever once they are used up.
struct Seeds<'a> {
    numbers: &'a [u64],
    at: usize,
}

impl Seeds<'_> {
    fn draw(&mut self) -> u64 {
        let n = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        n
    }

    fn left(&self) -> usize {
        self.numbers.len().saturating_sub(self.at)
    }
}
