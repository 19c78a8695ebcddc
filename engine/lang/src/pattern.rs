//! Regular expressions of `matches`: linear time, without look-around and back-references; `\d`, `\w`, `\s` and `\b` are ASCII
//! while `.` and `\p{Han}` know every character.

use regex::{Regex, RegexBuilder};

/// Longest pattern, in bytes.
pub const LONGEST: usize = 1000;
/// Most memory a compiled pattern may take.
const MEMORY: usize = 1 << 20;

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`
    #[error("look-around is not supported")]
    LookAround,
    /// `\1`
    #[error("back-references are not supported")]
    BackReference,
    /// Longer than [`LONGEST`], or compiles to too much.
    #[error("the pattern is too large")]
    TooLarge,
    /// Not a regular expression; the engine's own words, one line.
    #[error("{0}")]
    Syntax(String),
}

/// Compiles a pattern as written between the slashes. Unanchored.
pub fn compile(source: &str) -> Result<Regex, PatternError> {
    if source.len() > LONGEST {
        return Err(PatternError::TooLarge);
    }
    RegexBuilder::new(&ascii_classes(source)?).size_limit(MEMORY).dfa_size_limit(MEMORY).nest_limit(50).build().map_err(
        |e| match e {
            regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default().trim();
                PatternError::Syntax(last.strip_prefix("error: ").unwrap_or(last).to_owned())
            }
        },
    )
}

/// Spells the Perl classes out as ASCII sets; they work inside brackets too, where sets nest.
fn ascii_classes(source: &str) -> Result<String, PatternError> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    let mut in_set = 0u32;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if c == '\\' {
            let Some(escaped) = after.chars().next() else {
                return Err(PatternError::Syntax("the pattern ends in a backslash".into()));
            };
            match escaped {
                'd' => out.push_str("[0-9]"),
                'D' => out.push_str("[^0-9]"),
                'w' => out.push_str("[0-9A-Za-z_]"),
                'W' => out.push_str("[^0-9A-Za-z_]"),
                's' => out.push_str(r"[\t\n\x0B\x0C\r\x20]"),
                'S' => out.push_str(r"[^\t\n\x0B\x0C\r\x20]"),
                'b' if in_set == 0 => out.push_str(r"(?-u:\b)"),
                '1'..='9' | 'k' if in_set == 0 => return Err(PatternError::BackReference),
                // `/` ends a pattern in a rulebook, so it is escaped there.
                '/' => out.push('/'),
                other => {
                    out.push('\\');
                    out.push(other);
                }
            }
            rest = &after[escaped.len_utf8()..];
            continue;
        }
        match c {
            '[' => in_set += 1,
            ']' => in_set = in_set.saturating_sub(1),
            '(' if in_set == 0 && ["?=", "?!", "?<=", "?<!"].iter().any(|p| after.starts_with(p)) => {
                return Err(PatternError::LookAround);
            }
            _ => {}
        }
        out.push(c);
        rest = after;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        compile(pattern).expect("a pattern").is_match(text)
    }

    #[test]
    fn classes_are_ascii_and_the_rest_is_not() {
        assert!(is_match(r"^\d+$", "2026"));
        assert!(!is_match(r"^\d+$", "２０２６"));
        assert!(!is_match(r"\w", "国债"));
        assert!(is_match(r"^\W+$", "国债"));
        assert!(is_match(r"^[\w国]+$", "a国"));
        assert!(!is_match(r"^[^\d]+$", "a1"));
        assert!(!is_match(r"\s", "\u{3000}"));
        assert!(is_match("^国.E", "国债ETF"));
        assert!(is_match(r"^\p{Han}+$", "国债"));
        assert!(is_match("(没空|开会)", "我在开会"));
        assert!(is_match(r"\bETF\b", "国债ETF基金"));
        assert!(is_match(r"a\/b", "a/b"));
    }

    #[test]
    fn refuses_what_cannot_run_in_linear_time() {
        assert_eq!(compile("a(?=b)").err(), Some(PatternError::LookAround));
        assert_eq!(compile("(?<!a)b").err(), Some(PatternError::LookAround));
        assert_eq!(compile(r"(a)\1").err(), Some(PatternError::BackReference));
        assert_eq!(compile("(a{1000}){1000}").err(), Some(PatternError::TooLarge));
        assert_eq!(compile(&"a".repeat(LONGEST + 1)).err(), Some(PatternError::TooLarge));
        assert!(matches!(compile("(a"), Err(PatternError::Syntax(_))));
        assert!(matches!(compile("a\\"), Err(PatternError::Syntax(_))));
    }
}
