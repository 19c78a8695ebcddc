//! The grammar. Nothing of pest leaves this crate.

use pest_derive::Parser;

pub(crate) type Pair<'a> = pest::iterators::Pair<'a, Rule>;

mod rules {
    #![allow(missing_docs, unreachable_pub)] // pest derives a public enum

    use super::Parser;

    /// One file per subject, `keywords.pest` generated from the table.
    #[derive(Parser)]
    #[grammar = "grammar/keywords.pest"]
    #[grammar = "grammar/lexical.pest"]
    #[grammar = "grammar/expr.pest"]
    #[grammar = "grammar/common.pest"]
    #[grammar = "grammar/event.pest"]
    #[grammar = "grammar/table.pest"]
    #[grammar = "grammar/test.pest"]
    #[grammar = "grammar/strict.pest"]
    pub struct Grammar;
}
pub(crate) use rules::{Grammar, Rule};
