//! Rules over tables that a server runs at their times, by the clock that it was given, beside a stream.

use crate::{ENGLISH, desk, journal, operate::json, pieces, play::backtest, put, rulebook};
use guiju::{
    serve::{News, Options, Set, serve},
    store::Store,
};
use guiju_tests::command::guiju;
use std::{
    cell::RefCell,
    fs,
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

const RULES: &str = r#"
source customers from crm table "customers" {
  key id
  column id is text required
  column due is date
}
event overdue {
  on customers
  when due < today
  once per id every 3d
  task "{id} {today}"
  to tasks
}
"#;
const CALENDAR: &str = "name: sse\nzone: Asia/Shanghai\nvalid: { from: 2026-01-01, to: 2026-12-31 }\nweekend: [saturday, sunday]\nsessions: [[\"09:30\", \"11:30\"], [\"13:00\", \"15:00\"]]\n";
const SCHEDULE: &str =
    "calendars: [sse.yaml]\nschedule:\n  morning: { at: open - 25m, rules: [desk.overdue], grace: 2h }\n";

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1_440 * MINUTE;
/// Friday, 20 November 2026, 09:05 in Shanghai.
const DUE: i64 = 1_795_136_700_000_000;
static CLOCK: AtomicI64 = AtomicI64::new(0);

/// Serves from one time on, and from another as soon as it has started, until that has happened; what was said of jobs.
fn served(folder: &Path, from: i64, to: i64, enough: &[&str]) -> Vec<String> {
    let set = Set { paths: vec![folder.join("desk.gj")], config: Some(folder.join("guiju.yaml")), tenant: None };
    let clock = || CLOCK.load(Ordering::Relaxed);
    CLOCK.store(from, Ordering::Relaxed);
    let options = Options { set, clock, steady: clock, quiet: Duration::ZERO, once: false, forget: false };
    let mut store = Store::open(folder.join("store")).unwrap();
    let (said, start) = (RefCell::new(Vec::<String>::new()), Instant::now());
    let done = std::sync::atomic::AtomicBool::new(false);
    // Nothing more is expected: long enough for it to come all the same.
    let going = || {
        !done.load(Ordering::Relaxed)
            && start.elapsed() < Duration::from_millis(if enough.is_empty() { 400 } else { 20_000 })
    };
    serve(&options, &mut store, &going, &mut |news| {
        let mut said = said.borrow_mut();
        match news {
            News::Started(..) => CLOCK.store(to, Ordering::Relaxed),
            News::Ran { run, effects, .. } => said.push(format!("{run}: {effects}")),
            News::Trouble(findings, _) => said.extend(findings.iter().map(|f| f.code.to_string())),
            News::Sent(sent) => said.push(format!("{} to {}", sent.delivered.written, sent.sink)),
            _ => {}
        }
        done.store(
            !enough.is_empty() && enough.iter().all(|wanted| said.iter().any(|s| s == wanted)),
            Ordering::Relaxed,
        );
    })
    .unwrap();
    said.into_inner()
}

fn customers(folder: &Path, ids: &[&str]) {
    let rows: String = ids.iter().map(|id| format!("{id},2026-11-01\n")).collect();
    fs::write(folder.join("crm/customers.csv"), format!("id,due\n{rows}")).unwrap();
}

fn scheduled(schedule: &str) -> tempfile::TempDir {
    let desk = desk();
    let folder = desk.path();
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    let config = config.replace("store:", "  crm: { kind: csv, path: crm }\nstore:");
    fs::write(folder.join("guiju.yaml"), config + schedule).unwrap();
    fs::write(folder.join("desk.gj"), rulebook(500) + RULES).unwrap();
    fs::write(folder.join("sse.yaml"), CALENDAR).unwrap();
    fs::create_dir(folder.join("crm")).unwrap();
    customers(folder, &["A", "B"]);
    desk
}

fn tasks(folder: &Path) -> Vec<String> {
    let all = journal(folder).into_iter().filter(|(_, rule, _)| rule == "default/desk.overdue");
    let mut all: Vec<String> = all.map(|(.., task)| task).collect();
    all.sort();
    all
}

#[test]
fn tables_are_run_when_they_are_due_and_what_was_missed_once() {
    let desk = scheduled(SCHEDULE);
    let folder = desk.path();
    put(folder, 0, &pieces()[0]);
    // It is new, so what was due before nobody has missed; then it is due.
    let said = served(folder, DUE - MINUTE, DUE + 1, &["morning-2026-11-20-0905: 2", "2 to desk.tasks"]);
    assert!(!said.iter().any(|s| s.starts_with("G722")), "{said:?}");
    assert_eq!(tasks(folder), ["A 2026-11-20", "B 2026-11-20"]);
    let status = json(folder, &["status", "desk.gj"]);
    let job = &status["status"]["jobs"][0];
    assert_eq!((&job["job"], &job["last"], &job["ok"]), (&"morning".into(), &DUE.into(), &true.into()), "{job}");
    assert_eq!(job["next"], DUE + 3 * DAY, "the weekend is over on Monday");
    // Started again, it has run.
    put(folder, 1, &pieces()[1]);
    assert!(served(folder, DUE + 10 * MINUTE, DUE + 20 * MINUTE, &[]).iter().all(|s| s.ends_with("to desk.tasks")));
    // On Monday nobody served at five past nine, and somebody does at ten: the logical time is the time it was due.
    customers(folder, &["B", "C"]);
    let monday = DUE + 3 * DAY;
    let said = served(folder, monday + 55 * MINUTE, monday + 56 * MINUTE, &["morning-2026-11-23-0905: 2"]);
    assert!(said.contains(&"G7226".to_owned()), "{said:?}");
    assert_eq!(tasks(folder), ["A 2026-11-20", "B 2026-11-20", "B 2026-11-23", "C 2026-11-23"]);
    // On Tuesday it is too late.
    let tuesday = monday + DAY;
    assert_eq!(served(folder, tuesday + 130 * MINUTE, tuesday + 130 * MINUTE, &["G7227"]), ["G7227"]);
    assert_eq!(json(folder, &["status", "desk.gj"])["ok"], false);
    // On Wednesday the table cannot be read at first.
    let wednesday = tuesday + DAY;
    fs::write(folder.join("crm/customers.csv"), "id,due\nB,soon\n").unwrap();
    let said = served(folder, wednesday - 1, wednesday, &["G7228"]);
    assert!(!said.iter().any(|s| s.starts_with("morning")), "{said:?}");
    customers(folder, &["B", "C"]);
    served(folder, wednesday + MINUTE, wednesday + MINUTE, &["morning-2026-11-25-0905: 0"]);
    assert_eq!(tasks(folder).len(), 4, "cool-downs hold");
    // What the stream took between is recorded as it was taken.
    let same = backtest(folder);
    assert!(same.len() == 3 && same.values().all(|same| *same), "{same:?}");
    // Much later, what is old goes as the configuration says.
    let config = fs::read_to_string(folder.join("guiju.yaml")).unwrap();
    fs::write(folder.join("guiju.yaml"), config + "record: off\nretain: { journal: 2d }\n").unwrap();
    let before = json(folder, &["status", "desk.gj"]);
    served(folder, wednesday + 10 * DAY, wednesday + 10 * DAY, &[]);
    assert_eq!(tasks(folder), Vec::<String>::new());
    let after = json(folder, &["status", "desk.gj"]);
    let effects = |status: &serde_json::Value| status["sizes"]["effects"].as_u64().unwrap();
    assert!(effects(&before) >= 4 && effects(&after) == 0, "{before:#} {after:#}");
    assert_eq!(after["remembered"].as_array().unwrap().len(), before["remembered"].as_array().unwrap().len());
}

#[test]
fn a_schedule_that_cannot_be_kept_is_a_finding() {
    let wrong = [
        ("  a: { at: \"08:30\", rules: [desk.steady] }\n", "G7220"),
        ("  a: { at: \"08:30\", on: trading days }\n", "G7222"),
        ("  a: { at: open - 10h }\ncalendars: [sse.yaml]\n", "G7223"),
        ("  a: { cron: \"0 0 30 2 *\" }\n", "G7224"),
        ("  a: { cron: \"0 0 30 * * *\" }\n", "G5005"),
    ];
    for (schedule, code) in wrong {
        let desk = scheduled(&format!("schedule:\n{schedule}"));
        let said = guiju(desk.path(), ENGLISH, &["serve", "--plain", "--once", "desk.gj"]);
        assert!(said.exit == Some(3) && said.text.contains(code), "{code} {:?} {}", said.exit, said.text);
    }
}
