//! The database behind a store, asked in one narrow vocabulary: a question, and a transaction of changes.
//!
//! The texts of SQL stand where they are used and are the same for every kind of database: numbered places (`?1`), values of four kinds
//! (whole numbers, texts, bytes, nothing; yes and no are 1 and 0), sums cast to BIGINT, no word that only one of them knows. What is of
//! one kind only, how it is opened and what its tables are, is in that kind's own file.

mod lite;
mod remote;
mod value;
mod writer;

pub(super) use self::{
    lite::Lite,
    remote::{Remote, Scope},
    value::{Row, Value, values},
    writer::this_process,
};
use super::error::StoreError;
use guiju_connect::{config::Home, database::Fault};

/// What a database answers where it does not do what it is asked.
#[derive(Debug)]
pub(super) enum SqlError {
    Lite(rusqlite::Error),
    Server(Fault),
    /// Another process has become the one who writes.
    Taken,
    /// A value that was never written there, in this column.
    Odd(usize),
    /// Something of the same transaction that is not the database's failure.
    Store(StoreError),
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Lite(error)
    }
}

impl From<Fault> for SqlError {
    fn from(fault: Fault) -> Self {
        Self::Server(fault)
    }
}

impl From<StoreError> for SqlError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl SqlError {
    /// For people: about this store.
    pub(super) fn of(self, home: &Home) -> StoreError {
        let path = home.shown();
        match self {
            Self::Lite(error) => StoreError::sqlite(&path, &error),
            Self::Server(fault) => StoreError::server(path, &fault),
            Self::Taken => StoreError::Taken { path },
            Self::Odd(column) => {
                let why = format!("column {column} of an answer has a value that was never written");
                StoreError::Corrupt { path, why }
            }
            Self::Store(error) => error,
        }
    }
}

/// A database that is open.
#[derive(Debug)]
pub(super) enum Db {
    Lite(Lite),
    Remote(Remote),
}

impl Db {
    /// All rows of an answer.
    pub(super) fn query<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut all = Vec::new();
        self.each(sql, values, &mut |row| {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// The first row of an answer, if there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Option<T>, SqlError> {
        let mut found = None;
        self.each(sql, values, &mut |row| {
            found = Some(read(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Whether the files of effects are in the database, too.
    pub(super) fn keeps_files(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    /// The one number that an answer consists of.
    pub(super) fn number(&self, sql: &str, values: &[Value<'_>]) -> Result<i64, SqlError> {
        self.first(sql, values, |row| row.get(0))?.ok_or(SqlError::Odd(0))
    }

    fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        take: &mut dyn FnMut(&Row<'_>) -> Result<bool, SqlError>,
    ) -> Result<(), SqlError> {
        match self {
            Self::Lite(lite) => lite.each(sql, values, take),
            Self::Remote(remote) => remote::each(&remote.ask(sql, values)?.rows, take),
        }
    }

    /// Everything that is asked meanwhile is answered as it was at one moment.
    pub(super) fn moment<T>(&self, look: impl FnOnce() -> T) -> Result<T, SqlError> {
        match self {
            Self::Lite(lite) => lite.moment(look),
            Self::Remote(remote) => remote.moment(look),
        }
    }

    /// A transaction: everything that `work` changes, durable when this returns, or nothing of it. Where the answer of a server is lost,
    /// `work` is done once more: it must come to the same then.
    pub(super) fn write<T>(
        &self,
        scope: Scope,
        work: impl FnMut(&Tx<'_>) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.write_once(scope, work, |_| Ok(None))
    }

    /// The same, for what must not be done twice: `settled` says what came of it if it was done before.
    pub(super) fn write_once<T>(
        &self,
        scope: Scope,
        mut work: impl FnMut(&Tx<'_>) -> Result<T, SqlError>,
        settled: impl Fn(&Tx<'_>) -> Result<Option<T>, SqlError>,
    ) -> Result<T, SqlError> {
        match self {
            Self::Lite(lite) => {
                let open = lite.begin()?;
                let done = work(&Tx(self))?;
                open.commit()?;
                Ok(done)
            }
            Self::Remote(remote) => remote.write(scope, &mut || work(&Tx(self)), &mut || settled(&Tx(self))),
        }
    }
}

/// A transaction that is open: it can be asked as well, and sees what it has changed.
pub(super) struct Tx<'a>(&'a Db);

impl std::ops::Deref for Tx<'_> {
    type Target = Db;
    fn deref(&self) -> &Db {
        self.0
    }
}

impl Tx<'_> {
    /// Changes rows; how many.
    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, SqlError> {
        match self.0 {
            Db::Lite(lite) => lite.execute(sql, values),
            Db::Remote(remote) => Ok(usize::try_from(remote.ask(sql, values)?.count).unwrap_or(usize::MAX)),
        }
    }

    /// Changes rows that nobody counts: it may be done a little later, at the latest before the transaction ends.
    pub(super) fn put(&self, sql: &str, values: &[Value<'_>]) -> Result<(), SqlError> {
        match self.0 {
            Db::Lite(lite) => lite.execute(sql, values).map(drop),
            Db::Remote(remote) => remote.put(sql, values),
        }
    }

    /// Waits until all that was put is done.
    pub(super) fn finish(&self) -> Result<(), SqlError> {
        match self.0 {
            Db::Lite(_) => Ok(()),
            Db::Remote(remote) => remote.finish(),
        }
    }
}
