//! Parquet. The columns are dealt out to the decoding threads by weight; every thread walks all files and row groups in step, and
//! the consumer puts the slices together. So the work splits evenly whatever the number of row groups, batches come in order, and
//! no more than a few batches are in memory.

use super::{
    Context, Opened, Progress, SourceBatch, Step,
    cast::Cast,
    types::{dictionary, lang_type},
};
use crate::problem::{self, DataPlace};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, SchemaRef, TimeUnit};
use guiju_lang::{
    finding::Finding,
    schema::{Column, Schema},
    ty::{Type, Typed},
};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    basic::{Encoding, PageType},
    errors::ParquetError,
    file::metadata::{ColumnChunkMetaData, ParquetMetaData},
};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
};

/// Batches that a thread may be ahead of the consumer.
const AHEAD: usize = 3;

/// The columns of a file that the language has types for.
pub(crate) fn schema_of(path: &Path) -> Result<Schema, Finding> {
    let (_, metadata) = load(path)?;
    let columns = metadata.schema().fields().iter().filter_map(|f| {
        let ty = lang_type(f.data_type())?;
        // A real can always turn out not to be a number.
        let nullable = f.is_nullable() || ty == Type::Real;
        Some(Column { name: f.name().clone(), typed: Typed::new(ty, nullable) })
    });
    Ok(Schema { columns: columns.collect() })
}

/// Opens a file and reads its footer, without the Arrow schema some writers add: the file's own types count.
fn load(path: &Path) -> Result<(File, ArrowReaderMetadata), Finding> {
    let mut file = File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => problem::file_absent(path, None),
        _ => problem::file_unreadable(path, &e),
    })?;
    let bytes = sniff(path, &mut file)?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    match ArrowReaderMetadata::load(&file, options) {
        Ok(metadata) => Ok((file, metadata)),
        Err(ParquetError::EOF(_) | ParquetError::NeedMoreData(_) | ParquetError::NeedMoreDataRange(_)) => {
            Err(problem::parquet_truncated(path, bytes))
        }
        Err(e) => Err(problem::parquet_broken(path, None, &message(&e))),
    }
}

/// `PAR1` at both ends; only at the start: the writer did not finish.
fn sniff(path: &Path, file: &mut File) -> Result<u64, Finding> {
    let unreadable = |e: &std::io::Error| problem::file_unreadable(path, e);
    let bytes = file.metadata().map_err(|e| unreadable(&e))?.len();
    if bytes == 0 {
        return Err(problem::file_empty(path));
    }
    let mut head = [0u8; 4];
    let mut tail = [0u8; 4];
    if bytes < 4 {
        return Err(problem::not_parquet(path));
    }
    file.read_exact(&mut head).map_err(|e| unreadable(&e))?;
    if &head != b"PAR1" {
        return Err(problem::not_parquet(path));
    }
    file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut tail)).map_err(|e| unreadable(&e))?;
    if &tail != b"PAR1" || bytes < 12 {
        return Err(problem::parquet_truncated(path, bytes));
    }
    Ok(bytes)
}

fn message(error: &ParquetError) -> String {
    let text = error.to_string();
    text.strip_prefix("Parquet error: ").unwrap_or(&text).to_owned()
}

/// One file, ready to be decoded.
#[derive(Clone)]
struct Part {
    path: PathBuf,
    metadata: Arc<ParquetMetaData>,
    found: SchemaRef,
    /// For each delivered column its position in the file.
    positions: Vec<usize>,
}

/// A column as all threads treat it.
#[derive(Clone)]
struct Plan {
    name: String,
    ty: Type,
    required: bool,
    /// What the Parquet reader is told to deliver.
    hint: DataType,
    cast: Cast,
}

