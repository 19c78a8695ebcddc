//! All expressions of many rules, compiled together.

use crate::{
    frame::{EvalError, Frame},
    graph::{Graph, Reads, RootNode, Visited},
    lower::{Lowering, PlanError},
    run::Run,
    script::Scripts,
};
use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;
use guiju_lang::{
    context::{Context, Incidents},
    hir::{ColumnRef, Expr, Program},
    ty::Type,
};
use std::sync::Arc;

/// An expression to evaluate.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    /// It.
    pub expr: &'a Expr,
    /// Number that its rule's population 0 has in the frame; rules of one plan number theirs one after the other.
    pub populations: u32,
}

impl<'a> From<&'a Expr> for Root<'a> {
    fn from(expr: &'a Expr) -> Self {
        Self { expr, populations: 0 }
    }
}

impl<'a> Root<'a> {
    /// An expression of a rule whose populations start at this number.
    pub fn new(expr: &'a Expr, populations: u32) -> Self {
        Self { expr, populations }
    }
}

/// Many expressions over the rows of one source, every distinct part of them once.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) graph: Arc<Graph>,
    pub(crate) scripts: Arc<Scripts>,
    columns: Vec<ColumnRef>,
    reads: Vec<Reads>,
}

impl Plan {
    /// Compiles the roots; results are asked for by position in `roots`.
    pub fn compile(program: &Program, scripts: &Arc<Scripts>, roots: &[Root<'_>]) -> Result<Self, PlanError> {
        let mut lowering = Lowering::new(program);
        for root in roots {
            lowering.root(root.expr, root.populations)?;
        }
        let graph = lowering.graph;
        let columns = graph.columns.iter().map(|(c, _)| *c).collect();
        let mut visited = Visited::default();
        let reads = graph.roots.iter().map(|&root| graph.reads(root, &mut visited)).collect();
        Ok(Self { graph: Arc::new(graph), scripts: scripts.clone(), columns, reads })
    }

    /// All columns that some root can read, in the order first met.
    pub fn columns(&self) -> &[ColumnRef] {
        &self.columns
    }

    /// The declared type of each of [`Plan::columns`].
    pub fn column_types(&self) -> impl Iterator<Item = (&ColumnRef, &Type)> {
        self.graph.columns.iter().map(|(c, ty)| (c, ty))
    }

    /// The columns that one root can read.
    pub fn columns_of(&self, root: usize) -> impl Iterator<Item = &ColumnRef> {
        let indexes = self.reads.get(root).map_or(&[][..], |r| &r.columns);
        indexes.iter().filter_map(|&i| self.columns.get(i as usize))
    }

    /// The numbers of the populations that one root asks about.
    pub fn populations_of(&self, root: usize) -> &[u32] {
        self.reads.get(root).map_or(&[], |r| &r.populations)
    }

    /// Number of roots.
    pub fn roots(&self) -> usize {
        self.graph.roots.len()
    }

    /// Whether a root leaves the columnar path: a script, or something only the reference evaluator knows.
    pub fn is_row_by_row(&self, root: usize) -> bool {
        self.reads.get(root).is_some_and(|r| r.row_by_row)
    }

    /// Starts on a batch: nothing is computed until a root is asked for.
    pub fn run<'a>(&'a self, frame: &'a dyn Frame, cx: &'a Context, incidents: &'a mut Incidents) -> Run<'a> {
        Run::new(&self.graph, &self.scripts, frame, cx, incidents)
    }

    /// All roots of a batch.
    pub fn evaluate(&self, frame: &dyn Frame, cx: &Context, incidents: &mut Incidents) -> Result<Outputs, EvalError> {
        let mut run = self.run(frame, cx, incidents);
        let mut outputs = Vec::with_capacity(self.graph.roots.len());
        for (root, node) in self.graph.roots.iter().enumerate() {
            outputs.push(match node {
                RootNode::Condition { .. } => Output::Truth(run.truth(root)?),
                RootNode::Value(_) => Output::Array(run.array(root)?),
            });
        }
        Ok(Outputs { outputs })
    }
}

/// The results of one batch.
#[derive(Debug, Clone)]
pub struct Outputs {
    outputs: Vec<Output>,
}

#[derive(Debug, Clone)]
enum Output {
    Truth(BooleanBuffer),
    Array(ArrayRef),
}

impl Outputs {
    /// The rows where a condition is true; `None` if the root is no condition.
    pub fn truth(&self, root: usize) -> Option<&BooleanBuffer> {
        match self.outputs.get(root) {
            Some(Output::Truth(rows)) => Some(rows),
            _ => None,
        }
    }

    /// A root's values; `None` if the root is a condition.
    pub fn array(&self, root: usize) -> Option<&ArrayRef> {
        match self.outputs.get(root) {
            Some(Output::Array(array)) => Some(array),
            _ => None,
        }
    }
}
