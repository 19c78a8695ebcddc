//! Decision tables.

use super::{Lowering, PlanError, constant::table_of};
use crate::{
    graph::{MaskId, TestSpec, ValueId, ValueOp},
    table::Decider,
};
use guiju_lang::{
    hir::{CompareOp, Expr, ExprKind, Policy, Table},
    ty::{Type, Typed},
    value::Value,
};
use std::sync::Arc;

/// Computed outputs that are chosen from column by column; of more, the reference evaluator takes the one that holds.
const MOST_COMPUTED: usize = 32;

impl Lowering<'_> {
    /// Indexed, if its cells are constants; row by row otherwise.
    pub(super) fn table(&mut self, table: &Arc<Table>, inputs: &[Expr], expr: &Expr) -> Result<ValueId, PlanError> {
        let ty = &expr.typed.ty;
        if let Some(outputs) = Decider::constants(table) {
            return match self.decider(table, false, &outputs, ty) {
                Some(decider) => self.decide(decider, inputs, ty.clone()),
                None => self.interpret(expr),
            };
        }
        let computed = table.all_rows().filter(|row| !matches!(row.output.kind, ExprKind::Literal(_)));
        if table.policy != Policy::First || *ty == Type::Bool || computed.count() > MOST_COMPUTED {
            return self.interpret(expr);
        }
        // First which row it is, then the output of that row: a row's output is only computed where the row is the one.
        let which: Vec<Value> = (0i64..).take(table.all_rows().count()).map(Value::Integer).collect();
        let literal = |e: &Expr| if let ExprKind::Literal(v) = &e.kind { v.clone() } else { Value::Missing };
        let fixed: Vec<Value> = table.all_rows().map(|row| literal(&row.output)).collect();
        let (Some(which), Some(fixed)) =
            (self.decider(table, true, &which, &Type::Integer), self.decider(table, false, &fixed, ty))
        else {
            return self.interpret(expr);
        };
        let which = self.decide(which, inputs, Type::Integer)?;
        let mut chosen = self.decide(fixed, inputs, ty.clone())?;
        for (row, number) in table.all_rows().zip(0i64..) {
            if matches!(row.output.kind, ExprKind::Literal(_)) {
                continue;
            }
            let Some(output) = self.coerced(&row.output, ty)? else { return self.interpret(expr) };
            let here = self.is_row(which, number, expr);
            chosen = self.add_value(ValueOp::Choose(here, output, chosen), ty.clone());
        }
        Ok(chosen)
    }

    fn is_row(&mut self, which: ValueId, number: i64, expr: &Expr) -> MaskId {
        let kind = ExprKind::Literal(Value::Integer(number));
        let number = self.constant(&Expr::at(kind, Typed::new(Type::Integer, false), expr.place));
        self.add_test(which, TestSpec::Compare(CompareOp::Eq, number), true)
    }

    fn decide(&mut self, decider: u32, inputs: &[Expr], ty: Type) -> Result<ValueId, PlanError> {
        let inputs: Vec<ValueId> = inputs.iter().map(|e| self.value(e)).collect::<Result<_, _>>()?;
        Ok(self.add_value(ValueOp::Decide(decider, inputs), ty))
    }

    /// The table's index, made once however often it is asked; `None` if it has none.
    fn decider(&mut self, table: &Arc<Table>, which: bool, outputs: &[Value], ty: &Type) -> Option<u32> {
        let key = (table_of(table), which);
        if let Some(known) = self.interner.tables.get(&key) {
            return *known;
        }
        let decider = Decider::new(table, outputs, ty);
        let id = decider.and_then(|decider| {
            self.graph.tables.push(Arc::new(decider));
            u32::try_from(self.graph.tables.len() - 1).ok()
        });
        self.interner.tables.insert(key, id);
        id
    }
}
