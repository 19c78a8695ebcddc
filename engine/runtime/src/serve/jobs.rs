//! Rules over tables that a server runs at their times, on a thread of their own, one run at a time. A run is the one that `guiju run`
//! makes, its logical time is when it was due, and its name is the job's and that time: so its effects have the same ids whenever it
//! happens, and what was published is never published again.

use super::{
    Live, News, Server, commit,
    planner::{Move, Plan},
    timetable::Timetable,
    told::Told,
};
use crate::{
    epoch::{Epoch, Moment},
    feed::{Progress, Watch},
    project::Project,
    run::{RunOptions, RunReport, run},
    store::{Beside, Store, View},
};
use guiju_connect::{
    config::{self, Times},
    inlet::Bell,
};
use guiju_core::id::RunId;
use guiju_lang::{
    finding::{Arg, At, FileId, Finding, Place, codes},
    hir::{Program, Rule},
    time::{Civil, Zone},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::Duration,
};

/// Rules that run at their times.
pub(super) struct Job {
    pub(super) name: String,
    /// When it is due, as the configuration has it.
    pub(super) said: String,
    table: Timetable,
    grace: i64,
    epoch: Arc<Epoch>,
}

/// Links the rules that are wanted.
type Link<'a> = dyn Fn(&dyn Fn(&Rule) -> bool) -> Result<Epoch, Vec<Finding>> + 'a;

/// Since when each job has been known, and with which times.
pub(super) type Known = BTreeMap<String, (String, i64)>;

/// A run that is due.
pub(super) struct Order {
    name: String,
    due: i64,
    id: RunId,
    project: Arc<Project>,
    epoch: Arc<Epoch>,
}

/// A run that is over.
pub(super) struct Finished {
    name: String,
    due: i64,
    result: Result<RunReport, Vec<Finding>>,
}

impl Job {
    /// The jobs of a project, whose rules are linked by `link`.
    pub(super) fn all(
        project: &Project,
        program: &Program,
        tenant: &str,
        link: &Link<'_>,
    ) -> Result<Vec<Self>, Vec<Finding>> {
        let (mut jobs, mut findings) = (Vec::new(), Vec::new());
        for job in &project.config.schedule {
            match Self::of(job, project, program, tenant, link) {
                Ok(job) => jobs.push(job),
                Err(mut found) => findings.append(&mut found),
            }
        }
        if findings.is_empty() { Ok(jobs) } else { Err(findings) }
    }

    fn of(
        job: &config::Job,
        project: &Project,
        program: &Program,
        tenant: &str,
        link: &Link<'_>,
    ) -> Result<Self, Vec<Finding>> {
        // The configuration's text follows those of the set.
        let at = At::Text(Place { file: FileId(u32::try_from(project.set).unwrap_or(u32::MAX)), span: job.span });
        let wrong = |code| Finding::new(code, at.clone()).name("job", &job.name);
        let known: Vec<String> = project.calendars.iter().map(|calendar| calendar.name().to_owned()).collect();
        let calendar = match &job.calendar {
            Some(name) => project.calendars.iter().find(|calendar| calendar.name() == name),
            None if project.calendars.len() == 1 => project.calendars.first(),
            None => None,
        };
        let calendar = calendar.filter(|_| job.needs_calendar()).cloned();
        if job.needs_calendar() && calendar.is_none() {
            return Err(vec![wrong(codes::cli::SCHEDULE_NO_CALENDAR).arg("known", Arg::Names(known))]);
        }
        let of_calendar = calendar.as_ref().and_then(|calendar| Zone::named(calendar.zone()).ok());
        let zone = job.zone.clone().or(of_calendar).unwrap_or_default();
        let table = Timetable { times: job.times.clone(), on: job.on, zone, calendar };
        if !table.is_within_the_day() {
            return Err(vec![wrong(codes::cli::SCHEDULE_NO_SESSION)]);
        }
        let never = |cron: &config::Cron| !(0..11 * 366).any(|day| cron.falls_on(day));
        if matches!(&job.times, Times::Cron(cron) if never(cron)) {
            return Err(vec![wrong(codes::cli::SCHEDULE_NEVER)]);
        }
        let over_tables = |rule: &Rule| rule.head.id.tenant == tenant && rule.body.stream().is_none();
        let called = |rule: &Rule, name: &str| {
            let id = &rule.head.id;
            id.rulebook == name || format!("{}.{}", id.rulebook, id.name) == name
        };
        let some = |name: &str| program.rules.iter().any(|rule| over_tables(rule) && called(rule, name));
        if let Some(name) = job.rules.iter().find(|name| !some(name)) {
            return Err(vec![wrong(codes::cli::SCHEDULE_NO_RULE).name("rule", name)]);
        }
        if !program.rules.iter().any(over_tables) {
            return Err(vec![wrong(codes::cli::SCHEDULE_NO_TABLES)]);
        }
        let mine = |rule: &Rule| {
            over_tables(rule) && (job.rules.is_empty() || job.rules.iter().any(|name| called(rule, name)))
        };
        let epoch = Arc::new(link(&mine)?);
        let grace = i64::try_from(job.grace.as_micros()).unwrap_or(i64::MAX);
        Ok(Self { name: job.name.clone(), said: job.said.clone(), table, grace, epoch })
    }

