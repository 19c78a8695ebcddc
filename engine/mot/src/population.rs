//! Questions over the whole snapshot: `x in top 5%`, `x in top 10 per branch`. Values are gathered while batches pass; when the
//! snapshot is complete, each group has one threshold and membership is a comparison. Ranks are integer arithmetic throughout.

use arrow_array::{Array, ArrayRef, BooleanArray, StringArray, cast::AsArray, types};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{ArrowError, DataType};
use foldhash::fast::FixedState;
use guiju_lang::hir::{Amount, End};
use std::collections::BinaryHeap;

/// By group; the fixed hash decides nothing but speed, and nothing iterates in its order.
type Groups<V> = hashbrown::HashMap<Box<str>, V, FixedState>;

/// A rankable value: every ranked type fits, in its own order. Reals by IEEE total order of their bits.
type Rank = i128;

/// What has been gathered for one population.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// All rows, where there are no groups.
    whole: Option<Group>,
    groups: Groups<Group>,
    /// A share's threshold stands at most at this position, counted from the best: what is beyond cannot matter.
    bound: Option<usize>,
}

#[derive(Debug)]
enum Group {
    /// A share of an unknown number of rows needs every value; they are mostly cents, so 8 bytes while they fit.
    All(Vec<i64>, Vec<Rank>),
    /// A share of a bounded number of rows: how many there were, and the best of them; the heap's top is the worst.
    Bounded(u64, BinaryHeap<Rank>),
    /// A count needs the best N; the heap's top is the worst of them.
    Best(u64, BinaryHeap<Standing>),
}

/// A row's standing: better first. Ties by key, the smaller key being better.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    /// Smaller is better.
    rank: Rank,
    key: Box<str>,
}

/// Who is in, per group.
#[derive(Debug, Default)]
pub(crate) struct Thresholds {
    whole: Option<Standing>,
    groups: Groups<Standing>,
    /// A share's threshold admits every row of that value, whatever its key.
    by_value: bool,
}

/// Rows' values, ready to be ranked.
pub(crate) struct Ranked<'a> {
    pub(crate) ranks: Vec<Option<Rank>>,
    /// Nothing: one group of all rows.
    pub(crate) groups: Option<&'a StringArray>,
    /// Only counts break ties; shares do without.
    pub(crate) keys: Option<&'a StringArray>,
}

impl Ranked<'_> {
    fn group<'g>(&self, groups: &'g StringArray, row: usize) -> Option<&'g str> {
        groups.is_valid(row).then(|| groups.value(row))
    }
    fn key(&self, row: usize) -> &str {
        self.keys.map_or("", |keys| keys.value(row))
    }
}

/// The ranks of a column: smaller is better at the given end.
pub(crate) fn ranks(values: &ArrayRef, end: End) -> Result<Vec<Option<Rank>>, ArrowError> {
    let sign = |v: Rank| if end == End::Top { -v } else { v };
    macro_rules! primitive {
        ($t:ty) => {
            values.as_primitive::<$t>().iter().map(|v| v.map(|v| sign(Rank::from(v)))).collect()
        };
    }
    Ok(match values.data_type() {
        DataType::Int8 => primitive!(types::Int8Type),
        DataType::Int16 => primitive!(types::Int16Type),
        DataType::Int32 => primitive!(types::Int32Type),
        DataType::Int64 => primitive!(types::Int64Type),
        DataType::Date32 => primitive!(types::Date32Type),
        DataType::Decimal64(..) => primitive!(types::Decimal64Type),
        DataType::Decimal128(..) => primitive!(types::Decimal128Type),
        DataType::Time64(_) => primitive!(types::Time64MicrosecondType),
        DataType::Timestamp(..) => primitive!(types::TimestampMicrosecondType),
        DataType::Float64 => {
            let order = |v: f64| {
                let bits = (v + 0.0).to_bits() as i64; // -0.0 is 0.0
                Rank::from(bits ^ (((bits >> 63) as u64) >> 1) as i64)
            };
            let finite = |v: &f64| v.is_finite();
            values
                .as_primitive::<types::Float64Type>()
                .iter()
                .map(|v| v.filter(finite).map(|v| sign(order(v))))
                .collect()
        }
        other => return Err(ArrowError::SchemaError(format!("a ranked column of type {other}"))),
    })
}

impl Gathered {
    /// For a snapshot of at most so many rows.
    pub(crate) fn of_at_most(rows: Option<u64>, amount: Amount) -> Self {
        // Beyond a quarter of the rows a heap costs more than it saves.
        let bound = rows.and_then(|n| Some(position(amount, n.max(1))? + 1).filter(|bound| *bound as u64 <= n / 4 + 1));
        Self { bound, ..Self::default() }
    }

