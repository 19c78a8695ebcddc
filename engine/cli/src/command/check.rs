//! `guiju check`

mod explain;

use crate::{
    Exit,
    args::{Check, Common},
    output::Out,
    replace,
};
use guiju::{
    Project,
    kinds::KINDS,
    lang::{
        check::Checked,
        finding::{self, FileId},
    },
    project,
};
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

pub(crate) fn run(args: &Check, common: &Common, out: &Out) -> Exit {
    if let Some(code) = &args.explain {
        return explain::run(code, out);
    }
    let mut project = Project::open(&args.paths, common.config.as_deref());
    let mut checked = project.check();
    let mut changes = Vec::new();
    if args.fix {
        match fix(project, checked, out) {
            Ok(done) => (project, checked, changes) = done,
            Err((finding, project)) => return out.fail(&[*finding], &project.sources, Exit::Failed),
        }
    }
    let errors = project::has_errors(&checked.findings);
    out.findings(&checked.findings, &project.sources);
    out.document(&json!({
        "ok": !errors,
        "files": project.rulebooks,
        "rules": rules(&checked),
        "fixed": changes.len(),
        "changes": changes.iter().map(|c| &c.document).collect::<Vec<_>>(),
        "findings": out.findings_json(&checked.findings, &project.sources),
    }));
    for change in &changes {
        out.say(&change.line);
    }
    if let fixed @ 1.. = changes.len() {
        out.say(out.pick(&format!("{fixed} fixed"), &format!("已修正 {fixed} 处")));
    }
    let scope = (out.words.checked)(project.rulebooks, rules(&checked));
    out.say(format!("{scope}{}{}", out.pick(": ", "："), out.count(&checked.findings)));
    match (errors, project::has_errors(&project.findings)) {
        (false, _) => Exit::Well,
        (true, false) => Exit::Wrong,
        (true, true) => Exit::Failed,
    }
}

/// How many rules of any kind are declared, whether or not they can be used.
fn rules(checked: &Checked) -> usize {
    let kind = |declared: &&str| *declared == "route" || KINDS.iter().any(|kind| kind.name() == *declared);
    checked.outline.iter().map(|declared| declared.kind).filter(kind).count()
}

/// A fix that was applied.
struct Change {
    line: String,
    document: serde_json::Value,
}

/// A fix may uncover the next one; nobody's rulebook needs more rounds.
const MOST_ROUNDS: usize = 20;

type Fixed = (Project, Checked, Vec<Change>);

/// Applies safe fixes until there are none, then writes all changed files, or none of them.
fn fix(mut project: Project, mut checked: Checked, out: &Out) -> Result<Fixed, (Box<finding::Finding>, Box<Project>)> {
    let mut changes = Vec::new();
    let mut texts: BTreeMap<FileId, String> = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        let before = changes.len();
        for (id, file) in project.sources.iter().take(project.set) {
            let (text, applied) = finding::fixed(&file.text, id, &checked.findings, false);
            changes.extend(applied.iter().map(|f| change(f, file, &project, out)));
            if !applied.is_empty() {
                texts.insert(id, text);
            }
        }
        if changes.len() == before {
            break;
        }
        project = project.with_texts(&texts);
        checked = project.check();
    }
    let path = |id: &FileId| project.sources.get(*id).map_or("", |f| f.path.as_str());
    let files: Vec<(&Path, &str)> = texts.iter().map(|(id, text)| (Path::new(path(id)), text.as_str())).collect();
    match replace::all(&files) {
        Ok(()) => Ok((project, checked, changes)),
        Err(finding) => Err((Box::new(finding), Box::new(project))),
    }
}

fn change(finding: &finding::Finding, file: &finding::SourceFile, project: &Project, out: &Out) -> Change {
    let document = out.findings_json(std::slice::from_ref(finding), &project.sources)[0].clone();
    let line = match &finding.at {
        finding::At::Text(place) => file.position(place.span.start).0,
        _ => 1,
    };
    let message = finding::catalogue::message(finding, out.lang);
    let line = format!("{}:{line}: {message}", file.path);
    Change { line, document }
}
