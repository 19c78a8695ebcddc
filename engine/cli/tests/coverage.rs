//! Coverage and mutation score as a person asks for them: on a small rulebook whose figures can be counted by hand.

#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

mod common;

use common::{guiju, json, place, write};
use serde_json::Value;

const BOOK: &str = r#"language 1

rulebook care { owner "ops" }

source customers from lake table "customers" {
  key customer_id
  column customer_id is integer required
  column name is text required
  column balance is decimal(18,2) required
  column score is integer
  column manager is text
}

sink tasks to desk table "tasks" { deliver at least once }

table urgency (balance) -> level {
  hit first
  | >= 100万  -> "high"   |
  | >= 50万   -> "medium" |
  | otherwise -> "low"    |
}

event call "call" {
  on customers
  when balance >= 10万 and (score is missing or score > 80)
  priority urgency(balance)
  assign to manager or else "desk"
  once per customer every 30d
  task "call {name}"
  to tasks
}
"#;

fn folder(tests: &str) -> tempfile::TempDir {
    place(&[
        ("care.gj", &format!("{BOOK}{tests}")),
        ("data/customers.csv", "customer_id,name,balance,score,manager\n1,A,1000000.00,81,M1\n"),
        (
            "guiju.yaml",
            "connections:\n  lake: { kind: files, path: data }\n  desk: { kind: files, path: out }\nstore: out/store\n",
        ),
    ])
}

/// What was never seen, as `text: what`, of the unit with that name.
fn unseen(document: &Value, name: &str) -> Vec<String> {
    let units = document["coverage"]["units"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["name"] == name).unwrap_or_else(|| panic!("no {name}: {document}"));
    let points = unit["unseen"].as_array().unwrap().iter();
    points.map(|p| format!("{}: {}", p["text"].as_str().unwrap(), p["never"].as_str().unwrap())).collect()
}

const ONE_TEST: &str = r#"
test "a rich customer is called" {
  given today 2026-11-20
  given customers { customer_id: 1, name: "A", balance: 100万, score: 81, manager: "M1" }
  expect event call for 1 with priority high
}
"#;

#[test]
fn what_one_test_has_not_seen_is_listed_with_its_line() {
    let folder = folder(ONE_TEST);
    let said = json(folder.path(), &["test", "--coverage"], 0);
    // Acts; three conditions, each true and false; `or else` both ways; the cool-down. A condition on a column that stands behind
    // `is missing` cannot be unknown, nor can one on a required column.
    assert_eq!(
        unseen(&said, "care.call"),
        [
            "balance >= 10万: false",
            "score is missing: true",
            "score > 80: false",
            "manager or else \"desk\": default",
            "once per customer every 30d: held back",
        ]
    );
    assert_eq!(unseen(&said, "urgency"), ["| >= 50万 -> \"medium\" |: row", "| otherwise -> \"low\" |: row"]);
    assert_eq!((said["coverage"]["seen"].as_u64(), said["coverage"]["of"].as_u64()), (Some(6), Some(13)), "{said}");
    let line = said["coverage"]["units"][0]["unseen"][0]["line"].as_u64();
    assert_eq!(line, Some(25));
    let (_, text) = guiju(folder.path(), &["test", "--coverage"]);
    assert!(text.contains("care.gj:25  balance >= 10万  — never false"), "{text}");
    let (_, chinese) = guiju(folder.path(), &["test", "--coverage", "--lang", "zh"]);
    assert!(chinese.contains("覆盖率") && chinese.contains("从未不成立"), "{chinese}");
}

const ALL_TESTS: &str = r#"
test "who is called, by whom, how urgently" {
  given today 2026-11-20
  given customers
  | customer_id | name | balance  | score   | manager |
  | 1           | "A"  | 100万    | 81      | "M1"    |
  | 2           | "B"  | 50万     | missing | missing |
  | 3           | "C"  | 10万     | 99      | "M1"    |
  | 4           | "D"  | 99999.99 | 99      | "M1"    |
  | 5           | "E"  | 10万     | 80      | "M1"    |
  expect event call for 1 with priority high, assignee "M1", task "call A"
  expect event call for 2 with priority medium, assignee "desk"
  expect event call for 3 with priority low
  expect nothing of call for 4
  expect nothing of call for 5
  after 29d
  expect nothing
  after 1d
  expect event call for 1
}
"#;

