//! Feeds as they are declared: how one is written, its messages, its times.

use super::{
    CheckInput,
    declare::{inexact_spans, place, span_of},
    names::{Decl, plain},
    resolve::join,
    suggest,
};
use crate::{
    finding::{Arg, FileId, Finding, Place, Span, codes::names as codes},
    hir::SourceId,
    market::{AROUND, Clock, Form, Format, Framing, Messages, Table, Trouble},
    schema::Schema,
    ty::{Type, Typed},
};
use guiju_grammar::{ast, keyword::Kw};
use std::{collections::HashMap, sync::Arc};

/// A feed that is declared.
pub(super) struct DeclaredFeed {
    /// Nothing where the declaration says too little, or the wrong thing; that was reported.
    pub(super) form: Option<Arc<Form>>,
    /// Nothing where nobody knows what is in its messages, or that was reported.
    pub(super) messages: Option<Messages>,
    /// Fields that are times, in order: of which table (all, if none is named), which field, and how it is written.
    clocks: Vec<(Option<String>, String, Clock)>,
    pub(super) lateness: i64,
    pub(super) idle: Option<i64>,
    /// Tables that somebody has named, by name.
    pub(super) sources: HashMap<String, SourceId>,
}

impl DeclaredFeed {
    pub(super) fn of(decl: &Decl<'_>, x: &ast::Feed, input: CheckInput<'_>, findings: &mut Vec<Finding>) -> Self {
        let mut reading = Reading { decl, x, input, findings };
        inexact_spans(&x.clauses, |span| place(decl, span), reading.findings);
        let (form, file) = reading.form().unzip();
        let messages = form.as_ref().and_then(|form| input.schemas.messages(form));
        match (&messages, file.flatten()) {
            (Some(messages), Some(file)) => reading.troubles(file, &messages.troubles),
            (None, _) if form.is_some() => {
                // Who checks knows no feeds.
                let finding = Finding::new(codes::SCHEMA_UNKNOWN, place(decl, x.name.span));
                let finding = finding.name("source", &x.name.text).name("connection", &x.connection.text);
                reading.findings.push(finding);
            }
            _ => {}
        }
        // Of a file with faults nobody knows what it was meant to hold.
        let messages = messages.filter(|messages| messages.troubles.is_empty());
        let clocks = reading.clocks(messages.as_ref());
        Self {
            form: form.map(Arc::new),
            messages,
            clocks,
            lateness: span_of(&x.clauses, Kw::LATENESS).unwrap_or(0),
            idle: span_of(&x.clauses, Kw::IDLE),
            sources: HashMap::new(),
        }
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.messages.as_ref()?.tables.iter().find(|table| table.name == name)
    }

    /// The columns of a table as rules see them: times are times. And which of them are.
    pub(super) fn columns(&self, table: &Table) -> (Schema, Vec<(String, Clock)>) {
        let mut schema = Schema { columns: table.columns.clone() };
        let mut clocks: Vec<(String, Clock)> = Vec::new();
        for (of, field, clock) in &self.clocks {
            // The first line that names a table's field counts.
            let taken = of.as_ref().is_some_and(|of| *of != table.name) || clocks.iter().any(|(name, _)| name == field);
            if let Some(column) = schema.columns.iter_mut().find(|column| column.name == *field && !taken) {
                // What is no time is missing.
                column.typed = Typed::new(Type::Timestamp, true);
                clocks.push((field.clone(), clock.clone()));
            }
        }
        (schema, clocks)
    }
}

/// What is read of one declaration.
struct Reading<'r, 'a> {
    decl: &'r Decl<'a>,
    x: &'r ast::Feed,
    input: CheckInput<'r>,
    findings: &'r mut Vec<Finding>,
}

impl Reading<'_, '_> {
    fn at(&self, span: Span) -> Place {
        place(self.decl, span)
    }

    fn clause(&self, word: Kw) -> Option<&ast::Clause> {
        self.x.clauses.iter().find(|clause| clause.word == word)
    }

