//! A server with one stream and one sink, and what arrived there beside what the journal has.

use crate::{
    folder::Folder,
    rig::{Rig, customer},
};
use guiju_tests::command::guiju;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// An effect as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The effect's.
    pub(crate) id: String,
    /// The row's.
    pub(crate) task: u64,
    pub(crate) assignee: String,
}

impl Row {
    /// Of a JSON document; nothing if it is none.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        Some(Self { id: text("effect_id")?, task: text("task")?.parse().ok()?, assignee: text("assignee")? })
    }
}

/// What becomes of effects that do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// They wait, and whoever asks for the status hears why.
    Wait,
    /// They are listed as letters.
    Letters,
    /// Everything fits.
    Never,
}

/// A way for effects to go out.
pub(crate) trait Outlet: Send {
    /// What stands behind `out`, as the configuration says it.
    fn connection(&self) -> String;
    /// What the sink says of the place behind it.
    fn object(&self) -> &'static str {
        ""
    }
    /// A process stands; its standard output, if that is where effects go.
    fn started(&mut self, _: &mut Child) {}
    /// Whether effects go to standard output.
    fn listens(&self) -> bool {
        false
    }
    /// Everything that arrived so far, in the order in which it did.
    fn got(&mut self, folder: &Path) -> Vec<Row>;
    /// A text, as it is written there.
    fn shown(&self, text: &str) -> String {
        text.to_owned()
    }
    /// Nobody is there any more.
    fn goes(&mut self, folder: &Path);
    /// Somebody is there again; `false`: only for another process.
    fn comes(&mut self, folder: &Path) -> bool;
    /// What is there does not fit what comes, from before the first effect on.
    fn spoils(&mut self, folder: &Path) -> Unfit;
    /// It fits now.
    fn fits(&mut self, folder: &Path);
    /// It takes its time with what comes now, for a second or so in all.
    fn dawdles(&mut self, folder: &Path);
    /// What nobody knows to have arrived may come once more.
    fn repeats(&self) -> bool;
}

/// The server and its sink.
pub(crate) struct Desk<O> {
    pub(crate) rig: Rig<Folder>,
    pub(crate) outlet: O,
}

impl<O: Outlet> Desk<O> {
    /// With a sink that delivers `at least once` or `at most once`.
    pub(crate) fn new(outlet: O, delivers: &str) -> Self {
        let rig = Rig::new(Folder);
        let path = rig.folder.path();
        let change = |name: &str, from: &str, to: &str| {
            let before = fs::read_to_string(path.join(name)).unwrap();
            assert!(before.contains(from));
            fs::write(path.join(name), before.replace(from, to)).unwrap();
        };
        change("guiju.yaml", "{ kind: jsonl, path: \"out/{run}.jsonl\" }", &outlet.connection());
        let sink = format!("sink tasks to out{} {{\n  deliver {delivers}\n}}", outlet.object());
        change("desk.gj", "sink tasks to out", &sink);
        change("desk.gj", "  task \"{id}\"", "  assign to customer or else \"nobody\"\n  task \"{id}\"");
        Self { rig, outlet }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.rig.folder.path()
    }

    pub(crate) fn start(&mut self) {
        self.rig.start_saying(if self.outlet.listens() { Stdio::piped() } else { Stdio::null() });
        if let Some(child) = &mut self.rig.child {
            self.outlet.started(child);
        }
    }

    /// Nobody waits for an effect any more.
    #[track_caller]
    pub(crate) fn delivered(&self) {
        self.rig.until("everything is delivered", |status| {
            let all = status["sinks"].as_array();
            all.is_some_and(|all| !all.is_empty() && all.iter().all(|sink| sink["waiting"] == 0))
        });
    }

    /// Everything was journalled, and arrived: nothing lost, nothing changed, each key's in its order; more than once only what `repeats`.
    #[track_caller]
    pub(crate) fn settles(&mut self, repeats: bool) {
        self.rig.settles();
        self.delivered();
        let journal = self.rig.effects();
        let began = Instant::now();
        let mut got = self.outlet.got(self.rig.folder.path());
        while ids(&got).len() < journal.len() && began.elapsed() < Duration::from_secs(20) {
            sleep(Duration::from_millis(50));
            got = self.outlet.got(self.rig.folder.path());
        }
        self.sound(&got, repeats);
        let arrived = ids(&got);
        let lost: Vec<_> = journal.iter().filter(|(id, _)| !arrived.contains(id)).collect();
        assert!(lost.is_empty(), "{} of {} lost: {:?}", lost.len(), journal.len(), &lost[..lost.len().min(5)]);
        let mut order: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut met = BTreeSet::new();
        for row in got.iter().filter(|row| met.insert(&row.id)) {
            order.entry(customer(row.task)).or_default().push(row.task);
        }
        for (name, tasks) in self.rig.journal() {
            assert_eq!(order[name.as_str()], tasks, "{name:?}");
        }
    }

    /// What arrived is what the journal has.
    #[track_caller]
    pub(crate) fn sound(&self, got: &[Row], repeats: bool) {
        let journal: BTreeMap<String, u64> = self.rig.effects().into_iter().collect();
        let mut met = BTreeSet::new();
        for row in got {
            assert_eq!(journal.get(&row.id), Some(&row.task), "{row:?}");
            assert_eq!(row.assignee, self.outlet.shown(customer(row.task)), "{row:?}");
            assert!(met.insert(&row.id) || repeats, "twice: {row:?}");
        }
    }

    /// Effects that are listed for a person, by the letter's name.
    pub(crate) fn letters(&self) -> BTreeMap<String, Vec<String>> {
        let said = guiju(self.folder(), "en_US.UTF-8", &["letters", "--json"]);
        let all: Value = serde_json::from_str(&said.text).unwrap_or_else(|error| panic!("{error}: {}", said.text));
        let effects = |letter: &Value| {
            let effects = letter["effects"].as_array().unwrap().iter();
            effects.map(|of| of["effect_id"].as_str().unwrap().to_owned()).collect()
        };
        let letters = all["letters"].as_array().unwrap().iter();
        letters.map(|letter| (letter["letter"].as_str().unwrap().to_owned(), effects(letter))).collect()
    }

    pub(crate) fn trouble(&self) {
        self.rig.until("trouble is shown", |status| {
            status["status"]["sinks"]["desk.tasks"].is_object() && status["ok"] == false
        });
    }
}

/// Each once.
pub(crate) fn ids(got: &[Row]) -> BTreeSet<String> {
    got.iter().map(|row| row.id.clone()).collect()
}
