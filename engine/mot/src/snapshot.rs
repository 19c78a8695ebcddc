//! The pass over a table: what happens with each batch, and when the snapshot is complete.

use crate::{
    emit::{self, Firing, plain_text, refused},
    event::Event,
    explain,
    frame::{Relations, TableFrame},
    late,
    link::{Events, Exact, Member, RankedRoots, Table},
    population::{Gathered, Ranked, Thresholds, ranks},
    stream, trace,
};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt64Array, cast::AsArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::ArrowError;
use arrow_select::{concat::concat_batches, filter::filter_record_batch};
use guiju_core::{Batch, Cells, Output, StepError};
use guiju_eval::Run;
use guiju_lang::{
    context::Context,
    hir::{Amount, ColumnRef, End, RuleId, SourceId},
};

/// Candidates of an event that waits, pruned when they grow: `keep top` of the parts' tops is `keep top` of the whole.
const PRUNE_AT: usize = 200_000;

/// Rows for which an event fires that are written together: an event that finds a few rows in every batch costs by the row, not by
/// the batch.
const TOGETHER: usize = 1_024;

/// Rows of an event that waits for the end of the snapshot, or for more of their kind.
#[derive(Default)]
pub(crate) struct Candidates {
    batches: Vec<RecordBatch>,
    rows: Vec<u64>,
    pruned: usize,
    /// Their conditions have been decided in full.
    decided: bool,
}

/// The kind's own working cells hang under the first table's first member; there is no event kind without one.
pub(crate) fn home(events: &Events) -> Option<guiju_core::id::CellId> {
    Some(events.tables.first()?.members.first()?.cell)
}

pub(crate) const RELATIONS: u32 = 1;
const CANDIDATES: u32 = 2;
pub(crate) const ASKED: u32 = 3;
pub(crate) const TRACED: u32 = 4;
const GATHERED: u32 = 16;

/// One event's share of a pass.
pub(crate) struct Pass<'a> {
    pub(crate) events: &'a Events,
    pub(crate) table: &'a Table,
    pub(crate) member: &'a Member,
    pub(crate) cx: &'a Context,
    pub(crate) relations: &'a Relations,
}

impl<'a> Pass<'a> {
    pub(crate) fn event(&self) -> &'a Event {
        self.member.event(&self.events.program)
    }
    /// A frame over rows that hold the member's columns.
    pub(crate) fn frame(&self, rows: &'a RecordBatch) -> TableFrame<'a> {
        TableFrame::new(&self.events.program, self.table.on, &self.member.columns, rows, self.relations)
    }
}

/// Rows of some source.
pub(crate) fn batch(
    events: &Events,
    cx: &Context,
    cells: &mut Cells,
    batch: &Batch<'_>,
    out: &mut Output,
) -> Result<(), StepError> {
    looked_up(events, cells, batch.source, batch.rows);
    each_table(events, cells, (batch.source, None), |over, cells| match &over.table.stream {
        None => over_table(over, cx, cells, batch, None, out),
        Some(stream) => stream::rows(over, stream, cx, cells, batch, out),
    })
}

/// Rows that may be looked up.
pub(crate) fn looked_up(events: &Events, cells: &mut Cells, source: SourceId, rows: &RecordBatch) {
    if let Some(home) = home(events).filter(|_| events.lookups.contains(&source)) {
        cells.working::<Relations>(home, RELATIONS).entry(source).or_default().push(rows);
    }
}

/// Does something for the events over a source, with all there is to look up.
pub(crate) fn each_table(
    events: &Events,
    cells: &mut Cells,
    (source, columns): (SourceId, Option<&[u32]>),
    mut does: impl FnMut(&Over<'_>, &mut Cells) -> Result<(), StepError>,
) -> Result<(), StepError> {
    let Some(home) = home(events) else { return Ok(()) };
    let relations: Relations = cells.take(home, RELATIONS);
    let mut tables = events.tables.iter().filter(|table| table.on == source);
    let result = tables.try_for_each(|table| does(&Over { events, table, relations: &relations, columns }, cells));
    *cells.working(home, RELATIONS) = relations;
    result
}

/// The events over one source, and what they see beside its rows.
#[derive(Clone, Copy)]
pub(crate) struct Over<'a> {
    pub(crate) events: &'a Events,
    pub(crate) table: &'a Table,
    pub(crate) relations: &'a Relations,
    /// The columns of the rows, where some will come late.
    pub(crate) columns: Option<&'a [u32]>,
}

