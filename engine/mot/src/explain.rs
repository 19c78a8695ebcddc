//! Why an event did, or did not, fire for one customer: each condition with its value, and the nearest change that turns it.

use crate::{
    asked::{self, RowOf},
    emit::{self, Firing, column_name},
    event::Event,
    frame::TableFrame,
    population::Thresholds,
    snapshot::{ASKED, Pass},
};
use arrow_array::{Array, BooleanArray, RecordBatch};
use guiju_core::{Batch, Cells, Explanation, Flip, Output, Reason, StepError, Verdict};
use guiju_lang::{
    context::{Context, Incidents, Window},
    hir::{Expr, ExprKind, Program, RuleId, TextOp},
    reference,
    value::{self, Value},
};

/// A key somebody asked about, and its row once it has passed.
#[derive(Default)]
pub(crate) struct Asked {
    key: String,
    row: Option<RecordBatch>,
    /// The time of the last effect before this row could have changed it.
    last: Option<i64>,
    /// What has to come before it had come.
    earlier: bool,
}

impl Asked {
    /// Another row of the key may come, which counts instead.
    pub(crate) fn again(&mut self) {
        (self.row, self.last, self.earlier) = (None, None, false);
    }
    /// If its row has passed: the question once more.
    pub(crate) fn answered(&self) -> Option<Self> {
        self.row.as_ref().map(|_| Self::about(&self.key))
    }
    /// What is said when no row has passed.
    pub(crate) fn unanswered(self, rule: &RuleId) -> Explanation {
        Explanation { rule: rule.clone(), key: self.key, verdict: Verdict::NoSuchKey, reasons: Vec::new() }
    }
    pub(crate) fn about(key: &str) -> Self {
        Self { key: key.to_owned(), ..Self::default() }
    }
}

/// Keeps the row that was asked about, if it is in this batch.
pub(crate) fn notice(
    pass: &Pass<'_>,
    batch: &Batch<'_>,
    cells: &mut Cells,
    frame: &TableFrame<'_>,
) -> Result<(), StepError> {
    let &Pass { member, cx, .. } = pass;
    let Some(wanted) = cells.peek::<Asked>(member.cell, ASKED) else { return Ok(()) };
    if wanted.row.is_some() {
        return Ok(());
    }
    let keys = asked::keys(pass, frame)?;
    let Some(at) = keys.iter().position(|key| key == Some(&wanted.key)) else { return Ok(()) };
    wanted.row = Some(batch.rows.slice(at, 1).project(&asked::columns(pass))?);
    let key = wanted.key.clone();
    let earlier = member.pattern.as_ref().is_some_and(|pattern| pattern.is_open(cells, &key, cx.now));
    let Some(wanted) = cells.peek::<Asked>(member.cell, ASKED) else { return Ok(()) };
    wanted.earlier = earlier;
    if let (Some(cell), Some(row)) = (member.cool_down, wanted.row.clone()) {
        let key = member.payload.once_key(&pass.frame(&row), cx)?;
        let last = key.and_then(|key| emit::last_effect(cells, cell, &key));
        if let Some(wanted) = cells.peek::<Asked>(member.cell, ASKED) {
            wanted.last = last;
        }
    }
    Ok(())
}

/// The snapshot is complete: say why.
pub(crate) fn answer(
    pass: &Pass<'_>,
    cells: &mut Cells,
    thresholds: &[(usize, Thresholds)],
    chosen: Option<&(Firing, BooleanArray)>,
    out: &mut Output,
) -> Result<(), StepError> {
    let &Pass { events, member, cx, .. } = pass;
    if cells.peek::<Asked>(member.cell, ASKED).is_none() {
        return Ok(());
    }
    let wanted: Asked = cells.take(member.cell, ASKED);
    let event = pass.event();
    let (row, last, earlier) = (wanted.row.clone(), wanted.last, wanted.earlier);
    let mut explanation = wanted.unanswered(&events.program.rules[member.rule].head.id);
    if let Some(row) = &row {
        let frame = asked::frame(pass, row, thresholds, out)?;
        let teller = Teller { program: &events.program, event, row: RowOf { frame: &frame, events }, cx };
        let when = teller.reason("when", &event.when);
        let mut acts = when.truth == Some(true);
        explanation.reasons.push(when);
        if let (Some(pattern), true) = (&event.pattern, acts) {
            // What takes time is not known yet; if it comes to pass, that is said then.
            acts = !pattern.how.waits() && earlier;
            explanation.reasons.push(fact(pattern.how.word().en(), pattern.at, acts));
        }
        if let Some(once) = &event.once {
            let passed = last.is_none_or(|last| emit::passed(last, once.every, cx));
            let last = last.map_or(Value::Missing, Value::Timestamp);
            let place = once.key.first().map_or(event.key.place, |key| key.place);
            explanation.reasons.push(Reason { value: Some(last), ..fact("once per", place, passed) });
            acts &= passed;
        }
        if let (Some(keep), true) = (&event.keep, acts) {
            let kept = chosen.is_some_and(|(firing, keep)| {
                (0..firing.keys.len()).any(|i| firing.keys.value(i) == explanation.key && keep.value(i))
            });
            explanation.reasons.push(fact("keep top", keep.by.place, kept));
            acts &= kept;
        }
        explanation.verdict = if acts { Verdict::Acts } else { Verdict::DoesNot };
    }
    out.explanations.push(explanation);
    Ok(())
}

