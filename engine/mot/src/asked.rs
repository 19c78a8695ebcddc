//! Rows that somebody asked about: how they are found in a batch, kept, and read once the snapshot is complete.

use crate::{
    emit,
    frame::TableFrame,
    link::Events,
    population::Thresholds,
    snapshot::{Pass, memberships},
};
use arrow_array::{Array, RecordBatch, StringArray};
use guiju_core::{Output, StepError};
use guiju_eval::{Frame, value_at};
use guiju_lang::{
    context::Incidents,
    hir::{ColumnRef, ScriptId},
    reference,
    value::Value,
};

/// The keys of a batch's rows.
pub(crate) fn keys(pass: &Pass<'_>, frame: &TableFrame<'_>) -> Result<StringArray, StepError> {
    let mut incidents = Incidents::default();
    let mut keys = pass.table.key.run(frame, pass.cx, &mut incidents);
    Ok(emit::plain_text(&keys.array(0).map_err(emit::refused)?)?)
}

/// Where a batch holds the columns that the event reads.
pub(crate) fn columns(pass: &Pass<'_>) -> Vec<usize> {
    let used = &pass.table.columns;
    pass.member.columns.iter().filter_map(|c| used.binary_search(c).ok()).collect()
}

/// A frame over kept rows, which knows by now who is in which `in top`.
pub(crate) fn frame<'a>(
    pass: &Pass<'a>,
    rows: &'a RecordBatch,
    thresholds: &[(usize, Thresholds)],
    out: &mut Output,
) -> Result<TableFrame<'a>, StepError> {
    let mut frame = pass.frame(rows);
    if let Some(exact) = &pass.member.exact {
        frame.populations = memberships(pass.table, exact, &frame, pass.cx, thresholds, out)?;
    }
    Ok(frame)
}

/// The first row of a frame, for the reference evaluator.
pub(crate) struct RowOf<'a> {
    pub(crate) frame: &'a TableFrame<'a>,
    pub(crate) events: &'a Events,
}

impl reference::Row for RowOf<'_> {
    fn column(&self, c: &ColumnRef) -> Value {
        self.frame.column(c).map_or(Value::Missing, |array| value_at(&array, 0))
    }
    fn population(&self, index: u32) -> Value {
        match self.frame.population(index) {
            Some(members) if members.is_valid(0) => Value::Bool(members.value(0)),
            _ => Value::Missing,
        }
    }
    fn script(&self, id: ScriptId, args: &[Value], incidents: &mut Incidents) -> Value {
        self.events.scripts.call(id, args, incidents)
    }
}
