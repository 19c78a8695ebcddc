//! Rulebooks as Spark 3.5.6 SQL: pure, from the checked form to text. `expr` and its neighbours say one expression, `job` says which
//! rows of which tables some rule acts on. Submitting the job, and everything that follows from its answer, is the shell's affair.

mod arith;
mod call;
mod compare;
mod day;
mod expr;
mod job;
mod pattern;
mod ranked;
mod sql;
mod table;
mod text;

pub use expr::{Names, Unsaid, Writer};
pub use job::{Column, Job, Question, SourceColumns, Stage, Staged, plan};
pub use sql::{constant, type_name};

/// The only version of Spark whose results are known to be the engine's.
pub const VERSION: &str = "3.5.6";
