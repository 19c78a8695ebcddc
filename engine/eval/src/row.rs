//! One row at a time, for single events and requests: the same graph as the columnar executor's, without columns.
//!
//! A condition is a list of small steps with a place to go on for each answer (`code`); what no step can say, values above all, is
//! worked out by walking the graph (`at`). What only depends on the logical time is worked out when it moves (`fixed`), what many
//! rules ask alike is asked once for all of them (`index`).

mod at;
mod code;
mod fixed;
mod index;
mod store;
mod write;

pub use at::AtRow;
pub use index::{Candidates, RowIndex, RowProbe};
pub use store::StoredColumn;

use crate::{
    graph::Graph,
    lower::{Lowering, PlanError},
    plan::{Plan, Root},
    script::Scripts,
    test::Test,
    vector::{from_whole, whole_of},
};
use fixed::{Changes, Fixed};
use guiju_lang::{
    context::Context,
    hir::{ColumnRef, Program},
    ty::Type,
    value::Value,
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

impl Datum<'_> {
    /// As the language's value of a type.
    pub fn value(self, ty: &Type) -> Value {
        match self {
            Self::Missing => Value::Missing,
            Self::Bool(b) => Value::Bool(b),
            Self::Whole(x) => from_whole(x, ty),
            Self::Real(x) => Value::real(x),
            Self::Text(text) => Value::text(text),
            Self::Value(value) => value.clone(),
        }
    }
}

/// The row at hand.
pub trait RowView {
    /// The value of a column by its position in [`RowPlan::columns`].
    fn datum(&self, column: usize) -> Datum<'_>;
    /// Whether the row is in the population of that number; `None`: the operand is missing, or nobody can tell from one row.
    fn population(&self, index: u32) -> Option<bool> {
        let _ = index;
        None
    }
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
}

/// Likewise, without a copy.
impl RowView for [Datum<'_>] {
    fn datum(&self, column: usize) -> Datum<'_> {
        self.get(column).copied().unwrap_or(Datum::Missing)
    }
}

/// Many expressions over one row, every distinct part of them at most once. Immutable: any number of threads may share one, each
/// with a [`RowState`] of its own.
#[derive(Debug, Clone)]
pub struct RowPlan {
    graph: Arc<Graph>,
    scripts: Arc<Scripts>,
    columns: Vec<ColumnRef>,
    fixed: Arc<Fixed>,
}

impl RowPlan {
    /// Compiles the roots; results are asked for by position in `roots`.
    pub fn compile(program: &Program, scripts: &Arc<Scripts>, roots: &[Root<'_>]) -> Result<Self, PlanError> {
        let mut lowering = Lowering::new(program);
        for root in roots {
            lowering.root(root.expr, root.populations)?;
        }
        Ok(Self::of(Arc::new(lowering.graph), Arc::clone(scripts)))
    }

    fn of(graph: Arc<Graph>, scripts: Arc<Scripts>) -> Self {
        let columns = graph.columns.iter().map(|(c, _)| *c).collect();
        let fixed = Arc::new(Fixed::of(&graph));
        Self { graph, scripts, columns, fixed }
    }

    /// All columns that some root can read, in the order first met.
    pub fn columns(&self) -> &[ColumnRef] {
        &self.columns
    }

    /// The declared type of each of [`RowPlan::columns`].
    pub fn column_types(&self) -> impl Iterator<Item = (&ColumnRef, &Type)> {
        self.graph.columns.iter().map(|(c, ty)| (c, ty))
    }

    /// Whether asking a root may need memory in every row: scripts, texts that functions make, texts that conditions compare.
    pub fn allocates(&self, root: usize) -> bool {
        self.graph.roots.get(root).is_some_and(|&root| fixed::allocates(&self.graph, root))
    }

    /// What one thread needs to ask this plan.
    pub fn state(&self, cx: Context) -> RowState {
        let graph = &self.graph;
        let mut state = RowState {
            graph: Arc::clone(graph),
            cx,
            constants: self.fixed.constants.clone(),
            tests: vec![Test::Never; self.fixed.varying()],
            stamp: 0,
            known: vec![Cell::new((0, false)); graph.masks.len()],
            counted: vec![Cell::new(0); graph.values.len() + graph.tests.len()],
            slow: vec![RefCell::new((0, Value::Missing)); graph.values.len()],
        };
        state.settle(self, Changes::Daily);
        state
    }

    /// Turns to a row. A state of another plan is made one of this plan first.
    pub fn at<'r, R: RowView + ?Sized>(&'r self, state: &'r mut RowState, row: &'r R) -> AtRow<'r, R> {
        if !Arc::ptr_eq(&self.graph, &state.graph) {
            *state = self.state(state.cx.clone());
        }
        state.stamp += 1;
        AtRow { plan: self, state, row }
    }

    /// The plan at a logical time.
    pub fn bind(&self, cx: &Context) -> RowRun<'_> {
        RowRun { plan: self, state: self.state(cx.clone()) }
    }
}

impl From<Plan> for RowPlan {
    fn from(plan: Plan) -> Self {
        Self::of(plan.graph, plan.scripts)
    }
}

/// What changes while rows are asked about: the logical time and what follows from it, and what is known of the row at hand.
#[derive(Debug)]
pub struct RowState {
    graph: Arc<Graph>,
    cx: Context,
    constants: Vec<Value>,
    /// Those that change with time.
    tests: Vec<Test>,
    /// The row's number; what carries another is of an earlier row.
    stamp: u64,
    known: Vec<Cell<(u64, bool)>>,
    /// By value, then by test.
    counted: Vec<Cell<u64>>,
    /// By value: what scripts and the reference evaluator said.
    slow: Vec<RefCell<(u64, Value)>>,
}

impl RowState {
    /// The logical time, zone and calendar.
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Moves the logical time. While the day stays the same, only what reads `now` is worked out again.
    pub fn turn(&mut self, plan: &RowPlan, now: i64, today: i32) {
        if (now, today) == (self.cx.now, self.cx.today) {
            return;
        }
        let changed = if today == self.cx.today { Changes::Always } else { Changes::Daily };
        (self.cx.now, self.cx.today) = (now, today);
        self.settle(plan, changed);
    }
}

/// A plan at a logical time. Rows after the first need no memory, except where [`RowPlan::allocates`] says so.
#[derive(Debug)]
pub struct RowRun<'p> {
    plan: &'p RowPlan,
    state: RowState,
}

impl RowRun<'_> {
    /// Turns to a row.
    pub fn row<'r, R: RowView + ?Sized>(&'r mut self, row: &'r R) -> AtRow<'r, R> {
        self.plan.at(&mut self.state, row)
    }
}
