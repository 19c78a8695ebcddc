//! Publishing a run: effects stream into segments, then one transaction makes everything visible.

use super::{
    Store, block,
    changes::Change,
    error::StoreError,
    ids::{Ids, effect_ids},
    open::Turn,
    record::{Published, RuleCount, RunInfo, RunStatus},
    segment::{EffectBatches, SegmentWriter, Wanted, Written, sync_names},
    sql::{Scope, Tx, values},
    transaction::{CellBlock, Ending},
};
use arrow_array::{BooleanArray, RecordBatch, StringArray, cast::AsArray, types::Int32Type};
use arrow_select::filter::filter_record_batch;
use guiju_core::{cell::CellTable, effect, id::CellId};
use guiju_lang::hir::RuleId;
use std::{collections::BTreeMap, fmt, sync::PoisonError};

/// The steps of a publication, in order; `Written` comes once per batch, `Synced` and `Renamed` once per segment, `Delivered` once per
/// delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PublishStep {
    /// Effects went to the thread that writes a temporary file.
    Written,
    /// A segment's content is durable.
    Synced,
    /// A segment has its final name.
    Renamed,
    /// The names are durable.
    Named,
    /// The transaction holds everything and is not committed.
    Recorded,
    /// The transaction is durable.
    Committed,
    /// A sink has its rows, and the journal does not know yet.
    Delivered,
}

/// A run on its way into the store. Dropped without `commit`, it leaves nothing behind.
pub struct Publication<'a> {
    store: &'a mut Store,
    info: RunInfo,
    attempt: u32,
    segments: Vec<SegmentWriter>,
    /// Ids of the occurrence's earlier effects, once they were needed.
    published: Option<Ids>,
    /// Ids of this run's effects.
    seen: Ids,
    counts: BTreeMap<String, RuleCount>,
    blocks: Vec<CellBlock>,
    change: Option<Change>,
}

impl fmt::Debug for Publication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("run", &self.info.run)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Starts publishing a run. A run's name belongs to one logical time for ever.
    pub fn begin(&mut self, info: RunInfo) -> Result<Publication<'_>, StoreError> {
        let attempt = self.next_attempt(&info)?;
        if self.has_forgotten(&info)? {
            return Err(StoreError::Forgotten { occurrence: info.occurrence });
        }
        let (published, seen) = (None, Ids::default());
        let (segments, counts, blocks) = (Vec::new(), BTreeMap::new(), Vec::new());
        Ok(Publication { store: self, info, attempt, segments, published, seen, counts, blocks, change: None })
    }

    fn next_attempt(&self, info: &RunInfo) -> Result<u32, StoreError> {
        let query = "SELECT attempt, occurrence, logical_time FROM runs WHERE tenant = ?1 AND run_id = ?2
                     ORDER BY attempt DESC LIMIT 1";
        let last = self.db.first(query, values![&info.tenant, info.run.as_str()], |row| {
            Ok((row.get::<u32>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?))
        });
        match last.map_err(|e| self.failed(e))? {
            None => Ok(1),
            Some((attempt, occurrence, time)) if occurrence == info.occurrence && time == info.logical_time => {
                Ok(attempt.saturating_add(1))
            }
            Some((_, before, _)) => {
                Err(StoreError::RunTimeDiffers { run: info.run.to_string(), before, now: info.occurrence.clone() })
            }
        }
    }
}

