//! The pass over a table: what happens with each batch, and when the snapshot is complete.

use crate::{
    emit::{self, Firing, plain_text, refused},
    explain,
    link::{Events, Exact, Member, RankedRoots, Table},
    population::{Gathered, Ranked, Thresholds, ranks},
    relation::{Relation, lookup_key},
};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt32Array, UInt64Array, cast::AsArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::ArrowError;
use arrow_select::{concat::concat_batches, filter::filter_record_batch};
use guiju_core::{Batch, Cells, Output, StepError};
use guiju_eval::{EvalError, Frame, Run};
use guiju_lang::{
    context::Context,
    finding::{Arg, Finding, codes},
    hir::{Amount, ColumnRef, Program, RuleId, SourceId},
};
use std::{cell::RefCell, collections::HashMap, sync::Arc};

/// Looked-up sources are a working cell of the whole kind.
pub(crate) type Relations = HashMap<SourceId, Relation>;

/// Candidates of an event that waits, pruned when they grow: `keep top` of the parts' tops is `keep top` of the whole.
const PRUNE_AT: usize = 200_000;

/// Rows of an event that waits for the end of the snapshot.
#[derive(Default)]
pub(crate) struct Candidates {
    batches: Vec<RecordBatch>,
    rows: Vec<u64>,
    pruned: usize,
}

/// A batch, and the rows of other sources that belong to its rows.
pub(crate) struct TableFrame<'a> {
    pub(crate) program: &'a Program,
    pub(crate) on: SourceId,
    /// Which columns of the source the batch holds, sorted.
    columns: &'a [u32],
    pub(crate) batch: &'a RecordBatch,
    pub(crate) relations: &'a Relations,
    positions: RefCell<HashMap<SourceId, UInt32Array>>,
    pub(crate) populations: Vec<BooleanArray>,
}

impl<'a> TableFrame<'a> {
    pub(crate) fn new(
        program: &'a Program,
        on: SourceId,
        columns: &'a [u32],
        batch: &'a RecordBatch,
        relations: &'a Relations,
    ) -> Self {
        Self { program, on, columns, batch, relations, positions: RefCell::default(), populations: Vec::new() }
    }

    fn own(&self, column: u32) -> Result<ArrayRef, ArrowError> {
        let at = self.columns.binary_search(&column).map_err(|_| missing_column(column))?;
        Ok(Arc::clone(self.batch.column(at)))
    }

    fn foreign(&self, c: ColumnRef) -> Result<ArrayRef, ArrowError> {
        let source = &self.program.sources[c.source.0 as usize];
        let at = source.used.binary_search(&c.column).map_err(|_| missing_column(c.column))?;
        let relation = self.relations.get(&c.source).ok_or_else(|| missing_column(c.column))?;
        let mut positions = self.positions.borrow_mut();
        let positions = match positions.entry(c.source) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let own_key = lookup_key(self.program, self.on, c.source).ok_or_else(|| missing_column(c.column))?;
                entry.insert(relation.positions(&self.own(own_key)?)?)
            }
        };
        match relation.take(at, positions)? {
            Some(array) => Ok(array),
            // An empty source: every row of it is missing.
            None => {
                let typed = &source.schema.columns[c.column as usize].typed;
                Ok(arrow_array::new_null_array(&guiju_eval::arrow_type(&typed.ty), self.batch.num_rows()))
            }
        }
    }
}

fn missing_column(column: u32) -> ArrowError {
    ArrowError::SchemaError(format!("column {column} was not delivered"))
}

impl Frame for TableFrame<'_> {
    fn rows(&self) -> usize {
        self.batch.num_rows()
    }
    fn column(&self, c: &ColumnRef) -> Result<ArrayRef, EvalError> {
        let array = if c.source == self.on { self.own(c.column) } else { self.foreign(*c) };
        array.map_err(|error| EvalError::Unreadable(error.to_string()))
    }
    fn population(&self, index: u32) -> Option<BooleanArray> {
        self.populations.get(index as usize).cloned()
    }
}

/// The kind's own working cells hang under the first table's first member; there is no event kind without one.
fn home(events: &Events) -> Option<guiju_core::id::CellId> {
    Some(events.tables.first()?.members.first()?.cell)
}

