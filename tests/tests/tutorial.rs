//! The tutorials and the reference page of tests, done as written: every file in them is written, every command is run, and every answer is what they say.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use guiju_tests::command::{Said, guiju};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A fenced block of a tutorial.
enum Block {
    /// Commands after `$ `, each with the lines that must be in its answer, in this order; `…` stands for anything.
    Console(Vec<(String, Vec<String>)>),
    /// Text to put at the end of a file.
    Append(PathBuf, String),
    /// Text to put in the place of what was last put at the end of a file.
    Again(PathBuf, String),
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    let mut file: Option<(String, PathBuf)> = None;
    while let Some(line) = lines.next() {
        if let Some(order) = line.strip_prefix("<!-- ").and_then(|l| l.strip_suffix(" -->")) {
            let (verb, path) = order.split_once(' ').expect("a verb and a file");
            file = Some((verb.to_owned(), PathBuf::from(path)));
        } else if line == "```console" {
            let mut commands: Vec<(String, Vec<String>)> = Vec::new();
            for line in lines.by_ref().take_while(|line| *line != "```") {
                match (line.strip_prefix("$ "), commands.last_mut()) {
                    (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
                    (None, Some((_, answer))) => answer.push(line.to_owned()),
                    (None, None) => panic!("an answer without a command: {line}"),
                }
            }
            blocks.push(Block::Console(commands));
        } else if line == "```guiju" {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let body = body.join("\n") + "\n";
            match file.take() {
                Some((verb, path)) if verb == "append" => blocks.push(Block::Append(path, body)),
                Some((verb, path)) if verb == "again" => blocks.push(Block::Again(path, body)),
                other => panic!("a rulebook text that goes nowhere: {other:?}"),
            }
        }
    }
    blocks
}

/// The expected lines are found in the answer in their order; the pieces between `…` stand in one line, in their order.
fn answers(said: &Said, expected: &[String]) -> Result<(), String> {
    let mut lines = said.text.lines();
    for wanted in expected.iter().filter(|line| !line.trim().is_empty()) {
        let holds = |line: &str| {
            let mut rest = line.trim();
            let pieces: Vec<&str> = wanted.split('…').map(str::trim).collect();
            pieces.iter().filter(|piece| !piece.is_empty()).all(|piece| match rest.find(piece) {
                Some(at) => {
                    rest = &rest[at + piece.len()..];
                    true
                }
                None => false,
            }) && (wanted.contains('…') || line.trim() == wanted.trim())
        };
        if !lines.any(holds) {
            return Err(format!("`{wanted}` is not in the answer\n{}", said.text));
        }
    }
    Ok(())
}

fn walk_through(tutorial: &str, terminal: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(tutorial);
    let text = fs::read_to_string(path).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut folder = home.path().to_owned();
    let mut before = String::new();
    let mut commands = 0;
    for block in blocks(&text) {
        match block {
            Block::Append(path, body) => {
                before = fs::read_to_string(folder.join(&path)).unwrap();
                fs::write(folder.join(&path), format!("{before}{body}")).unwrap();
            }
            Block::Again(path, body) => fs::write(folder.join(&path), format!("{before}{body}")).unwrap(),
            Block::Console(list) => {
                for (command, answer) in list {
                    let words: Vec<&str> = command.split_whitespace().collect();
                    match words.as_slice() {
                        ["cd", to] => folder.push(to),
                        ["guiju", args @ ..] => {
                            let said = guiju(&folder, terminal, args);
                            answers(&said, &answer).unwrap_or_else(|e| panic!("{tutorial}: $ {command}\n{e}"));
                            commands += 1;
                        }
                        _ => panic!("{tutorial}: the reader cannot be asked to run `{command}`"),
                    }
                }
            }
        }
    }
    assert!(commands >= 9, "{tutorial}: only {commands} commands");
}

#[test]
fn in_english() {
    walk_through("examples/tutorial.en.md", "en_US.UTF-8");
}

#[test]
fn in_chinese() {
    walk_through("examples/tutorial.zh.md", "zh_CN.UTF-8");
}

#[test]
fn the_reference_page_of_tests() {
    walk_through("dsl-grammar/reference/tests.md", "en_US.UTF-8");
}

/// The comparison of answers can fail.
#[test]
fn a_wrong_answer_is_noticed() {
    let said = Said { exit: Some(0), text: "one\nrun 7: 2 new tasks, 0.1 s\n".into() };
    let expect = |lines: &[&str]| answers(&said, &lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>());
    assert!(expect(&["one", "… 2 new tasks, …"]).is_ok());
    assert!(expect(&["… 3 new tasks, …"]).is_err());
    assert!(expect(&["… 2 new tasks, …", "one"]).is_err());
    assert!(expect(&["run 7"]).is_err());
}
