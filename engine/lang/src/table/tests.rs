//! Random tables against asking every row for every input.

use super::*;
use crate::{
    finding::Place,
    hir::{Cell, CompareOp, Expr, ExprKind, Policy, Table, TableInput, TableRow},
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value},
};
use proptest::prelude::*;

const LOW: i64 = -1;
const HIGH: i64 = 7;

/// Cells over whole numbers from 0 to 6, halves among them: a column of integers has none between two of its values.
fn cell() -> impl Strategy<Value = Cell> {
    let bound = || {
        (0i64..=12).prop_map(|n| {
            if n % 2 == 0 {
                Value::Integer(n / 2)
            } else {
                Value::Decimal(Decimal { mantissa: (n * 5).into(), scale: 1 })
            }
        })
    };
    let op = prop::sample::select(vec![
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ]);
    prop_oneof![
        2 => Just(Cell::Any),
        1 => any::<bool>().prop_map(Cell::Missing),
        4 => (op, bound()).prop_map(|(op, bound)| Cell::Compare(op, bound)),
        3 => (prop::option::of(bound()), prop::option::of(bound())).prop_map(|(low, high)| match (low, high) {
            (None, None) => Cell::Any,
            (low, high) => Cell::Range(low, high),
        }),
        2 => (prop::collection::vec(bound(), 1..3), any::<bool>()).prop_map(|(items, not)| Cell::OneOf(items, not)),
    ]
}

fn table(columns: usize) -> impl Strategy<Value = Table> {
    let nullable = prop::collection::vec(any::<bool>(), columns);
    let rows = prop::collection::vec(prop::collection::vec(cell(), columns), 0..7);
    (nullable, rows).prop_map(|(nullable, rows)| Table {
        name: "t".into(),
        policy: Policy::Unique,
        inputs: nullable
            .into_iter()
            .map(|nullable| TableInput { name: "c".into(), typed: Typed::new(Type::Integer, nullable) })
            .collect(),
        rows: (1u32..)
            .zip(rows)
            .map(|(number, cells)| TableRow { number, cells, output: output(number), place: Place::default() })
            .collect(),
        otherwise: None,
    })
}

fn output(number: u32) -> Expr {
    Expr::at(ExprKind::Literal(Value::Integer(number.into())), Typed::new(Type::Integer, false), Place::default())
}

/// Every input of a table: the numbers around its bounds, and missing where that can be.
fn inputs(table: &Table) -> Vec<Vec<Value>> {
    let mut all = vec![Vec::new()];
    for input in &table.inputs {
        let mut values: Vec<Value> = (LOW..=HIGH).map(Value::Integer).collect();
        values.extend(input.typed.nullable.then_some(Value::Missing));
        all = all
            .iter()
            .flat_map(|row: &Vec<Value>| values.iter().map(|v| [row.clone(), vec![v.clone()]].concat()))
            .collect();
    }
    all
}

fn holding(table: &Table, input: &[Value]) -> Vec<usize> {
    let holds = |row: &TableRow| row.cells.iter().zip(input).all(|(cell, v)| cell.holds(v));
    (0..table.rows.len()).filter(|i| holds(&table.rows[*i])).collect()
}

fn values(table: &Table, grid: &Grid, segments: &[Option<u32>]) -> Vec<Value> {
    let one = |(i, segment): (usize, &Option<u32>)| match segment {
        Some(segment) => witness(&grid.axes[i], *segment, &table.inputs[i].typed.ty, Magnitude::One),
        // Any value does.
        None => Value::Integer(3),
    };
    segments.iter().enumerate().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_those_of_asking_everything(table in (1usize..=3).prop_flat_map(table)) {
        let grid = Grid::new(&table);
        let all: Vec<Vec<usize>> = inputs(&table).iter().map(|input| holding(&table, input)).collect();

        let gaps = grid.gaps(3, BUDGET);
        prop_assert!(gaps.complete);
        prop_assert_eq!(gaps.found.is_empty(), all.iter().all(|rows| !rows.is_empty()), "{:?}", gaps.found);
        for gap in &gaps.found {
            let input = values(&table, &grid, gap);
            prop_assert!(holding(&table, &input).is_empty(), "{input:?}");
        }

        let classes: Vec<u32> = (0..u32::try_from(grid.rows.len()).unwrap()).collect();
        let overlaps = grid.overlaps(&classes, 3, BUDGET);
        prop_assert!(overlaps.complete);
        prop_assert_eq!(overlaps.found.is_empty(), all.iter().all(|rows| rows.len() < 2), "{:?}", overlaps.found);
        for overlap in &overlaps.found {
            let segments: Vec<Option<u32>> = overlap.segments.iter().copied().map(Some).collect();
            let rows = holding(&table, &values(&table, &grid, &segments));
            prop_assert!(rows.contains(&grid.rows[overlap.first].at) && rows.contains(&grid.rows[overlap.second].at));
        }

        let masked = grid.masked(BUDGET);
        prop_assert!(masked.complete);
        let empty: Vec<usize> = grid.rows.iter().filter(|row| row.empty_column().is_some()).map(|row| row.at).collect();
        for row in 0..table.rows.len() {
            let first = all.iter().any(|rows| rows.first() == Some(&row));
            let found = masked.found.iter().any(|m| grid.rows[m.row].at == row);
            prop_assert_eq!(found, !first && !empty.contains(&row), "row {}", row);
            prop_assert_eq!(empty.contains(&row), !all.iter().any(|rows| rows.contains(&row)));
        }
    }
}

