//! Mutation score: each rule with one small thing changed, played through the rule's tests. A change that no test notices is a
//! sentence of the rule that no test pins down.

use super::{coverage::expects_of, play};
use crate::{Epoch, Project};
use guiju_grammar::keyword::{Kw, Language};
use guiju_lang::{
    finding::{FileId, Place},
    hir::{self, ExprKind, Program, Rule, RuleId, Test, TestStep},
    kind::RuleBody,
    mutate::{self, Said, Texts},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What the tests notice.
#[derive(Debug, Clone, Default)]
pub struct Mutations {
    /// Changes tried: those in a shared definition once, whichever rule uses it.
    pub tried: usize,
    /// Of these, noticed by a test.
    pub noticed: usize,
    /// Changes for which there was no time.
    pub left: usize,
    /// Not noticed, in the order of the text.
    pub survivors: Vec<Survivor>,
    /// Rules that were left out: a test of theirs fails as they are, or there is none.
    pub without: Vec<RuleId>,
}

/// A change that no test notices.
#[derive(Debug, Clone)]
pub struct Survivor {
    /// What was changed.
    pub said: Said,
    /// The rules in which it was tried.
    pub rules: Vec<RuleId>,
}

impl Mutations {
    /// In percent; nothing to notice is all noticed.
    pub fn percent(&self) -> f64 {
        if self.tried == 0 { 100.0 } else { self.noticed as f64 * 100.0 / self.tried as f64 }
    }
}

/// A change to be tried in one rule.
struct Job {
    said: Said,
    /// In the list of bases.
    base: usize,
    rule: Rule,
}

/// A rule alone, with its tests.
struct Base {
    program: Program,
    tests: Vec<Test>,
}

/// Tries every change of every rule of the epoch on its tests, those that `select` picks, on as many threads as there are. `stop`
/// is asked before each: what is not tried then is counted.
pub fn mutate(
    project: &Project,
    epoch: &Epoch,
    select: impl Fn(&Test) -> bool,
    stop: &(dyn Fn() -> bool + Sync),
) -> Mutations {
    let mut result = Mutations::default();
    let (mut bases, mut jobs) = (Vec::new(), Vec::new());
    for position in epoch.positions() {
        let rule = &epoch.program.rules[position];
        let tests: Vec<Test> =
            epoch.program.tests.iter().filter(|t| select(t)).filter_map(|t| about(t, rule)).collect();
        let program = Program { rules: vec![rule.clone()], tests: Vec::new(), ..Program::clone(&epoch.program) };
        let base = Base { program, tests };
        if base.tests.is_empty() || notices(project, &base, rule) != Some(false) {
            result.without.push(rule.head.id.clone());
            continue;
        }
        let texts = Written { project };
        jobs.extend(changes(&base.program, rule, &texts).into_iter().map(|(said, rule)| Job {
            said,
            base: bases.len(),
            rule,
        }));
        bases.push(base);
    }
    let outcomes = all(project, &bases, &jobs, stop);
    // A change in a shared definition is one change, tried in every rule that uses it.
    let mut by_text: BTreeMap<(Place, String, String, &'static str), Tried> = BTreeMap::new();
    for (job, outcome) in jobs.iter().zip(outcomes) {
        let Said { kind, at, from, to } = job.said.clone();
        let tried = by_text.entry((at, from, to, kind)).or_default();
        match outcome {
            Some(noticed) => {
                tried.noticed |= noticed;
                tried.rules.push(job.rule.head.id.clone());
            }
            None => tried.left = true,
        }
    }
    for ((at, from, to, kind), tried) in by_text {
        if tried.left && !tried.noticed {
            result.left += 1;
        } else if !tried.rules.is_empty() {
            result.tried += 1;
            result.noticed += usize::from(tried.noticed);
            if !tried.noticed {
                result.survivors.push(Survivor { said: Said { kind, at, from, to }, rules: tried.rules });
            }
        }
    }
    result
}

#[derive(Default)]
struct Tried {
    noticed: bool,
    left: bool,
    rules: Vec<RuleId>,
}

/// The test with what it expects of this rule only; nothing if that is nothing.
fn about(test: &Test, rule: &Rule) -> Option<Test> {
    let id = &rule.head.id;
    if !expects_of(test, id) {
        return None;
    }
    let mine = |step: &&TestStep| match step {
        TestStep::Expect { rule, .. } | TestStep::ExpectRows { rule, .. } => rule == id,
        TestStep::ExpectNothing { rule, .. } => rule.as_ref().is_none_or(|rule| rule == id),
        _ => true,
    };
    Some(Test { steps: test.steps.iter().filter(mine).cloned().collect(), ..test.clone() })
}

/// Every changed form of a rule, with what was changed.
fn changes(program: &Program, rule: &Rule, texts: &dyn Texts) -> Vec<(Said, Rule)> {
    let with = |body: Arc<dyn RuleBody>| Rule { head: rule.head.clone(), body };
    let mut all = Vec::new();
    for (position, (clause, expr)) in rule.body.expressions().into_iter().enumerate() {
        // Whom a rule is about is its source's business; the cool-down's key is a clause's.
        if matches!(clause, "key" | "once per") {
            continue;
        }
        for mutant in mutate::mutants(expr, texts, &program.sources) {
            if let Some(body) = rule.body.with_expression(position, &mutant.expr) {
                all.push((mutant.said, with(body)));
            }
        }
    }
    for (_, part) in hir::parts(&*rule.body) {
        if let ExprKind::InTop(index) = part.kind
            && let Some(population) = rule.head.populations.get(index as usize)
        {
            for (said, changed) in mutate::populations(part, population, texts) {
                let mut rule = rule.clone();
                rule.head.populations[index as usize] = changed;
                all.push((said, rule));
            }
        }
    }
    all.extend(rule.body.variants(texts).into_iter().map(|(said, body)| (said, with(body))));
    all
}

/// Each job's outcome: noticed or not, nothing if it was not tried.
fn all(project: &Project, bases: &[Base], jobs: &[Job], stop: &(dyn Fn() -> bool + Sync)) -> Vec<Option<bool>> {
    let outcomes = Mutex::new(vec![None; jobs.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((at, job)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, jobs.get(at)?)))
        {
            if stop() {
                return;
            }
            // A change that cannot run is noticed by the checker, long before a test.
            let noticed = notices(project, &bases[job.base], &job.rule).unwrap_or(true);
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes[at] = Some(noticed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(jobs.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    outcomes.into_inner().unwrap_or_default()
}

/// Whether a test fails with this form of the rule; nothing if it cannot run.
fn notices(project: &Project, base: &Base, rule: &Rule) -> Option<bool> {
    let program = Program { rules: vec![rule.clone()], ..base.program.clone() };
    let epoch = Epoch::link(Arc::new(program), &project.calendars, |_| true).ok()?;
    Some(base.tests.iter().any(|test| !play::play(&epoch, test).failures.is_empty()))
}

/// The line that the place begins on.
pub fn line_of(text: &str, place: Place) -> &str {
    let start = place.span.start as usize;
    let from = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let to = text.get(start..).and_then(|after| after.find('\n')).map_or(text.len(), |at| start + at);
    text.get(from..to).unwrap_or_default()
}

/// The rulebooks' texts.
struct Written<'a> {
    project: &'a Project,
}

impl Texts for Written<'_> {
    fn slice(&self, place: Place) -> &str {
        self.project.sources.get(place.file).map_or("", |file| file.slice(place.span))
    }
    fn line(&self, place: Place) -> &str {
        self.project.sources.get(place.file).map_or("", |file| line_of(&file.text, place)).trim()
    }
    fn word(&self, file: FileId, word: Kw) -> &'static str {
        let text = self.project.sources.get(file).map_or("", |file| &file.text);
        let chinese = text.lines().any(|line| line.trim_start().starts_with(Kw::RULEBOOK.zh()));
        word.spelling(if chinese { Language::Zh } else { Language::En })
    }
}
