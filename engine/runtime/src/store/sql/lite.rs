//! SQLite: one file in the store's folder.

use super::{Row, SqlError, Value};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params_from_iter};
use std::{path::Path, time::Duration};

/// Statements that are kept prepared: more than there are texts of them.
const PREPARED: usize = 64;

/// A connection to the file.
#[derive(Debug)]
pub(in super::super) struct Lite(Connection);

impl Lite {
    /// For whoever looks. The file must be there.
    pub(in super::super) fn look(path: &Path) -> Result<Self, SqlError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::of(Connection::open_with_flags(path, flags)?, Duration::from_secs(5))
    }

    /// For the one who writes; makes the file if there is none.
    pub(in super::super) fn hold(path: &Path) -> Result<Self, SqlError> {
        // Readers may hold the file for a moment; other writers cannot be there.
        let lite = Self::of(Connection::open(path)?, Duration::from_secs(5))?;
        lite.0.pragma_update(None, "journal_mode", "wal")?;
        lite.durable()
    }

    /// For somebody who writes a little beside the one who holds the store.
    pub(in super::super) fn beside(path: &Path) -> Result<Self, SqlError> {
        Self::of(Connection::open(path)?, Duration::from_secs(10))?.durable()
    }

    fn of(db: Connection, patience: Duration) -> Result<Self, SqlError> {
        db.busy_timeout(patience)?;
        db.set_prepared_statement_cache_capacity(PREPARED);
        Ok(Self(db))
    }

    fn durable(self) -> Result<Self, SqlError> {
        self.0.pragma_update(None, "synchronous", "full")?;
        self.0.pragma_update(None, "foreign_keys", true)?;
        Ok(self)
    }

    /// The format of its tables; 0: there are none.
    pub(in super::super) fn version(&self) -> Result<i64, SqlError> {
        Ok(self.0.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }

    /// Runs the scripts that bring its tables to a format, in one transaction.
    pub(in super::super) fn migrate<'s>(
        &self,
        scripts: impl Iterator<Item = &'s str>,
        to: i64,
    ) -> Result<(), SqlError> {
        let open = self.begin()?;
        for script in scripts {
            open.execute_batch(script)?;
        }
        open.pragma_update(None, "user_version", to)?;
        Ok(open.commit()?)
    }

    /// What its own check says is wrong; nothing if all is well.
    pub(in super::super) fn damage(&self) -> Result<Option<String>, SqlError> {
        let said: String = self.0.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok(Some(said).filter(|said| said != "ok"))
    }

    pub(super) fn begin(&self) -> Result<Transaction<'_>, SqlError> {
        Ok(Transaction::new_unchecked(&self.0, TransactionBehavior::Immediate)?)
    }

    pub(super) fn moment<T>(&self, look: impl FnOnce() -> T) -> Result<T, SqlError> {
        let open = Transaction::new_unchecked(&self.0, TransactionBehavior::Deferred)?;
        let seen = look();
        open.commit()?;
        Ok(seen)
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, SqlError> {
        Ok(self.0.prepare_cached(sql)?.execute(params_from_iter(values))?)
    }

    pub(super) fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        take: &mut dyn FnMut(&Row<'_>) -> Result<bool, SqlError>,
    ) -> Result<(), SqlError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if !take(&Row::Lite(row))? {
                return Ok(());
            }
        }
        Ok(())
    }
}
