//! `guiju serve`: streams that come in, rules that can be changed while rows come, and nothing lost or doubled on the way.
//!
//! A piece of a stream is taken whole: the step, then one transaction with its effects, everything that rules remember and how far the
//! folder has been taken; then the sinks. Killed at any moment it goes on after the last transaction. A changed set is read, checked and
//! tested on another thread and takes over between two pieces; what does not pass changes nothing.

mod aside;
mod beside;
mod change;
mod commit;
mod courier;
mod desk;
mod gates;
mod idle;
mod inside;
mod jobs;
mod live;
mod outage;
mod planner;
mod play;
mod record;
mod retain;
mod room;
mod shade;
mod shadow;
mod spool;
mod status;
mod timetable;
mod told;
mod trust;
mod watch;

pub use beside::give_way;
pub use desk::{Answer, Ask, Request, ask, in_force, set_called};
pub use inside::{Running, Taken};
pub use live::{Fates, Refused, Set};
pub use play::{Acts, Candidate, Diff, Span, journal, played};
pub use record::{Recorded, What, recorded, recorded_bytes};
pub use shadow::{Shadow, ShadowReport};
pub use status::{Attempt, JobStatus, MemoryStatus, SourceStatus, Status};
pub use told::{Said, Told};

use crate::{
    ahead::Ready,
    project::Project,
    publish::{Fired, Gathered},
    run::incident_findings,
    sinks::{self, Round, Sent, Which},
    store::Store,
};
use commit::{Active, Commit};
use courier::{Book, Report};
use desk::{Proposal, Proposals};
use guiju_connect::config::Connection;
use guiju_core::id::{EpochHash, RunId};
use guiju_lang::{
    finding::{Finding, Sources},
    hir::SourceId,
};
use live::Live;
use outage::Outage;
use record::Recorder;
use room::Room;
use spool::{Piece, Shared, Spool};
use status::Keeper;
use std::{
    collections::BTreeMap,
    sync::{
        PoisonError,
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
    /// A clock that only goes on, in microseconds since whenever: where the wall clock runs away from it, that one has jumped.
    pub steady: fn() -> i64,
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
        /// New effects; of files that were taken together, said with the last of them.
        effects: u64,
    },
    /// Nothing came in a stream for as long as it says, and what was due came of it.
    Passed {
        /// The source.
        source: &'a str,
        /// How far its time has come.
        until: i64,
        /// New effects.
        effects: u64,
    },
    /// A job ran.
    Ran {
        /// Its name.
        job: &'a str,
        /// The run's.
        run: &'a str,
        /// When it was due.
        due: i64,
        /// Rows that were read.
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
/// How long a server that is asked to end goes on with what it has accepted.
const FLUSH: Duration = Duration::from_secs(10);
/// The first time between two tries of a sink that does not answer.
const FIRST: Duration = Duration::from_secs(1);
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
    desk::open(store.folder());
    let outage = Outage::watch(store);
    let mut server = Server::start(options, store, going, tell)?;
    let refused = server.keeper.status.last.as_ref().is_some_and(|last| !last.ok);
    let seen = (server.seen.clone(), refused);
    let home = store.home().clone();
    let (sender, changes) = channel();
    let proposals = Proposals(sender, server.shared.bell.clone());
    let (reporter, reports) = channel();
    let ((orders, work), (finisher, finished)) = (channel(), channel());
    let (beside, sending, bell) = (store.beside(), store.beside(), server.shared.bell.clone());
    let book = Book::default();
    book.replace(server.book());
    let ear = server.ear.clone();
    let stop = AtomicBool::new(false);
    let on = &|| going() && !stop.load(Ordering::Relaxed);
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            give_way();
            desk::attend(&options.set, &home, on, &proposals);
        });
        scope.spawn(|| courier::carry(&sending, &book, options.clock, on, &reporter));
        scope.spawn(move || jobs::work(&beside, &work, options.clock, on, &finisher, &bell));
        scope.spawn(|| {
            give_way();
            shade::attend(&options.set, &home, &ear, options.clock, on);
        });
        scope.spawn(|| {
            give_way();
            watch::watch(&options.set, seen, &home, on, &proposals);
        });
        scope.spawn(|| outage.attend(options.clock, on));
        let result = server.run(
            store,
            going,
            &Heard { changes, reports: &reports, finished: &finished, outage: &outage },
            (&book, &orders),
            tell,
        );
        stop.store(true, Ordering::Relaxed);
        result
    });
    for report in reports.try_iter() {
        server.reported(report, tell);
    }
    for over in finished.try_iter() {
        server.finished(over, store, tell);
    }
    let result = result.and_then(|over| {
        if over {
            // The courier has gone: nobody sends anything twice.
            let run = commit::next_run(store)?;
            server.deliver(store, &run, None, true, tell);
        }
        server.keeper.weigh(&server.live, true);
        server.keeper.write_now(&server.spools, (options.clock)());
        Ok(())
    });
    result.map_err(|findings| Refused { findings, sources: server.live.project.sources.clone() })
}

