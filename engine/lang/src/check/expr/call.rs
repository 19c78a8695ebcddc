//! Calls: `fn`, tables, scripts, built-ins.

use super::constant;
use crate::{
    builtin::{Argument, Builtin, Family as Wanted, Mismatch},
    check::{
        names::{DeclId, Item},
        resolve::{Target, join},
        scope::{Checker, Scope},
        suggest, types,
    },
    finding::{Arg, Finding, Fix, Place, codes::names as codes},
    hir::{Expr, ExprKind as H, Figure},
    ty::{Type, Typed},
};
use guiju_grammar::ast::{self, Name, Span};

impl Checker<'_, '_> {
    pub(super) fn call(
        &mut self,
        scope: &mut Scope,
        function: &[Name],
        args: &[ast::Expr],
        over: Option<&ast::Over>,
        span: Span,
    ) -> Expr {
        let name = join(function);
        match self.find(scope, function) {
            Target::Reported => return self.poison(scope, span),
            Target::Decl(id, used) if used == function.len() => {
                return self.call_declared(scope, id, &name, args, span);
            }
            Target::Decl(..) | Target::Nothing => {}
        }
        let builtin = Builtin::named(&name);
        let figure = Figure::named(&name);
        if over.is_some() || (builtin.is_none() && figure.is_some()) {
            return self.windowed(scope, figure, &name, args, over, span);
        }
        match builtin {
            Some(builtin) => self.call_builtin(scope, builtin, &name, args, span),
            None => {
                let book = self.names.book_of(scope.book);
                if book.nameless {
                    return self.poison(scope, span);
                }
                let own = book.values.iter().filter(|(_, id)| callable(self.names.decl(**id).item)).map(|(n, _)| *n);
                let entries = Builtin::ALL.iter().map(|b| b.entry());
                let all = own.chain(entries.flat_map(|e| [e.en, e.zh]));
                let near = suggest::nearest(&name, all);
                let at = function.iter().fold(function.first().map_or(span, |n| n.span), |s, n| s.to(n.span));
                if let Some(meant) = crate::check::habits::function(&name, self.names.is_chinese(scope.file)) {
                    let finding = Finding::new(codes::FUNCTION_ELSEWHERE, scope.at(at)).name("name", name);
                    return self.fail(scope, finding.name("meant", meant));
                }
                if let [column] = function
                    && self.is_column(scope, &column.text)
                {
                    let finding = Finding::new(codes::NOT_A_FUNCTION, scope.at(span)).name("name", &name);
                    let finding = finding.arg("word", Arg::Word("word.column"));
                    return self.fail(scope, finding.fix(Fix::replace(scope.at(span), name)));
                }
                let finding = Finding::new(codes::UNKNOWN_FUNCTION, scope.at(at)).name("name", name);
                self.fail(scope, suggest::with(finding, near))
            }
        }
    }

    fn call_declared(&mut self, scope: &mut Scope, id: DeclId, name: &str, args: &[ast::Expr], span: Span) -> Expr {
        match self.names.decl(id).item {
            Item::Fn(x) => {
                let Some(params) = self.arguments(scope, (name, id), &x.params, args, span) else {
                    return self.poison(scope, span);
                };
                self.expand(scope, id, span, |me, inner| {
                    inner.params = params;
                    me.value(inner, &x.body)
                })
            }
            Item::Table(x) => {
                let Some(params) = self.arguments(scope, (name, id), &x.inputs, args, span) else {
                    return self.poison(scope, span);
                };
                self.expand(scope, id, span, |me, inner| {
                    inner.params = params;
                    me.decide(inner, x)
                })
            }
            Item::Script(_) => self.call_script(scope, id, name, args, span),
            item => {
                let finding = Finding::new(codes::NOT_A_FUNCTION, scope.at(span)).name("name", name);
                self.fail(scope, finding.arg("word", Arg::Word(item.word())))
            }
        }
    }

