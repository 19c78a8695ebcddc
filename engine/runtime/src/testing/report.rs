//! What a test has to say.

use guiju_lang::{
    finding::{Finding, Place},
    hir::{RuleId, SourceId},
    value::Value,
};

/// What became of a test.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Its title.
    pub title: String,
    /// The rulebook it stands in.
    pub rulebook: String,
    /// Where.
    pub place: Place,
    /// Nothing here: it passed.
    pub failures: Vec<Failure>,
}

/// An expectation that was not met.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The line that expects.
    pub place: Place,
    /// What was wrong.
    pub kind: FailureKind,
}

/// The ways not to meet an expectation.
#[derive(Debug, Clone)]
pub enum FailureKind {
    /// The rule did not act for the key; what happened instead.
    Absent {
        /// The rule.
        rule: RuleId,
        /// The key.
        key: String,
        /// Effects that there were.
        got: Vec<Got>,
    },
    /// It did, but a property differs.
    Differs {
        /// The property.
        property: String,
        /// As the test has it.
        expected: String,
        /// As it was; nothing if the effect has no such property or it is missing.
        got: Option<String>,
    },
    /// Exactly these were expected.
    Rows {
        /// The rule.
        rule: RuleId,
        /// What is compared besides the key.
        properties: Vec<String>,
        /// Row by row; also those that agree.
        lines: Vec<Difference>,
    },
    /// A row that meets the condition of `for any`, and for which something else is not as expected: the smallest that was found.
    Counterexample {
        /// Which source.
        source: SourceId,
        /// The row, in the schema's order.
        row: Vec<Value>,
        /// How many rows were tried before one failed.
        tried: usize,
        /// What is wrong for this row.
        failures: Vec<Failure>,
    },
    /// No row was found that meets the condition of `for any`.
    NoSuchRow {
        /// How many were tried.
        tried: usize,
    },
    /// Nothing was expected.
    Unexpected(Vec<Got>),
    /// The step could not be made.
    Broken(Finding),
}

/// An effect, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Got {
    /// The rule.
    pub rule: RuleId,
    /// The key.
    pub key: String,
    /// Its properties and their texts.
    pub properties: Vec<(String, String)>,
}

/// A row that was expected, one that happened, or both: the key, then the properties that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As the test has it; nothing: it was not expected.
    pub expected: Option<Vec<Option<String>>>,
    /// As it was; nothing: it did not happen.
    pub got: Option<Vec<Option<String>>>,
}
