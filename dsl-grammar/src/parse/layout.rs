//! Cuts a text into declarations, so that each is read alone and an open brace ends with its own. Also sees what must
//! be known before the grammar runs: how deep brackets go, and characters that cannot be seen.

use crate::ast::Span;
use crate::keyword::{self, Kw};
use crate::problem::{Edit, Problem, ProblemKind};

use super::MAX_DEPTH;

/// One declaration's stretch of text.
pub(crate) struct Stretch {
    pub(crate) span: Span,
    /// The `##` lines right above.
    pub(crate) doc: Option<String>,
    /// Where its brackets go deeper than is read.
    pub(crate) too_deep: Option<Span>,
}

/// The stretches of a text, and what was seen on the way.
pub(crate) fn stretches(text: &str, problems: &mut Vec<Problem>) -> Vec<Stretch> {
    let mut scan =
        Scan { text, pos: 0, open: Vec::new(), deepest: None, last: Last::Start, problems, lost: false, block: false };
    let mut found: Vec<Stretch> = Vec::new();
    let mut start: Option<(usize, Option<Kw>, Option<String>)> = None;
    let mut end = 0;
    let mut doc: Vec<&str> = Vec::new();
    while scan.pos < text.len() {
        let line = scan.pos;
        scan.blanks();
        let indent = scan.pos - line;
        match scan.peek() {
            None => break,
            Some('\n' | '\r') => {
                scan.pos += 1;
                doc.clear();
                continue;
            }
            Some('#' | '＃') => {
                let at = scan.pos;
                scan.comment();
                match text[at..scan.pos].strip_prefix("##") {
                    Some(said) => doc.push(said.trim()),
                    None => doc.clear(),
                }
                scan.newline();
                continue;
            }
            Some(_) => {}
        }
        let kind = scan.kind_here();
        let begins = match &start {
            None => true,
            Some((_, of, _)) => scan.begins(kind, *of, indent == 0),
        };
        if begins {
            if let Some((from, _, doc)) = start.take() {
                found.push(Stretch { span: Span::new(from, end), doc, too_deep: scan.deepest.take() });
            }
            let said = (!doc.is_empty()).then(|| doc.join("\n"));
            start = Some((scan.pos, kind, said));
            scan.open.clear();
            scan.block = false;
            scan.deepest = None;
        }
        doc.clear();
        end = scan.line(kind == Some(Kw::SCRIPT_FN) && begins);
    }
    if let Some((from, _, doc)) = start {
        found.push(Stretch { span: Span::new(from, end), doc, too_deep: scan.deepest.take() });
    }
    found
}

/// The last thing that counted on the lines so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    /// An operator, a comma, an opening bracket: the line below belongs to it.
    Joint,
    Other,
}

struct Scan<'a, 'p> {
    text: &'a str,
    pos: usize,
    /// Open brackets, and `i` for an `if` that waits for its `else`.
    open: Vec<char>,
    deepest: Option<Span>,
    last: Last,
    problems: &'p mut Vec<Problem>,
    /// A script's end was not found once: it is not looked for again, or the time would be quadratic.
    lost: bool,
    /// The declaration has opened a block.
    block: bool,
}

