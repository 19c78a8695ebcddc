//! Whether a set is signed by those who have to, where the configuration says who: on its way in, back, and at every start.
//!
//! Signatures come with a set that is applied, or stand in the bundle beside the configuration; those that counted are kept in the store,
//! so that a set can be gone back to when the bundle is another.

use super::live::{Live, Refused};
use crate::signed::{self, BUNDLE, Bundle, Signature};
use guiju_lang::finding::{Arg, At, Finding, codes};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Signatures that counted, one JSON object a line.
fn kept(store: &Path) -> PathBuf {
    store.join("signatures.jsonl")
}

/// The set, if it is signed well enough by those that are given, kept, or beside the configuration.
pub(super) fn pass(live: Live, store: &Path, given: &[Signature]) -> Result<Live, Refused> {
    let trust = &live.project.config.trust;
    if trust.keys.is_empty() {
        return Ok(live);
    }
    let set = live.epoch.hash();
    let lines = fs::read_to_string(kept(store)).unwrap_or_default();
    let before: Vec<Signature> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let beside = Bundle::read(&live.project.config.folder.join(BUNDLE)).map(|bundle| bundle.signatures);
    let beside = beside.unwrap_or_default();
    let good = signed::good(trust, set, before.iter().chain(given).chain(&beside));
    let new: Vec<&Signature> = good.iter().copied().filter(|signature| !before.contains(signature)).collect();
    let finding = if good.len() < trust.signatures {
        let count = |n: usize| Arg::Count(i64::try_from(n).unwrap_or(i64::MAX));
        let finding = Finding::new(codes::cli::SERVE_UNSIGNED, At::Nowhere).name("set", set.to_string());
        finding.arg("count", count(good.len())).arg("needed", count(trust.signatures))
    } else if let Err(error) = keep(store, &new) {
        let finding = Finding::new(codes::cli::UNWRITABLE, At::Nowhere);
        finding.name("path", kept(store).display().to_string()).arg("reason", Arg::Plain(error.to_string()))
    } else {
        return Ok(live);
    };
    Err(Refused { findings: vec![finding], sources: live.project.sources.clone() })
}

fn keep(store: &Path, new: &[&Signature]) -> io::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let mut file = OpenOptions::new().create(true).append(true).open(kept(store))?;
    for signature in new {
        file.write_all(format!("{}\n", serde_json::to_string(signature)?).as_bytes())?;
    }
    file.sync_all()
}
