//! Loops over whole columns. Decimals are computed in the narrowest integers that cannot overflow, which each batch's largest
//! magnitudes decide; results never depend on that choice.

pub(crate) mod arith;
pub(crate) mod compare;
pub(crate) mod convert;
pub(crate) mod test;
pub(crate) mod text;
pub(crate) mod wide;

use crate::{
    mask::Mask,
    vector::{Data, Vector, whole_of},
};
use std::borrow::Cow;

/// Largest magnitude that 64 bits hold with either sign.
pub(crate) const LONGEST: u128 = (1 << 63) - 1;

/// Rows where an operation on present operands has no result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors {
    pub(crate) division: Option<Mask>,
    pub(crate) overflow: Option<Mask>,
}

impl Errors {
    pub(crate) fn is_empty(&self) -> bool {
        self.division.is_none() && self.overflow.is_none()
    }
}

/// Whole numbers, one a row or one for all.
#[derive(Debug, Clone)]
pub(crate) enum Wholes<'a> {
    I32(&'a [i32]),
    I64(&'a [i64]),
    I128(&'a [i128]),
    One(i128),
}

impl<'a> Wholes<'a> {
    /// `None` if the vector holds no whole numbers (all its rows are missing then).
    pub(crate) fn of(vector: &'a Vector) -> Option<Self> {
        Some(match &vector.data {
            Data::I32(x) => Self::I32(x),
            Data::I64(x) => Self::I64(x),
            Data::I128(x) => Self::I128(x),
            Data::Constant(v) => Self::One(whole_of(v)?),
            _ => return None,
        })
    }

    /// No value is larger than this, missing rows' leftovers included.
    pub(crate) fn bound(&self) -> u128 {
        match self {
            Self::I32(x) => {
                let (low, high) = wide::ends(x);
                low.unsigned_abs().max(high.unsigned_abs()).into()
            }
            Self::I64(x) => {
                let (low, high) = wide::ends(x);
                low.unsigned_abs().max(high.unsigned_abs()).into()
            }
            Self::I128(x) => x.iter().fold(0, |most, x| x.unsigned_abs().max(most)),
            Self::One(x) => x.unsigned_abs(),
        }
    }

    pub(crate) fn get(&self, row: usize) -> i128 {
        match self {
            Self::I32(x) => x.get(row).map_or(0, |&x| x.into()),
            Self::I64(x) => x.get(row).map_or(0, |&x| x.into()),
            Self::I128(x) => x.get(row).copied().unwrap_or(0),
            Self::One(x) => *x,
        }
    }

    /// In 64 bits; call only if the bound allows it.
    pub(crate) fn long(&self) -> Longs<'a> {
        match self {
            Self::I32(x) => Longs::Many(wide::each(x, i64::from).into()),
            Self::I64(x) => Longs::Many(Cow::Borrowed(x)),
            Self::I128(x) => Longs::Many(x.iter().map(|&x| x as i64).collect()),
            Self::One(x) => Longs::One(*x as i64),
        }
    }
}

/// 64-bit integers, one a row or one for all.
#[derive(Debug, Clone)]
pub(crate) enum Longs<'a> {
    Many(Cow<'a, [i64]>),
    One(i64),
}

impl Longs<'_> {
    pub(crate) fn get(&self, row: usize) -> i64 {
        match self {
            Self::Many(x) => x.get(row).copied().unwrap_or(0),
            Self::One(x) => *x,
        }
    }

    /// Pairwise; `len` rows.
    #[inline]
    pub(crate) fn zip(&self, other: &Self, len: usize, op: impl Fn(i64, i64) -> i64) -> Vec<i64> {
        match (self, other) {
            (Self::Many(a), Self::Many(b)) => wide::pairs(a, b, op),
            (Self::Many(a), Self::One(b)) => {
                let b = *b;
                wide::each(a, |a| op(a, b))
            }
            (Self::One(a), Self::Many(b)) => {
                let a = *a;
                wide::each(b, |b| op(a, b))
            }
            (Self::One(a), Self::One(b)) => vec![op(*a, *b); len],
        }
    }

    /// The rows where the pair passes.
    #[inline]
    pub(crate) fn pack(&self, other: &Self, len: usize, test: impl Fn(i64, i64) -> bool) -> Mask {
        match (self, other) {
            (Self::Many(a), Self::Many(b)) => Mask::pack_pairs(a, b, test),
            (Self::Many(a), Self::One(b)) => Mask::pack(a, |a| test(a, *b)),
            (Self::One(a), Self::Many(b)) => Mask::pack(b, |b| test(*a, b)),
            (Self::One(a), Self::One(b)) => Mask::constant(test(*a, *b), len),
        }
    }
}

/// Doubles, one a row or one for all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reals<'a> {
    Many(&'a [f64]),
    One(f64),
}

impl<'a> Reals<'a> {
    pub(crate) fn of(vector: &'a Vector) -> Option<Self> {
        match &vector.data {
            Data::Real(x) => Some(Self::Many(x)),
            Data::Constant(guiju_lang::value::Value::Real(x)) => Some(Self::One(*x)),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn zip(self, other: Self, len: usize, op: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        match (self, other) {
            (Self::Many(a), Self::Many(b)) => wide::pairs(a, b, op),
            (Self::Many(a), Self::One(b)) => wide::each(a, |a| op(a, b)),
            (Self::One(a), Self::Many(b)) => wide::each(b, |b| op(a, b)),
            (Self::One(a), Self::One(b)) => vec![op(a, b); len],
        }
    }

    #[inline]
    pub(crate) fn pack(self, other: Self, len: usize, test: impl Fn(f64, f64) -> bool) -> Mask {
        match (self, other) {
            (Self::Many(a), Self::Many(b)) => Mask::pack_pairs(a, b, test),
            (Self::Many(a), Self::One(b)) => Mask::pack(a, |a| test(a, b)),
            (Self::One(a), Self::Many(b)) => Mask::pack(b, |b| test(a, b)),
            (Self::One(a), Self::One(b)) => Mask::constant(test(a, b), len),
        }
    }
}

/// A vector in which every row is missing.
pub(crate) fn missing(len: usize) -> Vector {
    Vector::constant(guiju_lang::value::Value::Missing, len)
}
