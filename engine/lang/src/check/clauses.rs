//! What holds for the clauses of every kind: known, present, said once.

use crate::{
    finding::{Arg, Finding, Place, codes::kinds as codes},
    kind::{ClauseSpec, KindSchema},
};
use guiju_grammar::{ast, keyword::Kw};

/// Clauses that every kind has.
const COMMON: [Kw; 1] = [Kw::FORMERLY];

/// Reports unknown, doubled and absent clauses.
pub(super) fn check(
    rule: &ast::Rule,
    kind: &dyn KindSchema,
    at: impl Fn(ast::Span) -> Place,
    findings: &mut Vec<Finding>,
) {
    let specs = kind.clauses();
    let spec = |word: Kw| specs.iter().find(|s| s.word == word);
    // A kind has a dozen clauses, and each is here once.
    let mut first: Vec<(Kw, ast::Span)> = Vec::new();
    for clause in &rule.clauses {
        let repeat = match spec(clause.word) {
            Some(spec) => spec.repeat,
            None if COMMON.contains(&clause.word) => false,
            None => {
                let known = specs.iter().map(|s| Arg::Keyword(s.word)).collect();
                let finding = Finding::new(codes::UNKNOWN_CLAUSE, at(clause.word_span));
                let finding = finding.arg("kind", Arg::Keyword(rule.kind)).arg("clause", Arg::Keyword(clause.word));
                findings.push(finding.arg("known", Arg::List(known)));
                continue;
            }
        };
        let before = first.iter_mut().find(|(word, _)| *word == clause.word);
        let before = match before {
            Some((_, span)) => Some(std::mem::replace(span, clause.word_span)),
            None => {
                first.push((clause.word, clause.word_span));
                None
            }
        };
        if let Some(before) = before
            && !repeat
        {
            let finding = Finding::new(codes::CLAUSE_TWICE, at(clause.word_span));
            findings.push(finding.arg("clause", Arg::Keyword(clause.word)).label(at(before), "first-here"));
        }
    }
    // What could not be read may be the very clause that is absent.
    if rule.broken {
        return;
    }
    for absent in specs.iter().filter(|s| s.required && !first.iter().any(|(word, _)| *word == s.word)) {
        findings.push(missing(rule, absent, &at));
    }
}

fn missing(rule: &ast::Rule, spec: &ClauseSpec, at: impl Fn(ast::Span) -> Place) -> Finding {
    let finding = Finding::new(codes::CLAUSE_MISSING, at(rule.name.span)).name("name", &rule.name.text);
    let (en, zh) = spec.example;
    finding.arg("clause", Arg::Keyword(spec.word)).arg("example", Arg::Either(en, zh))
}
