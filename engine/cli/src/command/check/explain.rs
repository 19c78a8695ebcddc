//! `guiju check --explain G2001`: a page of the reference in the terminal.

use crate::{Exit, output::Out};
use guiju::lang::finding::{Arg, At, Code, Finding, Sources, catalogue, codes, reference};
use serde_json::json;

pub(super) fn run(text: &str, out: &Out) -> Exit {
    let number = text.trim_start_matches(['G', 'g']).parse().ok();
    let by_slug = || catalogue::all().into_iter().find(|e| e.slug == text);
    let Some(entry) = number.and_then(|n| catalogue::entry(Code(n))).or_else(by_slug) else {
        let finding = Finding::new(codes::cli::NO_SUCH_CODE, At::Nowhere).arg("text", Arg::Name(text.to_owned()));
        return out.fail(&[finding], &Sources::new(), Exit::Usage);
    };
    // Placeholders stay open: this is about all findings of the code.
    let finding = Finding::new(entry.code, At::Nowhere);
    let message = catalogue::message(&finding, out.lang);
    let help = catalogue::help(&finding, out.lang);
    let example = reference::example(entry.code);
    out.document(&json!({
        "code": entry.code.to_string(),
        "slug": entry.slug,
        "message": message,
        "help": help,
        "wrong": example.map(|e| e.wrong),
        "right": example.map(|e| e.right),
    }));
    out.say(format!("{} {}: {message}", entry.code, entry.slug));
    if let Some(help) = help {
        out.say(format!("  {help}"));
    }
    if let Some(example) = example {
        for (title, text) in [(out.pick("wrong", "错"), example.wrong), (out.pick("right", "对"), example.right)] {
            out.say(format!("\n{title}:"));
            text.lines().for_each(|line| out.say(format!("    {line}")));
        }
    }
    Exit::Well
}
