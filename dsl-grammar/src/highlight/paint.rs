//! The colours of terminals and the classes of pages.

use super::{Class, highlight};
use std::fmt::Write as _;

/// A text with the colours of a terminal (SGR of ECMA-48, the sixteen colours that every terminal has).
pub fn ansi(text: &str) -> String {
    paint(text, |out, class, word| {
        // A colour ends with its line: pagers show lines, not texts.
        for (i, line) in word.split('\n').enumerate() {
            if i > 0 {
                out.push('\n');
            }
            if !line.is_empty() {
                let _ = match sgr(class) {
                    "" => write!(out, "{}", shown(line)),
                    code => write!(out, "\x1b[{code}m{}\x1b[0m", shown(line)),
                };
            }
        }
    })
}

/// A text as the inside of HTML's `<pre>`: words in `<span class="gj-…">`, everything escaped.
pub fn html(text: &str) -> String {
    paint(text, |out, class, word| match class {
        Some(class) => {
            let _ = write!(out, "<span class=\"gj-{}\">", class.name());
            escape(out, word);
            out.push_str("</span>");
        }
        None => escape(out, word),
    })
}

fn paint(text: &str, mut put: impl FnMut(&mut String, Option<Class>, &str)) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut end = 0;
    for mark in highlight(text) {
        put(&mut out, None, &text[end..mark.span.start as usize]);
        put(&mut out, Some(mark.class), &text[mark.span.range()]);
        end = mark.span.end as usize;
    }
    put(&mut out, None, &text[end..]);
    out
}

fn sgr(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Kind) => "1;35",
        Some(Class::Clause) => "35",
        Some(Class::Operator | Class::Word) => "36",
        Some(Class::Constant) => "33",
        Some(Class::Declared) => "1",
        Some(Class::Function) => "34",
        Some(Class::Number) => "33",
        Some(Class::Text) => "32",
        Some(Class::Slot | Class::Pattern | Class::Script) => "36",
        Some(Class::Comment) => "90",
        Some(Class::Unread) => "31",
        Some(Class::Name | Class::Sign | Class::Bracket) | None => "",
    }
}

/// Control characters of a text are not the terminal's.
fn shown(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' && c != '\r' { '\u{FFFD}' } else { c }).collect()
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

impl Class {
    /// Its name in pages (`gj-clause`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Clause => "clause",
            Self::Operator => "operator",
            Self::Constant => "constant",
            Self::Word => "word",
            Self::Declared => "declared",
            Self::Name => "name",
            Self::Function => "function",
            Self::Number => "number",
            Self::Text => "text",
            Self::Slot => "slot",
            Self::Pattern => "pattern",
            Self::Script => "script",
            Self::Comment => "comment",
            Self::Sign => "sign",
            Self::Bracket => "bracket",
            Self::Unread => "unread",
        }
    }
}
