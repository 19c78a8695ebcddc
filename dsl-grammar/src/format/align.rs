//! Aligns rows and the comments at line ends, by the width that characters take on a screen, and prints.

use unicode_width::UnicodeWidthStr;

use super::lines::{Line, Row};

pub(super) fn print(mut lines: Vec<Line>) -> String {
    let mut at = 0;
    while at < lines.len() {
        let rows = run(&lines[at..], |line| line.row.is_some());
        if rows > 0 {
            align_rows(&mut lines[at..at + rows]);
        }
        at += rows.max(1);
    }
    at = 0;
    while at < lines.len() {
        let commented = run(&lines[at..], |line| line.comment.is_some());
        let width = |line: &Line| line.indent + line.text.width();
        let column = lines[at..at + commented].iter().map(width).max().unwrap_or(0) + 2;
        for line in &mut lines[at..at + commented] {
            let gap = column - width(line);
            if let Some(comment) = line.comment.take() {
                line.text += &" ".repeat(gap);
                line.text += &comment;
            }
        }
        at += commented.max(1);
    }
    let mut out = String::new();
    for line in &lines {
        if line.apart && !out.is_empty() {
            out.push('\n');
        }
        out += &" ".repeat(line.indent);
        out += line.text.trim_end();
        out.push('\n');
    }
    out
}

/// How many lines from the first on are alike and not set apart.
fn run(lines: &[Line], like: impl Fn(&Line) -> bool) -> usize {
    let more = |(i, line): &(usize, &Line)| like(line) && (*i == 0 || !line.apart);
    lines.iter().enumerate().take_while(more).count()
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn align_rows(lines: &mut [Line]) {
    let mut widths: Vec<usize> = Vec::new();
    let mut results = 0;
    for row in lines.iter_mut().filter_map(|line| line.row.as_mut()) {
        trim(row);
        // A row of one cell before the arrow, `otherwise`, goes over all columns.
        if row.cells.len() > 1 || row.results.is_none() {
            for (i, cell) in row.cells.iter().enumerate() {
                if widths.len() <= i {
                    widths.push(0);
                }
                widths[i] = widths[i].max(cell.width());
            }
        }
        results = results.max(row.results.as_ref().map_or(0, |text| text.width()));
    }
    let singles = lines.iter().filter_map(|line| line.row.as_ref()).filter(|row| row.cells.len() == 1);
    let single = singles.filter_map(|row| row.cells.first()).map(|cell| cell.width()).max().unwrap_or(0);
    let mut whole = widths.iter().sum::<usize>() + 3 * widths.len().saturating_sub(1);
    if single > whole {
        match widths.last_mut() {
            Some(last) => *last += single - whole,
            None => widths.push(single),
        }
        whole = single;
    }
    for line in lines {
        let Some(row) = line.row.take() else { continue };
        let left = match &row.cells[..] {
            [alone] if row.results.is_some() => pad(alone, whole),
            cells => cells.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect::<Vec<_>>().join(" | "),
        };
        line.text = match &row.results {
            Some(text) => format!("| {left} -> {} |", pad(text, results)),
            None => format!("| {left} |"),
        };
    }
}

/// The bar at the end opened a cell that is none.
fn trim(row: &mut Row) {
    if row.cells.last().is_some_and(String::is_empty) && (row.results.is_none() || row.cells.len() > 1) {
        row.cells.pop();
    }
}
