//! `guiju run` with a relation in a database, on the servers that `cargo xtask test` starts; without them the tests say so.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its tables has failed
#![allow(clippy::print_stderr)] // a test that is skipped says so

#[path = "../../../engine/connect/tests/databases/proxy.rs"]
mod proxy;
#[path = "../../../engine/connect/tests/databases/server.rs"]
#[allow(dead_code, reason = "the tests of connections use all of it")]
mod server;

use guiju_tests::command::{Said, guiju};
use proxy::{Then, start};
use serde_json::Value;
use server::{Database, Kind};
use std::{fs, sync::atomic::Ordering, time::Instant};

const RULES: &str = r#"language 1

rulebook care "care" {
  owner "tests"
}

source people from lake table "people" {
  key id
}

source managers from crm table "managers" {
  key id
  column id is integer
  column manager is text
}

sink tasks to desk table "tasks"

event rich "rich" {
  on people
  when amount > 10
  assign to managers.manager or else "desk"
  once per id every 3d
  task "call"
  to tasks
}
"#;

fn place(db: &Database, crm: &str) {
    let folder = db.folder.path();
    let config = format!(
        "connections:\n  lake: {{ kind: files, path: . }}\n  desk: {{ kind: sqlite, path: desk.db }}\n  {crm}\nstore: runs\n"
    );
    fs::write(folder.join("guiju.yaml"), config).unwrap();
    fs::write(folder.join("care.gj"), RULES).unwrap();
    fs::write(folder.join("people.csv"), "id,amount\n1,5\n2,50\n3,60\n4,70\n").unwrap();
}

fn run(db: &Database, day: &str) -> Said {
    guiju(db.folder.path(), "en_US.UTF-8", &["run", "--json", "--today", day, "care.gj"])
}

fn well(said: &Said) -> Value {
    assert_eq!(said.exit, Some(0), "{}", said.text);
    serde_json::from_str(&said.text).unwrap()
}

/// Key and assignee of what the desk has got.
fn tasks(db: &Database) -> Vec<(String, String)> {
    let desk = rusqlite::Connection::open(db.folder.path().join("desk.db")).unwrap();
    let Ok(mut query) = desk.prepare("SELECT key, assignee FROM tasks ORDER BY logical_time, key") else {
        return vec![];
    };
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

fn of(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(key, manager)| ((*key).to_owned(), (*manager).to_owned())).collect()
}

#[test]
fn a_relation_in_a_database_is_one_moment_of_it() {
    for db in [Kind::Postgres, Kind::Mysql].into_iter().filter_map(Kind::database) {
        db.run("CREATE TABLE managers (id bigint, manager varchar(20)); INSERT INTO managers VALUES (2, 'Wang'), (3, 'M3'), (3, 'M3')");
        place(&db, &db.yaml(None, ""));
        let said = well(&run(&db, "2026-11-20"));
        assert_eq!(tasks(&db), of(&[("2", "Wang"), ("3", "M3"), ("4", "desk")]));
        let copied =
            said["sources"].as_array().unwrap().iter().find(|s| s["source"] == "care.managers").unwrap().clone();
        assert!(copied["copy"].is_string() && copied["rows"] == 3, "{copied}");
        let codes: Vec<_> = said["findings"].as_array().unwrap().iter().map(|f| f["code"].clone()).collect();
        assert_eq!(codes, ["G3103"], "the key that is there twice");
        // Another day sees what the table has become; the cool-down of those before holds.
        db.run("UPDATE managers SET manager = 'new'; INSERT INTO managers VALUES (5, 'M5')");
        fs::write(db.folder.path().join("people.csv"), "id,amount\n2,50\n3,60\n5,80\n").unwrap();
        well(&run(&db, "2026-11-21"));
        assert_eq!(tasks(&db)[3..], of(&[("5", "M5")]));
    }
}

/// In the middle of a table's rows, for good: a finding, nothing published; once the server answers, the same run does it all.
#[test]
fn a_database_that_stops_answering_stops_the_run() {
    for db in [Kind::Postgres, Kind::Mysql].into_iter().filter_map(Kind::database) {
        let rows: Vec<String> = (0..3_000).map(|id| format!("({id}, '{}')", "M".repeat(90))).collect();
        db.run(&format!(
            "CREATE TABLE managers (id bigint, manager varchar(100)); INSERT INTO managers VALUES {}",
            rows.join(",")
        ));
        for (day, bytes, then, code) in
            [("2026-11-20", 150_000, Then::Hang, "G5504"), ("2026-11-25", 150_000, Then::Cut, "G5507")]
        {
            let before = tasks(&db).len();
            let (port, left) = start(db.kind.port().unwrap(), bytes, then);
            place(&db, &db.yaml(Some(port), ", timeout: 1s"));
            let began = Instant::now();
            let said = run(&db, day);
            assert!(said.exit == Some(3) && said.text.contains(code), "{:?} {then:?}: {}", db.kind, said.text);
            assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
            assert_eq!(tasks(&db).len(), before, "nothing is delivered");
            left.store(u64::MAX, Ordering::SeqCst);
            assert_eq!(well(&run(&db, day))["new"], 3);
            assert_eq!(well(&run(&db, day))["new"], 0);
            assert_eq!(tasks(&db).len(), before + 3);
        }
    }
}

/// A copy that is young enough stands in, and the run says so.
#[test]
fn a_copy_stands_in_for_a_database_that_is_away() {
    for db in [Kind::Postgres, Kind::Mysql].into_iter().filter_map(Kind::database) {
        db.run("CREATE TABLE managers (id bigint, manager varchar(20)); INSERT INTO managers VALUES (2, 'M2')");
        let (port, left) = start(db.kind.port().unwrap(), u64::MAX, Then::Cut);
        place(&db, &db.yaml(Some(port), ", timeout: 1s, max_age: 1d"));
        assert_eq!(well(&run(&db, "2026-11-20"))["new"], 3);
        left.store(0, Ordering::SeqCst);
        let said = run(&db, "2026-11-25");
        assert!(said.text.contains("G5508"), "{}", said.text);
        assert_eq!(well(&said)["new"], 3);
        assert_eq!(tasks(&db)[3..], of(&[("2", "M2"), ("3", "desk"), ("4", "desk")]));
    }
}
