//! One condition of four parts on one row. All parts hold, so none is skipped; sixteen rows take turns, so none is remembered.

use crate::{
    measure::{Case, Limits, medians, print},
    rules::{Customer, FOUR, FOUR_IN_PEERS, checked, rulebook},
};
use guiju::{
    decide::{Datum, RowView},
    eval::{RowPlan, Scripts},
    lang::{
        context::{Context, Incidents},
        time::Zone,
    },
};
use std::{hint::black_box, sync::Arc};

const ROWS: usize = 16;

pub(crate) fn cases() -> Vec<Case> {
    vec![ours(), rhai(), cel()]
}

fn ours() -> Case {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, program) = checked(folder.path(), &rulebook(std::iter::once(FOUR.to_owned())));
    let expressions = program.rules[0].body.expressions();
    let when = expressions.iter().find(|(clause, _)| *clause == "when").expect("an event has a condition").1;
    let plan = RowPlan::compile(&program, &Arc::new(Scripts::default()), &[when.into()]).expect("a plan");
    let customers: Vec<Customer> = (0..ROWS).map(|n| Customer::nth(n, 1)).collect();
    let mut state = plan.state(Context::on(20_000, Zone::utc(), None));
    let columns: Vec<usize> = plan.columns().iter().map(|c| c.column as usize).collect();
    Case::new("guiju, four conditions on a row", 200_000, move |times| {
        let rows: Vec<Vec<Datum<'_>>> =
            customers.iter().map(|customer| columns.iter().map(|c| customer.datum(*c)).collect()).collect();
        let mut incidents = Incidents::default();
        let mut fired = 0;
        for n in 0..times {
            fired += usize::from(plan.at(&mut state, black_box(&rows[n % ROWS][..])).is_true(0, &mut incidents));
        }
        assert_eq!(fired, times);
    })
}

fn rhai() -> Case {
    let engine = rhai::Engine::new_raw();
    let ast = engine.compile_expression(FOUR_IN_PEERS).expect("compiles");
    let mut scopes: Vec<rhai::Scope<'static>> = (0..ROWS)
        .map(|n| {
            let customer = Customer::nth(n, 1);
            let mut scope = rhai::Scope::new();
            scope.push("total_asset", customer.total_asset as f64 / 100.0).push("level", customer.level);
            scope.push("churn_score", customer.churn_score).push("ret_1y", customer.ret_1y);
            scope
        })
        .collect();
    Case::new("rhai, the same, compiled once", 20_000, move |times| {
        for n in 0..times {
            assert!(engine.eval_ast_with_scope::<bool>(black_box(&mut scopes[n % ROWS]), &ast).expect("runs"));
        }
    })
}

fn cel() -> Case {
    let program = cel::Program::compile(FOUR_IN_PEERS).expect("compiles");
    let contexts: Vec<cel::Context<'static, 'static>> = (0..ROWS)
        .map(|n| {
            let customer = Customer::nth(n, 1);
            let mut context = cel::Context::default();
            context.add_variable_from_value("total_asset", customer.total_asset as f64 / 100.0);
            context.add_variable_from_value("level", customer.level);
            context.add_variable_from_value("churn_score", customer.churn_score);
            context.add_variable_from_value("ret_1y", customer.ret_1y);
            context
        })
        .collect();
    Case::new("cel, the same, compiled once", 20_000, move |times| {
        for n in 0..times {
            let value = program.execute(black_box(&contexts[n % ROWS])).expect("runs");
            assert!(matches!(value, cel::Value::Bool(true)));
        }
    })
}

pub(crate) fn report(limits: &mut Limits) {
    let mut cases = cases();
    let times = medians(&mut cases);
    print("one condition of four parts on one row", &cases, &times);
    println!("      rhai {:.1} times ours, cel {:.1} times ours", times[1] / times[0], times[2] / times[0]);
    limits.at_most("four conditions on a row, ns", times[0], 60.0);
    limits.at_most("ours of rhai's time, %", 100.0 * times[0] / times[1], 20.0);
    limits.at_most("ours of cel's time, %", 100.0 * times[0] / times[2], 20.0);
}
