//! A run over rows in memory, step by step.

use arrow_array::{Array, RecordBatch, cast::AsArray, types::Date32Type};
use guiju::{
    Epoch, Moment, Project,
    connect::read::{self, ReadOptions},
    core::{Batch, Cells, Feed, Input, Output},
    lang::hir::SourceId,
};
use std::collections::BTreeMap;

/// An effect, as far as one row decides it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) rule: String,
    pub(crate) key: String,
    pub(crate) priority: Option<String>,
    pub(crate) assignee: Option<String>,
    pub(crate) task: String,
    pub(crate) expires: Option<i32>,
    pub(crate) evidence: String,
}

/// All rows of a source, in the columns that rules use.
pub(crate) fn whole(project: &Project, epoch: &Epoch, source: SourceId) -> RecordBatch {
    let declared = &epoch.program.sources[source.0 as usize];
    let scan = read::open(&read::Request {
        connection: project.config.connection(&declared.connection).expect("bound"),
        object: declared.object.as_deref(),
        schema: Some(&declared.schema),
        columns: Some(&declared.used),
        options: ReadOptions::default(),
    });
    let scan = scan.expect("the shipped data is there");
    let schema = scan.schema().clone();
    let batches: Vec<RecordBatch> = scan.map(|batch| batch.expect("it can be read").batch).collect();
    arrow_select::concat::concat_batches(&schema, &batches).expect("one schema")
}

/// The effects of a run that reads these rows of the source, its lookups as they are.
pub(crate) fn effects(
    epoch: &Epoch,
    lookups: &BTreeMap<SourceId, RecordBatch>,
    source: SourceId,
    rows: &RecordBatch,
    at: Moment,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for group in &epoch.groups {
        let cx = group.context(at);
        let mut cells = Cells::default();
        let mut out = Output::default();
        let mut feed = |source: SourceId, rows: &RecordBatch| {
            let count = rows.num_rows() as u64;
            for input in [
                Input::StartOfSnapshot(source, Some(count)),
                Input::Batch(Batch { source, rows, first_row: 0 }),
                Input::EndOfSnapshot(source),
            ] {
                group.linked.step(&cx, &mut cells, &input, &mut out).expect("a step");
            }
        };
        let feeds = group.linked.feeds();
        for (lookup, rows) in lookups.iter().filter(|(id, _)| feeds.contains(&Feed::Lookup(**id))) {
            feed(*lookup, rows);
        }
        if feeds.contains(&Feed::Drive(source)) {
            feed(source, rows);
        }
        for effects in out.effects.iter().filter(|effects| effects.source == source) {
            let text = |column: usize, row: usize| {
                let column = effects.payload.column(column).as_string::<i32>();
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            let expires = effects.payload.column(3).as_primitive::<Date32Type>();
            for row in 0..effects.len() {
                lines.push(Line {
                    rule: epoch.program.rules[effects.rule].head.id.to_string(),
                    key: if effects.keys.is_valid(row) { effects.keys.value(row).to_owned() } else { String::new() },
                    priority: text(0, row),
                    assignee: text(1, row),
                    task: text(2, row).unwrap_or_default(),
                    expires: expires.is_valid(row).then(|| expires.value(row)),
                    evidence: effects.evidence.value(row).to_owned(),
                });
            }
        }
    }
    lines.sort();
    lines
}
