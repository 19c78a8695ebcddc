//! A folder with a file for each template.

use super::column::{Misfit, Rows};
use super::decimal::Decimals;
use crate::problem;
use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use guiju_feed::Decoded;
use guiju_lang::finding::Finding;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a template that wait to become a batch.
const BATCH_ROWS: usize = 8_192;
/// What all rows may take that wait, in bytes; and what Parquet's row groups may, while they are made.
const MOST_WAITING: usize = 64 << 20;
const MOST_IN_GROUPS: usize = 128 << 20;
/// A row group has so many rows at most.
const GROUP_ROWS: usize = 1 << 20;

/// What the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Parquet, compressed with Zstandard.
    Parquet,
    /// Arrow's own file format (IPC), not compressed, so that it can be mapped.
    Arrow,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The template.
    pub template: String,
    /// The file's name in the folder.
    pub file: String,
    /// Its rows.
    pub rows: u64,
}

/// A folder that is being filled. Dropped before it is published, it leaves no trace.
pub struct Tables {
    folder: PathBuf,
    beside: PathBuf,
    kind: Kind,
    decimals: Decimals,
    open: BTreeMap<u32, Table>,
    names: BTreeSet<String>,
    messages: u64,
    waiting: usize,
    published: bool,
}

/// A template's rows on their way into its file.
struct Table {
    template: String,
    file: String,
    path: PathBuf,
    numbers: Vec<u64>,
    rows: Rows,
    /// Bytes of them, roughly.
    waiting: usize,
    written: u64,
    out: Option<Out>,
}

enum Out {
    Parquet(Box<ArrowWriter<BufWriter<File>>>),
    Arrow(Box<FileWriter<BufWriter<File>>>),
}

impl Tables {
    /// Begins a folder beside its place.
    ///
    /// # Errors
    /// A folder that has something in it already, or that cannot be written.
    pub fn create(folder: &Path, kind: Kind, decimals: Decimals) -> Result<Self, Finding> {
        Self::look(folder)?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let around = folder.parent().filter(|around| !around.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let beside = around.join(format!(".{name}.{}.part", std::process::id()));
        fs::create_dir_all(around)
            .and_then(|()| fs::create_dir(&beside))
            .map_err(|error| problem::cannot_write(folder, &error))?;
        Ok(Self {
            folder: folder.to_owned(),
            beside,
            kind,
            decimals,
            open: BTreeMap::new(),
            names: BTreeSet::new(),
            messages: 0,
            waiting: 0,
            published: false,
        })
    }

    /// Whether there may be such a folder: before much is read in vain.
    ///
    /// # Errors
    /// A folder that has something in it already.
    pub fn look(folder: &Path) -> Result<(), Finding> {
        let there = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != ErrorKind::NotFound,
        };
        if there { Err(problem::feed_output_there(folder)) } else { Ok(()) }
    }

    /// Appends a message to its template's file.
    ///
    /// # Errors
    /// A decimal that its column cannot hold, with the message's number; a file that cannot be written.
    pub fn push(&mut self, message: &Decoded<'_>) -> Result<(), Finding> {
        self.messages += 1;
        let template = message.number();
        if !self.open.contains_key(&template) {
            let table = self.table(message);
            self.open.insert(template, table);
        }
        let Some(table) = self.open.get_mut(&template) else { return Ok(()) };
        table.numbers.push(self.messages);
        let number = self.messages;
        let bytes = table.rows.push(&message.fields()).map_err(|Misfit { field, value, scale }| {
            problem::feed_decimal(number, &table.template, &field, &value.to_string(), i64::from(scale))
        })?;
        self.waiting += bytes;
        table.waiting += bytes;
        if table.numbers.len() >= BATCH_ROWS {
            self.waiting -= table.waiting;
            table.flush(self.kind)?;
            self.let_go()?;
        } else if self.waiting >= MOST_WAITING {
            self.open.values_mut().try_for_each(|table| table.flush(self.kind))?;
            self.waiting = 0;
            self.let_go()?;
        }
        Ok(())
    }

    /// Ends Parquet's row groups when all of them together take too much.
    fn let_go(&mut self) -> Result<(), Finding> {
        let in_groups: usize = self.open.values().map(Table::in_group).sum();
        if in_groups < MOST_IN_GROUPS {
            return Ok(());
        }
        self.open.values_mut().try_for_each(Table::end_group)
    }

