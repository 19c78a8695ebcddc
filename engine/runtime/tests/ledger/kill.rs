//! Killed at any moment: whatever was answered is there, nothing is there by halves, and asking again doubles nothing. Real processes, real kills.

use crate::{is_serial, release, reserve};
use guiju::{
    fiber::book::{Done, State},
    plant::Ledger,
};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const KILLS: u64 = 24;
const THREADS: u64 = 4;

/// Not a test of its own: the process that is killed. Does nothing unless started by the test below.
#[test]
fn child() {
    let Ok(folder) = std::env::var("GUIJU_LEDGER_FOLDER") else { return };
    let life: u64 = std::env::var("GUIJU_LEDGER_LIFE").unwrap().parse().unwrap();
    let ledger = Ledger::open(Path::new(&folder)).unwrap();
    let told = std::sync::Mutex::new(std::io::stdout());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (ledger, told) = (&ledger, &told);
            scope.spawn(move || {
                for round in 0_u64.. {
                    let order = format!("{life}-{thread}-{round}");
                    let cable = format!("K{thread}");
                    let core = u32::try_from(round % 5).unwrap() + 1;
                    let now = i64::try_from(life * 1_000_000 + round).unwrap();
                    // The one before the last is released, so cores go round.
                    if round >= 5 {
                        let old = format!("{life}-{thread}-{}", round - 5);
                        drop(ledger.submit(now, release(&old), "").unwrap());
                        let mut out = told.lock().unwrap();
                        writeln!(out, "released {old}").unwrap();
                    }
                    if ledger.submit(now, reserve(&order, &[(&cable, core)], None), "").unwrap() == Ok(Done::New) {
                        let mut out = told.lock().unwrap();
                        writeln!(out, "reserved {order}").unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn killed_at_any_moment_what_was_answered_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = 0;
    for life in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill::child", "--exact", "--nocapture"])
            .env("GUIJU_LEDGER_FOLDER", folder.path())
            .env("GUIJU_LEDGER_LIFE", life.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || {
            let lines = out.lines().map_while(Result::ok);
            lines
                .filter_map(|line| line.split_once(' ').map(|(what, order)| (what.to_owned(), order.to_owned())))
                .collect::<Vec<_>>()
        });
        std::thread::sleep(Duration::from_millis(60 + life * 37 % 190));
        // SIGKILL: nothing runs after it.
        child.kill().unwrap();
        child.wait().unwrap();
        let told = reader.join().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        let book = is_serial(&ledger);
        for (what, order) in told.iter().filter(|(what, _)| what == "reserved" || what == "released") {
            let history = ledger.history(Some(order)).unwrap();
            let wanted = if what == "reserved" { State::Reserved } else { State::Released };
            assert!(
                history.iter().any(|past| past.entry.state == wanted),
                "{what} {order} was answered and is not there"
            );
            lines += 1;
        }
        // Somebody who was not answered asks again, and has it once.
        for (order, there) in book.orders().filter(|(_, there)| there.state == State::Reserved) {
            let cores: Vec<(&str, u32)> = there.cores.iter().map(|(cable, core)| (cable.as_str(), *core)).collect();
            assert_eq!(
                ledger.submit(i64::MAX / 2, reserve(order, &cores, None), "").unwrap(),
                Ok(Done::Already(State::Reserved))
            );
        }
        // The next life begins with free cores.
        let held: Vec<String> = book.held().map(|(.., order)| order.to_owned()).collect();
        held.iter().for_each(|order| drop(ledger.submit(i64::MAX / 2, release(order), "").unwrap()));
        assert_eq!(is_serial(&ledger).held().count(), 0);
    }
    println!("{KILLS} kills, {lines} answers found again");
    assert!(lines > 100, "{lines}");
}
