//! Random expressions on random rows: reference = columnar = one row.

use super::{arrays, columnar, frame, has_column_form, plan, row_by_row};
use guiju_lang::{
    context::Incidents,
    golden::{Cells, arbitrary, context},
    hir::{ColumnRef, Expr},
    reference::{evaluate, may_hold},
    value::{Value, compare},
};
use proptest::prelude::*;
use std::cmp::Ordering;

/// As results are compared: -0.0 and 0.0 are different results, equal reals are the same.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a == b,
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn all_executors_agree(case in arbitrary::cases()) {
        let cx = context();
        prop_assume!(case.columns.iter().all(|c| has_column_form(&c.ty)));
        let expected: Vec<Value> =
            case.rows.iter().map(|r| evaluate(&case.expr, &Cells(r), &cx, &mut Incidents::default())).collect();
        let plan = plan(&case.columns, &[&case.expr]);
        let rows = row_by_row(&plan, &case.rows, &cx, &mut Incidents::default());
        for (row, (got, want)) in rows.iter().zip(&expected).enumerate() {
            prop_assert!(same(got, want), "one row, {:?}: {got:?}, expected {want:?}", case.rows[row]);
        }
        let columns = arrays(&case.columns, &case.rows);
        let got = columnar(&plan, case.rows.len(), &columns, &cx, &mut Incidents::default());
        for (row, (got, want)) in got.iter().zip(&expected).enumerate() {
            prop_assert!(same(got, want), "columnar, {:?}: {got:?}, expected {want:?}", case.rows[row]);
        }
    }

    /// A condition that is true for some row may hold where these rows are.
    #[test]
    fn bounds_rule_out_no_row(case in arbitrary::conditions()) {
        let cx = context();
        let ends = |column: &ColumnRef| {
            let known = case.rows.iter().map(|row| &row[column.column as usize]).filter(|value| !value.is_missing());
            let end = |which| known.clone().reduce(|a, b| if compare(b, a) == Some(which) { b } else { a }).cloned();
            end(Ordering::Less).zip(end(Ordering::Greater))
        };
        let truth = |row: &Vec<Value>| evaluate(&case.expr, &Cells(row), &cx, &mut Incidents::default());
        if case.rows.iter().any(|row| truth(row) == Value::Bool(true)) {
            prop_assert!(may_hold(&case.expr, &ends, &cx));
        }
    }

    /// Many conditions in one plan give what each gives alone: true rows, and values wherever asked.
    #[test]
    fn sharing_changes_nothing(case in arbitrary::conditions(), other in arbitrary::conditions()) {
        let cx = context();
        prop_assume!(case.columns.iter().all(|c| has_column_form(&c.ty)));
        // The second expression only if its columns fit the first one's rows.
        let fits = other.columns.iter().zip(&case.columns).all(|(a, b)| a.ty == b.ty) && other.columns.len() <= case.columns.len();
        let second = if fits { &other.expr } else { &case.expr };
        let not = guiju_lang::golden::build::not(case.expr.clone());
        let both = guiju_lang::golden::build::and(vec![case.expr.clone(), second.clone()]);
        let either = guiju_lang::golden::build::or(vec![not.clone(), second.clone()]);
        let roots: Vec<&Expr> = vec![&case.expr, second, &not, &both, &either];
        let plan = plan(&case.columns, &roots);
        let frame = frame(case.rows.len(), &arrays(&case.columns, &case.rows));
        let outputs = plan.evaluate(&frame, &cx, &mut Incidents::default()).expect("outputs");
        for (root, expr) in roots.iter().enumerate() {
            let yes = outputs.truth(root).expect("a condition");
            for (row, cells) in case.rows.iter().enumerate() {
                let want = evaluate(expr, &Cells(cells), &cx, &mut Incidents::default()) == Value::Bool(true);
                prop_assert_eq!(yes.value(row), want, "root {} row {:?}", root, cells);
            }
        }
    }
}