const RELATIONS: u32 = 1;
const CANDIDATES: u32 = 2;
pub(crate) const ASKED: u32 = 3;
const GATHERED: u32 = 16;

/// Rows of some source.
pub(crate) fn batch(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    batch: &Batch<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    let Some(home) = home(events) else { return Ok(()) };
    if events.lookups.contains(&batch.source) {
        cells.working::<Relations>(home, RELATIONS).entry(batch.source).or_default().push(batch.rows);
    }
    let relations: Relations = cells.take(home, RELATIONS);
    let result = events
        .tables
        .iter()
        .filter(|table| table.on == batch.source)
        .try_for_each(|table| over_table(events, table, cx, cells, batch, &relations, out));
    *cells.working(home, RELATIONS) = relations;
    result
}

fn over_table(
    events: &Events,
    table: &Table,
    cx: &Context,
    cells: &mut Cells,
    batch: &Batch<'_>,
    relations: &Relations,
    out: &mut Output,
) -> Result<(), StepError> {
    let program = &*events.program;
    let used = &program.sources[table.on.0 as usize].used;
    let frame = TableFrame::new(program, table.on, used, batch.rows, relations);
    let mut run = table.plan.run(&frame, cx, &mut out.incidents);
    let hopeful = gather(table, &mut run, cells)?;
    let may_fire =
        (0..table.members.len()).map(|root| run.truth(root)).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    for (member, mut fires) in table.members.iter().zip(may_fire) {
        explain::notice(events, table, member, batch, cells, &frame, cx)?;
        for &at in &member.populations {
            if let Some(hopeful) = &hopeful[at] {
                fires = &fires & hopeful;
            }
        }
        if fires.count_set_bits() == 0 {
            continue;
        }
        let (rows, numbers) = select(batch.rows, used, &member.columns, &fires, batch.first_row)?;
        if member.waits(program) {
            let candidates = cells.working::<Candidates>(member.cell, CANDIDATES);
            candidates.batches.push(rows);
            candidates.rows.extend(numbers.values());
            prune(program, table, member, cx, cells, relations, out)?;
        } else {
            let event = member.event(program);
            let frame = TableFrame::new(program, table.on, &member.columns, &rows, relations);
            let firing = member.payload.evaluate(&frame, numbers, cx, out)?;
            let keep = emit::eligible(&firing, event, member.cool_down, cx, cells);
            emit::emit(&firing, &keep, member, event, cx, cells, out)?;
        }
    }
    Ok(())
}

/// Gathers the values of all populations. Per population, where it decides: which rows may still be in.
fn gather(table: &Table, run: &mut Run<'_>, cells: &mut Cells) -> Result<Vec<Option<BooleanBuffer>>, StepError> {
    let one = |ranked: &RankedRoots| -> Result<Option<BooleanBuffer>, StepError> {
        let columns = RankColumns::of(ranked, run, ranked.root)?;
        let rows = columns.rows(ranked)?;
        let gathered = cells.working::<Gathered>(ranked.cell, GATHERED + ranked.part);
        gathered.push(ranked.population.amount, &rows);
        Ok(ranked.decisive.then(|| gathered.hopeful(&rows)))
    };
    table.ranked.iter().map(one).collect()
}

/// Value, group and key of a population's rows, as far as it needs them.
struct RankColumns {
    values: ArrayRef,
    groups: Option<StringArray>,
    keys: Option<StringArray>,
}

impl RankColumns {
    fn of(ranked: &RankedRoots, run: &mut Run<'_>, root: usize) -> Result<Self, StepError> {
        let values = run.array(root).map_err(refused)?;
        let mut text = |root| -> Result<StringArray, StepError> { Ok(plain_text(&run.array(root).map_err(refused)?)?) };
        let grouped = !ranked.population.per.is_empty();
        let counted = matches!(ranked.population.amount, Amount::Count(_));
        let groups = if grouped { Some(text(root + 1)?) } else { None };
        let keys = if counted { Some(text(root + 2)?) } else { None };
        Ok(Self { values, groups, keys })
    }

    fn rows(&self, ranked: &RankedRoots) -> Result<Ranked<'_>, ArrowError> {
        let ranks = ranks(&self.values, ranked.population.end)?;
        Ok(Ranked { ranks, groups: self.groups.as_ref(), keys: self.keys.as_ref() })
    }
}

