//! What is remembered of a stream.

use super::{
    layout::Shape,
    memory::Memory,
    pages::Loaded,
    save,
    values::Digests,
    waiting::{Rows, Waiting},
};
use arrow_array::{Array, RecordBatch, TimestampMicrosecondArray, UInt32Array, cast::AsArray};
use arrow_schema::ArrowError;
use arrow_select::take::take_record_batch;
use guiju_core::{Lasting, Size};
use guiju_lang::time::Zone;
use std::collections::{BTreeMap, HashMap};

/// By rule and key: the time of the last effect, and how many there were at that time.
pub(super) type Fired = HashMap<(Box<str>, Box<str>), (i64, u32)>;

/// All of it, for the rules over one source and one key.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Rows older than this are late.
    pub(super) watermark: Option<i64>,
    /// The newest row that came; not saved.
    pub(super) newest: Option<i64>,
    /// Rows that an older one might still come before.
    pub(super) waiting: Waiting,
    /// They were all saved in one entry, by an earlier release.
    pub(super) waited: bool,
    /// The rows of each key.
    pub(super) memory: Memory,
    /// The names of the logs changed since the state was last saved.
    pub(super) renamed: bool,
    /// What was saved, until it is known what is asked of it.
    pub(super) loaded: Saved,
    /// Texts of which different ones are counted.
    pub(super) digests: Digests,
    /// When windows of keys that say nothing any more were last looked through.
    pub(super) swept: i64,
    /// Effects at the newest time that was decided.
    pub(super) fired: Fired,
    /// Rows that were left out because they came too late.
    pub(crate) late: u64,
    /// Rows that were left out because they have no time or no key.
    pub(crate) untimed: u64,
}

/// What was read of a saved state, in whatever order it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Saved {
    /// The names of the logs.
    pub(super) names: Vec<String>,
    pub(super) keys: BTreeMap<Box<str>, Loaded>,
    /// Rows that waited, by number.
    pub(super) waiting: BTreeMap<u64, Rows>,
}

impl Lasting for State {
    fn copy(&self) -> Box<dyn Lasting> {
        Box::new(self.clone())
    }
    fn save(&mut self, put: &mut dyn FnMut(&str, &[u8])) {
        save::save(self, put);
    }
    fn restore(&mut self, key: &str, bytes: &[u8]) -> bool {
        save::restore(self, key, bytes)
    }
    fn is_whole(&self) -> bool {
        self.loaded.keys.values().all(Loaded::is_whole)
    }
    fn size(&self) -> Size {
        Size {
            keys: (self.memory.keys.len() + self.loaded.keys.len()) as u64,
            waiting: self.waiting.len() as u64,
            bytes: self.memory.bytes() as u64 + self.waiting.bytes(),
            oldest: [self.memory.oldest(), self.waiting.oldest()].into_iter().flatten().min(),
            watermark: self.watermark,
        }
    }
}

impl State {
    /// From now on these logs are kept. Logs that were kept before stay as they are; new ones begin empty.
    pub(super) fn adopt(&mut self, shape: &Shape, zone: &Zone) {
        let Saved { names, keys, waiting } = std::mem::take(&mut self.loaded);
        let same = |names: &mut dyn Iterator<Item = &String>| names.eq(shape.logs.iter().map(|log| &log.name));
        let before = &self.memory.layout.shape;
        let known =
            if names.is_empty() { same(&mut before.logs.iter().map(|log| &log.name)) } else { same(&mut names.iter()) };
        self.renamed |= !known;
        self.memory.adopt(shape, zone);
        let moved: Vec<Option<usize>> =
            names.iter().map(|name| shape.logs.iter().position(|log| log.name == *name)).collect();
        for (number, rows) in waiting {
            self.waiting.restore(number, rows, self.watermark);
        }
        for (key, loaded) in keys {
            // Whether all rows are there was asked when they were read.
            let Some((mut rows, saved)) = loaded.rows() else { continue };
            for row in &mut rows {
                row.logs.retain_mut(|(log, _)| moved.get(*log).copied().flatten().map(|to| *log = to).is_some());
            }
            rows.retain(|row| !row.logs.is_empty());
            self.memory.restore(&key, &rows, saved, !known);
        }
    }

    /// Takes rows as they come; `time` is the position of the time column. What is left out is counted.
    pub(crate) fn take(
        &mut self,
        batch: &RecordBatch,
        first_row: u64,
        time: usize,
        lateness: i64,
    ) -> Result<(), ArrowError> {
        let column = batch.column(time);
        let column: &TimestampMicrosecondArray = column
            .as_primitive_opt()
            .ok_or_else(|| ArrowError::SchemaError("a time column is no timestamp".to_owned()))?;
        let (mut kept, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..column.len() {
            if column.is_null(row) {
                self.untimed += 1;
                continue;
            }
            let at = column.value(row);
            if at == i64::MAX {
                // The end of time is a mark of ours.
                self.untimed += 1;
                continue;
            }
            if self.watermark.is_some_and(|watermark| at < watermark) {
                self.late += 1;
                continue;
            }
            self.newest = self.newest.max(Some(at));
            self.advance(at.saturating_sub(lateness));
            kept.push(row as u32);
            numbers.push(first_row + row as u64);
            times.push(at);
        }
        let columns = if kept.len() == batch.num_rows() {
            batch.clone()
        } else {
            take_record_batch(batch, &UInt32Array::from(kept))?
        };
        self.waiting.push(Rows { columns, numbers, times });
        Ok(())
    }

    /// No row older than this will come.
    pub(crate) fn advance(&mut self, to: i64) {
        self.watermark = Some(self.watermark.map_or(to, |before| before.max(to)));
    }

    /// How far the stream's time has come; with `all`, up to the newest row.
    pub(super) fn come_to(&self, all: bool) -> Option<i64> {
        if all { self.watermark.max(self.newest) } else { self.watermark }
    }

    /// The rows that no older one can come before any more, in order; with `all`, whatever is there.
    pub(crate) fn ready(&mut self, all: bool) -> Result<Option<Rows>, ArrowError> {
        let until = match self.watermark {
            Some(watermark) if !all => watermark,
            _ => i64::MAX,
        };
        self.waiting.ready(until)
    }

    /// The number of this effect among those of its rule and key at its time. Times of a rule never fall.
    pub(super) fn ordinal(&mut self, rule: &str, key: &str, time: i64) -> u32 {
        let (last, next) = self.fired.entry((rule.into(), key.into())).or_insert((time, 0));
        if *last != time {
            (*last, *next) = (time, 0);
        }
        *next += 1;
        *next - 1
    }

    /// Rows up to this time have been decided. Keys whose windows are all empty are forgotten, now and then: what is remembered does not
    /// grow with everybody who ever came.
    pub(super) fn calm(&mut self, now: i64) {
        self.fired.retain(|_, (time, _)| *time == now);
        if now.saturating_sub(self.swept) > self.memory.layout.longest() / 4 {
            self.swept = now;
            self.memory.sweep(now);
        }
    }
}
