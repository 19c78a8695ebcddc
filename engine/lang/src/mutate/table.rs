//! Decision tables with a row, a cell or a bound changed.

use super::{Grower, Said, stepped};
use crate::hir::{Cell, CompareOp, Expr, ExprKind, Table, TableRow};
use guiju_grammar::sheet::cells_of;
use std::{ops::Range, sync::Arc};

/// Of larger tables no test is asked to pin down every cell.
const MOST_ROWS: usize = 60;

impl Grower<'_> {
    pub(super) fn table(&mut self, e: &Expr, table: &Arc<Table>, inputs: &[Expr]) {
        if table.rows.len() > MOST_ROWS {
            return;
        }
        let with = |changed: Table| Expr { kind: ExprKind::Table(Arc::new(changed), inputs.to_vec()), ..e.clone() };
        for (at, row) in table.rows.iter().enumerate() {
            let text = self.texts.slice(row.place).to_owned();
            let mut changed = (**table).clone();
            changed.rows.remove(at);
            self.row("dropped", row, &text, String::new(), with(changed));
            for ((column, cell), place) in row.cells.iter().enumerate().zip(cells_of(&text)) {
                for (kind, said, other) in self.cells(cell, text.get(place.clone()).unwrap_or_default(), table, column)
                {
                    let mut changed = (**table).clone();
                    if let Some(slot) = changed.rows.get_mut(at).and_then(|row| row.cells.get_mut(column)) {
                        *slot = other;
                    }
                    let to = spliced(&text, &place, &said);
                    self.row(kind, row, &text, to, with(changed));
                }
            }
        }
        if let Some(row) = &table.otherwise {
            let text = self.texts.slice(row.place).to_owned();
            self.row("dropped", row, &text, String::new(), with(Table { otherwise: None, ..(**table).clone() }));
        }
    }

    fn row(&mut self, kind: &'static str, row: &TableRow, from: &str, to: String, changed: Expr) {
        let said = Said { kind, at: row.place, from: from.to_owned(), to };
        self.found.push((said, self.path.clone(), changed));
    }

    /// What a cell could be instead, and how it is written.
    fn cells(&self, cell: &Cell, text: &str, table: &Table, column: usize) -> Vec<(&'static str, String, Cell)> {
        use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
        let mut found = Vec::new();
        if *cell != Cell::Any {
            found.push(("dropped", "-".to_owned(), Cell::Any));
        }
        let Cell::Compare(op, bound) = cell else { return found };
        let literal = text.trim_start_matches(['<', '>', '=', '!', '≤', '≥', '≠', '＜', '＞', '＝', ' ', '\u{3000}']);
        let sign = text.get(..text.len() - literal.len()).unwrap_or_default();
        let others: &[CompareOp] = match op {
            Eq if sign.is_empty() => &[],
            Eq => &[Ne],
            Ne => &[Eq],
            Lt => &[Le],
            Le => &[Lt],
            Gt => &[Ge],
            Ge => &[Gt],
        };
        for other in others.iter().filter(|_| !sign.is_empty()) {
            found.push(("operator", format!("{} {literal}", other.sign()), Cell::Compare(*other, bound.clone())));
        }
        for up in [true, false] {
            let ty = table.inputs.get(column).map(|input| &input.typed.ty);
            if let Some((value, _, text)) = ty.and_then(|ty| stepped(bound, ty, literal, up)) {
                found.push(("constant", format!("{sign}{text}"), Cell::Compare(*op, value)));
            }
        }
        found
    }
}

fn spliced(text: &str, place: &Range<usize>, with: &str) -> String {
    let (before, after) = (text.get(..place.start), text.get(place.end..));
    format!("{}{with}{}", before.unwrap_or_default(), after.unwrap_or_default())
}
