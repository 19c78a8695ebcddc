//! Events over a stream (`on … by …`): rows are taken in the stream's order (time, then position), each at its own time, and the
//! figures over windows are columns of the row like any other. So everything after this is what it is for tables.
//!
//! Rows may come out of order by as much as the source's lateness: they wait until no older one can come. What comes later is left
//! out and counted. Fed the same rows in the same order of arrival, a run over history and a live stream do the same.

mod log;
mod save;
mod spec;
mod state;
mod values;

use crate::{
    emit::{self, plain_text, refused},
    explain,
    frame::{Relations, TableFrame},
    link::Events,
    snapshot::{self, ASKED, Over, Pass, RELATIONS, TRACED, home},
    trace,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{Field, Schema};
use guiju_core::{Batch, Cells, Explanation, Output, StepError};
use guiju_lang::{
    context::Context,
    finding::{Arg, Finding, codes},
    hir::SourceId,
};
use log::Log;
pub(crate) use spec::Stream;
use state::{Rows, State};
use std::sync::Arc;

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
    state.adopt(&stream.names, &stream.needs);
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
        state.adopt(&stream.names, &stream.needs);
        state.advance(at);
        let over = &Over { events, table, relations: &relations };
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
    let state: &mut State = cells.lasting(stream.cell);
    let counts = [
        (codes::kinds::STREAM_ROWS_LATE, std::mem::take(&mut state.late)),
        (codes::kinds::STREAM_ROWS_UNTIMED, std::mem::take(&mut state.untimed)),
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
struct Answer(Option<Explanation>);

/// Decides whatever need not wait any more.
fn ready(of: &Of<'_>, all: bool, cx: &Context, cells: &mut Cells, out: &mut Output) -> Result<(), StepError> {
    let mut state: State = cells.take_lasting(of.stream.cell);
    let result = (|| {
        let Some(rows) = state.ready(all)? else { return Ok(()) };
        let asked = of.over.table.members.iter().any(|member| {
            cells.peek::<explain::Asked>(member.cell, ASKED).is_some()
                || cells.peek::<trace::Traced>(member.cell, TRACED).is_some()
        });
        if asked {
            return (0..rows.times.len()).try_for_each(|row| one(of, &mut state, &rows.pick(&[row])?, cx, cells, out));
        }
        for piece in rows.pieces(of.stream.asks_time) {
            let piece: Vec<usize> = piece.collect();
            let piece = if piece.len() == rows.times.len() { rows.clone() } else { rows.pick(&piece)? };
            decide(of, &mut state, &piece, cx, cells, out)?;
        }
        sweep(of.stream, &mut state, rows.times.last().copied());
        Ok(())
    })();
    *cells.lasting(of.stream.cell) = state;
    result
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
    let &Over { events, table, relations } = of.over;
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
        *cells.working(member.cell, ANSWER) = Answer(answer);
        *cells.working(member.cell, ASKED) = again;
    }
    Ok(())
}

/// The outside world at another time.
fn at(cx: &Context, now: i64) -> Context {
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
    let &Over { events, table, relations } = of.over;
    let cx = &at(cx, rows.times.last().copied().unwrap_or(cx.now));
    let used = &events.program.sources[table.on.0 as usize].used;
    let frame = TableFrame::new(&events.program, table.on, used, &rows.columns, relations);
    let mut run = stream.plan.run(&frame, cx, &mut out.incidents);
    let keys = plain_text(&run.array(0).map_err(refused)?)?;
    let operand = |root: usize, run: &mut guiju_eval::Run<'_>| -> Result<Vec<Option<i128>>, StepError> {
        Ok(values::whole(&run.array(root).map_err(refused)?)?)
    };
    let operands = stream.logs.iter().map(|log| log.operand.map(|root| operand(root, &mut run)).transpose());
    let operands = operands.collect::<Result<Vec<_>, _>>()?;
    drop(run);
    let mut figures: Vec<Vec<Option<i128>>> = vec![Vec::with_capacity(keys.len()); stream.figures.len()];
    for row in 0..keys.len() {
        if keys.is_null(row) {
            state.untimed += 1;
            figures.iter_mut().for_each(|column| column.push(None));
            continue;
        }
        let logs = logs_of(state, keys.value(row), stream.logs.len());
        for (((log, spec), needs), operand) in logs.iter_mut().zip(&stream.logs).zip(&stream.needs).zip(&operands) {
            let value = operand.as_ref().map_or(Some(0), |values| values[row]);
            log.forget(*needs, rows.times[row].saturating_sub(spec.span));
            if let Some(value) = value {
                log.push(*needs, rows.times[row], value);
            }
        }
        for (figure, column) in stream.figures.iter().zip(&mut figures) {
            let value = logs[figure.log].figure(figure.figure, stream.logs[figure.log].scale, &figure.ty);
            column.push(value.map_err(|incident| out.incidents.count(incident)).ok().flatten());
        }
    }
    let batch = with_figures(stream, &rows.columns, figures)?;
    let first_row = rows.numbers.first().copied().unwrap_or_default();
    let concerned = keys.nulls().map_or_else(|| BooleanBuffer::new_set(keys.len()), |nulls| nulls.inner().clone());
    let mut piece = Piece { state, times: &rows.times, first_row, concerned };
    let batch = Batch { source: table.on, rows: &batch, first_row };
    snapshot::over_table(of.over, cx, cells, &batch, Some(&mut piece), out)
}