pub(super) fn open(context: Context) -> Result<Opened, Vec<Finding>> {
    let mut parts = Vec::with_capacity(context.files.len());
    for path in &context.files {
        let (_, metadata) = load(path).map_err(|f| vec![f])?;
        parts.push(part(path, &metadata, &context)?);
    }
    let plans = plan(&parts, &context)?;
    let fields = plans
        .iter()
        .zip(&context.columns.columns)
        .map(|(p, c)| Field::new(&c.name, p.cast.physical.clone(), c.typed.nullable))
        .collect::<Vec<_>>();
    let schema: SchemaRef = Arc::new(arrow_schema::Schema::new(fields.clone()));
    let rows = parts.iter().map(|p| u64::try_from(p.metadata.file_metadata().num_rows()).unwrap_or(0)).sum();
    let shares = deal(&parts, plans.len(), context.options.threads.max(1));
    let parts: Arc<[Part]> = parts.into();
    let plans: Arc<[Plan]> = plans.into();
    let slots = shares.iter().flatten().copied().collect::<Vec<_>>();
    let receivers = shares
        .into_iter()
        .map(|share| {
            let worker = Worker {
                parts: Arc::clone(&parts),
                plans: Arc::clone(&plans),
                share,
                batch_rows: context.options.batch_rows.max(1),
                progress: Arc::clone(&context.progress),
            };
            let (sender, receiver) = sync_channel(AHEAD);
            std::thread::Builder::new()
                .name("guiju-parquet".to_owned())
                .spawn(move || {
                    worker.run(&mut |slice| sender.send(slice).is_ok());
                })
                .map_err(|e| vec![problem::file_unreadable(Path::new(&worker_path(&parts)), &e)])?;
            Ok(receiver)
        })
        .collect::<Result<Vec<_>, Vec<Finding>>>()?;
    Ok((fields, Some(rows), Box::new(Merge { schema, receivers, slots, parts, rows: 0, over: false })))
}

fn worker_path(parts: &[Part]) -> String {
    parts.first().map(|p| p.path.display().to_string()).unwrap_or_default()
}

/// Finds the wanted columns in one file and compares them with what was checked.
fn part(path: &Path, metadata: &ArrowReaderMetadata, context: &Context) -> Result<Part, Vec<Finding>> {
    let fields = metadata.schema().fields();
    let mut findings = Vec::new();
    let mut positions = Vec::new();
    if fields.len() > context.options.limits.columns {
        return Err(vec![problem::too_many_columns(path, fields.len() as u64, context.options.limits.columns as u64)]);
    }
    for column in &context.columns.columns {
        match fields.iter().position(|f| *f.name() == column.name) {
            Some(i) => {
                match (
                    lang_type(fields[i].data_type()),
                    Cast::plan(fields[i].data_type(), &column.typed, &context.connection.text.zone),
                ) {
                    (None, _) => findings.push(problem::column_unsupported(
                        path,
                        &column.name,
                        &fields[i].data_type().to_string(),
                    )),
                    (Some(ty), None) => {
                        findings.push(problem::column_type_changed(path, &column.name, &ty, &column.typed.ty))
                    }
                    _ => {}
                }
                positions.push(i);
            }
            None => {
                let near = problem::nearest(&column.name, fields.iter().map(|f| f.name().as_str()));
                findings.push(problem::column_absent(path, &column.name, near));
            }
        }
    }
    if findings.is_empty() {
        Ok(Part {
            path: path.to_owned(),
            metadata: Arc::clone(metadata.metadata()),
            found: Arc::clone(metadata.schema()),
            positions,
        })
    } else {
        Err(findings)
    }
}

