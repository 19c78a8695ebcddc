//! From a column's value to its segment.

use crate::vector::{Data, Vector};
use arrow_array::Array;
use foldhash::fast::FixedState;
use guiju_lang::{
    table::{Axis, whole_at},
    ty::Type,
    value::{Value, compare},
};
use std::{cmp::Ordering, collections::HashMap};

/// A value of a column.
#[derive(Debug, Clone)]
pub(crate) enum Key<'a> {
    Missing,
    Bool(bool),
    /// A whole number at the scale of the column's type.
    Whole(i128),
    Real(f64),
    Text(&'a str),
    Value(Value),
}

/// How a column is searched. Every search yields a segment of the column's [`Axis`].
#[derive(Debug, Clone)]
pub(super) struct Search {
    bounds: Bounds,
    missing: u32,
}

#[derive(Debug, Clone)]
enum Bounds {
    /// No cell says anything.
    None,
    Bool,
    /// The largest whole numbers not above the bounds, and whether they are the bounds themselves.
    Wholes(Vec<i128>, Vec<bool>),
    /// Cells only ask for equality: what is not among the bounds is all alike.
    WholeSet(HashMap<i128, u32, FixedState>),
    Reals(Vec<f64>),
    Texts(Vec<Box<str>>),
    TextSet(HashMap<Box<str>, u32, FixedState>),
    Values(Vec<Value>),
}

fn point(i: usize) -> u32 {
    u32::try_from(2 * i + 1).unwrap_or(u32::MAX)
}

impl Search {
    pub(super) fn new(axis: &Axis, ty: &Type) -> Self {
        let bounds = axis.bounds();
        let scale = if let Type::Decimal(d) = ty { d.scale } else { 0 };
        let wholes: Option<Vec<(i128, bool)>> = bounds.iter().map(|b| whole_at(b, scale)).collect();
        let reals: Option<Vec<f64>> =
            bounds.iter().map(|b| if let Value::Real(x) = b { Some(*x) } else { None }).collect();
        let texts: Option<Vec<Box<str>>> =
            bounds.iter().map(|b| if let Value::Text(t) = b { Some(Box::from(&**t)) } else { None }).collect();
        let few = bounds.len() < 8;
        let bounds = match (ty, wholes, reals, texts) {
            (Type::Bool, ..) => Bounds::Bool,
            _ if bounds.is_empty() => Bounds::None,
            (Type::Real, _, Some(reals), _) => Bounds::Reals(reals),
            (Type::Text, _, _, Some(texts)) if axis.equality && !few => {
                Bounds::TextSet(texts.into_iter().enumerate().map(|(i, t)| (t, point(i))).collect())
            }
            (Type::Text, _, _, Some(texts)) => Bounds::Texts(texts),
            (Type::Real | Type::Text, ..) => Bounds::Values(bounds.to_vec()),
            (_, Some(wholes), ..) if axis.equality && !few => {
                let exact = wholes.into_iter().enumerate().filter(|(_, (_, exact))| *exact);
                Bounds::WholeSet(exact.map(|(i, (n, _))| (n, point(i))).collect())
            }
            (_, Some(wholes), ..) => {
                let (floors, exact) = wholes.into_iter().unzip();
                Bounds::Wholes(floors, exact)
            }
            _ => Bounds::Values(bounds.to_vec()),
        };
        Self { bounds, missing: axis.missing() }
    }

    /// A value's segment.
    pub(super) fn segment(&self, key: &Key<'_>) -> u32 {
        match (key, &self.bounds) {
            (Key::Missing, _) => self.missing,
            (_, Bounds::None) => 0,
            (Key::Bool(b), _) => point(usize::from(*b)),
            (Key::Whole(x), bounds) => bounds.whole(*x),
            (Key::Real(x), Bounds::Reals(reals)) => {
                let below = reals.partition_point(|b| b < x);
                at(below, reals.get(below).is_some_and(|b| b == x))
            }
            (Key::Text(t), bounds) => bounds.text(t),
            (Key::Value(Value::Text(t)), bounds) => bounds.text(t),
            (Key::Value(v), Bounds::Values(values)) => {
                let below = values.partition_point(|b| compare(b, v) == Some(Ordering::Less));
                at(below, values.get(below).is_some_and(|b| compare(b, v) == Some(Ordering::Equal)))
            }
            // A value of another type than the column's: no cell compares with it.
            _ => self.missing,
        }
    }

    /// The segments of a column.
    pub(super) fn segments(&self, vector: &Vector, ty: &Type, len: usize) -> Vec<u32> {
        let mut out: Vec<u32> = match &vector.data {
            Data::I32(x) => x.iter().map(|&x| self.bounds.whole(x.into())).collect(),
            Data::I64(x) => x.iter().map(|&x| self.bounds.whole(x.into())).collect(),
            Data::I128(x) => x.iter().map(|&x| self.bounds.whole(x)).collect(),
            Data::Real(x) => x.iter().map(|&x| self.segment(&Key::Real(x))).collect(),
            // Once for each text of the dictionary.
            Data::Codes(codes, texts) if texts.len() < len => {
                let known: Vec<u32> = texts.iter().map(|t| t.map_or(self.missing, |t| self.bounds.text(t))).collect();
                let code = |code: &i32| usize::try_from(*code).ok().and_then(|c| known.get(c));
                codes.iter().map(|c| code(c).copied().unwrap_or(self.missing)).collect()
            }
            _ => (0..len).map(|row| self.segment(&key_at(vector, row, ty))).collect(),
        };
        if let Some(valid) = &vector.valid {
            for (row, segment) in out.iter_mut().enumerate() {
                if !valid.contains(row) {
                    *segment = self.missing;
                }
            }
        }
        out.resize(len, self.missing);
        out
    }
}

/// Of a bound, or of the stretch below it.
fn at(below: usize, equal: bool) -> u32 {
    if equal { point(below) } else { u32::try_from(2 * below).unwrap_or(u32::MAX) }
}

impl Bounds {
    #[inline]
    fn whole(&self, x: i128) -> u32 {
        match self {
            Self::Wholes(floors, exact) => {
                let below = floors.partition_point(|floor| *floor < x);
                at(below, floors.get(below) == Some(&x) && exact.get(below) == Some(&true))
            }
            Self::WholeSet(known) => known.get(&x).copied().unwrap_or(0),
            _ => 0,
        }
    }

    #[inline]
    fn text(&self, text: &str) -> u32 {
        match self {
            Self::Texts(texts) => {
                let below = texts.partition_point(|b| b.as_bytes() < text.as_bytes());
                at(below, texts.get(below).is_some_and(|b| **b == *text))
            }
            Self::TextSet(known) => known.get(text).copied().unwrap_or(0),
            _ => 0,
        }
    }
}

fn key_at<'v>(vector: &'v Vector, row: usize, ty: &Type) -> Key<'v> {
    if let Some(text) = vector.text(row) {
        return Key::Text(text);
    }
    if let Some(whole) = vector.whole(row) {
        return Key::Whole(whole);
    }
    match vector.value(row, ty) {
        Value::Missing => Key::Missing,
        Value::Bool(b) => Key::Bool(b),
        Value::Real(x) => Key::Real(x),
        other => Key::Value(other),
    }
}
