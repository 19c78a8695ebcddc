//! Bare levels where an expression gives a priority: `if total > 50万 then high else low`.

use crate::ast::{BinaryOp, Expr, ExprKind, Segment, Text};
use crate::keyword::Kw;

const LEVELS: [Kw; 3] = [Kw::HIGH, Kw::MEDIUM, Kw::LOW];

/// The expression with texts for the bare levels among its results, in English as after `priority` alone. A column of such a name
/// goes in backticks.
pub(crate) fn levels(expr: Expr) -> Expr {
    let Expr { kind, span } = expr;
    let inner = |expr: Box<Expr>| Box::new(levels(*expr));
    let kind = match kind {
        ExprKind::If(condition, a, b) => ExprKind::If(condition, inner(a), inner(b)),
        ExprKind::Binary(BinaryOp::OrElse, at, a, b) => ExprKind::Binary(BinaryOp::OrElse, at, inner(a), inner(b)),
        ExprKind::Path(path) => match level(&path) {
            Some(level) => ExprKind::Text(Text { segments: vec![Segment::Literal(level.en().into())], span }),
            None => ExprKind::Path(path),
        },
        other => other,
    };
    Expr { kind, span }
}

fn level(path: &[crate::ast::Name]) -> Option<Kw> {
    let [name] = path else { return None };
    let bare = name.span.range().len() == name.text.len();
    LEVELS.into_iter().find(|level| bare && level.entry().is(&name.text))
}
