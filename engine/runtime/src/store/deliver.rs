//! What sinks are owed. A publication records its deliveries; the shell settles them, now or in the next run.
//!
//! At least once: deliver, then confirm; after an interruption the rows not confirmed go again, with the same effect ids.
//! At most once: announce, send, confirm; rows announced and never confirmed are not sent again but listed as uncertain.

use super::{
    PublishStep, Store, View,
    error::StoreError,
    record::{Delivery, Uncertain},
    segment::{EffectBatches, Wanted},
    sql::{Row, Scope, SqlError, Tx, values},
};
use guiju_core::effect;

impl View {
    /// Deliveries with rows that are not settled, oldest first.
    pub fn deliveries_due(&self) -> Result<Vec<Delivery>, StoreError> {
        let query = "SELECT id, segment, sink, at_most_once, rows, done, sending FROM deliveries WHERE done < rows
                     ORDER BY id";
        self.list(query, |row| {
            Ok(Delivery {
                id: row.get(0)?,
                segment: row.get(1)?,
                sink: row.get(2)?,
                at_most_once: row.get(3)?,
                rows: row.get(4)?,
                done: row.get(5)?,
                sending: row.get(6)?,
            })
        })
    }

    /// The effects of a delivery that are not settled, in order.
    pub fn delivery_batches(&self, delivery: &Delivery) -> Result<EffectBatches, StoreError> {
        Ok(self.sink_rows(delivery.segment, &delivery.sink)?.skip(delivery.done))
    }

    /// Rows whose sending was interrupted and nobody decided about, oldest first.
    pub fn uncertain(&self) -> Result<Vec<Uncertain>, StoreError> {
        let query = "SELECT u.id, d.segment, d.sink, u.first, u.rows, u.at FROM uncertain u
                     JOIN deliveries d ON d.id = u.delivery WHERE u.decided IS NULL ORDER BY u.id";
        self.list(query, |row| {
            Ok(Uncertain {
                id: row.get(0)?,
                segment: row.get(1)?,
                sink: row.get(2)?,
                first: row.get(3)?,
                rows: row.get(4)?,
                at: row.get(5)?,
            })
        })
    }

    /// The effects themselves: take the first `rows` of what comes.
    pub fn uncertain_batches(&self, uncertain: &Uncertain) -> Result<EffectBatches, StoreError> {
        Ok(self.sink_rows(uncertain.segment, &uncertain.sink)?.skip(uncertain.first))
    }

    fn sink_rows(&self, segment: i64, sink: &str) -> Result<EffectBatches, StoreError> {
        let file = self.file_of(segment)?;
        let wanted = Wanted { equal: Some((effect::SINK, sink)), ..Wanted::default() };
        EffectBatches::open(self.segment(&file)?, &wanted)
    }

    /// The name of a segment's file.
    pub(super) fn file_of(&self, segment: i64) -> Result<String, StoreError> {
        let found = self.db.first("SELECT file FROM segments WHERE id = ?1", values![segment], |row| row.get(0));
        found.and_then(|file| file.ok_or(SqlError::Odd(0))).map_err(|e| self.failed(e))
    }

    fn list<T>(&self, query: &str, read: fn(&Row<'_>) -> Result<T, SqlError>) -> Result<Vec<T>, StoreError> {
        self.db.query(query, values![], read).map_err(|e| self.failed(e))
    }
}

impl Store {
    /// Announces that the next `rows` rows of a delivery are about to be sent. Must be durable before the first of them leaves,
    /// and is when this returns. At-least-once deliveries need no announcement.
    pub fn sending(&mut self, delivery: &mut Delivery, rows: u64, at: i64) -> Result<(), StoreError> {
        let upto = delivery.done.saturating_add(rows).min(delivery.rows);
        self.advance(delivery, delivery.done, upto, at)
    }

    /// Confirms that the next `rows` rows of a delivery arrived.
    pub fn delivered(&mut self, delivery: &mut Delivery, rows: u64, at: i64) -> Result<(), StoreError> {
        self.step(PublishStep::Delivered);
        let done = delivery.done.saturating_add(rows).min(delivery.rows);
        self.advance(delivery, done, delivery.sending.max(done), at)
    }

    /// Decides about uncertain rows: they arrived, or they are lost.
    pub fn decide(&mut self, id: i64, arrived: bool) -> Result<(), StoreError> {
        let word = if arrived { "arrived" } else { "lost" };
        let update = "UPDATE uncertain SET decided = ?2 WHERE id = ?1 AND decided IS NULL";
        match self.db.write(Scope::Line, |tx| tx.execute(update, values![id, word])).map_err(|e| self.failed(e))? {
            0 => Err(StoreError::NotDue { id }),
            _ => Ok(()),
        }
    }

    fn advance(&mut self, delivery: &mut Delivery, done: u64, sending: u64, at: i64) -> Result<(), StoreError> {
        let update = "UPDATE deliveries SET done = ?2, sending = ?3, updated = ?4
                      WHERE id = ?1 AND done = ?5 AND done < rows";
        let (old, id) = (delivery.done, delivery.id);
        let change = values![id, done, sending, at, old];
        let changed =
            self.db.write_once(Scope::Line, |tx| tx.execute(update, change), |tx| settled(tx, id, done, sending));
        match changed.map_err(|e| self.failed(e))? {
            0 => Err(StoreError::NotDue { id }),
            _ => {
                (delivery.done, delivery.sending) = (done, sending);
                Ok(())
            }
        }
    }

    /// The process that announced these is gone: this one holds the store.
    pub(super) fn settle_interrupted(&mut self) -> Result<(), StoreError> {
        let settled = self.db.write(Scope::History, |tx| {
            tx.put(
                "INSERT INTO uncertain (delivery, first, rows, at)
                 SELECT id, done, sending - done, updated FROM deliveries WHERE at_most_once = 1 AND sending > done",
                values![],
            )?;
            tx.put("UPDATE deliveries SET done = sending WHERE at_most_once = 1 AND sending > done", values![])?;
            tx.put("UPDATE deliveries SET sending = done WHERE sending > done", values![])
        });
        settled.map_err(|e| self.failed(e))
    }
}

/// Whether a delivery stands where a transaction whose answer was lost would have put it: then one line was changed.
pub(super) fn settled(tx: &Tx<'_>, id: i64, done: u64, sending: u64) -> Result<Option<usize>, SqlError> {
    let query = "SELECT id FROM deliveries WHERE id = ?1 AND done = ?2 AND sending = ?3";
    Ok(tx.first(query, values![id, done, sending], |row| row.get::<i64>(0))?.map(|_| 1))
}
