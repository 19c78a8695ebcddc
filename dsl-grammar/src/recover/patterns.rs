//! Mistakes that are known by their looks. Each pattern is a small function over the words from one place on; the one
//! that reaches the place where reading stopped is the answer.

use crate::ast::Span;
use crate::keyword::{self, Kw, Tier};
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

use super::between;
use super::literal::{first_glued, grouped};
use super::operators;
use super::slang;
use super::slice::{Slice, Sort, Token, replace};

type Pattern = fn(&Slice<'_>, usize) -> Option<Problem>;

/// The more particular before the more general.
const PATTERNS: &[Pattern] = &[
    slang::limit_behind,
    slang::ago,
    slang::working_days,
    bad_literal,
    grouped_number,
    slang::odd_groups,
    slang::currency,
    slang::direction,
    between::dashes,
    between::one_name,
    between::comma,
    slang::corner_quotes,
    within_direction,
    in_direction,
    in_last_window,
    list_without_brackets,
    percent_without_of,
    share_without_of,
    between_join,
    between_range,
    operators::prose,
    operators::like,
    operators::negated,
    window_before_sum,
    duration_in_words,
    quote_in_text,
    cadence,
    slang::in_words,
    slang::dash,
    between::misspelt,
    between::filler,
    glued_word,
];

/// Two operands with nothing between them: what is left when nothing better is known.
const BETWEEN: &[Pattern] = &[between::join, between::comparison, between::side_by_side];

/// What is missing between the operand before the place where reading stopped, and the one that stands there.
pub(crate) fn missing_between(slice: &Slice<'_>) -> Option<Problem> {
    let stands = |token: &Token<'_>| (token.span.start as usize) <= slice.stop && slice.stop < token.span.end as usize;
    let at = slice.tokens.iter().position(stands)?;
    let from = at.saturating_sub(1);
    BETWEEN.iter().find_map(|pattern| pattern(slice, from).or_else(|| pattern(slice, at)))
}

/// The first known mistake that reaches the place where reading stopped.
pub(crate) fn first(slice: &Slice<'_>) -> Option<Problem> {
    let found = (0..slice.tokens.len())
        .find_map(|i| PATTERNS.iter().find_map(|pattern| pattern(slice, i).filter(|it| reaches(slice, it))));
    found.or_else(|| brackets(slice))
}

fn reaches(slice: &Slice<'_>, problem: &Problem) -> bool {
    let fixed = problem.fix.iter().map(|edit| edit.span.end).max().unwrap_or(0);
    let end = problem.span.end.max(fixed) as usize;
    let between = |span: Span| span.start as usize >= end && span.end as usize <= slice.stop;
    end >= slice.stop || !slice.tokens.iter().any(|token| between(token.span))
}

/// `5min` where a span of time is wanted
fn bad_literal(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let token = slice.get(i).filter(|token| token.sort == Sort::Bad)?;
    let (kind, fix) = super::literal::literal(token.text, token.span);
    Some(Problem { span: token.span, kind, fix })
}

/// `500,000`
fn grouped_number(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let first = slice.get(i).filter(|token| token.sort == Sort::Number && token.text.len() <= 3)?;
    let (mut end, mut digits, mut at) = (first.span.end, first.text.to_owned(), i);
    while slice.touch(at)
        && slice.touch(at + 1)
        && slice.get(at + 1).is_some_and(|comma| matches!(comma.text, "," | "，"))
        && let Some(group) = slice.get(at + 2)
        && group.text.len() >= 3
        && group.text.as_bytes()[..3].iter().all(u8::is_ascii_digit)
        && !group.text.as_bytes().get(3).is_some_and(u8::is_ascii_digit)
    {
        digits += group.text;
        end = group.span.end;
        at += 2;
    }
    if at == i {
        return None;
    }
    let span = Span { start: first.span.start, end };
    let meant = digits.parse().map(grouped).unwrap_or(digits);
    let kind = ProblemKind::GroupedNumber { found: slice.said(span).into(), meant: meant.clone() };
    Some(replace(span, kind, meant))
}

/// `within 3 days`, `在3天内`
fn within_direction(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i)?;
    let time = slice.get(i + 1)?;
    if word.is("within") && !time.is("next") && !time.is("last") {
        return Some(replace(word.span, ProblemKind::WithinDirection, "within next"));
    }
    (word.is("在") && time.sort == Sort::Duration)
        .then(|| replace(word.span, ProblemKind::WithinDirection, Kw::WITHIN_NEXT.zh()))
}

/// `in next 3 days`, `in the last 30d`
fn in_direction(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i).filter(|word| word.is("in"))?;
    let the = slice.get(i + 1)?.is("the");
    let direction = slice.get(i + 1 + usize::from(the))?;
    if !direction.is_any(&["next", "last", "past"]) {
        return None;
    }
    let span = word.span.to(direction.span);
    let meant = if direction.is("next") { Kw::WITHIN_NEXT } else { Kw::WITHIN_LAST };
    Some(replace(span, ProblemKind::WithinDirection, meant.en()))
}

