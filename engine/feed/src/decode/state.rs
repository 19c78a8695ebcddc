//! What a decoder remembers from message to message: the dictionaries.

use crate::program::{Cell, Kind, UNDEFINED};
use crate::record::Record;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) slots: Vec<Cell>,
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
        Self {
            slots: vec![UNDEFINED; slots],
            long: vec![Vec::new(); slots],
            writers: vec![0; slots],
            template: None,
            scratch: Vec::new(),
        }
    }

    /// All entries of all dictionaries become undefined.
    pub(crate) fn reset(&mut self) {
        self.slots.fill(UNDEFINED);
    }

    /// Remembers a cell of the record.
    #[inline(always)]
    pub(crate) fn remember(&mut self, slot: u32, cell: Cell, record: &Record) {
        if cell.kind() == Kind::LONG {
            self.remember_long(slot, record.long(&cell));
        }
        self.slots[slot as usize] = cell;
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn remember_long(&mut self, slot: u32, bytes: &[u8]) {
        let long = &mut self.long[slot as usize];
        long.clear();
        long.extend_from_slice(bytes);
    }

    /// The bytes of an assigned entry; `cell` is the slot's.
    pub(crate) fn bytes<'a>(&'a self, slot: u32, cell: &'a Cell) -> &'a [u8] {
        match cell.kind() {
            Kind::LONG => &self.long[slot as usize],
            Kind::SHORT => cell.raw.get(..cell.extra() as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}
