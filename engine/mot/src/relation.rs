//! Lookups: sources that a rule reads by key (`managers.manager_id`), kept whole for the run, indexed once.

mod index;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, UInt32Array, cast::AsArray, types};
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat;
use guiju_eval::Datum;
use guiju_lang::{
    finding::{Arg, Finding, codes},
    hir::{Program, Source, SourceId},
    value::Value,
};
use index::{Doubles, Index};
use std::sync::Arc;

/// One looked-up source: its rows, and where each key stands.
#[derive(Debug, Default)]
pub(crate) struct Relation {
    pending: Vec<RecordBatch>,
    rows: Option<RecordBatch>,
    keys: Option<Keys>,
    index: Index,
    /// The first row of a key counts.
    doubles: Doubles,
}

/// Key columns in one of two shapes.
#[derive(Debug, Clone)]
enum Keys {
    Integers(Int64Array),
    Texts(StringArray),
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key<'a> {
    Integer(i64),
    Text(&'a str),
}

impl Relation {
    /// Takes rows as they come.
    pub(crate) fn push(&mut self, batch: &RecordBatch) {
        self.pending.push(batch.clone());
    }

    /// All rows are in: build the index over the key column.
    pub(crate) fn finish(&mut self, key: usize) -> Result<(), ArrowError> {
        let Some(rows) = together(std::mem::take(&mut self.pending))? else { return Ok(()) };
        let keys = Keys::of(rows.column(key))?;
        (self.index, self.doubles) = Index::of(&keys);
        self.rows = Some(rows);
        self.keys = Some(keys);
        Ok(())
    }

    /// What somebody should know who sees only the first row of each key: how many more there are, and one of the keys.
    pub(crate) fn finding(&self, source: &Source) -> Option<Finding> {
        let (Some(keys), true) = (&self.keys, self.doubles.count > 0) else { return None };
        let key = match keys {
            Keys::Integers(a) => a.value(self.doubles.first).to_string(),
            Keys::Texts(a) => a.value(self.doubles.first).chars().take(60).collect(),
        };
        let column = source.key.and_then(|key| source.schema.columns.get(key as usize)).map(|c| c.name.clone());
        let finding = Finding::new(codes::kinds::LOOKUP_KEY_TWICE, source.place).name("source", &source.name);
        let count = Arg::Count(i64::try_from(self.doubles.count).unwrap_or(i64::MAX));
        Some(finding.arg("count", count).name("column", column.unwrap_or_default()).name("key", key))
    }

    /// For each key, the row that has it.
    pub(crate) fn positions(&self, wanted: &ArrayRef) -> Result<UInt32Array, ArrowError> {
        let Some(keys) = &self.keys else { return Ok(UInt32Array::new_null(wanted.len())) };
        let wanted = Keys::of(wanted)?.like(keys)?;
        Ok(self.index.find_all(keys, &wanted).into())
    }

    /// For one key, the row that has it. Needs no memory.
    pub(crate) fn position_of(&self, key: Datum<'_>) -> Option<u32> {
        let keys = self.keys.as_ref()?;
        let mut digits = [0; 20];
        let key = match (keys, key) {
            (Keys::Texts(_), Datum::Text(key)) => Key::Text(key),
            (Keys::Texts(_), Datum::Whole(key)) => Key::Text(digits_of(i64::try_from(key).ok()?, &mut digits)),
            (Keys::Integers(_), Datum::Whole(key)) => Key::Integer(i64::try_from(key).ok()?),
            (Keys::Integers(_), Datum::Text(key)) => {
                let number = key.parse().ok()?;
                // `007` is not the integer 7, as in `like`.
                (digits_of(number, &mut digits) == key).then_some(Key::Integer(number))?
            }
            (_, Datum::Value(Value::Text(key))) => return self.position_of(Datum::Text(key)),
            (_, Datum::Value(Value::Integer(key))) => return self.position_of(Datum::Whole((*key).into())),
            _ => return None,
        };
        self.index.find(keys, key)
    }

