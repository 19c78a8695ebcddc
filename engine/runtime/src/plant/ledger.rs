//! The book of reservations on disk: a SQLite file of its own beside the store, written by one process at a time.
//!
//! Every entry of the book's history is a row; what is held is a table whose key is (cable, core), so that a doubled core is refused by the
//! database even if everything else were wrong. Commands of many threads are committed in groups: whoever finds the pen free writes for all
//! who wait, in one transaction, and nobody is answered before that is on disk. A process that dies leaves whole transactions.

use guiju_fiber::book::{Book, Command, Denied, Done, Entry, State};
use guiju_lang::finding::{Arg, At, Finding, codes::store as codes};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

/// What the file calls itself.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    until INTEGER,
    cores TEXT NOT NULL,
    plant TEXT NOT NULL
) STRICT;
CREATE INDEX entries_of ON entries (name, seq);
CREATE TABLE held (
    cable TEXT NOT NULL,
    core INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (cable, core)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_by ON held (name);
PRAGMA user_version = 1;
";

/// Why the ledger could not do what it was asked. Nothing half-done is visible after any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another process has it.
    #[error("{path} is in use by process {holder}")]
    Locked {
        /// The file.
        path: PathBuf,
        /// The process's number; empty if it is not known.
        holder: String,
    },
    /// The database, or something in it, is not what was written; or the system failed.
    #[error("{path}: {why}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the system or the database says.
        why: String,
    },
    /// A later release wrote it.
    #[error("{path} has format {found}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
}

impl From<LedgerError> for Finding {
    fn from(error: LedgerError) -> Self {
        let at = |path: &Path| At::data(path.display().to_string());
        match error {
            LedgerError::Locked { path, holder } if holder.is_empty() => Self::new(codes::STORE_LOCKED, at(&path)),
            LedgerError::Locked { path, holder } => {
                Self::new(codes::STORE_LOCKED_BY, at(&path)).arg("process", Arg::Plain(holder))
            }
            LedgerError::Failed { path, why } => Self::new(codes::STORE_FAILED, at(&path)).arg("why", Arg::Plain(why)),
            LedgerError::Newer { path, found } => Self::new(codes::STORE_NEWER, at(&path))
                .arg("found", Arg::Count(found))
                .arg("known", Arg::Count(FORMAT)),
        }
    }
}

/// An entry of the history, and the digest of the plant's records that the command was made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The entry.
    pub entry: Entry,
    /// The digest.
    pub plant: String,
}

type Answer = Result<Result<Done, Denied>, LedgerError>;

/// A command that waits for the pen.
struct Waiting {
    now: i64,
    command: Command,
    plant: String,
    answer: Arc<OnceLock<Answer>>,
}

/// Who writes: the book as it is on disk, and the database.
struct Pen {
    book: Book,
    /// A transaction failed, and the book is not what is on disk until it is read again.
    is_stale: bool,
    db: Connection,
}