/// One plan per delivered column, the same for all files.
fn plan(parts: &[Part], context: &Context) -> Result<Vec<Plan>, Vec<Finding>> {
    let mut plans = Vec::new();
    let Some(first) = parts.first() else { return Ok(plans) };
    for (i, column) in context.columns.columns.iter().enumerate() {
        let found = first.found.field(first.positions[i]).data_type();
        if let Some(other) = parts.iter().find(|p| p.found.field(p.positions[i]).data_type() != found) {
            let this = other.found.field(other.positions[i]).data_type();
            let (a, b) = (lang_type(this).unwrap_or(Type::Unknown), lang_type(found).unwrap_or(Type::Unknown));
            return Err(vec![problem::files_differ(&other.path, &first.path, &column.name, &a, &b)]);
        }
        let hint = match found {
            DataType::Utf8
                if parts.iter().all(|p| {
                    p.metadata.row_groups().iter().all(|g| all_dictionary(g.column(leaf(p, p.positions[i]))))
                }) =>
            {
                dictionary()
            }
            // INT96: read as microseconds, which reach further than nanoseconds.
            DataType::Timestamp(TimeUnit::Nanosecond, None) if int96(first, first.positions[i]) => {
                DataType::Timestamp(TimeUnit::Microsecond, None)
            }
            other => other.clone(),
        };
        let Some(cast) = Cast::plan(&hint, &column.typed, &context.connection.text.zone) else {
            return Err(vec![problem::column_unsupported(&first.path, &column.name, &hint.to_string())]);
        };
        let required = !column.typed.nullable;
        plans.push(Plan { name: column.name.clone(), ty: column.typed.ty.clone(), required, hint, cast });
    }
    Ok(plans)
}

/// The first leaf column of a root column; the wanted ones have exactly one.
fn leaf(part: &Part, root: usize) -> usize {
    let schema = part.metadata.file_metadata().schema_descr();
    (0..schema.num_columns()).find(|l| schema.get_column_root_idx(*l) == root).unwrap_or(0)
}

fn int96(part: &Part, root: usize) -> bool {
    part.metadata.file_metadata().schema_descr().column(leaf(part, root)).physical_type() == parquet::basic::Type::INT96
}

/// A dictionary from this size on that is also most of its chunk holds nearly as many values as there are rows: not worth looking up.
const LARGE_DICTIONARY: i64 = 64 << 10;

/// Whether every data page of a chunk points into its dictionary; writers fall back to plain values when it grows too large.
fn all_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    let dictionary = chunk.dictionary_page_offset().map_or(0, |at| chunk.data_page_offset() - at);
    if dictionary > LARGE_DICTIONARY && dictionary * 2 > chunk.compressed_size() {
        return false;
    }
    let is_dictionary = |e: Encoding| matches!(e, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    if let Some(stats) = chunk.page_encoding_stats() {
        return stats
            .iter()
            .filter(|s| matches!(s.page_type, PageType::DATA_PAGE | PageType::DATA_PAGE_V2) && s.count > 0)
            .all(|s| is_dictionary(s.encoding));
    }
    match chunk.page_encoding_stats_mask() {
        Some(mask) => mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY),
        None => false,
    }
}

/// Deals the columns out: the heaviest first, each to the thread with the least so far.
fn deal(parts: &[Part], columns: usize, threads: usize) -> Vec<Vec<usize>> {
    let weight = |i: usize| -> i64 {
        parts
            .iter()
            .flat_map(|p| {
                p.metadata
                    .row_groups()
                    .iter()
                    .map(move |g| g.column(leaf(p, p.positions[i])).uncompressed_size() + 4 * g.num_rows())
            })
            .sum()
    };
    let mut weights: Vec<(i64, usize)> = (0..columns).map(|i| (weight(i), i)).collect();
    weights.sort_unstable_by(|a, b| b.cmp(a));
    let mut shares = vec![(0i64, Vec::new()); threads.min(columns).max(1)];
    for (weight, column) in weights {
        if let Some(least) = shares.iter_mut().min_by_key(|(w, _)| *w) {
            least.0 += weight;
            least.1.push(column);
        }
    }
    shares.into_iter().map(|(_, columns)| columns).collect()
}

/// Some columns of some rows.
struct Slice {
    file: u32,
    row_in_file: u64,
    rows: usize,
    columns: Vec<ArrayRef>,
}

struct Worker {
    parts: Arc<[Part]>,
    plans: Arc<[Plan]>,
    /// Which columns.
    share: Vec<usize>,
    batch_rows: usize,
    progress: Arc<Progress>,
}

