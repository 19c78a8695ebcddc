//! Texts with slots, `contains`, `matches`.

use crate::{
    check::{
        resolve::is_unknown,
        scope::{Checker, Scope},
    },
    finding::{Arg, Code, Finding, codes::names as codes},
    hir::{Expr, ExprKind as H, Pattern, TextOp, TextSegment, TextTemplate},
    pattern::{self, PatternError},
    ty::{Type, Typed},
    value::Value,
};
use guiju_grammar::ast::{self, BinaryOp, Segment, Span};
use std::sync::Arc;

impl Checker<'_, '_> {
    /// A text as a value: a constant, or rendered.
    pub(super) fn text(&mut self, scope: &mut Scope, text: &ast::Text) -> Expr {
        match text.segments.as_slice() {
            [] => self.constant_text(scope, "", text.span),
            [Segment::Literal(only)] => self.constant_text(scope, only, text.span),
            _ => {
                let template = self.template(scope, text);
                let typed = Typed::new(Type::Text, false);
                self.make(scope, text.span, H::Text(Arc::new(template)), typed)
            }
        }
    }

    fn constant_text(&mut self, scope: &mut Scope, text: &str, span: Span) -> Expr {
        self.make(scope, span, H::Literal(Value::text(text)), Typed::new(Type::Text, false))
    }

    /// Typed segments.
    pub(in crate::check) fn template(&mut self, scope: &mut Scope, text: &ast::Text) -> TextTemplate {
        let mut segments = Vec::with_capacity(text.segments.len());
        for segment in &text.segments {
            segments.push(match segment {
                Segment::Literal(text) => TextSegment::Literal(text.as_str().into()),
                Segment::Slot { expr, format, span } => self.slot(scope, expr, format.as_ref(), *span),
            });
        }
        TextTemplate { segments }
    }

    pub(super) fn text_test(
        &mut self,
        scope: &mut Scope,
        op: BinaryOp,
        a: &ast::Expr,
        b: &ast::Expr,
        span: Span,
    ) -> Expr {
        let left = self.value(scope, a);
        let right = self.against(scope, &left, b);
        for (e, value) in [(a, &left), (b, &right)] {
            if value.typed.ty != Type::Text && !is_unknown(value) {
                return self.wrong(scope, codes::TEXT_EXPECTED, value, e.span);
            }
        }
        let op = match op {
            BinaryOp::StartsWith => TextOp::StartsWith,
            BinaryOp::EndsWith => TextOp::EndsWith,
            _ => TextOp::Contains,
        };
        let nullable = left.typed.nullable || right.typed.nullable;
        let kind = H::TextTest(op, Box::new(left), Box::new(right));
        self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
    }

    pub(super) fn matches(&mut self, scope: &mut Scope, a: &ast::Expr, source: &str, at: Span, span: Span) -> Expr {
        let value = self.value(scope, a);
        if value.typed.ty != Type::Text && !is_unknown(&value) {
            return self.wrong(scope, codes::TEXT_EXPECTED, &value, a.span);
        }
        if let Some((code, reason)) = self.refused(source) {
            return self.fail(scope, Finding::new(code, scope.at(at)).arg("reason", Arg::Plain(reason)));
        }
        let nullable = value.typed.nullable;
        let kind = H::Matches(Box::new(value), Pattern { source: source.into() });
        self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
    }

    /// Why a pattern is none; each is compiled once.
    fn refused(&mut self, source: &str) -> Option<(Code, String)> {
        if let Some(known) = self.patterns.get(source) {
            return known.clone();
        }
        let verdict = pattern::compile(source).err().map(|e| {
            let code = match e {
                PatternError::LookAround => codes::REGEX_LOOK_AROUND,
                PatternError::BackReference => codes::REGEX_BACK_REFERENCE,
                PatternError::TooLarge => codes::REGEX_TOO_LARGE,
                PatternError::Syntax(_) => codes::REGEX_INVALID,
            };
            (code, e.to_string())
        });
        self.patterns.insert(source.to_owned(), verdict.clone());
        verdict
    }
}