/// What the events make of some rows; of a stream, a piece of it.
pub(crate) fn over_table(
    over: &Over<'_>,
    cx: &Context,
    cells: &mut Cells,
    batch: &Batch<'_>,
    mut piece: Option<&mut stream::Piece<'_>>,
    out: &mut Output,
) -> Result<(), StepError> {
    let &Over { events, table, relations, .. } = over;
    let program = &*events.program;
    let used = over.columns.unwrap_or(&table.columns);
    let frame = TableFrame::new(program, table.on, used, batch.rows, relations);
    let mut run = table.plan.run(&frame, cx, &mut out.incidents);
    let hopeful = gather(table, &mut run, cells)?;
    let may_fire =
        (0..table.members.len()).map(|root| run.truth(root)).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let mut wanted = None;
    for (member, mut fires) in table.members.iter().zip(may_fire) {
        let pass = Pass { events, table, member, cx, relations };
        explain::notice(&pass, batch, cells, &frame)?;
        trace::notice(&pass, batch, cells, &frame)?;
        for &at in &member.populations {
            if let Some(hopeful) = &hopeful[at] {
                fires = &fires & hopeful;
            }
        }
        if let Some(piece) = &piece {
            fires = &fires & piece.concerned();
        }
        if let (Some(piece), Some(pattern)) = (&mut piece, &member.pattern) {
            let other = match pattern.other() {
                Some(other) => Some(other.run(&frame, cx, &mut out.incidents).truth(0).map_err(refused)?),
                None => None,
            };
            fires = piece.pattern(&pass, pattern, cells, (batch, &fires, other.as_ref()));
        }
        if fires.count_set_bits() == 0 {
            continue;
        }
        let (rows, numbers) = select(batch.rows, used, &member.columns, &fires, batch.first_row)?;
        if let Some(piece) = &mut piece {
            piece.fire(&pass, cells, (&rows, &numbers), out)?;
            continue;
        }
        if over.columns.is_some() && late::incomplete(member, used) {
            late::wait(&pass, cells, rows, &numbers);
            wanted = Some(wanted.map_or_else(|| fires.clone(), |wanted| &wanted | &fires));
            continue;
        }
        // Who asks about a row wants to know how things stood when it passed.
        let asked = cells.peek::<explain::Asked>(member.cell, ASKED).is_some()
            || cells.peek::<trace::Traced>(member.cell, TRACED).is_some();
        gathered(&pass, cells, (rows, &numbers), Gathering { decided: false, at_once: asked }, out)?;
    }
    if let Some(wanted) = wanted {
        out.wanted.extend(wanted.set_indices().map(|row| batch.first_row + row as u64));
    }
    Ok(())
}

/// How rows join an event's candidates.
#[derive(Clone, Copy)]
pub(crate) struct Gathering {
    /// The condition holds, whatever the rest of the snapshot.
    pub(crate) decided: bool,
    /// Their tasks are written now.
    pub(crate) at_once: bool,
}

/// Rows for which an event may fire wait for their kind, or for the end.
pub(crate) fn gathered(
    pass: &Pass<'_>,
    cells: &mut Cells,
    (rows, numbers): (RecordBatch, &UInt64Array),
    how: Gathering,
    out: &mut Output,
) -> Result<(), StepError> {
    let candidates = cells.working::<Candidates>(pass.member.cell, CANDIDATES);
    candidates.decided = how.decided;
    candidates.push(rows, numbers);
    if pass.member.waits(&pass.events.program) {
        prune(pass, cells, out)
    } else if how.at_once || candidates.rows.len() >= TOGETHER {
        fire(pass, cells, out)
    } else {
        Ok(())
    }
}

