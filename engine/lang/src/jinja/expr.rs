//! Expressions of template files.

use super::{Refusal, place};
use crate::finding::{Arg, codes::names as codes};
use guiju_grammar::ast::{BinaryOp, Expr, ExprKind, Literal, Magnitude, Name, Plain, Segment, Span, Text, UnaryOp};
use minijinja::{
    machinery::ast::{BinOpKind, CallArg, Compare, CompareOpKind, Const, Expr as J, Filter, Spanned, UnaryOpKind},
    value::ValueKind,
};

/// Turns Jinja's tree into ours.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) refused: Vec<Refusal>,
}

impl Reader<'_> {
    /// `{{ x }}`, `{{ x | format("…") }}`
    pub(super) fn slot(&mut self, e: &J<'_>, span: Span) -> Option<Segment> {
        let (value, format) = match e {
            J::Filter(filter) if filter.name == "format" => {
                let format = self.argument(filter)?;
                (filter.expr.as_ref()?, Some(format))
            }
            _ => (e, None),
        };
        Some(Segment::Slot { expr: self.expr(value)?, format, span })
    }

    pub(super) fn expr(&mut self, e: &J<'_>) -> Option<Expr> {
        let span = place(e.span());
        let kind = match e {
            J::Var(_) | J::GetAttr(_) => ExprKind::Path(self.path(e)?),
            J::Const(value) => self.constant(value)?,
            J::UnaryOp(unary) => {
                let op = match unary.op {
                    UnaryOpKind::Not => UnaryOp::Not,
                    UnaryOpKind::Neg => UnaryOp::Neg,
                };
                ExprKind::Unary(op, Box::new(self.expr(&unary.expr)?))
            }
            J::BinOp(binary) => {
                let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
                if let BinOpKind::In = binary.op {
                    return Some(membership(left?, right?, false, span));
                }
                let Some(op) = operator(binary.op) else {
                    return self.refuse("// % ** ~", span);
                };
                ExprKind::Binary(op, span, Box::new(left?), Box::new(right?))
            }
            J::Compare(chain) => return self.compared(chain, span),
            J::IfExpr(choice) => {
                let condition = self.expr(&choice.test_expr);
                let yes = self.expr(&choice.true_expr);
                let no = match &choice.false_expr {
                    Some(no) => self.expr(no),
                    None => Some(text(String::new(), span)),
                };
                ExprKind::If(Box::new(condition?), Box::new(yes?), Box::new(no?))
            }
            J::Test(test) => match test.name {
                "none" => ExprKind::IsMissing(Box::new(self.expr(&test.expr)?), false),
                "defined" => ExprKind::IsMissing(Box::new(self.expr(&test.expr)?), true),
                name => return self.refuse(&format!("is {name}"), span),
            },
            J::Filter(filter) => match filter.name {
                "default" => return self.default(filter, span),
                name => return self.refuse(&format!("| {name}"), span),
            },
            J::List(list) => {
                let items: Vec<Option<Expr>> = list.items.iter().map(|item| self.expr(item)).collect();
                ExprKind::List(items.into_iter().collect::<Option<_>>()?)
            }
            J::Call(_) => return self.refuse("name(…)", span),
            J::Slice(_) | J::GetItem(_) => return self.refuse("x[…]", span),
            J::Tuple(_) => return self.refuse("(a, b)", span),
            J::Map(_) => return self.refuse("{a: b}", span),
        };
        Some(Expr { kind, span })
    }

    fn path(&mut self, e: &J<'_>) -> Option<Vec<Name>> {
        let span = place(e.span());
        match e {
            J::Var(name) => Some(vec![Name { text: name.id.to_owned(), span }]),
            J::GetAttr(member) => {
                let mut path = self.path(&member.expr)?;
                let start = span.end.saturating_sub(member.name.len() as u32);
                path.push(Name { text: member.name.to_owned(), span: Span { start, end: span.end } });
                Some(path)
            }
            _ => self.refuse("(…).name", span),
        }
    }

    fn constant(&mut self, value: &Spanned<Const>) -> Option<ExprKind> {
        let (span, value) = (place(value.span()), &value.value);
        match value.kind() {
            ValueKind::String => Some(text(value.as_str()?.to_owned(), span).kind),
            ValueKind::Bool => Some(ExprKind::Literal(Literal::Bool(value.is_true()))),
            ValueKind::None => Some(ExprKind::Literal(Literal::Missing)),
            ValueKind::Number => self.number(span),
            _ => self.refuse("x", span),
        }
    }

    /// As written: a binary fraction would not be the decimal that stands there.
    fn number(&mut self, span: Span) -> Option<ExprKind> {
        let written = self.text.get(span.start as usize..span.end as usize)?.replace('_', "");
        let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
        let digits = format!("{whole}{fraction}");
        match digits.parse() {
            Ok(mantissa) if digits.len() <= 38 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                let scale = fraction.len() as u8;
                Some(ExprKind::Literal(Literal::Number { mantissa, scale, magnitude: Magnitude::One, unit: None }))
            }
            _ => self.refuse(&written, span),
        }
    }

    fn compared(&mut self, chain: &Spanned<Compare<'_>>, span: Span) -> Option<Expr> {
        let left = self.expr(&chain.expr);
        let [only] = chain.ops.as_slice() else { return self.refuse("a < b < c", span) };
        let right = self.expr(&only.expr);
        let op = match only.op {
            CompareOpKind::Eq => BinaryOp::Eq,
            CompareOpKind::Ne => BinaryOp::Ne,
            CompareOpKind::Lt => BinaryOp::Lt,
            CompareOpKind::Lte => BinaryOp::Le,
            CompareOpKind::Gt => BinaryOp::Gt,
            CompareOpKind::Gte => BinaryOp::Ge,
            CompareOpKind::In => return Some(membership(left?, right?, false, span)),
            CompareOpKind::NotIn => return Some(membership(left?, right?, true, span)),
        };
        let kind = ExprKind::Binary(op, span, Box::new(left?), Box::new(right?));
        Some(Expr { kind, span })
    }

    fn default(&mut self, filter: &Spanned<Filter<'_>>, span: Span) -> Option<Expr> {
        let value = self.expr(filter.expr.as_ref()?);
        let [CallArg::Pos(other)] = filter.args.as_slice() else { return self.refuse("| default", span) };
        let kind = ExprKind::Binary(BinaryOp::OrElse, span, Box::new(value?), Box::new(self.expr(other)?));
        Some(Expr { kind, span })
    }

    /// The text in `format("…")`.
    fn argument(&mut self, filter: &Spanned<Filter<'_>>) -> Option<Plain> {
        if let [CallArg::Pos(J::Const(value))] = filter.args.as_slice()
            && let Some(text) = value.value.as_str()
        {
            return Some(Plain { text: text.to_owned(), span: place(value.span()) });
        }
        self.refuse("| format", place(filter.span()))
    }

    pub(super) fn refuse<T>(&mut self, what: &str, span: Span) -> Option<T> {
        let what = Arg::Name(what.to_owned());
        self.refused.push(Refusal { code: codes::TEMPLATE_FILE_REFUSED, span, what, meant: None });
        None
    }
}

