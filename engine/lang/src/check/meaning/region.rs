//! Where a condition may be true: unions of boxes, each giving some expressions a set of values. What grows beyond measure is
//! "everywhere", so that emptiness, once found, is proof.

use super::set::Set;
use std::rc::Rc;

/// An expression whose values are reasoned about, by position in its rule's list.
pub(super) type Key = u32;

/// More boxes than this are one: everywhere.
const MOST_BOXES: usize = 48;

/// Values that hold together, by key; what is not listed may be anything.
type Cell = Vec<(Key, Rc<Set>)>;

/// A union of boxes; none: nowhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Region {
    cells: Vec<Cell>,
}

impl Region {
    /// Everywhere.
    pub(super) fn all() -> Self {
        Self { cells: vec![Cell::new()] }
    }

    /// Nowhere.
    pub(super) fn none() -> Self {
        Self { cells: Vec::new() }
    }

    /// Where one expression has one of these values.
    pub(super) fn of(key: Key, set: Rc<Set>) -> Self {
        if set.is_empty() { Self::none() } else { Self { cells: vec![vec![(key, set)]] } }
    }

    /// Proven to be nowhere.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The keys it speaks of.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.cells.iter().flatten().map(|(key, _)| *key)
    }

    /// Either.
    #[must_use]
    pub(super) fn or(mut self, mut other: Self) -> Self {
        if self.cells.len() + other.cells.len() > MOST_BOXES {
            return Self::all();
        }
        self.cells.append(&mut other.cells);
        self
    }

    /// Both; `work` counts down, and at zero the answer is the shorter of the two, which is no smaller than the truth.
    #[must_use]
    pub(super) fn and(&self, other: &Self, work: &mut usize) -> Self {
        if self.cells.len().saturating_mul(other.cells.len()) > MOST_BOXES * 4 || *work == 0 {
            return if self.cells.len() <= other.cells.len() { self.clone() } else { other.clone() };
        }
        let mut cells = Vec::new();
        for a in &self.cells {
            cells.extend(other.cells.iter().filter_map(|b| both(a, b, work)));
        }
        cells.dedup();
        if cells.len() > MOST_BOXES {
            return if self.cells.len() <= other.cells.len() { self.clone() } else { other.clone() };
        }
        Self { cells }
    }
}

/// Two lists in the order of keys, merged; `None` if some key has no value left.
fn both(a: &Cell, b: &Cell, work: &mut usize) -> Option<Cell> {
    let mut out = Cell::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (Some((m, x)), Some((n, y))) if m == n => {
                *work = work.saturating_sub(x.size() + y.size());
                let set = if Rc::ptr_eq(x, y) { Rc::clone(x) } else { Rc::new(x.and(y)) };
                if set.is_empty() {
                    return None;
                }
                out.push((*m, set));
                (i, j) = (i + 1, j + 1);
            }
            (Some((m, x)), other) if other.is_none_or(|(n, _)| m < n) => {
                out.push((*m, Rc::clone(x)));
                i += 1;
            }
            (_, Some((n, y))) => {
                out.push((*n, Rc::clone(y)));
                j += 1;
            }
            _ => {
                *work = work.saturating_sub(1);
                return Some(out);
            }
        }
    }
}
