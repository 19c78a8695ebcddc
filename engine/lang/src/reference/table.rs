//! Decision tables, row by row.

use super::{Row, convert, evaluate, truth};
use crate::{
    context::{Context, Incident, Incidents},
    hir::{Cell, Policy, Table, TableRow},
    ty::Type,
    value::{Decimal, Value, compare},
};
use std::cmp::Ordering;

/// What a table says about inputs. A collected value has the type `ty`; an output of one row is converted by who asks.
pub(super) fn decide(
    table: &Table,
    inputs: &[Value],
    ty: &Type,
    row: &dyn Row,
    cx: &Context,
    incidents: &mut Incidents,
) -> Result<Value, Incident> {
    let mut holding: Vec<&TableRow> = Vec::new();
    for candidate in &table.rows {
        let holds = candidate.cells.iter().zip(inputs).all(|(cell, value)| match cell {
            Cell::Computed(condition) => truth(&evaluate(condition, row, cx, incidents)) == Some(true),
            cell => cell.holds(value),
        });
        if holds {
            holding.push(candidate);
            if table.policy == Policy::First {
                break;
            }
        }
    }
    if holding.is_empty() {
        holding.extend(&table.otherwise);
    }
    let of = if let (Policy::All, Type::List(of)) = (table.policy, ty) { of } else { ty };
    let mut outputs = Vec::with_capacity(holding.len());
    for held in holding {
        let output = evaluate(&held.output, row, cx, incidents);
        outputs.push(if table.policy.collects() && table.policy != Policy::Count {
            convert(&output, of, cx)?
        } else {
            output
        });
        if table.policy == Policy::Unique && outputs.len() > 1 {
            break;
        }
    }
    collect(table.policy, outputs, ty)
}

/// What a policy makes of the outputs of the rows that hold, which have the collected value's type already.
pub fn collect(policy: Policy, outputs: Vec<Value>, ty: &Type) -> Result<Value, Incident> {
    let mut outputs = outputs.into_iter();
    Ok(match policy {
        Policy::First => outputs.next().unwrap_or(Value::Missing),
        Policy::Unique => match (outputs.next(), outputs.next()) {
            (Some(_), Some(_)) => return Err(Incident::RowsDisagree),
            (only, _) => only.unwrap_or(Value::Missing),
        },
        Policy::Any => {
            let Some(first) = outputs.next() else { return Ok(Value::Missing) };
            if outputs.any(|other| !same(&first, &other)) {
                return Err(Incident::RowsDisagree);
            }
            first
        }
        Policy::All => Value::List(outputs.filter(|v| !v.is_missing()).collect()),
        Policy::Count => Value::Integer(i64::try_from(outputs.count()).map_err(|_| Incident::Overflow)?),
        Policy::Sum => {
            let mut sum = Value::Missing;
            for v in outputs.filter(|v| !v.is_missing()) {
                sum = if sum.is_missing() { v } else { add(&sum, &v, ty)? };
            }
            sum
        }
        Policy::Min | Policy::Max => {
            let wanted = if policy == Policy::Min { Ordering::Less } else { Ordering::Greater };
            let present = outputs.filter(|v| !v.is_missing());
            present.reduce(|a, b| if compare(&b, &a) == Some(wanted) { b } else { a }).unwrap_or(Value::Missing)
        }
    })
}

/// Two outputs that agree: both missing, or equal.
fn same(a: &Value, b: &Value) -> bool {
    (a.is_missing() && b.is_missing()) || compare(a, b) == Some(Ordering::Equal)
}

fn add(a: &Value, b: &Value, ty: &Type) -> Result<Value, Incident> {
    match (a, b, ty) {
        (Value::Integer(a), Value::Integer(b), _) => a.checked_add(*b).map(Value::Integer).ok_or(Incident::Overflow),
        (Value::Decimal(a), Value::Decimal(b), Type::Decimal(to)) => Ok(Value::Decimal(Decimal::add(*a, *b, *to)?)),
        _ => Ok(Value::Missing),
    }
}
