//! The vocabulary of a step: inputs, effects, explanations, state cells, and the identities that outlive an epoch.
//! Pure: no clock, no files, no randomness. Nothing here is shaped like one kind of rule.

pub mod cell;
pub mod cells;
pub mod effect;
pub mod effects;
pub mod explanation;
pub mod id;
pub mod step;
pub mod trace;

pub use cell::{CellTable, CellValue};
pub use cells::{Cells, Kept, Lasting, Size};
pub use effects::Effects;
pub use explanation::{Explanation, Flip, Reason, Verdict};
pub use step::{
    Batch, Chosen, Early, Feed, Input, KindSpec, Late, Linked, Outcome, Output, Request, StepError, Tracing,
};
pub use trace::{CameTo, Gate, Trace};
