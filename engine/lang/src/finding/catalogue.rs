//! The prose: `findings/*.tsv`, one file per area, English and Chinese side by side.

use super::{Arg, Code, Finding, Severity};
use crate::ty::Type;
use std::{collections::HashMap, sync::OnceLock};

/// The language people are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English
    #[default]
    En,
    /// 中文
    Zh,
}

/// A row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The number.
    pub code: Code,
    /// The name for programs and documentation: `unknown-name`.
    pub slug: &'static str,
    /// How bad.
    pub severity: Severity,
    message: [&'static str; 2],
    help: [&'static str; 2],
}

const AREAS: [(&str, &str); 8] = [
    ("words", include_str!("../../findings/words.tsv")),
    ("names", include_str!("../../findings/names.tsv")),
    ("meaning", include_str!("../../findings/meaning.tsv")),
    ("kinds", include_str!("../../findings/kinds.tsv")),
    ("tests", include_str!("../../findings/tests.tsv")),
    ("data", include_str!("../../findings/data.tsv")),
    ("store", include_str!("../../findings/store.tsv")),
    ("cli", include_str!("../../findings/cli.tsv")),
];
const PHRASES: &str = include_str!("../../findings/phrases.tsv");

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).filter(|l| !l.is_empty()).map(|l| l.split('\t').collect())
}

fn entries() -> &'static HashMap<Code, Entry> {
    static ENTRIES: OnceLock<HashMap<Code, Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let all = AREAS.iter().flat_map(|(_, text)| rows(text)).filter_map(|row| parse(&row));
        all.map(|e| (e.code, e)).collect()
    })
}

fn parse(row: &[&'static str]) -> Option<Entry> {
    let &[code, slug, severity, en, zh, help_en, help_zh] = row else { return None };
    let severity = match severity {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        "note" => Severity::Note,
        _ => return None,
    };
    Some(Entry { code: Code(code.parse().ok()?), slug, severity, message: [en, zh], help: [help_en, help_zh] })
}

fn phrases() -> &'static HashMap<&'static str, [&'static str; 2]> {
    static ALL: OnceLock<HashMap<&'static str, [&'static str; 2]>> = OnceLock::new();
    ALL.get_or_init(|| {
        let pairs = rows(PHRASES).filter_map(|r| match r[..] {
            [key, en, zh] => Some((key, [en, zh])),
            _ => None,
        });
        pairs.collect()
    })
}

/// The registry's row of a code.
pub fn entry(code: Code) -> Option<&'static Entry> {
    entries().get(&code)
}

/// All rows, by code.
pub fn all() -> Vec<&'static Entry> {
    let mut all: Vec<_> = entries().values().collect();
    all.sort_by_key(|e| e.code);
    all
}

/// A phrase of `phrases.tsv` in the language; the key itself if there is none (a test keeps that from happening).
pub fn phrase(key: &str, lang: Lang) -> &str {
    phrases().get(key).map_or(key, |p| p[lang.index()])
}

/// The text of a label.
pub fn label(key: &str, lang: Lang) -> &'static str {
    // Keys are written in code; the phrases' test and this fall-back keep a forgotten one harmless.
    phrases().iter().find(|(k, _)| k.strip_prefix("label.") == Some(key)).map_or("", |(_, p)| p[lang.index()])
}

/// The message of a finding.
pub fn message(finding: &Finding, lang: Lang) -> String {
    entry(finding.code).map_or_else(|| finding.code.to_string(), |e| fill(e.message[lang.index()], &finding.args, lang))
}

/// What to do about it, if the catalogue knows.
pub fn help(finding: &Finding, lang: Lang) -> Option<String> {
    let text = entry(finding.code)?.help[lang.index()];
    (!text.is_empty()).then(|| fill(text, &finding.args, lang)).filter(|t| !t.is_empty())
}

/// "did you mean …?", if something is near.
pub fn did_you_mean(finding: &Finding, lang: Lang) -> Option<String> {
    let names = Arg::Names(finding.suggestions.clone());
    (!finding.suggestions.is_empty()).then(|| fill(phrase("did-you-mean", lang), &[("names", names)], lang))
}

impl Lang {
    fn index(self) -> usize {
        match self {
            Self::En => 0,
            Self::Zh => 1,
        }
    }
}

/// Fills `{name}`; `{{` and `}}` are braces. An argument that is not given leaves `…`.
pub(super) fn fill(template: &str, args: &[(&'static str, Arg)], lang: Lang) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut quoted = false;
    let mut rest = template.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
                out.push(c);
            }
            '{' => {
                let key: String = rest.by_ref().take_while(|c| *c != '}').collect();
                match args.iter().find(|(name, _)| *name == key) {
                    Some((_, arg)) => out.push_str(&show(arg, lang, quoted)),
                    None => out.push('…'),
                }
            }
            _ => {
                quoted ^= c == '`';
                out.push(c);
            }
        }
    }
    out
}

/// An argument in words; inside backticks of the template, without its own.
fn show(arg: &Arg, lang: Lang, quoted: bool) -> String {
    let quote = |text: &str| if quoted { text.to_owned() } else { format!("`{text}`") };
    match arg {
        Arg::Name(text) => quote(text),
        Arg::Names(all) => {
            let all: Vec<_> = all.iter().map(|n| quote(n)).collect();
            all.join(if lang == Lang::Zh { "、" } else { ", " })
        }
        Arg::Type(ty) => phrase(type_key(ty), lang).to_owned(),
        Arg::Value(value) => quote(&value::show(value, lang)),
        Arg::Count(n) => n.to_string(),
        Arg::Word(key) => phrase(key, lang).to_owned(),
        Arg::Keyword(word) => quote(if lang == Lang::Zh || word.en().is_empty() { word.zh() } else { word.en() }),
        Arg::Plain(text) => text.clone(),
        Arg::Either(en, zh) => (*[en, zh][lang.index()]).to_owned(),
        Arg::Example(columns) => quote(&value::example(columns, lang)),
        Arg::List(all) => {
            let all: Vec<_> = all.iter().map(|a| show(a, lang, quoted)).collect();
            all.join(if lang == Lang::Zh { "、" } else { ", " })
        }
    }
}

fn type_key(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "type.bool",
        Type::Integer => "type.integer",
        Type::Decimal(_) => "type.decimal",
        Type::Real => "type.real",
        Type::Text => "type.text",
        Type::Date => "type.date",
        Type::Time => "type.time",
        Type::Timestamp => "type.timestamp",
        Type::Duration => "type.duration",
        Type::Ip => "type.ip",
        Type::Cidr => "type.cidr",
        Type::Service => "type.service",
        Type::List(_) => "type.list",
        Type::Record(_) => "type.record",
        Type::Unknown => "type.unknown",
    }
}

mod value;

#[cfg(test)]
mod tests;
