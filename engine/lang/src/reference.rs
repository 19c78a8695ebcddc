//! The reference evaluator: one expression, one row, one value, in the plainest way. It folds constants, and it is what the fast
//! executors are tested against.

mod arith;
mod bounds;
mod call;
mod cast;
mod statistics;
mod table;

use crate::{
    context::{Context, Incident, Incidents, Window},
    hir::{ColumnRef, CompareOp, Expr, ExprKind, ScriptId, TextOp, TextSegment, TextTemplate},
    render,
    ty::{DecimalType, compared_as},
    value::{self, Decimal, Value},
};
pub use arith::arithmetic;
pub use bounds::{Bounds, may_hold};
pub use call::call;
pub use cast::convert;
pub use table::collect;

/// The row at hand, and what belongs to it.
pub trait Row {
    /// A column's value; of another source: of the row that the key leads to, missing if there is none.
    fn column(&self, column: &ColumnRef) -> Value;
    /// Whether the row is in the population of that index: a truth value, or missing if what is ranked is missing.
    fn population(&self, index: u32) -> Value;
    /// Calls a script; the result is of the declared type, or missing. A failure is counted as [`Incident::Script`].
    fn script(&self, script: ScriptId, arguments: &[Value], incidents: &mut Incidents) -> Value;
    /// Told what each part that was evaluated came to, innermost first; a part that is not evaluated is not told. Coverage listens.
    fn came_to(&self, _: &Expr, _: &Value) {}
}

/// No row: for constants. Everything that needs a row is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRow;

impl Row for NoRow {
    fn column(&self, _: &ColumnRef) -> Value {
        Value::Missing
    }
    fn population(&self, _: u32) -> Value {
        Value::Missing
    }
    fn script(&self, _: ScriptId, _: &[Value], _: &mut Incidents) -> Value {
        Value::Missing
    }
}

/// The value of `expr` for `row`, of the expression's type or missing.
///
/// Operands are evaluated from left to right and only as far as they can change the result (`and` stops at false, `or` at true,
/// `if` and `or else` take one branch, `in` stops at a match): a division that `if x != 0` guards is no incident.
pub fn evaluate(expr: &Expr, row: &dyn Row, cx: &Context, incidents: &mut Incidents) -> Value {
    let value = value_of(expr, row, cx, incidents);
    row.came_to(expr, &value);
    value
}

