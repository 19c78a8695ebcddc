//! `guiju fmt`

use crate::{
    Exit,
    args::{Fmt, Language},
    output::Out,
    replace,
};
use guiju::{
    Project,
    grammar::{FormatOptions, format, format_all, keyword::Language as Keywords},
    lang::{
        check,
        finding::{FileId, Finding, Sources},
    },
    project,
};
use serde_json::json;
use std::{
    io::{Read, Write},
    path::Path,
};

pub(crate) fn run(args: &Fmt, out: &Out) -> Exit {
    let options = FormatOptions {
        keywords: args.keywords.map(|language| match language {
            Language::Zh => Keywords::Zh,
            Language::En => Keywords::En,
        }),
    };
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return standard_input(&options, out);
    }
    let project = Project::open(&args.paths, None);
    // The configuration is not read for its own sake here: only what keeps rulebooks from being read counts.
    let mut findings: Vec<Finding> = project.findings.clone();
    let mut changed = Vec::new();
    let rulebooks = || project.sources.iter().take(project.rulebooks);
    let texts: Vec<&str> = rulebooks().map(|(_, file)| &*file.text).collect();
    for ((id, file), formatted) in rulebooks().zip(format_all(&texts, &options)) {
        match formatted {
            Ok(text) if *text == *file.text => {}
            Ok(text) => {
                if !args.check
                    && let Err(finding) = replace::replace(Path::new(&file.path), &text)
                {
                    findings.push(finding);
                    continue;
                }
                changed.push(file.path.clone());
            }
            Err(problems) => {
                findings.extend(problems.into_iter().map(|problem| check::problem_finding(problem, id, &file.text)));
            }
        }
    }
    for path in &changed {
        out.say(path);
    }
    out.findings(&findings, &project.sources);
    let wrong = project::has_errors(&findings);
    let untidy = args.check && !changed.is_empty();
    out.document(&json!({
        "ok": !wrong && !untidy,
        "changed": changed,
        "findings": out.findings_json(&findings, &project.sources),
    }));
    if wrong || untidy { Exit::Wrong } else { Exit::Well }
}

fn standard_input(options: &FormatOptions, out: &Out) -> Exit {
    let mut text = String::new();
    let mut sources = Sources::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        return out.fail(&[replace::unwritable(Path::new("-"), &error)], &sources, Exit::Failed);
    }
    match format(&text, options) {
        Ok(text) => {
            // A closed pipe ends the reader's interest.
            let _ = std::io::stdout().write_all(text.as_bytes());
            Exit::Well
        }
        Err(problems) => {
            let finding = |problem| check::problem_finding(problem, FileId(0), &text);
            let findings: Vec<_> = problems.into_iter().map(finding).collect();
            sources.add("-", text.clone());
            out.fail(&findings, &sources, Exit::Wrong)
        }
    }
}
