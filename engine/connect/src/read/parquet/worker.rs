//! A decoding thread: its share of the columns, all files and row groups in order.

use super::{decode::Columns, plan::Part};
use crate::problem;
use arrow_array::ArrayRef;
use guiju_lang::finding::Finding;

/// Some columns of some rows.
pub(super) struct Slice {
    pub(super) file: u32,
    pub(super) row_in_file: u64,
    pub(super) rows: usize,
    pub(super) columns: Vec<ArrayRef>,
}

pub(super) struct Worker {
    pub(super) columns: Columns,
    pub(super) batch_rows: usize,
}

impl Worker {
    pub(super) fn run(&self, send: &mut dyn FnMut(Result<Slice, Vec<Finding>>) -> bool) {
        for (file, part) in self.columns.parts.iter().enumerate() {
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
        let open = self.columns.open(part)?;
        let mut row = 0u64;
        for (group, meta) in part.metadata.row_groups().iter().enumerate() {
            let bytes = open.bytes(group);
            if part.wanted[group] {
                for batch in open.group((group, row), None, self.batch_rows)? {
                    let batch =
                        batch.map_err(|e| vec![problem::parquet_broken(&part.path, Some(row + 1), &e.to_string())])?;
                    let rows = batch.num_rows();
                    let columns = open.converted(&batch, &|at| row + at as u64)?;
                    if !send(Ok(Slice { file, row_in_file: row, rows, columns })) {
                        return Ok(false);
                    }
                    row += rows as u64;
                }
            } else {
                row += u64::try_from(meta.num_rows()).unwrap_or(0);
            }
            self.columns.progress.add_bytes(bytes);
        }
        Ok(true)
    }
}
