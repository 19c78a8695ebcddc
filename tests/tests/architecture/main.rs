//! The invariants that ARCHITECTURE.md promises, on the sources as they are. Every check is also shown bad samples, so that
//! none of them can go blind.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

mod code;
mod imports;
mod purity;
mod shape;
mod surface;

use std::path::{Path, PathBuf};

/// The workspace's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Rust files below a folder, with their text, in order.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "no source below `{folder}`");
    let short = |path: &PathBuf| path.strip_prefix(root()).unwrap_or(path).to_path_buf();
    found.iter().map(|path| (short(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// Fails with every violation, not with the first.
#[track_caller]
fn none(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}
