//! One file each: every `good/*.gj` parses without a problem, every `bad/*.gj` with exactly those it names in comments.
#![allow(clippy::unwrap_used)] // helpers of tests may unwrap as tests do

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "gj"));
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn good_files_have_no_problem() {
    for path in files("good") {
        let text = fs::read_to_string(&path).unwrap();
        let parsed = guiju_grammar::parse(&text);
        for problem in &parsed.problems {
            println!("{}: {:?} at {:?}", path.display(), problem, &text[problem.span.range()]);
        }
        assert!(parsed.problems.is_empty());
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        insta::assert_snapshot!(name, guiju_grammar::dump(&parsed.file));
    }
}

/// The problems that a file says it has: `#~ name name` at the end of the line where they start.
fn said(text: &str) -> Vec<(usize, Vec<String>)> {
    let lines = text.lines().enumerate().filter_map(|(i, line)| {
        let (_, names) = line.split_once("#~ ")?;
        let mut names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        names.sort();
        Some((i + 1, names))
    });
    lines.collect()
}

fn found(text: &str, parsed: &guiju_grammar::Parsed) -> Vec<(usize, Vec<String>)> {
    let mut lines: Vec<(usize, Vec<String>)> = Vec::new();
    for problem in &parsed.problems {
        let line = text[..problem.span.start as usize].matches('\n').count() + 1;
        match lines.iter_mut().find(|(of, _)| *of == line) {
            Some((_, names)) => names.push(problem.kind.name().to_owned()),
            None => lines.push((line, vec![problem.kind.name().to_owned()])),
        }
    }
    lines.iter_mut().for_each(|(_, names)| names.sort());
    lines
}

/// Each problem with what it stands on, and the line as the fix would leave it.
fn listing(text: &str, parsed: &guiju_grammar::Parsed) -> String {
    let mut out = String::new();
    for problem in &parsed.problems {
        let at = problem.span.start as usize;
        let line = text[..at].matches('\n').count() + 1;
        out += &format!("{line}: `{}` {:?}\n", &text[problem.span.range()], problem.kind);
        if !problem.fix.is_empty() {
            let mut edits = problem.fix.clone();
            edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
            let mut fixed = text.to_owned();
            edits.iter().for_each(|edit| fixed.replace_range(edit.span.range(), &edit.text));
            let line: String = fixed.lines().nth(line - 1).unwrap_or_default().into();
            out += &format!("    fix: {}\n", line.split(['#', '＃']).next().unwrap_or_default().trim());
        }
    }
    out
}

#[test]
fn bad_files_have_the_problems_they_name() {
    let mut wrong = String::new();
    for path in files("bad") {
        let text = fs::read_to_string(&path).unwrap();
        let parsed = guiju_grammar::parse(&text);
        let (said, found) = (said(&text), found(&text, &parsed));
        for line in said.iter().filter(|line| !found.contains(line)) {
            wrong += &format!("{}: said and not found: {line:?}\n", path.display());
        }
        for line in found.iter().filter(|line| !said.contains(line)) {
            wrong += &format!("{}: found and not said: {line:?}\n", path.display());
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        insta::assert_snapshot!(format!("{name}_problems"), listing(&text, &parsed));
        insta::assert_snapshot!(format!("{name}_ast"), guiju_grammar::dump(&parsed.file));
    }
    assert!(wrong.is_empty(), "{wrong}");
}
