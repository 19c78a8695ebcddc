//! `in`, `between`, `within`, `in top`.

use super::{compare::missing_items, constant, number_of};
use crate::{
    check::{
        names::Item,
        resolve::{Target, is_unknown},
        scope::{Checker, Scope},
    },
    finding::{Arg, Finding, Fix, codes::names as codes},
    hir::{Amount, CompareOp, Expr, ExprKind as H, Population},
    ty::{Type, Typed},
    value::{self, Decimal, Duration, Value},
};
use guiju_grammar::ast::{self, Direction, End, ExprKind, Magnitude, Name, Span};
use std::cmp::Ordering;

impl Checker<'_, '_> {
    pub(super) fn membership(
        &mut self,
        scope: &mut Scope,
        operand: &ast::Expr,
        negated: bool,
        set: &ast::Expr,
        span: Span,
    ) -> Expr {
        let value = self.value(scope, operand);
        if negated && value.typed.nullable && !is_unknown(&value) {
            self.nullable_not_equal(scope, operand, span);
        }
        self.within_set(scope, (operand, value), negated, set, span)
    }

    fn within_set(
        &mut self,
        scope: &mut Scope,
        (operand, value): (&ast::Expr, Expr),
        negated: bool,
        set: &ast::Expr,
        span: Span,
    ) -> Expr {
        match &set.kind {
            ExprKind::List(items) => {
                let missing: Vec<Span> = missing_items(items).map(|m| m.span).collect();
                if let Some(at) = missing.first() {
                    let name = self.text_of(scope, operand.span);
                    return self.fail(scope, Finding::new(codes::MISSING_IN_LIST, scope.at(*at)).name("operand", name));
                }
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    let checked = self.against(scope, &value, item);
                    if !self.comparable(scope, (operand, &value), (item, &checked), item.span) {
                        return self.poison(scope, span);
                    }
                    all.push(checked);
                }
                let nullable = value.typed.nullable || all.iter().any(|i| i.typed.nullable);
                let kind = H::In { operand: Box::new(value), items: all, negated };
                self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
            }
            ExprKind::Range(low, high) => {
                self.range(scope, (operand, value), negated, (low.as_deref(), high.as_deref()), span)
            }
            ExprKind::Path(path) => match self.find(scope, path) {
                Target::Decl(id, used) if used == path.len() => match self.names.decl(id).item {
                    Item::Let(x) => {
                        let written = scope.at(span);
                        let place = scope.used_at.unwrap_or(written);
                        let inside = self.expand(scope, id, set.span, |me, inner| {
                            me.within_set(inner, (operand, value), negated, &x.value, span)
                        });
                        // The list is written there, the condition here.
                        Expr { place, written, ..inside }
                    }
                    _ => self.fail(scope, Finding::new(codes::SET_EXPECTED, scope.at(set.span))),
                },
                Target::Reported => self.poison(scope, span),
                _ => self.fail(scope, Finding::new(codes::SET_EXPECTED, scope.at(set.span))),
            },
            _ => {
                let place = scope.at(set.span);
                let bracketed = format!("[{}]", self.text_of(scope, set.span));
                self.fail(scope, Finding::new(codes::SET_EXPECTED, place).fix(Fix::replace(place, bracketed)))
            }
        }
    }

    /// `x in 18..60`, `x in 60..`
    fn range(
        &mut self,
        scope: &mut Scope,
        (operand, value): (&ast::Expr, Expr),
        negated: bool,
        (low, high): (Option<&ast::Expr>, Option<&ast::Expr>),
        span: Span,
    ) -> Expr {
        let mut bound = |me: &mut Self, e: &ast::Expr| {
            let checked = me.value(scope, e);
            me.comparable(scope, (operand, &value), (e, &checked), span).then_some(checked)
        };
        let low = low.map(|e| bound(self, e));
        let high = high.map(|e| bound(self, e));
        let inside = match (low, high) {
            (Some(None), _) | (_, Some(None)) | (None, None) => return self.poison(scope, span),
            (Some(Some(low)), Some(Some(high))) => {
                self.empty_range(scope, &low, &high, span);
                let nullable = value.typed.nullable || low.typed.nullable || high.typed.nullable;
                let kind = H::Between(Box::new(value), Box::new(low), Box::new(high));
                self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
            }
            (Some(Some(bound)), None) => self.bounded(scope, CompareOp::Ge, value, bound, span),
            (None, Some(Some(bound))) => self.bounded(scope, CompareOp::Le, value, bound, span),
        };
        if !negated {
            return inside;
        }
        let nullable = inside.typed.nullable;
        self.make(scope, span, H::Not(Box::new(inside)), Typed::new(Type::Bool, nullable))
    }

    fn bounded(&mut self, scope: &mut Scope, op: CompareOp, value: Expr, bound: Expr, span: Span) -> Expr {
        let nullable = value.typed.nullable || bound.typed.nullable;
        let kind = H::Compare(op, Box::new(value), Box::new(bound));
        self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
    }

    pub(super) fn between(
        &mut self,
        scope: &mut Scope,
        a: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        span: Span,
    ) -> Expr {
        let value = self.value(scope, a);
        self.range(scope, (a, value), false, (Some(low), Some(high)), span)
    }

    fn empty_range(&mut self, scope: &mut Scope, low: &Expr, high: &Expr, span: Span) {
        let (Some(l), Some(h)) = (constant(low), constant(high)) else { return };
        if value::compare(l, h) == Some(Ordering::Greater) {
            let finding = Finding::new(codes::EMPTY_RANGE, scope.at(span));
            self.report(scope, finding.arg("low", Arg::Value(l.clone())).arg("high", Arg::Value(h.clone())));
        }
    }

    pub(super) fn within(
        &mut self,
        scope: &mut Scope,
        a: &ast::Expr,
        direction: Direction,
        by: &ast::Expr,
        span: Span,
    ) -> Expr {
        let value = self.value(scope, a);
        let by_value = self.value(scope, by);
        let Some(Value::Duration(duration)) = constant(&by_value) else {
            if is_unknown(&by_value) {
                return self.poison(scope, span);
            }
            return self.fail(scope, Finding::new(codes::DURATION_EXPECTED, scope.at(by.span)));
        };
        let duration = *duration;
        if !matches!(value.typed.ty, Type::Date | Type::Timestamp | Type::Unknown) {
            return self.wrong(scope, codes::WITHIN_OPERAND, &value, a.span);
        }
        if matches!(duration, Duration::TradingDays(_)) && !self.has_calendar(scope, by.span) {
            return self.poison(scope, span);
        }
        let nullable = value.typed.nullable;
        self.make(scope, span, H::Within(Box::new(value), direction, duration), Typed::new(Type::Bool, nullable))
    }

    pub(super) fn in_top(
        &mut self,
        scope: &mut Scope,
        operand: &ast::Expr,
        end: End,
        amount: &ast::Expr,
        per: &[Name],
        span: Span,
    ) -> Expr {
        let value = self.value(scope, operand);
        if let Type::Bool | Type::Duration | Type::Record(_) = value.typed.ty {
            let finding = Finding::new(codes::NO_ORDER, scope.at(operand.span));
            return self.fail(scope, finding.arg("type", Arg::Type(value.typed.ty)));
        }
        let count = number_of(amount).and_then(|(m, scale, magnitude, unit)| self::amount(*m, scale, magnitude, unit));
        let Some(count) = count else {
            return self.fail(scope, Finding::new(codes::TOP_AMOUNT, scope.at(amount.span)));
        };
        let per: Vec<Expr> = per.iter().map(|n| self.path(scope, std::slice::from_ref(n), n.span)).collect();
        let Some(populations) = &mut scope.populations else {
            if scope.lenient || scope.failed {
                return self.poison(scope, span);
            }
            return self.fail(scope, Finding::new(codes::TOP_NOT_HERE, scope.at(span)));
        };
        let nullable = value.typed.nullable;
        let population = Population { operand: value, end, amount: count, per };
        let index = populations.iter().position(|p| same(p, &population)).unwrap_or_else(|| {
            populations.push(population);
            populations.len() - 1
        });
        self.make(scope, span, H::InTop(index as u32), Typed::new(Type::Bool, nullable))
    }
}

/// The same question, wherever it is asked.
fn same(a: &Population, b: &Population) -> bool {
    let text = |p: &Population| {
        let mut out = String::new();
        crate::canonical::population(&mut out, p);
        out
    };
    a.end == b.end && a.amount == b.amount && text(a) == text(b)
}

fn amount(mantissa: i128, scale: u8, magnitude: Magnitude, unit: Option<&str>) -> Option<Amount> {
    let share = |power: u8| {
        let share = Decimal::new(mantissa, scale.checked_add(power)?)?;
        let one = 10_i128.checked_pow(u32::from(share.scale))?;
        (0 < mantissa && mantissa < one).then_some(Amount::Share(share))
    };
    match (magnitude, unit) {
        (_, Some(_)) => None,
        (Magnitude::Percent, None) => share(2),
        (Magnitude::BasisPoint, None) => share(4),
        (Magnitude::One, None) if scale == 0 => u64::try_from(mantissa).ok().filter(|n| *n > 0).map(Amount::Count),
        _ => None,
    }
}
