//! Third stage: sources with their columns, sinks, scripts, template files.

use super::{
    CheckInput,
    feed::DeclaredFeed,
    names::{Decl, DeclId, Item, Names, plain},
    suggest, types,
};
use crate::{
    finding::{Arg, FileId, Finding, Fix, Place, codes::names as codes},
    hir, jinja,
    plant::{Plant, Route},
    schema::{Column, Schema},
    ty::Type,
};
use guiju_grammar::{ast, keyword::Kw};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What is declared besides rules and definitions.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) sources: Vec<hir::Source>,
    pub(super) sinks: Vec<hir::Sink>,
    pub(super) feeds: HashMap<DeclId, DeclaredFeed>,
    pub(super) scripts: Vec<hir::Script>,
    pub(super) routes: Vec<Route>,
    pub(super) route_ids: HashMap<DeclId, usize>,
    /// Names of a topology's records; nothing where they are not known, which was reported.
    pub(super) plants: HashMap<DeclId, Option<Arc<Plant>>>,
    /// Template files, read.
    pub(super) templates: HashMap<DeclId, (FileId, Arc<ast::Text>)>,
    pub(super) source_ids: HashMap<DeclId, hir::SourceId>,
    pub(super) sink_ids: HashMap<DeclId, hir::SinkId>,
    pub(super) script_ids: HashMap<DeclId, hir::ScriptId>,
    /// Per source: its columns by name.
    pub(super) columns: Vec<HashMap<String, u32>>,
    /// Per source: some columns are not known, which was reported.
    pub(super) open: Vec<bool>,
    /// Per source: columns that something reads.
    pub(super) used: Vec<HashSet<u32>>,
}

impl Declared {
    pub(super) fn of(names: &Names<'_>, input: CheckInput<'_>, findings: &mut Vec<Finding>) -> Self {
        let mut all = Self::default();
        for (i, decl) in names.decls.iter().enumerate() {
            let id = DeclId(i);
            match decl.item {
                Item::Source(x) => all.source(id, decl, x, names, input, findings),
                Item::Feed(x) => {
                    all.feeds.insert(id, DeclaredFeed::of(decl, x, input, findings));
                }
                Item::Sink(x) => {
                    let at_most_once = x
                        .clauses
                        .iter()
                        .any(|c| c.parts.iter().any(|p| matches!(p, ast::Part::Word(Kw::AT_MOST_ONCE, _))));
                    all.sink_ids.insert(id, hir::SinkId(all.sinks.len() as u32));
                    all.sinks.push(hir::Sink {
                        name: full_name(names, decl),
                        connection: x.connection.text.clone(),
                        object: x.object.as_ref().map(|(_, t)| t.text.clone()),
                        at_most_once,
                        place: place(decl, decl.name.span),
                    });
                }
                Item::Script(x) => all.script(id, decl, x, names, findings),
                Item::Template(x) => {
                    if let ast::TemplateBody::File(path) = &x.body {
                        all.template(id, decl, path, input, findings);
                    }
                }
                _ => {}
            }
        }
        all
    }

