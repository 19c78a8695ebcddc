//! The whole file: its stretches, each read by the grammar, or kept as broken with what is wrong with it.

use pest::Parser as _;

use crate::Parsed;
use crate::ast::{Broken, File, Item, Span};
use crate::grammar::{Grammar, Pair, Rule};
use crate::parse::layout::{self, Stretch};
use crate::parse::{MAX_BYTES, MAX_DEPTH, Reader};
use crate::problem::{Problem, ProblemKind};
use crate::recover;
use crate::spread::spread;

/// Reads a rulebook's text. It never fails: what cannot be read is kept as [`Item::Broken`] or as a broken rule, with
/// a problem each, and everything else is there.
///
/// ```
/// let parsed = guiju_grammar::parse("let large = 50万\nlet broken = \nlet small = 3\n");
/// assert_eq!(parsed.file.items.len(), 3);
/// assert_eq!(parsed.problems.len(), 1);
/// ```
pub fn parse(text: &str) -> Parsed {
    parse_all(&[text]).remove(0)
}

/// Reads the texts of a set as [`parse`] reads each, over all processors: declarations are read alone, so a set of one large file
/// is no slower than one of many.
pub fn parse_all(texts: &[&str]) -> Vec<Parsed> {
    let cuts = spread(texts, |text| text.len(), |text| cut(text));
    let stretches: Vec<(&str, &Stretch)> =
        texts.iter().zip(&cuts).flat_map(|(text, cut)| cut.stretches.iter().map(|stretch| (*text, stretch))).collect();
    let mut read = spread(&stretches, |(_, stretch)| stretch.span.range().len(), |(text, stretch)| read(text, stretch))
        .into_iter();
    let whole = |(text, Cut { stretches, mut problems }): (&&str, Cut)| {
        let mut items = Vec::with_capacity(stretches.len());
        for (item, found) in read.by_ref().take(stretches.len()) {
            items.push(item);
            problems.extend(found);
        }
        Parsed { file: File { items }, problems: in_order(text, problems), text: (*text).into() }
    };
    texts.iter().zip(cuts).map(whole).collect()
}

/// A text's declarations, not yet read.
pub(crate) struct Cut {
    pub(crate) stretches: Vec<Stretch>,
    /// What was seen on the way; a text that is too large has no stretches.
    pub(crate) problems: Vec<Problem>,
}

pub(crate) fn cut(text: &str) -> Cut {
    let mut problems = Vec::new();
    if text.len() > MAX_BYTES {
        let kind = ProblemKind::TooLarge { limit: MAX_BYTES };
        problems.push(Problem { span: Span::new(0, 0), kind, fix: Vec::new() });
        return Cut { stretches: Vec::new(), problems };
    }
    let stretches = layout::stretches(text, &mut problems);
    Cut { stretches, problems }
}

/// Problems as they are told: from the top, each once, with the names that only the whole text knows.
pub(crate) fn in_order(text: &str, mut problems: Vec<Problem>) -> Vec<Problem> {
    recover::say_names(text, &mut problems);
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    problems.dedup();
    problems
}

fn read(text: &str, stretch: &Stretch) -> (Item, Vec<Problem>) {
    read_with(text, stretch, |_| ())
}

/// Reads one declaration; `see` is shown its parts if the grammar could read it.
pub(crate) fn read_with(text: &str, stretch: &Stretch, see: impl FnOnce(&Pair<'_>)) -> (Item, Vec<Problem>) {
    let span = stretch.span;
    if let Some(place) = stretch.too_deep {
        let kind = ProblemKind::TooDeep { limit: MAX_DEPTH };
        return (Item::Broken(recover::head(text, span)), vec![Problem { span: place, kind, fix: Vec::new() }]);
    }
    let reader = Reader::new(text, span.start as usize);
    let item = match Grammar::parse(Rule::item, &text[span.range()]) {
        Ok(mut pairs) => pairs.next().and_then(|pair| {
            see(&pair);
            reader.item(pair, stretch.doc.clone())
        }),
        Err(error) => {
            let at = span.start as usize + furthest(&error);
            reader.report_all(vec![recover::header(text, span, at, &error)]);
            None
        }
    };
    let item = item.unwrap_or_else(|| {
        let Broken { kind, name, .. } = recover::head(text, span);
        Item::Broken(Broken { kind, name, span })
    });
    (item, reader.into_problems())
}

/// Where the grammar could not go on.
pub(crate) fn furthest(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}
