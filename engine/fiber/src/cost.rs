//! Several criteria in the order of their importance, as one integer.
//!
//! Criteria are sums over cables. When every sum fits into a field of fixed width, comparing criteria one after the other is comparing the
//! integers made of the fields, and adding routes is adding integers. So every algorithm here knows one number per cable, is exact for any
//! order of criteria, and pays nothing for it. The last field always counts cables: among equal routes the one with fewer cables is taken,
//! and every cable costs at least 1, so that no search meets a cycle without cost.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Sub};

/// The integers that costs are packed into: `u64` where the fields fit, else `u128`.
pub trait Cost:
    Copy + Ord + Default + Debug + Add<Output = Self> + Sub<Output = Self> + AddAssign + Send + Sync + 'static
{
    /// Bits that a sum over all cables may have: twice such a sum plus as much again must not overflow.
    const BITS: u32;
    /// More than any sum.
    const MAX: Self;
    /// `amount << shift`; what falls out is lost.
    fn field(amount: u64, shift: u32) -> Self;
    /// `(self >> shift)`, cut to 64 bits.
    fn shifted(self, shift: u32) -> u64;
    /// The number without its lowest `bits` bits.
    #[must_use]
    fn without_low(self, bits: u32) -> Self;
}

macro_rules! cost {
    ($($integer:ty),*) => {$(
        impl Cost for $integer {
            const BITS: u32 = <$integer>::BITS - 3;
            const MAX: Self = <$integer>::MAX >> 2;
            #[inline]
            fn field(amount: u64, shift: u32) -> Self {
                Self::from(amount) << shift
            }
            #[inline]
            fn shifted(self, shift: u32) -> u64 {
                #[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "as documented")]
                let cut = (self >> shift) as u64;
                cut
            }
            #[inline]
            fn without_low(self, bits: u32) -> Self {
                self >> bits << bits
            }
        }
    )*};
}

cost!(u64, u128);

/// Sums that do not fit, even into 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sums of all amounts need {bits} bits together, and at most {most} can be had")]
pub struct TooLarge {
    /// Bits needed.
    pub bits: u32,
    /// Bits there are.
    pub most: u32,
}

/// Where each criterion's sum stands in the integer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// (lowest bit, bits), the most important criterion first; the count of cables is the last.
    fields: Vec<(u32, u32)>,
    bits: u32,
}

impl Packing {
    /// Fields wide enough for the sum of each criterion over all cables; each criterion has one amount per cable.
    ///
    /// # Errors
    /// Amounts so large that no integer here holds the sums.
    pub fn new(cables: usize, criteria: &[&[u64]]) -> Result<Self, TooLarge> {
        let width = |sum: u128| (u128::BITS - sum.leading_zeros()).max(1);
        let mut widths: Vec<u32> =
            criteria.iter().map(|amounts| width(amounts.iter().map(|&amount| u128::from(amount)).sum())).collect();
        widths.push(width(cables as u128));
        let bits = widths.iter().sum();
        let most = <u128 as Cost>::BITS;
        // A sum is given back in 64 bits.
        if bits > most || widths.iter().any(|&width| width > 64) {
            return Err(TooLarge { bits, most });
        }
        let mut top = bits;
        let place = |width: u32| {
            top -= width;
            (top, width)
        };
        Ok(Self { fields: widths.into_iter().map(place).collect(), bits })
    }

    /// Whether sums fit into 64 bits: twice as fast.
    #[must_use]
    pub const fn is_narrow(&self) -> bool {
        self.bits <= <u64 as Cost>::BITS
    }

    /// Bits of a sum over all cables.
    pub(crate) const fn bits(&self) -> u32 {
        self.bits
    }

    /// Bits of the last field, the count of cables.
    pub(crate) fn hop_bits(&self) -> u32 {
        self.fields.last().map_or(0, |field| field.1)
    }

    /// One cable's cost from its amounts, in the order of the criteria.
    #[must_use]
    pub fn pack<C: Cost>(&self, amounts: impl Iterator<Item = u64>) -> C {
        let amounts = amounts.chain(std::iter::once(1));
        self.fields.iter().zip(amounts).fold(C::default(), |sum, (&(low, _), amount)| sum + C::field(amount, low))
    }

    /// A route's sums, in the order of the criteria, and how many cables it has.
    #[must_use]
    pub fn unpack<C: Cost>(&self, cost: C) -> Vec<u64> {
        let cut = |width: u32| if width >= 64 { u64::MAX } else { (1 << width) - 1 };
        self.fields.iter().map(|&(low, width)| cost.shifted(low) & cut(width)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Packing};

    #[test]
    fn one_integer_compares_as_the_criteria_one_after_the_other() {
        let (length, loss) = ([5, 700, 9], [u64::from(u32::MAX), 0, 3]);
        let packing = Packing::new(3, &[&length, &loss]).unwrap();
        let cable = |at: usize| packing.pack::<u64>([length[at], loss[at]].into_iter());
        assert!(packing.is_narrow());
        assert!(cable(0) < cable(2) && cable(2) < cable(1));
        assert_eq!(packing.unpack(cable(0) + cable(1) + cable(2)), [714, u64::from(u32::MAX) + 3, 3]);
    }

    #[test]
    fn sums_that_do_not_fit_are_refused() {
        let huge = [u64::MAX >> 1];
        assert!(!Packing::new(1, &[&huge]).unwrap().is_narrow());
        assert!(Packing::new(1, &[&huge, &huge, &huge]).is_err());
        assert!(Packing::new(2, &[&[u64::MAX, u64::MAX]]).is_err());
    }

    #[test]
    fn low_bits_are_cut() {
        assert_eq!(0b1011_u64.without_low(2), 0b1000);
        assert_eq!(7_u128.without_low(0), 7);
    }
}
