//! Decision tables: `hit first` is a chain of `if`.

use crate::{
    check::{
        scope::{Checker, Scope},
        types::Family,
    },
    finding::{
        Arg, Finding,
        codes::{names as codes, words},
    },
    hir::{CompareOp, Expr, ExprKind as H},
    ty::{Type, Typed},
    value::Value,
};
use guiju_grammar::{
    ast::{self, BinaryOp, CellKind},
    keyword::Kw,
};

/// As many cells as the head has inputs and outputs; `otherwise` stands for all inputs.
fn fits(table: &ast::Table, row: &ast::TableRow) -> bool {
    (row.otherwise || row.cells.len() == table.inputs.len()) && row.outputs.len() == table.outputs.len()
}

impl Checker<'_, '_> {
    /// What is wrong with a table however it is called.
    pub(in crate::check) fn table(&mut self, scope: &mut Scope, table: &ast::Table) {
        if let Some((hit, at)) = table.hit
            && hit != Kw::HIT_FIRST
        {
            self.report(scope, Finding::new(codes::HIT_UNAVAILABLE, scope.at(at)).arg("policy", Arg::Keyword(hit)));
        }
        if table.outputs.len() != 1 {
            let found = Arg::Count(i64::try_from(table.outputs.len()).unwrap_or(0));
            let finding = Finding::new(codes::ONE_OUTPUT, scope.at(table.name.span)).name("name", &table.name.text);
            self.report(scope, finding.arg("found", found));
        }
        for row in table.rows.iter().filter(|row| !fits(table, row)) {
            let count = |n: usize| Arg::Count(i64::try_from(n).unwrap_or(i64::MAX));
            let finding = Finding::new(words::ROW_LENGTH, scope.at(row.span))
                .arg(
                    "found",
                    count(if row.otherwise { table.inputs.len() } else { row.cells.len() } + row.outputs.len()),
                )
                .arg("wanted", count(table.inputs.len() + table.outputs.len()));
            self.report(scope, finding);
        }
        let all = |row: &ast::TableRow| row.otherwise || row.cells.iter().all(|c| matches!(c.kind, CellKind::Any));
        if let Some(last) = table.rows.iter().position(all) {
            for row in &table.rows[last + 1..] {
                let finding = Finding::new(codes::ROW_UNREACHABLE, scope.at(row.span));
                self.report(scope, finding.label(scope.at(table.rows[last].span), "takes-all"));
            }
        }
    }

    /// The table's value, its inputs being the scope's parameters.
    pub(in crate::check) fn decide(&mut self, scope: &mut Scope, table: &ast::Table) -> Expr {
        if table.outputs.len() != 1 || table.hit.is_some_and(|(hit, _)| hit != Kw::HIT_FIRST) {
            return self.poison(scope, table.span);
        }
        let mut rows = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            if !fits(table, row) {
                return self.poison(scope, row.span);
            }
            let Some(condition) = self.row(scope, table, row) else { return self.poison(scope, row.span) };
            let Some(output) = row.outputs.first() else { return self.poison(scope, row.span) };
            let value = self.value(scope, output);
            let everything = condition.is_none();
            rows.push((condition, value, row.span));
            if everything {
                break;
            }
        }
        let missing = Typed::new(Type::Unknown, true);
        let mut result = self.make(scope, table.span, H::Literal(Value::Missing), missing);
        for (condition, value, span) in rows.into_iter().rev() {
            result = match condition {
                None => value,
                Some(condition) => {
                    let nullable = value.typed.nullable || result.typed.nullable;
                    self.joined(scope, value, result, span, |a, b| H::If(Box::new(condition), a, b), nullable)
                }
            };
        }
        result
    }

    /// All cells of a row; `Some(None)`: whatever the inputs are.
    fn row(&mut self, scope: &mut Scope, table: &ast::Table, row: &ast::TableRow) -> Option<Option<Expr>> {
        if row.otherwise {
            return Some(None);
        }
        let mut all = Vec::new();
        for (cell, input) in row.cells.iter().zip(&table.inputs) {
            let value = scope.params.iter().find(|(n, _)| *n == input.name.text).map(|(_, v)| v.clone())?;
            all.extend(self.cell(scope, cell, input, value)?);
        }
        Some(match all.len() {
            0 => None,
            1 => all.pop(),
            _ => {
                let nullable = all.iter().any(|c| c.typed.nullable);
                Some(self.make(scope, row.span, H::And(all), Typed::new(Type::Bool, nullable)))
            }
        })
    }

    /// One cell's condition on its input; `Some(None)`: none.
    fn cell(&mut self, scope: &mut Scope, cell: &ast::Cell, input: &ast::Param, value: Expr) -> Option<Option<Expr>> {
        // The input is written nowhere in the cell: its name in the head stands for it in messages.
        let written = ast::Expr { kind: ast::ExprKind::Path(vec![input.name.clone()]), span: input.name.span };
        let nullable = value.typed.nullable;
        let mut operand = |me: &mut Self, e: &ast::Expr| {
            let checked = me.against(scope, &value, e);
            me.comparable(scope, (&written, &value), (e, &checked), cell.span).then_some(checked)
        };
        let kind = match &cell.kind {
            CellKind::Any => return Some(None),
            CellKind::Missing(negated) => H::IsMissing { operand: Box::new(value), negated: *negated },
            CellKind::Compare(op, e) => {
                let bound = operand(self, e)?;
                let op = compare_op(*op)?;
                if !matches!(op, CompareOp::Eq | CompareOp::Ne)
                    && super::super::types::family(&bound.typed.ty) == Family::Bool
                {
                    let finding = Finding::new(codes::NO_ORDER, scope.at(cell.span)).arg("type", Arg::Type(Type::Bool));
                    self.report(scope, finding);
                    return None;
                }
                H::Compare(op, Box::new(value), Box::new(bound))
            }
            CellKind::Range(low, high) => {
                let low = match low {
                    Some(e) => Some(operand(self, e)?),
                    None => None,
                };
                let high = match high {
                    Some(e) => Some(operand(self, e)?),
                    None => None,
                };
                match (low, high) {
                    (Some(low), Some(high)) => H::Between(Box::new(value), Box::new(low), Box::new(high)),
                    (Some(low), None) => H::Compare(CompareOp::Ge, Box::new(value), Box::new(low)),
                    (None, Some(high)) => H::Compare(CompareOp::Le, Box::new(value), Box::new(high)),
                    (None, None) => return Some(None),
                }
            }
            CellKind::OneOf(all, negated) => {
                let mut items = Vec::with_capacity(all.len());
                for e in all {
                    items.push(operand(self, e)?);
                }
                H::In { operand: Box::new(value), items, negated: *negated }
            }
        };
        let nullable = nullable && !matches!(kind, H::IsMissing { .. });
        Some(Some(self.make(scope, cell.span, kind, Typed::new(Type::Bool, nullable))))
    }
}

fn compare_op(op: BinaryOp) -> Option<CompareOp> {
    Some(match op {
        BinaryOp::Eq => CompareOp::Eq,
        BinaryOp::Ne => CompareOp::Ne,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::Le => CompareOp::Le,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::Ge => CompareOp::Ge,
        _ => return None,
    })
}
