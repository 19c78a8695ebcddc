//! Columns that only tasks need: a row for which an event may fire waits for them, all other rows never have them.

use crate::{
    link::{Events, Member, Table, own_columns},
    snapshot::{self, Candidates, Gathering, Pass},
};
use arrow_array::{ArrayRef, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{FieldRef, Schema};
use guiju_core::{Batch, Cells, Early, Late, Output, StepError};
use guiju_lang::{context::Context, hir::SourceId};
use std::sync::Arc;

/// The cell of rows that wait for their other columns.
const AWAITING: u32 = 5;

/// The columns of a table that its events need only for rows for which they may fire.
pub(crate) fn columns(events: &Events, source: SourceId) -> Vec<u32> {
    let tables: Vec<&Table> = events.tables.iter().filter(|table| table.on == source).collect();
    // A stream's rows are taken one by one, and those that are looked up are all needed.
    if tables.is_empty() || tables.iter().any(|table| table.stream.is_some()) || events.lookups.contains(&source) {
        return Vec::new();
    }
    let decide = own_columns(&events.program, source, tables.iter().map(|table| &table.plan));
    let used = events.program.sources[source.0 as usize].used.iter();
    used.copied().filter(|column| decide.binary_search(column).is_err()).collect()
}

/// Rows without those columns.
pub(crate) fn early(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    early: &Early<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    let batch = Batch { source: early.source, rows: early.rows, first_row: early.first_row };
    snapshot::each_table(events, cells, (early.source, Some(early.columns)), |over, cells| {
        snapshot::over_table(over, cx, cells, &batch, None, out)
    })
}

/// Whether an event's tasks need more than these columns.
pub(crate) fn incomplete(member: &Member, columns: &[u32]) -> bool {
    member.columns.iter().any(|column| columns.binary_search(column).is_err())
}

/// Rows for which an event may fire wait for their other columns.
pub(crate) fn wait(pass: &Pass<'_>, cells: &mut Cells, rows: RecordBatch, numbers: &UInt64Array) {
    cells.working::<Candidates>(pass.member.cell, AWAITING).push(rows, numbers);
}

/// The other columns have come.
pub(crate) fn completed(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    late: &Late<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    snapshot::each_table(events, cells, (late.source, None), |over, cells| {
        for member in &over.table.members {
            let awaiting: Candidates = cells.take(member.cell, AWAITING);
            let Some((rows, numbers)) = awaiting.concat()? else { continue };
            let rows = complete(member, &rows, &numbers, late)?;
            let pass = Pass { events, table: over.table, member, cx, relations: over.relations };
            let how = Gathering { decided: false, at_once: false };
            snapshot::gathered(&pass, cells, (rows, &numbers), how, out)?;
        }
        Ok(())
    })
}

/// No row of an event waits any more.
pub(crate) fn none_waits(member: &Member, cells: &mut Cells) -> Result<(), StepError> {
    match cells.take::<Candidates>(member.cell, AWAITING).is_empty() {
        true => Ok(()),
        false => Err(StepError::Evaluation("rows were asked for and did not come".to_owned())),
    }
}

/// The rows in all of the event's columns, in their order.
fn complete(
    member: &Member,
    rows: &RecordBatch,
    numbers: &UInt64Array,
    late: &Late<'_>,
) -> Result<RecordBatch, StepError> {
    let at = positions(numbers.values(), late.numbers.values())
        .ok_or_else(|| StepError::Evaluation("a row that was asked for is not among those that came".to_owned()))?;
    let mut early = rows.schema_ref().fields().iter().zip(rows.columns());
    let (mut fields, mut columns) = (Vec::<FieldRef>::new(), Vec::<ArrayRef>::new());
    for column in &member.columns {
        if let Some(slot) = late.columns.iter().position(|late| late == column) {
            fields.push(Arc::clone(&late.rows.schema_ref().fields()[slot]));
            columns.push(arrow_select::take::take(late.rows.column(slot), &at, None)?);
        } else if let Some((field, array)) = early.next() {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(array));
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// Where each of some ascending numbers stands among others; nothing if one is not there.
fn positions(wanted: &[u64], all: &[u64]) -> Option<UInt32Array> {
    let mut at = 0;
    let one = |number: &u64| {
        at += all[at..].iter().position(|other| other == number)?;
        Some(at as u32)
    };
    wanted.iter().map(one).collect::<Option<Vec<u32>>>().map(UInt32Array::from)
}

#[cfg(test)]
mod tests {
    use super::positions;

    #[test]
    fn numbers_are_found_among_others_or_none_is() {
        assert_eq!(positions(&[3, 9], &[1, 3, 4, 9]).map(|at| at.values().to_vec()), Some(vec![1, 3]));
        assert_eq!(positions(&[], &[]).map(|at| at.values().to_vec()), Some(vec![]));
        assert!(positions(&[3, 5], &[1, 3, 4, 9]).is_none());
    }
}