/// `sum(x) in 1d`, `sum(x) within 1d`
fn in_last_window(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i).filter(|word| word.is_any(&["in", "for", "during", "per", "within"]))?;
    let after_call = i > 0 && slice.get(i - 1).is_some_and(|token| matches!(token.text, ")" | "）"));
    let window = slice.get(i + 1).filter(|token| token.sort == Sort::Duration)?;
    after_call.then(|| {
        let mut problem = replace(word.span, ProblemKind::WindowWord { found: word.text.into() }, Kw::OVER.en());
        problem.span = word.span.to(window.span);
        problem
    })
}

/// `tier in V5, V6`, `in ("V5", "V6")`
fn list_without_brackets(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i).filter(|word| word.starts(Kw::IN) || word.is(Kw::NOT_IN.zh()))?;
    let first = i + 1;
    let opens = slice.get(first)?.text;
    if matches!(opens, "[" | "【") {
        return None;
    }
    let parenthesis = matches!(opens, "(" | "（" | "{" | "｛");
    let mut at = if parenthesis { first + 1 } else { first };
    let value = |at: usize| slice.get(at).is_some_and(|token| token.sort != Sort::Sign && !token.starts(Kw::AND));
    if !value(at) {
        return None;
    }
    let mut commas = 0;
    while slice.get(at + 1).is_some_and(|comma| matches!(comma.text, "," | "，" | "、")) && value(at + 2) {
        at += 2;
        commas += 1;
    }
    if parenthesis && slice.get(at + 1).is_some_and(|close| matches!(close.text, ")" | "）" | "}" | "｝")) {
        at += 1;
    } else if commas == 0 {
        return None;
    }
    let span = slice.get(first)?.span.to(slice.get(at)?.span);
    let inner = slice.said(span).trim_start_matches(['(', '（', '{', '｛']).trim_end_matches([')', '）', '}', '｝']);
    let mut problem = replace(span, ProblemKind::ListBrackets, format!("[{inner}]"));
    problem.span = word.span.to(span);
    Some(problem)
}

/// `x > 5% total_asset`
fn percent_without_of(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let share = slice.get(i).filter(|token| token.is_percent())?;
    let whole = slice.get(i + 1).filter(|token| token.is_name())?;
    let span = share.span.to(whole.span);
    let at = Span { start: whole.span.start, end: whole.span.start };
    let fix = if whole.text.is_ascii() {
        vec![Edit { span: at, text: "of ".into() }]
    } else {
        // In Chinese the whole comes first: 总资产 的 30%.
        let mut end = i + 1;
        while slice.get(end + 1).is_some_and(|dot| dot.text == ".")
            && slice.get(end + 2).is_some_and(|token| token.is_name())
        {
            end += 2;
        }
        let whole = whole.span.to(slice.get(end)?.span);
        let text = format!("{} {} {}", slice.said(whole), Kw::OF.zh(), slice.said(share.span));
        vec![Edit { span: share.span.to(whole), text }]
    };
    Some(Problem { span, kind: ProblemKind::MissingOf, fix })
}

/// `余额 > 总资产 30%`
fn share_without_of(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let whole = slice.get(i).filter(|token| token.is_name() && !token.text.is_ascii())?;
    let share = slice.get(i + 1).filter(|token| token.is_percent())?;
    let at = Span { start: share.span.start, end: share.span.start };
    let fix = vec![Edit { span: at, text: format!("{} ", Kw::OF.zh()) }];
    (i > 0).then(|| Problem { span: whole.span.to(share.span), kind: ProblemKind::MissingOf, fix })
}

/// `between 18, 60`, `between 18 - 60`, `between 18 60`
fn between_join(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    slice.get(i).filter(|word| word.starts(Kw::BETWEEN))?;
    let low = slice.get(i + 1).filter(|token| token.sort != Sort::Sign)?;
    let chinese = slice.get(i)?.is(Kw::BETWEEN.zh());
    let meant = if chinese { Kw::BETWEEN_AND.zh() } else { Kw::BETWEEN_AND.en() };
    let join = slice.get(i + 2)?;
    if join.starts(Kw::BETWEEN_AND) || join.is("到") {
        return None;
    }
    let kind = |found: &str| ProblemKind::BetweenJoin { found: found.into(), meant: meant.into() };
    if matches!(join.text, "," | "，" | "、" | "-") || join.is_any(&["till", "until", "through", "or"]) {
        slice.get(i + 3)?;
        return Some(replace(join.span, kind(join.text), format!(" {meant}")));
    }
    (join.sort == low.sort && low.sort != Sort::Word).then(|| {
        let at = Span { start: join.span.start, end: join.span.start };
        let fix = vec![Edit { span: at, text: format!("{meant} ") }];
        Problem { span: join.span, kind: kind(""), fix }
    })
}

