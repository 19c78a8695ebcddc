//! `golden/semantics.tsv`: our own vectors.

use super::{Vector, literal, parse};
use crate::{context::Incident, ty::Typed, value::Value};

const TABLE: &str = include_str!("../../golden/semantics.tsv");

/// Every line.
///
/// # Panics
/// On a line that is not one: the table is part of this crate.
pub(super) fn vectors() -> Vec<Vector> {
    TABLE
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(i, line)| vector(line, &format!("semantics.tsv:{}", i + 1)))
        .collect()
}

fn vector(line: &str, name: &str) -> Vector {
    let fields: Vec<&str> = line.split('\t').collect();
    let [topic, text, row, ty, result, rest @ ..] = fields.as_slice() else { panic!("{name}: too few fields") };
    let mut names = Vec::new();
    let mut columns = Vec::new();
    let mut cells = Vec::new();
    for cell in row.split('|').map(str::trim).filter(|c| !c.is_empty()) {
        let (column, rest) = cell.split_once(' ').unwrap_or_else(|| panic!("{name}: no type in `{cell}`"));
        // The type may have blanks (`list of text`), the value too: the type is the longest prefix that is one.
        let (ty, value) = rest
            .char_indices()
            .filter(|&(_, c)| c == ' ')
            .rev()
            .find_map(|(at, _)| literal::ty(&rest[..at]).map(|t| (t, &rest[at..])))
            .unwrap_or_else(|| panic!("{name}: no type in `{cell}`"));
        cells.push(literal::value(value, &ty).unwrap_or_else(|| panic!("{name}: no value in `{cell}`")));
        names.push(column.to_owned());
        columns.push(Typed::new(ty, true));
    }
    let scope: Vec<(&str, &Typed)> = names.iter().map(String::as_str).zip(&columns).collect();
    let expr = parse::expression(text, &scope).unwrap_or_else(|e| panic!("{name}: {e} in `{text}`"));
    let expected_type = literal::ty(ty).unwrap_or_else(|| panic!("{name}: no type `{ty}`"));
    let expected: Value =
        literal::value(result, &expected_type).unwrap_or_else(|| panic!("{name}: no {ty} `{result}`"));
    let incident = match rest.first().map_or("", |s| s.trim()) {
        "" => None,
        "division by zero" => Some(Incident::DivisionByZero),
        "overflow" => Some(Incident::Overflow),
        "beyond calendar" => Some(Incident::BeyondCalendar),
        "bad cast" => Some(Incident::BadCast),
        "rows disagree" => Some(Incident::RowsDisagree),
        other => panic!("{name}: no incident `{other}`"),
    };
    Vector {
        name: name.to_owned(),
        topic: (*topic).to_owned(),
        text: (*text).to_owned(),
        expr,
        columns,
        row: cells,
        expected,
        expected_type,
        incident,
    }
}
