//! Expressions: the golden vectors and random ones, as SQL, on rows.

use crate::home::{Query, evaluate, home, thorough};
use guiju_lang::{
    context::Incidents,
    golden::{Cells, arbitrary, context, vectors},
    hir::{ColumnRef, Expr},
    reference,
    ty::{Type, Typed},
    value::Value,
};
use guiju_spark::{Names, Writer, constant, type_name};
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    strategy::ValueTree,
    test_runner::TestRunner,
};
use std::collections::BTreeMap;

/// Columns of one row after another: `c0`, `c1`, … from a number on.
struct From(usize);

impl Names for From {
    fn column(&self, column: ColumnRef) -> String {
        format!("c{}", self.0 + column.column as usize)
    }
    fn member(&self, _: u32) -> Option<String> {
        None
    }
}

/// A result's Spark type and its digits, as one text.
fn shown(sql: &str, ty: &Type) -> String {
    let value = match ty {
        Type::Decimal(d) => format!("replace(format_number({sql}, {}), ',', '')", d.scale),
        _ => format!("CAST({sql} AS STRING)"),
    };
    format!("transform(array({sql}), v -> concat(typeof(v), ' ', {}))[0]", value.replace(sql, "v"))
}

/// Whether Spark's text is the value.
fn same(got: Option<&str>, want: &Value, ty: &Type) -> bool {
    let Some(got) = got else { return want.is_missing() };
    let Some((spark, got)) = got.split_once(' ') else { return false };
    let spark = spark.to_uppercase();
    if type_name(ty).is_none_or(|name| name != spark) {
        return false;
    }
    match want {
        Value::Missing => false,
        Value::Bool(b) => got == b.to_string(),
        Value::Integer(n) | Value::Time(n) | Value::Timestamp(n) => got == n.to_string(),
        Value::Decimal(d) => {
            got.strip_prefix("-").filter(|z| z.bytes().all(|b| b"0.".contains(&b))).unwrap_or(got) == d.to_string()
        }
        Value::Real(x) => got.parse::<f64>().is_ok_and(|y| y == *x),
        Value::Text(t) => got == &**t,
        Value::Date(d) => constant(want, ty).is_some_and(|c| c == format!("DATE'{got}'")) || got == d.to_string(),
        Value::Duration(d) => constant(&Value::Duration(*d), ty).is_some_and(|c| c == format!("{got}L")),
        _ => false,
    }
}

fn literal(value: &Value, ty: &Type) -> Option<String> {
    match value {
        // NaN and infinities are missing on reading.
        Value::Real(x) if !x.is_finite() => constant(&Value::Missing, ty),
        Value::Missing => Some(format!("CAST(NULL AS {})", type_name(ty)?)),
        value => constant(value, ty),
    }
}