impl Publication<'_> {
    /// Adds effects of one rule. Those published before in the same occurrence are left out and counted; what is new comes back.
    /// Effects of a rule are read back fastest when they come without another rule's in between.
    pub fn add_effects(&mut self, rule: &RuleId, batch: &RecordBatch) -> Result<Option<RecordBatch>, StoreError> {
        let rule = rule.to_string();
        self.check_columns(&rule, batch)?;
        if self.published.is_none() {
            self.published = Some(self.load_published()?);
        }
        self.counts.entry(rule.clone()).or_default();
        if batch.num_rows() == 0 {
            return Ok(None);
        }
        let Some(new) = self.only_new(&rule, batch)? else { return Ok(None) };
        let kind = texts(&new, effect::KIND).flatten().next().unwrap_or_default().to_owned();
        let segment = self.segment(&kind, &new)?;
        // The position was just found or pushed.
        let segment = &mut self.segments[segment];
        count_sinks(&self.info.sinks, &rule, &new, &mut segment.sinks)?;
        segment.write(&rule, &new)?;
        self.store.step(PublishStep::Written);
        Ok(Some(new))
    }

    /// Takes what a step put into a cell.
    pub fn put_cell(
        &mut self,
        rule: &RuleId,
        cell: CellId,
        partition: &str,
        table: &CellTable,
    ) -> Result<(), StoreError> {
        if table.changes().len() == 0 {
            return Ok(());
        }
        let failed = |e: std::io::Error| StoreError::io(&self.store.home, &e);
        let (entries, bytes) = if self.attempt == 1 {
            (table.changes().len(), block::encode(table.changes()).map_err(failed)?)
        } else {
            let before = self.store.put_by_attempts(&self.info.tenant, &self.info.run, cell, partition)?;
            let differing = || table.changes().filter(|(key, value)| before.get(key) != Some(*value));
            (differing().count(), block::encode(differing()).map_err(failed)?)
        };
        if entries > 0 {
            let (partition, rule) = (partition.to_owned(), rule.to_string());
            self.blocks.push(CellBlock { cell, partition, rule, entries, bytes, checkpoint: false });
        }
        Ok(())
    }

    /// What was put into a cell so far counts no more: nobody remembers it.
    pub fn drop_cell(&mut self, rule: &RuleId, cell: CellId, partition: &str) -> Result<(), StoreError> {
        let failed = |e: std::io::Error| StoreError::io(&self.store.home, &e);
        let bytes = block::encode(CellTable::new().iter()).map_err(failed)?;
        let (partition, rule) = (partition.to_owned(), rule.to_string());
        self.blocks.push(CellBlock { cell, partition, rule, entries: 0, bytes, checkpoint: true });
        Ok(())
    }

    /// What was read, for the history.
    pub fn was_read(&mut self, sources: serde_json::Value) {
        self.info.sources = sources;
    }

    /// From this publication on another set is in force.
    pub fn put_in_force(&mut self, change: Change) {
        self.change = Some(change);
    }

    /// Makes the run visible: segments durable first, then everything in one transaction.
    pub fn commit(mut self, ended: i64) -> Result<Published, StoreError> {
        let mut written = Vec::with_capacity(self.segments.len());
        for segment in &mut self.segments {
            written.push(segment.sync()?);
            self.store.step(PublishStep::Synced);
        }
        for (segment, written) in self.segments.iter().zip(&written) {
            segment.rename(written)?;
            self.store.step(PublishStep::Renamed);
        }
        if !written.is_empty() {
            sync_names(&self.store.segments())?;
        }
        self.store.step(PublishStep::Named);
        let seq = self.record(ended, RunStatus::Published, None, &written)?;
        self.store.step(PublishStep::Committed);
        self.checkpoints(seq);
        let total = self.counts.values().fold(RuleCount::default(), |sum, c| RuleCount {
            new: sum.new + c.new,
            already: sum.already + c.already,
            doubled: sum.doubled + c.doubled,
        });
        Ok(Published { seq, attempt: self.attempt, total, rules: std::mem::take(&mut self.counts) })
    }

    /// Gives the run up and says so in the history; nothing else of it is kept.
    pub fn abandon(mut self, ended: i64, reason: &str) -> Result<(), StoreError> {
        self.segments.clear();
        self.blocks.clear();
        self.counts.clear();
        self.record(ended, RunStatus::Abandoned, Some(reason), &[]).map(drop)
    }

    fn check_columns(&self, rule: &str, batch: &RecordBatch) -> Result<(), StoreError> {
        match effect::missing_column(batch.schema_ref()) {
            None => Ok(()),
            Some(field) => Err(StoreError::ColumnMissing { rule: rule.to_owned(), column: field.name().clone() }),
        }
    }

    /// The segment for effects of this kind and shape.
    fn segment(&mut self, kind: &str, batch: &RecordBatch) -> Result<usize, StoreError> {
        let found =
            self.segments.iter().position(|s| s.kind == kind && s.schema.fields() == batch.schema_ref().fields());
        if let Some(found) = found {
            return Ok(found);
        }
        let facts = [
            ("epoch", self.info.epoch.to_string()),
            ("tenant", self.info.tenant.clone()),
            ("run", self.info.run.to_string()),
            ("occurrence", self.info.occurrence.clone()),
        ];
        // Two publications may be under way at once.
        let name = match &self.store.turn {
            Turn::Explicit(_) => self.segments.len().to_string(),
            Turn::Each(_) => format!("beside-{}", self.segments.len()),
        };
        let folder = self.store.segments();
        self.segments.push(SegmentWriter::create(&folder, &name, kind, batch.schema(), &facts)?);
        Ok(self.segments.len() - 1)
    }

    /// The rows whose ids are neither in the store nor in this run yet; `None` if there are none.
    fn only_new(&mut self, rule: &str, batch: &RecordBatch) -> Result<Option<RecordBatch>, StoreError> {
        let mut count = RuleCount::default();
        self.seen.reserve(batch.num_rows());
        let keep: Vec<bool> = effect_ids(batch)
            .map(|id| {
                let before = self.published.as_ref().is_some_and(|ids| ids.contains(&id));
                let first = self.seen.insert(id);
                match (before, first) {
                    (true, _) => count.already += 1,
                    (false, true) => count.new += 1,
                    (false, false) => count.doubled += 1,
                }
                !before && first
            })
            .collect();
        if let Some(sum) = self.counts.get_mut(rule) {
            sum.new += count.new;
            sum.already += count.already;
            sum.doubled += count.doubled;
        }
        match count.new {
            0 => Ok(None),
            new if new == batch.num_rows() as u64 => Ok(Some(batch.clone())),
            _ => match filter_record_batch(batch, &BooleanArray::from(keep)) {
                Ok(filtered) => Ok(Some(filtered)),
                Err(e) => Err(StoreError::Io { path: self.store.home.folder.clone(), why: e.to_string() }),
            },
        }
    }

    /// The ids of all effects in earlier segments of the same occurrence; of streams, whose effects have occurrences of their own, of
    /// all segments. Of all rules at once: ids are spread over the file, and
    /// reading them all takes less than finding one rule's.
    fn load_published(&self) -> Result<Ids, StoreError> {
        let mut published = Ids::default();
        let within = (!self.info.streams).then_some(self.info.occurrence.as_str());
        for (file, _) in self.store.all_segments(None, within)? {
            let wanted = Wanted { columns: Some(&[effect::EFFECT_ID]), ..Wanted::default() };
            for batch in EffectBatches::open(self.store.segment(&file)?, &wanted)? {
                published.extend(effect_ids(&batch?));
            }
        }
        Ok(published)
    }

    /// The one transaction.
    fn record(
        &self,
        ended: i64,
        status: RunStatus,
        reason: Option<&str>,
        written: &[Written],
    ) -> Result<i64, StoreError> {
        let store = &*self.store;
        let bundle = self.info.bundle.encode().map_err(|e| StoreError::io(&store.home, &e))?;
        let ending = Ending {
            info: &self.info,
            attempt: self.attempt,
            bundle,
            ended,
            status,
            reason,
            counts: &self.counts,
            segments: self.segments.iter().zip(written).collect(),
            blocks: &self.blocks,
            change: self.change.as_ref(),
        };
        let turn = match &store.turn {
            Turn::Each(turn) => Some(turn.lock().unwrap_or_else(PoisonError::into_inner)),
            Turn::Explicit(_) => None,
        };
        let insert = |tx: &Tx<'_>| {
            let seq = ending.insert(tx, &store.segments())?;
            if store.observer.is_some() {
                tx.finish()?;
            }
            store.step(PublishStep::Recorded);
            Ok(seq)
        };
        let inserted = store.db.write_once(Scope::History, insert, |tx| ending.was_inserted(tx));
        let inserted = inserted.map_err(|e| store.failed(e));
        drop(turn);
        inserted
    }

    /// The run is published already: if this fails, reading stays as slow as it was and the next run tries again.
    fn checkpoints(&self, seq: i64) {
        for block in &self.blocks {
            let _ = self.store.was_written(block, &self.info.tenant, seq);
        }
    }
}