fn column(typed: Typed, cells: Vec<Cell>) -> Table {
    let rows = (1u32..).zip(cells).map(|(number, cell)| TableRow {
        number,
        cells: vec![cell],
        output: output(number),
        place: Place::default(),
    });
    Table {
        name: "t".into(),
        policy: Policy::First,
        inputs: vec![TableInput { name: "c".into(), typed }],
        rows: rows.collect(),
        otherwise: None,
    }
}

fn gap(ty: &Type, written: Magnitude, cells: Vec<Cell>) -> Value {
    let table = column(Typed::new(ty.clone(), false), cells);
    let grid = Grid::new(&table);
    let found = grid.gaps(1, BUDGET).found;
    witness(&grid.axes[0], found[0][0].unwrap(), ty, written)
}

#[test]
fn examples_are_round_in_the_unit_of_their_column() {
    let money = Type::Decimal(DecimalType { precision: 18, scale: 2 });
    let at_least = |v: Value| vec![Cell::Compare(CompareOp::Ge, v)];
    let less = |v: Value| vec![Cell::Compare(CompareOp::Lt, v)];
    let amount = |n: i128| Value::Decimal(Decimal { mantissa: n * 100, scale: 2 });
    assert_eq!(gap(&money, Magnitude::Wan, at_least(Value::Integer(500_000))), amount(499_900));
    assert_eq!(gap(&money, Magnitude::One, at_least(Value::Integer(60))), amount(59));
    assert_eq!(gap(&Type::Integer, Magnitude::One, less(Value::Integer(60))), Value::Integer(60));
    assert_eq!(gap(&Type::Date, Magnitude::One, at_least(Value::Date(100))), Value::Date(99));
    // Between two bounds that leave one value.
    let around = vec![
        Cell::Compare(CompareOp::Lt, amount(5)),
        Cell::Compare(CompareOp::Gt, Value::Decimal(Decimal { mantissa: 501, scale: 2 })),
    ];
    assert_eq!(gap(&money, Magnitude::One, around), amount(5));
    let rate = Type::Decimal(DecimalType { precision: 5, scale: 4 });
    let third = Value::Decimal(Decimal { mantissa: 30, scale: 2 });
    assert_eq!(gap(&rate, Magnitude::Percent, at_least(third)), Value::Decimal(Decimal { mantissa: 2900, scale: 4 }));
    let named = vec![Cell::OneOf(vec![Value::text("V5"), Value::text("V6")], false)];
    assert_eq!(gap(&Type::Text, Magnitude::One, named), Value::text("其他"));
}

/// Ten thousand rows, of the kinds that tables have and of those that are made to hurt. What bounds the time is the budget, which counts
/// steps: what is decided within it does not depend on how busy the machine is.
#[test]
fn large_tables_are_answered_or_given_up_within_the_budget() {
    let n = 10_000i64;
    let price = |i: i64| Cell::Range(Some(Value::Integer(i * 10)), Some(Value::Integer(i * 10 + 9)));
    let code = |i: i64| Cell::Compare(CompareOp::Eq, Value::text(&format!("C{i:05}")));
    let typed = |ty: Type| TableInput { name: "c".into(), typed: Typed::new(ty, false) };
    let make = |n: i64, inputs: Vec<TableInput>, row: &dyn Fn(i64) -> Vec<Cell>| Table {
        name: "t".into(),
        policy: Policy::Unique,
        inputs,
        rows: (0..n)
            .map(|i| TableRow { number: i as u32 + 1, cells: row(i), output: output(0), place: Place::default() })
            .collect(),
        otherwise: None,
    };
    let grid = make(n, vec![typed(Type::Text), typed(Type::Integer)], &|i| vec![code(i / 10), price(i % 10)]);
    let nested =
        make(n / 4, vec![typed(Type::Integer)], &|i| vec![Cell::Compare(CompareOp::Ge, Value::Integer(n - i))]);
    let wide = make(n, vec![typed(Type::Integer), typed(Type::Integer), typed(Type::Integer)], &|i| {
        [7i64, 11, 13]
            .map(|k| Cell::Range(Some(Value::Integer(i * k % n)), Some(Value::Integer(i * k % n + n / 2))))
            .to_vec()
    });
    for (table, decided) in [(grid, true), (nested, true), (wide, false)] {
        let grid = Grid::new(&table);
        let classes: Vec<u32> = (0..n as u32).collect();
        let (gaps, overlaps, masked) = (grid.gaps(3, BUDGET), grid.overlaps(&classes, 3, BUDGET), grid.masked(BUDGET));
        if decided {
            assert!(gaps.complete && overlaps.complete && masked.complete);
        }
    }
}
