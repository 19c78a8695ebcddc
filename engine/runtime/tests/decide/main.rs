//! Single decisions against runs over tables: the same rules, the same rows, the same effects and explanations.

mod batch;
mod equal;
mod facade;
mod why;

use guiju::{
    Decider, Epoch, Moment, Project,
    lang::{hir::Rule, time::Civil},
};
use std::{path::PathBuf, sync::Arc};

/// Friday, 20 November 2026: the day for which the shipped data was made.
pub(crate) fn day() -> Moment {
    Moment::Day(Civil::new(2026, 11, 20).expect("a date").days())
}

/// The shipped rulebooks over the shipped data.
pub(crate) fn shipped() -> Project {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let project = Project::open(&[root.join("rulebooks")], Some(&root.join("examples/guiju.yaml")));
    assert!(project.findings.is_empty(), "{:?}", project.findings);
    project
}

/// An epoch of the shipped rules that are wanted.
pub(crate) fn epoch(project: &Project, wanted: impl Fn(&Rule) -> bool) -> Epoch {
    let program = project.check().program.expect("the shipped rulebooks are right");
    Epoch::link(Arc::new(program), &project.calendars, wanted).expect("they can be linked")
}

/// The decider for a source of the shipped rulebooks, its lookups read from the shipped data.
pub(crate) fn decider(project: &Project, epoch: &Epoch, source: &str) -> Decider {
    let built = Decider::of(epoch, source).and_then(|b| b.read(project)).and_then(guiju::decide::Builder::build);
    built.unwrap_or_else(|findings| panic!("{findings:?}"))
}