fn value_of(expr: &Expr, row: &dyn Row, cx: &Context, incidents: &mut Incidents) -> Value {
    let mut eval = |e: &Expr| evaluate(e, row, cx, incidents);
    match &expr.kind {
        ExprKind::Literal(v) => v.clone(),
        ExprKind::Column(c) => match row.column(c) {
            // NaN and infinities are missing on reading.
            Value::Real(x) => Value::real(x),
            other => other,
        },
        ExprKind::Now => Value::Timestamp(cx.now),
        ExprKind::Today => Value::Date(cx.today),
        ExprKind::Not(e) => Value::truth(truth(&eval(e)).map(|b| !b)),
        ExprKind::Neg(e) => {
            let v = eval(e);
            settle(arith::negate(&v), incidents)
        }
        ExprKind::Arith(op, a, b) => {
            let (a, b) = (eval(a), eval(b));
            settle(arithmetic(*op, &a, &b, &expr.typed.ty, cx), incidents)
        }
        ExprKind::Compare(op, a, b) => {
            let limit = compared_as(a, b);
            let (a, b) = (eval(a), eval(b));
            Value::truth(compare_as(*op, &a, &b, limit, incidents))
        }
        // false wins over missing, missing over true.
        ExprKind::And(items) => {
            let mut result = Some(true);
            for item in items {
                match truth(&eval(item)) {
                    Some(true) => {}
                    Some(false) => return Value::Bool(false),
                    None => result = None,
                }
            }
            Value::truth(result)
        }
        // true wins over missing, missing over false.
        ExprKind::Or(items) => {
            let mut result = Some(false);
            for item in items {
                match truth(&eval(item)) {
                    Some(false) => {}
                    Some(true) => return Value::Bool(true),
                    None => result = None,
                }
            }
            Value::truth(result)
        }
        ExprKind::In { operand: looked_for, items, negated } => {
            let operand = eval(looked_for);
            if operand.is_missing() {
                return Value::Missing;
            }
            let mut found = Some(false);
            for item in items {
                let limit = compared_as(looked_for, item);
                let item = evaluate(item, row, cx, incidents);
                match is_member(&operand, &item, limit, incidents) {
                    Some(true) => {
                        found = Some(true);
                        break;
                    }
                    Some(false) => {}
                    // It might have been that one: neither in nor not in.
                    None => found = None,
                }
            }
            Value::truth(found.map(|b| b != *negated))
        }
        ExprKind::IsMissing { operand, negated } => Value::Bool(eval(operand).is_missing() != *negated),
        // `low <= x and x <= high`: false if one side is false even though the other is missing.
        ExprKind::Between(x, low, high) => {
            let (above, below) = (compared_as(low, x), compared_as(x, high));
            let (x, low, high) = (eval(x), eval(low), eval(high));
            let above = compare_as(CompareOp::Le, &low, &x, above, incidents);
            let below = compare_as(CompareOp::Le, &x, &high, below, incidents);
            Value::truth(match (above, below) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            })
        }
        ExprKind::Within(operand, direction, span) => {
            let operand = eval(operand);
            if operand.is_missing() {
                return Value::Missing;
            }
            // Beyond the calendar, for a row that asks: an incident of that row.
            match cx.window(*direction, *span) {
                Ok(window) => Value::truth(is_within(&operand, window, cx)),
                Err(incident) => settle(Err(incident), incidents),
            }
        }
        ExprKind::OrElse(first, second) => {
            let v = eval(first);
            let v = if v.is_missing() { eval(second) } else { v };
            settle(convert(&v, &expr.typed.ty, cx), incidents)
        }
        ExprKind::TextTest(op, a, b) => {
            let (a, b) = (eval(a), eval(b));
            Value::truth(text_test(*op, &a, &b))
        }
        ExprKind::Matches(operand, pattern) => match eval(operand) {
            Value::Text(t) => Value::truth(crate::pattern::compile(&pattern.source).ok().map(|r| r.is_match(&t))),
            _ => Value::Missing,
        },
        ExprKind::If(condition, then, otherwise) => {
            // A missing condition takes `otherwise`.
            let v = if truth(&eval(condition)) == Some(true) { eval(then) } else { eval(otherwise) };
            settle(convert(&v, &expr.typed.ty, cx), incidents)
        }
        ExprKind::Call(function, arguments) => {
            // Few arguments need no memory: single decisions are made without any.
            let ty = &expr.typed.ty;
            let result = match &arguments[..] {
                [a] => call(*function, &[eval(a)], ty, cx),
                [a, b] => call(*function, &[eval(a), eval(b)], ty, cx),
                [a, b, c] => call(*function, &[eval(a), eval(b), eval(c)], ty, cx),
                more => call(*function, &more.iter().map(eval).collect::<Vec<Value>>(), ty, cx),
            };
            settle(result, incidents)
        }
        ExprKind::Script(script, arguments) => {
            let arguments: Vec<Value> = arguments.iter().map(eval).collect();
            row.script(*script, &arguments, incidents)
        }
        ExprKind::InTop(index) => row.population(*index),
        ExprKind::Convert(e) => {
            let v = eval(e);
            settle(convert(&v, &expr.typed.ty, cx), incidents)
        }
        ExprKind::List(items) => Value::List(items.iter().map(eval).collect()),
        ExprKind::Text(template) => Value::text(&text(template, row, cx, incidents)),
        ExprKind::Table(table, inputs) => {
            let inputs: Vec<Value> = inputs.iter().map(eval).collect();
            let decided = table::decide(table, &inputs, &expr.typed.ty, row, cx, incidents);
            settle(decided.and_then(|v| convert(&v, &expr.typed.ty, cx)), incidents)
        }
    }
}