    fn source(
        &mut self,
        id: DeclId,
        decl: &Decl<'_>,
        x: &ast::Source,
        names: &Names<'_>,
        input: CheckInput<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let at = |span| place(decl, span);
        let object = x.object.as_ref().map(|(_, t)| t.text.as_str());
        let mut open = false;
        let passes = x.object.as_ref().is_some_and(|(word, _)| *word == Kw::W_TOPIC);
        let known = match passes {
            true => input.schemas.passing(&x.connection.text, object),
            false => input.schemas.schema(&x.connection.text, object),
        };
        let mut schema = match known {
            Ok(Some(schema)) => {
                let mut schema = schema;
                let guessed = !x.columns.is_empty() && input.schemas.guessed(&x.connection.text, object);
                for column in &x.columns {
                    open |= !merge(&mut schema, column, guessed, &x.name.text, &at, findings);
                }
                schema
            }
            unknown => {
                // A table that is not there yet has at least the columns that are declared.
                if let Err(finding) = unknown {
                    open = true;
                    findings.push(finding.label(at(x.connection.span), "declared-here"));
                } else if input.schemas.refused(&x.connection.text) {
                    open = true;
                } else if x.columns.is_empty() {
                    open = true;
                    let finding = Finding::new(codes::SCHEMA_UNKNOWN, at(x.name.span)).name("source", &x.name.text);
                    findings.push(finding.name("connection", &x.connection.text));
                }
                let mut schema = Schema::default();
                for column in &x.columns {
                    match types::typed(&column.ty, at, findings) {
                        Some(mut typed) => {
                            typed.nullable = !column.required;
                            schema.columns.push(Column { name: column.name.text.clone(), typed });
                        }
                        None => open = true,
                    }
                }
                schema
            }
        };
        let mut columns: HashMap<String, u32> = HashMap::new();
        for (i, column) in schema.columns.iter().enumerate() {
            columns.entry(column.name.clone()).or_insert(i as u32);
        }
        let mut first: HashMap<&str, ast::Span> = HashMap::new();
        for column in &x.columns {
            if let Some(before) = first.insert(&column.name.text, column.name.span) {
                let finding = Finding::new(codes::DECLARED_TWICE, at(column.name.span)).name("name", &column.name.text);
                findings.push(finding.label(at(before), "first-here"));
            }
        }
        let mut column_of = |word: Kw| {
            let clause = x.clauses.iter().find(|c| c.word == word)?;
            let (name, span) = plain(clause)?;
            if let (Kw::KEY, Some(ast::Part::Expr(second))) = (word, clause.parts.get(1)) {
                findings.push(Finding::new(codes::ONE_KEY_COLUMN, at(second.span)));
            }
            let mut found = columns.get(&name).copied();
            if found.is_none() && !open {
                let near = suggest::nearest(&name, columns.keys().map(String::as_str));
                // Goes on as if that one had been written: nobody needs to hear besides that there is no key.
                found = near.first().and_then(|near| columns.get(near)).copied();
                let finding =
                    Finding::new(codes::UNKNOWN_COLUMN, at(span)).name("name", &name).name("source", &x.name.text);
                findings.push(suggest::with(finding, near));
            }
            found
        };
        let key = column_of(Kw::KEY);
        let time = column_of(Kw::TIME_COLUMN);
        inexact_spans(&x.clauses, at, findings);
        if let Some(key) = key.and_then(|k| schema.columns.get_mut(k as usize)) {
            // A row without its key is refused when it is read.
            key.typed.nullable = false;
        }
        self.source_ids.insert(id, hir::SourceId(self.sources.len() as u32));
        self.columns.push(columns);
        self.open.push(open);
        self.used.push(key.into_iter().chain(time).collect());
        self.sources.push(hir::Source {
            name: full_name(names, decl),
            connection: x.connection.text.clone(),
            object: object.map(str::to_owned),
            passes,
            schema,
            key,
            time,
            lateness: span_of(&x.clauses, Kw::LATENESS).unwrap_or(0),
            idle: span_of(&x.clauses, Kw::IDLE),
            feed: None,
            windows: Vec::new(),
            used: Vec::new(),
            place: at(x.name.span),
        });
    }

    fn script(
        &mut self,
        id: DeclId,
        decl: &Decl<'_>,
        x: &ast::ScriptFn,
        names: &Names<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let at = |span| place(decl, span);
        let mut params = Vec::new();
        for param in &x.params {
            let typed = match &param.ty {
                Some(ty) => types::typed(ty, at, findings),
                None => {
                    findings
                        .push(Finding::new(codes::SCRIPT_TYPES, at(param.name.span)).name("name", &param.name.text));
                    None
                }
            };
            let unknown = crate::ty::Typed::new(Type::Unknown, true);
            params.push((param.name.text.clone(), typed.unwrap_or(unknown)));
        }
        let result = types::typed(&x.result, at, findings);
        self.script_ids.insert(id, hir::ScriptId(self.scripts.len() as u32));
        self.scripts.push(hir::Script {
            name: full_name(names, decl),
            params,
            result: result.unwrap_or(crate::ty::Typed::new(Type::Unknown, true)),
            body: x.body.text.as_str().into(),
            place: at(x.body.span),
        });
    }

