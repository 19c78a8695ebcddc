//! Loops over columns with the widest instructions that the processor has.
//!
//! A program is built for the oldest processor it must start on, and that one compares two 64-bit integers at a time, in several steps.
//! What is given to [`widest`] is compiled once more for each set of instructions below, and the processor at hand decides which is
//! called. The same operations in the same order on the same values: results do not depend on the choice (nothing is fused, no sum is
//! reordered).

/// A loop over many rows.
///
/// A trait and not a closure, because the compiler must be told to put the loop into each of its three places: [`Work::done`] has to be
/// `#[inline(always)]`, as must be what it calls in the loop. Whatever is not inlined is compiled for the oldest processor.
pub trait Work {
    /// What comes of it.
    type Done;
    /// Does it.
    fn done(self) -> Self::Done;
}

/// Does the work, with the widest instructions there are.
#[inline]
pub fn widest<W: Work>(work: W) -> W::Done {
    #[cfg(target_arch = "x86_64")]
    match x86::level() {
        x86::Level::Bytes64(proof) => return x86::with_64_bytes(proof, work),
        x86::Level::Bytes32(proof) => return x86::with_32_bytes(proof, work),
        x86::Level::Base => {}
    }
    work.done()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Work;

    /// What the processor has, in steps that are worth telling apart.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum Level {
        Base,
        /// Registers of 32 bytes: x86-64-v3 as far as loops over integers and doubles use it. No fused multiplication: it rounds once
        /// where two operations round twice.
        Bytes32(Has32),
        /// Registers of 64 bytes, comparisons that give bits: x86-64-v4.
        Bytes64(Has64),
    }

    /// Made only by [`level`].
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Has32(());

    /// Made only by [`level`].
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Has64(Has32);

    impl Has64 {
        #[cfg(test)]
        pub(crate) fn less(self) -> Has32 {
            self.0
        }
    }

    macro_rules! has {
        ($($feature:tt),*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
    }

    /// The standard library asks the processor once and remembers.
    #[inline]
    pub(crate) fn level() -> Level {
        if !has!("avx2", "bmi1", "bmi2", "lzcnt", "popcnt") {
            Level::Base
        } else if has!("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl") {
            Level::Bytes64(Has64(Has32(())))
        } else {
            Level::Bytes32(Has32(()))
        }
    }

    #[inline]
    pub(crate) fn with_32_bytes<W: Work>(_: Has32, work: W) -> W::Done {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn compiled<W: Work>(work: W) -> W::Done {
            work.done()
        }
        // SAFETY: the first argument exists only where the processor has said that it has each of these.
        #[allow(unsafe_code)]
        unsafe {
            compiled(work)
        }
    }

    #[inline]
    pub(crate) fn with_64_bytes<W: Work>(_: Has64, work: W) -> W::Done {
        #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn compiled<W: Work>(work: W) -> W::Done {
            work.done()
        }
        // SAFETY: the first argument exists only where the processor has said that it has each of these.
        #[allow(unsafe_code)]
        unsafe {
            compiled(work)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Work, widest};

    #[derive(Clone, Copy)]
    struct Odd<'a>(&'a [i64]);

    impl Work for Odd<'_> {
        type Done = Vec<bool>;
        #[inline(always)]
        fn done(self) -> Vec<bool> {
            self.0.iter().map(|v| v % 2 != 0).collect()
        }
    }

    /// Rounds at every step: another order or a fused step would show.
    #[derive(Clone, Copy)]
    struct Sum<'a>(&'a [i64]);

    impl Work for Sum<'_> {
        type Done = u64;
        #[inline(always)]
        fn done(self) -> u64 {
            self.0.iter().fold(0.1, |sum: f64, &v| sum * 0.99 + v as f64 * 0.1).to_bits()
        }
    }

    #[test]
    fn every_way_gives_the_same() {
        let values: Vec<i64> = (-70..70).map(|v| v * 31).collect();
        let (odd, sum) = (Odd(&values), Sum(&values));
        assert_eq!((widest(odd), widest(sum)), (odd.done(), sum.done()));
        #[cfg(target_arch = "x86_64")]
        {
            use super::x86::{Level, level, with_32_bytes, with_64_bytes};
            match level() {
                Level::Base => {}
                Level::Bytes32(has) => assert_eq!(with_32_bytes(has, sum), sum.done()),
                Level::Bytes64(has) => {
                    assert_eq!(
                        (with_32_bytes(has.less(), odd), with_32_bytes(has.less(), sum)),
                        (odd.done(), sum.done())
                    );
                    assert_eq!((with_64_bytes(has, odd), with_64_bytes(has, sum)), (odd.done(), sum.done()));
                }
            }
        }
    }
}
