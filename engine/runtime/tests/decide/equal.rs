//! Random rows of the shipped data: what single decisions say is what a run says.

use crate::{
    batch::{self, Line},
    day, decider, epoch, shipped,
};
use arrow_array::{RecordBatch, UInt32Array};
use guiju::{
    Decider, Epoch, Moment,
    core::Cells,
    decide::{Column, Row, Scratch},
    eval::value_at,
    lang::hir::SourceId,
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::collections::BTreeMap;

/// The rules that one row decides, and the sources they look at.
struct Shipped {
    epoch: Epoch,
    lookups: BTreeMap<SourceId, RecordBatch>,
    sources: Vec<Source>,
}

/// A source, its rows, and its rules alone: what another source's rules look up does not drive these.
struct Source {
    id: SourceId,
    epoch: Epoch,
    decider: Decider,
    rows: RecordBatch,
}

fn load() -> Shipped {
    let project = shipped();
    let whole = epoch(&project, |_| true);
    let names: Vec<String> = whole.program.sources.iter().map(|source| source.name.clone()).collect();
    let mut decidable = Vec::new();
    for name in &names {
        let built = Decider::of(&whole, name).and_then(|b| b.read(&project)).and_then(guiju::decide::Builder::build);
        decidable.extend(built.expect("a decider").rules());
    }
    assert!(decidable.len() >= 10, "most shipped events can be decided row by row: {decidable:?}");
    let epoch = epoch(&project, |rule| decidable.contains(&rule.head.id.to_string()));
    let id = |at: usize| SourceId(u32::try_from(at).expect("few"));
    let rows = |at: usize| batch::whole(&project, &epoch, id(at));
    let used = |at: &usize| !epoch.program.sources[*at].used.is_empty();
    let lookups = (0..names.len()).filter(used).map(|at| (id(at), rows(at))).collect();
    let sources = (0..names.len())
        .map(|at| (at, decider(&project, &epoch, &names[at])))
        .filter(|(_, decider)| decider.rules().next().is_some())
        .map(|(at, decider)| {
            let rules: Vec<String> = decider.rules().collect();
            let epoch = crate::epoch(&project, |rule| rules.contains(&rule.head.id.to_string()));
            Source { id: id(at), epoch, decider, rows: rows(at) }
        })
        .collect();
    Shipped { epoch, lookups, sources }
}

/// Decides the rows one after the other, with one memory for all of them.
fn singly(
    shipped: &Shipped,
    (source, decider, scratch): (SourceId, &Decider, &mut Scratch),
    rows: &RecordBatch,
    at: Moment,
) -> Vec<Line> {
    let declared = &shipped.epoch.program.sources[source.0 as usize];
    let columns: Vec<Column> = declared
        .used
        .iter()
        .map(|at| decider.column(&declared.schema.columns[*at as usize].name).expect("it is declared"))
        .collect();
    let (mut row, mut cells) = (decider.row(), Cells::default());
    let mut lines = Vec::new();
    for number in 0..rows.num_rows() {
        fill(&mut row, &columns, rows, number);
        let first = lines.len();
        let mut references = Vec::new();
        for decision in decider.decide_with(scratch, &row, at, &mut cells).iter() {
            references.push(decision.reference);
            lines.push(Line {
                rule: decision.rule.to_string(),
                key: decision.key.to_owned(),
                priority: decision.priority.map(str::to_owned),
                assignee: decision.assignee.map(str::to_owned),
                task: decision.task.to_owned(),
                expires: decision.expires,
                evidence: String::new(),
            });
        }
        for (line, reference) in lines[first..].iter_mut().zip(&references) {
            decider.evidence(scratch, reference, &row, &mut line.evidence);
        }
    }
    lines.sort();
    lines
}

pub(crate) fn fill(row: &mut Row, columns: &[Column], rows: &RecordBatch, number: usize) {
    row.clear();
    for (column, array) in columns.iter().zip(rows.columns()) {
        row.set_value(*column, &value_at(array, number)).expect("its own column's value");
    }
}

/// Rows put together from the cells of random rows of their column: none of a kind, all of them possible. Of every cell, which
/// row it comes from; beyond the last row: missing.
fn mixed(rows: &RecordBatch, picks: &[Vec<u32>]) -> RecordBatch {
    let most = u32::try_from(rows.num_rows()).expect("few");
    let columns = rows.columns().iter().enumerate().map(|(column, array)| {
        let at: UInt32Array = picks.iter().map(|row| Some(row[column % row.len()]).filter(|at| *at < most)).collect();
        arrow_select::take::take(array, &at, None).expect("rows")
    });
    let fields = rows.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect::<Vec<_>>();
    let schema = arrow_schema::Schema::new(fields);
    RecordBatch::try_new(schema.into(), columns.collect()).expect("a batch")
}

#[test]
fn every_shipped_row_is_decided_as_by_a_run() {
    let shipped = load();
    let mut effects = 0;
    for Source { id, epoch, decider, rows } in &shipped.sources {
        let run = batch::effects(epoch, &shipped.lookups, *id, rows, day());
        let single = singly(&shipped, (*id, decider, &mut decider.scratch()), rows, day());
        assert_eq!(single, run);
        effects += run.len();
    }
    assert!(effects > 20, "the shipped data has something to decide: {effects}");
}

#[test]
fn random_rows_are_decided_as_by_a_run() {
    let shipped = load();
    let mut effects = 0;
    for Source { id, epoch, decider, rows } in &shipped.sources {
        // One cell in nine is missing; time moves, backwards too, and one scratch goes with it.
        let most = u32::try_from(rows.num_rows() * 9 / 8 + 1).expect("few");
        let row = proptest::collection::vec(0..most, rows.num_columns());
        let cases = (proptest::collection::vec(row, 1..60), -40..400_i32, proptest::option::of(0..86_400_000_000_i64));
        let mut runner =
            TestRunner::new(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() });
        let Moment::Day(today) = day() else { unreachable!("a day") };
        let (found, scratch) = (std::cell::Cell::new(0), std::cell::RefCell::new(decider.scratch()));
        let result = runner.run(&cases, |(picks, later, of_day)| {
            let rows = mixed(rows, &picks);
            let day = today + later;
            let at = of_day.map_or(Moment::Day(day), |at| Moment::Instant(i64::from(day) * 86_400_000_000 + at));
            let run = batch::effects(epoch, &shipped.lookups, *id, &rows, at);
            found.set(found.get() + run.len());
            prop_assert_eq!(singly(&shipped, (*id, decider, &mut scratch.borrow_mut()), &rows, at), run);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{error}"));
        effects += found.get();
    }
    assert!(effects > 500, "random rows have something to decide: {effects}");
}
