//! What became of each effect that is sent as a message: written by whoever sends, on a connection of its own, beside the one that
//! publishes. Every line is one transaction, durable when it returns.

use super::{
    View,
    deliver::settled,
    error::StoreError,
    record::Delivery,
    segment::{EffectBatches, Wanted},
    sql::{Db, Lite, Scope, Tx, Value, values},
};
use guiju_connect::config::Home;
use guiju_core::effect;
use std::ops::Deref;

/// Writes what becomes of deliveries.
#[derive(Debug)]
pub struct Ledger(View);

impl Deref for Ledger {
    type Target = View;
    fn deref(&self) -> &View {
        &self.0
    }
}

/// An effect that its sink refused for good.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Dead {
    /// Its number.
    pub id: i64,
    /// The sink.
    pub sink: String,
    /// Why.
    pub reason: String,
    /// Since when, microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// It is to be sent once more.
    pub again: bool,
    #[serde(skip)]
    segment: i64,
    #[serde(skip)]
    row: u64,
}

impl View {
    /// Effects that were refused for good and did not arrive since, oldest first.
    pub fn dead(&self) -> Result<Vec<Dead>, StoreError> {
        if self.version()? < SINCE {
            return Ok(Vec::new());
        }
        let query = "SELECT x.id, d.sink, x.reason, x.at, x.again, d.segment, x.row FROM dead x
                     JOIN deliveries d ON d.id = x.delivery WHERE x.arrived IS NULL ORDER BY x.id";
        let dead = self.db.query(query, values![], |row| {
            Ok(Dead {
                id: row.get(0)?,
                sink: row.get(1)?,
                reason: row.get(2)?,
                at: row.get(3)?,
                again: row.get(4)?,
                segment: row.get(5)?,
                row: row.get(6)?,
            })
        });
        dead.map_err(|e| self.failed(e))
    }

    /// Those that somebody wants sent once more.
    pub fn dead_again(&self) -> Result<Vec<Dead>, StoreError> {
        Ok(self.dead()?.into_iter().filter(|dead| dead.again).collect())
    }

    /// The effect itself: take the first row of what comes.
    pub fn dead_batches(&self, dead: &Dead) -> Result<EffectBatches, StoreError> {
        let file = self.file_of(dead.segment)?;
        let wanted = Wanted { equal: Some((effect::SINK, &dead.sink)), ..Wanted::default() };
        Ok(EffectBatches::open(self.segment(&file)?, &wanted)?.skip(dead.row))
    }
}

/// The format that has the table.
const SINCE: i64 = 3;

impl Ledger {
    /// For somebody who decides about letters, beside whoever holds the store. The store must have today's format.
    pub fn open(home: impl Into<Home>) -> Result<Self, StoreError> {
        let home = home.into();
        if home.base.is_some() {
            let view = View::open(home)?;
            return if view.version()? < SINCE {
                Err(StoreError::Absent { path: view.home.shown() })
            } else {
                Ok(Self(view))
            };
        }
        if !home.shown().exists() {
            return Err(StoreError::Absent { path: home.folder });
        }
        let db = Lite::beside(&home.shown()).map(Db::Lite).map_err(|e| e.of(&home))?;
        let view = View { db, home };
        if view.version()? < SINCE {
            return Err(StoreError::Absent { path: view.home.folder });
        }
        Ok(Self(view))
    }

    /// On a connection of whoever holds the store.
    pub(super) fn of(view: View) -> Self {
        Self(view)
    }

    /// The next row is about to be sent.
    pub fn announce(&mut self, delivery: &mut Delivery, at: i64) -> Result<(), StoreError> {
        self.settle(delivery, 0, 1, at, None)
    }

    /// The row that was announced was certainly not sent.
    pub fn withdraw(&mut self, delivery: &mut Delivery, at: i64) -> Result<(), StoreError> {
        self.settle(delivery, 0, 0, at, None)
    }

    /// The next rows arrived.
    pub fn arrived(&mut self, delivery: &mut Delivery, rows: u64, at: i64) -> Result<(), StoreError> {
        self.settle(delivery, rows, rows, at, None)
    }

    /// The next row was refused for good.
    pub fn refused(&mut self, delivery: &mut Delivery, reason: &str, at: i64) -> Result<(), StoreError> {
        let insert = "INSERT INTO dead (delivery, row, at, reason) VALUES (?1, ?2, ?3, ?4)";
        self.settle(delivery, 1, 1, at, Some((insert, Some(reason))))
    }

    /// Nobody knows whether the next row arrived, and it is not sent again.
    pub fn uncertain_one(&mut self, delivery: &mut Delivery, at: i64) -> Result<(), StoreError> {
        let insert = "INSERT INTO uncertain (delivery, first, at, rows) VALUES (?1, ?2, ?3, 1)";
        self.settle(delivery, 1, 1, at, Some((insert, None)))
    }

    /// So many rows are settled, and announced up to there.
    fn settle(
        &mut self,
        delivery: &mut Delivery,
        done: u64,
        sending: u64,
        at: i64,
        note: Option<(&str, Option<&str>)>,
    ) -> Result<(), StoreError> {
        let (old, id) = (delivery.done, delivery.id);
        let done = delivery.done.saturating_add(done).min(delivery.rows);
        let sending = delivery.done.saturating_add(sending).min(delivery.rows);
        let update = "UPDATE deliveries SET done = ?2, sending = ?3, updated = ?4 WHERE id = ?1 AND done = ?5";
        let change = |tx: &Tx<'_>| {
            match note {
                Some((insert, Some(reason))) => tx.put(insert, values![id, old, at, reason])?,
                Some((insert, None)) => tx.put(insert, values![id, old, at])?,
                None => {}
            }
            tx.execute(update, values![id, done, sending, at, old])
        };
        let changed = self.0.db.write_once(Scope::Line, change, |tx| settled(tx, id, done, sending));
        match changed.map_err(|e| self.failed(e))? {
            0 => Err(StoreError::NotDue { id }),
            _ => {
                (delivery.done, delivery.sending) = (done, sending);
                Ok(())
            }
        }
    }

    /// A dead effect is to be sent once more; false if there is none of this number.
    pub fn send_again(&mut self, id: i64) -> Result<bool, StoreError> {
        self.change("UPDATE dead SET again = 1 WHERE id = ?1 AND arrived IS NULL", values![id])
            .map(|changed| changed > 0)
    }

    /// A dead effect arrived after all.
    pub fn dead_arrived(&mut self, id: i64, at: i64) -> Result<(), StoreError> {
        let update = "UPDATE dead SET again = 0, arrived = ?2 WHERE id = ?1";
        self.change(update, values![id, at]).map(drop)
    }

    /// A dead effect was refused once more.
    pub fn dead_refused(&mut self, id: i64, reason: &str, at: i64) -> Result<(), StoreError> {
        let update = "UPDATE dead SET again = 0, reason = ?2, at = ?3 WHERE id = ?1";
        self.change(update, values![id, reason, at]).map(drop)
    }

    /// A person decides about uncertain rows: they arrived, or they are lost; false if there are none of this number.
    pub fn decide(&mut self, id: i64, arrived: bool) -> Result<bool, StoreError> {
        let word = if arrived { "arrived" } else { "lost" };
        let update = "UPDATE uncertain SET decided = ?2 WHERE id = ?1 AND decided IS NULL";
        self.change(update, values![id, word]).map(|changed| changed > 0)
    }

    fn change(&mut self, update: &str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        self.0.db.write(Scope::Line, |tx| tx.execute(update, values)).map_err(|e| self.failed(e))
    }
}
