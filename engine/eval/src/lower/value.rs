//! Expressions that are no conditions.

use super::{
    Lowering, PlanError,
    constant::{children, fingerprint, is_constant},
};
use crate::graph::{Interpreted, MaskOp, Piece, ValueId, ValueOp};
use guiju_lang::{
    builtin::Builtin,
    hir::{ArithOp, ColumnRef, CompareOp, Expr, ExprKind, SlotFormat, TextSegment},
    ty::{Type, Typed},
    value::Value,
};

impl Lowering<'_> {
    /// The value of an expression of any type, in that type.
    pub(crate) fn value(&mut self, expr: &Expr) -> Result<ValueId, PlanError> {
        self.depth += 1;
        if self.depth > super::MAX_DEPTH {
            return Err(PlanError::TooDeep(super::MAX_DEPTH));
        }
        let value = self.value_of(expr);
        self.depth -= 1;
        value
    }

    fn value_of(&mut self, expr: &Expr) -> Result<ValueId, PlanError> {
        let ty = expr.typed.ty.clone();
        if is_constant(expr) {
            let constant = self.constant(expr);
            return Ok(self.add_value(ValueOp::Constant(constant), ty));
        }
        match &expr.kind {
            ExprKind::Column(column) => self.column(column, ty),
            ExprKind::Arith(op, a, b) => self.arith(*op, a, b, expr),
            ExprKind::Neg(x) if matches!(ty, Type::Integer | Type::Decimal(_) | Type::Real) && x.typed.ty == ty => {
                let x = self.value(x)?;
                Ok(self.add_value(ValueOp::Negate(x), ty))
            }
            ExprKind::Convert(x) => match self.coerced(x, &ty)? {
                Some(value) => Ok(value),
                None => self.interpret(expr),
            },
            ExprKind::If(condition, a, b) if ty != Type::Bool => {
                let (Some(a), Some(b)) = (self.coerced(a, &ty)?, self.coerced(b, &ty)?) else {
                    return self.interpret(expr);
                };
                let condition = self.mask(condition, true)?;
                Ok(self.add_value(ValueOp::Choose(condition, a, b), ty))
            }
            ExprKind::OrElse(a, b) if ty != Type::Bool => {
                // Presence is asked of the operand before its conversion: one that fails does not fall through.
                let (Some(first), Some(second)) = (self.coerced(a, &ty)?, self.coerced(b, &ty)?) else {
                    return self.interpret(expr);
                };
                let present = self.present(a)?;
                Ok(self.add_value(ValueOp::Choose(present, first, second), ty))
            }
            ExprKind::Call(builtin, args) => self.call(*builtin, args, expr),
            ExprKind::Script(id, args) => {
                if self.program.scripts.get(id.0 as usize).is_none() {
                    return Err(PlanError::Foreign);
                }
                let args: Vec<ValueId> = args.iter().map(|a| self.value(a)).collect::<Result<_, _>>()?;
                Ok(self.add_value(ValueOp::Script(id.0, args), ty))
            }
            ExprKind::Text(template) => {
                let mut pieces = Vec::with_capacity(template.segments.len());
                for segment in &template.segments {
                    pieces.push(match segment {
                        TextSegment::Literal(text) => Piece::Literal(text.clone()),
                        TextSegment::Slot { expr, format } => Piece::Slot(self.value(expr)?, format.clone()),
                    });
                }
                Ok(self.add_value(ValueOp::Render(pieces, false), Type::Text))
            }
            ExprKind::List(_) => self.interpret(expr),
            ExprKind::Table(table, inputs) => self.table(table, inputs, expr),
            _ if ty == Type::Bool => {
                let (yes, no) = (self.mask(expr, true)?, self.mask(expr, false)?);
                Ok(self.add_value(ValueOp::Truth(yes, no), ty))
            }
            _ => self.interpret(expr),
        }
    }

    fn column(&mut self, column: &ColumnRef, ty: Type) -> Result<ValueId, PlanError> {
        let index = self.column_index(column)?;
        Ok(self.add_value(ValueOp::Column(index), ty))
    }

    /// Its number in the plan, in the order first met.
    fn column_index(&mut self, column: &ColumnRef) -> Result<u32, PlanError> {
        let source = self.program.sources.get(column.source.0 as usize).ok_or(PlanError::Foreign)?;
        let declared = source.schema.columns.get(column.column as usize).ok_or(PlanError::Foreign)?;
        let known = self.graph.columns.iter().position(|(c, _)| c == column);
        let index = known.unwrap_or(self.graph.columns.len());
        if known.is_none() {
            self.graph.columns.push((*column, declared.typed.ty.clone()));
        }
        u32::try_from(index).map_err(|_| PlanError::Foreign)
    }

    fn arith(&mut self, op: ArithOp, a: &Expr, b: &Expr, expr: &Expr) -> Result<ValueId, PlanError> {
        let ty = expr.typed.ty.clone();
        let whole = |t: &Type| matches!(t, Type::Integer | Type::Decimal(_));
        let number = |t: &Type| whole(t) || *t == Type::Real;
        let (left, right) = (&a.typed.ty, &b.typed.ty);
        match &ty {
            Type::Integer if *left == Type::Date && *right == Type::Date && op == ArithOp::Sub => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                Ok(self.add_value(ValueOp::DayCount(b, a), ty))
            }
            Type::Integer if *left == Type::Integer && *right == Type::Integer && op != ArithOp::Div => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                Ok(self.add_value(ValueOp::Arith(op, a, b), ty))
            }
            Type::Decimal(_) if whole(left) && whole(right) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                Ok(self.add_value(ValueOp::Arith(op, a, b), ty))
            }
            Type::Real if number(left) && number(right) => {
                let (a, b) = (self.real_value(a)?, self.real_value(b)?);
                Ok(self.add_value(ValueOp::Arith(op, a, b), ty))
            }
            _ => self.interpret(expr),
        }
    }

    /// The value converted to a type, if there is a fast way.
    pub(super) fn coerced(&mut self, expr: &Expr, to: &Type) -> Result<Option<ValueId>, PlanError> {
        let from = &expr.typed.ty;
        if *from == Type::Unknown {
            let missing = Expr::at(ExprKind::Literal(Value::Missing), Typed::new(to.clone(), true), expr.place);
            return self.value(&missing).map(Some);
        }
        if from == to {
            return self.value(expr).map(Some);
        }
        Ok(match (from, to) {
            (Type::Integer | Type::Decimal(_), Type::Decimal(_)) => {
                let value = self.value(expr)?;
                Some(self.add_value(ValueOp::Rescale(value), to.clone()))
            }
            (Type::Integer | Type::Decimal(_), Type::Real) => Some(self.real_value(expr)?),
            _ => None,
        })
    }

    fn call(&mut self, builtin: Builtin, args: &[Expr], expr: &Expr) -> Result<ValueId, PlanError> {
        let ty = &expr.typed.ty;
        let dates = args.iter().all(|a| a.typed.ty == Type::Date);
        match (builtin, args) {
            (Builtin::Days, [from]) if dates => {
                let today = Expr::at(ExprKind::Today, Typed::new(Type::Date, false), expr.place);
                let (from, today) = (self.value(from)?, self.value(&today)?);
                Ok(self.add_value(ValueOp::DayCount(from, today), Type::Integer))
            }
            (Builtin::Days, [from, to]) if dates => {
                let (from, to) = (self.value(from)?, self.value(to)?);
                Ok(self.add_value(ValueOp::DayCount(from, to), Type::Integer))
            }
            (Builtin::Year | Builtin::Month | Builtin::Day | Builtin::MonthDay | Builtin::Weekday, [date]) if dates => {
                let date = self.value(date)?;
                Ok(self.add_value(ValueOp::DatePart(builtin, date), Type::Integer))
            }
            (Builtin::Real | Builtin::Decimal | Builtin::Integer, [x, ..]) => match self.coerced(x, ty)? {
                Some(value) => Ok(value),
                None => self.interpret(expr),
            },
            (Builtin::Text, [x]) if x.typed.ty == Type::Text => self.value(x),
            (Builtin::Text, [_]) | (Builtin::Concat, [_, ..]) => {
                let mut pieces = Vec::with_capacity(args.len());
                for arg in args {
                    pieces.push(Piece::Slot(self.value(arg)?, SlotFormat::Plain));
                }
                Ok(self.add_value(ValueOp::Render(pieces, true), Type::Text))
            }
            (Builtin::Round, [x, ..]) if matches!(x.typed.ty, Type::Integer | Type::Decimal(_)) => {
                match self.coerced(x, ty)? {
                    Some(value) => Ok(value),
                    None => self.interpret(expr),
                }
            }
            _ => self.interpret(expr),
        }
    }

    /// Row by row, by the reference evaluator.
    pub(super) fn interpret(&mut self, expr: &Expr) -> Result<ValueId, PlanError> {
        let key = format!("{} {}", self.population_base, fingerprint(expr));
        let index = match self.interner.interpreted.get(&key) {
            Some(&index) => index,
            None => {
                let (mut refs, mut populations) = (Vec::new(), Vec::new());
                collect_reads(expr, &mut refs, &mut populations);
                let mut columns: Vec<u32> = refs.iter().map(|c| self.column_index(c)).collect::<Result<_, _>>()?;
                columns.sort_unstable();
                columns.dedup();
                let index = u32::try_from(self.graph.interpreted.len()).unwrap_or(u32::MAX);
                let population_base = self.population_base;
                self.graph.interpreted.push(Interpreted { expr: expr.clone(), columns, populations, population_base });
                self.interner.interpreted.insert(key, index);
                index
            }
        };
        Ok(self.add_value(ValueOp::Interpret(index), expr.typed.ty.clone()))
    }

    /// `a op b` of types without a fast comparison.
    pub(super) fn interpret_comparison(&mut self, op: CompareOp, a: &Expr, b: &Expr) -> Result<ValueId, PlanError> {
        let kind = ExprKind::Compare(op, Box::new(a.clone()), Box::new(b.clone()));
        let expr = Expr::at(kind, Typed::new(Type::Bool, true), a.place);
        self.interpret(&expr)
    }

    /// A condition without a fast way.
    pub(super) fn interpret_condition(&mut self, expr: &Expr, wanted: bool) -> Result<crate::graph::MaskId, PlanError> {
        let value = self.interpret(expr)?;
        Ok(self.add_mask(MaskOp::Is(value, wanted)))
    }
}

fn collect_reads(expr: &Expr, columns: &mut Vec<ColumnRef>, populations: &mut Vec<u32>) {
    match &expr.kind {
        ExprKind::Column(column) => columns.push(*column),
        ExprKind::InTop(index) => populations.push(*index),
        _ => {}
    }
    for child in children(expr) {
        collect_reads(child, columns, populations);
    }
}
