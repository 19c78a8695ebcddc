//! Writing: every column into a file of its own, under another name until all of them are complete.

use super::{Extent, Filled, Shelf};
use crate::{problem, read::Scan};
use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Schema};
use guiju_lang::finding::Finding;
use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

/// One column's file.
struct Kept {
    writer: StreamWriter<BufWriter<File>>,
    unfinished: Unfinished,
    finished: PathBuf,
}

/// A file that goes when nobody gives it its name.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Unfinished {
    fn beside(finished: &Path) -> Self {
        Self(Some(finished.with_extension(format!("{}.part", std::process::id()))))
    }

    fn create(&self) -> std::io::Result<File> {
        File::create(self.0.as_deref().unwrap_or(Path::new("")))
    }

    fn rename(mut self, finished: &Path) -> std::io::Result<()> {
        match self.0.take() {
            Some(path) => std::fs::rename(path, finished),
            None => Ok(()),
        }
    }
}

pub(super) fn keep(shelf: &Shelf, scan: Scan, most: u64, going: &dyn Fn() -> bool) -> Result<Filled, Vec<Finding>> {
    let unwritable =
        |reason: &dyn std::fmt::Display| vec![problem::cache_unwritable(&shelf.folder, &reason.to_string())];
    std::fs::create_dir_all(&shelf.folder).map_err(|e| unwritable(&e))?;
    let mut files = Vec::new();
    for (field, column) in scan.schema().fields().iter().zip(&scan.columns().columns) {
        let finished = shelf.column(column);
        let unfinished = Unfinished::beside(&finished);
        let file = unfinished.create().map_err(|e| unwritable(&e))?;
        let schema = Schema::new(vec![Arc::clone(field)]);
        let writer = StreamWriter::try_new_buffered(file, &schema).map_err(|e| unwritable(&e))?;
        files.push(Kept { writer, unfinished, finished });
    }
    let mut extents = Vec::new();
    for batch in scan {
        let batch = batch?;
        if !going() {
            return Ok(Filled::Stopped);
        }
        let mut bytes = 0;
        for (at, kept) in files.iter_mut().enumerate() {
            kept.write(&batch.batch, at).map_err(|e| unwritable(&e))?;
            bytes += kept.bytes().map_err(|e| unwritable(&e))?;
        }
        let rows = batch.batch.num_rows();
        extents.push(Extent {
            first_row: batch.first_row,
            file: batch.file,
            row_in_file: batch.row_in_file,
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
        });
        if bytes > most {
            return Ok(Filled::TooLarge);
        }
    }
    let rows = shelf.rows();
    let unfinished = Unfinished::beside(&rows);
    let written = unfinished.create().and_then(|file| Ok(serde_json::to_writer(BufWriter::new(file), &extents)?));
    written.and_then(|()| unfinished.rename(&rows)).map_err(|e| unwritable(&e))?;
    for Kept { mut writer, unfinished, finished } in files {
        writer.finish().map_err(|e| unwritable(&e))?;
        drop(writer);
        unfinished.rename(&finished).map_err(|e| unwritable(&e))?;
    }
    Ok(Filled::Whole)
}

impl Kept {
    fn write(&mut self, batch: &RecordBatch, at: usize) -> Result<(), ArrowError> {
        self.writer.write(&batch.project(&[at])?)
    }

    /// In the file; what a batch takes in memory says little of it, a batch may be a part of something larger.
    fn bytes(&self) -> std::io::Result<u64> {
        Ok(self.writer.get_ref().get_ref().metadata()?.len())
    }
}
