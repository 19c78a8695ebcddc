//! A set that runs beside the one in force, without effects. What it would do is worked out from what the server took and recorded,
//! when somebody asks: the step is pure, so that this is what it would have done at the time, and it costs the server nothing.

use super::{
    play::{Acts, Candidate, Span},
    record::Recorded,
    told,
};
use crate::store::{StoreError, View};
use guiju_lang::finding::Finding;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
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
        told::get(&path(store.folder()))
    }

    /// Forgets it.
    ///
    /// # Errors
    /// The store's folder cannot be written.
    pub fn stop(store: &View) -> Result<(), Finding> {
        let path = path(store.folder());
        fs::remove_file(&path).map_err(|e| StoreError::io(&path, &e).into())
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

fn path(store: &Path) -> PathBuf {
    store.join("shadow.json")
}
