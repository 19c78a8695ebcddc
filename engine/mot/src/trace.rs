//! What each part of each event came to, row by row. The rows are the pass's own, and so is what it did with them; the parts are
//! evaluated by the reference evaluator, which goes only as far as a reader would.

use crate::{
    asked::{self, RowOf},
    emit::{self, Firing},
    frame::TableFrame,
    link::Events,
    population::Thresholds,
    snapshot::{Pass, TRACED},
};
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use guiju_core::{Batch, CameTo, Cells, Gate, Output, StepError, Trace, Tracing};
use guiju_lang::{
    context::Incidents,
    hir::{self, ColumnRef, Expr, ExprKind, ScriptId},
    reference,
    value::Value,
};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
};

/// Rows that somebody wants to be traced.
#[derive(Default)]
pub(crate) struct Traced {
    /// Of these keys only.
    keys: Option<BTreeSet<String>>,
    rows: Vec<Row>,
}

impl Traced {
    /// For another row.
    pub(crate) fn another(&self) -> Self {
        Self { keys: self.keys.clone(), rows: Vec::new() }
    }
}

/// One row, as it was before the event could have changed what it remembers.
struct Row {
    number: u64,
    key: Option<String>,
    columns: RecordBatch,
    once: Option<String>,
    last: Option<i64>,
    /// What has to come before it had come.
    earlier: bool,
}

/// Somebody wants to know: every event remembers its rows until the snapshot is complete.
pub(crate) fn ask(events: &Events, cells: &mut Cells, tracing: Tracing<'_>) {
    let keys = match tracing {
        Tracing::Reached => None,
        Tracing::Apart(keys) => Some(keys),
    };
    for member in events.tables.iter().flat_map(|table| &table.members) {
        *cells.working::<Traced>(member.cell, TRACED) = Traced { keys: keys.cloned(), rows: Vec::new() };
    }
}

/// Keeps the rows that were asked about.
pub(crate) fn notice(
    pass: &Pass<'_>,
    batch: &Batch<'_>,
    cells: &mut Cells,
    frame: &TableFrame<'_>,
) -> Result<(), StepError> {
    let &Pass { member, cx, .. } = pass;
    let Some(traced) = cells.peek::<Traced>(member.cell, TRACED) else { return Ok(()) };
    let keys = asked::keys(pass, frame)?;
    let wanted: BooleanArray = match &traced.keys {
        Some(wanted) => keys.iter().map(|key| Some(key.is_some_and(|key| wanted.contains(key)))).collect(),
        None => BooleanArray::from(vec![true; keys.len()]),
    };
    let numbers: Vec<usize> = wanted.values().set_indices().collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let columns = filter_record_batch(&batch.rows.project(&asked::columns(pass))?, &wanted)?;
    let once = match member.cool_down {
        Some(_) => Some(member.payload.once_keys(&pass.frame(&columns), cx)?),
        None => None,
    };
    let mut rows = Vec::with_capacity(numbers.len());
    for (at, &number) in numbers.iter().enumerate() {
        let once = once.as_ref().filter(|keys| keys.is_valid(at)).map(|keys| keys.value(at).to_owned());
        let last = match (member.cool_down, &once) {
            (Some(cell), Some(key)) => emit::last_effect(cells, cell, key),
            _ => None,
        };
        let key = keys.is_valid(number).then(|| keys.value(number).to_owned());
        let open = |key: &String| member.pattern.as_ref().is_some_and(|pattern| pattern.is_open(cells, key, cx.now));
        let earlier = key.as_ref().is_some_and(open);
        let number = batch.first_row + number as u64;
        rows.push(Row { number, key, columns: columns.slice(at, 1), once, last, earlier });
    }
    if let Some(traced) = cells.peek::<Traced>(member.cell, TRACED) {
        traced.rows.append(&mut rows);
    }
    Ok(())
}

