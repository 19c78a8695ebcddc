//! Rings and small tables of many keys in one piece of memory. A block holds 2^n cells of some words; who outgrows one gets one twice as
//! large, and what is given back is used again: after a while nothing is asked of the allocator any more.

/// Blocks of cells, each cell of the same number of words.
#[derive(Debug, Clone)]
pub(super) struct Arena {
    cell: usize,
    /// Pieces, so that nothing is copied when more is needed.
    pieces: Vec<Vec<u64>>,
    /// Cells of the last piece that were given out.
    given: usize,
    words: usize,
    /// By the power of two of their length.
    free: Vec<Vec<Block>>,
}

/// Words of a piece: the first are smaller, each as large as all before it.
const LEAST: usize = 1 << 12;
const MOST: usize = 1 << 18;

/// Where a block is, in one word: its piece, its first cell there, and one more than the power of two of its length; nothing is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Block(pub(super) u64);

impl Block {
    /// How many cells.
    #[inline(always)]
    pub(super) fn cells(self) -> u32 {
        match self.0 >> 56 {
            0 => 0,
            n => 1 << (n - 1),
        }
    }

    #[inline(always)]
    fn piece(self) -> usize {
        (self.0 >> 32) as usize & 0xff_ffff
    }

    #[inline(always)]
    fn first(self) -> usize {
        self.0 as u32 as usize
    }
}

impl Arena {
    pub(super) fn of_cells(cell: usize) -> Self {
        Self { cell, pieces: Vec::new(), given: 0, words: 0, free: Vec::new() }
    }

    /// Words in use and free.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The cell of a ring's row, or of a table's place: positions go round.
    #[inline(always)]
    pub(super) fn at(&self, block: Block, position: u32) -> &[u64] {
        let start = self.start(block, position);
        &self.pieces[block.piece()][start..start + self.cell]
    }

    #[inline(always)]
    pub(super) fn at_mut(&mut self, block: Block, position: u32) -> &mut [u64] {
        let start = self.start(block, position);
        &mut self.pieces[block.piece()][start..start + self.cell]
    }

    /// All cells of a block.
    #[inline(always)]
    pub(super) fn all(&self, block: Block) -> &[u64] {
        let start = block.first() * self.cell;
        &self.pieces[block.piece()][start..start + block.cells() as usize * self.cell]
    }

    /// The same.
    #[inline(always)]
    pub(super) fn all_mut(&mut self, block: Block) -> &mut [u64] {
        let start = block.first() * self.cell;
        &mut self.pieces[block.piece()][start..start + block.cells() as usize * self.cell]
    }

    #[inline(always)]
    fn start(&self, block: Block, position: u32) -> usize {
        (block.first() + (position & block.cells().wrapping_sub(1)) as usize) * self.cell
    }

    /// A block of so many cells, a power of two, all zero.
    pub(super) fn take(&mut self, cells: u32) -> Block {
        let power = cells.trailing_zeros() as usize;
        let words = cells as usize * self.cell;
        if let Some(block) = self.free.get_mut(power).and_then(Vec::pop) {
            let start = block.first() * self.cell;
            self.pieces[block.piece()][start..start + words].fill(0);
            return block;
        }
        if self.pieces.last().is_none_or(|piece| piece.len() < self.given * self.cell + words) {
            // What is left of the last piece stays unused: less than this block.
            self.pieces.push(vec![0; self.words.clamp(LEAST, MOST).max(words)]);
            self.given = 0;
        }
        let first = self.given as u64;
        self.given += cells as usize;
        self.words += words;
        Block(first | (self.pieces.len() as u64 - 1) << 32 | (power as u64 + 1) << 56)
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
        self.free[power].push(block);
    }

    /// The ring's rows `from..to` in a block of so many cells.
    pub(super) fn resized(&mut self, ring: Block, (from, to): (u32, u32), cells: u32) -> Block {
        let new = self.take(cells);
        let mut position = from;
        while position != to {
            let (old, place) = (self.start(ring, position), self.start(new, position));
            if ring.piece() == new.piece() {
                self.pieces[new.piece()].copy_within(old..old + self.cell, place);
            } else if let Ok([from, to]) = self.pieces.get_disjoint_mut([ring.piece(), new.piece()]) {
                to[place..place + self.cell].copy_from_slice(&from[old..old + self.cell]);
            }
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
