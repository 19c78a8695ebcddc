//! A folder as a stream: every file that appears in it is a partition, in the order of the files' names. A file counts once nobody has
//! written to it for a moment, is taken whole or not at all, and is never taken again.
//!
//! A folder keeps all the files that were taken, so it is not listed whenever somebody asks: only when its own time says that a name came
//! or went, and every second, for files that are changed where they lie and for clocks that are too coarse to tell. Where that takes long,
//! because tens of thousands of files lie there, it takes no more than a tenth of the time.

use super::{Address, Backlog, Chunk, Data, Inlet, Settled, Taken};
use crate::{locate::Format, problem};
use guiju_lang::finding::Finding;
use std::{
    collections::{HashMap, VecDeque},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

/// How a file looked.
type Look = (u64, Option<SystemTime>);

/// A list is not trusted for longer, unless making it takes long.
const TRUST: Duration = Duration::from_secs(1);
/// And for as many times as long as it took, even if names have come.
const SHARE: u32 = 10;

/// A folder whose files are pieces of a stream.
pub(super) struct Folder {
    folder: PathBuf,
    quiet: Duration,
    /// Files of whatever name: a feed's captures and recordings.
    any: bool,
    looked: HashMap<PathBuf, (Look, Instant)>,
    refused: HashMap<PathBuf, Look>,
    /// Those that were given, as they looked.
    given: HashMap<PathBuf, Look>,
    closed: bool,
    listed: Option<Listed>,
}

/// What was found when the folder was listed last.
struct Listed {
    /// The folder's own time, before it was listed.
    time: Option<SystemTime>,
    at: Instant,
    /// How long it took.
    took: Duration,
    /// Files that were not taken by then, by name, and how many bytes they had.
    files: VecDeque<(PathBuf, u64)>,
}

impl Folder {
    pub(super) fn of(folder: PathBuf, quiet: Duration, any: bool) -> Self {
        Self {
            folder,
            quiet,
            any,
            looked: HashMap::new(),
            refused: HashMap::new(),
            given: HashMap::new(),
            closed: false,
            listed: None,
        }
    }
}

impl Folder {
    /// Sees to it that there is a list of files that are not taken, and that it is not too old.
    fn list(&mut self, taken: &Taken) -> Result<(), Finding> {
        let time = fs::metadata(&self.folder).and_then(|meta| meta.modified()).ok();
        if let Some(listed) = &self.listed {
            let (age, same) = (listed.at.elapsed(), listed.time == time && time.is_some());
            if age < listed.took * SHARE || (same && age < TRUST) {
                return Ok(());
            }
        }
        self.listed = None;
        let start = Instant::now();
        let files = files(&self.folder, self.any, taken)?;
        let there = |path: &PathBuf| files.binary_search_by(|(file, _)| file.cmp(path)).is_ok();
        self.looked.retain(|path, _| there(path));
        self.refused.retain(|path, _| there(path));
        let at = Instant::now();
        self.listed = Some(Listed { time, at, took: at - start, files });
        Ok(())
    }

    /// The first of the files whose turn it is.
    fn first(&mut self, files: &VecDeque<(PathBuf, u64)>, taken: &Taken) -> Option<Chunk> {
        for (path, _) in files {
            let partition = name(path);
            if taken.contains_key(&partition) {
                continue;
            }
            // It may have gone since.
            let Some(look) = look(path) else { continue };
            if self.refused.get(path) == Some(&look) {
                continue;
            }
            let mut before = self.looked.get(path).filter(|(before, _)| *before == look).map(|(_, since)| *since);
            let since = *before.get_or_insert_with(Instant::now);
            self.looked.insert(path.clone(), (look, since));
            if since.elapsed() < self.quiet {
                // Later names wait for it.
                return None;
            }
            self.given.insert(path.clone(), look);
            let address = Address { partition, offset: look.0 };
            return Some(Chunk { address, data: Data::File(path.clone()) });
        }
        None
    }
}

impl Inlet for Folder {
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>> {
        if self.closed {
            return Ok(None);
        }
        self.list(taken).map_err(|finding| vec![finding])?;
        let files = self.listed.as_mut().map(|listed| std::mem::take(&mut listed.files)).unwrap_or_default();
        let first = self.first(&files, taken);
        if let Some(listed) = &mut self.listed {
            listed.files = files;
        }
        Ok(first)
    }

    fn several(&self) -> bool {
        true
    }

    fn settle(&mut self, address: &Address, settled: Settled<'_>) {
        let path = self.folder.join(&address.partition);
        let Some(look) = self.given.remove(&path) else { return };
        match settled {
            Settled::Taken(_) => {
                self.looked.remove(&path);
                if let Some(Listed { files, .. }) = &mut self.listed {
                    // Nearly always the first: they are taken in their order.
                    match files.front() {
                        Some((first, _)) if *first == path => drop(files.pop_front()),
                        _ => files.retain(|(file, _)| *file != path),
                    }
                }
            }
            Settled::Refused(_) => drop(self.refused.insert(path, look)),
        }
    }

    fn waits(&self) -> bool {
        !self.closed && self.looked.keys().any(|path| path.exists() && !self.refused.contains_key(path))
    }

    fn backlog(&self, taken: &Taken) -> Backlog {
        let mut backlog = Backlog::default();
        let found = match &self.listed {
            Some(listed) => &listed.files,
            None => &files(&self.folder, self.any, taken).unwrap_or_default(),
        };
        for (path, bytes) in found {
            let file = name(path);
            if taken.contains_key(&file) {
                continue;
            }
            // Nobody looks at all of them again whenever somebody asks how many there are.
            if self.refused.get(path).is_some_and(|refused| look(path).as_ref() == Some(refused)) {
                backlog.refused.push(file);
            } else {
                backlog.count += 1;
                backlog.bytes += bytes;
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

/// The folder's data files that are not taken, by name. What begins with a dot is somebody's who is still writing.
fn files(folder: &Path, any: bool, taken: &Taken) -> Result<VecDeque<(PathBuf, u64)>, Finding> {
    let unreadable = |error: std::io::Error| problem::file_unreadable(folder, &error);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // The name alone says it of nearly all.
        if name.starts_with('.') || taken.contains_key(&*name) {
            continue;
        }
        let path = entry.path();
        if !any && Format::of(&path).is_none() {
            continue;
        }
        if let Some(meta) = fs::metadata(&path).ok().filter(fs::Metadata::is_file) {
            all.push((path, meta.len()));
        }
    }
    all.sort();
    Ok(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(folder: &mut Folder, taken: &Taken) -> Option<String> {
        folder.next(taken).unwrap().map(|chunk| chunk.address.partition)
    }

    #[test]
    fn a_folder_is_listed_when_something_may_have_changed_and_not_whenever_somebody_asks() {
        let place = tempfile::TempDir::new().unwrap();
        let put = |name: &str| fs::write(place.path().join(name), "{}").unwrap();
        let (mut folder, mut taken) = (Folder::of(place.path().to_owned(), Duration::ZERO, false), Taken::new());
        ["b.jsonl", "a.jsonl", ".c.jsonl", "d.txt"].into_iter().for_each(put);
        for wanted in ["a.jsonl", "b.jsonl"] {
            assert_eq!(next(&mut folder, &taken).as_deref(), Some(wanted));
            taken.insert(wanted.to_owned(), 2);
            folder.settle(&Address { partition: wanted.to_owned(), offset: 2 }, Settled::Taken(1));
        }
        let listed = folder.listed.as_ref().unwrap().at;
        for _ in 0..20 {
            assert_eq!(next(&mut folder, &taken), None);
        }
        assert_eq!(folder.listed.as_ref().unwrap().at, listed, "it was listed once for both");
        // A name that comes is seen, at the latest when the list is old.
        put("aa.jsonl");
        let began = Instant::now();
        while next(&mut folder, &taken).is_none() {
            assert!(began.elapsed() < TRUST * 3);
            std::thread::sleep(Duration::from_millis(10));
        }
        // One that is refused, and then put right where it lies.
        folder.settle(&Address { partition: "aa.jsonl".to_owned(), offset: 2 }, Settled::Refused(&[]));
        assert_eq!(next(&mut folder, &taken), None);
        assert_eq!(folder.backlog(&taken).refused, ["aa.jsonl"]);
        fs::write(place.path().join("aa.jsonl"), "{} {}").unwrap();
        assert_eq!(next(&mut folder, &taken).as_deref(), Some("aa.jsonl"));
        // What has gone is no more.
        fs::remove_file(place.path().join("aa.jsonl")).unwrap();
        assert_eq!(next(&mut folder, &taken), None);
    }
}
