//! From clauses to a checked [`Event`].

use crate::{
    event::{Event, Hold, KeepTop, OncePer},
    priority::{self, word},
};
use guiju_grammar::{
    ast::{Clause, Expr, Part, Rule},
    keyword::Kw,
};
use guiju_lang::{
    finding::{Arg, At, Finding, codes},
    hir::{self, LONGEST_WINDOW},
    kind::RuleContext,
};

pub(crate) fn event(rule: &Rule, cx: &mut dyn RuleContext) -> Option<Event> {
    let find = |word: Kw| rule.clauses.iter().find(|clause| clause.word == word);
    // `on` first: it brings the columns into scope. Everything else is checked even if something failed, so that all findings
    // of the event appear in one run.
    let on = find(Kw::ON).and_then(|clause| source(clause, cx));
    let when = find(Kw::WHEN).and_then(|clause| cx.condition(first(clause)?));
    // Everything else is only looked at where the condition holds.
    if let Some(when) = &when {
        cx.assume(when);
    }
    let hold = find(Kw::FOR).map(|clause| hold(clause, cx));
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
    } else if let Some(clause) = find(Kw::FOR) {
        let at = At::Text(cx.place(clause.span));
        cx.report(Finding::new(codes::kinds::EVENT_NEEDS_STREAM, at).arg("clause", Arg::Keyword(Kw::FOR)));
        return None;
    }
    let key = by.or_else(|| key_of(on, rule, cx));
    Some(Event {
        on,
        key: key?,
        stream,
        when: when?,
        hold: all_or_nothing(hold)?,
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
fn text_span(clause: &Clause) -> Option<guiju_grammar::ast::Span> {
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

/// How long the condition has to hold, by the clock.
fn hold(clause: &Clause, cx: &mut dyn RuleContext) -> Option<Hold> {
    let span = first(clause)?;
    let exact = cx.duration(span)?.exact().filter(|micros| (1..=LONGEST_WINDOW).contains(micros));
    if exact.is_none() {
        cx.report(Finding::new(codes::names::WINDOW_SPAN, At::Text(cx.place(span.span))));
    }
    Some(Hold { span: exact?, at: cx.place(clause.span) })
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
