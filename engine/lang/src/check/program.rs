//! Last stage: rules by their kinds, tests, what nobody uses, and the hash.

use super::{
    CheckInput, clauses,
    declare::Declared,
    meaning,
    names::{Decl, DeclId, Item, Names},
    rule::RuleCx,
    scope::{Checker, On, Scope},
    tests,
};
use crate::{
    canonical,
    finding::{Arg, Finding, Place, codes},
    hir,
    ty::{Type, Typed},
    value::{Duration, Value},
};
use guiju_grammar::{ast, keyword::Kw, spread};
use std::collections::HashMap;

/// Looking at what a rule means is as much work as reading so many bytes.
const A_RULE: usize = 256;

pub(super) fn build(
    names: &Names<'_>,
    declared: Declared,
    input: CheckInput<'_>,
    findings: &mut Vec<Finding>,
) -> Option<hir::Program> {
    let mut checker = Checker { names, declared, input, findings, patterns: HashMap::new(), tables: HashMap::new() };
    let mut rules = Vec::new();
    for (at, decl) in names.decls.iter().enumerate() {
        match decl.item {
            Item::Rule(rule) => rules.extend(checker.rule(decl, rule)),
            Item::Table(table) => {
                let mut scope = Scope::new(decl.book, decl.file, On::Unknown);
                checker.table(&mut scope, table);
            }
            Item::Fn(_) => checker.parameter_types(decl),
            Item::Topology(_) => drop(checker.plant(DeclId(at))),
            Item::Route(route) => checker.route(DeclId(at), decl, route),
            _ => {}
        }
    }
    let by_trading_day = rules.iter().filter(|r| uses_calendar(r)).map(|r: &hir::Rule| r.head.id.clone()).collect();
    let mut checked = Vec::new();
    for (book, file, test) in &names.tests {
        checked.extend(tests::check(&mut checker, *book, *file, test, &by_trading_day));
    }
    checker.unused();
    // What could not be checked may use anything, and says nothing yet.
    if !checker.findings.iter().any(Finding::is_error) {
        checker.unneeded();
    }
    let Declared { mut sources, sinks, scripts, routes, used, .. } = checker.declared;
    for (source, used) in sources.iter_mut().zip(used) {
        source.used = used.into_iter().collect();
        source.used.sort_unstable();
    }
    let rulebooks = names.books.iter().map(|b| b.info.clone()).collect();
    let mut program = hir::Program { rulebooks, sources, sinks, scripts, rules, routes, tests: checked, hash: [0; 32] };
    let files = input.files;
    let looked = spread(
        &program.rules,
        |_| A_RULE,
        |rule| (canonical::rule(rule, &program.sources), meaning::one(rule, &program.sources, files)),
    );
    let (texts, seen): (Vec<String>, Vec<meaning::Seen>) = looked.into_iter().unzip();
    program.hash = canonical::program_hash(&program, texts.iter().map(String::as_str));
    meaning::look(&program.rules, seen, &program.sources, input, findings);
    Some(program)
}

/// Whether what the rule decides depends on trading days.
fn uses_calendar(rule: &hir::Rule) -> bool {
    let mut uses = false;
    for (_, e) in rule.body.expressions() {
        e.walk(&mut |e| {
            uses |= match &e.kind {
                hir::ExprKind::Within(_, _, by) => matches!(by, Duration::TradingDays(_)),
                hir::ExprKind::Literal(Value::Duration(by)) => matches!(by, Duration::TradingDays(_)),
                hir::ExprKind::Call(function, _) => function.asks_calendar(),
                _ => false,
            };
        });
    }
    uses
}

impl Checker<'_, '_> {
    fn rule(&mut self, decl: &Decl<'_>, rule: &ast::Rule) -> Option<hir::Rule> {
        let at = |span| Place { file: decl.file, span };
        let Some(kind) = self.input.kinds.iter().find(|k| k.word() == rule.kind) else {
            let finding = Finding::new(codes::kinds::KIND_UNAVAILABLE, at(rule.kind_span));
            self.findings.push(finding.arg("kind", Arg::Keyword(rule.kind)));
            return None;
        };
        clauses::check(rule, *kind, at, self.findings);
        // A clause that could not be read, or is absent, may be the one that says whose columns the names are.
        let has_on = rule.clauses.iter().any(|c| c.word == Kw::ON);
        let wants_on = kind.clauses().iter().any(|c| c.word == Kw::ON);
        let on = if wants_on && !has_on { On::Unknown } else { On::Nothing };
        let mut scope = Scope::new(decl.book, decl.file, on);
        scope.populations = Some(Vec::new());
        scope.broken = rule.broken;
        let formerly = self.formerly(&mut scope, rule);
        let mut cx = RuleCx { checker: self, scope };
        let body = kind.check(rule, &mut cx)?;
        let populations = cx.scope.populations.take().unwrap_or_default();
        let head = hir::RuleHead {
            id: self.rule_id(decl),
            formerly,
            kind: kind.name(),
            title: rule.title.as_ref().map(|t| t.text.clone()),
            doc: rule.doc.clone(),
            populations,
            place: at(rule.name.span),
        };
        Some(hir::Rule { head, body })
    }

