//! `+ - * /`, minus, `30% of x`, and units.

use super::{constant, number_of};
use crate::{
    check::{
        resolve::is_unknown,
        scope::{Checker, Scope},
        types,
    },
    context::{Context, Incident},
    finding::{Arg, Finding, Fix, codes::names as codes},
    hir::{ArithOp, Expr, ExprKind as H},
    reference,
    ty::{self, Type, Typed, Unit},
    value::{Decimal, Duration, Value},
};
use guiju_grammar::{
    ast::{self, BinaryOp, Magnitude, Span},
    keyword::Kw,
};

impl Checker<'_, '_> {
    pub(super) fn negate(&mut self, scope: &mut Scope, a: &ast::Expr, span: Span) -> Expr {
        let value = self.value(scope, a);
        let folded = match constant(&value) {
            Some(Value::Integer(n)) => n.checked_neg().map(Value::Integer),
            Some(Value::Decimal(d)) => Some(Value::Decimal(Decimal { mantissa: -d.mantissa, scale: d.scale })),
            Some(Value::Duration(d)) => d.negated().map(Value::Duration),
            _ => None,
        };
        let typed = value.typed.clone();
        match (types::family(&typed.ty), folded) {
            (_, Some(folded)) => self.make(scope, span, H::Literal(folded), typed),
            (types::Family::Number | types::Family::Any, None) => {
                self.make(scope, span, H::Neg(Box::new(value)), typed)
            }
            _ => self.wrong(scope, codes::NUMBER_EXPECTED, &value, a.span),
        }
    }

    pub(super) fn arith(&mut self, scope: &mut Scope, op: BinaryOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        if let Some(finding) = self.days_from_t(scope, op, a, b, span) {
            return self.fail(scope, finding);
        }
        let left = self.value(scope, a);
        let right = self.value(scope, b);
        if is_unknown(&left) && is_unknown(&right) {
            return self.make(scope, span, H::Literal(Value::Missing), Typed::new(Type::Unknown, true));
        }
        if let Some(finding) = self.percent_added(scope, op, (a, &left), b, span) {
            return self.fail(scope, finding);
        }
        let (sign, op) = match op {
            BinaryOp::Add => ("+", ArithOp::Add),
            BinaryOp::Sub => ("-", ArithOp::Sub),
            BinaryOp::Mul => ("*", ArithOp::Mul),
            _ => ("/", ArithOp::Div),
        };
        if op == ArithOp::Add && left.typed.ty == Type::Text && right.typed.ty == Type::Text {
            let slot = |e: &ast::Expr, t: String| match &e.kind {
                ast::ExprKind::Text(_) => t.trim_matches(['"', '“', '”']).to_owned(),
                _ => format!("{{{t}}}"),
            };
            let joined = slot(a, self.text_of(scope, a.span)) + &slot(b, self.text_of(scope, b.span));
            let place = scope.at(span);
            let finding = Finding::new(codes::TEXT_ADDED, place).fix(Fix::replace(place, format!("\"{joined}\"")));
            return self.fail(scope, finding);
        }
        let Some(ty) = ty::arithmetic(op, &left, &right) else {
            let finding = Finding::new(codes::ARITHMETIC_TYPES, scope.at(span)).name("operator", sign);
            let finding = finding.arg("left", Arg::Type(left.typed.ty.clone()));
            let finding = finding.arg("right", Arg::Type(right.typed.ty.clone()));
            // `today + 3`: days, most likely.
            let days = matches!(left.typed.ty, Type::Date) && matches!(constant(&right), Some(Value::Integer(_)));
            let finding = match days && matches!(op, ArithOp::Add | ArithOp::Sub) {
                true => {
                    let unit = if self.names.is_chinese(scope.file) { "天" } else { "d" };
                    let meant = format!("{}{unit}", self.text_of(scope, b.span));
                    finding.suggest(vec![meant.clone()]).fix(Fix::replace(scope.at(b.span), meant))
                }
                false => finding,
            };
            return self.fail(scope, finding);
        };
        for side in [&left, &right] {
            if let Some(Value::Duration(Duration::TradingDays(_))) = constant(side)
                && !self.has_calendar(scope, span)
            {
                return self.poison(scope, span);
            }
        }
        if matches!(op, ArithOp::Add | ArithOp::Sub) && !self.same_unit(scope, &left, &right, span) {
            return self.poison(scope, span);
        }
        let unit = match op {
            ArithOp::Add | ArithOp::Sub => first_unit(&left.typed.unit, &right.typed.unit),
            ArithOp::Mul => product(&left.typed.unit, &right.typed.unit),
            ArithOp::Div => quotient(&left.typed.unit, &right.typed.unit),
        };
        // A trading day may lie beyond the calendar, and a divisor may be zero.
        let beyond =
            [&left, &right].iter().any(|e| matches!(constant(e), Some(Value::Duration(Duration::TradingDays(_)))));
        let by_zero = op == ArithOp::Div && constant(&right).is_none_or(is_zero);
        if op == ArithOp::Div && constant(&right).is_some_and(is_zero) {
            return self.fail(scope, Finding::new(codes::DIVISION_BY_ZERO, scope.at(b.span)));
        }
        if beyond && let (Some(from), Some(by)) = (constant(&left), constant(&right)) {
            let (from, by) = (from.clone(), by.clone());
            if !self.inside_calendar(scope, op, (&from, &by), &ty, span) {
                return self.poison(scope, span);
            }
        }
        let nullable = left.typed.nullable || right.typed.nullable || beyond || by_zero;
        self.make(scope, span, H::Arith(op, Box::new(left), Box::new(right)), Typed { ty, unit, nullable })
    }

