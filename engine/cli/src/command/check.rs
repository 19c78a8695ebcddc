//! `guiju check`

use crate::{
    Exit,
    args::{Check, Common},
    output::Out,
    replace,
};
use guiju::{
    Project,
    kinds::KINDS,
    lang::{check::Checked, finding},
    project,
};
use serde_json::json;

pub(crate) fn run(args: &Check, common: &Common, out: &Out) -> Exit {
    let mut project = Project::open(&args.paths, common.config.as_deref());
    let mut checked = project.check();
    let mut fixed = 0;
    if args.fix {
        match fix(&project, &checked.findings) {
            Ok(0) => {}
            Ok(n) => {
                fixed = n;
                project = Project::open(&args.paths, common.config.as_deref());
                checked = project.check();
            }
            Err(finding) => return out.fail(&[finding], &project.sources, Exit::Failed),
        }
    }
    let errors = project::has_errors(&checked.findings);
    out.findings(&checked.findings, &project.sources);
    out.document(&json!({
        "ok": !errors,
        "files": project.rulebooks,
        "rules": rules(&checked),
        "fixed": fixed,
        "findings": out.findings_json(&checked.findings, &project.sources),
    }));
    if fixed > 0 {
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
    checked.outline.iter().filter(|declared| KINDS.iter().any(|kind| kind.name() == declared.kind)).count()
}

/// Writes the fixed files; how many fixes.
fn fix(project: &Project, findings: &[finding::Finding]) -> Result<usize, finding::Finding> {
    let mut count = 0;
    for (id, file) in project.sources.iter().take(project.set) {
        let (text, applied) = finding::apply_fixes(&file.text, id, findings, false);
        if applied > 0 {
            replace::replace(std::path::Path::new(&file.path), &text)?;
            count += applied;
        }
    }
    Ok(count)
}
