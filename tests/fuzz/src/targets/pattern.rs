//! Any regular expression is either refused or searches any text.

use crate::Target;
use guiju_lang::pattern::{LONGEST, PatternError, compile};

pub(super) const TARGET: Target = Target {
    name: "pattern",
    files: &[],
    examples: &[
        "^(没空|开会|开车)$\n我在开车",
        "\\d{3}-[\\w\\s]+\\b\n123-ab c",
        "(?i)a[^\\d\\W&&[a-f]]*?\\p{Han}\\\\\nab客",
        "(a(?=b))\\1\nab",
        "((((x{9}){9}){9}){9})+\nx",
    ],
    longest: LONGEST + 200,
    run,
};

/// The first line is the pattern, the rest is searched.
fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (source, searched) = text.split_once('\n').unwrap_or((&text, "客户 C00123"));
    match compile(source) {
        Ok(pattern) => {
            let found = pattern.find(searched).map(|found| found.range());
            assert_eq!(found.is_some(), pattern.is_match(searched));
            if source == "\\d" {
                assert_eq!(found.is_some(), searched.bytes().any(|b| b.is_ascii_digit()), "digits are ASCII");
            }
        }
        Err(PatternError::Syntax(why)) => assert!(!why.is_empty() && !why.contains('\n'), "one line says why"),
        Err(_) => {}
    }
}
