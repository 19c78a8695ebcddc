//! Two-valued bitmaps: one bit a row, 64 rows a word, bits beyond the last row zero.

use crate::kernel::wide;
use arrow_buffer::{BooleanBuffer, Buffer, ScalarBuffer};

/// A set of rows.
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    words: ScalarBuffer<u64>,
    len: usize,
}

impl Mask {
    /// No row.
    pub(crate) fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)].into(), len }
    }

    /// Every row.
    pub(crate) fn all(len: usize) -> Self {
        Self::from_words(vec![u64::MAX; len.div_ceil(64)], len)
    }

    /// Every row or none.
    pub(crate) fn constant(value: bool, len: usize) -> Self {
        if value { Self::all(len) } else { Self::none(len) }
    }

    /// From packed words; bits beyond `len` are cleared.
    pub(crate) fn from_words(mut words: Vec<u64>, len: usize) -> Self {
        words.resize(len.div_ceil(64), 0);
        if !len.is_multiple_of(64)
            && let Some(last) = words.last_mut()
        {
            *last &= u64::MAX >> (64 - len % 64);
        }
        Self { words: words.into(), len }
    }

    /// From a bitmap of Arrow, at any offset.
    pub(crate) fn from_buffer(buffer: &BooleanBuffer) -> Self {
        let chunks = buffer.bit_chunks();
        let mut words: Vec<u64> = chunks.iter().collect();
        words.push(chunks.remainder_bits());
        Self::from_words(words, buffer.len())
    }

    /// The rows for which `test` holds.
    pub(crate) fn collect(len: usize, mut test: impl FnMut(usize) -> bool) -> Self {
        let mut words = Vec::with_capacity(len.div_ceil(64));
        let mut start = 0;
        while start < len {
            let end = (start + 64).min(len);
            let mut word = 0;
            for row in start..end {
                word |= u64::from(test(row)) << (row - start);
            }
            words.push(word);
            start = end;
        }
        Self::from_words(words, len)
    }

    /// The rows whose value passes.
    #[inline]
    pub(crate) fn pack<T: Copy>(values: &[T], test: impl Fn(T) -> bool) -> Self {
        Self { words: wide::bits(values, test).into(), len: values.len() }
    }

    /// The rows whose pair of values passes.
    #[inline]
    pub(crate) fn pack_pairs<T: Copy, U: Copy>(a: &[T], b: &[U], test: impl Fn(T, U) -> bool) -> Self {
        Self { words: wide::bits_of_pairs(a, b, test).into(), len: a.len().min(b.len()) }
    }

    /// Number of rows it speaks of.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Number of rows in it.
    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// No row is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }

    /// The row is in it.
    pub(crate) fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|w| w >> (row % 64) & 1 == 1)
    }

    /// Both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Either.
    pub(crate) fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// Here and not there.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// Not here.
    pub(crate) fn not(&self) -> Self {
        Self::from_words(self.words.iter().map(|w| !w).collect(), self.len)
    }

    fn zip(&self, other: &Self, op: impl Fn(u64, u64) -> u64) -> Self {
        let words: Vec<u64> = self.words.iter().zip(other.words.iter()).map(|(&a, &b)| op(a, b)).collect();
        Self { words: words.into(), len: self.len }
    }

    /// Its rows, ascending.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(i * 64 + bit)
            })
        })
    }

    /// As Arrow's bitmap, without copying.
    pub(crate) fn to_buffer(&self) -> BooleanBuffer {
        let bits: Buffer = self.words.clone().into_inner();
        BooleanBuffer::new(bits, 0, self.len)
    }
}

/// Both, where nothing said means every row.
pub(crate) fn both(a: Option<&Mask>, b: Option<&Mask>) -> Option<Mask> {
    match (a, b) {
        (None, None) => None,
        (Some(m), None) | (None, Some(m)) => Some(m.clone()),
        (Some(a), Some(b)) => Some(a.and(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_in_row_order_across_word_borders() {
        for len in [0usize, 1, 7, 63, 64, 65, 130] {
            let values: Vec<i32> = (0..len as i32).map(|i| i * 7 % 11).collect();
            let mask = Mask::pack(&values, |v| v > 4);
            let expected: Vec<usize> = (0..len).filter(|&i| values[i] > 4).collect();
            assert_eq!(mask.rows().collect::<Vec<_>>(), expected);
            assert_eq!(Mask::pack_pairs(&values, &values, |a, b| a > 4 && b > 4).rows().collect::<Vec<_>>(), expected);
            assert_eq!(mask.not().count(), len - expected.len());
            assert_eq!(mask.or(&mask.not()).count(), len);
            assert!(mask.and(&mask.not()).is_empty());
        }
    }

    #[test]
    fn reads_bitmaps_at_an_offset() {
        let bits: BooleanBuffer = (0..200).map(|i| i % 3 == 0).collect();
        let mask = Mask::from_buffer(&bits.slice(5, 101));
        assert_eq!(mask.len(), 101);
        assert!((0..101).all(|i| mask.contains(i) == ((i + 5) % 3 == 0)));
        assert_eq!(Mask::from_buffer(&mask.to_buffer()).rows().collect::<Vec<_>>(), mask.rows().collect::<Vec<_>>());
    }
}
