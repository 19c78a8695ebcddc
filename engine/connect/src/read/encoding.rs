//! Text files, read in pieces as checked UTF-8: byte order marks, GBK (declared, or recognised and said), UTF-16 (recognised).

use crate::{
    config::Encoding,
    problem::{self, DataPlace},
};
use guiju_lang::finding::Finding;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// How much is read at a time.
const PIECE: usize = 256 << 10;
/// The least.
const LEAST: usize = 4 << 10;

/// What reading stumbles over; the row is only known to the one who splits rows.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The system said no.
    Io(std::io::Error),
    /// Not UTF-8 at this byte; a sample of what it says if it is GBK.
    NotUtf8 { byte: u64, gbk: Option<String> },
    /// Not in the declared encoding, in the piece that starts here.
    NotDeclared { byte: u64 },
    /// Begins with UTF-16's mark, or is full of zero bytes.
    Utf16,
}

impl Trouble {
    /// As a finding; `row` is the 1-based data row that was being read.
    pub(crate) fn finding(&self, path: &Path, row: Option<u64>) -> Finding {
        let mut at = DataPlace::file(path);
        at.row = row;
        match self {
            Self::Io(e) if e.kind() == std::io::ErrorKind::NotFound => problem::file_absent(path, None),
            Self::Io(e) => problem::file_unreadable(path, e),
            Self::NotUtf8 { byte, gbk: None } => problem::not_utf8(at.byte(*byte)),
            Self::NotUtf8 { byte, gbk: Some(sample) } => problem::looks_like_gbk(at.byte(*byte), sample),
            Self::NotDeclared { byte } => problem::not_in_encoding(at.byte(*byte), "gbk"),
            Self::Utf16 => problem::utf16(path),
        }
    }
}

/// Bytes in, text out.
pub(crate) struct TextFile {
    input: Box<dyn Read + Send>,
    /// Read and not yet handed out: the beginning of a character that the next piece completes.
    raw: Vec<u8>,
    /// Position in the file of `raw`'s first byte.
    byte: u64,
    /// How much is read at a time: of a small file all, and one byte more, so that its end is seen at once.
    piece: usize,
    decoder: Option<encoding_rs::Decoder>,
    started: bool,
    ended: bool,
    pub(crate) path: PathBuf,
}

impl TextFile {
    pub(crate) fn open(path: &Path, encoding: Encoding) -> Result<Self, Trouble> {
        let file = File::open(path).map_err(Trouble::Io)?;
        let known =
            file.metadata().ok().filter(|about| about.is_file()).and_then(|about| usize::try_from(about.len()).ok());
        let mut text = Self::new(Box::new(file), path, encoding);
        // A file may grow while it is read: then there are more pieces.
        text.piece = known.map_or(PIECE, |bytes| bytes.saturating_add(1).clamp(LEAST, PIECE));
        Ok(text)
    }

    pub(crate) fn new(input: Box<dyn Read + Send>, path: &Path, encoding: Encoding) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => None,
            Encoding::Gbk => Some(encoding_rs::GB18030.new_decoder_without_bom_handling()),
        };
        Self {
            input,
            raw: Vec::new(),
            byte: 0,
            piece: PIECE,
            decoder,
            started: false,
            ended: false,
            path: path.to_owned(),
        }
    }

    /// Bytes handed out so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.byte
    }

    /// Appends the next piece to `text`; `false` at the end. What is good before a bad byte is handed out first.
    pub(crate) fn fill(&mut self, text: &mut String) -> Result<bool, Trouble> {
        if self.ended {
            return Ok(false);
        }
        let kept = self.raw.len();
        self.raw.resize(kept + self.piece, 0);
        let mut got = kept;
        while got < self.raw.len() {
            match self.input.read(&mut self.raw[got..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => got += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Trouble::Io(e)),
            }
        }
        self.raw.truncate(got);
        if !self.started {
            self.start()?;
        }
        match &mut self.decoder {
            Some(_) => self.decode(text),
            None => self.validate(text),
        }
    }

    fn start(&mut self) -> Result<(), Trouble> {
        self.started = true;
        let head = self.raw.get(..self.raw.len().min(4096)).unwrap_or_default();
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err(Trouble::Utf16);
        }
        let zeros = head.iter().filter(|b| **b == 0).count();
        if head.len() >= 4 && zeros * 4 > head.len() {
            return Err(Trouble::Utf16);
        }
        if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.raw.drain(..3);
            self.byte = 3;
            self.decoder = None;
        }
        Ok(())
    }

    fn validate(&mut self, text: &mut String) -> Result<bool, Trouble> {
        let good = match std::str::from_utf8(&self.raw) {
            Ok(all) => {
                text.push_str(all);
                self.raw.len()
            }
            Err(e) => {
                let good = e.valid_up_to();
                if good == 0 && (e.error_len().is_some() || self.ended) {
                    return Err(Trouble::NotUtf8 { byte: self.byte, gbk: e.error_len().and_then(|_| gbk(&self.raw)) });
                }
                text.push_str(std::str::from_utf8(&self.raw[..good]).unwrap_or_default());
                // The bad byte is reported by the next call, after the rows before it.
                if e.error_len().is_some() || self.ended {
                    self.ended = false;
                }
                good
            }
        };
        self.raw.drain(..good);
        self.byte += good as u64;
        Ok(good > 0 || !self.ended)
    }

    fn decode(&mut self, text: &mut String) -> Result<bool, Trouble> {
        let Some(decoder) = &mut self.decoder else { return Ok(false) };
        let room = decoder.max_utf8_buffer_length_without_replacement(self.raw.len()).unwrap_or(self.raw.len() * 3);
        text.reserve(room);
        let (result, read) = decoder.decode_to_string_without_replacement(&self.raw, text, self.ended);
        self.byte += read as u64;
        if let encoding_rs::DecoderResult::Malformed(bad, after) = result {
            let back = u64::from(bad) + u64::from(after);
            return Err(Trouble::NotDeclared { byte: self.byte.saturating_sub(back) });
        }
        self.raw.drain(..read);
        Ok(read > 0 || !self.ended)
    }
}

/// What the bytes say as GBK, if they read as Chinese.
fn gbk(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(4096)];
    let mut decoder = encoding_rs::GBK.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() * 3);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, false);
    if matches!(result, encoding_rs::DecoderResult::Malformed(..)) {
        return None;
    }
    let foreign = text.chars().filter(|c| !c.is_ascii()).count();
    let han = text
        .chars()
        .filter(|c| matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}'))
        .count();
    (han > 0 && han * 10 >= foreign * 8).then(|| text.chars().filter(|c| !c.is_control()).take(12).collect())
}
