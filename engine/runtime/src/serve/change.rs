//! Which set is in force: at the start, and when another takes over between two pieces.

use super::{
    News, Options, Server,
    commit::{self, Active, Commit},
    desk::{Answer, By, Proposal},
    gates::{self, Consent},
    jobs, last_good,
    live::{Fates, Live, Refused},
    record::Recorder,
    retain, shade,
    spool::Shared,
    spools,
    status::{Attempt, Keeper},
    told::Told,
    trust,
    watch::sources,
};
use crate::store::{Change, Origin, Store};
use guiju_connect::inlet::{Bell, Hub};
use guiju_core::id::EpochHash;
use guiju_lang::finding::{Finding, Sources};
use std::{collections::BTreeMap, sync::PoisonError};

impl<'a> Server<'a> {
    /// Puts the set on disk in force, or the last good one where that does not pass or a command put it there.
    pub(super) fn start(
        options: &'a Options,
        store: &mut Store,
        going: &'a (dyn Fn() -> bool + Sync),
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<Self, Refused> {
        let unread = |finding| Refused { findings: vec![finding], sources: Sources::new() };
        let active = Active::load(store).map_err(unread)?;
        let loaded = Live::load(&options.set);
        let seen = sources(&loaded).clone();
        let disk = loaded.as_ref().ok().map(|live| live.epoch.hash());
        let held = active.as_ref().and_then(|active| active.held).filter(|held| Some(*held) == disk);
        let kept = active.as_ref().filter(|active| held.is_some_and(|held| held != active.epoch));
        let (mut live, refused) = match kept {
            Some(active) => (last_good(options, store, active)?, None),
            None => {
                let before = active.as_ref().filter(|_| !options.forget).map(|active| &active.windows);
                let loaded = loaded.and_then(|live| trust::pass(live, store.folder(), &[]));
                let passed = loaded.and_then(|live| gates::pass(live, &options.set, store.home(), Consent::Nobody));
                let allowed = passed.and_then(|live| match before.and_then(|before| live.forgets(before)) {
                    Some(finding) => Err(Refused { findings: vec![finding], sources: live.project.sources.clone() }),
                    None => Ok(live),
                });
                match (allowed, &active) {
                    (Ok(live), _) => (live, None),
                    (Err(refused), Some(active)) => match last_good(options, store, active) {
                        Ok(live) => (live, Some(refused)),
                        Err(_) => return Err(refused),
                    },
                    (Err(refused), None) => return Err(refused),
                }
            }
        };
        let now = (options.clock)();
        let hash = live.epoch.hash();
        let before = active.as_ref().map(|active| active.epoch);
        let fates = serde_json::Value::Null;
        let (origin, at) = (Origin::Files, now);
        let change = Change { epoch: hash, before, origin, author: None, approver: None, reason: None, at, fates };
        let change = Some(change).filter(|_| before != Some(hash));
        let recorder = recorder(&live, store).map_err(|findings| Refused { findings, sources: Sources::new() })?;
        let run = commit::next_run(store);
        let done = run.and_then(|run| live.remember(store, &run, None)).and_then(|()| spools(&live, store, Vec::new()));
        let spools = done.map_err(|findings| Refused { findings, sources: live.project.sources.clone() })?;
        let dropped = active.as_ref().map_or_else(Vec::new, |active| active.without(&live.lasting()));
        let before = active.map(|active| active.jobs).unwrap_or_default();
        let known = jobs::known(&live, &before, now);
        let plans = jobs::plans(&live, store, &known, &before, BTreeMap::new(), now);
        let done = Commit { live: &mut live, store, clock: options.clock }.activate(&dropped, change, held, &known);
        done.map_err(|findings| Refused { findings, sources: live.project.sources.clone() })?;
        let mut keeper = Keeper::new(store, now);
        keeper.in_force(&live, now);
        keeper.held(held);
        match refused {
            Some(refused) => {
                let told = Told::of(&refused.findings, &refused.sources);
                let set = disk.map(|disk| disk.to_string());
                keeper.attempt(Attempt { at, origin, set, ok: false, fates: Fates::default(), told });
                tell(News::FellBack(hash, refused));
            }
            None => tell(News::Started(hash, &live.findings, &live.project.sources)),
        }
        keeper.write_now(&spools, now);
        let (bell, hub) = (Bell::default(), Hub::default());
        let shared = Shared { bell, hub, quiet: options.quiet, store: store.folder().to_owned() };
        Ok(Self {
            options,
            going,
            live,
            spools,
            retry: BTreeMap::new(),
            seen,
            disk,
            held,
            keeper,
            recorder,
            shared,
            silent: BTreeMap::new(),
            looked: None,
            known,
            plans,
            letting: retain::Letting::default(),
            ear: shade::Ear::default(),
        })
    }

    /// Another set takes over, or does not; whoever asked is told.
    pub(super) fn change(
        &mut self,
        store: &mut Store,
        Proposal { loaded, by }: Proposal,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Vec<Finding>> {
        let turn = store.turn();
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = loaded.as_ref().ok().map(|live| live.epoch.hash());
        if let By::Files = by {
            self.disk = hash;
            if hash.is_some() && hash == self.held {
                return Ok(());
            }
        }
        let origin = match &by {
            By::Files => Origin::Files,
            By::Asked(asked) => asked.origin,
        };
        let at = (self.options.clock)();
        let set = hash.map(|hash| hash.to_string());
        let (fates, refused) = match loaded.and_then(|next| self.allowed(next, &by)) {
            Ok(next) => {
                let same = next.epoch.hash() == self.live.epoch.hash();
                if same && next.project.config == self.live.project.config {
                    return self.stay(store, &by);
                }
                (self.take_over(store, next, &by, at)?, None)
            }
            Err(refused) => (Fates::default(), Some(refused)),
        };
        let told = refused.as_ref().map_or_else(
            || Told::of(&self.live.findings, &self.live.project.sources),
            |refused| Told::of(&refused.findings, &refused.sources),
        );
        let ok = refused.is_none();
        self.keeper.in_force(&self.live, at);
        self.keeper.held(self.held);
        self.keeper.attempt(Attempt { at, origin, set, ok, fates: fates.clone(), told: told.clone() });
        self.keeper.write_now(&self.spools, at);
        if let By::Asked(asked) = &by {
            let set = self.live.epoch.hash().to_string();
            asked.answer(&Answer { ok, set, already: false, fates: fates.clone(), told });
        }
        match refused {
            Some(refused) => tell(News::Refused(refused)),
            None => tell(News::Changed(self.live.epoch.hash(), fates)),
        }
        Ok(())
    }

    /// Windows that are full are forgotten only where somebody said so. Who takes a set back has said so of what it brought.
    fn allowed(&self, next: Live, by: &By) -> Result<Live, Refused> {
        let may =
            self.options.forget || matches!(by, By::Asked(asked) if asked.forget || asked.origin == Origin::Rollback);
        match next.forgets(&self.live.windows()).filter(|_| !may) {
            Some(finding) => Err(Refused { findings: vec![finding], sources: next.project.sources.clone() }),
            None => Ok(next),
        }
    }

    /// The set is in force already. If a command put it there, it is on disk now, too.
    fn stay(&mut self, store: &mut Store, by: &By) -> Result<(), Vec<Finding>> {
        let held = self.holds(by);
        if held != self.held {
            self.held = held;
            let mut commit = Commit { live: &mut self.live, store, clock: self.options.clock };
            commit.activate(&[], None, held, &self.known)?;
            self.keeper.held(held);
        }
        if let By::Asked(asked) = by {
            let set = self.live.epoch.hash().to_string();
            asked.answer(&Answer { ok: true, set, already: true, ..Answer::default() });
        }
        Ok(())
    }

    /// The set on disk is not put in force by itself once a command has put another there, until it becomes another.
    fn holds(&self, by: &By) -> Option<EpochHash> {
        match by {
            By::Files => None,
            By::Asked(_) => self.disk,
        }
    }

    fn take_over(&mut self, store: &mut Store, mut next: Live, by: &By, at: i64) -> Result<Fates, Vec<Finding>> {
        let fates = next.fates(&self.live);
        let dropped: Vec<_> = self.live.lasting().difference(&next.lasting()).copied().collect();
        let before = self.live.epoch.hash();
        let (origin, author, approver, reason) = match by {
            By::Files => (Origin::Files, None, None, None),
            By::Asked(asked) => (asked.origin, asked.author.clone(), asked.approver.clone(), asked.reason.clone()),
        };
        let all = serde_json::to_value(&fates).unwrap_or_default();
        let epoch = next.epoch.hash();
        let change = Change { epoch, before: Some(before), origin, author, approver, reason, at, fates: all };
        let change = Some(change).filter(|_| epoch != before);
        let run = commit::next_run(store)?;
        next.remember(store, &run, Some(&mut self.live))?;
        self.spools = spools(&next, store, std::mem::take(&mut self.spools))?;
        let old = std::mem::replace(&mut self.live, next);
        // A thousand rules take a while to be let go; no row waits for that.
        std::thread::spawn(move || drop(old));
        self.recorder = recorder(&self.live, store)?;
        self.held = self.holds(by);
        let known = jobs::known(&self.live, &self.known, at);
        self.plans = jobs::plans(&self.live, store, &known, &self.known, std::mem::take(&mut self.plans), at);
        self.known = known;
        let mut commit = Commit { live: &mut self.live, store, clock: self.options.clock };
        commit.activate(&dropped, change, self.held, &self.known)?;
        Ok(fates)
    }
}

/// Keeps what is taken, where the configuration says so.
fn recorder(live: &Live, store: &Store) -> Result<Option<Recorder>, Vec<Finding>> {
    let Some(keep) = live.project.config.record else { return Ok(None) };
    let keep = (keep, live.project.config.retain.recorded);
    Recorder::open(store, keep, commit::next(store)?).map(Some).map_err(|finding| vec![finding])
}
