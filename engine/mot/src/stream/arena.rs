//! Rings and small tables of many keys in one piece of memory. A block holds 2^n cells of some words; who outgrows one gets one twice as
//! large, and what is given back is used again: after a while nothing is asked of the allocator any more.

/// Blocks of cells, each cell of the same number of words.
#[derive(Debug, Clone)]
pub(super) struct Arena {
    cell: usize,
    words: Vec<u64>,
    /// By the power of two of their length.
    free: Vec<Vec<u64>>,
}

/// Where a block is, in one word: its first cell, and one more than the power of two of its length; nothing is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Block(pub(super) u64);

impl Block {
    /// How many cells.
    pub(super) fn cells(self) -> u32 {
        match self.0 >> 56 {
            0 => 0,
            n => 1 << (n - 1),
        }
    }

    fn first(self) -> usize {
        (self.0 & ((1 << 56) - 1)) as usize
    }
}

impl Arena {
    pub(super) fn of_cells(cell: usize) -> Self {
        Self { cell, words: Vec::new(), free: Vec::new() }
    }

    /// Words in use and free.
    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    /// The cell of a ring's row, or of a table's place: positions go round.
    pub(super) fn at(&self, block: Block, position: u32) -> &[u64] {
        let start = self.start(block, position);
        &self.words[start..start + self.cell]
    }

    pub(super) fn at_mut(&mut self, block: Block, position: u32) -> &mut [u64] {
        let start = self.start(block, position);
        &mut self.words[start..start + self.cell]
    }

    fn start(&self, block: Block, position: u32) -> usize {
        (block.first() + (position & block.cells().wrapping_sub(1)) as usize) * self.cell
    }

    /// A block of so many cells, a power of two, all zero.
    pub(super) fn take(&mut self, cells: u32) -> Block {
        let power = cells.trailing_zeros() as usize;
        let first = match self.free.get_mut(power).and_then(Vec::pop) {
            Some(first) => {
                let start = first as usize * self.cell;
                self.words[start..start + cells as usize * self.cell].fill(0);
                first
            }
            None => {
                let first = (self.words.len() / self.cell) as u64;
                self.words.resize(self.words.len() + cells as usize * self.cell, 0);
                first
            }
        };
        Block(first | (power as u64 + 1) << 56)
    }

    /// Gives a block back.
    pub(super) fn give(&mut self, block: Block) {
        if block.cells() == 0 {
            return;
        }
        let power = block.cells().trailing_zeros() as usize;
        if self.free.len() <= power {
            self.free.resize(power + 1, Vec::new());
        }
        self.free[power].push(block.first() as u64);
    }

    /// The ring's rows `from..to` in a block of so many cells.
    pub(super) fn resized(&mut self, ring: Block, (from, to): (u32, u32), cells: u32) -> Block {
        let new = self.take(cells);
        let mut position = from;
        while position != to {
            let (old, place) = (self.start(ring, position), self.start(new, position));
            self.words.copy_within(old..old + self.cell, place);
            position = position.wrapping_add(1);
        }
        self.give(ring);
        new
    }

    /// Makes room for one more row after `from..to`.
    pub(super) fn room(&mut self, ring: Block, (from, to): (u32, u32)) -> Block {
        if to.wrapping_sub(from) < ring.cells() {
            return ring;
        }
        self.resized(ring, (from, to), (ring.cells() * 2).max(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_grow_go_round_and_are_used_again() {
        let mut arena = Arena::of_cells(2);
        let mut rings = [Block::default(); 3];
        let (mut from, mut to) = (u32::MAX - 5, u32::MAX - 5);
        for turn in 0..200_u64 {
            for (number, ring) in rings.iter_mut().enumerate() {
                *ring = arena.room(*ring, (from, to));
                arena.at_mut(*ring, to).copy_from_slice(&[turn, number as u64]);
            }
            to = to.wrapping_add(1);
            if turn % 3 == 0 || turn > 100 {
                from = from.wrapping_add(1);
            }
            for (number, ring) in rings.iter().enumerate() {
                let mut at = from;
                while at != to {
                    let turn = u64::from(at.wrapping_sub(u32::MAX - 5));
                    assert_eq!(arena.at(*ring, at), [turn, number as u64]);
                    at = at.wrapping_add(1);
                }
            }
        }
        let used = arena.words();
        for ring in rings {
            arena.give(ring);
        }
        for _ in 0..3 {
            let block = arena.take(128);
            assert!((0..128).all(|at| arena.at(block, at) == [0, 0]));
        }
        assert_eq!(arena.words(), used);
    }
}
