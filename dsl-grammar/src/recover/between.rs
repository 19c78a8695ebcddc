//! Something is missing between two operands, or stands there that says nothing.

use std::collections::HashSet;

use crate::ast::Span;
use crate::keyword::{self, Entry, Kw, Tier};
use crate::problem::{Edit, Problem, ProblemKind};

use super::similar::similar;
use super::slice::{Slice, Sort, Token, replace};

/// What can only be an operand.
fn is_operand(token: &Token<'_>) -> bool {
    token.is_name() || is_value(token)
}

fn is_value(token: &Token<'_>) -> bool {
    matches!(token.sort, Sort::Text | Sort::Number | Sort::Duration | Sort::Literal)
}

/// Clauses of one name or one text hold no operands.
fn has_operands(slice: &Slice<'_>) -> bool {
    let Some(first) = slice.get(0) else { return false };
    let without = [Kw::ON, Kw::TO, Kw::ONCE_PER, Kw::EXPIRES_AFTER, Kw::TASK, Kw::FORMERLY, Kw::KEY, Kw::COLUMN];
    let tests = [Kw::GIVEN, Kw::EXPECT, Kw::AFTER, Kw::FOR_ANY, Kw::OWNER, Kw::CALENDAR, Kw::ZONE, Kw::TENANT];
    !without.into_iter().chain(tests).any(|word| first.starts(word))
}

/// Where the operands of a stretch begin: behind its clause word.
fn operands_from(slice: &Slice<'_>) -> usize {
    let Some(first) = slice.get(0) else { return 0 };
    let clauses = keyword::all().iter().filter(|entry| matches!(entry.tier, Tier::Clause | Tier::Kind));
    let words = |entry: &Entry| {
        entry.en.split(' ').enumerate().take_while(|(k, word)| slice.get(*k).is_some_and(|t| t.is(word))).count()
    };
    clauses.filter(|entry| first.starts(entry.kw)).map(|entry| words(entry).max(1)).max().unwrap_or(0)
}

