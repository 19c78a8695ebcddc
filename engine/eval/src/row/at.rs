//! The graph at one row: every node asked for is worked out by walking down to the columns.

use super::{Datum, RowPlan, RowState, RowView};
use crate::{
    graph::{MaskId, MaskOp, RootNode, ValueId, ValueOp},
    kernel::{
        arith::{one, one_real, scale_of},
        convert::part_of,
    },
    table::{Key, Said},
    test::Test,
    vector::{from_whole, whole_of},
};
use guiju_lang::{
    context::{Context, Incident, Incidents},
    hir::{ColumnRef, ScriptId, TextOp},
    reference::{self, Row},
    ty::Type,
    value::{Decimal, Value, decimal},
};

/// A plan at a row.
#[derive(Debug)]
pub struct AtRow<'r, R: ?Sized> {
    pub(super) plan: &'r RowPlan,
    pub(super) state: &'r RowState,
    pub(super) row: &'r R,
}

/// A value on its way.
pub(super) enum Scalar<'a> {
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

impl<'a> From<Scalar<'a>> for Key<'a> {
    fn from(scalar: Scalar<'a>) -> Self {
        match scalar {
            Scalar::Missing => Self::Missing,
            Scalar::Bool(b) => Self::Bool(b),
            Scalar::Whole(x) => Self::Whole(x),
            Scalar::Real(x) => Self::Real(x),
            Scalar::Text(t) => Self::Text(t),
            Scalar::Owned(v) => Self::Value(v),
        }
    }
}