    /// Takes a batch's values.
    pub(crate) fn push(&mut self, amount: Amount, rows: &Ranked<'_>) {
        let bound = self.bound;
        let Some(groups) = rows.groups else {
            let whole = self.whole.get_or_insert_with(|| Group::new(amount, bound));
            for (row, rank) in rows.ranks.iter().enumerate() {
                if let Some(rank) = *rank {
                    whole.push(rank, rows.key(row), bound);
                }
            }
            return;
        };
        for (row, rank) in rows.ranks.iter().enumerate() {
            let (Some(rank), Some(name)) = (*rank, rows.group(groups, row)) else { continue };
            let group = match self.groups.get_mut(name) {
                Some(group) => group,
                None => self.groups.entry(name.into()).or_insert_with(|| Group::new(amount, bound)),
            };
            group.push(rank, rows.key(row), bound);
        }
    }

    /// Rows that may still be in, given what has been seen.
    pub(crate) fn hopeful(&self, rows: &Ranked<'_>) -> BooleanBuffer {
        let bound = self.bound;
        let may = |group: Option<&Group>, rank: Rank| group.is_none_or(|group| group.may_hold(rank, bound));
        BooleanBuffer::collect_bool(rows.ranks.len(), |row| {
            let Some(rank) = rows.ranks[row] else { return false };
            match rows.groups {
                None => may(self.whole.as_ref(), rank),
                Some(groups) => rows.group(groups, row).is_some_and(|name| may(self.groups.get(name), rank)),
            }
        })
    }

    /// Everything is in: where each group draws the line.
    pub(crate) fn thresholds(self, amount: Amount) -> Thresholds {
        let groups = self.groups.into_iter().filter_map(|(name, group)| Some((name, group.last(amount)?))).collect();
        let whole = self.whole.and_then(|group| group.last(amount));
        Thresholds { whole, groups, by_value: matches!(amount, Amount::Share(_)) }
    }
}

impl Group {
    fn new(amount: Amount, bound: Option<usize>) -> Self {
        match amount {
            Amount::Share(_) if bound.is_some() => Self::Bounded(0, BinaryHeap::new()),
            Amount::Share(_) => Self::All(Vec::new(), Vec::new()),
            Amount::Count(count) => Self::Best(count, BinaryHeap::new()),
        }
    }

    fn push(&mut self, rank: Rank, key: &str, bound: Option<usize>) {
        match self {
            Self::All(narrow, wide) => match i64::try_from(rank) {
                Ok(rank) => narrow.push(rank),
                Err(_) => wide.push(rank),
            },
            Self::Bounded(n, best) => {
                *n += 1;
                if best.len() < bound.unwrap_or(usize::MAX) {
                    best.push(rank);
                } else if best.peek().is_some_and(|worst| rank < *worst) {
                    best.pop();
                    best.push(rank);
                }
            }
            Self::Best(count, best) => offer(best, *count, rank, key),
        }
    }

    /// Whether a row of this rank may be in when everything is known.
    fn may_hold(&self, rank: Rank, bound: Option<usize>) -> bool {
        match self {
            Self::Bounded(_, best) if Some(best.len()) == bound => best.peek().is_none_or(|worst| rank <= *worst),
            Self::Best(count, best) if best.len() as u64 == *count => {
                best.peek().is_none_or(|worst| rank <= worst.rank)
            }
            _ => true,
        }
    }

    /// The last that is in.
    fn last(self, amount: Amount) -> Option<Standing> {
        let by_value = |rank| Standing { rank, key: "".into() };
        match self {
            Self::Best(_, best) => best.peek().cloned(),
            Self::Bounded(n, best) => best.into_sorted_vec().get(position(amount, n)?).copied().map(by_value),
            Self::All(narrow, wide) => share(amount, narrow, wide).map(by_value),
        }
    }
}

/// Keeps the best `count`.
fn offer(best: &mut BinaryHeap<Standing>, count: u64, rank: Rank, key: &str) {
    let full = best.len() as u64 >= count;
    if full && best.peek().is_none_or(|worst| (rank, key) >= (worst.rank, &*worst.key)) {
        return;
    }
    if full {
        best.pop();
    }
    best.push(Standing { rank, key: key.into() });
}

/// `x in top q`: the rows whose value is at least the smallest value that has at least (1 − q) of the rows at or below it.
/// Counted from the best, that value stands at position n − ⌈(1 − q)·n⌉ (the last one, if that is n).
fn position(amount: Amount, n: u64) -> Option<usize> {
    let Amount::Share(q) = amount else { return None };
    if n == 0 {
        return None;
    }
    let n = u128::from(n);
    let whole = 10u128.checked_pow(u32::from(q.scale))?;
    let rest = whole.checked_sub(u128::try_from(q.mantissa).ok()?)?;
    let at_or_below = n.checked_mul(rest)?.div_ceil(whole).clamp(1, n);
    usize::try_from(n - at_or_below).ok()
}

