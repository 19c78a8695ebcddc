//! Decision tables as sheets: out of a rulebook into a file that an analyst edits, and back.

use crate::Project;
use guiju_connect::sheet::{self, ReadSheet, SheetLimits};
use guiju_grammar::{
    FormatOptions, format, parse,
    sheet::{Imported, export as as_sheet, import as as_text, place},
};
use guiju_lang::{
    check,
    finding::{At, FileId, Finding, Severity, Sources, codes::data as codes},
};
use std::path::Path;

/// What came of reading a sheet.
#[derive(Debug, Clone)]
pub struct Import {
    /// The table's name.
    pub name: String,
    /// The declaration, or the whole rulebook that it was put into, laid out; nothing if there are errors.
    pub text: Option<String>,
    /// What is wrong, by row and column of the sheet.
    pub findings: Vec<Finding>,
}

/// Writes the table of that name to a `.csv` or `.xlsx` file.
pub fn export(project: &Project, name: &str, to: &Path) -> Result<(), Finding> {
    for (_, file) in project.sources.iter().take(project.rulebooks) {
        if let Some(table) = as_sheet(&parse(&file.text), name) {
            return sheet::write(to, &table, name);
        }
    }
    Err(Finding::new(codes::SHEET_NO_TABLE, At::Nowhere).name("name", name))
}

/// Reads a sheet as a declaration; of a rulebook, put in the place of the table of its name, or at the end. The rulebook is given as
/// a project of that file alone: what is wrong elsewhere is not this table's affair.
pub fn import(path: &Path, worksheet: Option<&str>, into: Option<Project>) -> Result<Import, Finding> {
    let read = sheet::read(path, worksheet, &SheetLimits::default())?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let imported = as_text(&read.sheet, &stem);
    let mut findings = read.findings.clone();
    findings.extend(imported.misfits.iter().map(|misfit| sheet::misfit(&read.called, &read.sheet, misfit)));
    let mut result = Import { name: imported.name.clone(), text: None, findings };
    if is_wrong(&result.findings) {
        return Ok(result);
    }
    let (whole, start, found) = match into {
        None => {
            let problems = parse(&imported.text).problems;
            let found = problems.into_iter().map(|p| check::problem_finding(p, FileId(0), &imported.text)).collect();
            (imported.text.clone(), 0, found)
        }
        Some(project) => put_into(project, &imported),
    };
    let end = start + imported.text.len();
    for mut finding in found {
        let At::Text(at) = finding.at else { continue };
        let inside = (start..end).contains(&(at.span.start as usize));
        // Nobody uses a table on its own.
        if at.file == FileId(0) && inside && finding.code != guiju_lang::finding::codes::names::UNUSED_DECLARATION {
            in_cell(&mut finding, at.span.start as usize - start, &read, &imported);
            result.findings.push(finding);
        }
    }
    if !is_wrong(&result.findings) {
        // What does not parse for another reason stays as it was written.
        result.text = Some(format(&whole, &FormatOptions { keywords: None }).unwrap_or(whole));
    }
    Ok(result)
}

fn is_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// The rulebook with the table in it, where it begins there, and what a check finds.
fn put_into(mut project: Project, imported: &Imported) -> (String, usize, Vec<Finding>) {
    let Some(file) = project.sources.get(FileId(0)) else { return (imported.text.clone(), 0, Vec::new()) };
    let old = file.text.clone();
    let (start, text) = match place(&parse(&old), &imported.name) {
        Some(place) => {
            let (before, after) = (&old[..place.whole.start as usize], &old[place.whole.end as usize..]);
            (before.len(), format!("{before}{}{after}", imported.text.trim_end()))
        }
        None => {
            let before = format!("{}\n\n", old.trim_end());
            (before.len(), format!("{before}{}", imported.text))
        }
    };
    let mut sources = Sources::new();
    for (id, file) in project.sources.iter() {
        let own = if id == FileId(0) { text.as_str().into() } else { file.text.clone() };
        sources.add(file.path.clone(), own);
    }
    project.sources = sources;
    let findings = project.check().findings;
    (text, start, findings)
}

/// Moves a finding from the text to the cell that the text came from.
fn in_cell(finding: &mut Finding, at: usize, read: &ReadSheet, imported: &Imported) {
    let before = imported.cells.iter().take_while(|(span, ..)| span.start as usize <= at);
    finding.at = match before.last() {
        Some((_, row, column)) => sheet::at(&read.called, *row, *column),
        None => At::data(&*read.called),
    };
    finding.labels.clear();
    // The text is not on the disk: what would be put right there is said instead.
    let fixes = std::mem::take(&mut finding.fixes);
    if finding.suggestions.is_empty() {
        finding
            .suggestions
            .extend(fixes.into_iter().flat_map(|fix| fix.edits).map(|(_, text)| text).filter(|t| !t.is_empty()));
    }
}
