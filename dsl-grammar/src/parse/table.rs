//! Decision tables.

use crate::ast::{BinaryOp, Cell, CellKind, Expr, ExprKind, Table, TableRow};
use crate::grammar::{Pair, Rule};
use crate::keyword::{Kw, of_rule};
use crate::parse::Reader;
use crate::recover;

impl Reader<'_> {
    pub(crate) fn table(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Table> {
        let span = self.span(&pair);
        let (mut name, mut title, mut hit) = (None, None, None);
        let (mut inputs, mut outputs, mut rows, mut priorities) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::title => title = self.plain(part),
                Rule::params => inputs = self.params(part),
                Rule::outputs => outputs = self.outputs(part),
                Rule::hit => {
                    let mut parts = part.into_inner().skip(1);
                    hit = parts.next().and_then(|word| Some((of_rule(word.as_rule())?, self.span(&word))));
                    let values = parts.flat_map(Pair::into_inner).filter(|value| value.as_rule() == Rule::arith);
                    priorities.extend(values.filter_map(|value| self.expr(value)));
                }
                Rule::row => {
                    let row = self.row(part);
                    rows.extend(row.filter(|_| !self.take_spoilt()));
                }
                Rule::table_bad => self.report_all(recover::clause(self.text, self.span(&part), Kw::TABLE)),
                Rule::arrow => self.arrow(&part),
                Rule::stop => self.stop(&part),
                _ => self.braces(&part, Kw::TABLE),
            }
        }
        Some(Table { name: name?, title, doc, inputs, outputs, hit, priorities, rows, span })
    }

    fn outputs(&self, pair: Pair<'_>) -> Vec<crate::ast::Param> {
        match pair.clone().into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::params => self.params(inner),
            _ => self.params(pair),
        }
    }

    pub(crate) fn row(&self, pair: Pair<'_>) -> Option<TableRow> {
        let span = self.span(&pair);
        let (mut cells, mut otherwise, mut outputs) = (Vec::new(), false, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::cell => cells.extend(self.cell(part)),
                Rule::OTHERWISE => otherwise = true,
                Rule::arrow => self.arrow(&part),
                Rule::results => {
                    let exprs = part.into_inner().filter(|part| part.as_rule() == Rule::expr);
                    outputs.extend(exprs.filter_map(|part| self.expr(part)));
                }
                _ => {}
            }
        }
        Some(TableRow { cells, otherwise, outputs, span })
    }

    fn cell(&self, pair: Pair<'_>) -> Option<Cell> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let kind = match inner.as_rule() {
            Rule::any => CellKind::Any,
            Rule::cell_missing => {
                CellKind::Missing(inner.into_inner().any(|part| part.as_rule() == Rule::IS_NOT_MISSING))
            }
            Rule::cell_between => {
                let (low, high) = self.bounds(inner);
                CellKind::Range(low, high)
            }
            Rule::cell_compare => {
                let mut parts = inner.into_inner();
                let operator = self.cell_operator(&parts.next()?);
                CellKind::Compare(operator, self.expr(parts.next()?)?)
            }
            _ => self.cell_list(inner)?,
        };
        Some(Cell { kind, span })
    }

    fn cell_list(&self, pair: Pair<'_>) -> Option<CellKind> {
        let (mut negated, mut values) = (false, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::NOT => negated = true,
                Rule::arith => values.push(self.expr(part)?),
                _ => {}
            }
        }
        Some(match (values.len(), negated) {
            (1, false) => match values.pop()? {
                Expr { kind: ExprKind::Range(low, high), .. } => CellKind::Range(low.map(|e| *e), high.map(|e| *e)),
                value => CellKind::Compare(BinaryOp::Eq, value),
            },
            _ => CellKind::OneOf(values, negated),
        })
    }
}
