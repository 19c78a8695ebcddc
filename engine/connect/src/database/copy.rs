//! Taking copies, and deciding whether one that is there still serves.

use super::{
    Found, Session, Trouble, What, describe,
    hold::{self, Held, Making, Manifest, Table, age, held, now},
    open, problem as own, shown,
};
use crate::{
    config::Connection,
    problem,
    read::{self, Progress, Raw, ReadOptions, Rows, castable, physical_type},
    sink::AtomicFile,
};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, SchemaRef};
use guiju_lang::{
    finding::Finding,
    schema::{Column, Schema},
    time::Civil,
    ty::Typed,
};
use parquet::{arrow::ArrowWriter, basic::Compression, errors::ParquetError, file::properties::WriterProperties};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A row group is closed at so many bytes, whatever its rows: what is being written stays small.
const GROUP_BYTES: usize = 32 << 20;
/// And at so many rows: decoding a row group takes memory too.
const GROUP_ROWS: usize = 128 << 10;

/// What a run reads of one connection's table or query.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The text after `table` or `query`.
    pub object: Option<&'a str>,
    /// The columns as the checker saw them; `None` takes all that can be used.
    pub schema: Option<&'a Schema>,
    /// Positions in it of those that are read.
    pub used: &'a [u32],
}

impl<'a> Wanted<'a> {
    fn object(&self) -> &'a str {
        self.object.unwrap_or_default()
    }

    fn columns(&self) -> impl Iterator<Item = &'a Column> {
        let schema = self.schema;
        self.used.iter().filter_map(move |i| schema?.columns.get(*i as usize))
    }
}

/// A copy to read from.
#[derive(Debug)]
pub struct Copied {
    /// It stays as long as this is kept.
    pub held: Held,
    /// Whether it was taken just now.
    pub taken: Taken,
    /// Why an older one is used although a new one was due.
    pub warning: Option<Finding>,
}

/// Where a copy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// This run took it.
    Now,
    /// An earlier one did.
    Before,
}

