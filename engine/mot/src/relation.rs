//! Lookups: sources that a rule reads by key (`managers.manager_id`), kept whole for the run, indexed once.

mod hashed;
mod index;
mod keys;
mod near;

use arrow_array::{ArrayRef, NullArray, RecordBatch, UInt32Array};
use arrow_schema::{ArrowError, DataType, Schema};
use arrow_select::concat::concat;
use guiju_eval::Datum;
use guiju_lang::{
    finding::{Arg, Finding, codes},
    hir::{Program, Source, SourceId},
    value::Value,
};
use index::{Doubles, Index};
use keys::{Key, Keys, digits_of};
use std::sync::Arc;

/// One looked-up source: its rows, and where each key stands.
#[derive(Debug, Default)]
pub(crate) struct Relation {
    pending: Vec<RecordBatch>,
    rows: Option<RecordBatch>,
    index: Option<Index>,
    /// The first row of a key counts.
    doubles: Doubles,
    /// The key of the first row that does not.
    double: Option<String>,
}

impl Relation {
    /// Takes rows as they come.
    pub(crate) fn push(&mut self, batch: &RecordBatch) {
        self.pending.push(batch.clone());
    }

    /// All rows are in: build the index over the key column, which is not kept itself unless somebody reads it.
    pub(crate) fn finish(&mut self, key: usize, read: bool) -> Result<(), ArrowError> {
        let mut parts = std::mem::take(&mut self.pending);
        let keys = parts.iter().map(|part| Keys::of(part.column(key))).collect::<Result<Vec<_>, _>>()?;
        if !read {
            parts = parts.iter().map(|part| without(part, key)).collect::<Result<_, _>>()?;
        }
        if keys.is_empty() {
            return Ok(());
        }
        let (index, doubles) = Index::of(&keys)?;
        self.double = (doubles.count > 0).then(|| key_of(&keys, doubles.first)).flatten();
        drop(keys);
        (self.index, self.doubles) = (Some(index), doubles);
        self.rows = together(parts)?;
        Ok(())
    }

    /// What somebody should know who sees only the first row of each key: how many more there are, and one of the keys.
    pub(crate) fn finding(&self, source: &Source) -> Option<Finding> {
        let key = self.double.as_ref()?;
        let column = source.key.and_then(|key| source.schema.columns.get(key as usize)).map(|c| c.name.clone());
        let finding = Finding::new(codes::kinds::LOOKUP_KEY_TWICE, source.place).name("source", &source.name);
        let count = Arg::Count(i64::try_from(self.doubles.count).unwrap_or(i64::MAX));
        Some(finding.arg("count", count).name("column", column.unwrap_or_default()).name("key", key))
    }

    /// For each key, the row that has it.
    pub(crate) fn positions(&self, wanted: &ArrayRef) -> Result<UInt32Array, ArrowError> {
        let Some(index) = &self.index else { return Ok(UInt32Array::new_null(wanted.len())) };
        Ok(index.find_all(&Keys::of(wanted)?.shaped(index.of_integers())).into())
    }

    /// For one key, the row that has it. Needs no memory.
    pub(crate) fn position_of(&self, key: Datum<'_>) -> Option<u32> {
        let index = self.index.as_ref()?;
        let mut digits = [0; 20];
        let key = match (index.of_integers(), key) {
            (false, Datum::Text(key)) => Key::Text(key),
            (false, Datum::Whole(key)) => Key::Text(digits_of(i64::try_from(key).ok()?, &mut digits)),
            (true, Datum::Whole(key)) => Key::Integer(i64::try_from(key).ok()?),
            (true, Datum::Text(key)) => {
                let number = key.parse().ok()?;
                // `007` is not the integer 7, as in `shaped`.
                (digits_of(number, &mut digits) == key).then_some(Key::Integer(number))?
            }
            (_, Datum::Value(Value::Text(key))) => return self.position_of(Datum::Text(key)),
            (_, Datum::Value(Value::Integer(key))) => return self.position_of(Datum::Whole((*key).into())),
            _ => return None,
        };
        index.find(key)
    }

