//! A rulebook set that runs: checked, its tests passed, its lookups read; and what its rules remember.

use super::jobs::Job;
use crate::{
    copies::Copies,
    epoch::{Epoch, Moment},
    feed,
    project::{Project, has_errors},
    publish::Gathered,
    run::load_kept,
    store::View,
    testing,
};
use arrow_array::RecordBatch;
use guiju_core::{
    Batch, CellTable, Cells, Feed, Input, Kept, Output, Size,
    id::{CellId, RunId},
};
use guiju_lang::{
    finding::{Arg, At, Finding, Sources, codes},
    hir::{Rule, SourceId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

/// Which rulebooks, of whom.
#[derive(Debug, Clone)]
pub struct Set {
    /// Files and folders, as [`Project::open`] takes them.
    pub paths: Vec<PathBuf>,
    /// The configuration.
    pub config: Option<PathBuf>,
    /// Whose rules; needed where there are several tenants.
    pub tenant: Option<String>,
}

/// Why a set does not run: the findings, and the texts they point into.
#[derive(Debug)]
pub struct Refused {
    /// All of them.
    pub findings: Vec<Finding>,
    /// What they point into.
    pub sources: Sources,
}

/// A set that can run.
pub(super) struct Live {
    pub(super) project: Arc<Project>,
    pub(super) epoch: Epoch,
    /// Rules over tables that run at their times.
    pub(super) jobs: Vec<Job>,
    /// By group of the epoch.
    pub(super) cells: Vec<Cells>,
    pub(super) tenant: String,
    pub(super) findings: Vec<Finding>,
    /// By group of the epoch, its cells in order of identity: worked out once, before anybody waits for it.
    kept: Vec<Vec<Kept>>,
    /// By group, what changed and is in no transaction yet.
    pub(super) unsaved: Vec<Vec<(CellId, CellTable)>>,
    /// By stream that was fed: when something is due in it, if ever.
    due: BTreeMap<SourceId, Option<i64>>,
}

/// What becomes of the windows and cool-downs of the rules when a set takes over.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fates {
    /// Go on as they are.
    pub kept: Vec<String>,
    /// Go on under a rule's new name.
    pub moved: Vec<String>,
    /// Begin empty.
    pub fresh: Vec<String>,
    /// Nobody asks for them any more.
    pub dropped: Vec<String>,
}

impl Live {
    /// Reads, checks, tests and compiles a set. Nothing that runs is touched.
    pub(super) fn load(set: &Set) -> Result<Self, Refused> {
        Self::of(Project::open(&set.paths, set.config.as_deref()), set)
    }

    /// The set of a project.
    pub(super) fn of(project: Project, set: &Set) -> Result<Self, Refused> {
        let checked = project.check();
        let refused = |project: &Project, findings| Err(Refused { findings, sources: project.sources.clone() });
        let Some(program) = checked.program.filter(|_| !has_errors(&checked.findings)) else {
            return refused(&project, checked.findings);
        };
        let tenants: BTreeSet<&str> = program.rules.iter().map(|rule| rule.head.id.tenant.as_str()).collect();
        let tenant = match (&set.tenant, tenants.len()) {
            (Some(named), _) if tenants.contains(named.as_str()) => named.clone(),
            (None, 0 | 1) => tenants.first().map_or_else(|| "default".to_owned(), |tenant| (*tenant).to_owned()),
            (named, _) => {
                let known = Arg::Names(tenants.iter().map(|tenant| (*tenant).to_owned()).collect());
                let finding = match named {
                    Some(named) => Finding::new(codes::cli::NO_SUCH_TENANT, At::Nowhere).name("tenant", named),
                    None => Finding::new(codes::cli::TENANT_NEEDED, At::Nowhere),
                };
                return refused(&project, vec![finding.arg("known", known)]);
            }
        };
        let program = Arc::new(program);
        let link = |only: &dyn Fn(&Rule) -> bool| Epoch::link(Arc::clone(&program), &project.calendars, only);
        // Tests are of the whole set; what runs are the rules of streams.
        let whole = match link(&|_| true) {
            Ok(whole) => whole,
            Err(found) => return refused(&project, found),
        };
        let failed: Vec<_> =
            testing::test(&project, &whole, |_| true).into_iter().filter(|test| !test.failures.is_empty()).collect();
        if let Some(first) = failed.first() {
            let finding = Finding::new(codes::cli::SERVE_TESTS_FAILED, first.place).name("title", &first.title);
            let count = Arg::Count(i64::try_from(failed.len()).unwrap_or(i64::MAX));
            return refused(&project, vec![finding.arg("count", count)]);
        }
        let mine = |rule: &Rule| rule.head.id.tenant == tenant && rule.body.stream().is_some();
        let epoch = if program.rules.iter().all(mine) {
            whole
        } else {
            match link(&mine) {
                Ok(epoch) => epoch,
                Err(found) => return refused(&project, found),
            }
        };
        let jobs = match Job::all(&project, &program, &tenant, &|mine| link(&|rule| mine(rule))) {
            Ok(jobs) => jobs,
            Err(found) => return refused(&project, found),
        };
        if epoch.streams().next().is_none() && jobs.is_empty() {
            return refused(&project, vec![Finding::new(codes::cli::SERVE_NO_STREAM, At::Nowhere)]);
        }
        let mut cells: Vec<Cells> = epoch.groups.iter().map(|_| Cells::default()).collect();
        match look_up(&project, &epoch, &mut cells) {
            Ok(mut findings) => {
                findings.extend(checked.findings);
                let project = Arc::new(project);
                let kept = epoch.groups.iter().map(|group| in_order(group.linked.cells())).collect();
                Ok(Self {
                    project,
                    epoch,
                    jobs,
                    cells,
                    tenant,
                    findings,
                    kept,
                    unsaved: Vec::new(),
                    due: BTreeMap::new(),
                })
            }
            Err(found) => refused(&project, found),
        }
    }

    /// One step of every rule, for rows that follow each other in a source; what the rules want done, and what else there is to say.
    pub(super) fn step(
        &mut self,
        source: SourceId,
        batches: &[RecordBatch],
        first_row: u64,
    ) -> Result<Gathered, Vec<Finding>> {
        // Nothing is said about time; what was left out is.
        self.feed(source, batches, first_row, i64::MIN)
    }

    /// No row of the source before this time will come.
    pub(super) fn advance(&mut self, source: SourceId, until: i64) -> Result<Gathered, Vec<Finding>> {
        self.feed(source, &[], 0, until)
    }

    /// By this time, something is due in the source; or nobody has asked yet.
    pub(super) fn is_due(&self, source: SourceId, until: i64) -> bool {
        self.due.get(&source).is_none_or(|due| due.is_some_and(|due| due <= until))
    }

    fn feed(
        &mut self,
        source: SourceId,
        batches: &[RecordBatch],
        mut first_row: u64,
        until: i64,
    ) -> Result<Gathered, Vec<Finding>> {
        let mut due = None;
        let mut gathered = Gathered::default();
        for batch in batches.iter().map(Some).chain([None]) {
            let input = match batch {
                Some(rows) => Input::Batch(Batch { source, rows, first_row }),
                None => Input::Watermark(source, until),
            };
            for (group, cells) in self.epoch.groups.iter().zip(self.cells.iter_mut()) {
                let cx = group.context(Moment::Instant(0));
                let mut out = Output::default();
                group.linked.step(&cx, cells, &input, &mut out).map_err(|error| vec![feed::step_finding(error)])?;
                gathered.take(&cx, &mut out);
                if batch.is_none() {
                    due = due.into_iter().chain(out.timers).min();
                }
            }
            first_row += batch.map_or(0, |rows| rows.num_rows() as u64);
        }
        self.due.insert(source, due);
        Ok(gathered)
    }

    /// Name and text of its rulebooks and template files.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        let files = self.project.sources.iter().take(self.project.set);
        files.map(|(_, file)| (file.path.clone(), file.text.to_string())).collect()
    }

    /// A source of the set by its name.
    pub(super) fn source(&self, name: &str) -> Option<SourceId> {
        self.epoch.program.sources.iter().position(|source| source.name == name).map(|at| SourceId(at as u32))
    }

    /// Every cell.
    fn kept(&self) -> impl Iterator<Item = &Kept> + '_ {
        self.kept.iter().flatten()
    }

    /// The rule, by position in the program, whose cell this is in a group.
    pub(super) fn owner(&self, group: usize, cell: CellId) -> Option<usize> {
        let kept = self.kept.get(group)?;
        kept.binary_search_by_key(&cell, |kept| kept.id).ok().map(|at| kept[at].rule)
    }

    /// How much is remembered of streams, with the rule that it belongs to first, and what for.
    pub(super) fn sizes(&self) -> Vec<(String, &'static str, Size)> {
        let kept: BTreeMap<CellId, (usize, &'static str)> =
            self.kept().map(|kept| (kept.id, (kept.rule, kept.role))).collect();
        let all = self.cells.iter().flat_map(Cells::sizes).filter_map(|(id, size)| {
            let (rule, role) = kept.get(&id)?;
            Some((self.epoch.program.rules[*rule].head.id.to_string(), *role, size))
        });
        all.collect()
    }

    /// The states of streams.
    pub(super) fn lasting(&self) -> BTreeSet<CellId> {
        self.kept().filter(|kept| kept.windows.is_some()).map(|kept| kept.id).collect()
    }

    /// What the windows hold, each with the stream it belongs to.
    pub(super) fn windows(&self) -> BTreeSet<(CellId, String)> {
        self.kept()
            .flat_map(|kept| kept.windows.iter().flatten().map(move |window| (kept.id, window.clone())))
            .collect()
    }

    /// Windows that are full and would be forgotten: a set does that only where somebody said so.
    pub(super) fn forgets(&self, before: &BTreeSet<(CellId, String)>) -> Option<Finding> {
        let now = self.windows();
        let lost: Vec<String> = before.difference(&now).map(|(_, window)| window.clone()).collect();
        let lost: Vec<String> = lost.iter().map(|window| readable(window)).collect();
        let finding = Finding::new(codes::cli::SERVE_WOULD_FORGET, At::Nowhere);
        (!lost.is_empty()).then(|| finding.arg("windows", Arg::Names(lost)))
    }

    /// What is remembered, in words: a cool-down by its rule, a window by what it holds; and the identity it had under another name.
    fn remembered(&self) -> BTreeMap<(CellId, String), Option<CellId>> {
        self.kept()
            .flat_map(|kept| {
                let rule = self.epoch.program.rules[kept.rule].head.id.to_string();
                let parts = match &kept.windows {
                    Some(windows) if !windows.is_empty() => windows.iter().map(|window| readable(window)).collect(),
                    // A condition that has to hold for a while holds no window.
                    _ => vec![format!("{rule}: {}", kept.role)],
                };
                parts.into_iter().map(move |part| ((kept.id, part), kept.formerly))
            })
            .collect()
    }

    /// What becomes of everything that `before` remembers.
    pub(super) fn fates(&self, before: &Self) -> Fates {
        let (old, new) = (before.remembered(), self.remembered());
        let mut fates = Fates::default();
        let mut carried = BTreeSet::new();
        for (here @ (_, part), formerly) in &new {
            let from = formerly.filter(|_| !old.contains_key(here)).filter(|id| old.keys().any(|(old, _)| old == id));
            carried.extend(from);
            match from {
                Some(_) => fates.moved.push(part.clone()),
                None if old.contains_key(here) => fates.kept.push(part.clone()),
                None => fates.fresh.push(part.clone()),
            }
        }
        let gone = old.keys().filter(|here| !new.contains_key(here) && !carried.contains(&here.0));
        fates.dropped.extend(gone.map(|(_, part)| part.clone()));
        fates
    }

    /// Takes what the store remembers: everything at the start; after a change, what `before` did not remember.
    pub(super) fn remember(
        &mut self,
        store: &View,
        run: &RunId,
        before: Option<&mut Self>,
    ) -> Result<(), Vec<Finding>> {
        let wanted = match before {
            Some(before) => self.take_over(before),
            None => self.kept.clone(),
        };
        for (cells, wanted) in self.cells.iter_mut().zip(wanted).filter(|(_, wanted)| !wanted.is_empty()) {
            let ids: Vec<CellId> = wanted.iter().map(|kept| kept.id).collect();
            let mut loaded = load_kept(&self.epoch.program, wanted, store, run)?;
            for id in ids {
                cells.take_over(id, &mut loaded);
            }
        }
        Ok(())
    }

    /// Takes what another set remembers; by group, the cells that it had nothing for. Windows that nobody kept up begin empty.
    pub(super) fn take_over(&mut self, before: &mut Self) -> Vec<Vec<Kept>> {
        let take = |(cells, kept): (&mut Cells, &Vec<Kept>)| {
            let not = |kept: &&Kept| !before.cells.iter_mut().any(|old| cells.take_over(kept.id, old));
            kept.iter().filter(not).filter(|kept| kept.windows.is_none()).cloned().collect()
        };
        self.cells.iter_mut().zip(&self.kept).map(take).collect()
    }

    /// Takes what another set remembers, also under a rule's former name, where there is no store to ask.
    pub(super) fn take_all(&mut self, before: &mut Self) {
        for (group, wanted) in self.take_over(before).into_iter().enumerate() {
            for (id, formerly) in wanted.into_iter().filter_map(|kept| Some((kept.id, kept.formerly?))) {
                let _ = before.cells.iter_mut().any(|old| self.cells[group].take_over_as(id, formerly, old));
            }
        }
    }
}

