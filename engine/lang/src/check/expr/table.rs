//! Decision tables: DMN 1.5's hit policies (OMG formal/2024-08-01, section 8.2.10). A table becomes one expression over its inputs.

mod cells;
mod outputs;
mod proof;

use crate::{
    check::scope::{Checker, Scope},
    finding::{Arg, Finding, codes::names as codes, codes::words},
    hir::{self, Expr, ExprKind as H, Policy},
    ty::{Type, Typed},
    value::Value,
};
use guiju_grammar::{
    ast::{self, CellKind},
    keyword::Kw,
};
use std::sync::Arc;

/// Tables that were checked before: of a file's place, for inputs of certain types.
pub(in crate::check) type Checked = std::collections::HashMap<(u32, u32, Vec<Typed>), Option<(Arc<hir::Table>, Typed)>>;

/// As many cells as the head has inputs and outputs; `otherwise` stands for all inputs.
fn fits(table: &ast::Table, row: &ast::TableRow) -> bool {
    (row.otherwise || row.cells.len() == table.inputs.len()) && row.outputs.len() == table.outputs.len()
}

fn count(n: usize) -> Arg {
    Arg::Count(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The policy as written; without one the first row that holds counts.
fn policy(table: &ast::Table) -> Policy {
    match table.hit {
        Some((Kw::HIT_UNIQUE, _)) => Policy::Unique,
        Some((Kw::HIT_ANY, _)) => Policy::Any,
        Some((Kw::HIT_ALL, _)) => Policy::All,
        Some((Kw::HIT_SUM, _)) => Policy::Sum,
        Some((Kw::HIT_MIN, _)) => Policy::Min,
        Some((Kw::HIT_MAX, _)) => Policy::Max,
        Some((Kw::HIT_COUNT, _)) => Policy::Count,
        _ => Policy::First,
    }
}

fn has_priorities(table: &ast::Table) -> bool {
    matches!(table.hit, Some((Kw::HIT_PRIORITY, _)))
}

/// A row that holds for whatever there is.
fn takes_all(row: &ast::TableRow) -> bool {
    row.otherwise || row.cells.iter().all(|c| matches!(c.kind, CellKind::Any))
}

impl Checker<'_, '_> {
    /// What is wrong with a table however it is called.
    pub(in crate::check) fn table(&mut self, scope: &mut Scope, table: &ast::Table) {
        if table.outputs.len() != 1 {
            let finding = Finding::new(codes::ONE_OUTPUT, scope.at(table.name.span)).name("name", &table.name.text);
            self.report(scope, finding.arg("found", count(table.outputs.len())));
        }
        for row in table.rows.iter().filter(|row| !fits(table, row)) {
            let inputs = if row.otherwise { table.inputs.len() } else { row.cells.len() };
            let finding = Finding::new(words::ROW_LENGTH, scope.at(row.span))
                .arg("found", count(inputs + row.outputs.len()))
                .arg("wanted", count(table.inputs.len() + table.outputs.len()));
            self.report(scope, finding);
        }
        if let Some((Kw::HIT_PRIORITY, at)) = table.hit
            && table.priorities.is_empty()
        {
            let output = table.outputs.first().map_or("", |o| o.name.text.as_str());
            self.report(scope, Finding::new(codes::PRIORITY_ORDER, scope.at(at)).name("name", output));
        }
        if policy(table) != Policy::First || has_priorities(table) {
            return;
        }
        if let Some(last) = table.rows.iter().position(takes_all) {
            for row in &table.rows[last + 1..] {
                let finding = Finding::new(codes::ROW_UNREACHABLE, scope.at(row.span));
                self.report(scope, finding.label(scope.at(table.rows[last].span), "takes-all"));
            }
        }
    }

    /// The table's value, its inputs being the scope's parameters.
    pub(in crate::check) fn decide(&mut self, scope: &mut Scope, table: &ast::Table) -> Expr {
        let param =
            |input: &ast::Param| scope.params.iter().find(|(n, _)| *n == input.name.text).map(|(_, v)| v.clone());
        let Some(inputs) = table.inputs.iter().map(param).collect::<Option<Vec<Expr>>>() else {
            return self.poison(scope, table.span);
        };
        let types: Vec<Typed> = inputs.iter().map(|input| input.typed.clone()).collect();
        let key = (scope.file.0, table.span.start, types);
        let known = self.tables.get(&key).cloned();
        let checked = match known {
            Some(checked) => {
                scope.failed |= checked.is_none();
                checked
            }
            None => {
                // What a table's constants take is bounded by the text; only what is computed counts as expansion.
                let size = scope.size;
                let checked = self.whole_table(scope, table, &inputs);
                let constant = checked.as_ref().is_none_or(|(table, _)| is_constant(table));
                if constant {
                    scope.size = size;
                    self.tables.insert(key, checked.clone());
                }
                checked
            }
        };
        match checked {
            Some((checked, typed)) => self.make(scope, table.span, H::Table(checked, inputs), typed),
            None => self.poison(scope, table.span),
        }
    }

    fn whole_table(
        &mut self,
        scope: &mut Scope,
        table: &ast::Table,
        inputs: &[Expr],
    ) -> Option<(Arc<hir::Table>, Typed)> {
        let [output] = table.outputs.as_slice() else { return None };
        if !table.rows.iter().all(|row| fits(table, row)) {
            return None;
        }
        let policy = policy(table);
        let columns = self.columns(scope, table, inputs);
        let (mut rows, mut otherwise, mut well) = (Vec::with_capacity(table.rows.len()), None, true);
        for (number, row) in (1u32..).zip(&table.rows) {
            let size = scope.size;
            let cells =
                if row.otherwise { Some(Vec::new()) } else { self.cells(scope, table, (number, row), &columns) };
            let value = match row.outputs.first() {
                Some(e) => self.value(scope, e),
                None => return None,
            };
            if constant(&value).is_some() {
                scope.size = size;
            }
            let Some(cells) = cells else {
                well = false;
                continue;
            };
            let checked = hir::TableRow { number, cells, output: value, place: scope.at(row.span) };
            if row.otherwise {
                otherwise.get_or_insert(checked);
            } else {
                rows.push(checked);
            }
            // What comes after a row that takes all was reported.
            if policy == Policy::First && !has_priorities(table) && takes_all(row) {
                break;
            }
        }
        let inputs = columns
            .iter()
            .zip(&table.inputs)
            .map(|(value, input)| hir::TableInput { name: input.name.text.clone(), typed: value.typed.clone() });
        let name = table.name.text.clone();
        let mut checked = hir::Table { name, policy, inputs: inputs.collect(), rows, otherwise };
        let typed = self.outputs(scope, table, output, &mut checked)?;
        if !well {
            return None;
        }
        if has_priorities(table) && !self.by_priority(scope, table, &typed, &mut checked) {
            return None;
        }
        let nullable = self.proven(scope, table, &mut checked);
        let typed = match policy {
            Policy::Count | Policy::All => typed,
            _ => Typed { nullable: typed.nullable || nullable, ..typed },
        };
        Some((Arc::new(checked), typed))
    }
}

/// Says nothing of the row at hand but through its inputs.
fn is_constant(table: &hir::Table) -> bool {
    let mut all = true;
    table.expressions(&mut |e| all &= matches!(e.kind, H::Literal(_)));
    all
}

fn constant(e: &Expr) -> Option<&Value> {
    super::constant(e)
}

/// A type that nobody could make out.
fn unknown(typed: &Typed) -> bool {
    typed.ty == Type::Unknown
}
