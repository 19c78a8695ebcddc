//! The TextMate grammar in `editor/vscode` follows from the keyword table, and colours the shipped rulebooks as the parser reads them.
//! `GUIJU_BLESS=1 cargo test -p guiju-grammar --test editor` writes it anew.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

mod generate;
mod textmate;

use guiju_grammar::{Class, highlight};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editor/vscode")
}

/// All rulebooks that the repository ships, and the parser's own good ones.
fn rulebooks() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["rulebooks", "examples/mot101", "dsl-grammar/tests/corpus/good"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "gj") {
                files.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    assert!(files.len() >= 4);
    files
}

#[test]
fn the_textmate_grammar_follows_from_the_keyword_table() {
    let path = folder().join("syntaxes/guiju.tmLanguage.json");
    let wanted = serde_json::to_string_pretty(&generate::grammar()).unwrap() + "\n";
    if std::env::var_os("GUIJU_BLESS").is_some() {
        fs::write(path, wanted).unwrap();
    } else {
        assert!(fs::read_to_string(path).unwrap_or_default() == wanted, "bless it: the keyword table has changed");
    }
}

#[test]
fn the_extension_names_files_that_exist() {
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
    };
    let package = read("package.json");
    let language = &package["contributes"]["languages"][0];
    assert_eq!(language["extensions"][0], ".gj");
    read(language["configuration"].as_str().unwrap());
    let grammar = &package["contributes"]["grammars"][0];
    assert_eq!(read(grammar["path"].as_str().unwrap())["scopeName"], grammar["scopeName"]);
}

/// The scope that editors shall give to a class; none where TextMate's lines cannot know what the parser knows.
fn scope(class: Class) -> Option<&'static str> {
    Some(match class {
        Class::Kind => "keyword.other",
        Class::Clause => "keyword.control",
        Class::Operator => "keyword.operator.word",
        Class::Number => "constant.numeric",
        Class::Text => "string",
        Class::Pattern => "string.regexp",
        Class::Script => "source.rhai",
        Class::Comment => "comment",
        _ => return None,
    })
}

#[test]
fn editors_colour_as_the_parser_reads() {
    let engine = textmate::Engine::new(&generate::grammar());
    let (mut compared, mut wrong) = (0, Vec::new());
    for (path, text) in rulebooks() {
        let scopes = engine.scopes(&text);
        for mark in highlight(&text) {
            let Some(wanted) = scope(mark.class) else { continue };
            compared += 1;
            // The first and the last byte: a word that is coloured half is coloured wrong.
            let word = &text[mark.span.range()];
            let first = mark.span.start as usize + word.len() - word.trim_start().len();
            let got = [first, mark.span.start as usize + word.trim_end().len() - 1].map(|at| scopes[at].as_str());
            if got.iter().any(|got| !got.starts_with(wanted)) {
                let line = text.as_bytes()[..mark.span.start as usize].iter().filter(|b| **b == b'\n').count() + 1;
                wrong.push(format!("{}:{line}: `{word}` is {:?} and has scopes {got:?}", path.display(), mark.class));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(compared > 2_000, "{compared}");
}
