//! The rows of the one transaction that makes a run visible.

use super::{
    changes::Change,
    epochs, fetch,
    record::{RuleCount, RunInfo, RunStatus},
    segment::{SegmentWriter, Written},
    sql::{SqlError, Tx, values},
};
use guiju_core::id::CellId;
use std::{collections::BTreeMap, path::Path};

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
    pub(super) fn insert(&self, tx: &Tx<'_>, tenant: &str, seq: i64) -> Result<(), SqlError> {
        tx.put(
            "INSERT INTO cell_blocks (cell, partition, seq, checkpoint, tenant, rule, entries, block)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            values![
                self.cell.as_bytes(),
                &self.partition,
                seq,
                self.checkpoint,
                tenant,
                &self.rule,
                self.entries,
                &self.bytes
            ],
        )
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
    pub(super) fn insert(&self, tx: &Tx<'_>, files: &Path) -> Result<i64, SqlError> {
        let info = self.info;
        tx.put(epochs::KEEP, values![&info.epoch.0, info.logical_time, &info.bundle.author, &self.bundle])?;
        let seq = self.insert_run(tx)?;
        for (segment, written) in &self.segments {
            let id = self.insert_segment(tx, seq, segment, written)?;
            if tx.keeps_files() {
                fetch::give(tx, id, &files.join(&written.file))?;
            }
        }
        for block in self.blocks {
            block.insert(tx, &info.tenant, seq)?;
        }
        if let Some(change) = self.change {
            change.insert(tx, seq)?;
        }
        Ok(seq)
    }

    /// The run's position, if it was inserted by a transaction whose answer was lost.
    pub(super) fn was_inserted(&self, tx: &Tx<'_>) -> Result<Option<i64>, SqlError> {
        let query = "SELECT seq FROM runs WHERE tenant = ?1 AND run_id = ?2 AND attempt = ?3";
        tx.first(query, values![&self.info.tenant, self.info.run.as_str(), self.attempt], |row| row.get(0))
    }

    /// The next position is the one after the last: no other transaction of the history is under way, and none is taken back.
    fn insert_run(&self, tx: &Tx<'_>) -> Result<i64, SqlError> {
        let info = self.info;
        let status = match self.status {
            RunStatus::Published => "published",
            RunStatus::Abandoned => "abandoned",
        };
        let counts: BTreeMap<_, _> = self.counts.iter().map(|(r, c)| (r, [c.new, c.already, c.doubled])).collect();
        tx.number(
            "INSERT INTO runs (tenant, run_id, attempt, epoch, occurrence, logical_time, started, ended, status, reason,
                               sources, counts, seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, (SELECT coalesce(max(seq), 0) + 1 FROM runs))
             RETURNING seq",
            values![
                &info.tenant,
                info.run.as_str(),
                self.attempt,
                &info.epoch.0,
                &info.occurrence,
                info.logical_time,
                info.started,
                self.ended,
                status,
                self.reason,
                &info.sources.to_string(),
                &serde_json::json!(counts).to_string(),
            ],
        )
    }

    fn insert_segment(
        &self,
        tx: &Tx<'_>,
        seq: i64,
        segment: &SegmentWriter,
        written: &Written,
    ) -> Result<i64, SqlError> {
        let id = tx.number(
            "INSERT INTO segments (run, kind, file, rows, bytes, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
            values![seq, &segment.kind, &written.file, segment.rows, written.bytes, &written.hash],
        )?;
        for (rule, first, rows) in &segment.rules {
            tx.put(
                "INSERT INTO segment_rules (rule, segment, first_row, rows) VALUES (?1, ?2, ?3, ?4)",
                values![rule, id, *first, *rows],
            )?;
        }
        for (sink, rows) in &segment.sinks {
            let at_most_once = self.info.sinks.iter().any(|(name, at_most_once)| name == sink && *at_most_once);
            tx.put(
                "INSERT INTO deliveries (segment, sink, at_most_once, rows, done, sending, updated)
                 VALUES (?1, ?2, ?3, ?4, 0, 0, ?5)",
                values![id, sink, at_most_once, *rows, self.ended],
            )?;
        }
        Ok(id)
    }
}