/// In order of identity, each once: of several that share one, the last is named.
fn in_order(cells: Vec<Kept>) -> Vec<Kept> {
    let all: BTreeMap<CellId, Kept> = cells.into_iter().map(|kept| (kept.id, kept)).collect();
    all.into_values().collect()
}

/// A window in words, from its canonical form: `["desk.trades" "amount" decimal(18,2)] over 600000000us by […]` is
/// `desk.trades amount over 10m by desk.trades customer`. What has another form stays as it is.
pub(super) fn readable(window: &str) -> String {
    let words = |part: &str| -> Option<String> {
        let inside = part.strip_prefix('[')?.strip_suffix(']')?;
        let mut quoted = inside.split('"');
        let (source, column) = (quoted.nth(1)?, quoted.nth(1)?);
        Some(format!("{source} {column}"))
    };
    let shown = || -> Option<String> {
        let (operand, rest) = window.split_once(" over ")?;
        let (span, key) = rest.split_once("us by ")?;
        let (each, span) = span.strip_prefix("each ").map_or(("", span), |span| ("each ", span));
        let micros: i64 = span.parse().ok()?;
        let units = [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("us", 1)];
        let (unit, size) = units.into_iter().find(|(_, size)| micros % size == 0)?;
        let operand = if operand.is_empty() { "count".to_owned() } else { words(operand)? };
        Some(format!("{operand} over {each}{}{unit} by {}", micros / size, words(key)?))
    };
    shown().unwrap_or_else(|| window.trim().to_owned())
}

