//! Lines of JSON in one file.

use crate::sink::AtomicFile;
use guiju_feed::Decoded;
use guiju_lang::finding::Finding;
use std::path::Path;

/// A file of messages, a line each, in their order.
pub struct Lines {
    file: AtomicFile,
    line: String,
    messages: u64,
}

impl Lines {
    /// Begins a file beside its place.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn create(path: &Path) -> Result<Self, Finding> {
        Ok(Self { file: AtomicFile::create(path)?, line: String::new(), messages: 0 })
    }

    /// Appends a message.
    ///
    /// # Errors
    /// As [`Lines::create`].
    pub fn push(&mut self, message: &Decoded<'_>) -> Result<(), Finding> {
        self.line.clear();
        message.write_json(&mut self.line);
        self.line.push('\n');
        self.messages += 1;
        self.file.put(self.line.as_bytes())
    }

    /// Puts the file in its place: how many messages it has.
    ///
    /// # Errors
    /// As [`Lines::create`]; then there is none.
    pub fn publish(self) -> Result<u64, Finding> {
        self.file.publish().map(|()| self.messages)
    }
}
