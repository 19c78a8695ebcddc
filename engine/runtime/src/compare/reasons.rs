//! What stops a key: read from its trace.

use super::{Cause, Group, SAMPLES};
use guiju_core::{CameTo, Trace};
use guiju_lang::{
    canonical,
    hir::{self, Expr, ExprKind, Program, Rule},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A rule of one version, and its conditions.
pub(super) struct Conditions<'a> {
    /// Each joined by `and`: its number among the rule's parts, its canonical text, itself.
    all: Vec<(u32, String, &'a Expr)>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(program: &'a Program, rule: &'a Rule) -> Self {
        let numbers: HashMap<*const Expr, u32> = hir::parts(&*rule.body)
            .iter()
            .zip(0..)
            .map(|((_, part), number)| (std::ptr::from_ref(*part), number))
            .collect();
        let mut all = Vec::new();
        for (clause, expr) in rule.body.expressions() {
            if clause != "when" {
                continue;
            }
            let parts = match &expr.kind {
                ExprKind::And(parts) => parts.as_slice(),
                _ => std::slice::from_ref(expr),
            };
            for part in parts {
                let mut text = String::new();
                canonical::expr(&mut text, part, &program.sources);
                // Which question over the snapshot it is, the text does not say.
                if let ExprKind::InTop(index) = part.kind
                    && let Some(population) = rule.head.populations.get(index as usize)
                {
                    text = format!("{:?} {:?} ", population.end, population.amount);
                    canonical::expr(&mut text, &population.operand, &program.sources);
                }
                all.push((numbers.get(&std::ptr::from_ref(part)).copied().unwrap_or(u32::MAX), text, part));
            }
        }
        Self { all }
    }

    /// What stops the rule for this key; the other version's conditions tell which are new.
    pub(super) fn causes(&self, traces: &[&Trace], other: Option<&Self>) -> Vec<Cause> {
        // Of several rows with this key the first speaks.
        let Some(trace) = traces.first() else { return vec![Cause::NoRow] };
        let mut causes: Vec<Cause> = Vec::new();
        for (number, text, expr) in &self.all {
            let came_to = trace.parts.iter().find(|(part, _)| part == number).map(|(_, came_to)| *came_to);
            if came_to != Some(CameTo::True) {
                let changed = other.is_some_and(|other| !other.all.iter().any(|(_, known, _)| known == text));
                // A condition that came with a definition is shown where it is used.
                causes.push(Cause::Condition { place: expr.place, unknown: came_to == Some(CameTo::Missing), changed });
            }
        }
        if causes.is_empty() {
            causes.extend(trace.gates.iter().filter(|gate| !gate.passed).map(|gate| Cause::Clause(gate.clause)));
        }
        causes.sort_unstable();
        causes.dedup();
        causes
    }
}

/// Keys by what stops them, the largest group first.
pub(super) fn groups<'k>(keys: &BTreeSet<&'k str>, causes: impl Fn(&'k str) -> Vec<Cause>) -> Vec<Group> {
    let mut by_causes: BTreeMap<Vec<Cause>, Group> = BTreeMap::new();
    for &key in keys {
        let causes = causes(key);
        let group = by_causes.entry(causes.clone()).or_insert_with(|| Group { causes, keys: 0, samples: Vec::new() });
        group.keys += 1;
        if group.samples.len() < SAMPLES {
            group.samples.push(key.to_owned());
        }
    }
    let mut groups: Vec<Group> = by_causes.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.keys));
    groups
}
