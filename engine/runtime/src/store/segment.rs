//! Files of effects: written once, named by their content, read by row ranges.

use super::{error::StoreError, open::sync_folder};
use arrow_array::{BooleanArray, RecordBatch, StringArray, cast::AsArray};
use arrow_schema::{ArrowError, SchemaRef};
use guiju_core::effect;
use parquet::{
    arrow::{
        ArrowWriter, ProjectionMask,
        arrow_reader::{
            ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
            RowSelection, RowSelector,
        },
    },
    basic::{Compression, Encoding, ZstdLevel},
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
};

/// Batches that wait to be encoded while the next are made ready.
const AHEAD: usize = 4;

/// A segment while it is being written, under a name that the next opening clears away. Dropped unfinished, it is removed. A
/// thread of its own encodes, compresses and hashes.
pub(super) struct SegmentWriter {
    batches: Option<SyncSender<RecordBatch>>,
    thread: Option<JoinHandle<Result<Encoded, StoreError>>>,
    temporary: PathBuf,
    /// The sort of effect.
    pub(super) kind: String,
    pub(super) schema: SchemaRef,
    pub(super) rows: u64,
    /// Rule, first row, rows: in file order.
    pub(super) rules: Vec<(String, u64, u64)>,
    /// Sink and how many rows go there.
    pub(super) sinks: Vec<(String, u64)>,
}

/// All bytes of a segment, not yet durable.
struct Encoded {
    file: File,
    bytes: u64,
    hash: blake3::Hash,
}

/// A segment that is durable under its final name and not yet known to the database.
pub(super) struct Written {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) hash: [u8; 32],
}

impl SegmentWriter {
    pub(super) fn create(
        folder: &Path,
        name: &str,
        kind: &str,
        schema: SchemaRef,
        facts: &[(&str, String)],
    ) -> Result<Self, StoreError> {
        let temporary = folder.join(format!("{name}.writing"));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)
            .map_err(|e| StoreError::io(&temporary, &e))?;
        let sink = Hashing { inner: BufWriter::with_capacity(1 << 20, file), hasher: blake3::Hasher::new(), bytes: 0 };
        let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties(facts)))
            .map_err(|e| StoreError::writing(&temporary, &e))?;
        let (sender, receiver) = sync_channel(AHEAD);
        let path = temporary.clone();
        let thread = std::thread::Builder::new()
            .name("guiju-segment".to_owned())
            .spawn(move || encode(writer, &receiver, &path))
            .map_err(|e| StoreError::io(&temporary, &e))?;
        let (rules, sinks) = (Vec::new(), Vec::new());
        let (batches, thread) = (Some(sender), Some(thread));
        Ok(Self { batches, thread, temporary, kind: kind.to_owned(), schema, rows: 0, rules, sinks })
    }

    pub(super) fn write(&mut self, rule: &str, batch: &RecordBatch) -> Result<(), StoreError> {
        // Nobody receives any more: the thread has ended, and says why.
        if self.batches.as_ref().is_some_and(|batches| batches.send(batch.clone()).is_err()) {
            return self.finish().map(drop);
        }
        let rows = batch.num_rows() as u64;
        match self.rules.last_mut() {
            Some((last, _, count)) if last == rule => *count += rows,
            _ => self.rules.push((rule.to_owned(), self.rows, rows)),
        }
        self.rows += rows;
        Ok(())
    }

    /// Writes the rest and makes the file's content durable.
    pub(super) fn sync(&mut self) -> Result<Written, StoreError> {
        let Encoded { file, bytes, hash } = self.finish()?;
        file.sync_all().map_err(|e| StoreError::io(&self.temporary, &e))?;
        Ok(Written { file: format!("{}.parquet", hash.to_hex()), bytes, hash: *hash.as_bytes() })
    }

    fn finish(&mut self) -> Result<Encoded, StoreError> {
        self.batches = None;
        let ended = self.thread.take().map(JoinHandle::join);
        let odd = |why: &str| StoreError::Io { path: self.temporary.clone(), why: why.to_owned() };
        match ended {
            Some(Ok(encoded)) => encoded,
            Some(Err(_)) => Err(odd("the encoder stopped")),
            None => Err(odd("written twice")),
        }
    }

    /// Gives the file its final name; `sync_folder` makes the name durable.
    pub(super) fn rename(&self, written: &Written) -> Result<(), StoreError> {
        let path = self.temporary.with_file_name(&written.file);
        fs::rename(&self.temporary, &path).map_err(|e| StoreError::io(&path, &e))
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        self.batches = None;
        // Whatever it has to say does not matter any more.
        let _ = self.thread.take().map(JoinHandle::join);
        // Renamed or removed already, or the next opening clears it.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// What the segment's thread does.
fn encode(
    mut writer: ArrowWriter<Hashing<BufWriter<File>>>,
    batches: &Receiver<RecordBatch>,
    path: &Path,
) -> Result<Encoded, StoreError> {
    for batch in batches {
        writer.write(&batch).map_err(|e| StoreError::writing(path, &e))?;
    }
    let Hashing { inner, hasher, bytes } = writer.into_inner().map_err(|e| StoreError::writing(path, &e))?;
    let file = inner.into_inner().map_err(|e| StoreError::io(path, &e.into_error()))?;
    Ok(Encoded { file, bytes, hash: hasher.finalize() })
}

/// Makes the names of renamed segments durable.
pub(super) fn sync_names(folder: &Path) -> Result<(), StoreError> {
    sync_folder(folder)
}

/// Ids are random bytes: neither a dictionary nor statistics nor compression can gain anything on them.
fn properties(facts: &[(&str, String)]) -> WriterProperties {
    let id = ColumnPath::from(effect::EFFECT_ID);
    let facts = facts.iter().map(|(name, value)| KeyValue::new(format!("guiju.{name}"), value.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_created_by("guiju".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 18))
        .set_key_value_metadata(Some(facts))
        .set_column_compression(id.clone(), Compression::UNCOMPRESSED)
        .set_column_statistics_enabled(id, EnabledStatistics::None);
    // Mostly different in every row: a dictionary would be built and thrown away.
    for name in [effect::EFFECT_ID, effect::KEY, effect::ROW] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    properties.set_column_encoding(ColumnPath::from(effect::ROW), Encoding::DELTA_BINARY_PACKED).build()
}

/// Hashes what passes through.
struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// What to read of a segment.
#[derive(Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Row ranges (first, count), ascending; `None`: all.
    pub(super) ranges: Option<&'a [(u64, u64)]>,
    /// Only rows where this column has this text.
    pub(super) equal: Option<(&'static str, &'a str)>,
    /// Only these columns.
    pub(super) columns: Option<&'static [&'static str]>,
}

