//! The rows of the one transaction that makes a run visible.

use super::{
    changes::Change,
    record::{RuleCount, RunInfo, RunStatus},
    segment::{SegmentWriter, Written},
};
use guiju_core::id::CellId;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// A block for the log of cells.
pub(super) struct CellBlock {
    pub(super) cell: CellId,
    pub(super) partition: String,
    pub(super) rule: String,
    pub(super) entries: usize,
    pub(super) bytes: Vec<u8>,
    /// It stands for everything before it.
    pub(super) checkpoint: bool,
}

impl CellBlock {
    pub(super) fn insert(&self, db: &Connection, tenant: &str, seq: i64) -> rusqlite::Result<()> {
        let entries = i64::try_from(self.entries).unwrap_or(i64::MAX);
        db.prepare(
            "INSERT INTO cell_blocks (cell, partition, seq, checkpoint, tenant, rule, entries, block)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            self.cell.as_bytes(),
            self.partition,
            seq,
            self.checkpoint,
            tenant,
            self.rule,
            entries,
            self.bytes
        ])
        .map(drop)
    }
}

/// Everything there is to say about a run that ends.
pub(super) struct Ending<'a> {
    pub(super) info: &'a RunInfo,
    pub(super) attempt: u32,
    pub(super) bundle: Vec<u8>,
    pub(super) ended: i64,
    pub(super) status: RunStatus,
    pub(super) reason: Option<&'a str>,
    pub(super) counts: &'a BTreeMap<String, RuleCount>,
    pub(super) segments: Vec<(&'a SegmentWriter, &'a Written)>,
    pub(super) blocks: &'a [CellBlock],
    pub(super) change: Option<&'a Change>,
}

impl Ending<'_> {
    /// Inserts it all; the run's position in the history.
    pub(super) fn insert(&self, db: &Connection) -> rusqlite::Result<i64> {
        let info = self.info;
        db.execute(
            "INSERT OR IGNORE INTO epochs (hash, created, author, bundle) VALUES (?1, ?2, ?3, ?4)",
            params![info.epoch.0, info.logical_time, info.bundle.author, self.bundle],
        )?;
        let seq = self.insert_run(db)?;
        for (segment, written) in &self.segments {
            self.insert_segment(db, seq, segment, written)?;
        }
        for block in self.blocks {
            block.insert(db, &info.tenant, seq)?;
        }
        if let Some(change) = self.change {
            change.insert(db, seq)?;
        }
        Ok(seq)
    }

    fn insert_run(&self, db: &Connection) -> rusqlite::Result<i64> {
        let info = self.info;
        let status = match self.status {
            RunStatus::Published => "published",
            RunStatus::Abandoned => "abandoned",
        };
        let counts: BTreeMap<_, _> = self.counts.iter().map(|(r, c)| (r, [c.new, c.already, c.doubled])).collect();
        db.execute(
            "INSERT INTO runs (tenant, run_id, attempt, epoch, occurrence, logical_time, started, ended, status, reason,
                               sources, counts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                info.tenant,
                info.run.as_str(),
                self.attempt,
                info.epoch.0,
                info.occurrence,
                info.logical_time,
                info.started,
                self.ended,
                status,
                self.reason,
                info.sources.to_string(),
                serde_json::json!(counts).to_string(),
            ],
        )?;
        Ok(db.last_insert_rowid())
    }

    fn insert_segment(
        &self,
        db: &Connection,
        seq: i64,
        segment: &SegmentWriter,
        written: &Written,
    ) -> rusqlite::Result<()> {
        db.execute(
            "INSERT INTO segments (run, kind, file, rows, bytes, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![seq, segment.kind, written.file, number(segment.rows), number(written.bytes), written.hash],
        )?;
        let id = db.last_insert_rowid();
        let mut rules =
            db.prepare("INSERT INTO segment_rules (rule, segment, first_row, rows) VALUES (?1, ?2, ?3, ?4)")?;
        for (rule, first, rows) in &segment.rules {
            rules.execute(params![rule, id, number(*first), number(*rows)])?;
        }
        for (sink, rows) in &segment.sinks {
            let at_most_once = self.info.sinks.iter().any(|(name, at_most_once)| name == sink && *at_most_once);
            db.execute(
                "INSERT INTO deliveries (segment, sink, at_most_once, rows, done, sending, updated)
                 VALUES (?1, ?2, ?3, ?4, 0, 0, ?5)",
                params![id, sink, at_most_once, number(*rows), self.ended],
            )?;
        }
        Ok(())
    }
}

/// SQLite's integers are signed.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
