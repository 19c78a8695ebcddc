//! The rows that a job found, fed to the steps in place of the sources.

use super::{Prepared, Work, prepare::name_of, submit::Answer};
use crate::{
    epoch::{Epoch, Moment},
    feed::{Groups, Progress, Take, Watch},
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, Time64MicrosecondArray, UInt64Array,
    cast::AsArray, types::Int64Type,
};
use arrow_schema::{Field, Schema as ArrowSchema};
use guiju_connect::{
    config::Connection,
    read::{self, ReadOptions, Scan},
};
use guiju_core::{Cells, Chosen, Input};
use guiju_lang::{
    finding::{Arg, At, Finding, codes},
    hir::SourceId,
    schema::{Column as LangColumn, Schema},
    ty::{Type, Typed},
};
use guiju_spark::Column;
use std::{collections::BTreeMap, sync::Arc};

/// Feeds an answer; gives what somebody should know about it.
pub(super) fn feed(
    (epoch, at): (&Epoch, Moment),
    prepared: &Prepared,
    answer: &Answer,
    work: &mut Work,
    cells: &mut [Cells],
    watch: &mut dyn Watch,
    take: &mut Take<'_>,
) -> Result<Vec<Finding>, Vec<Finding>> {
    let mut groups = Groups::new(epoch, at, cells, take);
    let mut fed = || -> Result<Vec<Finding>, Vec<Finding>> {
        for (source, (folder, columns)) in &prepared.job.looked_up {
            let mut part = Part::open(epoch, answer, *source, folder, columns)?;
            while let Some(rows) = part.next(watch)? {
                groups.step(&Input::LookedUp(*source, &rows.used))?;
            }
            groups.step(&Input::EndOfSnapshot(*source))?;
        }
        for (source, (folder, columns)) in &prepared.job.chosen {
            let mut part = Part::open(epoch, answer, *source, folder, columns)?;
            while let Some(Rows { used, numbers, acts }) = part.next(watch)? {
                let (source, numbers) = (*source, &numbers);
                groups.step(&Input::Chosen(Chosen { source, rows: &used, numbers, acts: &acts }))?;
            }
            groups.step(&Input::EndOfSnapshot(*source))?;
        }
        Ok(keys_twice(epoch, answer, prepared.job.looked_up.keys()))
    };
    let fed = fed();
    // Somebody may want to see an answer that is not taken.
    work.keep |= fed.as_ref().is_err_and(|found| found.iter().any(|f| f.code != codes::cli::INTERRUPTED));
    fed
}

/// As a step says it of a source that is looked up whole.
fn keys_twice<'a>(epoch: &Epoch, answer: &Answer, sources: impl Iterator<Item = &'a SourceId>) -> Vec<Finding> {
    let twice = |source: &SourceId| {
        let (count, key) = answer.counts.get(&format!("again_{}", source.0)).filter(|(count, _)| *count > 0)?;
        let declared = &epoch.program.sources[source.0 as usize];
        let finding = Finding::new(codes::kinds::LOOKUP_KEY_TWICE, declared.place).name("source", &declared.name);
        let column = declared.key.and_then(|key| declared.schema.columns.get(key as usize)).map(|c| c.name.clone());
        let finding = finding.arg("count", Arg::Count(i64::try_from(*count).unwrap_or(i64::MAX)));
        let key = key.iter().flat_map(|key| key.chars()).take(60).collect::<String>();
        Some(finding.name("column", column.unwrap_or_default()).name("key", key))
    };
    sources.filter_map(twice).collect()
}

/// A folder of the answer.
struct Part<'a> {
    scan: Scan,
    source: &'a str,
    /// What the columns are, and their types.
    columns: &'a [Column],
    schema: Arc<ArrowSchema>,
    times: Vec<bool>,
    rows: u64,
    expected: u64,
}

/// Some rows of it.
struct Rows {
    used: RecordBatch,
    numbers: UInt64Array,
    acts: BTreeMap<usize, BooleanArray>,
}