/// The rows that are set, in the columns wanted, with their positions in the source.
fn select(
    batch: &RecordBatch,
    columns: &[u32],
    wanted: &[u32],
    set: &BooleanBuffer,
    first: u64,
) -> Result<(RecordBatch, UInt64Array), ArrowError> {
    let numbers: UInt64Array = set.set_indices().map(|i| first + i as u64).collect();
    let at: Vec<usize> = wanted.iter().filter_map(|column| columns.binary_search(column).ok()).collect();
    let rows = filter_record_batch(&batch.project(&at)?, &BooleanArray::new(set.clone(), None))?;
    Ok((rows, numbers))
}

/// A snapshot begins. Knowing how many rows it can have bounds what `in top 5%` must remember.
pub(crate) fn start(events: &Events, cells: &mut Cells, source: SourceId, rows: Option<u64>) {
    for ranked in events.tables.iter().filter(|table| table.on == source).flat_map(|table| &table.ranked) {
        *cells.working(ranked.cell, GATHERED + ranked.part) = Gathered::of_at_most(rows, ranked.population.amount);
    }
}

/// A source is complete.
pub(crate) fn end(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    source: SourceId,
    out: &mut Output,
) -> Result<(), StepError> {
    let Some(home) = home(events) else { return Ok(()) };
    let program = &*events.program;
    let mut relations: Relations = cells.take(home, RELATIONS);
    if let Some(relation) = relations.get_mut(&source) {
        let declared = &program.sources[source.0 as usize];
        if let Some(key) = declared.key.and_then(|key| declared.used.binary_search(&key).ok()) {
            relation.finish(key)?;
            if relation.duplicates > 0 {
                let finding = Finding::new(codes::kinds::LOOKUP_KEY_TWICE, declared.place);
                out.findings
                    .push(finding.name("source", &declared.name).arg("count", Arg::Count(relation.duplicates as i64)));
            }
        }
    } else if events.lookups.contains(&source) {
        relations.entry(source).or_default();
    }
    for table in events.tables.iter().filter(|table| table.on == source) {
        for member in &table.members {
            complete(events, table, member, cx, cells, &relations, out)?;
        }
    }
    *cells.working(home, RELATIONS) = relations;
    Ok(())
}

fn complete(
    events: &Events,
    table: &Table,
    member: &Member,
    cx: &Context,
    cells: &mut Cells,
    relations: &Relations,
    out: &mut Output,
) -> Result<(), StepError> {
    let program = &*events.program;
    let thresholds: Vec<(usize, Thresholds)> = member
        .populations
        .iter()
        .map(|&at| {
            let ranked = &table.ranked[at];
            let gathered: Gathered = cells.take(ranked.cell, GATHERED + ranked.part);
            (at, gathered.thresholds(ranked.population.amount))
        })
        .collect();
    let mut chosen = None;
    if member.waits(program) {
        let candidates: Candidates = cells.take(member.cell, CANDIDATES);
        if let Some((rows, numbers)) = candidates.concat()? {
            let firing = decide(program, table, member, cx, relations, &rows, numbers, &thresholds, out)?;
            let event = member.event(program);
            let keep = emit::eligible(&firing, event, member.cool_down, cx, cells);
            let keep = keep_top(&firing, member, program, &keep)?;
            emit::emit(&firing, &keep, member, event, cx, cells, out)?;
            chosen = Some((firing, keep));
        }
    }
    explain::answer(events, table, member, cx, cells, relations, &thresholds, chosen.as_ref(), out)
}

/// The candidates that really fire, now that membership is known, with their payload.
fn decide(
    program: &Program,
    table: &Table,
    member: &Member,
    cx: &Context,
    relations: &Relations,
    rows: &RecordBatch,
    numbers: UInt64Array,
    thresholds: &[(usize, Thresholds)],
    out: &mut Output,
) -> Result<Firing, StepError> {
    let columns = &member.columns;
    let mut frame = TableFrame::new(program, table.on, columns, rows, relations);
    let Some(exact) = &member.exact else { return member.payload.evaluate(&frame, numbers, cx, out) };
    frame.populations = memberships(table, exact, &frame, cx, thresholds, out)?;
    let fires = exact.when.run(&frame, cx, &mut out.incidents).truth(0).map_err(refused)?;
    let (rows, at) = select(rows, columns, columns, &fires, 0)?;
    let numbers = arrow_select::take::take(&numbers, &at, None)?;
    let frame = TableFrame::new(program, table.on, columns, &rows, relations);
    member.payload.evaluate(&frame, numbers.as_primitive().clone(), cx, out)
}

