//! Declarations whose head could not be read, that do not end, or that something follows.

use pest::error::Error;

use crate::ast::{Broken, Name, Span};
use crate::grammar::Rule;
use crate::keyword::{self, Kw, Tier};
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

use super::expected;
use super::foreign;
use super::head::mistake;
use super::patterns;
use super::similar::similar;
use super::slice::{Slice, Sort, first_word, tokens};

/// As far as a head goes.
const HEAD: usize = 400;

/// The line that a declaration starts with, as far as a head goes.
fn head_line(text: &str, span: Span) -> Span {
    let line = text[span.range()].find(['\n', '\r']).unwrap_or(span.range().len()).min(HEAD);
    let mut end = span.start as usize + line;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Span::new(span.start as usize, end)
}

/// The kind and name of a declaration that could not be read.
pub(crate) fn head(text: &str, span: Span) -> Broken {
    let words = tokens(text, head_line(text, span));
    let mut words = words.iter().filter(|token| token.sort == Sort::Word);
    let kind = words.next().and_then(|word| keyword::kind(word.text));
    let mut name = words.next();
    if kind == Some(Kw::SCRIPT_FN) && name.is_some_and(|word| word.is("fn")) {
        name = words.next();
    }
    let name = name.map(|word| Name { text: word.text.trim_matches('`').into(), span: word.span });
    Broken { kind, name, span }
}

/// Kinds of the language that this version reads.
fn available(kind: Kw) -> bool {
    matches!(kind.group(), "header" | "common" | "source/sink" | "event" | "test" | "table" | "feed" | "route")
}

/// What is wrong with a declaration that no rule reads.
pub(crate) fn header(text: &str, span: Span, stop: usize, error: &Error<Rule>) -> Problem {
    let (place, word) = first_word(text, span);
    match keyword::kind(word) {
        None => foreign::comment(text, place).unwrap_or_else(|| unknown(place, word)),
        Some(kind) if !available(kind) => {
            Problem { span: place, kind: ProblemKind::KindNotAvailable { kind }, fix: Vec::new() }
        }
        Some(kind) => {
            let slice = Slice::new(text, span, stop);
            let definition = matches!(kind, Kw::LET | Kw::FN);
            let known = if definition { patterns::first(&slice) } else { None };
            let known = known.or_else(|| foreign::invisible(text, head_line(text, span)));
            known.or_else(|| mistake(&slice, kind)).unwrap_or_else(|| {
                let problem = expected::expected(text, span, stop, error);
                let brace =
                    matches!(&problem.kind, ProblemKind::Expected { wanted, .. } if *wanted == [Wanted::Sign("{")]);
                // The end of the head, which may be some lines above.
                let end = span.start as usize + text[span.start as usize..stop].trim_end().len();
                let alone = problem.span.start == problem.span.end || text[end..stop].contains(['\n', '\r']);
                if brace && alone { opening(end) } else { connected(problem, text, span) }
            })
        }
    }
}

/// What people call declarations.
const OTHER_WORDS: [(&str, Kw); 16] = [
    ("规则", Kw::EVENT),
    ("事件规则", Kw::EVENT),
    ("rule", Kw::EVENT),
    ("表", Kw::TABLE),
    ("表格", Kw::TABLE),
    ("变量", Kw::LET),
    ("定义", Kw::LET),
    ("设", Kw::LET),
    ("var", Kw::LET),
    ("define", Kw::LET),
    ("def", Kw::FN),
    ("function", Kw::FN),
    ("include", Kw::IMPORT),
    ("use", Kw::IMPORT),
    ("导入", Kw::IMPORT),
    ("用例", Kw::TEST),
];

/// A line in the first column whose word starts no declaration.
fn unknown(place: Span, word: &str) -> Problem {
    let clause = keyword::all().iter().any(|entry| {
        entry.tier == Tier::Clause
            && available(entry.kw)
            && (entry.zh == word || entry.en.split(' ').next() == Some(word))
    });
    if clause || !word.starts_with(|c: char| c == '_' || c.is_alphanumeric()) {
        return Problem { span: place, kind: ProblemKind::AfterDeclaration { found: word.into() }, fix: Vec::new() };
    }
    let kinds = || keyword::kinds().filter(|entry| available(entry.kw));
    if let Some(entry) = kinds().filter(|entry| word.starts_with(entry.zh)).max_by_key(|entry| entry.zh.len()) {
        let at = place.start + entry.zh.len() as u32;
        let kind = ProblemKind::GluedKeyword { word: entry.kw, rest: word[entry.zh.len()..].into() };
        return Problem { span: place, kind, fix: vec![Edit { span: Span { start: at, end: at }, text: " ".into() }] };
    }
    let other = OTHER_WORDS.iter().find(|(said, _)| said.eq_ignore_ascii_case(word)).map(|(_, kw)| kw.entry());
    let suggestion = other.or_else(|| similar(word, kinds()));
    let fix = suggestion.map(|entry| {
        let meant = if word.is_ascii() { entry.en.split(' ').next().unwrap_or_default() } else { entry.zh };
        Edit { span: place, text: meant.into() }
    });
    let kind = ProblemKind::UnknownKind { found: word.into(), suggestion: suggestion.map(|entry| entry.kw) };
    Problem { span: place, kind, fix: fix.into_iter().collect() }
}

/// What follows a complete declaration. Of a definition it was meant to be a part.
pub(crate) fn trailing(text: &str, declared: Span, tail: Span, definition: bool) -> Problem {
    let (place, found) = first_word(text, tail);
    if let Some(comment) = foreign::comment(text, place) {
        return comment;
    }
    if definition {
        let slice = Slice::new(text, declared.to(tail), place.start as usize);
        if let Some(problem) = patterns::first(&slice).or_else(|| patterns::missing_between(&slice)) {
            return problem;
        }
        let wanted = vec![Wanted::Operator, Wanted::EndOfLine];
        return expected::at(text, tail, place.start as usize, wanted);
    }
    Problem { span: place, kind: ProblemKind::AfterDeclaration { found: found.into() }, fix: Vec::new() }
}

/// `sink followups`: where to. The connection's name is a guess, and shows the form.
fn connected(mut problem: Problem, text: &str, span: Span) -> Problem {
    let to = matches!(&problem.kind, ProblemKind::Expected { wanted, found }
        if *wanted == [Wanted::Word(Kw::TO_CONN)] && found.is_empty());
    if to {
        let chinese = first_word(text, span).1 == Kw::SINK.zh();
        let text =
            if chinese { format!(" {} 柜台", Kw::TO_CONN.zh()) } else { format!(" {} desk", Kw::TO_CONN.en()) };
        problem.fix = vec![Edit { span: problem.span, text }];
    }
    problem
}

/// A head without its opening brace.
fn opening(end: usize) -> Problem {
    let span = Span::new(end, end);
    let kind = ProblemKind::Expected { wanted: vec![Wanted::Sign("{")], found: String::new() };
    Problem { span, kind, fix: vec![Edit { span, text: " {".into() }] }
}

/// A block without its closing brace.
pub(crate) fn missing_close(at: Span, kind: Kw) -> Problem {
    let fix = vec![Edit { span: at, text: "\n}".into() }];
    Problem { span: at, kind: ProblemKind::MissingCloseBrace { kind }, fix }
}
