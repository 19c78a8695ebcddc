//! Effects on their way into the journal, and into the sink that is written ahead.
//!
//! A run publishes while its sources are still being read: what waits is bounded by a number of rows, not by what the run finds. A
//! server gathers what a small piece gives and publishes it whole.

use crate::{
    ahead::{Ahead, Ready},
    epoch::Epoch,
    seal,
    store::{Publication, RuleCount, RunInfo, Store, StoreError},
};
use arrow_schema::ArrowError;
use guiju_core::{Cells, Effects, Output};
use guiju_lang::{
    context::{Context, Incidents},
    finding::Finding,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// Rows of effects that may wait to be written. A rule's effects are read back fastest in few large pieces, and seldom are there so
/// many rules that each of them has only a few rows when all of them have this many.
const WAITING: usize = 1 << 15;

/// Effects of one rule, as its steps gave them.
pub(crate) struct Fired {
    pub(crate) now: i64,
    pub(crate) effects: Vec<Effects>,
}

impl Fired {
    fn rows(&self) -> usize {
        self.effects.iter().map(Effects::len).sum()
    }
}

fn gather(all: &mut BTreeMap<usize, Fired>, now: i64, effects: Effects) {
    all.entry(effects.rule).or_insert_with(|| Fired { now, effects: Vec::new() }).effects.push(effects);
}

/// Effects by rule, until they are sealed and published.
#[derive(Default)]
pub(crate) struct Gathered {
    fired: BTreeMap<usize, Fired>,
    pub(crate) incidents: Incidents,
    pub(crate) findings: Vec<Finding>,
}

impl Gathered {
    pub(crate) fn take(&mut self, cx: &Context, out: &mut Output) {
        out.effects.drain(..).for_each(|effects| gather(&mut self.fired, cx.now, effects));
        self.incidents += std::mem::take(&mut out.incidents);
        self.findings.append(&mut out.findings);
    }

    /// What the rules want done.
    pub(crate) fn into_fired(self) -> BTreeMap<usize, Fired> {
        self.fired
    }
}

/// A run that is being published. Dropped before its end, it leaves nothing behind.
pub(crate) struct Publishing<'a> {
    epoch: &'a Epoch,
    occurrence: String,
    publication: Publication<'a>,
    ahead: Ahead<'a>,
    waiting: BTreeMap<usize, Fired>,
    rows: usize,
}

/// Counts by rule, and the sink that is written ahead.
type Done = (BTreeMap<String, RuleCount>, Option<Ready>);

impl<'a> Publishing<'a> {
    pub(crate) fn begin(
        epoch: &'a Epoch,
        store: &'a mut Store,
        info: RunInfo,
        ahead: Ahead<'a>,
    ) -> Result<Self, StoreError> {
        let occurrence = info.occurrence.clone();
        let publication = store.begin(info)?;
        Ok(Self { epoch, occurrence, publication, ahead, waiting: BTreeMap::new(), rows: 0 })
    }

    /// Takes what a step gave. When too much waits, the rules with the most rows are written.
    pub(crate) fn add(&mut self, cx: &Context, effects: Vec<Effects>) -> Result<(), Vec<Finding>> {
        for effects in effects {
            self.rows += effects.len();
            gather(&mut self.waiting, cx.now, effects);
        }
        while self.rows > WAITING {
            let most = self.waiting.iter().max_by_key(|(rule, fired)| (fired.rows(), Reverse(**rule)));
            let Some((rule, fired)) = most.map(|(rule, _)| *rule).and_then(|rule| self.waiting.remove_entry(&rule))
            else {
                break;
            };
            self.rows -= fired.rows();
            publish_rule(self.epoch, (rule, &fired), &self.occurrence, &mut self.publication, &mut self.ahead)?;
        }
        Ok(())
    }

    /// Everything is in: what waits, what rules remember, and what was read.
    pub(crate) fn finish(
        self,
        cells: &[Cells],
        sources: serde_json::Value,
        clock: fn() -> i64,
    ) -> Result<Done, Vec<Finding>> {
        let failed = |error: StoreError| vec![error.into()];
        let Self { epoch, occurrence, mut publication, mut ahead, waiting, .. } = self;
        publish_fired(epoch, &waiting, &occurrence, &mut publication, &mut ahead)?;
        for (group, cells) in epoch.groups.iter().zip(cells) {
            let owners: HashMap<_, _> = group.linked.cells().into_iter().map(|kept| (kept.id, kept.rule)).collect();
            for (id, table) in cells.durable() {
                if let Some(rule) = owners.get(&id) {
                    publication.put_cell(&epoch.program.rules[*rule].head.id, id, "", table).map_err(failed)?;
                }
            }
        }
        publication.was_read(sources);
        let published = publication.commit(clock()).map_err(failed)?;
        Ok((published.rules, ahead.finish()))
    }
}

/// Gives every effect to the journal, and what is new there to the sink that is written ahead.
pub(crate) fn publish_fired(
    epoch: &Epoch,
    all: &BTreeMap<usize, Fired>,
    occurrence: &str,
    publication: &mut Publication<'_>,
    ahead: &mut Ahead<'_>,
) -> Result<(), Vec<Finding>> {
    all.iter().try_for_each(|(rule, fired)| publish_rule(epoch, (*rule, fired), occurrence, publication, ahead))
}

fn publish_rule(
    epoch: &Epoch,
    (rule, fired): (usize, &Fired),
    occurrence: &str,
    publication: &mut Publication<'_>,
    ahead: &mut Ahead<'_>,
) -> Result<(), Vec<Finding>> {
    let odd = |error: ArrowError| vec![crate::feed::step_finding(error.into())];
    let id = &epoch.program.rules[rule].head.id;
    for effects in seal::together(&fired.effects).map_err(odd)? {
        let batch = seal::seal(&epoch.program, &effects, occurrence, fired.now).map_err(odd)?;
        if let Some(new) = publication.add_effects(id, &batch).map_err(|e| vec![e.into()])? {
            ahead.add(effects.sink, &new);
        }
    }
    Ok(())
}
