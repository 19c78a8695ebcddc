//! Publishing, repeating, asking, delivering.

use crate::desk::{DAY, SINK, calm, cell, day_text, eager, effects, info, keys, published, rule, run};
use crate::place::everywhere;
use guiju::store::{CellRequest, Delivery, EffectFilter, RunStatus, Store, StoreError, View};
use guiju_core::{
    cell::{CellTable, CellValue},
    effect,
    id::{EffectId, EpochHash, RunId},
};

#[test]
fn a_repeated_run_publishes_nothing_twice() {
    everywhere(|place| {
        let mut store = place.open();
        let customers = keys(&["C1", "C2", "客户|3"]);
        let first = run(&mut store, "r", 5, &customers).expect("publishes");
        assert_eq!((first.attempt, first.total.new, first.total.already), (1, 6, 0));
        // The cool-down reads as before the run, so the same effects come again and are known by their ids.
        let again = run(&mut store, "r", 5, &customers).expect("publishes");
        assert_eq!((again.attempt, again.total.new, again.total.already), (2, 0, 6));
        // A customer who was not in the table the first time.
        let more = run(&mut store, "r", 5, &keys(&["C1", "C2", "客户|3", "C4"])).expect("publishes");
        assert_eq!((more.attempt, more.total.new, more.total.already), (3, 2, 6));
        // Another run of the same day does not double either.
        let other = run(&mut store, "s", 5, &customers).expect("publishes");
        assert_eq!((other.attempt, other.total.new, other.total.already), (1, 0, 3));
        assert!(published(&store).values().all(|&times| times == 1));
        assert_eq!(published(&store).len(), 8);
        store.verify().expect("sound");
    });
}

#[test]
fn cool_downs_reach_across_runs() {
    everywhere(|place| {
        let mut store = place.open();
        let customers = keys(&["C1"]);
        let calm_days = |store: &Store| {
            let all = published(store);
            all.keys().filter(|(rule, ..)| rule == "calm").map(|(_, _, day)| *day).collect::<Vec<_>>()
        };
        for day in [1, 3, 7, 8, 9, 15] {
            run(&mut store, &day_text(day), day, &customers).expect("publishes");
        }
        assert_eq!(calm_days(&store), [1, 8, 15]);
        // Repeating an old day, after newer ones, changes nothing.
        for day in [8, 1, 15, 3] {
            let again = run(&mut store, &day_text(day), day, &customers).expect("publishes");
            assert_eq!(again.total.new, 0, "day {day}");
        }
        assert_eq!(calm_days(&store), [1, 8, 15]);
    });
}

#[test]
fn a_dropped_or_abandoned_run_leaves_nothing() {
    everywhere(|place| {
        let mut store = place.open();
        let batch = effects(&eager(), 1, &keys(&["C1"]), Some(SINK));
        let mut dropped = store.begin(info("r", 1, 1)).expect("begins");
        dropped.add_effects(&eager(), &batch).expect("adds");
        drop(dropped);
        assert_eq!(std::fs::read_dir(store.folder().join("segments")).expect("folder").count(), 0);
        assert!(store.runs(10).expect("runs").is_empty());

        let mut abandoned = store.begin(info("r", 1, 1)).expect("begins");
        abandoned.add_effects(&eager(), &batch).expect("adds");
        abandoned.abandon(9, "interrupted").expect("records");
        assert_eq!(std::fs::read_dir(store.folder().join("segments")).expect("folder").count(), 0);
        let runs = store.runs(10).expect("runs");
        assert_eq!(
            (runs.len(), runs[0].status, runs[0].reason.as_deref()),
            (1, RunStatus::Abandoned, Some("interrupted"))
        );
        assert!(published(&store).is_empty());
        // It counts as never run.
        assert_eq!(run(&mut store, "r", 1, &keys(&["C1"])).expect("publishes").total.new, 2);
    });
}

#[test]
fn two_effects_of_one_id_in_a_run_are_one() {
    everywhere(|place| {
        let mut store = place.open();
        let batch = effects(&eager(), 1, &keys(&["C1", "C2", "C1"]), None);
        let mut publication = store.begin(info("r", 1, 1)).expect("begins");
        publication.add_effects(&eager(), &batch).expect("adds");
        let done = publication.commit(2).expect("commits");
        assert_eq!((done.total.new, done.total.doubled), (2, 1));
        assert_eq!(published(&store).len(), 2);
    });
}

#[test]
fn a_runs_name_belongs_to_one_time() {
    everywhere(|place| {
        let mut store = place.open();
        run(&mut store, "r", 1, &keys(&["C1"])).expect("publishes");
        let expected = StoreError::RunTimeDiffers { run: "r".into(), before: day_text(1), now: day_text(2) };
        assert_eq!(run(&mut store, "r", 2, &keys(&["C1"])).err(), Some(expected));
    });
}

