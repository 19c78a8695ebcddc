//! Expressions at work: [`Plan`] evaluates many of them over Arrow batches, [`RowPlan`] one row at a time, both with exactly the
//! results of `guiju_lang::reference`. [`Scripts`] runs `script fn` bodies in a sandbox.
//!
//! Failures (division by zero, overflow, a stopped script) give missing and are counted: once for each distinct expression and
//! row that some root asked for, in the plan's order of evaluation, so the count does not depend on how rows are cut into batches.

mod convert;
mod frame;
mod graph;
mod kernel;
mod lower;
mod mask;
mod output;
mod plan;
mod row;
mod run;
mod script;
mod table;
mod test;
#[cfg(test)]
mod tests;
mod vector;

pub use convert::{array_of, arrow_type, value_at};
pub use frame::{Columns, EvalError, Frame, Taken};
pub use lower::PlanError;
pub use plan::{Outputs, Plan, Root};
pub use row::{AtRow, Candidates, Datum, RowIndex, RowPlan, RowProbe, RowRun, RowState, RowView, StoredColumn};
pub use run::Run;
pub use script::{ScriptLimits, Scripts};
