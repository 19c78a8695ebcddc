//! Decision tables: nanoseconds for one question, by number of rows, through the index (one row at a time, and by the column) and by
//! scanning the rows one after another.
//!
//! `cargo bench -p guiju-eval --bench tables`
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

use arrow_array::ArrayRef;
use guiju_eval::{Columns, Plan, Root, RowPlan, Scripts, array_of};
use guiju_lang::{
    context::Incidents,
    finding::Place,
    golden::{Cells, build, context},
    hir::{Cell, ColumnRef, CompareOp, Expr, ExprKind, Policy, Program, Source, SourceId, Table, TableInput, TableRow},
    reference::evaluate,
    schema::{Column, Schema},
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value},
};
use std::{hint::black_box, sync::Arc, time::Instant};

const ROUNDS: usize = 5;
const BATCH: usize = 8192;

fn main() {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    println!("{:>10} {:>8} {:>14} {:>14} {:>14}", "table", "rows", "one row, ns", "columns, ns", "scan, ns");
    for rows in [10, 100, 1_000, 10_000] {
        for (name, make) in [("codes", codes as fn(usize) -> Case), ("ranges", ranges), ("mixed", mixed)] {
            measure(name, rows, &make(rows));
        }
    }
}

struct Case {
    columns: Vec<Typed>,
    table: Expr,
    questions: Vec<Vec<Value>>,
}

fn money() -> Type {
    Type::Decimal(DecimalType { precision: 18, scale: 2 })
}

fn amount(n: i64) -> Value {
    Value::Decimal(Decimal { mantissa: i128::from(n) * 100, scale: 2 })
}

fn case(types: &[Type], rows: Vec<Vec<Cell>>, question: impl Fn(usize) -> Vec<Value>) -> Case {
    let columns: Vec<Typed> = types.iter().map(|t| Typed::new(t.clone(), true)).collect();
    let row = |(number, cells): (u32, Vec<Cell>)| TableRow {
        number,
        cells,
        output: build::constant(Value::Integer(number.into()), Type::Integer),
        place: Place::default(),
    };
    let table = Table {
        name: "t".into(),
        policy: Policy::First,
        inputs: columns.iter().map(|typed| TableInput { name: "c".into(), typed: typed.clone() }).collect(),
        rows: (1u32..).zip(rows).map(row).collect(),
        otherwise: None,
    };
    let inputs = columns.iter().enumerate().map(|(i, c)| build::column(i as u32, c)).collect();
    let table = Expr::at(ExprKind::Table(Arc::new(table), inputs), Typed::new(Type::Integer, true), Place::default());
    // Spread over all rows, in no order that a cache could guess.
    let questions = (0..BATCH).map(|i| question(i.wrapping_mul(0x9E37_79B9))).collect();
    Case { columns, table, questions }
}

/// One column of codes: equality.
fn codes(rows: usize) -> Case {
    let code = |i: usize| Value::text(&format!("C{i:05}"));
    let cells = (0..rows).map(|i| vec![Cell::Compare(CompareOp::Eq, code(i))]).collect();
    case(&[Type::Text], cells, move |i| vec![code(i % (rows + rows / 10))])
}

/// One column of ranges side by side.
fn ranges(rows: usize) -> Case {
    let at = |i: usize| i as i64 * 1000;
    let cells = (0..rows).map(|i| vec![Cell::Range(Some(amount(at(i))), Some(amount(at(i) + 999)))]).collect();
    case(&[money()], cells, move |i| vec![amount((i % (rows * 1000)) as i64)])
}

/// A grade, a branch and two ranges, rows of any kind beside each other; the last takes what is left.
fn mixed(rows: usize) -> Case {
    let grade = |i: usize| Value::text(["V1", "V2", "V3", "V4", "V5", "V6", "V7"][i % 7]);
    let branch = |i: usize| Value::Integer((i % 97) as i64);
    let cells = (0..rows).map(|i| {
        if i + 1 == rows {
            return vec![Cell::Any, Cell::Any, Cell::Any, Cell::Any];
        }
        let from = (i * 31 % 1000) as i64 * 1000;
        vec![
            Cell::OneOf(vec![grade(i), grade(i + 2)], false),
            if i % 5 == 0 { Cell::Any } else { Cell::Compare(CompareOp::Eq, branch(i)) },
            Cell::Range(Some(amount(from)), Some(amount(from + 50_000))),
            if i % 3 == 0 { Cell::Compare(CompareOp::Ge, Value::Integer((i % 60) as i64)) } else { Cell::Any },
        ]
    });
    case(&[Type::Text, Type::Integer, money(), Type::Integer], cells.collect(), move |i| {
        vec![grade(i / 3), branch(i / 7), amount((i % 1_050_000) as i64), Value::Integer((i % 90) as i64)]
    })
}

fn program(columns: &[Typed]) -> Program {
    let columns = columns.iter().enumerate().map(|(i, t)| Column { name: format!("c{i}"), typed: t.clone() }).collect();
    let source = Source {
        name: "bench.rows".into(),
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
    Program { sources: vec![source], ..Program::default() }
}

fn measure(name: &str, rows: usize, case: &Case) {
    let cx = context();
    let plan = Plan::compile(&program(&case.columns), &Arc::new(Scripts::default()), &[Root::from(&case.table)])
        .expect("a plan");
    assert!(!plan.is_row_by_row(0), "indexed");
    let one_row = RowPlan::from(plan.clone());
    let mut run = one_row.bind(&cx);
    let one = best(case.questions.len(), || {
        let mut incidents = Incidents::default();
        for question in &case.questions {
            black_box(run.row(&question[..]).value(0, &mut incidents));
        }
    });
    let arrays: Vec<ArrayRef> =
        case.columns.iter().enumerate().map(|(i, t)| array_of(&t.ty, case.questions.iter().map(|q| &q[i]))).collect();
    let columns = best(case.questions.len(), || {
        let mut frame = Columns::new(case.questions.len());
        for (i, array) in arrays.iter().enumerate() {
            frame.insert(ColumnRef { source: SourceId(0), column: i as u32 }, array.clone());
        }
        let mut incidents = Incidents::default();
        black_box(plan.run(&frame, &cx, &mut incidents).array(0).expect("values"));
    });
    // Of the slow way a few are enough, and they say whether both agree.
    let few = &case.questions[..(2_000_000 / rows).clamp(50, BATCH)];
    let mut said = Vec::new();
    let scan = best(few.len(), || {
        said = few.iter().map(|q| evaluate(&case.table, &Cells(q), &cx, &mut Incidents::default())).collect();
    });
    for (question, said) in few.iter().zip(&said) {
        assert_eq!(run.row(&question[..]).value(0, &mut Incidents::default()), *said);
    }
    println!("{name:>10} {rows:>8} {one:>14.1} {columns:>14.1} {scan:>14.1}");
}

/// Nanoseconds a question, best of several rounds.
fn best(questions: usize, mut round: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        round();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / questions as f64
}
