//! Second stage: who declares what. Rulebooks, their settings, imports and names; doubles and circles.

use super::{CheckInput, Declaration, graph, habits, parse::ParsedSet, suggest};
use crate::{
    calendar::Calendar,
    finding::{Arg, FileId, Finding, Fix, Place, Span, codes::names as codes},
    hir,
    time::Zone,
};
use guiju_grammar::{ast, keyword::Kw};
use std::{
    cell::{Cell, OnceCell},
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The zone of a rulebook that names none.
const DEFAULT_ZONE: &str = "Asia/Shanghai";

/// A rulebook of the set, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct BookId(pub(super) usize);

/// A declaration of the set, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DeclId(pub(super) usize);

/// What is declared.
#[derive(Clone, Copy)]
pub(super) enum Item<'a> {
    Source(&'a ast::Source),
    Sink(&'a ast::Sink),
    Feed(&'a ast::Feed),
    Topology(&'a ast::Topology),
    Route(&'a ast::Route),
    Let(&'a ast::Let),
    Fn(&'a ast::Fn),
    Script(&'a ast::ScriptFn),
    Table(&'a ast::Table),
    Template(&'a ast::Template),
    Rule(&'a ast::Rule),
}

/// A declaration with what the check learns of it.
pub(super) struct Decl<'a> {
    pub(super) name: &'a ast::Name,
    pub(super) file: FileId,
    pub(super) book: BookId,
    pub(super) item: Item<'a>,
    pub(super) used: Cell<bool>,
    /// Part of a circle, which was reported: expands to nothing.
    pub(super) cyclic: Cell<bool>,
}

/// An `import`.
pub(super) struct Import {
    /// `None`: unknown, which was reported.
    pub(super) book: Option<BookId>,
    pub(super) place: Place,
    pub(super) used: Cell<bool>,
}

/// A rulebook and its names.
pub(super) struct Book<'a> {
    pub(super) info: hir::Rulebook,
    pub(super) zone: Zone,
    pub(super) calendar: Option<Arc<Calendar>>,
    /// The header names a calendar that was reported as unknown.
    pub(super) calendar_failed: bool,
    pub(super) imports: HashMap<&'a str, Import>,
    pub(super) values: HashMap<&'a str, DeclId>,
    pub(super) sinks: HashMap<&'a str, DeclId>,
    pub(super) rules: HashMap<&'a str, DeclId>,
    pub(super) topologies: HashMap<&'a str, DeclId>,
    pub(super) routes: HashMap<&'a str, DeclId>,
    /// Declared, but unreadable.
    pub(super) broken: HashSet<&'a str>,
    /// Some broken declaration's name could not be made out either.
    pub(super) nameless: bool,
}

/// All names of a set.
pub(super) struct Names<'a> {
    pub(super) books: Vec<Book<'a>>,
    pub(super) decls: Vec<Decl<'a>>,
    pub(super) tests: Vec<(BookId, FileId, &'a ast::Test)>,
    /// Files written mostly in Chinese keywords: fixes speak the same.
    chinese: Vec<(Arc<str>, OnceCell<bool>)>,
}

impl<'a> Names<'a> {
    pub(super) fn of(parsed: &'a ParsedSet, input: CheckInput<'_>, findings: &mut Vec<Finding>) -> Self {
        let chinese = input.files.iter().map(|(_, f)| (f.text.clone(), OnceCell::new())).collect();
        let mut names = Self { books: Vec::new(), decls: Vec::new(), tests: Vec::new(), chinese };
        let mut by_name: HashMap<String, BookId> = HashMap::new();
        let mut book_of_file = Vec::new();
        for file in &parsed.files {
            let path = input.files.get(file.id).map_or("", |f| f.path.as_str());
            book_of_file.push(names.book(file.id, path, &file.file, &mut by_name, findings));
        }
        names.settings(parsed, &book_of_file, input, findings);
        for (file, book) in parsed.files.iter().zip(&book_of_file) {
            for item in &file.file.items {
                names.declare(*book, file.id, item, &by_name, findings);
            }
        }
        graph::definitions(&names, findings);
        graph::imports(&names, findings);
        names
    }

    pub(super) fn is_chinese(&self, file: FileId) -> bool {
        let text = self.chinese.get(file.0 as usize);
        text.is_some_and(|(text, known)| *known.get_or_init(|| mostly_chinese(text)))
    }

    pub(super) fn book_of(&self, id: BookId) -> &Book<'a> {
        &self.books[id.0]
    }

    pub(super) fn decl(&self, id: DeclId) -> &Decl<'a> {
        &self.decls[id.0]
    }

    /// The rulebook a file belongs to: its header's, or the one named by its stem.
    fn book(
        &mut self,
        id: FileId,
        path: &str,
        file: &'a ast::File,
        by_name: &mut HashMap<String, BookId>,
        findings: &mut Vec<Finding>,
    ) -> BookId {
        let mut headers = file.items.iter().filter_map(|i| match i {
            ast::Item::Rulebook(b) => Some(b),
            _ => None,
        });
        let header = headers.next();
        for second in headers {
            let first = header.map_or(second.span, |h| h.name.span);
            let at = Place { file: id, span: second.name.span };
            findings.push(Finding::new(codes::HEADER_TWICE, at).label(Place { file: id, span: first }, "first-here"));
        }
        // A header that could not be read still says that the name is not the file's.
        let broken = file.items.iter().find_map(|i| match i {
            ast::Item::Broken(b) if b.kind == Some(Kw::RULEBOOK) => b.name.as_ref(),
            _ => None,
        });
        let name = match (header, broken) {
            (Some(h), _) => h.name.text.clone(),
            (None, Some(name)) => name.text.clone(),
            (None, None) => stem(path).to_owned(),
        };
        let place = Place { file: id, span: header.map_or(Span::default(), |h| h.name.span) };
        let book = *by_name.entry(name.clone()).or_insert_with(|| {
            self.books.push(Book::new(name, place));
            BookId(self.books.len() - 1)
        });
        let info = &mut self.books[book.0].info;
        if let Some(header) = header
            && info.title.is_none()
        {
            info.title = header.title.as_ref().map(|t| t.text.clone());
            info.place = place;
        }
        book
    }

    /// owner, calendar, zone and tenant of each rulebook, said once over all of its files.
    fn settings(
        &mut self,
        parsed: &'a ParsedSet,
        books: &[BookId],
        input: CheckInput<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let mut said: HashMap<(BookId, Kw), (String, Place)> = HashMap::new();
        for (file, book) in parsed.files.iter().zip(books) {
            let headers =
                file.file.items.iter().filter_map(|i| if let ast::Item::Rulebook(b) = i { Some(b) } else { None });
            for clause in headers.flat_map(|h| &h.clauses) {
                let Some((value, span)) = plain(clause) else { continue };
                let place = Place { file: file.id, span };
                if let Some((first, before)) = said.get(&(*book, clause.word)) {
                    if *first != value {
                        let name = self.books[book.0].info.name.clone();
                        let finding = Finding::new(codes::HEADERS_DIFFER, place).name("name", name);
                        findings.push(finding.arg("word", Arg::Keyword(clause.word)).label(*before, "first-here"));
                    }
                    continue;
                }
                said.insert((*book, clause.word), (value.clone(), place));
                self.books[book.0].set(clause.word, value, place, input, findings);
            }
        }
    }

    fn declare(
        &mut self,
        book: BookId,
        file: FileId,
        item: &'a ast::Item,
        by_name: &HashMap<String, BookId>,
        findings: &mut Vec<Finding>,
    ) {
        let (name, item) = match item {
            ast::Item::Language(_) | ast::Item::Rulebook(_) => return,
            ast::Item::Import(import) => return self.import(book, file, import, by_name, findings),
            ast::Item::Test(test) => return self.tests.push((book, file, test)),
            ast::Item::Broken(broken) => {
                let book = &mut self.books[book.0];
                match &broken.name {
                    Some(name) => drop(book.broken.insert(&name.text)),
                    None => book.nameless = true,
                }
                return;
            }
            ast::Item::Source(x) => (&x.name, Item::Source(x)),
            ast::Item::Sink(x) => (&x.name, Item::Sink(x)),
            ast::Item::Feed(x) => (&x.name, Item::Feed(x)),
            ast::Item::Topology(x) => (&x.name, Item::Topology(x)),
            ast::Item::Route(x) => (&x.name, Item::Route(x)),
            ast::Item::Let(x) => (&x.name, Item::Let(x)),
            ast::Item::Fn(x) => (&x.name, Item::Fn(x)),
            ast::Item::ScriptFn(x) => (&x.name, Item::Script(x)),
            ast::Item::Table(x) => (&x.name, Item::Table(x)),
            ast::Item::Template(x) => (&x.name, Item::Template(x)),
            ast::Item::Rule(x) => (&x.name, Item::Rule(x)),
        };
        let place = Place { file, span: name.span };
        let callable = matches!(item, Item::Fn(_) | Item::Script(_) | Item::Table(_));
        if callable && crate::builtin::Builtin::named(&name.text).is_some() {
            findings.push(Finding::new(codes::RESERVED_NAME, place).name("name", &name.text));
        }
        let id = DeclId(self.decls.len());
        let used = Cell::new(false);
        self.decls.push(Decl { name, file, book, item, used, cyclic: Cell::new(false) });
        let space = self.books[book.0].space(item);
        if let Some(first) = space.get(name.text.as_str()) {
            let first = &self.decls[first.0];
            let first = Place { file: first.file, span: first.name.span };
            findings
                .push(Finding::new(codes::DECLARED_TWICE, place).name("name", &name.text).label(first, "first-here"));
            self.decls[id.0].used.set(true);
        } else {
            space.insert(&name.text, id);
        }
    }

    fn import(
        &mut self,
        book: BookId,
        file: FileId,
        import: &'a ast::Import,
        by_name: &HashMap<String, BookId>,
        findings: &mut Vec<Finding>,
    ) {
        let place = |span| Place { file, span };
        let target = by_name.get(&import.rulebook.text).copied();
        if target.is_none() {
            let near = suggest::nearest(&import.rulebook.text, by_name.keys().map(String::as_str));
            let at = place(import.rulebook.span);
            findings.push(suggest::with(
                Finding::new(codes::UNKNOWN_RULEBOOK, at).name("name", &import.rulebook.text),
                near,
            ));
        }
        let imports = &mut self.books[book.0].imports;
        match imports.get(import.alias.text.as_str()) {
            // Two files of one rulebook may both import what they use.
            Some(first) if first.book == target => {}
            Some(first) => {
                let finding =
                    Finding::new(codes::DECLARED_TWICE, place(import.alias.span)).name("name", &import.alias.text);
                findings.push(finding.label(first.place, "first-here"));
            }
            None => {
                let value = Import { book: target, place: place(import.alias.span), used: Cell::new(false) };
                imports.insert(&import.alias.text, value);
            }
        }
    }

    /// What is declared, in file order.
    pub(super) fn outline(&self) -> Vec<Declaration> {
        let decls = self.decls.iter().map(|d| {
            let (kind, title, doc) = d.item.describe();
            let rulebook = self.book_of(d.book).info.name.clone();
            let place = Place { file: d.file, span: d.name.span };
            (place, Declaration { rulebook, kind, name: d.name.text.clone(), title, doc, place })
        });
        let tests = self.tests.iter().map(|(book, file, test)| {
            let rulebook = self.book_of(*book).info.name.clone();
            let place = Place { file: *file, span: test.title.span };
            let name = test.title.text.clone();
            (place, Declaration { rulebook, kind: "test", name, title: None, doc: test.doc.clone(), place })
        });
        let mut all: Vec<_> = decls.chain(tests).collect();
        all.sort_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, d)| d).collect()
    }
}

impl<'a> Book<'a> {
    fn new(name: String, place: Place) -> Self {
        let info = hir::Rulebook {
            name,
            title: None,
            tenant: "default".into(),
            owner: None,
            calendar: None,
            zone: DEFAULT_ZONE.into(),
            place,
        };
        Self {
            info,
            zone: Zone::named(DEFAULT_ZONE).unwrap_or_else(|_| Zone::utc()),
            calendar: None,
            calendar_failed: false,
            imports: HashMap::new(),
            values: HashMap::new(),
            sinks: HashMap::new(),
            rules: HashMap::new(),
            topologies: HashMap::new(),
            routes: HashMap::new(),
            broken: HashSet::new(),
            nameless: false,
        }
    }

    fn set(&mut self, word: Kw, value: String, place: Place, input: CheckInput<'_>, findings: &mut Vec<Finding>) {
        match word {
            Kw::OWNER => self.info.owner = Some(value),
            Kw::TENANT => self.info.tenant = value,
            Kw::ZONE => match Zone::named(&value) {
                Ok(zone) => {
                    self.zone = zone;
                    self.info.zone = value;
                }
                Err(_) => {
                    let finding = Finding::new(codes::UNKNOWN_ZONE, place).name("name", &value);
                    findings.push(match habits::zone(&value) {
                        Some(zone) => {
                            finding.suggest(vec![zone.to_owned()]).fix(Fix::replace(place, format!("\"{zone}\"")))
                        }
                        None => finding,
                    });
                }
            },
            Kw::CALENDAR => {
                self.calendar = input.calendars.iter().find(|c| c.name() == value).cloned();
                if self.calendar.is_none() {
                    self.calendar_failed = true;
                    let near = suggest::nearest(&value, input.calendars.iter().map(|c| c.name()));
                    findings
                        .push(suggest::with(Finding::new(codes::UNKNOWN_CALENDAR, place).name("name", &value), near));
                }
                self.info.calendar = Some(value);
            }
            _ => {}
        }
    }

    fn space(&mut self, item: Item<'a>) -> &mut HashMap<&'a str, DeclId> {
        match item {
            Item::Sink(_) => &mut self.sinks,
            Item::Rule(_) => &mut self.rules,
            Item::Topology(_) => &mut self.topologies,
            Item::Route(_) => &mut self.routes,
            _ => &mut self.values,
        }
    }

    /// Declared, if badly: whoever uses it need not be told again.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }
}

impl Item<'_> {
    fn describe(&self) -> (&'static str, Option<String>, Option<String>) {
        let title = |t: &Option<ast::Plain>| t.as_ref().map(|t| t.text.clone());
        match self {
            Self::Source(x) => ("source", None, x.doc.clone()),
            Self::Sink(x) => ("sink", None, x.doc.clone()),
            Self::Feed(x) => ("feed", None, x.doc.clone()),
            Self::Topology(x) => ("topology", None, x.doc.clone()),
            Self::Route(x) => ("route", title(&x.title), x.doc.clone()),
            Self::Let(x) => ("let", None, x.doc.clone()),
            Self::Fn(x) => ("fn", None, x.doc.clone()),
            Self::Script(x) => ("script fn", None, x.doc.clone()),
            Self::Table(x) => ("table", title(&x.title), x.doc.clone()),
            Self::Template(x) => ("template", title(&x.title), x.doc.clone()),
            Self::Rule(x) => (x.kind.en(), title(&x.title), x.doc.clone()),
        }
    }

    /// `a source`, `a decision table`, …, in the catalogue's words.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Source(_) => "word.source",
            Self::Sink(_) => "word.sink",
            Self::Feed(_) => "word.feed",
            Self::Topology(_) => "word.topology",
            Self::Route(_) => "word.route",
            Self::Let(_) => "word.let",
            Self::Fn(_) => "word.fn",
            Self::Script(_) => "word.script",
            Self::Table(_) => "word.table",
            Self::Template(_) => "word.template",
            Self::Rule(_) => "word.rule",
        }
    }
}

/// The one name or text of a clause such as `calendar sse`, `owner "wealth-ops"`.
pub(super) fn plain(clause: &ast::Clause) -> Option<(String, Span)> {
    match clause.parts.first()? {
        ast::Part::Text(text) => Some((literal_text(text), text.span)),
        ast::Part::Expr(ast::Expr { kind: ast::ExprKind::Path(names), span }) => {
            Some((names.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join("."), *span))
        }
        ast::Part::Expr(ast::Expr { kind: ast::ExprKind::Text(text), span }) => Some((literal_text(text), *span)),
        _ => None,
    }
}

pub(super) fn literal_text(text: &ast::Text) -> String {
    let parts =
        text.segments.iter().filter_map(|s| if let ast::Segment::Literal(t) = s { Some(t.as_str()) } else { None });
    parts.collect()
}

fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.strip_suffix(".gj").unwrap_or(file)
}

pub(super) fn mostly_chinese(text: &str) -> bool {
    const ZH: [&str; 4] = ["事件 ", "规则集 ", "数据源 ", "当 "];
    const EN: [&str; 4] = ["event ", "rulebook ", "source ", "when "];
    let count = |words: [&str; 4]| -> usize { words.iter().map(|w| text.matches(w).count()).sum() };
    count(ZH) > count(EN)
}
