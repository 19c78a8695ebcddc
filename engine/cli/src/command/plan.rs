//! `guiju plan`: what a changed set would do, before anything running is touched.

use super::history::{moment, say_fates, store};
use crate::{
    Exit,
    args::{self, Common, Plan},
    output::Out,
};
use guiju::{
    core::id::EpochHash,
    difference::{self, How, Part},
    lang::{
        finding::{At, Finding, Sources, codes},
        hir::Program,
    },
    project::Project,
    serve::{Acts, Candidate, Diff, Recorded, Refused, Set, Span, What, in_force, played, recorded},
    store::View,
};
use serde_json::{Value, json};
use std::{collections::HashMap, path::PathBuf};

pub(crate) fn run(args: &Plan, common: &Common, out: &Out) -> Exit {
    match told(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn told(args: &Plan, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let set = set(&args.candidate, common);
    let (project, store) = store(&set.paths, common, out)?;
    let failed = |finding: Finding| out.fail(&[finding], &project.sources, Exit::Failed);
    let (_, texts) = in_force(&store).map_err(failed)?;
    let refused = |refused: Refused| out.fail(&refused.findings, &refused.sources, Exit::Wrong);
    let before = Candidate::of_texts(&set, &texts).map_err(refused)?;
    let after = Candidate::on_disk(&set).map_err(refused)?;
    let difference = Difference(Some(difference::between(before.side(), after.side())));
    let fates = after.fates(&before);
    let forgets: Vec<Finding> = after.forgets(&before).into_iter().collect();
    let sources = after.project().sources.clone();
    if difference.0.as_ref().is_some_and(Vec::is_empty) {
        out.say(out.pick("means the same as the set in force", "与启用中的规则集含义相同"));
    }
    difference.say(out);
    say_fates(&fates, out, "");
    out.findings(&forgets, &sources);
    let records = recorded(&store);
    let span = span(args.hours, &records);
    let diffs = match span {
        Some(span) => {
            let play = |candidate| played(candidate, &records, span);
            let (was, is) = play(before)
                .and_then(|was| Ok((was, play(after)?)))
                .map_err(|found| out.fail(&found, &Sources::new(), Exit::Failed))?;
            Some(Diff::between(&was, &is))
        }
        None => None,
    };
    if let Some(diffs) = &diffs {
        say_from(&records, out);
        say_diffs(diffs, out);
    }
    out.document(&json!({
        "ok": forgets.is_empty(), "difference": difference.json(), "fates": fates, "effects": diffs,
        "recorded": recorded_json(&records), "findings": out.findings_json(&forgets, &sources),
    }));
    Ok(if forgets.is_empty() { Exit::Well } else { Exit::Wrong })
}

pub(super) fn set(candidate: &args::Candidate, common: &Common) -> Set {
    Set { paths: candidate.paths.clone(), config: common.config.clone(), tenant: candidate.tenant.clone() }
}

/// The hours before the last piece that was taken.
fn span(hours: u32, records: &[Recorded]) -> Option<Span> {
    let last = records.last().filter(|_| hours > 0)?;
    Some(Span { from: last.at - i64::from(hours) * 3_600_000_000, to: i64::MAX })
}

/// Nothing is kept that could be played.
pub(super) fn nothing_recorded() -> Finding {
    Finding::new(codes::cli::SERVE_NOTHING_RECORDED, At::Nowhere)
}

/// Since when there is something to play, and whether that is the beginning of every stream.
pub(super) fn say_from(records: &[Recorded], out: &Out) {
    let Some(first) = records.first() else { return };
    let words = out.pick("effects over what was taken since", "按下列时间以来处理过的数据比较效果：");
    let whole = if is_whole(records) {
        ""
    } else {
        out.pick(" (windows begin empty then)", "（当时时间窗口从空开始）")
    };
    out.say(format!("{words} {}{whole}", moment(first.at)));
}

/// No stream has a beginning that is kept no more.
fn is_whole(records: &[Recorded]) -> bool {
    let first = |of: &Recorded| records.iter().find(|recorded| recorded.source == of.source).map(|r| r.what);
    records.iter().all(|recorded| first(recorded) == Some(What::Rows(0)))
}

pub(super) fn recorded_json(records: &[Recorded]) -> Value {
    json!({ "from": records.first().map(|first| moment(first.at)), "pieces": records.len(), "whole": is_whole(records) })
}

pub(super) fn say_diffs(diffs: &[Diff], out: &Out) {
    if diffs.is_empty() {
        out.say(out.pick("no effects on either side", "两边都没有效果"));
    }
    for diff in diffs {
        let Diff { rule, before, after, .. } = diff;
        out.say(format!("{rule}: {before} → {after}"));
        for (sign, word, (count, keys)) in [
            ("-", out.pick("gone", "不再有"), &diff.gone),
            ("+", out.pick("new", "新增"), &diff.new),
            ("~", out.pick("says something else", "内容不同"), &diff.changed),
        ] {
            if *count > 0 {
                let keys = keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                out.say(format!("  {sign}{count} {word} ({keys})"));
            }
        }
    }
}

/// What two sets differ in; nothing where there is one only, or one does not pass any more.
pub(super) struct Difference(Option<Vec<Part>>);

/// Sets that the store keeps, each checked once.
pub(super) struct Sets<'a> {
    paths: &'a [PathBuf],
    common: &'a Common,
    store: &'a View,
    known: HashMap<EpochHash, Option<(Program, Sources)>>,
}

impl<'a> Sets<'a> {
    pub(super) fn of(paths: &'a [PathBuf], common: &'a Common, store: &'a View) -> Self {
        Self { paths, common, store, known: HashMap::new() }
    }

    fn know(&mut self, hash: EpochHash) -> Result<(), Finding> {
        if !self.known.contains_key(&hash) {
            let bundle = self.store.epoch(hash)?.unwrap_or_default();
            let project = Project::open(self.paths, self.common.config.as_deref()).with_set(&bundle.files);
            self.known.insert(hash, project.check().program.map(|program| (program, project.sources)));
        }
        Ok(())
    }

    /// What one differs in from the one before; of the first set everything is new.
    pub(super) fn between(&mut self, before: Option<EpochHash>, after: EpochHash) -> Result<Difference, Finding> {
        let Some(before) = before else { return Ok(Difference(None)) };
        self.know(before)?;
        self.know(after)?;
        let side = |hash| {
            let (program, sources) = self.known.get(&hash)?.as_ref()?;
            Some(difference::Side { program, sources })
        };
        Ok(Difference(side(before).zip(side(after)).map(|(was, is)| difference::between(was, is))))
    }
}

impl Difference {
    pub(super) fn json(&self) -> Value {
        json!(self.0)
    }

    pub(super) fn say(&self, out: &Out) {
        for part in self.0.iter().flatten() {
            let (sign, word) = match part.how {
                How::Added => ("+", out.pick("added", "新增")),
                How::Removed => ("-", out.pick("removed", "移除")),
                How::Changed => ("~", out.pick("changed", "改动")),
            };
            out.say(format!("  {sign} {} {} {word}", part.what, part.name));
            if part.how == How::Changed {
                part.before.iter().for_each(|line| out.say(format!("      - {line}")));
                part.after.iter().for_each(|line| out.say(format!("      + {line}")));
            }
        }
    }
}

/// Both sides, and what they differ in.
pub(super) fn compared(before: &Acts, after: &Acts, records: &[Recorded], out: &Out) -> Exit {
    let diffs = Diff::between(before, after);
    say_from(records, out);
    say_diffs(&diffs, out);
    let same = diffs.iter().all(Diff::is_same);
    out.document(&json!({ "ok": true, "same": same, "effects": diffs, "recorded": recorded_json(records) }));
    Exit::Well
}
