//! First stage: every file read.

use super::words;
use crate::finding::{FileId, Finding, Sources};
use guiju_grammar::{ast, parse_all};

/// A file that was read.
pub(super) struct ParsedFile {
    pub(super) id: FileId,
    pub(super) file: ast::File,
}

/// All files of a set, read.
pub(super) struct ParsedSet {
    pub(super) files: Vec<ParsedFile>,
}

impl ParsedSet {
    pub(super) fn of(sources: &Sources, findings: &mut Vec<Finding>) -> Self {
        let texts: Vec<&str> = sources.rulebooks().map(|(_, f)| &*f.text).collect();
        let mut files = Vec::with_capacity(texts.len());
        for ((id, source), parsed) in sources.rulebooks().zip(parse_all(&texts)) {
            findings.extend(parsed.problems.into_iter().map(|p| words::finding(p, id, &source.text)));
            files.push(ParsedFile { id, file: parsed.file });
        }
        Self { files }
    }
}
