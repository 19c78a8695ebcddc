//! The tasks that the shipped rulebooks make of the shipped data on Friday, 20 November 2026.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use guiju_tests::{
    command::guiju,
    plain::{Task, data::examples, events, write::days},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn expected() -> Vec<Task> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/shipped_tasks.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut tasks: Vec<Task> = reader
        .records()
        .map(|r| {
            let r = r.unwrap();
            let field = |i: usize| r[i].to_owned();
            let (rule, key, priority) = (field(0), field(1), field(2));
            Task { rule, key, priority, assignee: field(3), expires: field(4), task: field(5) }
        })
        .collect();
    tasks.sort();
    tasks
}

/// Says what differs, not everything there is.
fn same(got: &[Task], expected: &[Task]) {
    let more: Vec<_> = got.iter().filter(|t| !expected.contains(t)).collect();
    let less: Vec<_> = expected.iter().filter(|t| !got.contains(t)).collect();
    assert!(more.is_empty() && less.is_empty(), "not expected: {more:#?}\nnot there: {less:#?}");
    assert_eq!(got.len(), expected.len(), "a task is there twice");
}

/// The expectation is kept in a file that people have read; plain loops over the rows, which share no line with the engine,
/// come to the same tasks.
#[test]
fn plain_loops_agree_with_the_expectation() {
    let plain = events::all(days(2026, 11, 20));
    if std::env::var_os("GUIJU_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/shipped_tasks.csv");
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(["rule", "key", "priority", "assignee", "expires", "task"]).unwrap();
        for t in &plain {
            writer.write_record([&t.rule, &t.key, &t.priority, &t.assignee, &t.expires, &t.task]).unwrap();
        }
        writer.flush().unwrap();
    }
    same(&plain, &expected());
}

/// The shipped configuration, with its outputs and its store in a folder of the test's own.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let examples = examples().canonicalize().unwrap();
    let config = fs::read_to_string(examples.join("guiju.yaml")).unwrap();
    let config = config
        .replace("path: data ", &format!("path: {} ", examples.join("data").display()))
        .replace("[../rulebooks/", &format!("[{}/../rulebooks/", examples.display()));
    fs::write(folder.path().join("guiju.yaml"), config).unwrap();
    folder
}

fn rulebooks() -> String {
    examples().join("../rulebooks").canonicalize().unwrap().display().to_string()
}

#[test]
fn the_engine_makes_the_expected_tasks_and_doubles_none() {
    let folder = project();
    for new in [expected().len(), 0] {
        let args = ["run", "--json", "--config", "guiju.yaml", "--today", "2026-11-20", &rulebooks()];
        let said = guiju(folder.path(), "en_US.UTF-8", &args);
        assert_eq!(said.exit, Some(0), "{}", said.text);
        let report: serde_json::Value = serde_json::from_str(&said.text).unwrap();
        assert_eq!(report["new"], new, "{}", said.text);
    }
    let args = ["list", "tasks", "--json", "--limit", "1000", "--config", "guiju.yaml", &rulebooks()];
    let said = guiju(folder.path(), "en_US.UTF-8", &args);
    let list: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    let mut tasks: Vec<Task> = list["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let field = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("no {name} in {row}")).to_owned();
            let rule = field("rule").strip_prefix("default/").unwrap().to_owned();
            Task {
                rule,
                key: field("key"),
                priority: field("priority"),
                assignee: field("assignee"),
                expires: row["expires"].as_str().unwrap_or_default().to_owned(),
                task: field("task"),
            }
        })
        .collect();
    tasks.sort();
    same(&tasks, &expected());
}

#[test]
fn the_shipped_rulebooks_are_right_laid_out_and_tested() {
    let folder = project();
    let rulebooks = rulebooks();
    let say = |args: &[&str]| guiju(folder.path(), "en_US.UTF-8", args);
    let check = say(&["check", "--config", "guiju.yaml", &rulebooks]);
    assert!(check.exit == Some(0) && check.text.contains("nothing wrong"), "{}", check.text);
    let laid_out = say(&["fmt", "--check", &rulebooks]);
    assert_eq!(laid_out.exit, Some(0), "{}", laid_out.text);
    let test = say(&["test", "--min", "100", "--config", "guiju.yaml", &rulebooks]);
    let written = rulebook_files().iter().flat_map(|t| t.lines()).filter(|l| is_test(l)).count();
    assert!(written >= 60, "only {written} tests are written");
    assert!(test.exit == Some(0) && test.text.contains(&format!("{written} passed, 0 failed")), "{}", test.text);
}

/// Both halves read in the other language: translated they pass the same tests, translated back they are the same bytes.
#[test]
fn the_shipped_rulebooks_say_the_same_in_the_other_language() {
    let folder = project();
    let copied: Vec<(PathBuf, String, String)> = ["", "customer_care", "客户关怀"]
        .into_iter()
        .flat_map(|part| {
            let (from, to) = (Path::new(&rulebooks()).join(part), folder.path().join("rules").join(part));
            fs::create_dir_all(&to).unwrap();
            let files = fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path());
            let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "gj")).collect();
            files.into_iter().map(move |path| (to.join(path.file_name().unwrap()), fs::read_to_string(path).unwrap()))
        })
        .map(|(path, text)| {
            fs::write(&path, &text).unwrap();
            let own = if text.contains("\nlanguage 1") { "en" } else { "zh" };
            (path, text, own.to_owned())
        })
        .collect();
    let say = |args: &[&str]| guiju(folder.path(), "en_US.UTF-8", args);
    let translate = |back: bool| {
        for (path, _, own) in &copied {
            let to = if (own == "en") == back { "en" } else { "zh" };
            assert_eq!(say(&["fmt", "--keywords", to, path.to_str().unwrap()]).exit, Some(0));
        }
    };
    translate(false);
    assert!(copied.iter().all(|(path, text, _)| fs::read_to_string(path).unwrap() != *text));
    let test = say(&["test", "--config", "guiju.yaml", "rules"]);
    assert!(test.exit == Some(0) && test.text.contains(", 0 failed"), "{}", test.text);
    translate(true);
    for (path, text, _) in &copied {
        assert!(fs::read_to_string(path).unwrap() == *text, "{} came back changed", path.display());
    }
}

fn is_test(line: &str) -> bool {
    line.starts_with("test \"") || line.starts_with("测试 \"")
}

/// The shipped rulebooks' texts.
fn rulebook_files() -> Vec<String> {
    ["", "customer_care", "客户关怀"]
        .iter()
        .flat_map(|folder| fs::read_dir(Path::new(&rulebooks()).join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "gj"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// Thirty events, each in the course of the folder's README, and no other.
#[test]
fn the_course_names_every_event() {
    let readme = fs::read_to_string(Path::new(&rulebooks()).join("README.md")).unwrap();
    let mut taught: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|row| row.split_once(" `")?.1.split_once("` |").map(|(name, _)| name))
        .collect();
    let files = rulebook_files();
    let mut written: Vec<&str> = files
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("event ").or_else(|| line.strip_prefix("事件 ")))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(written.len(), 30);
    taught.sort_unstable();
    written.sort_unstable();
    assert_eq!(taught, written);
}
