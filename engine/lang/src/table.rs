//! What a decision table says as a whole: which inputs no row covers, which rows hold together, which rows no input reaches.
//!
//! Every column is cut into *segments* at the values its cells name: the points themselves, the stretches between them, and
//! missing. Within a segment all cells say the same, so a row is a set of boxes over segments and every question becomes one about
//! whole numbers, with the same answer as about the values. Calvanese, Dumas, Laurson, Maggi, Montali and Teinemaa, "Semantics,
//! Analysis and Simplification of DMN Decision Tables", Information Systems 78 (2018), section 5, and their BPM 2016 paper sweep
//! the same hyper-rectangles; this is their method with nullable columns, discrete types and a bound on the work.

mod axis;
mod gaps;
mod grid;
mod masked;
mod overlaps;
mod sweep;
#[cfg(test)]
mod tests;
mod witness;

pub use axis::{Axis, Range, whole_at};
pub use grid::{Grid, GridRow};
pub use masked::Masked;
pub use overlaps::Overlap;
pub(crate) use witness::in_unit;
pub use witness::{Magnitude, witness};

/// Steps that one question may take: a table of 10,000 rows is answered within it unless it was made to be hard.
pub const BUDGET: u64 = 20_000_000;

/// An answer, or as much of it as the budget bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was found, at most as many as asked for.
    pub found: Vec<T>,
    /// Everything was looked at (or enough was found).
    pub complete: bool,
}

/// Counts down.
pub(crate) struct Budget {
    left: u64,
}

impl Budget {
    pub(crate) fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// Whether so many steps more could be afforded.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let enough = self.left >= steps;
        self.left = self.left.saturating_sub(steps);
        enough
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0
    }
}
