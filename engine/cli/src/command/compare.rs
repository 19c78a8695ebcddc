//! `guiju explain RULE --between DAY DAY`, `--against VERSION`: why a count changed.

use super::{explain::find, run::bad_day};
use crate::{
    Exit,
    args::{Common, Explain},
    clock, interrupt,
    output::Out,
    progress::Bar,
    revision::Revision,
};
use guiju::{
    Epoch, Project,
    compare::{Cause, Group, RuleChange, Side, Version, compare},
    lang::{
        finding::{Arg, At, Finding, Lang, codes},
        hir::{Rule, RuleId},
        time::Zone,
    },
    store::View,
};
use serde_json::{Value as Json, json};
use std::{path::PathBuf, sync::Arc};
use unicode_width::UnicodeWidthStr;

pub(super) fn compared(args: &Explain, common: &Common, out: &Out) -> Result<Exit, Exit> {
    // With a comparison there is no key: what stands in its place is a path.
    let paths: Vec<PathBuf> = args.key.iter().map(PathBuf::from).chain(args.paths.iter().cloned()).collect();
    let (project, program) = super::checked(&paths, common, out)?;
    let fail = |finding: Finding, exit| out.fail(&[finding], &project.sources, exit);
    let only = match args.rule.as_str() {
        "all" if find(&program, "all").is_err() => None,
        name => Some(find(&program, name).map_err(|finding| fail(finding, Exit::Usage))?),
    };
    let zone = program.rulebooks.first().and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc);
    let day = |text: Option<&str>| clock::moment(text, &zone).ok_or_else(|| fail(bad_day(text), Exit::Usage));
    let (then, now) = match args.between.as_slice() {
        [then, now] => (day(Some(then))?, day(Some(now))?),
        _ => (day(args.today.as_deref())?, day(args.today.as_deref())?),
    };
    let against = match &args.against {
        Some(version) => Some(Revision::open(version, &paths, &project).map_err(|reason| {
            let finding = Finding::new(codes::cli::NO_SUCH_VERSION, At::Nowhere);
            fail(finding.arg("version", Arg::Name(version.clone())).arg("reason", Arg::Plain(reason)), Exit::Usage)
        })?),
        None => None,
    };
    // The version before: its rulebooks, or its configuration, or only its day is another.
    let other = (against.is_some() || args.before_config.is_some()).then(|| {
        let config = args.before_config.as_deref().or(common.config.as_deref()).or(project.config_path.as_deref());
        Project::open(against.as_ref().map_or(paths.as_slice(), |revision| revision.paths()), config)
    });
    let old = match &other {
        Some(other) => {
            let checked = other.check();
            let program = checked.program.ok_or_else(|| out.fail(&checked.findings, &other.sources, Exit::Wrong))?;
            Some((other, Arc::new(program)))
        }
        None => None,
    };
    let chosen = |rule: &Rule| only.as_ref().is_none_or(|only| *only == rule.head.id);
    let after = super::linked(&project, Arc::clone(&program), out, chosen)?;
    let before = match &old {
        Some((other, program)) => Some(
            Epoch::link(Arc::clone(program), &other.calendars, chosen)
                .map_err(|found| out.fail(&found, &other.sources, Exit::Wrong))?,
        ),
        None => None,
    };
    let store = if args.no_store || !project.config.store.exists() {
        None
    } else {
        Some(View::open(&project.config.store).map_err(|error| fail(error.into(), Exit::Failed))?)
    };
    interrupt::watch();
    let mut bar = Bar::new(out);
    let after_side = Side { project: &project, epoch: &after, at: now, store: store.as_ref() };
    let before_side = Side {
        project: old.as_ref().map_or(&project, |(other, _)| other),
        epoch: before.as_ref().unwrap_or(&after),
        at: then,
        store: store.as_ref(),
    };
    let changes = compare(before_side, after_side, &mut bar);
    bar.finish();
    let changes = changes.map_err(|found| out.fail(&found, &project.sources, Exit::Failed))?;
    let teller = Teller { out, before: before_side.project, after: &project };
    for change in &changes {
        teller.tell(change);
    }
    out.document(&json!({ "ok": true, "rules": changes.iter().map(|change| teller.json(change)).collect::<Vec<_>>() }));
    Ok(Exit::Well)
}

struct Teller<'a> {
    out: &'a Out,
    before: &'a Project,
    after: &'a Project,
}

