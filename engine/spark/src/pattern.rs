//! Patterns of `matches` for Java's engine. What means the same in both is passed on, with the ends and the classes spelled out;
//! what does not (or could run for ever there) is not said.

/// The same pattern for `RLIKE`, if it certainly means the same.
pub(crate) fn translate(source: &str) -> Option<String> {
    let mut reader = Reader { rest: source.chars().peekable(), out: String::from("(?d)"), after_group: false };
    reader.read()?;
    Some(reader.out)
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    out: String,
    /// What came last was a group: repeating a group may be exponential in a backtracking engine.
    after_group: bool,
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\x0B\x0C\r\x20";

impl Reader<'_> {
    fn read(&mut self) -> Option<()> {
        let mut depth = 0usize;
        let mut repeatable = false;
        while let Some(c) = self.rest.next() {
            let group = std::mem::take(&mut self.after_group);
            match c {
                '\\' => {
                    self.escape()?;
                    repeatable = true;
                }
                '[' => {
                    self.class()?;
                    repeatable = true;
                }
                '(' => {
                    if self.rest.peek() == Some(&'?') {
                        self.rest.next();
                        (self.rest.next() == Some(':')).then_some(())?;
                    }
                    depth += 1;
                    self.out.push_str("(?:");
                    repeatable = false;
                }
                ')' => {
                    depth = depth.checked_sub(1)?;
                    self.out.push(')');
                    self.after_group = true;
                    repeatable = true;
                }
                '*' | '+' | '{' if group || !repeatable => return None,
                '?' if !repeatable => return None,
                '*' | '+' | '?' | '{' => {
                    self.repeat(c)?;
                    repeatable = false;
                }
                '$' => {
                    self.out.push_str("\\z");
                    repeatable = false;
                }
                '^' => {
                    self.out.push_str("\\A");
                    repeatable = false;
                }
                '|' => {
                    self.out.push('|');
                    repeatable = false;
                }
                ']' | '}' => return None,
                '#' | '&' | '~' | '-' => {
                    self.out.push('\\');
                    self.out.push(c);
                    repeatable = true;
                }
                c if c.is_control() => return None,
                c => {
                    self.out.push(c);
                    repeatable = true;
                }
            }
        }
        (depth == 0).then_some(())
    }

    fn repeat(&mut self, first: char) -> Option<()> {
        self.out.push(first);
        if first == '{' {
            let mut comma = false;
            loop {
                let c = self.rest.next()?;
                self.out.push(c);
                match c {
                    '0'..='9' => {}
                    ',' if !comma => comma = true,
                    '}' => break,
                    _ => return None,
                }
            }
        }
        if self.rest.peek() == Some(&'?') {
            self.rest.next();
            self.out.push('?');
        }
        // `a**` and Java's possessive `a*+` are other things.
        (!matches!(self.rest.peek(), Some('*' | '+' | '?' | '{'))).then_some(())
    }

    fn escape(&mut self) -> Option<()> {
        match self.rest.next()? {
            'd' => self.set("[", DIGIT),
            'D' => self.set("[^", DIGIT),
            'w' => self.set("[", WORD),
            'W' => self.set("[^", WORD),
            's' => self.set("[", SPACE),
            'S' => self.set("[^", SPACE),
            c @ ('n' | 'r' | 't') => {
                self.out.push('\\');
                self.out.push(c);
            }
            c if c.is_ascii_punctuation() => {
                self.out.push('\\');
                self.out.push(c);
            }
            _ => return None,
        }
        Some(())
    }

    fn set(&mut self, open: &str, what: &str) {
        self.out.push_str(open);
        self.out.push_str(what);
        self.out.push(']');
    }

    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.out.push('^');
        }
        let mut empty = true;
        loop {
            match self.rest.next()? {
                ']' if empty => return None,
                ']' => break,
                '\\' => match self.rest.next()? {
                    'd' => self.out.push_str(DIGIT),
                    'w' => self.out.push_str(WORD),
                    's' => self.out.push_str(SPACE),
                    c if c.is_ascii_punctuation() || matches!(c, 'n' | 'r' | 't') => {
                        self.out.push('\\');
                        self.out.push(c);
                    }
                    _ => return None,
                },
                // Sets within sets, and operations on them, differ.
                '[' | '&' | '~' => return None,
                c if c.is_control() => return None,
                c => self.out.push(c),
            }
            empty = false;
        }
        self.out.push(']');
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn what_means_the_same_is_passed_on() {
        assert_eq!(translate(r"^\d+$").as_deref(), Some(r"(?d)\A[0-9]+\z"));
        assert_eq!(translate("(没空|开会)").as_deref(), Some("(?d)(?:没空|开会)"));
        assert_eq!(translate(r"a\.[^\d国]{2,3}?").as_deref(), Some(r"(?d)a\.[^0-9国]{2,3}?"));
    }

    #[test]
    fn what_may_not_is_not_said() {
        for pattern in [r"\p{Han}", r"\bETF\b", "(a+)+", "(?i)a", "[a&&b]", "[a[b]]", "a**", "a*+", "[]a]", "a{,3"] {
            assert_eq!(translate(pattern), None, "{pattern}");
        }
    }
}
