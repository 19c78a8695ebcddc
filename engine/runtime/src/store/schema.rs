//! The database's tables, and how an older store becomes one of today.

use super::{
    View,
    error::StoreError,
    sql::{Db, SqlError},
};
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
pub(super) fn version(db: &Db, folder: &Path) -> Result<i64, StoreError> {
    let found = match db {
        Db::Lite(lite) => lite.version(),
    };
    let found = found.map_err(|e| e.of(folder))?;
    if !(0..=KNOWN).contains(&found) {
        return Err(StoreError::Newer { path: folder.join("store.db"), found, known: KNOWN });
    }
    Ok(found)
}

/// Brings the database to the newest format, in one transaction.
pub(super) fn migrate(db: &Db, folder: &Path) -> Result<(), StoreError> {
    let found = version(db, folder)?;
    if found == KNOWN {
        return Ok(());
    }
    let from = usize::try_from(found).unwrap_or(0);
    let done: Result<(), SqlError> = match db {
        Db::Lite(lite) => lite.migrate(MIGRATIONS.iter().copied().skip(from), KNOWN),
    };
    done.map_err(|e| e.of(folder))
}

impl View {
    /// The store's format.
    pub(super) fn version(&self) -> Result<i64, StoreError> {
        version(&self.db, &self.folder)
    }
}
