//! `guiju run --watch`: whom a rule finds, after every change of its text.

#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn guiju(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guiju"));
    command.args(args).current_dir(folder);
    command
}

/// A watching program; its lines one by one.
struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = guiju(folder, args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// By rule.
fn counts(document: &Value, field: &str) -> BTreeMap<String, u64> {
    let rules = document["rules"].as_array().unwrap();
    rules.iter().map(|rule| (rule["rule"].as_str().unwrap().to_owned(), rule[field].as_u64().unwrap())).collect()
}

/// The shipped rulebooks and data, to be edited.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["rulebooks", "examples/data", "examples/calendars", "templates"] {
        copy_all(&root().join(part), &folder.path().join(part));
    }
    std::fs::copy(root().join("examples/guiju.yaml"), folder.path().join("examples/guiju.yaml")).unwrap();
    folder
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

const ARGS: [&str; 9] = [
    "run",
    "rulebooks/customer_care",
    "rulebooks/house.gj",
    "--config",
    "examples/guiju.yaml",
    "--today",
    "2026-11-20",
    "--json",
    "--watch",
];

#[test]
fn the_rules_that_change_say_whom_they_find() {
    let folder = copy();
    let mut watching = Watching::start(folder.path(), &ARGS);
    let all = watching.next();
    let found = counts(&all, "count");
    let dry = guiju(folder.path(), &ARGS[..8]).arg("--dry").output().unwrap();
    let dry: Value = serde_json::from_slice(&dry.stdout).unwrap();
    let tasks = counts(&dry, "new");
    assert_eq!(found.keys().collect::<Vec<_>>(), tasks.keys().collect::<Vec<_>>());
    // `keep top` and a cool-down within the run leave fewer tasks than rows; nothing can leave more.
    assert!(found.iter().all(|(rule, rows)| *rows >= tasks[rule]), "{found:?} {tasks:?}");
    assert!(found.iter().filter(|(rule, rows)| **rows == tasks[*rule]).count() > found.len() / 2);

    let book = folder.path().join("rulebooks/customer_care/money.gj");
    let text = std::fs::read_to_string(&book).unwrap();
    let at = text.find("cd_balance >= ").expect("an event about certificates of deposit") + "cd_balance >= ".len();
    let end = at + text[at..].find('\n').unwrap();

    std::fs::write(&book, format!("{}oops{}", &text[..at], &text[end..])).unwrap();
    let broken = watching.next();
    assert_eq!(broken["ok"], false);

    std::fs::write(&book, format!("{}1{}", &text[..at], &text[end..])).unwrap();
    let changed = watching.next();
    assert_eq!(changed["rules"].as_array().unwrap().len(), 1, "only the rule that changed: {changed}");
    let rule = &changed["rules"][0];
    let name = rule["rule"].as_str().unwrap();
    assert!(rule["count"].as_u64().unwrap() >= found[name], "a lower bound finds more: {changed}");
    let branches = rule["branches"].as_array().unwrap();
    assert!(branches.len() >= 2);
    let left: Vec<u64> = branches.iter().filter_map(|branch| branch["left"].as_u64()).collect();
    assert!(left.is_sorted_by(|a, b| a >= b), "each condition leaves fewer: {changed}");
    assert_eq!(left.last().copied(), rule["count"].as_u64(), "the last one leaves those that are found");
    assert!(branches.iter().all(|branch| branch["alone"].as_u64() >= branch["left"].as_u64()));
    let samples = rule["samples"].as_array().unwrap();
    assert_eq!(samples.len() as u64, rule["count"].as_u64().unwrap().min(5));
    assert!(samples.iter().all(|sample| !sample["key"].as_str().unwrap().is_empty()));

    // The same text again is no change; the old one is, and finds what it found.
    std::fs::write(&book, &text).unwrap();
    let back = watching.next();
    assert_eq!(counts(&back, "count")[name], found[name]);
}

/// Rules that ask about other tables or about all rows are counted from the cache, too, and no differently.
#[test]
fn every_rule_is_answered_from_the_cache_and_alike() {
    let folder = copy();
    let mut first = Watching::start(folder.path(), &ARGS);
    let read = first.next();
    assert_eq!(read["cached"], false);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let kept = loop {
        let again = Watching::start(folder.path(), &ARGS).next();
        if again["cached"] == true {
            break again;
        }
        assert!(std::time::Instant::now() < deadline, "the columns are not kept: {again}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    assert!(kept["rules"].as_array().unwrap().iter().any(|rule| rule["counted"] == "effects"), "{kept}");
    assert_eq!((&read["rules"], &read["rows"]), (&kept["rules"], &kept["rows"]));
}