fn fact(clause: &'static str, place: guiju_lang::finding::Place, truth: bool) -> Reason {
    Reason { clause, place, truth: Some(truth), value: None, leaves: Vec::new(), flip: None, parts: Vec::new() }
}

/// Walks a condition with one row in hand.
struct Teller<'a> {
    program: &'a Program,
    event: &'a Event,
    row: RowOf<'a>,
    cx: &'a Context,
}

impl Teller<'_> {
    fn value(&self, expr: &Expr) -> Value {
        // Incidents of an explanation are not incidents of a run.
        reference::evaluate(expr, &self.row, self.cx, &mut Incidents::default())
    }

    fn reason(&self, clause: &'static str, expr: &Expr) -> Reason {
        let truth = match self.value(expr) {
            Value::Bool(truth) => Some(truth),
            _ => None,
        };
        let parts: Vec<Reason> = match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().map(|part| self.reason(clause, part)).collect(),
            ExprKind::Not(inner) => vec![self.reason(clause, inner)],
            _ => Vec::new(),
        };
        let leaves = if parts.is_empty() { self.leaves(expr) } else { Vec::new() };
        let flip = if parts.is_empty() { self.flip(expr, truth == Some(true)) } else { None };
        Reason { clause, place: expr.place, truth, value: None, leaves, flip, parts }
    }

    /// The columns a condition reads, with their values.
    fn leaves(&self, expr: &Expr) -> Vec<(String, Value)> {
        let mut leaves: Vec<(String, Value)> = Vec::new();
        let mut visit = |e: &Expr| {
            if let ExprKind::Column(column) = &e.kind {
                let name = column_name(self.program, self.event, *column);
                if !leaves.iter().any(|(seen, _)| *seen == name) {
                    leaves.push((name, self.value(e)));
                }
            }
        };
        expr.walk(&mut visit);
        if let ExprKind::InTop(index) = &expr.kind
            && let Some(population) = self.program.rules.iter().find_map(|rule| {
                let same =
                    rule.body.as_any().downcast_ref::<Event>().is_some_and(|event| std::ptr::eq(event, self.event));
                same.then(|| rule.head.populations.get(*index as usize)).flatten()
            })
        {
            leaves.extend(self.leaves(&population.operand));
        }
        leaves
    }

    /// The nearest change of one operand that turns the condition: to true if it is not, else to false.
    fn flip(&self, expr: &Expr, holds: bool) -> Option<Flip> {
        let flip = |operand: &Expr, relation: &'static str, threshold: Value| {
            Some(Flip { operand: operand.place, relation, threshold, was: self.value(operand) })
        };
        match &expr.kind {
            ExprKind::Compare(op, left, right) => {
                // The side that varies is the one to change.
                let (operand, op, limit) =
                    if is_constant(left) { (right, op.mirrored(), left) } else { (left, *op, right) };
                let op = if holds { op.negated() } else { op };
                flip(operand, op.sign(), self.value(limit))
            }
            ExprKind::Between(operand, low, high) if !holds => match (self.value(operand), self.value(low)) {
                (was, low)
                    if value::compare(&was, &low).is_some_and(|order| order.is_lt()) || was == Value::Missing =>
                {
                    flip(operand, ">=", low)
                }
                _ => flip(operand, "<=", self.value(high)),
            },
            ExprKind::Within(operand, direction, span) if !holds => {
                let (low, high) = match self.cx.window(*direction, *span).ok()? {
                    Window::Dates(low, high) => (Value::Date(low), Value::Date(high)),
                    Window::Instants(low, high) => (Value::Timestamp(low), Value::Timestamp(high)),
                };
                let beyond = value::compare(&self.value(operand), &high).is_some_and(|order| order.is_gt());
                if beyond { flip(operand, "<=", high) } else { flip(operand, ">=", low) }
            }
            ExprKind::In { operand, items, negated } => {
                let items: Vec<Value> = items.iter().map(|item| self.value(item)).collect();
                flip(operand, if *negated == holds { "in" } else { "not in" }, Value::List(items.into()))
            }
            ExprKind::IsMissing { operand, negated } => {
                flip(operand, if *negated == holds { "is missing" } else { "is not missing" }, Value::Missing)
            }
            ExprKind::TextTest(op, operand, part) if !holds => {
                let relation = match op {
                    TextOp::Contains => "contains",
                    TextOp::StartsWith => "starts with",
                    TextOp::EndsWith => "ends with",
                };
                flip(operand, relation, self.value(part))
            }
            ExprKind::Column(_) => flip(expr, "=", Value::Bool(!holds)),
            _ => None,
        }
    }
}

fn is_constant(expr: &Expr) -> bool {
    let mut reads = false;
    expr.walk(&mut |e| reads |= matches!(e.kind, ExprKind::Column(_) | ExprKind::InTop(_) | ExprKind::Script(..)));
    !reads
}
