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

/// Rows from which on a second thread is worth its start.
const MANY: usize = 1 << 16;

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
}

/// A number's last bits, as they are kept.
trait Bits: Copy + Default + PartialEq + Send {
    fn of(last: u64) -> Self;
}

impl Bits for u16 {
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "there are at most so many")]
    fn of(last: u64) -> Self {
        last as Self
    }
}

impl Bits for u64 {
    #[inline]
    fn of(last: u64) -> Self {
        last
    }
}

/// The numbers of a column on their way to their places. Two threads each see all of them and place those of one half of the places:
/// what takes time is to write all over memory.
struct Numbers<'a> {
    parts: &'a [&'a Int64Array],
    least: i64,
    shift: u32,
}

impl Numbers<'_> {
    /// How many numbers each place has, and none at the end; nothing if one has too many.
    fn counts(&self, span: u64) -> Option<Vec<u32>> {
        let mut counts = vec![0u32; self.place(span) + 2];
        let middle = counts.len() / 2;
        let (low, high) = counts.split_at_mut(middle);
        let count = |counts: &mut [u32], from: usize| {
            self.each(|_, offset| {
                if let Some(count) = counts.get_mut(self.place(offset).wrapping_sub(from)) {
                    *count += 1;
                }
            });
        };
        self.both(|| count(low, 0), || count(high, middle));
        counts.iter().all(|&count| count <= CROWD).then_some(counts)
    }

    /// The last bits and the rows, place by place, without those of numbers that had been there before.
    fn placed<T: Bits>(&self, starts: &mut [u32], count: usize) -> (Vec<T>, Vec<u32>, Doubles) {
        let (mut last, mut rows) = (vec![T::default(); count], vec![0u32; count]);
        let middle = starts.len() / 2;
        let border = starts[middle] as usize;
        let (low, high) = starts.split_at_mut(middle);
        let (low_last, high_last) = last.split_at_mut(border);
        let (low_rows, high_rows) = rows.split_at_mut(border);
        let put = |starts: &mut [u32], last: &mut [T], rows: &mut [u32], from: usize, before: usize| {
            self.each(|row, offset| {
                if let Some(start) = starts.get_mut(self.place(offset).wrapping_sub(from)) {
                    let at = *start as usize - before;
                    last[at] = T::of(offset & !(u64::MAX << self.shift));
                    rows[at] = row;
                    *start += 1;
                }
            });
        };
        self.both(|| put(low, low_last, low_rows, 0, 0), || put(high, high_last, high_rows, middle, border));
        step_back(starts);
        let mut doubles = Doubles::default();
        let mut both = (last, rows);
        let kept = keep_first(
            starts,
            &mut both,
            |(last, _), a, b| last[a] == last[b],
            |(last, rows), from, to| {
                last[to] = last[from];
                rows[to] = rows[from];
            },
            |(_, rows), at| doubles.add(rows[at]),
        );
        let (mut last, mut rows) = both;
        last.truncate(kept);
        rows.truncate(kept);
        (last, rows, doubles)
    }

    /// Does two things, at once if there is much to do.
    fn both(&self, one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
        if self.parts.iter().map(|part| part.len()).sum::<usize>() < MANY {
            one();
            other();
            return;
        }
        std::thread::scope(|scope| {
            scope.spawn(one);
            other();
        });
    }

    #[inline]
    fn place(&self, offset: u64) -> usize {
        usize::try_from(offset >> self.shift).unwrap_or(usize::MAX)
    }

    /// Every number's row, and how far it is above the least.
    fn each(&self, mut with: impl FnMut(u32, u64)) {
        let mut row = 0;
        for part in self.parts {
            if part.null_count() == 0 {
                part.values().iter().zip(row..).for_each(|(&number, row)| with(row, offset(number, self.least)));
            } else {
                for (number, row) in part.iter().zip(row..) {
                    number.into_iter().for_each(|number| with(row, offset(number, self.least)));
                }
            }
            row += part.len() as u32;
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
        let numbers = Numbers { parts: &parts, least, shift };
        let mut starts = numbers.counts(span)?;
        let count = begin(&mut starts);
        let (last, rows, doubles) = if shift <= u16::BITS {
            let (last, rows, doubles) = numbers.placed::<u16>(&mut starts, count);
            (Last::Narrow(last), rows, doubles)
        } else {
            let (last, rows, doubles) = numbers.placed::<u64>(&mut starts, count);
            (Last::Wide(last), rows, doubles)
        };
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

/// The smallest and the largest.
fn ends(parts: &[&Int64Array]) -> Option<(i64, i64)> {
    let of = |part: &&Int64Array| -> Option<(i64, i64)> {
        if part.null_count() == 0 {
            return Some((*part.values().iter().min()?, *part.values().iter().max()?));
        }
        Some((part.iter().flatten().min()?, part.iter().flatten().max()?))
    };
    let parts = parts.iter().filter_map(of);
    parts.reduce(|(least, most), (low, high)| (least.min(low), most.max(high)))
}