/// Effects, batch by batch.
#[derive(Debug)]
pub struct EffectBatches {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
    /// Rows still to leave out at the beginning.
    skip: usize,
}

impl EffectBatches {
    pub(super) fn open(path: PathBuf, wanted: &Wanted<'_>) -> Result<Self, StoreError> {
        let file = File::open(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => StoreError::SegmentMissing { path: path.clone() },
            _ => StoreError::io(&path, &e),
        })?;
        let reader = build(file, wanted).map_err(|e| StoreError::reading(&path, &e))?;
        Ok(Self { reader, path, skip: 0 })
    }

    pub(super) fn skip(mut self, rows: u64) -> Self {
        self.skip = usize::try_from(rows).unwrap_or(usize::MAX);
        self
    }
}

impl Iterator for EffectBatches {
    type Item = Result<RecordBatch, StoreError>;
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = match self.reader.next()? {
                Ok(batch) => batch,
                Err(e) => return Some(Err(StoreError::reading(&self.path, &e))),
            };
            if self.skip >= batch.num_rows() {
                self.skip -= batch.num_rows();
                continue;
            }
            let rest = batch.slice(self.skip, batch.num_rows() - self.skip);
            self.skip = 0;
            return Some(Ok(rest));
        }
    }
}

fn build(file: File, wanted: &Wanted<'_>) -> Result<ParquetRecordBatchReader, parquet::errors::ParquetError> {
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(1 << 14);
    if let Some(ranges) = wanted.ranges {
        let total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        builder = builder.with_row_selection(selection(ranges, total));
    }
    if let Some((column, text)) = wanted.equal {
        let mask = ProjectionMask::columns(builder.parquet_schema(), [column]);
        let text = text.to_owned();
        let equal = move |batch: RecordBatch| equals(&batch, &text);
        let filter: Box<dyn ArrowPredicate> = Box::new(ArrowPredicateFn::new(mask, equal));
        builder = builder.with_row_filter(RowFilter::new(vec![filter]));
    }
    if let Some(columns) = wanted.columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    builder.build()
}

fn selection(ranges: &[(u64, u64)], total: u64) -> RowSelection {
    let mut selectors = Vec::with_capacity(ranges.len() * 2 + 1);
    let mut at = 0;
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    for &(first, rows) in ranges {
        let end = first.saturating_add(rows).min(total);
        if first < at || first >= end {
            continue;
        }
        selectors.push(RowSelector::skip(count(first - at)));
        selectors.push(RowSelector::select(count(end - first)));
        at = end;
    }
    selectors.push(RowSelector::skip(count(total.saturating_sub(at))));
    RowSelection::from(selectors)
}

/// Of the batch's one column, plain or dictionary-coded.
fn equals(batch: &RecordBatch, text: &str) -> Result<BooleanArray, ArrowError> {
    let column = batch.column(0);
    if let Some(texts) = column.as_string_opt::<i32>() {
        return Ok(texts.iter().map(|t| Some(t == Some(text))).collect());
    }
    let Some(coded) = column.as_dictionary_opt::<arrow_array::types::Int32Type>() else {
        return Err(ArrowError::SchemaError(format!("column `{}` is not text", batch.schema_ref().field(0).name())));
    };
    let Some(texts) = coded.downcast_dict::<StringArray>() else {
        return Err(ArrowError::SchemaError(format!("column `{}` is not text", batch.schema_ref().field(0).name())));
    };
    Ok(texts.into_iter().map(|t| Some(t == Some(text))).collect())
}
