//! Effects of servers, with the transaction that brought them.

use super::{
    View,
    error::StoreError,
    ids::effect_ids,
    segment::{EffectBatches, Wanted},
    sql::values,
};
use arrow_array::RecordBatch;
use guiju_core::id::{EffectId, EpochHash};

/// An effect, and where it came from.
#[derive(Debug, Clone)]
pub struct Origined {
    /// The transaction's place in the history.
    pub seq: i64,
    /// The set that was in force.
    pub epoch: EpochHash,
    /// The effect: a batch of one row.
    pub row: RecordBatch,
}

impl View {
    /// Hands every effect that servers published from place `first` of the history to `take`, oldest first.
    pub fn served_since(&self, first: i64, take: &mut dyn FnMut(i64, &RecordBatch)) -> Result<(), StoreError> {
        let query = "SELECT u.seq, s.file FROM segments s JOIN runs u ON u.seq = s.run
                     WHERE u.seq >= ?1 AND u.run_id LIKE 'serve-%' ORDER BY s.id";
        let files = self.db.query(query, values![first], |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)));
        for (seq, file) in files.map_err(|e| self.failed(e))? {
            for batch in EffectBatches::open(self.segment(&file)?, &Wanted::default())? {
                take(seq, &batch?);
            }
        }
        Ok(())
    }

    /// Hands every effect that a server published in one transaction to `take`.
    pub fn served(&self, seq: i64, take: &mut dyn FnMut(&RecordBatch)) -> Result<(), StoreError> {
        let query = "SELECT s.file FROM segments s WHERE s.run = ?1 ORDER BY s.id";
        let files = self.db.query(query, values![seq], |row| row.get::<String>(0)).map_err(|e| self.failed(e))?;
        for file in files {
            for batch in EffectBatches::open(self.segment(&file)?, &Wanted::default())? {
                take(&batch?);
            }
        }
        Ok(())
    }

    /// An effect and where it came from. Reads ids of segments until it is found, latest first.
    pub fn effect_with_origin(&self, id: EffectId) -> Result<Option<Origined>, StoreError> {
        let Some(row) = self.effect(id)? else { return Ok(None) };
        let query = "SELECT u.seq, u.epoch, s.file FROM segments s JOIN runs u ON u.seq = s.run
                     JOIN segment_rules r ON r.segment = s.id WHERE r.rule = ?1 ORDER BY s.id DESC";
        let rule =
            super::publish::texts(&row, guiju_core::effect::RULE).flatten().next().unwrap_or_default().to_owned();
        let parts = self.db.query(query, values![&rule], |row| {
            Ok((row.get::<i64>(0)?, row.get::<[u8; 32]>(1)?, row.get::<String>(2)?))
        });
        for (seq, epoch, file) in parts.map_err(|e| self.failed(e))? {
            let wanted = Wanted { columns: Some(&[guiju_core::effect::EFFECT_ID]), ..Wanted::default() };
            for batch in EffectBatches::open(self.segment(&file)?, &wanted)? {
                if effect_ids(&batch?).any(|found| found == id.as_u128()) {
                    return Ok(Some(Origined { seq, epoch: EpochHash(epoch), row }));
                }
            }
        }
        Ok(None)
    }
}
