//! Why: the row once more, through the very step that a run makes, with the question put first.

use super::{Decider, Reference};
use crate::{epoch::Moment, feed::step_finding, kinds::KINDS};
use guiju_core::{Batch, Cells, Explanation, Input, Output, Request};
use guiju_eval::RowView;
use guiju_lang::finding::{Arg, At, Finding, codes};

impl Decider {
    /// Names the decision that a rule (`name`, `rulebook.name` or `tenant/rulebook.name`) has to make at a moment, whether it
    /// acts or not: to ask why it does not.
    pub fn reference(&self, rule: &str, at: Moment) -> Option<Reference> {
        let mut rules = self.shared.groups.iter().flat_map(|group| group.events.rules());
        let named = |position: &usize| {
            let id = &self.shared.program.rules[*position].head.id;
            let full = id.to_string();
            full == rule || id.name == rule || full.rsplit('/').next() == Some(rule)
        };
        let rule = rules.find(named)?;
        Some(Reference { epoch: self.shared.epoch, rule, at, last: None })
    }

    /// Why a rule did, or did not, act for a row: each condition with its value, and the nearest change that would turn it; the
    /// same as `guiju explain` says of that row. Takes its time and its memory; it is asked for by people.
    pub fn explain<R: RowView + ?Sized>(&self, reference: &Reference, row: &R) -> Result<Explanation, Vec<Finding>> {
        let shared = &self.shared;
        let foreign = || {
            let id = |epoch: &guiju_core::id::EpochHash| Arg::Name(epoch.to_string());
            let finding = Finding::new(codes::kinds::OTHER_EPOCH, At::Nowhere);
            vec![finding.arg("epoch", id(&reference.epoch)).arg("now", id(&shared.epoch))]
        };
        let mut groups = shared.groups.iter();
        let group = groups.find(|group| group.events.rules().any(|rule| rule == reference.rule));
        let Some(group) = group.filter(|_| reference.epoch == shared.epoch) else { return Err(foreign()) };
        let rule = &shared.program.rules[reference.rule];
        let Some(kind) = KINDS.iter().find(|kind| kind.name() == rule.head.kind) else { return Err(foreign()) };
        let linked = kind.link(&shared.program, &[reference.rule])?;
        let (now, today) = group.time(reference.at);
        let cx = group.context(now, today);
        let broken = |error| vec![step_finding(error)];
        let (key, cool_down) = group.events.remembered(reference.rule, row, &cx, reference.last);
        let mut cells = Cells::with_durable(cool_down);
        let mut out = Output::default();
        let mut step = |input: Input<'_>| linked.step(&cx, &mut cells, &input, &mut out).map_err(broken);
        step(Input::Request(Request::Explain(&rule.head.id, &key)))?;
        for (source, rows) in group.events.inputs(row).map_err(broken)? {
            step(Input::StartOfSnapshot(source, Some(rows.num_rows() as u64)))?;
            step(Input::Batch(Batch { source, rows: &rows, first_row: 0 }))?;
            step(Input::EndOfSnapshot(source))?;
        }
        out.explanations.pop().ok_or_else(foreign)
    }
}