    /// The parameters with their arguments, typed where they are called; `None` if they do not fit.
    fn arguments(
        &mut self,
        scope: &mut Scope,
        (name, id): (&str, DeclId),
        params: &[ast::Param],
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Vec<(String, Expr)>> {
        let values: Vec<Expr> = args.iter().map(|a| self.value(scope, a)).collect();
        if !self.counted(scope, (name, Some(id)), params.len(), args.len(), span) {
            return None;
        }
        let mut out = Vec::with_capacity(params.len());
        for ((param, arg), value) in params.iter().zip(args).zip(values) {
            // A parameter's type is checked where it is declared; here only whether the argument has it.
            let declared = param.ty.as_ref().and_then(|t| types::typed(t, |s| scope.at(s), &mut Vec::new()));
            let value = match declared {
                Some(typed) => self.argument(scope, name, &typed, value, arg.span)?,
                None => value,
            };
            out.push((param.name.text.clone(), value));
        }
        Some(out)
    }

    /// Whether so many arguments are right; if not, where it is declared shows which ones are wanted.
    fn counted(
        &mut self,
        scope: &mut Scope,
        (name, declared): (&str, Option<DeclId>),
        expected: usize,
        found: usize,
        span: Span,
    ) -> bool {
        if expected != found {
            let count = |n| Arg::Count(i64::try_from(n).unwrap_or(i64::MAX));
            let mut finding = Finding::new(codes::WRONG_ARGUMENT_COUNT, scope.at(span)).name("name", name);
            if let Some(decl) = declared.map(|id| self.names.decl(id)) {
                finding = finding.label(Place { file: decl.file, span: decl.name.span }, "declared-here");
            }
            self.report(scope, finding.arg("expected", count(expected)).arg("found", count(found)));
        }
        expected == found
    }

    /// An argument of a declared type.
    fn argument(&mut self, scope: &mut Scope, name: &str, typed: &Typed, value: Expr, span: Span) -> Option<Expr> {
        if !types::alike(&typed.ty, &value.typed.ty) {
            let finding = Finding::new(codes::ARGUMENT_TYPE, scope.at(span)).name("name", name);
            let finding = finding.arg("expected", Arg::Type(typed.ty.clone()));
            self.report(scope, finding.arg("found", Arg::Type(value.typed.ty)));
            return None;
        }
        Some(self.convert(scope, value, &typed.ty))
    }

    fn call_script(&mut self, scope: &mut Scope, id: DeclId, name: &str, args: &[ast::Expr], span: Span) -> Expr {
        let Some(&script) = self.declared.script_ids.get(&id) else { return self.poison(scope, span) };
        let values: Vec<Expr> = args.iter().map(|a| self.value(scope, a)).collect();
        let Some(declared) = self.declared.scripts.get(script.0 as usize).cloned() else {
            return self.poison(scope, span);
        };
        if !self.counted(scope, (name, Some(id)), declared.params.len(), args.len(), span) {
            return self.poison(scope, span);
        }
        let mut out = Vec::with_capacity(values.len());
        for ((value, arg), (_, typed)) in values.into_iter().zip(args).zip(&declared.params) {
            let Some(value) = self.argument(scope, name, typed, value, arg.span) else {
                return self.poison(scope, span);
            };
            out.push(value);
        }
        let typed = Typed { nullable: true, ..declared.result };
        self.make(scope, span, H::Script(script, out), typed)
    }

    pub(in crate::check) fn call_builtin(
        &mut self,
        scope: &mut Scope,
        builtin: Builtin,
        name: &str,
        args: &[ast::Expr],
        span: Span,
    ) -> Expr {
        let values: Vec<Expr> = args.iter().map(|a| self.value(scope, a)).collect();
        if builtin.asks_calendar() && !self.has_calendar(scope, span) {
            return self.poison(scope, span);
        }
        let arguments: Vec<_> = values.iter().map(|v| Argument { typed: &v.typed, constant: constant(v) }).collect();
        match builtin.result(&arguments) {
            Ok(typed) => self.make(scope, span, H::Call(builtin, values), typed),
            Err(Mismatch::Count { least, most }) => {
                let expected = if args.len() < least { least } else { most.unwrap_or(least) };
                self.counted(scope, (name, None), expected, args.len(), span);
                self.poison(scope, span)
            }
            Err(Mismatch::Type { position, expected }) => {
                let found = values.get(position).map_or(Type::Unknown, |v| v.typed.ty.clone());
                let at = args.get(position).map_or(span, |a| a.span);
                let finding = Finding::new(codes::ARGUMENT_TYPE, scope.at(at)).name("name", name);
                let finding = finding.arg("expected", Arg::Word(wanted(expected)));
                self.fail(scope, finding.arg("found", Arg::Type(found)))
            }
        }
    }
}

fn callable(item: Item<'_>) -> bool {
    matches!(item, Item::Fn(_) | Item::Table(_) | Item::Script(_))
}

fn wanted(family: Wanted) -> &'static str {
    match family {
        Wanted::Number => "wanted.number",
        Wanted::Integer => "wanted.integer",
        Wanted::Text => "wanted.text",
        Wanted::NumberOrText => "wanted.number-or-text",
        Wanted::Date => "wanted.date",
        Wanted::DateOrText => "wanted.date-or-text",
        Wanted::Scalar => "wanted.scalar",
        Wanted::Scale => "wanted.scale",
        Wanted::SameAsFirst => "wanted.same-as-first",
    }
}