impl Teller<'_> {
    fn tell(&self, change: &RuleChange) {
        let RuleChange { before, after, .. } = change;
        let (left, entered) = change.moved();
        let difference = i128::from(*after) - i128::from(*before);
        self.out.say(match self.out.lang {
            Lang::En => {
                format!("{}: {before} → {after} ({difference:+}): {left} left, {entered} entered", name(&change.rule))
            }
            Lang::Zh => {
                format!("{}：{before} → {after}（{difference:+}）：离开 {left}，新进 {entered}", name(&change.rule))
            }
        });
        let only = match change.only_in {
            Some(Version::Before) => Some(("only the version before has this rule", "只有之前的版本有这条规则")),
            Some(Version::After) => Some(("only the version after has this rule", "只有之后的版本有这条规则")),
            None => None,
        };
        if let Some((en, zh)) = only {
            self.out.say(format!("  {}", self.out.pick(en, zh)));
        }
        self.groups(&change.left, self.after, ("left, because now", "离开，因为现在"), ("no longer holds", "不再成立"));
        self.groups(&change.entered, self.before, ("entered; before", "新进；之前"), ("did not hold", "不成立"));
    }

    fn groups(&self, groups: &[Group], project: &Project, head: (&str, &str), fails: (&str, &str)) {
        if groups.is_empty() {
            return;
        }
        self.out.say(format!("  {}{}", self.out.pick(head.0, head.1), self.out.pick(":", "：")));
        for group in groups {
            let alone = if group.causes.len() == 1 { self.out.pick("only ", "仅 ") } else { "" };
            let causes: Vec<String> = group.causes.iter().map(|cause| self.cause(cause, project, fails)).collect();
            let and = self.out.pick(", and ", "，并且 ");
            let keys = group.samples.join(self.out.pick(", ", "、"));
            let such_as = self.out.pick("such as", "例如");
            let line = format!("    {:>7}  {alone}{}", group.keys, causes.join(and));
            let pad = " ".repeat(64_usize.saturating_sub(line.width()));
            self.out.say(format!("{line}{pad}  {such_as} {keys}"));
        }
    }

    fn cause(&self, cause: &Cause, project: &Project, fails: (&str, &str)) -> String {
        let out = self.out;
        match cause {
            Cause::Condition { place, unknown, changed } => {
                let text = text(project, *place);
                let is = if *unknown { out.pick("is unknown", "无法判断") } else { out.pick(fails.0, fails.1) };
                let changed = if *changed {
                    out.pick(" (not in the other version)", "（另一版本没有此条件）")
                } else {
                    ""
                };
                format!("`{text}` {is}{changed}")
            }
            Cause::Clause("once per") => out.pick("within the cool-down", "处于冷却期").to_owned(),
            Cause::Clause("keep top") => out.pick("not among the best", "未进入前几名").to_owned(),
            Cause::Clause(other) => (*other).to_owned(),
            Cause::NoRow => out.pick("no such row in the table", "表中没有这一行").to_owned(),
            Cause::NoRule => out.pick("the version has no such rule", "该版本没有这条规则").to_owned(),
        }
    }

    fn json(&self, change: &RuleChange) -> Json {
        let (left, entered) = change.moved();
        let groups = |groups: &[Group], project: &Project| -> Vec<Json> {
            let one = |group: &Group| {
                let causes: Vec<Json> = group.causes.iter().map(|cause| cause_json(cause, project)).collect();
                json!({ "causes": causes, "keys": group.keys, "samples": group.samples })
            };
            groups.iter().map(one).collect()
        };
        let by_cause = |groups: &[Group], project: &Project| -> Vec<Json> {
            let one = |(cause, alone, together): (Cause, u64, u64)| json!({ "cause": cause_json(&cause, project), "alone": alone, "together": together });
            RuleChange::by_cause(groups).into_iter().map(one).collect()
        };
        json!({
            "rule": change.rule.to_string(), "before": change.before, "after": change.after,
            "left": { "keys": left, "groups": groups(&change.left, self.after), "by_cause": by_cause(&change.left, self.after) },
            "entered": {
                "keys": entered, "groups": groups(&change.entered, self.before),
                "by_cause": by_cause(&change.entered, self.before),
            },
            "only_in": change.only_in.map(|version| match version {
                Version::Before => "before",
                Version::After => "after",
            }),
        })
    }
}

fn cause_json(cause: &Cause, project: &Project) -> Json {
    match cause {
        Cause::Condition { place, unknown, changed } => json!({
            "kind": "condition", "text": text(project, *place), "unknown": unknown, "changed": changed,
        }),
        Cause::Clause(clause) => json!({ "kind": "clause", "clause": clause }),
        Cause::NoRow => json!({ "kind": "no row" }),
        Cause::NoRule => json!({ "kind": "no rule" }),
    }
}

fn text(project: &Project, place: guiju::lang::finding::Place) -> String {
    let written = project.sources.get(place.file).map_or("", |file| file.slice(place.span));
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name(rule: &RuleId) -> String {
    format!("{}.{}", rule.rulebook, rule.name)
}
