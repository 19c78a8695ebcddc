//! Why a count changed, on tables small enough to do the sum by hand.

#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place, write};
use serde_json::Value;
use std::{path::Path, process::Command};

const BOOK: &str = r#"language 1

rulebook care { owner "ops" }

source customers from lake table "customers" {
  key customer_id
  column customer_id is integer required
  column balance is decimal(18,2)
  column due is date
  column branch is text required
}

sink tasks to desk table "tasks" { deliver at least once }

event call "call" {
  on customers
  when due within next 3d and balance >= 10万
  keep top 2 per branch by balance
  once per customer every 30d
  task "call {customer_id}"
  to tasks
}
"#;

/// On the 20th: 1 and 2 of branch A (3 is third), 4 of branch B. 5 is poor, 6 is due later, 7 has no balance.
const BEFORE: &str = "customer_id,balance,due,branch
1,900000,2026-11-20,A
2,800000,2026-11-21,A
3,700000,2026-11-22,A
4,600000,2026-11-20,B
5,50000,2026-11-20,B
6,600000,2026-11-24,B
7,,2026-11-22,B
";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let config = "connections:\n  lake: { kind: files, path: data }\n  desk: { kind: sqlite, path: out/desk.db }\nstore: out/store\n";
        Self(place(&[("care.gj", BOOK), ("data/customers.csv", BEFORE), ("guiju.yaml", config)]))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        write(self.path(), name, text);
    }

    fn guiju(&self, args: &[&str], exit: i32) -> String {
        let (code, text) = guiju(self.path(), args);
        assert_eq!(code, Some(exit), "{args:?}\n{text}");
        text
    }

    fn explained(&self, args: &[&str]) -> Value {
        let said = json(self.path(), &[&["explain", "call"], args].concat(), 0);
        let rule = said["rules"][0].clone();
        // Whatever the groups, they add up.
        let sum = |side: &str| -> i64 {
            let groups = rule[side]["groups"].as_array().unwrap().iter();
            groups.map(|group| group["keys"].as_i64().unwrap()).sum()
        };
        let (before, after) = (rule["before"].as_i64().unwrap(), rule["after"].as_i64().unwrap());
        assert_eq!(after, before - sum("left") + sum("entered"), "{rule}");
        assert_eq!(
            (rule["left"]["keys"].as_i64(), rule["entered"]["keys"].as_i64()),
            (Some(sum("left")), Some(sum("entered")))
        );
        rule
    }
}

