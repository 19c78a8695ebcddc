//! Checked expressions, built by hand: types follow from the operands.

use crate::{
    builtin::{Argument, Builtin},
    finding::Place,
    hir::{
        ArithOp, ColumnRef, CompareOp, Direction, Expr, ExprKind, Pattern, SourceId, TextOp, TextSegment, TextTemplate,
    },
    ty::{Type, Typed, arithmetic, common, common_type},
    value::{Decimal, Duration, Value},
};
use std::sync::Arc;

fn make(kind: ExprKind, ty: Type, nullable: bool) -> Expr {
    Expr::at(kind, Typed::new(ty, nullable), Place::default())
}

/// A value's own type: of a decimal the digits it is written with.
pub fn type_of(value: &Value) -> Type {
    match value {
        Value::Missing => Type::Unknown,
        Value::Bool(_) => Type::Bool,
        Value::Integer(_) => Type::Integer,
        Value::Decimal(d) => Type::Decimal(crate::ty::DecimalType { precision: d.precision(), scale: d.scale }),
        Value::Real(_) => Type::Real,
        Value::Text(_) => Type::Text,
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::Timestamp(_) => Type::Timestamp,
        Value::Duration(_) => Type::Duration,
        Value::Ip(_) => Type::Ip,
        Value::Cidr(..) => Type::Cidr,
        Value::Service { .. } => Type::Service,
        Value::List(items) => {
            let of = items.iter().map(type_of).try_fold(Type::Unknown, |a, b| common(&a, &b));
            Type::List(Box::new(of.unwrap_or(Type::Unknown)))
        }
        Value::Record(fields) => {
            Type::Record(fields.iter().map(|(n, v)| (n.clone(), Typed::new(type_of(v), v.is_missing()))).collect())
        }
    }
}

/// A constant of its own type.
pub fn literal(value: Value) -> Expr {
    let ty = type_of(&value);
    let nullable = value.is_missing();
    make(ExprKind::Literal(value), ty, nullable)
}

/// A constant of a given type: `CAST(… AS …)`.
pub fn constant(value: Value, ty: Type) -> Expr {
    let nullable = value.is_missing();
    make(ExprKind::Literal(value), ty, nullable)
}

/// A column of source 0.
pub fn column(position: u32, typed: &Typed) -> Expr {
    let kind = ExprKind::Column(ColumnRef { source: SourceId(0), column: position });
    Expr::at(kind, typed.clone(), Place::default())
}

/// `now`
pub fn now() -> Expr {
    make(ExprKind::Now, Type::Timestamp, false)
}

/// `today`
pub fn today() -> Expr {
    make(ExprKind::Today, Type::Date, false)
}

/// `not e`
pub fn not(e: Expr) -> Expr {
    let nullable = e.typed.nullable;
    make(ExprKind::Not(Box::new(e)), Type::Bool, nullable)
}

/// `-e`
pub fn negate(e: Expr) -> Expr {
    let (ty, nullable) = (e.typed.ty.clone(), e.typed.nullable);
    make(ExprKind::Neg(Box::new(e)), ty, nullable)
}

/// `a op b`, if it means something.
pub fn arith(op: ArithOp, a: Expr, b: Expr) -> Option<Expr> {
    let ty = arithmetic(op, &a, &b)?;
    let nullable = op == ArithOp::Div || a.typed.nullable || b.typed.nullable;
    Some(make(ExprKind::Arith(op, Box::new(a), Box::new(b)), ty, nullable))
}

/// `a op b`
pub fn compare(op: CompareOp, a: Expr, b: Expr) -> Expr {
    let nullable = a.typed.nullable || b.typed.nullable;
    make(ExprKind::Compare(op, Box::new(a), Box::new(b)), Type::Bool, nullable)
}

/// All of them, flattened.
pub fn and(items: Vec<Expr>) -> Expr {
    let nullable = items.iter().any(|e| e.typed.nullable);
    let items = items.into_iter().flat_map(|e| match e.kind {
        ExprKind::And(inner) => inner,
        kind => vec![Expr::at(kind, e.typed, e.place)],
    });
    make(ExprKind::And(items.collect()), Type::Bool, nullable)
}

