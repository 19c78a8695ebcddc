//! Candidates of an index against asking every condition.

use crate::{Root, RowIndex, RowPlan, Scripts};
use guiju_lang::{
    context::Incidents,
    golden::{context, expression},
    hir::Expr,
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value},
};
use proptest::prelude::*;
use std::sync::Arc;

fn columns() -> Vec<(&'static str, Typed)> {
    let decimal = Type::Decimal(DecimalType { precision: 10, scale: 2 });
    vec![
        ("level", Typed::new(Type::Text, true)),
        ("branch", Typed::new(Type::Text, true)),
        ("years", Typed::new(Type::Integer, true)),
        ("rate", Typed::new(decimal, true)),
        ("score", Typed::new(Type::Real, true)),
        ("vip", Typed::new(Type::Bool, true)),
    ]
}

/// Parts of conditions: those an index can use, those it cannot, and some that fail.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4).prop_map(|n| format!("level = \"V{n}\"")),
        (0..3, 0..5).prop_map(|(a, b)| format!("level in [\"V{a}\", \"V{b}\"]")),
        (0..40).prop_map(|n| format!("branch = \"B{n}\"")),
        (0..40).prop_map(|n| format!("branch != \"B{n}\"")),
        (0..6).prop_map(|n| format!("years = {n}")),
        (0..6, 0..9).prop_map(|(a, b)| format!("years between {a} and {b}")),
        (0..6).prop_map(|n| format!("years in [{n}, 9, 4]")),
        (0..4).prop_map(|n| format!("rate = 0.5{n}")),
        (0..4).prop_map(|n| format!("rate = 0.50{n}")),
        (0..3).prop_map(|n| format!("score > 0.{n}")),
        Just("vip".to_owned()),
        Just("level is missing".to_owned()),
        (0..4).prop_map(|n| format!("rate / (years - {n}) > 0.1")),
        (0..4).prop_map(|n| format!("level contains \"{n}\"")),
        (0..3).prop_map(|n| format!("not (level = \"V{n}\")")),
        Just("today = 1970-01-01".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    (proptest::collection::vec(part(), 1..5), proptest::collection::vec(part(), 0..3), any::<bool>()).prop_map(
        |(all, any, mixed)| {
            let all = all.join(" and ");
            match (any.is_empty(), mixed) {
                (true, _) => all,
                (_, true) => format!("{all} and ({})", any.join(" or ")),
                _ => format!("{all} or {}", any.join(" and ")),
            }
        },
    )
}

fn cells() -> impl Strategy<Value = Vec<Value>> {
    let text = |prefix: &'static str, most: i64| prop_oneof![1 => Just(Value::Missing), 6 => (0..most).prop_map(move |n| Value::text(&format!("{prefix}{n}")))];
    (
        text("V", 5),
        text("B", 42),
        prop_oneof![1 => Just(Value::Missing), 6 => (0..10_i64).prop_map(Value::Integer)],
        prop_oneof![1 => Just(Value::Missing), 6 => (48..56_i128).prop_map(|m| Value::Decimal(Decimal { mantissa: m, scale: 2 }))],
        prop_oneof![Just(Value::Missing), Just(Value::Real(0.05)), Just(Value::Real(0.15))],
        prop_oneof![Just(Value::Missing), any::<bool>().prop_map(Value::Bool)],
    )
        .prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The candidates are asked in full; nothing else could have been true, or have failed.
    #[test]
    fn candidates_decide_as_all_do(
        texts in proptest::collection::vec(condition(), 1..60),
        rows in proptest::collection::vec(cells(), 1..20),
    ) {
        let columns = columns();
        let scope: Vec<(&str, &Typed)> = columns.iter().map(|(name, typed)| (*name, typed)).collect();
        let exprs: Vec<Expr> = texts.iter().map(|text| expression(text, &scope).expect(text)).collect();
        let types: Vec<Typed> = columns.iter().map(|(_, typed)| typed.clone()).collect();
        let program = super::program(&types);
        let roots: Vec<Root<'_>> = exprs.iter().map(Root::from).collect();
        let plan = RowPlan::compile(&program, &Arc::new(Scripts::default()), &roots).expect("a plan");
        let index = RowIndex::of(&plan, 0..exprs.len());
        let mut probe = index.probe();
        let cx = context();
        let mut state = plan.state(cx);
        for row in &rows {
            let cells: Vec<Value> = plan.columns().iter().map(|c| row[c.column as usize].clone()).collect();
            let (mut all, mut some) = (Incidents::default(), Incidents::default());
            let at = plan.at(&mut state, &cells[..]);
            let scanned: Vec<usize> = (0..exprs.len()).filter(|&root| at.is_true(root, &mut all)).collect();
            let at = plan.at(&mut state, &cells[..]);
            let candidates: Vec<usize> = index.candidates(&cells[..], &mut probe).collect();
            prop_assert!(candidates.is_sorted() && candidates.windows(2).all(|w| w[0] != w[1]));
            let found: Vec<usize> = candidates.into_iter().filter(|&root| at.is_true(root, &mut some)).collect();
            prop_assert_eq!(found, scanned);
            prop_assert_eq!(some, all, "incidents");
        }
    }
}

#[test]
fn rules_for_other_branches_are_not_looked_at() {
    let columns = columns();
    let scope: Vec<(&str, &Typed)> = columns.iter().map(|(name, typed)| (*name, typed)).collect();
    let texts = (0..1000).map(|n| format!("branch = \"B{}\" and level in [\"V5\", \"V6\"] and score > 0.1", n / 2));
    let exprs: Vec<Expr> = texts.map(|text| expression(&text, &scope).expect("checked")).collect();
    let types: Vec<Typed> = columns.iter().map(|(_, typed)| typed.clone()).collect();
    let roots: Vec<Root<'_>> = exprs.iter().map(Root::from).collect();
    let plan = RowPlan::compile(&super::program(&types), &Arc::new(Scripts::default()), &roots).expect("a plan");
    let index = RowIndex::of(&plan, 0..exprs.len());
    assert_eq!(index.unindexed(), 0);
    let mut probe = index.probe();
    let row = |branch: &str, level: &str| -> Vec<Value> {
        let value = |c: &guiju_lang::hir::ColumnRef| match c.column {
            0 => Value::text(level),
            1 => Value::text(branch),
            _ => Value::Real(0.5),
        };
        plan.columns().iter().map(value).collect()
    };
    assert_eq!(index.candidates(&row("B7", "V6")[..], &mut probe).collect::<Vec<_>>(), [14, 15]);
    assert_eq!(index.candidates(&row("B7", "V4")[..], &mut probe).count(), 0);
    assert_eq!(index.candidates(&row("nowhere", "V6")[..], &mut probe).count(), 0);
}
