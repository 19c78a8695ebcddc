//! Min and max: the values that may yet be it, each beaten by none that came later (the monotonic wedge of Lemire, "Streaming
//! maximum-minimum filter using no more than three comparisons per element", 2006).
//!
//! In a small ring a wedge is a bit for each of its rows, in one word of the record, and beside it the value of the first of them: what a
//! key needs stands together, and with many keys it is memory that takes time. In a large ring a wedge has a ring of its own, because the
//! distance from one bit to the next has no bound.

use super::{
    arena::Block,
    layout::Operand,
    window::{Window, bit, newest, oldest, read, write},
};
use std::cmp::Ordering;

impl Window<'_> {
    fn of(&self, operand: Operand, position: u32) -> i128 {
        read(&self.row(position)[operand.at..], operand.wide)
    }

    /// A value joins a wedge: those before it that it beats will never be it again. Of equal ones the newest stays.
    #[inline]
    pub(super) fn widen(&mut self, at: usize, operand: Operand, (position, value): (u32, i128), beaten: Ordering) {
        if !self.is_small() {
            return self.append(at, operand.wide, (position, value), beaten);
        }
        let mut marks = self.record[at];
        while let Some(before) = newest(marks, position) {
            let order = self.of(operand, before).cmp(&value);
            if order != beaten && order != Ordering::Equal {
                break;
            }
            marks &= !bit(before);
        }
        if marks == 0 {
            write(&mut self.record[at + 1..], operand.wide, value);
        }
        self.record[at] = marks | bit(position);
    }

    /// The oldest row of the window goes.
    #[inline]
    pub(super) fn narrow(&mut self, at: usize, operand: Operand, position: u32) {
        if !self.is_small() {
            let (ring, from) = (Block(self.record[at]), self.record[at + 1] as u32);
            if self.arenas.values(operand.wide).at(ring, from)[0] as u32 == position {
                let to = self.record[at + 1] >> 32;
                self.record[at + 1] = to << 32 | u64::from(from.wrapping_add(1));
            }
            return;
        }
        let marks = self.record[at];
        if marks & bit(position) == 0 {
            return;
        }
        let marks = marks & !bit(position);
        self.record[at] = marks;
        if let Some(first) = oldest(marks, position) {
            let value = self.of(operand, first);
            write(&mut self.record[at + 1..], operand.wide, value);
        }
    }

    /// The first of a wedge.
    pub(super) fn front(&self, at: usize, wide: bool) -> i128 {
        if self.is_small() {
            return read(&self.record[at + 1..], wide);
        }
        let arena = if wide { &self.arenas.wide } else { &self.arenas.narrow };
        read(&arena.at(Block(self.record[at]), self.record[at + 1] as u32)[1..], wide)
    }

    fn append(&mut self, at: usize, wide: bool, (position, value): (u32, i128), beaten: Ordering) {
        let arena = if wide { &mut self.arenas.wide } else { &mut self.arenas.narrow };
        let (from, mut to) = (self.record[at + 1] as u32, (self.record[at + 1] >> 32) as u32);
        let mut ring = Block(self.record[at]);
        while to != from {
            let order = read(&arena.at(ring, to.wrapping_sub(1))[1..], wide).cmp(&value);
            if order != beaten && order != Ordering::Equal {
                break;
            }
            to = to.wrapping_sub(1);
        }
        ring = arena.room(ring, (from, to));
        let cell = arena.at_mut(ring, to);
        cell[0] = position.into();
        write(&mut cell[1..], wide, value);
        self.record[at] = ring.0;
        self.record[at + 1] = u64::from(to.wrapping_add(1)) << 32 | u64::from(from);
    }

    /// The ring has become large.
    pub(super) fn wedge_of_bits(&mut self, at: usize, operand: Operand, beaten: Ordering) {
        let mut marks = std::mem::take(&mut self.record[at]);
        self.record[at + 1] = 0;
        let mut start = self.start();
        while let Some(position) = oldest(marks, start) {
            marks &= !bit(position);
            start = position;
            self.append(at, operand.wide, (position, self.of(operand, position)), beaten);
        }
    }

    /// The ring becomes small.
    pub(super) fn bits_of_wedge(&mut self, at: usize, operand: Operand) {
        let (ring, ends) = (Block(self.record[at]), self.record[at + 1]);
        let (from, to) = (ends as u32, (ends >> 32) as u32);
        let (mut marks, mut position) = (0, from);
        let arena = if operand.wide { &mut self.arenas.wide } else { &mut self.arenas.narrow };
        if from != to {
            let first = read(&arena.at(ring, from)[1..], operand.wide);
            write(&mut self.record[at + 1..], operand.wide, first);
        }
        while position != to {
            marks |= bit(arena.at(ring, position)[0] as u32);
            position = position.wrapping_add(1);
        }
        arena.give(ring);
        self.record[at] = marks;
    }
}
