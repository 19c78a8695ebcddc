//! How a change reads in the rulebook's own text.

use crate::{finding::Place, hir::Expr};
use guiju_grammar::keyword::Kw;

/// Whether one text stands in the other.
pub(super) fn holds(outer: Place, inner: Place) -> bool {
    outer.file == inner.file && outer.span.start <= inner.span.start && inner.span.end <= outer.span.end
}

/// Where the part begins and ends in the text of the whole, if it stands there.
fn range(whole: &Expr, part: &Expr) -> Option<(usize, usize)> {
    let start = whole.written.span.start;
    let at = own_text(whole, part)?;
    (at != whole.written).then(|| ((at.span.start - start) as usize, (at.span.end - start) as usize))
}

/// Where the part is written in the whole: its own text, or where the definition is used that it comes from.
pub(super) fn own_text(whole: &Expr, part: &Expr) -> Option<Place> {
    [part.written, part.place].into_iter().find(|at| holds(whole.written, *at))
}

/// Where the part ends in the whole, or its beginning.
pub(super) fn end_in(whole: &Expr, part: &Expr) -> usize {
    range(whole, part).map_or(0, |(_, end)| end)
}

/// The text with a range replaced.
pub fn replaced(text: &str, from: usize, to: usize, with: &str) -> Option<String> {
    Some(format!("{}{with}{}", text.get(..from)?, text.get(to..)?))
}

/// The whole's text with another text for a part.
pub(super) fn spliced(text: &str, whole: &Expr, part: &Expr, with: &str) -> String {
    range(whole, part).and_then(|(from, to)| replaced(text, from, to, with)).unwrap_or_else(|| with.to_owned())
}

const SIGNS: [&str; 11] = ["<=", ">=", "!=", "==", "≤", "≥", "≠", "<", ">", "=", "＝"];

/// The sign between two operands replaced; `from` empty: whatever comparison stands there. Where an operand is written elsewhere
/// (a table's cell, a function's body) the first such sign of the text is the one.
pub(super) fn sign_replaced(text: &str, a: &Expr, b: &Expr, e: &Expr, from: &str, to: &str) -> Option<String> {
    let start = range(e, a).map_or(0, |(_, end)| end);
    let end = range(e, b).map_or(text.len(), |(start, _)| start);
    let gap = text.get(start..end)?;
    let (at, sign) = if from.is_empty() {
        let all = SIGNS.iter().filter_map(|sign| Some((gap.find(sign)?, *sign)));
        all.min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len())))?
    } else {
        (gap.find(from)?, from)
    };
    replaced(text, start + at, start + at + sign.len(), to)
}

/// A word after the operand replaced, whichever language it is in.
pub(super) fn word_replaced(text: &str, operand: &Expr, e: &Expr, from: Kw, to: &str) -> Option<String> {
    let start = end_in(e, operand);
    let after = text.get(start..)?;
    let (at, word) = [from.en(), from.zh()].into_iter().find_map(|word| Some((after.find(word)?, word)))?;
    replaced(text, start + at, start + at + word.len(), to)
}

/// A chain with another word between its parts. A part that is written elsewhere leaves the text as it is.
pub(super) fn joined_by(text: &str, parts: &[Expr], e: &Expr, from: Kw, to: &str) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for pair in parts.windows(2) {
        let [left, right] = pair else { continue };
        let (Some((_, end)), Some((start, _))) = (range(e, left), range(e, right)) else { continue };
        let gap = text.get(end..start)?;
        let Some((at, word)) = [from.en(), from.zh()].into_iter().find_map(|w| Some((gap.find(w)?, w))) else {
            continue;
        };
        out.push_str(text.get(done..end + at)?);
        out.push_str(to);
        done = end + at + word.len();
    }
    out.push_str(text.get(done..)?);
    (done > 0).then_some(out)
}

/// Two parts in each other's place.
pub(super) fn swapped(text: &str, first: &Expr, second: &Expr, e: &Expr) -> Option<String> {
    let (a, b) = (range(e, first)?, range(e, second)?);
    let (one, other) = (text.get(a.0..a.1)?, text.get(b.0..b.1)?);
    Some(format!("{}{other}{}{one}{}", text.get(..a.0)?, text.get(a.1..b.0)?, text.get(b.1..)?))
}

/// The first whole number at or after a byte, one more or one less.
pub fn number_changed(text: &str, after: usize, up: bool) -> Option<String> {
    let rest = text.get(after..)?;
    let start = after + rest.find(|c: char| c.is_ascii_digit())?;
    let digits = text.get(start..)?;
    let end = start + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: i64 = text.get(start..end)?.parse().ok()?;
    let number = if up { number.checked_add(1)? } else { number.checked_sub(1)? };
    replaced(text, start, end, &number.to_string())
}
