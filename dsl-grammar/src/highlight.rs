//! What each word of a text is, for the eye: terminals, pages and editors colour by it. Works on texts that are being typed, too.

mod paint;

use crate::ast::Span;
use crate::grammar::{Grammar, Rule};
use crate::keyword::{Kw, Tier, of_rule};
use crate::tree::{Node, Piece, Tree};
use pest::Parser as _;

pub use paint::{ansi, html};

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The first word of a declaration: `event`, `事件`.
    Kind,
    /// The first word of a line in a block: `when`, `当`.
    Clause,
    /// A word of expressions: `and`, `within next`, `且`.
    Operator,
    /// `missing`, `today`, `true`, `high`.
    Constant,
    /// Any other word of the language: `by`, `every`, `一次`.
    Word,
    /// A name where it is declared.
    Declared,
    /// A name where it is used.
    Name,
    /// The name of a function that is called.
    Function,
    /// A number, a date, a span of time, an address: with its unit.
    Number,
    /// A text, without its slots.
    Text,
    /// The braces and the format of a slot.
    Slot,
    /// `/a pattern/`
    Pattern,
    /// `script fn`'s body.
    Script,
    /// A comment.
    Comment,
    /// `=`, `>=`, `+`, `->`
    Sign,
    /// Brackets, commas, bars.
    Bracket,
    /// What cannot be read.
    Unread,
}

/// A stretch of a text and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub class: Class,
}

/// Every word of a text, in order; blanks are left out.
pub fn highlight(text: &str) -> Vec<Marked> {
    let tree = Tree::new(text);
    let mut marked = Vec::new();
    // The nodes that the leaf stands in, from the outside.
    let mut within: Vec<&Node> = Vec::new();
    let mut nodes = tree.nodes().iter();
    for piece in tree.pieces() {
        match piece {
            Piece::Trivia(span) => comments(text, span, &mut marked),
            Piece::Leaf(leaf) => {
                for node in nodes.by_ref() {
                    within.truncate(node.depth as usize);
                    within.push(node);
                    if node.leaf {
                        break;
                    }
                }
                let parents: Vec<Rule> = within.iter().filter_map(|node| node.rule()).collect();
                match leaf.rule().filter(|rule| !is_unread(*rule)) {
                    Some(rule) => {
                        marked.push(Marked { span: leaf.span, class: class(rule, &parents, text, leaf.span) });
                    }
                    None => unread(text, leaf.span, leaf.rule().is_none(), &mut marked),
                }
            }
        }
    }
    marked
}

fn comments(text: &str, trivia: Span, marked: &mut Vec<Marked>) {
    let start = trivia.start as usize;
    let mut at = start;
    for line in text[trivia.range()].split_inclusive('\n') {
        if let Some(sign) = line.find(['#', '＃']) {
            let end = at + line.trim_end().len();
            marked.push(Marked { span: Span::new(at + sign, end), class: Class::Comment });
        }
        at += line.len();
    }
}

fn class(rule: Rule, parents: &[Rule], text: &str, span: Span) -> Class {
    if let Some(kw) = of_rule(rule) {
        // `task template letter`: the word of a declaration inside of another one.
        let starts = parents.len() <= 2 || kw.tier() != Tier::Kind;
        return if starts { keyword(kw) } else { Class::Word };
    }
    // The last of `parents` is the word itself.
    let parent = parents.len().checked_sub(2).and_then(|at| parents.get(at)).copied();
    match rule {
        Rule::name => match parent {
            Some(Rule::reference) => used(text, span),
            Some(Rule::ref_ | Rule::path | Rule::groups | Rule::object | Rule::type_name | Rule::header) => Class::Name,
            _ => Class::Declared,
        },
        Rule::property_name => Class::Word,
        Rule::unit_name | Rule::type_name => Class::Name,
        Rule::unquoted => Class::Text,
        Rule::number | Rule::integer | Rule::duration | Rule::date | Rule::time | Rule::timestamp | Rule::ip => {
            Class::Number
        }
        Rule::cidr | Rule::service => Class::Number,
        Rule::straight | Rule::curly_open | Rule::curly_close | Rule::chars | Rule::curly_chars => Class::Text,
        Rule::escape | Rule::single_quoted | Rule::text | Rule::open_text => Class::Text,
        Rule::slot_open | Rule::slot_close | Rule::format => Class::Slot,
        Rule::regex => Class::Pattern,
        Rule::script_body => Class::Script,
        Rule::lparen | Rule::rparen | Rule::lbracket | Rule::rbracket | Rule::lbrace | Rule::rbrace => Class::Bracket,
        Rule::comma | Rule::bar | Rule::colon | Rule::dot | Rule::word_colon | Rule::stop => Class::Bracket,
        Rule::bad_date | Rule::bad_time | Rule::bad_number | Rule::bad_escape | Rule::bad_slot => Class::Unread,
        Rule::wide_brace | Rule::lone_brace => Class::Unread,
        _ => Class::Sign,
    }
}

