//! Findings: a code with typed arguments and places. Prose exists only in the catalogues (`findings/*.tsv`, zh and en side by side).

pub use guiju_grammar::ast::Span;
use crate::{ty::Type, value::Value};

/// A finding's number, stable for ever, never reused. 1xxx words (grammar), 2xxx names, types and units, 3xxx kinds,
/// 4xxx tests in rulebooks, 5xxx data and connectors, 6xxx store and runs, 7xxx command line and configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u16);

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs.
    Error,
    /// Runs, but look.
    Warning,
    /// Good to know.
    Note,
}

/// A file of the set, by its position in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq)]
pub enum At {
    /// In a rulebook's text.
    Text(Place),
    /// In a data file: path, and the row (1-based, header not counted) and column or byte where known.
    Data {
        /// The file or connection.
        path: String,
        /// 1-based data row.
        row: Option<u64>,
        /// The column's name.
        column: Option<String>,
        /// Offset in bytes.
        byte: Option<u64>,
    },
    /// Nowhere in particular.
    Nowhere,
}

/// A typed argument; rendered by the catalogue's language.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// User text, set in backticks.
    Name(String),
    /// Several, joined by the language's list separator.
    Names(Vec<String>),
    /// A type, in the language's word.
    Type(Type),
    /// A value, formatted for people.
    Value(Value),
    /// A number.
    Count(i64),
    /// A word of the catalogue itself (`word.<key>`), translated: `value`, `operator`, …
    Word(&'static str),
    /// Text that stands as it is (a system error's message).
    Plain(String),
}

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which.
    pub code: Code,
    /// From the registry, unless raised.
    pub severity: Severity,
    /// The primary place.
    pub at: At,
    /// The message's placeholders.
    pub args: Vec<(&'static str, Arg)>,
    /// Other places that matter; the key names the label's text in the catalogue.
    pub labels: Vec<(Place, &'static str)>,
    /// Ways to put it right.
    pub fixes: Vec<Fix>,
}

/// A change that would help.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// All or none.
    pub edits: Vec<(Place, String)>,
    /// May be applied without asking.
    pub safe: bool,
}

impl Finding {
    /// A finding of `code`; its severity comes from the registry.
    pub fn new(code: Code, at: At) -> Self {
        Self { code, severity: Severity::Error, at, args: Vec::new(), labels: Vec::new(), fixes: Vec::new() }
    }
    /// With a placeholder's value.
    #[must_use]
    pub fn arg(mut self, name: &'static str, arg: Arg) -> Self {
        self.args.push((name, arg));
        self
    }
}
