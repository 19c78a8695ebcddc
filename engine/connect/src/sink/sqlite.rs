//! A table in SQLite. Decimals are texts, because SQLite's numbers are reals; dates and times are ISO 8601 texts.

use super::{
    DEFAULT_NAME, Target, Written, atomic,
    cell::{Cell, Rows},
};
use crate::problem;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use guiju_lang::finding::Finding;
use rusqlite::{Connection, ErrorCode, Statement, types::Null};
use std::{path::Path, time::Duration};

/// How long another program may hold the database.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pages of a delivery stay in memory up to so many KiB: ids are random, so every part of their index is written all the time.
const CACHE: i64 = 64 << 10;

/// A database with a transaction that holds the whole delivery. A connection that is closed rolls back.
pub(super) struct Open(Connection);

impl Open {
    pub(super) fn commit(self, path: &Path) -> Result<(), Finding> {
        self.0.execute_batch("COMMIT").map_err(|e| Trouble::Sqlite(e).finding(path))
    }
}

pub(super) fn stage(
    target: &Target<'_>,
    path: &Path,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(Open, Written), Finding> {
    std::fs::create_dir_all(atomic::folder(path)).map_err(|e| atomic::failure(path, &e))?;
    write(target, path, schema, batches).map_err(|trouble| trouble.finding(path))
}

enum Trouble {
    Sqlite(rusqlite::Error),
    Shape(String),
}

impl Trouble {
    fn finding(&self, path: &Path) -> Finding {
        match self {
            Self::Sqlite(e) if e.sqlite_error_code() == Some(ErrorCode::DiskFull) => problem::disk_full(path),
            Self::Sqlite(e) => problem::sink_database(path, &e.to_string()),
            Self::Shape(column) => problem::sink_shape(path, column),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sqlite(e)
    }
}

fn write(
    target: &Target<'_>,
    path: &Path,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(Open, Written), Trouble> {
    let table = quoted(target.object.unwrap_or(DEFAULT_NAME));
    let database = Connection::open(path)?;
    database.busy_timeout(PATIENCE)?;
    database.pragma_update(None, "cache_size", -CACHE)?;
    // Not a borrowed transaction: it outlives this call.
    database.execute_batch("BEGIN IMMEDIATE")?;
    let columns: Vec<String> = schema.fields().iter().map(|f| quoted(f.name())).collect();
    let declared = schema.fields().iter().zip(&columns).map(|(f, name)| {
        let key = if f.name() == target.id { " PRIMARY KEY NOT NULL" } else { "" };
        format!("{name} {}{key}", affinity(f.data_type()))
    });
    database
        .execute_batch(&format!("CREATE TABLE IF NOT EXISTS {table} ({})", declared.collect::<Vec<_>>().join(", ")))?;
    let there = columns_of(&database, target.object.unwrap_or(DEFAULT_NAME))?;
    if let Some(absent) = schema.fields().iter().find(|f| !there.iter().any(|t| t.eq_ignore_ascii_case(f.name()))) {
        return Err(Trouble::Shape(absent.name().clone()));
    }
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({marks}) ON CONFLICT ({}) DO NOTHING",
        columns.join(", "),
        quoted(target.id)
    );
    let mut counts = Written::default();
    {
        let mut insert = database.prepare(&sql)?;
        for batch in batches {
            let mut rows = Rows::of(&batch, &target.connection.text.zone);
            for row in 0..batch.num_rows() {
                for column in 0..batch.num_columns() {
                    bind(&mut insert, column + 1, &rows.cell(column, row))?;
                }
                match insert.raw_execute()? {
                    0 => counts.already += 1,
                    _ => counts.written += 1,
                }
            }
        }
    }
    Ok((Open(database), counts))
}

fn columns_of(database: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut query = database.prepare("SELECT name FROM pragma_table_info(?1)")?;
    query.query_map([table], |r| r.get(0))?.collect()
}

/// Puts a value in its place without a copy of our own.
fn bind(insert: &mut Statement<'_>, place: usize, cell: &Cell<'_>) -> rusqlite::Result<()> {
    match cell {
        Cell::Missing => insert.raw_bind_parameter(place, Null),
        Cell::Bool(b) => insert.raw_bind_parameter(place, i64::from(*b)),
        Cell::Integer(i) => insert.raw_bind_parameter(place, *i),
        Cell::Real(r) => insert.raw_bind_parameter(place, *r),
        Cell::Decimal(text) => insert.raw_bind_parameter(place, text.as_str()),
        Cell::Text(text) | Cell::Time(text) => insert.raw_bind_parameter(place, *text),
    }
}

fn affinity(ty: &DataType) -> &'static str {
    match ty {
        DataType::Boolean | DataType::Int32 | DataType::Int64 => "INTEGER",
        DataType::Float64 => "REAL",
        _ => "TEXT",
    }
}

/// A name, as SQL quotes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
