//! Visiting an expression's parts, in the order they are written.

use super::{Expr, ExprKind, TextSegment};
use crate::{finding::Place, kind::RuleBody, ty::Typed};

impl Expr {
    /// An expression that stands for a text of its own, or for none.
    pub fn at(kind: ExprKind, typed: Typed, place: Place) -> Self {
        Self { kind, typed, place, written: place }
    }

    /// Calls `visit` for this expression and everything below it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        self.children(&mut |child| child.walk_dyn(visit));
    }

    fn walk_dyn<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.children(&mut |child| child.walk_dyn(visit));
    }

    /// The direct part of that position in [`children`](Self::children), to be changed. Slots of a text are shared and stay.
    pub fn child_mut(&mut self, position: usize) -> Option<&mut Self> {
        match &mut self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Now | ExprKind::Today | ExprKind::InTop(_) => None,
            ExprKind::Not(a)
            | ExprKind::Neg(a)
            | ExprKind::IsMissing { operand: a, .. }
            | ExprKind::Within(a, ..)
            | ExprKind::Matches(a, _)
            | ExprKind::Convert(a) => (position == 0).then_some(&mut **a),
            ExprKind::Arith(_, a, b)
            | ExprKind::Compare(_, a, b)
            | ExprKind::OrElse(a, b)
            | ExprKind::TextTest(_, a, b) => [a, b].into_iter().nth(position).map(|e| &mut **e),
            ExprKind::Between(a, b, c) | ExprKind::If(a, b, c) => [a, b, c].into_iter().nth(position).map(|e| &mut **e),
            ExprKind::In { operand, items, .. } => match position.checked_sub(1) {
                None => Some(operand),
                Some(item) => items.get_mut(item),
            },
            ExprKind::And(parts)
            | ExprKind::Or(parts)
            | ExprKind::Call(_, parts)
            | ExprKind::Script(_, parts)
            | ExprKind::List(parts) => parts.get_mut(position),
            ExprKind::Table(table, inputs) => match position.checked_sub(inputs.len()) {
                None => inputs.get_mut(position),
                Some(rest) => std::sync::Arc::make_mut(table).expression_mut(rest),
            },
            ExprKind::Text(_) => None,
        }
    }

    /// Calls `visit` for each direct part.
    pub fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Now | ExprKind::Today | ExprKind::InTop(_) => {}
            ExprKind::Not(a)
            | ExprKind::Neg(a)
            | ExprKind::IsMissing { operand: a, .. }
            | ExprKind::Within(a, ..)
            | ExprKind::Matches(a, _)
            | ExprKind::Convert(a) => visit(a),
            ExprKind::Arith(_, a, b)
            | ExprKind::Compare(_, a, b)
            | ExprKind::OrElse(a, b)
            | ExprKind::TextTest(_, a, b) => {
                visit(a);
                visit(b);
            }
            ExprKind::Between(a, b, c) | ExprKind::If(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            ExprKind::In { operand, items, .. } => {
                visit(operand);
                items.iter().for_each(visit);
            }
            ExprKind::And(parts)
            | ExprKind::Or(parts)
            | ExprKind::Call(_, parts)
            | ExprKind::Script(_, parts)
            | ExprKind::List(parts) => parts.iter().for_each(visit),
            ExprKind::Table(table, inputs) => {
                inputs.iter().for_each(&mut *visit);
                table.expressions(visit);
            }
            ExprKind::Text(template) => {
                for segment in &template.segments {
                    if let TextSegment::Slot { expr, .. } = segment {
                        visit(expr);
                    }
                }
            }
        }
    }
}

/// Every part of every expression of a rule, each with the clause it belongs to: outermost first, in the order of
/// [`RuleBody::expressions`]. A part's position is its number wherever one rule's parts are counted.
pub fn parts(body: &dyn RuleBody) -> Vec<(&'static str, &Expr)> {
    let mut all = Vec::new();
    for (clause, expr) in body.expressions() {
        expr.walk(&mut |part| all.push((clause, part)));
    }
    all
}
