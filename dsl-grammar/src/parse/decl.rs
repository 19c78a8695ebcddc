//! Declarations: what every kind shares, and the small ones.

use crate::ast::{
    Clause, Column, Feed, Fn, Import, Item, Language, Let, Name, Param, Plain, Route, Rule as RuleItem, Rulebook,
    ScriptFn, Sink, Source, Span, Template, TemplateBody, Topology, TypeName,
};
use crate::grammar::{Pair, Rule};
use crate::keyword::{Kw, of_rule};
use crate::parse::Reader;
use crate::problem::{Edit, ProblemKind, Wanted};
use crate::recover;

/// What declarations begin with.
#[derive(Default)]
struct Head {
    names: Vec<Name>,
    title: Option<Plain>,
}

impl Reader<'_> {
    /// The declaration of an `item`; none if it cannot be used, which is reported.
    pub(crate) fn item(&self, item: Pair<'_>, doc: Option<String>) -> Option<Item> {
        let mut read = None;
        let mut tail = None;
        for part in item.into_inner() {
            match part.as_rule() {
                Rule::EOI => {}
                Rule::trailing => tail = Some(self.span(&part)),
                _ => read = Some(part),
            }
        }
        let read = read?;
        let rule = read.as_rule();
        let declared = self.span(&read);
        let mut item = self.declaration(read, doc);
        if let Some(tail) = tail {
            let definition = matches!(rule, Rule::let_ | Rule::fn_);
            self.report_all(vec![recover::trailing(self.text, declared, tail, definition)]);
            match &mut item {
                Some(Item::Rule(event)) => event.broken = true,
                // What follows a definition was meant to be part of it.
                Some(Item::Let(_) | Item::Fn(_) | Item::Language(_)) => item = None,
                _ => {}
            }
        }
        // A block with an unreadable clause is still a block; a definition is all or nothing.
        match rule {
            Rule::let_ | Rule::fn_ if self.take_spoilt() => None,
            _ => item,
        }
    }

    fn declaration(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Item> {
        Some(match pair.as_rule() {
            Rule::language => Item::Language(self.language(pair)?),
            Rule::import => Item::Import(self.import(pair)?),
            Rule::rulebook => Item::Rulebook(self.rulebook(pair, doc)?),
            Rule::let_ => Item::Let(self.definition(pair, doc)?),
            Rule::fn_ => Item::Fn(self.function(pair, doc)?),
            Rule::script_fn => Item::ScriptFn(self.script(pair, doc)?),
            Rule::template => Item::Template(self.template(pair, doc)?),
            Rule::source => Item::Source(self.source(pair, doc)?),
            Rule::sink => Item::Sink(self.sink(pair, doc)?),
            Rule::feed => Item::Feed(self.feed(pair, doc)?),
            Rule::topology => Item::Topology(self.topology(pair, doc)?),
            Rule::route => Item::Route(self.route(pair, doc)?),
            Rule::table => Item::Table(self.table(pair, doc)?),
            Rule::test => Item::Test(self.test(pair, doc)?),
            Rule::event => Item::Rule(self.event(pair, doc)?),
            _ => return None,
        })
    }

    /// Takes names, the title and the signs of a head; true if the part belonged to it.
    fn head(&self, head: &mut Head, part: &Pair<'_>) -> bool {
        match part.as_rule() {
            Rule::name => head.names.push(self.name(part)),
            Rule::title => head.title = self.plain(part.clone()),
            _ => return false,
        }
        true
    }

    /// Reports a block whose closing brace is missing, or whose opening one stands a line below its head.
    pub(crate) fn braces(&self, part: &Pair<'_>, kind: Kw) {
        match part.as_rule() {
            Rule::missing_close => self.report_all(vec![recover::missing_close(self.span(part), kind)]),
            Rule::late_brace => {
                let gap = self.span(part);
                let brace = part.clone().into_inner().next().map_or(gap, |brace| self.span(&brace));
                let fix = vec![Edit { span: gap, text: " {".into() }];
                self.report(brace, ProblemKind::BraceBelow, fix);
            }
            _ => {}
        }
    }

    fn language(&self, pair: Pair<'_>) -> Option<Language> {
        let span = self.span(&pair);
        let number = pair.into_inner().find(|part| part.as_rule() == Rule::integer)?;
        match number.as_str().parse() {
            Ok(edition @ 1) => Some(Language { edition, span }),
            _ => {
                let found = number.as_str().to_owned();
                self.report(self.span(&number), ProblemKind::UnknownEdition { found }, Vec::new());
                None
            }
        }
    }

    fn import(&self, pair: Pair<'_>) -> Option<Import> {
        let span = self.span(&pair);
        let mut names = pair.into_inner().filter(|part| part.as_rule() == Rule::name).map(|part| self.name(&part));
        Some(Import { rulebook: names.next()?, alias: names.next()?, span })
    }

    fn rulebook(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Rulebook> {
        let span = self.span(&pair);
        let (mut head, mut clauses) = (Head::default(), Vec::new());
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            self.clause_or_problem(part, Kw::RULEBOOK, &mut clauses);
        }
        Some(Rulebook { name: head.names.pop()?, title: head.title, doc, clauses, span })
    }

    fn definition(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Let> {
        let span = self.span(&pair);
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::let_sign if !matches!(part.as_str(), "=" | "＝") => self.report_alias(&part, "="),
                Rule::expr => value = self.expr(part),
                Rule::stop => self.stop(&part),
                _ => {}
            }
        }
        Some(Let { name: name?, doc, value: value?, span })
    }

    fn function(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Fn> {
        let span = self.span(&pair);
        let (mut name, mut params, mut body) = (None, Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::params => params = self.params(part),
                Rule::expr => body = self.expr(part),
                Rule::stop => self.stop(&part),
                _ => {}
            }
        }
        Some(Fn { name: name?, doc, params, body: body?, span })
    }

    /// `(a, b: type)`, also without the parentheses.
    pub(crate) fn params(&self, pair: Pair<'_>) -> Vec<Param> {
        let params = pair.into_inner().filter(|part| part.as_rule() == Rule::param);
        let read = params.filter_map(|param| {
            let (mut name, mut ty) = (None, None);
            for part in param.into_inner() {
                match part.as_rule() {
                    Rule::name => name = Some(self.name(&part)),
                    Rule::type_name => ty = self.type_name(part),
                    _ => {}
                }
            }
            Some(Param { name: name?, ty })
        });
        read.collect()
    }

    fn type_name(&self, pair: Pair<'_>) -> Option<TypeName> {
        let span = self.span(&pair);
        let (mut name, mut args, mut unit) = (None, Vec::new(), None);
        let mut bare = span;
        for part in pair.into_inner() {
            if matches!(part.as_rule(), Rule::name | Rule::rparen) {
                bare = Span { end: self.span(&part).end, ..span };
            }
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::integer => match part.as_str().parse() {
                    Ok(arg) => args.push(arg),
                    Err(_) => {
                        let found = part.as_str().to_owned();
                        self.report(self.span(&part), ProblemKind::NumberTooLarge { found }, Vec::new());
                    }
                },
                Rule::unit_name => unit = Some(self.name(&part)),
                _ => {}
            }
        }
        Some(TypeName { name: name?, args, unit, bare, span })
    }

    fn script(&self, pair: Pair<'_>, doc: Option<String>) -> Option<ScriptFn> {
        let span = self.span(&pair);
        let (mut name, mut params, mut result, mut body) = (None, Vec::new(), None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::params => params = self.params(part),
                Rule::type_name => result = self.type_name(part),
                Rule::arrow => self.arrow(&part),
                Rule::script_body => {
                    body = Some(Plain { text: part.as_str().replace("\r\n", "\n"), span: self.span(&part) });
                }
                _ => self.braces(&part, Kw::SCRIPT_FN),
            }
        }
        Some(ScriptFn { name: name?, doc, params, result: result?, body: body?, span })
    }

    pub(crate) fn arrow(&self, part: &Pair<'_>) {
        if part.as_str() == "=>" {
            self.report_alias(part, "->");
        }
    }

    fn template(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Template> {
        let span = self.span(&pair);
        let (mut head, mut body) = (Head::default(), None);
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            if part.as_rule() == Rule::template_body {
                for part in part.into_inner() {
                    match part.as_rule() {
                        Rule::text | Rule::open_text => body = Some(TemplateBody::Inline(self.text(part))),
                        Rule::title => body = self.plain(part).map(TemplateBody::File),
                        Rule::stop => self.stop(&part),
                        _ => {}
                    }
                }
            } else {
                self.braces(&part, Kw::TEMPLATE);
            }
        }
        Some(Template { name: head.names.pop()?, title: head.title, doc, body: body?, span })
    }

    fn source(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Source> {
        let span = self.span(&pair);
        let (mut head, mut object, mut clauses, mut columns) = (Head::default(), None, Vec::new(), Vec::new());
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            match part.as_rule() {
                Rule::object => object = self.object(part),
                Rule::column => columns.extend(self.column(part)),
                _ => self.clause_or_problem(part, Kw::SOURCE, &mut clauses),
            }
        }
        let mut names = head.names.into_iter();
        Some(Source { name: names.next()?, doc, connection: names.next()?, object, clauses, columns, span })
    }

    fn column(&self, pair: Pair<'_>) -> Option<Column> {
        let span = self.span(&pair);
        let (mut name, mut ty, mut required) = (None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::type_name => ty = self.type_name(part),
                Rule::REQUIRED => required = true,
                _ => {}
            }
        }
        Some(Column { name: name?, ty: ty?, required, span })
    }

    fn object(&self, pair: Pair<'_>) -> Option<(Kw, Plain)> {
        let (mut word, mut text) = (None, None);
        for part in pair.into_inner() {
            match of_rule(part.as_rule()) {
                Some(kw) => word = Some(kw),
                None if part.as_rule() == Rule::unquoted => {
                    let found = part.as_str().to_owned();
                    let quoted = format!("\"{found}\"");
                    let kind = ProblemKind::Expected { wanted: vec![Wanted::Text], found: found.clone() };
                    self.report_replace(self.span(&part), kind, quoted);
                    text = Some(Plain { text: found, span: self.span(&part) });
                }
                None => text = self.plain(part),
            }
        }
        Some((word?, text?))
    }

    fn sink(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Sink> {
        let span = self.span(&pair);
        let (mut head, mut object, mut clauses) = (Head::default(), None, Vec::new());
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            match part.as_rule() {
                Rule::object => object = self.object(part),
                _ => self.clause_or_problem(part, Kw::SINK, &mut clauses),
            }
        }
        let mut names = head.names.into_iter();
        Some(Sink { name: names.next()?, doc, connection: names.next()?, object, clauses, span })
    }

    fn feed(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Feed> {
        let span = self.span(&pair);
        let (mut head, mut object, mut clauses) = (Head::default(), None, Vec::new());
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            match part.as_rule() {
                Rule::object => object = self.object(part),
                _ => self.clause_or_problem(part, Kw::FEED, &mut clauses),
            }
        }
        let mut names = head.names.into_iter();
        Some(Feed { name: names.next()?, doc, connection: names.next()?, object, clauses, span })
    }

    fn topology(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Topology> {
        let span = self.span(&pair);
        let (mut head, mut object) = (Head::default(), None);
        for part in pair.into_inner() {
            if !self.head(&mut head, &part) && part.as_rule() == Rule::object {
                object = self.object(part);
            }
        }
        let mut names = head.names.into_iter();
        Some(Topology { name: names.next()?, doc, connection: names.next()?, object, span })
    }

    fn route(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Route> {
        let span = self.span(&pair);
        let (mut head, mut clauses, mut broken) = (Head::default(), Vec::new(), false);
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            broken |= matches!(part.as_rule(), Rule::route_bad | Rule::missing_close);
            self.clause_or_problem(part, Kw::ROUTE, &mut clauses);
            broken |= self.take_spoilt();
        }
        Some(Route { name: head.names.pop()?, title: head.title, doc, clauses, broken, span })
    }

    fn event(&self, pair: Pair<'_>, doc: Option<String>) -> Option<RuleItem> {
        let span = self.span(&pair);
        let (mut head, mut kind_span) = (Head::default(), span);
        let mut clauses: Vec<Clause> = Vec::new();
        let mut broken = false;
        for part in pair.into_inner() {
            if self.head(&mut head, &part) {
                continue;
            }
            match part.as_rule() {
                Rule::EVENT => kind_span = self.span(&part),
                Rule::event_bad | Rule::missing_close => {
                    broken = true;
                    self.clause_or_problem(part, Kw::EVENT, &mut clauses);
                }
                _ => {
                    self.clause_or_problem(part, Kw::EVENT, &mut clauses);
                    broken |= self.take_spoilt();
                }
            }
        }
        Some(RuleItem {
            kind: Kw::EVENT,
            kind_span,
            name: head.names.pop()?,
            title: head.title,
            doc,
            clauses,
            broken,
            span,
        })
    }
}