struct Server<'a> {
    options: &'a Options,
    /// Whether to go on.
    going: &'a (dyn Fn() -> bool + Sync),
    live: Live,
    spools: Vec<Spool>,
    /// When sinks that failed are tried again, and how long the wait is.
    retry: BTreeMap<String, (Instant, Duration)>,
    /// What stood on disk at the start.
    seen: Sources,
    /// The set on disk, if it passes.
    disk: Option<EpochHash>,
    /// The set on disk that stays out of force, because a command put another in.
    held: Option<EpochHash>,
    keeper: Keeper,
    /// Keeps what was taken, for those who ask later what would have happened.
    recorder: Option<Recorder>,
    shared: Shared,
    /// By source, since when nothing has come, by the clock.
    silent: BTreeMap<String, i64>,
    /// The wall clock and the steady one, as they were last looked at.
    looked: Option<(i64, i64)>,
    /// The set's jobs, and what has become of their due times.
    known: jobs::Known,
    plans: jobs::Plans,
    letting: retain::Letting,
    /// Who follows what is taken.
    ear: shade::Ear,
}

/// What other threads say.
struct Heard<'a> {
    changes: Receiver<Proposal>,
    reports: &'a Receiver<Report>,
    finished: &'a Receiver<jobs::Finished>,
    outage: &'a Outage,
}

