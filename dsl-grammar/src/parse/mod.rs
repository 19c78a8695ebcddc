//! Text to AST, one declaration at a time.

mod clause;
mod decl;
mod expr;
mod file;
pub(crate) mod layout;
mod level;
mod literal;
mod reader;
mod table;
mod test;
mod text;

pub(crate) use file::{Cut, cut, furthest, in_order, read_with};
pub use file::{parse, parse_all};
pub(crate) use level::levels;
pub(crate) use literal::{blank, date, duration, time};
pub(crate) use reader::Reader;

/// The largest rulebook that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// How deep brackets and `if`s may go.
pub const MAX_DEPTH: usize = 64;
/// How many operators one expression may have, brackets included: each may be a level of the tree, and who walks a tree
/// should not have to fear for the stack.
pub const MAX_OPERATORS: usize = 400;
