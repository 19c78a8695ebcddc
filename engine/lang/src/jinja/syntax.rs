//! What is wrong with a line of a template file that minijinja's parser cannot read. The parser says it in English and in words of its
//! own; here the line is looked at for what people write.

use super::Refusal;
use crate::finding::{Arg, Code, codes::names as codes};
use guiju_grammar::ast::Span;

/// What other signs are here.
const SIGNS: [(&str, &str); 18] = [
    ("&&", "and"),
    ("||", "or"),
    ("<>", "!="),
    ("≠", "!="),
    ("≥", ">="),
    ("≤", "<="),
    ("“", "\""),
    ("”", "\""),
    ("‘", "\""),
    ("’", "\""),
    ("（", "("),
    ("）", ")"),
    ("，", ","),
    ("＝", "=="),
    ("＞", ">"),
    ("＜", "<"),
    ("｜", "|"),
    ("。", "."),
];
/// What other languages call a tag, and what people mistype; longest first where one starts another.
const TAGS: [(&str, &str); 10] = [
    ("else if", "elif"),
    ("elseif", "elif"),
    ("elsif", "elif"),
    ("end if", "endif"),
    ("end", "endif"),
    ("fi", "endif"),
    ("如果", "if"),
    ("否则如果", "elif"),
    ("否则", "else"),
    ("结束", "endif"),
];
/// Tags that the parser knows, whether a template may have them or not.
const KNOWN: [&str; 20] = [
    "if",
    "elif",
    "else",
    "endif",
    "raw",
    "endraw",
    "for",
    "endfor",
    "set",
    "endset",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "do",
    "block",
    "endblock",
    "include",
    "autoescape",
    "endautoescape",
];

/// What stands in a pair of braces.
struct Braces<'t> {
    /// From the opening braces to the closing ones, or to where they should be.
    span: Span,
    /// `{{` or `{%`.
    value: bool,
    inner: &'t str,
    /// Where the inner text starts.
    at: usize,
    close: Close<'t>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Close<'t> {
    Right,
    /// Something else that closes: `}`, `%}` after `{{`.
    Wrong(&'t str),
    /// Not on this line.
    None,
    /// A text in it does not end.
    Quote(usize),
}

/// What is wrong, with the line that the parser could not read.
pub(super) fn refusal(text: &str, line: usize) -> Refusal {
    let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let end = start + text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    let found = braces(text, start, end);
    let new = |code, from: usize, to: usize, what: &str| Refusal {
        code,
        span: Span { start: from as u32, end: to as u32 },
        what: Arg::Name(what.to_owned()),
        meant: None,
    };
    let known = found.iter().find_map(|braces| wrong_close(braces).or_else(|| inside(text, braces)));
    known
        .or_else(|| alone(text, start, end))
        .or_else(|| open_if(text))
        .or_else(|| {
            let open = found.iter().find(|braces| braces.close == Close::None)?;
            let close = if open.value { "}}" } else { "%}" };
            Some(new(codes::TEMPLATE_NOT_CLOSED, open.span.start as usize, open.span.end as usize, close))
        })
        .unwrap_or_else(|| new(codes::TEMPLATE_FILE_SYNTAX, start, end, ""))
}

/// All that stands in braces between two places.
fn braces(text: &str, start: usize, end: usize) -> Vec<Braces<'_>> {
    let mut found = Vec::new();
    let mut at = start;
    while let Some(open) = text.get(at..end).and_then(|rest| rest.find('{')).map(|i| at + i) {
        let value = text[open..end].starts_with("{{");
        if !value && !text[open..end].starts_with("{%") {
            at = open + 1;
            continue;
        }
        let (mut close, mut to, mut quote) = (Close::None, end, None);
        for (i, c) in text[open + 2..end].char_indices().map(|(i, c)| (open + 2 + i, c)) {
            match (quote, c) {
                (Some((_, with)), c) if c == with => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some((i, c)),
                (None, '}') => {
                    let written = [
                        text[..i].ends_with('%').then(|| &text[i - 1..=i]),
                        text[i..end].starts_with("}}").then(|| &text[i..i + 2]),
                    ];
                    let written = written.into_iter().flatten().next().unwrap_or(&text[i..=i]);
                    close =
                        if written == if value { "}}" } else { "%}" } { Close::Right } else { Close::Wrong(written) };
                    to = if written == "}}" { i + 2 } else { i + 1 };
                    break;
                }
                _ => {}
            }
        }
        if let (Close::None, Some((i, _))) = (close, quote) {
            close = Close::Quote(i);
        }
        let closed = if let Close::Wrong(written) = close { written.len() } else { 2 };
        let till = if matches!(close, Close::Right | Close::Wrong(_)) { to - closed } else { to };
        let inner = text.get(open + 2..till).unwrap_or("");
        found.push(Braces { span: Span { start: open as u32, end: to as u32 }, value, inner, at: open + 2, close });
        at = to.max(open + 2);
    }
    found
}

fn wrong_close(braces: &Braces<'_>) -> Option<Refusal> {
    let close = if braces.value { "}}" } else { "%}" };
    match braces.close {
        Close::Wrong(written) => Some(Refusal {
            code: codes::TEMPLATE_NOT_CLOSED,
            span: Span { start: braces.span.end - written.len() as u32, end: braces.span.end },
            what: Arg::Name(close.into()),
            meant: Some(close.into()),
        }),
        Close::Quote(at) => Some(Refusal {
            code: codes::TEMPLATE_QUOTE,
            span: Span { start: at as u32, end: braces.span.end },
            what: Arg::Name(close.into()),
            meant: None,
        }),
        Close::Right | Close::None => None,
    }
}

