//! The golden table through both executors.

use super::{arrays, columnar, frame, has_column_form, plan, row_by_row};
use guiju_lang::{
    context::{Incident, Incidents},
    golden::{Cells, context, vectors},
    reference::evaluate,
    ty::Type,
    value::{Decimal, Value},
};

/// Rows that have nothing to do with the vector: missing, small, and the ends of each type.
fn noise(row: &[Value]) -> Vec<Vec<Value>> {
    let variants = |v: &Value| -> [Value; 4] {
        match v {
            Value::Bool(b) => [Value::Missing, Value::Bool(!b), Value::Bool(*b), Value::Bool(true)],
            Value::Integer(_) => [0, 1, i64::MAX, i64::MIN].map(Value::Integer),
            Value::Decimal(d) => [0, 1, 10_i128.pow(u32::from(d.precision())) - 1, -1]
                .map(|mantissa| Value::Decimal(Decimal { mantissa, scale: d.scale })),
            Value::Real(_) => [0.0, -0.0, f64::MAX, f64::MIN_POSITIVE].map(Value::Real),
            Value::Text(_) => ["", "国债", "a", "A0"].map(Value::text),
            Value::Date(_) => [0, -1, 2_932_896, -719_162].map(Value::Date),
            Value::Timestamp(_) => [0, -1, 1_800_000_000_000_000, 1].map(Value::Timestamp),
            other => [other.clone(), Value::Missing, other.clone(), Value::Missing],
        }
    };
    let mut rows: Vec<Vec<Value>> = (0..4).map(|i| row.iter().map(|v| variants(v)[i].clone()).collect()).collect();
    rows.push(row.iter().map(|_| Value::Missing).collect());
    rows
}

#[test]
fn every_vector_holds_in_both_executors() {
    let cx = context();
    let all = vectors();
    let (mut wrong, mut without_form) = (Vec::new(), 0);
    for v in &all {
        let plan = plan(&v.columns, &[&v.expr]);
        let mut counted = Incidents::default();
        let got = row_by_row(&plan, std::slice::from_ref(&v.row), &cx, &mut counted);
        if got[0] != v.expected {
            wrong.push(format!("row {} {}: {:?}, expected {:?}", v.name, v.text, got[0], v.expected));
        }
        // A constant that fails is reported by the checker, not counted row by row.
        let counts = v.name.starts_with("semantics") && !plan.columns().is_empty();
        let expected: Vec<(Incident, u64)> = v.incident.iter().map(|&i| (i, 1)).collect();
        if counts && counted.iter().collect::<Vec<_>>() != expected {
            wrong.push(format!("row {} {}: counted {counted:?}, expected {expected:?}", v.name, v.text));
        }
        if !v.columns.iter().all(|c| has_column_form(&c.ty)) {
            without_form += 1;
            continue;
        }
        let mut counted = Incidents::default();
        let got = columnar(&plan, 1, &arrays(&v.columns, std::slice::from_ref(&v.row)), &cx, &mut counted);
        if got[0] != v.expected {
            wrong.push(format!("columnar {} {}: {:?}, expected {:?}", v.name, v.text, got[0], v.expected));
        }
        if counts && counted.iter().collect::<Vec<_>>() != expected {
            wrong.push(format!("columnar {} {}: counted {counted:?}, expected {expected:?}", v.name, v.text));
        }
        // The vector's row among others: each row has the reference's answer.
        let mut rows = noise(&v.row);
        rows.insert(2, v.row.clone());
        let got = columnar(&plan, rows.len(), &arrays(&v.columns, &rows), &cx, &mut Incidents::default());
        for (row, got) in rows.iter().zip(&got) {
            let expected = evaluate(&v.expr, &Cells(row), &cx, &mut Incidents::default());
            if *got != expected {
                wrong.push(format!("noise {} {} {row:?}: {got:?}, expected {expected:?}", v.name, v.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong in {} vectors:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    assert!(all.len() > 5932 && without_form < 100, "{} vectors, {without_form} without columns", all.len());
}

#[test]
fn whole_columns_come_out_as_arrays() {
    let cx = context();
    for v in vectors().iter().filter(|v| v.columns.iter().all(|c| has_column_form(&c.ty))).step_by(7) {
        let plan = plan(&v.columns, &[&v.expr]);
        if !has_column_form(&v.expr.typed.ty) {
            continue;
        }
        let frame = frame(1, &arrays(&v.columns, std::slice::from_ref(&v.row)));
        let mut incidents = Incidents::default();
        let array = plan.run(&frame, &cx, &mut incidents).array(0).expect("an array");
        assert_eq!(crate::value_at(&array, 0), v.expected, "{} {}", v.name, v.text);
        if v.expr.typed.ty == Type::Bool {
            let outputs = plan.evaluate(&frame, &cx, &mut incidents).expect("outputs");
            let yes = outputs.truth(0).expect("a condition").value(0);
            assert_eq!(yes, v.expected == Value::Bool(true), "{} {}", v.name, v.text);
        }
    }
}
