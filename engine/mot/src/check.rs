//! From clauses to a checked [`Event`].

use crate::{
    event::{Event, How, KeepTop, OncePer, Pattern},
    priority::{self, word},
};
use guiju_grammar::{
    ast::{Clause, Expr, Part, Rule, Span},
    keyword::Kw,
};
use guiju_lang::{
    finding::{Arg, At, Finding, Place, codes},
    hir::{self, LONGEST_WINDOW},
    kind::RuleContext,
};

pub(crate) fn event(rule: &Rule, cx: &mut dyn RuleContext) -> Option<Event> {
    let find = |word: Kw| rule.clauses.iter().find(|clause| clause.word == word);
    // `on` first: it brings the columns into scope. Everything else is checked even if something failed, so that all findings
    // of the event appear in one run.
    let on = find(Kw::ON).and_then(|clause| source(clause, cx));
    let timed = timed(rule).filter(|_| on.as_ref().is_some_and(|(_, by)| by.is_none()));
    if timed.is_some() {
        cx.stream_meant();
    }
    let (when, sequence) = match find(Kw::WHEN) {
        Some(clause) => condition(clause, cx),
        None => (None, None),
    };
    // Everything else is only looked at where the condition holds.
    if let Some(when) = &when {
        cx.assume(when);
    }
    let pattern = match (find(Kw::FOR), sequence) {
        (Some(clause), None) => Some(span(first(clause), How::Held, cx.place(clause.span), cx)),
        (Some(clause), Some(sequence)) => {
            let at = At::Text(cx.place(clause.span));
            let finding = Finding::new(codes::kinds::EVENT_TWO_TIMES, at).arg("clause", Arg::Keyword(Kw::FOR));
            cx.report(finding.arg("other", Arg::Keyword(sequence.word)));
            Some(None)
        }
        (None, sequence) => sequence.map(|sequence| sequence.pattern),
    };
    let priority = match find(Kw::PRIORITY) {
        Some(clause) => priority::check(clause, cx),
        None => Some(word(Kw::MEDIUM, cx.place(rule.span))),
    };
    let assign = find(Kw::ASSIGN_TO).map(|clause| cx.text_value(first(clause)?));
    let keep = find(Kw::KEEP_TOP).map(|clause| keep_top(clause, cx));
    let once = find(Kw::ONCE_PER).map(|clause| once_per(clause, cx));
    let expires = find(Kw::EXPIRES_AFTER).map(|clause| cx.duration(first(clause)?));
    // `task "…"`, or `task template name`.
    let task =
        find(Kw::TASK).and_then(|clause| cx.text(clause.parts.iter().find(|part| !matches!(part, Part::Word(..)))?));
    let to = find(Kw::TO).and_then(|clause| cx.sink(first(clause)?));
    let (on, by) = on?;
    let stream = by.is_some();
    if stream {
        endless(rule, cx)?;
    } else if let Some((word, at)) = timed {
        let at = At::Text(cx.place(at));
        cx.report(Finding::new(codes::kinds::EVENT_NEEDS_STREAM, at).arg("clause", Arg::Keyword(word)));
        return None;
    }
    let key = by.or_else(|| key_of(on, rule, cx));
    Some(Event {
        on,
        key: key?,
        stream,
        when: when?,
        pattern: all_or_nothing(pattern)?,
        priority: priority?,
        assign: all_or_nothing(assign)?,
        keep: all_or_nothing(keep)?,
        once: all_or_nothing(once)?,
        expires: all_or_nothing(expires)?,
        expires_at: find(Kw::EXPIRES_AFTER).and_then(first).map(|expr| cx.place(expr.span)),
        task: task?,
        task_at: find(Kw::TASK).and_then(text_span).map(|span| cx.place(span)),
        to: to?,
        reset_on_change: find(Kw::ON_CHANGE).is_some(),
    })
}

