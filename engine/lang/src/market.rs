//! Market feeds, as far as the language knows them: how one is written, which kinds of messages it has, how its times are read.
//! What reads the bytes is elsewhere, and tells the checker through [`crate::schema::SchemaProvider::messages`].

mod clock;

use crate::schema::Column;
pub use clock::Clock;
use std::sync::Arc;

/// How the messages of a feed are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Form {
    /// The encoding.
    pub format: Format,
    /// What stands before FAST messages.
    pub framing: Framing,
    /// Whether a template's attribute `reset` counts: deployed feeds differ.
    pub honours_reset: bool,
    /// Whether the flows of a capture are lines of one feed, as A and B are: of every numbered message the first copy counts.
    pub joined: bool,
    /// The text of the template file; `None`: what is built in.
    pub templates: Option<Arc<str>>,
}

/// How messages are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// FAST 1.1.
    Fast,
    /// FAST in STEP frames, as Shanghai's Level-2 feed is.
    StepFast,
    /// Shenzhen's binary messages.
    Szse,
}

impl Format {
    /// All of them, by their words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("fast", Self::Fast), ("step_fast", Self::StepFast), ("szse", Self::Szse)];
}

/// What stands before FAST messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// Nothing.
    #[default]
    None,
    /// A length of four bytes, the lowest first.
    Len32Le,
    /// A sequence number of four bytes, the lowest first.
    Seq32Le,
}

impl Framing {
    /// All of them, by their words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("none", Self::None), ("len32le", Self::Len32Le), ("seq32le", Self::Seq32Le)];
}

/// What a feed's messages hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Messages {
    /// One for each kind of message, and behind it one for each sequence in it.
    pub tables: Vec<Table>,
    /// What is wrong with the template file.
    pub troubles: Vec<Trouble>,
}

/// The rows that one kind of message gives: one a message, or, of a sequence, one an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The message's name, or those of the message and its sequences: `L2Snapshot.BidLevels`.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// Something wrong in a template file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Counted from one.
    pub line: u32,
    /// In characters, counted from one.
    pub column: u32,
    /// The FAST specification's code, or one of our own.
    pub code: &'static str,
    /// What it means, in English and Chinese.
    pub what: (&'static str, &'static str),
    /// The words of the file that are meant.
    pub detail: String,
}

/// Columns that every message has besides its fields, unless a field is called so: the channel and the number that it came with, and
/// when: what its frame says, else when it was captured. Rows of a sequence have the element's number as well, counted from one.
pub const AROUND: [&str; 4] = ["feed_channel", "feed_sequence", "feed_time", "feed_entry"];

/// Which rows of a feed a source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// How it is written.
    pub form: Arc<Form>,
    /// The name of the table: [`Table::name`].
    pub table: String,
    /// Columns that a feed sends as digits and that are instants to its rules: their names, and how they are written.
    pub clocks: Vec<(String, Clock)>,
}