/// What is wrong between the braces.
fn inside(text: &str, braces: &Braces<'_>) -> Option<Refusal> {
    let refuse = |code: Code, from: usize, len: usize, meant: Option<&str>| {
        let (from, to) = (braces.at + from, braces.at + from + len);
        let what = Arg::Name(text.get(from..to).unwrap_or("").to_owned());
        Some(Refusal { code, span: Span { start: from as u32, end: to as u32 }, what, meant: meant.map(Into::into) })
    };
    let inner = braces.inner;
    let indent = inner.len() - inner.trim_start_matches(['-', '+', ' ', '\t']).len();
    let body = inner[indent..].trim_end_matches(['-', '+', ' ', '\t']);
    if !braces.value {
        let other =
            TAGS.iter().filter(|(said, _)| body.strip_prefix(said).is_some_and(|rest| !rest.starts_with(is_word)));
        if let Some((said, meant)) = other.max_by_key(|(said, _)| said.len()) {
            return refuse(codes::TEMPLATE_TAG, indent, said.len(), Some(meant));
        }
        let word = body.find(|c| !is_word(c)).map_or(body, |end| &body[..end]);
        if !KNOWN.contains(&word) {
            let near = KNOWN[..4].iter().find(|known| strsim::osa_distance(known, word) <= 2 && word.len() > 2);
            return refuse(codes::TEMPLATE_TAG, indent, word.len(), near.copied());
        }
    }
    let plain = without_texts(inner);
    for (said, meant) in SIGNS {
        if let Some(at) = plain.find(said) {
            return refuse(codes::TEMPLATE_SIGN, at, said.len(), Some(meant));
        }
    }
    if let Some(at) = single_equals(&plain) {
        return refuse(codes::TEMPLATE_SIGN, at, 1, Some("=="));
    }
    if let Some((at, len)) = counted(&plain) {
        return refuse(codes::TEMPLATE_NUMBER, at, len, None);
    }
    let ends = ["==", "!=", ">=", "<=", ">", "<", "+", "*", "/", "|", ",", " and", " or", " not", " in", " if", " is"];
    let head = matches!(body, "if" | "elif");
    (body.is_empty() || head || ends.iter().any(|end| body.ends_with(end)))
        .then(|| refuse(codes::TEMPLATE_VALUE, indent + body.len(), 0, None))?
}

/// The same length, with blanks for what stands in quotes.
fn without_texts(inner: &str) -> String {
    let mut quote = None;
    let mut plain = String::with_capacity(inner.len());
    for c in inner.chars() {
        match quote {
            Some(with) => {
                plain.extend(std::iter::repeat_n(' ', c.len_utf8()));
                quote = (c != with).then_some(with);
            }
            None => {
                quote = matches!(c, '"' | '\'').then_some(c);
                plain.push(c);
            }
        }
    }
    plain
}

/// `=` where `==` compares.
fn single_equals(plain: &str) -> Option<usize> {
    let bytes = plain.as_bytes();
    let beside =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|b| matches!(b, b'=' | b'!' | b'<' | b'>'));
    let set = plain.trim_start_matches(['-', ' ']).starts_with("set ");
    (0..bytes.len()).find(|at| bytes[*at] == b'=' && !beside(at.checked_sub(1)) && !beside(Some(at + 1)) && !set)
}

/// `50万`, `30%`: numbers of rulebooks.
fn counted(plain: &str) -> Option<(usize, usize)> {
    let unit = |c: char| matches!(c, '万' | '亿' | '%' | '元' | '天');
    plain.char_indices().filter(|(_, c)| unit(*c)).find_map(|(at, c)| {
        let digits = plain[..at].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || unit(c)).len();
        plain[digits..at].starts_with(|c: char| c.is_ascii_digit()).then(|| (digits, at + c.len_utf8() - digits))
    })
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The tags of a stretch, with their place.
fn tags(text: &str, start: usize, end: usize) -> impl Iterator<Item = (&str, Span)> {
    braces(text, start, end).into_iter().filter(|braces| !braces.value).map(|braces| {
        let body = braces.inner.trim_matches(['-', '+', ' ', '\t']);
        (body.find(|c| !is_word(c)).map_or(body, |end| &body[..end]), braces.span)
    })
}

/// `{% else %}`, `{% endif %}` on this line outside of every `if`.
fn alone(text: &str, start: usize, end: usize) -> Option<Refusal> {
    let mut depth = tags(text, 0, start).fold(0_i64, |depth, (word, _)| match word {
        "if" => depth + 1,
        "endif" => depth - 1,
        _ => depth,
    });
    tags(text, start, end).find_map(|(word, span)| {
        match word {
            "if" => depth += 1,
            "elif" | "else" | "endif" if depth <= 0 => {
                return Some(Refusal {
                    code: codes::TEMPLATE_TAG_ALONE,
                    span,
                    what: Arg::Name(word.into()),
                    meant: None,
                });
            }
            "endif" => depth -= 1,
            _ => {}
        }
        None
    })
}

/// The innermost `if` without its `endif`.
fn open_if(text: &str) -> Option<Refusal> {
    let mut open = Vec::new();
    for (word, span) in tags(text, 0, text.len()) {
        match word {
            "if" => open.push(span),
            "endif" => {
                open.pop();
            }
            _ => {}
        }
    }
    let span = open.pop()?;
    Some(Refusal { code: codes::TEMPLATE_IF_OPEN, span, what: Arg::Name("if".into()), meant: None })
}
