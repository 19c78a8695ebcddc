//! What a plan knows before any row, and what it must work out again when the logical time moves.

use super::{RowPlan, RowState, code::Code};
use crate::{
    graph::{Constant, Graph, MaskId, MaskOp, Piece, RootNode, TestSpec, ValueId, ValueOp, Visited},
    test::Test,
};
use guiju_lang::{
    context::{Context, Incidents},
    hir::{Expr, ExprKind},
    reference::{self, NoRow},
    time::Zone,
    ty::Type,
    value::{Duration, Value},
};

/// How often something must be worked out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Changes {
    /// It is written.
    Never,
    /// When the day changes.
    Daily,
    /// Whenever the time moves.
    Always,
}

/// A question about one value.
#[derive(Debug)]
enum Bound {
    Fixed(Test),
    /// Position among those that change with time.
    Varying(u32),
}

/// The part of a plan that no time changes.
#[derive(Debug)]
pub(super) struct Fixed {
    /// All constants; those that change with time are missing here.
    pub(super) constants: Vec<Value>,
    changing: Vec<(usize, Changes)>,
    /// By mask.
    tests: Vec<Bound>,
    varying: Vec<(MaskId, Changes)>,
    pub(super) code: Code,
}

impl Fixed {
    pub(super) fn of(graph: &Graph) -> Self {
        let often: Vec<Changes> = graph.constants.iter().map(constant_changes).collect();
        let literal = |c: &Constant| if let Constant::Literal(value) = c { value.clone() } else { Value::Missing };
        let constants: Vec<Value> = graph.constants.iter().map(literal).collect();
        let changing = (0..often.len()).map(|i| (i, often[i])).filter(|(_, c)| *c > Changes::Never).collect();
        // What never changes asks for no time.
        let nowhen = Context::new(0, Zone::utc(), None);
        let mut varying = Vec::new();
        let tests: Vec<Bound> = (0..graph.masks.len())
            .map(|i| {
                let MaskOp::Test(v, spec, wanted) = &graph.masks[i].op else { return Bound::Fixed(Test::Never) };
                let spec = &graph.tests[*spec as usize];
                match test_changes(spec, &often) {
                    Changes::Never => {
                        Bound::Fixed(Test::bind(graph, spec, *wanted, &graph.value(*v).ty, &constants, &nowhen))
                    }
                    changes => {
                        // Masks are numbered by u32.
                        varying.push((MaskId(i as u32), changes));
                        Bound::Varying(varying.len() as u32 - 1)
                    }
                }
            })
            .collect();
        let fixed = |mask: MaskId| if let Bound::Fixed(test) = &tests[mask.index()] { Some(test) } else { None };
        let code = Code::of(graph, fixed);
        Self { constants, changing, tests, varying, code }
    }

    /// How many tests change with time.
    pub(super) fn varying(&self) -> usize {
        self.varying.len()
    }

    /// The test of a mask, `varying` being the state's.
    pub(super) fn test<'a>(&'a self, mask: MaskId, varying: &'a [Test]) -> &'a Test {
        match &self.tests[mask.index()] {
            Bound::Fixed(test) => test,
            Bound::Varying(at) => varying.get(*at as usize).unwrap_or(&Test::Never),
        }
    }

    /// The test of a mask, if no time changes it.
    pub(super) fn fixed_test(&self, mask: MaskId) -> Option<&Test> {
        if let Bound::Fixed(test) = &self.tests[mask.index()] { Some(test) } else { None }
    }
}

impl RowState {
    /// Works out what changes at least so often.
    pub(super) fn settle(&mut self, plan: &RowPlan, least: Changes) {
        let (graph, fixed) = (&*plan.graph, &*plan.fixed);
        // A constant that fails is missing in every row; the checker folds written ones and reports them.
        let mut ignored = Incidents::default();
        for &(at, _) in fixed.changing.iter().filter(|(_, changes)| *changes >= least) {
            if let Constant::PerRun(expr) = &graph.constants[at] {
                self.constants[at] = reference::evaluate(expr, &NoRow, &self.cx, &mut ignored);
            }
        }
        for (at, &(mask, changes)) in fixed.varying.iter().enumerate() {
            if changes >= least
                && let MaskOp::Test(v, spec, wanted) = &graph.mask(mask).op
            {
                let spec = &graph.tests[*spec as usize];
                self.tests[at] = Test::bind(graph, spec, *wanted, &graph.value(*v).ty, &self.constants, &self.cx);
            }
        }
    }
}

