//! Events over a stream (`on … by …`): rows are taken in the stream's order (time, then position), each at its own time, and the
//! figures over windows are columns of the row like any other. So everything after this is what it is for tables.
//!
//! Rows may come out of order by as much as the source's lateness: they wait until no older one can come. What comes later is left
//! out and counted. Fed the same rows in the same order of arrival, a run over history and a live stream do the same.

mod arena;
mod bound;
mod codec;
mod days;
mod different;
mod due;
mod few;
mod fire;
mod keys;
mod layout;
mod memory;
mod pages;
mod pattern;
mod save;
mod sequence;
mod spec;
mod state;
mod values;
mod waiting;
mod wedge;
mod window;

use crate::{
    emit::{plain_text, refused},
    event::{Event, How},
    explain,
    frame::{Relations, TableFrame},
    link::Events,
    snapshot::{self, ASKED, Over, Pass, RELATIONS, TRACED, home},
    trace,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{Field, Schema};
pub(crate) use due::Pattern;
pub(crate) use fire::Piece;
use guiju_core::{Batch, Cells, Explanation, Output, StepError, Verdict};
use guiju_lang::{
    context::Context,
    finding::{Arg, Finding, codes},
    hir::SourceId,
};
use memory::Asked;
pub(crate) use spec::{Stream, asks_time};
use state::State;
use std::sync::Arc;
use values::{Figures, Numbers};
use waiting::Rows;

/// Rows of the source.
pub(crate) fn rows(
    over: &Over<'_>,
    stream: &Stream,
    cx: &Context,
    cells: &mut Cells,
    batch: &Batch<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    let state: &mut State = cells.lasting(stream.cell);
    state.adopt(&stream.shape, &cx.zone);
    state.take(batch.rows, batch.first_row, stream.time, stream.lateness)?;
    ready(&Of { over, stream }, false, cx, cells, out)
}

/// A table of events that is fed as a stream.
#[derive(Clone, Copy)]
struct Of<'a> {
    over: &'a Over<'a>,
    stream: &'a Stream,
}

/// No row older than this will come.
pub(crate) fn watermark(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    (source, at): (SourceId, i64),
    out: &mut Output,
) -> Result<(), StepError> {
    let Some(home) = home(events) else { return Ok(()) };
    let relations: Relations = cells.take(home, RELATIONS);
    let mut result = Ok(());
    for table in events.tables.iter().filter(|table| table.on == source) {
        let Some(stream) = &table.stream else { continue };
        let state: &mut State = cells.lasting(stream.cell);
        state.adopt(&stream.shape, &cx.zone);
        state.advance(at);
        let over = &Over { events, table, relations: &relations, columns: None };
        result = result.and_then(|()| ready(&Of { over, stream }, false, cx, cells, out));
        left_out(over, stream, cells, out);
    }
    *cells.working(home, RELATIONS) = relations;
    result
}

/// Nothing more will come: what waits is decided, and what was left out is said.
pub(crate) fn end(
    over: &Over<'_>,
    stream: &Stream,
    cx: &Context,
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let &Over { events, table, .. } = over;
    ready(&Of { over, stream }, true, cx, cells, out)?;
    left_out(over, stream, cells, out);
    for member in &table.members {
        let _: trace::Traced = cells.take(member.cell, TRACED);
        let asked: Option<explain::Asked> =
            cells.peek::<explain::Asked>(member.cell, ASKED).is_some().then(|| cells.take(member.cell, ASKED));
        let answer: Answer = cells.take(member.cell, ANSWER);
        if let Some(asked) = asked {
            let rule = &events.program.rules[member.rule].head.id;
            out.explanations.push(answer.0.unwrap_or_else(|| asked.unanswered(rule)));
        }
    }
    Ok(())
}

