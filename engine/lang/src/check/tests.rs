//! `test` blocks: rows typed against their source, values folded, expectations resolved.

mod any;

use super::{
    names::{BookId, Item},
    scope::{Checker, On, Scope},
    suggest, types,
};
use crate::{
    context::{Context, Incidents},
    finding::{Arg, At, FileId, Finding, codes, codes::tests as own},
    hir::{self, Expr, ExprKind as H, SourceId, TestStep},
    reference::{self, NoRow},
    ty::{Type, Typed},
    value::{Duration, Value},
};
use guiju_grammar::{
    ast::{self, Part, Span},
    keyword::Kw,
};
use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

/// Checks one test; what is left of it if something was reported is not used.
pub(super) fn check(
    checker: &mut Checker<'_, '_>,
    book: BookId,
    file: FileId,
    test: &ast::Test,
    by_trading_day: &HashSet<hir::RuleId>,
) -> Option<hir::Test> {
    let scope = Scope::new(book, file, On::Nothing);
    let settings = checker.names.book_of(book);
    let clock = Context::on(0, settings.zone.clone(), settings.calendar.clone());
    let rulebook = settings.info.name.clone();
    let place = scope.at(test.title.span);
    let mut cx = TestCx { checker, scope, clock, clocks: Vec::new(), expected: HashSet::new(), any: false };
    let has = |f: fn(&ast::TestStep) -> bool| test.steps.iter().any(f);
    // The records of a plant know no time.
    let routes_only = test.steps.iter().all(|s| matches!(s, ast::TestStep::ExpectRoute(_)));
    if !routes_only && !has(|s| matches!(s, ast::TestStep::Clock(..))) {
        cx.report(Finding::new(own::CLOCK_NOT_GIVEN, place));
    }
    if !has(|s| {
        matches!(
            s,
            ast::TestStep::Expect(_)
                | ast::TestStep::ExpectRows(_)
                | ast::TestStep::ExpectNothing { .. }
                | ast::TestStep::ExpectRoute(_)
        )
    }) {
        // A line that could not be read may be the one that expects something.
        let unread = |f: &Finding| matches!(f.at, At::Text(p) if p.file == place.file && p.span.start >= test.span.start && p.span.end <= test.span.end);
        if !cx.checker.findings.iter().any(|f| f.is_error() && unread(f)) {
            cx.report(Finding::new(own::NOTHING_EXPECTED, place));
        }
    }
    let steps: Vec<Option<TestStep>> = test.steps.iter().map(|s| cx.step(s)).collect();
    if !cx.expected.is_disjoint(by_trading_day) {
        cx.inside_calendar();
    }
    let steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
    Some(hir::Test { title: test.title.text.clone(), rulebook, steps, place })
}

struct TestCx<'x, 'c, 'a> {
    checker: &'x mut Checker<'c, 'a>,
    scope: Scope,
    clock: Context,
    /// Where the clock is set, and to what day.
    clocks: Vec<(Span, i32)>,
    /// Rules that something is expected of.
    expected: HashSet<hir::RuleId>,
    /// A `for any` came before.
    any: bool,
}

