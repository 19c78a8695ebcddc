//! Explanations: why a rule did, or did not. Data; prose is rendered on demand, in the reader's language.

use guiju_lang::{finding::Place, hir::RuleId, value::Value};

/// The answer to "why?" for one rule and one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The rule.
    pub rule: RuleId,
    /// Whom it concerns.
    pub key: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The reasons, outermost first.
    pub reasons: Vec<Reason>,
}

/// What came of a rule for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It acts.
    Acts,
    /// It does not.
    DoesNot,
    /// There is no such key in what was read.
    NoSuchKey,
}

/// A condition and what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The clause it belongs to, in the language's English word: `when`.
    pub clause: &'static str,
    /// The text that says it.
    pub place: Place,
    /// True, false, or missing when that could not be told.
    pub truth: Option<bool>,
    /// What it came to when it is not a condition (a rank, a time).
    pub value: Option<Value>,
    /// The columns and other leaves it read, by name as written, in order.
    pub leaves: Vec<(String, Value)>,
    /// The nearest change of one leaf that would turn it.
    pub flip: Option<Flip>,
    /// Its parts.
    pub parts: Vec<Reason>,
}

/// `would fire at cd_balance ≥ 50万; was 48万`
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// The operand to change: the text at this place names it.
    pub operand: Place,
    /// `>=`, `=`, `is missing`, …
    pub relation: &'static str,
    /// To what; missing when the relation says it all.
    pub threshold: Value,
    /// What it was.
    pub was: Value,
}
