//! The lossless tree: nodes with places over the text. What lies between leaves is blanks, line ends and comments, so
//! leaves and the gaps between them are the text, byte for byte.

use pest::Parser as _;

use crate::ast::Span;
use crate::grammar::{Grammar, Pair, Rule};
use crate::keyword::{Kw, of_rule};
use crate::parse::{MAX_BYTES, layout};

/// A text's nodes, in the order of the text, parents before children.
#[derive(Debug, Clone)]
pub struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

/// A word, a sign, or what they make up.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// How many nodes it is inside of.
    pub depth: u16,
    /// No other node is inside it.
    pub leaf: bool,
    /// The grammar's rule; none for a declaration that could not be read.
    rule: Option<Rule>,
}

impl Node {
    /// The name of what it is, as the grammar calls it: `event`, `event_clause`, `expr`, `name`, …; `unread` for a
    /// declaration that could not be read.
    pub fn name(&self) -> String {
        self.rule.map_or_else(|| "unread".into(), |rule| format!("{rule:?}").trim_end_matches('_').to_owned())
    }

    pub(crate) fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// The keyword, if it is one.
    pub fn keyword(&self) -> Option<Kw> {
        self.rule.and_then(of_rule)
    }
}

/// A stretch of the text.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// A word or sign.
    Leaf(&'a Node),
    /// Blanks, line ends and comments; never empty.
    Trivia(Span),
}

impl Piece<'_> {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Piece::Leaf(node) => node.span,
            Piece::Trivia(span) => *span,
        }
    }
}

impl<'t> Tree<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let mut tree = Self { text, nodes: Vec::new() };
        if text.len() > MAX_BYTES {
            return tree;
        }
        for stretch in layout::stretches(text, &mut Vec::new()) {
            let base = stretch.span.start as usize;
            let read = if stretch.too_deep.is_some() {
                None
            } else {
                Grammar::parse(Rule::item, &text[stretch.span.range()]).ok()
            };
            match read.and_then(|mut pairs| pairs.next()) {
                Some(item) => item.into_inner().for_each(|part| tree.push(part, base, 0)),
                None => tree.nodes.push(Node { span: stretch.span, depth: 0, leaf: true, rule: None }),
            }
        }
        tree
    }

    fn push(&mut self, pair: Pair<'_>, base: usize, depth: u16) {
        let (rule, span) = (pair.as_rule(), pair.as_span());
        if span.start() == span.end() {
            return;
        }
        let at = self.nodes.len();
        let span = Span::new(base + span.start(), base + span.end());
        self.nodes.push(Node { span, depth, leaf: false, rule: Some(rule) });
        pair.into_inner().for_each(|part| self.push(part, base, depth + 1));
        self.nodes[at].leaf = self.nodes.len() == at + 1;
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The text in pieces: leaves, and what lies between them.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut end = 0;
        for node in self.nodes.iter().filter(|node| node.leaf) {
            if node.span.start > end {
                pieces.push(Piece::Trivia(Span { start: end, end: node.span.start }));
            }
            pieces.push(Piece::Leaf(node));
            end = node.span.end;
        }
        let last = Span::new(end as usize, self.text.len());
        if last.start < last.end {
            pieces.push(Piece::Trivia(last));
        }
        pieces
    }
}
