//! What is said to other processes: findings in both languages, files that appear whole.

use guiju_lang::finding::{Finding, Lang, Sources, render};
use serde::{Deserialize, Serialize};
use std::{fs, io, io::Write, path::Path};

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

/// The room that such a file is given beyond its content, in bytes.
const SPARE: usize = 16 << 10;

/// As [`put`], with spaces behind it that [`over`] can use.
pub(super) fn put_with_room<T: Serialize>(path: &Path, message: &T) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let mut text = serde_json::to_vec(message)?;
    text.resize(text.len() + SPARE, b' ');
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

/// Writes over such a file where it stands, as there is no room for another: as long as it is not longer.
pub(super) fn over<T: Serialize>(path: &Path, message: &T) -> io::Result<()> {
    let _ = fs::remove_file(path.with_extension(format!("{}.part", std::process::id())));
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let room = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut text = serde_json::to_vec(message)?;
    if text.len() > room {
        return Err(io::ErrorKind::StorageFull.into());
    }
    text.resize(room, b' ');
    file.write_all(&text)
}

/// Reads such a file; nothing if it is not there, or is none of these.
pub(super) fn get<T: for<'de> Deserialize<'de>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
