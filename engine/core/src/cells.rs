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
    /// Of a stream: what it keeps, part by part. A run over a whole table begins without it.
    pub windows: Option<Vec<String>>,
}

/// The cells of one run.
#[derive(Default)]
pub struct Cells {
    durable: BTreeMap<CellId, CellTable>,
    working: HashMap<(CellId, u32), Box<dyn Any + Send>>,
    lasting: BTreeMap<CellId, Box<dyn Lasting>>,
    damaged: Vec<CellId>,
}

/// What is remembered of a stream from one input to the next: it outlives every input, is worked on where it is, and is written to a
/// durable cell only as far as it changed.
pub trait Lasting: Any + Send {
    /// A copy, for whoever wants to try what would happen.
    fn copy(&self) -> Box<dyn Lasting>;
    /// Says every entry that changed since it was last asked.
    fn save(&mut self, put: &mut dyn FnMut(&str, &[u8]));
    /// Takes back an entry that was saved; false if it is damaged.
    fn restore(&mut self, key: &str, bytes: &[u8]) -> bool;
    /// Every entry that another one needs was there; asked once all have been taken back.
    fn is_whole(&self) -> bool {
        true
    }
    /// How much it is. It may look through everything.
    fn size(&self) -> Size;
}

/// How much is remembered of a stream, and how old it is: for whoever watches a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Keys of which something is remembered.
    pub keys: u64,
    /// Rows that an older one might still come before.
    pub waiting: u64,
    /// Bytes of memory, about.
    pub bytes: u64,
    /// The oldest row that is remembered (microseconds since 1970-01-01 UTC).
    pub oldest: Option<i64>,
    /// How far the stream's time has come: older rows are late.
    pub watermark: Option<i64>,
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
        Self { durable: self.durable.clone(), working: HashMap::new(), lasting, damaged: self.damaged.clone() }
    }
    /// What is remembered of a stream: made on first use, from what the cell holds if it was loaded.
    pub fn lasting<T: Lasting + Default>(&mut self, cell: CellId) -> &mut T {
        if !self.lasting.get(&cell).is_some_and(|state| (&**state as &dyn Any).is::<T>()) {
            let mut state = T::default();
            let saved = self.durable.remove(&cell).unwrap_or_default();
            let sound = saved.iter().fold(true, |sound, (key, value)| match value {
                CellValue::Bytes(bytes) => state.restore(key, bytes) && sound,
                CellValue::Time(_) => false,
            });
            if !sound || !state.is_whole() {
                self.damaged.push(cell);
            }
            self.lasting.insert(cell, Box::new(state));
        }
        let state = self.lasting.get_mut(&cell).map(|state| &mut **state as &mut dyn Any);
        state.and_then(|state| state.downcast_mut()).unwrap_or_else(|| unreachable!("it was just put there"))
    }
    /// How much is remembered of streams, by the identities that [`Linked::cells`](crate::Linked::cells) names.
    pub fn sizes(&self) -> impl Iterator<Item = (CellId, Size)> + '_ {
        self.lasting.iter().map(|(id, state)| (*id, state.size()))
    }
    /// Streams whose cell could not be read: what they remember is not what it was.
    pub fn damaged(&self) -> &[CellId] {
        &self.damaged
    }
    /// What changed since this was last asked, by cell: what the store has to take.
    pub fn changes(&mut self) -> Vec<(CellId, CellTable)> {
        let mut all: Vec<_> = self.durable.iter_mut().map(|(id, table)| (*id, table.take_changes())).collect();
        for (id, state) in &mut self.lasting {
            let mut table = CellTable::new();
            state.save(&mut |key, bytes| table.put(key, CellValue::Bytes(bytes)));
            all.push((*id, table));
        }
        all.retain(|(_, table)| !table.is_empty());
        all
    }
    /// Takes over what another remembers in one cell; false if it remembers nothing there.
    pub fn take_over(&mut self, cell: CellId, other: &mut Self) -> bool {
        self.take_over_as(cell, cell, other)
    }
    /// Takes over what another remembers in one cell, under the identity that the cell had there.
    pub fn take_over_as(&mut self, cell: CellId, formerly: CellId, other: &mut Self) -> bool {
        let durable = other.durable.remove(&formerly).map(|table| self.durable.insert(cell, table));
        let lasting = other.lasting.remove(&formerly).map(|state| self.lasting.insert(cell, state));
        durable.is_some() || lasting.is_some()
    }
    /// Takes what is remembered of a stream out, to be put back with [`lasting`](Self::lasting).
    pub fn take_lasting<T: Lasting + Default>(&mut self, cell: CellId) -> T {
        self.lasting::<T>(cell);
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
