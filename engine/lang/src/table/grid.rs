//! A table's rows as boxes over segments.

use super::axis::{Axis, Range};
use crate::hir::{Cell, Table};

/// A table over the segments of its columns.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The columns.
    pub axes: Vec<Axis>,
    /// The rows that depend on nothing but the columns, in the table's order.
    pub rows: Vec<GridRow>,
    /// Rows with computed cells are not among them.
    pub partial: bool,
}

/// A row: for each column the segments it holds in.
#[derive(Debug, Clone)]
pub struct GridRow {
    /// The row's position in the table.
    pub at: usize,
    /// By column; ascending and apart; only segments that have values.
    pub ranges: Vec<Vec<Range>>,
}

impl Grid {
    /// Of a checked table.
    pub fn new(table: &Table) -> Self {
        let column = |i: usize| table.rows.iter().filter_map(move |row| row.cells.get(i));
        let axes: Vec<Axis> =
            table.inputs.iter().enumerate().map(|(i, input)| Axis::new(&input.typed, column(i))).collect();
        let mut rows = Vec::with_capacity(table.rows.len());
        for (at, row) in table.rows.iter().enumerate() {
            let ranges = |(axis, cell): (&Axis, &Cell)| Some(trimmed(axis, axis.ranges(cell)?));
            if let Some(ranges) = axes.iter().zip(&row.cells).map(ranges).collect() {
                rows.push(GridRow { at, ranges });
            }
        }
        let partial = rows.len() < table.rows.len();
        Self { axes, rows, partial }
    }

    /// The columns, the one that tells rows apart best first.
    pub(super) fn order(&self) -> Vec<usize> {
        let cost = |column: usize| {
            let width = |row: &GridRow| {
                row.ranges.get(column).into_iter().flatten().map(|(a, b)| f64::from(b - a + 1)).sum::<f64>()
            };
            self.rows.iter().map(width).sum::<f64>() / f64::from(self.axes[column].segments())
        };
        let mut order: Vec<(f64, usize)> = (0..self.axes.len()).map(|column| (cost(column), column)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        order.into_iter().map(|(_, column)| column).collect()
    }
}

impl GridRow {
    /// The column whose cell holds for no value there is, if there is one.
    pub fn empty_column(&self) -> Option<usize> {
        self.ranges.iter().position(Vec::is_empty)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.ranges.iter().zip(&other.ranges).all(|(a, b)| meet(a, b).is_some())
    }

    /// Whether it holds in these segments, one for each column.
    pub(super) fn holds(&self, segments: &[u32]) -> bool {
        let inside = |(ranges, s): (&Vec<Range>, &u32)| ranges.iter().any(|(from, to)| from <= s && s <= to);
        self.ranges.iter().zip(segments).all(inside)
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.ranges.iter().zip(&other.ranges).all(|(a, b)| covers(a, b))
    }
}

/// The first segment of both.
pub(super) fn meet(a: &[Range], b: &[Range]) -> Option<u32> {
    let (mut i, mut j) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let from = x.0.max(y.0);
        if from <= x.1.min(y.1) {
            return Some(from);
        }
        if x.1 < y.1 { i += 1 } else { j += 1 }
    }
    None
}

/// Whether all segments of `b` are in `a`.
fn covers(a: &[Range], b: &[Range]) -> bool {
    b.iter().all(|y| a.iter().any(|x| x.0 <= y.0 && y.1 <= x.1))
}

/// Without segments at either end that no value lies in, and joined where nothing lies between.
fn trimmed(axis: &Axis, ranges: Vec<Range>) -> Vec<Range> {
    let mut out: Vec<Range> = Vec::with_capacity(ranges.len());
    for (mut from, mut to) in ranges {
        while from <= to && !axis.is_inhabited(from) {
            from += 1;
        }
        while to > from && !axis.is_inhabited(to) {
            to -= 1;
        }
        if from > to {
            continue;
        }
        match out.last_mut() {
            Some(last) if (last.1 + 1..from).all(|segment| !axis.is_inhabited(segment)) => last.1 = to,
            _ => out.push((from, to)),
        }
    }
    out
}
