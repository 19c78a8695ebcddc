//! `priority`: one of three words, or an expression that gives one of them as a text.

use guiju_grammar::{
    ast::{self, Clause, Part},
    keyword::Kw,
};
use guiju_lang::{
    finding::{Arg, Finding, Place, codes::kinds as codes},
    hir::{Expr, ExprKind},
    kind::RuleContext,
    ty::{Type, Typed},
    value::Value,
};

const LEVELS: [Kw; 3] = [Kw::HIGH, Kw::MEDIUM, Kw::LOW];

pub(crate) fn check(clause: &Clause, cx: &mut dyn RuleContext) -> Option<Expr> {
    let text;
    let expr = match clause.parts.first()? {
        Part::Word(level, span) => return Some(word(*level, cx.place(*span))),
        Part::Expr(expr) => expr,
        Part::Text(written) => {
            text = ast::Expr { kind: ast::ExprKind::Text(written.clone()), span: written.span };
            &text
        }
    };
    if misspelt(expr, cx) {
        return None;
    }
    let mut value = cx.text_value(expr)?;
    known(&mut value, cx).then_some(value)
}

/// Priorities are stored by their English word, whatever the rulebook's language.
pub(crate) fn word(level: Kw, place: Place) -> Expr {
    Expr::at(ExprKind::Literal(Value::text(level.en())), Typed::new(Type::Text, false), place)
}

fn level(written: &str) -> Option<Kw> {
    LEVELS.into_iter().find(|level| level.en().eq_ignore_ascii_case(written) || level.zh() == written)
}

/// Reports results that are no level and mean nothing else: `hihg`.
fn misspelt(expr: &ast::Expr, cx: &mut dyn RuleContext) -> bool {
    match &expr.kind {
        ast::ExprKind::If(_, a, b) | ast::ExprKind::Binary(ast::BinaryOp::OrElse, _, a, b) => {
            misspelt(a, cx) | misspelt(b, cx)
        }
        _ => cx.misspelt(expr, &LEVELS),
    }
}

/// Puts the English words for the Chinese ones; texts that are no level are reported. What a column or a script gives cannot
/// be known here.
fn known(value: &mut Expr, cx: &mut dyn RuleContext) -> bool {
    match &mut value.kind {
        ExprKind::If(_, a, b) | ExprKind::OrElse(a, b) => known(a, cx) & known(b, cx),
        ExprKind::Table(table, _) => {
            let table = std::sync::Arc::make_mut(table);
            table.rows.iter_mut().chain(&mut table.otherwise).fold(true, |all, row| all & known(&mut row.output, cx))
        }
        ExprKind::Literal(Value::Text(written)) => match level(written) {
            Some(level) => {
                value.kind = ExprKind::Literal(Value::text(level.en()));
                true
            }
            None => {
                let all = LEVELS.map(Arg::Keyword).to_vec();
                let finding = Finding::new(codes::PRIORITY_UNKNOWN, value.written).name("name", written.to_string());
                cx.report(finding.arg("known", Arg::List(all)));
                false
            }
        },
        _ => true,
    }
}