impl Worker {
    fn run(&self, send: &mut dyn FnMut(Result<Slice, Vec<Finding>>) -> bool) {
        for (file, part) in self.parts.iter().enumerate() {
            match self.file(file as u32, part, send) {
                Ok(true) => {}
                Ok(false) => return,
                Err(findings) => {
                    send(Err(findings));
                    return;
                }
            }
        }
    }

    /// `Ok(false)`: nobody listens any more.
    fn file(
        &self,
        file: u32,
        part: &Part,
        send: &mut dyn FnMut(Result<Slice, Vec<Finding>>) -> bool,
    ) -> Result<bool, Vec<Finding>> {
        let broken = |row: Option<u64>, e: &ParquetError| vec![problem::parquet_broken(&part.path, row, &message(e))];
        let handle = File::open(&part.path).map_err(|e| vec![problem::file_unreadable(&part.path, &e)])?;
        let roots: Vec<usize> = self.share.iter().map(|c| part.positions[*c]).collect();
        let mut fields: Vec<Field> = part.found.fields().iter().map(|f| f.as_ref().clone()).collect();
        for (column, root) in self.share.iter().zip(&roots) {
            fields[*root] = fields[*root].clone().with_data_type(self.plans[*column].hint.clone());
        }
        let options = ArrowReaderOptions::new().with_schema(Arc::new(arrow_schema::Schema::new(fields)));
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(&part.metadata), options).map_err(|e| broken(None, &e))?;
        // The reader delivers columns in the file's order.
        let mut order: Vec<usize> = (0..roots.len()).collect();
        order.sort_by_key(|i| roots[*i]);
        let mut row = 0u64;
        for group in 0..part.metadata.num_row_groups() {
            let clone = handle.try_clone().map_err(|e| vec![problem::file_unreadable(&part.path, &e)])?;
            let mask = ProjectionMask::roots(part.metadata.file_metadata().schema_descr(), roots.iter().copied());
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(clone, metadata.clone())
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(self.batch_rows)
                .build()
                .map_err(|e| broken(Some(row + 1), &e))?;
            for batch in reader {
                let batch =
                    batch.map_err(|e| vec![problem::parquet_broken(&part.path, Some(row + 1), &e.to_string())])?;
                let rows = batch.num_rows();
                let columns = self.columns(&batch, &order, part, row)?;
                if !send(Ok(Slice { file, row_in_file: row, rows, columns })) {
                    return Ok(false);
                }
                row += rows as u64;
            }
            let meta = part.metadata.row_group(group);
            let read =
                self.share.iter().map(|c| meta.column(leaf(part, part.positions[*c])).compressed_size()).sum::<i64>();
            self.progress.add_bytes(u64::try_from(read).unwrap_or(0));
        }
        Ok(true)
    }

    /// The share's columns, converted, in the share's order.
    fn columns(
        &self,
        batch: &RecordBatch,
        order: &[usize],
        part: &Part,
        row: u64,
    ) -> Result<Vec<ArrayRef>, Vec<Finding>> {
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.share.len()];
        for (array, i) in batch.columns().iter().zip(order) {
            let plan = &self.plans[self.share[*i]];
            let place = |at: usize| DataPlace::file(&part.path).row(row + at as u64 + 1).column(&plan.name);
            let (array, made) = plan
                .cast
                .apply(Arc::clone(array))
                .map_err(|m| vec![problem::does_not_fit(place(m.row), &plan.name, "", &plan.ty)])?;
            self.progress.add_not_finite(made);
            if plan.required && array.null_count() > 0 {
                let at = (0..array.len()).find(|i| array.is_null(*i)).unwrap_or(0);
                return Err(vec![problem::required_missing(place(at), &plan.name)]);
            }
            columns[*i] = Some(array);
        }
        Ok(columns.into_iter().flatten().collect())
    }
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
            let all: i64 = self.parts.iter().map(|p| p.metadata.file_metadata().num_rows()).sum();
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
