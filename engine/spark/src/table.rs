//! Decision tables: the rows in their order, as the branches of a CASE.

use crate::expr::{Said, Writer, unsaid};
use guiju_lang::{
    hir::{Cell, CompareOp, Expr, ExprKind, Policy, Table, TableRow},
    ty::{DecimalType, Type, Typed, compared_as},
    value::Value,
};

impl Writer<'_> {
    pub(crate) fn table(&self, e: &Expr, table: &Table, inputs: &[Expr]) -> Said {
        if !matches!(table.policy, Policy::First | Policy::Unique) {
            return Err(unsaid(e, &table.name));
        }
        let values = inputs.iter().map(|input| self.expr(input)).collect::<Result<Vec<_>, _>>()?;
        self.with_inputs(e, table, inputs, &values, &mut Vec::new())
    }

    /// Binds the inputs one after the other, then asks the rows.
    fn with_inputs(
        &self,
        e: &Expr,
        table: &Table,
        inputs: &[Expr],
        values: &[String],
        bound: &mut Vec<String>,
    ) -> Said {
        match values.get(bound.len()) {
            Some(value) => self.bind(value, |name| {
                bound.push(name.to_owned());
                self.with_inputs(e, table, inputs, values, bound)
            }),
            None => self.rows(e, table, inputs, bound),
        }
    }

    fn rows(&self, e: &Expr, table: &Table, inputs: &[Expr], bound: &[String]) -> Said {
        let holds = table.rows.iter().map(|row| self.holds(row, inputs, bound)).collect::<Result<Vec<_>, _>>()?;
        let mut said = String::from("CASE");
        if table.policy == Policy::Unique {
            let counted: Vec<String> = holds.iter().map(|h| format!("CASE WHEN {h} THEN 1 ELSE 0 END")).collect();
            if counted.len() > 1 {
                said.push_str(&format!(" WHEN {} > 1 THEN NULL", counted.join(" + ")));
            }
        }
        for (row, holds) in table.rows.iter().zip(&holds) {
            said.push_str(&format!(" WHEN {holds} THEN {}", self.converted(&row.output, &e.typed.ty)?));
        }
        let otherwise = match &table.otherwise {
            Some(row) => self.converted(&row.output, &e.typed.ty)?,
            None => "NULL".to_owned(),
        };
        if table.rows.is_empty() {
            return Ok(otherwise);
        }
        let ty = crate::type_name(&e.typed.ty).ok_or_else(|| unsaid(e, &table.name))?;
        Ok(format!("CAST({said} ELSE {otherwise} END AS {ty})"))
    }

    fn holds(&self, row: &TableRow, inputs: &[Expr], bound: &[String]) -> Said {
        let mut conditions = Vec::new();
        for (cell, (input, value)) in row.cells.iter().zip(inputs.iter().zip(bound)) {
            let compare = |op: CompareOp, constant: &Value| -> Said {
                let constant = literal(constant, input).ok_or_else(|| unsaid(input, "this cell"))?;
                // Cells compare exactly; a query would make an operand without room missing.
                if compared_as(input, &constant).is_some() {
                    return Err(unsaid(input, "this cell"));
                }
                self.compared(op, (input, value), (&constant, &self.expr(&constant)?))
            };
            match cell {
                Cell::Any => {}
                Cell::Missing(negated) => {
                    conditions.push(format!("{value} IS {}NULL", if *negated { "NOT " } else { "" }));
                }
                Cell::Compare(op, constant) => conditions.push(compare(*op, constant)?),
                Cell::Range(low, high) => {
                    conditions.push(format!("{value} IS NOT NULL"));
                    if let Some(low) = low {
                        conditions.push(compare(CompareOp::Ge, low)?);
                    }
                    if let Some(high) = high {
                        conditions.push(compare(CompareOp::Le, high)?);
                    }
                }
                Cell::OneOf(items, negated) => {
                    let any = items.iter().map(|item| compare(CompareOp::Eq, item)).collect::<Result<Vec<_>, _>>()?;
                    let any = if any.is_empty() { "false".to_owned() } else { any.join(" OR ") };
                    let not = if *negated { "NOT " } else { "" };
                    conditions.push(format!("{value} IS NOT NULL AND {not}coalesce({any}, false)"));
                }
                Cell::Computed(condition) => conditions.push(self.expr(condition)?),
            }
        }
        Ok(if conditions.is_empty() { "true".to_owned() } else { format!("({})", conditions.join(" AND ")) })
    }
}

/// A cell's constant as an expression beside its input.
fn literal(value: &Value, input: &Expr) -> Option<Expr> {
    let ty = match value {
        Value::Integer(_) => Type::Integer,
        Value::Decimal(d) => Type::Decimal(DecimalType { precision: d.precision(), scale: d.scale }),
        Value::Bool(_) => Type::Bool,
        Value::Real(_) => Type::Real,
        Value::Text(_) => Type::Text,
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::Timestamp(_) => Type::Timestamp,
        _ => return None,
    };
    Some(Expr::at(ExprKind::Literal(value.clone()), Typed::new(ty, false), input.place))
}
