//! A line of a block that is no clause of it.

use pest::Parser as _;

use crate::ast::Span;
use crate::grammar::{Grammar, Rule};
use crate::keyword::{self, Entry, Kw, Tier};
use crate::parse::furthest;
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

use super::between;
use super::expected;
use super::foreign;
use super::head;
use super::patterns;
use super::repair;
use super::similar::similar;
use super::slice::{Slice, Sort, Token, first_word, replace, tokens};

/// More clauses on one line are not told apart: each is looked for in the rest of the line.
const CLAUSES_ON_A_LINE: usize = 8;

/// What is wrong with a stretch of a `kind`'s block: one finding at least for each line that stands for itself.
pub(crate) fn clause(text: &str, span: Span, kind: Kw) -> Vec<Problem> {
    let mut problems = Vec::new();
    for line in lines(text, span, kind) {
        let mut rest = line;
        for _ in 0..CLAUSES_ON_A_LINE {
            let (problem, tail) = look(text, rest, kind);
            let Some(tail) = tail else {
                // A comment is read no further.
                let code = problem.as_ref().filter(|it| !matches!(it.kind, ProblemKind::ForeignComment { .. }));
                let more = code.map(|problem| repair::beyond(text, rest, problem, kind));
                problems.extend(problem.into_iter().chain(more.into_iter().flatten()));
                break;
            };
            problems.extend(problem);
            rest = tail;
        }
    }
    problems
}

/// Cuts a stretch into lines, each with the lines below that go on with it: in an open bracket, or after or before an
/// operator. The grammar has cut where a clause word can be read; here are lines that begin almost like one.
fn lines(text: &str, span: Span, kind: Kw) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let (mut depth, mut joined, mut line_end) = (0_usize, false, 0);
    for token in tokens(text, span) {
        let below = !found.is_empty() && text[line_end..token.span.start as usize].contains('\n');
        let clause = token.sort == Sort::Word && named(token.text, kind).is_some();
        let goes_on = match token.sort {
            Sort::Word => keyword::reserved(token.text).is_some(),
            Sort::Sign => kind != Kw::TABLE || !matches!(token.text, "|" | "｜"),
            _ => false,
        };
        if found.is_empty() || below && (clause || depth == 0 && !joined && !goes_on) {
            found.push(token.span);
            depth = 0;
        } else if let Some(last) = found.last_mut() {
            *last = last.to(token.span);
        }
        match token.text {
            "(" | "[" | "{" | "（" | "【" | "｛" => depth += 1,
            ")" | "]" | "}" | "）" | "】" | "｝" => depth = depth.saturating_sub(1),
            _ => {}
        }
        joined = match token.sort {
            Sort::Word => goes_on && !matches!(keyword::reserved(token.text), Some(Kw::MISSING | Kw::TRUE | Kw::FALSE)),
            Sort::Sign => !matches!(token.text, ")" | "]" | "}" | "）" | "】" | "｝" | ";" | "；" | "。" | "|" | "｜"),
            _ => false,
        };
        line_end = token.span.end as usize;
    }
    if found.is_empty() {
        found.push(trimmed(text, span));
    }
    found
}

fn trimmed(text: &str, span: Span) -> Span {
    let end = span.start as usize + text[span.range()].trim_end().len();
    Span { start: span.start, end: end as u32 }
}

pub(super) fn strict(kind: Kw) -> Rule {
    match kind {
        Kw::RULEBOOK => Rule::strict_rulebook,
        Kw::SOURCE => Rule::strict_source,
        Kw::SINK => Rule::strict_sink,
        Kw::FEED => Rule::strict_feed,
        Kw::ROUTE => Rule::strict_route,
        Kw::TABLE => Rule::strict_table,
        Kw::TEST => Rule::strict_test,
        _ => Rule::strict_event,
    }
}

/// The clause words of a kind's block.
fn words(kind: Kw) -> impl Iterator<Item = &'static Entry> + Clone {
    let group = match kind {
        Kw::RULEBOOK => "header",
        Kw::SOURCE | Kw::SINK => "source/sink",
        Kw::FEED => "feed",
        Kw::ROUTE => "route",
        Kw::TABLE => "table",
        Kw::TEST => "test",
        _ => "event",
    };
    let common: &[Kw] = match group {
        "event" => &[Kw::FORMERLY, Kw::ON_CHANGE],
        "route" => &[Kw::ON],
        "feed" => &[Kw::TIME_COLUMN, Kw::LATENESS, Kw::IDLE],
        _ => &[],
    };
    let common = common.iter().map(|kw| kw.entry());
    let owned = keyword::all().iter().filter(move |entry| {
        entry.tier == Tier::Clause && entry.group == group && (kind != Kw::SINK || entry.kw == Kw::DELIVER)
    });
    owned.filter(move |entry| kind != Kw::SOURCE || entry.kw != Kw::DELIVER).chain(common)
}

fn named(word: &str, kind: Kw) -> Option<&'static Entry> {
    words(kind)
        .find(|entry| entry.zh == word || entry.en.split(' ').next().is_some_and(|en| en.eq_ignore_ascii_case(word)))
}

