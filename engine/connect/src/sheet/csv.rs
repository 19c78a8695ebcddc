//! CSV as spreadsheet programs write it: UTF-8 with or without its mark, GB 18030 where a Chinese Excel saved it.

use super::{Cells, ReadSheet, SheetLimits, too_large};
use crate::{
    config::Encoding,
    problem::{self, DataPlace},
    read::{Broken, Records, TextFile, Trouble},
};
use guiju_lang::{finding::Finding, sheet::Sheet};
use std::path::Path;

/// So that Excel takes the file for UTF-8.
const MARK: &str = "\u{feff}";

pub(super) fn read(path: &Path, limits: &SheetLimits) -> Result<ReadSheet, Finding> {
    match with_encoding(path, Encoding::Utf8, limits) {
        // A table has no header that says what it is in: what is not UTF-8 and makes sense as GB 18030 is that.
        Err(Broken::Text(Trouble::NotUtf8 { gbk: Some(_), .. })) => with_encoding(path, Encoding::Gbk, limits),
        other => other,
    }
    .map_err(|broken| finding(path, &broken, limits))?
    .ok_or_else(|| too_large(&path.display().to_string(), limits.text_bytes as u64))
}

fn with_encoding(path: &Path, encoding: Encoding, limits: &SheetLimits) -> Result<Option<ReadSheet>, Broken> {
    let text = TextFile::open(path, encoding).map_err(Broken::Text)?;
    let mut records = Records::new(text, b',', limits.text_bytes);
    let mut cells = Cells::new(limits);
    let mut row = 0;
    while records.advance()? {
        for column in 0..records.len() {
            let text = records.get(column).map_or("", |(text, _)| text);
            if !cells.put(row, column, text.to_owned()) {
                return Ok(None);
            }
        }
        row += 1;
    }
    Ok(Some(ReadSheet { sheet: cells.sheet, called: path.display().to_string(), findings: Vec::new() }))
}

fn finding(path: &Path, broken: &Broken, limits: &SheetLimits) -> Finding {
    let at = DataPlace::file(path);
    match broken {
        Broken::Text(trouble) => trouble.finding(path, None),
        Broken::QuoteOpen => problem::quote_open(at),
        Broken::QuoteStray => problem::quote_stray(at),
        Broken::TooLong => problem::record_too_long(at, limits.text_bytes as u64),
    }
}

pub(super) fn bytes(sheet: &Sheet) -> Vec<u8> {
    let mut out = String::from(MARK);
    for row in &sheet.rows {
        for (i, cell) in row.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            let plain =
                !cell.contains([',', '"', '\n', '\r']) && cell.trim() == cell && !(cell.is_empty() && row.len() == 1);
            if plain {
                out.push_str(cell);
            } else {
                out.push('"');
                out.push_str(&cell.replace('"', "\"\""));
                out.push('"');
            }
        }
        out.push_str("\r\n");
    }
    out.into_bytes()
}
