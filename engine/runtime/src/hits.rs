//! Who a rule's condition finds, and nothing done about it: what an analyst sees while typing.
//!
//! Only the columns that conditions read are decoded, from the [column cache](guiju_connect::cache) if they are there, and the batches
//! are evaluated on all processors. A condition that asks about other tables or about the whole snapshot is counted by a dry run instead.

mod branches;
mod count;

use crate::{
    epoch::{Epoch, Moment},
    feed::{feed_from, order, requested},
    project::Project,
    run::canonical_text,
};
use branches::Question;
use guiju_connect::{
    cache::{ColumnCache, Filled, Origin},
    read::Request,
};
use guiju_core::Feed;
use guiju_lang::{
    finding::{Finding, Place},
    hir::{Program, RuleId, SourceId},
};
use std::{collections::BTreeMap, sync::Arc};

/// Rows shown of each rule.
const SAMPLES: usize = 5;
/// Up to so many rules are taken apart: somebody is writing them. Of more, only the counts are told.
const IN_FULL: usize = 3;

/// What one rule finds.
#[derive(Debug, Clone)]
pub struct Hits {
    /// The rule.
    pub rule: RuleId,
    /// How many rows it finds.
    pub count: u64,
    /// What was counted.
    pub counted: Counted,
    /// Each condition that `and` and `or` join, outermost first; none where many rules are asked about at once.
    pub branches: Vec<Branch>,
    /// Names of the columns in the samples.
    pub columns: Vec<String>,
    /// The first rows found, by position in the source.
    pub samples: Vec<Sample>,
}

/// What a count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Rows for which the condition is true.
    Rows,
    /// Effects of a dry run: the condition asks about more than the row.
    Effects,
}

/// A condition within the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Where it is written.
    pub place: Place,
    /// How many others it is inside of.
    pub depth: u8,
    /// Rows for which it is true by itself; nothing where that takes more than the row.
    pub alone: Option<u64>,
    /// Rows for which it and all before it, joined by the outermost `and`, are true.
    pub left: Option<u64>,
}

/// A row found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its key; empty for a source without one.
    pub key: String,
    /// Its values, in the order of [`Hits::columns`].
    pub values: Vec<String>,
}

/// What all of them find.
#[derive(Debug, Clone)]
pub struct Found {
    /// In the order of the program.
    pub rules: Vec<Hits>,
    /// Rows looked at.
    pub rows: u64,
    /// Every row came from the cache.
    pub cached: bool,
}

/// Counts what the rules at these positions find.
///
/// # Errors
/// What reading or evaluating says.
pub fn hits(
    project: &Project,
    program: &Arc<Program>,
    rules: &[usize],
    at: Moment,
    cache: &ColumnCache,
) -> Result<Found, Vec<Finding>> {
    let mut found = Found { rules: Vec::with_capacity(rules.len()), rows: 0, cached: true };
    for ((source, _), mut questions) in together(project, program, rules, at)? {
        if questions.iter().any(|question| question.simple) {
            let columns = branches::columns(program, source, &questions);
            let (scan, origin) = requested(project, program, source, &columns, |request| cache.open(request))?;
            found.cached &= origin == Origin::Cache;
            let counts = count::all(program, source, &columns, &questions, scan)?;
            found.rows += counts.rows;
            for (question, counts) in questions.iter_mut().zip(counts.rules) {
                question.answer(counts);
            }
        }
        let mut rest: Vec<&mut Question> = questions.iter_mut().filter(|question| !question.simple).collect();
        if !rest.is_empty() {
            let (rows, cached) = by_dry_run(project, program, &mut rest, at, cache)?;
            found.rows += rows;
            found.cached &= cached;
        }
        found.rules.extend(questions.into_iter().map(|question| question.hits));
    }
    found.rules.sort_by_key(|hits| program.rules.iter().position(|rule| rule.head.id == hits.rule));
    Ok(found)
}

