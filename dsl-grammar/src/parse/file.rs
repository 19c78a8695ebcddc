//! The whole file: its stretches, each read by the grammar, or kept as broken with what is wrong with it.

use pest::Parser as _;

use crate::Parsed;
use crate::ast::{Broken, File, Item, Span};
use crate::grammar::{Grammar, Rule};
use crate::parse::layout::{self, Stretch};
use crate::parse::{MAX_BYTES, MAX_DEPTH, Reader};
use crate::problem::{Problem, ProblemKind};
use crate::recover;

/// Reads a rulebook's text. It never fails: what cannot be read is kept as [`Item::Broken`] or as a broken rule, with
/// a problem each, and everything else is there.
///
/// ```
/// let parsed = guiju_grammar::parse("let large = 50万\nlet broken = \nlet small = 3\n");
/// assert_eq!(parsed.file.items.len(), 3);
/// assert_eq!(parsed.problems.len(), 1);
/// ```
pub fn parse(text: &str) -> Parsed {
    let mut problems = Vec::new();
    if text.len() > MAX_BYTES {
        let kind = ProblemKind::TooLarge { limit: MAX_BYTES };
        problems.push(Problem { span: Span::new(0, 0), kind, fix: Vec::new() });
        return Parsed { file: File::default(), problems, text: text.into() };
    }
    let stretches = layout::stretches(text, &mut problems);
    let mut items = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        items.push(read(text, stretch, &mut problems));
    }
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    problems.dedup();
    Parsed { file: File { items }, problems, text: text.into() }
}

fn read(text: &str, stretch: Stretch, problems: &mut Vec<Problem>) -> Item {
    let Stretch { span, doc, too_deep } = stretch;
    if let Some(place) = too_deep {
        let kind = ProblemKind::TooDeep { limit: MAX_DEPTH };
        problems.push(Problem { span: place, kind, fix: Vec::new() });
        return Item::Broken(recover::head(text, span));
    }
    let reader = Reader::new(text, span.start as usize);
    let item = match Grammar::parse(Rule::item, &text[span.range()]) {
        Ok(mut pairs) => pairs.next().and_then(|pair| reader.item(pair, doc)),
        Err(error) => {
            let at = span.start as usize + furthest(&error);
            reader.report_all(vec![recover::header(text, span, at, &error)]);
            None
        }
    };
    problems.extend(reader.into_problems());
    item.unwrap_or_else(|| {
        let Broken { kind, name, .. } = recover::head(text, span);
        Item::Broken(Broken { kind, name, span })
    })
}

/// Where the grammar could not go on.
pub(crate) fn furthest(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}
