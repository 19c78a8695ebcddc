//! What a server is doing, for whoever asks from another process: a file beside the store, written anew as things change.

use super::{
    jobs::Job,
    live::{Fates, Live},
    planner::Plan,
    spool::{Piece, Spool},
    told::{self, Told},
};
use crate::store::{Origin, View};
use arrow_array::{Array, cast::AsArray, types::TimestampMicrosecondType};
use guiju_core::{Size, id::EpochHash};
use guiju_lang::{finding::Sources, hir::Source};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What a server is doing. Times are microseconds since 1970-01-01 UTC, by the server's clock.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Status {
    /// The process.
    pub pid: u32,
    /// When it started.
    pub started: i64,
    /// When this was written.
    pub at: i64,
    /// The set in force.
    pub set: String,
    /// Since when, in this process.
    pub since: i64,
    /// Whose rules.
    pub tenant: String,
    /// The set on disk, where it passes and is another: a command put the one in force there.
    pub held: Option<String>,
    /// Its streams.
    pub sources: Vec<SourceStatus>,
    /// The last attempt to change the set.
    pub last: Option<Attempt>,
    /// What its rules remember of streams.
    #[serde(default)]
    pub memory: Vec<MemoryStatus>,
    /// Rules over tables that run at their times.
    #[serde(default)]
    pub jobs: Vec<JobStatus>,
    /// Why the store is not written, its database away or its disk full: until it is, nothing is taken and nothing is lost.
    #[serde(default)]
    pub store: Option<Told>,
    /// By sink that does not take what it is owed: why.
    pub sinks: BTreeMap<String, Told>,
}

/// One stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SourceStatus {
    /// `rulebook.name`.
    pub source: String,
    /// Files taken.
    pub files: u64,
    /// Their rows.
    pub rows: u64,
    /// The last of them.
    pub last_file: Option<String>,
    /// When it was taken.
    pub last_at: Option<i64>,
    /// The latest time in its rows.
    pub newest: Option<i64>,
    /// Files that wait.
    pub waiting: u64,
    /// And their bytes.
    pub waiting_bytes: u64,
    /// Files that cannot be read and are passed over until they change; the file with messages that were put aside.
    pub refused: Vec<String>,
    /// Why nothing comes from there.
    #[serde(default)]
    pub trouble: Option<Told>,
}

/// Rules over tables that run at their times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobStatus {
    /// Its name.
    pub job: String,
    /// When it is due, as the configuration has it.
    pub said: String,
    /// When it is due next; nothing: the calendar does not say.
    pub next: Option<i64>,
    /// What was due then runs now.
    pub running: Option<i64>,
    /// What was due last, and has run or is not done any more.
    pub last: Option<i64>,
    /// When that ended.
    pub ended: Option<i64>,
    /// It ran to its end.
    pub ok: bool,
    /// Rows that it read.
    pub rows: u64,
    /// New effects.
    pub effects: u64,
    /// What else there is to say of it.
    pub told: Option<Told>,
}

/// What is remembered of a stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MemoryStatus {
    /// The rule; of windows that several share, the first.
    pub rule: String,
    /// For which of its words: `over`, `for`, `then`, `without`.
    pub role: String,
    /// Keys of which something is remembered.
    pub keys: u64,
    /// Rows that an older one might still come before.
    pub waiting: u64,
    /// Bytes of memory, about.
    pub bytes: u64,
    /// The oldest row that is remembered.
    pub oldest: Option<i64>,
    /// How far the stream's time has come.
    pub watermark: Option<i64>,
}

/// An attempt to put another set in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: i64,
    /// From where.
    pub origin: Origin,
    /// Which, where it got so far.
    pub set: Option<String>,
    /// It is in force now.
    pub ok: bool,
    /// What became of what rules remember.
    pub fates: Fates,
    /// Why not, or what else there is to say.
    pub told: Told,
}

impl Status {
    /// What the server of a store last said; nothing if there never was one.
    pub fn of(store: &View) -> Option<Self> {
        told::get(&path(store.folder()))
    }
}

