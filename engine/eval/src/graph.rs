//! What a plan computes: all roots' expressions as one graph without duplicates.
//!
//! A condition becomes *masks*: for each of true and false the set of rows where it is so; a row in neither is missing. That turns
//! three-valued logic into plain set algebra: `a and b` is true where both are, false where either is. A rule only asks for its
//! true rows, so most conditions never need the other mask.

use crate::table::Decider;
use foldhash::fast::FixedState;
use guiju_lang::{
    builtin::Builtin,
    hir::{ArithOp, ColumnRef, CompareOp, Direction, Expr, SlotFormat, TextOp},
    ty::Type,
    value::{Duration, Value},
};
use regex::Regex;
use std::{collections::HashMap, sync::Arc};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueId(pub(crate) u32);
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MaskId(pub(crate) u32);
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConstId(pub(crate) u32);

impl ValueId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}
impl MaskId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}
impl ConstId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value for each row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ValueOp {
    /// Index into [`Graph::columns`].
    Column(u32),
    /// The same for all rows of a run.
    Constant(ConstId),
    /// Numbers: both integers, or whole numbers of any scale to a decimal, or reals.
    Arith(ArithOp, ValueId, ValueId),
    /// Of a number.
    Negate(ValueId),
    /// Of any number.
    ToReal(ValueId),
    /// Of an integer or decimal to the node's decimal type.
    Rescale(ValueId),
    /// Days from the first date to the second.
    DayCount(ValueId, ValueId),
    /// Year, month, day, weekday or month and day of a date.
    DatePart(Builtin, ValueId),
    /// The first value where the mask is set, else the second.
    Choose(MaskId, ValueId, ValueId),
    /// A condition as a value: true rows, false rows.
    Truth(MaskId, MaskId),
    /// A text from pieces; if strict, missing when a slot is.
    Render(Vec<Piece>, bool),
    /// Index of the program's script.
    Script(u32, Vec<ValueId>),
    /// What a decision table says of its inputs: index into [`Graph::tables`].
    Decide(u32, Vec<ValueId>),
    /// Row by row, by the reference evaluator: index into [`Graph::interpreted`].
    Interpret(u32),
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Literal(Arc<str>),
    Slot(ValueId, SlotFormat),
}

/// A set of rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MaskOp {
    Never,
    Always,
    /// All rows if the constant is the truth value, else none.
    Constant(ConstId, bool),
    And(Vec<MaskId>),
    Or(Vec<MaskId>),
    Not(MaskId),
    /// Where the value is not missing.
    Present(ValueId),
    /// Where the value passes (`true`) or fails (`false`) a test against constants; index into [`Graph::tests`].
    Test(ValueId, u32, bool),
    /// Whole numbers of any scale, reals, texts; never bool.
    Compare(CompareOp, ValueId, ValueId),
    /// Two texts that vary.
    TextPair(TextOp, ValueId, ValueId, bool),
    /// Where a bool value is that.
    Is(ValueId, bool),
    /// Where membership is that.
    Population(u32, bool),
}

/// A question about one value, its other operands constant during a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TestSpec {
    Compare(CompareOp, ConstId),
    Between(ConstId, ConstId),
    OneOf(Vec<ConstId>),
    Within(Direction, Duration),
    /// About a number that never falls or never rises with the date it is computed from.
    Derived(Builtin, Box<TestSpec>),
    Text(TextOp, ConstId),
    /// Index into [`Graph::patterns`].
    Matches(u32),
}

/// A value node.
#[derive(Debug, Clone)]
pub(crate) struct ValueNode {
    pub(crate) op: ValueOp,
    pub(crate) ty: Type,
    /// Computed over the demanded rows only: scripts, the reference evaluator, texts, and what is built on them.
    pub(crate) slow: bool,
    /// Some operation in it can fail on present operands.
    pub(crate) fallible: bool,
    /// Rough cost a row, for ordering conjunctions.
    pub(crate) cost: u32,
}

/// A mask node.
#[derive(Debug, Clone)]
pub(crate) struct MaskNode {
    pub(crate) op: MaskOp,
    pub(crate) slow: bool,
    pub(crate) fallible: bool,
    pub(crate) cost: u32,
    /// How many other nodes and roots read it.
    pub(crate) uses: u32,
}

/// A constant of a run: written, or computed from the logical time.
#[derive(Debug, Clone)]
pub(crate) enum Constant {
    Literal(Value),
    PerRun(Expr),
}

/// What a root asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RootNode {
    Condition { yes: MaskId, no: MaskId },
    Value(ValueId),
}

/// What a root can read.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    /// In the order of [`Graph::columns`].
    pub(crate) columns: Vec<u32>,
    pub(crate) populations: Vec<u32>,
    /// A script or the reference evaluator is part of it.
    pub(crate) row_by_row: bool,
}

/// An expression for the reference evaluator and the columns it reads.
#[derive(Debug, Clone)]
pub(crate) struct Interpreted {
    pub(crate) expr: Expr,
    pub(crate) columns: Vec<u32>,
    /// The populations it asks about, as its rule numbers them.
    pub(crate) populations: Vec<u32>,
    /// The number that its rule's population 0 has in the frame.
    pub(crate) population_base: u32,
}

/// All nodes; a node's operands come before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub(crate) values: Vec<ValueNode>,
    pub(crate) masks: Vec<MaskNode>,
    pub(crate) columns: Vec<(ColumnRef, Type)>,
    pub(crate) constants: Vec<Constant>,
    /// Each belongs to one value.
    pub(crate) tests: Vec<TestSpec>,
    pub(crate) patterns: Vec<Regex>,
    pub(crate) interpreted: Vec<Interpreted>,
    pub(crate) tables: Vec<Arc<Decider>>,
    pub(crate) roots: Vec<RootNode>,
}

