//! A hundred customer predicates (`predicates.tsv`) over half a million made-up customers.
//!
//! `cargo bench -p guiju-eval` prints, for the plan and for its peer, the processor time a row of all predicates takes, measured
//! interleaved, best of several rounds. The columnar peer is arrow-array: `BooleanArray::from_unary` for every comparison with a
//! constant and arrow-buffer's `&` for conjunctions, rule by rule, nothing shared, over those predicates that consist of nothing
//! else. The peer of the one-row executor is rhai with the same condition, compiled once.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

mod data;

use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, cast::AsArray, types};
use arrow_buffer::BooleanBuffer;
use guiju_eval::{Columns, Plan, Root, RowPlan, Scripts};
use guiju_lang::{
    context::Incidents,
    golden::{context, expression},
    hir::{ColumnRef, CompareOp, Expr, ExprKind, SourceId},
    ty::{Type, Typed},
    value::{Decimal, Value},
};
use std::{hint::black_box, sync::Arc, time::Instant};

const ROWS: usize = 1 << 19;
const BATCH: usize = 1 << 16;
const ROUNDS: usize = 7;

fn main() {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let texts: Vec<(&str, &str)> = include_str!("predicates.tsv").lines().filter_map(|l| l.split_once('\t')).collect();
    let columns = data::columns();
    let scope: Vec<(&str, &Typed)> = columns.iter().map(|c| (c.name, &c.typed)).collect();
    let exprs: Vec<Expr> =
        texts.iter().map(|(name, t)| expression(t, &scope).unwrap_or_else(|e| panic!("{name}: {e}"))).collect();
    let program = data::program(&columns);
    let batches: Vec<Vec<ArrayRef>> = (0..ROWS / BATCH)
        .map(|b| columns.iter().enumerate().map(|(i, c)| c.fill(i as u64, b as u64, BATCH)).collect())
        .collect();
    let cx = context();

    let all: Vec<&Expr> = exprs.iter().collect();
    let ours = measure(|| evaluate(&program, &all, &batches, &cx));
    println!(
        "{} predicates over {ROWS} rows: {:.1} ns a row, {:.3} s a million rows",
        all.len(),
        ours * 1e9 / ROWS as f64,
        ours * 1e6 / ROWS as f64
    );

    let simple: Vec<&Expr> = exprs.iter().filter(|e| Peer::understands(e)).collect();
    let mut best = (f64::MAX, f64::MAX);
    let mut tasks = (0, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        tasks.0 = evaluate(&program, &simple, &batches, &cx);
        best.0 = best.0.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        tasks.1 = batches.iter().map(|b| simple.iter().map(|e| Peer(b).truth(e).count_set_bits()).sum::<usize>()).sum();
        best.1 = best.1.min(start.elapsed().as_secs_f64());
    }
    assert_eq!(tasks.0, tasks.1, "both find the same rows");
    println!(
        "{} of them without arithmetic: plan {:.1} ns a row, arrow-array {:.1} ns a row, ratio {:.2}",
        simple.len(),
        best.0 * 1e9 / ROWS as f64,
        best.1 * 1e9 / ROWS as f64,
        best.0 / best.1
    );
    one_row(&scope, &program, &cx);
}

/// Best of several rounds, seconds.
fn measure(mut run: impl FnMut() -> usize) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn evaluate(
    program: &guiju_lang::hir::Program,
    exprs: &[&Expr],
    batches: &[Vec<ArrayRef>],
    cx: &guiju_lang::context::Context,
) -> usize {
    let roots: Vec<Root<'_>> = exprs.iter().map(|&e| e.into()).collect();
    let plan = Plan::compile(program, &Arc::new(Scripts::default()), &roots).expect("a plan");
    let mut incidents = Incidents::default();
    let mut tasks = 0;
    for batch in batches {
        let mut frame = Columns::new(BATCH);
        for (i, array) in batch.iter().enumerate() {
            frame.insert(ColumnRef { source: SourceId(0), column: i as u32 }, array.clone());
        }
        let mut run = plan.run(&frame, cx, &mut incidents);
        for root in 0..plan.roots() {
            tasks += run.truth(root).expect("truth").count_set_bits();
        }
    }
    tasks
}

/// Comparisons of columns with constants, straight over arrow's arrays.
struct Peer<'a>(&'a [ArrayRef]);

