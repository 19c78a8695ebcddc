//! The rulebook language's words: text → lossless tree → AST, formatter, problems. Knows words, not meaning.

pub mod ast;
mod dump;
mod grammar;
pub mod keyword;
mod parse;
mod problem;
mod recover;

pub use dump::dump;
pub use parse::{MAX_BYTES, MAX_DEPTH, MAX_OPERATORS, parse};
pub use problem::{Edit, Problem, ProblemKind, Wanted};

/// A text, parsed: everything that could be read, and everything that could not, with its place.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The declarations.
    pub file: ast::File,
    /// What is wrong with the words; in order of place.
    pub problems: Vec<Problem>,
}
