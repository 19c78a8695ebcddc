//! `= != < <= > >=`

use super::{constant, is_missing_literal, number_of};
use crate::{
    check::{
        resolve::is_unknown,
        scope::{Checker, On, Scope},
        types::{self, Family},
    },
    finding::{
        Arg, Finding, Fix,
        codes::{names as codes, words},
    },
    hir::{CompareOp, Expr, ExprKind as H},
    time::Civil,
    ty::{Type, Typed, Unit},
    value::{Decimal, Duration, Value},
};
use guiju_grammar::{
    ast::{self, BinaryOp, ExprKind, Literal, Magnitude, Span},
    keyword::Kw,
};

impl Checker<'_, '_> {
    pub(super) fn compare(
        &mut self,
        scope: &mut Scope,
        op: BinaryOp,
        at: Span,
        a: &ast::Expr,
        b: &ast::Expr,
        span: Span,
    ) -> Expr {
        if is_missing_literal(a) || is_missing_literal(b) {
            return self.equals_missing(scope, op, at, a, b, span);
        }
        let (left, right) = self.pair(scope, a, b);
        let op = match op {
            BinaryOp::Eq => CompareOp::Eq,
            BinaryOp::Ne => CompareOp::Ne,
            BinaryOp::Lt => CompareOp::Lt,
            BinaryOp::Le => CompareOp::Le,
            BinaryOp::Gt => CompareOp::Gt,
            _ => CompareOp::Ge,
        };
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        if !self.comparable(scope, (a, &left), (b, &right), span) {
            return self.poison(scope, span);
        }
        if !equality && left.typed.ty == Type::Bool {
            let finding = Finding::new(codes::NO_ORDER, scope.at(span)).arg("type", Arg::Type(Type::Bool));
            return self.fail(scope, finding);
        }
        if op == CompareOp::Ne && (left.typed.nullable || right.typed.nullable) {
            let operand = if left.typed.nullable { a } else { b };
            self.nullable_not_equal(scope, operand, span);
        }
        if equality {
            self.exactness(scope, (a, &left), (b, &right), span);
        }
        let nullable = left.typed.nullable || right.typed.nullable;
        let kind = H::Compare(op, Box::new(left), Box::new(right));
        self.make(scope, span, kind, Typed::new(Type::Bool, nullable))
    }

    /// Both operands. A bare word beside a text (`level = V5`) is a text without its quotes.
    fn pair(&mut self, scope: &mut Scope, a: &ast::Expr, b: &ast::Expr) -> (Expr, Expr) {
        let left = self.value(scope, a);
        let right = self.against(scope, &left, b);
        (left, right)
    }

    /// An operand compared with one whose type is known.
    pub(in crate::check) fn against(&mut self, scope: &mut Scope, other: &Expr, e: &ast::Expr) -> Expr {
        if other.typed.ty == Type::Text
            && let ExprKind::Path(path) = &e.kind
            && let [name] = path.as_slice()
            && !self.means_something(scope, &name.text)
        {
            let place = scope.at(e.span);
            let text = format!("\"{}\"", name.text);
            let finding = Finding::new(codes::TEXT_WITHOUT_QUOTES, place).name("name", &name.text);
            return self.fail(scope, finding.name("text", &text).fix(Fix::replace(place, text)));
        }
        if types::family(&other.typed.ty) == Family::Number
            && let ExprKind::Path(path) = &e.kind
            && let [name] = path.as_slice()
            && self.means_nothing(scope, &name.text)
        {
            return self.fail(scope, Finding::new(codes::NAME_FOR_NUMBER, scope.at(e.span)).name("name", &name.text));
        }
        self.value(scope, e)
    }

    fn equals_missing(
        &mut self,
        scope: &mut Scope,
        op: BinaryOp,
        at: Span,
        a: &ast::Expr,
        b: &ast::Expr,
        span: Span,
    ) -> Expr {
        let mut finding = Finding::new(codes::EQUALS_MISSING, scope.at(span));
        let word = match op {
            BinaryOp::Eq => Some(Kw::IS_MISSING),
            BinaryOp::Ne => Some(Kw::IS_NOT_MISSING),
            _ => None,
        };
        if let (Some(word), false) = (word, is_missing_literal(a)) {
            let place = scope.at(at.to(b.span));
            finding = finding.fix(Fix::replace(place, self.say(scope, word)));
        }
        let operand = if is_missing_literal(a) { b } else { a };
        let _ = self.value(scope, operand);
        self.fail(scope, finding)
    }