/// The ledger. Threads share it; other processes are kept out.
pub struct Ledger {
    path: PathBuf,
    waiting: Mutex<Vec<Waiting>>,
    pen: Mutex<Pen>,
    /// Held as long as the ledger is open; the system releases it however the process ends.
    _lock: Lock,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A thread that died while it held one of these had not changed what it protects by halves: a book is replaced whole.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// Opens the ledger in a folder, and creates it if there is none.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join("fiber.db");
        let io = |error: std::io::Error| LedgerError::Failed { path: path.clone(), why: error.to_string() };
        fs::create_dir_all(folder).map_err(io)?;
        let lock = Lock::take(folder)?;
        let db = connect(&path).map_err(|error| failed(&path, &error))?;
        // The name of a new file is made as durable as the file.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        let book = load(&db, &path)?;
        let pen = Mutex::new(Pen { book, is_stale: false, db });
        Ok(Self { path, waiting: Mutex::default(), pen, _lock: lock })
    }

    /// The book in a folder, beside whoever writes it: an empty one if there is none.
    ///
    /// # Errors
    /// What is there cannot be read.
    pub fn view(folder: &Path) -> Result<Book, LedgerError> {
        let Some((path, db)) = beside(folder)? else { return Ok(Book::new()) };
        let read = entries(&db, None).map_err(|error| failed(&path, &error))?;
        let mut book = Book::new();
        read.iter().for_each(|past| book.replay(&past.entry));
        Ok(book)
    }

    /// An order's history in a folder, likewise; nothing if there is none.
    ///
    /// # Errors
    /// What is there cannot be read.
    pub fn past(folder: &Path, order: &str) -> Result<Vec<Past>, LedgerError> {
        let Some((path, db)) = beside(folder)? else { return Ok(Vec::new()) };
        entries(&db, Some(order)).map_err(|error| failed(&path, &error))
    }

    /// A copy of the book as it is on disk now: what a route is planned on.
    ///
    /// # Errors
    /// The ledger's, if a transaction failed and what is on disk cannot be read either.
    pub fn book(&self) -> Result<Book, LedgerError> {
        let mut pen = hold(&self.pen);
        self.read_again(&mut pen)?;
        Ok(pen.book.clone())
    }

    /// Does what is asked, at that time; `plant` is the digest of the records that it was planned on. What is answered is on disk.
    ///
    /// # Errors
    /// The ledger's; then nothing is done. That the book denies it is part of the answer.
    pub fn submit(&self, now: i64, command: Command, plant: &str) -> Result<Result<Done, Denied>, LedgerError> {
        let answer = Arc::new(OnceLock::new());
        hold(&self.waiting).push(Waiting { now, command, plant: plant.to_owned(), answer: Arc::clone(&answer) });
        let mut pen = hold(&self.pen);
        if answer.get().is_none() {
            // Nobody has written for this one: it writes for all who wait.
            let group = std::mem::take(&mut *hold(&self.waiting));
            self.write(&mut pen, &group);
        }
        drop(pen);
        let lost = || LedgerError::Failed { path: self.path.clone(), why: "the writer died".to_owned() };
        answer.get().cloned().unwrap_or_else(|| Err(lost()))
    }

    /// An order's history, oldest first; of all orders if none is named.
    ///
    /// # Errors
    /// The ledger's.
    pub fn history(&self, order: Option<&str>) -> Result<Vec<Past>, LedgerError> {
        let pen = hold(&self.pen);
        entries(&pen.db, order).map_err(|error| failed(&self.path, &error))
    }

    /// After a transaction that failed, what is on disk counts.
    fn read_again(&self, pen: &mut Pen) -> Result<(), LedgerError> {
        if pen.is_stale {
            pen.book = load(&pen.db, &self.path)?;
            pen.is_stale = false;
        }
        Ok(())
    }

    fn write(&self, pen: &mut Pen, group: &[Waiting]) {
        let answers = self.together(pen, group);
        match answers {
            Ok(answers) => group.iter().zip(answers).for_each(|(waiting, answer)| drop(waiting.answer.set(Ok(answer)))),
            // Nothing of this group is there.
            Err(error) => group.iter().for_each(|waiting| drop(waiting.answer.set(Err(error.clone())))),
        }
    }

    /// Applies a group and commits it as one transaction; its answers.
    fn together(&self, pen: &mut Pen, group: &[Waiting]) -> Result<Vec<Result<Done, Denied>>, LedgerError> {
        self.read_again(pen)?;
        // The book runs ahead of the disk from here on; if this ends in a panic, the disk counts.
        pen.is_stale = true;
        let (mut answers, mut changes) = (Vec::new(), Vec::new());
        for waiting in group {
            let (entries, answer) = pen.book.apply(waiting.now, &waiting.command);
            changes.extend(entries.into_iter().map(|entry| (entry, waiting.plant.as_str())));
            answers.push(answer);
        }
        if !changes.is_empty() {
            commit(&mut pen.db, &changes).map_err(|error| failed(&self.path, &error))?;
        }
        pen.is_stale = false;
        Ok(answers)
    }
}

fn failed(path: &Path, error: &rusqlite::Error) -> LedgerError {
    LedgerError::Failed { path: path.to_owned(), why: error.to_string() }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    Ok(db)
}

/// For a look; nothing if there is no ledger.
fn beside(folder: &Path) -> Result<Option<(PathBuf, Connection)>, LedgerError> {
    let path = folder.join("fiber.db");
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let db = Connection::open_with_flags(&path, flags)?;
        db.busy_timeout(Duration::from_secs(5))?;
        let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok((db, version))
    };
    match open().map_err(|error| failed(&path, &error))? {
        // Its maker died before the first transaction.
        (_, 0) => Ok(None),
        (db, FORMAT) => Ok(Some((path, db))),
        (_, found) => Err(LedgerError::Newer { path, found }),
    }
}

