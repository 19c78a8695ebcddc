//! Where an expression stands, and the checker that walks it.

use super::{
    CheckInput,
    declare::Declared,
    names::{BookId, DeclId, Names},
};
use crate::{
    finding::{Code, FileId, Finding, Place},
    hir,
    ty::{Type, Typed},
    value::Value,
};
use guiju_grammar::ast::Span;
use std::collections::HashSet;

/// Nodes one expression may grow to when everything is expanded.
const MOST_NODES: u32 = 20_000;
/// Definitions within definitions.
pub(super) const MOST_DEPTH: u32 = 64;

/// Whose columns an unqualified name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// No row at hand.
    Nothing,
    /// A row of a source that could not be made out: every name might be its column.
    Unknown,
    /// A row of this source.
    Source(hir::SourceId),
}

/// Where an expression stands.
pub(super) struct Scope {
    pub(super) book: BookId,
    pub(super) file: FileId,
    pub(super) on: On,
    /// A function's parameters, expanded.
    pub(super) params: Vec<(String, hir::Expr)>,
    /// `None`: no population here.
    pub(super) populations: Option<Vec<hir::Population>>,
    /// The row is one of a stream, whose windows this tells apart.
    pub(super) stream: Option<hir::Expr>,
    /// The row would be one of a stream, but that was reported: nothing follows from there being no windows.
    pub(super) no_stream: bool,
    /// Where the definition that is being expanded was used.
    pub(super) used_at: Option<Place>,
    /// Columns that are not missing here.
    pub(super) facts: HashSet<hir::ColumnRef>,
    /// Operands that stand beside an `is missing` about them, as written.
    pub(super) guards: Vec<String>,
    /// Definitions being expanded.
    pub(super) open: Vec<DeclId>,
    /// Expressions that this one stands in.
    pub(super) nested: u32,
    /// Nodes made so far.
    pub(super) size: u32,
    /// Unknown names are not reported: nobody knows yet whose columns they are.
    pub(super) lenient: bool,
    /// Something here could not be checked, and was reported.
    pub(super) failed: bool,
    /// A clause of the rule could not be read: nobody knows what it makes sure of.
    pub(super) broken: bool,
}

impl Scope {
    pub(super) fn new(book: BookId, file: FileId, on: On) -> Self {
        Self {
            book,
            file,
            on,
            params: Vec::new(),
            populations: None,
            stream: None,
            no_stream: false,
            used_at: None,
            facts: HashSet::new(),
            guards: Vec::new(),
            open: Vec::new(),
            nested: 0,
            size: 0,
            lenient: false,
            failed: false,
            broken: false,
        }
    }
    /// The place of a span in the text being read.
    pub(super) fn at(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }
}

/// Types expressions. One for the whole set.
pub(super) struct Checker<'c, 'a> {
    pub(super) names: &'c Names<'a>,
    pub(super) declared: Declared,
    pub(super) input: CheckInput<'c>,
    pub(super) findings: &'c mut Vec<Finding>,
    pub(super) patterns: std::collections::HashMap<String, Option<(Code, String)>>,
    pub(super) tables: super::expr::CheckedTables,
}

impl Checker<'_, '_> {
    /// Reports; an error makes what is being checked unusable. Inside a definition the use is labelled.
    pub(super) fn report(&mut self, scope: &mut Scope, finding: Finding) {
        scope.failed |= finding.is_error();
        let finding = match (&finding.at, scope.used_at) {
            (crate::finding::At::Text(place), Some(used)) if *place != used => finding.label(used, "used-here"),
            _ => finding,
        };
        self.findings.push(finding);
    }

    /// Reports, and stands in for what cannot be checked: compatible with everything, so that nobody else complains.
    pub(super) fn fail(&mut self, scope: &mut Scope, finding: Finding) -> hir::Expr {
        let span = match &finding.at {
            crate::finding::At::Text(place) => place.span,
            _ => Span::default(),
        };
        self.report(scope, finding);
        self.poison(scope, span)
    }

    /// Stands in for what was reported before.
    pub(super) fn poison(&self, scope: &mut Scope, span: Span) -> hir::Expr {
        scope.failed = true;
        self.make(scope, span, hir::ExprKind::Literal(Value::Missing), Typed::new(Type::Unknown, true))
    }

    /// A node, at the place of its use.
    pub(super) fn make(&self, scope: &mut Scope, span: Span, kind: hir::ExprKind, typed: Typed) -> hir::Expr {
        scope.size = scope.size.saturating_add(1);
        let written = scope.at(span);
        hir::Expr { kind, typed, place: scope.used_at.unwrap_or(written), written }
    }

    /// Expanded beyond all measure.
    pub(super) fn is_full(scope: &Scope) -> bool {
        scope.size > MOST_NODES
    }

    /// The text of a span.
    pub(super) fn text_of(&self, scope: &Scope, span: Span) -> String {
        self.input.files.get(scope.file).map_or("", |f| f.slice(span)).to_owned()
    }

    /// A keyword as the file spells it.
    pub(super) fn say(&self, scope: &Scope, kw: guiju_grammar::keyword::Kw) -> &'static str {
        if self.names.is_chinese(scope.file) { kw.zh() } else { kw.en() }
    }
}
