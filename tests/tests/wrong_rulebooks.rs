//! Rulebooks as analysts get them wrong. What `guiju check` says, in both languages, is kept in `snapshots/wrong`; read it there
//! as the analyst would. `GUIJU_BLESS=1` writes it anew.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use guiju_tests::command::{Said, guiju};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every rulebook, or folder of rulebooks, of the corpus.
fn corpus() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(here().join("corpus/wrong")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(path: &Path, terminal: &str) -> Said {
    let path = path.strip_prefix(here()).unwrap().to_str().unwrap();
    guiju(here(), terminal, &["check", "--plain", "--config", "corpus/guiju.yaml", path])
}

#[test]
fn wrong_rulebooks_are_told_what_they_were_told_before() {
    let bless = std::env::var_os("GUIJU_BLESS").is_some();
    let folder = here().join("snapshots/wrong");
    let mut differing = Vec::new();
    for path in corpus() {
        let (en, zh) = (check(&path, "en_US.UTF-8"), check(&path, "zh_CN.UTF-8"));
        let page = format!("==== en, exit {:?}\n{}==== zh, exit {:?}\n{}", en.exit, en.text, zh.exit, zh.text);
        let snapshot = folder.join(path.file_stem().unwrap()).with_extension("txt");
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&snapshot, &page).unwrap();
        }
        let kept = fs::read_to_string(&snapshot).unwrap_or_default();
        if kept != page {
            differing.push(format!("---- {}\nkept:\n{kept}\nnow:\n{page}", path.display()));
        }
    }
    assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n"));
}

/// One mistake is one finding, or one in each place where it was made; and it is an error, except where the rulebook would run.
#[test]
fn one_mistake_is_one_finding() {
    // More than one place, or more than one mistake; the last should say less (corpus/worst.md).
    const PLACES: [(&str, usize); 8] =
        [("/08-", 2), ("/32-", 3), ("/24-", 2), ("/39-", 2), ("/062-", 3), ("/065-", 2), ("/084-", 2), ("/094-", 2)];
    const RUNS: [&str; 11] =
        ["/15-", "/30-", "/095-", "/096-", "/196-", "/197-", "/198-", "/199-", "/200-", "/201-", "/202-"];
    const UNREAD: [&str; 2] = ["/28-", "/207-"];
    assert!(corpus().len() >= 150);
    let mut wrong = Vec::new();
    for path in corpus() {
        let said = check(&path, "en_US.UTF-8");
        let is = |name: &str| path.to_string_lossy().contains(name);
        let found = said.text.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning[")).count();
        let places = PLACES.iter().find(|(name, _)| is(name)).map_or(1, |(_, count)| *count);
        let exit = match () {
            () if RUNS.iter().any(|name| is(name)) => 0,
            () if UNREAD.iter().any(|name| is(name)) => 3,
            () => 1,
        };
        if found != places || said.exit != Some(exit) {
            wrong.push(format!("{}: {found} findings, exit {:?}\n{}", path.display(), said.exit, said.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
