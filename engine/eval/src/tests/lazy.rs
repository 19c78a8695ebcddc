//! What is not needed is not read, what is shared is computed once, and counts do not depend on how rows are cut into batches.

use super::{arrays, frame, plan, program};
use crate::{Columns, EvalError, Frame, Plan, Root, RowPlan, Scripts, Taken};
use arrow_array::{ArrayRef, BooleanArray, cast::AsArray};
use guiju_lang::{
    context::{Incident, Incidents},
    finding::Place,
    golden::{build, context, expression},
    hir::{ColumnRef, Expr, ExprKind, Script, ScriptId, SourceId},
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value},
};
use std::{cell::RefCell, sync::Arc};

struct Recording<'a> {
    inner: &'a Columns,
    asked: RefCell<Vec<u32>>,
}

impl Frame for Recording<'_> {
    fn rows(&self) -> usize {
        self.inner.rows()
    }
    fn column(&self, column: &ColumnRef) -> Result<ArrayRef, EvalError> {
        self.asked.borrow_mut().push(column.column);
        self.inner.column(column)
    }
    fn population(&self, index: u32) -> Option<BooleanArray> {
        self.inner.population(index)
    }
}

fn integers(n: usize) -> Vec<Typed> {
    vec![Typed::new(Type::Integer, true); n]
}

fn ints(rows: &[&[i64]]) -> Vec<Vec<Value>> {
    rows.iter().map(|r| r.iter().map(|&n| Value::Integer(n)).collect()).collect()
}

