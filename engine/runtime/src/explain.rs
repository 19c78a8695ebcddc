//! Why a rule does, or does not, act for a key: the same pass as a run, over the same inputs, with the question put first.

use crate::{
    epoch::{Epoch, Moment},
    feed::{Watch, feed, step_finding},
    project::Project,
    run::load_cells,
    store::View,
};
use guiju_core::{Explanation, Input, Output, Request, id::RunId};
use guiju_lang::{finding::Finding, hir::RuleId};

/// Explains one rule for one key as of a moment. The epoch should be linked with that rule only: everything it does not need is
/// then not read. With a store, its cool-downs count as they would in the run of that name.
pub fn explain(
    project: &Project,
    epoch: &Epoch,
    store: Option<&View>,
    rule: &RuleId,
    key: &str,
    at: Moment,
    run: &RunId,
    watch: &mut dyn Watch,
) -> Result<Option<Explanation>, Vec<Finding>> {
    let mut cells = load_cells(epoch, store, run)?;
    for (group, cells) in epoch.groups.iter().zip(&mut cells) {
        let ask = Input::Request(Request::Explain(rule, key));
        let mut out = Output::default();
        group.linked.step(&group.context(at), cells, &ask, &mut out).map_err(|e| vec![step_finding(e)])?;
    }
    let mut answer = None;
    feed(project, epoch, at, &mut cells, watch, &mut |_, out| {
        answer = answer.take().or(out.explanations.pop());
        Ok(())
    })?;
    Ok(answer)
}
