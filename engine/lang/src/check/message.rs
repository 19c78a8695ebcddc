//! Messages of feeds where rules and tests name them. A message becomes a source when somebody names it first: a template file may have
//! hundreds.

use super::{
    declare::{full_name, place},
    names::{DeclId, Item},
    resolve::join,
    scope::{Checker, On, Scope},
    suggest,
};
use crate::{
    finding::{Arg, Finding, Span, codes::names as codes},
    hir::{self, ColumnRef, Expr, SourceId},
    market::{AROUND, Feed},
};
use guiju_grammar::ast;
use std::{collections::HashSet, sync::Arc};

/// As many messages are listed to choose from.
const MOST_SHOWN: usize = 12;

impl Checker<'_, '_> {
    /// `feed.Message`, `feed.Message.Sequence` where a source is wanted; `used` names lead to the feed.
    pub(super) fn message_named(
        &mut self,
        scope: &mut Scope,
        id: DeclId,
        path: &[ast::Name],
        used: usize,
    ) -> Option<SourceId> {
        let name = join(&path[used..]);
        let feed = self.declared.feeds.get(&id)?;
        if let Some(known) = feed.sources.get(&name) {
            return Some(*known);
        }
        let feed_name = join(&path[..used]);
        let span = path.first()?.span.to(path.last()?.span);
        let Some(messages) = &feed.messages else {
            // What its messages hold is not known, which was reported.
            scope.failed = true;
            return None;
        };
        let tables = || messages.tables.iter().map(|table| table.name.as_str());
        if name.is_empty() {
            let known: Vec<String> = tables().take(MOST_SHOWN).map(|table| format!("{feed_name}.{table}")).collect();
            let finding = Finding::new(codes::FEED_MESSAGE_WANTED, scope.at(span)).name("feed", &feed_name);
            self.report(scope, finding.arg("known", Arg::Names(known)));
            return None;
        }
        if feed.table(&name).is_none() {
            let near = suggest::nearest(&name, tables());
            let near = near.into_iter().map(|table| format!("{feed_name}.{table}")).collect();
            let finding = Finding::new(codes::UNKNOWN_MESSAGE, scope.at(span)).name("name", &name);
            self.report(scope, suggest::with(finding.name("feed", &feed_name), near));
            return None;
        }
        self.message(id, &name)
    }

    /// The source of a message that the feed has.
    fn message(&mut self, id: DeclId, name: &str) -> Option<SourceId> {
        let decl = self.names.decl(id);
        let Item::Feed(x) = decl.item else { return None };
        let feed = self.declared.feeds.get(&id)?;
        let (schema, clocks) = feed.columns(feed.table(name)?);
        // The first time that is declared, else the time of the frame.
        let time = clocks.first().map_or(AROUND[2], |(name, _)| name);
        let time = schema.index_of(time).map(|at| at as u32);
        let columns = schema.columns.iter().enumerate().rev().map(|(at, c)| (c.name.clone(), at as u32)).collect();
        let source = hir::Source {
            name: format!("{}.{name}", full_name(self.names, decl)),
            connection: x.connection.text.clone(),
            object: x.object.as_ref().map(|(_, object)| object.text.clone()),
            passes: true,
            schema,
            key: None,
            time,
            lateness: feed.lateness,
            idle: feed.idle,
            feed: Some(Arc::new(Feed { form: Arc::clone(feed.form.as_ref()?), table: name.to_owned(), clocks })),
            windows: Vec::new(),
            used: Vec::new(),
            place: place(decl, decl.name.span),
        };
        let source_id = SourceId(self.declared.sources.len() as u32);
        self.declared.sources.push(source);
        self.declared.columns.push(columns);
        self.declared.open.push(false);
        self.declared.used.push(time.into_iter().collect::<HashSet<u32>>());
        self.declared.feeds.get_mut(&id)?.sources.insert(name.to_owned(), source_id);
        Some(source_id)
    }

    /// `feed.Message.Field` as a value: of the row at hand, if it is such a message.
    pub(super) fn field(
        &mut self,
        scope: &mut Scope,
        id: DeclId,
        message: &[ast::Name],
        column: &ast::Name,
        span: Span,
    ) -> Expr {
        let source = self.declared.feeds.get(&id).and_then(|feed| feed.sources.get(&join(message))).copied();
        let known = source.filter(|source| scope.on == On::Source(*source));
        let Some(source) = known else {
            if scope.on == On::Unknown || scope.lenient {
                return self.poison(scope, span);
            }
            // Messages pass; nothing can be looked up in them.
            let finding = Finding::new(codes::NOT_A_VALUE, scope.at(span));
            let name = self.names.decl(id).name.text.clone();
            return self.fail(scope, finding.name("name", name).arg("word", Arg::Word("word.feed")));
        };
        let columns = &self.declared.columns[source.0 as usize];
        match columns.get(&column.text).copied() {
            Some(at) => self.column(scope, ColumnRef { source, column: at }, span),
            None => {
                let near = suggest::nearest(&column.text, columns.keys().map(String::as_str));
                let finding = Finding::new(codes::UNKNOWN_COLUMN, scope.at(column.span)).name("name", &column.text);
                self.fail(scope, suggest::with(finding.name("source", join(message)), near))
            }
        }
    }
}
