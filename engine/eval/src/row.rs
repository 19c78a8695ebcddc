//! One row at a time, for single events and requests: the same graph as the columnar executor's, without columns.

use crate::{
    graph::{MaskId, MaskOp, Piece, RootNode, ValueId, ValueOp},
    kernel::{
        arith::{one, one_real, scale_of},
        convert::part_of,
    },
    lower::{PlanError, compare::holds},
    plan::{Plan, Root},
    run::bind_constants,
    script::Scripts,
    test::Test,
    vector::{from_whole, whole_of},
};
use guiju_lang::{
    context::{Context, Incident, Incidents},
    hir::{ColumnRef, Program, ScriptId, SlotFormat, TextOp},
    reference::{self, Row},
    render::write_value,
    ty::Type,
    value::{Decimal, Value, decimal},
};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

/// One column's value in the row at hand.
#[derive(Debug, Clone, Copy)]
pub enum Datum<'a> {
    /// No value.
    Missing,
    /// bool
    Bool(bool),
    /// Integer, date, time, timestamp, or a decimal's digits at its declared scale.
    Whole(i128),
    /// real; not finite counts as missing
    Real(f64),
    /// text
    Text(&'a str),
    /// Anything else.
    Value(&'a Value),
}

/// The row at hand.
pub trait RowView {
    /// The value of a column by its position in [`RowPlan::columns`].
    fn datum(&self, column: usize) -> Datum<'_>;
    /// Whether the row is in the population of that number; `None`: the operand is missing.
    fn population(&self, index: u32) -> Option<bool>;
}

/// Values in the order of [`RowPlan::columns`].
impl RowView for [Value] {
    fn datum(&self, column: usize) -> Datum<'_> {
        match self.get(column) {
            None | Some(Value::Missing) => Datum::Missing,
            Some(Value::Bool(b)) => Datum::Bool(*b),
            Some(Value::Real(x)) => Datum::Real(*x),
            Some(Value::Text(t)) => Datum::Text(t),
            Some(other) => whole_of(other).map_or(Datum::Value(other), Datum::Whole),
        }
    }

    fn population(&self, _: u32) -> Option<bool> {
        None
    }
}

/// Many expressions over one row, every distinct part of them at most once.
#[derive(Debug, Clone)]
pub struct RowPlan {
    plan: Plan,
}

impl RowPlan {
    /// Compiles the roots; results are asked for by position in `roots`.
    pub fn compile(program: &Program, scripts: &Arc<Scripts>, roots: &[Root<'_>]) -> Result<Self, PlanError> {
        Ok(Self { plan: Plan::compile(program, scripts, roots)? })
    }

    /// All columns that some root can read, in the order first met.
    pub fn columns(&self) -> &[ColumnRef] {
        self.plan.columns()
    }

    /// Works out what depends on the logical time; good for all rows until it moves.
    pub fn bind<'p>(&'p self, cx: &'p Context) -> RowRun<'p> {
        let graph = &*self.plan.graph;
        let constants = bind_constants(graph, cx);
        let tests = graph
            .masks
            .iter()
            .map(|node| match &node.op {
                MaskOp::Test(v, spec, wanted) => {
                    let ty = &graph.value(*v).ty;
                    Test::bind(graph, &graph.tests[*spec as usize], *wanted, ty, &constants, cx)
                }
                _ => Test::Never,
            })
            .collect();
        RowRun {
            plan: &self.plan,
            cx,
            constants,
            tests,
            stamp: 0,
            known: vec![Cell::new((0, false)); graph.masks.len()],
            counted: vec![Cell::new(0); graph.values.len() + graph.tests.len()],
            slow: vec![RefCell::new((0, Value::Missing)); graph.values.len()],
        }
    }
}

impl From<Plan> for RowPlan {
    fn from(plan: Plan) -> Self {
        Self { plan }
    }
}

/// A plan at a logical time. Rows after the first need no memory, unless scripts or computed texts do.
#[derive(Debug)]
pub struct RowRun<'p> {
    plan: &'p Plan,
    cx: &'p Context,
    constants: Vec<Value>,
    /// By mask.
    tests: Vec<Test>,
    /// The row's number; what carries another is of an earlier row.
    stamp: u64,
    known: Vec<Cell<(u64, bool)>>,
    /// By value, then by test.
    counted: Vec<Cell<u64>>,
    /// By value: what scripts and the reference evaluator said.
    slow: Vec<RefCell<(u64, Value)>>,
}

impl RowRun<'_> {
    /// Turns to a row.
    pub fn row<'r, R: RowView + ?Sized>(&'r mut self, row: &'r R) -> AtRow<'r, R> {
        self.stamp += 1;
        AtRow { run: self, row }
    }
}

