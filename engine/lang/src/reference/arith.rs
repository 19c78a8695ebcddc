//! `+ - * /`

use crate::{
    context::{Context, Incident},
    hir::ArithOp,
    ty::{DecimalType, Type},
    value::{Decimal, Duration, Value, number},
};

/// `a op b` in the result's type; missing if an operand is.
pub fn arithmetic(op: ArithOp, a: &Value, b: &Value, to: &Type, cx: &Context) -> Result<Value, Incident> {
    match (a, b) {
        (Value::Missing, _) | (_, Value::Missing) => Ok(Value::Missing),
        (Value::Date(d), Value::Duration(by)) => cx.shift_date(*d, signed(op, *by)?).map(Value::Date),
        (Value::Duration(by), Value::Date(d)) => cx.shift_date(*d, signed(op, *by)?).map(Value::Date),
        (Value::Timestamp(t), Value::Duration(by)) => cx.shift_timestamp(*t, signed(op, *by)?).map(Value::Timestamp),
        (Value::Duration(by), Value::Timestamp(t)) => cx.shift_timestamp(*t, signed(op, *by)?).map(Value::Timestamp),
        (Value::Date(a), Value::Date(b)) => Ok(Value::Integer(i64::from(*a) - i64::from(*b))),
        (Value::Timestamp(a), Value::Timestamp(b)) => {
            let span = a.checked_sub(*b).ok_or(Incident::Overflow)?;
            Ok(Value::Duration(Duration::Micros(span)))
        }
        _ => match to {
            Type::Decimal(to) => decimal(op, a, b, *to),
            Type::Real => real(op, a, b),
            _ => integer(op, a, b),
        },
    }
}

/// Numeric minus.
pub(super) fn negate(v: &Value) -> Result<Value, Incident> {
    Ok(match v {
        Value::Integer(n) => Value::Integer(n.checked_neg().ok_or(Incident::Overflow)?),
        Value::Decimal(d) => Value::Decimal(Decimal { mantissa: -d.mantissa, scale: d.scale }),
        Value::Real(x) => Value::Real(-x),
        Value::Duration(d) => Value::Duration(d.negated().ok_or(Incident::Overflow)?),
        _ => Value::Missing,
    })
}

fn signed(op: ArithOp, by: Duration) -> Result<Duration, Incident> {
    if op == ArithOp::Sub { by.negated().ok_or(Incident::Overflow) } else { Ok(by) }
}

/// Exactly, then once to the result's type.
fn decimal(op: ArithOp, a: &Value, b: &Value, to: DecimalType) -> Result<Value, Incident> {
    let (Some(a), Some(b)) = (exact(a), exact(b)) else { return Ok(Value::Missing) };
    let result = match op {
        ArithOp::Add => a.add(b, to),
        ArithOp::Sub => a.sub(b, to),
        ArithOp::Mul => a.mul(b, to),
        ArithOp::Div => a.div(b, to),
    };
    Ok(Value::Decimal(result?))
}

/// An integer or a decimal as a decimal.
fn exact(v: &Value) -> Option<Decimal> {
    match v {
        Value::Integer(n) => Some(Decimal::from(*n)),
        Value::Decimal(d) => Some(*d),
        _ => None,
    }
}

/// In doubles. What is not finite is missing: x / 0 is a division by zero, anything else an overflow.
fn real(op: ArithOp, a: &Value, b: &Value) -> Result<Value, Incident> {
    let (Some(a), Some(b)) = (number(a), number(b)) else { return Ok(Value::Missing) };
    if op == ArithOp::Div && b == 0.0 {
        return Err(Incident::DivisionByZero);
    }
    let x = match op {
        ArithOp::Add => a + b,
        ArithOp::Sub => a - b,
        ArithOp::Mul => a * b,
        ArithOp::Div => a / b,
    };
    if x.is_finite() { Ok(Value::Real(x)) } else { Err(Incident::Overflow) }
}

/// In 64 bits, checked. Division of integers is a decimal.
fn integer(op: ArithOp, a: &Value, b: &Value) -> Result<Value, Incident> {
    let (Value::Integer(a), Value::Integer(b)) = (a, b) else { return Ok(Value::Missing) };
    let n = match op {
        ArithOp::Add => a.checked_add(*b),
        ArithOp::Sub => a.checked_sub(*b),
        ArithOp::Mul => a.checked_mul(*b),
        ArithOp::Div => return Ok(Value::Missing),
    };
    n.map(Value::Integer).ok_or(Incident::Overflow)
}
