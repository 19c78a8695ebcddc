//! A set that runs beside the one in force, without effects. While a server is at work, it follows what that takes, from what it
//! remembers ([`shade`](super::shade)); where none is, what it would have done is worked out from what was recorded. Both are the same: the
//! step is pure.

use super::{
    play::{Acts, Candidate, Diff, Span},
    record::Recorded,
    told::{self, Told},
};
use crate::store::{StoreError, View};
use guiju_lang::finding::Finding;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// A set in the shadow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shadow {
    /// Name and text of its rulebooks and template files.
    pub files: Vec<(String, String)>,
    /// Whose rules.
    pub tenant: Option<String>,
    /// What was taken after this place in the history counts.
    pub after: i64,
    /// Since when, microseconds since 1970-01-01 UTC.
    pub at: i64,
}

impl Shadow {
    /// From now on, this one; the one before is forgotten.
    ///
    /// # Errors
    /// The store's folder cannot be written.
    pub fn start(store: &View, candidate: &Candidate, tenant: Option<String>, at: i64) -> Result<(), Finding> {
        let after = store.runs(1)?.first().map_or(0, |run| run.seq);
        let path = path(store.folder());
        let shadow = Self { files: candidate.texts(), tenant, after, at };
        told::put(&path, &shadow).map_err(|e| StoreError::io(&path, &e).into())
    }

    /// The one that is there.
    pub fn of(store: &View) -> Option<Self> {
        Self::in_folder(store.folder())
    }

    pub(super) fn in_folder(store: &Path) -> Option<Self> {
        told::get(&path(store))
    }

    /// How the note of it looks: another one is another set, or none.
    pub(super) fn look(store: &Path) -> Option<(SystemTime, u64)> {
        let meta = fs::metadata(path(store)).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    }

    /// Forgets it.
    ///
    /// # Errors
    /// The store's folder cannot be written.
    pub fn stop(store: &View) -> Result<(), Finding> {
        let path = path(store.folder());
        fs::remove_file(&path).map_err(|e| StoreError::io(&path, &e))?;
        // What it said is about nothing any more.
        let _ = fs::remove_file(report_path(store.folder()));
        Ok(())
    }

    /// What it would have done with what was taken since it started; what is kept from before fills its windows.
    ///
    /// # Errors
    /// As [`Candidate::play`].
    pub fn acts(&self, candidate: Candidate, records: &[Recorded]) -> Result<Acts, Vec<Finding>> {
        let mut acts = Acts::default();
        candidate.play(records, &mut |recorded, batch| {
            if recorded.seq > self.after {
                acts.add(batch, Span::ALL);
            }
        })?;
        Ok(acts)
    }
}

/// What a set in the shadow has done so far, beside the one in force.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ShadowReport {
    /// Which one: when it was started, microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// Its hash.
    pub set: String,
    /// What was taken after this place in the history counts, since the server last started.
    pub since: i64,
    /// The last piece's place.
    pub upto: i64,
    /// How many rows.
    pub rows: u64,
    /// Windows that the set in force does not keep: they began empty.
    pub fresh: Vec<String>,
    /// By rule.
    pub effects: Vec<Diff>,
    /// When this was written.
    pub now: i64,
    /// Why it has come to an end.
    pub told: Option<Told>,
}

impl ShadowReport {
    /// What the server of a store last said; nothing where none follows the set that is in the shadow.
    pub fn of(store: &View) -> Option<Self> {
        let shadow = Shadow::of(store)?;
        Self::in_folder(store.folder()).filter(|report| report.at == shadow.at)
    }

    pub(super) fn in_folder(store: &Path) -> Option<Self> {
        told::get(&report_path(store))
    }

    pub(super) fn put(&self, store: &Path) -> std::io::Result<()> {
        told::put(&report_path(store), self)
    }
}

fn report_path(store: &Path) -> PathBuf {
    store.join("shadow-report.json")
}

fn path(store: &Path) -> PathBuf {
    store.join("shadow.json")
}