/// A clause that is absent is fine; one that is there and wrong spoils the event.
#[allow(clippy::option_option)]
fn all_or_nothing<T>(clause: Option<Option<T>>) -> Option<Option<T>> {
    match clause {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

fn first(clause: &Clause) -> Option<&Expr> {
    expressions(clause).next()
}

fn expressions(clause: &Clause) -> impl Iterator<Item = &Expr> {
    clause.parts.iter().filter_map(|part| match part {
        Part::Expr(expr) => Some(expr),
        _ => None,
    })
}

/// Where a clause's text or expression stands.
fn text_span(clause: &Clause) -> Option<Span> {
    clause.parts.iter().find_map(|part| match part {
        Part::Text(text) => Some(text.span),
        Part::Expr(expr) => Some(expr.span),
        Part::Word(..) => None,
    })
}

/// The expression that follows an inner word.
fn after(clause: &Clause, word: Kw) -> Option<&Expr> {
    let at = clause.parts.iter().position(|part| matches!(part, Part::Word(w, _) if *w == word))?;
    match clause.parts.get(at + 1)? {
        Part::Expr(expr) => Some(expr),
        _ => None,
    }
}

/// The source, and of a stream what its windows are told apart by.
fn source(clause: &Clause, cx: &mut dyn RuleContext) -> Option<(hir::SourceId, Option<hir::Expr>)> {
    let on = cx.on_source(first(clause)?)?;
    let Some(by) = after(clause, Kw::BY) else { return Some((on, None)) };
    Some((on, Some(cx.stream_by(by)?)))
}

/// What asks for a whole table has no answer in a stream.
fn endless(rule: &Rule, cx: &mut dyn RuleContext) -> Option<()> {
    let keep = rule.clauses.iter().find(|clause| clause.word == Kw::KEEP_TOP);
    let top = cx.populations().first().map(|population| population.operand.place);
    let (word, place) = match (keep, top) {
        (Some(clause), _) => (Kw::KEEP_TOP, cx.place(clause.span)),
        (None, Some(place)) => (Kw::IN_TOP, place),
        (None, None) => return Some(()),
    };
    cx.report(Finding::new(codes::kinds::EVENT_ON_STREAM, At::Text(place)).arg("clause", Arg::Keyword(word)));
    None
}

fn key_of(on: hir::SourceId, rule: &Rule, cx: &mut dyn RuleContext) -> Option<hir::Expr> {
    let source = cx.source(on);
    let (name, column) = (source.name.clone(), source.key);
    let Some(column) = column else {
        // A table that could not be read may well have its key, and was reported.
        if source.schema.columns.is_empty() {
            return None;
        }
        let at = At::Text(cx.place(rule.name.span));
        cx.report(Finding::new(codes::kinds::EVENT_SOURCE_WITHOUT_KEY, at).arg("source", Arg::Name(name)));
        return None;
    };
    let typed = cx.source(on).schema.columns.get(column as usize)?.typed.clone();
    let kind = hir::ExprKind::Column(hir::ColumnRef { source: on, column });
    Some(hir::Expr::at(kind, typed, cx.place(rule.name.span)))
}

/// `then` or `without`, and what follows.
struct Sequence {
    word: Kw,
    pattern: Option<Pattern>,
}

/// What a rule's rows have to fulfil, and in which sequence. Each condition is one of a row by itself.
fn condition(clause: &Clause, cx: &mut dyn RuleContext) -> (Option<hir::Expr>, Option<Sequence>) {
    let earlier = first(clause).and_then(|expr| cx.condition(expr));
    let Some((word, at)) = sequence(clause) else { return (earlier, None) };
    let later = after(clause, word).and_then(|expr| cx.condition(expr));
    // The event is about the row that makes it act, or that waits.
    let (when, other) = if word == Kw::SEQ_THEN { (later, earlier) } else { (earlier, later) };
    let how = other.map(if word == Kw::SEQ_THEN { How::Then } else { How::Without });
    let at = cx.place(Span { start: at.start, end: clause.span.end });
    let pattern = how.and_then(|how| span(after(clause, Kw::SEQ_WITHIN), how, at, cx));
    (when, Some(Sequence { word, pattern }))
}

/// The word between two conditions.
fn sequence(clause: &Clause) -> Option<(Kw, Span)> {
    clause.parts.iter().find_map(|part| match part {
        Part::Word(word @ (Kw::SEQ_THEN | Kw::SEQ_WITHOUT), at) => Some((*word, *at)),
        _ => None,
    })
}

/// What asks for rows that come one after the other.
fn timed(rule: &Rule) -> Option<(Kw, Span)> {
    let of = |clause: &Clause| match clause.word {
        Kw::FOR => Some((Kw::FOR, clause.span)),
        Kw::WHEN => sequence(clause),
        _ => None,
    };
    rule.clauses.iter().find_map(of)
}

/// How long it takes, by the clock.
fn span(said: Option<&Expr>, how: How, at: Place, cx: &mut dyn RuleContext) -> Option<Pattern> {
    let said = said?;
    let exact = cx.duration(said)?.exact().filter(|micros| (1..=LONGEST_WINDOW).contains(micros));
    if exact.is_none() {
        cx.report(Finding::new(codes::names::WINDOW_SPAN, At::Text(cx.place(said.span))));
    }
    Some(Pattern { how, span: exact?, at })
}

fn keep_top(clause: &Clause, cx: &mut dyn RuleContext) -> Option<KeepTop> {
    let count = cx.count(first(clause)?);
    let per = after(clause, Kw::PER).map(|expr| cx.expr(expr));
    let by = after(clause, Kw::BY).and_then(|expr| cx.number(expr));
    Some(KeepTop { count: count?, per: all_or_nothing(per)?, by: by? })
}

fn once_per(clause: &Clause, cx: &mut dyn RuleContext) -> Option<OncePer> {
    let key = cx.key_columns(first(clause)?);
    let every = after(clause, Kw::EVERY).and_then(|expr| cx.duration(expr));
    Some(OncePer { key: key?, every: every? })
}