/// `between 18..60`, `介于 18~60`
fn between_range(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i).filter(|word| word.starts(Kw::BETWEEN))?;
    let dots = slice.get(i + 2).filter(|token| matches!(token.text, ".." | "~" | "～"))?;
    let high = slice.get(i + 3)?;
    let chinese = word.is(Kw::BETWEEN.zh());
    let meant = if chinese { Kw::BETWEEN_AND.zh() } else { Kw::BETWEEN_AND.en() };
    let kind = ProblemKind::BetweenJoin { found: dots.text.into(), meant: meant.into() };
    let mut problem = replace(dots.span, kind, format!(" {meant} "));
    problem.span = dots.span.to(high.span);
    Some(problem)
}

/// `近1天 合计(流出)`, `over 1d sum(x)`
fn window_before_sum(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i)?;
    let glued = word.sort == Sort::Word
        && word.text.strip_prefix('近').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let (window, call) = match glued {
        true => (word, i + 1),
        false if word.starts(Kw::OVER) => (slice.get(i + 1).filter(|token| token.sort == Sort::Duration)?, i + 2),
        false => return None,
    };
    let name = slice.get(call).filter(|token| token.is_name())?;
    if !slice.touch(call) || !slice.get(call + 1).is_some_and(|open| matches!(open.text, "(" | "（")) {
        return None;
    }
    let (mut depth, mut at) = (0_usize, call + 1);
    let close = loop {
        let token = slice.get(at)?;
        match token.text {
            "(" | "（" => depth += 1,
            ")" | "）" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break token.span;
        }
        at += 1;
    };
    let window = word.span.to(window.span);
    let sum = slice.said(name.span.to(close));
    let span = window.to(close);
    Some(replace(span, ProblemKind::WindowPlace, format!("{sum} {}", slice.said(window))))
}

/// `2 weeks`, `5 min`
fn duration_in_words(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let number = slice.get(i).filter(|token| token.sort == Sort::Number)?;
    let word = slice.get(i + 1).filter(|token| token.sort == Sort::Word)?;
    const WORDS: [&str; 15] =
        ["w", "week", "weeks", "min", "mins", "sec", "secs", "hr", "hrs", "mo", "周", "星期", "个星期", "k", "岁"];
    if !word.is_any(&WORDS) {
        return None;
    }
    let span = number.span.to(word.span);
    let suffix = if word.is("w") { "weeks".into() } else { word.text.to_lowercase() };
    let (kind, fix) = super::literal::literal(&format!("{}{suffix}", number.text), span);
    let ProblemKind::BadNumber { meant, .. } = kind else { return None };
    Some(Problem { span, kind: ProblemKind::BadNumber { found: slice.said(span).into(), meant }, fix })
}

/// `"客户说"好"了"`: quotes inside a text close it.
fn quote_in_text(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let first = slice.get(i).filter(|token| token.sort == Sort::Text)?;
    let next = slice.get(i + 1)?;
    // A slot right after the quote was meant to be inside.
    if next.sort != Sort::Text && !(slice.touch(i) && (next.sort != Sort::Sign || matches!(next.text, "{" | "｛"))) {
        return None;
    }
    // The last quote of the line closes the text that was meant.
    let line = slice.said(Span { start: first.span.end, end: slice.span.end });
    let line = &line[..line.find(['\n', '\r']).unwrap_or(line.len())];
    let last = first.span.end as usize + line.rfind(['"', '”'])?;
    let mut fix = Vec::new();
    let from = first.span.end as usize - 1;
    if slice.text.is_char_boundary(from) {
        for (at, _) in slice.text[from..last].match_indices('"') {
            let at = from + at;
            fix.push(Edit { span: Span::new(at, at + 1), text: "\\\"".into() });
        }
    }
    let span = Span { start: first.span.start, end: next.span.end };
    Some(Problem { span, kind: ProblemKind::QuoteInText, fix })
}

/// Periods in a word.
const PERIODS: [(&str, &str); 16] = [
    ("daily", "every 1d"),
    ("weekly", "every 7d"),
    ("monthly", "every 1 month"),
    ("yearly", "every 1 year"),
    ("day", "every 1d"),
    ("week", "every 7d"),
    ("month", "every 1 month"),
    ("year", "every 1 year"),
    ("每天一次", "每1天一次"),
    ("每日一次", "每1天一次"),
    ("每周一次", "每7天一次"),
    ("每月一次", "每1个月一次"),
    ("每年一次", "每1年一次"),
    ("每天", "每1天一次"),
    ("每周", "每7天一次"),
    ("每月", "每1个月一次"),
];

