//! What a kind may ask while it checks one rule.

use super::{
    facts,
    names::{DeclId, Item},
    resolve::{join, short},
    scope::{Checker, On, Scope},
    suggest,
};
use crate::{
    builtin::Builtin,
    finding::{Arg, FileId, Finding, Place, codes},
    hir::{self, ColumnRef, Expr, ExprKind as H, SinkId, SourceId, TextTemplate},
    kind::RuleContext,
    ty::{Type, Typed},
    value::{Duration, Value},
};
use guiju_grammar::{
    ast::{self, ExprKind, Literal, Part, Span},
    keyword::Kw,
};
use std::sync::Arc;

/// One rule's context.
pub(super) struct RuleCx<'x, 'c, 'a> {
    pub(super) checker: &'x mut Checker<'c, 'a>,
    pub(super) scope: Scope,
}

impl RuleCx<'_, '_, '_> {
    /// Checks one expression; `None` if something in it was reported.
    fn checked<T>(&mut self, check: impl FnOnce(&mut Checker<'_, '_>, &mut Scope) -> T) -> Option<T> {
        self.scope.failed = false;
        self.scope.size = 0;
        let result = check(self.checker, &mut self.scope);
        (!self.scope.failed).then_some(result)
    }

    fn name_expected(&mut self, expr: &ast::Expr, word: &'static str) {
        let finding = Finding::new(codes::kinds::NAME_EXPECTED, self.scope.at(expr.span)).arg("word", Arg::Word(word));
        self.checker.report(&mut self.scope, finding);
    }
}