/// A stretch of lines that the parser stepped over.
fn is_unread(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::event_bad
            | Rule::rulebook_bad
            | Rule::source_bad
            | Rule::sink_bad
            | Rule::feed_bad
            | Rule::route_bad
            | Rule::table_bad
            | Rule::test_bad
            | Rule::trailing
    )
}

fn keyword(kw: Kw) -> Class {
    match kw {
        Kw::MISSING | Kw::TRUE | Kw::FALSE | Kw::NOW | Kw::TODAY => Class::Constant,
        _ => match kw.tier() {
            Tier::Kind => Class::Kind,
            Tier::Clause => Class::Clause,
            Tier::Reserved => Class::Operator,
            Tier::Value => Class::Constant,
            Tier::Inner | Tier::Closing => Class::Word,
        },
    }
}

/// A name in an expression: a call's parenthesis touches it, and some words of the language stand where names do.
fn used(text: &str, span: Span) -> Class {
    if let Some(kw) = crate::keyword::reserved(&text[span.range()]) {
        return keyword(kw);
    }
    if text[span.end as usize..].starts_with(['(', '（']) { Class::Function } else { Class::Name }
}

/// What could not be read, word by word: what a word could be stands in the table of keywords.
fn unread(text: &str, stretch: Span, whole: bool, marked: &mut Vec<Marked>) {
    let base = stretch.start as usize;
    let Ok(pairs) = Grammar::parse(Rule::tokens, &text[stretch.range()]) else {
        return marked.push(Marked { span: stretch, class: Class::Unread });
    };
    let mut end = base;
    let mut line_starts = true;
    for token in pairs.flat_map(|pair| pair.into_inner()) {
        let (rule, at) = (token.as_rule(), token.as_span());
        let span = Span::new(base + at.start(), base + at.end());
        if rule == Rule::EOI || span.start == span.end {
            continue;
        }
        let between = Span::new(end, span.start as usize);
        line_starts |= text[between.range()].contains('\n');
        comments(text, between, marked);
        let word = &text[span.range()];
        let class = match rule {
            Rule::name => loose(word, line_starts, whole && span.start == stretch.start),
            Rule::sign if matches!(word, "(" | ")" | "[" | "]" | "{" | "}" | "," | "|" | ":" | ".") => Class::Bracket,
            Rule::sign => Class::Sign,
            other => class(other, &[], text, span),
        };
        marked.push(Marked { span, class });
        end = span.end as usize;
        line_starts = false;
    }
    comments(text, Span::new(end, stretch.end as usize), marked);
}

fn loose(word: &str, line_starts: bool, first: bool) -> Class {
    if first && crate::keyword::kind(word).is_some() {
        return Class::Kind;
    }
    let starts = |phrase: &str| phrase.split(' ').next().is_some_and(|start| start.eq_ignore_ascii_case(word));
    let clause = |entry: &&crate::keyword::Entry| entry.tier == Tier::Clause && (starts(entry.en) || entry.zh == word);
    if line_starts && crate::keyword::all().iter().any(|entry| clause(&entry)) {
        return Class::Clause;
    }
    crate::keyword::reserved(word).map_or(Class::Name, keyword)
}
