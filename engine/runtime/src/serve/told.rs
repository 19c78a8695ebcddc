//! What is said to other processes: findings in both languages, files that appear whole.

use guiju_lang::finding::{Finding, Lang, Sources, render};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

/// Findings as people and programs read them, in both languages: whoever asks has a language of his own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// English.
    pub en: Said,
    /// Chinese.
    pub zh: Said,
}

/// In one language.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// For a terminal, without colours.
    pub text: String,
    /// For programs.
    pub findings: serde_json::Value,
}

impl Told {
    /// These findings, which point into those texts.
    pub fn of(findings: &[Finding], sources: &Sources) -> Self {
        let said = |lang| Said {
            text: render::text(findings, sources, lang, render::Style { color: false, ..render::Style::default() }),
            findings: render::json(findings, sources, lang),
        };
        Self { en: said(Lang::En), zh: said(Lang::Zh) }
    }

    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        self.en.text.is_empty()
    }

    /// In this language.
    pub fn said(&self, lang: Lang) -> &Said {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// Writes a file that nobody sees half-written. It is a message, not a record: it need not survive the machine.
pub(super) fn put<T: Serialize>(path: &Path, message: &T) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&beside, serde_json::to_vec(message)?)?;
    fs::rename(&beside, path)
}

/// Reads such a file; nothing if it is not there, or is none of these.
pub(super) fn get<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
