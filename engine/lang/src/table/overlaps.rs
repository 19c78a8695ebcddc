//! Rows that hold together.

use super::{Answer, Budget, Grid, sweep::sweep};
use std::collections::HashSet;

/// Two rows of the grid, by position, and for each column a segment in which both hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The first of the two.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// By column.
    pub segments: Vec<u32>,
}

impl Grid {
    /// Rows of different classes that hold together, at most `most` pairs. `classes` has one for each row of the grid.
    pub fn overlaps(&self, classes: &[u32], most: usize, steps: u64) -> Answer<Overlap> {
        let mut search = Search {
            grid: self,
            order: self.order(),
            classes,
            most,
            chosen: vec![0; self.axes.len()],
            seen: HashSet::new(),
            found: Vec::new(),
        };
        let mut budget = Budget::new(steps);
        let rows: Vec<u32> =
            (0u32..).zip(&self.rows).filter(|(_, r)| r.empty_column().is_none()).map(|(i, _)| i).collect();
        search.overlap(&rows, 0, &mut budget);
        search.found.sort_by_key(|overlap| (overlap.first, overlap.second));
        Answer { complete: !budget.is_spent() || search.found.len() >= most, found: search.found }
    }
}

struct Search<'g> {
    grid: &'g Grid,
    order: Vec<usize>,
    classes: &'g [u32],
    most: usize,
    chosen: Vec<u32>,
    seen: HashSet<(u32, u32)>,
    found: Vec<Overlap>,
}

impl Search<'_> {
    /// Two of the rows that are of different classes.
    fn differing(&self, rows: &[u32]) -> Option<(u32, u32)> {
        let class = |row: u32| self.classes.get(row as usize).copied().unwrap_or(u32::MAX);
        let (&first, others) = rows.split_first()?;
        others.iter().find(|row| class(**row) != class(first)).map(|second| (first, *second))
    }

    fn overlap(&mut self, rows: &[u32], depth: usize, budget: &mut Budget) {
        if !budget.spend(rows.len()) {
            return;
        }
        let Some((first, second)) = self.differing(rows) else { return };
        let Some(&column) = self.order.get(depth) else {
            if self.seen.insert((first, second)) {
                let segments = self.chosen.clone();
                self.found.push(Overlap { first: first as usize, second: second as usize, segments });
            }
            return;
        };
        let grid = self.grid;
        sweep(grid, column, rows, budget, &mut |stretch, active, budget| {
            if !stretch.maximal || active.len() < 2 {
                return true;
            }
            let axis = &grid.axes[column];
            let Some(segment) = (stretch.from..=stretch.to).find(|segment| axis.is_inhabited(*segment)) else {
                return true;
            };
            self.chosen[column] = segment;
            self.overlap(active, depth + 1, budget);
            self.found.len() < self.most && !budget.is_spent()
        });
    }
}