    /// How messages are written, and the template file's place among the texts.
    fn form(&mut self) -> Option<(Form, Option<FileId>)> {
        self.once();
        let Some((format, at)) = self.clause(Kw::FORMAT).map(|clause| plain(clause).unwrap_or_default()) else {
            self.needed(Kw::FORMAT);
            return None;
        };
        // Its name on the command line.
        let word = format.replace('-', "_");
        let Some((_, format)) = Format::WORDS.into_iter().find(|(name, _)| *name == word) else {
            self.unknown_word(codes::FEED_FORMAT, &format, at, &Format::WORDS.map(|(name, _)| name));
            return None;
        };
        let framing = match self.clause(Kw::FRAMING).and_then(plain) {
            None => Framing::default(),
            Some((word, at)) => match Framing::WORDS.into_iter().find(|(name, _)| *name == word) {
                Some((_, framing)) => framing,
                None => {
                    self.unknown_word(codes::FEED_FRAMING, &word, at, &Framing::WORDS.map(|(name, _)| name));
                    return None;
                }
            },
        };
        if format != Format::Fast {
            self.unneeded(Kw::FRAMING, format);
        }
        if format == Format::Szse {
            self.unneeded(Kw::TEMPLATES, format);
            self.unneeded(Kw::F_RESET, format);
        }
        let honour = |part: &ast::Part| matches!(part, ast::Part::Word(Kw::HONOUR, _));
        let honours_reset = self.clause(Kw::F_RESET).is_some_and(|clause| clause.parts.iter().any(honour));
        let joined = self.clause(Kw::LINES).is_some();
        let (templates, file) = match self.clause(Kw::TEMPLATES).and_then(plain) {
            Some((path, at)) => {
                let Some((file, source)) = self.input.files.template(&path) else {
                    let known = self.input.files.iter().filter_map(|(_, file)| file.template_name());
                    let near = suggest::nearest(&path, known);
                    let finding = Finding::new(codes::TEMPLATE_FILE_UNKNOWN, self.at(at)).name("path", &path);
                    self.findings.push(finding.suggest(near));
                    return None;
                };
                (Some(Arc::clone(&source.text)), Some(file))
            }
            None if format == Format::Fast => {
                self.needed(Kw::TEMPLATES);
                return None;
            }
            None => (None, None),
        };
        Some((Form { format, framing, honours_reset, joined, templates }, file))
    }

    /// Every clause but `time column` is said once.
    fn once(&mut self) {
        let mut first: HashMap<Kw, Span> = HashMap::new();
        for clause in self.x.clauses.iter().filter(|clause| clause.word != Kw::TIME_COLUMN) {
            if let Some(before) = first.insert(clause.word, clause.word_span) {
                let finding = Finding::new(codes::FEED_CLAUSE_TWICE, self.at(clause.word_span));
                let finding = finding.arg("clause", Arg::Keyword(clause.word)).label(self.at(before), "first-here");
                self.findings.push(finding);
            }
        }
    }

    fn needed(&mut self, clause: Kw) {
        let finding = Finding::new(codes::FEED_CLAUSE_NEEDED, self.at(self.x.name.span));
        self.findings.push(finding.name("name", &self.x.name.text).arg("clause", Arg::Keyword(clause)));
    }

    fn unneeded(&mut self, word: Kw, format: Format) {
        let Some(span) = self.clause(word).map(|clause| clause.span) else { return };
        let format = Format::WORDS.iter().find(|(_, of)| *of == format).map_or("", |(word, _)| word);
        let finding = Finding::new(codes::FEED_CLAUSE_UNNEEDED, self.at(span)).arg("clause", Arg::Keyword(word));
        self.findings.push(finding.name("format", format));
    }

    fn unknown_word(&mut self, code: crate::finding::Code, word: &str, at: Span, known: &[&str]) {
        let finding = Finding::new(code, self.at(at)).name("name", word);
        let known = known.to_vec();
        let finding = finding.arg("known", Arg::Names(known.iter().map(|word| (*word).to_owned()).collect()));
        self.findings.push(suggest::with(finding, suggest::nearest(word, known)));
    }

    /// What is wrong in the template file, where it is wrong.
    fn troubles(&mut self, file: FileId, troubles: &[Trouble]) {
        let text = self.input.files.get(file).map_or("", |file| &*file.text);
        for trouble in troubles {
            let at = Place { file, span: spot(text, trouble) };
            let finding = Finding::new(codes::FEED_TEMPLATE, at).arg("code", Arg::Plain(trouble.code.to_owned()));
            let finding = finding.arg("what", Arg::Either(trouble.what.0, trouble.what.1));
            let declared = self.at(self.clause(Kw::TEMPLATES).map_or(self.x.name.span, |clause| clause.span));
            self.findings.push(finding.name("detail", &trouble.detail).label(declared, "declared-here"));
        }
    }

