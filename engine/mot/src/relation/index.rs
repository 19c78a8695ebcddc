//! Where each key of a relation stands: its rows in order of their keys' places, and for every place where its rows begin. Two passes
//! in row order put all rows into place; a hash table would follow one row's chain of steps after the other's.

use super::{Key, Keys};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;

/// The hash only places rows in this process's table: it never reaches an output, so a fixed seed costs nothing.
const HASH: FixedState = FixedState::with_seed(0x67_75_69_6a_75);

/// Rows that may share a place before integers are spread by their hashes: most places hold one row or none.
const CROWD: u32 = 24;

/// The first row of each key.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: Places,
    /// For each place, where its rows begin; one more at the end.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

/// Rows whose key had been seen before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubles {
    pub(super) count: u64,
    /// The first such row.
    pub(super) first: usize,
}

/// Which place is a key's.
#[derive(Debug, Clone, Copy)]
enum Places {
    /// By the number itself, less the smallest, without its last bits. Numbers are mostly given out in a row and tables mostly sorted by
    /// them: neighbours in the table are then neighbours here, and in the processor's caches.
    Near { least: i64, shift: u32 },
    /// By the leading bits of a hash.
    Hashed { shift: u32 },
}

impl Default for Places {
    fn default() -> Self {
        Self::Hashed { shift: u64::BITS - 1 }
    }
}

impl Places {
    /// By number, for about as many places as there are rows.
    fn near(keys: &Keys, bits: u32) -> Option<Self> {
        let (least, most) = keys.ends()?;
        let shift = (u64::BITS - most.abs_diff(least).leading_zeros()).saturating_sub(bits);
        Some(Self::Near { least, shift })
    }

    fn of(self, key: Key<'_>) -> usize {
        let place = match (self, key) {
            (Self::Near { least, shift }, Key::Integer(n)) => (n.wrapping_sub(least) as u64) >> shift,
            (Self::Hashed { shift }, Key::Integer(n)) => HASH.hash_one(n) >> shift,
            (Self::Hashed { shift }, Key::Text(t)) => HASH.hash_one(t) >> shift,
            // No text is among numbers.
            (Self::Near { .. }, Key::Text(_)) => u64::MAX,
        };
        usize::try_from(place).unwrap_or(usize::MAX)
    }
}

impl Index {
    /// Rows without a key have no place in it.
    pub(super) fn of(keys: &Keys) -> (Self, Doubles) {
        let bits = keys.len().max(2).ilog2();
        let hashed = Places::Hashed { shift: u64::BITS - bits };
        let near = Places::near(keys, bits).map(|places| (places, counts(keys, places, bits)));
        let (places, mut starts) = match near {
            Some((places, counts)) if counts.iter().all(|&count| count <= CROWD) => (places, counts),
            _ => (hashed, counts(keys, hashed, bits)),
        };
        let mut sum = 0;
        for start in &mut starts {
            let count = std::mem::replace(start, sum);
            sum += count;
        }
        // Each start runs to its end while rows are placed, and so becomes the next one's.
        let mut rows = vec![0u32; sum as usize];
        for row in 0..keys.len() {
            if let Some(key) = keys.key(row) {
                let at = &mut starts[places.of(key)];
                rows[*at as usize] = row as u32;
                *at += 1;
            }
        }
        starts.rotate_right(1);
        starts[0] = 0;
        let mut index = Self { places, starts, rows };
        let doubles = index.keep_first(keys);
        (index, doubles)
    }

    /// Lets go of all rows of a key but the first: a key that stands in every row would else be passed again and again.
    fn keep_first(&mut self, keys: &Keys) -> Doubles {
        let mut doubles = Doubles::default();
        let (mut from, mut kept) = (0, 0);
        for end in &mut self.starts[1..] {
            let begin = kept;
            // Most rows are alone: no need to look at their keys.
            if *end as usize == from + 1 {
                self.rows[kept] = self.rows[from];
                kept += 1;
                from = std::mem::replace(end, kept as u32) as usize;
                continue;
            }
            for at in from..*end as usize {
                let row = self.rows[at];
                let key = keys.key(row as usize);
                if self.rows[begin..kept].iter().any(|&other| keys.key(other as usize) == key) {
                    let first = if doubles.count == 0 { row as usize } else { doubles.first.min(row as usize) };
                    doubles = Doubles { count: doubles.count + 1, first };
                } else {
                    self.rows[kept] = row;
                    kept += 1;
                }
            }
            from = std::mem::replace(end, kept as u32) as usize;
        }
        self.rows.truncate(kept);
        doubles
    }

    /// The first row of `keys`, of which this is the index, that has this key.
    pub(super) fn find(&self, keys: &Keys, key: Key<'_>) -> Option<u32> {
        let (begin, end) = self.range(self.places.of(key))?;
        self.rows.get(begin as usize..end as usize)?.iter().copied().find(|&row| keys.key(row as usize) == Some(key))
    }

    /// As [`Index::find`] for each of many keys. Step by step for all of them: each step waits for memory, and the processor waits for
    /// many at once as long as no step decides what comes next.
    pub(super) fn find_all(&self, keys: &Keys, wanted: &Keys) -> Vec<Option<u32>> {
        let ranges: Vec<Option<(u32, u32)>> =
            (0..wanted.len()).map(|row| self.range(self.places.of(wanted.key(row)?))).collect();
        let firsts: Vec<Option<u32>> =
            ranges.iter().map(|range| self.rows.get(range.as_ref()?.0 as usize).copied()).collect();
        let hits: Vec<bool> = firsts
            .iter()
            .enumerate()
            .map(|(row, first)| first.is_some_and(|first| keys.key(first as usize) == wanted.key(row)))
            .collect();
        let one = |row: usize| match (ranges[row], hits[row]) {
            (Some((begin, end)), true) if begin < end => firsts[row],
            (Some((begin, end)), _) if end - begin > 1 => self.find(keys, wanted.key(row)?),
            _ => None,
        };
        (0..wanted.len()).map(one).collect()
    }

    /// Where the rows of a place are.
    fn range(&self, place: usize) -> Option<(u32, u32)> {
        Some((*self.starts.get(place)?, *self.starts.get(place.checked_add(1)?)?))
    }
}

/// How many rows each place has; one more at the end, which has none.
fn counts(keys: &Keys, places: Places, bits: u32) -> Vec<u32> {
    let mut counts = vec![0u32; (1 << bits) + 1];
    for key in (0..keys.len()).filter_map(|row| keys.key(row)) {
        counts[places.of(key)] += 1;
    }
    counts
}