    fn template(
        &mut self,
        id: DeclId,
        decl: &Decl<'_>,
        path: &ast::Plain,
        input: CheckInput<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let Some((file, source)) = input.files.template(&path.text) else {
            let finding = Finding::new(codes::TEMPLATE_FILE_UNKNOWN, place(decl, path.span)).name("path", &path.text);
            return findings.push(finding);
        };
        match jinja::read(&source.text) {
            Ok(text) => {
                self.templates.insert(id, (file, Arc::new(text)));
            }
            Err(refusals) => findings.extend(refusals.into_iter().map(|refusal| {
                let place = Place { file, span: refusal.span };
                let finding = Finding::new(refusal.code, place).arg("what", refusal.what);
                match refusal.meant {
                    Some(meant) => finding.name("meant", &meant).fix(Fix::replace(place, meant)),
                    None => finding,
                }
            })),
        }
    }
}

/// A `column` line over what the source itself says; false if the column's type stays unknown.
fn merge(
    schema: &mut Schema,
    column: &ast::Column,
    guessed: bool,
    source: &str,
    at: &impl Fn(ast::Span) -> Place,
    findings: &mut Vec<Finding>,
) -> bool {
    let Some(i) = schema.index_of(&column.name.text) else {
        let near = suggest::nearest(&column.name.text, schema.columns.iter().map(|c| c.name.as_str()));
        let finding = Finding::new(codes::UNKNOWN_COLUMN, at(column.name.span)).name("name", &column.name.text);
        findings.push(suggest::with(finding.name("source", source), near));
        return false;
    };
    let Some(mut typed) = types::typed(&column.ty, at, findings) else { return false };
    let Some(actual) = schema.columns.get_mut(i) else { return false };
    // Text files hold everything as text or guess; what the rulebook says about them goes.
    let fits =
        guessed || types::alike(&typed.ty, &actual.typed.ty) || typed.ty == Type::Text || actual.typed.ty == Type::Text;
    if !fits {
        let finding = Finding::new(codes::COLUMN_TYPE_DIFFERS, at(column.ty.span)).name("name", &column.name.text);
        let finding = finding.arg("declared", Arg::Type(typed.ty)).arg("actual", Arg::Type(actual.typed.ty.clone()));
        findings.push(finding.name("source", source));
        return false;
    }
    typed.nullable = !column.required && actual.typed.nullable;
    actual.typed = typed;
    true
}

/// A stream's time knows neither months nor trading days.
pub(super) fn inexact_spans(clauses: &[ast::Clause], at: impl Fn(ast::Span) -> Place, findings: &mut Vec<Finding>) {
    for clause in clauses.iter().filter(|clause| [Kw::LATENESS, Kw::IDLE, Kw::HOLD_FOR].contains(&clause.word)) {
        let inexact = |part: &&ast::Part| is_span(part) && exact_span(part).is_none();
        if let Some(ast::Part::Expr(span)) = clause.parts.iter().find(inexact) {
            findings.push(Finding::new(codes::WINDOW_SPAN, at(span.span)));
        }
    }
}

/// The span after a clause's word, in microseconds; a day counts as 24 hours.
pub(super) fn span_of(clauses: &[ast::Clause], word: Kw) -> Option<i64> {
    clauses.iter().find(|clause| clause.word == word)?.parts.iter().find_map(exact_span)
}

fn is_span(part: &ast::Part) -> bool {
    matches!(part, ast::Part::Expr(ast::Expr { kind: ast::ExprKind::Literal(ast::Literal::Duration { .. }), .. }))
}

fn exact_span(part: &ast::Part) -> Option<i64> {
    let ast::Part::Expr(ast::Expr { kind: ast::ExprKind::Literal(ast::Literal::Duration { count, unit }), .. }) = part
    else {
        return None;
    };
    super::expr::duration(*count, *unit)?.exact()
}

pub(super) fn place(decl: &Decl<'_>, span: ast::Span) -> Place {
    Place { file: decl.file, span }
}

pub(super) fn full_name(names: &Names<'_>, decl: &Decl<'_>) -> String {
    format!("{}.{}", names.book_of(decl.book).info.name, decl.name.text)
}
