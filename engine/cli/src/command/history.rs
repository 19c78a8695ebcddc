//! `guiju history`: which set was in force when, who wanted it, and why.

use crate::{
    Exit,
    args::{Common, History},
    output::Out,
};
use guiju::{
    lang::{finding::Finding, time::Zone, value::Value},
    project::{Project, has_errors},
    run,
    serve::Fates,
    store::{Change, View},
};
use serde_json::json;
use std::path::PathBuf;

pub(crate) fn run(args: &History, common: &Common, out: &Out) -> Exit {
    match told(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn told(args: &History, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, store) = store(&args.paths, common, out)?;
    let failed = |finding: Finding| out.fail(&[finding], &project.sources, Exit::Failed);
    let changes = store.changes().map_err(|error| failed(error.into()))?;
    let last = changes.len().saturating_sub(args.limit);
    let mut sets = super::plan::Sets::of(&args.paths, common, &store);
    let mut all = Vec::new();
    for change in changes[last..].iter().rev() {
        let difference = sets.between(change.before, change.epoch).map_err(failed)?;
        say(change, out);
        difference.say(out);
        all.push(json!({
            "set": change.epoch.to_string(), "before": change.before.map(|before| before.to_string()),
            "origin": change.origin.word(), "author": change.author, "approver": change.approver,
            "reason": change.reason, "at": moment(change.at), "fates": change.fates, "difference": difference.json(),
        }));
    }
    if all.is_empty() {
        out.say(out.pick("no set was in force yet", "还没有启用过规则集"));
    }
    out.document(&json!({ "ok": true, "changes": all }));
    Ok(Exit::Well)
}

fn say(change: &Change, out: &Out) {
    let who = change.author.as_deref().map(|author| format!("  {author}")).unwrap_or_default();
    let why = change.reason.as_deref().map(|reason| format!("  {reason}")).unwrap_or_default();
    out.say(format!("{}  {}  {}{who}{why}", change.epoch.short(), moment(change.at), change.origin.word()));
    if let Ok(fates) = serde_json::from_value::<Fates>(change.fates.clone()) {
        say_fates(&fates, out, "    ");
    }
}

/// What became, or would become, of what rules remember.
pub(super) fn say_fates(fates: &Fates, out: &Out, indent: &str) {
    for (word, parts) in [
        (out.pick("kept", "保留"), &fates.kept),
        (out.pick("kept under a new name", "改名后保留"), &fates.moved),
        (out.pick("begins empty", "从空开始"), &fates.fresh),
        (out.pick("dropped", "不再保留"), &fates.dropped),
    ] {
        parts.iter().for_each(|part| out.say(format!("{indent}{word}  {part}")));
    }
}

/// The store of a project, to look into.
pub(super) fn store(paths: &[PathBuf], common: &Common, out: &Out) -> Result<(Project, View), Exit> {
    let project = Project::open(paths, common.config.as_deref());
    // The rulebooks may be broken, and the server runs the last good ones; a broken configuration names no store.
    let of_config = |finding: &Finding| match &finding.at {
        guiju::lang::finding::At::Text(place) => place.file.0 as usize >= project.set,
        _ => false,
    };
    let wrong: Vec<Finding> = project.findings.iter().filter(|finding| of_config(finding)).cloned().collect();
    if has_errors(&wrong) {
        return Err(out.fail(&wrong, &project.sources, Exit::Failed));
    }
    match View::open(&project.config.store) {
        Ok(view) => Ok((project, view)),
        Err(error) => Err(out.fail(&[error.into()], &project.sources, Exit::Failed)),
    }
}

/// `2026-11-22T09:30:00+08:00`
pub(super) fn moment(at: i64) -> String {
    run::canonical_text(&Value::Timestamp(at - at.rem_euclid(1_000_000)), &Zone::default())
}
