//! `for 5m`: a condition that has to hold for a while before its event fires.

use super::{
    ANSWER, Answer, Of, at,
    fire::{Firing, fire},
    pattern::{Due, Kept, Waits},
    state::State,
};
use crate::{
    event::Event,
    link::{Member, canonical_text},
    snapshot::{Pass, TRACED},
    trace,
};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use guiju_core::{
    Cells, Gate, Kept as KeptCell, Output, StepError, Trace,
    id::{CellId, CellSpec},
};
use guiju_eval::array_of;
use guiju_lang::{context::Context, hir::Program};
use std::{fmt::Write, sync::Arc};

/// What a rule remembers of conditions that hold.
pub(crate) struct Hold {
    pub(super) cell: CellId,
    span: i64,
}

impl Hold {
    pub(crate) fn link(program: &Program, rule: usize, event: &Event, columns: &[u32]) -> Option<Self> {
        let hold = event.hold.as_ref()?;
        let head = &program.rules[rule].head;
        let source = &program.sources[event.on.0 as usize];
        // How long is not part of it: who waits goes on waiting, for the new time. The columns are, because a row is kept in them.
        let mut accumulator = format!("holds {}", canonical_text(program, &event.when));
        for column in columns {
            let column = &source.schema.columns[*column as usize];
            let _ = write!(accumulator, " {:?} {}", column.name, column.typed.ty);
        }
        let time = source.time.and_then(|time| source.schema.columns.get(time as usize));
        let key = canonical_text(program, &event.key);
        let time_column = time.map(|column| column.name.as_str());
        let (accumulator, key, source) = (accumulator.as_str(), key.as_str(), source.name.as_str());
        let spec = CellSpec { rule: &head.id, accumulator, key, window: None, source, time_column, edition: 1 };
        Some(Self { cell: spec.id(), span: hold.span })
    }

    /// A run over history begins without it, and it holds no window. A renamed rule begins anew.
    pub(crate) fn kept(&self, rule: usize) -> KeptCell {
        KeptCell { id: self.cell, rule, role: "for", formerly: None, windows: Some(Vec::new()) }
    }

    pub(super) fn row(&self, waits: &mut Waits, row: (&str, i64), holds: bool, kept: impl FnOnce() -> Kept) {
        waits.row(row, holds, self.span, kept);
    }
}

/// Fires what is due by the stream's time, and asks to be told when the next is.
pub(super) fn act(
    of: &Of<'_>,
    state: &mut State,
    all: bool,
    cx: &Context,
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let Some(until) = state.come_to(all) else { return Ok(()) };
    for member in &of.over.table.members {
        let Some(hold) = &member.hold else { continue };
        let waits: &mut Waits = cells.lasting(hold.cell);
        let due = waits.due(until, hold.span);
        out.timers.extend(waits.next(hold.span));
        if let Some(last) = due.last() {
            let cx = &at(cx, last.0);
            let pass = Pass { events: of.over.events, table: of.over.table, member, cx, relations: of.over.relations };
            fire_due(&pass, state, &due, cells, out)?;
        }
    }
    Ok(())
}

fn fire_due(
    pass: &Pass<'_>,
    state: &mut State,
    due: &[Due],
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let firing = Firing {
        rows: rows(pass, pass.member, due)?,
        numbers: due.iter().map(|(.., row)| row.number).collect(),
        times: due.iter().map(|(time, ..)| *time).collect(),
    };
    let before = out.effects.len();
    fire(pass, state, cells, &firing, out)?;
    let traced = cells.peek::<trace::Traced>(pass.member.cell, TRACED).is_some();
    for effects in &out.effects[before..] {
        for (row, key) in effects.rows.values().iter().zip(&effects.keys) {
            let key = key.unwrap_or_default();
            if traced {
                let gates = vec![Gate { clause: "for", passed: true }];
                let rule = pass.member.rule;
                let trace = Trace { rule, row: *row, key: key.to_owned(), parts: Vec::new(), gates, acts: true };
                out.traces.push(trace);
            }
            if let Some(answer) = cells.peek::<Answer>(pass.member.cell, ANSWER) {
                answer.acts_after_all(key);
            }
        }
    }
    Ok(())
}

/// The rows that were kept, in the member's columns.
fn rows(pass: &Pass<'_>, member: &Member, due: &[Due]) -> Result<RecordBatch, StepError> {
    let source = &pass.events.program.sources[pass.table.on.0 as usize];
    let column = |(at, column): (usize, &u32)| -> (Field, ArrayRef) {
        let column = &source.schema.columns[*column as usize];
        let values = due.iter().filter_map(|(.., row)| row.values.get(at));
        let array = array_of(&column.typed.ty, values);
        (Field::new(&column.name, array.data_type().clone(), true), array)
    };
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = member.columns.iter().enumerate().map(column).unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(due.len()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}