    /// All rows, once the source is complete.
    pub(crate) fn rows(&self) -> Option<&RecordBatch> {
        self.rows.as_ref()
    }

    /// The column at the given positions; missing where there is none.
    pub(crate) fn take(&self, column: usize, positions: &UInt32Array) -> Result<Option<ArrayRef>, ArrowError> {
        let Some(rows) = &self.rows else { return Ok(None) };
        arrow_select::take::take(rows.column(column), positions, None).map(Some)
    }
}

/// The rows of all batches. Column by column, and what has been copied goes: nothing but one column is ever there twice.
fn together(batches: Vec<RecordBatch>) -> Result<Option<RecordBatch>, ArrowError> {
    let Some(first) = batches.first() else { return Ok(None) };
    let schema = first.schema();
    let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::with_capacity(batches.len()); schema.fields().len()];
    for batch in batches {
        for (column, part) in parts.iter_mut().zip(batch.columns()) {
            column.push(Arc::clone(part));
        }
    }
    let whole = |parts: Vec<ArrayRef>| concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let columns = parts.into_iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, columns).map(Some)
}

impl Keys {
    fn of(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Int64 => Self::Integers(array.as_primitive::<types::Int64Type>().clone()),
            DataType::Int32 => {
                Self::Integers(array.as_primitive::<types::Int32Type>().iter().map(|v| v.map(i64::from)).collect())
            }
            DataType::Utf8 => Self::Texts(array.as_string::<i32>().clone()),
            DataType::Dictionary(_, value) if **value == DataType::Utf8 => {
                let dictionary = array.as_dictionary::<types::Int32Type>();
                let plain = arrow_select::take::take(dictionary.values(), dictionary.keys(), None)?;
                Self::Texts(plain.as_string::<i32>().clone())
            }
            other => return Err(ArrowError::SchemaError(format!("a key column of type {other}"))),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Integers(a) => a.len(),
            Self::Texts(a) => a.len(),
        }
    }

    #[inline]
    fn key(&self, row: usize) -> Option<Key<'_>> {
        match self {
            Self::Integers(a) => a.is_valid(row).then(|| Key::Integer(a.value(row))),
            Self::Texts(a) => a.is_valid(row).then(|| Key::Text(a.value(row))),
        }
    }

    /// The smallest and the largest, of integers.
    fn ends(&self) -> Option<(i64, i64)> {
        let Self::Integers(a) = self else { return None };
        a.iter()
            .flatten()
            .fold(None, |ends, n| Some(ends.map_or((n, n), |(least, most): (i64, i64)| (least.min(n), most.max(n)))))
    }

    /// The same keys in the shape of `other`: a customer number may be text here and an integer there.
    fn like(self, other: &Self) -> Result<Self, ArrowError> {
        Ok(match (self, other) {
            (Self::Integers(a), Self::Texts(_)) => Self::Texts(a.iter().map(|v| v.map(|v| v.to_string())).collect()),
            (Self::Texts(a), Self::Integers(_)) => {
                // `007` is not the integer 7: only the canonical spelling matches.
                let parse = |t: &str| t.parse::<i64>().ok().filter(|v| v.to_string() == t);
                Self::Integers(a.iter().map(|v| v.and_then(parse)).collect())
            }
            (keys, _) => keys,
        })
    }
}