/// Each group as its causes' words, how many, and who.
fn groups(rule: &Value, side: &str) -> Value {
    let cause = |cause: &Value| {
        let mut word = match cause["kind"].as_str().unwrap() {
            "condition" => cause["text"].as_str().unwrap().to_owned(),
            "clause" => cause["clause"].as_str().unwrap().to_owned(),
            other => other.to_owned(),
        };
        if cause["unknown"] == true {
            word += " unknown";
        }
        if cause["changed"] == true {
            word += " changed";
        }
        word
    };
    let one = |group: &Value| {
        let causes: Vec<String> = group["causes"].as_array().unwrap().iter().map(cause).collect();
        serde_json::json!([causes.join(" + "), group["keys"], group["samples"]])
    };
    rule[side]["groups"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn two_days_with_the_same_data() {
    let place = Place::new();
    let rule = place.explained(&["--between", "2026-11-20", "2026-11-22", "--no-store"]);
    assert_eq!((rule["before"].as_i64(), rule["after"].as_i64()), (Some(3), Some(2)));
    // On the 22nd 1, 2 and 4 are over; 3 is first of its branch now, 6 has come near.
    assert_eq!(groups(&rule, "left"), serde_json::json!([["due within next 3d", 3, ["1", "2", "4"]]]));
    assert_eq!(groups(&rule, "entered"), serde_json::json!([["due within next 3d", 1, ["6"]], ["keep top", 1, ["3"]]]));
    let text = place.guiju(&["explain", "call", "--between", "2026-11-20", "2026-11-22", "--no-store"], 0);
    assert!(text.contains("care.call: 3 → 2 (-1): 3 left, 2 entered"), "{text}");
    assert!(text.contains("only not among the best"), "{text}");
    let text =
        place.guiju(&["explain", "all", "--lang", "zh", "--between", "2026-11-20", "2026-11-22", "--no-store"], 0);
    assert!(text.contains("care.call：3 → 2（-1）：离开 3，新进 2") && text.contains("未进入前几名"), "{text}");
}

#[test]
fn the_cool_down_is_a_cause() {
    let place = Place::new();
    place.guiju(&["run", "--today", "2026-11-20"], 0);
    let rule = place.explained(&["--between", "2026-11-20", "2026-11-21"]);
    // The run called 1, 2 and 4. A day later 1 and 4 are over anyway and 2 cools down, so 3 has its place; 6 has come near.
    assert_eq!(
        groups(&rule, "left"),
        serde_json::json!([["due within next 3d", 2, ["1", "4"]], ["once per", 1, ["2"]]])
    );
    assert_eq!(groups(&rule, "entered"), serde_json::json!([["due within next 3d", 1, ["6"]], ["keep top", 1, ["3"]]]));
}

#[test]
fn other_data_and_several_conditions_at_once() {
    let place = Place::new();
    let after = "customer_id,balance,due,branch
1,90000,2026-11-20,A
2,80000,2026-12-21,A
3,700000,2026-11-22,A
5,150000,2026-11-20,B
7,200000,2026-11-22,B
";
    place.write("later/customers.csv", after);
    let config = "connections:\n  lake: { kind: files, path: later }\n  desk: { kind: sqlite, path: out/desk.db }\nstore: out/store\n";
    place.write("later.yaml", config);
    let args = ["care.gj", "--config", "later.yaml", "--before-config", "guiju.yaml", "--today", "2026-11-20"];
    let rule = place.explained(&args);
    assert_eq!((rule["before"].as_i64(), rule["after"].as_i64()), (Some(3), Some(3)));
    // 1 is poor now, 2 poor and late, 4 is gone; 3 takes a place, 5 is rich now, 7 has a balance.
    assert_eq!(
        groups(&rule, "left"),
        serde_json::json!([
            ["due within next 3d + balance >= 10万", 1, ["2"]],
            ["balance >= 10万", 1, ["1"]],
            ["no row", 1, ["4"]],
        ])
    );
    assert_eq!(
        groups(&rule, "entered"),
        serde_json::json!([
            ["balance >= 10万", 1, ["5"]],
            ["balance >= 10万 unknown", 1, ["7"]],
            ["keep top", 1, ["3"]]
        ])
    );
    let by_cause = rule["left"]["by_cause"].as_array().unwrap();
    let balance = by_cause.iter().find(|cause| cause["cause"]["text"] == "balance >= 10万").unwrap();
    assert_eq!((balance["alone"].as_i64(), balance["together"].as_i64()), (Some(1), Some(1)));
}

#[test]
fn another_version_of_the_rules() {
    let place = Place::new();
    place.write("old/care.gj", &BOOK.replace("balance >= 10万", "balance >= 65万").replace("top 2", "top 1"));
    let args = ["care.gj", "--against", "old", "--config", "guiju.yaml", "--today", "2026-11-20"];
    let rule = place.explained(&args);
    // Then: 1, the best of A; nobody in B had 65万. Now: 2 as second, 4 below the old border.
    assert_eq!((rule["before"].as_i64(), rule["after"].as_i64()), (Some(1), Some(3)));
    assert_eq!(groups(&rule, "left"), serde_json::json!([]));
    assert_eq!(
        groups(&rule, "entered"),
        serde_json::json!([["balance >= 65万 changed", 1, ["4"]], ["keep top", 1, ["2"]]])
    );
    place.guiju(&["explain", "call", "care.gj", "--against", "no-such-version"], 2);
}

#[test]
fn a_revision_of_the_repository_is_a_version() {
    let place = Place::new();
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(place.path()).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        println!("SKIPPED: there is no git on this machine");
        return;
    }
    place.write("care.gj", &BOOK.replace("balance >= 10万", "balance >= 1万"));
    assert!(git(&["add", "care.gj"]));
    assert!(git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one"]));
    place.write("care.gj", BOOK);
    let rule = place.explained(&["--against", "HEAD", "--today", "2026-11-20"]);
    assert_eq!((rule["before"].as_i64(), rule["after"].as_i64()), (Some(4), Some(3)));
    assert_eq!(groups(&rule, "left"), serde_json::json!([["balance >= 10万 changed", 1, ["5"]]]));
}
