//! The TextMate grammar, made from the keyword table.

use guiju_grammar::keyword::{Entry, Kw, Tier, all};
use serde_json::{Value, json};

/// Blanks within a line, as the parser has them.
const BLANK: &str = "[ \\t\\u3000\\u00A0]";
/// What a name goes on with.
const MORE: &str = "[\\p{L}\\p{N}_]";
const NAME: &str = "[\\p{L}_][\\p{L}\\p{N}_]*|`[^`]+`";

pub(crate) fn grammar() -> Value {
    let kinds = words(|entry| entry.tier == Tier::Kind);
    let clauses = words(|entry| entry.tier == Tier::Clause);
    let constants = [Kw::MISSING, Kw::TRUE, Kw::FALSE, Kw::NOW, Kw::TODAY];
    let operators = words(|entry| entry.tier == Tier::Reserved && !constants.contains(&entry.kw));
    let values = words(|entry| constants.contains(&entry.kw));
    let script = words(|entry| entry.kw == Kw::SCRIPT_FN);
    let matches = words(|entry| entry.kw == Kw::MATCHES);
    json!({
        "information": "Generated from keywords.tsv by tests/editor; do not edit.",
        "name": "Guiju",
        "scopeName": "source.guiju",
        "fileTypes": ["gj"],
        "patterns": [
            { "include": "#script" },
            {
                "match": format!("^({kinds})(?:{BLANK}+({NAME}))?"),
                "captures": { "1": { "name": "keyword.other.guiju" }, "2": { "name": "entity.name.guiju" } },
            },
            {
                "match": format!("(?:^{BLANK}+|[{{｛]{BLANK}*)({clauses})(?!{BLANK}*[:：])"),
                "captures": { "1": { "name": "keyword.control.guiju" } },
            },
            { "include": "#expression" },
        ],
        "repository": {
            "script": { "patterns": [
                {
                    "match": format!("^({script}){BLANK}+({NAME})([^{{｛]*[{{｛])(.*)[}}｝]{BLANK}*$"),
                    "captures": header(Some("source.rhai")),
                },
                {
                    "begin": format!("^({script}){BLANK}+({NAME})([^{{｛]*[{{｛]){BLANK}*$"),
                    "beginCaptures": header(None),
                    "end": "^[}｝]",
                    "contentName": "source.rhai",
                    "patterns": [],
                },
            ] },
            "expression": { "patterns": [
                { "name": "comment.line.number-sign.guiju", "match": "[#＃].*$" },
                { "include": "#text" },
                {
                    "match": format!("({matches}){BLANK}*(/(?:\\\\.|[^/\\\\])+/)"),
                    "captures": { "1": { "name": "keyword.operator.word.guiju" }, "2": { "name": "string.regexp.guiju" } },
                },
                { "name": "constant.numeric.guiju", "match": number() },
                { "name": "constant.language.guiju", "match": format!("(?<![\\p{{L}}\\p{{N}}_.。])({values})") },
                { "name": "keyword.operator.word.guiju", "match": format!("(?<![\\p{{L}}\\p{{N}}_.。])({operators})") },
                { "name": "variable.other.guiju", "match": NAME },
            ] },
            "text": { "patterns": [quoted("\"", "\""), quoted("“", "”")] },
            "slot": {
                "begin": "[{｛]", "end": "[}｝]|$", "name": "meta.embedded.guiju",
                "patterns": [
                    { "name": "constant.other.placeholder.guiju", "match": "[:：][^}｝\"]*(?=[}｝])" },
                    { "include": "#expression" },
                ],
            },
        },
    })
}

/// Of a script: its word, its name, its parameters, and the body if that is on the same line.
fn header(body: Option<&str>) -> Value {
    json!({
        "1": { "name": "keyword.other.guiju" },
        "2": { "name": "entity.name.guiju" },
        "3": { "patterns": [{ "include": "#expression" }] },
        "4": { "name": body },
    })
}

fn quoted(open: &str, close: &str) -> Value {
    json!({
        "name": "string.quoted.double.guiju", "begin": open, "end": format!("{close}|$"),
        "patterns": [
            { "name": "string.quoted.double.guiju constant.character.escape.guiju", "match": "\\\\.|\\{\\{|\\}\\}" },
            { "include": "#slot" },
        ],
    })
}

/// Dates, times, addresses, spans of time, numbers with their units.
fn number() -> String {
    let date = "\\d{4}(?:-\\d{2}-\\d{2}|年\\d{1,2}月\\d{1,2}日)";
    let clock = "\\d{2}:\\d{2}(?::\\d{2})?";
    let address = "\\d{1,3}(?:\\.\\d{1,3}){3}(?:/\\d{1,2})?";
    let service = "(?i:tcp|udp|icmp)/\\d+(?:\\.\\.\\d+)?";
    let span = format!(
        "\\d[\\d_]*(?:[smhd](?!{MORE})|{BLANK}*(?:个交易日|交易日|个月|分钟|小时|秒|天|年)|\
         {BLANK}*(?i:trading{BLANK}+day|second|minute|hour|day|month|year)s?(?!{MORE}))"
    );
    let amount =
        format!("\\d[\\d_]*(?:\\.\\d[\\d_]*)?(?:{BLANK}*[%％万亿]|bp)?(?:美元|港元|元|股|手|份|dB|km|metres|公里|米)?");
    format!("(?<![A-Za-z_])(?:{date}(?:(?:{BLANK}+|T){clock})?|{clock}|{address}|{service}|{span}|{amount})")
}

/// An alternation of both spellings; longer ones first, so that `not in` is not `not`.
fn words(wanted: impl Fn(&Entry) -> bool) -> String {
    let entries = || all().iter().filter(|entry| wanted(entry));
    let sorted = |mut words: Vec<String>| {
        words.sort_by_key(|word| (std::cmp::Reverse(word.chars().count()), word.clone()));
        words.dedup();
        words.join("|")
    };
    let english =
        sorted(entries().filter(|e| !e.en.is_empty()).map(|e| e.en.replace(' ', &format!("{BLANK}+"))).collect());
    let chinese = sorted(entries().map(|e| e.zh.to_owned()).collect());
    // A Chinese keyword ends before a digit, too.
    format!("(?i:{english})(?!{MORE})|(?:{chinese})(?![\\p{{L}}_])")
}
