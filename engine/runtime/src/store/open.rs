//! Opening a store, alone or beside a running one.

use super::{
    Ledger, PublishStep,
    cells::Lengths,
    error::StoreError,
    schema,
    sql::{Db, Lite, Remote, SqlError, this_process, values},
};
use guiju_connect::config::{Base, Home};
use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// A store that can be asked. Any number of processes may look while one writes.
#[derive(Debug)]
pub struct View {
    pub(super) db: Db,
    pub(super) home: Home,
}

/// A store that can be written: this process is the only one.
pub struct Store {
    view: View,
    pub(super) observer: Option<Box<dyn Fn(PublishStep) + Send>>,
    temporary: bool,
    pub(super) turn: Turn,
    pub(super) lengths: Lengths,
    /// Held as long as the store is open; the system releases it however the process ends.
    lock: Arc<Lock>,
}

/// Whose turn it is to write the next transaction of the history, among the threads of this process.
#[derive(Clone)]
pub(super) enum Turn {
    /// It is taken by whoever needs to know beforehand which transaction will be the next one: [`Store::turn`].
    Explicit(Arc<Mutex<()>>),
    /// It is taken for each transaction.
    Each(Arc<Mutex<()>>),
}

/// A store that this process holds, for another thread.
pub struct Beside {
    home: Home,
    lock: Arc<Lock>,
    turn: Arc<Mutex<()>>,
    /// Of a database that a server keeps: how to come by a connection.
    remote: Option<Mutex<Remote>>,
}

impl Beside {
    /// A connection of its own. What it publishes takes its turn among what the other publishes; only one of them may deliver.
    pub fn open(&self) -> Result<Store, StoreError> {
        let view = View { db: self.db(Lite::hold)?, home: self.home.clone() };
        let (turn, lock) = (Turn::Each(Arc::clone(&self.turn)), Arc::clone(&self.lock));
        Ok(Store { view, observer: None, temporary: false, turn, lengths: Lengths::default(), lock })
    }

    /// A connection for whoever sends what the other publishes.
    pub fn ledger(&self) -> Result<Ledger, StoreError> {
        Ok(Ledger::of(View { db: self.db(Lite::beside)?, home: self.home.clone() }))
    }

    fn db(&self, file: fn(&Path) -> Result<Lite, SqlError>) -> Result<Db, StoreError> {
        let db = match &self.remote {
            None => file(&self.home.shown()).map(Db::Lite),
            Some(remote) => remote.lock().unwrap_or_else(PoisonError::into_inner).beside().map(Db::Remote),
        };
        db.map_err(|e| e.of(&self.home))
    }
}

/// Releases explicitly: a child process between fork and exec has a copy of the descriptor, and closing ours alone would keep
/// the store locked until that copy is gone.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // The system releases it in any case, when the last copy closes.
        let _ = self.0.unlock();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("folder", &self.view.home.folder).finish_non_exhaustive()
    }
}

impl Deref for Store {
    type Target = View;
    fn deref(&self) -> &View {
        &self.view
    }
}

impl View {
    /// Looks into an existing store without keeping a run from writing it.
    pub fn open(home: impl Into<Home>) -> Result<Self, StoreError> {
        let home = home.into();
        let db = match &home.base {
            None if !home.shown().exists() => return Err(StoreError::Absent { path: home.folder }),
            None => Lite::look(&home.shown()).map(Db::Lite),
            Some(base) => Remote::look(base).map(Db::Remote),
        };
        let db = db.map_err(|e| e.of(&home))?;
        if schema::version(&db, &home)? == 0 {
            let path = if home.base.is_some() { home.shown() } else { home.folder };
            return Err(StoreError::Absent { path });
        }
        Ok(Self { db, home })
    }

    /// Everything that is asked of this view meanwhile is answered as it was at one moment.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn moment<T>(&self, look: impl FnOnce() -> T) -> Result<T, StoreError> {
        self.db.moment(look).map_err(|e| self.failed(e))
    }

    /// The store's folder.
    pub fn folder(&self) -> &Path {
        &self.home.folder
    }

    /// Where the store is.
    pub fn home(&self) -> &Home {
        &self.home
    }

    pub(super) fn segments(&self) -> PathBuf {
        self.home.join("segments")
    }

    pub(super) fn failed(&self, error: SqlError) -> StoreError {
        error.of(&self.home)
    }
}

impl Store {
    /// Opens the store for writing, creating it if there is none. What a killed process left behind is cleared away.
    pub fn open(home: impl Into<Home>) -> Result<Self, StoreError> {
        let home = home.into();
        let segments = home.join("segments");
        fs::create_dir_all(&segments).map_err(|e| StoreError::io(&segments, &e))?;
        let lock = lock(&home)?;
        let db = match &home.base {
            None => {
                let lite = Lite::hold(&home.shown()).map_err(|e| e.of(&home))?;
                schema::migrate(&lite, &home)?;
                Db::Lite(lite)
            }
            Some(base) => Db::Remote(remote(&home, base)?),
        };
        sync_folder(&home)?;
        let turn = Turn::Explicit(Arc::default());
        let lock = Arc::new(lock);
        let (view, lengths) = (View { db, home }, Lengths::default());
        let mut store = Self { view, observer: None, temporary: false, turn, lengths, lock };
        store.clear_orphans()?;
        store.settle_interrupted()?;
        Ok(store)
    }

