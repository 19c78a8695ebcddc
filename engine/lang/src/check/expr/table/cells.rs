//! Cells, against the type and unit of their column.

use super::{constant, unknown};
use crate::{
    check::{
        scope::{Checker, Scope},
        types::{Family, family},
    },
    context::{Context, Incidents},
    finding::{Arg, Finding, Fix, codes::names as codes},
    hir::{Cell, CompareOp, Expr, ExprKind as H},
    reference::{self, NoRow},
    ty::{Type, Typed, compared_as},
    value::{Value, number},
};
use guiju_grammar::{
    ast::{self, BinaryOp, CellKind},
    keyword::Kw,
};

impl Checker<'_, '_> {
    /// The inputs. One whose type is not known has that of the first cell in its column that says something.
    pub(super) fn columns(&mut self, scope: &mut Scope, table: &ast::Table, inputs: &[Expr]) -> Vec<Expr> {
        let mut columns = inputs.to_vec();
        for (i, column) in columns.iter_mut().enumerate().filter(|(_, input)| unknown(&input.typed)) {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(i));
            let mut written = cells.filter_map(|cell| match &cell.kind {
                CellKind::Compare(_, e) => Some(e),
                CellKind::Range(low, high) => low.as_ref().or(high.as_ref()),
                CellKind::OneOf(all, _) => all.first(),
                CellKind::Any | CellKind::Missing(_) => None,
            });
            if let Some(e) = written.find(|e| matches!(e.kind, ast::ExprKind::Literal(_) | ast::ExprKind::Text(_))) {
                let failed = scope.failed;
                let known = self.findings.len();
                let value = self.value(scope, e);
                // It is read again as a cell.
                self.findings.truncate(known);
                scope.failed = failed;
                if family(&value.typed.ty) != Family::Number {
                    column.typed.ty = value.typed.ty;
                }
            }
        }
        columns
    }

    /// A row's cells; nothing if one of them cannot be used, which was reported.
    pub(super) fn cells(
        &mut self,
        scope: &mut Scope,
        table: &ast::Table,
        (number, row): (u32, &ast::TableRow),
        columns: &[Expr],
    ) -> Option<Vec<Cell>> {
        let mut cells = Vec::with_capacity(columns.len());
        let mut well = true;
        for ((cell, input), value) in row.cells.iter().zip(&table.inputs).zip(columns) {
            let before = self.findings.len();
            let checked = self.cell(scope, cell, input, value);
            for finding in self.findings.iter_mut().skip(before) {
                in_cell(finding, number, &input.name.text);
            }
            match checked {
                Some(checked) => cells.push(checked),
                None => well = false,
            }
        }
        well.then_some(cells)
    }

    /// One cell's condition on its column.
    fn cell(&mut self, scope: &mut Scope, cell: &ast::Cell, input: &ast::Param, value: &Expr) -> Option<Cell> {
        // The input is written nowhere in the cell: its name in the head stands for it in messages.
        let written = ast::Expr { kind: ast::ExprKind::Path(vec![input.name.clone()]), span: input.name.span };
        let mut operand = |me: &mut Self, e: &ast::Expr| {
            if super::super::is_missing_literal(e) {
                let place = scope.at(cell.span);
                let finding = Finding::new(codes::EQUALS_MISSING, place);
                let word = me.say(scope, Kw::IS_MISSING);
                me.report(scope, finding.fix(Fix::replace(place, word)));
                return None;
            }
            let checked = me.against(scope, value, e);
            me.comparable(scope, (&written, value), (e, &checked), cell.span).then_some(checked)
        };
        let ordered = |me: &mut Self, scope: &mut Scope, bound: &Expr| {
            let ordered = family(&bound.typed.ty) != Family::Bool;
            if !ordered {
                let finding = Finding::new(codes::NO_ORDER, scope.at(cell.span)).arg("type", Arg::Type(Type::Bool));
                me.report(scope, finding);
            }
            ordered
        };
        Some(match &cell.kind {
            CellKind::Any => Cell::Any,
            CellKind::Missing(negated) => Cell::Missing(*negated),
            CellKind::Compare(op, e) => {
                let bound = operand(self, e)?;
                let op = compare_op(*op)?;
                if !matches!(op, CompareOp::Eq | CompareOp::Ne) && !ordered(self, scope, &bound) {
                    return None;
                }
                match self.bound(scope, value, &bound) {
                    Some(bound) => Cell::Compare(op, bound),
                    None => {
                        let kind = H::Compare(op, Box::new(value.clone()), Box::new(bound));
                        self.computed(scope, cell, value, kind)
                    }
                }
            }
            CellKind::Range(low, high) => {
                let low = low.as_ref().map(|e| operand(self, e));
                let high = high.as_ref().map(|e| operand(self, e));
                let (low, high) = match (low, high) {
                    (Some(None), _) | (_, Some(None)) => return None,
                    (low, high) => (low.flatten(), high.flatten()),
                };
                let sides = (
                    low.as_ref().map(|e| self.bound(scope, value, e)),
                    high.as_ref().map(|e| self.bound(scope, value, e)),
                );
                match (sides, low, high) {
                    ((None, None), ..) => Cell::Any,
                    ((low @ (None | Some(Some(_))), high @ (None | Some(Some(_)))), ..) => {
                        Cell::Range(low.flatten(), high.flatten())
                    }
                    (_, low, high) => {
                        let x = Box::new(value.clone());
                        let kind = match (low, high) {
                            (Some(low), Some(high)) => H::Between(x, Box::new(low), Box::new(high)),
                            (Some(low), None) => H::Compare(CompareOp::Ge, x, Box::new(low)),
                            (None, high) => H::Compare(CompareOp::Le, x, Box::new(high?)),
                        };
                        self.computed(scope, cell, value, kind)
                    }
                }
            }
            CellKind::OneOf(all, negated) => {
                let mut items = Vec::with_capacity(all.len());
                for e in all {
                    items.push(operand(self, e)?);
                }
                let bounds = items.iter().map(|item| self.bound(scope, value, item)).collect();
                match bounds {
                    Some(bounds) => Cell::OneOf(bounds, *negated),
                    None => {
                        let kind = H::In { operand: Box::new(value.clone()), items, negated: *negated };
                        self.computed(scope, cell, value, kind)
                    }
                }
            }
        })
    }

    fn computed(&mut self, scope: &mut Scope, cell: &ast::Cell, value: &Expr, kind: H) -> Cell {
        let typed = Typed::new(Type::Bool, value.typed.nullable);
        Cell::Computed(Box::new(self.make(scope, cell.span, kind, typed)))
    }

    /// A cell's bound that is the same for all rows, at all times, in the form in which it is compared with the column.
    fn bound(&self, scope: &Scope, value: &Expr, bound: &Expr) -> Option<Value> {
        let v = match constant(bound) {
            Some(v) => v.clone(),
            None => self.folded(scope, bound)?,
        };
        if compared_as(value, bound).is_some() {
            return None;
        }
        match (&value.typed.ty, &v) {
            (Type::Integer | Type::Decimal(_) | Type::Unknown, Value::Integer(_) | Value::Decimal(_))
            | (Type::Text, Value::Text(_))
            | (Type::Bool, Value::Bool(_))
            | (Type::Date, Value::Date(_))
            | (Type::Time, Value::Time(_))
            | (Type::Timestamp, Value::Timestamp(_))
            | (Type::Ip, Value::Ip(_))
            | (Type::Cidr, Value::Cidr(..))
            | (Type::Service, Value::Service { .. }) => Some(v),
            // A decimal beside a real is the nearest double.
            (Type::Real, Value::Integer(_) | Value::Decimal(_) | Value::Real(_)) => {
                number(&v).map(Value::real).filter(|v| !v.is_missing())
            }
            _ => None,
        }
    }

    /// `2 * 50万`: what depends neither on a row nor on the time.
    fn folded(&self, scope: &Scope, e: &Expr) -> Option<Value> {
        let mut fixed = true;
        e.walk(&mut |part| fixed &= matches!(part.kind, H::Literal(_) | H::Arith(..) | H::Neg(_) | H::Convert(_)));
        if !fixed {
            return None;
        }
        let book = self.names.book_of(scope.book);
        let cx = Context::on(0, book.zone.clone(), None);
        let value = reference::evaluate(e, &NoRow, &cx, &mut Incidents::default());
        (!value.is_missing()).then_some(value)
    }
}

/// Says in which row and column a value of another type or unit stands.
fn in_cell(finding: &mut Finding, row: u32, column: &str) {
    let code = match finding.code {
        codes::TYPES_NOT_COMPARABLE => codes::CELL_TYPE,
        codes::UNITS_MIXED => codes::CELL_UNIT,
        _ => return,
    };
    finding.code = code;
    finding.args.push(("row", Arg::Count(row.into())));
    finding.args.push(("column", Arg::Name(column.to_owned())));
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
