//! The first line of a declaration: its name and its title.

use crate::ast::Span;
use crate::keyword::Kw;
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

use super::slice::{Slice, Sort, Token, replace};

/// A longer title is not made a name of.
const LONGEST: usize = 60;

/// What is wrong with the name or title of a declaration of a kind.
pub(super) fn mistake(slice: &Slice<'_>, kind: Kw) -> Option<Problem> {
    let first = if kind == Kw::SCRIPT_FN && slice.get(1)?.is("fn") { 2 } else { 1 };
    let token = slice.get(first)?;
    if kind == Kw::TEST {
        return title(slice, first);
    }
    if token.sort == Sort::Text {
        return nameless(token);
    }
    hyphened(slice, first).or_else(|| {
        let titled = matches!(kind, Kw::EVENT | Kw::RULEBOOK | Kw::TEMPLATE);
        if titled { several(slice, first) } else { None }
    })
}

/// `event "a complaint nobody answers" {`
fn nameless(title: &Token<'_>) -> Option<Problem> {
    let found = title.text.chars().next()?.to_string();
    let kind = ProblemKind::Expected { wanted: vec![Wanted::Name], found };
    let at = Span { start: title.span.start, end: title.span.start };
    let fix = name_of(title.text).map(|name| Edit { span: at, text: format!("{name} ") });
    Some(Problem { span: at, kind, fix: fix.into_iter().collect() })
}

/// Letters and digits, with `_` for everything between them.
fn name_of(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_").to_lowercase();
    let starts = name.starts_with(char::is_alphabetic);
    (starts && name.len() <= LONGEST).then_some(name)
}

/// `event slow-complaint`, `event desk.slow`
fn hyphened(slice: &Slice<'_>, first: usize) -> Option<Problem> {
    let mut last = first;
    while slice.touch(last)
        && slice.touch(last + 1)
        && slice.get(last + 1).is_some_and(|sign| matches!(sign.text, "-" | "." | "/" | "·" | "–" | "—"))
        && slice.get(last + 2).is_some_and(|token| token.sort != Sort::Sign && token.sort != Sort::Text)
    {
        last += 2;
    }
    let span = slice.get(first)?.span.to(slice.get(last)?.span);
    (last > first).then(|| bad_name(slice, span))?
}

fn bad_name(slice: &Slice<'_>, span: Span) -> Option<Problem> {
    let found = slice.said(span);
    let words: Vec<&str> =
        found.split(|c: char| c != '_' && !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let meant = words.join("_");
    let kind = ProblemKind::BadName { found: found.into(), meant: meant.clone() };
    meant.starts_with(|c: char| c == '_' || c.is_alphabetic()).then(|| replace(span, kind, meant))
}

/// `event slow complaint "…"`: one name; `event slow complaints {`: a title without its quotes.
fn several(slice: &Slice<'_>, first: usize) -> Option<Problem> {
    let words = slice.tokens.iter().skip(first).take_while(|token| token.sort == Sort::Word).count();
    let next = slice.get(first + words)?;
    if words < 2 {
        return None;
    }
    let last = slice.get(first + words - 1)?;
    match next.sort {
        Sort::Text => bad_name(slice, slice.get(first)?.span.to(last.span)),
        _ if matches!(next.text, "{" | "｛") => Some(unquoted(slice, slice.get(first + 1)?.span.to(last.span))),
        _ => None,
    }
}

/// `test a slow one {`
fn title(slice: &Slice<'_>, first: usize) -> Option<Problem> {
    let words = slice.tokens.iter().skip(first).take_while(|token| !matches!(token.text, "{" | "｛")).count();
    let (start, last) = (slice.get(first)?, slice.get(first + words.checked_sub(1)?)?);
    let plain = start.sort == Sort::Word && slice.get(first + words).is_some();
    plain.then(|| unquoted(slice, start.span.to(last.span)))
}

/// A text without its quotes.
pub(super) fn unquoted(slice: &Slice<'_>, span: Span) -> Problem {
    let found = slice.said(span);
    let kind = ProblemKind::Expected { wanted: vec![Wanted::Text], found: found.into() };
    replace(span, kind, format!("\"{found}\""))
}