#[test]
fn effects_are_checked() {
    everywhere(|place| {
        let mut store = place.open();
        let mut publication = store.begin(info("r", 1, 1)).expect("begins");
        let whole = effects(&eager(), 1, &keys(&["C1"]), None);
        let without_key = whole.project(&[0, 1, 2, 4, 5, 6, 7, 8, 9]).expect("projects");
        let (rule, column) = (eager().to_string(), effect::KEY.to_owned());
        assert_eq!(
            publication.add_effects(&eager(), &without_key).err(),
            Some(StoreError::ColumnMissing { rule: rule.clone(), column })
        );
        let stray = effects(&eager(), 1, &keys(&["C1"]), Some("nowhere"));
        assert_eq!(
            publication.add_effects(&eager(), &stray).err(),
            Some(StoreError::SinkUnknown { rule, sink: "nowhere".into() })
        );
    });
}

#[test]
fn what_was_published_can_be_asked_for() {
    everywhere(|place| {
        let mut store = place.open();
        for day in [1, 2, 9] {
            run(&mut store, &day_text(day), day, &keys(&["C1", "C2", "C3"])).expect("publishes");
        }
        let rows = |filter: EffectFilter| -> usize {
            store.effects(&filter).expect("effects").iter().map(arrow_array::RecordBatch::num_rows).sum()
        };
        let all = EffectFilter::default();
        let of_calm = EffectFilter { rule: Some(calm().to_string()), ..all.clone() };
        assert_eq!(rows(all.clone()), 15);
        assert_eq!(rows(of_calm.clone()), 6);
        assert_eq!(rows(EffectFilter { key: Some("C2".into()), ..of_calm.clone() }), 2);
        assert_eq!(rows(EffectFilter { key: Some("C2".into()), ..all.clone() }), 5);
        assert_eq!(rows(EffectFilter { run: Some(day_text(2)), ..all.clone() }), 3);
        assert_eq!(rows(EffectFilter { run: Some(day_text(2)), ..of_calm }), 0);
        assert_eq!(rows(EffectFilter { limit: Some(4), ..all }), 4);

        let last = store.last_effect(&calm().to_string(), "C2").expect("asks").expect("an effect");
        let time = last.column_by_name(effect::LOGICAL_TIME).expect("times").to_data();
        assert_eq!((last.num_rows(), time.buffers()[0].typed_data::<i64>()[0]), (1, 9 * DAY));
        assert!(store.last_effect(&calm().to_string(), "C9").expect("asks").is_none());
        assert!(store.last_effect(&rule("other").to_string(), "C2").expect("asks").is_none());

        let id = EffectId::of(&eager(), &day_text(2), "C3", 0);
        let found = store.effect(id).expect("asks").expect("an effect");
        assert_eq!((found.num_rows(), found.schema().fields().len()), (1, 11));
        assert!(store.effect(EffectId([7; 16])).expect("asks").is_none());
    });
}

