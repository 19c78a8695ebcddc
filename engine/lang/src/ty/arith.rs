//! Result types of arithmetic: Spark 3.5's rules for decimals (`spark.sql.decimalOperations.allowPrecisionLoss` on, its default).

use super::{DecimalType, Type};
use crate::{
    hir::{ArithOp, Expr, ExprKind},
    value::{Value, decimal::MAX_PRECISION},
};

/// Digits after the point that a shortened result keeps at least, if it had them.
const LEAST_SCALE: i16 = 6;

impl DecimalType {
    /// What an integer column counts as in decimal arithmetic.
    pub const OF_INTEGER: Self = Self { precision: 20, scale: 0 };

    /// Shortened to 38 digits: whole digits come first, but at most six digits after the point are kept at any rate
    /// (Spark's `adjustPrecisionScale`).
    fn adjusted(precision: i16, scale: i16) -> Self {
        let most = i16::from(MAX_PRECISION);
        let (precision, scale) = if precision <= most {
            (precision, scale)
        } else {
            let whole = precision - scale;
            (most, (most - whole).max(scale.min(LEAST_SCALE)))
        };
        let clamp = |n: i16| u8::try_from(n.clamp(0, most)).unwrap_or(MAX_PRECISION);
        Self { precision: clamp(precision).max(1), scale: clamp(scale) }
    }

    /// Type of `a op b`.
    #[must_use]
    pub fn arithmetic(self, op: ArithOp, other: Self) -> Self {
        let (p1, s1) = (i16::from(self.precision), i16::from(self.scale));
        let (p2, s2) = (i16::from(other.precision), i16::from(other.scale));
        match op {
            ArithOp::Add | ArithOp::Sub => {
                let scale = s1.max(s2);
                Self::adjusted((p1 - s1).max(p2 - s2) + scale + 1, scale)
            }
            ArithOp::Mul => Self::adjusted(p1 + p2 + 1, s1 + s2),
            ArithOp::Div => {
                let scale = (s1 + p2 + 1).max(LEAST_SCALE);
                Self::adjusted(p1 - s1 + s2 + scale, scale)
            }
        }
    }

    /// Type that holds both, shortened after the point if it must.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        let whole = i16::from((self.precision - self.scale).max(other.precision - other.scale));
        let scale = i16::from(self.scale.max(other.scale));
        Self::adjusted(whole + scale, scale)
    }

    /// Type of `round(x, scale)`: one more whole digit for the carry.
    #[must_use]
    pub fn rounded(self, scale: i64) -> Self {
        let (p, s) = (i16::from(self.precision), i16::from(self.scale));
        let n = i16::try_from(scale.clamp(-38, 38)).unwrap_or(0);
        let whole = p - s + 1;
        if n < 0 {
            return Self { precision: clamp_precision(whole.max(1 - n)), scale: 0 };
        }
        let n = n.min(s);
        Self { precision: clamp_precision(whole + n), scale: u8::try_from(n).unwrap_or(0) }
    }
}

fn clamp_precision(p: i16) -> u8 {
    u8::try_from(p.clamp(1, i16::from(MAX_PRECISION))).unwrap_or(MAX_PRECISION)
}

/// An integer literal in decimal arithmetic: as many digits as it has.
pub fn literal_decimal(n: i64) -> DecimalType {
    let digits = n.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    DecimalType { precision: u8::try_from(digits).unwrap_or(20), scale: 0 }
}

/// What a number counts as in decimal arithmetic; `None` for reals and everything that is no number.
pub fn as_decimal(ty: &Type) -> Option<DecimalType> {
    match ty {
        Type::Integer => Some(DecimalType::OF_INTEGER),
        Type::Decimal(d) => Some(*d),
        _ => None,
    }
}

/// An operand's type for [`arithmetic`]: an integer literal beside a decimal counts as a decimal of its digits.
pub fn operand_type(expr: &Expr) -> Type {
    match &expr.kind {
        ExprKind::Literal(Value::Integer(n)) => Type::Decimal(literal_decimal(*n)),
        _ => expr.typed.ty.clone(),
    }
}