    fn table(&mut self, message: &Decoded<'_>) -> Table {
        let template = message.template().to_owned();
        let plain = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
        let name: String = template.chars().map(plain).take(100).collect();
        let ending = match self.kind {
            Kind::Parquet => "parquet",
            Kind::Arrow => "arrow",
        };
        // Names that differ only in what files cannot be called, or in case, which not every system tells apart.
        let mut file = format!("{name}.{ending}");
        if !self.names.insert(file.to_lowercase()) {
            file = format!("{name}-{}.{ending}", message.number());
            self.names.insert(file.to_lowercase());
        }
        let rows = Rows::of(&message.fields(), self.decimals.of(message.number()));
        let path = self.beside.join(&file);
        Table { template, file, path, numbers: Vec::new(), rows, waiting: 0, written: 0, out: None }
    }

    /// Ends all files and puts the folder in its place.
    ///
    /// # Errors
    /// A file that cannot be written; then there is no folder.
    pub fn publish(mut self) -> Result<Vec<Written>, Finding> {
        let mut written = Vec::with_capacity(self.open.len());
        for (_, mut table) in std::mem::take(&mut self.open) {
            table.flush(self.kind)?;
            table.close()?;
            written.push(Written { template: table.template, file: table.file, rows: table.written });
        }
        // An empty folder gives way.
        fs::rename(&self.beside, &self.folder).map_err(|error| problem::cannot_write(&self.folder, &error))?;
        self.published = true;
        Ok(written)
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        self.open.clear();
        if !self.published {
            // What cannot be removed shows by its name what it is.
            drop(fs::remove_dir_all(&self.beside));
        }
    }
}

impl Table {
    /// Rows that wait become a batch of the file.
    fn flush(&mut self, kind: Kind) -> Result<(), Finding> {
        self.waiting = 0;
        if self.numbers.is_empty() {
            return Ok(());
        }
        let batch = self.batch().map_err(|error| self.trouble(&error))?;
        self.written += batch.num_rows() as u64;
        let out = match &mut self.out {
            Some(out) => out,
            none => none.insert(
                Out::create(&self.path, kind, &batch.schema())
                    .map_err(|error| problem::cannot_write(&self.path, &error))?,
            ),
        };
        out.write(&batch).map_err(|error| problem::cannot_write(&self.path, &error))
    }

    fn batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let numbers: ArrayRef = Arc::new(UInt64Array::from(std::mem::take(&mut self.numbers)));
        let (fields, mut arrays) = self.rows.finish()?;
        let mut name = "_message".to_owned();
        while fields.iter().any(|field| *field.name() == name) {
            name.insert(0, '_');
        }
        arrays.insert(0, Arc::clone(&numbers));
        let first = Arc::new(Field::new(name, numbers.data_type().clone(), false));
        let schema = Schema::new(std::iter::once(first).chain(fields.iter().cloned()).collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), arrays)
    }

    fn in_group(&self) -> usize {
        match &self.out {
            Some(Out::Parquet(writer)) => writer.memory_size(),
            _ => 0,
        }
    }

    fn end_group(&mut self) -> Result<(), Finding> {
        match &mut self.out {
            Some(Out::Parquet(writer)) => writer.flush().map_err(|error| self.trouble(&error)),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Finding> {
        let Some(out) = self.out.take() else { return Ok(()) };
        out.close().map_err(|error| problem::cannot_write(&self.path, &error))
    }

    fn trouble(&self, error: &dyn std::fmt::Display) -> Finding {
        problem::cannot_write(&self.path, &io::Error::other(error.to_string()))
    }
}

impl Out {
    fn create(path: &Path, kind: Kind, schema: &SchemaRef) -> io::Result<Self> {
        let file = BufWriter::with_capacity(256 << 10, File::create_new(path)?);
        Ok(match kind {
            Kind::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .build();
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties));
                Self::Parquet(Box::new(writer.map_err(of_parquet)?))
            }
            Kind::Arrow => Self::Arrow(Box::new(FileWriter::try_new(file, schema).map_err(of_arrow)?)),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        match self {
            Self::Parquet(writer) => writer.write(batch).map_err(of_parquet),
            Self::Arrow(writer) => writer.write(batch).map_err(of_arrow),
        }
    }

    fn close(self) -> io::Result<()> {
        let mut file = match self {
            Self::Parquet(writer) => writer.into_inner().map_err(of_parquet)?,
            Self::Arrow(writer) => writer.into_inner().map_err(of_arrow)?,
        };
        file.flush()?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn of_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner.to_string()),
        },
        error => io::Error::other(error.to_string()),
    }
}

fn of_arrow(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error.to_string()),
    }
}
