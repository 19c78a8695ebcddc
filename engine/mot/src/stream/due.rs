//! Conditions that take time: what rows do to them, and what fires when their time is up.

use super::{
    ANSWER, Answer, Of, at,
    bound::LetGo,
    fire::{Firing, fire},
    pattern::{Due, Kept, Waits},
    sequence::Sequence,
    state::State,
};
use crate::{
    event::{self, Event},
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
use guiju_eval::{Plan, array_of};
use guiju_lang::{context::Context, hir::Program};
use std::{fmt::Write, sync::Arc};

/// What of an event takes time, compiled.
pub(crate) struct Pattern {
    cell: CellId,
    span: i64,
    how: How,
    /// What another row has to fulfil.
    other: Option<Plan>,
    /// In the language's English word.
    clause: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Held,
    Then,
    Without,
}

impl Pattern {
    pub(crate) fn link(
        program: &Program,
        rule: usize,
        event: &Event,
        columns: &[u32],
        other: Option<Plan>,
    ) -> Option<Self> {
        let pattern = event.pattern.as_ref()?;
        let head = &program.rules[rule].head;
        let source = &program.sources[event.on.0 as usize];
        let how = match pattern.how {
            event::How::Held => How::Held,
            event::How::Then(_) => How::Then,
            event::How::Without(_) => How::Without,
        };
        let clause = pattern.how.word().en();
        let when = canonical_text(program, &event.when);
        // How long is not part of it: who waits goes on waiting, for the new time.
        let mut accumulator = match pattern.how.other() {
            None => format!("holds {when}"),
            Some(other) => format!("{clause} {when} {}", canonical_text(program, other)),
        };
        if how != How::Then {
            // The columns are, because a row is kept in them.
            for column in columns {
                let column = &source.schema.columns[*column as usize];
                let _ = write!(accumulator, " {:?} {}", column.name, column.typed.ty);
            }
        }
        let time = source.time.and_then(|time| source.schema.columns.get(time as usize));
        let key = canonical_text(program, &event.key);
        let time_column = time.map(|column| column.name.as_str());
        let (accumulator, key, source) = (accumulator.as_str(), key.as_str(), source.name.as_str());
        let spec = CellSpec { rule: &head.id, accumulator, key, window: None, source, time_column, edition: 1 };
        Some(Self { cell: spec.id(), span: pattern.span, how, other, clause })
    }

    /// A run over history begins without it, and it holds no window. A renamed rule begins anew.
    pub(crate) fn kept(&self, rule: usize) -> KeptCell {
        KeptCell { id: self.cell, rule, role: self.clause, formerly: None, windows: Some(Vec::new()) }
    }

    pub(crate) fn other(&self) -> Option<&Plan> {
        self.other.as_ref()
    }

    /// What has to come first has come for this key, and a row at this time is in time.
    pub(crate) fn is_open(&self, cells: &mut Cells, key: &str, time: i64) -> bool {
        self.how == How::Then && cells.lasting::<Sequence>(self.cell).is_open(key, time, self.span)
    }

    /// A row of a key, of which the event's condition and the other one hold or not; true if the event acts on it.
    pub(super) fn row(
        &self,
        cells: &mut Cells,
        row: (&str, i64),
        (holds, other): (bool, bool),
        kept: impl FnOnce() -> Kept,
    ) -> bool {
        match self.how {
            How::Held => {
                cells.lasting::<Waits>(self.cell).row(row, holds, self.span, kept);
                false
            }
            // Nothing is needed of what came first.
            How::Then if holds || other => {
                let all = cells.lasting::<Sequence>(self.cell);
                all.row(row, (other, holds), self.span, None::<fn() -> Kept>)
            }
            How::Without if holds || other => {
                cells.lasting::<Sequence>(self.cell).row(row, (holds, other), self.span, Some(kept));
                false
            }
            How::Then | How::Without => false,
        }
    }

    /// What is due by then, in order; and when the next one will be.
    fn due(&self, cells: &mut Cells, until: i64) -> (Vec<Due>, Option<i64>) {
        match self.how {
            How::Held => {
                let waits = cells.lasting::<Waits>(self.cell);
                (waits.due(until, self.span), waits.next(self.span))
            }
            How::Then => (cells.lasting::<Sequence>(self.cell).due(until, self.span), None),
            How::Without => {
                let all = cells.lasting::<Sequence>(self.cell);
                (all.due(until, self.span), all.next(self.span))
            }
        }
    }

    /// What made room for others, since this was last asked.
    pub(super) fn let_go(&self, cells: &mut Cells) -> LetGo {
        match self.how {
            How::Held => std::mem::take(&mut cells.lasting::<Waits>(self.cell).let_go),
            How::Then | How::Without => std::mem::take(&mut cells.lasting::<Sequence>(self.cell).let_go),
        }
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
        let Some(pattern) = &member.pattern else { continue };
        let (due, next) = pattern.due(cells, until);
        out.timers.extend(next);
        if let Some(last) = due.last() {
            let cx = &at(cx, last.0);
            let pass = Pass { events: of.over.events, table: of.over.table, member, cx, relations: of.over.relations };
            fire_due(&pass, pattern.clause, state, &due, cells, out)?;
        }
    }
    Ok(())
}

fn fire_due(
    pass: &Pass<'_>,
    clause: &'static str,
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
                let gates = vec![Gate { clause, passed: true }];
                let rule = pass.member.rule;
                let trace = Trace { rule, row: *row, key: key.to_owned(), parts: Vec::new(), gates, acts: true };
                out.traces.push(trace);
            }
            if let Some(answer) = cells.peek::<Answer>(pass.member.cell, ANSWER) {
                answer.acts_after_all(key, clause);
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
