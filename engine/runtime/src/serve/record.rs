//! What a server took, kept for a while: so that somebody can ask what other rules would have done, and how a decision came about.
//!
//! A piece is a Parquet file with all columns that its source declares, durable before the transaction that says it was taken, and
//! named by that transaction's place in the history. A file whose transaction never came is removed by the next start.

use super::spool::Piece;
use crate::store::{StoreError, View};
use arrow_array::RecordBatch;
use guiju_lang::finding::Finding;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};
use std::{
    cell::Cell,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// What a stream was fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Rows, and the position of the first of them in the source.
    Rows(u64),
    /// Nothing, and its time went on until then.
    Until(i64),
}

/// A piece that was taken, or time that passed, and is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the store's history.
    pub seq: i64,
    /// When it was taken, microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// What it is.
    pub what: What,
    /// `rulebook.name`.
    pub source: String,
    path: PathBuf,
}

impl Recorded {
    /// Its rows. Of time that passed: none.
    ///
    /// # Errors
    /// A file that is gone or damaged.
    pub fn batches(&self) -> Result<Vec<RecordBatch>, Finding> {
        if let What::Until(_) = self.what {
            return Ok(Vec::new());
        }
        let file = File::open(&self.path).map_err(|e| StoreError::io(&self.path, &e))?;
        let read = || -> Result<Vec<RecordBatch>, ParquetError> {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(1 << 14).build()?;
            reader.map(|batch| batch.map_err(ParquetError::from)).collect()
        };
        read().map_err(|e| StoreError::reading(&self.path, &e).into())
    }

    /// `000000000042.1763800000000000.120.desk.trades.parquet`, `000000000043.1763800600000000.1763800000000000.desk.trades.until`
    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let rows = name.strip_suffix(".parquet");
        let mut parts = rows.or_else(|| name.strip_suffix(UNTIL))?.splitn(4, '.');
        Some(Self {
            seq: parts.next()?.parse().ok()?,
            at: parts.next()?.parse().ok()?,
            what: match (rows, parts.next()?) {
                (Some(_), first) => What::Rows(first.parse().ok()?),
                (None, until) => What::Until(until.parse().ok()?),
            },
            source: parts.next()?.to_owned(),
            path,
        })
    }
}

/// How the name of time that passed ends.
const UNTIL: &str = ".until";

fn folder(store: &Path) -> PathBuf {
    store.join("inputs")
}

/// How many bytes are kept.
pub fn recorded_bytes(store: &View) -> u64 {
    recorded(store).iter().map(|recorded| fs::metadata(&recorded.path).map_or(0, |meta| meta.len())).sum()
}

/// Everything that is kept, in the order in which it was taken. A server that is at work may remove the oldest meanwhile.
pub fn recorded(store: &View) -> Vec<Recorded> {
    all(&folder(store.folder()))
}

fn all(folder: &Path) -> Vec<Recorded> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<Recorded> = entries.filter_map(|entry| Recorded::of(entry.path())).collect();
    all.sort_by_key(|recorded| recorded.seq);
    all
}

/// How often the oldest are looked at, in microseconds.
const PRUNE: i64 = 60_000_000;

/// Keeps pieces.
pub(super) struct Recorder {
    folder: PathBuf,
    keep: Duration,
    /// And no more than so many bytes.
    most: Option<u64>,
    pruned: Cell<i64>,
}

impl Recorder {
    /// `next` is the next transaction's place in the history.
    pub(super) fn open(store: &View, (keep, most): (Duration, Option<u64>), next: i64) -> Result<Self, Finding> {
        let folder = folder(store.folder());
        fs::create_dir_all(&folder).map_err(|e| StoreError::io(&folder, &e))?;
        for never in all(&folder).into_iter().filter(|recorded| recorded.seq >= next) {
            fs::remove_file(&never.path).map_err(|e| StoreError::io(&never.path, &e))?;
        }
        Ok(Self { folder, keep, most, pruned: Cell::new(0) })
    }

    /// Keeps pieces that are about to be taken together.
    pub(super) fn put(
        &self,
        seq: i64,
        at: i64,
        source: &str,
        pieces: &[Piece],
    ) -> Result<Option<Recorded>, Vec<Finding>> {
        self.prune(at);
        let mut whole = pieces.iter().flat_map(|piece| &piece.whole);
        let Some(first) = whole.next() else { return Ok(None) };
        let first_row = pieces.first().map_or(0, |first| first.first_row);
        let path = self.folder.join(format!("{seq:012}.{at}.{first_row}.{source}.parquet"));
        let beside = self.folder.join(".writing");
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let failed = |e: &io::Error| vec![StoreError::io(&path, e).into()];
        // In memory first: of a disk that is full Parquet's writer does not always say so.
        let whole: Vec<_> = std::iter::once(first).chain(whole).collect();
        let encode = || -> Result<Vec<u8>, ParquetError> {
            let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties))?;
            for batch in whole {
                writer.write(batch)?;
            }
            writer.into_inner()
        };
        let bytes = encode().map_err(|e| vec![StoreError::writing(&path, &e).into()])?;
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(&bytes).and_then(|()| file.sync_all())
        };
        let done = write().and_then(|()| fs::rename(&beside, &path));
        done.and_then(|()| File::open(&self.folder)?.sync_all()).map_err(|e| failed(&e))?;
        Ok(Some(Recorded { seq, at, what: What::Rows(first_row), source: source.to_owned(), path }))
    }

    /// Keeps that time is about to pass in a source.
    pub(super) fn until(&self, seq: i64, at: i64, source: &str, until: i64) -> Result<Recorded, Vec<Finding>> {
        let path = self.folder.join(format!("{seq:012}.{at}.{until}.{source}{UNTIL}"));
        let done = File::create(&path).and_then(|file| file.sync_all());
        let done = done.and_then(|()| File::open(&self.folder)?.sync_all());
        done.map_err(|e| vec![StoreError::io(&path, &e).into()])?;
        Ok(Recorded { seq, at, what: What::Until(until), source: source.to_owned(), path })
    }

    /// Removes what is older than it has to be.
    fn prune(&self, now: i64) {
        if now - self.pruned.get() < PRUNE {
            return;
        }
        self.pruned.set(now);
        let oldest = now - i64::try_from(self.keep.as_micros()).unwrap_or(i64::MAX);
        let mut weight = 0;
        // The youngest first, so that the oldest are those that are too many.
        for old in all(&self.folder).into_iter().rev() {
            weight += fs::metadata(&old.path).map_or(0, |meta| meta.len());
            if old.at < oldest || self.most.is_some_and(|most| weight > most) {
                // The next time, then.
                let _ = fs::remove_file(&old.path);
            }
        }
    }
}
