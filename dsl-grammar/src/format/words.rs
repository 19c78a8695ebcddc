//! A text as words with what stands before each, already in the target language: operands of `of` in its order,
//! closing particles put in or left out.

use crate::ast::Span;
use crate::grammar::{Pair, Rule};
use crate::keyword::{Kw, Language, of_rule};
use crate::parse::{Cut, cut, in_order, read_with};
use crate::problem::Problem;

use super::spelling;

/// A comment, and how it stands.
#[derive(Debug, Clone)]
pub(super) struct Comment {
    pub(super) text: String,
    /// On a line of its own.
    pub(super) alone: bool,
    /// An empty line stands before it.
    pub(super) apart: bool,
}

/// Line breaks and comments before a word.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    pub(super) comments: Vec<Comment>,
    /// Line ends after the last comment.
    pub(super) breaks: usize,
}

impl Before {
    pub(super) fn starts_line(&self) -> bool {
        self.breaks > 0 || !self.comments.is_empty()
    }
}

/// A word or sign.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) rule: Rule,
    /// What it is a direct part of.
    pub(super) within: Rule,
    pub(super) text: String,
    pub(super) before: Before,
    /// The first of a declaration, clause, row or step: it starts a line.
    pub(super) heads: Option<Rule>,
}

/// A file's words, declaration by declaration, and what follows the last.
pub(super) struct Words {
    pub(super) declarations: Vec<Vec<Word>>,
    pub(super) tail: Before,
}

/// The words of a text, or what is wrong with it.
pub(super) fn words(text: &str, language: Option<Language>) -> Result<Words, Vec<Problem>> {
    let Cut { stretches, mut problems } = cut(text);
    let mut reader = Flatten { text, language, end: 0, words: Vec::new() };
    let mut declarations = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let (_, found) = read_with(text, &stretch, |item| {
            for part in item.clone().into_inner().filter(|part| part.as_rule() != Rule::EOI) {
                reader.flatten(part, Rule::item, stretch.span.start as usize);
            }
        });
        problems.extend(found);
        declarations.push(std::mem::take(&mut reader.words));
    }
    if !problems.is_empty() {
        return Err(in_order(text, problems));
    }
    let tail = before(&text[reader.end..], reader.end == 0);
    Ok(Words { declarations, tail })
}

struct Flatten<'a> {
    text: &'a str,
    language: Option<Language>,
    /// Where the last word ended.
    end: usize,
    words: Vec<Word>,
}

/// What starts a line of its own.
fn heads(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::event_clause
            | Rule::rulebook_clause
            | Rule::source_clause
            | Rule::sink_clause
            | Rule::feed_clause
            | Rule::route_clause
            | Rule::column
            | Rule::hit
            | Rule::row
            | Rule::header
            | Rule::values
            | Rule::template_body
            | Rule::given_clock
            | Rule::given_rows
            | Rule::given_records
            | Rule::expect
            | Rule::expect_rows
            | Rule::expect_it
            | Rule::expect_route
            | Rule::for_any
            | Rule::expect_nothing
            | Rule::after
    ) || declares(rule)
}

/// What [`Flatten::rearrange`] may set in another order.
fn rearranges(rule: Rule) -> bool {
    matches!(rule, Rule::expr | Rule::arith | Rule::within | Rule::between | Rule::cell_between | Rule::event_clause)
}

pub(super) fn declares(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::language
            | Rule::import
            | Rule::rulebook
            | Rule::let_
            | Rule::fn_
            | Rule::script_fn
            | Rule::template
            | Rule::source
            | Rule::sink
            | Rule::feed
            | Rule::topology
            | Rule::route
            | Rule::table
            | Rule::test
            | Rule::event
    )
}

