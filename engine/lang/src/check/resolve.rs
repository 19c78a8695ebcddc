//! What a name means where it stands.

use super::{
    names::{BookId, DeclId, Item},
    scope::{Checker, MOST_DEPTH, On, Scope},
    suggest, types,
};
use crate::{
    finding::{Arg, Finding, Fix, codes::names as codes},
    hir::{ColumnRef, Expr, ExprKind, SourceId},
    ty::{Type, Typed},
};
use guiju_grammar::ast::{self, Span};

/// As many other sources as a message names.
const MOST_ELSEWHERE: usize = 3;

/// Where a path leads, besides columns.
pub(super) enum Target {
    /// A declaration; names in front of it are used up, `usize` of them.
    Decl(DeclId, usize),
    /// Nothing, and that was reported (or is a broken declaration's fault).
    Reported,
    /// Nothing of that name.
    Nothing,
}

impl<'a> Checker<'_, 'a> {
    /// `name` or `alias.name` in the values of a rulebook.
    pub(super) fn find(&mut self, scope: &mut Scope, path: &[ast::Name]) -> Target {
        let Some(first) = path.first() else { return Target::Nothing };
        let book = self.names.book_of(scope.book);
        if let Some(id) = book.values.get(first.text.as_str()) {
            self.names.decl(*id).used.set(true);
            return Target::Decl(*id, 1);
        }
        if book.is_broken(&first.text) {
            scope.failed = true;
            return Target::Reported;
        }
        let (Some(import), Some(second)) = (book.imports.get(first.text.as_str()), path.get(1)) else {
            return Target::Nothing;
        };
        import.used.set(true);
        let Some(other) = import.book else {
            scope.failed = true;
            return Target::Reported;
        };
        let other = self.names.book_of(other);
        match other.values.get(second.text.as_str()) {
            Some(id) => {
                self.names.decl(*id).used.set(true);
                Target::Decl(*id, 2)
            }
            None => {
                if !other.is_broken(&second.text) {
                    let near = suggest::nearest(&second.text, other.values.keys().copied());
                    let finding = Finding::new(codes::UNKNOWN_MEMBER, scope.at(second.span)).name("name", &second.text);
                    let finding = finding.name("rulebook", &other.info.name);
                    self.report(scope, suggest::with(finding, near));
                }
                scope.failed = true;
                Target::Reported
            }
        }
    }

    /// A source by its name, maybe through an alias.
    pub(super) fn source_named(&mut self, scope: &mut Scope, path: &[ast::Name], span: Span) -> Option<SourceId> {
        let target = self.find(scope, path);
        let names = self.names;
        match target {
            Target::Reported => None,
            Target::Decl(id, used) if used == path.len() && matches!(names.decl(id).item, Item::Source(_)) => {
                self.declared.source_ids.get(&id).copied()
            }
            Target::Decl(id, used) if matches!(names.decl(id).item, Item::Feed(_)) => {
                self.message_named(scope, id, path, used)
            }
            _ => {
                let book = names.book_of(scope.book);
                if book.nameless {
                    return None;
                }
                let all = book.values.iter();
                let all = all.filter(|(_, id)| matches!(names.decl(**id).item, Item::Source(_) | Item::Feed(_)));
                let near = suggest::nearest(&join(path), all.map(|(n, _)| *n));
                let finding = Finding::new(codes::UNKNOWN_SOURCE, scope.at(span)).name("name", join(path));
                self.report(scope, suggest::with(finding, near));
                None
            }
        }
    }

    /// A path as a value.
    pub(super) fn path(&mut self, scope: &mut Scope, path: &[ast::Name], span: Span) -> Expr {
        if let [name] = path {
            if let Some((_, value)) = scope.params.iter().rev().find(|(n, _)| *n == name.text) {
                let value = value.clone();
                scope.size = scope.size.saturating_add(count(&value));
                return value;
            }
            if let Some(column) = self.own_column(scope, &name.text) {
                return self.column(scope, column, span);
            }
        }
        match self.find(scope, path) {
            Target::Reported => self.poison(scope, span),
            Target::Decl(id, used) => {
                let decl = self.names.decl(id);
                match (decl.item, &path[used..]) {
                    (Item::Let(x), []) => self.expand(scope, id, span, |me, inner| me.expr(inner, &x.value)),
                    (Item::Source(_), [column]) => self.lookup(scope, id, column, span),
                    (Item::Feed(_), [message @ .., column]) => self.field(scope, id, message, column, span),
                    (Item::Source(_), []) => self.source_as_value(scope, id, path, span),
                    (item, []) => {
                        let finding = Finding::new(codes::NOT_A_VALUE, scope.at(span)).name("name", join(path));
                        self.fail(scope, finding.arg("word", Arg::Word(item.word())))
                    }
                    _ => {
                        let finding = Finding::new(codes::PATH_TOO_LONG, scope.at(span)).name("name", join(path));
                        self.fail(scope, finding)
                    }
                }
            }
            Target::Nothing => self.unknown(scope, path, span),
        }
    }

    fn own_column(&self, scope: &Scope, name: &str) -> Option<ColumnRef> {
        let On::Source(source) = scope.on else { return None };
        let column = *self.declared.columns.get(source.0 as usize)?.get(name)?;
        Some(ColumnRef { source, column })
    }

    /// A column of the row at hand.
    pub(super) fn column(&mut self, scope: &mut Scope, column: ColumnRef, span: Span) -> Expr {
        let Some(typed) = self.column_type(&column) else { return self.poison(scope, span) };
        let typed = Typed { nullable: typed.nullable && !scope.facts.contains(&column), ..typed };
        self.mark(&column);
        self.make(scope, span, ExprKind::Column(column), typed)
    }

    fn column_type(&self, column: &ColumnRef) -> Option<Typed> {
        let source = self.declared.sources.get(column.source.0 as usize)?;
        source.schema.columns.get(column.column as usize).map(|c| c.typed.clone())
    }

    fn mark(&mut self, column: &ColumnRef) {
        if let Some(used) = self.declared.used.get_mut(column.source.0 as usize) {
            used.insert(column.column);
        }
    }

    fn is_open(&self, source: SourceId) -> bool {
        self.declared.open.get(source.0 as usize).copied().unwrap_or(true)
    }

    /// A source where a value is wanted: often its key or one of its columns was meant.
    fn source_as_value(&mut self, scope: &mut Scope, id: DeclId, path: &[ast::Name], span: Span) -> Expr {
        let columns = self.declared.source_ids.get(&id).and_then(|s| self.declared.sources.get(s.0 as usize));
        let key = columns.and_then(|s| s.schema.columns.get(s.key? as usize)).map(|c| c.name.clone());
        let mut finding = Finding::new(codes::NOT_A_VALUE, scope.at(span)).name("name", join(path));
        finding = finding.arg("word", Arg::Word("word.source"));
        if let Some(key) = key {
            finding = finding.suggest(vec![format!("{}.{key}", join(path))]);
        }
        self.fail(scope, finding)
    }

    /// `source.column`: of the row at hand, or of the row of another source that has this row's key.
    fn lookup(&mut self, scope: &mut Scope, id: DeclId, column: &ast::Name, span: Span) -> Expr {
        let Some(&source) = self.declared.source_ids.get(&id) else { return self.poison(scope, span) };
        let name = self.names.decl(id).name.text.clone();
        let found = self.declared.columns.get(source.0 as usize).and_then(|c| c.get(&column.text)).copied();
        let Some(found) = found else {
            if self.is_open(source) {
                return self.poison(scope, span);
            }
            let all = self.declared.columns.get(source.0 as usize);
            let near = suggest::nearest(&column.text, all.into_iter().flatten().map(|(n, _)| n.as_str()));
            let finding = Finding::new(codes::UNKNOWN_COLUMN, scope.at(column.span)).name("name", &column.text);
            return self.fail(scope, suggest::with(finding.name("source", name), near));
        };
        let column_ref = ColumnRef { source, column: found };
        let on = match scope.on {
            On::Source(on) if on == source => return self.column(scope, column_ref, span),
            On::Source(on) => on,
            On::Unknown => return self.poison(scope, span),
            On::Nothing if scope.lenient => return self.poison(scope, span),
            On::Nothing => {
                let finding = Finding::new(codes::NO_ROW_HERE, scope.at(span));
                return self.fail(scope, finding.name("name", format!("{name}.{}", column.text)));
            }
        };
        if self.is_open(on) {
            return self.poison(scope, span);
        }
        let Some(key) = self.declared.sources.get(source.0 as usize).and_then(|s| s.key) else {
            if self.is_open(source) {
                return self.poison(scope, span);
            }
            let place = self.declared.sources[source.0 as usize].place;
            let finding = Finding::new(codes::LOOKUP_WITHOUT_KEY, scope.at(span)).name("source", name);
            return self.fail(scope, finding.label(place, "declared-here"));
        };
        let key_ref = ColumnRef { source, column: key };
        let key_name = self.declared.sources[source.0 as usize].schema.columns[key as usize].name.clone();
        let on_name = short(&self.declared.sources[on.0 as usize].name).to_owned();
        let Some(own) = self.own_column(scope, &key_name) else {
            let finding = Finding::new(codes::LOOKUP_WITHOUT_COLUMN, scope.at(span)).name("source", name);
            return self.fail(scope, finding.name("key", key_name).name("on", on_name));
        };
        let (left, right) = (self.column_type(&own), self.column_type(&key_ref));
        if let (Some(left), Some(right)) = (left, right)
            && !types::alike(&left.ty, &right.ty)
        {
            let finding = Finding::new(codes::LOOKUP_TYPES_DIFFER, scope.at(span)).name("key", key_name);
            let finding = finding.arg("left", Arg::Type(left.ty)).arg("right", Arg::Type(right.ty));
            return self.fail(scope, finding.name("on", on_name).name("source", name));
        }
        self.mark(&own);
        self.mark(&key_ref);
        self.mark(&column_ref);
        // There may be no such row.
        let Some(typed) = self.column_type(&column_ref) else { return self.poison(scope, span) };
        let nullable = !scope.facts.contains(&column_ref);
        self.make(scope, span, ExprKind::Column(column_ref), Typed { nullable, ..typed })
    }

    /// The body of a definition, in its own rulebook, for the row at hand.
    pub(super) fn expand(
        &mut self,
        scope: &mut Scope,
        id: DeclId,
        span: Span,
        body: impl FnOnce(&mut Self, &mut Scope) -> Expr,
    ) -> Expr {
        let decl = self.names.decl(id);
        if decl.cyclic.get() {
            return self.poison(scope, span);
        }
        if Self::is_full(scope) || scope.open.len() as u32 >= MOST_DEPTH {
            let first = !scope.failed;
            if first {
                let at = scope.used_at.unwrap_or_else(|| scope.at(span));
                let finding = Finding::new(codes::EXPANSION_TOO_LARGE, at).name("name", &decl.name.text);
                self.report(scope, finding);
            }
            return self.poison(scope, span);
        }
        let used_at = scope.used_at.unwrap_or_else(|| scope.at(span));
        let outer = (scope.book, scope.file, scope.used_at, std::mem::take(&mut scope.guards));
        (scope.book, scope.file, scope.used_at) = (decl.book, decl.file, Some(used_at));
        let params = std::mem::take(&mut scope.params);
        scope.open.push(id);
        let result = body(self, scope);
        scope.open.pop();
        scope.params = params;
        (scope.book, scope.file, scope.used_at, scope.guards) = outer;
        result
    }

    fn unknown(&mut self, scope: &mut Scope, path: &[ast::Name], span: Span) -> Expr {
        let silent = match scope.on {
            On::Unknown => true,
            On::Source(source) => self.is_open(source),
            On::Nothing => false,
        };
        let book = self.names.book_of(scope.book);
        if silent || scope.lenient || book.nameless {
            return self.poison(scope, span);
        }
        if let [first, ..] = path
            && path.len() > 1
        {
            let near = self.names_with_members(scope);
            let near = suggest::nearest(&first.text, near.iter().map(String::as_str));
            let finding = Finding::new(codes::UNKNOWN_ALIAS, scope.at(first.span)).name("name", &first.text);
            return self.fail(scope, suggest::with(finding, near));
        }
        let name = join(path);
        if let Some(pieces) = self.cut(scope, &name) {
            let finding = Finding::new(codes::NAMES_RUN_TOGETHER, scope.at(span)).name("name", name);
            return self.fail(scope, finding.fix(Fix::replace(scope.at(span), pieces)));
        }
        if let Some(meant) = super::habits::number(&name) {
            let finding = Finding::new(codes::NUMBER_IN_WORDS, scope.at(span)).name("name", name);
            return self.fail(scope, finding.name("meant", &meant).fix(Fix::replace(scope.at(span), meant)));
        }
        if matches!(scope.on, On::Nothing) && self.any_column(&name) {
            return self.fail(scope, Finding::new(codes::NO_ROW_HERE, scope.at(span)).name("name", name));
        }
        if let Some(meant) = super::habits::every(&name) {
            let finding = Finding::new(codes::UNKNOWN_NAME, scope.at(span)).name("name", name);
            return self.fail(scope, finding.suggest(vec![meant.clone()]).fix(Fix::replace(scope.at(span), meant)));
        }
        let known = self.known(scope);
        let mut near: Vec<String> = elsewhere(&known, &name).cloned().collect();
        near.sort_unstable();
        near.truncate(MOST_ELSEWHERE);
        let near = if near.is_empty() { suggest::nearest(&name, known.iter().map(String::as_str)) } else { near };
        let finding = Finding::new(codes::UNKNOWN_NAME, scope.at(span)).name("name", name);
        self.fail(scope, suggest::with(finding, near))
    }

    /// A bare name that is a value here, or close enough to one that it was meant to be.
    pub(super) fn means_something(&self, scope: &Scope, name: &str) -> bool {
        self.is_known(scope, name) || !suggest::nearest(name, self.known(scope).iter().map(String::as_str)).is_empty()
    }

    /// A bare name of which not even a guess can be made.
    pub(super) fn means_nothing(&self, scope: &Scope, name: &str) -> bool {
        let guessed = super::habits::number(name).is_some() || super::habits::every(name).is_some();
        !guessed
            && !self.means_something(scope, name)
            && self.cut(scope, name).is_none()
            && elsewhere(&self.known(scope), name).next().is_none()
    }

    /// A bare name that is a value here, or may be one.
    pub(super) fn is_known(&self, scope: &Scope, name: &str) -> bool {
        let book = self.names.book_of(scope.book);
        let maybe = match scope.on {
            On::Unknown => true,
            On::Source(source) => self.is_open(source),
            On::Nothing => false,
        };
        maybe
            || scope.lenient
            || book.nameless
            || scope.params.iter().any(|(n, _)| n == name)
            || self.own_column(scope, name).is_some()
            || book.values.contains_key(name)
            || book.is_broken(name)
    }

    /// Whether a bare name is a column of the row at hand.
    pub(super) fn is_column(&self, scope: &Scope, name: &str) -> bool {
        self.own_column(scope, name).is_some()
    }

    fn any_column(&self, name: &str) -> bool {
        self.declared.columns.iter().any(|c| c.contains_key(name))
    }

    fn names_with_members(&self, scope: &Scope) -> Vec<String> {
        let book = self.names.book_of(scope.book);
        let sources = book.values.iter().filter(|(_, id)| matches!(self.names.decl(**id).item, Item::Source(_)));
        sources.map(|(n, _)| *n).chain(book.imports.keys().copied()).map(str::to_owned).collect()
    }

    /// Everything that an unqualified name, or one with a source in front, could mean here.
    fn known(&self, scope: &Scope) -> Vec<String> {
        let mut all: Vec<String> = scope.params.iter().map(|(n, _)| n.clone()).collect();
        if let On::Source(on) = scope.on {
            all.extend(self.declared.columns.get(on.0 as usize).into_iter().flatten().map(|(n, _)| n.clone()));
        }
        let book = self.names.book_of(scope.book);
        for (name, id) in &book.values {
            match self.names.decl(*id).item {
                Item::Let(_) => all.push((*name).to_owned()),
                Item::Source(_) => {
                    let source = self.declared.source_ids.get(id).copied();
                    if source.map(On::Source) != Some(scope.on) {
                        let columns = source.and_then(|s| self.declared.columns.get(s.0 as usize));
                        all.extend(columns.into_iter().flatten().map(|(c, _)| format!("{name}.{c}")));
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// A Chinese name that is several words run together (`余额大于50万且到期日`), with spaces between them; only if all of its
    /// pieces mean something.
    pub(super) fn cut(&self, scope: &Scope, name: &str) -> Option<String> {
        if name.is_ascii() || scope.params.iter().any(|(n, _)| n == name) {
            return None;
        }
        super::cut::spaced(name, &self.known(scope).into_iter().collect())
    }

    /// An alias or plain name of a rule, sink or template, in the space that `space` picks.
    pub(super) fn named(
        &mut self,
        scope: &mut Scope,
        path: &[ast::Name],
        unknown: crate::finding::Code,
        space: impl for<'b> Fn(&'b super::names::Book<'a>) -> &'b std::collections::HashMap<&'a str, DeclId>,
    ) -> Option<DeclId> {
        let (book, name): (BookId, &ast::Name) = match path {
            [name] => (scope.book, name),
            [alias, name] => {
                let Some(import) = self.names.book_of(scope.book).imports.get(alias.text.as_str()) else {
                    let near = suggest::nearest(&alias.text, self.names.book_of(scope.book).imports.keys().copied());
                    let finding = Finding::new(codes::UNKNOWN_ALIAS, scope.at(alias.span)).name("name", &alias.text);
                    self.report(scope, suggest::with(finding, near));
                    return None;
                };
                import.used.set(true);
                (import.book?, name)
            }
            _ => return None,
        };
        let book = self.names.book_of(book);
        if let Some(id) = space(book).get(name.text.as_str()) {
            self.names.decl(*id).used.set(true);
            return Some(*id);
        }
        scope.failed = true;
        if !book.is_broken(&name.text) && !book.nameless {
            let near = suggest::nearest(&name.text, space(book).keys().copied());
            let finding = Finding::new(unknown, scope.at(name.span)).name("name", &name.text);
            self.report(scope, suggest::with(finding, near));
        }
        None
    }
}

/// Columns of other sources that are called that, with their source's name.
fn elsewhere<'k>(known: &'k [String], name: &str) -> impl Iterator<Item = &'k String> {
    known.iter().filter(move |other| other.rsplit_once('.').is_some_and(|(_, column)| column == name))
}

/// How many nodes an expression has.
pub(super) fn count(e: &Expr) -> u32 {
    let mut n = 0;
    e.walk(&mut |_| n += 1);
    n
}

/// A source's own name, without the rulebook's.
pub(super) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

pub(super) fn join(path: &[ast::Name]) -> String {
    path.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(".")
}

/// The type of what could not be checked.
pub(super) fn is_unknown(e: &Expr) -> bool {
    e.typed.ty == Type::Unknown
}
