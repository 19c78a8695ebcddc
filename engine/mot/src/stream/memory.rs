//! What all keys of a stream remember, and the rows of a batch going through it.

use super::{
    arena::Block,
    days::Days,
    keys::{self, Keys},
    layout::{BITS, END, LINE, Layout, NEWEST, Operand, RING, Shape, TIME, TOUCHED},
    pages::Saved,
    values::{Figures, Numbers},
    window::{Arenas, Quick, SMALL, Window, clear, read, write},
};
use arrow_array::{Array, StringArray};
use guiju_lang::{
    context::Incidents,
    hir::{Figure, Reach},
    time::Zone,
    ty::Type,
};
use std::ops::Range;

/// Rows that are looked up together, so that their waits for memory overlap.
const TOGETHER: usize = 32;
/// Of keys with so many rows, all are read ahead; of others so many at each end.
const FEW_ROWS: u32 = 32;
const AHEAD: u32 = 3;

/// A row as it was: its time, and what each log that holds it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) time: i64,
    pub(super) logs: Vec<(usize, Option<i128>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub(super) layout: Layout,
    pub(super) keys: Keys,
    /// By number of the key.
    records: Vec<u64>,
    arenas: Arenas,
    /// Rows on their way, and what falls out when one comes: the newest time by span.
    words: Vec<u64>,
    until: Vec<i64>,
    days: Days,
    /// Keys that changed since the state was last saved, and those that are gone.
    touched: Vec<u32>,
    pub(super) gone: Vec<(Box<str>, Saved)>,
    /// By number of the key.
    saved: Vec<Saved>,
    /// So many keys at once.
    most: usize,
    /// Keys that went to make room for others.
    pub(super) let_go: u64,
    /// So many rows of one key at once.
    most_rows: u32,
    /// Rows that went to make room for newer ones of their key.
    pub(super) rows_let_go: u64,
}

/// Keys of one stream that are remembered at once.
pub(super) const MOST_KEYS: usize = 10_000_000;
/// Rows of one key that its windows hold at once.
const MOST_ROWS: u32 = 1_000_000;

impl Default for Memory {
    fn default() -> Self {
        Self::of(&Shape::default())
    }
}

/// A figure to be read: of which log, with how many digits after the point of what is added up, in which type.
pub(super) struct Asked<'a> {
    pub(super) log: usize,
    pub(super) figure: Figure,
    pub(super) scale: u8,
    pub(super) ty: &'a Type,
}

impl Memory {
    pub(super) fn of(shape: &Shape) -> Self {
        let layout = Layout::of(shape);
        let (arenas, words, until) = (Arenas::of(&layout), Vec::new(), Vec::new());
        let days = Days::default();
        let (records, touched, gone, saved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            layout,
            keys: Keys::default(),
            records,
            arenas,
            words,
            until,
            days,
            touched,
            gone,
            saved,
            most: MOST_KEYS,
            let_go: 0,
            most_rows: MOST_ROWS,
            rows_let_go: 0,
        }
    }

    /// The oldest row that some window holds. Looks through all keys.
    pub(super) fn oldest(&self) -> Option<i64> {
        let live = (0..self.keys.bound()).filter(|number| self.keys.text(*number).is_some());
        let records = live.map(|number| &self.records[number as usize * self.layout.record..]);
        let times = records.flat_map(|record| self.layout.spans.iter().map(|span| record[span.at + 1] as i64));
        times.filter(|time| *time != i64::MAX).min()
    }

    /// Makes room for another key: those whose windows are empty go, and if that is not enough, of every sixteen the one whose newest row
    /// is the oldest.
    fn make_room(&mut self, now: i64) {
        self.sweep(now);
        if self.keys.len() < self.most {
            return;
        }
        let newest = |number: u32| self.records[number as usize * self.layout.record + NEWEST] as i64;
        let live = (0..self.keys.bound()).filter_map(|number| Some((newest(number), self.keys.text(number)?, number)));
        let mut oldest: Vec<_> = live.collect();
        let share = (oldest.len() / 16).max(1);
        // By time, then by key: the same everywhere.
        oldest.select_nth_unstable(share - 1);
        let goes: Vec<u32> = oldest[..share].iter().map(|(.., number)| *number).collect();
        self.let_go += share as u64;
        goes.into_iter().for_each(|number| self.forget(number));
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let saved = self.saved.capacity() * size_of::<Saved>();
        (self.records.capacity() + self.arenas.words()) * 8 + saved + self.keys.bytes()
    }