impl Flatten<'_> {
    fn flatten(&mut self, pair: Pair<'_>, parent: Rule, base: usize) {
        let rule = pair.as_rule();
        let place = pair.as_span();
        if place.start() == place.end() {
            // An empty cell is still a cell; an empty script is still a body.
            return;
        }
        let first = self.words.len();
        let mut inner = pair.into_inner().peekable();
        if inner.peek().is_none() {
            let span = Span::new(base + place.start(), base + place.end());
            let gap = &self.text[self.end..span.start as usize];
            let before = before(gap, self.end == 0);
            self.end = span.end as usize;
            let text = spelling::spelt(rule, parent, &self.text[span.range()], self.language);
            self.words.push(Word { rule, within: parent, text, before, heads: None });
        } else {
            let mut parts: Vec<(Rule, usize)> = Vec::new();
            let kept = rearranges(rule);
            for part in inner {
                if kept {
                    parts.push((part.as_rule(), self.words.len()));
                }
                self.flatten(part, rule, base);
            }
            if kept {
                self.rearrange(rule, &parts);
            }
        }
        if heads(rule)
            && let Some(word) = self.words.get_mut(first)
            && word.heads.is_none_or(declares)
        {
            word.heads = Some(rule);
        }
    }

    /// What the languages say in another order, or with a closing particle.
    fn rearrange(&mut self, rule: Rule, parts: &[(Rule, usize)]) {
        match rule {
            Rule::expr | Rule::arith => {
                for (i, &(_, at)) in parts.iter().enumerate().filter(|(_, (rule, _))| *rule == Rule::OF).rev() {
                    self.percent_of(parts, i, at);
                }
            }
            Rule::within => self.close(Kw::Z_WITHIN, Rule::Z_WITHIN, parts, rule),
            Rule::between | Rule::cell_between => self.close(Kw::Z_BETWEEN, Rule::Z_BETWEEN, parts, rule),
            Rule::event_clause if parts.first().is_some_and(|(rule, _)| *rule == Rule::ONCE_PER) => {
                self.close(Kw::Z_ONCE, Rule::Z_ONCE, parts, rule);
            }
            Rule::event_clause if parts.iter().any(|(rule, _)| *rule == Rule::SEQ_WITHIN) => {
                self.close(Kw::Z_WITHIN, Rule::Z_WITHIN, parts, rule);
            }
            Rule::event_clause if parts.first().is_some_and(|(rule, _)| *rule == Rule::PRIORITY) => self.levels(parts),
            _ => {}
        }
    }

    /// Bare levels among the results of a priority are words of the language; in brackets they may be columns.
    fn levels(&mut self, parts: &[(Rule, usize)]) {
        let first = parts.first().map_or(self.words.len(), |part| part.1);
        let mut depth = 0_usize;
        for at in first + 1..self.words.len() {
            let gives = |word: &Word| matches!(word.rule, Rule::THEN | Rule::ELSE | Rule::OR_ELSE | Rule::PRIORITY);
            let ends = |word: &Word| matches!(word.rule, Rule::ELSE | Rule::OR_ELSE);
            match self.words[at].rule {
                Rule::lparen => depth += 1,
                Rule::rparen => depth = depth.saturating_sub(1),
                Rule::name if depth == 0 && gives(&self.words[at - 1]) && self.words.get(at + 1).is_none_or(ends) => {
                    self.words[at].text = spelling::level(&self.words[at].text, self.language);
                }
                _ => {}
            }
        }
    }

    /// `30% of x` is `x 的 30%` in Chinese.
    fn percent_of(&mut self, parts: &[(Rule, usize)], i: usize, at: usize) {
        let operand_start = |mut i: usize| {
            // `sum(x) over 1d` is one operand.
            while i > 0 && parts[i].0 == Rule::over {
                i -= 1;
            }
            parts[i].1
        };
        let Some(left) = i.checked_sub(1).map(operand_start) else { return };
        let mut last = i + 1;
        while parts.get(last + 1).is_some_and(|(rule, _)| *rule == Rule::over) {
            last += 1;
        }
        let end = parts.get(last + 1).map_or(self.words.len(), |part| part.1);
        let (right, chinese) = (at + 1, !self.words[at].text.is_ascii());
        let share =
            |words: &[Word]| words.len() == 1 && words[0].rule == Rule::number && words[0].text.ends_with(['%', 'p']);
        let wrong = if chinese { share(&self.words[left..at]) } else { !share(&self.words[left..at]) };
        if !wrong || right >= end || (chinese && share(&self.words[right..end])) {
            return;
        }
        let mut after = self.words.split_off(end);
        let mut second = self.words.split_off(right);
        let of = self.words.split_off(at);
        let mut first = self.words.split_off(left);
        // Line breaks and comments stay where they were.
        if let (Some(a), Some(b)) = (first.first_mut(), second.first_mut()) {
            std::mem::swap(&mut a.before, &mut b.before);
            std::mem::swap(&mut a.heads, &mut b.heads);
        }
        self.words.append(&mut second);
        self.words.extend(of);
        self.words.append(&mut first);
        self.words.append(&mut after);
    }

    /// A Chinese phrase ends with its particle, an English one has none.
    fn close(&mut self, kw: Kw, rule: Rule, parts: &[(Rule, usize)], parent: Rule) {
        let Some(&(_, first)) = parts.first() else { return };
        let opening = match kw {
            // The particle closes `每` or `在`, not the clause.
            _ if parent == Rule::event_clause => {
                let opens = |rule: Rule| matches!(rule, Rule::EVERY | Rule::SEQ_WITHIN);
                parts.iter().rfind(|(rule, _)| opens(*rule)).map_or(first, |part| part.1)
            }
            _ => first,
        };
        let chinese = self.words.get(opening).is_some_and(|word| !word.text.is_ascii());
        let closed = self.words.last().is_some_and(|word| word.rule == rule);
        if closed && !chinese {
            self.words.pop();
        } else if chinese && !closed {
            let text = kw.zh().to_owned();
            self.words.push(Word { rule, within: parent, text, before: Before::default(), heads: None });
        }
    }
}

/// The comments and line breaks of a gap between words.
fn before(gap: &str, at_start: bool) -> Before {
    let mut comments = Vec::new();
    let mut breaks = usize::from(at_start);
    // Most gaps are a blank, or a line's end and its indent.
    if gap.bytes().all(|byte| byte.is_ascii_whitespace()) && !gap.contains('\r') {
        breaks += gap.bytes().filter(|byte| *byte == b'\n').count();
        return Before { comments, breaks };
    }
    let gap = gap.replace("\r\n", "\n").replace('\r', "\n");
    for (i, line) in gap.split('\n').enumerate() {
        breaks += usize::from(i > 0);
        let line = line.trim_matches(|c: char| crate::parse::blank(c) || c.is_whitespace());
        if !line.is_empty() {
            let apart = breaks > 1 && !(at_start && comments.is_empty());
            comments.push(Comment { text: line.to_owned(), alone: breaks > 0, apart });
            breaks = 0;
        }
    }
    Before { comments, breaks }
}

/// Whether a word is a keyword.
pub(super) fn keyword(word: &Word) -> Option<Kw> {
    of_rule(word.rule)
}
