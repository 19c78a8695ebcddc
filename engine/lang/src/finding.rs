//! Findings: a code with typed arguments and places. Prose exists only in the catalogues (`findings/*.tsv`, zh and en side by side).
//!
//! Report one in a line: `Finding::new(codes::names::UNKNOWN_NAME, place).name("name", "totl_asset")`. A new code is a line in
//! its area's list in [`codes`] and a row in the area's catalogue; a test keeps the two together.

pub mod catalogue;
pub mod codes;
mod fixes;
pub mod reference;
pub mod render;
mod sources;

use crate::{ty::Type, value::Value};
pub use catalogue::Lang;
pub use fixes::{apply_fixes, fixed};
pub use guiju_grammar::ast::Span;
pub use sources::{SourceFile, Sources};

/// A finding's number, stable for ever, never reused. 1xxx words (grammar), 2xxx names, types, units and meaning, 3xxx kinds,
/// 4xxx tests in rulebooks, 5xxx data and connectors, 6xxx store and runs, 7xxx command line and configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u16);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "G{:04}", self.0)
    }
}

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

impl At {
    /// A whole data file or connection.
    pub fn data(path: impl Into<String>) -> Self {
        Self::Data { path: path.into(), row: None, column: None, byte: None }
    }
    /// A row (1-based, header not counted) of a data file.
    pub fn data_row(path: impl Into<String>, row: u64) -> Self {
        Self::Data { path: path.into(), row: Some(row), column: None, byte: None }
    }
}

impl From<Place> for At {
    fn from(place: Place) -> Self {
        Self::Text(place)
    }
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
    /// A keyword, in the language's spelling and in backticks.
    Keyword(guiju_grammar::keyword::Kw),
    /// Text that stands as it is (a system error's message).
    Plain(String),
    /// Text that is at hand in both languages, English first.
    Either(&'static str, &'static str),
    /// Several of any sort, joined by the language's list separator.
    List(Vec<Arg>),
    /// Values of columns, each in the unit in which its column is written: `age = 60, total_asset = 49.99万`.
    Example(Vec<(String, Value, guiju_grammar::ast::Magnitude)>),
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
    /// Other places that matter; the key names the label's text in the catalogue (`label.<key>` in `phrases.tsv`).
    pub labels: Vec<(Place, &'static str)>,
    /// What was probably meant, nearest first: rendered as "did you mean …?".
    pub suggestions: Vec<String>,
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

impl Fix {
    /// Write `text` in place of what stands at `place`; a person looks at it first.
    pub fn replace(place: Place, text: impl Into<String>) -> Self {
        Self { edits: vec![(place, text.into())], safe: false }
    }
    /// Means the same as what stands there: may be applied without asking.
    #[must_use]
    pub fn safe(mut self) -> Self {
        self.safe = true;
        self
    }
}

impl Finding {
    /// A finding of `code`; its severity comes from the registry.
    pub fn new(code: Code, at: impl Into<At>) -> Self {
        let severity = catalogue::entry(code).map_or(Severity::Error, |e| e.severity);
        Self {
            code,
            severity,
            at: at.into(),
            args: Vec::new(),
            labels: Vec::new(),
            suggestions: Vec::new(),
            fixes: Vec::new(),
        }
    }
    /// With a placeholder's value.
    #[must_use]
    pub fn arg(mut self, name: &'static str, arg: Arg) -> Self {
        self.args.push((name, arg));
        self
    }
    /// With user text for a placeholder.
    #[must_use]
    pub fn name(self, name: &'static str, text: impl Into<String>) -> Self {
        self.arg(name, Arg::Name(text.into()))
    }
    /// With another place that matters.
    #[must_use]
    pub fn label(mut self, place: Place, key: &'static str) -> Self {
        self.labels.push((place, key));
        self
    }
    /// With a way to put it right.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
    /// With what was probably meant.
    #[must_use]
    pub fn suggest(mut self, names: Vec<String>) -> Self {
        self.suggestions = names;
        self
    }
    /// Nothing may run while this stands.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
