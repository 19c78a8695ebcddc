//! Messages that cannot be read, kept for a person: nobody can ask their sender for them again.
//!
//! A file of JSON lines for each source, below the store's folder `refused`; whoever has looked at it removes it. A message stands
//! there before the transaction that passes it over, so a killed server may write it down twice.

use super::told::Told;
use crate::store::StoreError;
use guiju_connect::inlet::Message;
use guiju_lang::finding::{Arg, At, Finding, Sources, codes};
use serde_json::{Value, json};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

/// More is not put aside until somebody has looked: until then the source waits, and nothing is lost.
const MOST: u64 = 256 << 20;

fn path(store: &Path, source: &str) -> PathBuf {
    store.join("refused").join(format!("{source}.jsonl"))
}

/// The file of a source, if there is one.
pub(super) fn there(store: &Path, source: &str) -> Option<String> {
    let path = path(store, source);
    fs::metadata(&path).is_ok_and(|meta| meta.len() > 0).then(|| path.display().to_string())
}

/// Puts messages aside, durably.
pub(super) fn put(
    store: &Path,
    source: &str,
    partition: &str,
    refused: &[(Message, Vec<Finding>)],
) -> Result<(), Finding> {
    if refused.is_empty() {
        return Ok(());
    }
    let path = path(store, source);
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > MOST) {
        let finding = Finding::new(codes::cli::SERVE_ASIDE_FULL, At::Nowhere).name("path", path.display().to_string());
        return Err(finding.arg("most", Arg::Count(i64::try_from(MOST >> 20).unwrap_or(i64::MAX))));
    }
    let mut text = String::new();
    for (Message { offset, body }, findings) in refused {
        let why = Told::of(findings, &Sources::new()).en;
        let body = match std::str::from_utf8(body) {
            Ok(body) => json!({ "text": body }),
            Err(_) => json!({ "hex": body.iter().map(|byte| format!("{byte:02x}")).collect::<String>() }),
        };
        let line: Value = json!({
            "partition": partition, "offset": offset, "message": body, "why": why.findings,
        });
        text += &format!("{line}\n");
    }
    let write = || {
        fs::create_dir_all(store.join("refused"))?;
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| StoreError::io(&path, &error).into())
}
