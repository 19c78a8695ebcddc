//! What the grammar could not read, as findings.

use crate::finding::{Arg, FileId, Finding, Fix, Place, codes::words as codes};
use guiju_grammar::{Problem, ProblemKind as P, Wanted, keyword::Kw};

/// A problem of the grammar as a finding.
pub fn finding(problem: Problem, file: FileId, text: &str) -> Finding {
    let at = |span| Place { file, span };
    let place = at(problem.span);
    let new = |code| Finding::new(code, place);
    let limit = |n: usize| Arg::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let near = |f: Finding, kw: Option<Kw>| match kw {
        Some(kw) => f.suggest(vec![spelling(kw, text).to_owned()]),
        None => f,
    };
    // A keyword that stands there, as the file spells it.
    let standing = |kw: Kw| {
        let line = text.get(problem.span.range()).unwrap_or("");
        let spelled = [kw.zh(), kw.en()].into_iter().find(|w| !w.is_empty() && line.contains(w));
        Arg::Name(spelled.unwrap_or_else(|| spelling(kw, text)).to_owned())
    };
    let found_meant = |code, found: String, meant: String| new(code).name("found", found).name("meant", meant);
    let perhaps = |code, found: String, meant: Option<String>| {
        let f = new(code).name("found", found);
        f.suggest(meant.into_iter().collect())
    };
    let safe = only_reading(&problem.kind);
    let finding = match problem.kind {
        P::TooLarge { limit: n } => new(codes::TOO_LARGE).arg("limit", limit(n)),
        P::TooDeep { limit: n } => new(codes::TOO_DEEP).arg("limit", limit(n)),
        P::TooLong { limit: n } => new(codes::TOO_LONG).arg("limit", limit(n)),
        P::UnknownKind { found, suggestion } => near(new(codes::UNKNOWN_KIND).name("found", found), suggestion),
        P::KindNotAvailable { kind } => new(codes::KIND_NOT_AVAILABLE).arg("kind", Arg::Keyword(kind)),
        P::MissingCloseBrace { kind } => new(codes::MISSING_CLOSE_BRACE).arg("kind", Arg::Keyword(kind)),
        P::AfterDeclaration { found } => new(codes::AFTER_DECLARATION).name("found", found),
        P::UnknownClause { found, kind, suggestion } => {
            // Whoever misspelt a word does not go on with the line above.
            let alone = suggestion.is_none() && kind == Kw::EVENT;
            let hint = if alone { Arg::Word("word.goes-on") } else { Arg::Plain(String::new()) };
            let f = new(codes::UNKNOWN_CLAUSE_WORD).name("found", found).arg("kind", Arg::Keyword(kind));
            near(f.arg("hint", hint), suggestion)
        }
        P::SecondClause { word } => new(codes::SECOND_CLAUSE).arg("word", standing(word)),
        P::ColonAfterWord { word } => {
            let sign = text.get(problem.span.range()).unwrap_or("").trim();
            new(codes::COLON_AFTER_WORD).arg("word", Arg::Name(spelling(word, text).to_owned())).name("sign", sign)
        }
        P::StopAtLineEnd => new(codes::STOP_AT_LINE_END),
        P::GluedKeyword { word, rest } => new(codes::GLUED_KEYWORD).arg("word", standing(word)).name("rest", rest),
        P::Alias { found, meant } => found_meant(codes::ALIAS, found, meant),
        P::BadNumber { found, meant } => perhaps(codes::BAD_NUMBER, found, meant),
        P::GroupedNumber { found, meant } => found_meant(codes::GROUPED_NUMBER, found, meant),
        P::BadDate { found, meant } => perhaps(codes::BAD_DATE, found, meant),
        P::NoSuchDate { found } => new(codes::NO_SUCH_DATE).name("found", found),
        P::BadTime { found, meant } => perhaps(codes::BAD_TIME, found, meant),
        P::NumberTooLarge { found } => new(codes::NUMBER_TOO_LARGE).name("found", found),
        P::BadAddress { found } => new(codes::BAD_ADDRESS).name("found", found),
        P::ChainedComparison => new(codes::CHAINED_COMPARISON),
        P::UnclearOrElse => new(codes::UNCLEAR_OR_ELSE),
        P::OfWithoutPercent => new(codes::OF_WITHOUT_PERCENT),
        P::MissingOf => new(codes::MISSING_OF),
        P::BetweenJoin { found, meant } => found_meant(codes::BETWEEN_JOIN, found, meant),
        P::ListBrackets => new(codes::LIST_BRACKETS),
        P::WithinDirection => new(codes::WITHIN_DIRECTION),
        P::WindowPlace => new(codes::WINDOW_PLACE),
        P::WindowWord { found } => new(codes::WINDOW_WORD).name("found", found),
        P::WrongWord { found, meant } if found.is_empty() => {
            let found = text.get(problem.span.range()).unwrap_or("").to_owned();
            new(codes::EXPECTED).name("wanted", meant).name("found", found)
        }
        P::WrongWord { found, meant } => found_meant(codes::WRONG_WORD, found, meant),
        P::ProseOperator { found, meant } => found_meant(codes::PROSE_OPERATOR, found, meant),
        P::WideBrace => new(codes::WIDE_BRACE),
        P::LoneBrace => new(codes::LONE_BRACE),
        P::UnknownEscape { found } => new(codes::UNKNOWN_ESCAPE).name("found", found),
        P::BadSlot { found } if found.trim().is_empty() => new(codes::BAD_SLOT).name("found", "{}"),
        P::BadSlot { found } => new(codes::BAD_SLOT).name("found", found),
        P::ConstantSlot => new(codes::CONSTANT_SLOT),
        P::MissingQuote => new(codes::MISSING_QUOTE),
        P::SingleQuotes => new(codes::SINGLE_QUOTES),
        P::QuoteInText => new(codes::QUOTE_IN_TEXT),
        P::SlotInPlainText => new(codes::SLOT_IN_PLAIN_TEXT),
        P::InvisibleCharacter { code } => {
            new(codes::INVISIBLE_CHARACTER).arg("code", Arg::Plain(format!("U+{code:04X}")))
        }
        P::WideHash => new(codes::WIDE_HASH),
        P::WideDot => new(codes::WIDE_DOT),
        P::UnknownEdition { found } => new(codes::UNKNOWN_EDITION).name("found", found),
        P::RowLength { wanted, found } => {
            new(codes::ROW_LENGTH).arg("wanted", limit(wanted)).arg("found", limit(found))
        }
        P::SideBySide { left, right, meant } => {
            new(codes::SIDE_BY_SIDE).name("left", left).name("right", right).suggest(meant.into_iter().collect())
        }
        P::MissingJoin => new(codes::MISSING_JOIN),
        P::MissingComparison { left, right } => new(codes::MISSING_COMPARISON).name("left", left).name("right", right),
        P::SpanOfTime { found, meant } => perhaps(codes::SPAN_OF_TIME, found, meant),
        P::MissingComma => new(codes::MISSING_COMMA),
        P::OneName { word } => {
            let more = text.get(problem.span.range()).unwrap_or("");
            let more = more.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_start_matches("and ");
            new(codes::ONE_NAME).arg("word", Arg::Name(spelling(word, text).to_owned())).name("found", more)
        }
        P::BraceBelow => new(codes::BRACE_BELOW),
        P::BadName { found, meant } => found_meant(codes::BAD_NAME, found, meant),
        P::ForeignComment { found } => new(codes::FOREIGN_COMMENT).name("found", found),
        P::FillerWord { found } => new(codes::FILLER_WORD).name("found", found),
        P::Expected { wanted, found } => expected(new, &wanted, found),
        _ => new(codes::UNEXPECTED),
    };
    if problem.fix.is_empty() {
        return finding;
    }
    // A curly quote that closes a straight one is replaced, not followed.
    let curly = |start: u32| text.get(..start as usize).is_some_and(|t| t.ends_with(['”', '“', '＂']));
    let edit = |e: guiju_grammar::Edit| {
        let mut span = e.span;
        if finding.code == codes::MISSING_QUOTE && e.text == "\"" && span.start == span.end && curly(span.start) {
            span.start -= '”'.len_utf8() as u32;
        }
        (at(span), e.text)
    };
    let edits = problem.fix.into_iter().map(edit).collect();
    finding.fix(Fix { edits, safe })
}

