//! A run.

use std::{fmt, str::FromStr};

/// A run of a rulebook set, named by its logical date unless the user names it. Repeating a run under its name gives the
/// same effects and publishes none of them twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(String);

/// Why a text cannot name a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunIdError {
    /// Nothing there.
    #[error("a run's name cannot be empty")]
    Empty,
    /// Too long to be read.
    #[error("a run's name has at most {most} bytes, not {got}")]
    Long {
        /// The bound.
        most: usize,
        /// What was given.
        got: usize,
    },
    /// A character that would not survive in logs, URLs and file names.
    #[error("`{0}` cannot stand in a run's name")]
    Character(char),
}

impl RunId {
    /// The longest name, in bytes.
    pub const MOST: usize = 128;

    /// Letters and digits of any script, and `- _ . : + @`. Of a batch run without a name of its own: its logical date.
    pub fn new(text: impl Into<String>) -> Result<Self, RunIdError> {
        let text = text.into();
        if text.is_empty() {
            return Err(RunIdError::Empty);
        }
        if text.len() > Self::MOST {
            return Err(RunIdError::Long { most: Self::MOST, got: text.len() });
        }
        match text.chars().find(|c| !(c.is_alphanumeric() || "-_.:+@".contains(*c))) {
            Some(character) => Err(RunIdError::Character(character)),
            None => Ok(Self(text)),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for RunId {
    type Err = RunIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["2026-01-05", "2026-01-05T09:30:00+08:00", "补跑.1", "a@b"] {
            assert_eq!(RunId::new(good).map(|r| r.to_string()), Ok(good.to_owned()));
        }
        assert_eq!(RunId::new(""), Err(RunIdError::Empty));
        assert_eq!(RunId::new("a/b"), Err(RunIdError::Character('/')));
        assert_eq!(RunId::new("a b"), Err(RunIdError::Character(' ')));
        assert_eq!(RunId::new("x".repeat(129)), Err(RunIdError::Long { most: 128, got: 129 }));
    }
}