    fn window(&mut self, key: u32) -> Window<'_> {
        let start = key as usize * self.layout.record;
        let record = &mut self.records[start..start + self.layout.record];
        Window { layout: &self.layout, record, arenas: &mut self.arenas }
    }

    fn touch(&mut self, key: u32) {
        let touched = &mut self.records[key as usize * self.layout.record + TOUCHED];
        if *touched == 0 {
            *touched = 1;
            self.touched.push(key);
        }
    }

    /// The key's number; it gets one if it has none.
    fn number(&mut self, key: &str) -> u32 {
        let hash = keys::hash(key);
        self.keys.find(key, hash).unwrap_or_else(|| self.added(key, hash))
    }

    fn added(&mut self, key: &str, hash: u64) -> u32 {
        let number = self.keys.add(key, hash);
        let start = number as usize * self.layout.record;
        let end = start + self.layout.record;
        if self.records.len() < end {
            self.records.resize(end, 0);
            self.saved.resize(number as usize + 1, Saved::default());
        }
        self.saved[number as usize] = Saved::default();
        clear(&self.layout, &mut self.records[start..end]);
        number
    }

    /// Rows in order of time, and the figures as each of them sees them. A row without a key concerns nobody.
    pub(super) fn rows<'a>(
        &mut self,
        (keys, times): (&StringArray, &[i64]),
        operands: &[Numbers],
        asked: &[Asked<'a>],
        incidents: &mut Incidents,
    ) -> Vec<Figures<'a>> {
        let mut columns: Vec<_> = asked.iter().map(|asked| Figures::of(asked.ty, keys.len())).collect();
        let quick: Vec<Option<Quick>> = asked.iter().map(|asked| Quick::of(&self.layout, asked)).collect();
        let (mut hashes, mut numbers) = ([0; TOGETHER], [0; TOGETHER]);
        let mut words = std::mem::take(&mut self.words);
        for start in (0..keys.len()).step_by(TOGETHER) {
            let end = (start + TOGETHER).min(keys.len());
            for row in start..end {
                hashes[row - start] = keys::hash(if keys.is_null(row) { "" } else { keys.value(row) });
            }
            self.keys.guess(&hashes[..end - start], &mut numbers[..end - start]);
            self.fetch_records(&numbers[..end - start]);
            // A key that has to make room for another cannot be looked up ahead.
            let room = self.keys.len() + TOGETHER < self.most;
            for row in (start..end).filter(|row| room && !keys.is_null(*row)) {
                let (key, hash) = (keys.value(row), hashes[row - start]);
                numbers[row - start] = self.keys.find(key, hash).unwrap_or_else(|| self.added(key, hash));
            }
            if room {
                self.fetch(&numbers[..end - start]);
            }
            self.lay_out(start..end, &times[start..end], operands, &mut words);
            for (row, words) in (start..end).zip(words.chunks_exact(self.layout.row)) {
                if keys.is_null(row) {
                    columns.iter_mut().for_each(|column| column.push(None));
                    continue;
                }
                let number = if room {
                    numbers[row - start]
                } else {
                    let (key, hash) = (keys.value(row), hashes[row - start]);
                    self.keys.find(key, hash).unwrap_or_else(|| {
                        if self.keys.len() >= self.most {
                            self.make_room(times[row]);
                        }
                        self.added(key, hash)
                    })
                };
                self.row(number, words);
                let window = self.window(number);
                for ((asked, quick), column) in asked.iter().zip(&quick).zip(&mut columns) {
                    if let Some(value) = quick.as_ref().and_then(|quick| window.quick(quick)) {
                        column.put(value);
                        continue;
                    }
                    let log = &window.layout.logs[asked.log];
                    let value = window.figure(log, asked.figure, asked.scale, asked.ty);
                    column.push(value.map_err(|incident| incidents.count(incident)).ok().flatten());
                }
            }
        }
        self.words = words;
        columns
    }

    /// Some rows as rings have them: operand by operand.
    fn lay_out(&self, rows: Range<usize>, times: &[i64], operands: &[Numbers], words: &mut Vec<u64>) {
        let layout = &self.layout;
        words.clear();
        for time in times {
            let start = words.len();
            words.push(*time as u64);
            words.extend(&layout.all);
            words.resize(start + layout.row, 0);
        }
        for (number, (operand, numbers)) in layout.operands.iter().zip(operands).enumerate() {
            numbers.lay(rows.clone(), words, (operand.at, layout.row), operand.wide);
            if !numbers.has_gaps() {
                continue;
            }
            // What is missing counts in no log.
            let logs = || layout.logs.iter().zip(&layout.shape.logs).filter(|(_, shape)| shape.operand == Some(number));
            for (words, row) in words.chunks_exact_mut(layout.row).zip(rows.clone()) {
                if !numbers.is_there(row) {
                    logs().for_each(|(log, _)| words[log.word] &= !log.bit);
                }
            }
        }
    }

    /// Reads the keys' records, so that the processor fetches many places of memory at once instead of one after the other.
    fn fetch_records(&self, numbers: &[u32]) {
        let (record, mut seen) = (self.layout.record, 0);
        for &number in numbers {
            let start = number as usize * record;
            for line in self.records.get(start..start.wrapping_add(record)).unwrap_or_default().chunks_exact(LINE) {
                seen ^= line[0];
            }
        }
        std::hint::black_box(seen);
    }

    /// Reads what the keys' rows will need of their rings.
    fn fetch(&self, numbers: &[u32]) {
        let (record, row) = (self.layout.record, self.layout.row);
        let mut seen = 0_u64;
        for &number in numbers {
            let start = number as usize * record;
            let Some(words) = self.records.get(start..start + record) else { continue };
            let (block, end) = (Block(words[RING]), words[END] as u32);
            if block.cells() == 0 {
                continue;
            }
            let ring = self.arenas.rows.all(block);
            // Lines that follow each other are fetched faster than it takes to find out which of them will be needed.
            let mut lines = |from: u32, to: u32| {
                let (from, to) = (from & (block.cells() - 1), to & (block.cells() - 1));
                let (from, to) = (from as usize * row, (to as usize + 1) * row);
                let (one, two) = if from < to { (&ring[from..to], &ring[..0]) } else { (&ring[from..], &ring[..to]) };
                for line in one.chunks(LINE).chain(two.chunks(LINE)) {
                    seen ^= line[0];
                }
                seen ^= ring[to - 1];
            };
            let starts = self.layout.spans.iter().map(|span| words[span.at] as u32);
            let oldest = starts.clone().max_by_key(|start| end.wrapping_sub(*start)).unwrap_or(end);
            if end.wrapping_sub(oldest) <= FEW_ROWS {
                lines(oldest, end);
            } else {
                lines(end.wrapping_sub(AHEAD), end);
                starts.for_each(|start| lines(start, start.wrapping_add(AHEAD)));
            }
            if block.cells() > SMALL {
                seen ^= self.arenas.touch(&self.layout, words);
            }
        }
        std::hint::black_box(seen);
    }

    fn row(&mut self, number: u32, words: &[u64]) {
        let counts = words[BITS..BITS + self.layout.bits].iter().any(|bits| *bits != 0);
        let until = self.until(words[TIME] as i64);
        let most = self.most_rows;
        let mut window = self.window(number);
        window.forget(&until);
        let full = counts && window.rows() >= most;
        if full {
            window.drop_oldest();
        }
        if counts {
            window.push(words);
        } else {
            window.record[NEWEST] = words[TIME];
        }
        self.rows_let_go += u64::from(full);
        self.until = until;
        self.touch(number);
    }

    /// Which rows no window holds any more, by span: the newest of their times. To be given back.
    fn until(&mut self, now: i64) -> Vec<i64> {
        let mut until = std::mem::take(&mut self.until);
        until.clear();
        until.extend(self.layout.spans.iter().map(|span| match span.reach {
            Reach::Last(span) => now.saturating_sub(span),
            Reach::Each(span) => self.days.part(now, span).saturating_sub(1),
        }));
        until
    }

    /// Keys whose windows are all empty are forgotten.
    pub(super) fn sweep(&mut self, now: i64) {
        let until = self.until(now);
        for number in 0..self.keys.bound() {
            if self.keys.text(number).is_none() {
                continue;
            }
            let mut window = self.window(number);
            window.forget(&until);
            if window.is_empty() {
                self.forget(number);
            } else {
                window.shrink();
            }
        }
        self.until = until;
    }

    /// A key goes, with all it remembers.
    fn forget(&mut self, number: u32) {
        self.window(number).free();
        let saved = self.saved[number as usize];
        self.gone.extend(self.keys.remove(number).map(|key| (key, saved)));
    }

    /// Takes what is saved of a key out, or puts it there: its rows, oldest first.
    pub(super) fn past(&mut self, number: u32) -> Vec<Past> {
        let window = self.window(number);
        let (mut position, end) = (window.start(), window.end());
        let mut rows = Vec::with_capacity(end.wrapping_sub(position) as usize);
        while position != end {
            let logs: Vec<_> = window.bits(position).map(|log| (log, window.value(log, position))).collect();
            if !logs.is_empty() {
                rows.push(Past { time: window.row(position)[TIME] as i64, logs });
            }
            position = position.wrapping_add(1);
        }
        rows
    }

    /// The rows of a key at these positions, as they came.
    fn came(&self, number: u32, from: u32, to: u32) -> Vec<Past> {
        let ring = Block(self.records[number as usize * self.layout.record + RING]);
        let positions = (0..to.wrapping_sub(from)).map(|step| from.wrapping_add(step));
        let one = |position| {
            let row = self.arenas.rows.at(ring, position);
            let logs = self.layout.logs.iter().enumerate().filter(|(_, log)| row[log.word] & log.bit != 0);
            let value = |operand: Operand| read(&row[operand.at..], operand.wide);
            Past { time: row[TIME] as i64, logs: logs.map(|(at, log)| (at, log.operand.map(value))).collect() }
        };
        positions.map(one).collect()
    }

    /// Says every entry that changed since it was last asked; an empty one is gone.
    pub(super) fn save(&mut self, put: &mut dyn FnMut(&str, &[u8])) {
        for (key, saved) in std::mem::take(&mut self.gone) {
            saved.forget(&key, put);
        }
        for number in self.take_touched() {
            let window = self.window(number);
            let (held, mut saved) = ((window.start(), window.end()), self.saved[number as usize]);
            let key = self.keys.text(number).unwrap_or_default();
            saved.save(held, key, |from, to| self.came(number, from, to), put);
            self.saved[number as usize] = saved;
        }
    }

    /// Rows that a key had, oldest first, whose logs are numbered as here, and where they are saved; `changed`: not like that any more.
    pub(super) fn restore(&mut self, key: &str, rows: &[Past], saved: Saved, changed: bool) {
        let number = self.number(key);
        self.saved[number as usize] = if changed { saved.moved() } else { saved };
        if changed {
            self.touch(number);
        }
        let mut words = vec![0; self.layout.row];
        for row in rows {
            words.fill(0);
            words[TIME] = row.time as u64;
            for (log, value) in &row.logs {
                let Some(log) = self.layout.logs.get(*log) else { continue };
                words[log.word] |= log.bit;
                if let (Some(operand), Some(value)) = (log.operand, value) {
                    write(&mut words[operand.at..], operand.wide, *value);
                }
            }
            self.window(number).push(&words);
        }
    }

    /// The same memory for other logs: those of the same name keep their rows, others begin empty.
    pub(super) fn adopt(&mut self, shape: &Shape, zone: &Zone) {
        self.days.of(zone);
        if self.layout.shape == *shape {
            return;
        }
        let to = |name: &str| shape.logs.iter().position(|log| log.name == name);
        let moved: Vec<Option<usize>> = self.layout.shape.logs.iter().map(|log| to(&log.name)).collect();
        let mut new = Self::of(shape);
        new.gone = std::mem::take(&mut self.gone);
        (new.most, new.let_go, new.days) = (self.most, self.let_go, std::mem::take(&mut self.days));
        (new.most_rows, new.rows_let_go) = (self.most_rows, self.rows_let_go);
        for number in 0..self.keys.bound() {
            let Some(key) = self.keys.text(number).map(str::to_owned) else { continue };
            let mut rows = self.past(number);
            for row in &mut rows {
                row.logs.retain_mut(|(log, _)| moved[*log].map(|to| *log = to).is_some());
            }
            rows.retain(|row| !row.logs.is_empty());
            new.restore(&key, &rows, self.saved[number as usize], true);
        }
        *self = new;
    }

    /// Keys that changed since this was last asked.
    fn take_touched(&mut self) -> Vec<u32> {
        let touched = std::mem::take(&mut self.touched);
        let (keys, records, record) = (&self.keys, &mut self.records, self.layout.record);
        let mut live = touched;
        live.retain(|number| {
            let word = &mut records[*number as usize * record + TOUCHED];
            std::mem::take(word) != 0 && keys.text(*number).is_some()
        });
        live
    }
}

#[cfg(test)]
mod tests;
