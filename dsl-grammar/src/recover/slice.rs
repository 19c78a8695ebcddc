//! An unreadable stretch as words and signs.

use pest::Parser as _;

use crate::ast::Span;
use crate::grammar::{Grammar, Rule};
use crate::keyword::{self, Kw};
use crate::problem::{Edit, Problem, ProblemKind};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Word,
    Text,
    Number,
    Duration,
    /// A date, time, address.
    Literal,
    /// What was typed for a literal and is none.
    Bad,
    Sign,
}

/// A word, literal or sign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) sort: Sort,
    pub(crate) text: &'a str,
    pub(crate) span: Span,
}

impl Token<'_> {
    /// Whether it is this word, in any case.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.sort != Sort::Text && self.text.eq_ignore_ascii_case(word)
    }
    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
    /// Whether it is the first word of a keyword, in either language.
    pub(crate) fn starts(&self, kw: Kw) -> bool {
        self.sort == Sort::Word && (self.is(kw.zh()) || kw.en().split(' ').next().is_some_and(|en| self.is(en)))
    }
    /// A name: a word that no operator has.
    pub(crate) fn is_name(&self) -> bool {
        self.sort == Sort::Word && keyword::reserved(self.text).is_none()
    }
    pub(crate) fn is_percent(&self) -> bool {
        self.sort == Sort::Number && self.text.ends_with(['%', '％'])
    }
}

/// An unreadable stretch and where reading stopped.
pub(crate) struct Slice<'a> {
    pub(crate) text: &'a str,
    pub(crate) span: Span,
    /// The token at which no rule could go on.
    pub(crate) stop: usize,
    pub(crate) tokens: Vec<Token<'a>>,
}

/// More tokens than any clause has are not looked at.
const MOST: usize = 2000;

impl<'a> Slice<'a> {
    pub(crate) fn new(text: &'a str, span: Span, stop: usize) -> Self {
        let tokens = tokens(text, span);
        // Past the last word there are only blanks and comments.
        let stop = tokens.last().map_or(stop, |last| stop.min(last.span.end as usize));
        Self { text, span, stop, tokens }
    }

    pub(crate) fn get(&self, i: usize) -> Option<&Token<'a>> {
        self.tokens.get(i)
    }

    /// Whether two tokens touch.
    pub(crate) fn touch(&self, i: usize) -> bool {
        match (self.get(i), self.get(i + 1)) {
            (Some(a), Some(b)) => a.span.end == b.span.start,
            _ => false,
        }
    }

    pub(crate) fn said(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }
}

/// Replaces `span`, which is the mistake.
pub(crate) fn replace(span: Span, kind: ProblemKind, text: impl Into<String>) -> Problem {
    Problem { span, kind, fix: vec![Edit { span, text: text.into() }] }
}

/// The words and signs of a stretch.
pub(crate) fn tokens(text: &str, span: Span) -> Vec<Token<'_>> {
    let base = span.start as usize;
    let slice = &text[span.range()];
    let Ok(mut pairs) = Grammar::parse(Rule::tokens, slice) else { return Vec::new() };
    let Some(all) = pairs.next() else { return Vec::new() };
    all.into_inner()
        .take(MOST)
        .filter_map(|pair| {
            let sort = match pair.as_rule() {
                Rule::name => Sort::Word,
                Rule::text | Rule::open_text | Rule::single_quoted => Sort::Text,
                Rule::number => Sort::Number,
                Rule::duration => Sort::Duration,
                Rule::sign => Sort::Sign,
                Rule::bad_number | Rule::bad_date | Rule::bad_time => Sort::Bad,
                Rule::EOI => return None,
                _ => Sort::Literal,
            };
            let place = pair.as_span();
            let span = Span::new(base + place.start(), base + place.end());
            Some(Token { sort, text: &text[span.range()], span })
        })
        .collect()
}

/// The first word or sign of a stretch.
pub(crate) fn first_word(text: &str, span: Span) -> (Span, &str) {
    let slice = &text[span.range()];
    let skip = slice.len() - slice.trim_start().len();
    let rest = &slice[skip..];
    let len = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
    let len = if len == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { len };
    let start = span.start as usize + skip;
    (Span::new(start, start + len), &rest[..len])
}
