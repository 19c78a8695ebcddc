//! One batch through a plan, as lazily as its conjunctions allow.

use crate::{
    frame::{EvalError, Frame},
    graph::{Constant, Graph, MaskId, MaskOp, Piece, RootNode, TestSpec, ValueId, ValueOp},
    kernel::{
        self, Errors,
        text::{self, Part},
    },
    mask::Mask,
    output,
    script::Scripts,
    test::Test,
    vector::{Data, Vector, load},
};
use arrow_array::{ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use guiju_lang::{
    context::{Context, Incident, Incidents},
    hir::{ColumnRef, ScriptId},
    reference::{self, NoRow, Row},
    ty::Type,
    value::Value,
};
use std::{collections::HashMap, rc::Rc};

/// A batch being evaluated. Ask for the roots that are needed; what they share is computed once.
pub struct Run<'a> {
    graph: &'a Graph,
    scripts: &'a Scripts,
    frame: &'a dyn Frame,
    cx: &'a Context,
    incidents: &'a mut Incidents,
    len: usize,
    constants: Vec<Value>,
    tests: HashMap<(u32, bool), Rc<Test>>,
    columns: Vec<Option<Rc<Vector>>>,
    populations: HashMap<u32, Rc<BooleanArray>>,
    values: Vec<Option<Rc<Vector>>>,
    masks: Vec<Option<Mask>>,
    /// Values computed row by row so far, and for which rows.
    partial: HashMap<ValueId, (Vec<Value>, Mask)>,
    errors: HashMap<ValueId, Errors>,
    /// Rows whose errors are counted.
    counted: HashMap<ValueId, Mask>,
    /// Rows counted for tests that have no answer.
    unanswered: HashMap<u32, Mask>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        graph: &'a Graph,
        scripts: &'a Scripts,
        frame: &'a dyn Frame,
        cx: &'a Context,
        incidents: &'a mut Incidents,
    ) -> Self {
        let constants = bind_constants(graph, cx);
        Self {
            graph,
            scripts,
            frame,
            cx,
            incidents,
            len: frame.rows(),
            constants,
            tests: HashMap::new(),
            columns: vec![None; graph.columns.len()],
            populations: HashMap::new(),
            values: vec![None; graph.values.len()],
            masks: vec![None; graph.masks.len()],
            partial: HashMap::new(),
            errors: HashMap::new(),
            counted: HashMap::new(),
            unanswered: HashMap::new(),
        }
    }

    /// The rows where a condition is true; false and missing rows are not in it.
    pub fn truth(&mut self, root: usize) -> Result<BooleanBuffer, EvalError> {
        match self.graph.roots.get(root) {
            Some(RootNode::Condition { yes, .. }) => Ok(self.mask(*yes, None)?.to_buffer()),
            _ => Err(EvalError::WrongRoot(root)),
        }
    }

    /// A root's value in every row.
    pub fn array(&mut self, root: usize) -> Result<ArrayRef, EvalError> {
        self.array_of(root, None)
    }

    /// A root's value in the selected rows; whether other rows hold a value or are missing is not said.
    pub fn array_in(&mut self, root: usize, selection: &BooleanBuffer) -> Result<ArrayRef, EvalError> {
        let selection = Mask::from_buffer(selection);
        self.array_of(root, Some(&selection))
    }

    fn array_of(&mut self, root: usize, selection: Option<&Mask>) -> Result<ArrayRef, EvalError> {
        match self.graph.roots.get(root) {
            Some(RootNode::Condition { yes, no }) => {
                let (yes, no) = (self.mask(*yes, selection)?, self.mask(*no, selection)?);
                Ok(output::truth(&yes, &no))
            }
            Some(RootNode::Value(value)) => {
                let vector = self.value(*value, selection)?;
                self.demand(*value, selection)?;
                output::array(&vector, &self.graph.value(*value).ty).ok_or(EvalError::WrongRoot(root))
            }
            None => Err(EvalError::WrongRoot(root)),
        }
    }

    /// A root's value in one row, as the language's value.
    pub fn value_at(&mut self, root: usize, row: usize) -> Result<Value, EvalError> {
        let only = Mask::collect(self.len, |r| r == row);
        match self.graph.roots.get(root) {
            Some(RootNode::Condition { yes, no }) => {
                let yes = self.mask(*yes, Some(&only))?.contains(row);
                let no = self.mask(*no, Some(&only))?.contains(row);
                Ok(if yes || no { Value::Bool(yes) } else { Value::Missing })
            }
            Some(RootNode::Value(value)) => {
                let vector = self.value(*value, Some(&only))?;
                self.demand(*value, Some(&only))?;
                Ok(vector.value(row, &self.graph.value(*value).ty))
            }
            None => Err(EvalError::WrongRoot(root)),
        }
    }

    /// A mask, right for the rows in `within` (nothing: all rows); what it says of others does not count.
    fn mask(&mut self, id: MaskId, within: Option<&Mask>) -> Result<Mask, EvalError> {
        if let Some(mask) = &self.masks[id.index()] {
            return Ok(mask.clone());
        }
        let node = self.graph.mask(id);
        // What others will ask for too is computed for all rows, unless rows are dear or can fail.
        let shared = node.uses > 1 && !node.slow;
        let (mask, complete) = match &node.op {
            MaskOp::Never => (Mask::none(self.len), true),
            MaskOp::Always => (Mask::all(self.len), true),
            MaskOp::Constant(c, wanted) => {
                let holds = self.constants.get(c.index()) == Some(&Value::Bool(*wanted));
                (Mask::constant(holds, self.len), true)
            }
            MaskOp::And(parts) => {
                let within = if shared && !node.fallible { None } else { within };
                (self.all_of(parts, within)?, within.is_none())
            }
            MaskOp::Or(parts) => {
                let within = if shared && !node.fallible { None } else { within };
                (self.any_of(parts, within)?, within.is_none())
            }
            MaskOp::Not(inner) => {
                let mask = self.mask(*inner, within)?.not();
                (mask, within.is_none())
            }
            MaskOp::Present(v) => {
                let vector = self.demanded(*v, within)?;
                (vector.present(), self.complete(*v, within))
            }
            MaskOp::Is(v, wanted) => {
                let vector = self.demanded(*v, within)?;
                (kernel::compare::is(&vector, *wanted), self.complete(*v, within))
            }
            MaskOp::Test(v, spec, wanted) => return self.test(id, *v, *spec, *wanted, within),
            MaskOp::Compare(op, a, b) => {
                let (x, y) = (self.demanded(*a, within)?, self.demanded(*b, within)?);
                let tys = (&self.graph.value(*a).ty, &self.graph.value(*b).ty);
                let mask = kernel::compare::compare(*op, &x, &y, tys);
                (mask, self.complete(*a, within) && self.complete(*b, within))
            }
            MaskOp::TextPair(op, a, b, wanted) => {
                let (x, y) = (self.demanded(*a, within)?, self.demanded(*b, within)?);
                let mask = kernel::compare::text_pair(*op, &x, &y, *wanted);
                (mask, self.complete(*a, within) && self.complete(*b, within))
            }
            MaskOp::Population(index, wanted) => {
                let members = self.population(*index)?;
                let yes = Mask::from_buffer(members.values());
                let mask = if *wanted { yes } else { yes.not() };
                let mask = members.nulls_mask().map_or(mask.clone(), |valid| mask.and(&valid));
                (mask, true)
            }
        };
        if complete {
            self.masks[id.index()] = Some(mask.clone());
        }
        Ok(mask)
    }

    /// What is computed from this value is right for all rows, and nothing in it has to be counted for rows that ask later.
    fn complete(&self, id: ValueId, within: Option<&Mask>) -> bool {
        let node = self.graph.value(id);
        within.is_none() || (!node.slow && !node.fallible)
    }

    fn all_of(&mut self, parts: &[MaskId], within: Option<&Mask>) -> Result<Mask, EvalError> {
        let mut rest = within.cloned();
        for &part in parts {
            let mask = self.mask(part, rest.as_ref())?;
            let rows = rest.map_or_else(|| mask.clone(), |r| r.and(&mask));
            if rows.is_empty() {
                return Ok(rows);
            }
            rest = Some(rows);
        }
        Ok(rest.unwrap_or_else(|| Mask::all(self.len)))
    }

    fn any_of(&mut self, parts: &[MaskId], within: Option<&Mask>) -> Result<Mask, EvalError> {
        let mut found: Option<Mask> = None;
        let mut rest = within.cloned();
        for &part in parts {
            let mask = self.mask(part, rest.as_ref())?;
            let mask = rest.as_ref().map_or_else(|| mask.clone(), |r| r.and(&mask));
            let open = rest.map_or_else(|| mask.not(), |r| r.minus(&mask));
            found = Some(found.map_or_else(|| mask.clone(), |f| f.or(&mask)));
            if open.is_empty() {
                break;
            }
            rest = Some(open);
        }
        Ok(found.unwrap_or_else(|| Mask::none(self.len)))
    }

    fn test(
        &mut self,
        id: MaskId,
        v: ValueId,
        spec: u32,
        wanted: bool,
        within: Option<&Mask>,
    ) -> Result<Mask, EvalError> {
        let test = self.bound_test(v, spec, wanted);
        let vector = self.demanded(v, within)?;
        if let Test::Fails(incident) = &*test {
            let mut rows = vector.present();
            if let Some(within) = within {
                rows = rows.and(within);
            }
            self.count_once(spec, *incident, &rows);
            return Ok(Mask::none(self.len));
        }
        // Reading a text column without a dictionary costs more than skipping through a selection.
        if let (Some(rows), Data::Text(_)) = (within, &vector.data)
            && rows.count() * 4 < self.len
        {
            return Ok(kernel::test::test_sparse(&vector, &test, rows));
        }
        let mask = kernel::test::test(&vector, &test);
        if self.complete(v, within) {
            self.masks[id.index()] = Some(mask.clone());
        }
        Ok(mask)
    }

    fn count_once(&mut self, spec: u32, incident: Incident, rows: &Mask) {
        let (fresh, all) = match self.unanswered.get(&spec) {
            Some(counted) => (rows.minus(counted), rows.or(counted)),
            None => (rows.clone(), rows.clone()),
        };
        self.incidents.add(incident, fresh.count() as u64);
        self.unanswered.insert(spec, all);
    }

    fn bound_test(&mut self, v: ValueId, spec: u32, wanted: bool) -> Rc<Test> {
        if let Some(test) = self.tests.get(&(spec, wanted)) {
            return test.clone();
        }
        let ty = &self.graph.value(v).ty;
        let spec_of: &TestSpec = &self.graph.tests[spec as usize];
        let test = Rc::new(Test::bind(self.graph, spec_of, wanted, ty, &self.constants, self.cx));
        self.tests.insert((spec, wanted), test.clone());
        test
    }

    /// A value, and its failures in these rows counted.
    fn demanded(&mut self, id: ValueId, within: Option<&Mask>) -> Result<Rc<Vector>, EvalError> {
        let vector = self.value(id, within)?;
        self.demand(id, within)?;
        Ok(vector)
    }

    /// A value, right for the rows in `within`.
    fn value(&mut self, id: ValueId, within: Option<&Mask>) -> Result<Rc<Vector>, EvalError> {
        if let Some(vector) = &self.values[id.index()] {
            return Ok(vector.clone());
        }
        let node = self.graph.value(id);
        // Fast values are always computed for all rows.
        let within = if node.slow { within } else { None };
        let (vector, errors) = match &node.op {
            ValueOp::Column(c) => (self.column(*c)?, Errors::default()),
            ValueOp::Constant(c) => {
                let value = self.constants.get(c.index()).cloned().unwrap_or(Value::Missing);
                (Rc::new(Vector::constant(value, self.len)), Errors::default())
            }
            ValueOp::Arith(op, a, b) => {
                let (x, y) = (self.value(*a, within)?, self.value(*b, within)?);
                let tys = (&self.graph.value(*a).ty, &self.graph.value(*b).ty);
                let (vector, errors) = kernel::arith::arith(*op, &x, &y, tys, &node.ty);
                (Rc::new(vector), errors)
            }
            ValueOp::Negate(v) => {
                let x = self.value(*v, within)?;
                let (vector, errors) = kernel::convert::negate(&x, &node.ty);
                (Rc::new(vector), errors)
            }
            ValueOp::ToReal(v) => {
                let x = self.value(*v, within)?;
                (Rc::new(kernel::convert::to_real(&x, &self.graph.value(*v).ty)), Errors::default())
            }
            ValueOp::Rescale(v) => {
                let x = self.value(*v, within)?;
                let Type::Decimal(to) = node.ty else { return Ok(Rc::new(kernel::missing(self.len))) };
                let (vector, errors) = kernel::convert::to_decimal(&x, &self.graph.value(*v).ty, to);
                (Rc::new(vector), errors)
            }
            ValueOp::DayCount(a, b) => {
                let (x, y) = (self.value(*a, within)?, self.value(*b, within)?);
                (Rc::new(kernel::convert::day_count(&x, &y)), Errors::default())
            }
            ValueOp::DatePart(part, v) => {
                let x = self.value(*v, within)?;
                (Rc::new(kernel::convert::date_part(*part, &x)), Errors::default())
            }
            ValueOp::Choose(mask, a, b) => {
                let chosen = self.mask(*mask, within)?;
                let all = Mask::all(self.len);
                let rows = within.unwrap_or(&all);
                let (first, second) = (rows.and(&chosen), rows.minus(&chosen));
                let (x, y) = (self.value(*a, Some(&first))?, self.value(*b, Some(&second))?);
                (Rc::new(kernel::convert::choose(&chosen, &x, &y, &node.ty)), Errors::default())
            }
            ValueOp::Truth(yes, no) => {
                let (yes, no) = (self.mask(*yes, within)?, self.mask(*no, within)?);
                let valid = yes.or(&no);
                let valid = (valid.count() < self.len).then_some(valid);
                (Rc::new(Vector { data: Data::Bool(yes), valid, len: self.len }), Errors::default())
            }
            ValueOp::Render(pieces, strict) => {
                let mut parts = Vec::with_capacity(pieces.len());
                for piece in pieces {
                    parts.push(match piece {
                        Piece::Literal(text) => Part::Literal(text),
                        Piece::Slot(v, format) => {
                            Part::Slot(self.demanded(*v, within)?, &self.graph.value(*v).ty, format)
                        }
                    });
                }
                (Rc::new(text::render(&parts, *strict, self.len, within, self.cx)), Errors::default())
            }
            ValueOp::Script(script, args) => {
                let mut operands = Vec::with_capacity(args.len());
                for &arg in args {
                    operands.push((self.demanded(arg, within)?, &self.graph.value(arg).ty));
                }
                let (scripts, script) = (self.scripts, ScriptId(*script));
                let mut arguments = Vec::with_capacity(operands.len());
                self.row_by_row(id, within, |row, incidents| {
                    arguments.clear();
                    arguments.extend(operands.iter().map(|(v, ty)| v.value(row, ty)));
                    scripts.call(script, &arguments, incidents)
                })
            }
            ValueOp::Interpret(index) => self.interpret(id, *index, within)?,
            ValueOp::Decide(table, inputs) => {
                let mut operands = Vec::with_capacity(inputs.len());
                for &input in inputs {
                    operands.push((self.value(input, within)?, &self.graph.value(input).ty));
                }
                let inputs: Vec<(&Vector, &Type)> = operands.iter().map(|(v, ty)| (&**v, *ty)).collect();
                let decider = &self.graph.tables[*table as usize];
                (Rc::new(decider.decide_all(&inputs, self.len, &node.ty)), Errors::default())
            }
        };
        if !errors.is_empty() {
            self.errors.insert(id, errors);
        }
        if within.is_none() {
            self.values[id.index()] = Some(vector.clone());
        }
        Ok(vector)
    }

    /// Computes the rows that were not asked for before.
    fn row_by_row(
        &mut self,
        id: ValueId,
        within: Option<&Mask>,
        mut compute: impl FnMut(usize, &mut Incidents) -> Value,
    ) -> (Rc<Vector>, Errors) {
        let len = self.len;
        let (mut values, done) =
            self.partial.remove(&id).unwrap_or_else(|| (vec![Value::Missing; len], Mask::none(len)));
        let asked = within.cloned().unwrap_or_else(|| Mask::all(len));
        for row in asked.minus(&done).rows() {
            if let Some(slot) = values.get_mut(row) {
                *slot = compute(row, self.incidents);
            }
        }
        let vector = Vector::from_values(values.clone(), &self.graph.value(id).ty);
        self.partial.insert(id, (values, done.or(&asked)));
        (Rc::new(vector), Errors::default())
    }

    fn interpret(&mut self, id: ValueId, index: u32, within: Option<&Mask>) -> Result<(Rc<Vector>, Errors), EvalError> {
        let interpreted = &self.graph.interpreted[index as usize];
        let mut columns = Vec::with_capacity(interpreted.columns.len());
        for &c in &interpreted.columns {
            let (column, ty) = &self.graph.columns[c as usize];
            columns.push((column, ty, self.column(c)?));
        }
        let mut populations = Vec::new();
        for &p in &interpreted.populations {
            populations.push((p, self.population(interpreted.population_base + p)?));
        }
        let (scripts, cx) = (self.scripts, self.cx);
        Ok(self.row_by_row(id, within, |row, incidents| {
            let at = FrameRow { columns: &columns, populations: &populations, scripts, row };
            reference::evaluate(&interpreted.expr, &at, cx, incidents)
        }))
    }

    fn column(&mut self, index: u32) -> Result<Rc<Vector>, EvalError> {
        if let Some(vector) = &self.columns[index as usize] {
            return Ok(vector.clone());
        }
        let (column, ty) = &self.graph.columns[index as usize];
        let array = self.frame.column(column)?;
        if array.len() != self.len {
            return Err(EvalError::WrongLength {
                source_id: column.source.0,
                column: column.column,
                expected: self.len,
                found: array.len(),
            });
        }
        let vector = Rc::new(load(&array, column, ty)?);
        self.columns[index as usize] = Some(vector.clone());
        Ok(vector)
    }

    fn population(&mut self, index: u32) -> Result<Rc<BooleanArray>, EvalError> {
        if let Some(members) = self.populations.get(&index) {
            return Ok(members.clone());
        }
        let members = self.frame.population(index).filter(|m| arrow_array::Array::len(m) == self.len);
        let members = Rc::new(members.ok_or(EvalError::NoPopulation(index))?);
        self.populations.insert(index, members.clone());
        Ok(members)
    }

    /// Counts a value's failures in the rows that now ask for it, each row once for each expression.
    fn demand(&mut self, id: ValueId, within: Option<&Mask>) -> Result<(), EvalError> {
        if self.errors.is_empty() || !self.graph.value(id).fallible {
            return Ok(());
        }
        if let ValueOp::Choose(mask, a, b) = self.graph.value(id).op {
            let chosen = self.mask(mask, within)?;
            let all = Mask::all(self.len);
            let rows = within.unwrap_or(&all);
            self.demand(a, Some(&rows.and(&chosen)))?;
            return self.demand(b, Some(&rows.minus(&chosen)));
        }
        let (operands, _) = self.graph.value_operands(id);
        for operand in operands {
            self.demand(operand, within)?;
        }
        let Some(errors) = self.errors.get(&id) else { return Ok(()) };
        let rows = within.cloned().unwrap_or_else(|| Mask::all(self.len));
        let fresh = self.counted.get(&id).map_or_else(|| rows.clone(), |c| rows.minus(c));
        for (incident, failed) in [(Incident::DivisionByZero, &errors.division), (Incident::Overflow, &errors.overflow)]
        {
            if let Some(failed) = failed {
                self.incidents.add(incident, failed.and(&fresh).count() as u64);
            }
        }
        let counted = self.counted.get(&id).map_or_else(|| rows.clone(), |c| c.or(&rows));
        self.counted.insert(id, counted);
        Ok(())
    }
}

