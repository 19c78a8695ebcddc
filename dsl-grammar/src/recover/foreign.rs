//! Comments of other languages, and characters that cannot be seen.

use crate::ast::Span;
use crate::problem::{Edit, Problem, ProblemKind};

use super::slice::replace;

/// `// …`, `/* … */`, `-- …` where a line begins.
pub(super) fn comment(text: &str, place: Span) -> Option<Problem> {
    let rest = &text[place.start as usize..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    let found = ["//", "/*", "--", "rem ", "REM "].into_iter().find(|open| line.starts_with(open))?;
    let start = place.start as usize;
    let mut fix = vec![Edit { span: Span::new(start, start + found.len()), text: "#".into() }];
    if found == "/*" {
        match closing(rest) {
            Some(close) => {
                // Every line of it becomes a comment of its own.
                let below = rest[..close].match_indices('\n').map(|(at, _)| start + at + 1);
                fix.extend(below.map(|at| Edit { span: Span::new(at, at), text: "# ".into() }));
                fix.push(Edit { span: Span::new(start + close, start + close + 2), text: String::new() });
            }
            None => fix.clear(),
        }
    }
    let span = Span::new(start, start + found.len());
    Some(Problem { span, kind: ProblemKind::ForeignComment { found: found.trim_end().into() }, fix })
}

/// Where a block comment ends, if it is of a few lines and nothing follows it on its last.
fn closing(comment: &str) -> Option<usize> {
    const MOST_LINES: usize = 30;
    let mut at = 0;
    for line in comment.split_inclusive('\n').take(MOST_LINES) {
        if let Some(close) = line.find("*/") {
            return line[close + 2..].trim().is_empty().then_some(at + close);
        }
        at += line.len();
    }
    None
}

/// The first zero-width character inside a word: the line reads on without it.
pub(super) fn invisible(text: &str, line: Span) -> Option<Problem> {
    let slice = &text[line.range()];
    let word = |c: char| c == '_' || c.is_alphanumeric();
    let hidden = |c: char| matches!(c, '\u{200B}' | '\u{FEFF}');
    // The character before is asked first: a run of them is followed once, from its first.
    let (at, c) = slice.char_indices().filter(|(_, c)| hidden(*c)).find(|(at, _)| {
        let after = || slice[*at..].chars().find(|c| !hidden(*c));
        slice[..*at].chars().next_back().is_some_and(word) && after().is_some_and(word)
    })?;
    let start = line.start as usize + at;
    let kind = ProblemKind::InvisibleCharacter { code: c as u32 };
    Some(replace(Span::new(start, start + c.len_utf8()), kind, ""))
}
