//! What is wrong with a stretch that the grammar could not read.

use crate::ast::{Broken, Name, Span};
use crate::keyword::{self, Kw};
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

/// The kind and name of a declaration that could not be read.
pub(crate) fn head(text: &str, span: Span) -> Broken {
    let slice = &text[span.range()];
    let mut at = 0;
    let mut next = || {
        let rest = &slice[at..];
        let skip = rest.len() - rest.trim_start_matches([' ', '\t', '\u{3000}', '\u{A0}']).len();
        at += skip;
        let rest = &slice[at..];
        let len = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let found = (at, &rest[..len]);
        at += len;
        found
    };
    let (_, word) = next();
    let kind = keyword::kinds().find(|entry| entry.is(word) || entry.en.split(' ').next() == Some(word));
    let (mut start, mut name) = next();
    if kind.is_some_and(|entry| entry.kw == Kw::SCRIPT_FN) && name == "fn" {
        (start, name) = next();
    }
    let start = span.start as usize + start;
    let name = (!name.is_empty()).then(|| Name { text: name.into(), span: Span::new(start, start + name.len()) });
    Broken { kind: kind.map(|entry| entry.kw), name, span }
}

fn word_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let len = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
    let len = if len == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { len };
    &rest[..len]
}

fn expected(text: &str, at: usize, limit: usize, wanted: Vec<Wanted>) -> Problem {
    let at = at.min(limit);
    let found = if at < limit { word_at(text, at) } else { "" };
    let span = Span::new(at, (at + found.len()).min(limit));
    Problem { span, kind: ProblemKind::Expected { wanted, found: found.into() }, fix: Vec::new() }
}

/// A declaration whose head could not be read.
pub(crate) fn header(text: &str, span: Span, at: usize) -> Vec<Problem> {
    let broken = head(text, span);
    let word = word_at(text, span.start as usize);
    let place = Span::new(span.start as usize, span.start as usize + word.len());
    match broken.kind {
        None => {
            let kind = ProblemKind::UnknownKind { found: word.into(), suggestion: None };
            vec![Problem { span: place, kind, fix: Vec::new() }]
        }
        Some(_) => vec![expected(text, at, span.end as usize, Vec::new())],
    }
}

/// What follows a complete declaration.
pub(crate) fn trailing(text: &str, _declared: Span, tail: Span) -> Vec<Problem> {
    let found = word_at(text, tail.start as usize);
    let span = Span::new(tail.start as usize, tail.start as usize + found.len());
    vec![Problem { span, kind: ProblemKind::AfterDeclaration { found: found.into() }, fix: Vec::new() }]
}

/// A block without its closing brace.
pub(crate) fn missing_close(_text: &str, at: Span, kind: Kw) -> Problem {
    let fix = vec![Edit { span: at, text: "\n}".into() }];
    Problem { span: at, kind: ProblemKind::MissingCloseBrace { kind }, fix }
}

/// A line of a block that is no clause of it.
pub(crate) fn clause(text: &str, span: Span, kind: Kw) -> Vec<Problem> {
    let found = word_at(text, span.start as usize);
    let place = Span::new(span.start as usize, span.start as usize + found.len());
    let kind = ProblemKind::UnknownClause { found: found.into(), kind, suggestion: None };
    vec![Problem { span: place, kind, fix: Vec::new() }]
}

/// A slot whose expression could not be read.
pub(crate) fn slot(text: &str, span: Span) -> Vec<Problem> {
    let found = text[span.range()].trim_matches(['{', '}']).to_owned();
    vec![Problem { span, kind: ProblemKind::BadSlot { found }, fix: Vec::new() }]
}

/// A literal as people type it.
pub(crate) fn literal(text: &str, _span: Span) -> (ProblemKind, Vec<Edit>) {
    (ProblemKind::BadNumber { found: text.into(), meant: None }, Vec::new())
}