fn logs_of<'a>(state: &'a mut State, key: &str, logs: usize) -> &'a mut Vec<Log> {
    if !state.touched.contains(key) {
        state.touched.insert(key.into());
    }
    if !state.keys.contains_key(key) {
        state.keys.insert(key.into(), Vec::new());
    }
    let all = state.keys.get_mut(key).unwrap_or_else(|| unreachable!("it was just put there"));
    all.resize_with(logs, Log::default);
    all
}

/// The delivered columns, and after them the figures.
fn with_figures(
    stream: &Stream,
    rows: &RecordBatch,
    figures: Vec<Vec<Option<i128>>>,
) -> Result<RecordBatch, StepError> {
    let mut fields: Vec<Field> = rows.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    for (spec, values) in stream.figures.iter().zip(figures) {
        fields.push(spec.field.clone());
        columns.push(values::column(values, &spec.ty)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

/// Rows that are decided together.
pub(crate) struct Piece<'a> {
    state: &'a mut State,
    times: &'a [i64],
    first_row: u64,
    concerned: BooleanBuffer,
}

impl Piece<'_> {
    /// Rows with a key: one without concerns nobody.
    pub(crate) fn concerned(&self) -> &BooleanBuffer {
        &self.concerned
    }

    /// Writes the tasks of the rows for which an event fires, each at its own time.
    pub(crate) fn fire(
        &mut self,
        pass: &Pass<'_>,
        cells: &mut Cells,
        (rows, numbers): (&RecordBatch, &UInt64Array),
        out: &mut Output,
    ) -> Result<(), StepError> {
        let time = |row: usize| self.times[(numbers.value(row) - self.first_row) as usize];
        let mut start = 0;
        while start < numbers.len() {
            let now = time(start);
            let end = (start..numbers.len()).find(|row| time(*row) != now).unwrap_or(numbers.len());
            let cx = &at(pass.cx, now);
            let pass = Pass { cx, ..*pass };
            let rows = rows.slice(start, end - start);
            let firing =
                pass.member.payload.evaluate(&pass.frame(&rows), numbers.slice(start, end - start), cx, out)?;
            let keep = emit::eligible(&pass, &firing, cells);
            let before = out.effects.len();
            emit::emit(&pass, &firing, &keep, cells, out)?;
            let rule = &pass.events.program.rules[pass.member.rule].head.id.to_string();
            for effects in &mut out.effects[before..] {
                let keys = effects.keys.iter().map(Option::unwrap_or_default);
                effects.ordinals = keys.map(|key| self.state.ordinal(rule, key, now)).collect::<Vec<_>>().into();
                effects.times = Some(state::times_of(now, effects.len()));
            }
            start = end;
        }
        Ok(())
    }
}

/// Keys whose windows are all empty are forgotten, now and then: what is remembered does not grow with everybody who ever came.
fn sweep(stream: &Stream, state: &mut State, now: Option<i64>) {
    let Some(now) = now else { return };
    let longest = stream.logs.iter().map(|log| log.span).max().unwrap_or(0);
    if now.saturating_sub(state.swept) < longest / 4 + 1 {
        return;
    }
    state.swept = now;
    let touched = &mut state.touched;
    state.keys.retain(|key, logs| {
        for ((log, spec), needs) in logs.iter_mut().zip(&stream.logs).zip(&stream.needs) {
            log.forget(*needs, now.saturating_sub(spec.span));
        }
        let says = logs.iter().any(|log| !log.is_empty());
        if !says {
            touched.insert(key.clone());
        }
        says
    });
}
