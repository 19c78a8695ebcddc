//! The rulebook language's words: text → lossless tree → AST, formatter, problems. Knows words, not meaning.

pub mod ast;
mod dump;
mod format;
mod grammar;
mod highlight;
mod invariants;
pub mod keyword;
mod parse;
mod problem;
mod recover;
pub mod sheet;
mod spread;
mod tree;

pub use dump::dump;
pub use format::{FormatOptions, format, format_all};
pub use highlight::{Class, Marked, ansi, highlight, html};
pub use invariants::check_invariants;
pub use parse::{MAX_BYTES, MAX_DEPTH, MAX_OPERATORS, parse, parse_all};
pub use problem::{Edit, Problem, ProblemKind, Wanted};
pub use recover::{Unglued, unglue};
pub use spread::spread;
pub use tree::{Node, Piece, Tree};

/// A text, parsed: everything that could be read, and everything that could not, with its place.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The declarations.
    pub file: ast::File,
    /// What is wrong with the words; in order of place.
    pub problems: Vec<Problem>,
    text: std::sync::Arc<str>,
}

impl Parsed {
    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lossless tree over the text: every word and sign with its place, and what it is part of. Made when it is
    /// asked for: checking needs only the declarations.
    pub fn tree(&self) -> Tree<'_> {
        Tree::new(&self.text)
    }
}
