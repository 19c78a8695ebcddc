//! The reference evaluator against the tables.

use super::{Cells, arbitrary, build, context, expression, vectors};
use crate::{
    builtin::Builtin,
    context::{Incident, Incidents},
    reference::{NoRow, evaluate},
    render,
    ty::Type,
    value::Value,
};
use proptest::prelude::*;

#[test]
fn every_vector_holds_in_the_reference_evaluator() {
    let cx = context();
    let all = vectors();
    let mut wrong = Vec::new();
    for v in &all {
        let mut incidents = Incidents::default();
        let got = evaluate(&v.expr, &Cells(&v.row), &cx, &mut incidents);
        if v.expr.typed.ty != v.expected_type {
            wrong.push(format!("{} {}: type {}, expected {}", v.name, v.text, v.expr.typed.ty, v.expected_type));
        }
        if got != v.expected {
            wrong.push(format!("{} {}: {got:?}, expected {:?}", v.name, v.text, v.expected));
        }
        if v.name.starts_with("semantics") {
            let counted: Vec<_> = incidents.iter().collect();
            let expected: Vec<_> = v.incident.iter().map(|&i| (i, 1)).collect();
            if counted != expected {
                wrong.push(format!("{} {}: counted {counted:?}, expected {expected:?}", v.name, v.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    let spark = all.iter().filter(|v| v.name.starts_with("spark")).count();
    assert_eq!(spark, 2 * 2966);
}

#[test]
fn examples_of_the_built_ins_run_as_written() {
    let cx = context();
    for function in Builtin::ALL {
        for (text, expected) in function.entry().examples {
            let expr = expression(text, &[]).unwrap_or_else(|e| panic!("{text}: {e}"));
            let got = evaluate(&expr, &NoRow, &cx, &mut Incidents::default());
            assert_eq!(render::plain(&got, &cx), *expected, "{text}");
        }
    }
}

/// The table and the examples are the language that people write: the real grammar reads them without a problem.
#[test]
fn the_grammar_reads_every_text_of_the_table() {
    let ours = vectors().into_iter().filter(|v| v.name.starts_with("semantics")).map(|v| v.text);
    let examples = Builtin::ALL.iter().flat_map(|f| f.entry().examples).map(|(text, _)| (*text).to_owned());
    let wrong: Vec<String> = ours
        .chain(examples)
        .filter_map(|text| {
            let problems = guiju_grammar::parse(&format!("let result = {text}\n")).problems;
            (!problems.is_empty()).then(|| format!("{text}: {problems:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    /// Whatever comes out is of the expression's type or missing, and nothing panics.
    #[test]
    fn results_are_of_their_type(case in arbitrary::cases()) {
        let cx = context();
        for row in &case.rows {
            let got = evaluate(&case.expr, &Cells(row), &cx, &mut Incidents::default());
            let fits = match (&got, &case.expr.typed.ty) {
                (Value::Missing, _) => true,
                (Value::Decimal(d), Type::Decimal(t)) => d.scale == t.scale && d.precision() <= t.precision.max(1),
                (Value::Real(x), Type::Real) => x.is_finite(),
                (v, ty) => build::type_of(v) == *ty,
            };
            prop_assert!(fits, "{got:?} is no {}", case.expr.typed.ty);
        }
    }
}

/// The generator reaches what it is for: deep expressions, every result type, present and missing results, incidents.
#[test]
fn random_expressions_are_not_trivial() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let cx = context();
    let mut incidents = Incidents::default();
    let (mut present, mut missing, mut true_or_false) = (0, 0, [0; 2]);
    let mut types = std::collections::HashSet::new();
    for _ in 0..400 {
        let case = arbitrary::cases().new_tree(&mut runner).expect("a case").current();
        types.insert(std::mem::discriminant(&case.expr.typed.ty));
        for row in &case.rows {
            match evaluate(&case.expr, &Cells(row), &cx, &mut incidents) {
                Value::Missing => missing += 1,
                Value::Bool(b) => true_or_false[usize::from(b)] += 1,
                _ => present += 1,
            }
        }
    }
    assert!(types.len() >= 7, "{types:?}");
    assert!(
        present > 500 && missing > 500 && true_or_false.iter().all(|&n| n > 300),
        "{present} {missing} {true_or_false:?}"
    );
    for i in [Incident::DivisionByZero, Incident::Overflow, Incident::BeyondCalendar, Incident::BadCast] {
        assert!(incidents.of(i) > 0, "{i:?} never happened");
    }
}
