//! Tests in rulebooks: rows in, a virtual clock, effects out; through the very step that production runs.

mod coverage;
mod mutate;
mod play;
mod points;
mod pool;
mod property;
mod report;
mod routes;
mod rows;

pub use coverage::{Coverage, Point, Unit, test_covered};
pub use mutate::{Mutations, Survivor, line_of, mutate};
pub use points::What;
pub use property::given;
pub use report::{Difference, Failure, FailureKind, Got, TestReport};

use crate::{Epoch, Project};
use guiju_lang::hir::Test;

/// Runs every test of the epoch's program that `select` picks.
pub fn test(project: &Project, epoch: &Epoch, select: impl Fn(&Test) -> bool) -> Vec<TestReport> {
    let mut plants = routes::Plants::default();
    let selected = epoch.program.tests.iter().filter(|test| select(test));
    let played = selected.map(|test| {
        let mut report = play::play(epoch, test);
        report.failures.extend(routes::play(project, &epoch.program, test, &mut plants));
        report
    });
    played.collect()
}