    /// `T+3`, as brokers count trading days, where nothing is called `T`.
    fn days_from_t(&self, scope: &Scope, op: BinaryOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Option<Finding> {
        let ast::ExprKind::Path(path) = &a.kind else { return None };
        let ([name], (days, 0, Magnitude::One, None)) = (path.as_slice(), number_of(b)?) else { return None };
        let sign = match op {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            _ => return None,
        };
        if !matches!(name.text.as_str(), "T" | "t" | "Ｔ") || self.is_known(scope, &name.text) {
            return None;
        }
        let unit = match (self.names.is_chinese(scope.file), days) {
            (true, _) => "个交易日",
            (false, 1) => " trading day",
            (false, _) => " trading days",
        };
        let meant = format!("{} {sign} {days}{unit}", self.say(scope, Kw::TODAY));
        let finding = Finding::new(codes::DAYS_FROM_T, scope.at(span)).name("found", self.text_of(scope, span));
        Some(finding.name("meant", &meant).fix(Fix::replace(scope.at(span), meant)))
    }

    /// `x + 5%`: 5 % of what?
    fn percent_added(
        &self,
        scope: &Scope,
        op: BinaryOp,
        (a, left): (&ast::Expr, &Expr),
        b: &ast::Expr,
        span: Span,
    ) -> Option<Finding> {
        let (mantissa, scale, Magnitude::Percent, _) = number_of(b)? else { return None };
        let share = matches!(number_of(a), Some((_, _, Magnitude::Percent | Magnitude::BasisPoint, _)));
        if share || left.typed.unit == Unit::Percent || !matches!(op, BinaryOp::Add | BinaryOp::Sub) {
            return None;
        }
        let one = 10_i128.checked_pow(u32::from(scale) + 2)?;
        let factor = if op == BinaryOp::Add { one.checked_add(*mantissa)? } else { one.checked_sub(*mantissa)? };
        let factor = Decimal::new(factor, scale + 2)?.stripped();
        let grown = format!("{} * {factor}", self.text_of(scope, a.span));
        let finding = Finding::new(codes::PERCENT_ADDED, scope.at(span)).name("percent", self.text_of(scope, b.span));
        Some(finding.name("suggestion", &grown).fix(Fix::replace(scope.at(span), grown)))
    }

    pub(super) fn percent_of(&mut self, scope: &mut Scope, share: &ast::Expr, whole: &ast::Expr, span: Span) -> Expr {
        let left = self.numeric(scope, share);
        let right = self.numeric(scope, whole);
        if let Some((_, _, Magnitude::One, _)) = number_of(share) {
            let fixed = format!("{}%", self.text_of(scope, share.span));
            let place = scope.at(share.span);
            return self.fail(scope, Finding::new(codes::PERCENT_OF_WHAT, place).fix(Fix::replace(place, fixed)));
        }
        let Some(ty) = ty::arithmetic(ArithOp::Mul, &left, &right) else { return self.poison(scope, span) };
        let typed = Typed { ty, unit: right.typed.unit.clone(), nullable: left.typed.nullable || right.typed.nullable };
        self.make(scope, span, H::Arith(ArithOp::Mul, Box::new(left), Box::new(right)), typed)
    }

    /// Reports two units that do not go together.
    pub(super) fn same_unit(&mut self, scope: &mut Scope, a: &Expr, b: &Expr, span: Span) -> bool {
        let (left, right) = (&a.typed.unit, &b.typed.unit);
        if left == right || *left == Unit::None || *right == Unit::None {
            return true;
        }
        // A plain share and a percent column are the same number.
        let finding = Finding::new(codes::UNITS_MIXED, scope.at(span)).name("left", types::unit_word(left));
        self.report(scope, finding.name("right", types::unit_word(right)));
        false
    }

    /// Whether a fixed number of trading days from a fixed day stays within what the calendar knows; reports if not.
    fn inside_calendar(
        &mut self,
        scope: &mut Scope,
        op: ArithOp,
        (a, b): (&Value, &Value),
        ty: &Type,
        span: Span,
    ) -> bool {
        let book = self.names.book_of(scope.book);
        let cx = Context::on(0, book.zone.clone(), book.calendar.clone());
        if reference::arithmetic(op, a, b, ty, &cx) != Err(Incident::BeyondCalendar) {
            return true;
        }
        let Some(calendar) = &book.calendar else { return true };
        let (from, to) = calendar.valid();
        let finding =
            Finding::new(codes::DATE_BEYOND_CALENDAR, scope.at(span)).name("value", self.text_of(scope, span));
        let finding = finding.name("calendar", calendar.name()).arg("from", Arg::Value(Value::Date(from)));
        self.report(scope, finding.arg("to", Arg::Value(Value::Date(to))));
        false
    }

    /// Whether trading days can be counted here; reports if not.
    pub(in crate::check) fn has_calendar(&mut self, scope: &mut Scope, span: Span) -> bool {
        let book = self.names.book_of(scope.book);
        if book.calendar.is_some() {
            return true;
        }
        scope.failed = true;
        if !book.calendar_failed {
            let rulebook = book.info.name.clone();
            self.report(scope, Finding::new(codes::NO_CALENDAR, scope.at(span)).name("rulebook", rulebook));
        }
        false
    }
}

fn is_zero(v: &Value) -> bool {
    match v {
        Value::Integer(n) => *n == 0,
        Value::Decimal(d) => d.mantissa == 0,
        Value::Real(x) => *x == 0.0,
        _ => false,
    }
}

fn first_unit(a: &Unit, b: &Unit) -> Unit {
    if *a == Unit::None { b.clone() } else { a.clone() }
}

/// Price × shares is money; a share of anything is that thing.
fn product(a: &Unit, b: &Unit) -> Unit {
    match (a, b) {
        (Unit::None | Unit::Percent, other) | (other, Unit::None | Unit::Percent) => other.clone(),
        (Unit::Money(code), Unit::Shares) | (Unit::Shares, Unit::Money(code)) => Unit::Money(code.clone()),
        _ => Unit::None,
    }
}

fn quotient(a: &Unit, b: &Unit) -> Unit {
    match (a, b) {
        (a, Unit::None | Unit::Percent) => a.clone(),
        (Unit::Money(code), Unit::Shares) => Unit::Money(code.clone()),
        _ => Unit::None,
    }
}