/// Type of `a op b` for two checked operands: [`result_of`], with integer literals counting as decimals of their digits wherever
/// the result is a decimal.
pub fn arithmetic(op: ArithOp, a: &Expr, b: &Expr) -> Option<Type> {
    match result_of(op, &a.typed.ty, &b.typed.ty)? {
        Type::Decimal(_) => result_of(op, &operand_type(a), &operand_type(b)),
        other => Some(other),
    }
}

/// Type of `a op b`, from the operands' types alone; `None` if it means nothing.
pub fn result_of(op: ArithOp, a: &Type, b: &Type) -> Option<Type> {
    use ArithOp::{Add, Div, Sub};
    Some(match (a, b) {
        // `missing + x`: whatever the other side makes of it.
        (Type::Unknown, Type::Unknown) => Type::Unknown,
        (Type::Unknown, Type::Date | Type::Timestamp | Type::Duration) if matches!(op, Add | Sub) => Type::Unknown,
        (Type::Date | Type::Timestamp | Type::Duration, Type::Unknown) if matches!(op, Add | Sub) => Type::Unknown,
        (Type::Unknown, t) | (t, Type::Unknown) if is_number(t) => result_of(op, t, t)?,
        (Type::Real, t) | (t, Type::Real) if is_number(t) => Type::Real,
        (Type::Integer, Type::Integer) if op != Div => Type::Integer,
        (Type::Date, Type::Duration) if matches!(op, Add | Sub) => Type::Date,
        (Type::Duration, Type::Date) if op == Add => Type::Date,
        (Type::Timestamp, Type::Duration) if matches!(op, Add | Sub) => Type::Timestamp,
        (Type::Duration, Type::Timestamp) if op == Add => Type::Timestamp,
        (Type::Date, Type::Date) if op == Sub => Type::Integer,
        (Type::Timestamp, Type::Timestamp) if op == Sub => Type::Duration,
        _ => Type::Decimal(as_decimal(a)?.arithmetic(op, as_decimal(b)?)),
    })
}

/// [`common`] of two checked operands; an integer literal beside a decimal counts as a decimal of its digits, so that
/// `amount or else 0` keeps the amount's type.
pub fn common_type(a: &Expr, b: &Expr) -> Option<Type> {
    match common(&a.typed.ty, &b.typed.ty)? {
        Type::Decimal(_) => common(&operand_type(a), &operand_type(b)),
        other => Some(other),
    }
}

/// What Spark compares two decimals in, when no type of 38 digits holds all values of both: the larger scale, and the whole digits
/// that are left. An operand that does not fit makes the comparison missing (an overflow). `None`: they compare exactly.
/// Of a list on the right, its elements count.
pub fn compared_as(a: &Expr, b: &Expr) -> Option<DecimalType> {
    let of = |e: &Expr| match operand_type(e) {
        Type::List(of) => as_decimal(&of),
        other => as_decimal(&other),
    };
    let (a, b) = (of(a)?, of(b)?);
    let scale = a.scale.max(b.scale);
    let whole = (a.precision - a.scale).max(b.precision - b.scale);
    (whole + scale > MAX_PRECISION).then_some(DecimalType { precision: MAX_PRECISION, scale })
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal(_) | Type::Real)
}

/// The type that holds values of both (branches of `if`, `or else`, list items, `min`/`max`); `None` if there is none.
pub fn common(a: &Type, b: &Type) -> Option<Type> {
    Some(match (a, b) {
        (Type::Unknown, t) | (t, Type::Unknown) => t.clone(),
        (Type::Real, t) | (t, Type::Real) if is_number(t) => Type::Real,
        (Type::Integer, Type::Integer) => Type::Integer,
        (Type::List(a), Type::List(b)) => Type::List(Box::new(common(a, b)?)),
        (a, b) if a == b => a.clone(),
        _ => Type::Decimal(as_decimal(a)?.common(as_decimal(b)?)),
    })
}
