//! A folder as a stream: every file that appears in it is a partition, in the order of the files' names. A file counts once nobody has
//! written to it for a moment, is taken whole or not at all, and is never taken again while it is there.

use super::{Address, Backlog, Chunk, Data, Inlet, Settled, Taken};
use crate::{locate::Format, problem};
use guiju_lang::finding::Finding;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

/// How a file looked.
type Look = (u64, Option<SystemTime>);

/// A folder whose files are pieces of a stream.
pub(super) struct Folder {
    folder: PathBuf,
    quiet: Duration,
    looked: HashMap<PathBuf, (Look, Instant)>,
    refused: HashMap<PathBuf, Look>,
    /// The one that was given last, as it looked.
    given: Option<(PathBuf, Look)>,
    closed: bool,
}

impl Folder {
    pub(super) fn of(folder: PathBuf, quiet: Duration) -> Self {
        Self { folder, quiet, looked: HashMap::new(), refused: HashMap::new(), given: None, closed: false }
    }
}

impl Inlet for Folder {
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>> {
        if self.closed {
            return Ok(None);
        }
        for path in files(&self.folder).map_err(|finding| vec![finding])? {
            let partition = name(&path);
            if taken.contains_key(&partition) {
                continue;
            }
            // It may have gone since.
            let Some(look) = look(&path) else { continue };
            if self.refused.get(&path) == Some(&look) {
                continue;
            }
            let mut before = self.looked.get(&path).filter(|(before, _)| *before == look).map(|(_, since)| *since);
            let since = *before.get_or_insert_with(Instant::now);
            self.looked.insert(path.clone(), (look, since));
            if since.elapsed() < self.quiet {
                // Later names wait for it.
                return Ok(None);
            }
            self.given = Some((path.clone(), look));
            let address = Address { partition, offset: look.0 };
            return Ok(Some(Chunk { address, data: Data::File(path) }));
        }
        Ok(None)
    }

    fn settle(&mut self, _: &Address, settled: Settled<'_>) {
        let Some((path, look)) = self.given.take() else { return };
        match settled {
            Settled::Taken(_) => drop(self.looked.remove(&path)),
            Settled::Refused(_) => drop(self.refused.insert(path, look)),
        }
    }

    fn waits(&self) -> bool {
        !self.closed && self.looked.keys().any(|path| path.exists() && !self.refused.contains_key(path))
    }

    fn backlog(&self, taken: &Taken) -> Backlog {
        let mut backlog = Backlog::default();
        for path in files(&self.folder).unwrap_or_default() {
            let file = name(&path);
            if taken.contains_key(&file) {
                continue;
            }
            let look = look(&path);
            if look.is_some() && self.refused.get(&path) == look.as_ref() {
                backlog.refused.push(file);
            } else {
                backlog.count += 1;
                backlog.bytes += look.map_or(0, |(bytes, _)| bytes);
            }
        }
        backlog
    }

    fn close(&mut self) {
        // What lies there waits for the next start.
        self.closed = true;
    }
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn look(path: &Path) -> Option<Look> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.len(), meta.modified().ok()))
}

/// The folder's data files by name. What begins with a dot is somebody's who is still writing.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Finding> {
    let unreadable = |error: std::io::Error| problem::file_unreadable(folder, &error);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && Format::of(&path).is_some() && path.is_file() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}
