//! `for any SOURCE with CONDITION`.

use super::TestCx;
use crate::{
    check::scope::{On, Scope},
    hir::TestStep,
};
use guiju_grammar::ast::{self, Span};

impl TestCx<'_, '_, '_> {
    pub(super) fn for_any(&mut self, path: &[ast::Name], with: Option<&ast::Expr>, span: Span) -> Option<TestStep> {
        let source = self.source(path)?;
        self.any = true;
        let place = self.scope.at(span);
        let Some(with) = with else { return Some(TestStep::ForAny { source, with: None, place }) };
        // What a test asks about is no reason for a run to read it.
        let used = self.checker.declared.used.clone();
        let mut scope = Scope::new(self.scope.book, self.scope.file, On::Source(source));
        let condition = self.checker.bool(&mut scope, with);
        self.checker.declared.used = used;
        (!scope.failed).then_some(TestStep::ForAny { source, with: Some(condition), place })
    }
}
