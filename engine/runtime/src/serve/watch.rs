//! Sees when the rulebooks on disk have become others, and reads, checks and tests them beside the set that runs.

use super::{
    PAUSE,
    desk::{By, Proposal, Proposals},
    gates::{self, Consent},
    live::{Live, Refused, Set},
    trust,
};
use crate::{
    project::{ENDING, Project},
    watching::Watcher,
};
use guiju_connect::config::Home;
use guiju_lang::finding::Sources;
use std::path::PathBuf;

/// The texts of a set, and the configuration's.
fn files(sources: &Sources) -> Vec<PathBuf> {
    sources.iter().map(|(_, file)| PathBuf::from(&file.path)).collect()
}

/// Loads the set whenever its files have become others. `seen` are those that were loaded, and `refused` whether they did not pass.
pub(super) fn watch(
    set: &Set,
    (mut seen, mut refused): (Sources, bool),
    store: &Home,
    going: &dyn Fn() -> bool,
    changes: &Proposals,
) {
    let mut files = files(&seen);
    let folders = |files: &[PathBuf]| -> Vec<PathBuf> {
        // Rulebooks that are not there yet.
        let given = set.paths.iter().filter(|path| path.is_dir()).cloned();
        let beside = files.iter().filter(|file| file.extension().is_some_and(|e| e == ENDING));
        given.chain(beside.filter_map(|file| file.parent().map(PathBuf::from))).collect()
    };
    let mut watcher = match Watcher::of(&files, &folders(&files)) {
        Ok(watcher) => watcher,
        Err(finding) => {
            let loaded = Err(Refused { findings: vec![finding], sources: Sources::new() });
            changes.put(Proposal { loaded, by: By::Files });
            return;
        }
    };
    // A set that does not pass may be right as it is, and what it looks up be wrong: it is tried again when somebody touches it.
    let (mut again, mut quiet) = (false, false);
    loop {
        // What became other before anybody watched is found by reading; what is only touched is no change.
        let now = Project::open(&set.paths, set.config.as_deref()).sources;
        if now == seen && !again {
            if !watcher.wait(going) {
                return;
            }
            (again, quiet) = (refused, true);
            continue;
        }
        if !quiet {
            // Somebody may still be writing: the watcher is there now and tells, or nobody writes any more.
            std::thread::sleep(PAUSE);
            let later = Project::open(&set.paths, set.config.as_deref()).sources;
            quiet = later == now;
            if !going() {
                return;
            }
            continue;
        }
        quiet = false;
        let loaded = Live::load(set);
        seen = sources(&loaded).clone();
        again = false;
        let now = self::files(&seen);
        if now != files
            && let Ok(other) = Watcher::of(&now, &folders(&now))
        {
            (watcher, files) = (other, now);
        }
        let loaded = loaded.and_then(|live| trust::pass(live, store, &[]));
        refused = loaded.is_err();
        let loaded = loaded.and_then(|live| gates::pass(live, set, store, Consent::Nobody));
        if !changes.put(Proposal { loaded, by: By::Files }) {
            return;
        }
    }
}

/// The texts that were read.
pub(super) fn sources(loaded: &Result<Live, Refused>) -> &Sources {
    match loaded {
        Ok(live) => &live.project.sources,
        Err(refused) => &refused.sources,
    }
}
