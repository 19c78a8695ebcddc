//! What one column holds, counted in bounded memory.

use super::{
    different::Different,
    hint::{self, Hint},
};
use crate::show;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType,
    cast::AsArray,
    types::{
        Date32Type, Decimal64Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType,
        TimestampMicrosecondType,
    },
};
use arrow_schema::DataType;
use guiju_lang::{schema::Column, time::Zone, ty::Type};

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
    /// What the values seem to be, beyond their type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
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

/// What was seen of a column: texts as they are, all others as numbers that sort as they do.
enum Seen {
    Nothing,
    Numbers { least: i128, greatest: i128, different: Different<i128> },
    Texts { least: String, greatest: String, different: Different<str> },
}

/// Counts one column.
pub(super) struct Tally {
    name: String,
    ty: Type,
    physical: DataType,
    missing: u64,
    seen: Seen,
}

impl Tally {
    pub(super) fn new(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            ty: column.typed.ty.clone(),
            physical: DataType::Null,
            missing: 0,
            seen: Seen::Nothing,
        }
    }

    pub(super) fn see(&mut self, array: &ArrayRef) {
        self.physical = array.data_type().clone();
        self.missing += array.logical_null_count() as u64;
        match array.data_type() {
            DataType::Boolean => {
                let truths = array.as_boolean();
                let yes = truths.true_count();
                self.number(0, truths.len() - truths.null_count() - yes);
                self.number(1, yes);
            }
            DataType::Int32 => self.primitive::<Int32Type>(array, i128::from),
            DataType::Int64 => self.primitive::<Int64Type>(array, i128::from),
            DataType::Decimal64(..) => self.primitive::<Decimal64Type>(array, i128::from),
            DataType::Decimal128(..) => self.primitive::<Decimal128Type>(array, |v| v),
            DataType::Float64 => self.primitive::<Float64Type>(array, |v| i128::from(sortable(v))),
            DataType::Date32 => self.primitive::<Date32Type>(array, i128::from),
            DataType::Time64(_) => self.primitive::<Time64MicrosecondType>(array, i128::from),
            DataType::Timestamp(..) => self.primitive::<TimestampMicrosecondType>(array, i128::from),
            DataType::Utf8 => array.as_string::<i32>().iter().flatten().for_each(|t| self.text(t, 1)),
            DataType::Dictionary(..) => self.dictionary(array),
            _ => {}
        }
    }

    fn primitive<T: ArrowPrimitiveType>(&mut self, array: &ArrayRef, sortable: impl Fn(T::Native) -> i128) {
        let array = array.as_primitive::<T>();
        if array.null_count() == 0 {
            self.numbers(array.values().iter().map(|v| sortable(*v)));
        } else {
            self.numbers(array.iter().flatten().map(sortable));
        }
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

    /// One number, so many times.
    fn number(&mut self, value: i128, times: usize) {
        if times == 0 {
            return;
        }
        if let Seen::Nothing = self.seen {
            // Nobody keys a table by a real.
            let different = if self.ty == Type::Real { Different::of_no_key() } else { Different::default() };
            self.seen = Seen::Numbers { least: value, greatest: value, different };
        }
        let Seen::Numbers { least, greatest, different } = &mut self.seen else { return };
        *least = value.min(*least);
        *greatest = value.max(*greatest);
        different.see(&value, times as u64);
    }

    fn numbers(&mut self, mut values: impl Iterator<Item = i128>) {
        let Some(first) = values.next() else { return };
        self.number(first, 1);
        let Seen::Numbers { least, greatest, different } = &mut self.seen else { return };
        let (mut low, mut high) = (*least, *greatest);
        let mut bounds = |v: i128| {
            low = v.min(low);
            high = v.max(high);
        };
        if !different.is_open() {
            values.for_each(bounds);
        } else if different.is_counted() {
            let mut together = Together::default();
            values.for_each(|v| {
                bounds(v);
                together.see(v, different);
            });
            together.finish(different);
        } else {
            values.for_each(|v| {
                bounds(v);
                different.see(&v, 1);
            });
        }
        (*least, *greatest) = (low, high);
    }

    fn text(&mut self, text: &str, n: u64) {
        match &mut self.seen {
            Seen::Texts { least, greatest, different } => {
                if text < least.as_str() {
                    text.clone_into(least);
                }
                if text > greatest.as_str() {
                    text.clone_into(greatest);
                }
                different.see(text, n);
            }
            _ => {
                let mut different = Different::default();
                different.see(text, n);
                self.seen = Seen::Texts { least: text.to_owned(), greatest: text.to_owned(), different };
            }
        }
    }

    pub(super) fn finish(self, rows: u64, zone: &Zone) -> ColumnProfile {
        let number = |n: &i128| self.show(*n, zone);
        let text = |t: &str| cut(t);
        let (range, distinct, top) = match &self.seen {
            Seen::Nothing => (None, Distinct { count: 0, exact: true }, Vec::new()),
            Seen::Numbers { least, greatest, different } => {
                (Some((number(least), number(greatest))), different.count(), different.top(TOP, number))
            }
            Seen::Texts { least, greatest, different } => {
                (Some((text(least), text(greatest))), different.count(), different.top(TOP, |t| text(t)))
            }
        };
        let (min, max) = range.unzip();
        let missing_share = if rows == 0 { 0.0 } else { self.missing as f64 / rows as f64 };
        let mut profile = ColumnProfile {
            ty: self.ty.to_string(),
            missing: self.missing,
            missing_share,
            min,
            max,
            distinct,
            top,
            hint: None,
            name: self.name,
        };
        profile.hint = hint::of(&profile, &self.ty);
        profile
    }

    fn show(&self, n: i128, zone: &Zone) -> String {
        let small = i64::try_from(n).unwrap_or(0);
        match &self.physical {
            DataType::Boolean => (n != 0).to_string(),
            DataType::Float64 => format!("{:?}", unsortable(small)),
            DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => show::digits(n, *scale),
            DataType::Date32 => show::date(i32::try_from(n).unwrap_or(0)),
            DataType::Time64(_) => show::clock(small),
            DataType::Timestamp(..) => show::timestamp(small, zone),
            _ => n.to_string(),
        }
    }
}

/// Equal numbers brought together before they are looked up: the few that most columns repeat stay in the nearest memory.
struct Together {
    /// A number and how often it was seen, at a place that its digits give.
    places: Vec<(i128, u64)>,
}

impl Default for Together {
    fn default() -> Self {
        Self { places: vec![(0, 0); 1 << Self::BITS] }
    }
}

impl Together {
    const BITS: u32 = 8;

    fn see(&mut self, value: i128, different: &mut Different<i128>) {
        let mixed = (value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let Some(place) = self.places.get_mut((mixed >> (64 - Self::BITS)) as usize) else { return };
        if place.0 != value && place.1 > 0 {
            different.see(&place.0, place.1);
            place.1 = 0;
        }
        *place = (value, place.1 + 1);
    }

    fn finish(self, different: &mut Different<i128>) {
        self.places.iter().filter(|(_, n)| *n > 0).for_each(|(value, n)| different.see(value, *n));
    }
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