/// Counts the rows for each sink; every sink must be one that the run was told of.
fn count_sinks(
    known: &[(String, bool)],
    rule: &str,
    batch: &RecordBatch,
    counts: &mut Vec<(String, u64)>,
) -> Result<(), StoreError> {
    for sink in texts(batch, effect::SINK).flatten() {
        match counts.iter_mut().find(|(name, _)| name == sink) {
            Some((_, rows)) => *rows += 1,
            None if known.iter().any(|(name, _)| name == sink) => counts.push((sink.to_owned(), 1)),
            None => return Err(StoreError::SinkUnknown { rule: rule.to_owned(), sink: sink.to_owned() }),
        }
    }
    Ok(())
}

/// A text column's values, plain or dictionary-coded; nothing if there is no such column.
pub(super) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Box<dyn Iterator<Item = Option<&'a str>> + 'a> {
    let Some(column) = batch.column_by_name(name) else { return Box::new(std::iter::empty()) };
    if let Some(plain) = column.as_string_opt::<i32>() {
        return Box::new(plain.iter());
    }
    let coded = column.as_dictionary_opt::<Int32Type>().and_then(|d| d.downcast_dict::<StringArray>());
    match coded {
        Some(coded) => Box::new(coded.into_iter()),
        None => Box::new(std::iter::empty()),
    }
}