    /// The name of the run that is due then: `morning-2026-11-20-0830`.
    fn run(&self, due: i64) -> Option<RunId> {
        let (day, time) = self.table.zone.local(due);
        let (Civil { year, month, day }, minutes) = (Civil::of(day), time / 60_000_000);
        let name = format!("{}-{year:04}-{month:02}-{day:02}-{:02}{:02}", self.name, minutes / 60, minutes % 60);
        RunId::new(name).ok()
    }

    /// A due time, as people read it.
    fn shown(&self, due: i64) -> String {
        let (day, time) = self.table.zone.local(due);
        let (Civil { year, month, day }, minutes) = (Civil::of(day), time / 60_000_000);
        format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minutes / 60, minutes % 60)
    }

    fn finding(&self, code: guiju_lang::finding::Code, due: i64) -> Finding {
        Finding::new(code, At::Nowhere).name("job", &self.name).arg("due", Arg::Plain(self.shown(due)))
    }
}

/// Since when the jobs of a set have been known: those that were known with the same times, since then.
pub(super) fn known(live: &Live, before: &Known, now: i64) -> Known {
    let since = |job: &Job| match before.get(&job.name) {
        Some((said, since)) if *said == job.said => *since,
        _ => now,
    };
    live.jobs.iter().map(|job| (job.name.clone(), (job.said.clone(), since(job)))).collect()
}

/// What has become of every job's due times.
pub(super) type Plans = BTreeMap<String, Plan>;

/// The plans of a set's jobs; those whose times are the same go on as they are.
pub(super) fn plans(live: &Live, store: &View, known: &Known, before: &Known, mut old: Plans, now: i64) -> Plans {
    let done = |job: &Job, due| {
        let published = job.run(due).map(|run| store.was_published(&live.tenant, &run));
        published.and_then(Result::ok).unwrap_or(false)
    };
    let one = |job: &Job| {
        let same = known.get(&job.name) == before.get(&job.name);
        let kept = old.remove(&job.name).filter(|_| same);
        let since = known.get(&job.name).map_or(now, |(_, since)| *since);
        let plan = kept.unwrap_or_else(|| Plan::new(&job.table, since, now, |due| done(job, due)));
        (job.name.clone(), plan)
    };
    live.jobs.iter().map(one).collect()
}