/// The constants' values at a logical time.
pub(crate) fn bind_constants(graph: &Graph, cx: &Context) -> Vec<Value> {
    // A constant that fails is missing in every row; the checker folds written ones and reports them.
    let mut ignored = Incidents::default();
    graph
        .constants
        .iter()
        .map(|c| match c {
            Constant::Literal(value) => value.clone(),
            Constant::PerRun(expr) => reference::evaluate(expr, &NoRow, cx, &mut ignored),
        })
        .collect()
}

/// A row of the batch for the reference evaluator.
struct FrameRow<'a> {
    columns: &'a [(&'a ColumnRef, &'a Type, Rc<Vector>)],
    populations: &'a [(u32, Rc<BooleanArray>)],
    scripts: &'a Scripts,
    row: usize,
}

impl Row for FrameRow<'_> {
    fn column(&self, column: &ColumnRef) -> Value {
        let found = self.columns.iter().find(|(c, ..)| *c == column);
        found.map_or(Value::Missing, |(_, ty, vector)| vector.value(self.row, ty))
    }

    fn population(&self, index: u32) -> Value {
        let found = self.populations.iter().find(|(i, _)| *i == index);
        found.map_or(Value::Missing, |(_, members)| {
            if arrow_array::Array::is_valid(&**members, self.row) {
                Value::Bool(members.value(self.row))
            } else {
                Value::Missing
            }
        })
    }

    fn script(&self, script: ScriptId, arguments: &[Value], incidents: &mut Incidents) -> Value {
        self.scripts.call(script, arguments, incidents)
    }
}

/// Validity as a mask.
trait NullsMask {
    fn nulls_mask(&self) -> Option<Mask>;
}

impl NullsMask for BooleanArray {
    fn nulls_mask(&self) -> Option<Mask> {
        arrow_array::Array::nulls(self).map(|n| Mask::from_buffer(n.inner()))
    }
}