/// One of them, flattened.
pub fn or(items: Vec<Expr>) -> Expr {
    let nullable = items.iter().any(|e| e.typed.nullable);
    let items = items.into_iter().flat_map(|e| match e.kind {
        ExprKind::Or(inner) => inner,
        kind => vec![Expr::at(kind, e.typed, e.place)],
    });
    make(ExprKind::Or(items.collect()), Type::Bool, nullable)
}

/// `operand in [items]`
pub fn is_in(operand: Expr, items: Vec<Expr>, negated: bool) -> Expr {
    let nullable = operand.typed.nullable || items.iter().any(|e| e.typed.nullable);
    make(ExprKind::In { operand: Box::new(operand), items, negated }, Type::Bool, nullable)
}

/// `operand is missing`
pub fn is_missing(operand: Expr, negated: bool) -> Expr {
    make(ExprKind::IsMissing { operand: Box::new(operand), negated }, Type::Bool, false)
}

/// `x between low and high`
pub fn between(x: Expr, low: Expr, high: Expr) -> Expr {
    let nullable = x.typed.nullable || low.typed.nullable || high.typed.nullable;
    make(ExprKind::Between(Box::new(x), Box::new(low), Box::new(high)), Type::Bool, nullable)
}

/// `x within next span`
pub fn within(x: Expr, direction: Direction, span: Duration) -> Expr {
    let nullable = x.typed.nullable || matches!(span, Duration::TradingDays(_));
    make(ExprKind::Within(Box::new(x), direction, span), Type::Bool, nullable)
}

/// `first or else second`, if they have a type in common.
pub fn or_else(first: Expr, second: Expr) -> Option<Expr> {
    let ty = common_type(&first, &second)?;
    let nullable = first.typed.nullable && second.typed.nullable;
    Some(make(ExprKind::OrElse(Box::new(first), Box::new(second)), ty, nullable))
}

/// `if condition then a else b`, if they have a type in common.
pub fn choose(condition: Expr, then: Expr, otherwise: Expr) -> Option<Expr> {
    let ty = common_type(&then, &otherwise)?;
    let nullable = then.typed.nullable || otherwise.typed.nullable;
    Some(make(ExprKind::If(Box::new(condition), Box::new(then), Box::new(otherwise)), ty, nullable))
}

/// `a contains b`, …
pub fn text_test(op: TextOp, a: Expr, b: Expr) -> Expr {
    let nullable = a.typed.nullable || b.typed.nullable;
    make(ExprKind::TextTest(op, Box::new(a), Box::new(b)), Type::Bool, nullable)
}

/// `operand matches /source/`
pub fn matches(operand: Expr, source: &str) -> Expr {
    let nullable = operand.typed.nullable;
    make(ExprKind::Matches(Box::new(operand), Pattern { source: source.into() }), Type::Bool, nullable)
}

/// A built-in function, if the arguments fit.
pub fn call(function: Builtin, arguments: Vec<Expr>) -> Option<Expr> {
    let signature: Vec<Argument<'_>> = arguments
        .iter()
        .map(|e| Argument {
            typed: &e.typed,
            constant: match &e.kind {
                ExprKind::Literal(v) => Some(v),
                _ => None,
            },
        })
        .collect();
    let typed = function.result(&signature).ok()?;
    Some(Expr::at(ExprKind::Call(function, arguments), typed, Place::default()))
}

/// A text with slots.
pub fn text(segments: Vec<TextSegment>) -> Expr {
    make(ExprKind::Text(Arc::new(TextTemplate { segments })), Type::Text, false)
}

/// To another numeric type.
pub fn convert(e: Expr, ty: Type) -> Expr {
    let nullable = e.typed.nullable;
    make(ExprKind::Convert(Box::new(e)), ty, nullable)
}

/// An integer constant.
pub fn integer(n: i64) -> Expr {
    literal(Value::Integer(n))
}

/// A decimal constant, as many digits as it has.
pub fn decimal(d: Decimal) -> Expr {
    literal(Value::Decimal(d))
}
