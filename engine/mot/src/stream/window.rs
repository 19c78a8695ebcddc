//! What one key remembers: rows come in, fall out, and figures over them are read. A figure costs the same whatever the window's length:
//! what comes in is added, what falls out is taken away; min and max keep the values that may yet be it (the monotonic wedge of Lemire,
//! "Streaming maximum-minimum filter using no more than three comparisons per element", 2006); distinct keeps each value's newest row.
//! Everything is exact, so the order of additions never shows.

use super::{
    arena::{Arena, Block},
    layout::{BITS, END, Layout, Log, NEWEST, Operand, RING, TIME},
};
use guiju_lang::{context::Incident, hir::Figure, ty::Type, value::decimal};
use std::cmp::Ordering;

/// The memory that records point into.
#[derive(Debug, Clone)]
pub(super) struct Arenas {
    /// The keys' rows.
    pub(super) rows: Arena,
    /// Wedges and tables of values of one word, and of two: each cell begins with a row's position.
    narrow: Arena,
    wide: Arena,
}

impl Arenas {
    pub(super) fn of(layout: &Layout) -> Self {
        Self { rows: Arena::of_cells(layout.row), narrow: Arena::of_cells(2), wide: Arena::of_cells(3) }
    }

    pub(super) fn words(&self) -> usize {
        self.rows.words() + self.narrow.words() + self.wide.words()
    }

    /// Reads where the wedges of a record end.
    pub(super) fn touch(&self, layout: &Layout, record: &[u64]) -> u64 {
        let mut seen = 0;
        for log in &layout.logs {
            let wide = log.operand.is_some_and(|operand| operand.wide);
            let arena = if wide { &self.wide } else { &self.narrow };
            for at in [log.least, log.greatest].into_iter().flatten() {
                let (ring, ends) = (Block(record[at]), record[at + 1]);
                if ring.cells() > 0 {
                    seen ^= arena.at(ring, ends as u32)[0] ^ arena.at(ring, (ends >> 32) as u32)[0];
                }
            }
            if let Some(table) = log.different.map(|at| Block(record[at])).filter(|table| table.cells() > 0) {
                seen ^= arena.at(table, 0)[0];
            }
        }
        seen
    }

    fn values(&mut self, wide: bool) -> &mut Arena {
        if wide { &mut self.wide } else { &mut self.narrow }
    }
}

/// One key's record, and what it points into.
pub(super) struct Window<'a> {
    pub(super) layout: &'a Layout,
    pub(super) record: &'a mut [u64],
    pub(super) arenas: &'a mut Arenas,
}

/// A number of one word or two.
pub(super) fn read(words: &[u64], wide: bool) -> i128 {
    if wide { (i128::from(words[1] as i64) << 64) | i128::from(words[0]) } else { i128::from(words[0] as i64) }
}

pub(super) fn write(words: &mut [u64], wide: bool, value: i128) {
    words[0] = value as u64;
    if wide {
        words[1] = (value >> 64) as u64;
    }
}

/// A sum that cannot overflow: of 64-bit numbers in 128 bits, of 128-bit numbers with their halves apart.
fn add(words: &mut [u64], wide: bool, value: i128, sign: i128) {
    if wide {
        let (low, high) = (read(words, true), read(&words[2..], true));
        write(words, true, low + sign * (value & i128::from(u64::MAX)));
        write(&mut words[2..], true, high + sign * (value >> 64));
    } else {
        write(words, true, read(words, true) + sign * value);
    }
}

/// `None` if it needs more than 128 bits.
fn sum(words: &[u64], wide: bool) -> Option<i128> {
    let low = read(words, true);
    if !wide {
        return Some(low);
    }
    let high = read(&words[2..], true).checked_add(low >> 64)?;
    high.checked_mul(1 << 64)?.checked_add(low & i128::from(u64::MAX))
}

/// A key that remembers nothing yet.
pub(super) fn clear(layout: &Layout, record: &mut [u64]) {
    record.fill(0);
    for span in &layout.spans {
        record[span.at + 1] = i64::MAX as u64;
    }
}

