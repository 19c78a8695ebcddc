//! Findings as JSON: the same content as the text.

use super::arrange;
use crate::finding::{At, Finding, Lang, Place, Severity, Sources, catalogue};
use serde_json::{Map, Value, json as object};

/// An array of findings, arranged; message and help in the language.
pub fn json(findings: &[Finding], sources: &Sources, lang: Lang) -> Value {
    Value::Array(arrange(findings).into_iter().map(|f| one(f, sources, lang)).collect())
}

fn one(finding: &Finding, sources: &Sources, lang: Lang) -> Value {
    let mut out = Map::new();
    out.insert("code".into(), object!(finding.code.to_string()));
    out.insert("slug".into(), object!(catalogue::entry(finding.code).map_or("", |e| e.slug)));
    out.insert("severity".into(), object!(severity(finding.severity)));
    out.insert("message".into(), object!(catalogue::message(finding, lang)));
    match &finding.at {
        At::Text(place) => out.extend(position(*place, sources)),
        At::Data { path, row, column, byte } => {
            out.insert("file".into(), object!(path));
            let known = [
                ("row", row.map(Value::from)),
                ("column", column.clone().map(Value::from)),
                ("byte", byte.map(Value::from)),
            ];
            out.extend(known.into_iter().filter_map(|(k, v)| v.map(|v| (k.to_owned(), v))));
        }
        At::Nowhere => {}
    }
    if let Some(help) = catalogue::help(finding, lang) {
        out.insert("help".into(), object!(help));
    }
    if !finding.suggestions.is_empty() {
        out.insert("suggestions".into(), object!(finding.suggestions));
    }
    if !finding.labels.is_empty() {
        let labels = finding.labels.iter().map(|(place, key)| {
            let mut label = position(*place, sources);
            label.insert("message".into(), object!(catalogue::label(key, lang)));
            Value::Object(label)
        });
        out.insert("labels".into(), labels.collect());
    }
    if !finding.fixes.is_empty() {
        let fixes = finding.fixes.iter().map(|fix| {
            let edits = fix.edits.iter().map(|(place, text)| {
                let mut edit = position(*place, sources);
                edit.insert("text".into(), object!(text));
                Value::Object(edit)
            });
            object!({ "safe": fix.safe, "edits": edits.collect::<Vec<_>>() })
        });
        out.insert("fixes".into(), fixes.collect());
    }
    Value::Object(out)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn position(place: Place, sources: &Sources) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(file) = sources.get(place.file) {
        let (line, column) = file.position(place.span.start);
        out.insert("file".into(), object!(file.path));
        out.insert("line".into(), object!(line));
        out.insert("column".into(), object!(column));
        out.insert("span".into(), object!([place.span.start, place.span.end]));
    }
    out
}
