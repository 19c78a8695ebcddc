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

/// What somebody wants to know.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The rule.
    pub rule: &'a RuleId,
    /// The key.
    pub key: &'a str,
    /// As of when.
    pub at: Moment,
    /// As the run of this name would see its cool-downs.
    pub run: RunId,
}

/// Explains one rule for one key. The epoch should be linked with that rule only: everything it does not need is then not
/// evaluated. Without a store no cool-down counts.
pub fn explain(
    project: &Project,
    epoch: &Epoch,
    store: Option<&View>,
    question: &Question<'_>,
    watch: &mut dyn Watch,
) -> Result<Option<Explanation>, Vec<Finding>> {
    let &Question { rule, key, at, ref run } = question;
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
