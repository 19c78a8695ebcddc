//! Comparisons, memberships and text questions.

use super::{Lowering, PlanError, constant::is_constant};
use crate::graph::{MaskId, MaskOp, TestSpec, ValueOp};
use guiju_lang::{
    builtin::Builtin,
    hir::{CompareOp, Direction, Expr, ExprKind, Pattern, TextOp},
    ty::{Type, compared_as},
    value::Duration,
};

/// How two operands are compared.
enum Family {
    /// Integers, decimals, dates, times, timestamps: exactly.
    Whole,
    /// At least one real: as doubles.
    Real,
    Text,
    Bool,
    /// Always missing.
    Missing,
    /// Everything else.
    Other,
}

fn family(a: &Type, b: &Type) -> Family {
    use Type::{Bool, Date, Decimal, Integer, Real, Text, Time, Timestamp, Unknown};
    match (a, b) {
        (Unknown, _) | (_, Unknown) => Family::Missing,
        (Bool, Bool) => Family::Bool,
        (Text, Text) => Family::Text,
        (Integer | Decimal(_), Integer | Decimal(_)) => Family::Whole,
        (Real, Real | Integer | Decimal(_)) | (Integer | Decimal(_), Real) => Family::Real,
        (Date, Date) | (Time, Time) | (Timestamp, Timestamp) => Family::Whole,
        _ => Family::Other,
    }
}

