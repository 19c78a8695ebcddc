//! Sheet to text.

use super::{Sheet, texts};
use crate::{ast::Span, keyword::Kw};

/// A sheet's text, and where in it each cell went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// A declaration, with its `##` lines.
    pub text: String,
    /// The name it declares.
    pub name: String,
    /// Places in the text with the row and column they come from, counted from 0, in the order of the text.
    pub cells: Vec<(Span, usize, usize)>,
    /// Cells that cannot stand in a table, by row and column. The text is without them.
    pub misfits: Vec<Misfit>,
}

/// A cell that cannot stand in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Counted from 0.
    pub row: usize,
    /// Counted from 0.
    pub column: usize,
    /// Why not.
    pub kind: MisfitKind,
}

/// Why a cell cannot stand in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MisfitKind {
    /// No row names the columns: none has a cell that starts with an arrow.
    NoColumns,
    /// A bar, an arrow or a comment sign, which end a cell.
    Sign(char),
    /// A text whose quotes are not closed.
    OpenText,
    /// A cell beyond the columns that is no comment.
    TooFar,
    /// A row without anything to say after the arrow.
    NoOutput,
}

/// A sheet as a table's declaration; `name` if the sheet gives none.
pub fn import(sheet: &Sheet, name: &str) -> Imported {
    let mut writer = Writer { sheet, out: Imported::default() };
    writer.table(name);
    writer.out
}

struct Writer<'s> {
    sheet: &'s Sheet,
    out: Imported,
}

fn keyword(cell: &str, kw: Kw) -> bool {
    let cell = cell.trim();
    cell.to_lowercase() == kw.en() || cell == kw.zh()
}

/// What follows an arrow at the beginning.
fn after_arrow(cell: &str) -> Option<&str> {
    let cell = cell.trim_start();
    ["->", "=>", "→"].into_iter().find_map(|arrow| cell.strip_prefix(arrow))
}

fn is_comment(cell: &str) -> bool {
    cell.trim_start().starts_with(['#', '＃'])
}

