//! What else is wrong with a line: the first finding's fix is applied to a copy, and the copy is read again.

use pest::Parser as _;

use crate::ast::Span;
use crate::grammar::Grammar;
use crate::keyword::Kw;
use crate::parse::Reader;
use crate::problem::{Edit, Problem};

use super::clause::{look, strict};

/// The most findings of one line.
const MOST: usize = 4;
/// A longer line is not read again.
const LONGEST: usize = 4096;

/// The findings of a line that come to light when `problem` is put right.
pub(super) fn beyond(text: &str, line: Span, problem: &Problem, kind: Kw) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut copy = Copy { text: text[line.range()].to_owned(), edits: Vec::new() };
    let mut edits = shifted(&problem.fix, line);
    if copy.text.len() > LONGEST {
        return found;
    }
    for _ in 1..MOST {
        if edits.is_empty() || !copy.apply(edits) {
            break;
        }
        let whole = Span::new(0, copy.text.len());
        let next = match Grammar::parse(strict(kind), &copy.text) {
            Ok(pairs) => {
                let reader = Reader::new(&copy.text, 0);
                pairs.flatten().for_each(|pair| reader.line(pair));
                let problems = reader.into_problems();
                found.extend(problems.into_iter().filter_map(|problem| copy.back(problem, line)));
                break;
            }
            Err(_) => look(&copy.text, whole, kind).0,
        };
        let Some(next) = next else { break };
        edits = next.fix.clone();
        match copy.back(next, line) {
            Some(problem) => found.push(problem),
            None => break,
        }
    }
    found
}

/// Edits in the line's own places; none if one is outside of it.
fn shifted(fix: &[Edit], line: Span) -> Vec<Edit> {
    let inside = |edit: &Edit| edit.span.start >= line.start && edit.span.end <= line.end;
    if !fix.iter().all(inside) {
        return Vec::new();
    }
    let shift = |edit: &Edit| Edit {
        span: Span { start: edit.span.start - line.start, end: edit.span.end - line.start },
        text: edit.text.clone(),
    };
    fix.iter().map(shift).collect()
}

/// A line with edits applied, which knows the way back to the line as written.
struct Copy {
    text: String,
    /// Each edit's place in the text before it, and the length of what it put there; in the order applied.
    edits: Vec<(Span, u32)>,
}

impl Copy {
    /// Applies edits from the last to the first; false if that is impossible.
    fn apply(&mut self, mut edits: Vec<Edit>) -> bool {
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            if self.text.get(edit.span.range()).is_none() {
                return false;
            }
            self.text.replace_range(edit.span.range(), &edit.text);
            self.edits.push((edit.span, edit.text.len() as u32));
        }
        true
    }

    /// A place in the copy as a place in the line; none inside of what an edit put there.
    fn place(&self, mut at: u32) -> Option<u32> {
        for &(span, len) in self.edits.iter().rev() {
            if at >= span.start + len {
                at = at - len + (span.end - span.start);
            } else if at > span.start {
                return None;
            }
        }
        Some(at)
    }

    fn back(&self, problem: Problem, line: Span) -> Option<Problem> {
        let span = |span: Span| {
            let (start, end) = (self.place(span.start)?, self.place(span.end)?);
            (start <= end).then_some(Span { start: line.start + start, end: line.start + end })
        };
        let edit = |edit: &Edit| Some(Edit { span: span(edit.span)?, text: edit.text.clone() });
        let fix = problem.fix.iter().map(edit).collect::<Option<Vec<_>>>().unwrap_or_default();
        Some(Problem { span: span(problem.span)?, kind: problem.kind, fix })
    }
}