    /// All rows, once the source is complete.
    pub(crate) fn rows(&self) -> Option<&RecordBatch> {
        self.rows.as_ref()
    }

    /// The column at the given positions; missing where there is none.
    pub(crate) fn take(&self, column: usize, positions: &UInt32Array) -> Result<Option<ArrayRef>, ArrowError> {
        let Some(rows) = &self.rows else { return Ok(None) };
        if *rows.column(column).data_type() == DataType::Null {
            return Err(ArrowError::SchemaError("the key of a relation was not kept".to_owned()));
        }
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

/// Rows whose key column holds nothing any more, and takes no memory.
fn without(rows: &RecordBatch, key: usize) -> Result<RecordBatch, ArrowError> {
    let schema = rows.schema();
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    fields[key] = Arc::new(fields[key].as_ref().clone().with_data_type(DataType::Null).with_nullable(true));
    let mut columns = rows.columns().to_vec();
    columns[key] = Arc::new(NullArray::new(rows.num_rows()));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// The key of a row, as people read it.
fn key_of(parts: &[Keys], row: usize) -> Option<String> {
    let mut row = row;
    for part in parts {
        if row < part.len() {
            return part.key(row).map(|key| match key {
                Key::Integer(n) => n.to_string(),
                Key::Text(t) => t.chars().take(60).collect(),
            });
        }
        row -= part.len();
    }
    None
}

/// The column of `on` that has the name of the looked-up source's key.
pub(crate) fn lookup_key(program: &Program, on: SourceId, of: SourceId) -> Option<u32> {
    program.lookup(on, of).map(|(own, _)| own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Int64Array, StringArray, cast::AsArray};
    use arrow_schema::Field;

    fn relation(keys: ArrayRef, values: Vec<&str>) -> Relation {
        let schema =
            Schema::new(vec![Field::new("k", keys.data_type().clone(), true), Field::new("v", DataType::Utf8, true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![keys, Arc::new(StringArray::from(values))]).unwrap();
        let mut relation = Relation::default();
        relation.push(&batch.slice(0, 1));
        relation.push(&batch.slice(1, batch.num_rows() - 1));
        relation.finish(0, true).unwrap();
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
    fn many_numbers_in_no_order_are_found_whether_close_or_far_apart() {
        const COUNT: i64 = 100_000;
        for apart in [1, 300, 1 << 45] {
            // 7,919 has no divisor in common with 100,000: every number once, and the first hundred once more.
            let number = |row: i64| (row * 7_919 % COUNT - COUNT / 2) * apart;
            let numbers: Vec<Option<i64>> =
                (0..COUNT).chain(0..100).map(|row| (row != 5).then(|| number(row))).collect();
            let many = relation(Arc::new(Int64Array::from(numbers)), vec!["x"; COUNT as usize + 100]);
            assert_eq!(many.doubles, Doubles { count: 99, first: COUNT as usize }, "{apart}");
            for row in (0..COUNT).step_by(97).chain([5]) {
                let found = many.position_of(Datum::Whole(number(row).into()));
                assert_eq!(found, (row != 5).then_some(row as u32), "{apart} {row}");
                let beside = many.position_of(Datum::Whole((number(row) + apart / 2).into()));
                assert!(apart == 1 || beside.is_none(), "{apart} {row}");
            }
        }
    }

    #[test]
    fn text_and_integer_keys_meet_in_their_canonical_spelling() {
        let relation = relation(Arc::new(Int64Array::from(vec![7, 8])), vec!["a", "b"]);
        let wanted: ArrayRef = Arc::new(StringArray::from(vec!["7", "007", "x"]));
        let positions = relation.positions(&wanted).unwrap();
        assert_eq!(positions.iter().collect::<Vec<_>>(), vec![Some(0), None, None]);
    }
}