fn load(db: &Connection, path: &Path) -> Result<Book, LedgerError> {
    let version: i64 =
        db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| failed(path, &error))?;
    match version {
        0 => db.execute_batch(&format!("BEGIN;{SCHEMA}COMMIT;")).map_err(|error| failed(path, &error))?,
        FORMAT => {}
        found => return Err(LedgerError::Newer { path: path.to_owned(), found }),
    }
    let damaged = |why: String| LedgerError::Failed { path: path.to_owned(), why };
    let mut book = Book::new();
    for Past { entry, .. } in entries(db, None).map_err(|error| failed(path, &error))? {
        if entry.seq != book.version() + 1 {
            return Err(damaged(format!("entry {} follows entry {}", entry.seq, book.version())));
        }
        book.replay(&entry);
    }
    // Two witnesses of what is held.
    for (cable, core, order) in book.held() {
        let there: Option<String> = db
            .query_row("SELECT name FROM held WHERE cable = ?1 AND core = ?2", params![cable, core], |row| row.get(0))
            .optional()
            .map_err(|error| failed(path, &error))?;
        if there.as_deref() != Some(order) {
            return Err(damaged(format!("core {core} of {cable} is {order}'s by the history, and not by the table")));
        }
    }
    let count: i64 =
        db.query_row("SELECT count(*) FROM held", [], |row| row.get(0)).map_err(|error| failed(path, &error))?;
    if usize::try_from(count).ok() != Some(book.held().count()) {
        return Err(damaged("cores are held of which the history knows nothing".to_owned()));
    }
    Ok(book)
}

fn entries(db: &Connection, order: Option<&str>) -> rusqlite::Result<Vec<Past>> {
    let mut statement = db.prepare(
        "SELECT seq, name, at, state, until, cores, plant FROM entries WHERE ?1 IS NULL OR name = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([order], |row| {
        let wrong = |column: usize, why: &str| {
            rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
        };
        let state: String = row.get(3)?;
        let cores: String = row.get(5)?;
        let entry = Entry {
            seq: row.get::<_, i64>(0)?.try_into().map_err(|_| wrong(0, "a number from 1"))?,
            order: row.get(1)?,
            at: row.get(2)?,
            state: State::of(&state).ok_or_else(|| wrong(3, "a state"))?,
            until: row.get(4)?,
            cores: serde_json::from_str(&cores).map_err(|_| wrong(5, "cores"))?,
        };
        Ok(Past { entry, plant: row.get(6)? })
    })?;
    rows.collect()
}

/// One transaction: all entries in their order, and what is held after each.
fn commit(db: &mut Connection, changes: &[(Entry, &str)]) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO entries (seq, name, at, state, until, cores, plant) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let mut free = transaction.prepare("DELETE FROM held WHERE name = ?1")?;
        let mut take = transaction.prepare("INSERT INTO held (cable, core, name) VALUES (?1, ?2, ?3)")?;
        for (entry, plant) in changes {
            let cores = serde_json::to_string(&entry.cores).unwrap_or_default();
            let seq = i64::try_from(entry.seq).unwrap_or(i64::MAX);
            insert.execute(params![seq, entry.order, entry.at, entry.state.word(), entry.until, cores, plant])?;
            free.execute([&entry.order])?;
            for (cable, core) in entry.cores.iter().filter(|_| entry.state.holds()) {
                take.execute(params![cable, core, entry.order])?;
            }
        }
    }
    transaction.commit()
}

/// Keeps other processes out; its number stands in the file, for their message.
struct Lock(File);

impl Lock {
    fn take(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join("fiber.lock");
        let io = |error: std::io::Error| LedgerError::Failed { path: path.clone(), why: error.to_string() };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The message is as good as it can be without it.
                let _ = file.read_to_string(&mut holder);
                return Err(LedgerError::Locked { path: folder.join("fiber.db"), holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        file.set_len(0).map_err(io)?;
        file.write_all(std::process::id().to_string().as_bytes()).map_err(io)?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The system releases it in any case; a child between fork and exec would keep a copy for a moment.
        let _ = self.0.unlock();
    }
}
