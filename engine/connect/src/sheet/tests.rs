//! What is written is read again, and files made to hurt do not.
#![allow(clippy::unwrap_used)] // a test that cannot read what it wrote has failed

use super::*;
use proptest::prelude::*;
use std::io::Write as _;

fn sheet(rows: &[&[&str]]) -> Sheet {
    Sheet { rows: rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect() }
}

/// Without empty cells and rows at the ends, which no file keeps.
fn trimmed(sheet: &Sheet) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = sheet.rows.clone();
    for row in &mut rows {
        while row.last().is_some_and(String::is_empty) {
            row.pop();
        }
    }
    while rows.last().is_some_and(Vec::is_empty) {
        rows.pop();
    }
    rows
}

fn through(sheet: &Sheet, name: &str) -> Sheet {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(&path, sheet, "分级 [1]").unwrap();
    let read = read(&path, None, &SheetLimits::default()).unwrap();
    assert_eq!(read.findings, []);
    read.sheet
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec(
        prop_oneof![
            "[\"', \n\ta-z0-9|#<>&_=+@-]{0,8}",
            "\\PC{0,6}",
            Just("_x0041_".to_owned()), Just("007".to_owned()), Just("09:30".to_owned()), Just("\u{1}x\u{1f}".to_owned()),
            Just("\"C:\\\\x\"".to_owned()), Just("５０万，“全角”".to_owned()),
        ], 0..5), 0..6)) {
        let sheet = Sheet { rows };
        prop_assert_eq!(trimmed(&through(&sheet, "t.xlsx")), trimmed(&sheet));
        // A record of CSV has no blank lines.
        let lines: Vec<Vec<String>> = trimmed(&sheet).into_iter().filter(|row| !row.is_empty()).collect();
        let text = |rows: &[Vec<String>]| rows.iter().map(|row| row.iter().map(|c| c.replace("\r\n", "\n")).collect::<Vec<_>>()).collect::<Vec<_>>();
        prop_assert_eq!(text(&trimmed(&through(&Sheet { rows: lines.clone() }, "t.csv"))), text(&lines));
    }

    #[test]
    fn any_bytes_are_a_sheet_or_a_finding(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(xlsx::read(&bytes, "x.xlsx", None, &SheetLimits::default()));
    }
}

fn zipped(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (path, bytes) in parts {
        zip.start_file(*path, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_bomb_is_not_unpacked() {
    let limits = SheetLimits { unpacked_bytes: 1 << 20, ..SheetLimits::default() };
    let bomb = zipped(&[("xl/worksheets/sheet1.xml", vec![b' '; 4 << 20])]);
    assert!(bomb.len() < 100_000);
    let finding = xlsx::read(&bomb, "bomb.xlsx", None, &limits).unwrap_err();
    assert_eq!(finding.code, codes::SHEET_TOO_LARGE);
}

#[test]
fn a_cell_at_the_end_of_the_world_costs_nothing() {
    let good = xlsx::bytes(&sheet(&[&["a", "-> b"], &["1", "2"]]), "t").unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&good)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut parts = Vec::new();
    for name in &names {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        let far = text
            .replace("<row r=\"2\">", "<row r=\"1048576\">")
            .replace("\"A2\"", "\"XFC1048576\"")
            .replace("\"B2\"", "\"XFD1048576\"");
        parts.push((name.as_str(), far.into_bytes()));
    }
    let finding = xlsx::read(&zipped(&parts), "far.xlsx", None, &SheetLimits::default()).unwrap_err();
    assert_eq!(finding.code, codes::SHEET_TOO_LARGE);
}

#[test]
fn numbers_dates_and_errors_are_written_as_a_rulebook_writes_them() {
    let book = xlsx::bytes(&sheet(&[&["x"]]), "t").unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&book)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let cells = "<c r=\"A1\"><v>60</v></c><c r=\"B1\"><v>0.3</v></c><c r=\"C1\" t=\"b\"><v>1</v></c><c r=\"D1\" s=\"1\"><v>46348</v></c><c r=\"E1\" s=\"2\"><v>0.395833333333333</v></c><c r=\"F1\" t=\"e\"><v>#REF!</v></c><c r=\"G1\" t=\"str\"><f>\"a\"&amp;\"b\"</f><v>ab</v></c>";
    let mut parts = Vec::new();
    for name in &names {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        if name.ends_with("sheet1.xml") {
            text = format!(
                "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\">{cells}</row></sheetData></worksheet>"
            );
        } else if name.ends_with("styles.xml") {
            text = text.replacen("numFmtId=\"49\"", "numFmtId=\"14\"", 1).replacen(
                "numFmtId=\"49\"",
                "numFmtId=\"20\"",
                1,
            );
        }
        parts.push((name.as_str(), text.into_bytes()));
    }
    let read = xlsx::read(&zipped(&parts), "x.xlsx", None, &SheetLimits::default()).unwrap();
    assert_eq!(read.sheet.rows, [["60", "0.3", "true", "2026-11-22", "09:30", "", "ab"]]);
    assert_eq!(read.findings.len(), 1);
    assert_eq!(read.findings[0].code, codes::SHEET_ERROR);
}

#[test]
fn columns_are_called_as_spreadsheets_call_them() {
    assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}

#[test]
fn a_file_saved_by_a_chinese_excel_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("分级.csv");
    let (bytes, _, _) = encoding_rs::GBK.encode("年龄,-> 等级\r\n< 60,\"\"\"贵宾\"\"\"\r\n");
    std::fs::write(&path, bytes).unwrap();
    let read = read(&path, None, &SheetLimits::default()).unwrap();
    assert_eq!(read.sheet, sheet(&[&["年龄", "-> 等级"], &["< 60", "\"贵宾\""]]));
}