/// A whole number as it is written, in the buffer's end.
fn digits_of(number: i64, buffer: &mut [u8; 20]) -> &str {
    let (mut at, mut left) = (buffer.len(), number.unsigned_abs());
    loop {
        at -= 1;
        buffer[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

/// The column of `on` that has the name of the looked-up source's key.
pub(crate) fn lookup_key(program: &Program, on: SourceId, of: SourceId) -> Option<u32> {
    program.lookup(on, of).map(|(own, _)| own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{Field, Schema};

    fn relation(keys: ArrayRef, values: Vec<&str>) -> Relation {
        let schema =
            Schema::new(vec![Field::new("k", keys.data_type().clone(), true), Field::new("v", DataType::Utf8, true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![keys, Arc::new(StringArray::from(values))]).unwrap();
        let mut relation = Relation::default();
        relation.push(&batch.slice(0, 1));
        relation.push(&batch.slice(1, batch.num_rows() - 1));
        relation.finish(0).unwrap();
        relation
    }

    #[test]
    fn the_first_row_of_a_key_counts_and_doubles_are_counted() {
        let relation =
            relation(Arc::new(Int64Array::from(vec![Some(7), Some(8), None, Some(7)])), vec!["a", "b", "c", "d"]);
        assert_eq!(relation.doubles, Doubles { count: 1, first: 3 });
        let wanted: ArrayRef = Arc::new(arrow_array::Int32Array::from(vec![Some(7), Some(9), None, Some(8)]));
        let positions = relation.positions(&wanted).unwrap();
        let values = relation.take(1, &positions).unwrap().unwrap();
        assert_eq!(values.as_string::<i32>().iter().collect::<Vec<_>>(), vec![Some("a"), None, None, Some("b")]);
    }

    #[test]
    fn one_key_finds_what_a_column_of_keys_finds() {
        let integers = relation(Arc::new(Int64Array::from(vec![7, -8, i64::MIN])), vec!["a", "b", "c"]);
        let texts = relation(Arc::new(StringArray::from(vec!["7", "-8", "x"])), vec!["a", "b", "c"]);
        for key in ["7", "-8", "007", "x", "", "-", "+7", "-9223372036854775808", "0"] {
            let column: ArrayRef = Arc::new(StringArray::from(vec![key]));
            for relation in [&integers, &texts] {
                let wanted = relation.positions(&column).unwrap().iter().next().unwrap();
                assert_eq!(relation.position_of(Datum::Text(key)), wanted, "{key}");
            }
        }
        for key in [7, -8, 0, i64::MIN, i64::MAX] {
            let column: ArrayRef = Arc::new(Int64Array::from(vec![key]));
            for relation in [&integers, &texts] {
                let wanted = relation.positions(&column).unwrap().iter().next().unwrap();
                assert_eq!(relation.position_of(Datum::Whole(key.into())), wanted, "{key}");
            }
        }
        assert_eq!(integers.position_of(Datum::Missing), None);
    }

    #[test]
    fn crowded_numbers_and_one_far_away_are_found_and_so_are_doubles() {
        // One outlier puts all others into one place; every seventh number stands twice.
        let numbers: Vec<i64> = (0..2_000).map(|i| i - i % 7 / 6).chain([i64::MAX, i64::MIN]).collect();
        let values = numbers.iter().map(|n| if n % 2 == 0 { "even" } else { "odd" }).collect();
        let many = relation(Arc::new(Int64Array::from(numbers.clone())), values);
        assert_eq!(many.doubles, Doubles { count: 285, first: 6 });
        for n in numbers.iter().copied().chain([-1, 6, 2_000, i64::MAX - 1]) {
            let first = numbers.iter().position(|&other| other == n).map(|row| row as u32);
            assert_eq!(many.position_of(Datum::Whole(n.into())), first, "{n}");
        }
        let one = relation(Arc::new(Int64Array::from(vec![5; 100_000])), vec!["a"; 100_000]);
        assert_eq!((one.doubles.count, one.position_of(Datum::Whole(5))), (99_999, Some(0)));
        assert_eq!(one.position_of(Datum::Whole(4)), None);
    }

    #[test]
    fn text_and_integer_keys_meet_in_their_canonical_spelling() {
        let relation = relation(Arc::new(Int64Array::from(vec![7, 8])), vec!["a", "b"]);
        let wanted: ArrayRef = Arc::new(StringArray::from(vec!["7", "007", "x"]));
        let positions = relation.positions(&wanted).unwrap();
        assert_eq!(positions.iter().collect::<Vec<_>>(), vec![Some(0), None, None]);
    }
}
