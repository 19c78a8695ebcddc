//! `guiju serve`: streams from folders, rules that can be changed while rows come, and nothing lost or doubled on the way.
//!
//! A piece of a stream is taken whole: the step, then one transaction with its effects, everything that rules remember and how far the
//! folder has been taken; then the sinks. Killed at any moment it goes on after the last transaction. A changed set is read, checked and
//! tested on another thread and takes over between two pieces; what does not pass changes nothing.

mod commit;
mod live;
mod spool;

pub use live::{Fates, Refused, Set};

use crate::{
    epoch::Moment,
    feed::step_finding,
    project::{ENDING, Project},
    run::{Gathered, incident_findings},
    sinks::{self, Sent},
    store::Store,
    watching::Watcher,
};
use commit::{Active, Commit};
use guiju_core::{Batch, Input, Output, id::EpochHash};
use guiju_lang::{
    finding::{Finding, Sources},
    hir::SourceId,
};
use live::Live;
use spool::{Piece, Spool};
use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which rules.
    pub set: Set,
    /// The wall clock, for the history only: nothing that is computed sees it.
    pub clock: fn() -> i64,
    /// A file counts once nobody has written to it for so long.
    pub quiet: Duration,
    /// Stop when everything that is there has been taken.
    pub once: bool,
    /// A set may forget windows that are full.
    pub forget: bool,
}

/// What happened, for whoever looks on.
#[derive(Debug)]
pub enum News<'a> {
    /// A set is in force, from the start.
    Started(EpochHash, &'a [Finding], &'a Sources),
    /// The set on disk does not pass; the last one that did is in force.
    FellBack(EpochHash, Refused),
    /// Another set is in force, and what became of what rules remember.
    Changed(EpochHash, Fates),
    /// A changed set does not pass; nothing changed.
    Refused(Refused),
    /// Rows of a file were taken, and what came of them is in the journal.
    Took {
        /// The source.
        source: &'a str,
        /// The file.
        file: &'a str,
        /// Its rows.
        rows: u64,
        /// New effects.
        effects: u64,
    },
    /// A sink received something.
    Sent(&'a Sent),
    /// Something is wrong, and nothing stops.
    Trouble(&'a [Finding], &'a Sources),
}

/// How long nobody looks for new files.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest time between two tries of a sink that does not answer.
const LONGEST: Duration = Duration::from_secs(60);

/// Serves until `going` says no.
///
/// # Errors
/// What keeps it from starting, a step that fails, a store that cannot be written. Nothing is lost: the next start goes on.
pub fn serve(
    options: &Options,
    store: &mut Store,
    going: &(dyn Fn() -> bool + Sync),
    tell: &mut dyn FnMut(News<'_>),
) -> Result<(), Refused> {
    let mut server = Server::start(options, store, tell)?;
    let files = files(&server.live.project);
    let (sender, changes) = channel();
    let stop = AtomicBool::new(false);
    let on = || going() && !stop.load(Ordering::Relaxed);
    let result = std::thread::scope(|scope| {
        scope.spawn(|| watch(&options.set, files, &on, &sender));
        let result = server.run(store, going, &changes, tell);
        stop.store(true, Ordering::Relaxed);
        result
    });
    result.map_err(|findings| Refused { findings, sources: server.live.project.sources.clone() })
}

/// The texts of a set, and the configuration's.
fn files(project: &Project) -> Vec<PathBuf> {
    project.sources.iter().map(|(_, file)| PathBuf::from(&file.path)).collect()
}

/// Loads the set whenever its files have become others.
fn watch(set: &Set, mut files: Vec<PathBuf>, going: &dyn Fn() -> bool, changes: &Sender<Result<Live, Refused>>) {
    let folders = |files: &[PathBuf]| -> Vec<PathBuf> {
        // Rulebooks that are not there yet.
        let given = set.paths.iter().filter(|path| path.is_dir()).cloned();
        let beside = files.iter().filter(|file| file.extension().is_some_and(|e| e == ENDING));
        given.chain(beside.filter_map(|file| file.parent().map(PathBuf::from))).collect()
    };
    let mut watcher = match Watcher::of(&files, &folders(&files)) {
        Ok(watcher) => watcher,
        Err(finding) => {
            let _ = changes.send(Err(Refused { findings: vec![finding], sources: Sources::new() }));
            return;
        }
    };
    while watcher.wait(going) {
        let loaded = Live::load(set);
        if let Ok(live) = &loaded {
            let now = self::files(&live.project);
            if now != files
                && let Ok(other) = Watcher::of(&now, &folders(&now))
            {
                (watcher, files) = (other, now);
            }
        }
        if changes.send(loaded).is_err() {
            return;
        }
    }
}

struct Server<'a> {
    options: &'a Options,
    live: Live,
    spools: Vec<Spool>,
    /// When sinks that failed are tried again, and how long after that.
    retry: Option<(Instant, Duration)>,
}