/// Says how many rows were left out since it was last said.
fn left_out(over: &Over<'_>, stream: &Stream, cells: &mut Cells, out: &mut Output) {
    let source = &over.events.program.sources[over.table.on.0 as usize];
    let (mut keys, mut rows) = (0, 0);
    for pattern in over.table.members.iter().filter_map(|member| member.pattern.as_ref()) {
        let let_go = pattern.let_go(cells);
        keys += let_go.keys;
        rows += let_go.rows;
    }
    let state: &mut State = cells.lasting(stream.cell);
    let counts = [
        (codes::kinds::STREAM_ROWS_LATE, std::mem::take(&mut state.late)),
        (codes::kinds::STREAM_ROWS_UNTIMED, std::mem::take(&mut state.untimed)),
        (codes::kinds::STREAM_KEYS_LET_GO, keys + std::mem::take(&mut state.memory.let_go)),
        (codes::kinds::STREAM_ROWS_LET_GO, rows + std::mem::take(&mut state.memory.rows_let_go)),
    ];
    for (code, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let count = Arg::Count(i64::try_from(count).unwrap_or(i64::MAX));
        out.findings.push(Finding::new(code, source.place).name("source", &source.name).arg("count", count));
    }
}

/// The part under which a key's last answer is kept.
const ANSWER: u32 = 5;

/// Why the last row of a key did, or did not.
#[derive(Default)]
pub(crate) struct Answer(Option<Explanation>);

impl Answer {
    /// What is said of a newer row; but what nobody must answer is said of the row that waits for it.
    fn or(self, newer: Option<Explanation>, event: &Event) -> Self {
        let waits = event.pattern.as_ref().is_some_and(|pattern| matches!(pattern.how, How::Without(_)));
        let holds = |said: &Option<Explanation>| {
            said.as_ref().and_then(|said| said.reasons.first()).is_some_and(|reason| reason.truth == Some(true))
        };
        if waits && holds(&self.0) && !holds(&newer) { self } else { Self(newer) }
    }

    /// What this key had to wait for has come to pass.
    fn acts_after_all(&mut self, key: &str, clause: &str) {
        let Some(answer) = self.0.as_mut().filter(|answer| answer.key == key) else { return };
        answer.verdict = Verdict::Acts;
        for reason in answer.reasons.iter_mut().filter(|reason| reason.clause == clause) {
            reason.truth = Some(true);
        }
    }
}

/// Decides whatever need not wait any more.
fn ready(of: &Of<'_>, all: bool, cx: &Context, cells: &mut Cells, out: &mut Output) -> Result<(), StepError> {
    let mut state: State = cells.take_lasting(of.stream.cell);
    let result = (|| {
        if let Some(rows) = state.ready(all)? {
            settle(of, &mut state, &rows, cx, cells, out)?;
        }
        due::act(of, &mut state, all, cx, cells, out)?;
        // Rows that wait are decided then.
        out.timers.extend(state.waiting.oldest());
        Ok(())
    })();
    *cells.lasting(of.stream.cell) = state;
    result
}

/// Decides rows that need not wait any more.
fn settle(
    of: &Of<'_>,
    state: &mut State,
    rows: &Rows,
    cx: &Context,
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let asked = of.over.table.members.iter().any(|member| {
        cells.peek::<explain::Asked>(member.cell, ASKED).is_some()
            || cells.peek::<trace::Traced>(member.cell, TRACED).is_some()
    });
    if asked {
        (0..rows.times.len()).try_for_each(|row| one(of, state, &rows.pick(&[row])?, cx, cells, out))?;
    } else {
        for piece in rows.pieces(of.stream.asks_time) {
            decide(of, state, &piece, cx, cells, out)?;
        }
    }
    if let Some(newest) = rows.times.last() {
        state.calm(*newest);
    }
    Ok(())
}