/// A text with its slots filled; a missing slot (the checker refuses nullable ones) writes nothing.
pub fn text(template: &TextTemplate, row: &dyn Row, cx: &Context, incidents: &mut Incidents) -> String {
    let mut out = String::new();
    for segment in &template.segments {
        match segment {
            TextSegment::Literal(t) => out.push_str(t),
            TextSegment::Slot { expr, format } => {
                let v = evaluate(expr, row, cx, incidents);
                render::write_value(&mut out, &v, format, cx);
            }
        }
    }
    out
}

/// Counts what went wrong; the result is missing then.
fn settle(result: Result<Value, Incident>, incidents: &mut Incidents) -> Value {
    result.unwrap_or_else(|incident| {
        incidents.count(incident);
        Value::Missing
    })
}

/// A truth value, if it is one.
pub fn truth(v: &Value) -> Option<bool> {
    match v {
        Value::Bool(b) => Some(*b),
        _ => None,
    }
}

/// `a op b`; `None` if one is missing.
pub fn compare(op: CompareOp, a: &Value, b: &Value) -> Option<bool> {
    let order = value::compare(a, b)?;
    Some(op.holds(order))
}

/// [`compare`], but a decimal (or an integer beside one) that has no room in `limit` makes it missing: see [`compared_as`].
pub fn compare_as(
    op: CompareOp,
    a: &Value,
    b: &Value,
    limit: Option<DecimalType>,
    incidents: &mut Incidents,
) -> Option<bool> {
    let fits = |v: &Value, to: DecimalType| match v {
        Value::Decimal(d) => d.fits(to),
        Value::Integer(n) => Decimal::from(*n).fits(to),
        _ => true,
    };
    let order = compare(op, a, b)?;
    if limit.is_none_or(|to| fits(a, to) && fits(b, to)) {
        return Some(order);
    }
    incidents.count(Incident::Overflow);
    None
}

/// Whether a present operand equals an item, or is in it if the item is a list (a list column).
fn is_member(operand: &Value, item: &Value, limit: Option<DecimalType>, incidents: &mut Incidents) -> Option<bool> {
    let mut equals = |item: &Value| compare_as(CompareOp::Eq, operand, item, limit, incidents);
    match (operand, item) {
        (Value::List(_), _) => equals(item),
        (_, Value::List(items)) => {
            let mut found = Some(false);
            for item in items.iter() {
                match equals(item) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => found = None,
                }
            }
            found
        }
        _ => equals(item),
    }
}

/// Whether a date or an instant lies in a window.
pub fn is_within(operand: &Value, window: Window, cx: &Context) -> Option<bool> {
    let (low, high) = match window {
        Window::Dates(low, high) => (i64::from(low), i64::from(high)),
        Window::Instants(low, high) => (low, high),
    };
    let at = match (operand, window) {
        (Value::Date(d), Window::Dates(..)) => i64::from(*d),
        (Value::Timestamp(t), Window::Dates(..)) => i64::from(cx.zone.date(*t)),
        (Value::Timestamp(t), Window::Instants(..)) => *t,
        (Value::Date(d), Window::Instants(..)) => cx.zone.instant(*d, 0)?,
        _ => return None,
    };
    Some(low <= at && at <= high)
}

/// By bytes; every text contains, starts with and ends with the empty one.
pub fn text_test(op: TextOp, a: &Value, b: &Value) -> Option<bool> {
    let (Value::Text(a), Value::Text(b)) = (a, b) else { return None };
    Some(match op {
        TextOp::Contains => a.contains(&**b),
        TextOp::StartsWith => a.starts_with(&**b),
        TextOp::EndsWith => a.ends_with(&**b),
    })
}