    /// A store in a folder of its own below the system's temporary folder, removed when it is dropped.
    pub fn temporary() -> Result<Self, StoreError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let base = std::env::temp_dir();
        loop {
            let name = format!("guiju-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let folder = base.join(name);
            match fs::create_dir(&folder) {
                Ok(()) => {
                    let mut store = Self::open(folder)?;
                    store.temporary = true;
                    return Ok(store);
                }
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(StoreError::io(&folder, &e)),
            }
        }
    }

    /// Calls `observer` at every step of a publication: for progress, and for tests that end the process there.
    pub fn observe(&mut self, observer: impl Fn(PublishStep) + Send + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// For another thread of this process.
    pub fn beside(&self) -> Beside {
        let remote = match &self.db {
            Db::Lite(_) => None,
            Db::Remote(remote) => Some(Mutex::new(remote.another())),
        };
        Beside { home: self.home.clone(), lock: Arc::clone(&self.lock), turn: self.turn(), remote }
    }

    /// A connection for whoever sends what this one publishes.
    pub fn ledger(&self) -> Result<Ledger, StoreError> {
        self.beside().ledger()
    }

    /// Says how long to wait for a database that a server keeps and that does not answer: `patience` is told why, and says whether to go on;
    /// told nothing, it answers again. Holds for all connections of this process. A file is there or is not: then this is never asked.
    pub fn wait_while(&self, patience: impl Fn(Option<&str>) -> bool + Send + 'static) {
        if let Db::Remote(remote) = &self.db
            && let Some(writer) = remote.writer()
        {
            writer.wait_while(patience);
        }
    }

    /// Locked, nobody beside this store writes to the history.
    pub fn turn(&self) -> Arc<Mutex<()>> {
        match &self.turn {
            Turn::Explicit(turn) | Turn::Each(turn) => Arc::clone(turn),
        }
    }

    pub(super) fn step(&self, step: PublishStep) {
        if let Some(observer) = &self.observer {
            observer(step);
        }
    }

    /// Files that no transaction named: their run died before it was published.
    fn clear_orphans(&self) -> Result<(), StoreError> {
        let known = self.segment_files()?;
        let segments = self.segments();
        let entries = fs::read_dir(&segments).map_err(|e| StoreError::io(&segments, &e))?;
        let mut found = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(|e| StoreError::io(&segments, &e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let ours = name.ends_with(".parquet") || name.ends_with(".writing") || name.ends_with(".coming");
            if known.contains(&name) {
                found.insert(name);
            } else if ours {
                let path = entry.path();
                fs::remove_file(&path).map_err(|e| StoreError::io(&path, &e))?;
            }
        }
        match known.difference(&found).next() {
            // The database has it, and gives it to whoever asks for it.
            Some(_) if self.home.base.is_some() => Ok(()),
            Some(missing) => Err(StoreError::SegmentMissing { path: segments.join(missing) }),
            None => Ok(()),
        }
    }

    fn segment_files(&self) -> Result<BTreeSet<String>, StoreError> {
        let files = self.db.query("SELECT file FROM segments", values![], |row| row.get(0));
        Ok(files.map_err(|e| self.failed(e))?.into_iter().collect())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.temporary {
            // A leftover temporary folder is the system's to clear.
            let _ = fs::remove_dir_all(&self.view.home.folder);
        }
    }
}

/// The database of a store, for the one who writes.
fn remote(home: &Home, base: &Base) -> Result<Remote, StoreError> {
    let held = Remote::hold(base, &this_process(), &|client, found| schema::migrate_remote(client, found, home, base));
    held.map_err(|e| e.of(home))?.map_err(|holder| StoreError::Locked { path: home.shown(), holder })
}

/// The holder's process number stands in the file, for the message to the second one.
fn lock(folder: &Path) -> Result<Lock, StoreError> {
    let path = folder.join("lock");
    let io = |e: &std::io::Error| StoreError::io(&path, e);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(|e| io(&e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The message is as good as it can be without it.
            let _ = file.read_to_string(&mut holder);
            let holder = Some(holder.trim().to_owned()).filter(|h| !h.is_empty());
            return Err(StoreError::Locked { path: folder.to_owned(), holder });
        }
        Err(TryLockError::Error(e)) => return Err(io(&e)),
    }
    let mut lock = Lock(file);
    lock.0.set_len(0).map_err(|e| io(&e))?;
    lock.0.write_all(std::process::id().to_string().as_bytes()).map_err(|e| io(&e))?;
    Ok(lock)
}

/// Makes the names in a folder as durable as the files.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let sync = || File::open(folder)?.sync_all();
    sync().map_err(|e| StoreError::io(folder, &e))
}
