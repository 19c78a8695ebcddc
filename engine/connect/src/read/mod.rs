//! Reading files: Parquet, CSV and JSON lines become batches of the types the engine works on.
//!
//! | type | Arrow |
//! |---|---|
//! | bool | `Boolean` |
//! | integer | `Int32` or `Int64` |
//! | decimal(p,s) | `Decimal128(p,s)`, or `Decimal64(p,s)` where a Parquet file stores it so |
//! | real | `Float64`, finite |
//! | text | `Utf8` or `Dictionary(Int32, Utf8)` |
//! | date | `Date32` |
//! | time | `Time64(Microsecond)` |
//! | timestamp | `Timestamp(Microsecond, "UTC")` |
//!
//! A text column is a dictionary throughout a scan or not at all. Batches never span two files or two row groups, so all batches
//! of a row group share one dictionary.

mod cast;
mod csv;
mod encoding;
mod jsonl;
mod parquet;
pub mod parse;
mod rows;
mod split;
mod types;

pub(crate) use csv::{header, read_header};
pub(crate) use encoding::{TextFile, Trouble};
pub(crate) use jsonl::{Lines, Member};
pub use parquet::{Pickable, Picker};
pub(crate) use parquet::{facts_of as parquet_facts, load as parquet_footer, schema_of as parquet_schema};
pub(crate) use rows::{Raw, Rows};
pub(crate) use split::{Broken, Records};
pub use types::{lang_type, physical_type};

use crate::{
    config::Connection,
    feeds,
    identity::SourceVersion,
    locate::{self, Format},
    problem, schemas,
};
use arrow_array::RecordBatch;
use arrow_schema::{Field, SchemaRef};
use guiju_lang::{
    finding::Finding,
    schema::Schema,
    time::Zone,
    ty::{Type, Typed},
    value::Value,
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Limits on what comes from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest CSV record or JSON line, in bytes.
    pub record_bytes: usize,
    /// The most columns.
    pub columns: usize,
    /// How many values that do not fit are listed one by one.
    pub listed: usize,
}

impl Default for Limits {
    /// 1 MiB, 10,000 columns, 20 findings.
    fn default() -> Self {
        Self { record_bytes: 1 << 20, columns: 10_000, listed: 20 }
    }
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    /// Rows in a batch; the last of a row group or file may have fewer.
    pub batch_rows: usize,
    /// Threads that decode.
    pub threads: usize,
    /// Limits.
    pub limits: Limits,
}

impl Default for ReadOptions {
    /// Two threads, 16,384 rows.
    fn default() -> Self {
        Self { batch_rows: 16_384, threads: 2, limits: Limits::default() }
    }
}

/// What to read.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Behind which connection.
    pub connection: &'a Connection,
    /// The text after `table`, `file`, ….
    pub object: Option<&'a str>,
    /// The columns as the checker saw them; a source that differs is refused. `None`: as they are found now.
    pub schema: Option<&'a Schema>,
    /// Positions in `schema` to deliver, in this order. `None`: all.
    pub columns: Option<&'a [u32]>,
    /// How.
    pub options: ReadOptions,
}

/// Some rows of a source.
#[derive(Debug, Clone)]
pub struct SourceBatch {
    /// The columns asked for, in the order asked for.
    pub batch: RecordBatch,
    /// Position of its first row in the whole source, from 0.
    pub first_row: u64,
    /// Which file, as in [`SourceVersion::files`].
    pub file: u32,
    /// Position of its first row in that file, from 0.
    pub row_in_file: u64,
}

/// What was made missing while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct ReadCounts {
    /// Reals that were not a number or infinite.
    pub not_finite: u64,
    /// Values that did not fit their column (only where the connection says `misfit: missing`).
    pub misfits: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    not_finite: AtomicU64,
    misfits: AtomicU64,
    said: std::sync::Mutex<Vec<Finding>>,
}