/// Whether what stands there can be read in one way only, so that its fix needs nobody's consent. Misspelt words, what is missing
/// and shorthand like `50w` are guesses.
fn only_reading(kind: &P) -> bool {
    match kind {
        P::ColonAfterWord { .. }
        | P::StopAtLineEnd
        | P::GluedKeyword { .. }
        | P::SecondClause { .. }
        | P::GroupedNumber { .. }
        | P::BadDate { .. }
        | P::BadTime { .. }
        | P::ProseOperator { .. }
        | P::BetweenJoin { .. }
        | P::InvisibleCharacter { .. }
        | P::BraceBelow
        | P::ForeignComment { .. }
        | P::WideHash
        | P::WideDot
        | P::SingleQuotes => true,
        P::Alias { found, .. } => !found.to_lowercase().contains("null"),
        _ => false,
    }
}

fn expected(new: impl Fn(crate::finding::Code) -> Finding, wanted: &[Wanted], found: String) -> Finding {
    let finding = match wanted {
        [] => return new(codes::UNEXPECTED),
        [one] => new(codes::EXPECTED).arg("wanted", wanted_arg(*one)),
        all => new(codes::EXPECTED_ONE_OF).arg("wanted", Arg::List(all.iter().map(|w| wanted_arg(*w)).collect())),
    };
    finding.arg("found", if found.is_empty() { Arg::Word("word.end") } else { Arg::Name(found) })
}

fn wanted_arg(wanted: Wanted) -> Arg {
    Arg::Word(match wanted {
        Wanted::Value => "word.value",
        Wanted::Operator => "word.operator",
        Wanted::Unit => "word.unit",
        Wanted::Clause => "word.clause",
        Wanted::Name => "word.name",
        Wanted::Text => "word.text",
        Wanted::Number => "word.number",
        Wanted::Duration => "word.duration",
        Wanted::List => "word.list",
        Wanted::Pattern => "word.pattern",
        Wanted::Type => "word.type",
        Wanted::EndOfLine => "word.end-of-line",
        Wanted::Word(kw) => return Arg::Keyword(kw),
        Wanted::Sign(sign) => return Arg::Name(sign.to_owned()),
    })
}

/// A keyword as this file would spell it.
fn spelling(kw: Kw, text: &str) -> &'static str {
    if super::names::mostly_chinese(text) || kw.en().is_empty() { kw.zh() } else { kw.en() }
}