impl RuleContext for RuleCx<'_, '_, '_> {
    fn report(&mut self, finding: Finding) {
        self.checker.report(&mut self.scope, finding);
    }

    fn place(&self, span: Span) -> Place {
        self.scope.at(span)
    }

    fn on_source(&mut self, expr: &ast::Expr) -> Option<SourceId> {
        let source = match &expr.kind {
            ExprKind::Path(path) => self.checker.source_named(&mut self.scope, path, expr.span),
            _ => {
                self.name_expected(expr, "word.source");
                None
            }
        };
        self.scope.on = source.map_or(On::Unknown, On::Source);
        source
    }

    fn stream_by(&mut self, expr: &ast::Expr) -> Option<Expr> {
        self.scope.no_stream = true;
        let On::Source(on) = self.scope.on else { return None };
        let source = &self.checker.declared.sources[on.0 as usize];
        let timed = source.time.and_then(|time| source.schema.columns.get(time as usize));
        // Of a table that could not be read nothing is known, which was reported.
        if timed.is_none_or(|time| time.typed.ty != Type::Timestamp) && !self.checker.declared.open[on.0 as usize] {
            let finding = Finding::new(codes::kinds::STREAM_WITHOUT_TIME, self.scope.at(expr.span));
            let finding = finding.name("source", short(&source.name)).label(source.place, "declared-here");
            self.checker.report(&mut self.scope, finding);
            return None;
        }
        let key = self.key_columns(expr)?.into_iter().next();
        self.scope.stream.clone_from(&key);
        self.scope.no_stream = false;
        // A row without its key concerns nobody, so that no clause sees one.
        if let Some(H::Column(column)) = key.as_ref().map(|key| &key.kind) {
            self.scope.facts.insert(*column);
        }
        key
    }

    fn stream_meant(&mut self) {
        self.scope.no_stream = true;
    }

    fn sink(&mut self, expr: &ast::Expr) -> Option<SinkId> {
        let ExprKind::Path(path) = &expr.kind else {
            self.name_expected(expr, "word.sink");
            return None;
        };
        let id = self.checker.named(&mut self.scope, path, codes::names::UNKNOWN_SINK, |b| &b.sinks)?;
        self.checker.declared.sink_ids.get(&id).copied()
    }

    fn source(&self, id: SourceId) -> &hir::Source {
        &self.checker.declared.sources[id.0 as usize]
    }

    fn expr(&mut self, expr: &ast::Expr) -> Option<Expr> {
        self.checked(|me, scope| me.value(scope, expr))
    }

    fn condition(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let condition = self.checked(|me, scope| me.bool(scope, expr));
        self.scope.broken |= condition.is_none();
        condition
    }

    fn assume(&mut self, condition: &Expr) {
        self.scope.facts.extend(facts::when_true(condition));
    }

    fn text_value(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let span = expr.span;
        self.checked(|me, scope| {
            // A name without quotes is a text, if it is nothing else: `assign to Li`.
            let beside = Expr::at(H::Literal(Value::Missing), Typed::new(Type::Text, true), scope.at(span));
            let value = me.against(scope, &beside, expr);
            match value.typed.ty {
                Type::Text | Type::Unknown => value,
                Type::List(_) | Type::Record(_) | Type::Bool => {
                    let finding = Finding::new(codes::names::TEXT_EXPECTED, scope.at(span));
                    me.fail(scope, finding.arg("found", Arg::Type(value.typed.ty)))
                }
                _ => {
                    let typed = Typed::new(Type::Text, value.typed.nullable);
                    me.make(scope, span, H::Call(Builtin::Text, vec![value]), typed)
                }
            }
        })
    }

    fn misspelt(&mut self, expr: &ast::Expr, words: &[Kw]) -> bool {
        let ExprKind::Path(path) = &expr.kind else { return false };
        let [name] = path.as_slice() else { return false };
        if self.checker.is_known(&self.scope, &name.text) {
            return false;
        }
        let spelled = |kw: &Kw| self.checker.say(&self.scope, *kw);
        let near = match super::habits::level(&name.text).filter(|level| words.contains(level)) {
            Some(level) => vec![self.checker.say(&self.scope, level).to_owned()],
            None => suggest::nearest(&name.text, words.iter().flat_map(|w| [w.en(), w.zh()])),
        };
        let known = words.iter().map(|w| spelled(w).to_owned()).collect();
        let finding = Finding::new(codes::kinds::WORD_EXPECTED, self.scope.at(expr.span)).name("name", &name.text);
        let finding = finding.arg("known", Arg::Names(known));
        self.checker.report(&mut self.scope, suggest::with(finding, near));
        true
    }

    fn number(&mut self, expr: &ast::Expr) -> Option<Expr> {
        self.checked(|me, scope| me.numeric(scope, expr))
    }

    fn text(&mut self, part: &Part) -> Option<Arc<TextTemplate>> {
        let text = match part {
            Part::Text(text) => text,
            Part::Expr(ast::Expr { kind: ExprKind::Text(text), .. }) => text,
            Part::Expr(ast::Expr { kind: ExprKind::Path(path), span }) => return self.template(path, *span),
            Part::Expr(expr) => {
                self.name_expected(expr, "word.template");
                return None;
            }
            Part::Word(_, span) => {
                let finding = Finding::new(codes::kinds::NAME_EXPECTED, self.scope.at(*span));
                self.checker.report(&mut self.scope, finding.arg("word", Arg::Word("word.template")));
                return None;
            }
        };
        self.checked(|me, scope| Arc::new(me.template(scope, text)))
    }

    fn duration(&mut self, expr: &ast::Expr) -> Option<Duration> {
        let value = self.expr(expr)?;
        match value.kind {
            H::Literal(Value::Duration(duration)) => {
                if matches!(duration, Duration::TradingDays(_))
                    && !self.checker.has_calendar(&mut self.scope, expr.span)
                {
                    return None;
                }
                Some(duration)
            }
            _ => {
                let finding = Finding::new(codes::names::DURATION_EXPECTED, self.scope.at(expr.span));
                self.checker.report(&mut self.scope, finding);
                None
            }
        }
    }

    fn count(&mut self, expr: &ast::Expr) -> Option<u64> {
        if let ExprKind::Literal(Literal::Number { .. }) | ExprKind::Path(_) = &expr.kind
            && let H::Literal(Value::Integer(n)) = self.expr(expr)?.kind
            && n > 0
        {
            return u64::try_from(n).ok();
        }
        let finding = Finding::new(codes::kinds::COUNT_EXPECTED, self.scope.at(expr.span));
        self.checker.report(&mut self.scope, finding);
        None
    }

    fn key_columns(&mut self, expr: &ast::Expr) -> Option<Vec<Expr>> {
        let ExprKind::Path(path) = &expr.kind else {
            self.name_expected(expr, "word.column");
            return None;
        };
        let On::Source(on) = self.scope.on else { return None };
        let source = &self.checker.declared.sources[on.0 as usize];
        let [name] = path.as_slice() else { return Some(vec![self.expr(expr)?]) };
        if self.checker.declared.columns[on.0 as usize].contains_key(&name.text) {
            return Some(vec![self.expr(expr)?]);
        }
        let key_name = source.key.and_then(|k| source.schema.columns.get(k as usize)).map(|c| c.name.as_str());
        if means_one_of(&name.text, short(&source.name), key_name) {
            if let Some(column) = source.key {
                let column = ColumnRef { source: on, column };
                return self.checked(|me, scope| vec![me.column(scope, column, expr.span)]);
            }
            if self.checker.declared.open[on.0 as usize] {
                return None;
            }
            let finding =
                Finding::new(codes::kinds::SOURCE_HAS_NO_KEY, self.scope.at(expr.span)).name("name", &name.text);
            let finding = finding.name("source", short(&source.name)).label(source.place, "declared-here");
            self.checker.report(&mut self.scope, finding);
            return None;
        }
        if self.checker.declared.open[on.0 as usize] {
            return None;
        }
        let columns = self.checker.declared.columns[on.0 as usize].keys().map(String::as_str);
        let near = suggest::nearest(&name.text, columns.chain([short(&source.name)]));
        let finding = Finding::new(codes::kinds::KEY_UNKNOWN, self.scope.at(expr.span)).name("name", &name.text);
        let finding = finding.name("source", short(&source.name));
        self.checker.report(&mut self.scope, suggest::with(finding, near));
        None
    }

    fn rulebook(&self) -> &hir::Rulebook {
        &self.checker.names.book_of(self.scope.book).info
    }

    fn populations(&self) -> &[hir::Population] {
        self.scope.populations.as_deref().unwrap_or(&[])
    }
}

