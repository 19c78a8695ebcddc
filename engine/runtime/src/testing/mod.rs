//! Tests in rulebooks: rows in, a virtual clock, effects out; through the very step that production runs.

mod coverage;
mod mutate;
mod play;
mod points;
mod pool;
mod property;
mod report;
mod rows;

pub use coverage::{Coverage, Point, Unit, test_covered};
pub use mutate::{Mutations, Survivor, line_of, mutate};
pub use points::What;
pub use property::given;
pub use report::{Difference, Failure, FailureKind, Got, TestReport};

use crate::Epoch;
use guiju_lang::hir::Test;

/// Runs every test of the epoch's program that `select` picks.
pub fn test(epoch: &Epoch, select: impl Fn(&Test) -> bool) -> Vec<TestReport> {
    epoch.program.tests.iter().filter(|test| select(test)).map(|test| play::play(epoch, test)).collect()
}
