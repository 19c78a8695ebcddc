//! Reservations on disk: they survive, they are nobody else's, and threads are written for in groups.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot set up its files has failed

mod kill;
mod plant;

use guiju::{
    fiber::book::{Book, Command, Denied, Done, State},
    plant::Ledger,
};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicI64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

const THREADS: usize = 8;

pub(crate) fn reserve(order: &str, cores: &[(&str, u32)], until: Option<i64>) -> Command {
    let cores = cores.iter().map(|&(cable, core)| (cable.to_owned(), core)).collect();
    Command::Reserve { order: order.into(), cores, until }
}

fn release(order: &str) -> Command {
    Command::Release { order: order.into() }
}

/// The history is one serial order: played once more, it gives the book that is there, and nobody had what somebody else had.
pub(crate) fn is_serial(ledger: &Ledger) -> Book {
    let mut book = Book::new();
    let mut held: BTreeSet<(String, u32)> = BTreeSet::new();
    for past in ledger.history(None).unwrap() {
        let entry = past.entry;
        assert_eq!(entry.seq, book.version() + 1, "an entry is lost or doubled");
        if let Some(before) = book.order(&entry.order).filter(|before| before.state.holds()) {
            before.cores.iter().for_each(|core| assert!(held.remove(core), "{core:?} was lost"));
        }
        if entry.state.holds() {
            entry.cores.iter().for_each(|core| assert!(held.insert(core.clone()), "{core:?} is doubled"));
        }
        book.replay(&entry);
    }
    assert_eq!(book, ledger.book().unwrap());
    book
}

#[test]
fn what_is_reserved_is_there_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    assert_eq!(ledger.submit(5, reserve("a", &[("K1", 1), ("K2", 7)], Some(50)), "digest").unwrap(), Ok(Done::New));
    assert_eq!(ledger.submit(6, reserve("b", &[("K3", 1)], None), "digest").unwrap(), Ok(Done::New));
    let advance = Command::Advance { order: "b".into(), to: State::Patched };
    assert_eq!(ledger.submit(7, advance, "later").unwrap(), Ok(Done::New));
    let held = Denied::Held { cable: "K2".into(), core: 7, by: "a".into() };
    assert_eq!(ledger.submit(8, reserve("c", &[("K2", 7)], None), "").unwrap(), Err(held));
    // One process writes, any number may look.
    assert!(matches!(Ledger::open(folder.path()), Err(guiju::plant::LedgerError::Locked { .. })));
    let book = ledger.book().unwrap();
    assert_eq!(Ledger::view(folder.path()).unwrap(), book);
    drop(ledger);
    let ledger = Ledger::open(folder.path()).unwrap();
    assert_eq!(ledger.book().unwrap(), book);
    // Its time is over: the next one has it, in the same transaction.
    assert_eq!(ledger.submit(50, reserve("c", &[("K2", 7)], None), "").unwrap(), Ok(Done::New));
    let history = ledger.history(Some("a")).unwrap();
    let states: Vec<_> = history.iter().map(|past| (past.entry.state, past.entry.at, past.plant.as_str())).collect();
    assert_eq!(states, [(State::Reserved, 5, "digest"), (State::Expired, 50, "")]);
    assert_eq!(Ledger::past(folder.path(), "a").unwrap(), history);
    is_serial(&ledger);
    assert_eq!(Ledger::view(&folder.path().join("nowhere")).unwrap(), Book::new());
}

#[test]
fn a_file_that_says_two_things_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    drop(Ledger::open(folder.path()).unwrap().submit(5, reserve("a", &[("K1", 1)], None), "").unwrap());
    let change = |sql: &str| {
        let db = rusqlite::Connection::open(folder.path().join("fiber.db")).unwrap();
        db.execute_batch(sql).unwrap();
        Ledger::open(folder.path()).map(drop)
    };
    assert!(change("INSERT INTO held VALUES ('K9', 1, 'a')").is_err());
    assert!(change("DELETE FROM held WHERE cable = 'K9'").is_ok());
    assert!(change("UPDATE held SET name = 'b'").is_err());
    assert!(change("UPDATE held SET name = 'a'; UPDATE entries SET seq = 2").is_err());
    assert!(change("UPDATE entries SET seq = 1; PRAGMA user_version = 9").is_err());
    std::fs::write(folder.path().join("fiber.db"), "no database at all, and long enough to look like one".repeat(99))
        .unwrap();
    for rest in ["fiber.db-wal", "fiber.db-shm"] {
        drop(std::fs::remove_file(folder.path().join(rest)));
    }
    assert!(Ledger::open(folder.path()).is_err() && Ledger::view(folder.path()).is_err());
}

/// Every thread plans on what it sees, and many want the same cores.
#[test]
fn threads_that_want_the_same_cores_get_what_a_serial_order_gives() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let (denied, made, clock) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicI64::new(1));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (ledger, denied, made, clock) = (&ledger, &denied, &made, &clock);
            scope.spawn(move || {
                for round in 0..60_usize {
                    let now = clock.fetch_add(1, Ordering::SeqCst);
                    let book = ledger.book().unwrap();
                    let held: BTreeSet<(&str, u32)> = book.held().map(|(cable, core, _)| (cable, core)).collect();
                    let free: Vec<(&str, u32)> = ["K1", "K2"]
                        .into_iter()
                        .filter_map(|cable| (1..5).map(|core| (cable, core)).find(|core| !held.contains(core)))
                        .collect();
                    if free.is_empty() {
                        let orders: Vec<&str> = book.held().map(|(.., order)| order).collect();
                        drop(ledger.submit(now, release(orders[(thread + round) % orders.len()]), "").unwrap());
                        continue;
                    }
                    let order = format!("{thread}-{round}");
                    let until = (round % 3 == 0).then_some(now + 9);
                    match ledger.submit(now, reserve(&order, &free, until), "").unwrap() {
                        Ok(_) => drop(made.fetch_add(1, Ordering::Relaxed)),
                        Err(Denied::Held { .. }) => drop(denied.fetch_add(1, Ordering::Relaxed)),
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    let book = is_serial(&ledger);
    let reserved = ledger.history(None).unwrap().iter().filter(|past| past.entry.state == State::Reserved).count();
    assert_eq!(reserved, made.load(Ordering::Relaxed), "each that was told so is there, and no other");
    assert!(denied.load(Ordering::Relaxed) > 0, "nobody wanted the same");
    drop(ledger);
    assert_eq!(Ledger::open(folder.path()).unwrap().book().unwrap(), book);
}

#[test]
fn eight_threads_at_once_come_to_some_serial_order() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let (begin, time) = (Instant::now(), Duration::from_millis(1500));
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (ledger, count) = (&ledger, &count);
            scope.spawn(move || {
                let cable = format!("K{thread}");
                for core in 1.. {
                    if begin.elapsed() > time {
                        break;
                    }
                    let order = format!("{thread}-{core}");
                    let done = ledger.submit(core.into(), reserve(&order, &[(&cable, core)], None), "");
                    assert_eq!(done.unwrap(), Ok(Done::New));
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    is_serial(&ledger);
    assert_eq!(ledger.history(None).unwrap().len(), count.load(Ordering::Relaxed));
}