fn on<'a>(columns: &'a [Typed], text: &str) -> Expr {
    let names = ["a", "b", "c", "d"];
    let scope: Vec<(&str, &'a Typed)> = names.into_iter().zip(columns).collect();
    expression(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn a_conjunction_stops_reading_when_no_row_is_left() {
    let cx = context();
    let columns = vec![Typed::new(Type::Integer, true), Typed::new(Type::Text, true)];
    let expr = on(&columns, "b contains \"x\" and a > 100");
    let rows = vec![vec![Value::Integer(1), Value::text("x")], vec![Value::Integer(2), Value::text("y")]];
    let plan = plan(&columns, &[&expr]);
    let frame = frame(2, &arrays(&columns, &rows));
    let recording = Recording { inner: &frame, asked: RefCell::default() };
    let mut incidents = Incidents::default();
    let yes = plan.run(&recording, &cx, &mut incidents).truth(0).expect("truth");
    assert_eq!(yes.count_set_bits(), 0);
    assert_eq!(*recording.asked.borrow(), [0], "the number decides before the text is read");
}

#[test]
fn columns_are_read_once_for_all_rules() {
    let cx = context();
    let columns = integers(2);
    let exprs = [
        on(&columns, "a > 1"),
        on(&columns, "a > 1 and b < 5"),
        on(&columns, "not (a > 1)"),
        on(&columns, "a + b > 3"),
    ];
    let refs: Vec<&Expr> = exprs.iter().collect();
    let plan = plan(&columns, &refs);
    let frame = frame(2, &arrays(&columns, &ints(&[&[1, 2], &[2, 2]])));
    let recording = Recording { inner: &frame, asked: RefCell::default() };
    plan.evaluate(&recording, &cx, &mut Incidents::default()).expect("outputs");
    assert_eq!(*recording.asked.borrow(), [0, 1]);
    let of = |root: usize| plan.columns_of(root).map(|c| c.column).collect::<Vec<_>>();
    assert_eq!((of(0), of(1), of(3)), (vec![0], vec![0, 1], vec![0, 1]));
}

#[test]
fn equal_expressions_are_one_node_wherever_they_are_written() {
    let columns = integers(2);
    let same = [
        on(&columns, "a < b"),
        on(&columns, "b > a"),
        on(&columns, "not (a >= b)"),
        on(&columns, "a < b and a < b"),
        on(&columns, "a < b or a < b"),
    ];
    let refs: Vec<&Expr> = same.iter().collect();
    let alone = plan(&columns, &refs[..1]);
    let together = plan(&columns, &refs);
    assert_eq!(alone.graph.values.len(), together.graph.values.len());
    assert_eq!(alone.graph.masks.len(), together.graph.masks.len());
}

#[test]
fn failures_are_counted_where_they_are_asked_for_however_rows_are_cut() {
    let cx = context();
    let columns = integers(2);
    // Only rows with a > 0 ask for the division.
    let guarded = on(&columns, "a > 0 and 10 / b > 1");
    let chosen = on(&columns, "(if b = 0 then 0 else 10 / b) > 1");
    let rows = ints(&[&[1, 0], &[0, 0], &[1, 5], &[2, 0], &[-1, 0]]);
    for (expr, expected) in [(guarded, 2), (chosen, 0)] {
        let plan = plan(&columns, &[&expr, &expr]);
        for size in 1..=rows.len() {
            let mut incidents = Incidents::default();
            for part in rows.chunks(size) {
                let frame = frame(part.len(), &arrays(&columns, part));
                let mut run = plan.run(&frame, &cx, &mut incidents);
                run.truth(0).expect("truth");
                run.truth(1).expect("truth");
            }
            assert_eq!(incidents.of(Incident::DivisionByZero), expected, "batches of {size}");
        }
        let mut incidents = Incidents::default();
        let plan = RowPlan::from(plan);
        let mut run = plan.bind(&cx);
        for row in &rows {
            let cells: Vec<Value> = plan.columns().iter().map(|c| row[c.column as usize].clone()).collect();
            let at = run.row(&cells[..]);
            at.is_true(0, &mut incidents);
            at.is_true(1, &mut incidents);
        }
        assert_eq!(incidents.of(Incident::DivisionByZero), expected, "one row");
    }
}

#[test]
fn decimals_change_width_without_changing_results() {
    let cx = context();
    let ty = Type::Decimal(DecimalType { precision: 38, scale: 2 });
    let columns = vec![Typed::new(ty, true); 2];
    let expr = on(&columns, "a + b");
    let big = 10_i128.pow(37);
    let pairs = [(1, 2), (i64::MAX.into(), i64::MAX.into()), (big, big), (9 * big, 9 * big), (-9 * big, -9 * big)];
    let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
    let rows: Vec<Vec<Value>> = pairs.iter().map(|&(a, b)| vec![decimal(a), decimal(b)]).collect();
    let plan = plan(&columns, &[&expr]);
    // Each row alone takes the narrowest way, all together the widest.
    let mut alone = Vec::new();
    for row in &rows {
        alone.extend(super::columnar(
            &plan,
            1,
            &arrays(&columns, std::slice::from_ref(row)),
            &cx,
            &mut Incidents::default(),
        ));
    }
    let mut incidents = Incidents::default();
    let together = super::columnar(&plan, rows.len(), &arrays(&columns, &rows), &cx, &mut incidents);
    assert_eq!(alone, together);
    assert_eq!(together[0], decimal(3));
    assert_eq!((&together[3], &together[4], incidents.of(Incident::Overflow)), (&Value::Missing, &Value::Missing, 2));
}

fn scripted(body: &str) -> guiju_lang::hir::Program {
    let mut program = program(&integers(2));
    program.scripts.push(Script {
        name: "f".into(),
        params: vec![("x".into(), Typed::new(Type::Integer, true))],
        result: Typed::new(Type::Integer, true),
        body: body.into(),
        place: Place::default(),
    });
    program
}

#[test]
fn scripts_run_only_for_rows_that_ask_and_once_each() {
    let cx = context();
    let program = scripted("if x > 2 { throw \"too large\" } x * 10");
    let scripts = Arc::new(Scripts::compile(&program).expect("compiles"));
    let columns = integers(2);
    let kind = ExprKind::Script(ScriptId(0), vec![on(&columns, "a")]);
    let call = Expr::at(kind, Typed::new(Type::Integer, true), Place::default());
    let test = build::compare(guiju_lang::hir::CompareOp::Ge, call.clone(), build::integer(10));
    let guarded = build::and(vec![test, on(&columns, "b = 1")]);
    let roots: Vec<Root<'_>> = vec![(&guarded).into(), (&guarded).into(), (&call).into()];
    let plan = Plan::compile(&program, &scripts, &roots).expect("a plan");
    assert!(plan.is_row_by_row(0));
    // Row 1 would fail but is not asked for; row 2 fails once.
    let frame = frame(3, &arrays(&columns, &ints(&[&[1, 1], &[5, 0], &[3, 1]])));
    let mut incidents = Incidents::default();
    let mut run = plan.run(&frame, &cx, &mut incidents);
    let yes = run.truth(0).expect("truth");
    assert_eq!(run.truth(1).expect("truth"), yes);
    let values = run.array_in(2, &yes).expect("array");
    assert_eq!(yes.set_indices().collect::<Vec<_>>(), [0]);
    assert_eq!(values.as_primitive::<arrow_array::types::Int64Type>().value(0), 10);
    assert_eq!(incidents.of(Incident::Script), 1);
    assert!(scripts.first_failure(ScriptId(0)).is_some_and(|m| m.contains("too large")));
}

#[test]
fn populations_are_numbered_rule_by_rule() {
    let cx = context();
    let program = program(&integers(1));
    let top = Expr::at(ExprKind::InTop(0), Typed::new(Type::Bool, true), Place::default());
    let not = build::not(top.clone());
    let roots = [Root::new(&top, 0), Root::new(&top, 3), Root::new(&not, 3)];
    let plan = Plan::compile(&program, &Arc::default(), &roots).expect("a plan");
    assert_eq!((plan.populations_of(0), plan.populations_of(1)), (&[0][..], &[3][..]));
    let mut frame = Columns::new(3);
    frame.insert_population(0, BooleanArray::from(vec![Some(true), Some(false), None]));
    frame.insert_population(3, BooleanArray::from(vec![Some(false), Some(true), None]));
    let outputs = plan.evaluate(&frame, &cx, &mut Incidents::default()).expect("outputs");
    let rows = |root: usize| outputs.truth(root).expect("truth").set_indices().collect::<Vec<_>>();
    assert_eq!((rows(0), rows(1), rows(2)), (vec![0], vec![1], vec![0]));
    let none = Columns::new(3);
    assert_eq!(plan.evaluate(&none, &cx, &mut Incidents::default()).expect_err("absent"), EvalError::NoPopulation(0));
}

#[test]
fn taken_rows_are_evaluated_like_the_whole() {
    let cx = context();
    let columns = integers(2);
    let text = on(&columns, "concat(\"n\", text(a + b))");
    let plan = plan(&columns, &[&text]);
    let frame = frame(4, &arrays(&columns, &ints(&[&[1, 2], &[3, 4], &[5, 6], &[7, 8]])));
    let taken = Taken::new(&frame, vec![3, 1]);
    let array = plan.run(&taken, &cx, &mut Incidents::default()).array(0).expect("array");
    let texts: Vec<_> = array.as_string::<i32>().iter().flatten().map(str::to_owned).collect();
    assert_eq!(texts, ["n15", "n7"]);
}

#[test]
fn columns_of_other_sources_are_asked_for_by_their_source() {
    let cx = context();
    let mut program = program(&integers(1));
    program.sources.push(program.sources[0].clone());
    let manager = ColumnRef { source: SourceId(1), column: 0 };
    let expr = Expr::at(ExprKind::Column(manager), Typed::new(Type::Integer, true), Place::default());
    let plan = Plan::compile(&program, &Arc::default(), &[(&expr).into()]).expect("a plan");
    assert_eq!(plan.columns(), std::slice::from_ref(&manager));
    let mut frame = Columns::new(1);
    frame.insert(manager, crate::array_of(&Type::Integer, [Value::Integer(4)].iter()));
    let array = plan.run(&frame, &cx, &mut Incidents::default()).array(0).expect("array");
    assert_eq!(crate::value_at(&array, 0), Value::Integer(4));
}
