//! A PostgreSQL as a store: who writes, who is kept from it, and what becomes of connections that break.

use crate::{
    desk::{SINK, day_text, eager, effects, info, keys, published, run},
    place::Place,
    proxy::{self, Then},
};
use guiju::store::{EffectFilter, Ledger, PublishStep, Store, StoreError, View};
use guiju_lang::finding::{Code, Finding};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

fn code(error: StoreError) -> u16 {
    let Code(code) = Finding::from(error).code;
    code
}

/// All sessions of the test's database but the one that says so.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[test]
fn a_second_writer_on_another_machine_is_told_who_holds_it() {
    let Some(place) = Place::postgres() else { return };
    let mut store = place.open();
    let refused = Store::open(place.elsewhere().home()).expect_err("refused");
    let StoreError::Locked { path, holder } = &refused else { panic!("{refused:?}") };
    assert!(path.to_string_lossy().starts_with("postgres://owner@127.0.0.1:"), "{path:?}");
    assert!(!path.to_string_lossy().contains("only-for-tests"));
    let process = std::process::id().to_string();
    assert!(holder.as_ref().is_some_and(|holder| holder.starts_with(&process)), "{holder:?}");
    // Looking is free, and the one who writes goes on.
    run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
    assert_eq!(published(&place.elsewhere().view()).len(), 2);
    drop(store);
    assert_eq!(published(&place.elsewhere().open()).len(), 2);
}

/// A process that was cut off does not know that it was replaced. Nothing that it begins after that is written.
#[test]
fn whoever_was_replaced_cannot_write() {
    let Some(place) = Place::postgres() else { return };
    let mut old = place.open();
    run(&mut old, "a", 1, &keys(&["C1"])).expect("publishes");
    let (beside, mut ledger) = (old.beside(), old.ledger().expect("opens"));
    let mut due = old.deliveries_due().expect("due");
    place.run(CUT);
    let elsewhere = place.elsewhere();
    let mut new = elsewhere.open();
    let taken = |error: StoreError| assert!(matches!(error, StoreError::Taken { .. }), "{error:?}");
    let refused = run(&mut old, "b", 2, &keys(&["C2"])).expect_err("refused");
    assert_eq!(code(refused), 6017);
    taken(run(&mut beside.open().expect("opens"), "b", 2, &keys(&["C2"])).expect_err("refused"));
    taken(old.delivered(&mut due[0], 1, 9).expect_err("refused"));
    taken(ledger.arrived(&mut due[0], 1, 9).expect_err("refused"));
    taken(beside.ledger().expect("opens").refused(&mut due[0], "no", 9).expect_err("refused"));
    assert_eq!(new.deliveries_due().expect("due")[0].done, 0);
    run(&mut new, "b", 2, &keys(&["C3"])).expect("publishes");
    let effects: Vec<_> = published(&new).into_keys().map(|(_, key, _)| key).collect();
    assert!(!effects.contains(&"C2".to_owned()) && effects.contains(&"C3".to_owned()), "{effects:?}");
}

