//! Two streams of records that should be the same, side by side: who belongs to whom, without holding either of them whole.
//!
//! A record waits for the one of its key on the other side. Decoders that agree on the order never let more than one wait; what waits
//! beyond a bound is given up, the oldest first, so that memory is bounded whatever is missing. The second record of a key on one side
//! belongs to the second on the other.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Which stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// A record that waits or has waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What names it.
    pub key: String,
    /// How many of this key its side had before it, of those remembered.
    pub before: u32,
    /// The record.
    pub record: Vec<u8>,
}

/// What became of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair {
    /// Of both sides, A's first.
    Both(Waiting, Waiting),
    /// The other side has none.
    Alone(Side, Waiting),
}

/// Records that wait for one another.
#[derive(Debug)]
pub struct Pairs {
    sides: [Stream; 2],
    limits: Limits,
}

/// How much is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the records that wait on one side, with their keys.
    pub bytes: usize,
    /// Keys of one side that are remembered, so that a second record of a key is known as such.
    pub keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 28, keys: 1 << 20 }
    }
}

/// Of a key that is remembered.
type Print = u128;

#[derive(Debug, Default)]
struct Stream {
    /// By the key's print and how many there were before.
    waiting: HashMap<(Print, u32), Waiting>,
    /// In the order they came; those that are not waiting any more are passed over.
    order: VecDeque<(Print, u32)>,
    bytes: usize,
    /// How often remembered keys came.
    seen: HashMap<Print, u32>,
    remembered: VecDeque<Print>,
}

impl Pairs {
    /// Nobody waits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { sides: Default::default(), limits }
    }

    /// Takes a record; `each` gets what is decided by it.
    pub fn take(&mut self, side: Side, key: String, record: Vec<u8>, each: &mut dyn FnMut(Pair)) {
        let [a, b] = &mut self.sides;
        let (own, other) = if side == Side::A { (a, b) } else { (b, a) };
        let print = print(&key);
        let before = own.count(print, self.limits.keys);
        let taken = Waiting { key, before, record };
        if let Some(found) = other.let_go((print, before)) {
            return each(match side {
                Side::A => Pair::Both(taken, found),
                Side::B => Pair::Both(found, taken),
            });
        }
        if let Some(displaced) = own.wait((print, before), taken) {
            each(Pair::Alone(side, displaced));
        }
        while own.bytes > self.limits.bytes {
            match own.oldest() {
                Some(oldest) => each(Pair::Alone(side, oldest)),
                None => break,
            }
        }
    }

    /// Nothing more comes: whoever waits is alone.
    pub fn finish(&mut self, each: &mut dyn FnMut(Pair)) {
        for (side, stream) in [Side::A, Side::B].into_iter().zip(&mut self.sides) {
            while let Some(oldest) = stream.oldest() {
                each(Pair::Alone(side, oldest));
            }
        }
    }

    /// Records that wait, of both sides.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sides.iter().map(|side| side.waiting.len()).sum()
    }
}

impl Stream {
    /// How often a key came before.
    fn count(&mut self, print: Print, most: usize) -> u32 {
        let count = self.seen.entry(print).or_insert(0);
        let before = *count;
        *count = count.saturating_add(1);
        if before == 0 {
            self.remembered.push_back(print);
            if self.remembered.len() > most.max(1)
                && let Some(oldest) = self.remembered.pop_front()
            {
                self.seen.remove(&oldest);
            }
        }
        before
    }

    /// The one whose place it takes, if its key was forgotten in between.
    fn wait(&mut self, place: (Print, u32), record: Waiting) -> Option<Waiting> {
        self.bytes += weight(&record);
        let displaced = self.waiting.insert(place, record);
        match &displaced {
            Some(displaced) => self.bytes -= weight(displaced),
            None => self.order.push_back(place),
        }
        // Places of those that have gone are cleared when they are most.
        if self.order.len() > 64 && self.order.len() > 2 * self.waiting.len() {
            let waiting = &self.waiting;
            self.order.retain(|place| waiting.contains_key(place));
        }
        displaced
    }

