//! A file is one thought, and the top of the house stays as drawn.

use crate::{none, root, sources};
use std::path::{Path, PathBuf};

/// Files longer than this need a reason.
const LONGEST: usize = 600;

/// The reasons. An entry whose file has become short is itself a violation.
const LONGER: &[(&str, &str)] = &[];

/// What may stand at the top, besides dot-files and what is built.
const TOP: [&str; 15] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "LICENSE",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
    "dsl-grammar",
    "engine",
    "rulebooks",
    "templates",
    "examples",
    "tests",
];

#[test]
fn files_are_one_thought() {
    let files: Vec<_> = ["dsl-grammar", "engine"].into_iter().flat_map(sources).collect();
    none(&too_long(&files, LONGER));
}

#[test]
fn the_top_stays_as_drawn() {
    let names =
        std::fs::read_dir(root()).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    none(&strangers(names));
}

#[test]
fn every_promise_has_its_test() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = page.split("## Hot reload: what is promised").nth(1).unwrap().split("\n## ").next().unwrap();
    let tests: String = sources("tests/tests/serve").into_iter().map(|(_, text)| text).collect();
    let named =
        table.lines().filter(|line| line.starts_with("| ")).skip(1).filter_map(|line| line.rsplit("| `").next());
    let names: Vec<&str> = named.filter_map(|cell| cell.split('`').next()).collect();
    assert!(names.len() >= 10, "{names:?}");
    none(&absent(&names, &tests));
}

/// Tests that are not there.
fn absent(names: &[&str], tests: &str) -> Vec<String> {
    let is_there = |name: &&&str| tests.contains(&format!("\nfn {name}()"));
    let is_not = names.iter().filter(|name| !is_there(name));
    is_not.map(|name| format!("`{name}` is promised and is no test")).collect()
}

#[test]
fn a_promise_without_its_test_is_seen() {
    assert_eq!(absent(&["kept", "broken"], "#[test]\nfn kept() {}"), ["`broken` is promised and is no test"]);
}

fn too_long(files: &[(PathBuf, String)], longer: &[(&str, &str)]) -> Vec<String> {
    let excused = |path: &Path| longer.iter().any(|(file, _)| path == Path::new(file));
    let is_long = |text: &str| text.lines().count() > LONGEST && !is_generated(text);
    let mut found: Vec<String> = files
        .iter()
        .filter(|(path, text)| is_long(text) && !excused(path))
        .map(|(path, text)| format!("{}: {} lines; split it, or give a reason", path.display(), text.lines().count()))
        .collect();
    for (file, _) in longer {
        if !files.iter().any(|(path, text)| path == Path::new(file) && is_long(text)) {
            found.push(format!("{file}: no longer long; take it from the list"));
        }
    }
    found
}

/// A table that a test writes is not read by people.
fn is_generated(text: &str) -> bool {
    text.starts_with("// Generated from ")
}

fn strangers(names: impl Iterator<Item = String>) -> Vec<String> {
    names
        .filter(|name| !name.starts_with('.') && name != "target" && !TOP.contains(&name.as_str()))
        .map(|name| format!("`{name}` does not belong at the top"))
        .collect()
}

#[test]
fn a_long_file_and_a_stale_reason_are_seen() {
    let file = |name: &str, lines: usize| (PathBuf::from(name), "x\n".repeat(lines));
    assert_eq!(too_long(&[file("a.rs", 601)], &[]).len(), 1);
    none(&too_long(&[file("a.rs", 600)], &[]));
    none(&too_long(&[file("a.rs", 601)], &[("a.rs", "why")]));
    assert_eq!(too_long(&[file("a.rs", 600)], &[("a.rs", "why")]).len(), 1);
    assert_eq!(too_long(&[], &[("gone.rs", "why")]).len(), 1);
    none(&too_long(&[(PathBuf::from("t.rs"), format!("// Generated from x\n{}", "x\n".repeat(700)))], &[]));
}

#[test]
fn a_stranger_at_the_top_is_seen() {
    let names = ["Cargo.toml", ".ci", "utils", "engine"].map(str::to_owned);
    assert_eq!(strangers(names.into_iter()), ["`utils` does not belong at the top"]);
}
