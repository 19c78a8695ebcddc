//! What a set that type-checks still says wrongly: conditions that can never or always hold, rules that another one makes
//! needless, declarations nobody needs, constants that are off by a factor of ten thousand, and, where the data are at hand,
//! conditions that the data can never meet.

mod conditions;
mod data;
mod magnitude;
mod reason;
mod region;
mod rules;
mod set;
mod terms;

use super::CheckInput;
use crate::{finding::Finding, hir};
use conditions::Look;
use reason::{Ask, Reason};
use region::Region;
use std::collections::HashSet;

/// Looks at everything that was checked. Only rules without errors are here.
pub(super) fn look(rules: &[hir::Rule], sources: &[hir::Source], input: CheckInput<'_>, findings: &mut Vec<Finding>) {
    let mut dead = HashSet::new();
    for (i, rule) in rules.iter().enumerate() {
        if !one(rule, sources, input, findings) {
            dead.insert(i);
        }
    }
    // A rule with an error is not here, and whatever is wrong with it may be what tells it from another.
    if !findings.iter().any(Finding::is_error) {
        rules::compare(rules, sources, &dead, findings);
    }
    let terms = terms::of(rules, sources);
    magnitude::look(&terms, input.files, findings);
    data::look(&terms, sources, input, findings);
}

/// One rule; false if it can never act.
fn one(rule: &hir::Rule, sources: &[hir::Source], input: CheckInput<'_>, findings: &mut Vec<Finding>) -> bool {
    let mut reason = Reason::new(sources, &rule.head.populations);
    let expressions = rule.body.expressions();
    expressions.iter().for_each(|(_, e)| reason.saw(e));
    let mut look = Look { reason: &mut reason, files: input.files, findings };
    let when = expressions.iter().find(|(role, _)| *role == "when").map(|(_, e)| *e);
    let alive = when.is_none_or(|e| look.condition(e));
    let context = match when {
        Some(e) if alive => look.reason.region(e, Ask::True),
        _ => Region::all(),
    };
    for (role, e) in &expressions {
        let context = if *role == "when" { Region::all() } else { context.clone() };
        look.branches(e, &context);
    }
    alive
}