#[test]
fn full_coverage_passes_its_threshold_and_less_does_not() {
    let full = folder(ALL_TESTS);
    let said = json(full.path(), &["test", "--min", "100"], 0);
    assert_eq!(said["coverage"]["percent"], 100.0, "{said}");
    let part = folder(ONE_TEST);
    let said = json(part.path(), &["test", "--min", "50"], 1);
    assert_eq!((said["ok"].as_bool(), said["failed"].as_u64()), (Some(false), Some(0)));
    json(part.path(), &["test", "--min", "40"], 0);
    assert_eq!(guiju(part.path(), &["test", "--min", "101"]).0, Some(2));
}

#[test]
fn a_rule_that_no_test_expects_anything_of_is_not_covered_by_rows_that_pass_it() {
    let folder = folder(
        "\ntest \"nothing of call\" {\n  given today 2026-11-20\n  given customers { customer_id: 1, name: \"A\", balance: 1 }\n  expect nothing of call\n}\n",
    );
    let book = std::fs::read_to_string(folder.path().join("care.gj")).unwrap();
    let second = book.split("event call").nth(1).unwrap().split("\n}\n").next().unwrap();
    let book = format!("{book}\nevent other{second}\n}}\n");
    write(folder.path(), "care.gj", &book);
    let said = json(folder.path(), &["test", "--coverage"], 0);
    assert_eq!(said["coverage"]["units"][0]["seen"], 1, "{said}");
    assert_eq!(said["coverage"]["units"][1]["seen"], 0, "{said}");
}

