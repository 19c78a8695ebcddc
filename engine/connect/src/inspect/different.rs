//! How many different values there are, and which are frequent, in bounded memory.

use super::Distinct;
use foldhash::fast::FixedState;
use hashbrown::{Equivalent, HashMap, HashSet};
use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash},
};

/// Values are counted one by one while there are no more than this.
const COUNTED: usize = 10_000;
/// Different values are told apart up to this many, unless all are different: then a key is at stake.
const TOLD_APART: usize = 100_000;
/// A column that is different in every row is followed this far.
const KEYS: usize = 20_000_000;

/// The values of one column.
pub(super) struct Different<K: ToOwned + ?Sized> {
    state: State<K::Owned>,
    present: u64,
    /// How far a column is followed that is different in every row.
    all_different: usize,
}

enum State<K> {
    Counted(HashMap<K, u64, FixedState>),
    /// By hash; a column of keys is not kept twice in memory.
    Apart(HashSet<u64, FixedState>),
    Many(u64),
}

impl<K: ToOwned + ?Sized> Default for Different<K> {
    fn default() -> Self {
        Self { state: State::Counted(HashMap::default()), present: 0, all_different: KEYS }
    }
}

impl<K: ToOwned + ?Sized> Different<K> {
    /// Of a column that is no key, whatever its values.
    pub(super) fn of_no_key() -> Self {
        Self { all_different: TOLD_APART, ..Self::default() }
    }

    /// Whether more values can still tell anything.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.state, State::Many(_))
    }

    /// Whether values are still counted one by one: then it saves time to bring them together.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.state, State::Counted(_))
    }
}

impl<K> Different<K>
where
    K: ToOwned + Hash + Eq + Ord + ?Sized,
    K: Equivalent<K::Owned>,
    K::Owned: Hash + Eq + Ord,
{
    /// One value, `n` times.
    pub(super) fn see(&mut self, value: &K, n: u64) {
        self.present += n;
        match &mut self.state {
            State::Counted(counts) => {
                if let Some(count) = counts.get_mut(value) {
                    *count += n;
                    return;
                }
                counts.insert(value.to_owned(), n);
                if counts.len() > COUNTED {
                    self.state = State::Apart(counts.keys().map(|key| hash(key.borrow())).collect());
                }
            }
            State::Apart(seen) => {
                seen.insert(hash(value));
                let (count, all_different) = (seen.len(), seen.len() as u64 == self.present);
                if count > if all_different { self.all_different } else { TOLD_APART } {
                    self.state = State::Many(count as u64);
                }
            }
            State::Many(_) => {}
        }
    }

    pub(super) fn count(&self) -> Distinct {
        match &self.state {
            State::Counted(counts) => Distinct { count: counts.len() as u64, exact: true },
            State::Apart(seen) => Distinct { count: seen.len() as u64, exact: true },
            State::Many(count) => Distinct { count: *count, exact: false },
        }
    }

    /// The most frequent values, if they were counted. Values that never come twice are no help.
    pub(super) fn top(&self, most: usize, shown: impl Fn(&K) -> String) -> Vec<(String, u64)> {
        let State::Counted(counts) = &self.state else { return Vec::new() };
        let mut top: Vec<(&K::Owned, u64)> = counts.iter().map(|(key, n)| (key, *n)).filter(|(_, n)| *n > 1).collect();
        // By count, then by value: the same table always looks the same.
        top.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        top.iter().take(most).map(|(key, n)| (shown((*key).borrow()), *n)).collect()
    }
}

fn hash<K: Hash + ?Sized>(key: &K) -> u64 {
    FixedState::default().hash_one(key)
}
