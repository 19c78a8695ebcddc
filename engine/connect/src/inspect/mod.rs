//! A first look at a table: what its columns hold, which one could be the key, and how a rulebook would declare it.

mod column;
mod declare;
mod different;
mod hint;

pub use column::{ColumnProfile, Distinct};
pub use hint::Hint;

use crate::{
    config::Connection,
    database,
    identity::SourceVersion,
    locate::{self, Format},
    read::{self, ReadOptions, Request, Scan},
    schemas,
};
use arrow_array::RecordBatch;
use column::Tally;
use guiju_lang::finding::Finding;

/// What was found in a table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Profile {
    /// Behind which connection.
    pub connection: String,
    /// Which of its tables.
    pub object: Option<String>,
    /// What exactly was read.
    pub version: SourceVersion,
    /// How many rows.
    pub rows: u64,
    /// Reals that were not a number or infinite: missing to rules.
    pub not_finite: u64,
    /// In order.
    pub columns: Vec<ColumnProfile>,
    /// The first column that is never missing and never the same twice.
    pub key: Option<String>,
    /// A `source` declaration to start from.
    pub declaration: String,
}

/// How far the first of the two counting threads may run ahead.
const BATCHES_AHEAD: usize = 2;

/// Reads all of a table; `progress` is told rows so far, bytes so far and bytes in all, and may say stop (`false`).
/// Types of CSV and JSON lines are inferred from all rows, not from a sample.
pub fn inspect(
    connection: &Connection,
    object: Option<&str>,
    options: ReadOptions,
    progress: &mut dyn FnMut(u64, u64, u64) -> bool,
) -> Result<Option<Profile>, Vec<Finding>> {
    if connection.kind.is_database() {
        return of_database(connection, object, options, progress);
    }
    let files = locate::locate(connection, object).map_err(|f| vec![f])?;
    let schema = schemas::of_files(&files, connection, &options.limits, u64::MAX)?;
    let mut scan = read::open(&Request { connection, object, schema: Some(&schema), columns: None, options })?;
    let mut tallies: Vec<Tally> = schema.columns.iter().map(Tally::new).collect();
    let Some(rows) = count(&mut scan, &mut tallies, progress)? else { return Ok(None) };
    let columns: Vec<ColumnProfile> = tallies.into_iter().map(|t| t.finish(rows, &connection.text.zone)).collect();
    let key = columns.iter().find(|c| c.is_key(rows)).map(|c| c.name.clone());
    // Parquet says its types itself; texts do not, and a declaration keeps tomorrow's file from being read differently.
    let listed = if files.format == Format::Parquet { &[] } else { columns.as_slice() };
    let declaration = declare::source(connection, object, key.as_deref(), listed);
    Ok(Some(Profile {
        connection: connection.name.clone(),
        object: object.map(str::to_owned),
        version: scan.version().clone(),
        rows,
        not_finite: scan.counts().not_finite,
        columns,
        key,
        declaration,
    }))
}

/// A table or query of a database: a copy of it is looked at.
fn of_database(
    connection: &Connection,
    object: Option<&str>,
    options: ReadOptions,
    progress: &mut dyn FnMut(u64, u64, u64) -> bool,
) -> Result<Option<Profile>, Vec<Finding>> {
    let mut stopped = false;
    let copy = database::temporary(connection, object, &mut |rows| {
        stopped = !progress(rows, 0, 0);
        !stopped
    });
    let copy = match copy {
        Ok(copy) => copy,
        Err(_) if stopped => return Ok(None),
        Err(findings) => return Err(findings),
    };
    let profile = inspect(&copy.connection, None, options, progress)?;
    Ok(profile.map(|profile| Profile {
        object: object.map(str::to_owned),
        declaration: declare::source(connection, object, profile.key.as_deref(), &[]),
        ..profile
    }))
}

/// How many rows; nothing if it was stopped. Half of the columns are counted by a second thread.
fn count(
    scan: &mut Scan,
    tallies: &mut [Tally],
    progress: &mut dyn FnMut(u64, u64, u64) -> bool,
) -> Result<Option<u64>, Vec<Finding>> {
    let half = tallies.len() / 2;
    let (own, other) = tallies.split_at_mut(half);
    std::thread::scope(|threads| {
        let (send, receive) = std::sync::mpsc::sync_channel::<RecordBatch>(BATCHES_AHEAD);
        threads.spawn(move || {
            for batch in receive {
                for (tally, array) in other.iter_mut().zip(batch.columns().iter().skip(half)) {
                    tally.see(array);
                }
            }
        });
        let mut rows = 0;
        while let Some(step) = scan.next() {
            let batch = step?.batch;
            // The other thread ends only when this one lets go of the channel.
            let _ = send.send(batch.clone());
            for (tally, array) in own.iter_mut().zip(batch.columns()) {
                tally.see(array);
            }
            rows += batch.num_rows() as u64;
            if !progress(rows, scan.bytes_read(), scan.total_bytes()) {
                return Ok(None);
            }
        }
        Ok(Some(rows))
    })
}