/// In the middle of its transaction, too: whoever takes over waits for it, and it counts.
#[test]
fn a_transaction_under_way_is_waited_for() {
    let Some(place) = Place::postgres() else { return };
    let mut old = place.open();
    let (recorded, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (tell, told) = (Arc::clone(&recorded), Arc::clone(&seen));
    old.observe(move |step| {
        if step == PublishStep::Recorded {
            tell.store(true, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(700));
            assert!(!told.load(Ordering::SeqCst), "somebody took over in the middle");
        }
    });
    thread::scope(|scope| {
        let publishing = scope.spawn(|| run(&mut old, "a", 1, &keys(&["C1"])));
        while !recorded.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        // What somebody does who has got the lock of a session that the server has lost sight of.
        place.run("BEGIN; SELECT 1 FROM guiju.writer FOR UPDATE; UPDATE guiju.writer SET token = token + 1; COMMIT");
        seen.store(true, Ordering::SeqCst);
        publishing.join().expect("ends").expect("publishes");
    });
    assert_eq!(published(&place.view()).len(), 2);
    assert_eq!(code(run(&mut old, "b", 2, &keys(&["C1"])).expect_err("refused")), 6017);
}

#[test]
fn a_newer_store_is_left_alone() {
    let Some(place) = Place::postgres() else { return };
    drop(place.open());
    place.run("UPDATE guiju.format SET version = 99");
    for refused in [Store::open(place.home()).err(), View::open(place.home()).err(), Ledger::open(place.home()).err()] {
        assert!(matches!(refused, Some(StoreError::Newer { found: 99, .. })), "{refused:?}");
    }
    place.run("UPDATE guiju.format SET version = 4");
    drop(place.open());
}

#[test]
fn files_come_from_the_database_and_are_what_was_written() {
    let Some(place) = Place::postgres() else { return };
    let many: Vec<String> = (0..200_000).map(|n| format!("C{n:07}")).collect();
    let mut store = place.open();
    run(&mut store, "a", 1, &many).expect("publishes");
    assert!(store.sizes().expect("sizes").segment_bytes > 5 << 20, "it has more than one part");
    drop(store);
    let elsewhere = place.elsewhere();
    let view = elsewhere.view();
    assert!(!elsewhere.folder().join("segments").exists());
    let effects: usize = view.effects(&EffectFilter::default()).expect("effects").iter().map(|b| b.num_rows()).sum();
    assert_eq!(effects, 400_000);
    view.verify().expect("sound");
    let files = fs::read_dir(elsewhere.folder().join("segments")).expect("folder");
    let names: Vec<String> = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(names.len() == 1 && names[0].ends_with(".parquet"), "{names:?}");
    // One that is not what was written is not taken, and leaves nothing.
    place.run("UPDATE guiju.segment_parts SET bytes = overlay(bytes PLACING '\\x00ff00ff' FROM 1000) WHERE part = 1");
    let third = place.elsewhere();
    let refused = third.view().effects(&EffectFilter::default()).expect_err("refused");
    assert!(matches!(refused, StoreError::SegmentDamaged { .. }), "{refused:?}");
    assert_eq!(fs::read_dir(third.folder().join("segments")).expect("folder").count(), 0);
    place.run("DELETE FROM guiju.segment_parts WHERE part = 1");
    let refused = third.view().verify().expect_err("refused");
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused:?}");
    place.run("DELETE FROM guiju.segment_parts");
    let refused = third.view().effects(&EffectFilter::default()).expect_err("refused");
    assert!(matches!(refused, StoreError::SegmentMissing { .. }), "{refused:?}");
}

/// Sessions are ended at every step of a publication: it comes to its end, once.
#[test]
fn a_connection_that_is_cut_at_any_step_loses_and_doubles_nothing() {
    let Some(place) = Place::postgres() else { return };
    let place = Arc::new(place);
    let steps = [PublishStep::Written, PublishStep::Named, PublishStep::Recorded, PublishStep::Committed];
    let mut store = place.open();
    for (day, step) in (1_u32..).zip(steps) {
        let (behind, cuts) = (Arc::clone(&place), AtomicU32::new(0));
        store.observe(move |at| {
            if at == step && cuts.fetch_add(1, Ordering::Relaxed) == 0 {
                behind.run(CUT);
            }
        });
        let done = run(&mut store, &day_text(day), day, &keys(&["C1", "C2"])).expect("publishes");
        assert_eq!((done.seq, done.attempt), (i64::from(day), 1), "{step:?}");
        let mut due = store.deliveries_due().expect("due");
        place.run(CUT);
        let rows = due[0].rows;
        store.sending(&mut due[0], rows, 5).expect("announces");
        place.run(CUT);
        store.delivered(&mut due[0], rows, 6).expect("confirms");
    }
    store.verify().expect("sound");
    assert!(published(&store).values().all(|&n| n == 1));
    assert_eq!(store.runs(10).expect("runs").len(), steps.len());
    assert!(store.deliveries_due().expect("due").is_empty());
    // The lock went with the first session and was taken again.
    assert!(matches!(Store::open(place.elsewhere().home()), Err(StoreError::Locked { .. })));
}

