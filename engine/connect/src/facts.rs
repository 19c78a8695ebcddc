//! What can be said of columns without reading their values: Parquet footers and dictionary pages; small text files whole.
//! It is asked for while an analyst waits for `check`, so everything here is bounded and gives up rather than takes long.

use crate::{
    config::{Config, Connection},
    infer::Guess,
    locate::{self, Files, Format},
    read::{self, Limits},
};
use guiju_lang::{
    schema::ColumnFacts,
    ty::Type,
    value::{Value, compare},
};
use std::{cmp::Ordering, collections::BTreeSet, path::Path, sync::Arc};

/// More files than this are not opened.
const MOST_FILES: usize = 16;
/// Text files are read if they have no more bytes.
const MOST_BYTES: u64 = 1 << 20;
/// So many different texts are few.
pub(crate) const FEW: usize = 200;

/// The columns' facts, in their order.
pub(crate) fn of(
    config: &Config,
    connection: &str,
    object: Option<&str>,
    columns: &[&str],
) -> Vec<Option<ColumnFacts>> {
    let connection = config.connections.iter().find(|c| c.name == connection);
    let known = connection.and_then(|c| {
        let files = locate::locate(c, object).ok().filter(|f| f.paths.len() <= MOST_FILES)?;
        match files.format {
            Format::Parquet => of_parquet(&files, columns),
            Format::Csv => of_csv(&files, c, columns),
            Format::JsonLines => None,
        }
    });
    known.unwrap_or_else(|| vec![None; columns.len()])
}

fn of_parquet(files: &Files, columns: &[&str]) -> Option<Vec<Option<ColumnFacts>>> {
    let mut all: Option<Vec<Option<ColumnFacts>>> = None;
    for path in &files.paths {
        let this = read::parquet_facts(path, columns)?;
        all = Some(match all {
            None => this,
            Some(before) => before.into_iter().zip(this).map(|(a, b)| Some(both(a?, b?))).collect(),
        });
    }
    all
}

/// Of two parts of a table.
pub(crate) fn both(a: ColumnFacts, b: ColumnFacts) -> ColumnFacts {
    let values = a.values.zip(b.values).and_then(|(mut a, mut b)| {
        a.append(&mut b);
        a.sort_unstable();
        a.dedup();
        (a.len() <= FEW).then_some(a)
    });
    ColumnFacts {
        rows: a.rows + b.rows,
        missing: a.missing.zip(b.missing).map(|(a, b)| a + b),
        low: further(a.low, b.low, Ordering::Less),
        high: further(a.high, b.high, Ordering::Greater),
        values,
    }
}

/// The smaller or larger of two, if both are known; an empty part says nothing.
pub(crate) fn further(a: Option<Value>, b: Option<Value>, which: Ordering) -> Option<Value> {
    match (a?, b?) {
        (Value::Missing, v) | (v, Value::Missing) => Some(v),
        (a, b) => Some(if compare(&a, &b)? == which { a } else { b }),
    }
}

/// One column of a small text file.
#[derive(Default)]
struct Seen {
    absent: bool,
    missing: u64,
    texts: Option<BTreeSet<Arc<str>>>,
    guess: Guess,
    numbers: Option<(Value, Value)>,
}

fn of_csv(files: &Files, connection: &Connection, columns: &[&str]) -> Option<Vec<Option<ColumnFacts>>> {
    let bytes: u64 = files.paths.iter().map(|p| std::fs::metadata(p).map_or(u64::MAX, |m| m.len())).sum();
    if bytes > MOST_BYTES {
        return None;
    }
    let mut rows = 0;
    let mut seen: Vec<Seen> =
        columns.iter().map(|_| Seen { texts: Some(BTreeSet::new()), ..Seen::default() }).collect();
    for path in &files.paths {
        rows += one_csv(path, connection, columns, &mut seen)?;
    }
    let facts = |s: Seen| {
        let text = matches!(s.guess.result(), Type::Text);
        let (low, high) = if text { (None, None) } else { s.numbers.unzip() };
        let values = s.texts.filter(|_| text).map(|t| t.into_iter().collect());
        ColumnFacts { rows, missing: Some(s.missing), low, high, values }
    };
    Some(seen.into_iter().map(|s| (!s.absent).then(|| facts(s))).collect())
}

fn one_csv(path: &Path, connection: &Connection, columns: &[&str], seen: &mut [Seen]) -> Option<u64> {
    let (names, mut records) = read::header(path, connection, &Limits::default()).ok()?;
    let places: Vec<Option<usize>> = columns.iter().map(|c| names.iter().position(|n| n == c)).collect();
    let mut rows = 0;
    while records.advance().ok()? {
        rows += 1;
        for (place, seen) in places.iter().zip(seen.iter_mut()) {
            let Some(place) = place else {
                seen.absent = true;
                continue;
            };
            let (text, _) = records.get(*place)?;
            if text.trim().is_empty() || connection.text.null.iter().any(|n| n == text) {
                seen.missing += 1;
                continue;
            }
            seen.guess.see(text);
            if let Some(all) = &mut seen.texts
                && !all.contains(text)
            {
                all.insert(text.into());
                if all.len() > FEW {
                    seen.texts = None;
                }
            }
            if let Some(number) = number(text) {
                seen.numbers = match seen.numbers.take() {
                    None => Some((number.clone(), number)),
                    Some((low, high)) => {
                        let low = further(Some(low), Some(number.clone()), Ordering::Less)?;
                        Some((low, further(Some(high), Some(number), Ordering::Greater)?))
                    }
                };
            }
        }
    }
    Some(rows)
}

fn number(text: &str) -> Option<Value> {
    text.trim().parse::<guiju_lang::value::Decimal>().ok().map(Value::Decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parts_of_a_table_together() {
        let part = |rows, missing, low, high, values: &[&str]| ColumnFacts {
            rows,
            missing: Some(missing),
            low: Some(Value::Integer(low)),
            high: Some(Value::Integer(high)),
            values: Some(values.iter().map(|v| Arc::from(*v)).collect()),
        };
        let all = both(part(3, 1, 5, 9, &["b", "c"]), part(4, 0, -2, 7, &["a", "b"]));
        assert_eq!(all, part(7, 1, -2, 9, &["a", "b", "c"]));
        let unknown = both(part(1, 0, 1, 1, &[]), ColumnFacts { rows: 2, ..ColumnFacts::default() });
        assert_eq!(unknown, ColumnFacts { rows: 3, ..ColumnFacts::default() });
    }
}