impl Scalar<'_> {
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    fn whole(&self) -> Option<i128> {
        if let Self::Whole(x) = self { Some(*x) } else { None }
    }

    fn real(&self) -> Option<f64> {
        if let Self::Real(x) = self { Some(*x) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            Self::Owned(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    pub(super) fn into_value(self, ty: &Type) -> Value {
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
    /// The logical time, zone and calendar.
    pub fn context(&self) -> &Context {
        &self.state.cx
    }

    /// Whether a condition is true; missing is not.
    pub fn is_true(&self, root: usize, incidents: &mut Incidents) -> bool {
        match self.plan.graph.roots.get(root) {
            Some(RootNode::Condition { .. }) => self.follow(self.plan.fixed.code.entry(root), incidents),
            _ => false,
        }
    }

    /// A condition's truth; `None` if missing.
    pub fn truth(&self, root: usize, incidents: &mut Incidents) -> Option<bool> {
        match self.plan.graph.roots.get(root) {
            Some(RootNode::Condition { no, .. }) => {
                if self.is_true(root, incidents) {
                    return Some(true);
                }
                self.mask(*no, incidents).then_some(false)
            }
            _ => None,
        }
    }

    /// A root's value.
    pub fn value(&self, root: usize, incidents: &mut Incidents) -> Value {
        match self.plan.graph.roots.get(root) {
            Some(RootNode::Condition { .. }) => Value::truth(self.truth(root, incidents)),
            Some(RootNode::Value(v)) => self.scalar(*v, incidents).into_value(&self.plan.graph.value(*v).ty),
            None => Value::Missing,
        }
    }

    pub(super) fn mask(&self, id: MaskId, incidents: &mut Incidents) -> bool {
        let node = self.plan.graph.mask(id);
        if node.uses < 2 {
            return self.mask_of(id, &node.op, incidents);
        }
        let known = &self.state.known[id.index()];
        let (stamp, answer) = known.get();
        if stamp == self.state.stamp {
            return answer;
        }
        let answer = self.mask_of(id, &node.op, incidents);
        known.set((self.state.stamp, answer));
        answer
    }

    fn mask_of(&self, id: MaskId, op: &MaskOp, incidents: &mut Incidents) -> bool {
        match op {
            MaskOp::Never => false,
            MaskOp::Always => true,
            MaskOp::Constant(c, wanted) => self.state.constants.get(c.index()) == Some(&Value::Bool(*wanted)),
            MaskOp::And(parts) => parts.iter().all(|&m| self.mask(m, incidents)),
            MaskOp::Or(parts) => parts.iter().any(|&m| self.mask(m, incidents)),
            MaskOp::Not(m) => !self.mask(*m, incidents),
            MaskOp::Present(v) => !self.scalar(*v, incidents).is_missing(),
            MaskOp::Test(v, spec, _) => self.test(id, *v, *spec, incidents),
            MaskOp::Compare(op, a, b) => {
                let (x, y) = (self.scalar(*a, incidents), self.scalar(*b, incidents));
                let graph = &self.plan.graph;
                let (left, right) = (&graph.value(*a).ty, &graph.value(*b).ty);
                match left {
                    Type::Text => match (x.text(), y.text()) {
                        (Some(x), Some(y)) => op.holds(x.as_bytes().cmp(y.as_bytes())),
                        _ => false,
                    },
                    Type::Real => match (x.real(), y.real()) {
                        (Some(x), Some(y)) => x.partial_cmp(&y).is_some_and(|o| op.holds(o)),
                        _ => false,
                    },
                    _ => match (x.whole(), y.whole()) {
                        (Some(x), Some(y)) => {
                            let (xs, ys) = (scale_of(left), scale_of(right));
                            op.holds(decimal::compare(x, xs, y, ys))
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
        let test = self.plan.fixed.test(id, &self.state.tests);
        if let Test::Fails(incident) = test {
            if !scalar.is_missing() {
                self.count(self.plan.graph.values.len() + spec as usize, *incident, incidents);
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
        if let Some(counted) = self.state.counted.get(slot)
            && counted.replace(self.state.stamp) != self.state.stamp
        {
            incidents.count(incident);
        }
    }

    /// What was computed row by row for this row already.
    fn remembered(&self, id: ValueId) -> Option<Value> {
        let slot = self.state.slow.get(id.index())?.borrow();
        (slot.0 == self.state.stamp).then(|| slot.1.clone())
    }

    fn remember(&self, id: ValueId, value: Value) -> Scalar<'static> {
        if let Some(slot) = self.state.slow.get(id.index()) {
            *slot.borrow_mut() = (self.state.stamp, value.clone());
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

    pub(super) fn scalar(&self, id: ValueId, incidents: &mut Incidents) -> Scalar<'_> {
        let graph = &*self.plan.graph;
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
            ValueOp::Constant(c) => match self.state.constants.get(c.index()) {
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
            ValueOp::Render(..) => {
                let mut line = String::new();
                let present = self.write_text(id, &mut line, incidents);
                if present { Scalar::Owned(Value::text(&line)) } else { Scalar::Missing }
            }
            ValueOp::Script(script, args) => {
                if let Some(value) = self.remembered(id) {
                    return value.into();
                }
                let arguments: Vec<Value> =
                    args.iter().map(|&a| self.scalar(a, incidents).into_value(&graph.value(a).ty)).collect();
                self.remember(id, self.plan.scripts.call(ScriptId(*script), &arguments, incidents))
            }
            ValueOp::Decide(table, inputs) => {
                let decider = &graph.tables[*table as usize];
                let said =
                    decider.decide(|i| inputs.get(i).map_or(Key::Missing, |v| self.scalar(*v, incidents).into()));
                match said {
                    Said::Nothing => Scalar::Missing,
                    Said::Number(n) => Scalar::Whole(n),
                    Said::Output(id) => match decider.output(id) {
                        None | Some(Value::Missing) => Scalar::Missing,
                        Some(Value::Bool(b)) => Scalar::Bool(*b),
                        Some(Value::Real(x)) => Scalar::Real(*x),
                        Some(Value::Text(t)) => Scalar::Text(t),
                        Some(other) => whole_of(other).map_or_else(|| Scalar::Owned(other.clone()), Scalar::Whole),
                    },
                }
            }
            ValueOp::Interpret(index) => {
                if let Some(value) = self.remembered(id) {
                    return value.into();
                }
                let interpreted = &graph.interpreted[*index as usize];
                let at = ViewedRow { at: self, population_base: interpreted.population_base };
                self.remember(id, reference::evaluate(&interpreted.expr, &at, &self.state.cx, incidents))
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
        let columns = &self.at.plan.graph.columns;
        let Some(index) = columns.iter().position(|(c, _)| c == column) else { return Value::Missing };
        self.at.row.datum(index).value(&columns[index].1)
    }

    fn population(&self, index: u32) -> Value {
        Value::truth(self.at.row.population(self.population_base + index))
    }

    fn script(&self, script: ScriptId, arguments: &[Value], incidents: &mut Incidents) -> Value {
        self.at.plan.scripts.call(script, arguments, incidents)
    }
}