/// What comes back from the server is cut after every so many bytes, the answer to a COMMIT among it: nobody knows then whether it was
/// done, and it was done once.
#[test]
fn an_answer_that_is_lost_is_looked_for() {
    let Some(place) = Place::postgres() else { return };
    run(&mut place.open(), &day_text(1), 1, &keys(&["C1"])).expect("publishes");
    let port = crate::server::Kind::Postgres.port().unwrap();
    let (between, left) = proxy::start(port, u64::MAX, Then::Cut);
    let through = place.through(between);
    let mut store = through.open();
    let mut doubted = 0;
    for day in 2..60_u32 {
        let committing = Arc::new(AtomicBool::new(false));
        let (told, budget) = (Arc::clone(&committing), Arc::clone(&left));
        // A message more or less of what comes after everything was recorded.
        let bytes = u64::from(day % 29);
        store.observe(move |step| {
            if step == PublishStep::Recorded && !told.swap(true, Ordering::SeqCst) {
                budget.store(bytes, Ordering::SeqCst);
                let budget = Arc::clone(&budget);
                // The way is free again for whoever connects anew.
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(60));
                    budget.store(u64::MAX, Ordering::SeqCst);
                });
            }
        });
        let done = run(&mut store, &day_text(day), day, &keys(&["C1"])).expect("publishes");
        assert_eq!(done.attempt, 1);
        doubted += u32::from(committing.load(Ordering::SeqCst));
    }
    assert_eq!(doubted, 58);
    store.verify().expect("sound");
    let all = published(&store);
    assert!(all.values().all(|&n| n == 1), "{all:?}");
    assert_eq!(all.keys().filter(|(rule, ..)| rule == "eager").count(), 59);
    let runs = store.runs(100).expect("runs");
    assert_eq!(runs.iter().map(|run| run.seq).collect::<Vec<_>>(), (1..=59).rev().collect::<Vec<_>>());
}

/// Sessions are ended all the time while four threads' worth of publications go on.
#[test]
fn sessions_are_ended_all_the_time_under_load() {
    let Some(place) = Place::postgres() else { return };
    let over = AtomicBool::new(false);
    let mut store = place.open();
    let cut = AtomicU32::new(0);
    let done = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                place.run(CUT);
                cut.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(30));
            }
        });
        let mut publish = |n: u32| -> Result<(), StoreError> {
            let mut publication = store.begin(info(&format!("run-{n}"), 1, 1))?;
            publication.add_effects(&eager(), &effects(&eager(), 1, &keys(&[&format!("C{n}")]), Some(SINK)))?;
            let done = publication.commit(2)?;
            assert_eq!((done.attempt, done.total.new), (1, 1));
            for mut delivery in store.deliveries_due()? {
                store.delivered(&mut delivery, 1, 3)?;
            }
            Ok(())
        };
        let done = (0..150).try_for_each(&mut publish);
        over.store(true, Ordering::Relaxed);
        done
    });
    done.expect("publishes");
    println!("{} times", cut.load(Ordering::Relaxed));
    assert!(cut.load(Ordering::Relaxed) > 5);
    let all = published(&store);
    assert_eq!((all.len(), all.values().all(|&n| n == 1)), (150, true));
    assert_eq!(store.runs(1_000).expect("runs").len(), 150);
    assert!(store.deliveries_due().expect("due").is_empty());
}

/// Where nobody waits, a server that is not there is said so at once, without the password.
#[test]
fn a_server_that_is_not_there() {
    let Some(place) = Place::postgres() else { return };
    drop(place.open());
    let (between, _) = proxy::start(crate::server::Kind::Postgres.port().unwrap(), 0, Then::Cut);
    let through = place.through(between);
    for refused in [Store::open(through.home()).err(), View::open(through.home()).err()] {
        let refused = refused.expect("refused");
        assert!(matches!(&refused, StoreError::Away { .. }), "{refused:?}");
        assert!(!format!("{refused:?}").contains("only-for-tests"));
        assert_eq!(code(refused), 6016);
    }
    let mut wrong = place.home();
    wrong.base.as_mut().unwrap().server.user = "nobody".to_owned();
    assert!(matches!(View::open(wrong), Err(StoreError::Away { .. })));
}

/// A user who may do nothing but with his own schema.
#[test]
fn the_least_that_a_user_needs() {
    let Some(place) = Place::postgres() else { return };
    let password = std::env::var(crate::server::PASSWORD).unwrap();
    let role = format!("least_{}", std::process::id());
    place.run(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'; CREATE SCHEMA guiju AUTHORIZATION {role}"));
    let mut home = place.home();
    home.base.as_mut().unwrap().server.user.clone_from(&role);
    let mut store = Store::open(home).expect("opens");
    run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
    place.run(CUT);
    run(&mut store, "b", 2, &keys(&["C1"])).expect("publishes again");
    drop(store);
    place.run(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}
