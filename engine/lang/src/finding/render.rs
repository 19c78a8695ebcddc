//! Findings for people (text with excerpts) and for programs (JSON).

mod json;
mod text;

use super::{At, Finding};
pub use json::json;
pub use text::{Style, text};

/// Findings in the order people read them: by file and place, then data files, then the rest; said once each.
pub fn arrange(findings: &[Finding]) -> Vec<&Finding> {
    let mut all: Vec<&Finding> = findings.iter().collect();
    all.sort_by(|a, b| {
        place_key(a).cmp(&place_key(b)).then_with(|| a.severity.cmp(&b.severity)).then(a.code.cmp(&b.code))
    });
    all.dedup_by(|a, b| a.code == b.code && a.at == b.at && a.args == b.args);
    all
}

type PlaceKey<'a> = (u8, u32, u32, u32, &'a str, Option<u64>, Option<&'a str>);

fn place_key(finding: &Finding) -> PlaceKey<'_> {
    match &finding.at {
        At::Text(p) => (0, p.file.0, p.span.start, p.span.end, "", None, None),
        At::Data { path, row, column, .. } => (1, 0, 0, 0, path, *row, column.as_deref()),
        At::Nowhere => (2, 0, 0, 0, "", None, None),
    }
}
