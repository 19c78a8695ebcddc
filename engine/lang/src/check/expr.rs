//! Types of expressions.

mod arith;
mod call;
mod compare;
mod literal;
mod logic;
mod set;
mod slot;
mod table;
mod text;
mod window;

use super::scope::{Checker, Scope};
use crate::{
    finding::{Arg, Finding, Fix, codes::names as codes},
    hir::{Expr, ExprKind as H},
    ty::{Type, Typed},
    value::Value,
};
pub(super) use compare::iso;
use guiju_grammar::ast::{self, Clock, ExprKind, Literal, UnaryOp};
pub(super) use literal::duration;
pub(super) use table::Checked as CheckedTables;

/// Expressions within expressions, definitions included: what the stack and readers bear.
const MOST_NESTED: u32 = 256;

impl Checker<'_, '_> {
    /// Types an expression. What cannot be typed is reported and stands as a value of unknown type, which fits everywhere.
    pub(super) fn expr(&mut self, scope: &mut Scope, e: &ast::Expr) -> Expr {
        if Self::is_full(scope) || scope.nested >= MOST_NESTED {
            if !scope.failed {
                let at = scope.used_at.unwrap_or_else(|| scope.at(e.span));
                let name = scope.open.first().map_or("", |id| self.names.decl(*id).name.text.as_str()).to_owned();
                let name = if name.is_empty() { self.text_of(scope, e.span) } else { name };
                self.report(scope, Finding::new(codes::EXPANSION_TOO_LARGE, at).name("name", name));
            }
            return self.poison(scope, e.span);
        }
        scope.nested += 1;
        let typed = self.shape(scope, e);
        scope.nested -= 1;
        typed
    }

    fn shape(&mut self, scope: &mut Scope, e: &ast::Expr) -> Expr {
        let span = e.span;
        match &e.kind {
            ExprKind::Literal(literal) => self.literal(scope, literal, span),
            ExprKind::Text(text) => self.text(scope, text),
            ExprKind::Path(path) => self.path(scope, path, span),
            ExprKind::Call { function, args, over } => self.call(scope, function, args, over.as_deref(), span),
            ExprKind::Clock(Clock::Now) => self.make(scope, span, H::Now, Typed::new(Type::Timestamp, false)),
            ExprKind::Clock(Clock::Today) => self.make(scope, span, H::Today, Typed::new(Type::Date, false)),
            ExprKind::Unary(UnaryOp::Not, a) => self.not(scope, a, span),
            ExprKind::Unary(UnaryOp::Neg, a) => self.negate(scope, a, span),
            ExprKind::Binary(op, at, a, b) => self.binary(scope, *op, *at, a, b, span),
            ExprKind::In { operand, negated, set } => self.membership(scope, operand, *negated, set, span),
            ExprKind::IsMissing(a, negated) => self.is_missing(scope, a, *negated, span),
            ExprKind::Between(a, low, high) => self.between(scope, a, low, high, span),
            ExprKind::Within(a, direction, by) => self.within(scope, a, *direction, by, span),
            ExprKind::InTop { operand, end, amount, per } => self.in_top(scope, operand, *end, amount, per, span),
            ExprKind::Matches(a, pattern, at) => self.matches(scope, a, pattern, *at, span),
            ExprKind::If(c, a, b) => self.branch(scope, c, a, b, span),
            ExprKind::PercentOf(share, whole) => self.percent_of(scope, share, whole, span),
            ExprKind::List(items) => self.list(scope, items, span),
            ExprKind::Record(_) => self.misplaced(scope, "word.record-here", span),
            ExprKind::Range(..) => self.misplaced(scope, "word.range-here", span),
        }
    }

    fn misplaced(&mut self, scope: &mut Scope, word: &'static str, span: ast::Span) -> Expr {
        self.fail(scope, Finding::new(codes::LIST_NOT_HERE, scope.at(span)).arg("word", Arg::Word(word)))
    }

