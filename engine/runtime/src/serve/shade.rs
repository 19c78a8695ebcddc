//! The set in the shadow, beside the one in force: a thread of its own follows what the server takes, from what it remembers on, and counts
//! what the set would do differently. The server tells it which pieces were taken and does nothing else for it; the rows it reads from
//! what was recorded, what came of them from the journal.
//!
//! It begins between two transactions: everything before that place in the history is in the memories it reads, everything after it is
//! played. When the server starts again it begins again there, and goes on counting.

use super::{
    commit::{self, Active},
    live::{Live, Refused, Set, readable},
    play::{Acts, Diff, Span, play_one},
    record::Recorded,
    shadow::{Shadow, ShadowReport},
    told::Told,
};
use crate::{project::Project, store::View};
use guiju_connect::config::Home;
use guiju_core::id::EffectId;
use guiju_lang::finding::Finding;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// How often somebody looks whether there is a set in the shadow, and for pieces that it follows.
const PAUSE: Duration = Duration::from_millis(100);
/// How often the report is written, at most.
const OFTEN: Duration = Duration::from_millis(500);

/// What the server says of each transaction that takes something; nobody may listen.
#[derive(Clone, Default)]
pub(super) struct Ear(Arc<Mutex<Option<Sender<Recorded>>>>);

