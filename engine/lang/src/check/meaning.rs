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
use crate::{
    finding::{Finding, Sources},
    hir,
};
use conditions::Look;
use reason::{Ask, Reason};
use region::Region;

/// What was seen of one rule by itself.
pub(super) struct Seen {
    findings: Vec<Finding>,
    /// False if it can never act.
    alive: bool,
    /// What it does, besides when and how urgently; none for a rule that acts whenever it is asked.
    effect: Option<String>,
}

/// Looks at everything that was checked, each rule having been looked at by itself. Only rules without errors are here.
pub(super) fn look(
    rules: &[hir::Rule],
    seen: Vec<Seen>,
    sources: &[hir::Source],
    input: CheckInput<'_>,
    findings: &mut Vec<Finding>,
) {
    let mut effects = Vec::with_capacity(seen.len());
    for rule in seen {
        findings.extend(rule.findings);
        effects.push(rule.effect.filter(|_| rule.alive));
    }
    // A rule with an error is not here, and whatever is wrong with it may be what tells it from another.
    if !findings.iter().any(Finding::is_error) {
        rules::compare(rules, effects, sources, findings);
    }
    let terms = terms::of(rules, sources);
    magnitude::look(&terms, input.files, findings);
    data::look(&terms, sources, input, findings);
}

/// One rule by itself.
pub(super) fn one(rule: &hir::Rule, sources: &[hir::Source], files: &Sources) -> Seen {
    let mut findings = Vec::new();
    let mut reason = Reason::new(sources, &rule.head.populations);
    let expressions = rule.body.expressions();
    expressions.iter().for_each(|(_, e)| reason.saw(e));
    let mut look = Look { reason: &mut reason, files, findings: &mut findings };
    let when = expressions.iter().find(|(role, _)| *role == "when").map(|(_, e)| *e);
    let alive = when.is_none_or(|e| look.condition(e));
    // Most rules have no branches: where their condition holds is not asked once more.
    let mut context = None;
    for (role, e) in expressions.iter().filter(|(_, e)| branches(e)) {
        let context = match when {
            Some(when) if alive && *role != "when" => {
                &*context.get_or_insert_with(|| look.reason.region(when, Ask::True))
            }
            _ => &Region::all(),
        };
        look.branches(e, context);
    }
    let effect = when.filter(|_| alive).map(|_| rules::effect(rule, &expressions, sources));
    Seen { findings, alive, effect }
}

fn branches(e: &hir::Expr) -> bool {
    let mut any = false;
    e.walk(&mut |e| any |= matches!(e.kind, hir::ExprKind::If(..)));
    any
}
