//! Applying fixes to a text.

use super::{FileId, Finding};

/// The text with fixes applied: the first fix of each finding in this file, `safe` ones only unless `all`. A fix that touches
/// bytes that an earlier one changed is left out. Also says how many were applied.
pub fn apply_fixes(text: &str, file: FileId, findings: &[Finding], all: bool) -> (String, usize) {
    let (text, applied) = fixed(text, file, findings, all);
    (text, applied.len())
}

/// As [`apply_fixes`], with the findings whose fixes were applied.
pub fn fixed<'f>(text: &str, file: FileId, findings: &'f [Finding], all: bool) -> (String, Vec<&'f Finding>) {
    let mut taken: Vec<(usize, usize, &str)> = Vec::new();
    let mut applied = Vec::new();
    let first = |f: &'f Finding| f.fixes.first().map(|fix| (f, fix));
    for (finding, fix) in findings.iter().filter_map(first).filter(|(_, f)| all || f.safe) {
        let edits: Vec<_> =
            fix.edits.iter().map(|(p, t)| (p.span.start as usize, p.span.end as usize, t.as_str())).collect();
        let here = fix.edits.iter().all(|(p, _)| p.file == file);
        let sound = edits.iter().all(|(s, e, _)| text.get(*s..*e).is_some());
        let free = edits.iter().all(|e| taken.iter().all(|t| !overlap(*e, *t)));
        if here && sound && free && !edits.is_empty() {
            taken.extend(edits);
            applied.push(finding);
        }
    }
    taken.sort();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, new) in taken {
        out.push_str(text.get(at..start).unwrap_or(""));
        out.push_str(new);
        at = end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or(""));
    (out, applied)
}

fn overlap(a: (usize, usize, &str), b: (usize, usize, &str)) -> bool {
    a == b || a.0 == b.0 || (a.0 < b.1 && b.0 < a.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Fix, Place, Span, codes};

    fn at(start: usize, end: usize) -> Place {
        Place { file: FileId(0), span: Span::new(start, end) }
    }

    #[test]
    fn applies_safe_ones_and_leaves_out_what_overlaps() {
        let finding = |fix| Finding::new(codes::names::UNKNOWN_NAME, at(0, 1)).fix(fix);
        let findings = [
            finding(Fix::replace(at(0, 3), "two").safe()),
            finding(Fix::replace(at(2, 5), "x").safe()),
            finding(Fix::replace(at(4, 4), "and ").safe()),
            finding(Fix::replace(at(4, 7), "unsafe")),
        ];
        assert_eq!(apply_fixes("one three", FileId(0), &findings, false), ("two and three".into(), 2));
        assert_eq!(apply_fixes("one three", FileId(1), &findings, true).1, 0);
    }
}