    pub(super) fn rule_id(&self, decl: &Decl<'_>) -> hir::RuleId {
        let book = &self.names.book_of(decl.book).info;
        hir::RuleId { tenant: book.tenant.clone(), rulebook: book.name.clone(), name: decl.name.text.clone() }
    }

    fn formerly(&mut self, scope: &mut Scope, rule: &ast::Rule) -> Option<hir::RuleId> {
        let clause = rule.clauses.iter().find(|c| c.word == Kw::FORMERLY)?;
        let (name, span) = super::names::plain(clause)?;
        let book = self.names.book_of(scope.book);
        if let Some(other) = book.rules.get(name.as_str()) {
            let other = self.names.decl(*other);
            let there = Place { file: other.file, span: other.name.span };
            let finding = Finding::new(codes::kinds::FORMERLY_TAKEN, scope.at(span)).name("name", &name);
            self.report(scope, finding.name("new", &rule.name.text).label(there, "declared-here"));
            return None;
        }
        let (rulebook, name) = match name.split_once('.') {
            Some((rulebook, name)) => (rulebook.to_owned(), name.to_owned()),
            None => (book.info.name.clone(), name),
        };
        Some(hir::RuleId { tenant: book.info.tenant.clone(), rulebook, name })
    }

    /// Types of parameters are said once, whether or not the function is called.
    fn parameter_types(&mut self, decl: &Decl<'_>) {
        let Item::Fn(x) = decl.item else { return };
        for ty in x.params.iter().filter_map(|p| p.ty.as_ref()) {
            super::types::typed(ty, |span| Place { file: decl.file, span }, self.findings);
        }
    }

    /// Sources and sinks that nobody uses, although there are rules.
    fn unneeded(&mut self) {
        if !self.names.decls.iter().any(|d| matches!(d.item, Item::Rule(_))) {
            return;
        }
        for decl in self.names.decls.iter().filter(|d| !d.used.get()) {
            let code = match decl.item {
                Item::Source(_) | Item::Feed(_) => codes::meaning::UNUSED_SOURCE,
                Item::Sink(_) => codes::meaning::UNUSED_SINK,
                _ => continue,
            };
            let at = Place { file: decl.file, span: decl.name.span };
            self.findings.push(Finding::new(code, at).name("name", &decl.name.text));
        }
    }

    /// Definitions and imports that nobody uses; the former are checked as far as that goes without a row.
    fn unused(&mut self) {
        let idle: Vec<&Decl<'_>> = self.names.decls.iter().filter(|d| !d.used.get()).collect();
        for decl in idle {
            let mut scope = Scope::new(decl.book, decl.file, On::Unknown);
            scope.lenient = true;
            scope.populations = Some(Vec::new());
            let unknown = |me: &Self, scope: &mut Scope, names: &[ast::Param]| -> Vec<(String, hir::Expr)> {
                let one = |p: &ast::Param, scope: &mut Scope| {
                    // What is wrong with a type is said where parameters are checked.
                    let declared = p.ty.as_ref().and_then(|t| super::types::typed(t, |s| scope.at(s), &mut Vec::new()));
                    let typed = declared.unwrap_or_else(|| Typed::new(Type::Unknown, true));
                    let value = me.make(scope, p.name.span, hir::ExprKind::Literal(Value::Missing), typed);
                    (p.name.text.clone(), value)
                };
                names.iter().map(|p| one(p, scope)).collect()
            };
            match decl.item {
                Item::Let(_) | Item::Fn(_) | Item::Table(_) if decl.cyclic.get() => continue,
                Item::Let(x) => drop(self.expr(&mut scope, &x.value)),
                Item::Fn(x) => {
                    scope.params = unknown(self, &mut scope, &x.params);
                    drop(self.expr(&mut scope, &x.body));
                }
                Item::Table(x) => {
                    scope.params = unknown(self, &mut scope, &x.inputs);
                    drop(self.decide(&mut scope, x));
                }
                Item::Template(x) => {
                    if let ast::TemplateBody::Inline(text) = &x.body {
                        drop(self.template(&mut scope, text));
                    }
                }
                Item::Script(_) => {}
                Item::Source(_) | Item::Feed(_) | Item::Sink(_) | Item::Rule(_) | Item::Route(_) => continue,
                Item::Topology(_) => {}
            }
            let at = Place { file: decl.file, span: decl.name.span };
            self.findings.push(Finding::new(codes::names::UNUSED_DECLARATION, at).name("name", &decl.name.text));
        }
        // Imports in a circle are not followed, so nobody can say whether they are used.
        let circle = self.findings.iter().any(|f| f.code == codes::names::CYCLIC_IMPORT);
        for book in self.names.books.iter().filter(|_| !circle) {
            for (alias, import) in book.imports.iter().filter(|(_, i)| !i.used.get() && i.book.is_some()) {
                self.findings.push(Finding::new(codes::names::UNUSED_IMPORT, import.place).name("name", *alias));
            }
        }
    }
}
