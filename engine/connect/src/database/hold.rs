//! Copies of a connection's tables: a folder for each moment at which they were taken, complete from the moment it has its name.
//!
//! ```text
//! .guiju/copies/crm/00001795282200000000-4711/   copy.json, 0.parquet, 1.parquet, lock
//! ```
//!
//! Whoever reads a copy holds its lock, so that the next run does not remove it meanwhile; a crash lets go of it.

use crate::{
    config::{Connection, Kind},
    problem,
    sink::atomic,
};
use guiju_lang::finding::Finding;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const LOCK: &str = "lock";
const MANIFEST: &str = "copy.json";
/// So many copies are left, besides those in use.
const LEFT: usize = 2;

/// What is written beside the tables of a copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Of which database: a connection that is bound anew has no copy yet.
    pub(super) of: String,
    /// Microseconds since 1970-01-01 UTC: when the transaction began.
    pub(super) taken: i64,
    pub(super) tables: Vec<Table>,
}

/// One table of a copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) object: String,
    pub(super) file: String,
    pub(super) rows: u64,
}

/// A copy. As long as this is held, it stays.
#[derive(Debug)]
pub struct Held {
    pub(super) manifest: Manifest,
    folder: PathBuf,
    _lock: File,
}

impl Held {
    /// When it was taken: microseconds since 1970-01-01 UTC.
    pub fn taken(&self) -> i64 {
        self.manifest.taken
    }

    /// How old it is now.
    pub fn age(&self) -> Duration {
        age(self.manifest.taken)
    }

    /// Whether a table or query is among those that were taken.
    pub fn has(&self, object: &str) -> bool {
        self.file(object).is_some()
    }

    /// How many rows it has.
    pub fn rows(&self, object: &str) -> Option<u64> {
        self.manifest.tables.iter().find(|t| t.object == object).map(|t| t.rows)
    }

    /// A connection to the file that holds a table or query, if it is among those that were taken.
    pub fn open(&self, connection: &Connection, object: &str) -> Option<Connection> {
        let path = self.file(object)?;
        Some(Connection { kind: Kind::Parquet, path, server: None, ..connection.clone() })
    }

    /// That file.
    pub(super) fn file(&self, object: &str) -> Option<PathBuf> {
        let table = self.manifest.tables.iter().find(|t| t.object == object)?;
        Some(self.folder.join(&table.file))
    }
}

/// The wall clock. It decides how old a copy is, and nothing else.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

pub(super) fn age(taken: i64) -> Duration {
    Duration::from_micros(u64::try_from(now().saturating_sub(taken)).unwrap_or(0))
}

/// The newest copy of a connection, if there is one.
pub fn held(store: &Path, connection: &Connection) -> Option<Held> {
    let folder = home(store, connection);
    let of = database(connection);
    names(&folder).into_iter().rev().find_map(|name| {
        let folder = folder.join(name);
        let lock = File::open(folder.join(LOCK)).ok()?;
        lock.try_lock_shared().ok()?;
        let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()?;
        let inside = manifest.tables.iter().all(|t| Path::new(&t.file).file_name() == Some(t.file.as_ref()));
        (manifest.of == of && inside).then_some(Held { manifest, folder, _lock: lock })
    })
}

/// A copy that is being made. Dropped before it is kept, it leaves no trace.
pub(super) struct Making {
    home: PathBuf,
    pub(super) folder: PathBuf,
    name: String,
    lock: Option<File>,
}

impl Making {
    pub(super) fn start(store: &Path, connection: &Connection, taken: i64) -> Result<Self, Finding> {
        let home = home(store, connection);
        let name = format!("{taken:020}-{}", std::process::id());
        let folder = home.join(format!(".{name}.part"));
        let lock = folder.join(LOCK);
        let made = fs::create_dir_all(&home).and_then(|()| fs::create_dir(&folder)).and_then(|()| File::create(&lock));
        let lock = made.and_then(|file| file.lock_shared().map(|()| file)).map_err(|e| atomic::failure(&lock, &e))?;
        Ok(Self { home, folder, name, lock: Some(lock) })
    }

    /// Everything is there: gives it its name, and removes what nobody needs any more.
    pub(super) fn keep(mut self, manifest: Manifest) -> Result<Held, Finding> {
        let mut file = atomic::AtomicFile::create(&self.folder.join(MANIFEST))?;
        let json = serde_json::to_vec_pretty(&manifest)
            .map_err(|e| problem::cannot_write(&self.folder, &std::io::Error::other(e.to_string())))?;
        file.put(&json)?;
        file.publish()?;
        let folder = self.home.join(&self.name);
        fs::rename(&self.folder, &folder).map_err(|e| atomic::failure(&folder, &e))?;
        self.folder.clone_from(&folder);
        let lock = self.lock.take().ok_or_else(|| problem::file_absent(&folder, None))?;
        remove_old(&self.home);
        Ok(Held { manifest, folder, _lock: lock })
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if self.lock.take().is_some() {
            // What cannot be removed now is removed by a later run.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Removes all copies but the last ones, and what a crash left; never what somebody reads or makes.
fn remove_old(home: &Path) {
    let names = names(home);
    let old = names.iter().take(names.len().saturating_sub(LEFT)).cloned();
    let parts = entries(home).filter(|name| name.ends_with(".part"));
    for folder in old.chain(parts).map(|name| home.join(name)) {
        let free = File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if free {
            drop(fs::remove_dir_all(&folder));
        }
    }
}

/// Complete copies, the oldest first.
fn names(home: &Path) -> Vec<String> {
    let mut names: Vec<String> = entries(home).filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn entries(home: &Path) -> impl Iterator<Item = String> {
    fs::read_dir(home).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok())
}

fn home(store: &Path, connection: &Connection) -> PathBuf {
    let name: String = connection.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    store.join("copies").join(name)
}

/// Which database a connection means, and how its values are read; without the password, so that a new one changes nothing.
pub(super) fn database(connection: &Connection) -> String {
    let mut hash = blake3::Hasher::new();
    let mut part = |text: &str| {
        hash.update(text.as_bytes());
        hash.update(&[0]);
    };
    part(connection.kind.word());
    part(&connection.path.to_string_lossy());
    part(connection.text.zone.name());
    part(&format!("{:?}", connection.misfit));
    if let Some(server) = &connection.server {
        part(&server.host);
        part(&server.port.to_string());
        part(&server.database);
        part(&server.user);
    }
    hash.finalize().to_hex().as_str().chars().take(32).collect()
}