impl Peer<'_> {
    fn understands(e: &Expr) -> bool {
        match &e.kind {
            ExprKind::And(parts) => parts.iter().all(Self::understands),
            ExprKind::Compare(_, a, b) => {
                let number = matches!(a.typed.ty, Type::Integer | Type::Decimal(_) | Type::Real | Type::Date);
                matches!((&a.kind, &b.kind), (ExprKind::Column(_), ExprKind::Literal(_))) && number
            }
            _ => false,
        }
    }

    fn truth(&self, e: &Expr) -> BooleanBuffer {
        match &e.kind {
            ExprKind::And(parts) => {
                parts.iter().map(|p| self.truth(p)).reduce(|a, b| &a & &b).expect("two or more parts")
            }
            ExprKind::Compare(op, a, b) => {
                let (ExprKind::Column(c), ExprKind::Literal(v)) = (&a.kind, &b.kind) else {
                    unreachable!("asked before")
                };
                let array = self.0[c.column as usize].as_ref();
                let scaled = |scale: u8| match v {
                    Value::Integer(n) => i128::from(*n) * 10_i128.pow(scale.into()),
                    Value::Decimal(Decimal { mantissa, scale: s }) => mantissa * 10_i128.pow((scale - s).into()),
                    Value::Date(d) => (*d).into(),
                    other => unreachable!("{other:?}"),
                };
                let mask = match &a.typed.ty {
                    Type::Integer => unary(*op, array.as_primitive::<types::Int32Type>(), scaled(0) as i32),
                    Type::Date => unary(*op, array.as_primitive::<types::Date32Type>(), scaled(0) as i32),
                    Type::Decimal(d) => unary(*op, array.as_primitive::<types::Decimal128Type>(), scaled(d.scale)),
                    _ => {
                        let real = match v {
                            Value::Integer(n) => *n as f64,
                            Value::Decimal(d) => d.to_f64(),
                            other => unreachable!("{other:?}"),
                        };
                        unary(*op, array.as_primitive::<types::Float64Type>(), real)
                    }
                };
                match mask.nulls() {
                    Some(nulls) => mask.values() & nulls.inner(),
                    None => mask.values().clone(),
                }
            }
            _ => unreachable!("asked before"),
        }
    }
}

fn unary<T: ArrowPrimitiveType>(op: CompareOp, array: &PrimitiveArray<T>, c: T::Native) -> BooleanArray
where
    T::Native: PartialOrd,
{
    match op {
        CompareOp::Eq => BooleanArray::from_unary(array, |x| x == c),
        CompareOp::Ne => BooleanArray::from_unary(array, |x| x != c),
        CompareOp::Lt => BooleanArray::from_unary(array, |x| x < c),
        CompareOp::Le => BooleanArray::from_unary(array, |x| x <= c),
        CompareOp::Gt => BooleanArray::from_unary(array, |x| x > c),
        CompareOp::Ge => BooleanArray::from_unary(array, |x| x >= c),
    }
}

/// A condition of four parts on single rows; all parts hold, so none is skipped.
fn one_row(scope: &[(&str, &Typed)], program: &guiju_lang::hir::Program, cx: &guiju_lang::context::Context) {
    let text = "total_asset >= 500000 and cust_level = \"V7\" and churn_score between 70 and 84 and ret_1y > 0.25";
    let expr = expression(text, scope).expect("checked");
    let plan = RowPlan::compile(program, &Arc::new(Scripts::default()), &[(&expr).into()]).expect("a plan");
    let cells: Vec<Value> = plan
        .columns()
        .iter()
        .map(|c| match &scope[c.column as usize].1.ty {
            Type::Decimal(d) => Value::Decimal(Decimal { mantissa: 70_000_000, scale: d.scale }),
            Type::Text => Value::text("V7"),
            Type::Real => Value::Real(0.5),
            _ => Value::Integer(77),
        })
        .collect();
    let mut run = plan.bind(cx);
    let mut incidents = Incidents::default();
    let engine = rhai::Engine::new_raw();
    let ast = engine
        .compile_expression("total_asset >= 500000.0 && cust_level == \"V7\" && churn_score >= 70 && churn_score <= 84 && ret_1y > 0.25")
        .expect("compiles");
    let mut rhai_scope = rhai::Scope::new();
    rhai_scope.push("total_asset", 700_000.0).push("cust_level", "V7").push("churn_score", 77_i64).push("ret_1y", 0.5);
    const N: usize = 200_000;
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut fired = 0;
        for _ in 0..N {
            fired += usize::from(run.row(black_box(&cells[..])).is_true(0, &mut incidents));
        }
        assert_eq!(fired, N);
        best.0 = best.0.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        for _ in 0..N / 10 {
            assert!(engine.eval_ast_with_scope::<bool>(&mut rhai_scope, &ast).expect("runs"));
        }
        best.1 = best.1.min(start.elapsed().as_secs_f64() * 10.0);
    }
    let (ours, theirs) = (best.0 * 1e9 / N as f64, best.1 * 1e9 / N as f64);
    println!("one row, four conditions: row plan {ours:.0} ns, rhai {theirs:.0} ns, ratio {:.3}", ours / theirs);
}
