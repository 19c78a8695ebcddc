//! What of a source text is code: comments, literals and test modules blanked, line numbers kept.

/// The text with comments, the insides of literals, and `#[cfg(test)]` items replaced by blanks.
pub(crate) fn only(text: &str) -> String {
    without_tests(&without_words(text))
}

/// Blanks comments and the insides of text and character literals.
fn without_words(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => block_end(&chars, at),
            '"' => quote_end(&chars, at + 1),
            'r' if !at.checked_sub(1).is_some_and(|before| is_word(chars[before])) => raw_end(&chars, at),
            '\'' => char_end(&chars, at),
            _ => at,
        };
        if end == at {
            kept.push(chars[at]);
            at += 1;
        } else {
            kept.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    kept
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len())
}

fn block_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut i = at;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn quote_end(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// The end of `r"…"` or `r#"…"#`; the start itself when this is no raw text.
fn raw_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return at;
    }
    (open + 1..chars.len())
        .find(|i| chars[*i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes)
        .map_or(chars.len(), |close| close + 1 + hashes)
}

/// The end of a character literal; the start itself when this is a lifetime.
fn char_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => (at + 3..chars.len()).find(|i| chars[*i] == '\'').map_or(at, |close| close + 1),
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
}

/// Blanks what follows each `#[cfg(test)]`: to the closing brace, or to the semicolon if that comes first.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        let item = &rest[at..];
        let mut depth = 0usize;
        let end = item
            .char_indices()
            .skip(MARK.len())
            .find(|(_, c)| match c {
                '{' => {
                    depth += 1;
                    false
                }
                '}' => {
                    depth = depth.saturating_sub(1);
                    depth == 0
                }
                ';' => depth == 0,
                _ => false,
            })
            .map_or(item.len(), |(end, c)| end + c.len_utf8());
        kept.extend(item[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &item[end..];
    }
    kept.push_str(rest);
    kept
}

/// Words of code with their line, counted from one.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(line, text)| {
        text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).map(move |word| (line + 1, word))
    })
}

#[test]
fn comments_literals_and_tests_are_no_code() {
    let text = "// fs one\nlet a = \"fs \\\" two\"; /* fs /* three */ fs */ let b = r#\"fs \" four\"#;\nlet c = 'f'; fn x<'fs>() {}\n#[cfg(test)]\nmod tests { use std::fs; }\nuse std::net;\n";
    let code = only(text);
    assert_eq!(code.lines().count(), text.lines().count(), "line numbers stay");
    assert_eq!(
        words(&code).filter(|(_, word)| *word == "fs").collect::<Vec<_>>(),
        [(3, "fs")],
        "only the lifetime is left"
    );
    assert!(words(&code).any(|found| found == (6, "net")));
}
