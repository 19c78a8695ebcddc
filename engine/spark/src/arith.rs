//! `+ - * /` and minus: `try_` arithmetic, whose result types are the language's.

use crate::{
    expr::{Said, Writer, unsaid},
    sql,
};
use guiju_lang::{
    hir::{ArithOp, Expr, ExprKind},
    ty::Type,
    value::{Duration, Value},
};

/// The largest double: what is beyond is missing.
const LARGEST: &str = "CAST('1.7976931348623157E308' AS DOUBLE)";

impl Writer<'_> {
    pub(crate) fn negated(&self, e: &Expr, a: &Expr) -> Said {
        let x = self.expr(a)?;
        match &e.typed.ty {
            Type::Integer | Type::Duration => Ok(format!("try_subtract(0L, {x})")),
            Type::Decimal(_) | Type::Real => Ok(format!("(-{x})")),
            _ => Err(unsaid(e, "this minus")),
        }
    }

    pub(crate) fn arith(&self, e: &Expr, op: ArithOp, a: &Expr, b: &Expr) -> Said {
        if let (Type::Date | Type::Timestamp, ExprKind::Literal(Value::Duration(by))) = (&a.typed.ty, &b.kind) {
            let by = if op == ArithOp::Sub { by.negated() } else { Some(*by) };
            return self.shifted(e, a, by);
        }
        if let (ExprKind::Literal(Value::Duration(by)), Type::Date | Type::Timestamp) = (&a.kind, &b.typed.ty) {
            return self.shifted(e, b, Some(*by));
        }
        let (x, y) = (self.expr(a)?, self.expr(b)?);
        let function = match op {
            ArithOp::Add => "try_add",
            ArithOp::Sub => "try_subtract",
            ArithOp::Mul => "try_multiply",
            ArithOp::Div => "try_divide",
        };
        match (&e.typed.ty, &a.typed.ty, &b.typed.ty) {
            (_, Type::Date, Type::Date) => Ok(format!("CAST(datediff({x}, {y}) AS BIGINT)")),
            (_, Type::Timestamp, Type::Timestamp) => Ok(format!("try_subtract({x}, {y})")),
            (Type::Integer, Type::Integer, Type::Integer) => Ok(format!("{function}({x}, {y})")),
            (Type::Real, ..) => {
                let sign = match op {
                    ArithOp::Add => '+',
                    ArithOp::Sub => '-',
                    ArithOp::Mul => '*',
                    ArithOp::Div => '/',
                };
                let raw = format!("({} {sign} {})", self.as_real(a, &x), self.as_real(b, &y));
                self.finite(&raw)
            }
            (Type::Decimal(to), ..) => {
                // Beside `missing` a number has its own type on both sides.
                let x = self.as_decimal(a, &x).map(|(x, _)| x);
                let y = self.as_decimal(b, &y).map(|(y, _)| y);
                let to = sql::decimal_type(*to);
                match (x, y) {
                    (Some(x), Some(y)) => Ok(format!("CAST({function}({x}, {y}) AS {to})")),
                    _ => Ok(format!("CAST(NULL AS {to})")),
                }
            }
            _ => Err(unsaid(e, "this arithmetic")),
        }
    }

    /// Missing where a real is not finite.
    pub(crate) fn finite(&self, real: &str) -> Said {
        self.bind(real, |v| Ok(format!("CASE WHEN abs({v}) <= {LARGEST} THEN {v} END")))
    }

    /// A date or an instant moved by a constant span.
    fn shifted(&self, e: &Expr, at: &Expr, by: Option<Duration>) -> Said {
        let x = self.expr(at)?;
        match (&at.typed.ty, by) {
            (Type::Date, by) => self.shifted_date(e, &x, by),
            (_, None) => Ok("CAST(NULL AS BIGINT)".to_owned()),
            (_, Some(Duration::Micros(n))) => Ok(format!("try_add({x}, {})", sql::integer(n))),
            _ => Err(unsaid(e, "an instant moved by calendar days")),
        }
    }
}
