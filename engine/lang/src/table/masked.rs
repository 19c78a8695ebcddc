//! Rows that no input reaches, because rows before them take everything.

use super::{Answer, Budget, Grid, GridRow, grid::meet, sweep::sweep};

/// A row that rows before it take everything from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The row, by its position in the grid.
    pub row: usize,
    /// Rows before it that together take what it holds for.
    pub by: Vec<usize>,
}

/// Steps for one row: few rows before it matter, or nobody would see it at a glance either.
const FOR_ONE: u64 = 50_000;

impl Grid {
    /// Rows that the rows before them leave nothing to.
    pub fn masked(&self, steps: u64) -> Answer<Masked> {
        let mut budget = Budget::new(steps);
        let (mut found, mut complete) = (Vec::new(), true);
        let reach = Reach::new(self);
        let mut unreached = vec![false; self.rows.len()];
        for (at, row) in self.rows.iter().enumerate() {
            if row.empty_column().is_some() {
                continue;
            }
            let Some(before) = reach.before(self, row, at, &mut budget) else {
                complete = false;
                break;
            };
            // Rows that nothing reaches take nothing.
            let before: Vec<u32> = before.into_iter().filter(|other| !unreached[*other as usize]).collect();
            let alone = before.iter().find(|other| self.rows[**other as usize].contains(row));
            let by = match alone {
                Some(other) => Some(vec![*other as usize]),
                None if before.len() > 1 && !self.has_open_corner(row, &before) => {
                    self.together(row, &before, &mut complete, &mut budget)
                }
                None => None,
            };
            if let Some(by) = by {
                unreached[at] = true;
                found.push(Masked { row: at, by });
            }
        }
        Answer { found, complete }
    }

    /// Whether none of the rows holds at the row's lowest or its highest corner: then the row is reached there.
    fn has_open_corner(&self, row: &GridRow, rows: &[u32]) -> bool {
        let first: Option<Vec<u32>> = row.ranges.iter().map(|ranges| ranges.first().map(|range| range.0)).collect();
        let last: Option<Vec<u32>> = row.ranges.iter().map(|ranges| ranges.last().map(|range| range.1)).collect();
        let open = |corner: &Vec<u32>| !rows.iter().any(|other| self.rows[*other as usize].holds(corner));
        [first, last].iter().flatten().any(open)
    }

    /// Whether rows that each meet a row take all of it together; which ones.
    fn together(&self, row: &GridRow, rows: &[u32], complete: &mut bool, budget: &mut Budget) -> Option<Vec<usize>> {
        let mut own = Budget::new(FOR_ONE);
        let mut used = vec![false; rows.len()];
        let covered = self.covered(
            row,
            rows,
            0,
            &mut |other| {
                if let Ok(i) = rows.binary_search(&other) {
                    used[i] = true;
                }
            },
            &mut own,
        );
        if !budget.spend(usize::try_from(FOR_ONE - own.left).unwrap_or(usize::MAX)) || own.is_spent() {
            *complete = false;
            return None;
        }
        covered.then(|| rows.iter().zip(used).filter(|(_, used)| *used).map(|(row, _)| *row as usize).collect())
    }

    /// Whether the rows cover a row's boxes in the columns from `column` on.
    fn covered(
        &self,
        row: &GridRow,
        rows: &[u32],
        column: usize,
        used: &mut dyn FnMut(u32),
        budget: &mut Budget,
    ) -> bool {
        let Some(wanted) = row.ranges.get(column) else {
            // The first is enough.
            rows.first().copied().map(used);
            return !rows.is_empty();
        };
        let axis = &self.axes[column];
        let mut all = true;
        sweep(self, column, rows, budget, &mut |stretch, active, budget| {
            let here = meet(wanted, &[(stretch.from, stretch.to)]);
            let inside = here.is_some_and(|first| {
                let within = |segment: &u32| wanted.iter().any(|(from, to)| from <= segment && segment <= to);
                (first..=stretch.to).any(|segment| within(&segment) && axis.is_inhabited(segment))
            });
            if inside {
                all = !active.is_empty() && self.covered(row, active, column + 1, used, budget);
            }
            all && !budget.is_spent()
        });
        all && !budget.is_spent()
    }
}

/// For each column and segment, the rows that hold there: of the column in which a row is narrow, few.
struct Reach {
    columns: Vec<Option<Vec<Vec<u32>>>>,
}

impl Reach {
    fn new(grid: &Grid) -> Self {
        let columns = (0..grid.axes.len()).map(|column| {
            let ranges = grid.rows.iter().map(|row| row.ranges[column].as_slice());
            let cells: u64 = ranges.clone().flatten().map(|(from, to)| u64::from(to - from + 1)).sum();
            // A column of wide cells tells nothing apart.
            if cells > 16 * (grid.rows.len() as u64 + 64) {
                return None;
            }
            let mut segments = vec![Vec::new(); grid.axes[column].segments() as usize];
            for (row, ranges) in (0u32..).zip(ranges) {
                for &(from, to) in ranges {
                    segments[from as usize..=to as usize].iter_mut().for_each(|rows| rows.push(row));
                }
            }
            Some(segments)
        });
        Self { columns: columns.collect() }
    }

    /// The rows before one that hold for some input together with it, ascending; `None`: too much work.
    fn before(&self, grid: &Grid, row: &GridRow, at: usize, budget: &mut Budget) -> Option<Vec<u32>> {
        let mut best: Option<(usize, usize)> = None;
        for (column, segments) in self.columns.iter().enumerate() {
            let Some(segments) = segments else { continue };
            let size =
                row.ranges[column].iter().flat_map(|(a, b)| &segments[*a as usize..=*b as usize]).map(Vec::len).sum();
            if best.is_none_or(|(least, _)| size < least) {
                best = Some((size, column));
            }
        }
        let mut candidates: Vec<u32> = match best.filter(|(size, _)| *size < at) {
            Some((_, column)) => {
                let segments = self.columns[column].as_deref().unwrap_or_default();
                let ranges = row.ranges[column].iter();
                let mut all: Vec<u32> =
                    ranges.flat_map(|(a, b)| segments[*a as usize..=*b as usize].iter().flatten().copied()).collect();
                all.retain(|other| (*other as usize) < at);
                all.sort_unstable();
                all.dedup();
                all
            }
            None => (0u32..).take(at).collect(),
        };
        if !budget.spend(candidates.len()) {
            return None;
        }
        candidates.retain(|other| grid.rows[*other as usize].meets(row));
        Some(candidates)
    }
}