impl Server<'_> {
    /// Starts what is due, and says what is not done any more.
    pub(super) fn due(&mut self, orders: &Sender<Order>, tell: &mut dyn FnMut(News<'_>)) {
        let now = (self.options.clock)();
        for job in &self.live.jobs {
            let Some(plan) = self.plans.get_mut(&job.name) else { continue };
            let before = plan.next();
            for step in plan.tick(&job.table, job.grace, now) {
                let (code, due) = match step {
                    Move::Start { due, late } => {
                        let Some(id) = job.run(due) else { continue };
                        let (project, epoch) = (Arc::clone(&self.live.project), Arc::clone(&job.epoch));
                        let order = Order { name: job.name.clone(), due, id, project, epoch };
                        if orders.send(order).is_err() || !late {
                            continue;
                        }
                        (codes::cli::SCHEDULE_LATE, due)
                    }
                    Move::Missed { due } => (codes::cli::SCHEDULE_MISSED, due),
                };
                let finding = [job.finding(code, due)];
                if code == codes::cli::SCHEDULE_MISSED {
                    self.keeper.missed(&job.name, due, Told::of(&finding, &self.live.project.sources));
                }
                tell(News::Trouble(&finding, &self.live.project.sources));
            }
            if plan.next() != before && plan.next().is_err() {
                tell(News::Trouble(&[job.finding(codes::cli::SCHEDULE_BEYOND, now)], &self.live.project.sources));
            }
        }
        self.keeper.jobs(self.live.jobs.iter().filter_map(|job| Some((job, self.plans.get(&job.name)?))));
    }

    /// A run is over: what it brought is delivered.
    pub(super) fn finished(&mut self, finished: Finished, store: &mut Store, tell: &mut dyn FnMut(News<'_>)) {
        let Finished { name, due, result } = finished;
        let now = (self.options.clock)();
        if let Some(plan) = self.plans.get_mut(&name) {
            plan.over(due, result.is_ok(), now);
        }
        let project = Arc::clone(&self.live.project);
        let sources = &project.sources;
        let (findings, done) = match result {
            Ok(report) => {
                let rows = report.reads.iter().map(|read| read.rows).sum();
                let effects = report.rules.values().map(|count| count.new).sum();
                tell(News::Ran { job: &name, run: report.run.as_str(), due, rows, effects });
                (report.findings, Some((report.run, rows, effects)))
            }
            Err(mut found) => {
                let failed = self.live.jobs.iter().find(|job| job.name == name);
                found.splice(0..0, failed.map(|job| job.finding(codes::cli::SCHEDULE_FAILED, due)));
                (found, None)
            }
        };
        self.keeper.ran(&name, (due, now), done.as_ref().map(|(_, rows, effects)| (*rows, *effects)), {
            Told::of(&findings, sources)
        });
        if !findings.is_empty() {
            tell(News::Trouble(&findings, sources));
        }
        if let Some((run, _, 1..)) = done {
            self.deliver(store, &run, None, false, tell);
        }
    }

    /// Whether jobs may still have something to do.
    pub(super) fn works(&self) -> bool {
        !self.plans.values().all(Plan::rests)
    }

    /// Delivers what a server that was killed still owed.
    pub(super) fn owed(&mut self, store: &mut Store, tell: &mut dyn FnMut(News<'_>)) -> Result<(), Vec<Finding>> {
        if store.deliveries_due().map_err(|error| vec![error.into()])?.is_empty() {
            return Ok(());
        }
        let run = commit::next_run(store)?;
        self.deliver(store, &run, None, false, tell);
        Ok(())
    }
}

/// How long nobody looks whether the server ends.
const PAUSE: Duration = Duration::from_millis(200);

/// Asked to end, a run stops before its next rows.
struct Going<'a>(&'a dyn Fn() -> bool);

impl Watch for Going<'_> {
    fn progress(&mut self, _: &Progress<'_>) {}
    fn interrupted(&self) -> bool {
        !(self.0)()
    }
}

/// Runs what is due until `going` says no, one after the other.
pub(super) fn work(
    beside: &Beside,
    orders: &Receiver<Order>,
    clock: fn() -> i64,
    going: &dyn Fn() -> bool,
    finished: &Sender<Finished>,
    bell: &Bell,
) {
    while going() {
        let Order { name, due, id, project, epoch } = match orders.recv_timeout(PAUSE) {
            Ok(order) => order,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let at = Moment::Instant(due);
        let options = RunOptions { at, run: Some(id), clock, dry: false, on: None, deliver: false };
        let ran = |mut store: Store| run(&project, &epoch, Some(&mut store), &options, &mut Going(going));
        let result = beside.open().map_err(|error| vec![error.into()]).and_then(ran);
        if !going() && result.is_err() {
            // It was asked to stop: the next start makes up for it.
            return;
        }
        let _ = finished.send(Finished { name, due, result });
        bell.ring();
    }
}