fn kind_of(found: &str, meant: &str) -> ProblemKind {
    ProblemKind::WrongWord { found: found.into(), meant: meant.into() }
}

/// `once per customer per 30d`, `每个 客户 30天一次`
fn cadence(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let chinese = slice.get(i)?.is(Kw::ONCE_PER.zh());
    let english = slice.get(i)?.is("once") && slice.get(i + 1)?.is("per");
    if !(i == 0 && (chinese || english)) {
        return None;
    }
    let name = if chinese { i + 1 } else { i + 2 };
    let after = slice.get(name + 1)?;
    let meant = if chinese { Kw::EVERY.zh() } else { Kw::EVERY.en() };
    let kind = |found: &str| ProblemKind::WrongWord { found: found.into(), meant: meant.into() };
    if after.sort == Sort::Duration {
        let at = Span { start: after.span.start, end: after.span.start };
        let text = if chinese { meant.into() } else { format!("{meant} ") };
        return Some(Problem { span: after.span, kind: kind(""), fix: vec![Edit { span: at, text }] });
    }
    if let Some((_, meant)) = PERIODS.iter().find(|(said, _)| after.is(said)) {
        return Some(replace(after.span, kind_of(after.text, meant), *meant));
    }
    let period = slice.get(name + 2).filter(|_| after.starts(Kw::EVERY));
    if let Some((_, meant)) = period.and_then(|period| PERIODS.iter().find(|(said, _)| period.is(said))) {
        let span = after.span.to(period?.span);
        return Some(replace(span, kind_of(slice.said(span), meant), *meant));
    }
    (after.is_any(&["per", "each", "in", "within", "for"])
        && slice.get(name + 2).is_some_and(|token| token.sort == Sort::Duration))
    .then(|| replace(after.span, kind(after.text), meant))
}

/// `余额 > 5 且到期日 < 3`: a word where an operator was wanted, which begins with one.
fn glued_word(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let token = slice.get(i).filter(|token| token.sort == Sort::Word && token.span.start as usize >= slice.stop)?;
    if i == 0 || token.text.is_ascii() {
        return None;
    }
    let operators = keyword::all().iter().filter(|entry| entry.tier == Tier::Reserved);
    let word = operators
        .filter(|entry| token.text.starts_with(entry.zh) && token.text.len() > entry.zh.len())
        .max_by_key(|entry| entry.zh.len());
    if let Some(entry) = word {
        let at = token.span.start + entry.zh.len() as u32;
        let span = Span { start: token.span.start, end: at };
        let kind = ProblemKind::GluedKeyword { word: entry.kw, rest: token.text[entry.zh.len()..].into() };
        let fix = vec![Edit { span: Span { start: at, end: at }, text: " ".into() }];
        return Some(Problem { span: span.to(token.span), kind, fix });
    }
    let (at, word) = first_glued(token.text)?;
    let start = token.span.start as usize + at;
    let span = Span::new(start, start + word.zh().len());
    let rest = token.text[at + word.zh().len()..].to_owned();
    let mut problem = replace(span, ProblemKind::GluedKeyword { word, rest }, format!(" {} ", word.zh()));
    problem.span = token.span;
    Some(problem)
}

/// A bracket that is not closed, or closed twice.
fn brackets(slice: &Slice<'_>) -> Option<Problem> {
    let mut open: Vec<(&'static str, Span)> = Vec::new();
    for token in slice.tokens.iter().filter(|token| token.sort == Sort::Sign) {
        match token.text {
            "(" | "（" => open.push((")", token.span)),
            "[" | "【" => open.push(("]", token.span)),
            "{" | "｛" => open.push(("}", token.span)),
            ")" | "）" | "]" | "】" => match open.pop() {
                Some((close, _)) if same(close, token.text) => {}
                Some((close, _)) => return Some(wanted(token.span, close, token.text)),
                None => {
                    let kind = ProblemKind::Expected { wanted: vec![Wanted::EndOfLine], found: token.text.into() };
                    return Some(replace(token.span, kind, ""));
                }
            },
            _ => {}
        }
    }
    let (close, at) = open.pop()?;
    let end = slice.tokens.last()?.span.end;
    // Where reading stopped earlier than at the end, the bracket is not what is wrong.
    if slice.stop < end as usize {
        return None;
    }
    let fix = vec![Edit { span: Span { start: end, end }, text: close.into() }];
    Some(Problem {
        span: at,
        kind: ProblemKind::Expected { wanted: vec![Wanted::Sign(close)], found: String::new() },
        fix,
    })
}

fn same(close: &str, written: &str) -> bool {
    matches!((close, written), (")", ")" | "）") | ("]", "]" | "】"))
}

fn wanted(span: Span, close: &'static str, found: &str) -> Problem {
    replace(span, ProblemKind::Expected { wanted: vec![Wanted::Sign(close)], found: found.into() }, close)
}
