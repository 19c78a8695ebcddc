//! Every executor against the reference evaluator: the golden table, random expressions, every physical form of a column.

mod forms;
mod golden;
mod index;
mod lazy;
mod random;
mod table;

use crate::{Columns, Plan, Root, RowPlan, Scripts};
use arrow_array::ArrayRef;
use guiju_lang::{
    context::{Context, Incidents},
    finding::Place,
    hir::{ColumnRef, Expr, Program, Source, SourceId},
    schema::{Column, Schema},
    ty::{Type, Typed},
    value::Value,
};
use std::sync::Arc;

/// A program with one source of these columns.
pub(crate) fn program(columns: &[Typed]) -> Program {
    let columns = columns.iter().enumerate().map(|(i, t)| Column { name: format!("c{i}"), typed: t.clone() }).collect();
    Program {
        sources: vec![Source {
            name: "test.rows".into(),
            connection: "rows".into(),
            object: None,
            schema: Schema { columns },
            key: None,
            time: None,
            lateness: 0,
            passes: false,
            idle: None,
            feed: None,
            windows: Vec::new(),
            used: vec![],
            place: Place::default(),
        }],
        ..Program::default()
    }
}

pub(crate) fn plan(columns: &[Typed], exprs: &[&Expr]) -> Plan {
    let roots: Vec<Root<'_>> = exprs.iter().map(|&e| e.into()).collect();
    Plan::compile(&program(columns), &Arc::new(Scripts::default()), &roots).expect("a plan")
}

pub(crate) fn frame(rows: usize, arrays: &[ArrayRef]) -> Columns {
    let mut frame = Columns::new(rows);
    for (i, array) in arrays.iter().enumerate() {
        frame.insert(ColumnRef { source: SourceId(0), column: i as u32 }, array.clone());
    }
    frame
}

/// Column by column from rows.
pub(crate) fn arrays(columns: &[Typed], rows: &[Vec<Value>]) -> Vec<ArrayRef> {
    columns.iter().enumerate().map(|(i, t)| crate::array_of(&t.ty, rows.iter().map(|r| &r[i]))).collect()
}

/// Types that connectors deliver as columns.
pub(crate) fn has_column_form(ty: &Type) -> bool {
    crate::arrow_type(ty) != arrow_schema::DataType::Null
}

/// The expression in every row, by the columnar executor.
pub(crate) fn columnar(
    plan: &Plan,
    rows: usize,
    arrays: &[ArrayRef],
    cx: &Context,
    incidents: &mut Incidents,
) -> Vec<Value> {
    let frame = frame(rows, arrays);
    let mut run = plan.run(&frame, cx, incidents);
    (0..rows).map(|row| run.value_at(0, row).expect("a value")).collect()
}

/// The expression in every row, by the one-row executor.
pub(crate) fn row_by_row(plan: &Plan, rows: &[Vec<Value>], cx: &Context, incidents: &mut Incidents) -> Vec<Value> {
    let plan = RowPlan::from(plan.clone());
    let mut run = plan.bind(cx);
    rows.iter()
        .map(|row| {
            let cells: Vec<Value> = plan.columns().iter().map(|c| row[c.column as usize].clone()).collect();
            run.row(&cells[..]).value(0, incidents)
        })
        .collect()
}
