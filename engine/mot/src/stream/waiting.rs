//! Rows that an older one might still come before. Each is copied once, when it need not wait any more.

use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::ArrowError;
use arrow_select::{interleave::interleave_record_batch, take::take_record_batch};

/// Rows that are decided at once.
const TOGETHER: usize = 2_048;

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

/// Rows of one batch; those that went are the first of its order.
#[derive(Debug, Clone)]
struct Held {
    rows: Rows,
    /// Their order, where it is not the one in which they came.
    order: Option<Vec<u32>>,
    gone: usize,
    /// Under which number it is saved, once it is.
    saved: Option<u64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Waiting {
    held: Vec<Held>,
    /// What is saved next has this number.
    next: u64,
    /// Numbers of what is saved and waits no more.
    gone: Vec<u64>,
}

impl Waiting {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.held.iter().map(|held| held.rows.times.len() - held.gone).sum()
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> u64 {
        self.held
            .iter()
            .map(|held| (held.rows.columns.get_array_memory_size() + 20 * held.rows.times.len()) as u64)
            .sum()
    }

    /// The oldest of them.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.held.iter().map(|held| held.time(held.gone)).min()
    }

    pub(super) fn push(&mut self, rows: Rows) {
        if !rows.times.is_empty() {
            self.put(rows, None);
        }
    }

    /// Takes back what was saved under a number; rows up to `decided` wait no more.
    pub(super) fn restore(&mut self, number: u64, rows: Rows, decided: Option<i64>) {
        self.next = self.next.max(number.saturating_add(1));
        self.put(rows, Some(number));
        let Some(held) = self.held.last_mut() else { return };
        held.gone = decided.map_or(0, |decided| held.upto(decided));
        if held.gone == held.rows.times.len() {
            self.held.pop();
            self.gone.push(number);
        }
    }

    fn put(&mut self, rows: Rows, saved: Option<u64>) {
        // Positions rise, and sorting is stable.
        let order = (!rows.times.is_sorted()).then(|| {
            let mut order: Vec<u32> = (0..rows.times.len() as u32).collect();
            order.sort_by_key(|row| rows.times[*row as usize]);
            order
        });
        self.held.push(Held { rows, order, gone: 0, saved });
    }

    /// The rows up to and including this time, in order.
    pub(super) fn ready(&mut self, until: i64) -> Result<Option<Rows>, ArrowError> {
        let upto: Vec<usize> = self.held.iter().map(|held| held.upto(until)).collect();
        let mut some = self.held.iter().zip(&upto).enumerate().filter(|(_, (held, upto))| held.gone < **upto);
        let rows = match (some.next(), some.next()) {
            (None, _) => return Ok(None),
            (Some((_, (held, upto))), None) if held.order.is_none() => held.rows.slice(held.gone, *upto - held.gone),
            _ => self.merged(&upto)?,
        };
        let mut upto = upto.into_iter();
        let gone = &mut self.gone;
        self.held.retain_mut(|held| {
            held.gone = upto.next().unwrap_or(held.gone);
            let waits = held.gone < held.rows.times.len();
            gone.extend(held.saved.filter(|_| !waits));
            waits
        });
        Ok(Some(rows))
    }

    fn merged(&self, upto: &[usize]) -> Result<Rows, ArrowError> {
        let mut all: Vec<(i64, u64, usize, usize)> = Vec::new();
        for (batch, (held, upto)) in self.held.iter().zip(upto).enumerate() {
            let rows = (held.gone..*upto).map(|at| held.row(at));
            all.extend(rows.map(|row| (held.rows.times[row], held.rows.numbers[row], batch, row)));
        }
        // Runs are found and merged.
        all.sort_by_key(|&(time, number, ..)| (time, number));
        let batches: Vec<&RecordBatch> = self.held.iter().map(|held| &held.rows.columns).collect();
        let places: Vec<(usize, usize)> = all.iter().map(|&(.., batch, row)| (batch, row)).collect();
        Ok(Rows {
            columns: interleave_record_batch(&batches, &places)?,
            numbers: all.iter().map(|(_, number, ..)| *number).collect(),
            times: all.iter().map(|(time, ..)| *time).collect(),
        })
    }

    /// Says what waits and is not saved yet, batch by batch; and, without rows, what is saved and waits no more. A batch of which some rows
    /// wait no more stays as it is: how far the stream's time has come tells them apart.
    pub(super) fn save(&mut self, put: &mut dyn FnMut(u64, Option<&Rows>)) {
        self.gone.drain(..).for_each(|number| put(number, None));
        for held in self.held.iter_mut().filter(|held| held.saved.is_none()) {
            put(self.next, Some(&held.rows));
            held.saved = Some(self.next);
            self.next += 1;
        }
    }
}

impl Held {
    fn row(&self, at: usize) -> usize {
        self.order.as_ref().map_or(at, |order| order[at] as usize)
    }

    fn time(&self, at: usize) -> i64 {
        self.rows.times[self.row(at)]
    }

    /// How many of them, in order, are not later than this.
    fn upto(&self, until: i64) -> usize {
        match &self.order {
            None => self.rows.times.partition_point(|time| *time <= until),
            Some(order) => order.partition_point(|row| self.rows.times[*row as usize] <= until),
        }
    }
}

impl Rows {
    fn slice(&self, start: usize, len: usize) -> Self {
        if start == 0 && len == self.times.len() {
            return self.clone();
        }
        Self {
            columns: self.columns.slice(start, len),
            numbers: self.numbers[start..start + len].to_vec(),
            times: self.times[start..start + len].to_vec(),
        }
    }

    /// These rows, in this order.
    pub(crate) fn pick(&self, rows: &[usize]) -> Result<Self, ArrowError> {
        let at: UInt32Array = rows.iter().map(|row| Some(*row as u32)).collect();
        let numbers = rows.iter().map(|row| self.numbers[*row]).collect();
        let times = rows.iter().map(|row| self.times[*row]).collect();
        Ok(Self { columns: take_record_batch(&self.columns, &at)?, numbers, times })
    }

    /// Those of one time after the other, or as many at once as the processor's memory holds with all their figures.
    pub(crate) fn pieces(&self, moments: bool) -> Vec<Self> {
        let lengths: Vec<usize> = if moments {
            self.times.chunk_by(|a, b| a == b).map(<[i64]>::len).collect()
        } else {
            self.times.chunks(TOGETHER).map(<[i64]>::len).collect()
        };
        let mut start = 0;
        lengths
            .into_iter()
            .map(|len| {
                start += len;
                self.slice(start - len, len)
            })
            .collect()
    }
}
