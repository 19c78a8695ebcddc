//! What most keys are, without detours: a small ring, and values of 64 bits. It does what [`Window`](super::window::Window) does for every
//! key; with many keys half of the time was spent on asking again where the ring is and how wide a value is.

use super::{
    different::{find, print, prints},
    layout::{END, Layout, NEWEST, Span, TIME},
    window::{bit, newest, oldest},
};

/// A key's record, and its ring.
pub(super) struct Few<'a> {
    pub(super) layout: &'a Layout,
    pub(super) record: &'a mut [u64],
    pub(super) ring: &'a mut [u64],
    /// One less than the ring's cells.
    pub(super) last: u32,
}

impl Few<'_> {
    #[inline(always)]
    fn place(&self, position: u32) -> usize {
        (position & self.last) as usize * self.layout.row
    }

    /// A row comes in, for which there is room.
    pub(super) fn push(&mut self, row: &[u64]) {
        let (layout, position) = (self.layout, self.record[END] as u32);
        let place = self.place(position);
        for (to, from) in self.ring[place..place + layout.row].iter_mut().zip(row) {
            *to = *from;
        }
        self.record[END] = position.wrapping_add(1).into();
        self.record[NEWEST] = row[TIME];
        for span in &layout.spans {
            if self.record[span.at + 1] == i64::MAX as u64 {
                self.record[span.at] = position.into();
                self.record[span.at + 1] = row[TIME];
            }
        }
        for log in &layout.logs {
            if row[log.word] & log.bit == 0 {
                continue;
            }
            let count = self.record[log.count] + 1;
            self.record[log.count] = count;
            let Some(operand) = log.operand else { continue };
            let value = row[operand.at];
            if let Some(at) = log.first
                && count == 1
            {
                self.record[at] = position.into();
            }
            if let Some(at) = log.sum {
                self.add(at, value as i64);
            }
            if let Some(at) = log.last {
                self.record[at] = value;
            }
            if let Some(at) = log.least {
                self.widen(at, operand.at, (position, value), |other, value| other < value);
            }
            if let Some(at) = log.greatest {
                self.widen(at, operand.at, (position, value), |other, value| other > value);
            }
            if let Some(at) = log.different {
                self.put(at, operand.at, (position, value));
            }
        }
    }

    /// A row falls out of a window.
    pub(super) fn remove(&mut self, span: &Span, position: u32) {
        let (layout, place) = (self.layout, self.place(position));
        for &log in &span.logs {
            let log = &layout.logs[log];
            if self.ring[place + log.word] & log.bit == 0 {
                continue;
            }
            let count = self.record[log.count] - 1;
            self.record[log.count] = count;
            let Some(operand) = log.operand else { continue };
            if let Some(at) = log.first
                && count > 0
            {
                let mut next = position.wrapping_add(1);
                while self.ring[self.place(next) + log.word] & log.bit == 0 {
                    next = next.wrapping_add(1);
                }
                self.record[at] = next.into();
            }
            if let Some(at) = log.sum {
                let value = self.ring[place + operand.at] as i64;
                self.subtract(at, value);
            }
            for at in [log.least, log.greatest].into_iter().flatten() {
                self.narrow(at, operand.at, position);
            }
            if let Some(at) = log.different {
                let marks = self.record[at];
                self.record[at] = marks & !bit(position);
                self.record[at + 1] -= u64::from(marks & bit(position) != 0);
            }
        }
    }

    /// Sums have 128 bits.
    #[inline(always)]
    fn add(&mut self, at: usize, value: i64) {
        let (low, carry) = self.record[at].overflowing_add(value as u64);
        self.record[at] = low;
        self.record[at + 1] = self.record[at + 1].wrapping_add((value >> 63) as u64).wrapping_add(carry.into());
    }

    #[inline(always)]
    fn subtract(&mut self, at: usize, value: i64) {
        let (low, borrow) = self.record[at].overflowing_sub(value as u64);
        self.record[at] = low;
        self.record[at + 1] = self.record[at + 1].wrapping_sub((value >> 63) as u64).wrapping_sub(borrow.into());
    }

    /// Those before it that are not better than it go.
    #[inline(always)]
    fn widen(&mut self, at: usize, column: usize, (position, value): (u32, u64), better: impl Fn(i64, i64) -> bool) {
        let mut marks = self.record[at];
        loop {
            let Some(before) = newest(marks, position) else {
                self.record[at + 1] = value;
                break;
            };
            if better(self.ring[self.place(before) + column] as i64, value as i64) {
                break;
            }
            marks &= !bit(before);
        }
        self.record[at] = marks | bit(position);
    }

    #[inline(always)]
    fn narrow(&mut self, at: usize, column: usize, position: u32) {
        let before = self.record[at];
        let marks = before & !bit(position);
        if marks == before {
            return;
        }
        self.record[at] = marks;
        if let Some(first) = oldest(marks, position) {
            self.record[at + 1] = self.ring[self.place(first) + column];
        }
    }

    fn put(&mut self, at: usize, column: usize, (position, value): (u32, u64)) {
        let print = print((value as i64).into());
        let alike = find(self.record, at, print);
        let before = alike_before(alike, position, |before| self.ring[self.place(before) + column] == value);
        let marks = self.record[at] & !before.map_or(0, bit);
        self.record[at] = marks | bit(position);
        self.record[at + 1] += u64::from(before.is_none());
        prints(self.record, at, position, print);
    }
}

/// The row with this value among those that may have it.
#[inline(always)]
pub(super) fn alike_before(mut alike: u64, position: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
    while let Some(before) = newest(alike, position) {
        if is(before) {
            return Some(before);
        }
        alike &= !bit(before);
    }
    None
}