fn constant_changes(constant: &Constant) -> Changes {
    let Constant::PerRun(expr) = constant else { return Changes::Never };
    let mut changes = Changes::Daily;
    expr.walk(&mut |e| {
        if matches!(e.kind, ExprKind::Now | ExprKind::Within(_, _, Duration::Micros(_))) {
            changes = Changes::Always;
        }
    });
    changes
}

fn test_changes(spec: &TestSpec, often: &[Changes]) -> Changes {
    let of = |c: &crate::graph::ConstId| often[c.index()];
    match spec {
        TestSpec::Compare(_, c) | TestSpec::Text(_, c) => of(c),
        TestSpec::Between(low, high) => of(low).max(of(high)),
        TestSpec::OneOf(items) => items.iter().map(of).max().unwrap_or(Changes::Never),
        TestSpec::Within(_, Duration::Micros(_)) => Changes::Always,
        TestSpec::Within(..) => Changes::Daily,
        TestSpec::Derived(_, inner) => Changes::Daily.max(test_changes(inner, often)),
        TestSpec::Matches(_) => Changes::Never,
    }
}

/// Whether a root may need memory in every row.
pub(super) fn allocates(graph: &Graph, root: RootNode) -> bool {
    let (mut values, mut masks) = match root {
        RootNode::Condition { yes, .. } => (vec![], vec![yes]),
        // Written straight into the caller's buffer.
        RootNode::Value(v) => written(graph, v),
    };
    let mut visited = Visited::default();
    visited.begin(graph);
    loop {
        if let Some(id) = values.pop() {
            if !visited.value(id) {
                continue;
            }
            match &graph.value(id).op {
                ValueOp::Script(..) | ValueOp::Render(..) => return true,
                ValueOp::Interpret(i) if needs_memory(&graph.interpreted[*i as usize].expr) => return true,
                _ => {}
            }
            let (v, m) = graph.value_operands(id);
            values.extend(v);
            masks.extend(m);
        } else if let Some(id) = masks.pop() {
            if !visited.mask(id) {
                continue;
            }
            let (v, m) = graph.mask_operands(id);
            values.extend(v);
            masks.extend(m);
        } else {
            return false;
        }
    }
}

/// What a text written piece by piece is made of.
fn written(graph: &Graph, root: ValueId) -> (Vec<ValueId>, Vec<MaskId>) {
    let (mut open, mut values, mut masks) = (vec![root], Vec::new(), Vec::new());
    while let Some(id) = open.pop() {
        match &graph.value(id).op {
            ValueOp::Render(pieces, _) => {
                open.extend(pieces.iter().filter_map(|p| if let Piece::Slot(v, _) = p { Some(*v) } else { None }));
            }
            ValueOp::Choose(mask, a, b) => {
                masks.push(*mask);
                open.extend([*a, *b]);
            }
            _ => values.push(id),
        }
    }
    (values, masks)
}

/// The reference evaluator keeps texts and lists on the heap, and the arguments of functions with more than three.
fn needs_memory(expr: &Expr) -> bool {
    let mut needs = false;
    expr.walk(&mut |e| {
        needs |= matches!(e.typed.ty, Type::Text | Type::List(_) | Type::Record(_) | Type::Ip | Type::Cidr)
            || match &e.kind {
                ExprKind::Matches(..) | ExprKind::Script(..) | ExprKind::Table(..) => true,
                ExprKind::Call(_, arguments) => arguments.len() > 3,
                _ => false,
            };
    });
    needs
}
