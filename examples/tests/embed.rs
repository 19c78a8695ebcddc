//! The examples of embedding say what their pages promise.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot run a program has failed

use std::process::Command;

/// What an example says. `cargo test` builds examples before it runs tests.
fn said(name: &str) -> String {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(|deps| deps.parent()).unwrap().join("examples").join(name);
    let done = Command::new(&path).output();
    let done =
        done.unwrap_or_else(|e| panic!("{}: {e}; `cargo build --workspace --examples` makes it", path.display()));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_decision_is_made_once_a_day_and_explained() {
    let said = said("decide");
    assert!(said.contains("王建国") && said.contains("asked again the same day: 0 tasks"), "{said}");
}

#[test]
fn other_rules_take_over_and_the_windows_go_on() {
    let said = said("stream");
    assert!(said.contains("refused, and nothing happened: G2101"), "{said}");
    assert!(said.contains("kept: desk.payments amount over 10m by desk.payments customer"), "{said}");
    assert_eq!(said.matches("paid out").count(), 2, "{said}");
    assert!(said.contains("A paid out 47000.00") && said.contains("B paid out 47000.00"), "{said}");
}

#[test]
fn a_repeated_night_publishes_nothing_twice() {
    let said = said("nightly");
    assert!(said.contains("repeated: run 2026-11-20, 0 new tasks, 109 were there"), "{said}");
    assert!(said.contains("in the journal: 109"), "{said}");
}
