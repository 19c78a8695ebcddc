//! What goes to the terminal: text for people, or one JSON document.

use crate::{
    Exit,
    args::{Common, Language},
    words::Words,
};
use guiju::connect::config::{Config, Kind};
use guiju::lang::finding::{Finding, Lang, Severity, Sources, render};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// How to speak.
pub(crate) struct Out {
    pub(crate) lang: Lang,
    pub(crate) json: bool,
    pub(crate) plain: bool,
    /// Standard output belongs to somebody else: everything is said on standard error.
    aside: bool,
    pub(crate) words: &'static Words,
}

impl Out {
    pub(crate) fn new(common: &Common) -> Self {
        let terminal_is_chinese = || {
            let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
            set("LC_ALL")
                .or_else(|| set("LC_MESSAGES"))
                .or_else(|| set("LANG"))
                .is_some_and(|lang| lang.starts_with("zh"))
        };
        let chinese = match common.lang {
            Some(lang) => lang == Language::Zh,
            None => terminal_is_chinese(),
        };
        let lang = if chinese { Lang::Zh } else { Lang::En };
        Self { lang, json: common.json, plain: common.plain, aside: false, words: Words::of(lang) }
    }

    /// The same, and standard output is left to the effects if a connection means it.
    pub(crate) fn beside(&self, config: &Config) -> Self {
        let aside = config.connections.iter().any(|connection| connection.kind == Kind::Standard);
        Self { aside, ..*self }
    }

    fn put(&self, line: std::fmt::Arguments<'_>) {
        // A closed pipe ends the reader's interest, not the work.
        let _ = if self.aside { writeln!(std::io::stderr(), "{line}") } else { writeln!(std::io::stdout(), "{line}") };
    }

    /// One line for people.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        if !self.json {
            self.put(format_args!("{}", line.as_ref()));
        }
    }

    /// The document for programs.
    pub(crate) fn document(&self, value: &Value) {
        if self.json {
            self.put(format_args!("{value:#}"));
        }
    }

    /// One of many documents: a line each.
    pub(crate) fn line(&self, value: &Value) {
        if self.json {
            self.put(format_args!("{value}"));
        }
    }

    /// Findings for people, on standard error.
    pub(crate) fn findings(&self, findings: &[Finding], sources: &Sources) {
        if self.json || findings.is_empty() {
            return;
        }
        let style = render::Style { color: !self.plain && std::io::stderr().is_terminal(), ..render::Style::default() };
        let _ = write!(std::io::stderr(), "{}", render::text(findings, sources, self.lang, style));
    }

    /// Findings for programs.
    pub(crate) fn findings_json(&self, findings: &[Finding], sources: &Sources) -> Value {
        render::json(findings, sources, self.lang)
    }

    /// Says what is wrong and ends with `exit`.
    pub(crate) fn fail(&self, findings: &[Finding], sources: &Sources, exit: Exit) -> Exit {
        self.findings(findings, sources);
        self.document(&json!({ "ok": false, "findings": self.findings_json(findings, sources) }));
        exit
    }

    /// A text in the terminal's language.
    pub(crate) fn pick<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// `2 errors, 1 warning`
    pub(crate) fn count(&self, findings: &[Finding]) -> String {
        let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
        (self.words.counted)(of(Severity::Error), of(Severity::Warning))
    }
}