    fn list(&mut self, scope: &mut Scope, items: &[ast::Expr], span: ast::Span) -> Expr {
        let items: Vec<Expr> = items.iter().map(|i| self.expr(scope, i)).collect();
        let mut ty = Type::Unknown;
        for item in &items {
            match crate::ty::common(&ty, &item.typed.ty) {
                Some(wider) => ty = wider,
                None => {
                    let at = scope.at(span);
                    let finding = Finding::new(codes::BRANCHES_DIFFER, at).arg("left", Arg::Type(ty));
                    return self.fail(scope, finding.arg("right", Arg::Type(item.typed.ty.clone())));
                }
            }
        }
        self.make(scope, span, H::List(items), Typed::new(Type::List(Box::new(ty)), false))
    }

    /// A value, not a list: lists stand only after `in`.
    pub(super) fn value(&mut self, scope: &mut Scope, e: &ast::Expr) -> Expr {
        let value = self.expr(scope, e);
        if matches!(value.typed.ty, Type::List(_)) {
            let brackets = match &e.kind {
                ExprKind::List(items) if items.len() == 1 => Some(self.text_of(scope, items[0].span)),
                _ => None,
            };
            let finding = Finding::new(codes::LIST_NOT_HERE, scope.at(e.span)).arg("word", Arg::Word("word.list-here"));
            // `[余额]`, as spreadsheets and databases write a column.
            return match brackets {
                Some(inner) => self.fail(scope, finding.fix(Fix::replace(scope.at(e.span), inner))),
                None => self.fail(scope, finding),
            };
        }
        value
    }

    /// The other type, in words, where `expected` was wanted.
    fn wrong(&mut self, scope: &mut Scope, code: crate::finding::Code, found: &Expr, span: ast::Span) -> Expr {
        let finding = Finding::new(code, scope.at(span)).arg("found", Arg::Type(found.typed.ty.clone()));
        self.fail(scope, finding)
    }

    /// A condition; what is none is reported.
    pub(super) fn bool(&mut self, scope: &mut Scope, e: &ast::Expr) -> Expr {
        let value = self.value(scope, e);
        match value.typed.ty {
            Type::Bool | Type::Unknown => value,
            _ => self.wrong(scope, codes::CONDITION_EXPECTED, &value, e.span),
        }
    }

    /// A number; what is none is reported.
    pub(super) fn numeric(&mut self, scope: &mut Scope, e: &ast::Expr) -> Expr {
        let value = self.value(scope, e);
        match super::types::family(&value.typed.ty) {
            super::types::Family::Number | super::types::Family::Any => value,
            _ => self.wrong(scope, codes::NUMBER_EXPECTED, &value, e.span),
        }
    }

    /// To another number type, where the language converts by itself.
    pub(super) fn convert(&mut self, scope: &mut Scope, e: Expr, ty: &Type) -> Expr {
        let number = super::types::family(&e.typed.ty) == super::types::Family::Number;
        if !number || e.typed.ty == *ty || super::types::family(ty) != super::types::Family::Number {
            return e;
        }
        let typed = Typed { ty: ty.clone(), ..e.typed.clone() };
        scope.size = scope.size.saturating_add(1);
        Expr { place: e.place, written: e.written, typed, kind: H::Convert(Box::new(e)) }
    }
}

/// A literal number as written.
fn number_of(e: &ast::Expr) -> Option<(&i128, u8, ast::Magnitude, Option<&str>)> {
    match &e.kind {
        ExprKind::Literal(Literal::Number { mantissa, scale, magnitude, unit }) => {
            Some((mantissa, *scale, *magnitude, unit.as_deref()))
        }
        _ => None,
    }
}

fn is_missing_literal(e: &ast::Expr) -> bool {
    matches!(e.kind, ExprKind::Literal(Literal::Missing))
}

/// The value of a literal.
fn constant(e: &Expr) -> Option<&Value> {
    if let H::Literal(value) = &e.kind { Some(value) } else { None }
}
