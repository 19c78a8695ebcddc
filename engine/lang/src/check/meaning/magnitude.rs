//! `总资产 >= 50` where everybody else says 万.

use super::terms::{Term, Terms};
use crate::{
    finding::{Finding, Fix, Sources, codes::meaning as codes},
    hir::{ColumnRef, CompareOp},
    value,
};
use std::collections::HashMap;

/// Ten thousand, a hundred million: the units people leave out.
const UNITS: [(&str, f64); 2] = [("万", 1e4), ("亿", 1e8)];
/// A plain number below this is short for a larger one, if the others are all large.
const SMALL: f64 = 1_000.0;
/// How far a number may be from the others, once the unit is there.
const NEAR: f64 = 100.0;

/// A constant as the text spells it.
struct Written<'a> {
    term: &'a Term<'a>,
    number: f64,
    unit: Option<usize>,
    text: &'a str,
}

fn written<'a>(term: &'a Term<'a>, files: &'a Sources) -> Option<Written<'a>> {
    let number = value::number(term.constant)?;
    let text = files.get(term.place.file)?.slice(term.place.span);
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_'));
    let rest = text.get(digits.len()..)?;
    let unit = UNITS.iter().position(|(word, _)| rest.starts_with(word));
    // `50元` says what it is, `50%` is something else, and a name stands for a definition.
    (plain && (unit.is_some() || rest.is_empty())).then_some(Written { term, number, unit, text })
}

/// Reports lower bounds that lost their unit.
pub(super) fn look(terms: &Terms<'_>, files: &Sources, findings: &mut Vec<Finding>) {
    let mut columns: HashMap<ColumnRef, Vec<Written<'_>>> = HashMap::new();
    for one in terms.all.iter().filter_map(|t| written(t, files)) {
        columns.entry(one.term.column).or_default().push(one);
    }
    for one in terms.all.iter().filter_map(|t| written(t, files)) {
        let lower = matches!(one.term.op, CompareOp::Gt | CompareOp::Ge | CompareOp::Eq);
        if one.unit.is_some() || !lower || !(1.0..SMALL).contains(&one.number) {
            continue;
        }
        let others = columns.get(&one.term.column).map_or(&[][..], Vec::as_slice);
        let like = others.iter().find_map(|other| {
            let (word, factor) = UNITS[other.unit?];
            let meant = one.number * factor;
            let near = other.number > 0.0 && meant / other.number <= NEAR && other.number / meant <= NEAR;
            near.then_some((word, other))
        });
        if let Some((word, other)) = like {
            let meant = format!("{}{word}", one.text);
            let finding = Finding::new(codes::UNIT_FORGOTTEN, one.term.place).name("name", one.term.name);
            let finding = finding.name("value", one.text).name("other", other.text).name("meant", &meant);
            findings.push(finding.label(other.term.place, "with-unit").fix(Fix::replace(one.term.place, meant)));
        }
    }
}
