//! A random typed expression on random rows gives the same values in the reference evaluator, column by column and row by row.

use crate::Target;
use guiju_eval::{Columns, Plan, Root, RowPlan, Scripts, array_of, arrow_type};
use guiju_lang::context::Incidents;
use guiju_lang::finding::Place;
use guiju_lang::golden::{Cells, arbitrary, context};
use guiju_lang::hir::{ColumnRef, Program, Source, SourceId};
use guiju_lang::reference::evaluate;
use guiju_lang::schema::{Column, Schema};
use guiju_lang::value::Value;
use std::sync::Arc;

pub(super) const TARGET: Target = Target {
    name: "executors",
    files: &["gj"],
    examples: &[
        "\x01\0\0\0\x02\0\0\0\x03\0\0\0and then some numbers, eight bytes for every cell of a row: 1234567 7654321 0000001",
        "a much longer line of text is a much larger expression over a few rows; every four bytes of it decide one step in its growth",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ],
    longest: 1024,
    run,
};

/// The first half says how the expression grows, the second what stands in the rows.
fn run(bytes: &[u8]) {
    let (growth, seeds) = bytes.split_at(bytes.len() / 2);
    let growth: Vec<u32> = growth.as_chunks().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect();
    let seeds: Vec<u64> = seeds.as_chunks().0.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect();
    let case = arbitrary::case(&growth, &seeds);
    if case.columns.iter().any(|column| arrow_type(&column.ty) == arrow_schema::DataType::Null) {
        // Lists and records do not come in columns.
        return;
    }
    let cx = context();
    let expected: Vec<Value> =
        case.rows.iter().map(|row| evaluate(&case.expr, &Cells(row), &cx, &mut Incidents::default())).collect();
    let columns = case
        .columns
        .iter()
        .enumerate()
        .map(|(i, typed)| Column { name: format!("c{i}"), typed: typed.clone() })
        .collect();
    let source = Source {
        name: "fuzz.rows".into(),
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
    };
    let program = Program { sources: vec![source], ..Program::default() };
    let plan = Plan::compile(&program, &Arc::new(Scripts::default()), &[Root::from(&case.expr)])
        .expect("a typed expression has a plan");

    let mut frame = Columns::new(case.rows.len());
    for (i, typed) in case.columns.iter().enumerate() {
        let column = ColumnRef { source: SourceId(0), column: i as u32 };
        frame.insert(column, array_of(&typed.ty, case.rows.iter().map(|row| &row[i])));
    }
    let mut incidents = Incidents::default();
    let mut columnar = plan.run(&frame, &cx, &mut incidents);
    for (row, want) in expected.iter().enumerate() {
        let got = columnar.value_at(0, row).expect("a row of the frame has a value");
        assert_eq!(got, *want, "column by column, row {:?} of {:?}", case.rows[row], case.expr);
    }

    let rows = RowPlan::from(plan.clone());
    let mut one = rows.bind(&cx);
    for (cells, want) in case.rows.iter().zip(&expected) {
        let at: Vec<Value> = rows.columns().iter().map(|column| cells[column.column as usize].clone()).collect();
        assert_eq!(
            one.row(&at[..]).value(0, &mut Incidents::default()),
            *want,
            "one row, {cells:?} of {:?}",
            case.expr
        );
    }
}