fn path(store: &Path) -> PathBuf {
    store.join("status.json")
}

/// Writes down that the store's database does not answer, for a server that waits for it and can say nothing else meanwhile.
pub(super) fn waits(store: &Path, why: Told, now: i64) {
    let path = path(store);
    if let Some(status) = told::get::<Status>(&path) {
        // Not by the name that the server itself uses, which may go on meanwhile. What cannot be written stops nobody.
        let beside = path.with_extension("away");
        let text = serde_json::to_vec(&Status { store: Some(why), at: now, ..status }).unwrap_or_default();
        let _ = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path));
    }
}

/// Not more often than this while pieces come.
const BUSY: Duration = Duration::from_millis(200);
/// Weighing what is remembered looks through all keys: it takes at most this share of the time.
const SHARE: u32 = 200;

/// A sign of life.
const BEAT: Duration = Duration::from_secs(2);

/// Keeps the file up to date.
pub(super) struct Keeper {
    pub(super) status: Status,
    path: PathBuf,
    written: Option<Instant>,
    changed: bool,
    /// When what is remembered is weighed again.
    weigh: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(store: &View, now: i64) -> Self {
        let before = Status::of(store).unwrap_or_default();
        let status = Status { pid: std::process::id(), started: now, sources: before.sources, ..Status::default() };
        let status = Status { jobs: before.jobs, ..status };
        Self { status, path: path(store.folder()), written: None, changed: true, weigh: None }
    }

    pub(super) fn in_force(&mut self, live: &Live, now: i64) {
        let set = live.epoch.hash().to_string();
        if self.status.set != set {
            (self.status.set, self.status.since) = (set, now);
        }
        self.status.tenant.clone_from(&live.tenant);
        self.weigh(live, true);
        self.changed = true;
    }

    pub(super) fn held(&mut self, disk: Option<EpochHash>) {
        let held = disk.map(|disk| disk.to_string()).filter(|disk| *disk != self.status.set);
        if self.status.held != held {
            self.status.held = held;
            self.changed = true;
        }
    }

    pub(super) fn attempt(&mut self, attempt: Attempt) {
        self.status.last = Some(attempt);
        self.changed = true;
    }

    /// The store's database answers, or why it does not.
    pub(super) fn away(&mut self, why: Option<Told>) {
        self.changed |= self.status.store != why;
        self.status.store = why;
    }

    /// A sink takes what it is owed, or why it does not.
    pub(super) fn sink(&mut self, sink: &str, trouble: Option<Told>) {
        self.changed |= trouble.is_some() || self.status.sinks.contains_key(sink);
        match trouble {
            Some(told) => drop(self.status.sinks.insert(sink.to_owned(), told)),
            None => drop(self.status.sinks.remove(sink)),
        }
    }

    /// Why nothing can be taken; nothing: it can again.
    pub(super) fn stuck(&mut self, told: Option<Told>, now: i64) {
        (self.status.store, self.status.at) = (told, now);
        let _ = told::put(&self.path, &self.status).or_else(|_| told::over(&self.path, &self.status));
    }

    pub(super) fn took(&mut self, declared: &Source, piece: &Piece, now: i64) {
        let newest = newest(declared, piece);
        let of = self.of(&declared.name);
        (of.last_file, of.last_at) = (Some(piece.file.clone()), Some(now));
        of.newest = of.newest.max(newest);
        self.changed = true;
    }