/// Membership of the frame's rows in each of the member's populations.
pub(crate) fn memberships(
    table: &Table,
    exact: &Exact,
    frame: &TableFrame<'_>,
    cx: &Context,
    thresholds: &[(usize, Thresholds)],
    out: &mut Output,
) -> Result<Vec<BooleanArray>, StepError> {
    let mut run = exact.ranks.run(frame, cx, &mut out.incidents);
    let member = |(i, (at, thresholds)): (usize, &(usize, Thresholds))| -> Result<BooleanArray, StepError> {
        let ranked = &table.ranked[*at];
        Ok(thresholds.members(&RankColumns::of(ranked, &mut run, 3 * i)?.rows(ranked)?))
    };
    thresholds.iter().enumerate().map(member).collect()
}

/// Of the rows marked, the best of each group.
fn keep_top(
    firing: &Firing,
    member: &Member,
    program: &Program,
    marked: &BooleanArray,
) -> Result<BooleanArray, StepError> {
    let Some(keep) = &member.event(program).keep else { return Ok(marked.clone()) };
    let mut ranks = ranks(&firing.by, guiju_lang::hir::End::Top)?;
    for (row, rank) in ranks.iter_mut().enumerate() {
        *rank = rank.filter(|_| marked.value(row));
    }
    let amount = Amount::Count(keep.count);
    let rows = Ranked { ranks, groups: firing.group.as_ref(), keys: Some(&firing.keys) };
    let mut gathered = Gathered::default();
    gathered.push(amount, &rows);
    let members = gathered.thresholds(amount).members(&rows);
    Ok(members.iter().map(|m| Some(m == Some(true))).collect())
}

/// Candidates of `keep top` alone need not wait in full: those that cannot be among the best any more are let go.
fn prune(
    program: &Program,
    table: &Table,
    member: &Member,
    cx: &Context,
    cells: &mut Cells,
    relations: &Relations,
    out: &mut Output,
) -> Result<(), StepError> {
    let candidates = cells.working::<Candidates>(member.cell, CANDIDATES);
    if member.exact.is_some() || candidates.rows.len() < PRUNE_AT.max(2 * candidates.pruned) {
        return Ok(());
    }
    let candidates = std::mem::take(candidates);
    let Some((rows, numbers)) = candidates.concat()? else { return Ok(()) };
    let columns = &member.columns;
    let frame = TableFrame::new(program, table.on, columns, &rows, relations);
    let firing = member.payload.evaluate(&frame, numbers, cx, out)?;
    let marked = emit::eligible(&firing, member.event(program), member.cool_down, cx, cells);
    let keep = keep_top(&firing, member, program, &marked)?;
    let (rows, at) = select(&rows, columns, columns, keep.values(), 0)?;
    let kept = at.values().iter().map(|i| firing.rows.value(*i as usize)).collect::<Vec<_>>();
    let pruned = kept.len();
    *cells.working(member.cell, CANDIDATES) = Candidates { batches: vec![rows], rows: kept, pruned };
    Ok(())
}

impl Candidates {
    fn concat(self) -> Result<Option<(RecordBatch, UInt64Array)>, ArrowError> {
        let Some(first) = self.batches.first() else { return Ok(None) };
        Ok(Some((concat_batches(&first.schema(), &self.batches)?, UInt64Array::from(self.rows))))
    }
}

/// Somebody wants to know about a key: remember it until the row passes.
pub(crate) fn ask(events: &Events, cells: &mut Cells, rule: &RuleId, key: &str) {
    for table in &events.tables {
        for member in &table.members {
            if events.program.rules[member.rule].head.id == *rule {
                *cells.working::<explain::Asked>(member.cell, ASKED) = explain::Asked::about(key);
            }
        }
    }
}
