//! One column from its first segment to its last.

use super::{Budget, Grid};

/// A stretch of segments within which the same rows hold.
pub(super) struct Stretch {
    pub(super) from: u32,
    pub(super) to: u32,
    /// The next change is that a row ends, and the last was that one began: no stretch beside it holds these rows and more.
    pub(super) maximal: bool,
}

/// Calls `visit` for every stretch of a column with the rows (of `rows`) that hold in it, until it says stop or the budget is spent.
pub(super) fn sweep(
    grid: &Grid,
    column: usize,
    rows: &[u32],
    budget: &mut Budget,
    visit: &mut dyn FnMut(&Stretch, &[u32], &mut Budget) -> bool,
) {
    let mut events: Vec<(u32, bool, u32)> = Vec::with_capacity(2 * rows.len());
    for &row in rows {
        let ranges = grid.rows.get(row as usize).and_then(|row| row.ranges.get(column));
        for &(from, to) in ranges.into_iter().flatten() {
            events.push((from, true, row));
            events.push((to + 1, false, row));
        }
    }
    // Ends before beginnings at the same segment.
    events.sort_unstable();
    if !budget.spend(events.len()) {
        return;
    }
    let segments = grid.axes[column].segments();
    let mut active: Vec<u32> = Vec::new();
    let (mut at, mut i, mut grew) = (0, 0, false);
    loop {
        let next = events.get(i).map_or(segments, |event| event.0);
        if next > at {
            // Ends come before beginnings.
            let ends = events.get(i).is_some_and(|event| !event.1);
            let stretch = Stretch { from: at, to: next - 1, maximal: grew && ends };
            if !budget.spend(1) || !visit(&stretch, &active, budget) {
                return;
            }
            grew &= !ends;
            at = next;
        }
        let Some(&(_, begins, row)) = events.get(i) else { return };
        if begins {
            // Rows stay in the table's order.
            let place = active.partition_point(|other| *other < row);
            active.insert(place, row);
            grew = true;
        } else {
            if let Ok(place) = active.binary_search(&row) {
                active.remove(place);
            }
        }
        i += 1;
    }
}