/// One row, about which somebody asks.
fn one(
    of: &Of<'_>,
    state: &mut State,
    row: &Rows,
    cx: &Context,
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let before: Vec<Option<trace::Traced>> = of
        .over
        .table
        .members
        .iter()
        .map(|member| {
            if let Some(asked) = cells.peek::<explain::Asked>(member.cell, ASKED) {
                asked.again();
            }
            cells.peek::<trace::Traced>(member.cell, TRACED).map(|traced| traced.another())
        })
        .collect();
    decide(of, state, row, cx, cells, out)?;
    let &Over { events, table, relations, .. } = of.over;
    let cx = &at(cx, row.times.first().copied().unwrap_or(cx.now));
    for (member, before) in table.members.iter().zip(before) {
        let pass = Pass { events, table, member, cx, relations };
        trace::answer(&pass, cells, &[], None, out)?;
        if let Some(before) = before {
            *cells.working(member.cell, TRACED) = before;
        }
        let Some(again) = cells.peek::<explain::Asked>(member.cell, ASKED).and_then(|asked| asked.answered()) else {
            continue;
        };
        let said = out.explanations.len();
        explain::answer(&pass, cells, &[], None, out)?;
        let answer = out.explanations.drain(said..).next_back();
        let before: Answer = cells.take(member.cell, ANSWER);
        *cells.working(member.cell, ANSWER) = before.or(answer, member.event(&events.program));
        *cells.working(member.cell, ASKED) = again;
    }
    Ok(())
}

/// The outside world at another time.
pub(crate) fn at(cx: &Context, now: i64) -> Context {
    Context::new(now, cx.zone.clone(), cx.calendar.clone())
}

/// Rows that follow each other in the source: figures first, then what the events make of them.
fn decide(
    of: &Of<'_>,
    state: &mut State,
    rows: &Rows,
    cx: &Context,
    cells: &mut Cells,
    out: &mut Output,
) -> Result<(), StepError> {
    let stream = of.stream;
    let &Over { events, table, relations, .. } = of.over;
    let cx = &at(cx, rows.times.last().copied().unwrap_or(cx.now));
    let used = &events.program.sources[table.on.0 as usize].used;
    let frame = TableFrame::new(&events.program, table.on, used, &rows.columns, relations);
    let mut run = stream.plan.run(&frame, cx, &mut out.incidents);
    let keys = plain_text(&run.array(0).map_err(refused)?)?;
    let mut operands = Vec::with_capacity(stream.shape.wide.len());
    for (operand, wide) in stream.shape.wide.iter().enumerate() {
        operands.push(Numbers::of(&run.array(1 + operand).map_err(refused)?, *wide, &mut state.digests)?);
    }
    drop(run);
    let asked: Vec<Asked<'_>> = stream
        .figures
        .iter()
        .map(|spec| Asked { log: spec.log, figure: spec.figure, scale: stream.scales[spec.log], ty: &spec.ty })
        .collect();
    state.untimed += keys.null_count() as u64;
    let figures = state.memory.rows((&keys, &rows.times), &operands, &asked, &mut out.incidents);
    let batch = with_figures(stream, &rows.columns, figures)?;
    let first_row = rows.numbers.first().copied().unwrap_or_default();
    let concerned = keys.nulls().map_or_else(|| BooleanBuffer::new_set(keys.len()), |nulls| nulls.inner().clone());
    let mut piece = Piece { state, rows, first_row, keys: &keys, concerned };
    let batch = Batch { source: table.on, rows: &batch, first_row };
    snapshot::over_table(of.over, cx, cells, &batch, Some(&mut piece), out)
}

/// The delivered columns, and after them the figures.
fn with_figures(stream: &Stream, rows: &RecordBatch, figures: Vec<Figures<'_>>) -> Result<RecordBatch, StepError> {
    let mut fields: Vec<Field> = rows.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    for (spec, figures) in stream.figures.iter().zip(figures) {
        let column = figures.finish()?;
        // Decimals come in 64 bits where that is enough.
        fields.push(Field::new(spec.field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}
