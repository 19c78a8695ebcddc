//! What a kind of rule tells the checker. The run side of the interface is `guiju-core`.

use crate::{
    hir,
    mutate::{Said, Texts},
};
use guiju_grammar::{ast, keyword::Kw};
use std::{any::Any, fmt, sync::Arc};

/// The checked form of one rule, owned by its kind's crate.
pub trait RuleBody: Any + Send + Sync + fmt::Debug {
    /// For the kind's own downcast.
    fn as_any(&self) -> &dyn Any;
    /// All expressions in it, for lints, column pruning and the canonical hash; each with the role it plays (`when`, `priority`, …).
    fn expressions(&self) -> Vec<(&'static str, &hir::Expr)>;
    /// Writes everything that the rule means, besides its expressions, into a canonical text; together they are hashed.
    fn canonical(&self, out: &mut String);
    /// The stream whose rows drive it, if it is one.
    fn stream(&self) -> Option<hir::SourceId> {
        None
    }
    /// The rule with another expression at that position of [`expressions`](Self::expressions). A kind that cannot tell has no mutants.
    fn with_expression(&self, _position: usize, _expr: &hir::Expr) -> Option<Arc<dyn RuleBody>> {
        None
    }
    /// The rule with one clause changed or left out: what is not an expression in it. For the mutation score.
    fn variants(&self, _texts: &dyn Texts) -> Vec<(Said, Arc<dyn RuleBody>)> {
        Vec::new()
    }
}

/// A clause a kind understands.
#[derive(Debug, Clone, Copy)]
pub struct ClauseSpec {
    /// Its word.
    pub word: Kw,
    /// A rule without it is incomplete.
    pub required: bool,
    /// May stand more than once.
    pub repeat: bool,
    /// One sentence, English and Chinese, for completion and reference.
    pub doc: (&'static str, &'static str),
    /// An example line, English and Chinese.
    pub example: (&'static str, &'static str),
}

/// The checking side of a kind.
pub trait KindSchema: Sync {
    /// The kind's word: `event`.
    fn word(&self) -> Kw;
    /// The kind's name in identities and effects: `event`.
    fn name(&self) -> &'static str;
    /// Its clauses; `lang` reports unknown, doubled and absent ones before `check` is called.
    fn clauses(&self) -> &'static [ClauseSpec];
    /// What a test can expect of an effect: the name it has there, and the clause that makes it (`assign to` makes `assignee`).
    /// Empty: any name.
    fn properties(&self) -> &'static [(&'static str, Kw)] {
        &[]
    }
    /// Checks one rule. Findings go to `cx`; `None` if the rule cannot be used.
    fn check(&self, rule: &ast::Rule, cx: &mut dyn RuleContext) -> Option<Arc<dyn RuleBody>>;
}

/// What a kind may ask of the checker while it checks one rule. Every method reports its own findings.
pub trait RuleContext {
    /// Report something.
    fn report(&mut self, finding: crate::finding::Finding);
    /// The place of a span in the rule's file.
    fn place(&self, span: ast::Span) -> crate::finding::Place;
    /// A source by name; from now on its columns are in scope, unqualified, for this rule.
    fn on_source(&mut self, expr: &ast::Expr) -> Option<hir::SourceId>;
    /// The rows are those of a stream, and this name tells the windows of one key from another's: figures over windows are allowed
    /// from now on, and rows without this key are none of the rule's. To be called after [`on_source`](Self::on_source).
    fn stream_by(&mut self, expr: &ast::Expr) -> Option<hir::Expr>;
    /// A stream was meant, though nothing says by what: that there are no windows then needs no saying.
    fn stream_meant(&mut self);
    /// A sink by name.
    fn sink(&mut self, expr: &ast::Expr) -> Option<hir::SinkId>;
    /// A checked source.
    fn source(&self, id: hir::SourceId) -> &hir::Source;
    /// An expression of any type in the rule's scope.
    fn expr(&mut self, expr: &ast::Expr) -> Option<hir::Expr>;
    /// An expression that must be bool.
    fn condition(&mut self, expr: &ast::Expr) -> Option<hir::Expr>;
    /// From here on, in this rule, `condition` is true: columns that it could not be true without count as not missing, so that a
    /// text may use them without `or else`. A kind calls it with its `when` before it checks what is done about it.
    fn assume(&mut self, condition: &hir::Expr);
    /// An expression that must be text, or a value with an obvious text (integer, …): converted.
    fn text_value(&mut self, expr: &ast::Expr) -> Option<hir::Expr>;
    /// Reports a bare name that means nothing here, where a word of the clause was meant (`priority hihg`); true if it was one.
    fn misspelt(&mut self, expr: &ast::Expr, words: &[Kw]) -> bool;
    /// A number (integer, decimal or real).
    fn number(&mut self, expr: &ast::Expr) -> Option<hir::Expr>;
    /// A text with slots, or the name of a template.
    fn text(&mut self, part: &ast::Part) -> Option<Arc<hir::TextTemplate>>;
    /// A duration literal.
    fn duration(&mut self, expr: &ast::Expr) -> Option<crate::value::Duration>;
    /// A whole positive number literal.
    fn count(&mut self, expr: &ast::Expr) -> Option<u64>;
    /// The columns that the name after `once per`, `by`, … means: a column of the `on` source, or the source's singular
    /// (`once per customer`, 每个 客户) meaning its key.
    fn key_columns(&mut self, expr: &ast::Expr) -> Option<Vec<hir::Expr>>;
    /// The rulebook the rule stands in.
    fn rulebook(&self) -> &hir::Rulebook;
    /// The populations collected so far by `expr`/`condition` (moved into the rule's head afterwards).
    fn populations(&self) -> &[hir::Population];
}