impl Server<'_> {
    /// Whether everything there will ever be was taken.
    fn run(
        &mut self,
        store: &mut Store,
        going: &dyn Fn() -> bool,
        heard: &Heard<'_>,
        (book, orders): (&Book, &Sender<jobs::Order>),
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<bool, Vec<Finding>> {
        self.owed(store, tell)?;
        while going() {
            for change in heard.changes.try_iter() {
                self.change(store, change, tell)?;
                book.replace(self.book());
            }
            self.keeper.weigh(&self.live, false);
            self.keeper.away(heard.outage.told());
            self.keeper.write(&self.spools, (self.options.clock)());
            for over in heard.finished.try_iter() {
                self.finished(over, store, tell);
            }
            self.due(orders, tell);
            self.let_go(store, tell);
            let took = self.round(store, tell)?;
            if self.retry.values().any(|(at, _)| Instant::now() >= *at) {
                let run = commit::next_run(store)?;
                self.deliver(store, &run, None, false, tell);
            }
            for report in heard.reports.try_iter() {
                self.reported(report, tell);
            }
            if !took {
                let all = self.options.once && !self.spools.iter().any(Spool::waits);
                let ended = self.live.jobs.is_empty() && self.spools.iter().all(Spool::ended);
                if (all || ended) && !self.works() {
                    return Ok(true);
                }
                self.shared.bell.wait(PAUSE);
            }
        }
        self.flush(store, tell)?;
        Ok(false)
    }

    /// Takes what is there of every source; whether there was anything.
    fn round(&mut self, store: &mut Store, tell: &mut dyn FnMut(News<'_>)) -> Result<bool, Vec<Finding>> {
        let mut took = false;
        for at in 0..self.spools.len() {
            let (project, program) = (&self.live.project, &self.live.epoch.program);
            let (pieces, found) = self.spools[at].together(project, program, &self.shared);
            took |= !pieces.is_empty() || !found.is_empty();
            if !pieces.is_empty() {
                self.take(at, &pieces, store, tell)?;
            } else if found.is_empty() && !self.spools[at].waits() && self.spools[at].trouble().is_empty() {
                self.pass(at, store, tell)?;
            }
            if !found.is_empty() {
                // The next one may be a good one.
                tell(News::Trouble(&found, &self.live.project.sources));
            }
        }
        Ok(took)
    }

    /// Takes what was accepted and cannot be asked for again, and accepts nothing more.
    fn flush(&mut self, store: &mut Store, tell: &mut dyn FnMut(News<'_>)) -> Result<(), Vec<Finding>> {
        self.spools.iter_mut().for_each(Spool::close);
        let until = Instant::now() + FLUSH;
        while Instant::now() < until {
            if !self.round(store, tell)? {
                if !self.spools.iter().any(Spool::waits) {
                    break;
                }
                self.shared.bell.wait(PAUSE);
            }
        }
        Ok(())
    }

    /// Takes pieces together: step, one transaction, sinks.
    fn take(
        &mut self,
        at: usize,
        pieces: &[Piece],
        store: &mut Store,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Vec<Finding>> {
        let Some(source) = self.live.source(&self.spools[at].source) else { return Ok(()) };
        let batches: Vec<_> = pieces.iter().flat_map(|piece| &piece.batches).cloned().collect();
        let findings: Vec<_> = pieces.iter().flat_map(|piece| &piece.findings).cloned().collect();
        let gathered = self.live.step(source, &batches, pieces.first().map_or(0, |first| first.first_row))?;
        let fired = self.sound(gathered, &findings, store, tell)?;
        let spool = &mut self.spools[at];
        let turn = store.turn();
        let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = Room { going: self.going, keeper: &mut self.keeper, clock: self.options.clock, tell };
        let recorded = match &self.recorder {
            Some(recorder) => {
                let (next, now) = (commit::next(store)?, (self.options.clock)());
                room.wait(|| recorder.put(next, now, &spool.source, pieces))?
            }
            None => None,
        };
        let mut commit = Commit { live: &mut self.live, store, clock: self.options.clock };
        let done = room.wait(|| commit.pieces(&fired, spool, pieces))?;
        drop(turn);
        self.ear.tell(recorded);
        self.silent.insert(spool.source.clone(), (self.options.clock)());
        let declared = &self.live.epoch.program.sources[source.0 as usize];
        for (number, piece) in pieces.iter().enumerate() {
            spool.took(piece);
            self.keeper.took(declared, piece, (self.options.clock)());
            let (source, file) = (spool.source.as_str(), piece.file.as_str());
            let effects = if number + 1 == pieces.len() { done.effects } else { 0 };
            tell(News::Took { source, file, rows: piece.rows, effects });
        }
        if done.effects > 0 {
            self.deliver(store, &done.run, done.ready, false, tell);
        }
        Ok(())
    }

    /// What a step wants done, once what else it says has been told.
    fn sound(
        &self,
        mut gathered: Gathered,
        before: &[Finding],
        store: &Store,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<BTreeMap<usize, Fired>, Vec<Finding>> {
        let Live { project, cells, .. } = &self.live;
        if let Some(damaged) = cells.iter().flat_map(|cells| cells.damaged()).next() {
            return Err(vec![commit::damaged(store, *damaged)]);
        }
        let mut findings = before.to_vec();
        findings.append(&mut gathered.findings);
        findings.extend(incident_findings(&gathered.incidents));
        if !findings.is_empty() {
            tell(News::Trouble(&findings, &project.sources));
        }
        Ok(gathered.into_fired())
    }

    /// Delivers what is due, but to sinks that are tried later.
    fn deliver(
        &mut self,
        store: &mut Store,
        run: &RunId,
        ready: Option<Ready>,
        messages: bool,
        tell: &mut dyn FnMut(News<'_>),
    ) {
        let (live, clock, now) = (&self.live, self.options.clock, Instant::now());
        let not = |sink: &str| self.retry.get(sink).is_some_and(|(at, _)| now < *at);
        let which = Which { messages, not: &not };
        let Round { sent, failed, findings } =
            sinks::deliver_due(&live.project, &live.epoch, store, run, clock, ready, which);
        let sources = &live.project.sources;
        sent.iter().for_each(|sent| tell(News::Sent(sent)));
        if !findings.is_empty() {
            tell(News::Trouble(&findings, sources));
        }
        let tried: Vec<String> =
            self.retry.iter().filter(|(_, (at, _))| now >= *at).map(|(sink, _)| sink.clone()).collect();
        let well = sent.into_iter().map(|sent| sent.sink).chain(tried);
        for sink in well.filter(|sink| !failed.iter().any(|(other, _)| other == sink)).collect::<Vec<_>>() {
            self.retry.remove(&sink);
            self.keeper.sink(&sink, None);
        }
        for (sink, finding) in failed {
            let wait = self.retry.get(&sink).map_or(FIRST, |(_, wait)| (*wait * 2).min(LONGEST));
            let finding = [finding];
            self.keeper.sink(&sink, Some(Told::of(&finding, sources)));
            self.retry.insert(sink, (Instant::now() + wait, wait));
            tell(News::Trouble(&finding, sources));
        }
    }

    /// What became of messages.
    fn reported(&mut self, report: Report, tell: &mut dyn FnMut(News<'_>)) {
        let Report { sink, sent, findings, waits } = report;
        let sources = &self.live.project.sources;
        self.keeper.sink(&sink, waits.then(|| Told::of(&findings, sources)));
        if let Some(sent) = &sent {
            tell(News::Sent(sent));
        }
        if !findings.is_empty() {
            tell(News::Trouble(&findings, sources));
        }
    }

    /// The sinks of the set in force that take messages.
    fn book(&self) -> BTreeMap<String, Connection> {
        let sinks = self.live.epoch.program.sinks.iter();
        let to = |sink: &str| sinks::messages_to(&self.live.project, &self.live.epoch, sink);
        sinks.filter_map(|sink| Some((sink.name.clone(), to(&sink.name)?))).collect()
    }
}

/// The set's streams, which go on with what `before` had open.
fn spools(live: &Live, store: &Store, before: Vec<Spool>) -> Result<Vec<Spool>, Vec<Finding>> {
    let mut sources: Vec<SourceId> = live.epoch.streams().collect();
    sources.sort_unstable();
    sources.dedup();
    let name = |source: SourceId| live.epoch.program.sources[source.0 as usize].name.as_str();
    let record = live.project.config.record.is_some();
    let mut before: BTreeMap<String, Spool> = before.into_iter().map(|spool| (spool.source.clone(), spool)).collect();
    let same = |before: &Spool| before.cell == Spool::cell_of(&live.tenant, &before.source);
    let one = |source| match before.remove(name(source)).filter(same) {
        Some(before) => Ok(before.record(record)),
        None => Spool::of(&live.tenant, name(source), record, |cell| commit::cell(store, &live.tenant, cell)),
    };
    sources.into_iter().map(one).collect::<Result<Vec<_>, _>>().map_err(|finding| vec![finding])
}

/// The set that was last in force, from the store.
fn last_good(options: &Options, store: &Store, active: &Active) -> Result<Live, Refused> {
    let nowhere = |finding| Refused { findings: vec![finding], sources: Sources::new() };
    let bundle = store.epoch(active.epoch).map_err(|error| nowhere(error.into()))?.unwrap_or_default();
    let project = Project::open(&options.set.paths, options.set.config.as_deref()).with_set(&bundle.files);
    Live::of(project, &options.set).and_then(|live| trust::pass(live, store.folder(), &[]))
}