impl Progress {
    /// Says what does not end a read.
    pub(crate) fn say(&self, mut findings: Vec<Finding>) {
        self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut findings);
    }

    pub(crate) fn add_bytes(&self, n: u64) {
        self.bytes.fetch_add(n, Ordering::Relaxed);
    }
    pub(crate) fn add_not_finite(&self, n: u64) {
        self.not_finite.fetch_add(n, Ordering::Relaxed);
    }
    pub(crate) fn add_misfits(&self, n: u64) {
        self.misfits.fetch_add(n, Ordering::Relaxed);
    }
}

/// What a reader yields: rows, or the findings that ended it.
pub type Step = Result<SourceBatch, Vec<Finding>>;

/// A running read. Yields batches in the source's order; after findings it ends.
pub struct Scan {
    schema: SchemaRef,
    columns: Schema,
    version: SourceVersion,
    rows: Option<u64>,
    progress: Arc<Progress>,
    batches: Box<dyn Iterator<Item = Step> + Send>,
    over: bool,
}

/// The smallest and the largest value of each column asked for, in some part of a source; nothing where they are not known.
pub type PartBounds = [Option<(Value, Value)>];

/// Starts to read. Files are looked at, compared with each other and with the schema that was checked; nothing is decoded yet.
pub fn open(request: &Request<'_>) -> Result<Scan, Vec<Finding>> {
    open_where(request, None)
}

/// The same, of a source whose parts (the row groups of a Parquet file) are only read if somebody wants them. Rows keep their positions.
pub fn open_where(request: &Request<'_>, wanted: Option<&dyn Fn(&PartBounds) -> bool>) -> Result<Scan, Vec<Finding>> {
    if let Some(feed) = &request.connection.feed {
        return feeds::open(feed, request);
    }
    let (format, version, context) = look(request)?;
    scan(format, version, context, wanted)
}

/// The same without the columns `late` of those asked for, and what reads them for the rows that turn out to need them. Formats that
/// must be read from the beginning deliver all columns at once.
pub fn open_late(
    request: &Request<'_>,
    late: &[u32],
    wanted: Option<&dyn Fn(&PartBounds) -> bool>,
) -> Result<(Scan, Option<Picker>), Vec<Finding>> {
    if request.connection.feed.is_some() {
        return Ok((open_where(request, wanted)?, None));
    }
    let early: Vec<u32> = request.columns.unwrap_or_default().iter().copied().filter(|c| !late.contains(c)).collect();
    let (format, version, context) = look(&Request { columns: Some(&early), ..*request })?;
    if format != Format::Parquet {
        return Ok((open_where(request, wanted)?, None));
    }
    let picker = Picker::new(&Context { columns: chosen(&context.known, late), ..context.clone() })?;
    Ok((scan(format, version, context, wanted)?, Some(picker)))
}

fn scan(
    format: Format,
    version: SourceVersion,
    context: Context,
    wanted: Option<&dyn Fn(&PartBounds) -> bool>,
) -> Result<Scan, Vec<Finding>> {
    let (columns, progress) = (context.columns.clone(), Arc::clone(&context.progress));
    let (fields, rows, batches) = match format {
        Format::Parquet => parquet::open(&context, wanted)?,
        Format::Csv => csv::open(context)?,
        Format::JsonLines => jsonl::open(context)?,
    };
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    Ok(Scan { schema, columns, version, rows, progress, batches, over: false })
}

/// Finds the files, and compares them with the schema that was checked.
fn look(request: &Request<'_>) -> Result<(Format, SourceVersion, Context), Vec<Finding>> {
    let files = locate::locate(request.connection, request.object).map_err(|f| vec![f])?;
    let version = SourceVersion::of(&files.paths).map_err(|f| vec![f])?;
    if let Some(empty) = version.files.iter().find(|f| f.bytes == 0 && files.format != Format::JsonLines) {
        return Err(vec![problem::file_empty(&empty.path)]);
    }
    let found;
    let schema = match request.schema {
        Some(s) => s,
        None => {
            found = schemas::of_files(&files, request.connection, &request.options.limits, schemas::SAMPLE_ROWS)?;
            &found
        }
    };
    let columns = match request.columns {
        Some(positions) => chosen(schema, positions),
        None => schema.clone(),
    };
    let context = Context {
        files: files.paths,
        columns,
        known: schema.clone(),
        connection: request.connection.clone(),
        options: request.options,
        progress: Arc::default(),
    };
    Ok((files.format, version, context))
}