impl<'a> Server<'a> {
    fn start(options: &'a Options, store: &mut Store, tell: &mut dyn FnMut(News<'_>)) -> Result<Self, Refused> {
        let active = Active::load(store);
        let before = active.as_ref().filter(|_| !options.forget).map(|active| &active.windows);
        let loaded = Live::load(&options.set).and_then(|live| match before.and_then(|before| live.forgets(before)) {
            Some(finding) => Err(Refused { findings: vec![finding], sources: live.project.sources }),
            None => Ok(live),
        });
        let (mut live, refused) = match loaded {
            Ok(live) => (live, None),
            Err(refused) => match active.as_ref().and_then(|active| last_good(options, store, active)) {
                Some(live) => (live, Some(refused)),
                None => return Err(refused),
            },
        };
        let done = Self::take_up(&mut live, options, store, active.as_ref());
        let spools = done.map_err(|findings| Refused { findings, sources: live.project.sources.clone() })?;
        let hash = live.epoch.hash();
        match refused {
            Some(refused) => tell(News::FellBack(hash, refused)),
            None => tell(News::Started(hash, &live.findings, &live.project.sources)),
        }
        Ok(Self { options, live, spools, retry: None })
    }

    /// What the store remembers for the set, and how far its folders have been taken.
    fn take_up(
        live: &mut Live,
        options: &Options,
        store: &mut Store,
        active: Option<&Active>,
    ) -> Result<Vec<Spool>, Vec<Finding>> {
        let run = commit::next_run(store)?;
        live.remember(store, &run, None)?;
        let spools = spools(live, store)?;
        let dropped = active.map_or_else(Vec::new, |active| active.without(&live.lasting()));
        Commit { live, store, clock: options.clock }.activate(&dropped)?;
        Ok(spools)
    }

    fn run(
        &mut self,
        store: &mut Store,
        going: &dyn Fn() -> bool,
        changes: &Receiver<Result<Live, Refused>>,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Vec<Finding>> {
        while going() {
            if let Some(change) = changes.try_iter().last() {
                self.change(store, change, tell)?;
            }
            let mut idle = true;
            for at in 0..self.spools.len() {
                let next = self.spools[at].next(&self.live.project, &self.live.epoch.program, self.options.quiet);
                match next {
                    Ok(Some(piece)) => {
                        idle = false;
                        self.take(at, &piece, store, tell)?;
                    }
                    Ok(None) => idle &= !self.spools[at].waits(),
                    Err(found) => {
                        // The next file may be a good one.
                        idle = false;
                        tell(News::Trouble(&found, &self.live.project.sources));
                    }
                }
            }
            if self.retry.is_some_and(|(at, _)| Instant::now() >= at) {
                let run = commit::next_run(store)?;
                let sent =
                    sinks::deliver_due(&self.live.project, &self.live.epoch, store, &run, self.options.clock, None);
                self.sent(sent, tell);
            }
            if idle {
                if self.options.once {
                    return Ok(());
                }
                std::thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    /// Another set takes over, or does not.
    fn change(
        &mut self,
        store: &mut Store,
        change: Result<Live, Refused>,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Vec<Finding>> {
        let mut next = match change {
            Ok(next) => next,
            Err(refused) => {
                tell(News::Refused(refused));
                return Ok(());
            }
        };
        if next.epoch.hash() == self.live.epoch.hash() && next.project.config == self.live.project.config {
            return Ok(());
        }
        if let Some(finding) = next.forgets(&self.live.windows()).filter(|_| !self.options.forget) {
            tell(News::Refused(Refused { findings: vec![finding], sources: next.project.sources.clone() }));
            return Ok(());
        }
        let fates = next.fates(&self.live);
        let dropped: Vec<_> = self.live.lasting().difference(&next.lasting()).copied().collect();
        let run = commit::next_run(store)?;
        next.remember(store, &run, Some(&mut self.live))?;
        self.spools = spools(&next, store)?;
        self.live = next;
        Commit { live: &mut self.live, store, clock: self.options.clock }.activate(&dropped)?;
        tell(News::Changed(self.live.epoch.hash(), fates));
        Ok(())
    }

    /// Takes a piece: step, one transaction, sinks.
    fn take(
        &mut self,
        at: usize,
        piece: &Piece,
        store: &mut Store,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Vec<Finding>> {
        let Live { project, epoch, cells, .. } = &mut self.live;
        let Some(source) = epoch.program.sources.iter().position(|s| s.name == self.spools[at].source) else {
            return Ok(());
        };
        let source = SourceId(source as u32);
        let mut gathered = Gathered::new(String::new());
        let mut first_row = piece.first_row;
        let batches = piece.batches.iter().map(Some).chain([None]);
        for batch in batches {
            let input = match batch {
                Some(rows) => Input::Batch(Batch { source, rows, first_row }),
                // Nothing is said about time; what was left out is.
                None => Input::Watermark(source, i64::MIN),
            };
            for (group, cells) in epoch.groups.iter().zip(cells.iter_mut()) {
                let cx = group.context(Moment::Instant(0));
                let mut out = Output::default();
                group.linked.step(&cx, cells, &input, &mut out).map_err(|error| vec![step_finding(error)])?;
                gathered.take(&cx, &mut out);
            }
            first_row += batch.map_or(0, |rows| rows.num_rows() as u64);
        }
        if let Some(damaged) = cells.iter().flat_map(|cells| cells.damaged()).next() {
            return Err(vec![commit::damaged(store, *damaged)]);
        }
        let mut findings = std::mem::take(&mut gathered.findings);
        findings.extend(incident_findings(&gathered.incidents));
        if !findings.is_empty() {
            tell(News::Trouble(&findings, &project.sources));
        }
        let fired = gathered.into_fired();
        let spool = &mut self.spools[at];
        let mut commit = Commit { live: &mut self.live, store, clock: self.options.clock };
        let done = commit.piece(fired, spool, piece)?;
        spool.took(piece);
        let (source, file) = (spool.source.as_str(), piece.file.as_str());
        tell(News::Took { source, file, rows: piece.rows, effects: done.effects });
        let (live, clock) = (&self.live, self.options.clock);
        if done.effects > 0 && self.retry.is_none_or(|(at, _)| Instant::now() >= at) {
            let sent = sinks::deliver_due(&live.project, &live.epoch, store, &done.run, clock, done.ready);
            self.sent(sent, tell);
        }
        Ok(())
    }

    fn sent(&mut self, (sent, findings): (Vec<Sent>, Vec<Finding>), tell: &mut dyn FnMut(News<'_>)) {
        sent.iter().for_each(|sent| tell(News::Sent(sent)));
        self.retry = match (findings.is_empty(), self.retry) {
            (true, _) => None,
            (false, before) => {
                let wait = before.map_or(Duration::from_secs(1), |(_, wait)| (wait * 2).min(LONGEST));
                Some((Instant::now() + wait, wait))
            }
        };
        if !findings.is_empty() {
            tell(News::Trouble(&findings, &self.live.project.sources));
        }
    }
}

/// The folders of the set's streams.
fn spools(live: &Live, store: &Store) -> Result<Vec<Spool>, Vec<Finding>> {
    let mut sources: Vec<SourceId> = live.epoch.streams().collect();
    sources.sort_unstable();
    sources.dedup();
    let name = |source: SourceId| live.epoch.program.sources[source.0 as usize].name.as_str();
    let one = |source| Spool::of(&live.tenant, name(source), |cell| commit::cell(store, &live.tenant, cell));
    sources.into_iter().map(|source| one(source).map_err(|finding| vec![finding])).collect()
}

/// The set that was last in force, from the store.
fn last_good(options: &Options, store: &Store, active: &Active) -> Option<Live> {
    let bundle = store.epoch(active.epoch).ok().flatten()?;
    let project = Project::open(&options.set.paths, options.set.config.as_deref()).with_set(&bundle.files);
    Live::of(project, &options.set).ok()
}