    /// `time column NGTSTick.TickTime as "HHMMSSss"`; without a message's name, of every message that has the field.
    fn clocks(&mut self, messages: Option<&Messages>) -> Vec<(Option<String>, String, Clock)> {
        let mut all: Vec<(Option<String>, String, Clock)> = Vec::new();
        let x = self.x;
        for clause in x.clauses.iter().filter(|clause| clause.word == Kw::TIME_COLUMN) {
            let Some(ast::Part::Expr(ast::Expr { kind: ast::ExprKind::Path(path), span })) = clause.parts.first()
            else {
                continue;
            };
            let Some((field, of)) = path.split_last() else { continue };
            let of = (!of.is_empty()).then(|| join(of));
            let (pattern, at) = clause
                .parts
                .iter()
                .find_map(|part| match part {
                    ast::Part::Text(_) => plain(&ast::Clause { parts: vec![part.clone()], ..clause.clone() }),
                    _ => None,
                })
                .unwrap_or_default();
            let Some(clock) = Clock::read(&pattern) else {
                self.findings.push(Finding::new(codes::FEED_TIME_FORM, self.at(at)).name("pattern", pattern));
                continue;
            };
            let known = messages.is_none_or(|messages| self.has_time(messages, of.as_deref(), field, &clock, *span));
            let twice = all.iter().any(|(table, name, _)| *table == of && *name == field.text);
            if twice {
                let name = join(path);
                self.findings.push(Finding::new(codes::DECLARED_TWICE, self.at(*span)).name("name", name));
            } else if known {
                all.push((of, field.text.clone(), clock));
            }
        }
        all
    }

    /// Whether some message has that field, and it may be written so.
    fn has_time(&mut self, all: &Messages, of: Option<&str>, field: &ast::Name, clock: &Clock, span: Span) -> bool {
        let of_table: Vec<&Table> = all.tables.iter().filter(|table| of.is_none_or(|of| table.name == of)).collect();
        if of_table.is_empty() {
            let name = of.unwrap_or_default();
            let near = suggest::nearest(name, all.tables.iter().map(|table| table.name.as_str()));
            let near = near.into_iter().map(|table| format!("{table}.{}", field.text)).collect();
            let finding = Finding::new(codes::UNKNOWN_MESSAGE, self.at(span)).name("name", name);
            self.findings.push(suggest::with(finding.name("feed", &self.x.name.text), near));
            return false;
        }
        let fields = || of_table.iter().flat_map(|table| &table.columns);
        let own = fields().filter(|column| !AROUND.contains(&column.name.as_str()));
        let Some(column) = own.clone().find(|column| column.name == field.text) else {
            let near = suggest::nearest(&field.text, own.map(|column| column.name.as_str()));
            let source = of.unwrap_or(&self.x.name.text);
            let finding = Finding::new(codes::UNKNOWN_COLUMN, self.at(field.span)).name("name", &field.text);
            self.findings.push(suggest::with(finding.name("source", source), near));
            return false;
        };
        let fits = match &column.typed.ty {
            Type::Integer => clock.is_of_numbers(),
            Type::Decimal(ty) => ty.scale == 0 && clock.is_of_numbers(),
            Type::Text => true,
            _ => false,
        };
        if !fits {
            let finding = Finding::new(codes::FEED_TIME_TYPE, self.at(span)).name("name", &field.text);
            self.findings.push(finding.arg("found", Arg::Type(column.typed.ty.clone())));
        }
        fits
    }
}

/// The word of a template file that a line and a column point at.
fn spot(text: &str, trouble: &Trouble) -> Span {
    let line = text.split_inclusive('\n').take((trouble.line as usize).saturating_sub(1)).map(str::len).sum::<usize>();
    let rest = &text[line..];
    let start = rest.char_indices().nth((trouble.column as usize).saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    let word = rest[start..].split(['\n', '\r', '>']).next().map_or(0, str::len);
    Span::new(line + start, line + start + word)
}
