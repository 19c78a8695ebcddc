//! The database's tables, and how an older store becomes one of today.

use super::error::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Each script takes the format from its index to the next. Scripts are never edited once released; new ones are appended.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];

/// The newest format this release knows.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The store's format; 0 is an empty database.
pub(super) fn version(db: &Connection, path: &Path) -> Result<i64, StoreError> {
    let found: i64 =
        db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|e| StoreError::sqlite(path, &e))?;
    if !(0..=KNOWN).contains(&found) {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    Ok(found)
}

/// Brings the database to the newest format, in one transaction.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(db, path)?;
    if found == KNOWN {
        return Ok(());
    }
    let run = |db: &mut Connection| {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for script in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.execute_batch(script)?;
        }
        transaction.pragma_update(None, "user_version", KNOWN)?;
        transaction.commit()
    };
    run(db).map_err(|e| StoreError::sqlite(path, &e))
}