fn report(wrong: &[String], unsaid: &BTreeMap<String, usize>, said: usize) {
    println!("{said} said, {} not: {unsaid:?}", unsaid.values().sum::<usize>());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn the_golden_vectors_are_what_spark_says() {
    let Some(home) = home() else { return };
    let cx = context();
    // Without a column they are constants, and come out of the reference itself.
    let all: Vec<_> = vectors().into_iter().filter(|v| !v.row.is_empty()).collect();
    let all: Vec<_> = if thorough() { all } else { all.into_iter().step_by(5).collect() };
    let mut unsaid: BTreeMap<String, usize> = BTreeMap::new();
    let mut queries = Vec::new();
    let mut asked = Vec::new();
    for part in all.chunks(150) {
        let (mut columns, mut select, mut of) = (Vec::new(), Vec::new(), Vec::new());
        for v in part {
            let names = From(columns.len());
            let row: Option<Vec<String>> =
                v.row.iter().zip(&v.columns).map(|(value, typed)| literal(value, &typed.ty)).collect();
            let said = Writer::new(&cx, &names).expr(&v.expr);
            match (row, said) {
                (Some(row), Ok(said)) => {
                    columns.extend(row);
                    select.push(shown(&said, &v.expr.typed.ty));
                    of.push((v, said));
                }
                (_, Err(what)) => *unsaid.entry(what.what).or_default() += 1,
                (None, _) => *unsaid.entry("column".to_owned()).or_default() += 1,
            }
        }
        columns.push("1".to_owned());
        let columns: Vec<String> = columns.iter().enumerate().map(|(i, c)| format!("{c} AS c{i}")).collect();
        queries.push(Query { from: format!("SELECT {}", columns.join(", ")), select });
        asked.push(of);
    }
    let answers = evaluate(&home, &queries);
    let (mut wrong, mut said) = (Vec::new(), 0);
    for (of, rows) in asked.iter().zip(&answers) {
        for ((v, sql), got) in of.iter().zip(&rows[0]) {
            said += 1;
            if !same(got.as_deref(), &v.expected, &v.expr.typed.ty) {
                wrong.push(format!("{} {} {:?}: {got:?}, expected {:?}\n    {sql}", v.name, v.text, v.row, v.expected));
            }
        }
    }
    report(&wrong, &unsaid, said);
    assert!(said * 100 > 98 * all.len(), "only {said} of {} vectors can be said", all.len());
}

/// Tables of up to forty rows, with forty expressions over each.
#[test]
fn random_expressions_are_what_spark_says() {
    let Some(home) = home() else { return };
    let cx = context();
    let tables: usize =
        std::env::var("GUIJU_SPARK_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(if thorough() { 40 } else { 3 });
    let mut runner = TestRunner::deterministic();
    let mut unsaid: BTreeMap<String, usize> = BTreeMap::new();
    let (mut queries, mut asked) = (Vec::new(), Vec::new());
    for _ in 0..tables {
        let seeds = vec(any::<u64>(), 300..600).new_tree(&mut runner).unwrap().current();
        let (mut exprs, mut columns, mut rows) = (Vec::<(Expr, String)>::new(), Vec::<Typed>::new(), Vec::new());
        for _ in 0..40 {
            let growth = vec(any::<u32>(), 1..160).new_tree(&mut runner).unwrap().current();
            let case = arbitrary::case(&growth, &seeds);
            match Writer::new(&cx, &From(0)).expr(&case.expr) {
                Ok(sql) => exprs.push((case.expr, sql)),
                Err(what) => *unsaid.entry(what.what).or_default() += 1,
            }
            (columns, rows) = (case.columns, case.rows);
        }
        let line = |(i, row): (usize, &Vec<Value>)| {
            let cells: Vec<String> = row.iter().zip(&columns).map(|(v, c)| literal(v, &c.ty).unwrap()).collect();
            format!("({i}, {})", cells.join(", "))
        };
        let lines: Vec<String> = rows.iter().enumerate().map(line).collect();
        let names: Vec<String> = (0..columns.len()).map(|i| format!("c{i}")).collect();
        let from = format!("SELECT * FROM VALUES {} AS t(pos, {})", lines.join(", "), names.join(", "));
        let mut select = std::vec!["CAST(pos AS STRING)".to_owned()];
        select.extend(exprs.iter().map(|(e, sql)| shown(sql, &e.typed.ty)));
        queries.push(Query { from, select });
        asked.push((exprs, rows));
    }
    let answers = evaluate(&home, &queries);
    let (mut wrong, mut said) = (Vec::new(), 0);
    for ((exprs, rows), answer) in asked.iter().zip(&answers) {
        assert_eq!(rows.len(), answer.len());
        for (i, (expr, sql)) in exprs.iter().enumerate() {
            said += 1;
            let bad = answer.iter().find_map(|got| {
                let row = &rows[got[0].as_ref()?.parse::<usize>().ok()?];
                let want = reference::evaluate(expr, &Cells(row), &cx, &mut Incidents::default());
                let got = got[i + 1].as_deref();
                (!same(got, &want, &expr.typed.ty)).then(|| format!("{row:?}: {got:?}, expected {want:?}\n    {sql}"))
            });
            wrong.extend(bad);
        }
    }
    report(&wrong, &unsaid, said);
}
