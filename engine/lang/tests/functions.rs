//! The reference pages of functions and keywords follow from the tables that the parser and the checker use; the functions' examples are
//! run by the crate's own tests. `GUIJU_BLESS=1 cargo test --workspace --test functions` writes the pages anew.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use guiju_grammar::keyword::{self, Tier};
use guiju_lang::builtin::Builtin;
use std::{fmt::Write as _, fs, path::Path};

fn page(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dsl-grammar/reference").join(name);
    if std::env::var_os("GUIJU_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == text, "bless it: {name} does not say what the tables say");
}

#[test]
fn every_function_has_its_page_and_both_spellings() {
    let mut out = String::from(
        "# Functions 函数\n\nGenerated from the engine's own table; every example is run as a test, on 2026-11-22 in Asia/Shanghai with a calendar of the\n\
         year 2026. An empty result is missing. A missing argument gives a missing result, unless the sentence says otherwise.\n\n",
    );
    for function in Builtin::ALL {
        let entry = function.entry();
        let known = keyword::functions().iter().any(|f| f.en == entry.en && f.zh == entry.zh);
        assert!(known, "{} / {} is not in keywords.tsv, so that `fmt` cannot translate it", entry.en, entry.zh);
        let _ = writeln!(out, "## `{}` · `{}`\n\n{}\n\n{}\n", entry.call.0, entry.call.1, entry.doc.0, entry.doc.1);
        out += "| expression | gives |\n|---|---|\n";
        for (text, result) in entry.examples {
            let _ = writeln!(
                out,
                "| `{text}` | {} |",
                if result.is_empty() { String::new() } else { format!("`{result}`") }
            );
        }
        out.push('\n');
    }
    page("functions.md", &(out.trim_end().to_owned() + "\n"));
}

#[test]
fn every_keyword_stands_on_its_page() {
    let mut out = String::from(
        "# Keywords 关键词\n\nGenerated from `dsl-grammar/keywords.tsv`. One word per role, with one English and one Chinese spelling; `guiju fmt --keywords zh|en`\n\
         translates. Words marked *everywhere* are no names without backticks; the others are words only where they stand.\n",
    );
    let mut groups: Vec<&str> = Vec::new();
    for entry in keyword::all() {
        if !groups.contains(&entry.group) {
            groups.push(entry.group);
        }
    }
    for group in groups {
        let _ = writeln!(out, "\n## {group}\n\n| English | 中文 | where |\n|---|---|---|");
        for entry in keyword::all().iter().filter(|entry| entry.group == group) {
            let place = match entry.tier {
                Tier::Reserved => "everywhere",
                Tier::Clause => "starts a line",
                Tier::Inner => "inside its line",
                Tier::Kind => "starts a declaration",
                Tier::Value => "as a value",
                Tier::Closing => "closes, in Chinese only",
            };
            let english = if entry.en.is_empty() { String::new() } else { format!("`{}`", entry.en) };
            let _ = writeln!(out, "| {english} | `{}` | {place} |", entry.zh);
        }
    }
    page("keywords.md", &out);
}
