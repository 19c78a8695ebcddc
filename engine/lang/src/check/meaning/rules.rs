//! Rules that say the same, and rules that another one of no lower priority always goes along with.

use super::{
    reason::{Ask, Reason},
    region::Region,
};
use crate::{
    canonical,
    finding::{Finding, codes::meaning as codes},
    hir::{Expr, ExprKind as H, Rule, Source},
    value::Value,
};
use std::collections::{BTreeMap, HashSet};

/// Of many rules with the same effect, so many are compared with each other.
const MOST_ALIKE: usize = 40;

/// What a rule does, besides when and how urgently.
pub(super) fn effect(rule: &Rule, expressions: &[(&'static str, &Expr)], sources: &[Source]) -> String {
    let mut out = format!("{} {} ", rule.head.kind, rule.head.id.tenant);
    rule.body.canonical(&mut out);
    for (role, e) in expressions {
        if *role != "when" && *role != "priority" {
            out += role;
            canonical::expr(&mut out, e, sources);
        }
        // Questions over the snapshot go by number; the same number is another question in another rule.
        e.walk(&mut |e| {
            if let H::InTop(i) = &e.kind
                && *role != "when"
                && let Some(population) = rule.head.populations.get(*i as usize)
            {
                canonical::population(&mut out, population);
            }
        });
    }
    out
}

fn part<'r>(rule: &'r Rule, wanted: &str) -> Option<&'r Expr> {
    rule.body.expressions().into_iter().find(|(role, _)| *role == wanted).map(|(_, e)| e)
}

/// How urgent, if that is the same for every row.
fn rank(rule: &Rule) -> Option<(u8, String)> {
    let Some(e) = part(rule, "priority") else { return Some((0, String::new())) };
    match &e.kind {
        H::Literal(Value::Text(word)) => {
            let rank = ["low", "medium", "high"].iter().position(|w| *w == &**word)?;
            Some((u8::try_from(rank).ok()? + 1, word.to_string()))
        }
        _ => None,
    }
}

/// Reports pairs. A rule that can never fire, which was reported, has no effect here.
pub(super) fn compare<'a>(
    rules: &'a [Rule],
    effects: Vec<Option<String>>,
    sources: &'a [Source],
    findings: &mut Vec<Finding>,
) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, effect) in effects.into_iter().enumerate() {
        if let Some(effect) = effect {
            groups.entry(effect).or_default().push(i);
        }
    }
    for group in groups.values().filter(|g| g.len() > 1) {
        let group: Vec<&Rule> = group.iter().take(MOST_ALIKE).filter_map(|i| rules.get(*i)).collect();
        let mut reason = Reason::new(sources, &[]);
        let conditions: Vec<(Region, Region)> = {
            let all: Vec<&Expr> = group.iter().filter_map(|r| part(r, "when")).collect();
            all.iter().for_each(|e| reason.saw(e));
            let both = |(rule, e): (&&'a Rule, &&'a Expr)| {
                reason.of_rule(&rule.head.populations);
                (reason.region(e, Ask::True), reason.region(e, Ask::NotTrue))
            };
            group.iter().zip(&all).map(both).collect()
        };
        let mut told = HashSet::new();
        for (i, j) in (0..group.len()).flat_map(|i| (i + 1..group.len()).map(move |j| (i, j))) {
            let (Some(a), Some(b)) = (group.get(i), group.get(j)) else { continue };
            let (Some(first), Some(second)) = (conditions.get(i), conditions.get(j)) else { continue };
            let (Some(urgent), Some(other)) = (rank(a), rank(b)) else { continue };
            let forth = first.0.and(&second.1, &mut reason.work).is_empty();
            let back = second.0.and(&first.1, &mut reason.work).is_empty();
            let (code, shadowed, by) = match (forth, back) {
                (true, true) if urgent == other => (codes::SAME_RULE, j, i),
                (true, _) if urgent.0 <= other.0 && !(back && urgent.0 == other.0) => (codes::SHADOWED_RULE, i, j),
                (_, true) if urgent.0 >= other.0 => (codes::SHADOWED_RULE, j, i),
                _ => continue,
            };
            if let (Some(rule), Some(by), true) = (group.get(shadowed), group.get(by), told.insert(shadowed)) {
                let finding = Finding::new(code, rule.head.place).name("name", &rule.head.id.name);
                findings.push(finding.name("other", &by.head.id.name).label(by.head.place, "the-other"));
            }
        }
    }
}
