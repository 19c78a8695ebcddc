//! Integers placed by the numbers themselves, less the smallest, without their last bits. Numbers are mostly given out in a row and
//! tables mostly sorted by them: neighbours in the table are then neighbours here, and in the processor's caches.
//!
//! A place stands for a number's leading bits, so only the last ones are kept: two bytes a row for ten million customers, where the
//! numbers themselves would be eight.

use super::{
    index::{Doubles, begin, keep_first, step_back},
    keys::Keys,
};
use arrow_array::{Array, Int64Array};

/// Rows that may share a place before integers are spread by their hashes: most places hold one row or none.
const CROWD: u32 = 24;

/// The first row of each number.
#[derive(Debug)]
pub(super) struct Near {
    least: i64,
    /// How many last bits share a place.
    shift: u32,
    /// For each place, where its numbers begin; one more at the end.
    starts: Vec<u32>,
    /// The last bits of each number, place by place.
    last: Last,
    /// The rows they stand in; nothing where they are 0, 1, 2, …
    rows: Option<Vec<u32>>,
}

/// Last bits, as wide as they need to be.
#[derive(Debug)]
enum Last {
    Narrow(Vec<u16>),
    Wide(Vec<u64>),
}

impl Last {
    fn zeros(count: usize, bits: u32) -> Self {
        if bits <= u16::BITS { Self::Narrow(vec![0; count]) } else { Self::Wide(vec![0; count]) }
    }
    fn len(&self) -> usize {
        match self {
            Self::Narrow(bits) => bits.len(),
            Self::Wide(bits) => bits.len(),
        }
    }
    #[inline]
    fn get(&self, at: usize) -> u64 {
        match self {
            Self::Narrow(bits) => bits[at].into(),
            Self::Wide(bits) => bits[at],
        }
    }
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "as wide as the bits are many")]
    fn set(&mut self, at: usize, last: u64) {
        match self {
            Self::Narrow(bits) => bits[at] = last as u16,
            Self::Wide(bits) => bits[at] = last,
        }
    }
    fn truncate(&mut self, count: usize) {
        match self {
            Self::Narrow(bits) => bits.truncate(count),
            Self::Wide(bits) => bits.truncate(count),
        }
    }
}

impl Near {
    /// Nothing unless all keys are integers and no place is crowded.
    pub(super) fn of(parts: &[Keys]) -> Option<(Self, Doubles)> {
        let parts: Vec<&Int64Array> = parts.iter().map(integers).collect::<Option<_>>()?;
        let (least, most) = ends(&parts)?;
        let bits = parts.iter().map(|part| part.len()).sum::<usize>().max(2).ilog2();
        let span = most.abs_diff(least);
        let shift = (u64::BITS - span.leading_zeros()).saturating_sub(bits);
        let place = |offset: u64| (offset >> shift) as usize;

        let mut starts = vec![0u32; place(span) + 2];
        each(&parts, |_, number| starts[place(offset(number, least))] += 1);
        if starts.iter().any(|&count| count > CROWD) {
            return None;
        }
        let count = begin(&mut starts);
        let (mut last, mut rows) = (Last::zeros(count, shift), vec![0u32; count]);
        each(&parts, |row, number| {
            let offset = offset(number, least);
            let at = &mut starts[place(offset)];
            rows[*at as usize] = row;
            last.set(*at as usize, offset & !(u64::MAX << shift));
            *at += 1;
        });
        step_back(&mut starts);
        let mut doubles = Doubles::default();
        let mut placed = (last, rows);
        let kept = keep_first(
            &mut starts,
            &mut placed,
            |(last, _), a, b| last.get(a) == last.get(b),
            |(last, rows), from, to| {
                last.set(to, last.get(from));
                rows[to] = rows[from];
            },
            |(_, rows), at| doubles.add(rows[at]),
        );
        let (mut last, mut rows) = placed;
        last.truncate(kept);
        rows.truncate(kept);
        let in_order = rows.iter().enumerate().all(|(at, &row)| at == row as usize);
        Some((Self { least, shift, starts, last, rows: (!in_order).then_some(rows) }, doubles))
    }

    pub(super) fn find(&self, number: i64) -> Option<u32> {
        let (at, end, last) = self.range(number)?;
        (at..end).find(|&at| self.last.get(at as usize) == last).map(|at| self.row(at))
    }

    /// Step by step for all of them: each step waits for memory, and the processor waits for many at once as long as no step decides
    /// what comes next.
    pub(super) fn find_all(&self, wanted: &Int64Array) -> Vec<Option<u32>> {
        let ranges: Vec<_> = wanted.iter().map(|number| self.range(number?)).collect();
        let hit = |range: &Option<(u32, u32, u64)>| {
            // The last place may be empty, and begin where there is nothing.
            range.is_some_and(|(at, _, last)| (at as usize) < self.last.len() && self.last.get(at as usize) == last)
        };
        let hits: Vec<bool> = ranges.iter().map(hit).collect();
        let one = |(range, hit): (&Option<(u32, u32, u64)>, &bool)| {
            let (at, end, last) = (*range)?;
            match hit {
                true if at < end => Some(at),
                _ => (at + 1..end).find(|&at| self.last.get(at as usize) == last),
            }
        };
        ranges.iter().zip(&hits).map(|found| one(found).map(|at| self.row(at))).collect()
    }

    /// Where the numbers of a number's place stand, and its last bits.
    #[inline]
    fn range(&self, number: i64) -> Option<(u32, u32, u64)> {
        let offset = offset(number, self.least);
        let place = usize::try_from(offset >> self.shift).ok()?;
        let (&begin, &end) = (self.starts.get(place)?, self.starts.get(place.checked_add(1)?)?);
        Some((begin, end, offset & !(u64::MAX << self.shift)))
    }

    #[inline]
    fn row(&self, at: u32) -> u32 {
        self.rows.as_ref().map_or(at, |rows| rows[at as usize])
    }
}

fn integers(keys: &Keys) -> Option<&Int64Array> {
    match keys {
        Keys::Integers(array) => Some(array),
        Keys::Texts(_) => None,
    }
}

/// How far above the least; what is below it wraps around to more than the most.
#[inline]
#[allow(clippy::cast_sign_loss, reason = "see above")]
fn offset(number: i64, least: i64) -> u64 {
    number.wrapping_sub(least) as u64
}

/// Every number, with its row.
fn each(parts: &[&Int64Array], mut with: impl FnMut(u32, i64)) {
    let mut row = 0;
    for part in parts {
        if part.null_count() == 0 {
            part.values().iter().zip(row..).for_each(|(&number, row)| with(row, number));
        } else {
            part.iter().zip(row..).for_each(|(number, row)| {
                if let Some(number) = number {
                    with(row, number);
                }
            });
        }
        row += part.len() as u32;
    }
}

/// The smallest and the largest.
fn ends(parts: &[&Int64Array]) -> Option<(i64, i64)> {
    let mut ends: Option<(i64, i64)> = None;
    each(parts, |_, n| ends = Some(ends.map_or((n, n), |(least, most)| (least.min(n), most.max(n)))));
    ends
}
