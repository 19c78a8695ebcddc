//! The tasks that the shipped rulebooks make of the shipped data on Friday, 20 November 2026.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use guiju_tests::plain::{Task, events, write::days};
use std::path::Path;

fn expected() -> Vec<Task> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/shipped_tasks.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut tasks: Vec<Task> = reader
        .records()
        .map(|r| {
            let r = r.unwrap();
            let field = |i: usize| r[i].to_owned();
            Task { rule: field(0), key: field(1), priority: field(2), assignee: field(3), task: field(4) }
        })
        .collect();
    tasks.sort();
    tasks
}

/// The expectation is kept in a file that people have read; plain loops over the rows, which share no line with the engine,
/// come to the same tasks.
#[test]
fn plain_loops_agree_with_the_expectation() {
    let plain = events::all(days(2026, 11, 20));
    if std::env::var_os("GUIJU_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/shipped_tasks.csv");
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(["rule", "key", "priority", "assignee", "task"]).unwrap();
        for t in &plain {
            writer.write_record([&t.rule, &t.key, &t.priority, &t.assignee, &t.task]).unwrap();
        }
        writer.flush().unwrap();
    }
    assert_eq!(plain, expected());
}
