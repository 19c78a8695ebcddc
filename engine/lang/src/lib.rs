//! Meaning: names, types, units, schemas. Turns rulebook texts into a checked [`hir::Program`], or into findings. Runs nothing,
//! except the reference evaluator, which constant folding needs and which is the oracle for the fast executors.

pub mod builtin;
pub mod calendar;
pub mod canonical;
pub mod check;
pub mod context;
pub mod finding;
#[cfg(any(test, feature = "golden"))]
pub mod golden;
pub mod hir;
mod jinja;
pub mod kind;
pub mod market;
pub mod mutate;
pub mod pattern;
pub mod plant;
pub mod reference;
pub mod render;
pub mod schema;
pub mod table;
pub mod time;
pub mod ty;
pub mod value;

pub use guiju_grammar::sheet;

pub use check::{CheckInput, Checked, check};