/// A plan at a row.
#[derive(Debug)]
pub struct AtRow<'r, R: ?Sized> {
    run: &'r RowRun<'r>,
    row: &'r R,
}

/// A value on its way.
enum Scalar<'a> {
    Missing,
    Bool(bool),
    Whole(i128),
    Real(f64),
    Text(&'a str),
    /// Neither missing, nor a truth value, nor a number.
    Owned(Value),
}

impl From<Value> for Scalar<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Missing => Self::Missing,
            Value::Bool(b) => Self::Bool(b),
            Value::Real(x) => Self::Real(x),
            other => whole_of(&other).map_or(Self::Owned(other), Self::Whole),
        }
    }
}

impl Scalar<'_> {
    fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    fn whole(&self) -> Option<i128> {
        if let Self::Whole(x) = self { Some(*x) } else { None }
    }

    fn real(&self) -> Option<f64> {
        if let Self::Real(x) = self { Some(*x) } else { None }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            Self::Owned(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    fn into_value(self, ty: &Type) -> Value {
        match self {
            Self::Missing => Value::Missing,
            Self::Bool(b) => Value::Bool(b),
            Self::Whole(x) => from_whole(x, ty),
            Self::Real(x) => Value::real(x),
            Self::Text(t) => Value::text(t),
            Self::Owned(v) => v,
        }
    }
}

impl<R: RowView + ?Sized> AtRow<'_, R> {
    /// Whether a condition is true; missing is not.
    pub fn is_true(&self, root: usize, incidents: &mut Incidents) -> bool {
        match self.run.plan.graph.roots.get(root) {
            Some(RootNode::Condition { yes, .. }) => self.mask(*yes, incidents),
            _ => false,
        }
    }

    /// A condition's truth; `None` if missing.
    pub fn truth(&self, root: usize, incidents: &mut Incidents) -> Option<bool> {
        match self.run.plan.graph.roots.get(root) {
            Some(RootNode::Condition { yes, no }) => {
                if self.mask(*yes, incidents) {
                    return Some(true);
                }
                self.mask(*no, incidents).then_some(false)
            }
            _ => None,
        }
    }

    /// A root's value.
    pub fn value(&self, root: usize, incidents: &mut Incidents) -> Value {
        match self.run.plan.graph.roots.get(root) {
            Some(RootNode::Condition { .. }) => Value::truth(self.truth(root, incidents)),
            Some(RootNode::Value(v)) => self.scalar(*v, incidents).into_value(&self.run.plan.graph.value(*v).ty),
            None => Value::Missing,
        }
    }

    fn mask(&self, id: MaskId, incidents: &mut Incidents) -> bool {
        let node = self.run.plan.graph.mask(id);
        if node.uses < 2 {
            return self.mask_of(id, &node.op, incidents);
        }
        let known = &self.run.known[id.index()];
        let (stamp, answer) = known.get();
        if stamp == self.run.stamp {
            return answer;
        }
        let answer = self.mask_of(id, &node.op, incidents);
        known.set((self.run.stamp, answer));
        answer
    }

    fn mask_of(&self, id: MaskId, op: &MaskOp, incidents: &mut Incidents) -> bool {
        match op {
            MaskOp::Never => false,
            MaskOp::Always => true,
            MaskOp::Constant(c, wanted) => self.run.constants.get(c.index()) == Some(&Value::Bool(*wanted)),
            MaskOp::And(parts) => parts.iter().all(|&m| self.mask(m, incidents)),
            MaskOp::Or(parts) => parts.iter().any(|&m| self.mask(m, incidents)),
            MaskOp::Not(m) => !self.mask(*m, incidents),
            MaskOp::Present(v) => !self.scalar(*v, incidents).is_missing(),
            MaskOp::Test(v, spec, _) => self.test(id, *v, *spec, incidents),
            MaskOp::Compare(op, a, b) => {
                let (x, y) = (self.scalar(*a, incidents), self.scalar(*b, incidents));
                let graph = &self.run.plan.graph;
                let (left, right) = (&graph.value(*a).ty, &graph.value(*b).ty);
                match left {
                    Type::Text => match (x.text(), y.text()) {
                        (Some(x), Some(y)) => holds(*op, x.as_bytes().cmp(y.as_bytes())),
                        _ => false,
                    },
                    Type::Real => match (x.real(), y.real()) {
                        (Some(x), Some(y)) => x.partial_cmp(&y).is_some_and(|o| holds(*op, o)),
                        _ => false,
                    },
                    _ => match (x.whole(), y.whole()) {
                        (Some(x), Some(y)) => {
                            let (xs, ys) = (scale_of(left), scale_of(right));
                            holds(*op, decimal::compare(x, xs, y, ys))
                        }
                        _ => false,
                    },
                }
            }
            MaskOp::TextPair(op, a, b, wanted) => {
                let (x, y) = (self.scalar(*a, incidents), self.scalar(*b, incidents));
                let (Some(x), Some(y)) = (x.text(), y.text()) else { return false };
                let answer = match op {
                    TextOp::Contains => x.contains(y),
                    TextOp::StartsWith => x.starts_with(y),
                    TextOp::EndsWith => x.ends_with(y),
                };
                answer == *wanted
            }
            MaskOp::Is(v, wanted) => match self.scalar(*v, incidents) {
                Scalar::Bool(b) => b == *wanted,
                _ => false,
            },
            MaskOp::Population(index, wanted) => self.row.population(*index) == Some(*wanted),
        }
    }

    fn test(&self, id: MaskId, v: ValueId, spec: u32, incidents: &mut Incidents) -> bool {
        let scalar = self.scalar(v, incidents);
        let test = &self.run.tests[id.index()];
        if let Test::Fails(incident) = test {
            if !scalar.is_missing() {
                self.count(self.run.plan.graph.values.len() + spec as usize, *incident, incidents);
            }
            return false;
        }
        match &scalar {
            Scalar::Whole(x) => test.passes_whole(*x),
            Scalar::Real(x) => test.passes_real(*x),
            Scalar::Text(t) => test.passes_text(t),
            Scalar::Owned(Value::Text(t)) => test.passes_text(t),
            // Of what has no comparison of its own, only its presence is asked.
            Scalar::Missing | Scalar::Bool(_) | Scalar::Owned(_) => false,
        }
    }

    /// Counts a failure once for each expression and row.
    fn count(&self, slot: usize, incident: Incident, incidents: &mut Incidents) {
        if let Some(counted) = self.run.counted.get(slot)
            && counted.replace(self.run.stamp) != self.run.stamp
        {
            incidents.count(incident);
        }
    }

    /// What was computed row by row for this row already.
    fn remembered(&self, id: ValueId) -> Option<Value> {
        let slot = self.run.slow.get(id.index())?.borrow();
        (slot.0 == self.run.stamp).then(|| slot.1.clone())
    }

    fn remember(&self, id: ValueId, value: Value) -> Scalar<'static> {
        if let Some(slot) = self.run.slow.get(id.index()) {
            *slot.borrow_mut() = (self.run.stamp, value.clone());
        }
        value.into()
    }

    fn settle(
        &self,
        id: ValueId,
        result: Result<Scalar<'static>, Incident>,
        incidents: &mut Incidents,
    ) -> Scalar<'static> {
        result.unwrap_or_else(|incident| {
            self.count(id.index(), incident, incidents);
            Scalar::Missing
        })
    }

    fn scalar(&self, id: ValueId, incidents: &mut Incidents) -> Scalar<'_> {
        let graph = &*self.run.plan.graph;
        let node = graph.value(id);
        match &node.op {
            ValueOp::Column(c) => match self.row.datum(*c as usize) {
                Datum::Missing => Scalar::Missing,
                Datum::Bool(b) => Scalar::Bool(b),
                Datum::Whole(x) => Scalar::Whole(x),
                Datum::Real(x) if x.is_finite() => Scalar::Real(x),
                Datum::Real(_) => Scalar::Missing,
                Datum::Text(t) => Scalar::Text(t),
                Datum::Value(v) => v.clone().into(),
            },
            ValueOp::Constant(c) => match self.run.constants.get(c.index()) {
                None | Some(Value::Missing) => Scalar::Missing,
                Some(Value::Bool(b)) => Scalar::Bool(*b),
                Some(Value::Real(x)) => Scalar::Real(*x),
                Some(Value::Text(t)) => Scalar::Text(t),
                Some(other) => whole_of(other).map_or_else(|| Scalar::Owned(other.clone()), Scalar::Whole),
            },
            ValueOp::Arith(op, a, b) => {
                let (x, y) = (self.scalar(*a, incidents), self.scalar(*b, incidents));
                let result = if node.ty == Type::Real {
                    let (Some(x), Some(y)) = (x.real(), y.real()) else { return Scalar::Missing };
                    one_real(*op, x, y).map(Scalar::Real)
                } else {
                    let (Some(x), Some(y)) = (x.whole(), y.whole()) else { return Scalar::Missing };
                    let to = if let Type::Decimal(d) = node.ty { Some(d) } else { None };
                    let (xs, ys) = (scale_of(&graph.value(*a).ty), scale_of(&graph.value(*b).ty));
                    one(*op, x, xs, y, ys, to).map(Scalar::Whole)
                };
                self.settle(id, result.map_err(Incident::from), incidents)
            }
            ValueOp::Negate(v) => match self.scalar(*v, incidents) {
                Scalar::Real(x) => Scalar::Real(-x),
                other => {
                    let Some(x) = other.whole() else { return Scalar::Missing };
                    let fits = node.ty != Type::Integer || i64::try_from(-x).is_ok();
                    self.settle(id, if fits { Ok(Scalar::Whole(-x)) } else { Err(Incident::Overflow) }, incidents)
                }
            },
            ValueOp::ToReal(v) => {
                let x = self.scalar(*v, incidents);
                match (x.real(), x.whole()) {
                    (Some(x), _) => Scalar::Real(x),
                    (None, Some(mantissa)) => {
                        let scale = scale_of(&graph.value(*v).ty);
                        Scalar::Real(Decimal { mantissa, scale }.to_f64())
                    }
                    _ => Scalar::Missing,
                }
            }
            ValueOp::Rescale(v) => {
                let (Some(x), Type::Decimal(to)) = (self.scalar(*v, incidents).whole(), &node.ty) else {
                    return Scalar::Missing;
                };
                let result = decimal::rescale(x, scale_of(&graph.value(*v).ty), *to);
                self.settle(id, result.map(Scalar::Whole).ok_or(Incident::Overflow), incidents)
            }
            ValueOp::DayCount(a, b) => {
                let (x, y) = (self.scalar(*a, incidents).whole(), self.scalar(*b, incidents).whole());
                x.zip(y).map_or(Scalar::Missing, |(from, to)| Scalar::Whole(to - from))
            }
            ValueOp::DatePart(part, v) => {
                let day = self.scalar(*v, incidents).whole().and_then(|d| i32::try_from(d).ok());
                day.map_or(Scalar::Missing, |d| Scalar::Whole(part_of(*part, d).into()))
            }
            ValueOp::Choose(mask, a, b) => {
                let chosen = if self.mask(*mask, incidents) { *a } else { *b };
                self.scalar(chosen, incidents)
            }
            ValueOp::Truth(yes, no) => {
                if self.mask(*yes, incidents) {
                    Scalar::Bool(true)
                } else if self.mask(*no, incidents) {
                    Scalar::Bool(false)
                } else {
                    Scalar::Missing
                }
            }
            ValueOp::Render(pieces, strict) => {
                let (mut line, mut absent) = (String::new(), false);
                for piece in pieces {
                    match piece {
                        Piece::Literal(text) => line.push_str(text),
                        Piece::Slot(v, format) => {
                            let slot = self.scalar(*v, incidents);
                            absent |= slot.is_missing();
                            match (slot.text(), format) {
                                (Some(text), SlotFormat::Plain) => line.push_str(text),
                                _ => write_value(&mut line, &slot.into_value(&graph.value(*v).ty), format, self.run.cx),
                            }
                        }
                    }
                }
                if *strict && absent { Scalar::Missing } else { Scalar::Owned(Value::text(&line)) }
            }
            ValueOp::Script(script, args) => {
                if let Some(value) = self.remembered(id) {
                    return value.into();
                }
                let arguments: Vec<Value> =
                    args.iter().map(|&a| self.scalar(a, incidents).into_value(&graph.value(a).ty)).collect();
                self.remember(id, self.run.plan.scripts.call(ScriptId(*script), &arguments, incidents))
            }
            ValueOp::Interpret(index) => {
                if let Some(value) = self.remembered(id) {
                    return value.into();
                }
                let interpreted = &graph.interpreted[*index as usize];
                let at = ViewedRow { at: self, population_base: interpreted.population_base };
                self.remember(id, reference::evaluate(&interpreted.expr, &at, self.run.cx, incidents))
            }
        }
    }
}

/// The row at hand for the reference evaluator.
struct ViewedRow<'a, R: ?Sized> {
    at: &'a AtRow<'a, R>,
    population_base: u32,
}

impl<R: RowView + ?Sized> Row for ViewedRow<'_, R> {
    fn column(&self, column: &ColumnRef) -> Value {
        let columns = &self.at.run.plan.graph.columns;
        let Some(index) = columns.iter().position(|(c, _)| c == column) else { return Value::Missing };
        match self.at.row.datum(index) {
            Datum::Missing => Value::Missing,
            Datum::Bool(b) => Value::Bool(b),
            Datum::Whole(x) => from_whole(x, &columns[index].1),
            Datum::Real(x) => Value::real(x),
            Datum::Text(t) => Value::text(t),
            Datum::Value(v) => v.clone(),
        }
    }

    fn population(&self, index: u32) -> Value {
        Value::truth(self.at.row.population(self.population_base + index))
    }

    fn script(&self, script: ScriptId, arguments: &[Value], incidents: &mut Incidents) -> Value {
        self.at.run.plan.scripts.call(script, arguments, incidents)
    }
}
