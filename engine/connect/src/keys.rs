//! Keys must be there and different in every row; the runtime asks while it reads.

use crate::problem;
use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Int32Type, Int64Type},
};
use arrow_schema::DataType;
use guiju_lang::finding::Finding;
use std::collections::HashMap;

/// Watches the key column of a source. Memory: about 40 bytes a row for numbers, and the text itself for texts.
#[derive(Debug)]
pub struct KeyCheck {
    path: String,
    column: String,
    position: usize,
    numbers: HashMap<i64, u64>,
    texts: HashMap<Box<str>, u64>,
    listed: usize,
    findings: Vec<Finding>,
    more: u64,
}

impl KeyCheck {
    /// For the column at `position` of the batches; at most `listed` findings are spelt out.
    pub fn new(path: &str, column: &str, position: usize, listed: usize) -> Self {
        Self {
            path: path.to_owned(),
            column: column.to_owned(),
            position,
            numbers: HashMap::new(),
            texts: HashMap::new(),
            listed,
            findings: Vec::new(),
            more: 0,
        }
    }

    /// Looks at a batch whose first row is row `first_row` of the source, from 0.
    pub fn see(&mut self, batch: &RecordBatch, first_row: u64) {
        let Some(array) = batch.columns().get(self.position) else { return };
        match array.data_type() {
            DataType::Int32 => {
                for (i, v) in array.as_primitive::<Int32Type>().iter().enumerate() {
                    self.number(v.map(i64::from), first_row + i as u64 + 1);
                }
            }
            DataType::Int64 => {
                for (i, v) in array.as_primitive::<Int64Type>().iter().enumerate() {
                    self.number(v, first_row + i as u64 + 1);
                }
            }
            DataType::Utf8 => {
                for (i, v) in array.as_string::<i32>().iter().enumerate() {
                    self.text(v, first_row + i as u64 + 1);
                }
            }
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary::<Int32Type>();
                let values = dictionary.values().as_string::<i32>();
                for i in 0..array.len() {
                    let text = dictionary.key(i).filter(|k| values.is_valid(*k)).map(|k| values.value(k));
                    self.text(text, first_row + i as u64 + 1);
                }
            }
            // Other types are no keys: the checker says so.
            _ => {}
        }
    }

    fn number(&mut self, value: Option<i64>, row: u64) {
        match value {
            Some(v) => {
                if let Some(first) = self.numbers.insert(v, row) {
                    self.numbers.insert(v, first);
                    self.twice(&v.to_string(), row, first);
                }
            }
            None => self.missing(row),
        }
    }

    fn text(&mut self, value: Option<&str>, row: u64) {
        match value {
            Some(v) => match self.texts.get(v).copied() {
                Some(first) => self.twice(v, row, first),
                None => {
                    self.texts.insert(v.into(), row);
                }
            },
            None => self.missing(row),
        }
    }

    fn twice(&mut self, key: &str, row: u64, first: u64) {
        let finding = problem::key_twice(&self.path, &self.column, key, row, first);
        self.report(finding);
    }

    fn missing(&mut self, row: u64) {
        let finding = problem::key_missing(&self.path, &self.column, row);
        self.report(finding);
    }

    fn report(&mut self, finding: Finding) {
        if self.findings.len() < self.listed {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// What was wrong; empty if nothing.
    pub fn finish(mut self) -> Vec<Finding> {
        if self.more > 0 {
            self.findings.push(problem::duplicates_more(&self.path, self.more));
        }
        self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Int64Array};
    use guiju_lang::finding::Arg;
    use std::sync::Arc;

    #[test]
    fn doubles_and_gaps_are_named() {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), Some(8), None, Some(7), Some(7)]));
        let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
        let mut check = KeyCheck::new("c.csv", "id", 0, 2);
        check.see(&batch, 100);
        let findings = check.finish();
        assert_eq!(findings.iter().map(|f| f.code.0).collect::<Vec<_>>(), [5209, 5208, 5210]);
        assert!(
            findings[1].args.contains(&("row", Arg::Count(104)))
                && findings[1].args.contains(&("first", Arg::Count(101)))
        );
        assert!(findings[2].args.contains(&("count", Arg::Count(1))));
    }
}