/// Writes the tasks of the rows that have come together.
fn fire(pass: &Pass<'_>, cells: &mut Cells, out: &mut Output) -> Result<(), StepError> {
    let candidates: Candidates = cells.take(pass.member.cell, CANDIDATES);
    let Some((rows, numbers)) = candidates.concat()? else { return Ok(()) };
    let firing = pass.member.payload.evaluate(&pass.frame(&rows), numbers, pass.cx, out)?;
    let keep = emit::eligible(pass, &firing, cells);
    emit::emit(pass, &firing, &keep, cells, out)
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
pub(crate) fn select(
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
    for table in events.tables.iter().filter(|table| table.on == source) {
        if let Some(stream) = &table.stream {
            stream::end(&Over { events, table, relations: &relations, columns: None }, stream, cx, cells, out)?;
            continue;
        }
        table.members.iter().try_for_each(|member| late::none_waits(member, cells))?;
        for member in table.members.iter().filter(|member| !member.waits(program)) {
            fire(&Pass { events, table, member, cx, relations: &relations }, cells, out)?;
        }
    }
    if let Some(relation) = relations.get_mut(&source) {
        let declared = &program.sources[source.0 as usize];
        if let Some(key) = declared.key.and_then(|key| declared.used.binary_search(&key).ok()) {
            relation.finish(key, events.reads(ColumnRef { source, column: declared.used[key] }))?;
            out.findings.extend(relation.finding(declared));
        }
    } else if events.lookups.contains(&source) {
        relations.entry(source).or_default();
    }
    for table in events.tables.iter().filter(|table| table.on == source && table.stream.is_none()) {
        for member in &table.members {
            complete(&Pass { events, table, member, cx, relations: &relations }, cells, out)?;
        }
    }
    *cells.working(home, RELATIONS) = relations;
    Ok(())
}

fn complete(pass: &Pass<'_>, cells: &mut Cells, out: &mut Output) -> Result<(), StepError> {
    let &Pass { events, table, member, .. } = pass;
    let threshold = |&at: &usize| {
        let ranked = &table.ranked[at];
        let gathered: Gathered = cells.take(ranked.cell, GATHERED + ranked.part);
        (at, gathered.thresholds(ranked.population.amount))
    };
    let thresholds: Vec<(usize, Thresholds)> = member.populations.iter().map(threshold).collect();
    let mut chosen = None;
    if member.waits(&events.program) {
        let candidates: Candidates = cells.take(member.cell, CANDIDATES);
        let decided = candidates.decided;
        if let Some((rows, numbers)) = candidates.concat()? {
            let firing = if decided {
                member.payload.evaluate(&pass.frame(&rows), numbers, pass.cx, out)?
            } else {
                decide(pass, &rows, numbers, &thresholds, out)?
            };
            let eligible = emit::eligible(pass, &firing, cells);
            let keep = keep_top(pass.event(), &firing, &eligible)?;
            emit::emit(pass, &firing, &keep, cells, out)?;
            chosen = Some((firing, keep));
        }
    }
    trace::answer(pass, cells, &thresholds, chosen.as_ref(), out)?;
    explain::answer(pass, cells, &thresholds, chosen.as_ref(), out)
}

/// The candidates that really fire, now that membership is known, with their payload.
fn decide(
    pass: &Pass<'_>,
    rows: &RecordBatch,
    numbers: UInt64Array,
    thresholds: &[(usize, Thresholds)],
    out: &mut Output,
) -> Result<Firing, StepError> {
    let &Pass { member, cx, relations, .. } = pass;
    // The frame lives shorter than the pass.
    let pass = Pass { relations, ..*pass };
    let mut frame = pass.frame(rows);
    let Some(exact) = &member.exact else { return member.payload.evaluate(&frame, numbers, cx, out) };
    frame.populations = memberships(pass.table, exact, &frame, cx, thresholds, out)?;
    let fires = exact.when.run(&frame, cx, &mut out.incidents).truth(0).map_err(refused)?;
    let (rows, at) = select(rows, &member.columns, &member.columns, &fires, 0)?;
    let numbers = arrow_select::take::take(&numbers, &at, None)?;
    member.payload.evaluate(&pass.frame(&rows), numbers.as_primitive().clone(), cx, out)
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
fn keep_top(event: &Event, firing: &Firing, marked: &BooleanArray) -> Result<BooleanArray, StepError> {
    let Some(keep) = &event.keep else { return Ok(marked.clone()) };
    let mut ranks = ranks(&firing.by, End::Top)?;
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
fn prune(pass: &Pass<'_>, cells: &mut Cells, out: &mut Output) -> Result<(), StepError> {
    let member = pass.member;
    let candidates = cells.working::<Candidates>(member.cell, CANDIDATES);
    let asks = member.exact.is_some() && !candidates.decided;
    if asks || candidates.rows.len() < PRUNE_AT.max(2 * candidates.pruned) {
        return Ok(());
    }
    let candidates = std::mem::take(candidates);
    let decided = candidates.decided;
    let Some((rows, numbers)) = candidates.concat()? else { return Ok(()) };
    let firing = member.payload.evaluate(&pass.frame(&rows), numbers, pass.cx, out)?;
    let marked = emit::eligible(pass, &firing, cells);
    let keep = keep_top(pass.event(), &firing, &marked)?;
    let (rows, at) = select(&rows, &member.columns, &member.columns, keep.values(), 0)?;
    let kept = at.values().iter().map(|i| firing.rows.value(*i as usize)).collect::<Vec<_>>();
    let pruned = kept.len();
    *cells.working(member.cell, CANDIDATES) = Candidates { batches: vec![rows], rows: kept, pruned, decided };
    Ok(())
}

impl Candidates {
    pub(crate) fn push(&mut self, rows: RecordBatch, numbers: &UInt64Array) {
        self.batches.push(rows);
        self.rows.extend(numbers.values());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows as one batch, with their positions in the source.
    pub(crate) fn concat(self) -> Result<Option<(RecordBatch, UInt64Array)>, ArrowError> {
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
