//! The loops that all operations over columns come down to, each compiled for newer processors too.

use guiju_wide::{Work, widest};

/// `op` of every value.
#[inline]
pub(crate) fn each<A: Copy, R: Copy + Default>(values: &[A], op: impl Fn(A) -> R) -> Vec<R> {
    struct Each<'a, A, F>(&'a [A], F);
    impl<A: Copy, R: Copy + Default, F: Fn(A) -> R> Work for Each<'_, A, F> {
        type Done = Vec<R>;
        #[inline(always)]
        fn done(self) -> Vec<R> {
            let mut out = vec![R::default(); self.0.len()];
            for (out, &value) in out.iter_mut().zip(self.0) {
                *out = (self.1)(value);
            }
            out
        }
    }
    widest(Each(values, op))
}

/// `op` of every pair.
#[inline]
pub(crate) fn pairs<A: Copy, B: Copy, R: Copy + Default>(a: &[A], b: &[B], op: impl Fn(A, B) -> R) -> Vec<R> {
    struct Pairs<'a, A, B, F>(&'a [A], &'a [B], F);
    impl<A: Copy, B: Copy, R: Copy + Default, F: Fn(A, B) -> R> Work for Pairs<'_, A, B, F> {
        type Done = Vec<R>;
        #[inline(always)]
        fn done(self) -> Vec<R> {
            let mut out = vec![R::default(); self.0.len().min(self.1.len())];
            for (out, (&a, &b)) in out.iter_mut().zip(self.0.iter().zip(self.1)) {
                *out = (self.2)(a, b);
            }
            out
        }
    }
    widest(Pairs(a, b, op))
}

/// For every 64 values one word, whose bits say which pass; bits beyond the last value are zero.
#[inline]
pub(crate) fn bits<A: Copy>(values: &[A], test: impl Fn(A) -> bool) -> Vec<u64> {
    struct Bits<'a, A, F>(&'a [A], F);
    impl<A: Copy, F: Fn(A) -> bool> Work for Bits<'_, A, F> {
        type Done = Vec<u64>;
        #[inline(always)]
        fn done(self) -> Vec<u64> {
            let mut words = vec![0; self.0.len().div_ceil(64)];
            let (chunks, rest) = self.0.as_chunks::<64>();
            let mut bytes = [0u8; 64];
            for (word, chunk) in words.iter_mut().zip(chunks) {
                for (byte, &value) in bytes.iter_mut().zip(chunk) {
                    *byte = u8::from((self.1)(value));
                }
                *word = gather(&bytes);
            }
            if let (Some(word), false) = (words.last_mut(), rest.is_empty()) {
                bytes = [0; 64];
                for (byte, &value) in bytes.iter_mut().zip(rest) {
                    *byte = u8::from((self.1)(value));
                }
                *word = gather(&bytes);
            }
            words
        }
    }
    widest(Bits(values, test))
}

/// As [`bits`], for pairs.
#[inline]
pub(crate) fn bits_of_pairs<A: Copy, B: Copy>(a: &[A], b: &[B], test: impl Fn(A, B) -> bool) -> Vec<u64> {
    struct Bits<'a, A, B, F>(&'a [A], &'a [B], F);
    impl<A: Copy, B: Copy, F: Fn(A, B) -> bool> Work for Bits<'_, A, B, F> {
        type Done = Vec<u64>;
        #[inline(always)]
        fn done(self) -> Vec<u64> {
            let len = self.0.len().min(self.1.len());
            let mut words = vec![0; len.div_ceil(64)];
            let ((a, a_rest), (b, b_rest)) = (self.0[..len].as_chunks::<64>(), self.1[..len].as_chunks::<64>());
            let mut bytes = [0u8; 64];
            for (word, (a, b)) in words.iter_mut().zip(a.iter().zip(b)) {
                for (byte, (&x, &y)) in bytes.iter_mut().zip(a.iter().zip(b)) {
                    *byte = u8::from((self.2)(x, y));
                }
                *word = gather(&bytes);
            }
            if let (Some(word), false) = (words.last_mut(), a_rest.is_empty()) {
                bytes = [0; 64];
                for (byte, (&x, &y)) in bytes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
                    *byte = u8::from((self.2)(x, y));
                }
                *word = gather(&bytes);
            }
            words
        }
    }
    widest(Bits(a, b, test))
}

/// The smallest and the largest, both at least as far out as the default.
#[inline]
pub(crate) fn ends<A: Copy + Default + Ord>(values: &[A]) -> (A, A) {
    struct Ends<'a, A>(&'a [A]);
    impl<A: Copy + Default + Ord> Work for Ends<'_, A> {
        type Done = (A, A);
        #[inline(always)]
        fn done(self) -> (A, A) {
            let zero = A::default();
            self.0.iter().fold((zero, zero), |(low, high), &x| (x.min(low), x.max(high)))
        }
    }
    widest(Ends(values))
}

/// The lower halves, and whether the upper ones only repeat their signs.
#[inline]
pub(crate) fn halves(values: &[i128]) -> (Vec<i64>, bool) {
    struct Halves<'a>(&'a [i128]);
    impl Work for Halves<'_> {
        type Done = (Vec<i64>, bool);
        #[inline(always)]
        fn done(self) -> (Vec<i64>, bool) {
            let mut more = 0i64;
            let mut out = vec![0; self.0.len()];
            for (out, &x) in out.iter_mut().zip(self.0) {
                *out = x as i64;
                more |= ((x >> 64) as i64) ^ (*out >> 63);
            }
            (out, more == 0)
        }
    }
    widest(Halves(values))
}

/// One byte a row first: the compiler turns those loops into vector compares. Bit `i` is byte `i`'s lowest bit; the bytes are 0 or 1.
#[inline(always)]
fn gather(bytes: &[u8; 64]) -> u64 {
    let (groups, _) = bytes.as_chunks::<8>();
    let mut word = 0;
    for (i, group) in groups.iter().enumerate() {
        // Byte k lies at bit 8k; the factor's bit 56 - 7k moves it to bit 56 + k, and no two products meet.
        word |= (u64::from_le_bytes(*group).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    word
}
