//! How much is remembered, for whom, and since when; and what sinks are owed.

use super::{View, error::StoreError, sql::values};
use std::{fs::File, io::Read};

/// What one rule remembers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Remembered {
    /// `tenant/rulebook.name`.
    pub rule: String,
    /// Its cells.
    pub cells: u64,
    /// Entries written since each cell's last checkpoint, and those of the checkpoint.
    pub entries: u64,
    /// Bytes in the store.
    pub bytes: u64,
    /// When the oldest part was written, microseconds since 1970-01-01 UTC.
    pub oldest: i64,
    /// And the newest.
    pub newest: i64,
}

/// What one sink is owed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SinkState {
    /// `rulebook.name`.
    pub sink: String,
    /// Never sends anything twice.
    pub at_most_once: bool,
    /// Effects delivered.
    pub delivered: u64,
    /// Effects that wait.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub since: Option<i64>,
    /// Effects nobody knows whether they arrived.
    pub uncertain: u64,
    /// Effects that were refused for good.
    pub dead: u64,
}

impl View {
    /// What rules remember, the largest first. What is older than a cell's last checkpoint does not count: nothing reads it but repeats.
    pub fn remembered(&self) -> Result<Vec<Remembered>, StoreError> {
        let query = "SELECT b.rule, count(DISTINCT b.cell), CAST(sum(b.entries) AS BIGINT),
                    CAST(sum(length(b.block)) AS BIGINT), min(u.ended), max(u.ended)
             FROM cell_blocks b JOIN runs u ON u.seq = b.seq
             WHERE b.rule NOT LIKE '%/(serve).%' AND b.seq >= coalesce((SELECT max(c.seq) FROM cell_blocks c
                                      WHERE c.cell = b.cell AND c.partition = b.partition AND c.checkpoint = 1), 0)
             GROUP BY b.rule HAVING sum(b.entries) > 0 ORDER BY 4 DESC, 1";
        let remembered = self.db.query(query, values![], |row| {
            Ok(Remembered {
                rule: row.get(0)?,
                cells: row.get(1)?,
                entries: row.get(2)?,
                bytes: row.get(3)?,
                oldest: row.get(4)?,
                newest: row.get(5)?,
            })
        });
        remembered.map_err(|e| self.failed(e))
    }

    /// What sinks got and are owed, by name.
    pub fn sink_states(&self) -> Result<Vec<SinkState>, StoreError> {
        let query = "SELECT d.sink, max(d.at_most_once), CAST(sum(d.done) AS BIGINT),
                    CAST(sum(d.rows - d.done) AS BIGINT),
                    min(CASE WHEN d.done < d.rows THEN u.ended END),
                    coalesce((SELECT CAST(sum(n.rows) AS BIGINT) FROM uncertain n JOIN deliveries e ON e.id = n.delivery
                              WHERE e.sink = d.sink AND n.decided IS NULL), 0),
                    coalesce((SELECT CAST(sum(n.rows) AS BIGINT) FROM uncertain n JOIN deliveries e ON e.id = n.delivery
                              WHERE e.sink = d.sink AND n.decided = 'lost'), 0)
             FROM deliveries d JOIN segments s ON s.id = d.segment JOIN runs u ON u.seq = s.run
             GROUP BY d.sink ORDER BY d.sink";
        let all = self.dead()?;
        let states = self.db.query(query, values![], |row| {
            let (sink, uncertain): (String, u64) = (row.get(0)?, row.get(5)?);
            let dead = all.iter().filter(|dead| dead.sink == sink).count() as u64;
            Ok(SinkState {
                sink,
                dead,
                at_most_once: row.get(1)?,
                delivered: row.get::<u64>(2)?.saturating_sub(uncertain + row.get::<u64>(6)? + dead),
                waiting: row.get(3)?,
                since: row.get(4)?,
                uncertain,
            })
        });
        states.map_err(|e| self.failed(e))
    }

    /// The number of the process that holds the store to write to it, if one does.
    pub fn holder(&self) -> Option<u32> {
        let mut lock = File::open(self.folder().join("lock")).ok()?;
        if lock.try_lock_shared().is_ok() {
            return None;
        }
        let mut number = String::new();
        lock.read_to_string(&mut number).ok()?;
        // Held, and not written yet.
        Some(number.trim().parse().unwrap_or(0))
    }

    /// Whether a process holds the store.
    pub fn is_held(&self) -> bool {
        self.holder().is_some()
    }
}
