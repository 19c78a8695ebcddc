//! A folder with a set in it, and the command run there.

#![allow(dead_code)] // each test binary uses its own part

use serde_json::Value;
use std::{path::Path, process::Command};

/// A folder with these files.
pub(crate) fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| write(folder.path(), name, text));
    folder
}

/// Writes a file, with the folders it lies in.
pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The exit code, and all that was said.
pub(crate) fn guiju(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_guiju"))
        .args(args)
        .current_dir(folder)
        .env_remove("LC_ALL")
        .env("LANG", "en_US.UTF-8")
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// What is said as JSON, with that exit code.
pub(crate) fn json(folder: &Path, args: &[&str], exit: i32) -> Value {
    let mut all = args.to_vec();
    all.push("--json");
    let (code, text) = guiju(folder, &all);
    assert_eq!(code, Some(exit), "{args:?}\n{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
