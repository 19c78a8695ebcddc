//! `keywords.tsv` is the one place where a keyword is written; `keyword/table.rs` and `keywords.pest` follow from it.
//! `GUIJU_BLESS=1 cargo test -p guiju-grammar --test keywords` writes them anew.
#![allow(clippy::unwrap_used)] // helpers of tests may unwrap as tests do

use std::fmt::Write as _;
use std::path::Path;

/// The groups whose words this version parses; of the others it only knows the kind words, to refuse them by name.
const SPOKEN: [&str; 9] = ["expression", "header", "common", "source/sink", "event", "test", "table", "feed", "route"];

struct Row<'a> {
    token: &'a str,
    en: &'a str,
    zh: &'a str,
    tier: &'a str,
    group: &'a str,
}

fn rows(tsv: &str) -> Vec<Row<'_>> {
    tsv.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [token, en, zh, tier, group] = fields[..] else { panic!("five columns in `{line}`") };
            Row { token, en, zh, tier, group }
        })
        .collect()
}

fn spoken(row: &Row<'_>) -> bool {
    row.tier != "F" && (SPOKEN.contains(&row.group) || row.tier == "K")
}

fn table(rows: &[Row<'_>]) -> String {
    let keywords: Vec<&Row<'_>> = rows.iter().filter(|row| row.tier != "F").collect();
    let mut out = String::from("// Generated from keywords.tsv by tests/keywords.rs; do not edit.\n\n");
    out += "use super::{Entry, Function, Kw, Tier};\nuse crate::grammar::Rule;\n\n";
    out += "/// Every keyword, in the table's order, which is also the order of [`Kw`].\n";
    out += "pub(super) const TABLE: &[Entry] = &[\n";
    for row in &keywords {
        let tier = match row.tier {
            "R" => "Reserved",
            "C" => "Clause",
            "W" => "Inner",
            "K" => "Kind",
            "V" => "Value",
            "Z" => "Closing",
            other => panic!("unknown tier `{other}`"),
        };
        let _ = writeln!(
            out,
            "    Entry {{ kw: Kw::{}, token: {:?}, en: {:?}, zh: {:?}, tier: Tier::{tier}, group: {:?} }},",
            row.token, row.token, row.en, row.zh, row.group
        );
    }
    out += "];\n\n/// The built-in functions' two spellings.\npub(super) const FUNCTIONS: &[Function] = &[\n";
    for row in rows.iter().filter(|row| row.tier == "F") {
        let _ = writeln!(out, "    Function {{ token: {:?}, en: {:?}, zh: {:?} }},", &row.token[2..], row.en, row.zh);
    }
    out += "];\n\n/// The keyword that a grammar rule reads.\n";
    out += "pub(crate) fn of_rule(rule: Rule) -> Option<Kw> {\n    Some(match rule {\n";
    for row in keywords.iter().filter(|row| spoken(row)) {
        let _ = writeln!(out, "        Rule::{} => Kw::{},", row.token, row.token);
    }
    out += "        _ => return None,\n    })\n}\n\n";
    out += "/// The reserved keyword that starts with a word, in lower case. Of several words only the first is reserved.\n";
    out += "pub(super) fn reserved(word: &str) -> Option<Kw> {\n    Some(match word {\n";
    let mut seen = std::collections::HashSet::new();
    for row in rows.iter().filter(|row| row.tier == "R") {
        for word in [row.en.split(' ').next().unwrap_or_default(), row.zh] {
            if !word.is_empty() && seen.insert(word) {
                let _ = writeln!(out, "        {word:?} => Kw::{},", row.token);
            }
        }
    }
    out += "        _ => return None,\n    })\n}\n\n";
    out += "/// The kind whose declaration starts with a word, in lower case.\n";
    out += "pub(super) fn kind(word: &str) -> Option<Kw> {\n    Some(match word {\n";
    for row in rows.iter().filter(|row| row.tier == "K") {
        let first = row.en.split(' ').next().unwrap_or_default();
        let _ = writeln!(out, "        {first:?} | {:?} => Kw::{},", row.zh, row.token);
    }
    out += "        _ => return None,\n    })\n}\n";
    out
}

fn roles(rows: &[Row<'_>]) -> String {
    let mut out = String::from("// Generated from keywords.tsv by tests/keywords.rs; do not edit.\n\n");
    out += "/// A keyword's role. `AND` and `BETWEEN_AND` are one English word and two roles.\n";
    out += "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]\n";
    out += "#[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)] // the table's own tokens\n";
    out += "pub enum Kw {\n";
    for row in rows.iter().filter(|row| row.tier != "F") {
        let _ = writeln!(out, "    {},", row.token);
    }
    out += "}\n";
    out
}

/// English words are read in any case and with any blanks between them.
fn english(words: &str) -> String {
    let parts: Vec<String> = words.split(' ').map(|word| format!("^\"{word}\"")).collect();
    parts.join(" ~ blank+ ~ ")
}

fn pest(rows: &[Row<'_>]) -> String {
    let mut out = String::from("// Generated from keywords.tsv by tests/keywords.rs; do not edit.\n\n");
    for row in rows.iter().filter(|row| spoken(row)) {
        let en = format!("{} ~ !XID_CONTINUE", english(row.en));
        let zh = format!("\"{}\" ~ zh_end", row.zh);
        let _ = match (row.en.is_empty(), row.zh.is_empty()) {
            (true, _) => writeln!(out, "{} = @{{ {zh} }}", row.token),
            (_, true) => writeln!(out, "{} = @{{ {en} }}", row.token),
            _ => writeln!(out, "{} = @{{ {en} | {zh} }}", row.token),
        };
    }
    out
}

fn same(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("GUIJU_BLESS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{} does not follow keywords.tsv; run with GUIJU_BLESS=1", path.display());
}

fn tsv() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("keywords.tsv")).unwrap()
}

#[test]
fn the_roles_follow_the_table() {
    same("src/keyword/roles.rs", &roles(&rows(&tsv())));
}

#[test]
fn the_entries_follow_the_table() {
    same("src/keyword/table.rs", &table(&rows(&tsv())));
}

#[test]
fn the_grammar_follows_the_table() {
    same("src/grammar/keywords.pest", &pest(&rows(&tsv())));
}

/// A line that starts with a clause word is a new clause: an operator of the same spelling would swallow it.
#[test]
fn no_clause_word_is_an_operator() {
    let tsv = tsv();
    let rows = rows(&tsv);
    // `by`, `of`, `to`-like words that only stand between two parts of one phrase are no operators.
    let operators = ["AND", "OR", "IN", "NOT_IN", "IS_MISSING", "IS_NOT_MISSING", "OR_ELSE", "BETWEEN", "WITHIN_NEXT"]
        .into_iter()
        .chain(["WITHIN_LAST", "OVER", "THEN", "ELSE", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "MATCHES", "OF", "PER"]);
    for operator in operators {
        let operator = rows.iter().find(|row| row.token == operator).unwrap();
        for clause in rows.iter().filter(|row| row.tier == "C" && spoken(row)) {
            assert_ne!(operator.en.split(' ').next(), clause.en.split(' ').next(), "{}", clause.token);
            assert_ne!(operator.zh, clause.zh, "{}", clause.token);
        }
    }
}

/// Within one group and tier two roles never share a spelling, so a word can be looked up.
#[test]
fn a_spelling_names_one_role_in_its_place() {
    let tsv = tsv();
    let rows = rows(&tsv);
    for (i, a) in rows.iter().enumerate() {
        for b in rows[..i].iter().filter(|b| b.group == a.group && b.tier == a.tier) {
            let both = [a.token, b.token];
            if both == ["BETWEEN_AND", "AND"] {
                continue; // one English word, two roles: told apart by `between`
            }
            assert!(a.en.is_empty() || a.en != b.en, "{both:?}");
            assert!(a.zh != b.zh, "{both:?}");
        }
    }
}
