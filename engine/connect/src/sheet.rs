//! Decision tables as files that analysts edit: CSV and Excel workbooks. Cells are texts as a rulebook writes them; what a spreadsheet
//! program made a number or a date of is written back as one.

mod csv;
mod unpack;
mod xlsx;

use crate::{problem, sink::AtomicFile};
use guiju_lang::{
    finding::{Arg, At, Finding, codes::data as codes},
    sheet::{Misfit, MisfitKind, Sheet},
};
use std::path::Path;
pub(crate) use xlsx::read as read_xlsx;

/// The most that a sheet may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetLimits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes that a workbook unpacks to.
    pub unpacked_bytes: u64,
    /// Rows; Excel has 1,048,576.
    pub rows: usize,
    /// Columns; Excel has 16,384.
    pub columns: usize,
    /// Bytes of all cells' texts.
    pub text_bytes: usize,
}

impl Default for SheetLimits {
    /// 16 MiB packed, 128 MiB unpacked, 100,000 rows, 256 columns, 16 MiB of text: as much as a rulebook can be.
    fn default() -> Self {
        Self { file_bytes: 16 << 20, unpacked_bytes: 128 << 20, rows: 100_000, columns: 256, text_bytes: 16 << 20 }
    }
}

/// A sheet that was read, and how messages call it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSheet {
    /// Its cells.
    pub sheet: Sheet,
    /// The file, with the worksheet's name in brackets if it has several.
    pub called: String,
    /// Cells that hold no value but an error of the spreadsheet (`#REF!`).
    pub findings: Vec<Finding>,
}

/// Reads a `.csv` or `.xlsx` file. Of a workbook the worksheet of that name, or the first.
pub fn read(path: &Path, worksheet: Option<&str>, limits: &SheetLimits) -> Result<ReadSheet, Finding> {
    let size = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?.len();
    if size > limits.file_bytes {
        return Err(too_large(&path.display().to_string(), limits.file_bytes));
    }
    match extension(path).as_str() {
        "csv" => csv::read(path, limits),
        "xlsx" | "xlsm" => {
            let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
            xlsx::read(&bytes, &path.display().to_string(), worksheet, limits)
        }
        _ => Err(format_unknown(path)),
    }
}

/// Writes a `.csv` or `.xlsx` file, whole or not at all.
pub fn write(path: &Path, sheet: &Sheet, name: &str) -> Result<(), Finding> {
    let bytes = match extension(path).as_str() {
        "csv" => csv::bytes(sheet),
        "xlsx" => xlsx::bytes(sheet, name).map_err(|e| problem::cannot_write(path, &e))?,
        _ => return Err(format_unknown(path)),
    };
    let mut file = AtomicFile::create(path)?;
    file.put(&bytes)?;
    file.publish()
}

fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn unreadable(path: &Path, e: &std::io::Error) -> Finding {
    if e.kind() == std::io::ErrorKind::NotFound {
        problem::file_absent(path, None)
    } else {
        problem::file_unreadable(path, e)
    }
}

fn format_unknown(path: &Path) -> Finding {
    Finding::new(codes::SHEET_FORMAT, At::data(path.display().to_string()))
}

fn too_large(called: &str, most: u64) -> Finding {
    let most = Arg::Count(i64::try_from(most).unwrap_or(i64::MAX));
    Finding::new(codes::SHEET_TOO_LARGE, At::data(called)).arg("most", most)
}

/// The place of a cell, as a spreadsheet shows it: row 5, column `B`. Row and column are counted from 0.
pub fn at(called: &str, row: usize, column: usize) -> At {
    At::Data {
        path: called.to_owned(),
        row: u64::try_from(row).ok().map(|row| row + 1),
        column: Some(letters(column)),
        byte: None,
    }
}

/// A column as a spreadsheet calls it: A … Z, AA, AB, …
fn letters(mut column: usize) -> String {
    let mut out = Vec::new();
    loop {
        out.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        match (column / 26).checked_sub(1) {
            Some(more) => column = more,
            None => break,
        }
    }
    out.iter().rev().collect()
}

/// A cell that cannot stand in a table, as a finding.
pub fn misfit(called: &str, sheet: &Sheet, misfit: &Misfit) -> Finding {
    let place = at(called, misfit.row, misfit.column);
    let cell = sheet.rows.get(misfit.row).and_then(|row| row.get(misfit.column)).map_or("", |cell| cell.trim());
    let shown: String = cell.chars().take(60).collect();
    match misfit.kind {
        MisfitKind::NoColumns => Finding::new(codes::SHEET_COLUMNS, At::data(called)),
        MisfitKind::Sign(sign) => {
            Finding::new(codes::SHEET_SIGN, place).name("sign", sign.to_string()).name("cell", shown)
        }
        MisfitKind::OpenText => Finding::new(codes::SHEET_TEXT_OPEN, place).name("cell", shown),
        MisfitKind::TooFar => Finding::new(codes::SHEET_TOO_FAR, place).name("cell", shown),
        MisfitKind::NoOutput => Finding::new(codes::SHEET_NO_OUTPUT, place),
    }
}

/// Collects cells within the limits.
struct Cells<'l> {
    sheet: Sheet,
    limits: &'l SheetLimits,
    text: usize,
}

impl<'l> Cells<'l> {
    fn new(limits: &'l SheetLimits) -> Self {
        Self { sheet: Sheet::default(), limits, text: 0 }
    }

    /// Puts a cell; false if the sheet is larger than it may be.
    fn put(&mut self, row: usize, column: usize, text: String) -> bool {
        if text.is_empty() {
            return true;
        }
        // An empty row costs little, and a row far down must not cost more.
        self.text = self.text.saturating_add(text.len() + 8);
        if row >= self.limits.rows || column >= self.limits.columns || self.text > self.limits.text_bytes {
            return false;
        }
        if self.sheet.rows.len() <= row {
            self.sheet.rows.resize_with(row + 1, Vec::new);
        }
        if let Some(cells) = self.sheet.rows.get_mut(row) {
            if cells.len() <= column {
                cells.resize_with(column + 1, String::new);
            }
            if let Some(cell) = cells.get_mut(column) {
                *cell = text;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