/// Reads JSON lines that are in memory, these columns of `known`. `name` stands for a file's where something is wrong.
pub(crate) fn lines(
    connection: &Connection,
    name: &Path,
    text: Vec<u8>,
    known: &Schema,
    columns: &[u32],
) -> Result<Vec<RecordBatch>, Vec<Finding>> {
    jsonl::in_memory(
        &Context {
            files: vec![name.to_owned()],
            columns: chosen(known, columns),
            known: known.clone(),
            connection: connection.clone(),
            options: ReadOptions::default(),
            progress: Arc::default(),
        },
        text,
    )
}

/// These columns of a schema, in this order.
fn chosen(schema: &Schema, positions: &[u32]) -> Schema {
    Schema { columns: positions.iter().filter_map(|p| schema.columns.get(*p as usize)).cloned().collect() }
}

/// What every format's reader starts from.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) files: Vec<std::path::PathBuf>,
    /// To deliver.
    pub(crate) columns: Schema,
    /// All columns the source is known to have.
    pub(crate) known: Schema,
    pub(crate) connection: Connection,
    pub(crate) options: ReadOptions,
    pub(crate) progress: Arc<Progress>,
}

/// Whether a column of a type can be read as another: then a source that changed is still the one that was checked.
pub(crate) fn castable(from: &Type, to: &Typed, zone: &Zone) -> bool {
    physical_type(from).is_some_and(|physical| cast::Cast::plan(&physical, to, zone).is_some())
}

pub(crate) type Opened = (Vec<Field>, Option<u64>, Box<dyn Iterator<Item = Step> + Send>);

impl Scan {
    /// Over what was read before: nothing is made missing any more.
    pub(crate) fn kept(
        schema: SchemaRef,
        columns: Schema,
        version: SourceVersion,
        rows: u64,
        batches: Box<dyn Iterator<Item = Step> + Send>,
    ) -> Self {
        Self { schema, columns, version, rows: Some(rows), progress: Arc::default(), batches, over: false }
    }
    /// Of what has no parts that can be passed over, and does not know its rows.
    pub(crate) fn over(
        schema: SchemaRef,
        columns: Schema,
        version: SourceVersion,
        progress: Arc<Progress>,
        batches: Box<dyn Iterator<Item = Step> + Send>,
    ) -> Self {
        Self { schema, columns, version, rows: None, progress, batches, over: false }
    }
    /// What there is to say besides the rows, so far; each is said once.
    pub fn said(&self) -> Vec<Finding> {
        std::mem::take(&mut self.progress.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
    /// The Arrow schema of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
    /// The same columns in the language's types.
    pub fn columns(&self) -> &Schema {
        &self.columns
    }
    /// What exactly is read.
    pub fn version(&self) -> &SourceVersion {
        &self.version
    }
    /// How many rows there are, where the format knows.
    pub fn total_rows_hint(&self) -> Option<u64> {
        self.rows
    }
    /// Sizes of all files.
    pub fn total_bytes(&self) -> u64 {
        self.version.bytes()
    }
    /// How much of them has been read, for progress.
    pub fn bytes_read(&self) -> u64 {
        self.progress.bytes.load(Ordering::Relaxed)
    }
    /// What was made missing so far.
    pub fn counts(&self) -> ReadCounts {
        ReadCounts {
            not_finite: self.progress.not_finite.load(Ordering::Relaxed),
            misfits: self.progress.misfits.load(Ordering::Relaxed),
        }
    }
}

impl Iterator for Scan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.over {
            return None;
        }
        match self.batches.next() {
            Some(Ok(batch)) => Some(Ok(batch)),
            Some(Err(findings)) => {
                self.over = true;
                Some(Err(findings))
            }
            None => {
                self.over = true;
                let changed = (0..self.version.files.len()).find(|i| self.version.changed(*i))?;
                Some(Err(vec![problem::changed_while_reading(&self.version.files[changed].path)]))
            }
        }
    }
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan").field("schema", &self.schema).field("version", &self.version).finish_non_exhaustive()
    }
}