/// Reads the sources that rules look things up in.
fn look_up(project: &Project, epoch: &Epoch, cells: &mut [Cells]) -> Result<Vec<Finding>, Vec<Finding>> {
    let mut findings = Vec::new();
    let lookups: BTreeSet<SourceId> = epoch
        .groups
        .iter()
        .flat_map(|group| group.linked.feeds())
        .filter_map(|feed| match feed {
            Feed::Lookup(source) => Some(source),
            Feed::Drive(_) | Feed::Stream(_) => None,
        })
        .collect();
    let lookups: Vec<SourceId> = lookups.into_iter().collect();
    let copies = Copies::obtain(project, &epoch.program, &lookups, &mut ())?;
    findings.extend(copies.findings());
    for source in lookups {
        let scan = feed::open(project, &epoch.program, source, &copies)?;
        let mut step = |input: &Input<'_>| -> Result<(), Vec<Finding>> {
            for (group, cells) in epoch.groups.iter().zip(cells.iter_mut()) {
                let mut out = Output::default();
                let cx = group.context(Moment::Instant(0));
                group.linked.step(&cx, cells, input, &mut out).map_err(|error| vec![feed::step_finding(error)])?;
                findings.append(&mut out.findings);
            }
            Ok(())
        };
        step(&Input::StartOfSnapshot(source, scan.total_rows_hint()))?;
        for batch in scan {
            let batch = batch?;
            step(&Input::Batch(Batch { source, rows: &batch.batch, first_row: batch.first_row }))?;
        }
        step(&Input::EndOfSnapshot(source))?;
    }
    Ok(findings)
}
