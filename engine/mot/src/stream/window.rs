//! What one key remembers: rows come in, fall out, and figures over them are read. A figure costs the same whatever the window's length:
//! what comes in is added, what falls out is taken away; `wedge` has min and max, `different` counts values. Everything is exact, so the
//! order of additions never shows.

use super::{
    arena::{Arena, Block},
    few::Few,
    layout::{BITS, END, Layout, Log, NEWEST, Operand, RING, TIME},
    memory::Asked,
};
use guiju_lang::{context::Incident, hir::Figure, ty::Type, value::decimal};
use std::cmp::Ordering;

/// The memory that records point into.
#[derive(Debug, Clone)]
pub(super) struct Arenas {
    /// The keys' rows.
    pub(super) rows: Arena,
    /// Wedges and tables of values of one word, and of two: each cell begins with a row's position. Only keys with many rows have them.
    pub(super) narrow: Arena,
    pub(super) wide: Arena,
}

impl Arenas {
    pub(super) fn of(layout: &Layout) -> Self {
        Self { rows: Arena::of_cells(layout.row), narrow: Arena::of_cells(2), wide: Arena::of_cells(3) }
    }

    pub(super) fn words(&self) -> usize {
        self.rows.words() + self.narrow.words() + self.wide.words()
    }

    /// Reads where the wedges of a key with many rows begin and end.
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

    pub(super) fn values(&mut self, wide: bool) -> &mut Arena {
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
#[inline(always)]
pub(super) fn read(words: &[u64], wide: bool) -> i128 {
    if wide { (i128::from(words[1] as i64) << 64) | i128::from(words[0]) } else { i128::from(words[0] as i64) }
}

#[inline(always)]
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

/// Rings of so many cells have a bit for each row in one word.
pub(super) const SMALL: u32 = 64;

/// The bit of the row at this position. Of a small ring no two rows have the same.
#[inline(always)]
pub(super) fn bit(position: u32) -> u64 {
    1 << (position % SMALL)
}

/// The newest of the rows marked, all before this position.
#[inline(always)]
pub(super) fn newest(marks: u64, end: u32) -> Option<u32> {
    let turned = marks.rotate_right(end % SMALL);
    (turned != 0).then(|| end.wrapping_sub(1 + turned.leading_zeros()))
}

/// The oldest of the rows marked, none before this position.
#[inline(always)]
pub(super) fn oldest(marks: u64, start: u32) -> Option<u32> {
    let turned = marks.rotate_right(start % SMALL);
    (turned != 0).then(|| start.wrapping_add(turned.trailing_zeros()))
}

impl Window<'_> {
    pub(super) fn ring(&self) -> Block {
        Block(self.record[RING])
    }

    /// Each of its rows has a bit in one word.
    pub(super) fn is_small(&self) -> bool {
        self.ring().cells() <= SMALL
    }

    /// It can be treated as one of those with few rows.
    #[inline(always)]
    fn few(&mut self) -> Option<Few<'_>> {
        let ring = self.ring();
        (self.layout.narrow && ring.cells() <= SMALL).then(|| Few {
            layout: self.layout,
            record: self.record,
            ring: self.arenas.rows.all_mut(ring),
            last: ring.cells().wrapping_sub(1),
        })
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
                if let Some(mut few) = self.few() {
                    few.remove(span, position);
                } else {
                    span.logs.iter().for_each(|log| self.remove(&layout.logs[*log], position));
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
                span.logs.iter().for_each(|log| self.remove(&layout.logs[*log], oldest));
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
        let position = self.end();
        if self.ring().cells() == 0 || position.wrapping_sub(self.start()) >= self.ring().cells() {
            self.grow();
        }
        if let Some(mut few) = self.few() {
            return few.push(row);
        }
        let ring = self.ring();
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
            let Some(operand) = log.operand else { continue };
            let Operand { at, wide } = operand;
            let value = read(&row[at..], wide);
            if let Some(at) = log.sum {
                add(&mut self.record[at..], wide, value, 1);
            }
            if let Some(at) = log.last {
                write(&mut self.record[at..], wide, value);
            }
            if let Some(at) = log.least {
                self.widen(at, operand, (position, value), Ordering::Greater);
            }
            if let Some(at) = log.greatest {
                self.widen(at, operand, (position, value), Ordering::Less);
            }
            if let Some(at) = log.different {
                self.put(at, operand, (position, value));
            }
        }
    }

