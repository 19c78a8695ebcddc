//! Opening a store, alone or beside a running one.

use super::{
    PublishStep,
    cells::Lengths,
    error::StoreError,
    schema,
    sql::{Db, Lite, SqlError, values},
};
use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// A store that can be asked. Any number of processes may look while one writes.
#[derive(Debug)]
pub struct View {
    pub(super) db: Db,
    pub(super) folder: PathBuf,
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
    folder: PathBuf,
    lock: Arc<Lock>,
    turn: Arc<Mutex<()>>,
}

impl Beside {
    /// A connection of its own. What it publishes takes its turn among what the other publishes; only one of them may deliver.
    pub fn open(&self) -> Result<Store, StoreError> {
        let db = Lite::hold(&self.folder.join("store.db")).map(Db::Lite).map_err(|e| e.of(&self.folder))?;
        let view = View { db, folder: self.folder.clone() };
        let (turn, lock) = (Turn::Each(Arc::clone(&self.turn)), Arc::clone(&self.lock));
        Ok(Store { view, observer: None, temporary: false, turn, lengths: Lengths::default(), lock })
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
        f.debug_struct("Store").field("folder", &self.view.folder).finish_non_exhaustive()
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
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref().to_owned();
        let path = folder.join("store.db");
        if !path.exists() {
            return Err(StoreError::Absent { path: folder });
        }
        let db = Lite::look(&path).map(Db::Lite).map_err(|e| e.of(&folder))?;
        if schema::version(&db, &folder)? == 0 {
            return Err(StoreError::Absent { path: folder });
        }
        Ok(Self { db, folder })
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
        &self.folder
    }

    pub(super) fn segments(&self) -> PathBuf {
        self.folder.join("segments")
    }

    pub(super) fn failed(&self, error: SqlError) -> StoreError {
        error.of(&self.folder)
    }
}

impl Store {
    /// Opens the store in `folder` for writing, creating it if there is none. What a killed process left behind is cleared away.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref().to_owned();
        let segments = folder.join("segments");
        fs::create_dir_all(&segments).map_err(|e| StoreError::io(&segments, &e))?;
        let lock = lock(&folder)?;
        let db = Lite::hold(&folder.join("store.db")).map(Db::Lite).map_err(|e| e.of(&folder))?;
        schema::migrate(&db, &folder)?;
        sync_folder(&folder)?;
        let turn = Turn::Explicit(Arc::default());
        let lock = Arc::new(lock);
        let (view, lengths) = (View { db, folder }, Lengths::default());
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
        Beside { folder: self.folder.clone(), lock: Arc::clone(&self.lock), turn: self.turn() }
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
            let ours = name.ends_with(".parquet") || name.ends_with(".writing");
            if known.contains(&name) {
                found.insert(name);
            } else if ours {
                let path = entry.path();
                fs::remove_file(&path).map_err(|e| StoreError::io(&path, &e))?;
            }
        }
        match known.difference(&found).next() {
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
            let _ = fs::remove_dir_all(&self.view.folder);
        }
    }
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
