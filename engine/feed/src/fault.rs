//! Errors with the place where they are.

use crate::Code;

/// Something wrong in a template file. The template is discarded; the others stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: line {line}, column {column}: {}: {detail}", code.en())]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// Counted from one.
    pub line: u32,
    /// In characters, counted from one.
    pub column: u32,
    /// The name of the template, once known.
    pub template: Option<String>,
    /// The words of the file that are meant.
    pub detail: String,
}

/// Something wrong in a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: byte {position}, template `{template}`, field `{field}`: {}", code.en())]
pub struct Fault {
    /// What kind.
    pub code: Code,
    /// Bytes from the start of the message, or of what was handed in.
    pub position: usize,
    /// The template's name; empty while none is known.
    pub template: String,
    /// The field's name; empty in a segment's head.
    pub field: String,
}
