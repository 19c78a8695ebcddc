//! `guiju show`

use crate::{
    Exit,
    args::{Common, Show},
    output::Out,
};
use guiju::{
    Project,
    grammar::{ansi, highlight, html},
    project,
};
use serde_json::json;
use std::io::IsTerminal;

/// For a page of its own; a site that embeds the `<pre>` brings its own colours.
const STYLE: &str = include_str!("show.css");

pub(crate) fn run(args: &Show, common: &Common, out: &Out) -> Exit {
    let project = Project::open(&args.paths, common.config.as_deref());
    if project::has_errors(&project.findings) {
        return out.fail(&project.findings, &project.sources, Exit::Failed);
    }
    let color = args.color || (!out.plain && std::io::stdout().is_terminal());
    let files = || project.sources.iter().take(project.rulebooks).map(|(_, file)| file);
    if args.html {
        out.say(format!("<!doctype html>\n<meta charset=\"utf-8\">\n<style>\n{STYLE}</style>"));
    }
    for file in files() {
        let text = file.text.trim_end_matches('\n');
        out.say(match (args.html, color) {
            (true, _) => format!("<pre class=\"gj\">{}\n</pre>", html(text)),
            (false, true) => ansi(text),
            (false, false) => text.to_owned(),
        });
    }
    let documents: Vec<_> = files()
        .map(|file| {
            let words = highlight(&file.text)
                .into_iter()
                .map(|mark| json!({ "start": mark.span.start, "end": mark.span.end, "class": mark.class.name() }));
            json!({ "path": file.path, "words": words.collect::<Vec<_>>() })
        })
        .collect();
    out.document(&json!({ "ok": true, "files": documents }));
    Exit::Well
}
