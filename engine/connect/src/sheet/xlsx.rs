//! Excel workbooks. Read cell by cell, so that a cell far down and far right costs nothing; written as texts, so that Excel leaves
//! `09:30`, `007` and `1-2` alone.

use super::{Cells, ReadSheet, SheetLimits, at, too_large, unpack};
use calamine::{DataRef, Reader, Xlsx};
use guiju_lang::{
    finding::{At, Finding, codes::data as codes},
    sheet::Sheet,
};
use std::{
    fmt::Write as _,
    io::{self, Cursor, Write as _},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Reads a workbook's worksheet of that name, or its first.
pub(crate) fn read(
    bytes: &[u8],
    path: &str,
    worksheet: Option<&str>,
    limits: &SheetLimits,
) -> Result<ReadSheet, Finding> {
    let broken = |message: String| {
        let shown: String = message.chars().take(120).collect();
        Finding::new(codes::SHEET_BROKEN, At::data(path)).arg("why", guiju_lang::finding::Arg::Plain(shown))
    };
    if !unpack::fits(bytes, limits.unpacked_bytes).map_err(broken)? {
        return Err(too_large(path, limits.unpacked_bytes));
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    let names = book.sheet_names();
    let wanted = match worksheet {
        Some(name) => names.iter().find(|n| n.as_str() == name),
        None => names.first(),
    };
    let Some(wanted) = wanted.cloned() else {
        let finding = Finding::new(codes::SHEET_ABSENT, At::data(path)).name("name", worksheet.unwrap_or(""));
        return Err(finding.arg("known", guiju_lang::finding::Arg::Names(names)));
    };
    let called = if names.len() > 1 { format!("{path} [{wanted}]") } else { path.to_owned() };
    let mut cells = Cells::new(limits);
    let mut findings = Vec::new();
    let mut reader = book.worksheet_cells_reader(&wanted).map_err(|e| broken(e.to_string()))?;
    while let Some(cell) = reader.next_cell().map_err(|e| broken(e.to_string()))? {
        let (row, column) = cell.get_position();
        let (row, column) = (row as usize, column as usize);
        let text = match cell.get_value() {
            DataRef::Error(error) => {
                if findings.len() < 20 {
                    findings.push(
                        Finding::new(codes::SHEET_ERROR, at(&called, row, column)).name("error", error.to_string()),
                    );
                }
                continue;
            }
            value => written(value),
        };
        if !cells.put(row, column, text) {
            return Err(too_large(&called, limits.text_bytes as u64));
        }
    }
    Ok(ReadSheet { sheet: cells.sheet, called, findings })
}

/// A cell as a rulebook writes it.
fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(x) => x.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.replacen('T', " ", 1),
        DataRef::DateTime(moment) => {
            let (y, mo, d, h, m, s, _) = moment.to_ymd_hms_milli();
            let time = if s == 0 { format!("{h:02}:{m:02}") } else { format!("{h:02}:{m:02}:{s:02}") };
            let days = moment.as_f64();
            if moment.is_duration() || (0.0..1.0).contains(&days) {
                time
            } else if days.fract() == 0.0 {
                format!("{y:04}-{mo:02}-{d:02}")
            } else {
                format!("{y:04}-{mo:02}-{d:02} {time}")
            }
        }
    }
}

/// Characters that XML cannot hold are written as `_x000A_` (ECMA-376, ST_Xstring); calamine reads them back.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What would be read as an escape.
            '_' if text[at..].starts_with("_x") => out.push_str("_x005F_"),
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "_x{:04X}_", u32::from(c));
            }
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "_x{:04X}_", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/></Types>";
const RELATIONS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
const BOOK_RELATIONS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>";
/// Style 1 is text (number format 49), style 2 bold text.
const STYLES: &str = "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"3\"><xf xfId=\"0\"/><xf xfId=\"0\" numFmtId=\"49\" applyNumberFormat=\"1\"/><xf xfId=\"0\" numFmtId=\"49\" applyNumberFormat=\"1\" fontId=\"1\" applyFont=\"1\"/></cellXfs></styleSheet>";

/// A workbook of one worksheet, all cells texts; the same bytes for the same sheet.
pub(super) fn bytes(sheet: &Sheet, name: &str) -> io::Result<Vec<u8>> {
    // What Excel takes as a worksheet's name.
    let name: String = name.chars().map(|c| if "[]:*?/\\'".contains(c) { '_' } else { c }).take(31).collect();
    let name = if name.is_empty() { "table".to_owned() } else { name };
    let book = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"{}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        escaped(&name)
    );
    let parts = [
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", RELATIONS.to_owned()),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS.to_owned()),
        ("xl/styles.xml", STYLES.to_owned()),
        ("xl/worksheets/sheet1.xml", worksheet(sheet)),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (path, text) in parts {
        zip.start_file(path, options).map_err(io::Error::other)?;
        zip.write_all(XML.as_bytes())?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish().map_err(io::Error::other)?.into_inner())
}

fn worksheet(sheet: &Sheet) -> String {
    let mut out = String::from("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cols>");
    let columns = sheet.rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    for column in 0..columns {
        let cells = sheet.rows.iter().filter(|row| row.len() > 1).filter_map(|row| row.get(column));
        // A Chinese character is as wide as two digits.
        let width = |cell: &String| cell.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        let width = cells.map(width).max().unwrap_or(0).clamp(8, 60) + 2;
        let number = column + 1;
        let _ = write!(out, "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" style=\"1\" customWidth=\"1\"/>");
    }
    out.push_str("</cols><sheetData>");
    let head = sheet.rows.iter().position(|row| row.iter().any(|cell| cell.starts_with("->"))).unwrap_or(0);
    for (i, row) in sheet.rows.iter().enumerate() {
        let _ = write!(out, "<row r=\"{}\">", i + 1);
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let style = if i == head { 2 } else { 1 };
            let place = format!("{}{}", super::letters(column), i + 1);
            let _ = write!(
                out,
                "<c r=\"{place}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                escaped(cell)
            );
        }
        out.push_str("</row>");
    }
    out.push_str("</sheetData></worksheet>");
    out
}