#[test]
fn history_epochs_and_sizes() {
    everywhere(|place| {
        let mut store = place.open();
        run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
        run(&mut store, "b", 2, &keys(&["C1", "C2"])).expect("publishes");
        let runs = store.runs(10).expect("runs");
        assert_eq!(runs.iter().map(|r| r.run.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(runs[0].rules[&eager().to_string()].new, 2);
        assert_eq!(runs[0].rules[&calm().to_string()].new, 1);
        assert_eq!(runs[0].sources, serde_json::json!({"customers": {"rows": 3}}));
        let bundle = store.epoch(EpochHash([1; 32])).expect("asks").expect("texts");
        assert_eq!(bundle, info("a", 1, 1).bundle);
        assert_eq!(store.epoch(EpochHash([2; 32])).expect("asks"), None);
        store.keep_epoch(EpochHash([2; 32]), &info("a", 1, 2).bundle, 0).expect("keeps");
        assert_eq!(store.epoch(EpochHash([2; 32])).expect("asks"), Some(info("a", 1, 2).bundle));
        let sizes = store.sizes().expect("sizes");
        assert_eq!((sizes.segments, sizes.effects), (2, 5));
        let on_disk: u64 = std::fs::read_dir(store.folder().join("segments"))
            .expect("folder")
            .map(|e| e.expect("entry").metadata().expect("metadata").len())
            .sum();
        assert_eq!(sizes.segment_bytes, on_disk);
        assert!(sizes.database > 0 && sizes.tables["cell_blocks"] > 0);
    });
}

/// Long logs are read from checkpoints, and a repeated old run still reads what it read.
#[test]
fn checkpoints_change_nothing() {
    everywhere(|place| {
        let mut store = place.open();
        let id = |n: u32| RunId::new(format!("run-{n}")).expect("a name");
        let put = |store: &mut Store, n: u32| {
            let mut table = CellTable::new();
            for key in 0..5 {
                table.put(&format!("K{}", (n + key) % 50), CellValue::Time(i64::from(n)));
            }
            table.put("blob", CellValue::Bytes(&n.to_le_bytes()));
            let mut publication = store.begin(info(id(n).as_str(), 1 + n % 28, 1)).expect("begins");
            publication.put_cell(&calm(), cell(), "", &table).expect("puts");
            publication.commit(2).expect("commits");
        };
        for n in 0..100 {
            put(&mut store, n);
        }
        let expected = |before: u32| {
            let mut map = std::collections::BTreeMap::new();
            for n in 0..before {
                map.extend((0..5).map(|key| (format!("K{}", (n + key) % 50), i64::from(n))));
            }
            map
        };
        for (name, before) in
            [(id(70), 70), (id(1), 1), (id(0), 0), (id(33), 33), (RunId::new("new").expect("a name"), 100)]
        {
            let cells = store.cells("default", &name, &[cell().into()]).expect("cells");
            let table = &cells[&cell()];
            let times: std::collections::BTreeMap<_, _> =
                table.iter().filter_map(|(k, _)| Some((k.to_owned(), table.time(k)?))).collect();
            assert_eq!(times, expected(before), "{name}");
            let last = before.checked_sub(1).map(u32::to_le_bytes);
            assert_eq!(table.get("blob"), last.as_ref().map(|n| CellValue::Bytes(n)));
        }
    });
}

/// Pieces of streams are never repeated: of a cell that is theirs alone nothing older than its last checkpoint is kept, and keys that have
/// gone leave nothing behind.
#[test]
fn what_streams_remember_does_not_grow_with_every_piece() {
    everywhere(|place| {
        let mut store = place.open();
        let shared = guiju_core::id::CellId([7; 16]);
        let run = |store: &mut Store, name: &str, n: u32, cells: &[guiju_core::id::CellId]| {
            let mut table = CellTable::new();
            // Bytes that do not compress.
            let bytes: Vec<u8> =
                (0..100).map(|at| (n.wrapping_mul(2_654_435_761).wrapping_add(at * 40_503) >> 9) as u8).collect();
            table.put(&format!("K{}", n % 20), CellValue::Bytes(&bytes));
            table.put(&format!("page {n}"), CellValue::Bytes(&bytes));
            table.put(&format!("page {}", n.saturating_sub(3)), CellValue::Bytes(&[]));
            let mut publication = store.begin(info(name, 1, 1)).expect("begins");
            for cell in cells {
                publication.put_cell(&calm(), *cell, "", &table).expect("puts");
            }
            publication.commit(2).expect("commits");
        };
        let blocks = |store: &Store| store.sizes().expect("sizes").tables["cell_blocks"];
        run(&mut store, "a-run-with-a-name", 0, &[shared]);
        let (mut after, mut next) = (Vec::new(), 1);
        for upto in [200, 400, 1_200] {
            while next < upto {
                run(&mut store, &format!("serve-{next:09}"), next, &[cell()]);
                next += 1;
            }
            after.push(blocks(&store));
        }
        assert!(after[2] < after[0] * 2, "it grows: {after:?}");
        for n in 1..200 {
            run(&mut store, &format!("serve-1{n:08}"), n, &[shared]);
        }
        assert!(blocks(&store) > after[2] + 40_000, "what a run may ask for again stays");
        // Other connections know no lengths yet.
        let beside = store.beside().open().expect("opens");
        for (cell, last) in [(cell(), 1_199_u32), (shared, 199)] {
            let cells = beside.cells("default", &RunId::new("new").expect("a name"), &[cell.into()]).expect("cells");
            let there = |name: String| cells[&cell].get(&name).is_some_and(|value| value != CellValue::Bytes(&[]));
            assert!((0..20).all(|n| there(format!("K{n}"))));
            for n in 0..=last {
                assert_eq!(there(format!("page {n}")), n + 3 > last, "{n}");
            }
        }
        store.verify().expect("sound");
    });
}

#[test]
fn a_renamed_rule_keeps_its_state() {
    everywhere(|place| {
        let mut store = place.open();
        run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
        let new = guiju_core::id::CellId([9; 16]);
        let request = CellRequest { cell: new, formerly: Some(cell()), partition: String::new() };
        let cells = store.cells("default", &RunId::new("b").expect("a name"), &[request]).expect("cells");
        assert_eq!(cells[&new].time("C1"), Some(DAY));
    });
}

#[test]
fn at_least_once_goes_on_where_it_stopped() {
    everywhere(|place| {
        let mut store = place.open();
        run(&mut store, "a", 1, &keys(&["C1", "C2", "C3"])).expect("publishes");
        let mut due = store.deliveries_due().expect("due");
        assert_eq!((due.len(), due[0].rows, due[0].done, due[0].at_most_once), (1, 6, 0, false));
        let rows = |store: &Store, d: &Delivery| -> usize {
            store.delivery_batches(d).expect("opens").map(|b| b.expect("a batch").num_rows()).sum()
        };
        assert_eq!(rows(&store, &due[0]), 6);
        store.sending(&mut due[0], 4, 5).expect("announces");
        store.delivered(&mut due[0], 4, 6).expect("confirms");
        store.sending(&mut due[0], 2, 5).expect("announces");
        let due = store.deliveries_due().expect("due");
        assert_eq!((due[0].done, rows(&store, &due[0])), (4, 2));
        // A repeat owes nothing new.
        run(&mut store, "a", 1, &keys(&["C1", "C2", "C3"])).expect("publishes");
        let mut due = store.deliveries_due().expect("due");
        assert_eq!(due.len(), 1);
        store.delivered(&mut due[0], 2, 7).expect("confirms");
        assert!(store.deliveries_due().expect("due").is_empty());
        let id = due[0].id;
        assert_eq!(store.delivered(&mut due[0], 1, 7).err(), Some(StoreError::NotDue { id }));
        assert!(store.uncertain().expect("uncertain").is_empty());
    });
}

#[test]
fn at_most_once_never_sends_twice() {
    everywhere(|place| {
        {
            let mut store = place.open();
            let mut publication = store.begin(info("a", 1, 1)).expect("begins");
            let names: Vec<String> = (0..10).map(|n| format!("C{n}")).collect();
            publication.add_effects(&eager(), &effects(&eager(), 1, &names, Some("customers.sms"))).expect("adds");
            publication.commit(2).expect("commits");
            let mut due = store.deliveries_due().expect("due");
            assert!(due[0].at_most_once);
            store.sending(&mut due[0], 4, 5).expect("announces");
            store.delivered(&mut due[0], 3, 6).expect("confirms");
            // The process ends here: one row is announced and not confirmed.
        }
        let mut store = place.open();
        let uncertain = store.uncertain().expect("uncertain");
        assert_eq!((uncertain.len(), uncertain[0].first, uncertain[0].rows), (1, 3, 1));
        let batch = store.uncertain_batches(&uncertain[0]).expect("opens").next().expect("rows").expect("a batch");
        let names = batch.column_by_name(effect::KEY).expect("keys").clone();
        assert_eq!(names.as_any().downcast_ref::<arrow_array::StringArray>().expect("texts").value(0), "C3");
        let mut due = store.deliveries_due().expect("due");
        assert_eq!((due[0].done, due[0].rows), (4, 10));
        store.sending(&mut due[0], 6, 7).expect("announces");
        store.delivered(&mut due[0], 6, 8).expect("confirms");
        assert!(store.deliveries_due().expect("due").is_empty());
        store.decide(uncertain[0].id, false).expect("decides");
        assert!(store.uncertain().expect("uncertain").is_empty());
        assert_eq!(store.decide(uncertain[0].id, true).err(), Some(StoreError::NotDue { id: uncertain[0].id }));
    });
}

#[test]
fn looking_does_not_disturb() {
    everywhere(|place| {
        assert!(matches!(View::open(place.home()), Err(StoreError::Absent { .. })));
        let mut store = place.open();
        run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
        let view = place.view();
        assert_eq!(published(&view).len(), 2);
        run(&mut store, "b", 2, &keys(&["C1"])).expect("publishes");
        assert_eq!(published(&view).len(), 3);
        drop(store);
        assert_eq!(place.view().runs(10).expect("runs").len(), 2);
    });
}

#[test]
fn a_moment_is_one() {
    everywhere(|place| {
        let mut store = place.open();
        run(&mut store, "a", 1, &keys(&["C1"])).expect("publishes");
        let view = place.view();
        let seen = view.moment(|| {
            let before = published(&view).len();
            run(&mut store, "b", 2, &keys(&["C2"])).expect("publishes");
            (before, published(&view).len(), view.runs(10).expect("runs").len())
        });
        assert_eq!(seen.expect("a moment"), (2, 2, 1));
        assert_eq!((published(&view).len(), view.runs(10).expect("runs").len()), (4, 2));
    });
}
