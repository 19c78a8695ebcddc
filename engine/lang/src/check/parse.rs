//! First stage: every file read.

use super::words;
use crate::finding::{FileId, Finding, Sources};
use guiju_grammar::{Parsed, ast, parse};

/// A file that was read.
pub(super) struct ParsedFile {
    pub(super) id: FileId,
    pub(super) file: ast::File,
}

/// All files of a set, read.
pub(super) struct ParsedSet {
    pub(super) files: Vec<ParsedFile>,
}

/// Below this many bytes a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 64 << 10;

impl ParsedSet {
    pub(super) fn of(sources: &Sources, findings: &mut Vec<Finding>) -> Self {
        let texts: Vec<&str> = sources.rulebooks().map(|(_, f)| &*f.text).collect();
        let mut files = Vec::with_capacity(texts.len());
        for ((id, source), parsed) in sources.rulebooks().zip(read(&texts)) {
            findings.extend(parsed.problems.into_iter().map(|p| words::finding(p, id, &source.text)));
            files.push(ParsedFile { id, file: parsed.file });
        }
        Self { files }
    }
}

fn read(texts: &[&str]) -> Vec<Parsed> {
    let total: usize = texts.iter().map(|t| t.len()).sum();
    if total < WORTH_A_THREAD || texts.len() < 2 {
        return texts.iter().map(|t| parse(t)).collect();
    }
    let mut half = 0;
    let mut bytes = 0;
    while bytes < total / 2 && half + 1 < texts.len() {
        bytes += texts[half].len();
        half += 1;
    }
    let (left, right) = texts.split_at(half);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| right.iter().map(|t| parse(t)).collect::<Vec<_>>());
        let mut all: Vec<_> = left.iter().map(|t| parse(t)).collect();
        match other.join() {
            Ok(rest) => all.extend(rest),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        all
    })
}