    /// The jobs of the set in force, and their plans.
    pub(super) fn jobs<'a>(&mut self, all: impl Iterator<Item = (&'a Job, &'a Plan)>) {
        let one = |(job, plan): (&Job, &Plan)| JobStatus {
            said: job.said.clone(),
            next: plan.next().ok().flatten(),
            running: plan.running(),
            ..self
                .job(&job.name)
                .cloned()
                .unwrap_or_else(|| JobStatus { job: job.name.clone(), ..JobStatus::default() })
        };
        let jobs: Vec<JobStatus> = all.map(one).collect();
        if jobs != self.status.jobs {
            (self.status.jobs, self.changed) = (jobs, true);
        }
    }

    fn job(&self, name: &str) -> Option<&JobStatus> {
        self.status.jobs.iter().find(|of| of.job == name)
    }

    /// A job's run is over: rows and effects, if it came to its end.
    pub(super) fn ran(&mut self, name: &str, (due, now): (i64, i64), done: Option<(u64, u64)>, told: Told) {
        let Some(of) = self.status.jobs.iter_mut().find(|of| of.job == name) else { return };
        (of.last, of.ended, of.ok) = (Some(due), Some(now), done.is_some());
        (of.rows, of.effects) = done.unwrap_or_default();
        of.told = (!told.is_empty()).then_some(told);
        self.changed = true;
    }

    /// What was due then is not done any more.
    pub(super) fn missed(&mut self, name: &str, due: i64, told: Told) {
        let Some(of) = self.status.jobs.iter_mut().find(|of| of.job == name) else { return };
        *of =
            JobStatus { last: Some(due), told: Some(told), ended: None, ok: false, rows: 0, effects: 0, ..of.clone() };
        self.changed = true;
    }

    fn of(&mut self, source: &str) -> &mut SourceStatus {
        let all = &mut self.status.sources;
        let at = all.iter().position(|of| of.source == source).unwrap_or_else(|| {
            all.push(SourceStatus { source: source.to_owned(), ..SourceStatus::default() });
            all.len() - 1
        });
        &mut all[at]
    }

    /// Notes how much rules remember: at once, or not more often than it is cheap. What was not needed since the start is not in memory.
    pub(super) fn weigh(&mut self, live: &Live, at_once: bool) {
        let start = Instant::now();
        if !at_once && self.weigh.is_some_and(|due| start < due) {
            return;
        }
        let one = |(rule, role, size): (String, &str, Size)| {
            let Size { keys, waiting, bytes, oldest, watermark } = size;
            MemoryStatus { rule, role: role.to_owned(), keys, waiting, bytes, oldest, watermark }
        };
        self.status.memory = live.sizes().into_iter().map(one).collect();
        self.weigh = Some(Instant::now() + BEAT.max(start.elapsed() * SHARE));
    }

    /// Writes the file if there is something new, or to show that somebody is alive. What cannot be written stops nobody.
    pub(super) fn write(&mut self, spools: &[Spool], now: i64) {
        let due = |wait| self.written.is_none_or(|written| written.elapsed() >= wait);
        if !due(if self.changed { BUSY } else { BEAT }) {
            return;
        }
        self.status.sources.retain(|of| spools.iter().any(|spool| spool.source == of.source));
        for spool in spools {
            let (files, rows) = spool.taken();
            let backlog = spool.backlog(self.path.parent().unwrap_or(Path::new(".")));
            let trouble = (!spool.trouble().is_empty()).then(|| Told::of(spool.trouble(), &Sources::new()));
            let of = self.of(&spool.source);
            (of.files, of.rows) = (files, rows);
            (of.waiting, of.waiting_bytes, of.refused) = (backlog.count, backlog.bytes, backlog.refused);
            of.trouble = trouble;
        }
        self.status.at = now;
        // With room for some words more, should the disk be full when they are needed.
        if told::put_with_room(&self.path, &self.status).is_ok() {
            (self.written, self.changed) = (Some(Instant::now()), false);
        }
    }

    /// As [`write`](Self::write), at once.
    pub(super) fn write_now(&mut self, spools: &[Spool], now: i64) {
        self.written = None;
        self.write(spools, now);
    }
}

/// The latest time in the piece's time column.
fn newest(declared: &Source, piece: &Piece) -> Option<i64> {
    let column = declared.used.iter().position(|used| Some(*used) == declared.time)?;
    let of = |batch: &arrow_array::RecordBatch| {
        let times = batch.columns().get(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        (0..times.len()).filter(|row| times.is_valid(*row)).map(|row| times.value(row)).max()
    };
    piece.batches.iter().filter_map(of).max()
}