impl RuleCx<'_, '_, '_> {
    /// A template by its name, for the row at hand.
    fn template(&mut self, path: &[ast::Name], span: Span) -> Option<Arc<TextTemplate>> {
        let unknown = codes::names::UNKNOWN_TEMPLATE;
        let id = self.checker.named(&mut self.scope, path, unknown, |b| &b.values)?;
        let names = self.checker.names;
        let Item::Template(template) = names.decl(id).item else {
            let finding = Finding::new(unknown, self.scope.at(span)).name("name", join(path));
            self.checker.report(&mut self.scope, finding);
            return None;
        };
        match &template.body {
            ast::TemplateBody::File(_) => {
                // A file that could not be read was reported where it is declared.
                let (file, text) = self.checker.declared.templates.get(&id).cloned()?;
                self.expanded(id, Some(file), &text, span)
            }
            ast::TemplateBody::Inline(text) => self.expanded(id, None, text, span),
        }
    }

    /// A template's text, with the names of the place where it is used; `file`, if it does not stand where it is declared.
    fn expanded(
        &mut self,
        id: DeclId,
        file: Option<FileId>,
        text: &ast::Text,
        span: Span,
    ) -> Option<Arc<TextTemplate>> {
        let mut result = None;
        self.checked(|me, scope| {
            me.expand(scope, id, span, |me, inner| {
                inner.file = file.unwrap_or(inner.file);
                result = Some(Arc::new(me.template(inner, text)));
                me.make(inner, span, H::Literal(Value::Missing), Typed::new(Type::Text, false))
            })
        })?;
        result
    }
}

/// `customer` for source `customers`, 客户 for 客户表 or for key 客户号: one row of the source.
fn means_one_of(word: &str, source: &str, key: Option<&str>) -> bool {
    let (word, source) = (word.to_lowercase(), source.to_lowercase());
    const MANY: [&str; 11] = ["", "s", "es", "表", "信息", "信息表", "资料", "数据", "清单", "列表", "们"];
    const KEYS: [&str; 10] = ["_id", "_no", "_key", "_code", "id", "号", "编号", "代码", "标识", "id号"];
    let many = source.strip_prefix(word.as_str()).is_some_and(|rest| MANY.contains(&rest));
    let y = || word.strip_suffix('y').is_some_and(|stem| source.strip_prefix(stem) == Some("ies"));
    let of_key = |key: &str| key.to_lowercase().strip_prefix(word.as_str()).is_some_and(|rest| KEYS.contains(&rest));
    many || y() || key.is_some_and(of_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_has_the_sources_word() {
        for (word, source, key) in [
            ("customer", "customers", None),
            ("branch", "branches", None),
            ("company", "companies", None),
            ("客户", "客户表", None),
            ("客户", "customers", Some("客户号")),
            ("customer", "crm", Some("customer_id")),
        ] {
            assert!(means_one_of(word, source, key), "{word} of {source}");
        }
        assert!(!means_one_of("product", "customers", Some("customer_id")));
    }
}
