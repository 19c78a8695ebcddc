//! Where each key of a relation stands: its rows in order of their keys' places, and for every place where its rows begin. Two passes
//! in row order put all rows into place; a hash table would follow one row's chain of steps after the other's.
//!
//! Integers are placed by their numbers ([`Near`]) unless they crowd, all other keys by a hash ([`Hashed`]).

use super::{
    hashed::Hashed,
    keys::{Key, Keys},
    near::Near,
};
use arrow_schema::ArrowError;

/// The first row of each key.
#[derive(Debug)]
pub(super) enum Index {
    Near(Near),
    Hashed(Hashed),
}

/// Rows whose key had been seen before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubles {
    pub(super) count: u64,
    /// The first such row.
    pub(super) first: usize,
}

impl Doubles {
    pub(super) fn add(&mut self, row: u32) {
        self.first = if self.count == 0 { row as usize } else { self.first.min(row as usize) };
        self.count += 1;
    }
}

impl Index {
    /// Rows without a key have no place in it.
    pub(super) fn of(parts: &[Keys]) -> Result<(Self, Doubles), ArrowError> {
        if let Some((near, doubles)) = Near::of(parts) {
            return Ok((Self::Near(near), doubles));
        }
        let (hashed, doubles) = Hashed::of(Keys::together(parts)?);
        Ok((Self::Hashed(hashed), doubles))
    }

    /// Keys are integers, not texts.
    pub(super) fn of_integers(&self) -> bool {
        match self {
            Self::Near(_) => true,
            Self::Hashed(hashed) => hashed.keys().are_integers(),
        }
    }

    /// The first row that has this key.
    pub(super) fn find(&self, key: Key<'_>) -> Option<u32> {
        match (self, key) {
            (Self::Near(near), Key::Integer(n)) => near.find(n),
            // No text is among numbers.
            (Self::Near(_), Key::Text(_)) => None,
            (Self::Hashed(hashed), key) => hashed.find(key),
        }
    }

    /// As [`Index::find`] for each of many keys.
    pub(super) fn find_all(&self, wanted: &Keys) -> Vec<Option<u32>> {
        match (self, wanted) {
            (Self::Near(near), Keys::Integers(wanted)) => near.find_all(wanted),
            (Self::Near(_), Keys::Texts(wanted)) => vec![None; arrow_array::Array::len(wanted)],
            (Self::Hashed(hashed), wanted) => hashed.find_all(wanted),
        }
    }
}

/// Turns how many rows each place has (and one more at the end, which has none) into where each place's rows begin. The sum of all.
pub(super) fn begin(counts: &mut [u32]) -> usize {
    let mut sum = 0;
    for count in counts {
        sum += std::mem::replace(count, sum);
    }
    sum as usize
}

/// While rows were placed, each start ran to its end and so became the next one's.
pub(super) fn step_back(starts: &mut [u32]) {
    starts.rotate_right(1);
    starts[0] = 0;
}

/// Lets go of all rows of a key but the first: a key that stands in every row would else be passed again and again. `same` tells
/// whether the rows at two positions have one key, `keep` moves what is kept of a position to one before it. How many are left.
pub(super) fn keep_first<T>(
    starts: &mut [u32],
    kept_by: &mut T,
    same: impl Fn(&T, usize, usize) -> bool,
    mut keep: impl FnMut(&mut T, usize, usize),
    mut double: impl FnMut(&T, usize),
) -> usize {
    let (mut from, mut kept) = (0, 0);
    for end in &mut starts[1..] {
        let begin = kept;
        for at in from..*end as usize {
            // The first of a place has none before it: no need to look at its key.
            if (begin..kept).any(|other| same(kept_by, other, at)) {
                double(kept_by, at);
            } else {
                if at > kept {
                    keep(kept_by, at, kept);
                }
                kept += 1;
            }
        }
        from = std::mem::replace(end, kept as u32) as usize;
    }
    kept
}
