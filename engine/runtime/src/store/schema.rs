//! The database's tables, and how an older store becomes one of today.

use super::{
    View,
    error::StoreError,
    sql::{Db, Lite, SqlError},
};
use guiju_connect::{
    config::{Base, Home},
    database::{Client, Given},
};

/// Each script takes the format from its index to the next. Scripts are never edited once released; new ones are appended.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];

/// The newest format this release knows.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The same for PostgreSQL, whose formats have the same numbers: the format that each script leads to, from the one before.
const REMOTE: &[(i64, &str)] = &[(4, include_str!("postgres_4.sql"))];
const _: () = assert!(REMOTE[REMOTE.len() - 1].0 == KNOWN, "a format that PostgreSQL has no script for");

/// The store's format; 0 is an empty database.
pub(super) fn version(db: &Db, home: &Home) -> Result<i64, StoreError> {
    let found = match db {
        Db::Lite(lite) => lite.version(),
        Db::Remote(remote) => remote.version(),
    };
    known(found.map_err(|e| e.of(home))?, home)
}

fn known(found: i64, home: &Home) -> Result<i64, StoreError> {
    if !(0..=KNOWN).contains(&found) {
        return Err(StoreError::Newer { path: home.shown(), found, known: KNOWN });
    }
    Ok(found)
}

/// Brings SQLite's tables to the newest format, in one transaction.
pub(super) fn migrate(lite: &Lite, home: &Home) -> Result<(), StoreError> {
    let found = known(lite.version().map_err(|e| e.of(home))?, home)?;
    if found == KNOWN {
        return Ok(());
    }
    let from = usize::try_from(found).unwrap_or(0);
    lite.migrate(MIGRATIONS.iter().copied().skip(from), KNOWN).map_err(|e| e.of(home))
}

/// Brings PostgreSQL's tables, of which the format is `found`, to the newest one, in one transaction.
pub(super) fn migrate_remote(client: &mut Client, found: i64, home: &Home, base: &Base) -> Result<(), SqlError> {
    if known(found, home)? == KNOWN {
        return Ok(());
    }
    let mut script = "BEGIN;\n".to_owned();
    if found == 0 {
        // Somebody else may have made the schema for a user who may not.
        let there = "SELECT nspname FROM pg_catalog.pg_namespace WHERE CAST(nspname AS TEXT) = ?1";
        if client.ask(there, &[Given::Text(Some(&base.schema))])?.rows.is_empty() {
            script += &format!("CREATE SCHEMA \"{}\";\n", base.schema.replace('"', "\"\""));
        }
    }
    REMOTE.iter().filter(|(to, _)| *to > found).for_each(|(_, text)| script += text);
    script += &format!(
        "INSERT INTO format (one, version) VALUES (1, {KNOWN}) ON CONFLICT (one) DO UPDATE SET version = excluded.version;
         COMMIT;"
    );
    if let Err(fault) = client.batch(&script) {
        // What is left of the transaction.
        let _ = client.batch("ROLLBACK");
        return Err(fault.into());
    }
    Ok(())
}

impl View {
    /// The store's format.
    pub(super) fn version(&self) -> Result<i64, StoreError> {
        version(&self.db, &self.home)
    }
}
