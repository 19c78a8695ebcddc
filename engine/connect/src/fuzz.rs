//! Entry points for the fuzz targets: pure functions from bytes. Nothing here may panic, whatever the bytes.

use crate::{
    calendar,
    config::{Config, Encoding, Form, TextOptions},
    infer::Guess,
    inlet::request,
    nats::{Client, Socket},
    read::{self, Limits, Lines, TextFile},
    sheet,
};
use guiju_lang::finding::{FileId, Finding};
use std::{
    io::{Cursor, Read, Write},
    path::Path,
    time::{Duration, Instant},
};

fn text(bytes: &[u8], encoding: Encoding) -> TextFile {
    TextFile::new(Box::new(Cursor::new(bytes.to_vec())), Path::new("fuzz"), encoding)
}

fn limits() -> Limits {
    Limits { record_bytes: 4096, columns: 64, listed: 4 }
}

/// Splits a CSV text and guesses its columns' types. The first byte chooses the encoding.
pub fn csv(bytes: &[u8]) -> Result<u64, Finding> {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let encoding = if first % 2 == 0 { Encoding::Utf8 } else { Encoding::Gbk };
    let (names, mut rows) = read::read_header(text(rest, encoding), TextOptions::default().delimiter, &limits())?;
    let mut guesses = vec![Guess::default(); names.len()];
    while rows.advance()? {
        for (i, guess) in guesses.iter_mut().enumerate() {
            if let Some((value, _)) = rows.get(i) {
                guess.see(value);
            }
        }
    }
    guesses.iter().for_each(|g| drop(g.result()));
    Ok(rows.row())
}

/// Reads JSON lines.
pub fn jsonl(bytes: &[u8]) -> Result<u64, Finding> {
    let mut lines = Lines::new(text(bytes, Encoding::Utf8), &limits());
    let mut rows = 0;
    while lines.object(|_, object| object.len())?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

/// Reads a recording or a capture of a feed into rows of one of its tables. The first byte chooses the form.
pub fn market(bytes: &[u8]) -> u64 {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    crate::feeds::fuzz(*first, rest)
}

/// Reads the head of a request.
pub fn http(bytes: &[u8]) -> bool {
    request::parse(bytes).is_some()
}

/// What a broker sends, and nothing after it.
struct Sent(Cursor<Vec<u8>>);

impl Read for Sent {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        // In pieces, so that whatever may be cut is cut.
        let most = buffer.len().min(61);
        self.0.read(&mut buffer[..most])
    }
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Socket for Sent {
    fn wait_at_most(&self, _: Duration) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads what a broker says to its end: how many messages there are, none longer than all of it.
pub fn nats(bytes: &[u8]) -> usize {
    let second = Duration::from_secs(1);
    let mut client = Client::over(Sent(Cursor::new(bytes.to_vec())), second);
    let mut messages = 0;
    while let Ok(Some(message)) = client.next(Instant::now() + second) {
        assert!(message.body.len() <= bytes.len(), "more than was sent");
        messages += 1;
    }
    messages
}

/// Reads a workbook, and what it holds as a decision table: every cell that is not in the text has a reason.
pub fn workbook(bytes: &[u8]) -> Result<usize, Finding> {
    let limits = sheet::SheetLimits {
        file_bytes: 1 << 16,
        unpacked_bytes: 1 << 20,
        rows: 512,
        columns: 32,
        text_bytes: 1 << 14,
    };
    let read = sheet::read_xlsx(bytes, "fuzz.xlsx", None, &limits)?;
    let imported = guiju_lang::sheet::import(&read.sheet, "fuzz");
    for misfit in &imported.misfits {
        drop(sheet::misfit(&read.called, &read.sheet, misfit));
    }
    for (span, row, column) in &imported.cells {
        assert!(imported.text.get(span.range()).is_some(), "row {row}, column {column}");
    }
    Ok(imported.cells.len())
}

/// Reads a connections file.
pub fn config(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let of = |form| {
        let (config, findings) = Config::parse_as(form, &text, Path::new("fuzz"), FileId(0));
        config.connections.len() + findings.len()
    };
    of(Form::Yaml).max(of(Form::Toml))
}

/// Reads a calendar: either it can be used or there is a finding.
pub fn calendar(bytes: &[u8]) {
    let (calendar, findings) = calendar::parse_calendar(&String::from_utf8_lossy(bytes), FileId(0));
    assert!(calendar.is_some() == findings.is_empty(), "a calendar, or a reason why not");
}