/// One finding, and what of the line is left to look at.
pub(super) fn look(text: &str, span: Span, kind: Kw) -> (Option<Problem>, Option<Span>) {
    if let Some(problem) = foreign::invisible(text, span) {
        return (Some(problem), None);
    }
    let Err(error) = Grammar::parse(strict(kind), &text[span.range()]) else { return (None, None) };
    let stop = span.start as usize + furthest(&error);
    let (place, word) = first_word(text, span);
    let entry = named(word, kind);
    // A table's rows start with a bar.
    if entry.is_none() && !(kind == Kw::TABLE && matches!(word, "|" | "｜")) {
        if ends_text_above(text, span) {
            return (None, None);
        }
        let problem = foreign::comment(text, place).unwrap_or_else(|| unknown(text, span, place, word, kind));
        return (Some(problem), None);
    }
    if let Some((problem, tail)) = second_clause(text, span, stop, kind) {
        return (Some(problem), Some(tail));
    }
    let slice = Slice::new(text, span, stop);
    let problem = entry
        .and_then(|entry| wrong_word(&slice, entry).or_else(|| beside(&slice, entry)))
        .or_else(|| if kind == Kw::TEST { record(&slice) } else { None })
        // The clauses of a route hold no conditions.
        .or_else(|| if kind == Kw::ROUTE { None } else { patterns::first(&slice) })
        .unwrap_or_else(|| match kind {
            Kw::ROUTE => expected::expected(text, span, stop, &error),
            _ => expected::or_between(&slice, &error),
        });
    (Some(problem), None)
}

/// What people say for a clause's word.
const OTHER_WORDS: [(&str, Kw); 14] = [
    ("if", Kw::WHEN),
    ("where", Kw::WHEN),
    ("如果", Kw::WHEN),
    ("若", Kw::WHEN),
    ("假如", Kw::WHEN),
    ("条件", Kw::WHEN),
    ("输出", Kw::TO),
    ("发送到", Kw::TO),
    ("写入", Kw::TO),
    ("send", Kw::TO),
    ("对象", Kw::ON),
    ("通知", Kw::TASK),
    ("message", Kw::TASK),
    ("text", Kw::TASK),
];

/// The line above that is not empty.
fn above(text: &str, line: Span) -> &str {
    let before = text[..line.start as usize].trim_end();
    &before[before.rfind(['\n', '\r']).map_or(0, |at| at + 1)..]
}

/// Whether a line was meant to go on with the condition above it.
fn goes_on(text: &str, line: Span) -> bool {
    let above = above(text, line);
    let (_, word) = first_word(above, Span::new(0, above.len()));
    let condition = Kw::WHEN.entry().is(word) || keyword::reserved(word).is_some();
    condition && between::is_condition(text, line)
}

/// Whether a line is the rest of a text that was opened on the line above it, and never closed there: that was said there.
fn ends_text_above(text: &str, line: Span) -> bool {
    let above = above(text, line);
    odd(above, '"') && closes(&text[line.range()], '"')
}

fn odd(text: &str, quote: char) -> bool {
    text.matches(quote).count() % 2 == 1
}

/// Whether a line ends a text that it did not open.
fn closes(line: &str, quote: char) -> bool {
    odd(line, quote) && line.trim_end().ends_with(quote)
}

/// A text that goes on in the line below it, and ends there: the edit that makes one line of the two.
pub(crate) fn rest_below(text: &str, open: Span, close: &str) -> Option<Edit> {
    let quote = close.chars().next()?;
    let after = &text[open.end as usize..];
    let below = after.strip_prefix("\r\n").or_else(|| after.strip_prefix(['\n', '\r']))?;
    let line = &below[..below.find(['\n', '\r']).unwrap_or(below.len())];
    let rest = line.trim_start();
    if !closes(line, quote) || rest.starts_with(quote) {
        return None;
    }
    let from = open.start as usize + text[open.range()].trim_end().len();
    let to = text.len() - below.len() + (line.len() - rest.len());
    // Chinese needs no blank between words.
    let wide = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
    let joint = if wide(text[..from].chars().next_back()) || wide(rest.chars().next()) { "" } else { " " };
    Some(Edit { span: Span::new(from, to), text: joint.into() })
}

