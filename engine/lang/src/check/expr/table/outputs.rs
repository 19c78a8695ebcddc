//! What rows say, and in which order it counts.

use super::{constant, has_priorities};
use crate::{
    check::{
        scope::{Checker, Scope},
        types::{Family, family},
    },
    context::Context,
    finding::{Arg, Finding, codes::names as codes},
    hir::{self, Expr, ExprKind as H, Policy},
    reference,
    ty::{DecimalType, Type, Typed, Unit, common_type},
    value::{Value, compare},
};
use guiju_grammar::ast;
use std::cmp::Ordering;

impl Checker<'_, '_> {
    /// Gives all outputs one type, and the table its own; nothing if they have none, which was reported.
    pub(super) fn outputs(
        &mut self,
        scope: &mut Scope,
        table: &ast::Table,
        output: &ast::Param,
        checked: &mut hir::Table,
    ) -> Option<Typed> {
        let mut so_far = Expr::at(H::Literal(Value::Missing), Typed::new(Type::Unknown, false), scope.at(table.span));
        let mut well = true;
        for row in checked.all_rows() {
            let Some(ty) = common_type(&so_far, &row.output) else {
                let finding =
                    Finding::new(codes::OUTPUT_TYPE, scope.at(written(table, row))).name("name", &output.name.text);
                let finding = finding.arg("row", Arg::Count(row.number.into()));
                let finding = finding.arg("expected", Arg::Type(so_far.typed.ty.clone()));
                self.report(scope, finding.arg("found", Arg::Type(row.output.typed.ty.clone())));
                well = false;
                continue;
            };
            let before = self.findings.len();
            if !self.same_unit(scope, &so_far, &row.output, written(table, row)) {
                for finding in self.findings.iter_mut().skip(before) {
                    finding.code = codes::CELL_UNIT;
                    finding.args.push(("row", Arg::Count(row.number.into())));
                    finding.args.push(("column", Arg::Name(output.name.text.clone())));
                }
                well = false;
            }
            // Of the first, its own: an integer literal beside a decimal counts by its digits.
            let first = so_far.typed.ty == Type::Unknown;
            let nullable = so_far.typed.nullable | row.output.typed.nullable;
            let unit =
                if so_far.typed.unit == Unit::None { row.output.typed.unit.clone() } else { so_far.typed.unit.clone() };
            if first && let H::Literal(value @ Value::Integer(_)) = &row.output.kind {
                so_far.kind = H::Literal(value.clone());
            } else if ty != Type::Integer {
                so_far.kind = H::Literal(Value::Missing);
            }
            so_far.typed = Typed { ty, unit, nullable };
        }
        if !well {
            return None;
        }
        let typed = so_far.typed;
        let book = self.names.book_of(scope.book);
        let cx = Context::on(0, book.zone.clone(), None);
        for row in checked.rows.iter_mut().chain(&mut checked.otherwise) {
            let folded = constant(&row.output).and_then(|v| reference::convert(v, &typed.ty, &cx).ok());
            let nullable = row.output.typed.nullable;
            let own =
                std::mem::replace(&mut row.output, Expr::at(H::Literal(Value::Missing), typed.clone(), row.place));
            row.output = match folded {
                Some(value) => Expr { kind: H::Literal(value), typed: Typed { nullable, ..typed.clone() }, ..own },
                None => self.convert(scope, own, &typed.ty),
            };
        }
        self.collected(scope, table, output, checked.policy, typed)
    }

    /// The type of what a policy makes of outputs.
    fn collected(
        &mut self,
        scope: &mut Scope,
        table: &ast::Table,
        output: &ast::Param,
        policy: Policy,
        typed: Typed,
    ) -> Option<Typed> {
        let fits = match policy {
            Policy::Sum => matches!(typed.ty, Type::Integer | Type::Decimal(_) | Type::Unknown),
            Policy::Min | Policy::Max => {
                !matches!(family(&typed.ty), Family::Bool | Family::Duration | Family::List | Family::Record)
            }
            _ => true,
        };
        if !fits {
            let (hit, at) = table.hit?;
            let finding = Finding::new(codes::COLLECT_TYPE, scope.at(at)).arg("policy", Arg::Keyword(hit));
            let finding = finding.name("name", &output.name.text);
            self.report(scope, finding.arg("found", Arg::Type(typed.ty)));
            return None;
        }
        Some(match policy {
            Policy::Count => Typed::new(Type::Integer, false),
            Policy::All => Typed { ty: Type::List(Box::new(typed.ty)), nullable: false, ..typed },
            // As Spark's sum: ten digits more.
            Policy::Sum => match typed.ty {
                Type::Decimal(d) => {
                    let precision = d.precision.saturating_add(10).min(38);
                    Typed { ty: Type::Decimal(DecimalType { precision, scale: d.scale }), ..typed }
                }
                _ => typed,
            },
            _ => typed,
        })
    }

    /// Puts the rows in the order of their outputs; false if one has no place there, which was reported.
    pub(super) fn by_priority(
        &mut self,
        scope: &mut Scope,
        table: &ast::Table,
        typed: &Typed,
        checked: &mut hir::Table,
    ) -> bool {
        debug_assert!(has_priorities(table));
        if table.priorities.is_empty() {
            return false;
        }
        let mut order = Vec::with_capacity(table.priorities.len());
        let beside = Expr::at(H::Literal(Value::Missing), typed.clone(), scope.at(table.span));
        for e in &table.priorities {
            let value = self.against(scope, &beside, e);
            match constant(&value) {
                Some(v) => order.push(v.clone()),
                None => return false,
            }
        }
        let rank = |row: &hir::TableRow| {
            let said = constant(&row.output)?;
            order
                .iter()
                .position(|v| compare(v, said) == Some(Ordering::Equal) || (v.is_missing() && said.is_missing()))
        };
        let mut well = true;
        for row in checked.all_rows().filter(|row| rank(row).is_none()) {
            let finding = Finding::new(codes::PRIORITY_UNKNOWN, scope.at(written(table, row)));
            let text = self.text_of(scope, written(table, row));
            let finding = finding.arg("row", Arg::Count(row.number.into())).name("value", text);
            self.report(scope, finding);
            well = false;
        }
        checked.rows.sort_by_cached_key(|row| rank(row));
        well
    }
}

/// Where a row's output is written.
fn written(table: &ast::Table, row: &hir::TableRow) -> ast::Span {
    let own = table.rows.get((row.number as usize).saturating_sub(1));
    own.and_then(|row| row.outputs.first()).map_or(row.place.span, |e| e.span)
}