impl<'a> Part<'a> {
    fn open(
        epoch: &'a Epoch,
        answer: &Answer,
        source: SourceId,
        folder: &str,
        columns: &'a [Column],
    ) -> Result<Self, Vec<Finding>> {
        let declared = &epoch.program.sources[source.0 as usize];
        let mut times = Vec::new();
        let mut typed = |column: &Column| match column {
            Column::Position => ("pos".to_owned(), Typed::new(Type::Integer, true)),
            Column::Acts(rule) => (format!("r{rule}"), Typed::new(Type::Bool, true)),
            Column::Of(c) => {
                let of = &declared.schema.columns[*c as usize].typed;
                times.push(of.ty == Type::Time);
                let ty = if of.ty == Type::Time { Type::Integer } else { of.ty.clone() };
                (format!("c{c}"), Typed::new(ty, true))
            }
        };
        let columns_of = columns.iter().map(|column| {
            let (name, typed) = typed(column);
            LangColumn { name, typed }
        });
        let schema = Schema { columns: columns_of.collect() };
        let path = answer.folder.join(folder);
        let connection = Connection::of_path(&path).map_err(|finding| vec![finding])?;
        let request = read::Request {
            connection: &connection,
            object: None,
            schema: Some(&schema),
            columns: None,
            options: ReadOptions::default(),
        };
        let scan = read::open(&request)?;
        let expected = answer.rows.get(folder).copied().unwrap_or_default();
        let field = |(column, typed): (&Column, &LangColumn)| match column {
            Column::Of(c) => {
                let name = &declared.schema.columns[*c as usize].name;
                let of = &declared.schema.columns[*c as usize].typed.ty;
                let _ = typed;
                Some((name.clone(), of.clone()))
            }
            _ => None,
        };
        let fields: Vec<(String, Type)> = columns.iter().zip(&schema.columns).filter_map(field).collect();
        let physical = columns.iter().zip(scan.schema().fields()).filter(|(c, _)| matches!(c, Column::Of(_)));
        let fields: Vec<Field> = fields
            .iter()
            .zip(physical)
            .map(|((name, ty), (_, found))| {
                let held = if *ty == Type::Time { guiju_eval::arrow_type(ty) } else { found.data_type().clone() };
                Field::new(name, held, true)
            })
            .collect();
        let schema = Arc::new(ArrowSchema::new(fields));
        Ok(Self { scan, source: name_of(epoch, source), columns, schema, times, rows: 0, expected })
    }

    fn next(&mut self, watch: &mut dyn Watch) -> Result<Option<Rows>, Vec<Finding>> {
        if watch.interrupted() {
            return Err(vec![Finding::new(codes::cli::INTERRUPTED, At::Nowhere)]);
        }
        let Some(batch) = self.scan.next().transpose()? else {
            return if self.rows == self.expected { Ok(None) } else { Err(self.incomplete("rows are missing")) };
        };
        let batch = batch.batch;
        let (mut used, mut numbers, mut acts) = (Vec::new(), None, BTreeMap::new());
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            match column {
                Column::Position => {
                    let positions: Int64Array = array.as_primitive::<Int64Type>().clone();
                    let position = |p: Option<i64>| p.and_then(|p| u64::try_from(p).ok());
                    let all: Option<Vec<u64>> = positions.iter().map(position).collect();
                    numbers = Some(UInt64Array::from(all.ok_or_else(|| self.incomplete("a row has no place"))?));
                }
                Column::Of(_) => used.push(if self.times[used.len()] { time(array) } else { Arc::clone(array) }),
                Column::Acts(rule) => {
                    acts.insert(*rule, array.as_boolean().clone());
                }
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let used = RecordBatch::try_new_with_options(Arc::clone(&self.schema), used, &options);
        let used = used.map_err(|e| self.incomplete(&e.to_string()))?;
        let numbers = numbers.ok_or_else(|| self.incomplete("rows have no places"))?;
        self.rows += batch.num_rows() as u64;
        let (bytes, total_bytes) = (self.scan.bytes_read(), self.scan.total_bytes());
        watch.progress(&Progress { source: self.source, rows: self.rows, bytes, total_bytes });
        Ok(Some(Rows { used, numbers, acts }))
    }

    fn incomplete(&self, reason: &str) -> Vec<Finding> {
        let reason = Arg::Plain(format!("{}: {reason} ({} of {})", self.source, self.rows, self.expected));
        vec![Finding::new(codes::cli::SPARK_INCOMPLETE, At::Nowhere).arg("reason", reason)]
    }
}

/// Microseconds since midnight.
fn time(array: &ArrayRef) -> ArrayRef {
    let micros = array.as_primitive::<Int64Type>();
    Arc::new(Time64MicrosecondArray::new(micros.values().clone(), micros.nulls().cloned()))
}