fn share(amount: Amount, narrow: Vec<i64>, wide: Vec<Rank>) -> Option<Rank> {
    let at = position(amount, (narrow.len() + wide.len()) as u64)?;
    if wide.is_empty() {
        let mut values = narrow;
        return Some(Rank::from(*values.select_nth_unstable(at).1));
    }
    let mut values = wide;
    values.extend(narrow.into_iter().map(Rank::from));
    Some(*values.select_nth_unstable(at).1)
}

impl Thresholds {
    /// Membership of rows; missing where the value or the group is.
    pub(crate) fn members(&self, rows: &Ranked<'_>) -> BooleanArray {
        let member = |row: usize| {
            let rank = rows.ranks[row]?;
            let last = match rows.groups {
                None => self.whole.as_ref(),
                Some(groups) => self.groups.get(rows.group(groups, row)?),
            };
            let Some(last) = last else { return Some(false) };
            Some(if self.by_value { rank <= last.rank } else { (rank, rows.key(row)) <= (last.rank, &*last.key) })
        };
        (0..rows.ranks.len()).map(member).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use guiju_lang::value::Decimal;
    use std::sync::Arc;

    fn members(values: Vec<Option<i64>>, groups: Option<Vec<&str>>, amount: Amount, end: End) -> Vec<Option<bool>> {
        let keys = StringArray::from_iter_values((0..values.len()).map(|i| format!("k{i:02}")));
        let groups = groups.map(StringArray::from);
        let values: ArrayRef = Arc::new(Int64Array::from(values));
        let rows = Ranked { ranks: ranks(&values, end).unwrap(), groups: groups.as_ref(), keys: Some(&keys) };
        let mut gathered = Gathered::default();
        gathered.push(amount, &rows);
        let unbounded: Vec<_> = gathered.thresholds(amount).members(&rows).iter().collect();
        let mut gathered = Gathered::of_at_most(Some(4 * values.len() as u64), amount);
        gathered.push(amount, &rows);
        let hopeful = gathered.hopeful(&rows);
        let bounded: Vec<_> = gathered.thresholds(amount).members(&rows).iter().collect();
        assert_eq!(bounded, unbounded, "a bound changes what is remembered, not the answer");
        assert!(bounded.iter().zip(&hopeful).all(|(member, hopeful)| *member != Some(true) || hopeful));
        bounded
    }

    fn share(mantissa: i128, scale: u8) -> Amount {
        Amount::Share(Decimal { mantissa, scale })
    }

    #[test]
    fn a_share_takes_every_row_at_the_threshold() {
        // Ten values, top 20 %: eight of ten must be at or below, the smallest such value is 8; both rows of value 8 are in.
        let values = vec![1, 2, 3, 4, 5, 6, 8, 8, 9, 10].into_iter().map(Some).collect();
        let got = members(values, None, share(20, 2), End::Top);
        assert_eq!(got.iter().filter(|m| **m == Some(true)).count(), 4);
    }

    #[test]
    fn a_bottom_share_is_the_mirror_image() {
        let values = vec![1, 2, 2, 4, 5, 6, 7, 8, 9, 10].into_iter().map(Some).collect();
        let got = members(values, None, share(20, 2), End::Bottom);
        assert_eq!(got.iter().filter(|m| **m == Some(true)).count(), 3);
    }

    #[test]
    fn missing_values_neither_count_nor_are_in() {
        let got = members(vec![None, Some(1), None, Some(2)], None, share(50, 2), End::Top);
        assert_eq!(got, vec![None, Some(true), None, Some(true)]);
        let got = members(vec![None, Some(1), Some(2), Some(3)], None, share(50, 2), End::Top);
        assert_eq!(got, vec![None, Some(false), Some(true), Some(true)]);
    }

    #[test]
    fn a_count_breaks_ties_by_key_in_each_group() {
        let values = vec![5, 5, 5, 1, 2].into_iter().map(Some).collect();
        let got = members(values, Some(vec!["a", "a", "a", "b", "b"]), Amount::Count(2), End::Top);
        assert_eq!(got, vec![Some(true), Some(true), Some(false), Some(true), Some(true)]);
    }

    #[test]
    fn reals_rank_in_numeric_order() {
        let values: ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![-1.5, 0.0, -0.0, 2.0, f64::NAN]));
        let got = ranks(&values, End::Bottom).unwrap();
        assert!(got[0] < got[1] && got[1] == got[2] && got[2] < got[3]);
        assert_eq!(got[4], None);
    }
}