    /// Reports operands of two families, or of two units; true if they compare.
    pub(super) fn comparable(
        &mut self,
        scope: &mut Scope,
        (a, left): (&ast::Expr, &Expr),
        (b, right): (&ast::Expr, &Expr),
        span: Span,
    ) -> bool {
        if is_unknown(left) || is_unknown(right) {
            return true;
        }
        if types::alike(&left.typed.ty, &right.typed.ty) {
            self.percent_column(scope, (a, left), (b, right));
            self.percent_column(scope, (b, right), (a, left));
            return self.same_unit(scope, left, right, span);
        }
        let finding = self
            .date_slip(scope, (a, left), b)
            .or_else(|| self.date_slip(scope, (b, right), a))
            .or_else(|| self.days_slip(scope, (a, left), (b, right)))
            .or_else(|| self.yes_or_no(scope, (a, left), b, span))
            .or_else(|| self.column_slip(scope, a))
            .or_else(|| self.column_slip(scope, b))
            .or_else(|| self.quote_slip(scope, left, b, right))
            .or_else(|| self.quote_slip(scope, right, a, left))
            .unwrap_or_else(|| Finding::new(codes::TYPES_NOT_COMPARABLE, scope.at(span)));
        let finding =
            finding.arg("left", Arg::Type(left.typed.ty.clone())).arg("right", Arg::Type(right.typed.ty.clone()));
        self.report(scope, finding);
        false
    }

    /// A date beside `"2026-11-22"`, or beside `11-22`.
    fn date_slip(&self, scope: &Scope, (date, known): (&ast::Expr, &Expr), other: &ast::Expr) -> Option<Finding> {
        if !matches!(known.typed.ty, Type::Date | Type::Timestamp) {
            return None;
        }
        let place = scope.at(other.span);
        match &other.kind {
            ExprKind::Text(text) => {
                let [ast::Segment::Literal(text)] = text.segments.as_slice() else { return None };
                let clock = [Kw::TODAY, Kw::NOW].into_iter().find(|word| word.entry().is(text));
                let literal = clock.map(|word| self.say(scope, word).to_owned()).or_else(|| iso(text))?;
                Some(Finding::new(codes::DATE_AS_TEXT, place).fix(Fix::replace(place, literal).safe()))
            }
            ExprKind::Binary(BinaryOp::Div, _, first, year) => {
                let ExprKind::Binary(BinaryOp::Div, _, month, day) = &first.kind else { return None };
                let whole = |e: &ast::Expr| match number_of(e)? {
                    (n, 0, Magnitude::One, None) => i32::try_from(*n).ok(),
                    _ => None,
                };
                let (month, day) = (u8::try_from(whole(month)?).ok()?, u8::try_from(whole(day)?).ok()?);
                let date = Civil::new(whole(year)?, month, day)?;
                let meant = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
                let finding = Finding::new(words::BAD_DATE, place).name("found", self.text_of(scope, other.span));
                Some(finding.suggest(vec![meant.clone()]).fix(Fix::replace(place, meant)))
            }
            ExprKind::Binary(BinaryOp::Sub, _, m, d) => {
                let ((m, 0, Magnitude::One, None), (d, 0, Magnitude::One, None)) = (number_of(m)?, number_of(d)?)
                else {
                    return None;
                };
                if !(1..=12).contains(m) || !(1..=31).contains(d) {
                    return None;
                }
                let call = if self.names.is_chinese(scope.file) { "月日" } else { "month_day" };
                let suggestion = format!("{call}({}) = {}", self.text_of(scope, date.span), m * 100 + d);
                let finding = Finding::new(codes::MONTH_DAY_AS_DATE, place);
                let difference = i64::try_from(m - d).unwrap_or_default();
                Some(finding.arg("value", Arg::Count(difference)).name("suggestion", suggestion))
            }
            _ => None,
        }
    }

    /// `is_staff = 1`, `是否员工 = "是"`: a condition needs no comparison.
    fn yes_or_no(
        &self,
        scope: &Scope,
        (condition, known): (&ast::Expr, &Expr),
        other: &ast::Expr,
        span: Span,
    ) -> Option<Finding> {
        const YES: [&str; 8] = ["1", "是", "有", "y", "yes", "true", "t", "真"];
        const NO: [&str; 8] = ["0", "否", "无", "n", "no", "false", "f", "假"];
        if known.typed.ty != Type::Bool {
            return None;
        }
        let said = self.text_of(scope, other.span);
        let said = said.trim_matches(['"', '“', '”']).to_lowercase();
        let written = self.text_of(scope, condition.span);
        let meant = match said.as_str() {
            yes if YES.contains(&yes) => written,
            no if NO.contains(&no) => format!("{} {written}", self.say(scope, Kw::NOT)),
            _ => return None,
        };
        let place = scope.at(span);
        Some(Finding::new(codes::TYPES_NOT_COMPARABLE, place).fix(Fix::replace(place, meant)))
    }

    /// `today - opened > 3d`: the days between two dates are a number.
    fn days_slip(
        &self,
        scope: &Scope,
        (days, left): (&ast::Expr, &Expr),
        (span, right): (&ast::Expr, &Expr),
    ) -> Option<Finding> {
        let (ExprKind::Binary(BinaryOp::Sub, ..), Type::Integer) = (&days.kind, &left.typed.ty) else { return None };
        let Value::Duration(Duration::Days(n)) = constant(right)? else { return None };
        let place = scope.at(span.span);
        Some(Finding::new(codes::TYPES_NOT_COMPARABLE, place).fix(Fix::replace(place, n.to_string())))
    }

