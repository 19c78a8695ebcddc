//! The formatter on the corpus: snapshots, idempotence, the same meaning, both languages and back.
#![allow(clippy::unwrap_used)] // helpers of tests may unwrap as tests do

use std::fs;
use std::path::{Path, PathBuf};

use guiju_grammar::keyword::Language;
use guiju_grammar::{FormatOptions, dump, format, parse};

fn good() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/good");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read =
        |path: PathBuf| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
    files.into_iter().map(read).collect()
}

const AS_IT_IS: FormatOptions = FormatOptions { keywords: None };
const EN: FormatOptions = FormatOptions { keywords: Some(Language::En) };
const ZH: FormatOptions = FormatOptions { keywords: Some(Language::Zh) };

#[test]
fn the_layout_of_the_corpus() {
    for (name, text) in good() {
        insta::assert_snapshot!(name.clone(), format(&text, &AS_IT_IS).unwrap());
        insta::assert_snapshot!(format!("{name}_to_zh"), format(&text, &ZH).unwrap());
        insta::assert_snapshot!(format!("{name}_to_en"), format(&text, &EN).unwrap());
    }
}

#[test]
fn formatting_says_the_same_and_is_idempotent() {
    for (name, text) in good() {
        let meaning = dump(&parse(&text).file);
        for options in [AS_IT_IS, EN, ZH] {
            let once = format(&text, &options).unwrap();
            let parsed = parse(&once);
            assert_eq!(parsed.problems, [], "{name} {options:?}\n{once}");
            assert_eq!(dump(&parsed.file), meaning, "{name} {options:?}");
            assert_eq!(format(&once, &options).unwrap(), once, "{name} {options:?}");
        }
        // There and back again is the same as going once.
        let zh = format(&text, &ZH).unwrap();
        assert_eq!(format(&format(&zh, &EN).unwrap(), &ZH).unwrap(), zh);
    }
}

#[test]
fn line_ends_and_marks_of_other_systems_change_nothing() {
    for (name, text) in good() {
        let windows = format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
        assert_eq!(parse(&windows).problems, [], "{name}");
        assert_eq!(format(&windows, &AS_IT_IS), format(&text, &AS_IT_IS), "{name}");
    }
}

#[test]
fn every_comment_is_kept() {
    for (name, text) in good() {
        let comments = |text: &str| -> Vec<String> {
            let parsed = parse(text);
            let tree = parsed.tree();
            let pieces = tree.pieces();
            let trivia = pieces.iter().filter(|piece| matches!(piece, guiju_grammar::Piece::Trivia(_)));
            trivia
                .flat_map(|piece| text[piece.span().range()].lines().map(str::trim))
                .filter(|line| line.starts_with('#'))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(comments(&format(&text, &AS_IT_IS).unwrap()), comments(&text), "{name}");
    }
}

#[test]
fn a_text_with_problems_is_refused_with_them() {
    let problems = format("let a = b == c\n", &AS_IT_IS).unwrap_err();
    assert_eq!(problems.len(), 1);
}
