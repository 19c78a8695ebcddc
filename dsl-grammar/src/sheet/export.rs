//! Text to sheet.

use super::Sheet;
use crate::{
    Parsed, Piece,
    ast::{Item, Param, Span, Table, TableRow},
    keyword::Kw,
};

/// Where a table stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// With the `##` lines above.
    pub whole: Span,
    /// The declaration itself.
    pub declaration: Span,
}

/// The place of a table of this name.
pub fn place(parsed: &Parsed, name: &str) -> Option<Place> {
    let text = parsed.text();
    let declaration = tables(parsed).find(|table| table.name.text == name)?.span;
    let mut start = declaration.start as usize;
    while let Some(above) = text[..start].strip_suffix('\n') {
        let from = above.rfind('\n').map_or(0, |at| at + 1);
        if !above[from..].trim_start().starts_with("##") {
            break;
        }
        start = from;
    }
    Some(Place { whole: Span::new(start, declaration.end as usize), declaration })
}

fn tables(parsed: &Parsed) -> impl Iterator<Item = &Table> {
    parsed.file.items.iter().filter_map(|item| if let Item::Table(table) = item { Some(table) } else { None })
}

/// A table as a sheet; `None` if there is none of this name.
pub fn export(parsed: &Parsed, name: &str) -> Option<Sheet> {
    let table = tables(parsed).find(|table| table.name.text == name)?;
    let place = place(parsed, name)?;
    let text = parsed.text();
    let slice = |span: Span| text.get(span.range()).unwrap_or_default().trim().to_owned();
    let mut comments = comments(parsed, table.span);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let doc = text.get(place.whole.start as usize..place.declaration.start as usize).unwrap_or_default();
    rows.extend(doc.lines().map(|line| vec![line.trim().to_owned()]));
    let word = |kw: Kw| {
        parsed
            .tree()
            .nodes()
            .iter()
            .find(|n| n.keyword() == Some(kw) && within(n.span, table.span))
            .map(|n| slice(n.span))
    };
    let said = |kw: Kw| word(kw).unwrap_or_else(|| kw.en().to_owned());
    let mut head = vec![said(Kw::TABLE), slice(table.name.span)];
    head.extend(table.title.as_ref().map(|title| slice(title.span)));
    rows.push(head);
    if let Some((_, at)) = table.hit {
        let mut hit = vec![said(Kw::HIT), slice(at)];
        hit.extend(table.priorities.iter().map(|value| slice(value.span)));
        rows.push(hit);
    }
    let mut columns: Vec<String> = table.inputs.iter().map(|input| slice(param(input))).collect();
    for (i, output) in table.outputs.iter().enumerate() {
        let arrow = if i == 0 { "-> " } else { "" };
        columns.push(format!("{arrow}{}", slice(param(output))));
    }
    let width = columns.len();
    rows.push(columns);
    for row in &table.rows {
        rows.extend(take(&mut comments, |at, _| at < row.span.start).map(|comment| vec![comment]));
        let mut cells = cells(row, table, &slice, &said);
        // At the end of the row's own line.
        let line_end =
            text[row.span.end as usize..].find(['\n', '\r']).map_or(text.len(), |n| row.span.end as usize + n);
        let own: Vec<String> = take(&mut comments, |at, _| (at as usize) < line_end).collect();
        if !own.is_empty() {
            cells.resize(width, String::new());
            cells.push(own.join(" "));
        }
        rows.push(cells);
    }
    rows.extend(take(&mut comments, |_, _| true).map(|comment| vec![comment]));
    Some(Sheet { rows })
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn param(param: &Param) -> Span {
    param.ty.as_ref().map_or(param.name.span, |ty| param.name.span.to(ty.span))
}

fn cells(row: &TableRow, table: &Table, slice: &impl Fn(Span) -> String, said: &impl Fn(Kw) -> String) -> Vec<String> {
    let mut cells: Vec<String> = if row.otherwise {
        let mut cells = vec![said(Kw::OTHERWISE)];
        cells.resize(table.inputs.len().max(1), String::new());
        cells
    } else {
        row.cells.iter().map(|cell| slice(cell.span)).collect()
    };
    cells.extend(row.outputs.iter().map(|output| slice(output.span)));
    cells
}

/// The comments between a span's words, with their places, in order.
fn comments(parsed: &Parsed, span: Span) -> std::collections::VecDeque<(u32, String)> {
    let text = parsed.text();
    let mut found = std::collections::VecDeque::new();
    for piece in parsed.tree().pieces() {
        let Piece::Trivia(gap) = piece else { continue };
        if !within(gap, span) {
            continue;
        }
        let mut at = gap.start;
        for line in text.get(gap.range()).unwrap_or_default().split_inclusive(['\n', '\r']) {
            let trimmed = line.trim();
            if trimmed.starts_with(['#', '＃']) {
                found.push_back((at, trimmed.to_owned()));
            }
            at += u32::try_from(line.len()).unwrap_or(0);
        }
    }
    found
}

fn take(
    comments: &mut std::collections::VecDeque<(u32, String)>,
    wanted: impl Fn(u32, &str) -> bool,
) -> impl Iterator<Item = String> {
    let mut taken = Vec::new();
    while let Some((at, comment)) = comments.front()
        && wanted(*at, comment)
    {
        taken.extend(comments.pop_front().map(|(_, comment)| comment));
    }
    taken.into_iter()
}
