//! From checked expressions to the graph.

pub(crate) mod compare;
mod constant;
mod table;
mod value;

use crate::graph::{
    ConstId, Constant, Graph, Interner, MaskId, MaskNode, MaskOp, RootNode, TestSpec, ValueId, ValueNode, ValueOp,
};
use guiju_lang::{
    hir::{Expr, ExprKind, Program},
    ty::Type,
    value::Value,
};

/// Why an expression could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nested deeper than any rulebook the checker accepts.
    #[error("an expression is nested more than {0} levels deep")]
    TooDeep(usize),
    /// The regular expression does not compile; the checker should have said so.
    #[error("`{0}` is not a usable regular expression")]
    Pattern(String),
    /// The expression names a column, source or script that the program does not have.
    #[error("the expression does not belong to this program")]
    Foreign,
}

/// Deepest nesting of an expression; `let` and `fn` are expanded by now.
const MAX_DEPTH: usize = 512;

/// Builds the graph, root by root.
pub(crate) struct Lowering<'p> {
    pub(crate) program: &'p Program,
    pub(crate) graph: Graph,
    interner: Interner,
    population_base: u32,
    depth: usize,
}

impl<'p> Lowering<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        Self { program, graph: Graph::default(), interner: Interner::default(), population_base: 0, depth: 0 }
    }

    /// Adds a root.
    pub(crate) fn root(&mut self, expr: &Expr, population_base: u32) -> Result<(), PlanError> {
        self.population_base = population_base;
        let root = if expr.typed.ty == Type::Bool {
            let yes = self.mask(expr, true)?;
            let no = self.mask(expr, false)?;
            self.graph.masks[yes.index()].uses += 1;
            self.graph.masks[no.index()].uses += 1;
            RootNode::Condition { yes, no }
        } else {
            RootNode::Value(self.value(expr)?)
        };
        self.graph.roots.push(root);
        Ok(())
    }

    /// The rows where a condition is true (`wanted`) or false.
    pub(crate) fn mask(&mut self, expr: &Expr, wanted: bool) -> Result<MaskId, PlanError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(PlanError::TooDeep(MAX_DEPTH));
        }
        let mask = self.mask_of(expr, wanted);
        self.depth -= 1;
        mask
    }

    fn mask_of(&mut self, expr: &Expr, wanted: bool) -> Result<MaskId, PlanError> {
        if let ExprKind::Literal(value) = &expr.kind {
            let op = if *value == Value::Bool(wanted) { MaskOp::Always } else { MaskOp::Never };
            return Ok(self.add_mask(op));
        }
        if constant::is_constant(expr) {
            let constant = self.constant(expr);
            return Ok(self.add_mask(MaskOp::Constant(constant, wanted)));
        }
        match &expr.kind {
            ExprKind::Not(inner) => self.mask(inner, !wanted),
            ExprKind::And(parts) => self.connective(parts, wanted, wanted),
            ExprKind::Or(parts) => self.connective(parts, wanted, !wanted),
            ExprKind::Compare(op, a, b) => self.comparison(*op, a, b, wanted),
            ExprKind::In { operand, items, negated } => self.membership(expr, operand, items, wanted != *negated),
            ExprKind::Between(x, low, high) => self.between(x, low, high, wanted),
            ExprKind::Within(x, direction, span) => self.within(expr, x, *direction, *span, wanted),
            ExprKind::TextTest(op, a, b) => self.text_test(*op, a, b, wanted),
            ExprKind::Matches(operand, pattern) => self.matches(operand, pattern, wanted),
            ExprKind::IsMissing { operand, negated } => {
                let present = self.present(operand)?;
                Ok(if wanted == *negated { present } else { self.complement(present) })
            }
            ExprKind::OrElse(a, b) => {
                let (first, known) = (self.mask(a, wanted)?, self.present(a)?);
                let missing = self.complement(known);
                let second = self.mask(b, wanted)?;
                let second = self.all_of(vec![missing, second]);
                Ok(self.any_of(vec![first, second]))
            }
            ExprKind::If(condition, a, b) => {
                let (c, a, b) = (self.mask(condition, true)?, self.mask(a, wanted)?, self.mask(b, wanted)?);
                let other = self.complement(c);
                let (first, second) = (self.all_of(vec![c, a]), self.all_of(vec![other, b]));
                Ok(self.any_of(vec![first, second]))
            }
            ExprKind::InTop(index) => Ok(self.add_mask(MaskOp::Population(self.population_base + index, wanted))),
            ExprKind::Column(_) | ExprKind::Script(..) | ExprKind::Table(..) => {
                let value = self.value(expr)?;
                Ok(self.add_mask(MaskOp::Is(value, wanted)))
            }
            _ => self.interpret_condition(expr, wanted),
        }
    }

    /// All parts (`all`) or any part with the wanted truth.
    fn connective(&mut self, parts: &[Expr], wanted: bool, all: bool) -> Result<MaskId, PlanError> {
        let masks: Vec<MaskId> = parts.iter().map(|p| self.mask(p, wanted)).collect::<Result<_, _>>()?;
        Ok(if all { self.all_of(masks) } else { self.any_of(masks) })
    }

    /// Where an expression of any type is not missing.
    pub(crate) fn present(&mut self, expr: &Expr) -> Result<MaskId, PlanError> {
        if expr.typed.ty == Type::Bool {
            let (yes, no) = (self.mask(expr, true)?, self.mask(expr, false)?);
            return Ok(self.any_of(vec![yes, no]));
        }
        let value = self.value(expr)?;
        Ok(self.add_mask(MaskOp::Present(value)))
    }

    pub(crate) fn complement(&mut self, mask: MaskId) -> MaskId {
        match self.graph.mask(mask).op {
            MaskOp::Not(inner) => inner,
            MaskOp::Always => self.add_mask(MaskOp::Never),
            MaskOp::Never => self.add_mask(MaskOp::Always),
            _ => self.add_mask(MaskOp::Not(mask)),
        }
    }

    /// Intersection: flattened, cheapest first, so that expensive parts see few rows.
    pub(crate) fn all_of(&mut self, masks: Vec<MaskId>) -> MaskId {
        let parts = self.flatten(masks, true);
        if parts.iter().any(|&m| self.graph.mask(m).op == MaskOp::Never) {
            return self.add_mask(MaskOp::Never);
        }
        match parts[..] {
            [] => self.add_mask(MaskOp::Always),
            [only] => only,
            _ => self.add_mask(MaskOp::And(parts)),
        }
    }

    /// Union, likewise.
    pub(crate) fn any_of(&mut self, masks: Vec<MaskId>) -> MaskId {
        let parts = self.flatten(masks, false);
        if parts.iter().any(|&m| self.graph.mask(m).op == MaskOp::Always) {
            return self.add_mask(MaskOp::Always);
        }
        match parts[..] {
            [] => self.add_mask(MaskOp::Never),
            [only] => only,
            _ => self.add_mask(MaskOp::Or(parts)),
        }
    }

    fn flatten(&self, masks: Vec<MaskId>, all: bool) -> Vec<MaskId> {
        let neutral = if all { MaskOp::Always } else { MaskOp::Never };
        let mut parts = Vec::with_capacity(masks.len());
        for mask in masks {
            match &self.graph.mask(mask).op {
                MaskOp::And(inner) if all => parts.extend(inner),
                MaskOp::Or(inner) if !all => parts.extend(inner),
                op if *op == neutral => {}
                _ => parts.push(mask),
            }
        }
        let mut unique = Vec::with_capacity(parts.len());
        for part in parts {
            if !unique.contains(&part) {
                unique.push(part);
            }
        }
        unique.sort_by_key(|&m| self.graph.mask(m).cost);
        unique
    }

    pub(crate) fn add_mask(&mut self, op: MaskOp) -> MaskId {
        if let Some(&id) = self.interner.masks.get(&op) {
            return id;
        }
        let id = MaskId(u32::try_from(self.graph.masks.len()).unwrap_or(u32::MAX));
        self.interner.masks.insert(op.clone(), id);
        self.graph.masks.push(MaskNode { op, slow: false, fallible: false, cost: 0, uses: 0 });
        let (values, masks) = self.graph.mask_operands(id);
        let own = self.own_cost(id);
        let node_cost = |g: &Graph| {
            let values = values.iter().map(|&v| g.value(v).cost);
            let masks = masks.iter().map(|&m| g.mask(m).cost);
            values.chain(masks).fold(own, u32::saturating_add)
        };
        let cost = node_cost(&self.graph);
        let slow = values.iter().any(|&v| self.graph.value(v).slow) || masks.iter().any(|&m| self.graph.mask(m).slow);
        // A test against a window can fall outside the calendar.
        let fallible = matches!(&self.graph.mask(id).op, MaskOp::Test(_, spec, _) if matches!(self.graph.tests[*spec as usize], TestSpec::Within(..)))
            || values.iter().any(|&v| self.graph.value(v).fallible)
            || masks.iter().any(|&m| self.graph.mask(m).fallible);
        for m in masks {
            self.graph.masks[m.index()].uses += 1;
        }
        let node = &mut self.graph.masks[id.index()];
        (node.cost, node.slow, node.fallible) = (cost, slow, fallible);
        id
    }

    fn own_cost(&self, id: MaskId) -> u32 {
        match &self.graph.mask(id).op {
            MaskOp::Test(value, spec, _) => match (&self.graph.value(*value).ty, &self.graph.tests[*spec as usize]) {
                (_, TestSpec::Matches(_)) => 60,
                (_, TestSpec::Text(..)) => 12,
                (Type::Text, _) => 4,
                (_, TestSpec::OneOf(items)) => 2 + u32::try_from(items.len()).unwrap_or(100).min(100),
                _ => 2,
            },
            MaskOp::TextPair(..) => 30,
            MaskOp::Compare(..) => 3,
            MaskOp::Present(_) | MaskOp::Is(..) | MaskOp::Population(..) => 1,
            _ => 0,
        }
    }

    pub(crate) fn add_value(&mut self, op: ValueOp, ty: Type) -> ValueId {
        let key = (op, ty);
        if let Some(&id) = self.interner.values.get(&key) {
            return id;
        }
        let id = ValueId(u32::try_from(self.graph.values.len()).unwrap_or(u32::MAX));
        self.interner.values.insert(key.clone(), id);
        let (op, ty) = key;
        let own = match &op {
            ValueOp::Column(_) | ValueOp::Constant(_) => 0,
            ValueOp::Script(..) => 4000,
            ValueOp::Interpret(_) => 1000,
            ValueOp::Render(..) => 200,
            ValueOp::DatePart(..) => 6,
            ValueOp::Decide(..) => 40,
            ValueOp::Arith(guiju_lang::hir::ArithOp::Div, ..) => 20,
            _ => 3,
        };
        let fails = matches!(op, ValueOp::Arith(..) | ValueOp::Rescale(_) | ValueOp::Negate(_));
        let slow = matches!(op, ValueOp::Script(..) | ValueOp::Interpret(_) | ValueOp::Render(..));
        self.graph.values.push(ValueNode { op, ty, slow, fallible: fails, cost: own });
        let (values, masks) = self.graph.value_operands(id);
        let mut node = self.graph.values[id.index()].clone();
        for v in values {
            let v = self.graph.value(v);
            node.slow |= v.slow;
            node.fallible |= v.fallible;
            node.cost = node.cost.saturating_add(v.cost);
        }
        for m in masks {
            self.graph.masks[m.index()].uses += 1;
            let m = self.graph.mask(m);
            node.slow |= m.slow;
            node.cost = node.cost.saturating_add(m.cost);
        }
        self.graph.values[id.index()] = node;
        id
    }

    /// An expression that is the same for all rows.
    pub(crate) fn constant(&mut self, expr: &Expr) -> ConstId {
        let constant = match &expr.kind {
            ExprKind::Literal(value) => Constant::Literal(value.clone()),
            _ => Constant::PerRun(expr.clone()),
        };
        let key = constant::fingerprint(expr);
        if let Some(&id) = self.interner.constants.get(&key) {
            return id;
        }
        let id = ConstId(u32::try_from(self.graph.constants.len()).unwrap_or(u32::MAX));
        self.graph.constants.push(constant);
        self.interner.constants.insert(key, id);
        id
    }

    pub(crate) fn add_test(&mut self, value: ValueId, spec: TestSpec, wanted: bool) -> MaskId {
        let next = u32::try_from(self.graph.tests.len()).unwrap_or(u32::MAX);
        let index = *self.interner.tests.entry((value, spec.clone())).or_insert(next);
        if index == next {
            self.graph.tests.push(spec);
        }
        self.add_mask(MaskOp::Test(value, index, wanted))
    }
}