impl Lowering<'_> {
    pub(super) fn comparison(&mut self, op: CompareOp, a: &Expr, b: &Expr, wanted: bool) -> Result<MaskId, PlanError> {
        let asked = op;
        let op = if wanted { op } else { op.negated() };
        let family = match family(&a.typed.ty, &b.typed.ty) {
            // Wide decimals can have no type in common; the reference evaluator knows what that means.
            Family::Whole if compared_as(a, b).is_some() => Family::Other,
            family => family,
        };
        let (left, right) = match family {
            Family::Missing => return Ok(self.add_mask(MaskOp::Never)),
            Family::Bool => return self.bool_comparison(op, a, b),
            Family::Other => {
                // One node for both answers, so that a failure is counted once.
                let value = self.interpret_comparison(asked, a, b)?;
                return Ok(self.add_mask(MaskOp::Is(value, wanted)));
            }
            Family::Real => {
                if is_constant(b) {
                    return self.against(op, a, b, true);
                }
                if is_constant(a) {
                    return self.against(op.mirrored(), b, a, true);
                }
                (self.real_value(a)?, self.real_value(b)?)
            }
            Family::Whole | Family::Text => {
                if is_constant(b) {
                    return self.against(op, a, b, false);
                }
                if is_constant(a) {
                    return self.against(op.mirrored(), b, a, false);
                }
                (self.value(a)?, self.value(b)?)
            }
        };
        // One direction only, so that `a < b` and `b > a` are one node.
        let (op, left, right) = match op {
            CompareOp::Gt | CompareOp::Ge => (op.mirrored(), right, left),
            CompareOp::Eq | CompareOp::Ne if left > right => (op, right, left),
            _ => (op, left, right),
        };
        Ok(self.add_mask(MaskOp::Compare(op, left, right)))
    }

    /// `x op constant`
    fn against(&mut self, op: CompareOp, x: &Expr, constant: &Expr, real: bool) -> Result<MaskId, PlanError> {
        let constant = self.constant(constant);
        let spec = TestSpec::Compare(op, constant);
        if let (false, ExprKind::Call(builtin @ (Builtin::Age | Builtin::Year | Builtin::Days), args)) = (real, &x.kind)
            && let [date] = &args[..]
            && date.typed.ty == Type::Date
        {
            let date = self.value(date)?;
            return Ok(self.add_test(date, TestSpec::Derived(*builtin, Box::new(spec)), true));
        }
        let value = if real { self.real_value(x)? } else { self.value(x)? };
        Ok(self.add_test(value, spec, true))
    }

    /// Truth values compare with false before true.
    fn bool_comparison(&mut self, op: CompareOp, a: &Expr, b: &Expr) -> Result<MaskId, PlanError> {
        let mut cases = Vec::new();
        for (x, y) in [(false, false), (false, true), (true, false), (true, true)] {
            if op.holds(x.cmp(&y)) {
                let both = vec![self.mask(a, x)?, self.mask(b, y)?];
                cases.push(self.all_of(both));
            }
        }
        Ok(self.any_of(cases))
    }

    pub(super) fn membership(
        &mut self,
        whole: &Expr,
        operand: &Expr,
        items: &[Expr],
        wanted: bool,
    ) -> Result<MaskId, PlanError> {
        let plain = |t: &Type| {
            matches!(t, Type::Integer | Type::Decimal(_) | Type::Text | Type::Date | Type::Time | Type::Timestamp)
        };
        let limited = items.iter().any(|i| compared_as(operand, i).is_some());
        if limited || items.iter().any(|i| matches!(i.typed.ty, Type::List(_))) {
            // `wanted` already counts the negation in.
            let negated = matches!(whole.kind, ExprKind::In { negated: true, .. });
            return self.interpret_condition(whole, wanted != negated);
        }
        let comparable = |item: &Expr| {
            let family = family(&operand.typed.ty, &item.typed.ty);
            is_constant(item) && matches!(family, Family::Whole | Family::Text | Family::Missing)
        };
        if plain(&operand.typed.ty) && items.iter().all(comparable) {
            let mut constants: Vec<_> = items.iter().map(|i| self.constant(i)).collect();
            constants.sort_unstable();
            constants.dedup();
            let value = self.value(operand)?;
            return Ok(self.add_test(value, TestSpec::OneOf(constants), wanted));
        }
        let each: Vec<MaskId> =
            items.iter().map(|i| self.comparison(CompareOp::Eq, operand, i, wanted)).collect::<Result<_, _>>()?;
        if items.is_empty() {
            // Nothing is in an empty list, but a missing operand stays missing.
            return if wanted { Ok(self.add_mask(MaskOp::Never)) } else { self.present(operand) };
        }
        Ok(if wanted { self.any_of(each) } else { self.all_of(each) })
    }

    pub(super) fn between(&mut self, x: &Expr, low: &Expr, high: &Expr, wanted: bool) -> Result<MaskId, PlanError> {
        let families = (family(&x.typed.ty, &low.typed.ty), family(&x.typed.ty, &high.typed.ty));
        let limited = compared_as(low, x).is_some() || compared_as(x, high).is_some();
        let fused = !is_constant(x) && is_constant(low) && is_constant(high) && !limited;
        if fused && matches!(families, (Family::Whole, Family::Whole)) {
            let spec = TestSpec::Between(self.constant(low), self.constant(high));
            if let ExprKind::Call(builtin @ (Builtin::Age | Builtin::Year | Builtin::Days), args) = &x.kind
                && let [date] = &args[..]
                && date.typed.ty == Type::Date
            {
                let date = self.value(date)?;
                return Ok(self.add_test(date, TestSpec::Derived(*builtin, Box::new(spec)), wanted));
            }
            let value = self.value(x)?;
            return Ok(self.add_test(value, spec, wanted));
        }
        let above = self.comparison(CompareOp::Ge, x, low, wanted)?;
        let below = self.comparison(CompareOp::Le, x, high, wanted)?;
        Ok(if wanted { self.all_of(vec![above, below]) } else { self.any_of(vec![above, below]) })
    }

    pub(super) fn within(
        &mut self,
        whole: &Expr,
        x: &Expr,
        direction: Direction,
        span: Duration,
        wanted: bool,
    ) -> Result<MaskId, PlanError> {
        // A calendar can end within the span; only the reference evaluator counts that row by row.
        let exact = matches!(
            (&x.typed.ty, span),
            (Type::Date, Duration::Days(_) | Duration::Months(_) | Duration::TradingDays(_))
                | (Type::Timestamp, Duration::Micros(_))
        );
        if exact {
            let value = self.value(x)?;
            return Ok(self.add_test(value, TestSpec::Within(direction, span), wanted));
        }
        self.interpret_condition(whole, wanted)
    }

    pub(super) fn text_test(&mut self, op: TextOp, a: &Expr, b: &Expr, wanted: bool) -> Result<MaskId, PlanError> {
        if a.typed.ty == Type::Unknown || b.typed.ty == Type::Unknown {
            return Ok(self.add_mask(MaskOp::Never));
        }
        if is_constant(b) {
            let constant = self.constant(b);
            let value = self.value(a)?;
            return Ok(self.add_test(value, TestSpec::Text(op, constant), wanted));
        }
        let (a, b) = (self.value(a)?, self.value(b)?);
        Ok(self.add_mask(MaskOp::TextPair(op, a, b, wanted)))
    }

    pub(super) fn matches(&mut self, operand: &Expr, pattern: &Pattern, wanted: bool) -> Result<MaskId, PlanError> {
        if operand.typed.ty == Type::Unknown {
            return Ok(self.add_mask(MaskOp::Never));
        }
        let index = self.pattern(pattern)?;
        let value = self.value(operand)?;
        Ok(self.add_test(value, TestSpec::Matches(index), wanted))
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result<u32, PlanError> {
        if let Some(&index) = self.interner.patterns.get(&pattern.source) {
            return Ok(index);
        }
        let regex = guiju_lang::pattern::compile(&pattern.source)
            .map_err(|_| PlanError::Pattern(pattern.source.to_string()))?;
        let index = u32::try_from(self.graph.patterns.len()).unwrap_or(u32::MAX);
        self.graph.patterns.push(regex);
        self.interner.patterns.insert(pattern.source.clone(), index);
        Ok(index)
    }

    /// The value as a double.
    pub(super) fn real_value(&mut self, expr: &Expr) -> Result<crate::graph::ValueId, PlanError> {
        let value = self.value(expr)?;
        if self.graph.value(value).ty == Type::Real {
            return Ok(value);
        }
        Ok(self.add_value(ValueOp::ToReal(value), Type::Real))
    }
}
