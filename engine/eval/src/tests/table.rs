//! Decision tables: the reference evaluator's scan against the index, for random tables and rows.

use super::{arrays, columnar, plan, row_by_row};
use guiju_lang::{
    context::{Incident, Incidents},
    finding::Place,
    golden::{Cells, build, context},
    hir::{ArithOp, Cell, CompareOp, Expr, ExprKind, Policy, Table, TableInput, TableRow},
    reference::evaluate,
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value},
};
use proptest::prelude::*;
use std::sync::Arc;

/// Dice that a test case can be told by.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        // SplitMix64 (Steele, Lea and Flood 2014).
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

fn types() -> Vec<Type> {
    let decimal = |precision, scale| Type::Decimal(DecimalType { precision, scale });
    vec![Type::Integer, decimal(12, 2), Type::Text, Type::Date, Type::Bool, Type::Real, decimal(30, 4)]
}

/// A value of a type, from few, so that bounds are met exactly; of decimals also such as its scale cannot hold.
fn value(dice: &mut Dice, ty: &Type, bound: bool) -> Value {
    let n = dice.roll(9) as i64 - 2;
    match ty {
        Type::Integer if bound && dice.roll(4) == 0 => {
            Value::Decimal(Decimal { mantissa: i128::from(n) * 5, scale: 1 })
        }
        Type::Integer => Value::Integer(n),
        Type::Decimal(_) if bound && dice.roll(3) == 0 => Value::Integer(n),
        Type::Decimal(_) if bound && dice.roll(3) == 0 => {
            Value::Decimal(Decimal { mantissa: i128::from(n) * 1001, scale: 6 })
        }
        Type::Decimal(d) => Value::Decimal(Decimal { mantissa: i128::from(n) * 50, scale: d.scale }),
        Type::Text => Value::text(["", "A", "B", "C", "AA", "贵宾", "D", "E", "F", "G", "H"][dice.roll(11)]),
        Type::Date => Value::Date(n as i32),
        Type::Bool => Value::Bool(n % 2 == 0),
        _ => Value::Real(n as f64 / 2.0),
    }
}

fn cell(dice: &mut Dice, ty: &Type) -> Cell {
    let bound = |dice: &mut Dice| value(dice, ty, true);
    let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];
    match dice.roll(8) {
        0 | 1 => Cell::Any,
        2 => Cell::Missing(dice.roll(2) == 0),
        3 if *ty != Type::Bool => {
            let (low, high) = (bound(dice), bound(dice));
            match dice.roll(3) {
                0 => Cell::Range(Some(low), None),
                1 => Cell::Range(None, Some(high)),
                _ => Cell::Range(Some(low), Some(high)),
            }
        }
        4 => {
            let items = (0..=dice.roll(4)).map(|_| bound(dice)).collect();
            Cell::OneOf(items, dice.roll(2) == 0)
        }
        5 => Cell::Compare(CompareOp::Eq, bound(dice)),
        _ => {
            let op = ops[dice.roll(if *ty == Type::Bool { 2 } else { 6 })];
            Cell::Compare(op, bound(dice))
        }
    }
}

struct Case {
    columns: Vec<Typed>,
    table: Expr,
    rows: Vec<Vec<Value>>,
}

