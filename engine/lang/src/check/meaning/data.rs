//! Conditions beside the data: values that never occur, columns that are nearly always missing, constants far away.

use super::terms::{Term, Terms, of_source};
use crate::{
    check::{CheckInput, suggest},
    finding::{Arg, Finding, Place, Sources, codes::meaning as codes},
    hir::{CompareOp, Source},
    schema::ColumnFacts,
    ty::{Type, Unit},
    value::{self, Value},
};
use std::collections::BTreeMap;

/// A column that has a value in fewer rows than one in this many is as good as missing.
const MISSING_ONE_IN: u64 = 20;
/// Of fewer rows nobody can say what is usual.
const LEAST_ROWS: u64 = 20;
/// How many times the largest or smallest value is far away.
const FAR: f64 = 1_000.0;
/// Days that a date may be outside the data.
const FAR_DAYS: i64 = 10 * 366;
/// Values shown of a column.
const SHOWN: usize = 6;

/// Asks for what is known of the columns in question, and compares.
pub(super) fn look(terms: &Terms<'_>, sources: &[Source], input: CheckInput<'_>, findings: &mut Vec<Finding>) {
    let facts = facts(terms, sources, input);
    for (column, place) in &terms.needed {
        let Some(facts) = facts.get(column) else { continue };
        let Some(missing) = facts.missing.filter(|_| facts.rows >= LEAST_ROWS) else { continue };
        let known = facts.rows.saturating_sub(missing);
        if known.saturating_mul(MISSING_ONE_IN) < facts.rows
            && let Some(of) = of_source(*column, sources)
        {
            let finding = Finding::new(codes::MOSTLY_MISSING, *place).name("name", &of.name);
            findings.push(finding.arg("known", count(known)).arg("rows", count(facts.rows)));
        }
    }
    for term in &terms.all {
        let Some(facts) = facts.get(&term.column) else { continue };
        let finding = match (term.constant, term.op) {
            (Value::Text(text), CompareOp::Eq) => absent(term, text, facts, input.files),
            _ => far(term, facts, input.files),
        };
        findings.extend(finding);
    }
}

type Known = BTreeMap<crate::hir::ColumnRef, ColumnFacts>;

fn facts(terms: &Terms<'_>, sources: &[Source], input: CheckInput<'_>) -> Known {
    let mut wanted: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let compared = terms.all.iter().map(|t| t.column);
    for column in compared.chain(terms.needed.keys().copied()) {
        let of = wanted.entry(column.source.0).or_default();
        if !of.contains(&column.column) {
            of.push(column.column);
        }
    }
    let mut known = Known::new();
    for (source, columns) in wanted {
        // Of what passes nothing is known before.
        let Some(of) = sources.get(source as usize).filter(|of| !of.passes) else { continue };
        let name = |c: &u32| of.schema.columns.get(*c as usize).map_or("", |c| c.name.as_str());
        let names: Vec<&str> = columns.iter().map(name).collect();
        let all = input.schemas.facts(&of.connection, of.object.as_deref(), &names);
        for (column, facts) in columns.iter().zip(all) {
            let at = crate::hir::ColumnRef { source: crate::hir::SourceId(source), column: *column };
            known.extend(facts.map(|f| (at, f)));
        }
    }
    known
}

/// `等级 = "V8"`, and no row says so.
fn absent(term: &Term<'_>, text: &str, facts: &ColumnFacts, files: &Sources) -> Option<Finding> {
    let values = facts.values.as_ref().filter(|all| !all.is_empty())?;
    if values.iter().any(|v| &**v == text) {
        return None;
    }
    let near = suggest::nearest(text, values.iter().map(|v| &**v));
    let mut shown: Vec<String> = values.iter().take(SHOWN).map(|v| v.to_string()).collect();
    if values.len() > SHOWN {
        shown.push("…".into());
    }
    let finding = Finding::new(codes::VALUE_NEVER_OCCURS, term.place).name("name", term.name).name("value", text);
    let finding = finding.arg("values", Arg::Names(shown));
    let quoted = |t: &str| format!("\"{t}\"");
    let literal = files.get(term.place.file).is_some_and(|f| f.slice(term.place.span) == quoted(text));
    let fix = match near.as_slice() {
        [one] if literal => Some(crate::finding::Fix::replace(term.place, quoted(one))),
        _ => None,
    };
    let finding = finding.suggest(near.iter().map(|n| quoted(n)).collect());
    Some(match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}

/// A constant that the data are nowhere near.
fn far(term: &Term<'_>, facts: &ColumnFacts, files: &Sources) -> Option<Finding> {
    let (low, high) = (facts.low.as_ref()?, facts.high.as_ref()?);
    // Stored percents are a hundred times what they mean.
    if term.typed.unit == Unit::Percent || facts.rows < LEAST_ROWS {
        return None;
    }
    let outside = match (&term.typed.ty, term.constant, low, high) {
        (Type::Date, Value::Date(d), Value::Date(low), Value::Date(high)) => {
            let days = |d: i32| i64::from(d);
            days(*d) > days(*high) + FAR_DAYS || days(*d) < days(*low) - FAR_DAYS
        }
        (Type::Integer | Type::Decimal(_) | Type::Real, constant, low, high) => {
            let (c, low, high) = (value::number(constant)?, value::number(low)?, value::number(high)?);
            let above = c > 0.0 && high > 0.0 && c >= high * FAR;
            let below = matches!(term.op, CompareOp::Gt | CompareOp::Ge) && c > 0.0 && low > 0.0 && c * FAR <= low;
            above || below
        }
        _ => false,
    };
    let finding = |place: Place| {
        let finding = Finding::new(codes::FAR_FROM_DATA, place).name("name", term.name);
        let written = files.get(term.place.file).map_or("", |f| f.slice(term.place.span));
        let finding = finding.name("value", written);
        finding.arg("low", Arg::Value(low.clone())).arg("high", Arg::Value(high.clone()))
    };
    outside.then(|| finding(if term.place == term.whole { term.whole } else { term.place }))
}

fn count(n: u64) -> Arg {
    Arg::Count(i64::try_from(n).unwrap_or(i64::MAX))
}
