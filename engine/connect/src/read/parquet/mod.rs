//! Parquet. The columns are dealt out to the decoding threads by weight; every thread walks all files and row groups in step, and
//! the consumer puts the slices together. So the work splits evenly whatever the number of row groups, batches come in order, and
//! no more than a few batches are in memory.

mod decode;
mod facts;
mod footer;
mod pick;
mod plan;
mod wanted;
mod worker;

pub(crate) use facts::facts_of;
pub(crate) use footer::{load, schema_of};
pub use pick::{Pickable, Picker};

use super::{Context, Opened, PartBounds, SourceBatch, Step};
use crate::problem;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, SchemaRef};
use decode::Columns;
use guiju_lang::finding::Finding;
use plan::{Part, Plan};
use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
};
use worker::{Slice, Worker};

/// Batches that a thread may be ahead of the consumer.
const AHEAD: usize = 3;

/// The files, and how their columns are decoded.
fn files(context: &Context) -> Result<(Vec<Part>, Vec<Plan>), Vec<Finding>> {
    let mut parts = Vec::with_capacity(context.files.len());
    for path in &context.files {
        let (_, metadata) = load(path).map_err(|f| vec![f])?;
        parts.push(plan::part(path, &metadata, context)?);
    }
    let plans = plan::plan(&parts, context)?;
    Ok((parts, plans))
}

/// The columns as they are delivered.
fn fields(plans: &[Plan], context: &Context) -> Vec<Field> {
    let columns = plans.iter().zip(&context.columns.columns);
    columns.map(|(p, c)| Field::new(&c.name, p.cast.physical.clone(), c.typed.nullable)).collect()
}

pub(super) fn open(context: &Context, wanted: Option<&dyn Fn(&PartBounds) -> bool>) -> Result<Opened, Vec<Finding>> {
    let (mut parts, plans) = files(context)?;
    if let Some(wanted) = wanted {
        parts.iter_mut().for_each(|part| part.leave_out(&context.columns, wanted));
    }
    let fields = fields(&plans, context);
    let schema: SchemaRef = Arc::new(arrow_schema::Schema::new(fields.clone()));
    let rows = parts.iter().map(|p| u64::try_from(p.metadata.file_metadata().num_rows()).unwrap_or(0)).sum();
    let shares = plan::deal(&parts, plans.len(), context.options.threads.max(1));
    let parts: Arc<[Part]> = parts.into();
    let plans: Arc<[Plan]> = plans.into();
    let slots = shares.iter().flatten().copied().collect::<Vec<_>>();
    let receivers = shares
        .into_iter()
        .map(|share| {
            let (parts, plans) = (Arc::clone(&parts), Arc::clone(&plans));
            let path = worker_path(&parts);
            let columns = Columns { parts, plans, share, progress: Arc::clone(&context.progress) };
            let worker = Worker { columns, batch_rows: context.options.batch_rows.max(1) };
            let (sender, receiver) = sync_channel(AHEAD);
            std::thread::Builder::new()
                .name("guiju-parquet".to_owned())
                .spawn(move || {
                    worker.run(&mut |slice| sender.send(slice).is_ok());
                })
                .map_err(|e| vec![problem::file_unreadable(Path::new(&path), &e)])?;
            Ok(receiver)
        })
        .collect::<Result<Vec<_>, Vec<Finding>>>()?;
    Ok((fields, Some(rows), Box::new(Merge { schema, receivers, slots, parts, rows: 0, over: false })))
}

fn worker_path(parts: &[Part]) -> String {
    parts.first().map(|p| p.path.display().to_string()).unwrap_or_default()
}

/// Puts the threads' slices together.
struct Merge {
    schema: SchemaRef,
    receivers: Vec<Receiver<Result<Slice, Vec<Finding>>>>,
    /// For each column, in the order the threads deliver, its position in the batch.
    slots: Vec<usize>,
    parts: Arc<[Part]>,
    /// Delivered so far.
    rows: u64,
    over: bool,
}

impl Iterator for Merge {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.over {
            return None;
        }
        let step = self.step();
        self.over = !matches!(step, Some(Ok(_)));
        step
    }
}

impl Merge {
    fn step(&mut self) -> Option<Step> {
        let mut slices = Vec::with_capacity(self.receivers.len());
        for receiver in &self.receivers {
            match receiver.recv() {
                Ok(Ok(slice)) => slices.push(slice),
                Ok(Err(findings)) => return Some(Err(findings)),
                Err(_) => {}
            }
        }
        let Some(first) = slices.first() else {
            let all: i64 = self.parts.iter().map(Part::wanted_rows).sum();
            // A decoder that stopped before the end, with no finding, has come upon something it could not even name.
            return (self.rows != u64::try_from(all).unwrap_or(0)).then(|| {
                let path = self.parts.last().map(|p| p.path.clone()).unwrap_or_default();
                Err(vec![problem::parquet_broken(&path, Some(self.rows + 1), "the decoder stopped")])
            });
        };
        let (file, row_in_file, rows) = (first.file, first.row_in_file, first.rows);
        let path = &self.parts.get(file as usize)?.path;
        let in_step = slices.len() == self.receivers.len()
            && slices.iter().all(|s| (s.file, s.row_in_file, s.rows) == (file, row_in_file, rows));
        if !in_step {
            return Some(Err(vec![problem::parquet_broken(
                path,
                Some(row_in_file + 1),
                "the columns have different lengths",
            )]));
        }
        let mut columns: Vec<(usize, ArrayRef)> =
            self.slots.iter().copied().zip(slices.into_iter().flat_map(|s| s.columns)).collect();
        columns.sort_unstable_by_key(|(slot, _)| *slot);
        let before: i64 = self.parts.iter().take(file as usize).map(|p| p.metadata.file_metadata().num_rows()).sum();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns.into_iter().map(|(_, c)| c).collect(),
            &options,
        );
        self.rows += rows as u64;
        Some(match batch {
            Ok(batch) => Ok(SourceBatch {
                batch,
                first_row: u64::try_from(before).unwrap_or(0) + row_in_file,
                file,
                row_in_file,
            }),
            Err(e) => Err(vec![problem::parquet_broken(path, Some(row_in_file + 1), &e.to_string())]),
        })
    }
}
