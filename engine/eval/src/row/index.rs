//! Which of many conditions can be true for a row, without asking them all.
//!
//! Most rules say of some columns which values they want (`branch = "…" and level in ["V6", "V7"]`). Such a condition can only be
//! true where those columns hold one of the combinations it names, so conditions are found by a hash of the row's own values:
//! one table for each set of columns. This is the access predicate of Fabret, Jacobsen, Llirbat, Pereira, Ross and Shasha,
//! "Filtering algorithms and implementation for very fast publish/subscribe systems" (SIGMOD 2001), with hashed conjunctions as in
//! Whang et al., "Indexing Boolean expressions" (VLDB 2009). A candidate is still asked in full: the tables may say too much, never
//! too little. Conditions without such a part are candidates for every row.

use super::{Datum, RowPlan, RowView};
use crate::{
    graph::{Graph, MaskId, MaskOp, RootNode, ValueOp},
    test::{Test, TextTest},
};
use foldhash::fast::FixedState;
use guiju_lang::hir::CompareOp;
use std::{collections::BTreeMap, collections::HashMap, hash::BuildHasher};

/// More combinations than these are not worth their memory; the column with the most values is left out.
const MOST_COMBINATIONS: usize = 64;
/// A range of so few whole numbers counts as a list.
const WIDEST_RANGE: i128 = 8;
/// Every table costs a probe a row; beyond so many, rules share the tables of single columns.
const MOST_TABLES: usize = 24;

/// The hash only finds candidates: it never reaches an output, so a fixed seed costs nothing.
const HASH: FixedState = FixedState::with_seed(0x67_75_69_6a_75);

/// The conditions of many rules, found by the values they want.
#[derive(Debug)]
pub struct RowIndex {
    /// The plan's columns that some table reads, each hashed once a row.
    columns: Vec<usize>,
    tables: Vec<Table>,
    /// Conditions that any row may satisfy, ascending.
    always: Vec<u32>,
    /// No row has more hits.
    most_hits: usize,
}

/// The conditions that want values of the same columns.
#[derive(Debug)]
struct Table {
    /// Positions in [`RowIndex::columns`].
    columns: Vec<usize>,
    /// From the combined hash of the values to a range of `rules`.
    buckets: HashMap<u64, (u32, u32), FixedState>,
    rules: Vec<u32>,
}

/// What one thread needs to ask an index.
#[derive(Debug, Clone)]
pub struct RowProbe {
    hashes: Vec<Option<u64>>,
    hits: Vec<u32>,
}

/// What a condition wants of a column: hashes of values.
type Wants = BTreeMap<u32, Vec<u64>>;

impl RowIndex {
    /// Over the conditions `roots` of a plan, which are then known by their position in that list.
    pub fn of(plan: &RowPlan, roots: impl IntoIterator<Item = usize>) -> Self {
        let mut wants: Vec<Wants> = roots.into_iter().map(|root| wanted(plan, root)).collect();
        few_tables(&mut wants);
        let mut by_columns: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        let mut always = Vec::new();
        for (rule, wants) in (0_u32..).zip(&wants) {
            if wants.is_empty() {
                always.push(rule);
            } else {
                by_columns.entry(wants.keys().copied().collect()).or_default().push(rule);
            }
        }
        let mut columns: Vec<u32> = by_columns.keys().flatten().copied().collect();
        columns.sort_unstable();
        columns.dedup();
        let tables: Vec<Table> = by_columns
            .into_iter()
            .map(|(of, rules)| {
                let at = of.iter().filter_map(|c| columns.binary_search(c).ok()).collect();
                Table::of(at, rules.iter().map(|&rule| (rule, &wants[rule as usize])))
            })
            .collect();
        let most = |table: &Table| table.buckets.values().map(|(from, to)| (to - from) as usize).max().unwrap_or(0);
        let most_hits = tables.iter().map(most).sum();
        Self { columns: columns.into_iter().map(|c| c as usize).collect(), tables, always, most_hits }
    }

    /// What one thread needs to ask.
    pub fn probe(&self) -> RowProbe {
        RowProbe { hashes: vec![None; self.columns.len()], hits: Vec::with_capacity(self.most_hits) }
    }

    /// How many conditions are candidates for every row.
    pub fn unindexed(&self) -> usize {
        self.always.len()
    }

    /// The conditions that may be true, ascending: all that are, and few others. `row` is as the plan reads it.
    pub fn candidates<'a, R: RowView + ?Sized>(&'a self, row: &R, probe: &'a mut RowProbe) -> Candidates<'a> {
        probe.hashes.clear();
        probe.hashes.extend(self.columns.iter().map(|&column| hash_of(row.datum(column))));
        probe.hits.clear();
        for table in &self.tables {
            let combined = table.columns.iter().try_fold(0, |hash, &column| {
                let value = probe.hashes.get(column).copied().flatten()?;
                Some(combine(hash, value))
            });
            if let Some((from, to)) = combined.and_then(|hash| table.buckets.get(&hash)) {
                probe.hits.extend_from_slice(table.rules.get(*from as usize..*to as usize).unwrap_or_default());
            }
        }
        if self.tables.len() > 1 {
            probe.hits.sort_unstable();
        }
        Candidates { hits: &probe.hits, always: &self.always }
    }
}

