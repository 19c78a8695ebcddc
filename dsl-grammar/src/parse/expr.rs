//! Flat runs of operands and operators to trees, by pest's Pratt parser.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

use crate::ast::{BinaryOp, Clock, Direction, End, Expr, ExprKind, Literal, Magnitude, Name, Over, Span, UnaryOp};
use crate::grammar::{Pair, Rule};
use crate::keyword::{self, Kw};
use crate::parse::{MAX_OPERATORS, Reader};
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

/// Loosest first.
static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(Op::prefix(Rule::if_then))
        .op(left(Rule::OR) | left(Rule::or_alias))
        .op(left(Rule::AND) | left(Rule::and_alias))
        .op(Op::prefix(Rule::NOT) | Op::prefix(Rule::not_alias))
        .op(left(Rule::eq)
            | left(Rule::ne)
            | left(Rule::lt)
            | left(Rule::le)
            | left(Rule::gt)
            | left(Rule::ge)
            | left(Rule::is_alias)
            | left(Rule::CONTAINS)
            | left(Rule::STARTS_WITH)
            | left(Rule::ENDS_WITH)
            | Op::postfix(Rule::is_missing)
            | Op::postfix(Rule::is_null)
            | Op::postfix(Rule::within)
            | Op::postfix(Rule::in_top)
            | Op::postfix(Rule::in_set)
            | Op::postfix(Rule::between)
            | Op::postfix(Rule::matches))
        .op(left(Rule::OR_ELSE))
        .op(left(Rule::plus) | left(Rule::minus))
        .op(left(Rule::star) | left(Rule::slash))
        .op(Op::prefix(Rule::neg))
        .op(left(Rule::OF))
        .op(Op::postfix(Rule::over))
});

/// What an operand is made of, for the mistakes that only parentheses tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Whole,
    Arithmetic,
    OrElse,
    Comparison,
    Logic,
}

struct Operand {
    expr: Expr,
    shape: Shape,
}

fn whole(kind: ExprKind, span: Span) -> Operand {
    Operand { expr: Expr { kind, span }, shape: Shape::Whole }
}

