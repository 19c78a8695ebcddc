//! Cells of state: the log of blocks, and what a run may read of it.

use super::{
    Store, View, block,
    error::StoreError,
    sql::{Db, Scope, SqlError, values},
    transaction::CellBlock,
};
use guiju_core::{
    cell::{CellTable, CellValue},
    id::{CellId, RunId},
};
use std::{cell::RefCell, collections::HashMap};

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
        let first = self.db.first(query, values![tenant, run.as_str()], |row| row.get::<Option<i64>>(0));
        Ok(first.map_err(|e| self.failed(e))?.flatten())
    }

    /// Everything put into a cell before `bound`.
    fn load(&self, cell: CellId, partition: &str, bound: i64, table: &mut CellTable) -> Result<(), StoreError> {
        let blocks = read_blocks(&self.db, cell, partition, bound).map_err(|e| self.failed(e))?;
        for bytes in blocks {
            self.decode(cell, &bytes, table)?;
        }
        Ok(())
    }

    fn decode(&self, cell: CellId, bytes: &[u8], table: &mut CellTable) -> Result<(), StoreError> {
        block::decode(bytes, table).ok_or_else(|| StoreError::Corrupt {
            path: self.home.shown(),
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
        let values = values![cell.as_bytes(), partition, tenant, run.as_str()];
        let blocks = self.db.query(query, values, |row| row.get::<Vec<u8>>(0)).map_err(|e| self.failed(e))?;
        let mut table = CellTable::new();
        for bytes in blocks {
            self.decode(cell, &bytes, &mut table)?;
        }
        Ok(table)
    }

    /// Everything put into a cell, as a checkpoint's number of entries and bytes. An empty value is none.
    fn checkpoint(&self, cell: CellId, partition: &str) -> Result<(usize, Vec<u8>), StoreError> {
        let mut table = CellTable::new();
        self.load(cell, partition, i64::MAX, &mut table)?;
        let there = || table.iter().filter(|(_, value)| *value != CellValue::Bytes(&[]));
        let bytes = block::encode(there()).map_err(|e| StoreError::io(&self.home, &e))?;
        Ok((there().count(), bytes))
    }
}

/// How long the log of a cell is since its last checkpoint, and how many entries that holds. Counting the blocks whenever one is written
/// would make a long log ever longer to write.
#[derive(Debug, Clone, Copy)]
struct Length {
    held: i64,
    blocks: i64,
    entries: i64,
}

/// Of the cells that this connection wrote.
#[derive(Debug, Default)]
pub(super) struct Lengths(RefCell<HashMap<(CellId, String), Length>>);

impl Store {
    /// A block was written: shortens the way to its cell if its log has grown long. What nobody can ask for any more goes: pieces of
    /// streams are never repeated, so a cell to which only they write is read from its last checkpoint on.
    pub(super) fn was_written(&self, block: &CellBlock, tenant: &str, seq: i64) -> Result<(), StoreError> {
        let CellBlock { cell, partition, rule, .. } = block;
        let key = (*cell, partition.clone());
        let failed = |e| self.failed(e);
        let before = self.lengths.0.borrow_mut().remove(&key);
        let entries = i64::try_from(block.entries).unwrap_or(i64::MAX);
        let mut length = match before {
            _ if block.checkpoint => Length { held: entries, blocks: 0, entries: 0 },
            Some(Length { held, blocks, entries: before }) => {
                Length { held, blocks: blocks + 1, entries: before.saturating_add(entries) }
            }
            None => length(&self.db, *cell, partition).map_err(failed)?,
        };
        if length.blocks >= BLOCKS && length.entries > length.held {
            let (entries, bytes) = self.checkpoint(*cell, partition)?;
            let (partition, rule) = (partition.clone(), rule.clone());
            let checkpoint = CellBlock { cell: *cell, partition, rule, entries, bytes, checkpoint: true };
            let written = self.db.write(Scope::Line, |tx| {
                checkpoint.insert(tx, tenant, seq)?;
                tx.put(UNREPEATED, values![cell.as_bytes(), &checkpoint.partition, seq])
            });
            written.map_err(failed)?;
            length = Length { held: i64::try_from(entries).unwrap_or(i64::MAX), blocks: 0, entries: 0 };
        }
        self.lengths.0.borrow_mut().insert(key, length);
        Ok(())
    }
}

/// What stands before a checkpoint, of a cell to which only pieces of streams write.
const UNREPEATED: &str = "DELETE FROM cell_blocks WHERE cell = ?1 AND partition = ?2
    AND (seq < ?3 OR (seq = ?3 AND checkpoint = 0))
    AND NOT EXISTS (SELECT 1 FROM cell_blocks b JOIN runs u ON u.seq = b.seq
                    WHERE b.cell = ?1 AND b.partition = ?2 AND u.run_id NOT LIKE 'serve-%')";

/// The last checkpoint before `bound`, then the blocks since, oldest first.
fn read_blocks(db: &Db, cell: CellId, partition: &str, bound: i64) -> Result<Vec<Vec<u8>>, SqlError> {
    let checkpoint: Option<(i64, Vec<u8>)> = db.first(
        "SELECT seq, block FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND seq < ?3 AND checkpoint = 1
         ORDER BY seq DESC LIMIT 1",
        values![cell.as_bytes(), partition, bound],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (since, mut blocks) = checkpoint.map_or((0, Vec::new()), |(seq, block)| (seq, vec![block]));
    blocks.extend(db.query(
        "SELECT block FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND seq < ?3 AND seq > ?4 AND checkpoint = 0
         ORDER BY seq",
        values![cell.as_bytes(), partition, bound, since],
        |row| row.get::<Vec<u8>>(0),
    )?);
    Ok(blocks)
}

/// How long the log of a cell is.
fn length(db: &Db, cell: CellId, partition: &str) -> Result<Length, SqlError> {
    let (since, held): (i64, i64) = db
        .first(
            "SELECT seq, entries FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND checkpoint = 1
             ORDER BY seq DESC LIMIT 1",
            values![cell.as_bytes(), partition],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .unwrap_or((0, 0));
    let query = "SELECT count(*), CAST(coalesce(sum(entries), 0) AS BIGINT) FROM cell_blocks
                 WHERE cell = ?1 AND partition = ?2 AND checkpoint = 0 AND seq > ?3";
    let length = db.first(query, values![cell.as_bytes(), partition, since], |row| {
        Ok(Length { held, blocks: row.get(0)?, entries: row.get(1)? })
    })?;
    length.ok_or(SqlError::Odd(0))
}
