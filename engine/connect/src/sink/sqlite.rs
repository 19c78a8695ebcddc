//! A table in SQLite. Decimals are texts, because SQLite's numbers are reals; dates and times are ISO 8601 texts.

use super::{
    DEFAULT_NAME, Delivered, Target, atomic,
    cell::{Cell, cell},
};
use crate::problem;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use guiju_lang::finding::Finding;
use rusqlite::{Connection, ErrorCode, types::Value};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long another program may hold the database.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn deliver(
    target: &Target<'_>,
    path: PathBuf,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<Delivered, Finding> {
    std::fs::create_dir_all(atomic::folder(&path)).map_err(|e| atomic::failure(&path, &e))?;
    let table = quoted(target.object.unwrap_or(DEFAULT_NAME));
    let counts = write(target, &path, &table, schema, batches).map_err(|e| match e {
        Trouble::Sqlite(e) if e.sqlite_error_code() == Some(ErrorCode::DiskFull) => problem::disk_full(&path),
        Trouble::Sqlite(e) => problem::sink_database(&path, &e.to_string()),
        Trouble::Shape(column) => problem::sink_shape(&path, &column),
    })?;
    Ok(Delivered { path, written: counts.0, already: counts.1 })
}

enum Trouble {
    Sqlite(rusqlite::Error),
    Shape(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sqlite(e)
    }
}

fn write(
    target: &Target<'_>,
    path: &Path,
    table: &str,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = RecordBatch>,
) -> Result<(u64, u64), Trouble> {
    let mut database = Connection::open(path)?;
    database.busy_timeout(PATIENCE)?;
    let transaction = database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let columns: Vec<String> = schema.fields().iter().map(|f| quoted(f.name())).collect();
    let declared = schema.fields().iter().zip(&columns).map(|(f, name)| {
        let key = if f.name() == target.id { " PRIMARY KEY NOT NULL" } else { "" };
        format!("{name} {}{key}", affinity(f.data_type()))
    });
    transaction
        .execute_batch(&format!("CREATE TABLE IF NOT EXISTS {table} ({})", declared.collect::<Vec<_>>().join(", ")))?;
    let there = columns_of(&transaction, target.object.unwrap_or(DEFAULT_NAME))?;
    if let Some(absent) = schema.fields().iter().find(|f| !there.iter().any(|t| t.eq_ignore_ascii_case(f.name()))) {
        return Err(Trouble::Shape(absent.name().clone()));
    }
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({marks}) ON CONFLICT ({}) DO NOTHING",
        columns.join(", "),
        quoted(target.id)
    );
    let (mut written, mut already) = (0, 0);
    {
        let mut insert = transaction.prepare(&sql)?;
        for batch in batches {
            for row in 0..batch.num_rows() {
                let values =
                    (0..batch.num_columns()).map(|c| value(&cell(&batch, c, row, &target.connection.text.zone)));
                match insert.execute(rusqlite::params_from_iter(values))? {
                    0 => already += 1,
                    _ => written += 1,
                }
            }
        }
    }
    transaction.commit()?;
    Ok((written, already))
}

fn columns_of(database: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut query = database.prepare("SELECT name FROM pragma_table_info(?1)")?;
    query.query_map([table], |r| r.get(0))?.collect()
}

fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Missing => Value::Null,
        Cell::Bool(b) => Value::Integer(i64::from(*b)),
        Cell::Integer(i) => Value::Integer(*i),
        Cell::Real(r) => Value::Real(*r),
        other => Value::Text(other.text().into_owned()),
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
