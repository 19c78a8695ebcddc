//! The step: `(checked rules, cells, input) -> effects, explanations`. Pure: what it does not get as input it cannot know.

use crate::{
    cells::{Cells, Kept},
    effects::Effects,
    explanation::Explanation,
    id::EffectId,
    trace::Trace,
};
use arrow_array::{BooleanArray, RecordBatch, UInt64Array};
use guiju_lang::{
    context::{Context, Incidents},
    finding::Finding,
    hir::{Program, RuleId, SourceId},
    kind::KindSchema,
    reference::Bounds,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Something that happened. The logical time it happens at is in the [`Context`] beside it.
#[derive(Debug)]
pub enum Input<'a> {
    /// A snapshot of the source begins; it has at most so many rows, where that is known.
    StartOfSnapshot(SourceId, Option<u64>),
    /// Rows of a source.
    Batch(Batch<'a>),
    /// Rows of a table without the columns that may come late. Nobody has asked about a row of it.
    Early(Early<'a>),
    /// What rows lacked that a step has asked for since the last such input.
    Late(Late<'a>),
    /// Rows of a source that another engine has looked through.
    Chosen(Chosen<'a>),
    /// Rows that may be looked up, and no others will be; nothing is decided about them.
    LookedUp(SourceId, &'a RecordBatch),
    /// No row of the source is older than this (microseconds since 1970-01-01 UTC).
    Watermark(SourceId, i64),
    /// The source's snapshot is complete.
    EndOfSnapshot(SourceId),
    /// A timer that a step asked for went off.
    Timer(i64),
    /// Somebody asks.
    Request(Request<'a>),
    /// What became of an earlier effect.
    Outcome(EffectId, Outcome),
}

/// Rows of one source.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Whose.
    pub source: SourceId,
    /// The columns of [`guiju_lang::hir::Source::used`], in that order.
    pub rows: &'a RecordBatch,
    /// The first row's position in the source, from 0.
    pub first_row: u64,
}

/// Rows of one source in fewer columns.
#[derive(Debug)]
pub struct Early<'a> {
    /// Whose, and which.
    pub source: SourceId,
    /// The columns of `columns`, in that order.
    pub rows: &'a RecordBatch,
    /// The first row's position in the source, from 0.
    pub first_row: u64,
    /// Those of [`guiju_lang::hir::Source::used`], without some or all of [`Linked::late`].
    pub columns: &'a [u32],
}

/// The other columns of some of those rows.
#[derive(Debug)]
pub struct Late<'a> {
    /// Whose.
    pub source: SourceId,
    /// The columns of `columns`, in that order.
    pub rows: &'a RecordBatch,
    /// The rows' positions in the source, from 0, ascending: at least those of [`Output::wanted`].
    pub numbers: &'a UInt64Array,
    /// All that the rows lacked.
    pub columns: &'a [u32],
}

/// The rows of a source on which some rule acts, found by another engine. Whether they act is not asked again, but where the rows
/// alone can tell, a step says so if it finds otherwise.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// Whose.
    pub source: SourceId,
    /// The columns of [`guiju_lang::hir::Source::used`], in that order.
    pub rows: &'a RecordBatch,
    /// The rows' positions in the source, from 0, ascending.
    pub numbers: &'a UInt64Array,
    /// By the rule's position in the program: the rows on which it acts.
    pub acts: &'a BTreeMap<usize, BooleanArray>,
}

/// A question to a step.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// Explain what the rule does for the key; asked before the inputs that decide it.
    Explain(&'a RuleId, &'a str),
    /// Trace every rule; asked before the rows come.
    Trace(Tracing<'a>),
}

/// Which rows to trace, and how far.
#[derive(Debug, Clone, Copy)]
pub enum Tracing<'a> {
    /// All rows; of each as much as is evaluated to decide.
    Reached,
    /// The rows with these keys; of their conditions every part on its own, also where the decision did not need it.
    Apart(&'a BTreeSet<String>),
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Delivered.
    Done,
    /// Refused or failed for good, with the reason.
    Failed(String),
    /// Interrupted; a person decides.
    Uncertain,
}

/// What a step gives back.
#[derive(Debug, Default)]
pub struct Output {
    /// To be journalled, then delivered.
    pub effects: Vec<Effects>,
    /// Answers to [`Request::Explain`].
    pub explanations: Vec<Explanation>,
    /// Answers to [`Request::Trace`], in the order of rules, then rows.
    pub traces: Vec<Trace>,
    /// Divisions by zero and the like: counted, never fatal.
    pub incidents: Incidents,
    /// What else somebody should know; none of it stops the run.
    pub findings: Vec<Finding>,
    /// Of the stream whose rows or watermark this was: at these times something is due. Whoever feeds it may say with an
    /// [`Input::Watermark`] that no row before them will come.
    pub timers: Vec<i64>,
    /// Positions of the rows whose other columns are needed, ascending: of an [`Input::Early`].
    pub wanted: Vec<u64>,
}

/// How a set of rules wants to be fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Looked up by key: fed completely before any source that drives.
    Lookup(SourceId),
    /// Drives the rules, as a whole table.
    Drive(SourceId),
    /// Drives the rules, row by row: every row once, in the source's order.
    Stream(SourceId),
}

/// All rules of one kind in one epoch, compiled together.
pub trait Linked: Send + Sync {
    /// The sources it needs, lookups first.
    fn feeds(&self) -> Vec<Feed>;
    /// The durable cells it keeps.
    fn cells(&self) -> Vec<Kept>;
    /// Whether rows of a source whose values lie within these bounds can matter to anybody. Rows that cannot need not be read.
    fn wants(&self, _cx: &Context, _source: SourceId, _bounds: &Bounds<'_>) -> bool {
        true
    }
    /// The columns of a table that are not needed to find the rows on which rules act: they may be read later, for those rows alone.
    fn late(&self, _source: SourceId) -> Vec<u32> {
        Vec::new()
    }
    /// One step.
    fn step(&self, cx: &Context, cells: &mut Cells, input: &Input<'_>, out: &mut Output) -> Result<(), StepError>;
}

/// A kind of rule: what the checker needs ([`KindSchema`]) and how its rules run.
pub trait KindSpec: KindSchema {
    /// Compiles the program's rules of this kind, given by position, into one.
    fn link(&self, program: &Arc<Program>, rules: &[usize]) -> Result<Box<dyn Linked>, Vec<Finding>>;
    /// The checking side, for handing to `lang`.
    fn schema(&'static self) -> &'static dyn KindSchema;
}

/// Why a step could not be made. The run stops; nothing of it is published.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Something a person can act on.
    #[error("finding {}", .0.code.0)]
    Finding(Box<Finding>),
    /// The columns are not what was checked.
    #[error(transparent)]
    Arrow(#[from] arrow_schema::ArrowError),
    /// The evaluator refused.
    #[error("{0}")]
    Evaluation(String),
}