/// Keeps the columns that these rules' conditions read, so that the next look at them is quick. `going` is asked between batches.
///
/// # Errors
/// What reading says, and what keeps the cache from being written.
pub fn remember(
    project: &Project,
    program: &Arc<Program>,
    rules: &[usize],
    cache: &ColumnCache,
    going: &dyn Fn() -> bool,
) -> Result<Filled, Vec<Finding>> {
    let mut filled = Filled::Whole;
    for ((source, _), questions) in together(project, program, rules, Moment::Day(0))? {
        let mut wanted = BTreeMap::from([(source, branches::columns(program, source, &questions))]);
        let rest: Vec<usize> =
            questions.iter().filter(|question| !question.simple).map(|question| question.rule).collect();
        if !rest.is_empty() {
            let epoch = narrow(project, program, &rest)?;
            for read in order(&epoch) {
                let columns = wanted.entry(read).or_default();
                columns.extend(&epoch.program.sources[read.0 as usize].used);
                columns.sort_unstable();
                columns.dedup();
            }
        }
        for (source, columns) in wanted {
            match requested(project, program, source, &columns, |request| cache.fill(request, going))? {
                Filled::Whole => {}
                other => filled = other,
            }
        }
    }
    Ok(filled)
}

/// Rules that read the same table under the same sky.
type Sky = (SourceId, (String, Option<String>));

fn together(
    project: &Project,
    program: &Arc<Program>,
    rules: &[usize],
    at: Moment,
) -> Result<BTreeMap<Sky, Vec<Question>>, Vec<Finding>> {
    let mut all: BTreeMap<Sky, Vec<Question>> = BTreeMap::new();
    for &rule in rules {
        let id = &program.rules[rule].head.id;
        let epoch = Epoch::link(Arc::clone(program), &project.calendars, |other| other.head.id == *id)?;
        let Some(group) = epoch.groups.first() else { continue };
        let drives = group.linked.feeds().into_iter().find_map(|feed| match feed {
            Feed::Drive(source) | Feed::Stream(source) => Some(source),
            Feed::Lookup(_) => None,
        });
        let Some(source) = drives else { continue };
        let cx = group.context(at);
        let sky = (cx.zone.name().to_owned(), group.calendar.as_ref().map(|calendar| calendar.name().to_owned()));
        all.entry((source, sky)).or_default().push(Question::of(program, rule, source, cx, rules.len() <= IN_FULL));
    }
    Ok(all)
}

/// Runs these rules for nothing but their effects; no cool-down counts.
fn by_dry_run(
    project: &Project,
    program: &Arc<Program>,
    questions: &mut [&mut Question],
    at: Moment,
    cache: &ColumnCache,
) -> Result<(u64, bool), Vec<Finding>> {
    let positions: Vec<usize> = questions.iter().map(|question| question.rule).collect();
    let epoch = narrow(project, program, &positions)?;
    let mut cached = true;
    let mut opener = |_: SourceId, request: &Request<'_>| {
        let (scan, origin) = cache.open(request)?;
        cached &= origin == Origin::Cache;
        Ok(scan.into())
    };
    let mut cells: Vec<_> = epoch.groups.iter().map(|_| guiju_core::Cells::default()).collect();
    questions.iter_mut().for_each(|question| question.hits.counted = Counted::Effects);
    let fed = feed_from(&mut opener, project, &epoch, at, (&mut cells, &mut ()), &mut |_, out| {
        for effects in out.effects.drain(..) {
            let Some(question) = questions.iter_mut().find(|question| question.rule == effects.rule) else { continue };
            let hits = &mut question.hits;
            hits.count += effects.len() as u64;
            for key in effects.keys.iter().take(SAMPLES.saturating_sub(hits.samples.len())) {
                hits.samples.push(Sample { key: key.unwrap_or_default().to_owned(), values: Vec::new() });
            }
        }
        Ok(())
    })?;
    Ok((fed.reads.iter().map(|read| read.rows).sum(), cached))
}

/// These rules alone, and only the columns that they read.
fn narrow(project: &Project, program: &Program, positions: &[usize]) -> Result<Epoch, Vec<Finding>> {
    let ids: Vec<&RuleId> = positions.iter().map(|&rule| &program.rules[rule].head.id).collect();
    Epoch::link(Arc::new(program.narrowed(positions)), &project.calendars, |rule| ids.contains(&&rule.head.id))
}

/// A value as samples show it.
fn shown(value: &guiju_lang::value::Value, cx: &guiju_lang::context::Context) -> String {
    if value.is_missing() { String::new() } else { canonical_text(value, &cx.zone) }
}
