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
/// Enough for the rows of a new table, which are written one after the other while sources are still being read.
const CACHE_IN_ORDER: i64 = 4 << 10;

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
    let object = target.object.unwrap_or(DEFAULT_NAME);
    let table = quoted(object);
    let database = Connection::open(path)?;
    database.busy_timeout(PATIENCE)?;
    // Not a borrowed transaction: it outlives this call.
    database.execute_batch("BEGIN IMMEDIATE")?;
    let columns: Vec<String> = schema.fields().iter().map(|f| quoted(f.name())).collect();
    let there = columns_of(&database, object)?;
    let new = there.is_empty();
    database.pragma_update(None, "cache_size", if new { -CACHE_IN_ORDER } else { -CACHE })?;
    if new {
        let declared = schema.fields().iter().zip(&columns).map(|(f, name)| {
            let needed = if f.name() == target.id { " NOT NULL" } else { "" };
            format!("{name} {}{needed}", affinity(f.data_type()))
        });
        database.execute_batch(&format!("CREATE TABLE {table} ({})", declared.collect::<Vec<_>>().join(", ")))?;
    } else if let Some(absent) =
        schema.fields().iter().find(|f| !there.iter().any(|t| t.eq_ignore_ascii_case(f.name())))
    {
        return Err(Trouble::Shape(absent.name().clone()));
    }
    let marks = vec!["?"; columns.len()].join(", ");
    let id = quoted(target.id);
    let repeated = if new { String::new() } else { format!("ON CONFLICT ({id}) DO NOTHING") };
    let sql = format!("INSERT INTO {table} ({}) VALUES ({marks}) {repeated}", columns.join(", "));
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
    if new {
        let repeated = make_unique(&database, &table, &id, &quoted(&format!("{object}.{}", target.id)))?;
        counts.written -= repeated;
        counts.already += repeated;
    }
    Ok((Open(database), counts))
}

/// Ids are hashes: an index that follows every row is written all over, one that is made of all rows is sorted once. The first row of
/// an id stays; how many went.
fn make_unique(database: &Connection, table: &str, id: &str, name: &str) -> Result<u64, rusqlite::Error> {
    database.pragma_update(None, "cache_size", -CACHE)?;
    let create = format!("CREATE UNIQUE INDEX {name} ON {table} ({id})");
    match database.execute_batch(&create) {
        Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {}
        done => return done.map(|()| 0),
    }
    let delete = format!("DELETE FROM {table} WHERE rowid NOT IN (SELECT min(rowid) FROM {table} GROUP BY {id})");
    let repeated = database.execute(&delete, [])?;
    database.execute_batch(&create)?;
    Ok(repeated as u64)
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