fn case(seed: u64, most: usize) -> Case {
    let mut dice = Dice(seed);
    let all = types();
    let columns: Vec<Typed> = (0..=dice.roll(4)).map(|_| Typed::new(all[dice.roll(all.len())].clone(), true)).collect();
    let policies = [
        Policy::First,
        Policy::First,
        Policy::Count,
        Policy::Sum,
        Policy::Min,
        Policy::Max,
        Policy::Unique,
        Policy::Any,
    ];
    let policy = policies[dice.roll(policies.len())];
    let text = dice.roll(2) == 0 && !matches!(policy, Policy::Sum | Policy::Count);
    let of = if text { Type::Text } else { Type::Integer };
    let computed = !text && dice.roll(4) == 0;
    let output = |dice: &mut Dice| {
        if computed && dice.roll(3) == 0 {
            // Of the first column that is an integer, if there is one; it can overflow and be missing.
            if let Some(i) = columns.iter().position(|c| c.ty == Type::Integer) {
                let big = build::constant(Value::Integer(i64::MAX), Type::Integer);
                let kind = ExprKind::Arith(ArithOp::Add, Box::new(build::column(i as u32, &columns[i])), Box::new(big));
                return Expr::at(kind, Typed::new(Type::Integer, true), Place::default());
            }
        }
        let value = if dice.roll(8) == 0 { Value::Missing } else { value(dice, &of, false) };
        Expr::at(ExprKind::Literal(value), Typed::new(of.clone(), true), Place::default())
    };
    let rows = dice.roll(most);
    let rows: Vec<TableRow> = (1..=rows)
        .map(|n| {
            let cells = columns.iter().map(|c| cell(&mut dice, &c.ty)).collect();
            TableRow { number: n as u32, cells, output: output(&mut dice), place: Place::default() }
        })
        .collect();
    let otherwise = (dice.roll(2) == 0).then(|| TableRow {
        number: 0,
        cells: vec![],
        output: output(&mut dice),
        place: Place::default(),
    });
    let input = |typed: &Typed| TableInput { name: "c".into(), typed: typed.clone() };
    let table = Table { name: "t".into(), policy, inputs: columns.iter().map(input).collect(), rows, otherwise };
    let ty = if policy == Policy::Count { Type::Integer } else { of };
    let inputs = columns.iter().enumerate().map(|(i, c)| build::column(i as u32, c)).collect();
    let table = Expr::at(ExprKind::Table(Arc::new(table), inputs), Typed::new(ty, true), Place::default());
    let row = |dice: &mut Dice| {
        let one = |c: &Typed| if dice.roll(6) == 0 { Value::Missing } else { value(dice, &c.ty, false) };
        columns.iter().map(one).collect()
    };
    let rows = (0..200).map(|_| row(&mut dice)).collect();
    Case { columns, table, rows }
}

fn agree(case: &Case) -> Result<(), TestCaseError> {
    let cx = context();
    let mut wanted = Incidents::default();
    let expected: Vec<Value> =
        case.rows.iter().map(|row| evaluate(&case.table, &Cells(row), &cx, &mut wanted)).collect();
    let plan = plan(&case.columns, &[&case.table]);
    let (mut one, mut many) = (Incidents::default(), Incidents::default());
    prop_assert_eq!(&row_by_row(&plan, &case.rows, &cx, &mut one), &expected);
    prop_assert_eq!(one, wanted);
    let columns = arrays(&case.columns, &case.rows);
    prop_assert_eq!(&columnar(&plan, case.rows.len(), &columns, &cx, &mut many), &expected);
    prop_assert_eq!(many, wanted);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_index_says_what_the_scan_says(seed in any::<u64>()) {
        agree(&case(seed, 12))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// More rows than a word has bits, many times over.
    #[test]
    fn also_where_there_are_many_rows(seed in any::<u64>()) {
        agree(&case(seed, 700))?;
    }
}

#[test]
fn rows_that_contradict_each_other_are_missing_and_counted() {
    let mut case = (0..)
        .map(|seed| case(seed, 12))
        .find(|c| matches!(&c.table.kind, ExprKind::Table(t, _) if t.policy == Policy::Unique && t.rows.len() > 3))
        .expect("one of them");
    if let ExprKind::Table(table, _) = &mut case.table.kind {
        let table = Arc::make_mut(table);
        table.rows.iter_mut().for_each(|row| row.cells.fill(Cell::Any));
    }
    let (cx, mut incidents) = (context(), Incidents::default());
    assert_eq!(evaluate(&case.table, &Cells(&case.rows[0]), &cx, &mut incidents), Value::Missing);
    assert_eq!(incidents.of(Incident::RowsDisagree), 1);
}

#[test]
fn a_constant_table_never_leaves_the_columns() {
    let typed = Typed::new(Type::Integer, true);
    let row = |n: u32, cell: Cell| TableRow {
        number: n,
        cells: vec![cell],
        output: build::constant(Value::Integer(n.into()), Type::Integer),
        place: Place::default(),
    };
    for policy in [Policy::First, Policy::Sum, Policy::Count, Policy::Min, Policy::Max] {
        let table = Table {
            name: "t".into(),
            policy,
            inputs: vec![TableInput { name: "c".into(), typed: typed.clone() }],
            rows: (1..100).map(|n| row(n, Cell::Compare(CompareOp::Le, Value::Integer(n.into())))).collect(),
            otherwise: None,
        };
        let kind = ExprKind::Table(Arc::new(table), vec![build::column(0, &typed)]);
        let expr = Expr::at(kind, Typed::new(Type::Integer, true), Place::default());
        assert!(!plan(std::slice::from_ref(&typed), &[&expr]).is_row_by_row(0), "{policy:?}");
    }
}
