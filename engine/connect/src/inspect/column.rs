//! What one column holds, counted in bounded memory.

use crate::show;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType,
    cast::AsArray,
    types::{
        Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
    },
};
use arrow_schema::DataType;
use guiju_lang::{schema::Column, time::Zone, ty::Type};
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

/// Values are counted one by one while there are no more than this.
const COUNTED: usize = 10_000;
/// Different values are told apart up to this many, unless all are different: then a key is at stake.
const TOLD_APART: usize = 100_000;
/// A column that is different in every row is followed this far.
const KEYS: usize = 20_000_000;
/// How many of the most frequent values are shown.
const TOP: usize = 5;
/// Long texts are cut when shown.
const SHOWN: usize = 60;

/// What one column holds.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type, as a rulebook writes it.
    #[serde(rename = "type")]
    pub ty: String,
    /// How many rows lack it.
    pub missing: u64,
    /// `missing` over all rows.
    pub missing_share: f64,
    /// Smallest value; texts by bytes.
    pub min: Option<String>,
    /// Largest value.
    pub max: Option<String>,
    /// How many different values.
    pub distinct: Distinct,
    /// The most frequent values with their counts; empty if there are too many different ones.
    pub top: Vec<(String, u64)>,
}

/// A number of different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Distinct {
    /// How many.
    pub count: u64,
    /// Exactly, or at least so many.
    pub exact: bool,
}

impl ColumnProfile {
    pub(super) fn is_key(&self, rows: u64) -> bool {
        rows > 0 && self.missing == 0 && self.distinct.exact && self.distinct.count == rows && self.ty != "real"
    }
}

/// A value: texts as they are, all others as a number that sorts as they do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Text(String),
}

enum Different {
    Counted(HashMap<Key, u64>),
    /// By hash; a column of keys is not kept twice in memory.
    Apart(HashSet<u64>),
    Many(u64),
}

/// Counts one column.
pub(super) struct Tally {
    name: String,
    ty: Type,
    physical: DataType,
    missing: u64,
    present: u64,
    min: Option<Key>,
    max: Option<Key>,
    different: Different,
}

impl Tally {
    pub(super) fn new(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            ty: column.typed.ty.clone(),
            physical: DataType::Null,
            missing: 0,
            present: 0,
            min: None,
            max: None,
            different: Different::Counted(HashMap::new()),
        }
    }

    pub(super) fn see(&mut self, array: &ArrayRef) {
        self.physical = array.data_type().clone();
        self.missing += array.logical_null_count() as u64;
        match array.data_type() {
            DataType::Boolean => array.as_boolean().iter().flatten().for_each(|v| self.number(i128::from(v))),
            DataType::Int32 => self.numbers::<Int32Type>(array, i128::from),
            DataType::Int64 => self.numbers::<Int64Type>(array, i128::from),
            DataType::Decimal128(..) => self.numbers::<Decimal128Type>(array, |v| v),
            DataType::Float64 => self.numbers::<Float64Type>(array, |v| i128::from(sortable(v))),
            DataType::Date32 => self.numbers::<Date32Type>(array, i128::from),
            DataType::Time64(_) => self.numbers::<Time64MicrosecondType>(array, i128::from),
            DataType::Timestamp(..) => self.numbers::<TimestampMicrosecondType>(array, i128::from),
            DataType::Utf8 => array.as_string::<i32>().iter().flatten().for_each(|t| self.text(t, 1)),
            DataType::Dictionary(..) => self.dictionary(array),
            _ => {}
        }
    }

    fn numbers<T: ArrowPrimitiveType>(&mut self, array: &ArrayRef, sortable: impl Fn(T::Native) -> i128) {
        array.as_primitive::<T>().iter().flatten().for_each(|v| self.number(sortable(v)));
    }

    /// Each dictionary value once, with how often it is used.
    fn dictionary(&mut self, array: &ArrayRef) {
        let dictionary = array.as_dictionary::<Int32Type>();
        let mut uses = vec![0u64; dictionary.values().len()];
        for key in dictionary.keys().iter().flatten() {
            if let Some(n) = usize::try_from(key).ok().and_then(|k| uses.get_mut(k)) {
                *n += 1;
            }
        }
        for (text, n) in dictionary.values().as_string::<i32>().iter().zip(uses) {
            if let (Some(text), 1..) = (text, n) {
                self.text(text, n);
            }
        }
    }

    fn number(&mut self, v: i128) {
        if !matches!(&self.min, Some(Key::Number(m)) if *m <= v) {
            self.min = Some(Key::Number(v));
        }
        if !matches!(&self.max, Some(Key::Number(m)) if *m >= v) {
            self.max = Some(Key::Number(v));
        }
        match &mut self.different {
            Different::Many(_) => self.present += 1,
            _ => self.count(Key::Number(v), 1),
        }
    }

    fn text(&mut self, text: &str, n: u64) {
        if !matches!(&self.min, Some(Key::Text(m)) if m.as_str() <= text) {
            self.min = Some(Key::Text(text.to_owned()));
        }
        if !matches!(&self.max, Some(Key::Text(m)) if m.as_str() >= text) {
            self.max = Some(Key::Text(text.to_owned()));
        }
        match &mut self.different {
            Different::Many(_) => self.present += n,
            _ => self.count(Key::Text(text.to_owned()), n),
        }
    }

    fn count(&mut self, key: Key, n: u64) {
        self.present += n;
        match &mut self.different {
            Different::Counted(counts) => {
                *counts.entry(key).or_default() += n;
                if counts.len() > COUNTED {
                    self.different = Different::Apart(counts.keys().map(hash).collect());
                }
            }
            Different::Apart(seen) => {
                seen.insert(hash(&key));
                let (count, all_different) = (seen.len(), seen.len() as u64 == self.present);
                if count > if all_different { KEYS } else { TOLD_APART } {
                    self.different = Different::Many(count as u64);
                }
            }
            Different::Many(_) => {}
        }
    }

    pub(super) fn finish(self, rows: u64, zone: &Zone) -> ColumnProfile {
        let shown = |key: &Key| match key {
            Key::Text(t) => cut(t),
            Key::Number(n) => self.show(*n, zone),
        };
        let (min, max) = (self.min.as_ref().map(shown), self.max.as_ref().map(shown));
        let (distinct, top) = match &self.different {
            Different::Counted(counts) => {
                let mut top: Vec<(&Key, u64)> = counts.iter().map(|(k, n)| (k, *n)).collect();
                // By count, then by value: the same table always looks the same.
                top.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
                // Values that never come twice are no help.
                let top = top.iter().take_while(|(_, n)| *n > 1).take(TOP).map(|(k, n)| (shown(k), *n)).collect();
                (Distinct { count: counts.len() as u64, exact: true }, top)
            }
            Different::Apart(seen) => (Distinct { count: seen.len() as u64, exact: true }, Vec::new()),
            Different::Many(count) => (Distinct { count: *count, exact: false }, Vec::new()),
        };
        let missing_share = if rows == 0 { 0.0 } else { self.missing as f64 / rows as f64 };
        ColumnProfile {
            ty: self.ty.to_string(),
            missing: self.missing,
            missing_share,
            min,
            max,
            distinct,
            top,
            name: self.name,
        }
    }

    fn show(&self, n: i128, zone: &Zone) -> String {
        let small = i64::try_from(n).unwrap_or(0);
        match &self.physical {
            DataType::Boolean => (n != 0).to_string(),
            DataType::Float64 => format!("{:?}", unsortable(small)),
            DataType::Decimal128(_, scale) => show::digits(n, *scale),
            DataType::Date32 => show::date(i32::try_from(n).unwrap_or(0)),
            DataType::Time64(_) => show::clock(small),
            DataType::Timestamp(..) => show::timestamp(small, zone),
            _ => n.to_string(),
        }
    }
}

fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// A real's bits as a number that sorts as the real does.
fn sortable(v: f64) -> i64 {
    // Zero has two spellings.
    let bits = (v + 0.0).to_bits() as i64;
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

fn unsortable(bits: i64) -> f64 {
    f64::from_bits((if bits < 0 { bits ^ i64::MAX } else { bits }) as u64)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Float64Array, StringArray};
    use guiju_lang::ty::Typed;
    use std::sync::Arc;

    fn tally(ty: Type) -> Tally {
        Tally::new(&Column { name: "x".into(), typed: Typed::new(ty, true) })
    }

    #[test]
    fn reals_sort_as_numbers() {
        let mut all = [-1.5, 0.0, 2.0, -0.25, 1e300, -1e300];
        all.sort_by_key(|v| sortable(*v));
        assert_eq!(all, [-1e300, -1.5, -0.25, 0.0, 2.0, 1e300]);
        assert!(all.iter().all(|v| unsortable(sortable(*v)) == *v));
        let mut t = tally(Type::Real);
        t.see(&(Arc::new(Float64Array::from(vec![Some(0.5), None, Some(-3.0), Some(0.5)])) as ArrayRef));
        let p = t.finish(4, &Zone::utc());
        assert_eq!(
            (p.min.as_deref(), p.max.as_deref(), p.missing, p.missing_share),
            (Some("-3.0"), Some("0.5"), 1, 0.25)
        );
        assert_eq!((p.distinct, p.top), (Distinct { count: 2, exact: true }, vec![("0.5".to_owned(), 2)]));
    }

    #[test]
    fn counting_is_bounded() {
        let mut t = tally(Type::Text);
        for block in 0..40 {
            let texts: Vec<String> = (0..5_000).map(|i| format!("{}", (block * 5_000 + i) / 2)).collect();
            t.see(&(Arc::new(StringArray::from(texts)) as ArrayRef));
        }
        // 100,000 different values, each twice: told apart to the last one.
        let p = t.finish(200_000, &Zone::utc());
        assert_eq!(p.distinct, Distinct { count: 100_000, exact: true });
        assert!(!p.is_key(200_000) && p.top.is_empty());
    }
}
