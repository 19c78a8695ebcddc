//! Several rulebooks in one set: what one declares, the other's rules and tests use through an alias; and words of the language
//! where a rule gives a priority.

#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place, write};

const DATA: &str = r#"rulebook house { owner "ops" }

source customers from lake table "customers" {
  key customer_id
  column customer_id is integer required
  column name is text required
  column balance is decimal(18,2) required
}

sink tasks to desk table "tasks" { deliver at least once }
"#;

const RULES: &str = r#"rulebook care { owner "ops" }

import house as home

event call "call" {
  on home.customers
  when balance >= 10万
  priority if balance >= 100万 then high else if balance >= 50万 then 中 else low
  task "call {name}"
  to home.tasks
}

test "records" {
  given today 2026-11-20
  given home.customers { customer_id: 1, name: "A", balance: 100万 }, { customer_id: 2, name: "B", balance: 60万 }
  expect event call for 1 with priority if 1 < 2 then high else low
  expect event call for 2 with priority medium
}

test "rows" {
  given today 2026-11-20
  given home.customers
    | customer_id | name | balance |
    | 1           | "A"  | 20万    |
    | 2           | "B"  | 1万     |
  expect event call
    | key | priority |
    | 1   | low      |
  expect nothing of call for 2
}

test "anybody" {
  given today 2026-11-20
  for any home.customers with balance < 10万
  expect nothing of call
}
"#;

fn set() -> tempfile::TempDir {
    let config =
        "connections:\n  lake: { kind: files, path: data }\n  desk: { kind: files, path: out }\nstore: out/store\n";
    let table = "customer_id,name,balance\n1,A,1000000.00\n";
    place(&[("house.gj", DATA), ("care.gj", RULES), ("data/customers.csv", table), ("guiju.yaml", config)])
}

#[test]
fn tests_give_rows_to_an_imported_source() {
    let folder = set();
    let said = json(folder.path(), &["test"], 0);
    assert_eq!((said["passed"].as_u64(), said["failed"].as_u64()), (Some(3), Some(0)), "{said}");
    // Also of what another rulebook expects of a rule through an alias.
    let elsewhere = "rulebook watch { owner \"ops\" }\n\nimport care as rules\nimport house as home\n\ntest \"elsewhere\" {\n  given today 2026-11-20\n  given home.customers { customer_id: 1, name: \"A\", balance: 1万 }\n  expect nothing of rules.call for 1\n}\n";
    write(folder.path(), "watch.gj", elsewhere);
    assert_eq!(json(folder.path(), &["test"], 0)["passed"], 4);
}

#[test]
fn levels_are_words_wherever_a_priority_is_given() {
    let folder = set();
    let path = folder.path().join("care.gj");
    assert_eq!(guiju(folder.path(), &["fmt", "--keywords", "zh", "care.gj"]).0, Some(0));
    let chinese = std::fs::read_to_string(&path).unwrap();
    assert!(
        chinese.contains("优先级 如果 balance >= 100万 那么 高 否则 如果 balance >= 50万 那么 中 否则 低"),
        "{chinese}"
    );
    assert_eq!(json(folder.path(), &["test"], 0)["passed"], 3, "{chinese}");
    let slip = RULES.replace("then 中", "then 大");
    write(folder.path(), "care.gj", &slip);
    let said = json(folder.path(), &["check"], 1);
    assert_eq!(said["findings"][0]["code"], "G3012", "{said}");
}
