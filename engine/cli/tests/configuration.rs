//! The configuration in either of its forms.

#![allow(clippy::unwrap_used)] // a test that cannot write its own files has failed

mod common;

use common::{guiju, place, write};

const RULES: &str = "source customers from lake table \"customers\" { key id }\nsink tasks to desk\n\
                     event all {\n  on customers\n  when amount > 5\n  task \"{id}\"\n  to tasks\n}\n";
const TOML: &str = "store = \"memory\"\n\n[connections]\nlake = { kind = \"csv\", path = \"data\" }\n\n[connections.desk]\n\
                    kind = \"jsonl\"\npath = \"out/tasks.jsonl\"\n";

fn desk(toml: &str) -> tempfile::TempDir {
    place(&[("guiju.toml", toml), ("rules.gj", RULES), ("data/customers.csv", "id,amount\n1,2\n2,9\n")])
}

#[test]
fn a_run_is_configured_by_toml() {
    let folder = desk(TOML);
    let (exit, said) = guiju(folder.path(), &["run", "--plain"]);
    assert_eq!(exit, Some(0), "{said}");
    let out = std::fs::read_to_string(folder.path().join("out/tasks.jsonl")).unwrap();
    assert!(out.lines().count() == 1 && out.contains("\"2\""), "{out}");
    assert!(folder.path().join("memory/store.db").is_file());
}

#[test]
fn slips_are_found_where_they_stand() {
    let folder = desk(&TOML.replace("kind = \"jsonl\"", "kind = \"jsonll\"").replace("store", "stor"));
    let (exit, said) = guiju(folder.path(), &["check", "--lang", "en"]);
    assert_eq!(exit, Some(3), "{said}");
    assert!(said.contains("[G5002]") && said.contains("guiju.toml:1:1"), "{said}");
    assert!(said.contains("[G5003]") && said.contains("guiju.toml:7:9"), "{said}");
    write(folder.path(), "guiju.toml", &TOML.replace("[connections.desk]", "[connections.desk"));
    let (exit, said) = guiju(folder.path(), &["check", "--lang", "zh"]);
    assert!(exit == Some(3) && said.contains("G5013") && said.contains("guiju.toml:6:"), "{said}");
}

#[test]
fn nobody_guesses_which_of_two_is_meant() {
    let folder = desk(TOML);
    write(folder.path(), "guiju.yaml", "connections: {}\n");
    let (exit, said) = guiju(folder.path(), &["check", "--lang", "en"]);
    assert!(exit == Some(3) && said.matches("error[").count() == 1 && said.contains("G7025"), "{said}");
    let (exit, said) = guiju(folder.path(), &["check", "--lang", "en", "--config", "guiju.toml"]);
    assert_eq!(exit, Some(0), "{said}");
}
