//! Any sequence of runs, repeats and crashes gives what a simple model gives.

use crate::{
    desk::{copy_folder, day_text, published, run},
    place::Place,
};
use guiju::store::{PublishStep, Store};
use proptest::prelude::*;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
};

const STEPS: [PublishStep; 6] = [
    PublishStep::Written,
    PublishStep::Synced,
    PublishStep::Renamed,
    PublishStep::Named,
    PublishStep::Recorded,
    PublishStep::Committed,
];

#[derive(Debug, Clone)]
struct Op {
    name: usize,
    keys: BTreeSet<u8>,
    crash: Option<usize>,
}

/// Days of the runs by name: two names share a day.
const DAYS: [u32; 5] = [2, 9, 9, 12, 20];

/// What was put, in the order of publication, and what was published. No files, no blocks, no ids.
#[derive(Debug, Default)]
struct Model {
    log: Vec<(usize, BTreeMap<String, u32>)>,
    effects: BTreeSet<(String, String, i64)>,
}

impl Model {
    fn run(&mut self, name: usize, keys: &[String]) {
        let day = DAYS[name];
        let bound = self.log.iter().position(|(n, _)| *n == name).unwrap_or(self.log.len());
        let last = |key: &String| self.log[..bound].iter().filter_map(|(_, puts)| puts.get(key)).max().copied();
        let fired: Vec<_> =
            keys.iter().filter(|k| last(k).is_none_or(|last| i64::from(day) - i64::from(last) >= 7)).cloned().collect();
        for (rule, keys) in [("calm", fired.as_slice()), ("eager", keys)] {
            self.effects.extend(keys.iter().map(|k| (rule.to_owned(), k.clone(), i64::from(day))));
        }
        self.log.push((name, fired.into_iter().map(|k| (k, day)).collect()));
    }
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op =
        (0..DAYS.len(), proptest::collection::btree_set(0_u8..6, 0..6), proptest::option::weighted(0.4, 0..6_usize));
    proptest::collection::vec(op.prop_map(|(name, keys, crash)| Op { name, keys, crash }), 1..12)
}

thread_local! {
    /// Where the observer puts its copy of the folder: what a kill at that moment leaves behind.
    static COPY: RefCell<Option<(PathBuf, PathBuf, usize)>> = const { RefCell::new(None) };
}

fn copy_at(step: PublishStep) {
    COPY.with_borrow_mut(|wanted| {
        if let Some((from, to, at)) = wanted.take() {
            if STEPS[at] == step {
                copy_folder(&from, &to);
            } else {
                *wanted = Some((from, to, at));
            }
        }
    });
}

/// The process ends here, as far as the database can tell: nothing more is said, and the connection is gone.
fn dies_at(step: usize) -> impl Fn(PublishStep) + Send + 'static {
    move |at| {
        if STEPS[step] == at {
            resume_unwind(Box::new("killed"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Everybody who goes on is another machine.
    #[test]
    fn like_the_model_on_a_server(ops in ops()) {
        let Some(mut place) = Place::postgres() else { return Ok(()) };
        let mut model = Model::default();
        for Op { name, keys, crash } in ops {
            let keys: Vec<String> = keys.iter().map(|k| format!("K{k}")).collect();
            let run_name = format!("{}.{name}", day_text(DAYS[name]));
            let done = catch_unwind(AssertUnwindSafe(|| {
                let mut store = place.open();
                if let Some(at) = crash {
                    store.observe(dies_at(at));
                }
                run(&mut store, &run_name, DAYS[name], &keys).expect("publishes");
            }));
            if done.is_ok() || crash == Some(5) {
                model.run(name, &keys);
            }
            place = place.elsewhere();
            let store = place.open();
            store.verify().expect("sound");
            let got = published(&store);
            prop_assert!(got.values().all(|&times| times == 1), "doubled: {:?}", got);
            prop_assert_eq!(got.into_keys().collect::<BTreeSet<_>>(), model.effects.clone());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn like_the_model(ops in ops()) {
        let base = tempfile::tempdir().expect("a folder");
        let mut folder = base.path().join("0");
        let mut model = Model::default();
        for (number, Op { name, keys, crash }) in ops.into_iter().enumerate() {
            let keys: Vec<String> = keys.iter().map(|k| format!("K{k}")).collect();
            let mut store = Store::open(&folder).expect("opens");
            let run_name = format!("{}.{name}", day_text(DAYS[name]));
            let next = base.path().join((number + 1).to_string());
            if let Some(at) = crash {
                COPY.set(Some((folder.clone(), next.clone(), at)));
                store.observe(copy_at);
            }
            run(&mut store, &run_name, DAYS[name], &keys).expect("publishes");
            drop(store);
            COPY.set(None);
            // A crash is going on from the copy; without effects some steps are never reached and nothing crashes.
            let crashed = next.exists();
            if crashed {
                folder = next;
            }
            if !crashed || crash == Some(5) {
                model.run(name, &keys);
            }
            let store = Store::open(&folder).expect("opens after a crash");
            store.verify().expect("sound");
            let got = published(&store);
            prop_assert!(got.values().all(|&times| times == 1), "doubled: {:?}", got);
            prop_assert_eq!(got.into_keys().collect::<BTreeSet<_>>(), model.effects.clone());
        }
    }
}