    /// `"余额" >= 50万`, where the text is a column's name.
    fn column_slip(&self, scope: &Scope, e: &ast::Expr) -> Option<Finding> {
        let ExprKind::Text(text) = &e.kind else { return None };
        let [ast::Segment::Literal(name)] = text.segments.as_slice() else { return None };
        let On::Source(source) = scope.on else { return None };
        self.declared.columns.get(source.0 as usize)?.get(name.as_str())?;
        let place = scope.at(e.span);
        let finding = Finding::new(codes::COLUMN_IN_QUOTES, place).name("name", name.as_str());
        Some(finding.fix(Fix::replace(place, crate::schema::spelled(name).into_owned())))
    }

    /// A number beside a text that is a number, or the other way round.
    fn quote_slip(&self, scope: &Scope, known: &Expr, other: &ast::Expr, found: &Expr) -> Option<Finding> {
        let place = scope.at(other.span);
        let finding = Finding::new(codes::TYPES_NOT_COMPARABLE, place);
        match (types::family(&known.typed.ty), constant(found)?) {
            (Family::Number, Value::Text(text)) if text.parse::<Decimal>().is_ok() => {
                Some(finding.fix(Fix::replace(place, text.to_string())))
            }
            (Family::Text, Value::Integer(_)) => {
                let text = self.text_of(scope, other.span);
                text.bytes()
                    .all(|b| b.is_ascii_digit())
                    .then(|| finding.fix(Fix::replace(place, format!("\"{text}\""))))
            }
            _ => None,
        }
    }

    /// `rate > 30`, where the column holds percentages.
    fn percent_column(&mut self, scope: &mut Scope, (a, column): (&ast::Expr, &Expr), (b, _): (&ast::Expr, &Expr)) {
        let Some((mantissa, scale, Magnitude::One, None)) = number_of(b) else { return };
        if column.typed.unit != Unit::Percent || mantissa.unsigned_abs() < 10_u128.pow(u32::from(scale.min(38))) {
            return;
        }
        let written = self.text_of(scope, b.span);
        let share =
            Decimal::new(mantissa.saturating_mul(100), scale).map_or(String::new(), |d| d.stripped().to_string());
        let suggestion = format!("{written}%");
        let place = scope.at(b.span);
        let finding = Finding::new(codes::PERCENT_COLUMN, place).name("name", self.text_of(scope, a.span));
        let finding = finding.name("value", written).name("percent", format!("{share}%"));
        self.report(scope, finding.name("suggestion", &suggestion).fix(Fix::replace(place, suggestion)));
    }

    /// `x != 3` is not true where x is missing.
    pub(super) fn nullable_not_equal(&mut self, scope: &mut Scope, operand: &ast::Expr, span: Span) {
        let name = self.text_of(scope, operand.span);
        if scope.used_at.is_some() || scope.guards.contains(&name) {
            return;
        }
        let place = scope.at(span);
        let whole = self.text_of(scope, span);
        let wider = format!("({whole} {} {name} {})", self.say(scope, Kw::OR), self.say(scope, Kw::IS_MISSING));
        let finding = Finding::new(codes::NULLABLE_NOT_EQUAL, place).name("operand", name);
        self.report(scope, finding.fix(Fix::replace(place, wider)));
    }

    /// A real equals a fraction only by luck.
    fn exactness(
        &mut self,
        scope: &mut Scope,
        (a, left): (&ast::Expr, &Expr),
        (b, right): (&ast::Expr, &Expr),
        span: Span,
    ) {
        for (e, real, other) in [(a, left, right), (b, right, left)] {
            let fraction = matches!(constant(other), Some(Value::Decimal(d)) if d.stripped().scale > 0);
            if real.typed.ty == Type::Real && (fraction || other.typed.ty == Type::Real) {
                let name = self.text_of(scope, e.span);
                self.report(scope, Finding::new(codes::REAL_EXACTNESS, scope.at(span)).name("name", name));
                return;
            }
        }
    }
}

/// `2026-11-22`, `2026/11/22`, `20261122`, `2026年11月22日` in quotes, as a literal.
pub(in crate::check) fn iso(text: &str) -> Option<String> {
    let text = text.trim();
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月', '日']).filter(|p| !p.is_empty()).collect();
    let parts = match parts.as_slice() {
        [all] if all.len() == 8 && all.is_ascii() => vec![&all[..4], &all[4..6], &all[6..]],
        [_, _, _] => parts,
        _ => return None,
    };
    let number = |s: &str| s.parse::<i32>().ok();
    let (year, month, day) = (number(parts[0])?, number(parts[1])?, number(parts[2])?);
    let date = Civil::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    Some(format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}

/// A literal `missing` inside a list.
pub(super) fn missing_items(items: &[ast::Expr]) -> impl Iterator<Item = &ast::Expr> {
    items.iter().filter(|i| matches!(i.kind, ExprKind::Literal(Literal::Missing)))
}