/// The snapshot is complete: say what happened to each row.
pub(crate) fn answer(
    pass: &Pass<'_>,
    cells: &mut Cells,
    thresholds: &[(usize, Thresholds)],
    chosen: Option<&(Firing, BooleanArray)>,
    out: &mut Output,
) -> Result<(), StepError> {
    let &Pass { events, member, cx, .. } = pass;
    if cells.peek::<Traced>(member.cell, TRACED).is_none() {
        return Ok(());
    }
    let traced: Traced = cells.take(member.cell, TRACED);
    let event = pass.event();
    let parts = hir::parts(event);
    let numbers: HashMap<usize, u32> =
        parts.iter().zip(0..).map(|((_, part), number)| (address(part), number)).collect();
    let kept: HashSet<u64> = chosen.map_or_else(HashSet::new, |(firing, keep)| {
        keep.values().set_indices().map(|at| firing.rows.value(at)).collect()
    });
    // Of several rows with one cool-down key the first takes it.
    let mut taken: HashSet<&str> = HashSet::new();
    for row in &traced.rows {
        let frame = asked::frame(pass, &row.columns, thresholds, out)?;
        let watched = Watched { row: RowOf { frame: &frame, events }, numbers: &numbers, seen: RefCell::default() };
        let evaluate = |expr: &Expr| reference::evaluate(expr, &watched, cx, &mut Incidents::default());
        let mut acts = evaluate(&event.when) == Value::Bool(true);
        if traced.keys.is_some() {
            apart(&event.when, &evaluate);
        }
        let mut gates = Vec::new();
        let other = event.pattern.as_ref().and_then(|pattern| pattern.how.other());
        other.map(evaluate);
        let held = acts && event.pattern.as_ref().is_some_and(|pattern| pattern.how.waits());
        if let (Some(pattern), true) = (&event.pattern, acts) {
            // When it has held long enough, it is the time that acts and not the row.
            acts = !held && row.earlier;
            gates.push(Gate { clause: pattern.how.word().en(), passed: acts });
        }
        if let (Some(once), true) = (&event.once, acts) {
            let free = row.last.is_none_or(|last| emit::passed(last, once.every, cx));
            gates.push(Gate { clause: "once per", passed: free });
            acts = free;
        }
        if event.keep.is_some() && acts {
            acts = kept.contains(&row.number);
            gates.push(Gate { clause: "keep top", passed: acts });
        }
        if let (Some(key), true) = (&row.once, acts) {
            acts = taken.insert(key);
            if !acts {
                gates.push(Gate { clause: "once per", passed: false });
            }
        }
        if acts || held {
            for (_, expr) in guiju_lang::kind::RuleBody::expressions(event)
                .into_iter()
                .filter(|(c, expr)| *c != "when" && other.is_none_or(|other| !std::ptr::eq(other, *expr)))
            {
                evaluate(expr);
            }
        }
        out.traces.push(Trace {
            rule: member.rule,
            row: row.number,
            key: row.key.clone().unwrap_or_default(),
            parts: watched.seen.into_inner(),
            gates,
            acts,
        });
    }
    Ok(())
}

/// Every condition that `and`, `or` and `not` join, on its own.
fn apart(expr: &Expr, evaluate: &dyn Fn(&Expr) -> Value) {
    if let ExprKind::And(parts) | ExprKind::Or(parts) = &expr.kind {
        for part in parts {
            evaluate(part);
            apart(part, evaluate);
        }
    } else if let ExprKind::Not(inner) = &expr.kind {
        apart(inner, evaluate);
    }
}

/// An expression of a linked program stays where it is.
fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr) as usize
}

/// One row, and what its parts came to.
struct Watched<'a> {
    row: RowOf<'a>,
    numbers: &'a HashMap<usize, u32>,
    seen: RefCell<Vec<(u32, CameTo)>>,
}

impl reference::Row for Watched<'_> {
    fn column(&self, c: &ColumnRef) -> Value {
        self.row.column(c)
    }
    fn population(&self, index: u32) -> Value {
        self.row.population(index)
    }
    fn script(&self, id: ScriptId, args: &[Value], incidents: &mut Incidents) -> Value {
        self.row.script(id, args, incidents)
    }
    fn came_to(&self, expr: &Expr, value: &Value) {
        if let Some(&number) = self.numbers.get(&address(expr)) {
            let came_to = match value {
                Value::Bool(true) => CameTo::True,
                Value::Bool(false) => CameTo::False,
                Value::Missing => CameTo::Missing,
                _ => CameTo::Value,
            };
            self.seen.borrow_mut().push((number, came_to));
        }
    }
}
