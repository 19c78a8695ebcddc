//! `and`, `or`, `not`, `if`, `or else`, `is missing`.

use super::is_missing_literal;
use crate::{
    check::{
        facts,
        resolve::is_unknown,
        scope::{Checker, Scope},
    },
    finding::{Arg, Finding, Fix, codes::names as codes},
    hir::{Expr, ExprKind as H},
    ty::{Type, Typed, Unit, common},
};
use guiju_grammar::ast::{self, BinaryOp, ExprKind, Span};

impl Checker<'_, '_> {
    pub(super) fn not(&mut self, scope: &mut Scope, a: &ast::Expr, span: Span) -> Expr {
        let a = self.bool(scope, a);
        let nullable = a.typed.nullable;
        self.make(scope, span, H::Not(Box::new(a)), Typed::new(Type::Bool, nullable))
    }

    /// A whole chain of one word, flattened.
    pub(super) fn chain(&mut self, scope: &mut Scope, op: BinaryOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        let mut parts = Vec::new();
        flatten(op, a, &mut parts);
        flatten(op, b, &mut parts);
        let guards = scope.guards.len();
        for part in &parts {
            if let ExprKind::IsMissing(operand, _) = &part.kind {
                let text = self.text_of(scope, operand.span);
                scope.guards.push(text);
            }
        }
        let mut items = Vec::with_capacity(parts.len());
        for part in parts {
            let item = self.bool(scope, part);
            // A let that is itself such a chain joins it.
            match (op, item.kind) {
                (BinaryOp::And, H::And(inner)) | (BinaryOp::Or, H::Or(inner)) => items.extend(inner),
                (_, kind) => items.push(Expr { kind, ..item }),
            }
        }
        scope.guards.truncate(guards);
        let nullable = items.iter().any(|i| i.typed.nullable);
        let kind = if op == BinaryOp::And { H::And(items) } else { H::Or(items) };
        self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
    }

    pub(super) fn is_missing(&mut self, scope: &mut Scope, a: &ast::Expr, negated: bool, span: Span) -> Expr {
        let operand = self.value(scope, a);
        let plain = matches!(a.kind, ExprKind::Path(_)) && matches!(operand.kind, H::Column(_));
        if plain && !operand.typed.nullable && scope.used_at.is_none() && self.never_missing(scope, a) {
            let name = self.text_of(scope, a.span);
            self.report(scope, Finding::new(codes::NEVER_MISSING, scope.at(span)).name("name", name));
        }
        let kind = H::IsMissing { operand: Box::new(operand), negated };
        self.make(scope, span, kind, Typed::new(Type::Bool, false))
    }

    pub(super) fn or_else(&mut self, scope: &mut Scope, op: Span, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        let first = self.value(scope, a);
        let second = self.value(scope, b);
        if !first.typed.nullable && !is_unknown(&first) && scope.used_at.is_none() && self.never_missing(scope, a) {
            let place = scope.at(op.to(b.span));
            let gap = scope.at(Span { start: a.span.end, end: b.span.end });
            self.report(scope, Finding::new(codes::OR_ELSE_UNNEEDED, place).fix(Fix::replace(gap, "").safe()));
        }
        let nullable = second.typed.nullable;
        self.joined(scope, first, second, span, H::OrElse, nullable)
    }

    /// Whether it is so for every row, not only for those that the rule's condition lets through: who writes a default to be
    /// on the safe side is not told off.
    fn never_missing(&mut self, scope: &mut Scope, e: &ast::Expr) -> bool {
        if scope.facts.is_empty() {
            return true;
        }
        let facts = std::mem::take(&mut scope.facts);
        let nullable = self.value(scope, e).typed.nullable;
        scope.facts = facts;
        !nullable
    }

    pub(super) fn branch(
        &mut self,
        scope: &mut Scope,
        c: &ast::Expr,
        a: &ast::Expr,
        b: &ast::Expr,
        span: Span,
    ) -> Expr {
        let condition = self.bool(scope, c);
        let then = self.knowing(scope, facts::when_true(&condition), |me, scope| me.value(scope, a));
        let otherwise = self.knowing(scope, facts::when_not_true(&condition), |me, scope| me.value(scope, b));
        let nullable = then.typed.nullable || otherwise.typed.nullable;
        self.joined(scope, then, otherwise, span, |a, b| H::If(Box::new(condition), a, b), nullable)
    }

    /// While columns are known not to be missing.
    fn knowing<T>(
        &mut self,
        scope: &mut Scope,
        facts: std::collections::BTreeSet<crate::hir::ColumnRef>,
        check: impl FnOnce(&mut Self, &mut Scope) -> T,
    ) -> T {
        let before = scope.facts.clone();
        scope.facts.extend(facts);
        let result = check(self, scope);
        scope.facts = before;
        result
    }

    /// Two values one of which is taken: of one type and unit.
    pub(super) fn joined(
        &mut self,
        scope: &mut Scope,
        a: Expr,
        b: Expr,
        span: Span,
        kind: impl FnOnce(Box<Expr>, Box<Expr>) -> H,
        nullable: bool,
    ) -> Expr {
        let Some(ty) = common(&a.typed.ty, &b.typed.ty) else {
            let finding = Finding::new(codes::BRANCHES_DIFFER, scope.at(span));
            let finding = finding.arg("left", Arg::Type(a.typed.ty.clone()));
            return self.fail(scope, finding.arg("right", Arg::Type(b.typed.ty.clone())));
        };
        if !self.same_unit(scope, &a, &b, span) {
            return self.poison(scope, span);
        }
        let unit = if a.typed.unit == Unit::None { b.typed.unit.clone() } else { a.typed.unit.clone() };
        let (a, b) = (self.convert(scope, a, &ty), self.convert(scope, b, &ty));
        self.make(scope, span, kind(Box::new(a), Box::new(b)), Typed { ty, unit, nullable })
    }

    pub(super) fn binary(
        &mut self,
        scope: &mut Scope,
        op: BinaryOp,
        at: Span,
        a: &ast::Expr,
        b: &ast::Expr,
        span: Span,
    ) -> Expr {
        match op {
            BinaryOp::Or | BinaryOp::And => self.chain(scope, op, a, b, span),
            BinaryOp::OrElse if is_missing_literal(b) => {
                // `x or else missing` is x.
                self.value(scope, a)
            }
            BinaryOp::OrElse => self.or_else(scope, at, a, b, span),
            BinaryOp::Contains | BinaryOp::StartsWith | BinaryOp::EndsWith => self.text_test(scope, op, a, b, span),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => self.arith(scope, op, a, b, span),
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.compare(scope, op, at, a, b, span)
            }
        }
    }
}

fn flatten<'e>(op: BinaryOp, e: &'e ast::Expr, out: &mut Vec<&'e ast::Expr>) {
    match &e.kind {
        ExprKind::Binary(o, _, a, b) if *o == op => {
            flatten(op, a, out);
            flatten(op, b, out);
        }
        _ => out.push(e),
    }
}
