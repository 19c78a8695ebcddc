//! Inputs that no row covers.

use super::{Answer, Budget, Grid, sweep::sweep};

impl Grid {
    /// Inputs without a row, at most `most`: for each column a segment, or none if any value does. Of neighbouring gaps one is
    /// reported. A grid without rows lacks everything.
    pub fn gaps(&self, most: usize, steps: u64) -> Answer<Vec<Option<u32>>> {
        let order = self.order();
        let ends: Vec<Option<(u32, u32)>> = self.axes.iter().map(|axis| axis.ends()).collect();
        let full = |row: &super::GridRow, column: usize| match (ends[column], row.ranges[column].as_slice()) {
            (Some((first, last)), [(from, to)]) => *from <= first && last <= *to,
            _ => false,
        };
        // From which place of the order on a row takes everything.
        let rest = |row: &super::GridRow| order.len() - order.iter().rev().take_while(|c| full(row, **c)).count();
        let free = self.rows.iter().map(rest).collect();
        let chosen = vec![None; self.axes.len()];
        let mut search = Search { grid: self, order, free, most, chosen, found: Vec::new() };
        let mut budget = Budget::new(steps);
        let rows: Vec<u32> = (0u32..).take(self.rows.len()).collect();
        search.gap(&rows, 0, &mut budget);
        Answer { complete: !budget.is_spent() || search.found.len() >= most, found: search.found }
    }
}

struct Search<'g> {
    grid: &'g Grid,
    order: Vec<usize>,
    free: Vec<usize>,
    most: usize,
    chosen: Vec<Option<u32>>,
    found: Vec<Vec<Option<u32>>>,
}

impl Search<'_> {
    /// Whether the rows leave something open in the columns from `depth` on.
    fn gap(&mut self, rows: &[u32], depth: usize, budget: &mut Budget) -> bool {
        if rows.is_empty() {
            self.found.push(self.chosen.clone());
            return true;
        }
        let Some(&column) = self.order.get(depth) else { return false };
        if !budget.spend(rows.len()) || rows.iter().any(|row| self.free[*row as usize] <= depth) {
            return false;
        }
        let grid = self.grid;
        let (mut any, mut before) = (false, false);
        sweep(grid, column, rows, budget, &mut |stretch, active, budget| {
            let axis = &grid.axes[column];
            let Some(segment) = (stretch.from..=stretch.to).find(|segment| axis.is_inhabited(*segment)) else {
                return true;
            };
            self.chosen[column] = Some(segment);
            let count = self.found.len();
            let here = self.gap(active, depth + 1, budget);
            if here && before {
                // The same hole, cut at a value that another row names.
                self.found.truncate(count);
            }
            self.chosen[column] = None;
            before = here;
            any |= here;
            self.found.len() < self.most && !budget.is_spent()
        });
        any
    }
}
