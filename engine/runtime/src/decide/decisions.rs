//! What a row decides.

use super::{Decider, Scratch, Shared};
use crate::{epoch::Moment, run::canonical_text};
use guiju_core::id::{EffectId, EpochHash, Key};
use guiju_eval::RowView;
use guiju_lang::{context::Incidents, hir::RuleId, value::Value};
use guiju_mot::single::{Decided, Single, Span};
use std::sync::Arc;

/// The decisions about one row, in the order of the rules. They live in the scratch until it decides the next row.
#[derive(Clone, Copy)]
pub struct Decisions<'s> {
    pub(super) shared: &'s Arc<Shared>,
    pub(super) decided: &'s Decided,
    pub(super) at: Moment,
}

/// One decision: what a rule wants done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision<'s> {
    /// The rule.
    pub rule: &'s RuleId,
    /// Whom it concerns.
    pub key: &'s str,
    /// How urgent it is.
    pub priority: Option<&'s str>,
    /// Who gets it.
    pub assignee: Option<&'s str>,
    /// What the person reads.
    pub task: &'s str,
    /// The last day on which it is worth doing (days since 1970-01-01).
    pub expires: Option<i32>,
    /// With the row, all that [`Decider::explain`] needs to say why. Small; keep it as long as you like.
    pub reference: Reference,
}

/// Names a decision: the rule, the epoch it belongs to, when it was made, and what its cool-down remembered then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub(super) epoch: EpochHash,
    pub(super) rule: usize,
    pub(super) at: Moment,
    pub(super) last: Option<i64>,
}

impl<'s> Decisions<'s> {
    /// How many.
    pub fn len(&self) -> usize {
        self.decided.effects.len()
    }

    /// No rule wants anything.
    pub fn is_empty(&self) -> bool {
        self.decided.effects.is_empty()
    }

    /// One of them.
    pub fn get(&self, number: usize) -> Option<Decision<'s>> {
        self.decided.effects.get(number).and_then(|single| self.decision(single))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Decision<'s>> + use<'s> {
        let all = *self;
        self.decided.effects.iter().filter_map(move |single| all.decision(single))
    }

    /// What failed while deciding and counts as missing: divisions by zero, overflows, days beyond the calendar.
    pub fn incidents(&self) -> &'s Incidents {
        &self.decided.incidents
    }

    fn decision(&self, single: &'s Single) -> Option<Decision<'s>> {
        let text = |(from, to): Span| self.decided.text.get(from..to).unwrap_or_default();
        Some(Decision {
            rule: &self.shared.program.rules.get(single.rule)?.head.id,
            key: text(single.key),
            priority: single.priority.map(text),
            assignee: single.assignee.map(text),
            task: text(single.task),
            expires: single.expires,
            reference: Reference { epoch: self.shared.epoch, rule: single.rule, at: self.at, last: single.last },
        })
    }
}

impl Decider {
    /// The identity that a run of that day would give the decision's effect: sinks know it again.
    pub fn effect_id(&self, decision: &Decision<'_>) -> EffectId {
        let zone = &self.shared.zone;
        let day = match decision.reference.at {
            Moment::Day(day) => day,
            Moment::Instant(now) => zone.date(now),
        };
        let occurrence = canonical_text(&Value::Date(day), zone);
        EffectId::of(decision.rule, &occurrence, Key::text(decision.key).as_str(), 0)
    }

    /// Appends what the decision's conditions read: the JSON that stands beside a published effect.
    pub fn evidence<R: RowView + ?Sized>(
        &self,
        scratch: &mut Scratch,
        reference: &Reference,
        row: &R,
        out: &mut String,
    ) {
        self.turn(scratch, reference.at);
        for (group, state) in self.shared.groups.iter().zip(&mut scratch.states) {
            group.events.evidence(state, row, reference.rule, out);
        }
    }
}
