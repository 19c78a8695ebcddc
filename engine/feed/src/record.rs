//! Where decoded messages are put: one buffer of cells and one of bytes, used again for every message.

use crate::program::Cell;

#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// As many as the longest message so far had.
    pub(crate) cells: Vec<Cell>,
    /// Begins with the program's pool, so that long constants need no copy.
    pub(crate) bytes: Vec<u8>,
}

impl Record {
    pub(crate) fn with_pool(pool: &[u8]) -> Self {
        Self { cells: Vec::new(), bytes: pool.to_vec() }
    }

    #[inline(always)]
    pub(crate) fn clear(&mut self, pool: usize) {
        self.bytes.truncate(pool);
    }

    pub(crate) fn long(&self, cell: &Cell) -> &[u8] {
        long(&self.bytes, cell)
    }
}

/// The bytes of a long cell.
pub(crate) fn long<'b>(bytes: &'b [u8], cell: &Cell) -> &'b [u8] {
    bytes.get(cell.start()..cell.start() + cell.extra() as usize).unwrap_or_default()
}