impl Window<'_> {
    fn ring(&self) -> Block {
        Block(self.record[RING])
    }

    /// The position after the newest row.
    pub(super) fn end(&self) -> u32 {
        self.record[END] as u32
    }

    /// The position of the oldest row that some window holds.
    pub(super) fn start(&self) -> u32 {
        let end = self.end();
        let rows = self.layout.spans.iter().map(|span| end.wrapping_sub(self.record[span.at] as u32)).max();
        end.wrapping_sub(rows.unwrap_or(0))
    }

    pub(super) fn row(&self, position: u32) -> &[u64] {
        self.arenas.rows.at(self.ring(), position)
    }

    /// Nothing is in any window.
    pub(super) fn is_empty(&self) -> bool {
        self.layout.spans.iter().all(|span| self.record[span.at + 1] == i64::MAX as u64)
    }

    /// The row at this position is in the log.
    pub(super) fn holds(&self, log: &Log, position: u32) -> bool {
        let (end, from) = (self.end(), self.record[self.layout.spans[log.span].at] as u32);
        end.wrapping_sub(position) <= end.wrapping_sub(from) && self.row(position)[log.word] & log.bit != 0
    }

    /// Time moves on: rows fall out, up to and including these times by span.
    pub(super) fn forget(&mut self, until: &[i64]) {
        let layout = self.layout;
        for (span, &until) in layout.spans.iter().zip(until) {
            while self.record[span.at + 1] as i64 <= until && self.record[span.at + 1] != i64::MAX as u64 {
                let position = self.record[span.at] as u32;
                for &log in &span.logs {
                    self.remove(&layout.logs[log], position);
                }
                self.begin(span.at, position.wrapping_add(1));
            }
        }
    }

    /// How many rows some window holds.
    pub(super) fn rows(&self) -> u32 {
        self.end().wrapping_sub(self.start())
    }

    /// The oldest row goes, whoever still holds it.
    pub(super) fn drop_oldest(&mut self) {
        let (layout, oldest) = (self.layout, self.start());
        for span in &layout.spans {
            if self.record[span.at + 1] != i64::MAX as u64 && self.record[span.at] as u32 == oldest {
                for &log in &span.logs {
                    self.remove(&layout.logs[log], oldest);
                }
                self.begin(span.at, oldest.wrapping_add(1));
            }
        }
    }

    /// A window begins with this row from now on.
    fn begin(&mut self, span: usize, position: u32) {
        self.record[span] = position.into();
        let time = if position == self.end() { i64::MAX as u64 } else { self.row(position)[TIME] };
        self.record[span + 1] = time;
    }

    /// A row comes in: its words, of which the bits say who counts it. Times never fall.
    pub(super) fn push(&mut self, row: &[u64]) {
        let layout = self.layout;
        let (start, position) = (self.start(), self.end());
        let ring = self.arenas.rows.room(self.ring(), (start, position));
        self.record[RING] = ring.0;
        self.arenas.rows.at_mut(ring, position).copy_from_slice(row);
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
            self.record[log.count] += 1;
            if let Some(at) = log.first
                && self.record[log.count] == 1
            {
                self.record[at] = position.into();
            }
            let Some(Operand { at, wide }) = log.operand else { continue };
            let value = read(&row[at..], wide);
            if let Some(at) = log.sum {
                add(&mut self.record[at..], wide, value, 1);
            }
            if let Some(at) = log.last {
                write(&mut self.record[at..], wide, value);
            }
            if let Some(at) = log.least {
                self.widen(at, wide, (position, value), Ordering::Greater);
            }
            if let Some(at) = log.greatest {
                self.widen(at, wide, (position, value), Ordering::Less);
            }
            if let Some(at) = log.different {
                self.put(at, wide, position, value);
            }
        }
    }

    /// The row at this position falls out of a log.
    fn remove(&mut self, log: &Log, position: u32) {
        let row = self.arenas.rows.at(Block(self.record[RING]), position);
        if row[log.word] & log.bit == 0 {
            return;
        }
        self.record[log.count] -= 1;
        if let Some(at) = log.first
            && self.record[log.count] > 0
        {
            let mut next = position.wrapping_add(1);
            while self.row(next)[log.word] & log.bit == 0 {
                next = next.wrapping_add(1);
            }
            self.record[at] = next.into();
        }
        let Some(Operand { at, wide }) = log.operand else { return };
        let value = read(&self.row(position)[at..], wide);
        if let Some(at) = log.sum {
            add(&mut self.record[at..], wide, value, -1);
        }
        for at in [log.least, log.greatest].into_iter().flatten() {
            let (ring, from) = (Block(self.record[at]), self.record[at + 1] as u32);
            if self.arenas.values(wide).at(ring, from)[0] as u32 == position {
                let to = self.record[at + 1] >> 32;
                self.record[at + 1] = to << 32 | u64::from(from.wrapping_add(1));
            }
        }
        if let Some(at) = log.different {
            self.drop_value(at, wide, position, value);
        }
    }

    /// A value joins a wedge: those before it that it beats will never be it again. Of equal ones the newest stays.
    fn widen(&mut self, at: usize, wide: bool, (position, value): (u32, i128), beaten: Ordering) {
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

    /// The first of a wedge.
    fn front(&self, at: usize, wide: bool) -> i128 {
        let arena = if wide { &self.arenas.wide } else { &self.arenas.narrow };
        read(&arena.at(Block(self.record[at]), self.record[at + 1] as u32)[1..], wide)
    }

    /// A value has a newer row. Tables are open, at most three quarters full; a place in use has 2^32 added to its row's position.
    fn put(&mut self, at: usize, wide: bool, position: u32, value: i128) {
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

    /// A value's row falls out; if it was the newest, so does the value.
    fn drop_value(&mut self, at: usize, wide: bool, position: u32, value: i128) {
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

    /// A figure, in the digits of its type: an operand with `scale` digits after the point.
    pub(super) fn figure(&self, log: &Log, figure: Figure, scale: u8, to: &Type) -> Result<Option<i128>, Incident> {
        let count = self.record[log.count];
        let wide = log.operand.is_some_and(|operand| operand.wide);
        if count == 0 {
            return Ok(matches!(figure, Figure::Count | Figure::Distinct).then_some(0));
        }
        let total = |at: usize| sum(&self.record[at..], wide).ok_or(Incident::Overflow);
        Ok(match figure {
            Figure::Count => Some(count.into()),
            Figure::Distinct => log.different.map(|at| self.record[at + 1].into()),
            Figure::Min => log.least.map(|at| self.front(at, wide)),
            Figure::Max => log.greatest.map(|at| self.front(at, wide)),
            Figure::First => {
                let row = log.first.map(|at| self.row(self.record[at] as u32));
                row.zip(log.operand).map(|(row, operand)| read(&row[operand.at..], wide))
            }
            Figure::Last => log.last.map(|at| read(&self.record[at..], wide)),
            Figure::Sum => log.sum.map(|at| fits(total(at)?, to)).transpose()?,
            Figure::Avg => {
                let (Some(at), Type::Decimal(to)) = (log.sum, to) else { return Ok(None) };
                Some(decimal::div(total(at)?, scale, count.into(), 0, *to).map_err(Incident::from)?)
            }
        })
    }

    /// Everything is given back.
    pub(super) fn free(&mut self) {
        let layout = self.layout;
        self.arenas.rows.give(Block(self.record[RING]));
        for log in &layout.logs {
            let wide = log.operand.is_some_and(|operand| operand.wide);
            for at in [log.least, log.greatest, log.different].into_iter().flatten() {
                self.arenas.values(wide).give(Block(self.record[at]));
            }
        }
        clear(layout, self.record);
    }

    /// A ring that is nearly empty gets a smaller place.
    pub(super) fn shrink(&mut self) {
        let (start, end, ring) = (self.start(), self.end(), self.ring());
        let rows = end.wrapping_sub(start);
        if ring.cells() > 8 && rows < ring.cells() / 8 {
            let cells = (rows * 2).next_power_of_two().max(2);
            self.record[RING] = self.arenas.rows.resized(ring, (start, end), cells).0;
        }
    }

    /// The row's bits, without those of windows that have let it go.
    pub(super) fn bits(&self, position: u32) -> impl Iterator<Item = usize> + '_ {
        let held = move |(number, log): (usize, &Log)| self.holds(log, position).then_some(number);
        self.layout.logs.iter().enumerate().filter_map(held)
    }

    /// The value that a log counts.
    pub(super) fn value(&self, log: usize, position: u32) -> Option<i128> {
        let Operand { at, wide } = self.layout.logs[log].operand?;
        Some(read(&self.row(position)[at..], wide))
    }
}

const USED: u64 = 1 << 32;

fn copy(cell: &[u64]) -> [u64; 3] {
    [cell[0], cell[1], cell.get(2).copied().unwrap_or_default()]
}

/// Where a value's search begins. Mixed as in MurmurHash3's last step, so that regular values spread.
fn home(table: Block, value: i128) -> u32 {
    let mut mixed = value as u64 ^ ((value >> 64) as u64).rotate_left(32);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (mixed ^ mixed >> 33) as u32 & (table.cells() - 1)
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

/// The number, if its type has room for it.
fn fits(number: i128, ty: &Type) -> Result<i128, Incident> {
    let room = match ty {
        Type::Decimal(d) => 10_u128.pow(u32::from(d.precision.min(38))) - 1,
        _ if number < 0 => i64::MIN.unsigned_abs().into(),
        _ => i64::MAX.unsigned_abs().into(),
    };
    if number.unsigned_abs() <= room { Ok(number) } else { Err(Incident::Overflow) }
}

const _: () = assert!(BITS == TIME + 1);
