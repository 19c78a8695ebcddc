//! Records of a CSV file (RFC 4180), found in checked text piece by piece. Unlike the usual libraries it says when a quote is never
//! closed, when text stands after a closing quote, and when a record grows beyond bounds.

use super::encoding::{TextFile, Trouble};
use std::ops::Range;

/// What is wrong with a record.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The text itself.
    Text(Trouble),
    /// A quote opened in this record is never closed.
    QuoteOpen,
    /// Something follows a closing quote.
    QuoteStray,
    /// Longer than the limit.
    TooLong,
}

/// A value of a record.
#[derive(Debug, Clone)]
struct Field {
    range: Range<usize>,
    quoted: bool,
    /// In `unescaped`, not in the buffer.
    escaped: bool,
}

/// Finds records.
pub(crate) struct Records {
    text: TextFile,
    buffer: String,
    /// Start of the next record in the buffer.
    next: usize,
    ended: bool,
    delimiter: u8,
    limit: usize,
    fields: Vec<Field>,
    unescaped: String,
    trouble: Option<Trouble>,
}

enum Found {
    /// The record ends before this position.
    Record(usize),
    /// The buffer ends inside the record.
    More {
        in_quotes: bool,
    },
    Stray,
}

impl Records {
    pub(crate) fn new(text: TextFile, delimiter: u8, limit: usize) -> Self {
        Self {
            text,
            buffer: String::new(),
            next: 0,
            ended: false,
            delimiter,
            limit,
            fields: Vec::new(),
            unescaped: String::new(),
            trouble: None,
        }
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.text.bytes()
    }

    /// Goes to the next record; `false` at the end. Empty lines are no records.
    pub(crate) fn advance(&mut self) -> Result<bool, Broken> {
        loop {
            let rest = self.buffer.as_bytes().get(self.next..).unwrap_or_default();
            let blank = rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
            self.next += blank;
            if self.next >= self.buffer.len() {
                if self.ended {
                    return match self.trouble.take() {
                        Some(trouble) => Err(Broken::Text(trouble)),
                        None => Ok(false),
                    };
                }
                self.more();
                continue;
            }
            match self.scan() {
                Found::Record(end) if end - self.next > self.limit => return Err(Broken::TooLong),
                Found::Record(end) => {
                    self.next = end;
                    return Ok(true);
                }
                Found::Stray => return Err(Broken::QuoteStray),
                Found::More { in_quotes } => {
                    if self.buffer.len() - self.next > self.limit {
                        return Err(if in_quotes { Broken::QuoteOpen } else { Broken::TooLong });
                    }
                    if self.ended {
                        // Only an open quote, or a bad byte, keeps a record from ending at the text's end.
                        return Err(self.trouble.take().map_or(Broken::QuoteOpen, Broken::Text));
                    }
                    self.more();
                }
            }
        }
    }

    fn more(&mut self) {
        self.buffer.drain(..self.next);
        self.next = 0;
        match self.text.fill(&mut self.buffer) {
            Ok(true) => {}
            Ok(false) => self.ended = true,
            Err(trouble) => {
                self.ended = true;
                self.trouble = Some(trouble);
            }
        }
    }

    fn scan(&mut self) -> Found {
        self.fields.clear();
        self.unescaped.clear();
        let bytes = self.buffer.as_bytes();
        let mut at = self.next;
        loop {
            let field = if bytes.get(at) == Some(&b'"') {
                let open = at + 1;
                let mut from = open;
                let mut doubled = false;
                let start = self.unescaped.len();
                let close = loop {
                    match bytes[from..].iter().position(|b| *b == b'"') {
                        None => return Found::More { in_quotes: true },
                        Some(n) if bytes.get(from + n + 1) == Some(&b'"') => {
                            let piece = if doubled { from } else { open };
                            self.unescaped.push_str(&self.buffer[piece..=from + n]);
                            doubled = true;
                            from += n + 2;
                        }
                        Some(n) => break from + n,
                    }
                };
                at = close + 1;
                // A quote at the very end may be the first half of a doubled one.
                if at == bytes.len() && !self.ended {
                    return Found::More { in_quotes: true };
                }
                if doubled {
                    self.unescaped.push_str(&self.buffer[from..close]);
                    Field { range: start..self.unescaped.len(), quoted: true, escaped: true }
                } else {
                    Field { range: open..close, quoted: true, escaped: false }
                }
            } else {
                let delimiter = self.delimiter;
                let end = bytes[at..]
                    .iter()
                    .position(|b| *b == delimiter || *b == b'\n' || *b == b'\r')
                    .map_or(bytes.len(), |n| at + n);
                let range = at..end;
                at = end;
                Field { range, quoted: false, escaped: false }
            };
            self.fields.push(field);
            match bytes.get(at) {
                Some(b) if *b == self.delimiter => at += 1,
                Some(b'\n') => return Found::Record(at + 1),
                Some(b'\r') if at + 1 < bytes.len() || self.ended => {
                    return Found::Record(at + if bytes.get(at + 1) == Some(&b'\n') { 2 } else { 1 });
                }
                Some(b'\r') => return Found::More { in_quotes: false },
                Some(_) => return Found::Stray,
                None if self.ended && self.trouble.is_none() => return Found::Record(at),
                None => return Found::More { in_quotes: false },
            }
        }
    }

    /// How many values the record has.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// A value and whether it was quoted.
    pub(crate) fn get(&self, i: usize) -> Option<(&str, bool)> {
        let field = self.fields.get(i)?;
        let text = if field.escaped { &self.unescaped } else { &self.buffer };
        Some((text.get(field.range.clone())?, field.quoted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Encoding;
    use std::path::Path;

    fn records(text: &[u8]) -> Result<Vec<Vec<String>>, Broken> {
        let input = TextFile::new(Box::new(std::io::Cursor::new(text.to_vec())), Path::new("x.csv"), Encoding::Utf8);
        let mut records = Records::new(input, b',', 1000);
        let mut all = Vec::new();
        while records.advance()? {
            all.push(
                (0..records.len())
                    .filter_map(|i| records.get(i))
                    .map(|(t, q)| if q { format!("'{t}'") } else { t.to_owned() })
                    .collect(),
            );
        }
        Ok(all)
    }

    #[test]
    fn shapes() {
        let got = records("\u{feff}a,b\r\n1,\"x \"\"y\"\", z\"\n\n\"\",\r\"多\n行\",3".as_bytes()).unwrap();
        assert_eq!(got, [vec!["a", "b"], vec!["1", "'x \"y\", z'"], vec!["''", ""], vec!["'多\n行'", "3"]]);
    }

    #[test]
    fn troubles() {
        assert!(matches!(records(b"a\n\"x\ny"), Err(Broken::QuoteOpen)));
        assert!(matches!(records(b"a\n\"x\"y\n"), Err(Broken::QuoteStray)));
        assert!(matches!(records(&[b'x'; 1001]), Err(Broken::TooLong)));
        assert!(matches!(records(b"a\n1\n2\xff\n"), Err(Broken::Text(Trouble::NotUtf8 { byte: 5, .. }))));
        assert!(matches!(records(b"\xff\xfea\0"), Err(Broken::Text(Trouble::Utf16))));
    }
}
