//! Running both sides: once to see who is in, once more to ask about those who came or went.

use super::{
    RuleChange, Version,
    reasons::{Conditions, groups},
};
use crate::{
    epoch::{Epoch, Moment},
    feed::{Watch, feed, step_finding},
    project::Project,
    run::{default_run, load_cells},
    store::View,
};
use guiju_core::{Input, Output, Request, Trace, Tracing};
use guiju_lang::{
    finding::Finding,
    hir::{Rule, RuleId},
};
use std::collections::{BTreeMap, BTreeSet};

/// One of the two.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its rulebooks and its data.
    pub project: &'a Project,
    /// Linked with the rules that are compared.
    pub epoch: &'a Epoch,
    /// As of when.
    pub at: Moment,
    /// Where its cool-downs are remembered; without a store none counts.
    pub store: Option<&'a View>,
}

/// Keys with an effect, by rule.
type Keys = BTreeMap<RuleId, BTreeSet<String>>;

/// Compares what the rules of both sides do.
pub fn compare(before: Side<'_>, after: Side<'_>, watch: &mut dyn Watch) -> Result<Vec<RuleChange>, Vec<Finding>> {
    let (was, is) = (acting(before, watch)?, acting(after, watch)?);
    let nobody = BTreeSet::new();
    let rules: BTreeSet<RuleId> = was.keys().chain(is.keys()).cloned().collect();
    let mut changed: BTreeSet<String> = BTreeSet::new();
    for rule in &rules {
        let (was, is) = (was.get(rule).unwrap_or(&nobody), is.get(rule).unwrap_or(&nobody));
        changed.extend(was.symmetric_difference(is).cloned());
    }
    let (then, now) = (traces(before, &changed, watch)?, traces(after, &changed, watch)?);
    let one = |rule: RuleId| {
        let (was, is) = (was.get(&rule).unwrap_or(&nobody), is.get(&rule).unwrap_or(&nobody));
        let (old, new) = (find(before, &rule), find(after, &rule));
        let old_conditions = old.map(|rule| Conditions::of(&before.epoch.program, rule));
        let new_conditions = new.map(|rule| Conditions::of(&after.epoch.program, rule));
        let stops = |here: &Option<Conditions<'_>>, other: &Option<Conditions<'_>>, traces: &Traces, key: &str| {
            let Some(here) = here else { return vec![super::Cause::NoRule] };
            let own = traces.get(&rule).and_then(|by_key| by_key.get(key));
            here.causes(&own.map_or_else(Vec::new, |own| own.iter().collect()), other.as_ref())
        };
        let left: BTreeSet<&str> = was.difference(is).map(String::as_str).collect();
        let entered: BTreeSet<&str> = is.difference(was).map(String::as_str).collect();
        RuleChange {
            before: was.len() as u64,
            after: is.len() as u64,
            left: groups(&left, |key| stops(&new_conditions, &old_conditions, &now, key)),
            entered: groups(&entered, |key| stops(&old_conditions, &new_conditions, &then, key)),
            only_in: match (old, new) {
                (Some(_), None) => Some(Version::Before),
                (None, Some(_)) => Some(Version::After),
                _ => None,
            },
            rule: rule.clone(),
        }
    };
    Ok(rules.into_iter().map(one).collect())
}

fn find<'a>(side: Side<'a>, id: &RuleId) -> Option<&'a Rule> {
    side.epoch.rules().find(|rule| rule.head.id == *id)
}

/// Who has an effect: every rule of the side, also with nobody.
fn acting(side: Side<'_>, watch: &mut dyn Watch) -> Result<Keys, Vec<Finding>> {
    let mut keys: Keys = side.epoch.rules().map(|rule| (rule.head.id.clone(), BTreeSet::new())).collect();
    let run = default_run(side.epoch, side.at).map_err(|_| Vec::new())?;
    let mut cells = load_cells(side.epoch, side.store, &run)?;
    feed(side.project, side.epoch, side.at, &mut cells, watch, &mut |_, out| {
        for effects in out.effects.drain(..) {
            let id = &side.epoch.program.rules[effects.rule].head.id;
            let texts = effects.keys.iter().map(|key| key.unwrap_or_default().to_owned());
            keys.entry(id.clone()).or_default().extend(texts);
        }
        Ok(())
    })?;
    Ok(keys)
}

/// By rule and key.
type Traces = BTreeMap<RuleId, BTreeMap<String, Vec<Trace>>>;

fn traces(side: Side<'_>, keys: &BTreeSet<String>, watch: &mut dyn Watch) -> Result<Traces, Vec<Finding>> {
    let mut traces = Traces::new();
    if keys.is_empty() {
        return Ok(traces);
    }
    let run = default_run(side.epoch, side.at).map_err(|_| Vec::new())?;
    let mut cells = load_cells(side.epoch, side.store, &run)?;
    for (group, cells) in side.epoch.groups.iter().zip(&mut cells) {
        let ask = Input::Request(Request::Trace(Tracing::Apart(keys)));
        let step = group.linked.step(&group.context(side.at), cells, &ask, &mut Output::default());
        step.map_err(|error| vec![step_finding(error)])?;
    }
    feed(side.project, side.epoch, side.at, &mut cells, watch, &mut |_, out| {
        for trace in out.traces.drain(..) {
            let id = &side.epoch.program.rules[trace.rule].head.id;
            let by_key = traces.entry(id.clone()).or_default();
            by_key.entry(trace.key.clone()).or_default().push(trace);
        }
        Ok(())
    })?;
    Ok(traces)
}
