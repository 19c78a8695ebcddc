//! Rows for which events fire: the cool-down first, then texts, each row at its own time.

use super::{at, due::Pattern, pattern::Kept, state::State, waiting::Rows};
use crate::{emit, snapshot::Pass};
use arrow_array::{RecordBatch, StringArray, UInt64Array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use arrow_select::filter::filter_record_batch;
use guiju_core::{Batch, Cells, Output, StepError};
use guiju_eval::value_at;

/// Rows that are decided together.
pub(crate) struct Piece<'a> {
    pub(super) state: &'a mut State,
    pub(super) rows: &'a Rows,
    /// What the step calls the first of them; the others follow, wherever they were in the source.
    pub(super) first_row: u64,
    pub(super) keys: &'a StringArray,
    pub(super) concerned: BooleanBuffer,
}

impl Piece<'_> {
    /// Rows with a key: one without concerns nobody.
    pub(crate) fn concerned(&self) -> &BooleanBuffer {
        &self.concerned
    }

    /// Rows of which an event's condition holds, and another one, where something takes time: the rows on which it acts at once.
    pub(crate) fn pattern(
        &self,
        pass: &Pass<'_>,
        pattern: &Pattern,
        cells: &mut Cells,
        (batch, holds, other): (&Batch<'_>, &BooleanBuffer, Option<&BooleanBuffer>),
    ) -> BooleanBuffer {
        let used = &pass.table.columns;
        let columns: Vec<_> = pass
            .member
            .columns
            .iter()
            .filter_map(|column| Some(batch.rows.column(used.binary_search(column).ok()?)))
            .collect();
        let mut acts = BooleanBufferBuilder::new(holds.len());
        acts.append_n(holds.len(), false);
        for row in self.concerned.set_indices() {
            let kept = || {
                let values = columns.iter().map(|column| value_at(column, row)).collect();
                Kept { number: self.rows.numbers[row], values }
            };
            let how = (holds.value(row), other.is_some_and(|other| other.value(row)));
            if pattern.row(cells, (self.keys.value(row), self.rows.times[row]), how, kept) {
                acts.set_bit(row, true);
            }
        }
        acts.finish()
    }

    /// Writes the tasks of the rows for which an event fires.
    pub(crate) fn fire(
        &mut self,
        pass: &Pass<'_>,
        cells: &mut Cells,
        (rows, numbers): (&RecordBatch, &UInt64Array),
        out: &mut Output,
    ) -> Result<(), StepError> {
        let at = |number: &u64| (number - self.first_row) as usize;
        let times: Vec<i64> = numbers.values().iter().map(|number| self.rows.times[at(number)]).collect();
        // What a person reads is where the row was in the source.
        let numbers: Vec<u64> = numbers.values().iter().map(|number| self.rows.numbers[at(number)]).collect();
        fire(pass, self.state, cells, &Firing { rows: rows.clone(), numbers, times }, out)
    }
}

/// Rows in the member's columns, where they were and when they happened: times never fall.
pub(super) struct Firing {
    pub(super) rows: RecordBatch,
    pub(super) numbers: Vec<u64>,
    pub(super) times: Vec<i64>,
}

/// Writes tasks, each at its own time.
pub(super) fn fire(
    pass: &Pass<'_>,
    state: &mut State,
    cells: &mut Cells,
    firing: &Firing,
    out: &mut Output,
) -> Result<(), StepError> {
    if !pass.member.payload.asks_time {
        return together(pass, state, cells, firing, out);
    }
    let mut start = 0;
    for times in firing.times.chunk_by(|a, b| a == b) {
        let cx = &at(pass.cx, times[0]);
        let rows = firing.rows.slice(start, times.len());
        let numbers = firing.numbers[start..start + times.len()].to_vec();
        let firing = Firing { rows, numbers, times: times.to_vec() };
        together(&Pass { cx, ..*pass }, state, cells, &firing, out)?;
        start += times.len();
    }
    Ok(())
}

/// Those that the cool-down lets pass, in their order; texts are written for these alone.
fn together(
    pass: &Pass<'_>,
    state: &mut State,
    cells: &mut Cells,
    firing: &Firing,
    out: &mut Output,
) -> Result<(), StepError> {
    let passes = emit::cool_down(pass, &firing.rows, &firing.times, cells)?;
    if passes.true_count() == 0 {
        return Ok(());
    }
    let rows = filter_record_batch(&firing.rows, &passes)?;
    let times: Vec<i64> = passes.values().set_indices().map(|row| firing.times[row]).collect();
    let numbers: Vec<u64> = passes.values().set_indices().map(|row| firing.numbers[row]).collect();
    let firing = pass.member.payload.evaluate(&pass.frame(&rows), numbers.into(), pass.cx, out)?;
    let mut effects = emit::tasks(pass, &firing, &times, out)?;
    let rule = &pass.events.program.rules[pass.member.rule].head.id.to_string();
    let keys = effects.keys.iter().map(Option::unwrap_or_default);
    let ordinals = keys.zip(&times).map(|(key, time)| state.ordinal(rule, key, *time));
    effects.ordinals = ordinals.collect::<Vec<_>>().into();
    effects.times = Some(times.into());
    out.effects.push(effects);
    Ok(())
}
