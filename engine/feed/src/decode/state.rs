//! What a decoder remembers from message to message: the dictionaries.

use crate::program::{Cell, Kind, UNDEFINED};

#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) slots: Vec<Cell>,
    pub(crate) memory: Memory,
}

/// What is not in the slots.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    /// The bytes of slots whose value is long.
    pub(crate) long: Vec<Vec<u8>>,
    /// The type that wrote a slot, where fields of several types share it.
    pub(crate) writers: Vec<u32>,
    /// The template identifier, which is encoded as if it had a copy operator.
    pub(crate) template: Option<u64>,
    pub(crate) scratch: Vec<u8>,
}

impl State {
    pub(crate) fn new(slots: usize) -> Self {
        let (long, writers) = (vec![Vec::new(); slots], vec![0; slots]);
        let memory = Memory { long, writers, template: None, scratch: Vec::new() };
        Self { slots: vec![UNDEFINED; slots], memory }
    }

    /// All entries of all dictionaries become undefined.
    pub(crate) fn reset(&mut self) {
        self.slots.fill(UNDEFINED);
    }

    /// The bytes of an assigned entry.
    pub(crate) fn bytes(&self, slot: u32) -> &[u8] {
        self.memory.bytes(slot, &self.slots[slot as usize])
    }
}

impl Memory {
    #[cold]
    #[inline(never)]
    pub(crate) fn remember_long(&mut self, slot: u32, bytes: &[u8]) {
        let long = &mut self.long[slot as usize];
        long.clear();
        long.extend_from_slice(bytes);
    }

    /// The bytes of an assigned entry; `cell` is its slot's.
    pub(crate) fn bytes<'a>(&'a self, slot: u32, cell: &'a Cell) -> &'a [u8] {
        match cell.kind() {
            Kind::LONG => &self.long[slot as usize],
            Kind::SHORT => cell.raw.get(..cell.extra() as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}
