//! What can be shown of a table before it runs: that every input has a row, that rows do not contradict each other, that every row
//! can be reached. What is wrong is shown by an example.

use super::{constant, has_priorities};
use crate::{
    canonical,
    check::scope::{Checker, Scope},
    finding::{Arg, Code, Finding, codes::names as codes},
    hir::{self, Policy},
    table::{BUDGET, Grid, Overlap, witness},
    ty::Type,
};
use guiju_grammar::{
    ast::{self, CellKind, ExprKind, Literal, Magnitude},
    keyword::Kw,
};
use std::collections::HashMap;

/// As many examples of one kind as a person reads.
const EXAMPLES: usize = 3;

impl Checker<'_, '_> {
    /// Reports what is wrong with the rows as a whole; true if the table may have no value for some input. A policy that is shown to
    /// keep its promise becomes `first`.
    pub(super) fn proven(&mut self, scope: &mut Scope, table: &ast::Table, checked: &mut hir::Table) -> bool {
        // Without types nobody knows what lies between two bounds.
        if checked.inputs.iter().any(|input| input.typed.ty == Type::Unknown) {
            return true;
        }
        let grid = Grid::new(checked);
        self.empty_rows(scope, table, checked, &grid);
        let agreed = match checked.policy {
            Policy::Unique | Policy::Any => self.disagreements(scope, table, checked, &grid),
            Policy::First => {
                self.masked_rows(scope, table, checked, &grid);
                true
            }
            _ => true,
        };
        if agreed && !checked.policy.collects() {
            checked.policy = Policy::First;
        }
        let complete = checked.otherwise.is_some() || self.gaps(scope, table, checked, &grid);
        !(agreed && complete)
    }

    /// Rows that hold for nothing.
    fn empty_rows(&mut self, scope: &mut Scope, table: &ast::Table, checked: &hir::Table, grid: &Grid) {
        for row in &grid.rows {
            let (Some(column), Some(own)) = (row.empty_column(), checked.rows.get(row.at)) else { continue };
            let cell = table.rows.get(own.number as usize - 1).and_then(|row| row.cells.get(column));
            let Some((cell, input)) = cell.zip(checked.inputs.get(column)) else { continue };
            let finding = Finding::new(codes::ROW_NEVER_HOLDS, scope.at(cell.span)).name("column", &input.name);
            self.once(
                scope,
                finding.arg("row", Arg::Count(own.number.into())).arg("type", Arg::Type(input.typed.ty.clone())),
            );
        }
    }

    /// Rows that may not hold together and do; true if it is shown that there are none.
    fn disagreements(&mut self, scope: &mut Scope, table: &ast::Table, checked: &hir::Table, grid: &Grid) -> bool {
        let classes = classes(checked, grid);
        let answer = grid.overlaps(&classes, EXAMPLES, BUDGET);
        let code = if checked.policy == Policy::Unique { codes::ROWS_OVERLAP } else { codes::ROWS_DISAGREE };
        for overlap in &answer.found {
            // Of computed outputs nobody knows yet whether they differ.
            let rows =
                [overlap.first, overlap.second].map(|i| grid.rows.get(i).and_then(|row| checked.rows.get(row.at)));
            let [Some(first), Some(second)] = rows else { continue };
            let fixed = constant(&first.output).is_some() && constant(&second.output).is_some();
            if checked.policy == Policy::Unique || fixed {
                self.disagreement(scope, code, (table, checked, grid), overlap, first, second);
            }
        }
        let shown = answer.found.is_empty() && answer.complete && !grid.partial;
        if answer.found.is_empty() && !shown {
            let (hit, at) = table.hit.unwrap_or((Kw::HIT_UNIQUE, table.name.span));
            let why = if grid.partial { "word.computed-cells" } else { "word.too-many-rows" };
            let finding = Finding::new(codes::HIT_UNPROVEN, scope.at(at)).arg("policy", Arg::Keyword(hit));
            self.once(scope, finding.arg("why", Arg::Word(why)));
        }
        shown
    }

    fn disagreement(
        &mut self,
        scope: &mut Scope,
        code: Code,
        (table, checked, grid): (&ast::Table, &hir::Table, &Grid),
        overlap: &Overlap,
        first: &hir::TableRow,
        second: &hir::TableRow,
    ) {
        let segments: Vec<Option<u32>> = overlap.segments.iter().copied().map(Some).collect();
        let (first, second) = if first.number < second.number { (first, second) } else { (second, first) };
        let finding = Finding::new(code, second.place).arg("first", Arg::Count(first.number.into()));
        let finding = finding.arg("second", Arg::Count(second.number.into()));
        let finding = finding.arg("example", example(table, checked, grid, &segments));
        self.once(scope, finding.label(first.place, "other-row"));
    }

