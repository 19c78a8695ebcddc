//! Reservations of fibre cores from eight threads, beside what the disk commits: `cargo xtask bench-fiber`.
//!
//! The ceiling is one row, one commit, one thread, in a database of the same settings. Commands of several threads are committed in groups, so a
//! ratio above 1 is possible. In turns; the median counts.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

use guiju::{
    fiber::book::{Command, Done},
    plant::Ledger,
};
use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

const THREADS: usize = 8;
const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
const GOAL: f64 = 0.7;

fn main() -> ExitCode {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut all: Vec<_> = (0..ROUNDS).map(|_| round()).map(|(own, raw)| (own / raw, own, raw)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, own, raw) = all[ROUNDS / 2];
    println!(
        "{own:.0} reservations a second from {THREADS} threads, {raw:.0} raw commits: {ratio:.2}, {GOAL} is asked for"
    );
    if ratio < GOAL { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Reservations a second, and raw commits a second.
fn round() -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let raw = ceiling(folder.path());
    let ledger = Ledger::open(folder.path()).expect("a ledger");
    let begin = Instant::now();
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn({
                    let ledger = &ledger;
                    move || reserving(ledger, thread, begin)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    (counts.iter().sum::<usize>() as f64 / begin.elapsed().as_secs_f64(), raw)
}

/// How many cores of its cable a thread reserves.
fn reserving(ledger: &Ledger, thread: usize, begin: Instant) -> usize {
    let mut count = 0;
    while begin.elapsed() < TIME {
        let core = u32::try_from(count + 1).expect("not so many");
        let cores = vec![(format!("K{thread}"), core)];
        let command = Command::Reserve { order: format!("{thread}-{core}"), cores, until: None };
        let done = ledger.submit(core.into(), command, "").expect("a disk");
        assert_eq!(done, Ok(Done::New), "a core that nobody else wants");
        count += 1;
    }
    count
}

fn ceiling(folder: &Path) -> f64 {
    let db = rusqlite::Connection::open(folder.join("raw.db")).expect("a database");
    db.pragma_update(None, "journal_mode", "wal").expect("a setting");
    db.pragma_update(None, "synchronous", "full").expect("a setting");
    db.execute_batch("CREATE TABLE raw (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT").expect("a table");
    let mut insert = db.prepare("INSERT INTO raw (text) VALUES (?1)").expect("a statement");
    let (begin, mut count) = (Instant::now(), 0.0);
    while begin.elapsed() < TIME {
        insert.execute(["an order, its cores and its state, as long as an entry is"]).expect("a row");
        count += 1.0;
    }
    count / begin.elapsed().as_secs_f64()
}
