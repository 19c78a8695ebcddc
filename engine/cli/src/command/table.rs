//! `guiju table`

use crate::{
    Exit,
    args::{Common, ExportTable, ImportTable, Table, TableCommand},
    output::Out,
    replace,
};
use guiju::{Project, lang::finding::Sources, project, tables};
use serde_json::json;

pub(crate) fn run(args: &Table, common: &Common, out: &Out) -> Exit {
    match &args.command {
        TableCommand::Export(args) => export(args, common, out),
        TableCommand::Import(args) => import(args, common, out),
    }
}

fn export(args: &ExportTable, common: &Common, out: &Out) -> Exit {
    let project = Project::open(&args.paths, common.config.as_deref());
    if project.rulebooks == 0 {
        return out.fail(&project.findings, &project.sources, Exit::Failed);
    }
    if let Err(finding) = tables::export(&project, &args.name, &args.to) {
        return out.fail(&[finding], &project.sources, Exit::Failed);
    }
    out.say(args.to.display().to_string());
    out.document(&json!({ "ok": true, "table": args.name, "file": args.to }));
    Exit::Well
}

fn import(args: &ImportTable, common: &Common, out: &Out) -> Exit {
    let into = args.into.as_ref().map(|path| Project::open(std::slice::from_ref(path), common.config.as_deref()));
    if let Some(project) = &into
        && project.rulebooks != 1
    {
        return out.fail(&project.findings, &project.sources, Exit::Failed);
    }
    let sources = Sources::new();
    let imported = match tables::import(&args.file, args.sheet.as_deref(), into) {
        Ok(imported) => imported,
        Err(finding) => return out.fail(&[finding], &sources, Exit::Failed),
    };
    let Some(text) = &imported.text else { return out.fail(&imported.findings, &sources, Exit::Wrong) };
    out.findings(&imported.findings, &sources);
    match &args.into {
        Some(path) => {
            if let Err(finding) = replace::replace(path, text) {
                return out.fail(&[finding], &sources, Exit::Failed);
            }
            out.say(path.display().to_string());
        }
        None => out.say(text.trim_end()),
    }
    out.document(&json!({
        "ok": !project::has_errors(&imported.findings),
        "table": imported.name,
        "into": args.into,
        "text": if args.into.is_none() { Some(text) } else { None },
        "findings": out.findings_json(&imported.findings, &sources),
    }));
    Exit::Well
}