/// `{% if c %}yes{% else %}no{% endif %}`
pub(super) fn chosen(condition: Expr, yes: Text, no: Text, span: Span) -> Expr {
    let [yes, no] = [yes, no].map(|text| Box::new(Expr { kind: ExprKind::Text(text), span }));
    Expr { kind: ExprKind::If(Box::new(condition), yes, no), span }
}

fn text(text: String, span: Span) -> Expr {
    Expr { kind: ExprKind::Text(Text { segments: vec![Segment::Literal(text)], span }), span }
}

fn membership(operand: Expr, set: Expr, negated: bool, span: Span) -> Expr {
    Expr { kind: ExprKind::In { operand: Box::new(operand), negated, set: Box::new(set) }, span }
}

fn operator(op: BinOpKind) -> Option<BinaryOp> {
    Some(match op {
        BinOpKind::Eq => BinaryOp::Eq,
        BinOpKind::Ne => BinaryOp::Ne,
        BinOpKind::Lt => BinaryOp::Lt,
        BinOpKind::Lte => BinaryOp::Le,
        BinOpKind::Gt => BinaryOp::Gt,
        BinOpKind::Gte => BinaryOp::Ge,
        BinOpKind::ScAnd => BinaryOp::And,
        BinOpKind::ScOr => BinaryOp::Or,
        BinOpKind::Add => BinaryOp::Add,
        BinOpKind::Sub => BinaryOp::Sub,
        BinOpKind::Mul => BinaryOp::Mul,
        BinOpKind::Div => BinaryOp::Div,
        BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow | BinOpKind::Concat | BinOpKind::In => return None,
    })
}
