//! Keys placed by the leading bits of a hash.

use super::{
    index::{Doubles, begin, keep_first, step_back},
    keys::{Key, Keys},
};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;

/// The hash only places rows in this process's table: it never reaches an output, so a fixed seed costs nothing.
const HASH: FixedState = FixedState::with_seed(0x67_75_69_6a_75);

/// The first row of each key, by hashes.
#[derive(Debug)]
pub(super) struct Hashed {
    keys: Keys,
    shift: u32,
    /// For each place, where its rows begin; one more at the end.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Hashed {
    pub(super) fn of(keys: Keys) -> (Self, Doubles) {
        let bits = keys.len().max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut starts = vec![0u32; (1 << bits) + 1];
        for key in (0..keys.len()).filter_map(|row| keys.key(row)) {
            starts[place(key, shift)] += 1;
        }
        let mut rows = vec![0u32; begin(&mut starts)];
        for row in 0..keys.len() {
            if let Some(key) = keys.key(row) {
                let at = &mut starts[place(key, shift)];
                rows[*at as usize] = row as u32;
                *at += 1;
            }
        }
        step_back(&mut starts);
        let mut doubles = Doubles::default();
        let key_at = |rows: &Vec<u32>, at: usize| keys.key(rows[at] as usize);
        let kept = keep_first(
            &mut starts,
            &mut rows,
            |rows, a, b| key_at(rows, a) == key_at(rows, b),
            |rows, from, to| rows[to] = rows[from],
            |rows, at| doubles.add(rows[at]),
        );
        rows.truncate(kept);
        (Self { keys, shift, starts, rows }, doubles)
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn find(&self, key: Key<'_>) -> Option<u32> {
        let (begin, end) = self.range(place(key, self.shift))?;
        let rows = self.rows.get(begin as usize..end as usize)?;
        rows.iter().copied().find(|&row| self.keys.key(row as usize) == Some(key))
    }

    /// Step by step for all of them: each step waits for memory, and the processor waits for many at once as long as no step decides
    /// what comes next.
    pub(super) fn find_all(&self, wanted: &Keys) -> Vec<Option<u32>> {
        let ranges: Vec<Option<(u32, u32)>> =
            (0..wanted.len()).map(|row| self.range(place(wanted.key(row)?, self.shift))).collect();
        let firsts: Vec<Option<u32>> =
            ranges.iter().map(|range| self.rows.get(range.as_ref()?.0 as usize).copied()).collect();
        let hits: Vec<bool> = firsts
            .iter()
            .enumerate()
            .map(|(row, first)| first.is_some_and(|first| self.keys.key(first as usize) == wanted.key(row)))
            .collect();
        let one = |row: usize| match (ranges[row], hits[row]) {
            (Some((begin, end)), true) if begin < end => firsts[row],
            (Some((begin, end)), _) if end - begin > 1 => self.find(wanted.key(row)?),
            _ => None,
        };
        (0..wanted.len()).map(one).collect()
    }

    /// Where the rows of a place are.
    fn range(&self, place: usize) -> Option<(u32, u32)> {
        Some((*self.starts.get(place)?, *self.starts.get(place.checked_add(1)?)?))
    }
}

fn place(key: Key<'_>, shift: u32) -> usize {
    let hash = match key {
        Key::Integer(n) => HASH.hash_one(n),
        Key::Text(t) => HASH.hash_one(t),
    };
    usize::try_from(hash >> shift).unwrap_or(usize::MAX)
}
