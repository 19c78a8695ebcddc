//! A stream in which nothing comes: the clock that the server was given moves its time, as far as the source says.

use crate::{desk, journal, operate::json, play::backtest};
use guiju::{
    serve::{News, Options, Set, serve},
    store::Store,
};
use std::{
    cell::Cell,
    fs,
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

pub(crate) const RULES: &str = r#"rulebook desk { zone "UTC" }
source trades from line topic "trades" {
  key id
  time column at
  lateness 30s
  idle after 10m
  column id is integer required
  column customer is text
  column at is timestamp
  column amount is decimal(18, 2)
}
sink tasks to out
event alone {
  on trades by customer
  when amount > 100 without amount < 10 within 1h
  task "{id} {now:%H:%M}"
  to tasks
}
event held {
  on trades by customer
  when amount > 100
  for 20m
  task "{id} {now:%H:%M}"
  to tasks
}
event last_row {
  on trades by customer
  when amount > 100
  task "{id}"
  to tasks
}
"#;

/// 2026-11-20 09:00 UTC.
pub(crate) const NINE: i64 = 1_795_165_200_000_000;
pub(crate) const MINUTE: i64 = 60_000_000;
static CLOCK: AtomicI64 = AtomicI64::new(NINE);

/// Serves until nothing has happened for a moment; how far streams came without rows.
fn served(folder: &Path) -> Vec<i64> {
    let set = Set { paths: vec![folder.join("desk.gj")], config: Some(folder.join("guiju.yaml")), tenant: None };
    let clock = || CLOCK.load(Ordering::Relaxed);
    let options = Options { set, clock, steady: clock, quiet: Duration::ZERO, once: false, forget: false };
    let mut store = Store::open(folder.join("store")).unwrap();
    let start = Instant::now();
    let calls = Cell::new(Vec::new());
    // The first look is at the time at which the server starts; from then on the clock is two hours later.
    let going = || {
        if start.elapsed() > Duration::from_millis(500) {
            CLOCK.store(NINE + 125 * MINUTE, Ordering::Relaxed);
        }
        start.elapsed() < Duration::from_millis(1_500)
    };
    serve(&options, &mut store, &going, &mut |news| {
        if let News::Passed { until, .. } = news {
            let mut all = calls.take();
            all.push(until);
            calls.set(all);
        }
    })
    .unwrap();
    calls.take()
}

#[test]
fn what_is_due_comes_although_no_row_does_and_once() {
    let desk = desk();
    let folder = desk.path();
    fs::write(folder.join("desk.gj"), RULES).unwrap();
    let rows = "id,customer,at,amount\n1,A,2026-11-20T09:00:00Z,500\n2,B,2026-11-20T09:00:00Z,500\n3,B,2026-11-20T09:05:00Z,5\n";
    fs::write(folder.join("in/trades/1.csv"), rows).unwrap();
    // Ten minutes behind the clock: an hour after nine is over, in one step.
    assert_eq!(served(folder), [NINE + 115 * MINUTE]);
    let status = json(folder, &["status", "desk.gj"]);
    let memory = status["status"]["memory"].as_array().unwrap_or_else(|| panic!("{status:#}"));
    let of = |role: &str| memory.iter().find(|of| of["role"] == role).unwrap_or_else(|| panic!("{status:#}"));
    assert_eq!((&of("for")["rule"], &of("for")["keys"]), (&"default/desk.held".into(), &1.into()));
    assert_eq!((&of("without")["keys"], &of("over")["watermark"]), (&0.into(), &(NINE + 115 * MINUTE).into()));
    let mut all: Vec<(String, String)> = journal(folder).into_iter().map(|(_, rule, task)| (rule, task)).collect();
    all.sort();
    let wanted = [("alone", "1 10:00"), ("held", "1 09:20"), ("last_row", "1"), ("last_row", "2")];
    let wanted: Vec<_> = wanted.map(|(rule, task)| (format!("default/desk.{rule}"), task.to_owned())).into();
    assert_eq!(all, wanted);
    // Started again, it asks once more, and nothing is left to do; what was recorded comes to the same.
    assert_eq!((served(folder), journal(folder).len()), (Vec::new(), 4));
    let same = backtest(folder);
    assert!(same.len() == 3 && same.values().all(|same| *same), "{same:?}");
}
