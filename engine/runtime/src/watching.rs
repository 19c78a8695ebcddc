//! Files that somebody edits: waits until they are other files, and quiet again.
//!
//! Folders are watched, not files: an editor that saves by renaming, a checkout, a copy and a swapped symbolic link all change the folder.
//! What a network file system does not tell is found by looking at sizes and times every other second.

use guiju_lang::finding::{Arg, At, Finding, codes};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant, SystemTime},
};

/// Changes belong together until nothing has happened for this long.
const QUIET: Duration = Duration::from_millis(40);
/// However busy a folder is, somebody waits.
const LONGEST: Duration = Duration::from_secs(2);
/// How often files are looked at without being told.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is asked whether to go on.
const ASK: Duration = Duration::from_millis(100);

/// Watches the folders of some files.
pub struct Watcher {
    changes: Receiver<()>,
    _watcher: RecommendedWatcher,
    files: Vec<PathBuf>,
    seen: Vec<Seen>,
}

/// A file's length and time; nothing if it is not there.
type Seen = Option<(u64, Option<SystemTime>)>;

impl Watcher {
    /// Starts to watch the folders that hold these files.
    ///
    /// # Errors
    /// What the system says when it cannot.
    pub fn of(files: &[PathBuf], folders: &[PathBuf]) -> Result<Self, Finding> {
        let failed = |error: &notify::Error| {
            Finding::new(codes::cli::UNWATCHABLE, At::Nowhere).arg("reason", Arg::Plain(error.to_string()))
        };
        let (sender, changes) = channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is no change. After an error it is looked whether there is one.
            if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
                let _ = sender.send(());
            }
        })
        .map_err(|e| failed(&e))?;
        let parent = |path: &PathBuf| {
            path.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned)
        };
        let all: BTreeSet<PathBuf> = files.iter().map(parent).chain(folders.iter().cloned()).collect();
        for folder in all.iter().filter(|folder| folder.is_dir()) {
            watcher.watch(folder, RecursiveMode::NonRecursive).map_err(|e| failed(&e))?;
        }
        let seen = look(files);
        Ok(Self { changes, _watcher: watcher, files: files.to_vec(), seen })
    }

    /// Waits until something changed and is quiet again; false as soon as `going` says so.
    pub fn wait(&mut self, going: &dyn Fn() -> bool) -> bool {
        let mut looked = Instant::now();
        loop {
            if !going() {
                return false;
            }
            match self.changes.recv_timeout(ASK) {
                Ok(()) => break,
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(ASK),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                if look(&self.files) != self.seen {
                    break;
                }
            }
        }
        let began = Instant::now();
        while began.elapsed() < LONGEST && self.changes.recv_timeout(QUIET).is_ok() {}
        self.seen = look(&self.files);
        true
    }
}

fn look(files: &[PathBuf]) -> Vec<Seen> {
    files.iter().map(|path| std::fs::metadata(path).ok().map(|meta| (meta.len(), meta.modified().ok()))).collect()
}

#[cfg(test)]
mod tests {
    use super::Watcher;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn saving_by_renaming_is_a_change_and_reading_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.gj");
        std::fs::write(&file, "let a = 1").unwrap();
        let mut watcher = Watcher::of(std::slice::from_ref(&file), &[]).unwrap();
        std::fs::write(folder.path().join("rules.gj~"), "let a = 2").unwrap();
        std::fs::rename(folder.path().join("rules.gj~"), &file).unwrap();
        assert!(watcher.wait(&|| true));
        std::fs::read_to_string(&file).unwrap();
        let asked = AtomicUsize::new(0);
        assert!(!watcher.wait(&|| asked.fetch_add(1, Ordering::Relaxed) < 3), "nobody changed anything");
    }
}
