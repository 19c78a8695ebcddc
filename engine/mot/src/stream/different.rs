//! How many different values: of each value the newest row counts.
//!
//! In a small ring a bit says of each row whether it is its value's newest, and eight bits of the value say where looking is worth it; all
//! of that is in the record. In a large ring there is a table.

use super::{
    arena::{Arena, Block},
    few::alike_before,
    layout::{Operand, PRINTS},
    window::{Window, bit, oldest, read, write},
};

/// A place of a table that is in use has this added to its row's position.
const USED: u64 = 1 << 32;

impl Window<'_> {
    /// A value has a newer row.
    pub(super) fn put(&mut self, at: usize, operand: Operand, (position, value): (u32, i128)) {
        if !self.is_small() {
            return self.insert(at, operand.wide, (position, value));
        }
        let print = print(value);
        let alike = find(self.record, at, print);
        let is = |before| read(&self.row(before)[operand.at..], operand.wide) == value;
        let before = alike_before(alike, position, is);
        let marks = self.record[at] & !before.map_or(0, bit);
        self.record[at] = marks | bit(position);
        self.record[at + 1] += u64::from(before.is_none());
        prints(self.record, at, position, print);
    }

    /// A value's row falls out; if it was the newest, so does the value.
    pub(super) fn take_away(&mut self, at: usize, wide: bool, (position, value): (u32, i128)) {
        if !self.is_small() {
            return self.delete(at, wide, (position, value));
        }
        let marks = self.record[at];
        self.record[at] = marks & !bit(position);
        self.record[at + 1] -= u64::from(marks & bit(position) != 0);
    }

    /// Tables are open, at most three quarters full.
    fn insert(&mut self, at: usize, wide: bool, (position, value): (u32, i128)) {
        let arena = self.arenas.values(wide);
        let mut table = Block(self.record[at]);
        if (self.record[at + 1] + 1) * 4 > u64::from(table.cells()) * 3 {
            let larger = arena.take((table.cells() * 2).max(4));
            for place in 0..table.cells() {
                let cell: [u64; 3] = copy(arena.at(table, place));
                if cell[0] & USED != 0 {
                    let to = place_of(arena, larger, wide, read(&cell[1..], wide));
                    let words = arena.at_mut(larger, to);
                    let len = words.len();
                    words.copy_from_slice(&cell[..len]);
                }
            }
            arena.give(table);
            table = larger;
            self.record[at] = table.0;
        }
        let place = place_of(arena, table, wide, value);
        let cell = arena.at_mut(table, place);
        if cell[0] & USED == 0 {
            self.record[at + 1] += 1;
            write(&mut cell[1..], wide, value);
        }
        cell[0] = USED | u64::from(position);
    }

    fn delete(&mut self, at: usize, wide: bool, (position, value): (u32, i128)) {
        let arena = self.arenas.values(wide);
        let table = Block(self.record[at]);
        let mut hole = place_of(arena, table, wide, value);
        if arena.at(table, hole)[0] != USED | u64::from(position) {
            return;
        }
        self.record[at + 1] -= 1;
        // What stands behind moves up, so that it is found.
        let last = table.cells() - 1;
        let mut place = hole;
        loop {
            place = (place + 1) & last;
            let cell: [u64; 3] = copy(arena.at(table, place));
            if cell[0] & USED == 0 {
                break;
            }
            let home = home(table, read(&cell[1..], wide));
            if (place.wrapping_sub(home) & last) >= (place.wrapping_sub(hole) & last) {
                let words = arena.at_mut(table, hole);
                let len = words.len();
                words.copy_from_slice(&cell[..len]);
                hole = place;
            }
        }
        arena.at_mut(table, hole).fill(0);
    }

    /// The ring has become large.
    pub(super) fn table_of_bits(&mut self, at: usize, operand: Operand) {
        let mut marks = std::mem::take(&mut self.record[at]);
        self.record[at + 1] = 0;
        let mut start = self.start();
        while let Some(position) = oldest(marks, start) {
            marks &= !bit(position);
            start = position;
            let value = read(&self.row(position)[operand.at..], operand.wide);
            self.insert(at, operand.wide, (position, value));
        }
    }

    /// The ring becomes small.
    pub(super) fn bits_of_table(&mut self, at: usize, operand: Operand) {
        let table = Block(std::mem::take(&mut self.record[at]));
        for place in 0..table.cells() {
            let cell: [u64; 3] = copy(self.arenas.values(operand.wide).at(table, place));
            if cell[0] & USED != 0 {
                let position = cell[0] as u32;
                self.record[at] |= bit(position);
                prints(self.record, at, position, print(read(&cell[1..], operand.wide)));
            }
        }
        self.arenas.values(operand.wide).give(table);
    }
}

/// Eight bits of a value.
pub(super) fn print(value: i128) -> u64 {
    mixed(value) >> 56
}

/// The rows that are their values' newest, and whose values have these eight bits.
pub(super) fn find(record: &[u64], at: usize, print: u64) -> u64 {
    record[at] & same(&record[at + 2..at + 2 + PRINTS], print)
}

/// Notes a row's eight bits.
pub(super) fn prints(record: &mut [u64], at: usize, position: u32, print: u64) {
    let (word, shift) = (position / 8 % PRINTS as u32, position % 8 * 8);
    let prints = &mut record[at + 2 + word as usize];
    *prints = *prints & !(0xff << shift) | print << shift;
}

/// Which of 64 bytes are this one.
fn same(words: &[u64], byte: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let mut bits = 0;
    for (number, word) in words.iter().enumerate() {
        let other = word ^ (LOW * byte);
        // The highest bit of each byte that is zero, exactly: nothing is carried from one byte to the next.
        let zero = !((other & !(LOW << 7)).wrapping_add(!(LOW << 7)) | other | !(LOW << 7));
        // The eight of them side by side.
        bits |= ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (number * 8);
    }
    bits
}

fn copy(cell: &[u64]) -> [u64; 3] {
    [cell[0], cell[1], cell.get(2).copied().unwrap_or_default()]
}

/// Mixed as in MurmurHash3's last step, so that regular values spread.
fn mixed(value: i128) -> u64 {
    let mut mixed = value as u64 ^ ((value >> 64) as u64).rotate_left(32);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
}

/// Where a value's search begins.
fn home(table: Block, value: i128) -> u32 {
    mixed(value) as u32 & (table.cells() - 1)
}

/// Where a value is, or would go.
fn place_of(arena: &Arena, table: Block, wide: bool, value: i128) -> u32 {
    let mut place = home(table, value);
    loop {
        let cell = arena.at(table, place);
        if cell[0] & USED == 0 || read(&cell[1..], wide) == value {
            return place;
        }
        place = (place + 1) & (table.cells() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn bytes_are_found_wherever_they_are() {
        let mut bytes = [0_u8; 64];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = (at * at % 7) as u8 * 0x24;
        }
        let words: Vec<u64> =
            bytes.chunks_exact(8).map(|eight| u64::from_le_bytes(eight.try_into().unwrap_or_default())).collect();
        for wanted in 0..=255_u8 {
            let expected = (0..64).filter(|at| bytes[*at] == wanted).fold(0, |bits, at| bits | 1_u64 << at);
            assert_eq!(same(&words, wanted.into()), expected, "{wanted}");
        }
    }
}
