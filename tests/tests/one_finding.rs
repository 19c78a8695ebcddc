//! One mistake is one finding: a table that is not there, a property that a test misspells, a priority that is none.
#![allow(clippy::unwrap_used)] // a test that cannot write its own files has failed

use guiju_tests::command::guiju;
use std::fs;

const EVENT: &str = "event due \"due\" {\n  on customers\n  when maturity within next 3d\n  priority medium\n  once per \
                     customer every 30d\n  task \"call {name}\"\n  to tasks\n}\n";
const DATA: &str = "customer_id,name,maturity\n1,A,2026-11-21\n";

const COLUMNS: &str =
    "  column customer_id is integer required\n  column name is text required\n  column maturity is date\n";

const CONFIG: &str = "connections:\n  lake: { kind: files, path: data }\n  desk: { kind: sqlite, path: desk.db }\n";

fn findings(columns: &str, data: Option<&str>, test: &str, priority: &str) -> String {
    configured(CONFIG, columns, data, test, priority)
}

fn configured(config: &str, columns: &str, data: Option<&str>, test: &str, priority: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    if let Some(data) = data {
        fs::write(folder.path().join("data/customers.csv"), data).unwrap();
    }
    fs::write(folder.path().join("guiju.yaml"), config).unwrap();
    let source = format!("source customers from lake table \"customers\" {{\n  key customer_id\n{columns}}}\n");
    let book = format!(
        "rulebook book\n\n{source}\nsink tasks to desk table \"tasks\"\n\n{}\n{test}",
        EVENT.replace("medium", priority)
    );
    fs::write(folder.path().join("book.gj"), book).unwrap();
    let said = guiju(folder.path(), "en_US.UTF-8", &["check"]);
    if said.exit == Some(0) {
        return guiju(folder.path(), "en_US.UTF-8", &["test"]).text;
    }
    said.text
}

/// With another priority.
fn with_priority(priority: &str) -> String {
    let test = "test \"high\" {\n  given today 2026-11-20\n  given customers { customer_id: 1, name: \"A\", maturity: 2026-11-21 }\n  \
                expect event due for 1 with priority high\n}\n";
    findings(COLUMNS, Some(DATA), test, priority)
}

#[test]
fn a_table_that_is_not_there() {
    for columns in [COLUMNS, ""] {
        let said = findings(columns, None, "", "medium");
        assert!(said.contains("error[G5101]") && said.contains("1 error"), "{said}");
    }
}

/// Nobody is told to bind a connection that is bound, or that a column is not there which it may well have.
#[test]
fn a_connection_that_lacks_a_key() {
    let config = CONFIG.replace("kind: files, path: data", "kind: csv");
    let fewer = COLUMNS.replace("  column name is text required\n", "");
    for columns in [COLUMNS, "", &fewer] {
        let said = configured(&config, columns, Some(DATA), "", "medium");
        assert!(said.contains("error[G5004]") && said.contains("`path: data/customers`"), "{said}");
        assert!(said.contains("1 error"), "{said}");
    }
    let said = configured("connections: {", "", Some(DATA), "", "medium");
    assert!(said.contains("error[G5001]") && said.contains("1 error"), "{said}");
}

#[test]
fn a_property_that_no_effect_has() {
    let test = "test \"who calls\" {\n  given today 2026-11-20\n  given customers { customer_id: 1, name: \"A\", maturity: \
                2026-11-21 }\n  expect event due for 1 with asignee missing\n}\n";
    let said = findings(COLUMNS, Some(DATA), test, "medium");
    assert!(said.contains("error[G4020]") && said.contains("did you mean `assignee`?"), "{said}");
    assert!(said.contains("1 error"), "{said}");
}

#[test]
fn a_priority_that_is_none() {
    for priority in ["\"urgent\"", "if maturity = today then \"low\" else \"urgent\""] {
        let said = with_priority(priority);
        assert!(said.contains("error[G3110]") && said.contains("1 error"), "{said}");
    }
    let said = with_priority("if maturity = today then low else hihg");
    assert!(said.contains("error[G3012]") && said.contains("1 error") && said.contains("= write"), "{said}");
}

/// The Chinese word is the same level, whichever language the rest is in.
#[test]
fn a_priority_in_the_other_language() {
    for priority in [
        "high",
        "\"high\"",
        "\"高\"",
        "if maturity = today then \"低\" else \"高\"",
        "if maturity = today then 低 else high",
    ] {
        let said = with_priority(priority);
        assert!(said.contains("1 passed, 0 failed"), "{priority}: {said}");
    }
}

/// A stream whose key is misspelt, or that has no time column, has windows all the same as far as its rules are concerned.
#[test]
fn a_stream_that_is_none() {
    let stream = |key: &str, time: &str| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "rulebook book {{ zone \"UTC\" }}\nsource trades from line topic \"trades\" {{\n  key id\n{time}  column id is integer \
             required\n  column customer is text\n  column at is timestamp\n  column amount is decimal(18, 2)\n}}\nsink tasks to \
             desk\nevent big {{\n  on trades by {key}\n  when sum(amount) over 1d > 10 and count() over 1d >= 3\n  task \"{{sum(amount) \
             over 1d}}\"\n  to tasks\n}}\n"
        );
        fs::write(folder.path().join("book.gj"), text).unwrap();
        guiju(folder.path(), "en_US.UTF-8", &["check"]).text
    };
    let said = stream("custmer", "  time column at\n");
    assert!(said.contains("error[G3007]") && said.contains("1 error"), "{said}");
    let said = stream("customer", "");
    assert!(said.contains("error[G3013]") && said.contains("1 error"), "{said}");
}