impl TestCx<'_, '_, '_> {
    fn report(&mut self, finding: Finding) {
        self.checker.report(&mut self.scope, finding);
    }

    /// Reports clocks beyond what the calendar knows.
    fn inside_calendar(&mut self) {
        let Some(calendar) = self.clock.calendar.clone() else { return };
        let (from, to) = calendar.valid();
        for (span, day) in std::mem::take(&mut self.clocks) {
            if !(from..=to).contains(&day) {
                let finding = Finding::new(codes::names::DATE_BEYOND_CALENDAR, self.scope.at(span));
                let finding = finding.arg("value", Arg::Value(Value::Date(day))).name("calendar", calendar.name());
                let finding = finding.arg("from", Arg::Value(Value::Date(from)));
                self.report(finding.arg("to", Arg::Value(Value::Date(to))));
            }
        }
    }

    fn step(&mut self, step: &ast::TestStep) -> Option<TestStep> {
        match step {
            ast::TestStep::Clock(word, e) => self.set_clock(*word, e),
            ast::TestStep::After(e, _) => {
                let (Value::Duration(by), _) = self.constant(e, None)? else {
                    self.report(Finding::new(codes::names::DURATION_EXPECTED, self.scope.at(e.span)));
                    return None;
                };
                if matches!(by, Duration::TradingDays(_)) && !self.checker.has_calendar(&mut self.scope, e.span) {
                    return None;
                }
                let Ok(now) = self.clock.shift_timestamp(self.clock.now, by) else {
                    self.report(Finding::new(own::CLOCK_TOO_FAR, self.scope.at(e.span)));
                    return None;
                };
                self.clock = Context::new(now, self.clock.zone.clone(), self.clock.calendar.clone());
                Some(TestStep::After(by))
            }
            ast::TestStep::Given(given) => self.given(given),
            ast::TestStep::ForAny { source, with, span } => self.for_any(source, with.as_ref(), *span),
            ast::TestStep::Expect(expect) => self.expect(expect),
            ast::TestStep::ExpectRows(expect) => self.expect_rows(expect),
            ast::TestStep::ExpectRoute(expect) => self.checker.expected_route(&mut self.scope, expect),
            ast::TestStep::ExpectNothing { rule, key, span } => {
                let rule = match rule.as_slice() {
                    [] => None,
                    path => Some(self.rule(path)?.0),
                };
                let key = match key {
                    Some(e) => Some(self.constant(e, None)?.0),
                    None => None,
                };
                Some(TestStep::ExpectNothing { rule, key, place: self.scope.at(*span) })
            }
        }
    }

    fn set_clock(&mut self, word: Kw, e: &ast::Expr) -> Option<TestStep> {
        let (value, _) = self.constant(e, None)?;
        let now = match value {
            Value::Timestamp(at) => at,
            Value::Date(day) => self.clock.zone.instant(day, 0)?,
            _ => {
                let finding = Finding::new(own::CLOCK_VALUE, self.scope.at(e.span)).arg("word", Arg::Keyword(word));
                self.report(finding);
                return None;
            }
        };
        self.clock = Context::new(now, self.clock.zone.clone(), self.clock.calendar.clone());
        self.clocks.push((e.span, self.clock.today));
        Some(TestStep::Clock(now))
    }

    fn given(&mut self, given: &ast::Given) -> Option<TestStep> {
        let source = self.source(&given.source)?;
        let name = given.source.last()?;
        let rows: Vec<Option<Vec<Value>>> = given.rows.iter().map(|r| self.row(source, name, r)).collect();
        let rows = rows.into_iter().collect::<Option<Vec<_>>>()?;
        Some(TestStep::Given { source, rows, place: self.scope.at(given.span) })
    }

    /// A source by its name, maybe through an alias. That a test gives rows to it is no use of it.
    fn source(&mut self, path: &[ast::Name]) -> Option<SourceId> {
        let names = self.checker.names;
        let span = path.first()?.span.to(path.last()?.span);
        let book = match path {
            [_] => Some(self.scope.book),
            [alias, ..] => {
                names.book_of(self.scope.book).imports.get(alias.text.as_str()).and_then(|import| import.book)
            }
            [] => None,
        };
        let decl = book.and_then(|book| names.book_of(book).values.get(path.last()?.text.as_str()));
        let used = decl.map(|decl| &names.decl(*decl).used);
        let before = used.map(Cell::get);
        let source = self.checker.source_named(&mut self.scope, path, span);
        if let (Some(used), Some(before)) = (used, before) {
            used.set(before);
        }
        source
    }

    fn row(&mut self, id: SourceId, source: &ast::Name, row: &[(ast::Name, ast::Expr)]) -> Option<Vec<Value>> {
        let at = id.0 as usize;
        let (width, key) = {
            let source = self.checker.declared.sources.get(at)?;
            (source.schema.columns.len(), source.key)
        };
        let open = self.checker.declared.open.get(at).copied().unwrap_or(true);
        let mut values = vec![Value::Missing; width];
        let mut seen: HashMap<u32, Span> = HashMap::new();
        let mut sound = !open;
        for (name, e) in row {
            let Some(column) = self.checker.declared.columns.get(at)?.get(&name.text).copied() else {
                if !open {
                    let near =
                        suggest::nearest(&name.text, self.checker.declared.columns[at].keys().map(String::as_str));
                    let finding = Finding::new(codes::names::UNKNOWN_COLUMN, self.scope.at(name.span));
                    let finding = finding.name("name", &name.text).name("source", &source.text);
                    self.report(suggest::with(finding, near));
                }
                sound = false;
                continue;
            };
            if let Some(first) = seen.insert(column, name.span) {
                let finding = Finding::new(own::COLUMN_GIVEN_TWICE, self.scope.at(name.span)).name("name", &name.text);
                self.report(finding.label(self.scope.at(first), "first-here"));
                sound = false;
            }
            let typed = self.checker.declared.sources[at].schema.columns[column as usize].typed.clone();
            match self.fitting(&name.text, &typed, e) {
                Some(value) => values[column as usize] = value,
                None => sound = false,
            }
        }
        if let Some(key) = key
            && !seen.contains_key(&key)
            && !open
        {
            let span = row.iter().map(|(n, e)| n.span.to(e.span)).reduce(Span::to).unwrap_or(source.span);
            let name = self.checker.declared.sources[at].schema.columns[key as usize].name.clone();
            let finding = Finding::new(own::KEY_NOT_GIVEN, self.scope.at(span)).name("name", name);
            self.report(finding.name("source", &source.text));
            sound = false;
        }
        sound.then_some(values)
    }

    /// A value for a column of this type.
    fn fitting(&mut self, name: &str, typed: &Typed, e: &ast::Expr) -> Option<Value> {
        let (value, found) = self.constant(e, Some(typed))?;
        if value == Value::Missing {
            if !typed.nullable {
                self.report(Finding::new(own::REQUIRED_MISSING, self.scope.at(e.span)).name("name", name));
                return None;
            }
            return Some(value);
        }
        let fits = types::alike(&typed.ty, &found.ty);
        let converted = match types::family(&typed.ty) {
            types::Family::Number if fits => reference::convert(&value, &typed.ty, &self.clock).ok(),
            _ if fits => Some(value),
            _ => None,
        };
        if converted.is_none() {
            let finding = Finding::new(own::VALUE_TYPE, self.scope.at(e.span)).name("name", name);
            let finding = finding.arg("expected", Arg::Type(typed.ty.clone())).arg("found", Arg::Type(found.ty));
            let fix = self.checker.value_fix(&self.scope, &typed.ty, e);
            self.report(match fix {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
        converted
    }

    /// Checks and folds an expression that needs no row.
    fn constant(&mut self, e: &ast::Expr, typed: Option<&Typed>) -> Option<(Value, Typed)> {
        self.scope.failed = false;
        self.scope.size = 0;
        let checked: Expr = match typed {
            Some(typed) => {
                let place = self.scope.at(e.span);
                let beside = Expr::at(H::Literal(Value::Missing), typed.clone(), place);
                self.checker.against(&mut self.scope, &beside, e)
            }
            None => self.checker.value(&mut self.scope, e),
        };
        if self.scope.failed {
            return None;
        }
        let mut fixed = true;
        checked.walk(&mut |e| fixed &= !matches!(e.kind, H::Column(_) | H::Script(..) | H::InTop(_)));
        if !fixed {
            self.report(Finding::new(own::NOT_CONSTANT, self.scope.at(e.span)));
            return None;
        }
        let value = reference::evaluate(&checked, &NoRow, &self.clock, &mut Incidents::default());
        Some((value, checked.typed))
    }

    fn expect(&mut self, expect: &ast::Expect) -> Option<TestStep> {
        let rule = self.rule(&expect.rule);
        let key = match &expect.key {
            Some(key) => Some(self.constant(key, None)),
            None => {
                if !self.any {
                    self.report(Finding::new(own::KEY_NEEDED, self.scope.at(expect.span)));
                }
                None
            }
        };
        let with: Vec<Option<(String, Value)>> = expect.with.iter().map(|p| self.property(expect.kind, p)).collect();
        let (rule, kind) = rule?;
        if kind.en() != expect.kind.en() {
            return self.kind_differs(&rule, kind, &expect.rule, expect.kind, expect.span);
        }
        let with = with.into_iter().collect::<Option<Vec<_>>>()?;
        let key = match key {
            Some(key) => Some(key?.0),
            None if self.any => None,
            None => return None,
        };
        Some(TestStep::Expect { rule, key, with, place: self.scope.at(expect.span) })
    }

    fn expect_rows(&mut self, expect: &ast::ExpectRows) -> Option<TestStep> {
        let (rule, kind) = self.rule(&expect.rule)?;
        if kind.en() != expect.kind.en() {
            return self.kind_differs(&rule, kind, &expect.rule, expect.kind, expect.span);
        }
        let mut properties: Vec<String> = Vec::new();
        for head in expect.columns.iter().skip(1) {
            let name = self.property_name(kind, head, ast::ExpectRows::word(head))?;
            if properties.contains(&name) {
                let finding = Finding::new(own::COLUMN_GIVEN_TWICE, self.scope.at(head.span)).name("name", &head.text);
                self.report(finding);
                return None;
            }
            properties.push(name);
        }
        let mut rows = Vec::with_capacity(expect.rows.len());
        for row in &expect.rows {
            let mut values = row.iter().map(|(_, e)| self.cell(e));
            let key = values.next()??;
            rows.push((key, values.collect::<Option<Vec<_>>>()?));
        }
        Some(TestStep::ExpectRows { rule, properties, rows, place: self.scope.at(expect.span) })
    }

    /// A value, or a level's bare word as after `priority`.
    fn cell(&mut self, e: &ast::Expr) -> Option<Value> {
        if let ast::ExprKind::Path(path) = &e.kind
            && let [name] = path.as_slice()
            && let Some(level) = [Kw::HIGH, Kw::MEDIUM, Kw::LOW].into_iter().find(|level| level.entry().is(&name.text))
        {
            return Some(Value::text(level.en()));
        }
        Some(self.constant(e, None)?.0)
    }

    fn kind_differs(
        &mut self,
        rule: &hir::RuleId,
        actual: Kw,
        path: &[ast::Name],
        expected: Kw,
        whole: Span,
    ) -> Option<TestStep> {
        let span = path.iter().map(|n| n.span).reduce(Span::to).unwrap_or(whole);
        let finding = Finding::new(own::KIND_DIFFERS, self.scope.at(span)).name("name", &rule.name);
        let finding = finding.arg("actual", Arg::Keyword(actual)).arg("expected", Arg::Keyword(expected));
        self.report(finding);
        None
    }

    fn rule(&mut self, path: &[ast::Name]) -> Option<(hir::RuleId, Kw)> {
        let id = self.checker.named(&mut self.scope, path, own::UNKNOWN_RULE, |b| &b.rules)?;
        let decl = self.checker.names.decl(id);
        let Item::Rule(rule) = decl.item else { return None };
        let id = self.checker.rule_id(decl);
        self.expected.insert(id.clone());
        Some((id, rule.kind))
    }

    fn property(&mut self, kind: Kw, property: &ast::Property) -> Option<(String, Value)> {
        let name = self.property_name(kind, &property.name, property.word);
        let value = match &property.value {
            Part::Word(word, _) => Value::text(word.en()),
            Part::Expr(e) => self.constant(e, None)?.0,
            Part::Text(text) => {
                let e = ast::Expr { kind: ast::ExprKind::Text(text.clone()), span: text.span };
                self.constant(&e, None)?.0
            }
        };
        Some((name?, value))
    }

    /// As the effect has it, whether the test says `assign to` or `assignee`.
    fn property_name(&mut self, kind: Kw, name: &ast::Name, word: Option<Kw>) -> Option<String> {
        let all = self.checker.input.kinds.iter().find(|k| k.word() == kind).map_or(&[][..], |k| k.properties());
        let written = word.map_or(name.text.as_str(), |word| word.en());
        let named = |(own, clause): &&(&str, Kw)| *own == written || word == Some(*clause);
        if all.is_empty() {
            return Some(written.to_owned());
        }
        if let Some((own, _)) = all.iter().find(named) {
            return Some((*own).to_owned());
        }
        let place = self.scope.at(name.span);
        let near = suggest::nearest(written, all.iter().flat_map(|(name, word)| [*name, word.en(), word.zh()]));
        let known = all.iter().map(|(_, word)| self.checker.say(&self.scope, *word).to_owned()).collect();
        let finding = Finding::new(own::UNKNOWN_PROPERTY, place).arg("kind", Arg::Keyword(kind));
        self.report(suggest::with(finding.name("name", &name.text).arg("known", Arg::Names(known)), near));
        None
    }
}

impl Checker<'_, '_> {
    /// A text in place of a number, a date in place of a text.
    fn value_fix(&self, scope: &Scope, ty: &Type, e: &ast::Expr) -> Option<crate::finding::Fix> {
        let place = scope.at(e.span);
        let written = self.text_of(scope, e.span);
        let bare = written.trim_matches(['"', '“', '”']);
        let with = match types::family(ty) {
            types::Family::Text if !written.contains('"') => format!("\"{written}\""),
            types::Family::Date => super::expr::iso(bare)?,
            types::Family::Number if bare != written && bare.parse::<crate::value::Decimal>().is_ok() => {
                bare.to_owned()
            }
            _ => return None,
        };
        Some(crate::finding::Fix::replace(place, with))
    }
}
