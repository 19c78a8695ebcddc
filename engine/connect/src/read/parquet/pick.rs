//! Some rows of some columns, by their positions: for what is only needed of a few rows.

use super::{decode::Columns, fields, files, plan::Plan};
use crate::{problem, read::Context};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::BooleanBufferBuilder;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat;
use guiju_lang::finding::Finding;
use parquet::arrow::arrow_reader::RowSelection;
use std::sync::Arc;

/// Reads the rows that it is told, one row group after the other.
pub struct Picker {
    columns: Columns,
    schema: SchemaRef,
    groups: Vec<Group>,
}

/// A row group of all files.
struct Group {
    file: usize,
    /// Its position in the file.
    at: usize,
    /// Of its first row, in the source and in the file.
    first: u64,
    first_in_file: u64,
    rows: usize,
}

/// The rows of a source that one call can pick from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pickable(usize);

impl Picker {
    pub(in crate::read) fn new(context: &Context) -> Result<Self, Vec<Finding>> {
        let (parts, plans) = files(context)?;
        let schema = Arc::new(arrow_schema::Schema::new(fields(&plans, context)));
        let (mut groups, mut first) = (Vec::new(), 0);
        for (file, part) in parts.iter().enumerate() {
            let mut first_in_file = 0;
            for (at, meta) in part.metadata.row_groups().iter().enumerate() {
                let rows = usize::try_from(meta.num_rows()).unwrap_or(0);
                groups.push(Group { file, at, first, first_in_file, rows });
                first_in_file += rows as u64;
                first += rows as u64;
            }
        }
        let share = (0..plans.len()).collect();
        let progress = Arc::clone(&context.progress);
        let plans: Arc<[Plan]> = plans.into();
        Ok(Self { columns: Columns { parts: parts.into(), plans, share, progress }, schema, groups })
    }

    /// Where a row can be picked.
    pub fn of(&self, row: u64) -> Pickable {
        Pickable(self.groups.partition_point(|group| group.first <= row).saturating_sub(1))
    }

    /// The rows with these positions in the source, which are ascending and can be picked there.
    pub fn pick(&self, from: Pickable, numbers: &[u64]) -> Result<RecordBatch, Vec<Finding>> {
        let Some(group) = self.groups.get(from.0).filter(|_| !numbers.is_empty()) else {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        };
        let part = &self.columns.parts[group.file];
        let broken = |why: &str| vec![problem::parquet_broken(&part.path, Some(group.first_in_file + 1), why)];
        let mut mask = BooleanBufferBuilder::new(group.rows);
        mask.append_n(group.rows, false);
        for number in numbers {
            let at = usize::try_from(number.wrapping_sub(group.first)).unwrap_or(usize::MAX);
            if at >= group.rows {
                return Err(broken("a row was asked for where it is not"));
            }
            mask.set_bit(at, true);
        }
        let selected = RowSelection::from_boolean_buffer(mask.finish());
        let open = self.columns.open(part)?;
        let mut found: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.columns.share.len()];
        let mut rows = 0;
        for batch in open.group((group.at, group.first_in_file), Some(selected), numbers.len())? {
            let batch = batch.map_err(|e| broken(&e.to_string()))?;
            let row_of = |at: usize| numbers.get(rows + at).map_or(0, |row| row - group.first + group.first_in_file);
            let columns = open.converted(&batch, &row_of)?;
            found.iter_mut().zip(columns).for_each(|(all, column)| all.push(column));
            rows += batch.num_rows();
        }
        if rows != numbers.len() {
            return Err(broken("some of the rows that were asked for are not there"));
        }
        let whole = |parts: Vec<ArrayRef>| concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>());
        let columns =
            found.into_iter().map(whole).collect::<Result<Vec<_>, _>>().map_err(|e| broken(&e.to_string()))?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|e| broken(&e.to_string()))
    }
}

impl std::fmt::Debug for Picker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picker").field("schema", &self.schema).finish_non_exhaustive()
    }
}
