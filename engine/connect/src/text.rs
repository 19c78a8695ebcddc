//! Whole text files: rulebooks, configurations, templates. UTF-8 only, and of a size a person could have written.

use crate::{
    config::Encoding,
    problem::{self, DataPlace},
    read::TextFile,
};
use guiju_lang::finding::Finding;
use std::path::Path;

/// The largest text file that is read, in bytes.
pub const MOST_BYTES: usize = 16 << 20;

/// The file's text. Findings name the byte, and say so when the file looks like GBK or UTF-16.
pub fn read(path: &Path) -> Result<String, Finding> {
    let trouble = |trouble: crate::read::Trouble| trouble.finding(path, None);
    let mut file = TextFile::open(path, Encoding::Utf8).map_err(trouble)?;
    let mut text = String::new();
    while file.fill(&mut text).map_err(trouble)? {
        if text.len() > MOST_BYTES {
            return Err(problem::record_too_long(DataPlace::file(path), MOST_BYTES as u64));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_utf8_and_says_what_else_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gj");
        std::fs::write(&path, "\u{feff}语言版本 1\n").unwrap();
        assert_eq!(read(&path).unwrap(), "语言版本 1\n");
        std::fs::write(&path, [0xd3, 0xef, 0xd1, 0xd4]).unwrap();
        assert_eq!(read(&path).unwrap_err().code, guiju_lang::finding::codes::data::LOOKS_LIKE_GBK);
        assert_eq!(read(&folder.path().join("b.gj")).unwrap_err().code, guiju_lang::finding::codes::data::FILE_ABSENT);
    }
}