/// The innermost bracket that is open before a token.
fn open_bracket<'a>(slice: &'a Slice<'_>, i: usize) -> Option<&'a str> {
    let mut open = Vec::new();
    for token in slice.tokens.iter().take(i).filter(|token| token.sort == Sort::Sign) {
        match token.text {
            "(" | "[" | "{" | "（" | "【" | "｛" => open.push(token.text),
            ")" | "]" | "}" | "）" | "】" | "｝" => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// Whether the words around are Chinese.
fn is_chinese(slice: &Slice<'_>) -> bool {
    slice.tokens.iter().find(|token| token.sort == Sort::Word).is_some_and(|token| !token.text.is_ascii())
}

fn joint(slice: &Slice<'_>) -> &'static str {
    if is_chinese(slice) { Kw::AND.zh() } else { Kw::AND.en() }
}

fn is_comparison(token: &Token<'_>) -> bool {
    let words = [Kw::IN, Kw::NOT_IN, Kw::IS_MISSING, Kw::IS_NOT_MISSING, Kw::BETWEEN, Kw::WITHIN_NEXT, Kw::WITHIN_LAST];
    let more = [Kw::CONTAINS, Kw::STARTS_WITH, Kw::ENDS_WITH, Kw::MATCHES];
    matches!(token.text, "=" | "==" | "<" | ">" | "<=" | ">=" | "!=" | "≥" | "≤" | "≠" | "＞" | "＜" | "＝")
        || words.into_iter().chain(more).any(|word| token.starts(word))
}

/// `["open" "waiting"]`
pub(super) fn comma(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let (item, next) = (slice.get(i).filter(|t| is_operand(t))?, slice.get(i + 1).filter(|t| is_operand(t))?);
    if slice.touch(i) || !matches!(open_bracket(slice, i), Some("[" | "【")) {
        return None;
    }
    let at = Span { start: item.span.end, end: item.span.end };
    let fix = vec![Edit { span: at, text: ",".into() }];
    Some(Problem { span: item.span.to(next.span), kind: ProblemKind::MissingComma, fix })
}

/// `余额 >= 50万 等级 = "V7"`, `a >= 50万, b = "V7"`
pub(super) fn join(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let (before, token, next) = (slice.get(i.checked_sub(1)?)?, slice.get(i)?, slice.get(i + 1)?);
    let outermost = || i > operands_from(slice) && has_operands(slice) && open_bracket(slice, i).is_none();
    if matches!(token.text, "," | "，" | "、") {
        let starts = next.is_name() || next.starts(Kw::NOT) || matches!(next.text, "(" | "（");
        let problem = || replace(token.span, ProblemKind::MissingJoin, format!(" {}", joint(slice)));
        // In a slot a comma is no joint.
        let compared = slice.tokens.iter().take(i).any(is_comparison);
        return (starts && compared && outermost()).then(problem);
    }
    let complete = is_value(before) || before.starts(Kw::MISSING) || matches!(before.text, ")" | "]" | "）" | "】");
    (complete && token.is_name() && is_comparison(next) && outermost()).then(|| {
        let at = Span { start: token.span.start, end: token.span.start };
        let fix = vec![Edit { span: at, text: format!("{} ", joint(slice)) }];
        Problem { span: token.span, kind: ProblemKind::MissingJoin, fix }
    })
}

/// `status "open"`, `status not "open"`
pub(super) fn comparison(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let left = slice.get(i).filter(|token| token.is_name())?;
    let next = slice.get(i + 1).filter(|next| next.sort != Sort::Sign && !slice.touch(i))?;
    if !has_operands(slice) || i < operands_from(slice) {
        return None;
    }
    if next.is_any(&["not", "非", "不"]) {
        let right = slice.get(i + 2)?;
        let kind = ProblemKind::ProseOperator { found: next.text.into(), meant: "!=".into() };
        return (is_value(right) || right.is_name()).then(|| replace(next.span, kind, "!="));
    }
    let value = is_value(next) || next.starts(Kw::TRUE) || next.starts(Kw::FALSE);
    value.then(|| {
        let at = Span { start: next.span.start, end: next.span.start };
        // A number may be a limit from above or from below.
        let equal = next.sort != Sort::Number && next.sort != Sort::Literal;
        let fix = equal.then(|| Edit { span: at, text: "= ".into() }).into_iter().collect();
        let kind = ProblemKind::MissingComparison { left: left.text.into(), right: next.text.into() };
        Problem { span: left.span.to(next.span), kind, fix }
    })
}

/// Two names side by side may be one that the text has elsewhere: `total_asset`.
pub(crate) fn say_names(text: &str, problems: &mut [Problem]) {
    let mut words: Option<HashSet<&str>> = None;
    for problem in problems {
        let Problem { span, kind: ProblemKind::SideBySide { meant, .. }, fix } = problem else { continue };
        let words = words.get_or_insert_with(|| text.split(|c: char| c != '_' && !c.is_alphanumeric()).collect());
        let parts: Vec<&str> = text[span.range()].split_whitespace().collect();
        let name = ["_", ""].map(|joint| parts.join(joint)).into_iter().find(|name| words.contains(name.as_str()));
        if let Some(name) = name {
            *fix = vec![Edit { span: *span, text: name.clone() }];
            *meant = Some(name);
        }
    }
}

/// `cd_maturity whitin next 7d`, `name contians "A"`: an operator's word, misspelt. Behind an operand nothing else can be meant.
pub(super) fn misspelt(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let left = slice.get(i)?;
    let word = slice.get(i + 1).filter(|token| token.is_name() && !slice.touch(i))?;
    slice.get(i + 2)?;
    let complete = is_operand(left) || left.starts(Kw::MISSING) || matches!(left.text, ")" | "]" | "）" | "】");
    if !complete || !has_operands(slice) || i < operands_from(slice) {
        return None;
    }
    let operators = [Kw::WITHIN_NEXT, Kw::BETWEEN, Kw::CONTAINS, Kw::STARTS_WITH, Kw::ENDS_WITH, Kw::MATCHES, Kw::AND];
    let entry = similar(word.text, operators.into_iter().map(Kw::entry))?;
    // Chinese writes the direction into the same word.
    let first = if word.text.is_ascii() { entry.en.split(' ').next()? } else { entry.zh };
    // Names stand here too, and `status` is not `starts`: one letter, or all of them in another order.
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.to_lowercase().chars().collect();
        letters.sort_unstable();
        letters
    };
    if strsim::osa_distance(&word.text.to_lowercase(), first) > 1 && sorted(word.text) != sorted(first) {
        return None;
    }
    let kind = ProblemKind::WrongWord { found: word.text.into(), meant: first.into() };
    Some(replace(word.span, kind, first))
}

/// `total asset >= 50万`
pub(super) fn side_by_side(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let left = slice.get(i).filter(|token| token.is_name())?;
    let right = slice.get(i + 1).filter(|token| token.is_name())?;
    if !has_operands(slice) || i < operands_from(slice) {
        return None;
    }
    let more =
        slice.tokens.iter().skip(i + 1).take_while(|token| token.is_name()).last().map_or(right.span, |last| last.span);
    let kind = ProblemKind::SideBySide { left: left.text.into(), right: right.text.into(), meant: None };
    Some(Problem { span: left.span.to(more), kind, fix: Vec::new() })
}

/// Articles and the like; `a` may be a column.
const FILLERS: [&str; 6] = ["the", "either", "both", "his", "her", "their"];

/// `the balance > 3`, `either a or b`
pub(super) fn filler(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i).filter(|word| word.is_any(&FILLERS) && i >= operands_from(slice))?;
    let next = slice.get(i + 1).filter(|next| is_operand(next) && next.span.start > word.span.end)?;
    let span = Span { start: word.span.start, end: next.span.start };
    let kind = ProblemKind::FillerWord { found: word.text.into() };
    Some(Problem { span: word.span, kind, fix: vec![Edit { span, text: String::new() }] })
}

/// `to followups, archive`, `on customers and managers`
pub(super) fn one_name(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let clause = slice.get(0).filter(|_| i == 0)?;
    let word = [Kw::ON, Kw::TO].into_iter().find(|word| clause.starts(*word))?;
    let joined = (1..slice.tokens.len())
        .find(|at| slice.get(*at).is_some_and(|t| matches!(t.text, "," | "，" | "、" | "和") || t.starts(Kw::AND)))?;
    let second = slice.get(joined + 1)?;
    let span = slice.get(joined)?.span.to(second.span);
    Some(Problem { span, kind: ProblemKind::OneName { word }, fix: Vec::new() })
}

/// `-- ask first` where an expression goes on.
pub(super) fn dashes(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let first = slice.get(i).filter(|sign| sign.text == "-" && slice.touch(i))?;
    let second = slice.get(i + 1).filter(|sign| sign.text == "-")?;
    let before = &slice.text[..first.span.start as usize];
    let starts_line = before.trim_end_matches([' ', '\t']).ends_with(['\n', '\r']);
    let blank = slice.get(i + 2).is_some_and(|next| next.span.start > second.span.end);
    let fix = vec![Edit { span: first.span.to(second.span), text: "#".into() }];
    // All of the line is the comment.
    let rest = &slice.text[first.span.start as usize..slice.span.end as usize];
    let end = first.span.start + rest.find(['\n', '\r']).unwrap_or(rest.len()) as u32;
    let span = Span { start: first.span.start, end };
    (starts_line || blank).then(|| Problem { span, kind: ProblemKind::ForeignComment { found: "--".into() }, fix })
}

/// Whether a line reads as a comparison: a name, then its operator.
pub(super) fn is_condition(text: &str, line: Span) -> bool {
    let tokens = super::slice::tokens(text, line);
    tokens.first().is_some_and(Token::is_name) && tokens.get(1).is_some_and(is_comparison)
}
