//! Everything a step remembers.
//!
//! *Durable* cells survive the run: one value per (cell, key), loaded before a step sees its first input and written back by the
//! shell in the same transaction as the effects. *Working* cells live for one snapshot (accumulators, indexes, candidates); they
//! are never stored, because a repeated snapshot rebuilds them.

use crate::{
    cell::{CellTable, CellValue},
    id::CellId,
};
use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
};

/// A durable cell that a rule keeps: for the store, the plan of a reload, and `list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its identity.
    pub id: CellId,
    /// The rule it belongs to, by position in the program.
    pub rule: usize,
    /// What it is, in the language's word: `once per`.
    pub role: &'static str,
    /// The identity it had under the rule's former name, from which its values are carried over.
    pub formerly: Option<CellId>,
}

/// The cells of one run.
#[derive(Default)]
pub struct Cells {
    durable: BTreeMap<CellId, CellTable>,
    working: HashMap<(CellId, u32), Box<dyn Any + Send>>,
    lasting: BTreeMap<CellId, Box<dyn Lasting>>,
}

/// What is remembered of a stream from one input to the next: it outlives every input, and is worked on where it is.
pub trait Lasting: Any + Send {
    /// A copy, for whoever wants to try what would happen.
    fn copy(&self) -> Box<dyn Lasting>;
}

impl<T: Any + Send + Clone> Lasting for T {
    fn copy(&self) -> Box<dyn Lasting> {
        Box::new(self.clone())
    }
}

impl Cells {
    /// With what the store remembers.
    pub fn with_durable(durable: impl IntoIterator<Item = (CellId, CellTable)>) -> Self {
        Self { durable: durable.into_iter().collect(), ..Self::default() }
    }
    /// The value as of now: written in this run, or loaded.
    pub fn get(&self, cell: CellId, key: &str) -> Option<CellValue<'_>> {
        self.durable.get(&cell)?.get(key)
    }
    /// Remembers a value.
    pub fn put(&mut self, cell: CellId, key: &str, value: CellValue<'_>) {
        self.durable.entry(cell).or_default().put(key, value);
    }
    /// The durable cells, in order of identity; each knows what was changed.
    pub fn durable(&self) -> impl Iterator<Item = (CellId, &CellTable)> {
        self.durable.iter().map(|(id, table)| (*id, table))
    }
    /// What of this lives on when the moment is over: everything but the working cells.
    #[must_use]
    pub fn carried(&self) -> Self {
        let lasting = self.lasting.iter().map(|(id, state)| (*id, (**state).copy())).collect();
        Self { durable: self.durable.clone(), working: HashMap::new(), lasting }
    }
    /// What is remembered of a stream, made on first use. Also of an unknown type, which belongs to nobody.
    pub fn lasting<T: Lasting + Default>(&mut self, cell: CellId) -> &mut T {
        let slot = self.lasting.entry(cell).or_insert_with(|| Box::<T>::default());
        if !(&**slot as &dyn Any).is::<T>() {
            *slot = Box::<T>::default();
        }
        (&mut **slot as &mut dyn Any)
            .downcast_mut()
            .unwrap_or_else(|| unreachable!("the slot was just filled with this type"))
    }
    /// Takes what is remembered of a stream out, to be put back with [`lasting`](Self::lasting).
    pub fn take_lasting<T: Lasting + Default>(&mut self, cell: CellId) -> T {
        match self.lasting.remove(&cell).map(|slot| (slot as Box<dyn Any>).downcast::<T>()) {
            Some(Ok(value)) => *value,
            _ => T::default(),
        }
    }
    /// A working cell, made on first use. `part` tells several working cells of one rule apart.
    pub fn working<T: Any + Send + Default>(&mut self, cell: CellId, part: u32) -> &mut T {
        let slot = self.working.entry((cell, part)).or_insert_with(|| Box::<T>::default());
        if !slot.is::<T>() {
            *slot = Box::<T>::default();
        }
        slot.downcast_mut().unwrap_or_else(|| unreachable!("the slot was just filled with this type"))
    }
    /// A working cell, if it is there.
    pub fn peek<T: Any + Send>(&mut self, cell: CellId, part: u32) -> Option<&mut T> {
        self.working.get_mut(&(cell, part))?.downcast_mut()
    }
    /// Takes a working cell out, leaving nothing.
    pub fn take<T: Any + Send + Default>(&mut self, cell: CellId, part: u32) -> T {
        match self.working.remove(&(cell, part)).map(|slot| slot.downcast::<T>()) {
            Some(Ok(value)) => *value,
            _ => T::default(),
        }
    }
}
