//! What is remembered of a stream.

use super::{
    log::{Log, Needs},
    save,
};
use arrow_array::{Array, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array, cast::AsArray};
use arrow_schema::ArrowError;
use arrow_select::{concat::concat_batches, take::take_record_batch};
use guiju_core::Lasting;
use std::collections::{HashMap, HashSet};

/// Rows of a stream in the stream's order: time, then position.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// The source's used columns.
    pub(crate) columns: RecordBatch,
    /// Their positions in the source.
    pub(crate) numbers: Vec<u64>,
    /// When they happened.
    pub(crate) times: Vec<i64>,
}

/// Effects by rule and key.
pub(super) type Fired = HashMap<(Box<str>, Box<str>), u32>;

/// All of it, for the rules over one source and one key.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Rows older than this are late.
    pub(super) watermark: Option<i64>,
    /// Rows that an older one might still come before.
    pub(super) waiting: Vec<Rows>,
    /// There were such rows when the state was last saved.
    pub(super) waited: bool,
    /// What the logs of each key hold, in their order, in canonical text.
    pub(super) names: Vec<String>,
    /// `names` changed since the state was last saved.
    pub(super) renamed: bool,
    /// Which figures the logs keep.
    pub(super) needs: Vec<Needs>,
    /// By key: one log for each of the stream's.
    pub(crate) keys: HashMap<Box<str>, Vec<Log>>,
    /// Keys whose logs changed since the state was last saved.
    pub(super) touched: HashSet<Box<str>>,
    /// When windows of keys that say nothing any more were last looked through.
    pub(crate) swept: i64,
    /// At the newest time at which there were effects: how many, by rule and key.
    pub(super) fired: (i64, Fired),
    /// Rows that were left out because they came too late.
    pub(crate) late: u64,
    /// Rows that were left out because they have no time or no key.
    pub(crate) untimed: u64,
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
}

impl State {
    /// From now on these logs are kept, for these figures. Logs that were kept before stay as they are; new ones begin empty.
    pub(crate) fn adopt(&mut self, names: &[String], needs: &[Needs]) {
        if self.names == names && self.needs == needs {
            return;
        }
        let from: Vec<Option<usize>> =
            names.iter().map(|name| self.names.iter().position(|other| other == name)).collect();
        let renamed = self.names != names;
        for (key, logs) in &mut self.keys {
            let mut old: Vec<Option<Log>> = std::mem::take(logs).into_iter().map(Some).collect();
            let mut taken = |from: Option<usize>| old.get_mut(from?)?.take();
            *logs =
                from.iter().zip(needs).map(|(from, needs)| taken(*from).unwrap_or_default().keeping(*needs)).collect();
            if renamed {
                self.touched.insert(key.clone());
            }
        }
        self.renamed |= renamed;
        (self.names, self.needs) = (names.to_vec(), needs.to_vec());
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
            if self.watermark.is_some_and(|watermark| at < watermark) {
                self.late += 1;
                continue;
            }
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

    /// The rows that no older one can come before any more, in order; with `all`, whatever is there.
    pub(crate) fn ready(&mut self, all: bool) -> Result<Option<Rows>, ArrowError> {
        let until = match self.watermark {
            Some(watermark) if !all => watermark,
            _ => i64::MAX,
        };
        if !self.waiting.iter().any(|rows| rows.times.iter().any(|time| *time <= until)) {
            return Ok(None);
        }
        let waiting = Rows::together(std::mem::take(&mut self.waiting))?;
        let (now, later): (Vec<usize>, Vec<usize>) =
            (0..waiting.times.len()).partition(|row| waiting.times[*row] <= until);
        if !later.is_empty() {
            self.waiting.push(waiting.pick(&later)?);
        }
        let ordered = later.is_empty() && waiting.times.is_sorted();
        if ordered {
            return Ok(Some(waiting));
        }
        let mut now = now;
        // Stable: rows of one time stay in the order of their positions.
        now.sort_by_key(|row| (waiting.times[*row], waiting.numbers[*row]));
        waiting.pick(&now).map(Some)
    }

    /// The number of this effect among those of its rule and key at its time. Times never fall.
    pub(crate) fn ordinal(&mut self, rule: &str, key: &str, time: i64) -> u32 {
        if self.fired.0 != time {
            self.fired = (time, HashMap::new());
        }
        let next = self.fired.1.entry((rule.into(), key.into())).or_default();
        *next += 1;
        *next - 1
    }
}

impl Rows {
    fn together(mut all: Vec<Self>) -> Result<Self, ArrowError> {
        match all.len() {
            1 => Ok(all.swap_remove(0)),
            _ => {
                let schema = all.first().map(|rows| rows.columns.schema());
                let schema = schema.ok_or_else(|| ArrowError::ComputeError("no rows to join".to_owned()))?;
                let columns = concat_batches(&schema, all.iter().map(|rows| &rows.columns))?;
                let numbers = all.iter().flat_map(|rows| &rows.numbers).copied().collect();
                let times = all.iter().flat_map(|rows| &rows.times).copied().collect();
                Ok(Self { columns, numbers, times })
            }
        }
    }

    /// These rows, in this order.
    pub(crate) fn pick(&self, rows: &[usize]) -> Result<Self, ArrowError> {
        let at: UInt32Array = rows.iter().map(|row| Some(*row as u32)).collect();
        let numbers = rows.iter().map(|row| self.numbers[*row]).collect();
        let times = rows.iter().map(|row| self.times[*row]).collect();
        Ok(Self { columns: take_record_batch(&self.columns, &at)?, numbers, times })
    }

    /// Where each piece ends whose rows follow each other in the source and, if `moments`, happened at one time.
    pub(crate) fn pieces(&self, moments: bool) -> Vec<std::ops::Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for row in 1..=self.times.len() {
            let goes_on = row < self.times.len()
                && self.numbers[row] == self.numbers[row - 1] + 1
                && (!moments || self.times[row] == self.times[row - 1]);
            if !goes_on {
                pieces.push(start..row);
                start = row;
            }
        }
        pieces
    }
}

/// One time for all rows.
pub(crate) fn times_of(time: i64, rows: usize) -> Int64Array {
    Int64Array::from(vec![time; rows])
}
