//! How people write amounts, days and quotes elsewhere.

use crate::ast::Span;
use crate::keyword::Kw;
use crate::problem::{Edit, Problem, ProblemKind};

use super::literal::grouped;
use super::slice::{Slice, Sort, Token, replace};

fn number(span: Span, slice: &Slice<'_>, meant: String) -> Problem {
    let kind = ProblemKind::BadNumber { found: slice.said(span).into(), meant: Some(meant.clone()) };
    replace(span, kind, meant)
}

/// `￥50万`, `$500000`
pub(super) fn currency(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let sign = slice.get(i)?;
    let unit = match sign.text {
        "￥" | "¥" => "元",
        "$" | "＄" => "美元",
        _ => return None,
    };
    let amount = slice.get(i + 1).filter(|token| token.sort == Sort::Number)?;
    let bare = amount.text.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '万' | '亿'));
    let unit = if bare { unit } else { "" };
    Some(number(sign.span.to(amount.span), slice, format!("{}{unit}", amount.text)))
}

/// `50,0000`: commas at places where nobody groups.
pub(super) fn odd_groups(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let first = slice.get(i).filter(|token| token.sort == Sort::Number)?;
    let comma = slice.get(i + 1).filter(|comma| matches!(comma.text, "," | "，"))?;
    let last = slice.get(i + 2).filter(|token| token.sort == Sort::Number)?;
    let digits = last.text.bytes().take_while(u8::is_ascii_digit).count();
    if !(slice.touch(i) && slice.touch(i + 1)) || comma.span.end != last.span.start || digits < 4 {
        return None;
    }
    let digits = format!("{}{}", first.text, last.text);
    Some(number(first.span.to(last.span), slice, grouped(digits.parse().ok()?)))
}

/// `500万元以上`
pub(super) fn limit_behind(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let token = slice.get(i).filter(|token| token.sort == Sort::Bad)?;
    i.checked_sub(1).and_then(|i| slice.get(i)).filter(|before| before.is_name())?;
    const LIMITS: [(&str, &str); 8] = [
        ("及以上", ">="),
        ("及以下", "<="),
        ("以上", ">="),
        ("以下", "<="),
        ("以内", "<="),
        ("之内", "<="),
        ("起", ">="),
        ("多", ">"),
    ];
    let (amount, sign) = LIMITS.iter().find_map(|(word, sign)| Some((token.text.strip_suffix(word)?, *sign)))?;
    let meant = format!("{sign} {amount}");
    let kind = ProblemKind::ProseOperator { found: token.text.into(), meant: meant.clone() };
    Some(replace(token.span, kind, meant))
}

/// `3 days ago`, `3天前`
pub(super) fn ago(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let token = slice.get(i)?;
    let meant = |span: Span, text: String| {
        let kind = ProblemKind::WrongWord { found: slice.said(span).into(), meant: text.clone() };
        Some(replace(span, kind, text))
    };
    if token.sort == Sort::Bad {
        let days = ["之前", "以前", "前"].iter().find_map(|word| token.text.strip_suffix(word))?;
        let counted = ["个交易日", "个月", "天", "年"].iter().find_map(|unit| days.strip_suffix(unit))?;
        let plain = counted.bytes().all(|b| b.is_ascii_digit());
        return plain.then(|| meant(token.span, format!("{} - {days}", Kw::TODAY.zh())))?;
    }
    let last = slice.get(i + 1).filter(|word| token.sort == Sort::Duration && word.is("ago"))?;
    meant(token.span.to(last.span), format!("{} - {}", Kw::TODAY.en(), token.text))
}

/// `未来3个交易日内` without its 在; `最近3天`
pub(super) fn direction(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let token = slice.get(i).filter(|token| token.sort == Sort::Word && i > 0)?;
    const WORDS: [(&str, Kw); 3] = [("未来", Kw::WITHIN_NEXT), ("过去", Kw::WITHIN_LAST), ("最近", Kw::WITHIN_LAST)];
    let (word, meant) = WORDS.iter().find(|(word, _)| {
        token.text.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })?;
    let span = Span { start: token.span.start, end: token.span.start + word.len() as u32 };
    let kind = ProblemKind::ProseOperator { found: (*word).into(), meant: meant.zh().into() };
    Some(replace(span, kind, meant.zh()))
}

/// `3个工作日`, `3 working days`
pub(super) fn working_days(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let token = slice.get(i)?;
    let (found, meant, at) = match token.sort {
        Sort::Word | Sort::Bad if token.text.contains("工作日") => ("工作日", "交易日", token.text.find("工作日")?),
        Sort::Word if token.is_any(&["working", "business"]) => {
            let counted = i > 0 && slice.get(i - 1).is_some_and(|token| token.sort == Sort::Number);
            let days = slice.get(i + 1).is_some_and(|next| next.is_any(&["day", "days"]));
            (token.text, "trading", if counted && days { 0 } else { return None })
        }
        _ => return None,
    };
    let start = token.span.start as usize + at;
    let kind = ProblemKind::WrongWord { found: found.into(), meant: meant.into() };
    Some(replace(Span::new(start, start + found.len()), kind, meant))
}

/// Numbers that people spell out.
const SPELLED: [(&str, u32); 16] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("twelve", 12),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("fifty", 50),
    ("hundred", 100),
];

/// `3 percent`, `top five percent`, `5 million`
pub(super) fn in_words(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let first = slice.get(i).filter(|_| i > 0)?;
    let spelled = SPELLED.iter().find(|(word, _)| first.is(word)).map(|(_, n)| n.to_string());
    let digits = match (&spelled, first.sort) {
        (Some(digits), _) => digits.clone(),
        (None, Sort::Number) if first.text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => first.text.to_owned(),
        _ => return None,
    };
    let next = slice.get(i + 1);
    let factor = |token: &Token<'_>| match token.text.to_ascii_lowercase().as_str() {
        "percent" | "pct" | "percentage" => Some("%"),
        "million" => Some("00万"),
        "billion" => Some("0亿"),
        "thousand" => Some("000"),
        _ => None,
    };
    match (next.and_then(factor), next) {
        (Some(unit), Some(next)) if unit == "%" || !digits.contains('.') => {
            Some(number(first.span.to(next.span), slice, format!("{digits}{unit}")))
        }
        _ => spelled.map(|digits| number(first.span, slice, digits)),
    }
}

/// `「联系{姓名}」`
pub(super) fn corner_quotes(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let open = slice.get(i)?;
    let close = match open.text {
        "「" => "」",
        "『" => "』",
        "《" => "》",
        "〈" => "〉",
        "【" if i == 1 => "】",
        "«" => "»",
        _ => return None,
    };
    let end = slice.tokens.iter().skip(i).rev().find(|token| token.text == close)?;
    let quote = |span| Edit { span, text: "\"".into() };
    let fix = vec![quote(open.span), quote(end.span)];
    Some(Problem { span: open.span.to(end.span), kind: ProblemKind::SingleQuotes, fix })
}

/// `hours – 24`: a dash that a word processor made of a minus sign.
pub(super) fn dash(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let sign = slice.get(i).filter(|sign| i > 0 && matches!(sign.text, "–" | "—" | "−"))?;
    Some(replace(sign.span, ProblemKind::Alias { found: sign.text.into(), meant: "-".into() }, "-"))
}
