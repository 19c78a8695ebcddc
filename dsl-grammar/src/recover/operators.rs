//! Operators as one would say them.

use crate::problem::{Problem, ProblemKind};

use super::slice::{Slice, Sort, replace};

/// Phrases, longest first within what they start with.
const PHRASES: &[(&[&str], &str)] = &[
    (&["is", "greater", "than", "or", "equal", "to"], ">="),
    (&["is", "less", "than", "or", "equal", "to"], "<="),
    (&["is", "not", "greater", "than"], "<="),
    (&["is", "not", "more", "than"], "<="),
    (&["is", "not", "less", "than"], ">="),
    (&["is", "greater", "than"], ">"),
    (&["is", "bigger", "than"], ">"),
    (&["is", "larger", "than"], ">"),
    (&["is", "higher", "than"], ">"),
    (&["is", "more", "than"], ">"),
    (&["is", "less", "than"], "<"),
    (&["is", "smaller", "than"], "<"),
    (&["is", "lower", "than"], "<"),
    (&["is", "at", "least"], ">="),
    (&["is", "at", "most"], "<="),
    (&["is", "equal", "to"], "="),
    (&["is", "not", "equal", "to"], "!="),
    (&["is", "above"], ">"),
    (&["is", "below"], "<"),
    (&["is", "under"], "<"),
    (&["is", "not", "in"], "not in"),
    (&["is", "in"], "in"),
    (&["is", "between"], "between"),
    (&["is", "within"], "within next"),
    (&["is", "not"], "!="),
    (&["is", "true"], "= true"),
    (&["is", "false"], "= false"),
    (&["isn", "'", "t"], "!="),
    (&["not", "equal", "to"], "!="),
    (&["not", "more", "than"], "<="),
    (&["no", "more", "than"], "<="),
    (&["no", "less", "than"], ">="),
    (&["not", "less", "than"], ">="),
    (&["greater", "than"], ">"),
    (&["bigger", "than"], ">"),
    (&["larger", "than"], ">"),
    (&["higher", "than"], ">"),
    (&["more", "than"], ">"),
    (&["less", "than"], "<"),
    (&["smaller", "than"], "<"),
    (&["lower", "than"], "<"),
    (&["equal", "to"], "="),
    (&["equals", "to"], "="),
    (&["at", "least"], ">="),
    (&["at", "most"], "<="),
    (&["exceeds"], ">"),
    (&["above"], ">"),
    (&["below"], "<"),
    (&["begins", "with"], "starts with"),
    (&["start", "with"], "starts with"),
    (&["end", "with"], "ends with"),
    (&["contain"], "contains"),
    (&["includes"], "contains"),
    (&["match"], "matches"),
    (&["在"], "属于"),
    (&["不在"], "不属于"),
    (&["以"], "开头是"),
    (&["大于"], ">"),
    (&["小于"], "<"),
];

/// `balance is greater than 5`
pub(crate) fn prose(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    // An operator stands after an operand.
    i.checked_sub(1)?;
    let (words, meant) = PHRASES.iter().find(|(words, _)| {
        words.iter().enumerate().all(|(k, word)| slice.get(i + k).is_some_and(|token| token.is(word)))
    })?;
    let span = slice.get(i)?.span.to(slice.get(i + words.len() - 1)?.span);
    let kind = ProblemKind::ProseOperator { found: slice.said(span).into(), meant: (*meant).into() };
    Some(replace(span, kind, *meant))
}

/// `name like "%x%"`
pub(crate) fn like(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let word = slice.get(i).filter(|word| i > 0 && word.is_any(&["like", "ilike", "rlike", "像", "类似"]))?;
    let text = slice.get(i + 1).filter(|token| token.sort == Sort::Text)?;
    let inner = text.text.trim_matches(['"', '“', '”', '\'', '‘', '’']);
    let meant = match (inner.strip_prefix('%'), inner.strip_suffix('%')) {
        (Some(_), Some(_)) | (None, None) => "contains",
        (Some(_), None) => "ends with",
        (None, Some(_)) => "starts with",
    };
    let span = word.span.to(text.span);
    let kind = ProblemKind::ProseOperator { found: word.text.into(), meant: meant.into() };
    Some(replace(span, kind, format!("{meant} \"{}\"", inner.trim_matches('%'))))
}

/// `x not between 1 and 2`: `not` stands before the operand.
pub(crate) fn negated(slice: &Slice<'_>, i: usize) -> Option<Problem> {
    let not = slice.get(i).filter(|word| i > 0 && word.is_any(&["not", "非", "不"]))?;
    let operator = slice.get(i + 1)?;
    const OPERATORS: [&str; 11] =
        ["between", "contains", "matches", "starts", "ends", "within", "like", "介于", "包含", "匹配", "开头是"];
    if !operator.is_any(&OPERATORS) {
        return None;
    }
    let mut from = i - 1;
    // A column of a source, or a call: back to where it begins.
    while from >= 2 && slice.get(from - 1).is_some_and(|token| token.text == ".") {
        from -= 2;
    }
    let operand = slice.get(from)?.span;
    let said = slice.said(operand.to(slice.get(i - 1)?.span));
    let span = operand.to(operator.span);
    let found = slice.said(not.span.to(operator.span)).to_owned();
    let kind = ProblemKind::ProseOperator { found, meant: format!("{} … {}", not.text, operator.text) };
    Some(replace(span, kind, format!("{} {said} {}", not.text, operator.text)))
}
