//! What is old goes; what is owed, waits for a person or is remembered does not.

use crate::desk::{DAY, SINK, cell, eager, effects, info, keys, published, run};
use crate::place::everywhere;
use guiju::store::{Retention, RunInfo, Store, StoreError};
use guiju_core::{
    cell::{CellTable, CellValue},
    id::RunId,
};

/// A piece of a stream: one effect, one of five keys in the cell.
fn piece(store: &mut Store, day: u32) {
    let name = format!("serve-{day:09}");
    let info = RunInfo { occurrence: name.clone(), ..info(&name, day, 1) };
    let mut publication = store.begin(info).expect("begins");
    publication.add_effects(&eager(), &effects(&eager(), day, &keys(&["C1"]), Some(SINK))).expect("adds");
    let mut table = CellTable::new();
    table.put(&format!("K{}", day % 5), CellValue::Time(i64::from(day)));
    publication.put_cell(&eager(), cell(), "", &table).expect("puts");
    publication.commit(i64::from(day) * DAY).expect("commits");
}

fn remembered(store: &Store) -> Vec<(String, i64)> {
    let next = RunId::new("next").expect("a name");
    let table = store.cells("default", &next, &[cell().into()]).expect("reads").remove(&cell()).expect("there");
    (0..5).map(|key| format!("K{key}")).filter_map(|key| Some((key.clone(), table.time(&key)?))).collect()
}

/// Days with effects.
fn days(store: &Store) -> Vec<i64> {
    published(store).keys().map(|(.., day)| *day).collect()
}

/// Steps until there is nothing left to do; files are left as by a process that was killed, or removed.
fn forget(store: &mut Store, retention: Retention, killed: bool) {
    for _ in 0..20 {
        let forgotten = store.forget(&retention).expect("forgets");
        let more = forgotten.more;
        if !killed {
            forgotten.remove_files();
        }
        if !more {
            return;
        }
    }
    panic!("it does not end");
}

#[test]
fn what_is_owed_or_remembered_stays() {
    everywhere(|place| {
        let mut store = place.open();
        run(&mut store, "batch", 1, &keys(&["C9"])).expect("publishes");
        (2..=80).for_each(|day| piece(&mut store, day));
        for mut due in store.deliveries_due().expect("due") {
            if due.segment != 3 {
                let rows = due.rows;
                store.delivered(&mut due, rows, 1).expect("confirms");
            }
        }
        let before = remembered(&store);
        let blocks = store.sizes().expect("sizes").tables["cell_blocks"];
        let retention = Retention { old: Some(70 * DAY), ..Retention::default() };
        forget(&mut store, retention, true);
        // Whoever was killed before the files were gone leaves them to the next one.
        drop(store);
        let mut store = place.open();
        let files = std::fs::read_dir(place.folder().join("segments")).expect("folder").count() as u64;
        assert_eq!(store.sizes().expect("sizes").segments, files);
        store.verify().expect("sound");
        let wanted: Vec<i64> = [3].into_iter().chain(70..=80).collect();
        assert_eq!((days(&store), store.deliveries_due().expect("due").len()), (wanted, 1));
        assert_eq!(remembered(&store), before);
        assert!(store.sizes().expect("sizes").tables["cell_blocks"] < blocks / 2, "the log was shortened");
        let runs = store.runs(100).expect("runs");
        assert!(runs.len() < 60 && runs.iter().any(|run| run.run == "batch"), "{}", runs.len());
        // What is paid goes, too.
        for mut due in store.deliveries_due().expect("due") {
            let rows = due.rows;
            store.delivered(&mut due, rows, 1).expect("confirms");
        }
        forget(&mut store, retention, false);
        assert_eq!(days(&store), (70..=80).collect::<Vec<_>>());
        // Nobody knows any more what was published that day, so it is not published twice; another day is as ever.
        let again = run(&mut store, "batch", 1, &keys(&["C9"])).err();
        assert!(matches!(again, Some(StoreError::Forgotten { .. })), "{again:?}");
        let history = store.begin(RunInfo { streams: true, ..info("history", 5, 1) }).err();
        assert!(matches!(history, Some(StoreError::Forgotten { .. })), "{history:?}");
        assert_eq!(run(&mut store, "later", 90, &keys(&["C9"])).expect("publishes").total.new, 2);
        piece(&mut store, 91);
    });
}

#[test]
fn the_oldest_go_until_the_rest_is_small_enough() {
    everywhere(|place| {
        let mut store = place.open();
        (1..=30).for_each(|day| piece(&mut store, day));
        for mut due in store.deliveries_due().expect("due") {
            let rows = due.rows;
            store.delivered(&mut due, rows, 1).expect("confirms");
        }
        let whole = store.sizes().expect("sizes").segment_bytes;
        let half = Retention { bytes: Some(whole / 2), ..Retention::default() };
        forget(&mut store, Retention { young: 0, ..half }, false);
        assert_eq!(days(&store).len(), 30, "all of it is young");
        forget(&mut store, Retention { young: 100 * DAY, from: Some(5), ..half }, false);
        assert_eq!(days(&store).first(), Some(&5), "what was recorded is still there");
        forget(&mut store, Retention { young: 100 * DAY, ..half }, false);
        let left = store.sizes().expect("sizes").segment_bytes;
        assert!(left <= whole / 2 && left > whole / 3, "{left} of {whole}");
        assert_eq!(days(&store).last(), Some(&30));
        forget(&mut store, Retention { young: 100 * DAY, bytes: Some(0), ..half }, false);
        assert_eq!(days(&store), [30], "the last one stays: the next is counted from it");
    });
}
