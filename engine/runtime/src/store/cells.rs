//! Cells of state: the log of blocks, and what a run may read of it.

use super::{View, block, error::StoreError};
use guiju_core::{
    cell::CellTable,
    id::{CellId, RunId},
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// A cell that a run needs.
#[derive(Debug, Clone)]
pub struct CellRequest {
    /// The cell.
    pub cell: CellId,
    /// The cell's id under the rule's former name: its state is carried over.
    pub formerly: Option<CellId>,
    /// The stream's partition; empty in batch runs.
    pub partition: String,
}

impl From<CellId> for CellRequest {
    fn from(cell: CellId) -> Self {
        Self { cell, formerly: None, partition: String::new() }
    }
}

/// A checkpoint is due after so many blocks, if they hold more than the last checkpoint does.
const BLOCKS: i64 = 32;

impl View {
    /// The cells as this run must read them: everything published before it; of a run that was published already, everything
    /// published before its first publication, so that a repeat comes to the same effects.
    pub fn cells(
        &self,
        tenant: &str,
        run: &RunId,
        wanted: &[CellRequest],
    ) -> Result<HashMap<CellId, CellTable>, StoreError> {
        let bound = self.first_publication(tenant, run)?.unwrap_or(i64::MAX);
        if bound < self.forgotten_before()? {
            return Err(StoreError::Forgotten { occurrence: run.to_string() });
        }
        let mut out = HashMap::with_capacity(wanted.len());
        for CellRequest { cell, formerly, partition } in wanted {
            let mut table = CellTable::new();
            if let Some(former) = formerly {
                self.load(*former, partition, bound, &mut table)?;
            }
            self.load(*cell, partition, bound, &mut table)?;
            out.insert(*cell, table);
        }
        Ok(out)
    }

    /// Whether a run was published.
    pub fn was_published(&self, tenant: &str, run: &RunId) -> Result<bool, StoreError> {
        self.first_publication(tenant, run).map(|first| first.is_some())
    }

    /// Where a run was first published, if it was.
    pub(super) fn first_publication(&self, tenant: &str, run: &RunId) -> Result<Option<i64>, StoreError> {
        let query = "SELECT min(seq) FROM runs WHERE tenant = ?1 AND run_id = ?2 AND status = 'published'";
        self.db.query_row(query, params![tenant, run.as_str()], |row| row.get(0)).map_err(|e| self.failed(&e))
    }

    /// Everything put into a cell before `bound`.
    fn load(&self, cell: CellId, partition: &str, bound: i64, table: &mut CellTable) -> Result<(), StoreError> {
        let blocks = read_blocks(&self.db, cell, partition, bound).map_err(|e| self.failed(&e))?;
        for bytes in blocks {
            self.decode(cell, &bytes, table)?;
        }
        Ok(())
    }

    fn decode(&self, cell: CellId, bytes: &[u8], table: &mut CellTable) -> Result<(), StoreError> {
        block::decode(bytes, table).ok_or_else(|| StoreError::Corrupt {
            path: self.folder.join("store.db"),
            why: format!("state cell {cell} cannot be read"),
        })
    }

    /// What earlier attempts of a run put into a cell: a repeat writes only what differs.
    pub(super) fn put_by_attempts(
        &self,
        tenant: &str,
        run: &RunId,
        cell: CellId,
        partition: &str,
    ) -> Result<CellTable, StoreError> {
        let query = "SELECT block FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND checkpoint = 0 AND seq IN
                     (SELECT seq FROM runs WHERE tenant = ?3 AND run_id = ?4) ORDER BY seq";
        let read = || {
            let mut statement = self.db.prepare(query)?;
            let rows = statement
                .query_map(params![cell.as_bytes(), partition, tenant, run.as_str()], |row| row.get::<_, Vec<u8>>(0))?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        let mut table = CellTable::new();
        for bytes in read().map_err(|e| self.failed(&e))? {
            self.decode(cell, &bytes, &mut table)?;
        }
        Ok(table)
    }

    /// If the log since the last checkpoint has grown long: the new checkpoint, its number of entries and its bytes.
    pub(super) fn checkpoint_due(
        &self,
        cell: CellId,
        partition: &str,
    ) -> Result<Option<(i64, usize, Vec<u8>)>, StoreError> {
        let due = due(&self.db, cell, partition).map_err(|e| self.failed(&e))?;
        let Some(seq) = due else { return Ok(None) };
        let mut table = CellTable::new();
        self.load(cell, partition, i64::MAX, &mut table)?;
        let bytes = block::encode(table.iter()).map_err(|e| StoreError::io(&self.folder, &e))?;
        Ok(Some((seq, table.len(), bytes)))
    }
}

/// The last checkpoint before `bound`, then the blocks since, oldest first.
fn read_blocks(db: &Connection, cell: CellId, partition: &str, bound: i64) -> rusqlite::Result<Vec<Vec<u8>>> {
    let key = params![cell.as_bytes(), partition, bound];
    let checkpoint: Option<(i64, Vec<u8>)> = db
        .prepare(
            "SELECT seq, block FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND seq < ?3 AND checkpoint = 1
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (since, mut blocks) = checkpoint.map_or((0, Vec::new()), |(seq, block)| (seq, vec![block]));
    let mut statement = db.prepare(
        "SELECT block FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND seq < ?3 AND seq > ?4 AND checkpoint = 0
         ORDER BY seq",
    )?;
    for block in statement.query_map(params![cell.as_bytes(), partition, bound, since], |row| row.get(0))? {
        blocks.push(block?);
    }
    Ok(blocks)
}

/// The last block's position, if a checkpoint there pays.
fn due(db: &Connection, cell: CellId, partition: &str) -> rusqlite::Result<Option<i64>> {
    let (since, held): (i64, i64) = db
        .prepare(
            "SELECT seq, entries FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND checkpoint = 1
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![cell.as_bytes(), partition], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .unwrap_or((0, 0));
    let (blocks, entries, last): (i64, i64, Option<i64>) = db
        .prepare(
            "SELECT count(*), coalesce(sum(entries), 0), max(seq) FROM cell_blocks
             WHERE cell = ?1 AND partition = ?2 AND checkpoint = 0 AND seq > ?3",
        )?
        .query_row(params![cell.as_bytes(), partition, since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(last.filter(|_| blocks >= BLOCKS && entries > held))
}
