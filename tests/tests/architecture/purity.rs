//! The functional core reads no clock, no file, no network, no environment and no random source.

use crate::{code, none, sources};
use std::path::Path;

/// The core, in the order of the import table.
const CORE: [&str; 6] =
    ["dsl-grammar/src", "engine/lang/src", "engine/eval/src", "engine/core/src", "engine/mot/src", "engine/fiber/src"];

/// Types and functions that reach outside, wherever they are imported from.
const WORDS: [&str; 14] = [
    "SystemTime",
    "Instant",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "stdin",
    "sleep",
    "thread_rng",
    "RandomState",
    "fastrand",
    "getrandom",
    "tokio",
];

/// Modules of the standard library that reach outside. `net` is not among them: addresses are values.
/// Nor is `thread`: work may be split as long as the result does not depend on it.
const MODULES: [&str; 3] = ["fs", "env", "process"];

#[test]
fn the_core_is_pure() {
    let mut found = Vec::new();
    for folder in CORE {
        for (path, text) in sources(folder) {
            if !is_test(&path) {
                found.extend(impure(&text).into_iter().map(|what| format!("{}:{what}", path.display())));
            }
        }
    }
    none(&found);
}

/// A module that its parent declares under `#[cfg(test)]`, by this project's names for such files.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.file_stem().is_some_and(|name| name == "tests")
}

/// What in the text reaches outside, with its line.
fn impure(text: &str) -> Vec<String> {
    let code = code::only(text);
    let mut found: Vec<(usize, String)> = code::words(&code)
        .filter(|(_, word)| WORDS.contains(word))
        .map(|(line, word)| (line, format!("{line}: `{word}`")))
        .collect();
    for (at, _) in code.match_indices("std::") {
        let line = code[..at].matches('\n').count() + 1;
        for module in heads(&code[at + "std::".len()..]) {
            if MODULES.contains(&module) {
                found.push((line, format!("{line}: `std::{module}`")));
            }
        }
    }
    if code.contains("rand::") {
        found.push((0, "0: `rand`".to_owned()));
    }
    found.sort();
    found.into_iter().map(|(_, what)| what).collect()
}

/// The modules that a path after `std::` begins with: one, or each of a group in braces.
fn heads(rest: &str) -> Vec<&str> {
    let word = |text: &'_ str| -> usize { text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()) };
    let Some(group) = rest.strip_prefix('{') else { return vec![&rest[..word(rest)]] };
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = group[start..at].trim_start();
                heads.push(&item[..word(item)]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn what_reaches_outside_is_seen() {
    for (line, bad) in [
        "let now = std::time::SystemTime::now();",
        "use std::{collections::{HashMap, BTreeMap}, fs};",
        "use std::{\n    env,\n    fmt,\n};",
        "let t = Instant::now();",
        "std::thread::sleep(d);",
        "let x: u8 = rand::random();",
        "use std::net::{IpAddr, TcpStream};",
        "let text = std::fs::read_to_string(path)?;",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(impure(bad).len(), 1, "sample {line}: {bad}");
    }
}

#[test]
fn what_only_looks_like_it_is_let_through() {
    none(&impure("use std::net::{IpAddr, Ipv4Addr};\nuse std::{fmt, collections::BTreeMap};\n"));
    none(&impure("/// Not `std::fs`, not SystemTime.\nconst HELP: &str = \"std::fs and Instant\";"));
    none(&impure("#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"));
    none(&impure("let instant = operand;\n"));
}