impl Writer<'_> {
    fn cell(&self, row: usize, column: usize) -> &str {
        self.sheet.rows.get(row).and_then(|cells| cells.get(column)).map_or("", |cell| cell.trim())
    }

    fn misfit(&mut self, row: usize, column: usize, kind: MisfitKind) {
        self.out.misfits.push(Misfit { row, column, kind });
    }

    /// Writes a cell's text, on one line, and remembers where.
    fn put(&mut self, row: usize, column: usize, text: &str) {
        let text = one_line(text);
        let inside = texts(&text);
        let free = |at: usize| !inside.iter().any(|(from, to)| *from <= at && to.is_none_or(|to| at < to));
        let sign = text.char_indices().find(|(at, c)| {
            let arrow = *c == '→' || text[*at..].starts_with("->") || text[*at..].starts_with("=>");
            free(*at) && (matches!(c, '|' | '｜' | '#' | '＃') || arrow)
        });
        if inside.iter().any(|(_, to)| to.is_none()) {
            return self.misfit(row, column, MisfitKind::OpenText);
        }
        if let Some((_, sign)) = sign {
            return self.misfit(row, column, MisfitKind::Sign(sign));
        }
        let start = self.out.text.len();
        self.out.text.push_str(&text);
        self.out.cells.push((Span::new(start, self.out.text.len()), row, column));
    }

    fn table(&mut self, default: &str) {
        let rows = self.sheet.rows.len();
        let blank = |cells: &[String]| cells.iter().all(|cell| cell.trim().is_empty());
        let columns_at = (0..rows).find(|row| {
            let cells = self.sheet.rows.get(*row).map_or(&[][..], Vec::as_slice);
            // A comment may have an arrow in it; a row of columns starts with a name.
            !cells.first().is_some_and(|cell| is_comment(cell)) && cells.iter().any(|cell| after_arrow(cell).is_some())
        });
        let Some(columns_at) = columns_at else {
            return self.misfit(0, 0, MisfitKind::NoColumns);
        };
        let (mut head, mut hit, mut notes) = (None, None, Vec::new());
        for row in 0..columns_at {
            match self.cell(row, 0) {
                doc if doc.starts_with("##") => {
                    let line = one_line(doc);
                    self.out.text += &format!("{line}\n");
                }
                note if is_comment(note) => notes.push(one_line(note)),
                word if keyword(word, Kw::TABLE) => head = Some(row),
                word if keyword(word, Kw::HIT) => hit = Some(row),
                _ => {}
            }
        }
        let word = head.map_or(Kw::TABLE.en(), |row| self.cell(row, 0)).to_owned();
        self.out.text += &format!("{word} ");
        match head {
            Some(row) => {
                let (name, title) = (self.cell(row, 1).to_owned(), self.cell(row, 2).to_owned());
                self.out.name = name.trim_matches('`').to_owned();
                self.put(row, 1, &name);
                if !title.is_empty() {
                    self.out.text.push(' ');
                    self.put(row, 2, &title);
                }
            }
            None => {
                self.out.name = default.to_owned();
                let plain = default.chars().all(|c| c.is_alphanumeric() || c == '_')
                    && !default.starts_with(|c: char| c.is_numeric());
                self.out.text += &if plain { default.to_owned() } else { format!("`{}`", default.replace('`', "'")) };
            }
        }
        let (inputs, outputs) = self.columns(columns_at);
        self.out.text += " {\n";
        for note in notes {
            self.out.text += &format!("  {note}\n");
        }
        if let Some(row) = hit {
            self.hit(row);
        }
        for row in columns_at + 1..rows {
            let cells = self.sheet.rows.get(row).map_or(&[][..], Vec::as_slice);
            if blank(cells) {
                continue;
            }
            let only_first = cells.iter().skip(1).all(|cell| cell.trim().is_empty());
            if only_first && cells.first().is_some_and(|cell| is_comment(cell)) {
                let note = one_line(self.cell(row, 0));
                self.out.text += &format!("  {note}\n");
                continue;
            }
            self.row(row, inputs, outputs);
        }
        self.out.text += "}\n";
    }

    /// The columns; how many inputs and outputs there are.
    fn columns(&mut self, row: usize) -> (usize, usize) {
        let cells = self.sheet.rows.get(row).cloned().unwrap_or_default();
        let inputs = cells.iter().position(|cell| after_arrow(cell).is_some()).unwrap_or(cells.len());
        self.out.text += " (";
        for (column, cell) in cells.iter().enumerate().take(inputs) {
            if column > 0 {
                self.out.text += ", ";
            }
            self.put(row, column, cell);
        }
        self.out.text += ") -> ";
        let last = cells.iter().rposition(|cell| !cell.trim().is_empty() && !is_comment(cell)).unwrap_or(inputs);
        for (column, cell) in cells.iter().enumerate().take(last + 1).skip(inputs) {
            if column > inputs {
                self.out.text += ", ";
            }
            self.put(row, column, after_arrow(cell).unwrap_or(cell));
        }
        (inputs, last + 1 - inputs)
    }

    fn hit(&mut self, row: usize) {
        let cells = self.sheet.rows.get(row).cloned().unwrap_or_default();
        let last = cells.iter().rposition(|cell| !cell.trim().is_empty()).unwrap_or(0);
        self.out.text += "  ";
        for (column, cell) in cells.iter().enumerate().take(last + 1) {
            self.out.text += match column {
                0 => "",
                1 | 2 => " ",
                _ => ", ",
            };
            self.put(row, column, cell);
        }
        self.out.text.push('\n');
    }

    fn row(&mut self, row: usize, inputs: usize, outputs: usize) {
        let cells = self.sheet.rows.get(row).cloned().unwrap_or_default();
        self.out.text += "  | ";
        let otherwise = keyword(self.cell(row, 0), Kw::OTHERWISE);
        for column in 0..inputs {
            let cell = self.cell(row, column).to_owned();
            if otherwise && column > 0 {
                // What stands beside `otherwise` would not count.
                if !matches!(cell.as_str(), "" | "-") {
                    self.misfit(row, column, MisfitKind::TooFar);
                }
                continue;
            }
            if column > 0 {
                self.out.text += " | ";
            }
            match cell.as_str() {
                "" => self.out.text.push('-'),
                cell => self.put(row, column, cell),
            }
        }
        self.out.text += " -> ";
        for column in inputs..inputs + outputs {
            if column > inputs {
                self.out.text += " | ";
            }
            let cell = self.cell(row, column).to_owned();
            if cell.is_empty() {
                self.misfit(row, column, MisfitKind::NoOutput);
            } else {
                self.put(row, column, &cell);
            }
        }
        self.out.text += " |";
        for (column, cell) in
            cells.iter().enumerate().skip(inputs + outputs).filter(|(_, cell)| !cell.trim().is_empty())
        {
            if is_comment(cell) {
                let note = one_line(cell);
                self.out.text += &format!("  {note}");
            } else {
                self.misfit(row, column, MisfitKind::TooFar);
            }
        }
        self.out.text.push('\n');
    }
}

/// Line ends within quotes are written `\n`; others are blanks.
fn one_line(cell: &str) -> String {
    let cell = cell.trim().replace("\r\n", "\n").replace('\r', "\n");
    if !cell.contains('\n') {
        return cell;
    }
    let inside = texts(&cell);
    let text = |at: usize| inside.iter().any(|(from, to)| *from < at && to.is_some_and(|to| at < to));
    cell.char_indices()
        .map(|(at, c)| match c {
            '\n' if text(at) => "\\n".to_owned(),
            '\n' => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
