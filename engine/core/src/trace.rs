//! Traces: what each part of a rule came to for a row. What coverage counts and comparisons of runs add up.

/// One rule and one row of the table it looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The rule, by position in the program.
    pub rule: usize,
    /// The row's position in its source, from 0.
    pub row: u64,
    /// Whom it concerns, in the canonical text of the key; empty if the row has none.
    pub key: String,
    /// Parts that were evaluated, by their number in [`guiju_lang::hir::parts`], and what they came to.
    pub parts: Vec<(u32, CameTo)>,
    /// What stood between a condition that held and an effect, in the order it is asked.
    pub gates: Vec<Gate>,
    /// There is an effect.
    pub acts: bool,
}

/// What a part came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CameTo {
    /// A condition that holds.
    True,
    /// A condition that does not.
    False,
    /// Nothing is known.
    Missing,
    /// A value that is not a condition.
    Value,
}

/// A clause that lets a row pass, or does not: the cool-down, `keep top`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// The clause, in the language's English word.
    pub clause: &'static str,
    /// It lets the row pass.
    pub passed: bool,
}