    /// Rows that rows before them leave nothing to.
    fn masked_rows(&mut self, scope: &mut Scope, table: &ast::Table, checked: &hir::Table, grid: &Grid) {
        let answer = grid.masked(4 * BUDGET);
        for masked in &answer.found {
            let number = |i: &usize| grid.rows.get(*i).and_then(|row| checked.rows.get(row.at));
            let Some(row) = number(&masked.row) else { continue };
            let mut by: Vec<&hir::TableRow> = masked.by.iter().filter_map(number).collect();
            by.sort_by_key(|row| row.number);
            let numbers = by.iter().map(|row| Arg::Count(row.number.into())).collect();
            let finding = Finding::new(codes::ROW_MASKED, row.place).arg("row", Arg::Count(row.number.into()));
            let mut finding = finding.arg("by", Arg::List(numbers));
            for other in by.iter().take(EXAMPLES) {
                finding = finding.label(other.place, if has_priorities(table) { "wins-here" } else { "taken-here" });
            }
            self.once(scope, finding);
        }
        if !answer.complete {
            self.too_large(scope, table);
        }
    }

    /// Inputs without a row; true if it is shown that there are none.
    fn gaps(&mut self, scope: &mut Scope, table: &ast::Table, checked: &hir::Table, grid: &Grid) -> bool {
        let answer = grid.gaps(EXAMPLES, BUDGET);
        // Who collects knows what nothing is; what computed cells leave open nobody knows.
        if !checked.policy.collects() && !grid.partial && !checked.rows.is_empty() {
            for gap in &answer.found {
                let finding = Finding::new(codes::TABLE_GAP, scope.at(table.name.span)).name("name", &checked.name);
                self.once(scope, finding.arg("example", example(table, checked, grid, gap)));
            }
        }
        if !answer.complete && !checked.policy.collects() {
            self.too_large(scope, table);
        }
        answer.found.is_empty() && answer.complete
    }

    fn too_large(&mut self, scope: &mut Scope, table: &ast::Table) {
        let finding = Finding::new(codes::TABLE_TOO_LARGE, scope.at(table.name.span)).name("name", &table.name.text);
        let steps = Arg::Count(i64::try_from(BUDGET).unwrap_or(i64::MAX));
        self.once(scope, finding.arg("steps", steps));
    }

    /// However often a table is called, a finding about it is said once.
    fn once(&mut self, scope: &mut Scope, finding: Finding) {
        let same = |other: &Finding| other.code == finding.code && other.at == finding.at && other.args == finding.args;
        if self.findings.iter().any(same) {
            scope.failed |= finding.is_error();
            return;
        }
        scope.failed |= finding.is_error();
        self.findings.push(finding);
    }
}

/// By row of the grid: rows that may hold together have one class. Under `unique` every row is alone, under `any` those of one output.
fn classes(checked: &hir::Table, grid: &Grid) -> Vec<u32> {
    let mut known: HashMap<String, u32> = HashMap::new();
    let rows = (0u32..).zip(&grid.rows);
    rows.map(|(i, row)| {
        let Some(row) = checked.rows.get(row.at).filter(|_| checked.policy == Policy::Any) else { return i };
        let mut text = String::new();
        canonical::expr(&mut text, &row.output, &[]);
        *known.entry(text).or_insert(i)
    })
    .collect()
}

/// Values of segments, for people: `age = 60, total_asset = 49.99万`.
fn example(table: &ast::Table, checked: &hir::Table, grid: &Grid, segments: &[Option<u32>]) -> Arg {
    let mut said = Vec::new();
    for (column, ((input, axis), segment)) in checked.inputs.iter().zip(&grid.axes).zip(segments).enumerate() {
        // A column that does not matter is not said, unless nothing else would be.
        let Some(segment) = segment else { continue };
        let written = magnitude(table, column);
        said.push((input.name.clone(), witness(axis, *segment, &input.typed.ty, written), written));
    }
    Arg::Example(said)
}

/// The unit in which a column is written: that of its first number that has one.
fn magnitude(table: &ast::Table, column: usize) -> Magnitude {
    let of = |e: &ast::Expr| match &e.kind {
        ExprKind::Literal(Literal::Number { magnitude, .. }) if *magnitude != Magnitude::One => Some(*magnitude),
        _ => None,
    };
    let cells = table.rows.iter().filter_map(|row| row.cells.get(column));
    let mut all = cells.filter_map(|cell| match &cell.kind {
        CellKind::Compare(_, e) => of(e),
        CellKind::Range(low, high) => low.as_ref().and_then(of).or_else(|| high.as_ref().and_then(of)),
        CellKind::OneOf(items, _) => items.iter().find_map(of),
        CellKind::Any | CellKind::Missing(_) => None,
    });
    all.next().unwrap_or(Magnitude::One)
}