/// A copy of all that is wanted of one connection, in one state of the database: an earlier one if the configuration lets it
/// serve, else a new one. `watch` is told what is copied and how many rows so far, and says whether to go on.
pub fn obtain(
    store: &Path,
    connection: &Connection,
    wanted: &[Wanted<'_>],
    watch: &mut dyn FnMut(&str, u64) -> bool,
) -> Result<Copied, Vec<Finding>> {
    let there = held(store, connection);
    let serves = there.as_ref().is_some_and(|held| wanted.iter().all(|w| serves(held, connection, w)));
    let there = match there {
        Some(held) if serves && held.age() < connection.keep.refresh => {
            return Ok(Copied { held, taken: Taken::Before, warning: None });
        }
        there => there,
    };
    let (trouble, object) = match take(store, connection, wanted, watch) {
        Ok(held) => return Ok(Copied { held, taken: Taken::Now, warning: None }),
        Err(Failure::Findings(findings)) => return Err(findings),
        Err(Failure::Database(trouble, object)) => (trouble, object),
    };
    let finding = trouble.finding(connection, &object);
    let Some(held) = there.filter(|_| trouble.is_absence() && !connection.keep.most().is_zero()) else {
        return Err(vec![finding]);
    };
    let (date, old) = (moment(held.taken(), connection), age(held.taken()));
    if old > connection.keep.most() {
        Err(vec![finding, own::copy_too_old(connection, &date, old)])
    } else if !serves {
        Err(vec![finding, own::copy_absent(connection, &object)])
    } else {
        let warning = Some(own::copy_used(connection, &trouble, &date, old));
        Ok(Copied { held, taken: Taken::Before, warning })
    }
}

/// A copy of one table with all its columns, for a look at it. It is gone when this is.
#[derive(Debug)]
pub struct Temporary {
    folder: PathBuf,
    /// Reads the copy.
    pub connection: Connection,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Takes such a copy. `watch` is told how many rows so far, and says whether to go on.
pub fn temporary(
    connection: &Connection,
    object: Option<&str>,
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<Temporary, Vec<Finding>> {
    let folder = std::env::temp_dir().join(format!("guiju-inspect-{}-{}", std::process::id(), now()));
    let mut copy = Temporary { folder, connection: connection.clone() };
    let wanted = [Wanted { object, schema: None, used: &[] }];
    let held = match take(&copy.folder, connection, &wanted, &mut |_, rows| watch(rows)) {
        Ok(held) => held,
        Err(Failure::Findings(findings)) => return Err(findings),
        Err(Failure::Database(trouble, object)) => return Err(vec![trouble.finding(connection, &object)]),
    };
    copy.connection = held.open(connection, object.unwrap_or_default()).unwrap_or_else(|| connection.clone());
    Ok(copy)
}

/// Whether a copy has what is wanted, in types that still fit.
fn serves(held: &Held, connection: &Connection, wanted: &Wanted<'_>) -> bool {
    let Some(schema) = held.file(wanted.object()).and_then(|path| read::parquet_schema(&path).ok()) else {
        return false;
    };
    wanted.schema.is_some()
        && wanted.columns().all(|column| {
            let found = schema.index_of(&column.name).and_then(|i| schema.columns.get(i));
            found.is_some_and(|f| castable(&f.typed.ty, &column.typed, &connection.text.zone))
        })
}

/// A moment in the connection's zone, as `2026-11-22 09:30`.
pub(crate) fn moment(micros: i64, connection: &Connection) -> String {
    let (day, time) = connection.text.zone.local(micros);
    let civil = Civil::of(day);
    let minutes = time / 60_000_000;
    format!("{:04}-{:02}-{:02} {:02}:{:02}", civil.year, civil.month, civil.day, minutes / 60, minutes % 60)
}

/// What kept a copy from being taken.
enum Failure {
    /// The database, when it was asked for this.
    Database(Trouble, String),
    /// What is in it, or our own disk.
    Findings(Vec<Finding>),
}

impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

fn take(
    store: &Path,
    connection: &Connection,
    wanted: &[Wanted<'_>],
    watch: &mut dyn FnMut(&str, u64) -> bool,
) -> Result<Held, Failure> {
    let first = wanted.first().map(|w| w.object().to_owned()).unwrap_or_default();
    let mut session = open(connection).map_err(|t| Failure::Database(t, first))?;
    let taken = now();
    let mut tables: Vec<(&str, Vec<Found>)> = Vec::new();
    let mut findings = Vec::new();
    for object in objects(wanted) {
        let found = describe(&mut *session, object).map_err(|t| Failure::Database(t, object.to_owned()))?;
        let of_it: Vec<&Wanted<'_>> = wanted.iter().filter(|w| w.object() == object).collect();
        match choose(connection, object, &found, &of_it) {
            Ok(columns) => tables.push((object, columns)),
            Err(mut found) => findings.append(&mut found),
        }
    }
    if !findings.is_empty() {
        return Err(Failure::Findings(findings));
    }
    let making = Making::start(store, connection, taken)?;
    let mut manifest = Manifest { of: hold::database(connection), taken, tables: Vec::new() };
    for (i, (object, columns)) in tables.iter().enumerate() {
        let file = format!("{i}.parquet");
        let rows = copy(&mut *session, connection, object, columns, &making.folder.join(&file), watch)?;
        manifest.tables.push(Table { object: (*object).to_owned(), file, rows });
    }
    Ok(making.keep(manifest)?)
}

/// Every table or query once.
fn objects<'a>(wanted: &[Wanted<'a>]) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    wanted.iter().map(Wanted::object).filter(|object| seen.insert(*object)).collect()
}

/// The columns to copy; those that are gone, have another type, or cannot be used are findings.
fn choose(
    connection: &Connection,
    object: &str,
    found: &[Found],
    wanted: &[&Wanted<'_>],
) -> Result<Vec<Found>, Vec<Finding>> {
    let place = PathBuf::from(shown(connection, object));
    let mut seen = HashSet::new();
    if let Some(twice) = found.iter().find(|f| !seen.insert(f.name.as_str())) {
        return Err(vec![problem::header_twice(&place, &twice.name)]);
    }
    let most = ReadOptions::default().limits.columns;
    if found.len() > most {
        return Err(vec![problem::too_many_columns(&place, found.len() as u64, most as u64)]);
    }
    let mut names = HashSet::new();
    let mut findings = Vec::new();
    for column in wanted.iter().flat_map(|w| w.columns()) {
        match found.iter().find(|f| f.name == column.name).map(|f| &f.ty) {
            None => {
                let near = problem::nearest(&column.name, found.iter().map(|f| f.name.as_str()));
                findings.push(problem::column_absent(&place, &column.name, near));
            }
            Some(Err(physical)) => findings.push(problem::column_unsupported(&place, &column.name, physical)),
            Some(Ok(form)) if !castable(&form.ty, &column.typed, &connection.text.zone) => {
                findings.push(problem::column_type_changed(&place, &column.name, &form.ty, &column.typed.ty));
            }
            Some(Ok(_)) => drop(names.insert(column.name.as_str())),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let usable = || found.iter().filter(|f| f.ty.is_ok());
    let all = wanted.iter().any(|w| w.schema.is_none());
    let mut chosen: Vec<Found> = usable().filter(|f| all || names.contains(f.name.as_str())).cloned().collect();
    if chosen.is_empty() {
        // Rules that use no column still want to know how many rows there are.
        chosen.extend(usable().next().cloned());
    }
    match (chosen.is_empty(), found.first()) {
        (true, Some(Found { name, ty: Err(physical), .. })) => {
            Err(vec![problem::column_unsupported(&place, name, physical)])
        }
        _ => Ok(chosen),
    }
}

/// Copies one table; says how many rows it has.
fn copy(
    session: &mut dyn Session,
    connection: &Connection,
    object: &str,
    columns: &[Found],
    path: &Path,
    watch: &mut dyn FnMut(&str, u64) -> bool,
) -> Result<u64, Failure> {
    let place = PathBuf::from(shown(connection, object));
    let schema = schema_of(columns);
    let options = ReadOptions::default();
    let context = read::Context {
        files: vec![place.clone()],
        columns: schema.clone(),
        known: schema,
        connection: connection.clone(),
        options,
        progress: Arc::new(Progress::default()),
    };
    let mut rows = Rows::new(&context).map_err(Failure::Findings)?;
    let mut sheet = Sheet::create(path, columns)?;
    let (mut count, mut failed) = (0u64, None);
    let mut each = |line: &super::Line| {
        count += 1;
        rows.push(&place, count, |i| line.get(i).map_or(Raw::Missing, Raw::Text));
        if rows.len() < options.batch_rows {
            return true;
        }
        if rows.spoilt() {
            return false;
        }
        match rows.finish().map_err(Failure::Findings).and_then(|batch| sheet.write(&batch)) {
            Ok(()) => watch(object, count),
            Err(failure) => {
                failed = Some(failure);
                false
            }
        }
    };
    let done = session.rows(&What::of(object), columns, &mut each);
    if let Some(failure) = failed {
        return Err(failure);
    }
    if rows.spoilt() {
        return Err(Failure::Findings(rows.findings()));
    }
    done.map_err(|trouble| Failure::Database(trouble, object.to_owned()))?;
    if rows.len() > 0 {
        let batch = rows.finish().map_err(Failure::Findings)?;
        sheet.write(&batch)?;
    }
    sheet.close()?;
    Ok(count)
}

/// The columns in the language's types.
pub(crate) fn schema_of(columns: &[Found]) -> Schema {
    let column = |found: &Found| {
        let form = found.ty.as_ref().ok()?;
        Some(Column { name: found.name.clone(), typed: Typed::new(form.ty.clone(), found.nullable) })
    };
    Schema { columns: columns.iter().filter_map(column).collect() }
}

/// A Parquet file that is being written.
struct Sheet {
    writer: ArrowWriter<AtomicFile>,
    schema: SchemaRef,
    path: PathBuf,
}

impl Sheet {
    fn create(path: &Path, columns: &[Found]) -> Result<Self, Finding> {
        let fields = columns.iter().filter_map(|column| {
            let physical = physical_type(&column.ty.as_ref().ok()?.ty)?;
            Some(Field::new(&column.name, physical, column.nullable))
        });
        let schema: SchemaRef = Arc::new(arrow_schema::Schema::new(fields.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(AtomicFile::create(path)?, Arc::clone(&schema), Some(properties));
        let writer = writer.map_err(|e| problem::cannot_write(path, &std::io::Error::other(e.to_string())))?;
        Ok(Self { writer, schema, path: path.to_owned() })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let failed = |e: ArrowError| problem::cannot_write(&self.path, &std::io::Error::other(e.to_string()));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec()).map_err(failed)?;
        self.writer.write(&batch).map_err(|e| self.finding(&e))?;
        if self.writer.in_progress_size() > GROUP_BYTES {
            self.writer.flush().map_err(|e| self.finding(&e))?;
        }
        Ok(())
    }

    fn close(mut self) -> Result<(), Finding> {
        // What is left to write is written here, where a full disk still says so; the footer follows.
        self.writer.flush().map_err(|e| self.finding(&e))?;
        let message = |e: ParquetError| problem::cannot_write(&self.path, &std::io::Error::other(e.to_string()));
        self.writer.into_inner().map_err(message)?.publish()
    }

    fn finding(&self, error: &ParquetError) -> Finding {
        self.writer.inner().finding(&error.to_string())
    }
}