impl Table {
    fn of<'a>(columns: Vec<usize>, rules: impl Iterator<Item = (u32, &'a Wants)>) -> Self {
        let mut found: Vec<(u64, u32)> = Vec::new();
        for (rule, wants) in rules {
            let mut hashes = vec![0];
            for values in wants.values() {
                hashes = hashes.iter().flat_map(|&h| values.iter().map(move |&v| combine(h, v))).collect();
            }
            found.extend(hashes.into_iter().map(|hash| (hash, rule)));
        }
        found.sort_unstable();
        found.dedup();
        let mut buckets: HashMap<u64, (u32, u32), FixedState> = HashMap::with_hasher(HASH);
        for (at, (hash, _)) in (0_u32..).zip(&found) {
            buckets.entry(*hash).or_insert((at, at)).1 = at + 1;
        }
        Self { columns, buckets, rules: found.into_iter().map(|(_, rule)| rule).collect() }
    }
}

/// Conditions that may be true, ascending.
#[derive(Debug, Clone)]
pub struct Candidates<'a> {
    hits: &'a [u32],
    always: &'a [u32],
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let from = match (self.hits.first(), self.always.first()) {
            (Some(hit), Some(other)) if hit > other => &mut self.always,
            (Some(_), _) => &mut self.hits,
            (None, _) => &mut self.always,
        };
        let (first, rest) = from.split_first()?;
        *from = rest;
        Some(*first as usize)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.hits.len() + self.always.len();
        (left, Some(left))
    }
}

fn combine(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(29) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Of values that conditions can want: texts and whole numbers.
fn hash_of(datum: Datum<'_>) -> Option<u64> {
    match datum {
        Datum::Whole(x) => Some(hash_whole(x)),
        Datum::Text(text) => Some(hash_text(text)),
        Datum::Value(value) => match value {
            guiju_lang::value::Value::Text(text) => Some(hash_text(text)),
            other => crate::vector::whole_of(other).map(hash_whole),
        },
        Datum::Missing | Datum::Bool(_) | Datum::Real(_) => None,
    }
}

fn hash_whole(x: i128) -> u64 {
    HASH.hash_one(x)
}

fn hash_text(text: &str) -> u64 {
    HASH.hash_one(text.as_bytes())
}

/// What a condition wants of columns. Only parts that are asked before anything that can fail: a rule that is passed over must not
/// have had an incident to count.
fn wanted(plan: &RowPlan, root: usize) -> Wants {
    let graph = &*plan.graph;
    let Some(RootNode::Condition { yes, .. }) = graph.roots.get(root) else { return Wants::new() };
    let alone = [*yes];
    let parts = if let MaskOp::And(parts) = &graph.mask(*yes).op { &parts[..] } else { &alone[..] };
    let mut wants = Wants::new();
    for &part in parts {
        let node = graph.mask(part);
        if node.fallible || node.slow {
            break;
        }
        if let Some((column, values)) = wanted_by(plan, graph, part) {
            // Two parts about one column: the shorter list will do.
            let shorter = wants.get(&column).is_none_or(|known: &Vec<u64>| values.len() < known.len());
            if shorter {
                wants.insert(column, values);
            }
        }
    }
    while wants.values().map(Vec::len).try_fold(1_usize, usize::checked_mul).is_none_or(|n| n > MOST_COMBINATIONS) {
        let Some(&widest) = wants.iter().max_by_key(|(_, values)| values.len()).map(|(column, _)| column) else {
            break;
        };
        wants.remove(&widest);
    }
    wants
}

fn wanted_by(plan: &RowPlan, graph: &Graph, part: MaskId) -> Option<(u32, Vec<u64>)> {
    let MaskOp::Test(value, ..) = &graph.mask(part).op else { return None };
    let ValueOp::Column(column) = graph.value(*value).op else { return None };
    let values = match plan.fixed.fixed_test(part)? {
        Test::Range { low, high, outside: false } if high.checked_sub(*low)? < WIDEST_RANGE => {
            (*low..=*high).map(hash_whole).collect()
        }
        Test::Wholes { set, outside: false } => set.iter().map(|&x| hash_whole(x)).collect(),
        Test::Text { test: TextTest::Compare(CompareOp::Eq, text), outside: false } => vec![hash_text(text)],
        Test::Text { test: TextTest::OneOf(set), outside: false } => set.iter().map(|text| hash_text(text)).collect(),
        _ => return None,
    };
    Some((column, values))
}

/// Leaves rules of rare combinations of columns with the one column that tells most rules apart.
fn few_tables(wants: &mut [Wants]) {
    let mut rules: HashMap<Vec<u32>, usize> = HashMap::new();
    for wants in wants.iter().filter(|wants| !wants.is_empty()) {
        *rules.entry(wants.keys().copied().collect()).or_default() += 1;
    }
    if rules.len() <= MOST_TABLES {
        return;
    }
    let mut by_rules: Vec<(Vec<u32>, usize)> = rules.into_iter().collect();
    by_rules.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let kept: Vec<Vec<u32>> = by_rules.into_iter().take(MOST_TABLES).map(|(columns, _)| columns).collect();
    let mut distinct: HashMap<u32, std::collections::HashSet<u64>> = HashMap::new();
    for (column, values) in wants.iter().flatten() {
        distinct.entry(*column).or_default().extend(values);
    }
    for wants in wants.iter_mut() {
        let columns: Vec<u32> = wants.keys().copied().collect();
        if columns.len() < 2 || kept.contains(&columns) {
            continue;
        }
        let different = |column: &u32| distinct.get(column).map_or(0, std::collections::HashSet::len);
        let best = columns.iter().copied().max_by_key(|column| (different(column), *column));
        wants.retain(|column, _| Some(*column) == best);
    }
}
