//! Texts in, checked program or findings out. Each stage is a type: [`parse::ParsedSet`] → [`names::Names`] →
//! [`declare::Declared`] → [`hir::Program`].
//!
//! A rulebook is a namespace. A file without a `rulebook` header belongs to the rulebook named by its file stem; files with the
//! same header name are one rulebook, in which each setting is said once. Rules, sinks, and everything else (sources, `let`,
//! functions, tables, templates) are three separate spaces of names. Names of another rulebook are reached through an import's
//! alias only. `let`, `fn` and tables are expanded where they are used: their own names mean what they mean where they are
//! written, columns mean the row of the rule that uses them.

mod clauses;
mod cut;
mod declare;
mod expr;
mod facts;
mod feed;
mod graph;
mod habits;
mod meaning;
mod message;
mod names;
mod parse;
mod program;
mod resolve;
mod route;
mod rule;
mod scope;
mod suggest;
mod tests;
mod types;
mod words;
pub use words::finding as problem_finding;

use crate::{
    calendar::Calendar,
    finding::{Finding, Place, Sources},
    hir,
    kind::KindSchema,
    schema::SchemaProvider,
};
use std::sync::Arc;

/// What a check needs to know of the world.
#[derive(Clone, Copy)]
pub struct CheckInput<'a> {
    /// The texts of the set: rulebooks and template files.
    pub files: &'a Sources,
    /// Tells columns of sources.
    pub schemas: &'a dyn SchemaProvider,
    /// Kinds of rules this engine runs.
    pub kinds: &'a [&'static dyn KindSchema],
    /// Calendars that rulebooks may name.
    pub calendars: &'a [Arc<Calendar>],
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The program, if nothing is wrong.
    pub program: Option<hir::Program>,
    /// Everything found in all files, arranged by file and place.
    pub findings: Vec<Finding>,
    /// What is declared, whether or not it can be used.
    pub outline: Vec<Declaration>,
}

/// A declaration as `list` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The rulebook it stands in.
    pub rulebook: String,
    /// The kind's word in English: `event`, `source`, `let`, …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// The `##` lines.
    pub doc: Option<String>,
    /// Where.
    pub place: Place,
}

/// Checks a set of rulebooks.
pub fn check(input: CheckInput<'_>) -> Checked {
    let mut findings = Vec::new();
    let parsed = parse::ParsedSet::of(input.files, &mut findings);
    let names = names::Names::of(&parsed, input, &mut findings);
    let declared = declare::Declared::of(&names, input, &mut findings);
    let outline = names.outline();
    let program = program::build(&names, declared, input, &mut findings);
    let findings = arranged(&findings);
    let program = program.filter(|_| !findings.iter().any(Finding::is_error));
    Checked { program, findings, outline }
}

fn arranged(findings: &[Finding]) -> Vec<Finding> {
    crate::finding::render::arrange(findings).into_iter().cloned().collect()
}