impl Ear {
    /// A piece was taken: its transaction is durable.
    pub(super) fn tell(&self, recorded: Option<Recorded>) {
        let ear = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(ear), Some(recorded)) = (&*ear, recorded) {
            // Who has just gone need not hear it.
            let _ = ear.send(recorded);
        }
    }

    fn listen(&self) -> Receiver<Recorded> {
        let (sender, receiver) = channel();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    fn deaf(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Runs whatever is in the shadow, until `going` says no.
pub(super) fn attend(set: &Set, folder: &Home, ear: &Ear, clock: fn() -> i64, going: impl Fn() -> bool) {
    let mut shade: Option<Shade> = None;
    let mut looked = None;
    while going() {
        let look = Shadow::look(folder);
        if look != looked {
            looked = look;
            ear.deaf();
            shade = Shadow::in_folder(folder).map(|shadow| Shade::start(&shadow, set, folder, ear));
        }
        match &mut shade {
            Some(shade) => {
                shade.follow(PAUSE);
                shade.say(folder, clock());
            }
            None => sleep(PAUSE),
        }
    }
    if let Some(shade) = &mut shade {
        shade.follow(Duration::ZERO);
        shade.written = None;
        shade.say(folder, clock());
    }
}

struct Shade {
    /// Nothing once it has come to an end: why stands in the report.
    runs: Option<Runs>,
    tally: Tally,
    report: ShadowReport,
    changed: bool,
    written: Option<Instant>,
}

struct Runs {
    live: Live,
    view: View,
    pieces: Receiver<Recorded>,
}

impl Shade {
    fn start(shadow: &Shadow, set: &Set, folder: &Home, ear: &Ear) -> Self {
        let before = ShadowReport::in_folder(folder).filter(|report| report.at == shadow.at);
        let tally = Tally { settled: before.as_ref().map(settled).unwrap_or_default(), ..Tally::default() };
        let mut report = before.unwrap_or_default();
        (report.at, report.told) = (shadow.at, None);
        let runs = match Runs::start(shadow, set, folder, ear) {
            Ok((runs, place, fresh)) => {
                report.set = runs.live.epoch.hash().to_string();
                (report.since, report.fresh) = (place, fresh);
                Some(runs)
            }
            Err(refused) => {
                report.told = Some(Told::of(&refused.findings, &refused.sources));
                None
            }
        };
        Self { runs, tally, report, changed: true, written: None }
    }

    /// Plays what was taken meanwhile, or waits for it.
    fn follow(&mut self, wait: Duration) {
        let Some(runs) = &mut self.runs else { return sleep(wait) };
        let mut wait = wait;
        while let Ok(recorded) = runs.pieces.recv_timeout(wait) {
            // What is there already; then somebody looks whether it is to go on.
            wait = Duration::ZERO;
            if recorded.seq <= self.report.since {
                continue;
            }
            match runs.one(&recorded) {
                Ok((was, is, rows)) => {
                    self.tally.add(recorded.seq, was, is);
                    (self.report.upto, self.changed) = (recorded.seq, true);
                    self.report.rows += rows;
                }
                Err(findings) => {
                    self.report.told = Some(Told::of(&findings, &runs.live.project.sources));
                    (self.runs, self.changed, self.written) = (None, true, None);
                    return;
                }
            }
            if self.written.is_none_or(|written| written.elapsed() >= OFTEN) {
                return;
            }
        }
    }

    fn say(&mut self, folder: &Path, now: i64) {
        if !self.changed || self.written.is_some_and(|written| written.elapsed() < OFTEN) {
            return;
        }
        (self.report.effects, self.report.now) = (self.tally.diffs(), now);
        if self.report.put(folder).is_ok() {
            (self.changed, self.written) = (false, Some(Instant::now()));
        }
    }
}

impl Runs {
    /// With what the set in force remembers; also the place in the history where it begins, and what begins empty.
    fn start(shadow: &Shadow, set: &Set, folder: &Home, ear: &Ear) -> Result<(Self, i64, Vec<String>), Refused> {
        let set = Set { tenant: shadow.tenant.clone().or_else(|| set.tenant.clone()), ..set.clone() };
        let project = Project::open(&set.paths, set.config.as_deref()).with_set(&shadow.files);
        let mut live = Live::of(project, &set)?;
        let sources = live.project.sources.clone();
        let refuse = move |findings: Vec<Finding>| Refused { findings, sources: sources.clone() };
        let view = View::open(folder).map_err(|error| refuse(vec![error.into()]))?;
        // Before the moment: nothing that is taken after it is missed.
        let pieces = ear.listen();
        let moment = view.moment(|| {
            let place = commit::next(&view)? - 1;
            let run = commit::next_run(&view)?;
            let active = Active::load(&view).map_err(|finding| vec![finding])?;
            let known = active.map(|active| active.windows).unwrap_or_default();
            let fresh = live.windows().difference(&known).map(|(_, window)| readable(window)).collect();
            live.remember(&view, &run, None)?;
            Ok((place, fresh))
        });
        let (place, fresh) = moment.map_err(|error| vec![error.into()]).flatten().map_err(refuse)?;
        Ok((Self { live, view, pieces }, place, fresh))
    }

    /// What came of a piece, what would have, and its rows.
    fn one(&mut self, recorded: &Recorded) -> Result<(Acts, Acts, u64), Vec<Finding>> {
        let (mut was, mut is) = (Acts::default(), Acts::default());
        let rows = play_one(&mut self.live, recorded, &mut |batch| is.add(batch, Span::ALL))?;
        let seen = self.view.served(recorded.seq, &mut |batch| was.add(batch, Span::ALL));
        seen.map_err(|error| vec![error.into()])?;
        Ok((was, is, rows))
    }
}

/// Both sides, so far. The same effect may come with another piece on the other side; what has waited for long is different for good.
#[derive(Default)]
struct Tally {
    /// By rule.
    settled: BTreeMap<String, Diff>,
    /// What only one side has done, and in which transaction.
    open: BTreeMap<EffectId, (i64, Acts, bool)>,
}

/// So many effects wait for the other side.
const OPEN: usize = 100_000;

impl Tally {
    fn add(&mut self, seq: i64, was: Acts, is: Acts) {
        for (acts, after) in [(was, false), (is, true)] {
            for (id, one) in acts.each() {
                match self.open.remove(&id) {
                    Some((_, other, side)) if side != after => {
                        let (before, after) = if after { (&other, &one) } else { (&one, &other) };
                        self.settle(Diff::between(before, after));
                    }
                    _ => drop(self.open.insert(id, (seq, one, after))),
                }
            }
        }
        if self.open.len() > OPEN {
            // The older half.
            let mut all: Vec<i64> = self.open.values().map(|(seq, ..)| *seq).collect();
            let middle = all.len() / 2;
            let until = *all.select_nth_unstable(middle).1;
            let open = std::mem::take(&mut self.open);
            let (old, young) = open.into_iter().partition(|(_, (seq, ..))| *seq <= until);
            self.open = young;
            let diffs = alone(&old);
            self.settle(diffs);
        }
    }

    fn settle(&mut self, diffs: Vec<Diff>) {
        for diff in diffs {
            self.settled
                .entry(diff.rule.clone())
                .or_insert_with(|| Diff { rule: diff.rule.clone(), ..Diff::default() })
                .add(&diff);
        }
    }

    fn diffs(&self) -> Vec<Diff> {
        let mut all = self.settled.clone();
        for diff in alone(&self.open) {
            all.entry(diff.rule.clone())
                .or_insert_with(|| Diff { rule: diff.rule.clone(), ..Diff::default() })
                .add(&diff);
        }
        all.into_values().collect()
    }
}

/// Effects that only one side has.
fn alone(open: &BTreeMap<EffectId, (i64, Acts, bool)>) -> Vec<Diff> {
    let side = |of: bool| open.values().filter(move |(.., side)| *side == of).map(|(_, acts, _)| acts);
    let (mut was, mut is) = (Acts::default(), Acts::default());
    side(false).for_each(|acts| was.extend(acts));
    side(true).for_each(|acts| is.extend(acts));
    Diff::between(&was, &is)
}

fn settled(report: &ShadowReport) -> BTreeMap<String, Diff> {
    report.effects.iter().map(|diff| (diff.rule.clone(), diff.clone())).collect()
}