#[test]
fn a_change_that_no_test_notices_is_said_in_the_rulebooks_words() {
    let folder = folder(ALL_TESTS);
    let said = json(folder.path(), &["test", "--mutate"], 0);
    let survivors: Vec<String> = said["mutation"]["survivors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| format!("{} → {}", s["from"].as_str().unwrap(), s["to"].as_str().unwrap()))
        .collect();
    // Both borders of the table are tested at the border, neither just below it.
    let rows = [
        "| >= 100万  -> \"high\"   | → | >= 99万  -> \"high\"   |",
        "| >= 50万   -> \"medium\" | → | >= 49万   -> \"medium\" |",
    ];
    assert_eq!(survivors, rows, "{said}");
    assert_eq!((said["mutation"]["tried"].as_u64(), said["mutation"]["noticed"].as_u64()), (Some(32), Some(30)));
    let (_, text) = guiju(folder.path(), &["test", "--mutate"]);
    assert!(text.contains("no test notices if line 18 said `| >= 99万"), "{text}");
    let (_, chinese) = guiju(folder.path(), &["test", "--mutate", "--lang", "zh"]);
    assert!(chinese.contains("没有测试会发现"), "{chinese}");
}

#[test]
fn without_time_nothing_is_tried_and_that_is_said() {
    let folder = folder(ALL_TESTS);
    let said = json(folder.path(), &["test", "--mutate", "--seconds", "0"], 0);
    assert_eq!(said["mutation"]["tried"], 0);
    assert!(said["mutation"]["left"].as_u64().unwrap() > 20, "{said}");
}

#[test]
fn a_row_that_breaks_for_any_is_as_plain_as_can_be_and_the_same_every_time() {
    let test = "\ntest \"nobody below 11万\" {\n  given today 2026-11-20\n  for any customers with balance < 11万\n  expect nothing of call\n}\n";
    let place = folder(test);
    let said = json(place.path(), &["test"], 1);
    let failure = &said["tests"][0]["failures"][0]["failure"];
    assert_eq!(failure["kind"], "counterexample", "{said}");
    // Nothing but what is required, the lowest balance of a constant that still fires.
    assert_eq!(failure["given"], "given customers { customer_id: 1, name: \"a\", balance: 100000.00 }");
    assert_eq!(failure["failures"][0]["failure"]["kind"], "unexpected");
    assert_eq!(json(place.path(), &["test"], 1), said, "the same rows every time");
    // Pasted into a test, the line means the same.
    let row = failure["given"].as_str().unwrap();
    let pasted =
        folder(&format!("\ntest \"pasted\" {{\n  given today 2026-11-20\n  {row}\n  expect event call for 1\n}}\n"));
    json(pasted.path(), &["test"], 0);
}

#[test]
fn for_any_holds_covers_and_notices() {
    let test = "\ntest \"called\" {\n  given today 2026-11-20\n  for any customers with balance >= 10万 and (score is missing or score > 80)\n  expect event call\n}\n\ntest \"not called\" {\n  given today 2026-11-20\n  for any customers with balance < 10万 or score <= 80\n  expect nothing of call\n}\n";
    let place = folder(test);
    let said = json(place.path(), &["test", "--coverage", "--mutate"], 0);
    // Everything but the cool-down, which needs a second day.
    assert_eq!(unseen(&said, "care.call"), ["once per customer every 30d: held back"]);
    let when: Vec<&Value> =
        said["mutation"]["survivors"].as_array().unwrap().iter().filter(|s| s["line"] == 25).collect();
    assert!(when.is_empty(), "every change of the condition is noticed: {when:?}");
}

#[test]
fn a_condition_that_no_row_meets_and_an_expectation_of_nobody_are_said() {
    let none = folder(
        "\ntest \"none\" {\n  given today 2026-11-20\n  for any customers with balance < 1 and balance > 2\n  expect event call\n}\n",
    );
    let said = json(none.path(), &["test"], 1);
    assert_eq!(said["tests"][0]["failures"][0]["failure"]["kind"], "no such row", "{said}");
    let nobody = folder("\ntest \"nobody\" {\n  given today 2026-11-20\n  expect event call\n}\n");
    assert_eq!(json(nobody.path(), &["check"], 1)["findings"][0]["code"], "G4012");
}

#[test]
fn a_table_of_effects_means_exactly_these() {
    let rows = "  given customers\n  | customer_id | name | balance | score | manager |\n  | 1 | \"A\" | 100万 | 81 | \"M1\" |\n  | 2 | \"B\" | 50万 | missing | missing |\n";
    let test = |table: &str| {
        folder(&format!("\ntest \"t\" {{\n  given today 2026-11-20\n{rows}  expect event call\n{table}}}\n"))
    };
    let right = test("  | customer_id | priority | assignee |\n  | 2 | medium | \"desk\" |\n  | 1 | high | \"M1\" |\n");
    json(right.path(), &["test"], 0);
    let short = test("  | customer_id | priority |\n  | 1 | low |\n  | 3 | low |\n");
    let said = json(short.path(), &["test"], 1);
    let failure = &said["tests"][0]["failures"][0]["failure"];
    let expected = serde_json::json!([
        { "expected": ["1", "low"], "got": ["1", "high"] },
        { "expected": ["3", "low"], "got": null },
        { "expected": null, "got": ["2", "medium"] },
    ]);
    assert_eq!((failure["kind"].as_str(), &failure["rows"]), (Some("rows"), &expected));
    let (_, text) = guiju(short.path(), &["test"]);
    assert!(text.contains("≠ 1 | low") && text.contains("- 3 | low") && text.contains("2 | medium"), "{text}");
    let unknown = test("  | customer_id | priorty |\n  | 1 | low |\n");
    assert_eq!(json(unknown.path(), &["check"], 1)["findings"][0]["code"], "G4020");
}

#[test]
fn a_template_file_is_covered_as_one_definition() {
    let place = folder(
        "\ntest \"rich\" {\n  given today 2026-11-20\n  given customers { customer_id: 1, name: \"A\", balance: 100万 }\n  expect event call for 1\n}\n",
    );
    let letter = "{% if balance >= 1000000 %}at once: {% else %}{% endif %}call {{ name }}";
    write(place.path(), "templates/call.j2", letter);
    let book = std::fs::read_to_string(place.path().join("care.gj")).unwrap();
    let book = book.replace("task \"call {name}\"", "task template words");
    let book = book.replace("table urgency", "template words { file \"call.j2\" }\n\ntable urgency");
    write(place.path(), "care.gj", &book);
    let said = json(place.path(), &["test", "--coverage"], 0);
    let units = said["coverage"]["units"].as_array().unwrap();
    let file = units.iter().find(|unit| unit["name"] == "templates/call.j2").unwrap_or_else(|| panic!("{said}"));
    assert_eq!((file["seen"].as_u64(), file["of"].as_u64()), (Some(1), Some(2)), "{said}");
}