/// A line that starts with no word of its block.
fn unknown(text: &str, line: Span, place: Span, word: &str, kind: Kw) -> Problem {
    let glued = words(kind).filter(|entry| word.starts_with(entry.zh)).max_by_key(|entry| entry.zh.len());
    if let Some(entry) = glued {
        let at = place.start + entry.zh.len() as u32;
        let rest = word[entry.zh.len()..].to_owned();
        let fix = vec![Edit { span: Span { start: at, end: at }, text: " ".into() }];
        return Problem { span: place, kind: ProblemKind::GluedKeyword { word: entry.kw, rest }, fix };
    }
    let other =
        OTHER_WORDS.iter().find(|(said, kw)| said.eq_ignore_ascii_case(word) && words(kind).any(|e| e.kw == *kw));
    let suggestion = other.map(|(_, kw)| kw.entry()).or_else(|| similar(word, words(kind)));
    let suggestion = suggestion.filter(|_| !text[place.range()].is_empty());
    let fix = suggestion.map(|entry| {
        let chinese = !word.is_ascii();
        let meant = if chinese { entry.zh } else { entry.en.split(' ').next().unwrap_or_default() };
        Edit { span: place, text: meant.into() }
    });
    let suggestion = suggestion.map(|entry| entry.kw);
    let fix = match (fix, kind) {
        (None, Kw::EVENT) if goes_on(text, line) => {
            let joint = if word.is_ascii() { Kw::AND.en() } else { Kw::AND.zh() };
            Some(Edit { span: Span { start: place.start, end: place.start }, text: format!("{joint} ") })
        }
        (fix, _) => fix,
    };
    let kind = ProblemKind::UnknownClause { found: word.into(), kind, suggestion };
    Problem { span: place, kind, fix: fix.into_iter().collect() }
}

/// A complete clause, then another clause's word.
fn second_clause(text: &str, span: Span, stop: usize, kind: Kw) -> Option<(Problem, Span)> {
    let rest = Span { start: stop as u32, end: span.end };
    let (place, word) = first_word(text, rest);
    let entry = named(word, kind)?;
    let before = Span { start: span.start, end: place.start };
    let before = trimmed(text, before);
    Grammar::parse(strict(kind), &text[before.range()]).ok()?;
    let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..span.start as usize];
    let indent = if indent.trim().is_empty() { indent } else { "  " };
    let gap = Span { start: before.end, end: place.start };
    let problem = Problem {
        span: place,
        kind: ProblemKind::SecondClause { word: entry.kw },
        fix: vec![Edit { span: gap, text: format!("\n{indent}") }],
    };
    Some((problem, Span { start: place.start, end: span.end }))
}

/// `priority = high`, `task answer the customer`
fn beside(slice: &Slice<'_>, entry: &'static Entry) -> Option<Problem> {
    let next = slice.get(1)?;
    if matches!(next.text, "=" | "＝" | ":=" | "->") {
        let end = slice.get(2).map_or(next.span.end, |value| value.span.start);
        let fix = vec![Edit { span: Span { start: next.span.start, end }, text: String::new() }];
        return Some(Problem { span: next.span, kind: ProblemKind::ColonAfterWord { word: entry.kw }, fix });
    }
    let text = matches!(entry.kw, Kw::TASK | Kw::OWNER | Kw::TENANT | Kw::ZONE) && next.sort == Sort::Word;
    let template = next.starts(Kw::TEMPLATE) || slice.tokens.iter().any(|token| token.sort == Sort::Text);
    (text && !template).then(|| head::unquoted(slice, next.span.to(slice.tokens[slice.tokens.len() - 1].span)))
}

/// `given customers customer_id: 1, name: "Li"`: a row without its braces.
fn record(slice: &Slice<'_>) -> Option<Problem> {
    slice.get(0).filter(|word| word.starts(Kw::GIVEN))?;
    let at = slice.tokens.iter().position(|token| matches!(token.text, ":" | "：")).filter(|at| *at >= 3)?;
    let field = slice.get(at - 1).filter(|token| token.is_name())?;
    let plain = |token: &Token<'_>| !matches!(token.text, "{" | "}" | "｛" | "｝");
    let last = slice.tokens.last().filter(|_| slice.tokens.iter().all(plain))?;
    let kind = ProblemKind::Expected { wanted: vec![Wanted::Sign("{")], found: field.text.into() };
    let insert = |at: u32, text: &str| Edit { span: Span { start: at, end: at }, text: text.into() };
    Some(Problem { span: field.span, kind, fix: vec![insert(field.span.start, "{ "), insert(last.span.end, " }")] })
}

/// A clause word of two, the second of them another one: `assign x`, `expires in 5d`, `on changes`.
fn wrong_word(slice: &Slice<'_>, entry: &'static Entry) -> Option<Problem> {
    let first = slice.get(0)?;
    let mut meant = entry.en.split(' ');
    let (_, wanted) = (meant.next()?, meant.next()?);
    let second = slice.get(1)?;
    if slice.stop > first.span.start as usize && second.is(wanted) || !first.text.is_ascii() {
        return None;
    }
    // `at most` is one word between others.
    if second.is(wanted) || second.text.split(' ').next() == Some(wanted) {
        return None;
    }
    let kind = |found: &str| ProblemKind::WrongWord { found: found.into(), meant: entry.en.into() };
    let small =
        second.is_any(&["in", "to", "for", "at", "by", "on", "with", "of", "the", "after", "a", "each", "every"]);
    if small {
        let span = first.span.to(second.span);
        return Some(replace(span, kind(slice.said(span)), entry.en));
    }
    // `on customers` is complete with one word.
    let alone =
        keyword::all().iter().any(|other| other.tier == Tier::Clause && other.en.eq_ignore_ascii_case(first.text));
    (!alone).then(|| replace(first.span, kind(first.text), entry.en))
}