    fn let_go(&mut self, place: (Print, u32)) -> Option<Waiting> {
        let found = self.waiting.remove(&place)?;
        self.bytes -= weight(&found);
        Some(found)
    }

    fn oldest(&mut self) -> Option<Waiting> {
        while let Some(place) = self.order.pop_front() {
            if let Some(found) = self.let_go(place) {
                return Some(found);
            }
        }
        None
    }
}

/// What a record that waits costs, about.
const fn weight(record: &Waiting) -> usize {
    record.key.len() + record.record.len() + 192
}

fn print(key: &str) -> Print {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, key).hash(&mut hasher);
        hasher.finish()
    };
    u128::from(half(0)) << 64 | u128::from(half(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert_eq, proptest};

    /// Every record is named by its key and where it stood.
    fn run(limits: Limits, a: &[u8], b: &[u8]) -> (Vec<Pair>, usize) {
        let mut pairs = Pairs::new(limits);
        let (mut found, mut most) = (Vec::new(), 0);
        for at in 0..a.len().max(b.len()) {
            for (side, keys) in [(Side::A, a), (Side::B, b)] {
                if let Some(key) = keys.get(at) {
                    pairs.take(side, key.to_string(), vec![*key], &mut |pair| found.push(pair));
                    most = most.max(pairs.waiting());
                }
            }
        }
        pairs.finish(&mut |pair| found.push(pair));
        assert_eq!(pairs.waiting(), 0);
        (found, most)
    }

    fn alone(found: &[Pair], wanted: Side) -> Vec<(u8, u32)> {
        let mut alone: Vec<_> = found
            .iter()
            .filter_map(|pair| match pair {
                Pair::Alone(side, one) if *side == wanted => Some((one.record[0], one.before)),
                _ => None,
            })
            .collect();
        alone.sort_unstable();
        alone
    }

    #[test]
    fn who_is_missing_and_who_came_twice() {
        let (found, most) = run(Limits::default(), &[1, 2, 3, 4, 5], &[1, 3, 3, 4, 6]);
        assert_eq!(alone(&found, Side::A), [(2, 0), (5, 0)]);
        assert_eq!(alone(&found, Side::B), [(3, 1), (6, 0)]);
        assert!(most <= 4, "{most}");
    }

    #[test]
    fn what_waits_is_bounded_whatever_is_missing() {
        let keys: Vec<u8> = (0..=255).collect();
        let limits = Limits { bytes: 10 * 200, keys: 1_000 };
        let (found, most) = run(limits, &keys, &[]);
        assert!(most <= 11, "{most}");
        assert_eq!(alone(&found, Side::A).len(), 256);
        // A key that was forgotten while its record waits: nothing is lost.
        let (found, _) = run(Limits { keys: 1, ..Limits::default() }, &[1, 2, 1, 2], &[]);
        assert_eq!(alone(&found, Side::A), [(1, 0), (1, 0), (2, 0), (2, 0)]);
    }

    proptest! {
        /// Whatever the order: as often as both have a key, it is a pair; the rest is alone.
        #[test]
        fn every_record_is_accounted_for(
            a in proptest::collection::vec(0u8..8, 0..40),
            b in proptest::collection::vec(0u8..8, 0..40),
        ) {
            let (found, _) = run(Limits::default(), &a, &b);
            let times = |keys: &[u8], key| keys.iter().filter(|other| **other == key).count();
            for key in 0..8 {
                let both = found.iter().filter(|pair| matches!(pair, Pair::Both(one, other)
                    if one.record == [key] && other.record == [key] && one.before == other.before)).count();
                prop_assert_eq!(both, times(&a, key).min(times(&b, key)));
                for (side, keys) in [(Side::A, &a), (Side::B, &b)] {
                    let rest = alone(&found, side).iter().filter(|one| one.0 == key).count();
                    prop_assert_eq!(rest, times(keys, key) - both);
                }
            }
        }
    }
}
