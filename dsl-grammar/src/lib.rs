//! The rulebook language's words: text → lossless tree → AST, formatter, problems. Knows words, not meaning.
pub mod ast;
pub mod keyword;

use ast::Span;

/// A text, parsed: everything that could be read, and everything that could not, with its place.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The declarations.
    pub file: ast::File,
    /// What is wrong with the words; in order of place.
    pub problems: Vec<Problem>,
}

/// Something wrong with the words.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ProblemKind,
    /// The edits that would put it right, when that is obvious; applied together.
    pub fix: Vec<Edit>,
}

/// Replace `span` by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// What can be wrong with the words. `lang` gives each a code and its prose.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Something else was expected here.
    Unexpected,
}
