//! Writing effects: CSV, JSON lines, Parquet, SQLite.
//!
//! A delivery happens whole or not at all: files are written beside their place, synced and renamed; a database gets one
//! transaction. Repeats do no harm: a row whose effect id is there already is left as it is, in files and in tables alike (a desk
//! may have worked on it since). So the journal may deliver again whatever it is not sure of.
//!
//! A file's path may contain `{run}`: then every run has its own file. Without it, later runs add to the file.

pub(crate) mod atomic;
mod cell;
mod csv;
mod jsonl;
mod parquet;
mod sqlite;
mod standard;

pub(crate) use atomic::AtomicFile;

use crate::{
    config::{Connection, Kind},
    problem,
};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use guiju_lang::{finding::Finding, time::Zone};
use std::{
    collections::HashSet,
    path::{Component, Path, PathBuf},
};

/// Where effects go.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Behind which connection.
    pub connection: &'a Connection,
    /// The text after `table` or `file`, if any.
    pub object: Option<&'a str>,
    /// The run's id, for `{run}`.
    pub run: &'a str,
    /// The text column that identifies a row for ever.
    pub id: &'a str,
}

/// What a delivery did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// The file or database.
    pub path: PathBuf,
    /// Rows written now.
    pub written: u64,
    /// Rows that were there already.
    pub already: u64,
}

/// Without an object, tables and files in folders are called so.
const DEFAULT_NAME: &str = "effects";

/// Rows of a delivery.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    written: u64,
    already: u64,
}

/// A delivery that is written and not yet visible. [`Staged::commit`] makes it so; dropped before that, it is taken back (of a new
/// database the empty file stays: another program may have opened it by now).
#[must_use]
pub struct Staged {
    path: PathBuf,
    rows: Written,
    place: Place,
}

enum Place {
    File(AtomicFile),
    Database(sqlite::Open),
}

impl Staged {
    /// Makes the delivery visible, and durable.
    pub fn commit(self) -> Result<Delivered, Finding> {
        match self.place {
            Place::File(file) => file.publish()?,
            Place::Database(database) => database.commit(&self.path)?,
        }
        Ok(Delivered { path: self.path, written: self.rows.written, already: self.rows.already })
    }
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staged").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Delivers batches of one schema. Nothing changes if it fails.
pub fn deliver(
    target: &Target<'_>,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<Delivered, Finding> {
    match target.connection.kind {
        // What was said cannot be taken back, so nothing is staged.
        Kind::Standard => standard::deliver(target, batches),
        _ => stage(target, schema, batches)?.commit(),
    }
}

/// Writes batches of one schema without showing them yet. A database stays locked for other writers until the end.
pub fn stage(
    target: &Target<'_>,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<Staged, Finding> {
    let path = place(target)?;
    if schema.field_with_name(target.id).ok().map(|f| f.data_type()) != Some(&DataType::Utf8) {
        return Err(problem::effect_id_absent(&path, target.id));
    }
    if let Some(field) = schema.fields().iter().find(|f| !cell::can_write(f.data_type())) {
        return Err(problem::column_unsupported(&path, field.name(), &field.data_type().to_string()));
    }
    let (place, rows) = match target.connection.kind {
        Kind::Csv => file(csv::stage(target, &path, schema, batches)?),
        Kind::JsonLines => file(jsonl::stage(target, &path, schema, batches)?),
        Kind::Parquet => file(parquet::stage(target, &path, schema, batches)?),
        Kind::Sqlite => {
            let (database, rows) = sqlite::stage(target, &path, schema, batches)?;
            (Place::Database(database), rows)
        }
        Kind::Files
        | Kind::Postgres
        | Kind::Mysql
        | Kind::Webhook
        | Kind::Standard
        | Kind::Http
        | Kind::Nats
        | Kind::Udp => {
            return Err(problem::cannot_write_here(&target.connection.name, target.connection.kind.word()));
        }
    };
    Ok(Staged { path, rows, place })
}

fn file((file, rows): (AtomicFile, Written)) -> (Place, Written) {
    (Place::File(file), rows)
}

/// The file a target means.
pub fn place(target: &Target<'_>) -> Result<PathBuf, Finding> {
    let connection = target.connection;
    let run: String = target.run.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let path = PathBuf::from(connection.path.to_string_lossy().replace("{run}", &run));
    let extension = match connection.kind {
        Kind::Csv => "csv",
        Kind::JsonLines => "jsonl",
        Kind::Parquet => "parquet",
        Kind::Sqlite => return Ok(path),
        Kind::Files
        | Kind::Postgres
        | Kind::Mysql
        | Kind::Webhook
        | Kind::Standard
        | Kind::Http
        | Kind::Nats
        | Kind::Udp => {
            return Err(problem::cannot_write_here(&connection.name, connection.kind.word()));
        }
    };
    if path.extension().is_some() && !path.is_dir() {
        return Ok(path);
    }
    let object = target.object.unwrap_or(DEFAULT_NAME);
    if object.trim().is_empty() || !Path::new(object).components().all(|c| matches!(c, Component::Normal(_))) {
        return Err(problem::object_outside(&connection.name, object));
    }
    let file = path.join(object.replace("{run}", &run));
    Ok(if file.extension().is_some_and(|e| e == extension) {
        file
    } else {
        PathBuf::from(format!("{}.{extension}", file.display()))
    })
}

/// Effect ids that were met, as 128 bits of their hash: a few million fit in memory.
#[derive(Default)]
struct Ids(HashSet<u128>);

impl Ids {
    /// `true` the first time.
    fn first_time(&mut self, id: &str) -> bool {
        let hash = blake3::hash(id.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        self.0.insert(u128::from_le_bytes(bytes))
    }
}

/// Every row as a JSON document, as JSON lines write it, with its id: what a message says.
pub fn documents(batch: &RecordBatch, id: &str, zone: &Zone) -> Vec<(String, String)> {
    jsonl::documents(batch, id, zone)
}

/// A value of a batch as CSV writes it, without quotes; `None` if it is missing.
#[doc(hidden)]
pub fn value_text(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let zone = crate::config::TextOptions::default().zone;
    match cell::Rows::of(batch, &zone).cell(column, row) {
        cell::Cell::Missing => None,
        other => Some(other.text().into_owned()),
    }
}
