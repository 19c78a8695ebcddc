//! The reference page on operations: its commands, one after the other, and that they say what the page says.

use crate::{
    desk,
    operate::{Server, said, until},
    pieces, put, rulebook,
};
use std::{fs, path::Path};

/// The line of the page, where `…` stands for anything.
fn fits(pattern: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    pattern.ends_with('…') || rest.is_empty()
}

/// Words of a command line; a text in quotes is one.
fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        match at % 2 {
            0 => all.extend(part.split_whitespace().map(str::to_owned)),
            _ => all.push(part.to_owned()),
        }
    }
    all
}

#[test]
fn the_page_says_what_is_so() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dsl-grammar/reference/operations.md");
    let page = fs::read_to_string(page).unwrap();
    let desk = desk();
    let folder = desk.path();
    fs::create_dir(folder.join("next")).unwrap();
    fs::write(folder.join("next/desk.gj"), rulebook(700)).unwrap();
    let _server = Server::start(folder);
    pieces().iter().take(10).enumerate().for_each(|(number, text)| put(folder, number, text));
    until(folder, &["status", "desk.gj"], |status| {
        status["status"]["sources"][0]["files"] == 10 && status["ok"] == true && status["sinks"][0]["waiting"] == 0
    });
    let mut played = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for command in block.split("$ guiju ").skip(1) {
            let mut lines = command.lines();
            let command = words(lines.next().unwrap());
            let args: Vec<&str> = command.iter().map(String::as_str).collect();
            let said = said(folder, &args);
            let mut output = said.text.lines();
            for line in lines {
                assert!(output.any(|other| fits(line, other)), "{args:?} does not say `{line}`:\n{}", said.text);
            }
            assert_eq!(said.exit, Some(0), "{args:?}: {}", said.text);
            played += 1;
        }
    }
    assert!(played >= 9);
}