    /// Room for more rows. Who has more than a word's bits gets wedges and tables of its own.
    #[cold]
    fn grow(&mut self) {
        let (small, ring) = (self.is_small(), self.arenas.rows.room(self.ring(), (self.start(), self.end())));
        self.record[RING] = ring.0;
        if small && !self.is_small() {
            for log in &self.layout.logs {
                let Some(operand) = log.operand else { continue };
                for (at, beaten) in [(log.least, Ordering::Greater), (log.greatest, Ordering::Less)] {
                    if let Some(at) = at {
                        self.wedge_of_bits(at, operand, beaten);
                    }
                }
                if let Some(at) = log.different {
                    self.table_of_bits(at, operand);
                }
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
        let Some(operand) = log.operand else { return };
        let Operand { at, wide } = operand;
        let value = read(&self.row(position)[at..], wide);
        if let Some(at) = log.sum {
            add(&mut self.record[at..], wide, value, -1);
        }
        for at in [log.least, log.greatest].into_iter().flatten() {
            self.narrow(at, operand, position);
        }
        if let Some(at) = log.different {
            self.take_away(at, wide, (position, value));
        }
    }

    /// A figure, if it is there and 64 bits are enough on the way to it.
    #[inline(always)]
    pub(super) fn quick(&self, quick: &Quick) -> Option<i64> {
        let &Quick { at, .. } = quick;
        let count = self.record[quick.count];
        if count == 0 {
            return None;
        }
        let total = || {
            let (low, high) = (self.record[at] as i64, self.record[at + 1] as i64);
            (high == low >> 63).then_some(low)
        };
        match quick.figure {
            Figure::Count => Some(count as i64),
            Figure::Distinct | Figure::Last => Some(self.record[at] as i64),
            Figure::Min | Figure::Max => self.is_small().then(|| self.record[at] as i64),
            Figure::First => Some(self.row(self.record[at] as u32)[quick.column] as i64),
            Figure::Sum => total().filter(|total| total.unsigned_abs() <= quick.room),
            Figure::Avg => {
                let total = total()?;
                let lifted = total.unsigned_abs().checked_mul(quick.lift)?;
                let (whole, rest) = (lifted / count, lifted % count);
                let mean = whole + u64::from(rest >= count - rest);
                (mean <= quick.room).then(|| if total < 0 { -(mean as i64) } else { mean as i64 })
            }
        }
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
        if !self.is_small() {
            for log in &layout.logs {
                let wide = log.operand.is_some_and(|operand| operand.wide);
                for at in [log.least, log.greatest, log.different].into_iter().flatten() {
                    self.arenas.values(wide).give(Block(self.record[at]));
                }
            }
        }
        self.arenas.rows.give(self.ring());
        clear(layout, self.record);
    }

    /// A ring that is nearly empty gets a smaller place.
    pub(super) fn shrink(&mut self) {
        let (start, end, ring) = (self.start(), self.end(), self.ring());
        let rows = end.wrapping_sub(start);
        if ring.cells() > 8 && rows < ring.cells() / 8 {
            let cells = (rows * 2).next_power_of_two().max(2);
            if ring.cells() > SMALL && cells <= SMALL {
                for log in &self.layout.logs {
                    let Some(operand) = log.operand else { continue };
                    for at in [log.least, log.greatest].into_iter().flatten() {
                        self.bits_of_wedge(at, operand);
                    }
                    if let Some(at) = log.different {
                        self.bits_of_table(at, operand);
                    }
                }
            }
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

/// A figure that 64 bits are enough for, as long as no number is large.
pub(super) struct Quick {
    figure: Figure,
    count: usize,
    /// Its word in the record; of the first value, the value's in the row.
    at: usize,
    column: usize,
    /// The largest number of its type, as far as 64 bits go.
    room: u64,
    /// A mean has so many times the parts of what is added up.
    lift: u64,
}

impl Quick {
    pub(super) fn of(layout: &Layout, asked: &Asked<'_>) -> Option<Self> {
        let log = &layout.logs[asked.log];
        let (column, wide) = log.operand.map_or((0, false), |operand| (operand.at, operand.wide));
        let at = match asked.figure {
            Figure::Count => Some(log.count),
            Figure::Distinct => log.different.map(|at| at + 1),
            _ if wide => None,
            Figure::Min => log.least.map(|at| at + 1),
            Figure::Max => log.greatest.map(|at| at + 1),
            Figure::First => log.first,
            Figure::Last => log.last,
            Figure::Sum | Figure::Avg => log.sum,
        }?;
        let (mut room, mut lift) = (i64::MAX as u64, 1);
        if let Type::Decimal(to) = asked.ty {
            room = u64::try_from(decimal::pow10(to.precision.min(38)) - 1).map_or(room, |most| most.min(room));
            if asked.figure == Figure::Avg {
                // Beyond 20 digits rounding looks at more than one half.
                let digits = to.scale.checked_sub(asked.scale).filter(|_| to.scale <= 20)?;
                lift = u64::try_from(decimal::pow10(digits)).ok()?;
            }
        } else if asked.figure == Figure::Avg {
            return None;
        }
        Some(Self { figure: asked.figure, count: log.count, at, column, room, lift })
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