impl Reader<'_> {
    /// An `expr` or `arith`. None if it is too long, which is reported.
    pub(crate) fn expr(&self, pair: Pair<'_>) -> Option<Expr> {
        let span = self.span(&pair);
        let pairs = pair.into_inner();
        let inside = self.inside.get();
        let before = if inside == 0 { 0 } else { self.operators.get() };
        self.operators.set(before + pairs.len() / 2);
        if self.operators.get() > MAX_OPERATORS {
            self.report(span, ProblemKind::TooLong { limit: MAX_OPERATORS }, Vec::new());
            self.spoil();
            return None;
        }
        self.inside.set(inside + 1);
        let operand = PRATT
            .map_primary(|pair| self.primary(pair))
            .map_prefix(|op, operand| self.prefix(op, operand))
            .map_infix(|left, op, right| self.infix(left, &op, right))
            .map_postfix(|operand, op| self.postfix(operand, op))
            .parse(pairs);
        self.inside.set(inside);
        Some(operand.expr)
    }

    fn boxed(&self, pair: Pair<'_>) -> Box<Expr> {
        let span = self.span(&pair);
        Box::new(self.expr(pair).unwrap_or(Expr { kind: ExprKind::Literal(Literal::Missing), span }))
    }

    fn primary(&self, pair: Pair<'_>) -> Operand {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::scalar => self.scalar(pair),
            Rule::reference => self.reference(pair),
            Rule::text | Rule::open_text | Rule::single_quoted => ExprKind::Text(self.text(pair)),
            Rule::paren => {
                let inner = pair.into_inner().find(|part| part.as_rule() == Rule::expr);
                let expr = inner.and_then(|inner| self.expr(inner));
                expr.map_or(ExprKind::Literal(Literal::Missing), |expr| expr.kind)
            }
            Rule::list => ExprKind::List(self.exprs(pair)),
            Rule::record => ExprKind::Record(self.record(pair)),
            _ => self.literal(&pair),
        };
        whole(kind, span)
    }

    /// A literal alone, or a range of them.
    pub(crate) fn scalar(&self, pair: Pair<'_>) -> ExprKind {
        let (mut low, mut high, mut dots) = (None, None, false);
        for part in pair.into_inner() {
            if part.as_rule() == Rule::dots {
                dots = true;
                if part.as_str() != ".." {
                    self.report_alias(&part, "..");
                }
                continue;
            }
            let span = self.span(&part);
            let literal = Some(Expr { kind: self.literal(&part), span });
            if dots {
                high = literal;
            } else {
                low = literal;
            }
        }
        match (dots, low) {
            (false, Some(low)) => low.kind,
            (_, low) => ExprKind::Range(low.map(Box::new), high.map(Box::new)),
        }
    }

    /// A name with its columns, or a call.
    pub(crate) fn reference(&self, pair: Pair<'_>) -> ExprKind {
        let mut names = Vec::with_capacity(1);
        let mut args = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => names.push(self.name(&part)),
                Rule::dot => self.dot(&part),
                Rule::args => args = Some(self.exprs(part)),
                _ => {}
            }
        }
        if let Some(args) = args {
            return ExprKind::Call { function: names, args, over: None };
        }
        match &names[..] {
            [name] => self.constant(name).unwrap_or(ExprKind::Path(names)),
            _ => ExprKind::Path(names),
        }
    }

    /// `true`, `missing`, `today`: words, not names; and words that are no operand at all.
    fn constant(&self, name: &Name) -> Option<ExprKind> {
        let written = &self.text[name.span.range()];
        let keyword = keyword::reserved(written);
        Some(match keyword {
            None if matches!(written, "null" | "NULL" | "nil") => {
                let kind = ProblemKind::Alias { found: written.into(), meant: Kw::MISSING.en().into() };
                self.report_replace(name.span, kind, Kw::MISSING.en());
                ExprKind::Literal(Literal::Missing)
            }
            None => return None,
            Some(Kw::TRUE) => ExprKind::Literal(Literal::Bool(true)),
            Some(Kw::FALSE) => ExprKind::Literal(Literal::Bool(false)),
            Some(Kw::MISSING) => ExprKind::Literal(Literal::Missing),
            Some(Kw::NOW) => ExprKind::Clock(Clock::Now),
            Some(Kw::TODAY) => ExprKind::Clock(Clock::Today),
            Some(_) => {
                let kind = ProblemKind::Expected { wanted: vec![Wanted::Value], found: written.into() };
                self.report(name.span, kind, Vec::new());
                self.spoil();
                return None;
            }
        })
    }

    fn exprs(&self, pair: Pair<'_>) -> Vec<Expr> {
        pair.into_inner().filter(|part| part.as_rule() == Rule::expr).filter_map(|part| self.expr(part)).collect()
    }

    /// The fields of a record.
    pub(crate) fn record(&self, pair: Pair<'_>) -> Vec<(Name, Expr)> {
        let fields = pair.into_inner().filter(|part| part.as_rule() == Rule::field);
        let read = fields.filter_map(|field| {
            let (mut name, mut value) = (None, None);
            for part in field.into_inner() {
                match part.as_rule() {
                    Rule::name => name = Some(self.name(&part)),
                    Rule::expr => value = self.expr(part),
                    _ => {}
                }
            }
            Some((name?, value?))
        });
        read.collect()
    }

    fn prefix(&self, op: Pair<'_>, operand: Operand) -> Operand {
        let span = self.span(&op).to(operand.expr.span);
        match op.as_rule() {
            Rule::if_then => {
                let mut parts =
                    op.into_inner().filter(|part| part.as_rule() == Rule::expr).map(|part| self.boxed(part));
                let (Some(condition), Some(then)) = (parts.next(), parts.next()) else { return operand };
                whole(ExprKind::If(condition, then, Box::new(operand.expr)), span)
            }
            Rule::neg => match operand.expr.kind {
                // The sign belongs to the range's low end.
                ExprKind::Range(Some(low), high) => {
                    let span_low = self.span(&op).to(low.span);
                    let low = Expr { kind: ExprKind::Unary(UnaryOp::Neg, low), span: span_low };
                    whole(ExprKind::Range(Some(Box::new(low)), high), span)
                }
                kind => {
                    let inner = Box::new(Expr { kind, span: operand.expr.span });
                    Operand { expr: Expr { kind: ExprKind::Unary(UnaryOp::Neg, inner), span }, shape: Shape::Whole }
                }
            },
            rule => {
                if rule == Rule::not_alias {
                    let meant = if op.as_str() == "不" { Kw::NOT.zh() } else { Kw::NOT.en() };
                    let place = self.span(&op);
                    let joined = place.end == operand.expr.span.start;
                    let kind = ProblemKind::Alias { found: op.as_str().into(), meant: meant.into() };
                    self.report_replace(place, kind, format!("{meant}{}", if joined { " " } else { "" }));
                }
                let kind = ExprKind::Unary(UnaryOp::Not, Box::new(operand.expr));
                Operand { expr: Expr { kind, span }, shape: Shape::Logic }
            }
        }
    }

    fn infix(&self, left: Operand, op: &Pair<'_>, right: Operand) -> Operand {
        let span = left.expr.span.to(right.expr.span);
        let operator = self.operator(op);
        let Some(operator) = operator else { return self.percent_of(left, op, right) };
        let shape = match operator {
            BinaryOp::And | BinaryOp::Or => Shape::Logic,
            BinaryOp::OrElse => Shape::OrElse,
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => Shape::Arithmetic,
            _ => Shape::Comparison,
        };
        if shape == Shape::Comparison {
            self.check_comparison(&left, op, operator, &right, span);
        } else if shape == Shape::OrElse && [left.shape, right.shape].contains(&Shape::Arithmetic) {
            self.report(span, ProblemKind::UnclearOrElse, Vec::new());
        }
        let kind = ExprKind::Binary(operator, self.span(op), Box::new(left.expr), Box::new(right.expr));
        Operand { expr: Expr { kind, span }, shape }
    }

    fn check_comparison(&self, left: &Operand, op: &Pair<'_>, operator: BinaryOp, right: &Operand, span: Span) {
        if right.shape == Shape::OrElse {
            self.report(span, ProblemKind::UnclearOrElse, Vec::new());
        }
        if left.shape != Shape::Comparison {
            return;
        }
        // `18 <= age <= 60` is `age between 18 and 60`, `a < b < c` two comparisons.
        let mut fix = Vec::new();
        if let ExprKind::Binary(first, first_span, low, x) = &left.expr.kind {
            let said = |expr: &Expr| &self.text[expr.span.range()];
            let (low, x, high) = (said(low), said(x), said(&right.expr));
            let text = if *first == BinaryOp::Le && operator == BinaryOp::Le {
                format!("{x} {} {low} {} {high}", Kw::BETWEEN.en(), Kw::BETWEEN_AND.en())
            } else {
                let (first, second) = (&self.text[first_span.range()], op.as_str());
                format!("{low} {first} {x} {} {x} {second} {high}", Kw::AND.en())
            };
            fix.push(Edit { span, text });
        }
        self.report(span, ProblemKind::ChainedComparison, fix);
        self.spoil();
    }

    /// The operator of an infix pair; none for `of`.
    fn operator(&self, op: &Pair<'_>) -> Option<BinaryOp> {
        let written = op.as_str();
        let spelt = |accepted: &[&str], meant: &str| {
            if !accepted.contains(&written) && written.is_ascii() {
                self.report_alias(op, meant);
            }
        };
        Some(match op.as_rule() {
            Rule::OR => BinaryOp::Or,
            Rule::AND => BinaryOp::And,
            Rule::or_alias => {
                self.report_alias(op, if written.is_ascii() { Kw::OR.en() } else { Kw::OR.zh() });
                BinaryOp::Or
            }
            Rule::and_alias => {
                self.report_alias(op, if written.is_ascii() { Kw::AND.en() } else { Kw::AND.zh() });
                BinaryOp::And
            }
            Rule::is_alias => {
                self.report_alias(op, "=");
                BinaryOp::Eq
            }
            Rule::eq => {
                spelt(&["="], "=");
                BinaryOp::Eq
            }
            Rule::ne => {
                spelt(&["!="], "!=");
                BinaryOp::Ne
            }
            Rule::lt => BinaryOp::Lt,
            Rule::le => {
                spelt(&["<="], "<=");
                BinaryOp::Le
            }
            Rule::gt => BinaryOp::Gt,
            Rule::ge => {
                spelt(&[">="], ">=");
                BinaryOp::Ge
            }
            Rule::CONTAINS => BinaryOp::Contains,
            Rule::STARTS_WITH => BinaryOp::StartsWith,
            Rule::ENDS_WITH => BinaryOp::EndsWith,
            Rule::OR_ELSE => BinaryOp::OrElse,
            Rule::plus => BinaryOp::Add,
            Rule::minus => BinaryOp::Sub,
            Rule::star => BinaryOp::Mul,
            Rule::slash => BinaryOp::Div,
            _ => return None,
        })
    }

    /// The comparison a table's cell starts with.
    pub(crate) fn cell_operator(&self, op: &Pair<'_>) -> BinaryOp {
        self.operator(op).unwrap_or(BinaryOp::Eq)
    }

    /// `30% of x`, in Chinese `x 的 30%`.
    fn percent_of(&self, left: Operand, op: &Pair<'_>, right: Operand) -> Operand {
        let span = left.expr.span.to(right.expr.span);
        let percent = |expr: &Expr| {
            matches!(
                expr.kind,
                ExprKind::Literal(Literal::Number { magnitude: Magnitude::Percent | Magnitude::BasisPoint, .. })
            )
        };
        let (share, of) = match (percent(&left.expr), percent(&right.expr)) {
            // Two shares: the word says which is the share of which.
            (true, true) if op.as_str() == Kw::OF.zh() => (right.expr, left.expr),
            (true, _) => (left.expr, right.expr),
            (_, true) => (right.expr, left.expr),
            _ => {
                let mut fix = Vec::new();
                if let (ExprKind::Path(_), ExprKind::Path(_)) = (&left.expr.kind, &right.expr.kind) {
                    let chinese = op.as_str() == Kw::OF.zh();
                    let (whose, what) = if chinese { (&left, &right) } else { (&right, &left) };
                    let said = |operand: &Operand| &self.text[operand.expr.span.range()];
                    fix.push(Edit { span, text: format!("{}.{}", said(whose), said(what)) });
                }
                self.report(span, ProblemKind::OfWithoutPercent, fix);
                self.spoil();
                (left.expr, right.expr)
            }
        };
        whole(ExprKind::PercentOf(Box::new(share), Box::new(of)), span)
    }

    fn postfix(&self, operand: Operand, op: Pair<'_>) -> Operand {
        let op_span = self.span(&op);
        let span = operand.expr.span.to(op_span);
        let rule = op.as_rule();
        if rule == Rule::over {
            return self.over(operand, op, span);
        }
        if operand.shape == Shape::Comparison {
            self.report(span, ProblemKind::ChainedComparison, Vec::new());
            self.spoil();
        }
        if rule == Rule::in_set
            && matches!(operand.expr.kind, ExprKind::Call { .. })
            && let Some(problem) = self.window_word(&op)
        {
            self.report_all(vec![problem]);
            self.spoil();
            return operand;
        }
        let operand = Box::new(operand.expr);
        let kind = match rule {
            Rule::is_missing => {
                let not = op.into_inner().any(|part| part.as_rule() == Rule::IS_NOT_MISSING);
                ExprKind::IsMissing(operand, not)
            }
            Rule::is_null => {
                let not = op.as_str().to_ascii_lowercase().contains("not");
                self.report_alias(&op, if not { Kw::IS_NOT_MISSING.en() } else { Kw::IS_MISSING.en() });
                ExprKind::IsMissing(operand, not)
            }
            Rule::within => self.within(operand, op),
            Rule::in_top => self.in_top(operand, op),
            Rule::in_set => self.in_set(operand, op),
            Rule::between => {
                let (low, high) = self.bounds(op);
                match (low, high) {
                    (Some(low), Some(high)) => ExprKind::Between(operand, Box::new(low), Box::new(high)),
                    _ => operand.kind,
                }
            }
            _ => self.matches(operand, op),
        };
        Operand { expr: Expr { kind, span }, shape: Shape::Comparison }
    }

    /// `sum(x) in 1d`: the word before a window is `over`.
    fn window_word(&self, op: &Pair<'_>) -> Option<Problem> {
        let mut parts = op.clone().into_inner();
        let (word, window) = (parts.next()?, parts.next()?);
        let literal = window.into_inner().next().and_then(|scalar| scalar.into_inner().next())?;
        if literal.as_rule() != Rule::duration {
            return None;
        }
        let kind = ProblemKind::WindowWord { found: word.as_str().into() };
        let meant = if word.as_str().is_ascii() { Kw::OVER.en() } else { Kw::OVER.zh() };
        Some(Problem { span: self.span(op), kind, fix: vec![Edit { span: self.span(&word), text: meant.into() }] })
    }

    fn over(&self, operand: Operand, op: Pair<'_>, span: Span) -> Operand {
        let op_span = self.span(&op);
        let each = op.clone().into_inner().any(|part| part.as_rule() == Rule::OVER_EACH);
        let window = op.into_inner().find(|part| part.as_rule() == Rule::duration);
        let window = window.map(|part| {
            let span = Expr { kind: self.literal(&part), span: self.span(&part) };
            Box::new(Over { each, span })
        });
        match operand.expr.kind {
            ExprKind::Call { function, args, over: None } => {
                whole(ExprKind::Call { function, args, over: window }, span)
            }
            kind => {
                self.report(op_span, ProblemKind::WindowPlace, Vec::new());
                self.spoil();
                whole(kind, span)
            }
        }
    }

    fn within(&self, operand: Box<Expr>, op: Pair<'_>) -> ExprKind {
        let (mut direction, mut time) = (Direction::Next, None);
        for part in op.into_inner() {
            match part.as_rule() {
                Rule::WITHIN_LAST => direction = Direction::Last,
                Rule::duration => time = Some(Expr { kind: self.literal(&part), span: self.span(&part) }),
                _ => {}
            }
        }
        match time {
            Some(time) => ExprKind::Within(operand, direction, Box::new(time)),
            None => operand.kind,
        }
    }

    fn in_top(&self, operand: Box<Expr>, op: Pair<'_>) -> ExprKind {
        let (mut end, mut amount, mut per) = (End::Top, None, Vec::new());
        for part in op.into_inner() {
            match part.as_rule() {
                Rule::IN_BOTTOM => end = End::Bottom,
                Rule::number => amount = Some(Expr { kind: self.literal(&part), span: self.span(&part) }),
                Rule::groups => per = self.path(part),
                _ => {}
            }
        }
        match amount {
            Some(amount) => ExprKind::InTop { operand, end, amount: Box::new(amount), per },
            None => operand.kind,
        }
    }

    fn in_set(&self, operand: Box<Expr>, op: Pair<'_>) -> ExprKind {
        let (mut negated, mut set) = (false, None);
        for part in op.into_inner() {
            match part.as_rule() {
                Rule::NOT_IN => negated = true,
                Rule::arith => set = self.expr(part),
                Rule::tuple => {
                    let span = self.span(&part);
                    let inner = &self.text[span.range()];
                    let inner = inner.trim_start_matches(['(', '（']).trim_end_matches([')', '）']);
                    self.report_replace(span, ProblemKind::ListBrackets, format!("[{inner}]"));
                    set = Some(Expr { kind: ExprKind::List(self.exprs(part)), span });
                }
                _ => {}
            }
        }
        match set {
            Some(set) => ExprKind::In { operand, negated, set: Box::new(set) },
            None => operand.kind,
        }
    }

    /// The two ends of a `between`.
    pub(crate) fn bounds(&self, op: Pair<'_>) -> (Option<Expr>, Option<Expr>) {
        let mut bounds = Vec::with_capacity(2);
        for part in op.into_inner() {
            match part.as_rule() {
                Rule::arith => bounds.extend(self.expr(part)),
                Rule::between_alias => {
                    let found = part.as_str().to_owned();
                    let meant = if found.is_ascii() { Kw::BETWEEN_AND.en() } else { Kw::BETWEEN_AND.zh() };
                    let kind = ProblemKind::BetweenJoin { found, meant: meant.into() };
                    self.report_replace(self.span(&part), kind, meant);
                }
                _ => {}
            }
        }
        let mut bounds = bounds.into_iter();
        (bounds.next(), bounds.next())
    }

    fn matches(&self, operand: Box<Expr>, op: Pair<'_>) -> ExprKind {
        for part in op.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::regex => {
                    let span = Span { start: span.start + 1, end: span.end - 1 };
                    return ExprKind::Matches(operand, self.text[span.range()].to_owned(), span);
                }
                Rule::text => {
                    let text = self.text(part);
                    let inner = self.text[span.range()].trim_matches(['"', '“', '”']);
                    let pattern = inner.replace('/', "\\/");
                    let found = self.text[span.range()].to_owned();
                    let kind = ProblemKind::Alias { found, meant: format!("/{pattern}/") };
                    self.report_replace(text.span, kind, format!("/{pattern}/"));
                    return ExprKind::Matches(operand, pattern, span);
                }
                _ => {}
            }
        }
        operand.kind
    }
}
