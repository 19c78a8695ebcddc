//! A decision table as a spreadsheet holds it, and back. Every cell of the sheet is a piece of the rulebook's own text, so that
//! nothing is lost on the way: `50万`, `"007"` and `≥ 18` stay as they are written, and comments go along.
//!
//! The sheet says line by line what the text says: `##` lines; the word `table` with name and title; `hit` with its policy; the
//! columns, of which the first output has an arrow in front; then the rows, a comment in the cell after the last.

mod export;
mod import;

pub use export::{Place, export, place};
pub use import::{Imported, Misfit, MisfitKind, import};

/// Rows of cells; rows may be of different lengths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// From the first row on.
    pub rows: Vec<Vec<String>>,
}

/// Where the cells of a row lie in its text, from its first bar to its arrow, in bytes.
pub fn cells_of(row: &str) -> Vec<std::ops::Range<usize>> {
    let inside = texts(row);
    let free = |at: usize| !inside.iter().any(|(from, to)| *from <= at && to.is_none_or(|to| at < to));
    let mut cells = Vec::new();
    let mut from = None;
    for (at, c) in row.char_indices().filter(|(at, _)| free(*at)) {
        let arrow = matches!(c, '→' | '—') || row[at..].starts_with("->") || row[at..].starts_with("=>");
        if !arrow && !matches!(c, '|' | '｜') {
            continue;
        }
        if let Some(from) = from {
            let cell: &str = &row[from..at];
            let start = from + (cell.len() - cell.trim_start().len());
            cells.push(start..(start + cell.trim().len()));
        }
        if arrow {
            break;
        }
        from = Some(at + c.len_utf8());
    }
    cells
}

/// Words between quotes are an author's and mean nothing to a table: where the texts of a cell lie, as (start, end) in bytes; the
/// last one without an end is open.
pub(crate) fn texts(cell: &str) -> Vec<(usize, Option<usize>)> {
    let mut found: Vec<(usize, Option<usize>)> = Vec::new();
    let mut open: Option<char> = None;
    let mut escaped = false;
    for (at, c) in cell.char_indices() {
        match open {
            None => {
                open = match c {
                    '"' => Some('"'),
                    '“' | '”' => Some('”'),
                    _ => continue,
                };
                found.push((at, None));
            }
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(close) if c == close || (close == '”' && c == '"') => {
                if let Some(last) = found.last_mut() {
                    last.1 = Some(at + c.len_utf8());
                }
                open = None;
            }
            Some(_) => {}
        }
    }
    found
}