/// Nodes are numbered in the order in which they are met: what a table of them looks like inside reaches no output.
type Seen<K, V> = HashMap<K, V, FixedState>;

/// Finds equal nodes while the graph grows.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    pub(crate) values: Seen<(ValueOp, Type), ValueId>,
    pub(crate) masks: Seen<MaskOp, MaskId>,
    pub(crate) tests: Seen<(ValueId, TestSpec), u32>,
    pub(crate) constants: Seen<String, ConstId>,
    pub(crate) patterns: Seen<Arc<str>, u32>,
    pub(crate) interpreted: Seen<String, u32>,
    /// By the table, and whether its outputs or their numbers are asked for.
    pub(crate) tables: Seen<(String, bool), Option<u32>>,
}

/// Nodes seen on a walk, marked with the walk's number.
#[derive(Debug, Default)]
pub(crate) struct Visited {
    walk: u32,
    values: Vec<u32>,
    masks: Vec<u32>,
}

impl Visited {
    pub(crate) fn begin(&mut self, graph: &Graph) {
        self.walk += 1;
        self.values.resize(graph.values.len(), 0);
        self.masks.resize(graph.masks.len(), 0);
    }

    /// Whether this is the walk's first visit.
    pub(crate) fn value(&mut self, id: ValueId) -> bool {
        std::mem::replace(&mut self.values[id.index()], self.walk) != self.walk
    }

    pub(crate) fn mask(&mut self, id: MaskId) -> bool {
        std::mem::replace(&mut self.masks[id.index()], self.walk) != self.walk
    }
}

impl Graph {
    pub(crate) fn value(&self, id: ValueId) -> &ValueNode {
        &self.values[id.index()]
    }

    pub(crate) fn mask(&self, id: MaskId) -> &MaskNode {
        &self.masks[id.index()]
    }

    /// The values a value is computed from.
    pub(crate) fn value_operands(&self, id: ValueId) -> (Vec<ValueId>, Vec<MaskId>) {
        match &self.value(id).op {
            ValueOp::Column(_) | ValueOp::Constant(_) | ValueOp::Interpret(_) => (vec![], vec![]),
            ValueOp::Arith(_, a, b) | ValueOp::DayCount(a, b) => (vec![*a, *b], vec![]),
            ValueOp::Negate(v) | ValueOp::ToReal(v) | ValueOp::Rescale(v) | ValueOp::DatePart(_, v) => {
                (vec![*v], vec![])
            }
            ValueOp::Choose(m, a, b) => (vec![*a, *b], vec![*m]),
            ValueOp::Truth(yes, no) => (vec![], vec![*yes, *no]),
            ValueOp::Script(_, args) | ValueOp::Decide(_, args) => (args.clone(), vec![]),
            ValueOp::Render(pieces, _) => (
                pieces.iter().filter_map(|p| if let Piece::Slot(v, _) = p { Some(*v) } else { None }).collect(),
                vec![],
            ),
        }
    }

    /// What a mask is computed from.
    pub(crate) fn mask_operands(&self, id: MaskId) -> (Vec<ValueId>, Vec<MaskId>) {
        match &self.mask(id).op {
            MaskOp::Never | MaskOp::Always | MaskOp::Constant(..) | MaskOp::Population(..) => (vec![], vec![]),
            MaskOp::And(ms) | MaskOp::Or(ms) => (vec![], ms.clone()),
            MaskOp::Not(m) => (vec![], vec![*m]),
            MaskOp::Present(v) | MaskOp::Test(v, ..) | MaskOp::Is(v, _) => (vec![*v], vec![]),
            MaskOp::Compare(_, a, b) | MaskOp::TextPair(_, a, b, _) => (vec![*a, *b], vec![]),
        }
    }

    /// What a root can read. `visited` is for all roots of one graph: a walk costs what it visits, not what there is.
    pub(crate) fn reads(&self, root: RootNode, visited: &mut Visited) -> Reads {
        visited.begin(self);
        let (mut values, mut masks) = match root {
            // The false mask reads what the true mask reads.
            RootNode::Condition { yes, .. } => (vec![], vec![yes]),
            RootNode::Value(v) => (vec![v], vec![]),
        };
        let (mut columns, mut populations, mut row_by_row) = (Vec::new(), Vec::new(), false);
        loop {
            if let Some(id) = values.pop() {
                if !visited.value(id) {
                    continue;
                }
                match &self.value(id).op {
                    ValueOp::Column(c) => columns.push(*c),
                    ValueOp::Interpret(i) => {
                        row_by_row = true;
                        let interpreted = &self.interpreted[*i as usize];
                        columns.extend(&interpreted.columns);
                        populations.extend(interpreted.populations.iter().map(|p| interpreted.population_base + p));
                    }
                    ValueOp::Script(..) => row_by_row = true,
                    _ => {}
                }
                let (v, m) = self.value_operands(id);
                values.extend(v);
                masks.extend(m);
            } else if let Some(id) = masks.pop() {
                if !visited.mask(id) {
                    continue;
                }
                if let MaskOp::Population(index, _) = self.mask(id).op {
                    populations.push(index);
                }
                let (v, m) = self.mask_operands(id);
                values.extend(v);
                masks.extend(m);
            } else {
                break;
            }
        }
        columns.sort_unstable();
        columns.dedup();
        populations.sort_unstable();
        populations.dedup();
        Reads { columns, populations, row_by_row }
    }
}
