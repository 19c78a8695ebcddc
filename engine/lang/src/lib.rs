//! Meaning: names, types, units, schemas. Turns rulebook texts into a checked [`hir::Program`], or into findings. Runs nothing,
//! except the reference evaluator, which constant folding needs and which is the oracle for the fast executors.

pub mod builtin;
pub mod finding;
pub mod hir;
pub mod kind;
pub mod schema;
pub mod ty;
pub mod value;
