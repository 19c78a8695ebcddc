//! A decoding thread: its share of the columns, all files and row groups in order.

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
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    errors::ParquetError,
};
use std::{fs::File, sync::Arc};

/// Some columns of some rows.
pub(super) struct Slice {
    pub(super) file: u32,
    pub(super) row_in_file: u64,
    pub(super) rows: usize,
    pub(super) columns: Vec<ArrayRef>,
}

pub(super) struct Worker {
    pub(super) parts: Arc<[Part]>,
    pub(super) plans: Arc<[Plan]>,
    /// Which columns.
    pub(super) share: Vec<usize>,
    pub(super) batch_rows: usize,
    pub(super) progress: Arc<Progress>,
}

impl Worker {
    pub(super) fn run(&self, send: &mut dyn FnMut(Result<Slice, Vec<Finding>>) -> bool) {
        for (file, part) in self.parts.iter().enumerate() {
            match self.file(file as u32, part, send) {
                Ok(true) => {}
                Ok(false) => return,
                Err(findings) => {
                    send(Err(findings));
                    return;
                }
            }
        }
    }

    /// `Ok(false)`: nobody listens any more.
    fn file(
        &self,
        file: u32,
        part: &Part,
        send: &mut dyn FnMut(Result<Slice, Vec<Finding>>) -> bool,
    ) -> Result<bool, Vec<Finding>> {
        let broken = |row: Option<u64>, e: &ParquetError| vec![problem::parquet_broken(&part.path, row, &message(e))];
        let handle = File::open(&part.path).map_err(|e| vec![problem::file_unreadable(&part.path, &e)])?;
        let roots: Vec<usize> = self.share.iter().map(|c| part.positions[*c]).collect();
        let mut fields: Vec<Field> = part.found.fields().iter().map(|f| f.as_ref().clone()).collect();
        for (column, root) in self.share.iter().zip(&roots) {
            fields[*root] = fields[*root].clone().with_data_type(self.plans[*column].hint.clone());
        }
        let options = ArrowReaderOptions::new().with_schema(Arc::new(arrow_schema::Schema::new(fields)));
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(&part.metadata), options).map_err(|e| broken(None, &e))?;
        // The reader delivers columns in the file's order.
        let mut order: Vec<usize> = (0..roots.len()).collect();
        order.sort_by_key(|i| roots[*i]);
        let mut row = 0u64;
        for group in 0..part.metadata.num_row_groups() {
            let meta = part.metadata.row_group(group);
            let read =
                self.share.iter().map(|c| meta.column(leaf(part, part.positions[*c])).compressed_size()).sum::<i64>();
            if !part.wanted[group] {
                row += u64::try_from(meta.num_rows()).unwrap_or(0);
                self.progress.add_bytes(u64::try_from(read).unwrap_or(0));
                continue;
            }
            let clone = handle.try_clone().map_err(|e| vec![problem::file_unreadable(&part.path, &e)])?;
            let mask = ProjectionMask::roots(part.metadata.file_metadata().schema_descr(), roots.iter().copied());
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(clone, metadata.clone())
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(self.batch_rows)
                .build()
                .map_err(|e| broken(Some(row + 1), &e))?;
            for batch in reader {
                let batch =
                    batch.map_err(|e| vec![problem::parquet_broken(&part.path, Some(row + 1), &e.to_string())])?;
                let rows = batch.num_rows();
                let columns = self.columns(&batch, &order, part, row)?;
                if !send(Ok(Slice { file, row_in_file: row, rows, columns })) {
                    return Ok(false);
                }
                row += rows as u64;
            }
            self.progress.add_bytes(u64::try_from(read).unwrap_or(0));
        }
        Ok(true)
    }

    /// The share's columns, converted, in the share's order.
    fn columns(
        &self,
        batch: &RecordBatch,
        order: &[usize],
        part: &Part,
        row: u64,
    ) -> Result<Vec<ArrayRef>, Vec<Finding>> {
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.share.len()];
        for (array, i) in batch.columns().iter().zip(order) {
            let plan = &self.plans[self.share[*i]];
            let place = |at: usize| DataPlace::file(&part.path).row(row + at as u64 + 1).column(&plan.name);
            let (array, made) = plan
                .cast
                .apply(Arc::clone(array))
                .map_err(|m| vec![problem::does_not_fit(place(m.row), &plan.name, "", &plan.ty)])?;
            self.progress.add_not_finite(made);
            if plan.required && array.null_count() > 0 {
                let at = (0..array.len()).find(|i| array.is_null(*i)).unwrap_or(0);
                return Err(vec![problem::required_missing(place(at), &plan.name)]);
            }
            columns[*i] = Some(array);
        }
        Ok(columns.into_iter().flatten().collect())
    }
}