/// Kinds whose declaration is never without a block.
fn has_block(kind: Kw) -> bool {
    matches!(kind, Kw::EVENT | Kw::TEST | Kw::TABLE | Kw::TEMPLATE)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

impl<'a> Scan<'a, '_> {
    fn peek(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn blanks(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\u{3000}' | '\u{A0}' => {}
                '\u{200B}' | '\u{FEFF}' => self.invisible(c),
                _ => break,
            }
            self.pos += c.len_utf8();
        }
    }

    /// Zero-width characters; a byte-order mark at the very start is nobody's fault.
    fn invisible(&mut self, c: char) {
        if self.pos > 0 {
            let span = Span::new(self.pos, self.pos + c.len_utf8());
            let kind = ProblemKind::InvisibleCharacter { code: c as u32 };
            self.problems.push(Problem { span, kind, fix: vec![Edit { span, text: String::new() }] });
        }
    }

    fn comment(&mut self) {
        if self.peek() == Some('＃') {
            let span = Span::new(self.pos, self.pos + '＃'.len_utf8());
            let fix = vec![Edit { span, text: "#".into() }];
            self.problems.push(Problem { span, kind: ProblemKind::WideHash, fix });
        }
        let rest = &self.text[self.pos..];
        self.pos += rest.find(['\n', '\r']).unwrap_or(rest.len());
    }

    fn newline(&mut self) {
        if matches!(self.peek(), Some('\n' | '\r')) {
            self.pos += 1;
        }
    }

    fn word_here(&self) -> &'a str {
        let rest = &self.text[self.pos..];
        let plain = rest.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count();
        if rest.as_bytes().get(plain).is_none_or(u8::is_ascii) {
            return &rest[..plain];
        }
        let more = rest[plain..].find(|c| !is_word(c)).unwrap_or(rest.len() - plain);
        &rest[..plain + more]
    }

    /// The kind whose declaration seems to start here: its word, blanks, then a name or a text.
    fn kind_here(&self) -> Option<Kw> {
        let word = self.word_here();
        if word.is_empty() {
            return None;
        }
        let kind = keyword::kind(word)?;
        let after = self.text[self.pos + word.len()..].trim_start_matches([' ', '\t', '\u{3000}', '\u{A0}']);
        let starts = |c: char| is_word(c) || matches!(c, '"' | '“' | '`' | '\'' | '‘');
        (after.len() < self.text.len() - self.pos - word.len() && after.starts_with(starts)).then_some(kind)
    }

    /// Whether a line starts a declaration while another is open.
    fn begins(&self, kind: Option<Kw>, of: Option<Kw>, first_column: bool) -> bool {
        if kind.is_some() {
            return first_column || self.open.is_empty();
        }
        if !first_column || !self.open.is_empty() || self.last == Last::Joint {
            return false;
        }
        // The end of a block whose opening brace was forgotten.
        if matches!(self.peek(), Some('}' | '｝')) && !self.block && of.is_some_and(has_block) {
            return false;
        }
        // Something that is no declaration, below a complete one. A definition goes on below with an operator.
        let word = self.word_here();
        match of {
            Some(Kw::LET | Kw::FN) => !word.is_empty() && keyword::reserved(word).is_none(),
            _ => !matches!(self.peek(), Some('{' | '｛')),
        }
    }

    /// Reads to the end of the line, stepping over texts and comments; says where its last thing ended.
    fn line(&mut self, script: bool) -> usize {
        let mut end = self.pos;
        let mut script = script;
        while let Some(c) = self.peek() {
            match c {
                '\n' | '\r' => {
                    self.pos += 1;
                    break;
                }
                ' ' | '\t' | '\u{3000}' | '\u{A0}' | '\u{200B}' | '\u{FEFF}' => {
                    self.blanks();
                    continue;
                }
                '#' | '＃' => {
                    self.comment();
                    continue;
                }
                '"' | '“' => self.quoted(),
                '`' => {
                    let rest = &self.text[self.pos + 1..];
                    let close = rest.find(['`', '\n', '\r']).unwrap_or(rest.len());
                    self.pos += 1 + close + usize::from(rest[close..].starts_with('`'));
                    self.last = Last::Other;
                }
                '{' | '｛' if script && self.open.is_empty() => {
                    script = false;
                    self.script(c);
                }
                '(' | '[' | '{' | '（' | '【' | '｛' => {
                    self.push(c);
                    self.last = Last::Joint;
                }
                ')' | ']' | '}' | '）' | '】' | '｝' => {
                    while self.open.pop() == Some('i') {}
                    self.pos += c.len_utf8();
                    self.last = Last::Other;
                }
                ',' | '，' | '、' | '+' | '-' | '*' | '/' | '=' | '<' | '>' | '＝' | '≥' | '≤' | '＞' | '＜' | '×'
                | '÷' => {
                    self.pos += c.len_utf8();
                    self.last = Last::Joint;
                }
                c if is_word(c) => self.word(),
                c => {
                    self.pos += c.len_utf8();
                    self.last = Last::Other;
                }
            }
            end = self.pos;
        }
        end
    }

    fn word(&mut self) {
        let word = self.word_here();
        let from = self.pos;
        let keyword = keyword::reserved(word);
        if keyword == Some(Kw::IF) {
            self.push('i');
        } else if keyword == Some(Kw::ELSE) && self.open.last() == Some(&'i') {
            self.open.pop();
        }
        self.pos = from + word.len();
        // After an operator an expression goes on below; after `today`, `missing`, … it does not.
        self.last = match keyword {
            None | Some(Kw::TRUE | Kw::FALSE | Kw::MISSING | Kw::NOW | Kw::TODAY | Kw::IS_MISSING) => Last::Other,
            Some(_) => Last::Joint,
        };
        if keyword == Some(Kw::MATCHES) {
            self.blanks();
            if self.peek() == Some('/') {
                self.pattern();
                self.last = Last::Other;
            }
        }
    }

    /// `/…/` on one line.
    fn pattern(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.pos + 1;
        while at < bytes.len() && bytes[at] != b'\n' && bytes[at] != b'\r' {
            match bytes[at] {
                b'\\' => at += 1,
                b'/' => {
                    self.pos = at + 1;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        self.pos += 1;
    }

    fn push(&mut self, c: char) {
        self.open.push(c);
        self.block |= matches!(c, '{' | '｛');
        if self.open.len() > MAX_DEPTH && self.deepest.is_none() {
            self.deepest = Some(Span::new(self.pos, self.pos + self.peek().map_or(0, char::len_utf8)));
        }
        if c != 'i' {
            self.pos += c.len_utf8();
        }
    }

    /// A text with its slots, which may hold texts. It ends with its line at the latest.
    fn quoted(&mut self) {
        let base = self.open.len();
        let mut inside: Vec<char> = Vec::new();
        let first = self.peek();
        inside.extend(first);
        self.pos += first.map_or(0, char::len_utf8);
        while let (Some(c), Some(&within)) = (self.peek(), inside.last()) {
            if matches!(c, '\n' | '\r') {
                break;
            }
            let rest = &self.text[self.pos..];
            if within == '{' {
                match c {
                    '}' => {
                        inside.pop();
                        if self.open.len() > base {
                            self.open.pop();
                        }
                    }
                    '"' | '“' => inside.push(c),
                    '{' | '(' | '[' | '（' | '【' => {
                        self.open.push(c);
                        if self.open.len() > MAX_DEPTH && self.deepest.is_none() {
                            self.deepest = Some(Span::new(self.pos, self.pos + c.len_utf8()));
                        }
                        if c == '{' {
                            inside.push('{');
                        }
                    }
                    ')' | ']' | '）' | '】' if self.open.len() > base => {
                        self.open.pop();
                    }
                    _ => {}
                }
            } else if (within == '"' && c == '"') || (within == '“' && c == '”') {
                inside.pop();
            } else if c == '\\' {
                self.pos += 1;
                match self.peek() {
                    Some('\n' | '\r') | None => break,
                    Some(next) => self.pos += next.len_utf8(),
                }
                continue;
            } else if rest.starts_with("{{") || rest.starts_with("}}") {
                self.pos += 2;
                continue;
            } else if c == '{' {
                inside.push('{');
                self.open.push('{');
                if self.open.len() > MAX_DEPTH && self.deepest.is_none() {
                    self.deepest = Some(Span::new(self.pos, self.pos + 1));
                }
            } else if matches!(c, '\u{200B}' | '\u{FEFF}') {
                self.invisible(c);
            }
            self.pos += c.len_utf8();
        }
        self.open.truncate(base);
        self.last = Last::Other;
    }

    /// A script's body, with rhai's texts and comments; its braces are its own.
    fn script(&mut self, open: char) {
        self.block = true;
        self.pos += open.len_utf8();
        if !self.lost {
            if let Some(end) = script_end(self.text, self.pos) {
                self.pos = end;
                self.last = Last::Other;
                return;
            }
            self.lost = true;
        }
        self.open.push(open);
        self.last = Last::Joint;
    }
}

/// One past the brace that closes a script's body.
fn script_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (from, 1_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && quote != b'`' { 2 } else { 1 };
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    at += 1;
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += 2 + text.get(at + 2..)?.find("*/")? + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}
