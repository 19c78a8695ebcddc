//! Keywords: one token per role, two spellings, from `keywords.tsv`. The grammar, the formatter, completion,
//! highlighting and the reference all read this table.

mod roles;
#[rustfmt::skip] // generated
mod table;

pub use roles::Kw;
pub(crate) use table::of_rule;

/// The language that keywords are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English
    En,
    /// Chinese
    Zh,
}

/// Where a keyword is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tier {
    /// Everywhere: operators and operand words. A column of this name goes in backticks.
    Reserved,
    /// As the first word of a line in a block.
    Clause,
    /// Inside its clause.
    Inner,
    /// As the first word of a declaration.
    Kind,
    /// As a clause's value.
    Value,
    /// After what it closes; Chinese only.
    Closing,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its role.
    pub kw: Kw,
    /// The role's stable name.
    pub token: &'static str,
    /// In English; empty for a Chinese closing particle.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// Where it is a keyword.
    pub tier: Tier,
    /// The part of the language it belongs to: `expression`, `header`, `event`, …
    pub group: &'static str,
}

/// A built-in function: a name, not a keyword, with two spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Its stable name.
    pub token: &'static str,
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

/// Every keyword.
pub fn all() -> &'static [Entry] {
    table::TABLE
}

/// Every built-in function's spellings.
pub fn functions() -> &'static [Function] {
    table::FUNCTIONS
}

impl Kw {
    /// Its row in the table.
    pub fn entry(self) -> &'static Entry {
        // The table is in the order of the roles: both are generated from one list.
        &table::TABLE[self as usize]
    }
    /// The English spelling; empty for a Chinese closing particle.
    pub fn en(self) -> &'static str {
        self.entry().en
    }
    /// The Chinese spelling.
    pub fn zh(self) -> &'static str {
        self.entry().zh
    }
    /// The spelling in a language.
    pub fn spelling(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en(),
            Language::Zh => self.zh(),
        }
    }
    /// Where it is a keyword.
    pub fn tier(self) -> Tier {
        self.entry().tier
    }
    /// The part of the language it belongs to.
    pub fn group(self) -> &'static str {
        self.entry().group
    }
}

impl Entry {
    /// Whether `word` is one of the two spellings, in any case.
    pub fn is(&self, word: &str) -> bool {
        (!self.en.is_empty() && self.en.eq_ignore_ascii_case(word)) || self.zh == word
    }
}

/// The words that a clause of a `group` (`event`, `test`, …) can start with.
pub fn clauses(group: &str) -> impl Iterator<Item = &'static Entry> {
    all().iter().filter(move |entry| entry.tier == Tier::Clause && entry.group == group)
}

/// The words that a declaration can start with.
pub fn kinds() -> impl Iterator<Item = &'static Entry> {
    all().iter().filter(|entry| entry.tier == Tier::Kind)
}

/// The reserved keyword that a word is or starts, in any case: the word is no name without backticks.
pub fn reserved(word: &str) -> Option<Kw> {
    in_lower_case(word, table::reserved)
}

/// The kind whose declaration a word starts.
pub fn kind(word: &str) -> Option<Kw> {
    in_lower_case(word, table::kind)
}

fn in_lower_case(word: &str, look: fn(&str) -> Option<Kw>) -> Option<Kw> {
    look(word).or_else(|| {
        // No keyword is longer; most words are in lower case and pass the first look only.
        let short = word.len() <= 16 && word.bytes().any(|byte| byte.is_ascii_uppercase());
        short.then(|| look(&word.to_ascii_lowercase())).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_roles() {
        for (i, entry) in all().iter().enumerate() {
            assert_eq!(entry.kw as usize, i, "{}", entry.token);
        }
        assert_eq!(Kw::WHEN.zh(), "当");
        assert_eq!(Kw::Z_ONCE.en(), "");
    }
}
