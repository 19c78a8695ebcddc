//! Columns of files, decoded: each row group on its own, whole or some of its rows.

use super::{
    footer::message,
    plan::{Part, Plan, leaf},
};
use crate::{
    problem::{self, DataPlace},
    read::Progress,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::Field;
use guiju_lang::finding::Finding;
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
        RowSelection,
    },
};
use std::{fs::File, sync::Arc};

/// Some of the columns of all files.
pub(super) struct Columns {
    pub(super) parts: Arc<[Part]>,
    pub(super) plans: Arc<[Plan]>,
    /// Which columns.
    pub(super) share: Vec<usize>,
    pub(super) progress: Arc<Progress>,
}

/// The columns of one file.
pub(super) struct Open<'a> {
    columns: &'a Columns,
    part: &'a Part,
    handle: File,
    metadata: ArrowReaderMetadata,
    /// Positions in the file, of each column.
    roots: Vec<usize>,
    /// The reader delivers columns in the file's order.
    order: Vec<usize>,
}

impl Columns {
    pub(super) fn open<'a>(&'a self, part: &'a Part) -> Result<Open<'a>, Vec<Finding>> {
        let handle = File::open(&part.path).map_err(|e| vec![problem::file_unreadable(&part.path, &e)])?;
        let roots: Vec<usize> = self.share.iter().map(|c| part.positions[*c]).collect();
        let mut fields: Vec<Field> = part.found.fields().iter().map(|f| f.as_ref().clone()).collect();
        for (column, root) in self.share.iter().zip(&roots) {
            fields[*root] = fields[*root].clone().with_data_type(self.plans[*column].hint.clone());
        }
        let options = ArrowReaderOptions::new().with_schema(Arc::new(arrow_schema::Schema::new(fields)));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(&part.metadata), options)
            .map_err(|e| vec![problem::parquet_broken(&part.path, None, &message(&e))])?;
        let mut order: Vec<usize> = (0..roots.len()).collect();
        order.sort_by_key(|i| roots[*i]);
        Ok(Open { columns: self, part, handle, metadata, roots, order })
    }
}

impl Open<'_> {
    /// What a row group's columns take in the file, in bytes.
    pub(super) fn bytes(&self, group: usize) -> u64 {
        let meta = self.part.metadata.row_group(group);
        let share = self.columns.share.iter();
        let bytes = share.map(|c| meta.column(leaf(self.part, self.part.positions[*c])).compressed_size()).sum::<i64>();
        u64::try_from(bytes).unwrap_or(0)
    }

    /// Reads a row group whose first row has the position `row` in its file; of its rows those that are selected.
    pub(super) fn group(
        &self,
        (group, row): (usize, u64),
        selected: Option<RowSelection>,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, Vec<Finding>> {
        let path = &self.part.path;
        let clone = self.handle.try_clone().map_err(|e| vec![problem::file_unreadable(path, &e)])?;
        let schema = self.part.metadata.file_metadata().schema_descr();
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(clone, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(ProjectionMask::roots(schema, self.roots.iter().copied()))
            .with_batch_size(batch_rows);
        if let Some(selected) = selected {
            reader = reader.with_row_selection(selected);
        }
        reader.build().map_err(|e| vec![problem::parquet_broken(path, Some(row + 1), &message(&e))])
    }

    /// What the reader gave, converted, in the share's order. `row_of` says which row of the file a row of the batch is.
    pub(super) fn converted(
        &self,
        batch: &RecordBatch,
        row_of: &dyn Fn(usize) -> u64,
    ) -> Result<Vec<ArrayRef>, Vec<Finding>> {
        let share = &self.columns.share;
        let mut columns: Vec<Option<ArrayRef>> = vec![None; share.len()];
        for (array, i) in batch.columns().iter().zip(&self.order) {
            let plan = &self.columns.plans[share[*i]];
            let place = |at: usize| DataPlace::file(&self.part.path).row(row_of(at) + 1).column(&plan.name);
            let (array, made) = plan
                .cast
                .apply(Arc::clone(array))
                .map_err(|m| vec![problem::does_not_fit(place(m.row), &plan.name, "", &plan.ty)])?;
            self.columns.progress.add_not_finite(made);
            if plan.required && array.null_count() > 0 {
                let at = (0..array.len()).find(|i| array.is_null(*i)).unwrap_or(0);
                return Err(vec![problem::required_missing(place(at), &plan.name)]);
            }
            columns[*i] = Some(array);
        }
        Ok(columns.into_iter().flatten().collect())
    }
}
