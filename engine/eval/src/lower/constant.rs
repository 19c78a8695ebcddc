//! Which expressions are the same for all rows, and names for them by meaning.

use guiju_lang::{
    hir::{Expr, ExprKind, Table, TextSegment},
    ty::Type,
    value::Value,
};
use std::sync::Arc;

/// Reads no row, no population and no script: its value only depends on the logical time and the calendar.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    let own = !matches!(expr.kind, ExprKind::Column(_) | ExprKind::InTop(_) | ExprKind::Script(..));
    own && children(expr).into_iter().all(is_constant)
}

/// The operands in order.
pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Now | ExprKind::Today | ExprKind::InTop(_) => vec![],
        ExprKind::Not(x)
        | ExprKind::Neg(x)
        | ExprKind::Convert(x)
        | ExprKind::Within(x, ..)
        | ExprKind::Matches(x, _) => vec![x],
        ExprKind::IsMissing { operand, .. } => vec![operand],
        ExprKind::Arith(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::OrElse(a, b)
        | ExprKind::TextTest(_, a, b) => vec![a, b],
        ExprKind::Between(a, b, c) | ExprKind::If(a, b, c) => vec![a, b, c],
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::List(parts) => parts.iter().collect(),
        ExprKind::Call(_, args) | ExprKind::Script(_, args) => args.iter().collect(),
        ExprKind::In { operand, items, .. } => std::iter::once(&**operand).chain(items).collect(),
        ExprKind::Table(table, inputs) => {
            let mut all: Vec<&Expr> = inputs.iter().collect();
            table.expressions(&mut |e| all.push(e));
            all
        }
        ExprKind::Text(template) => template
            .segments
            .iter()
            .filter_map(|segment| match segment {
                TextSegment::Literal(_) => None,
                TextSegment::Slot { expr, .. } => Some(expr),
            })
            .collect(),
    }
}

/// Two expressions with the same fingerprint mean the same, wherever they were written.
pub(crate) fn fingerprint(expr: &Expr) -> String {
    let mut out = String::new();
    if !plain(expr, &mut out) {
        write(expr, &mut out);
    }
    out
}

/// What conditions mostly compare with, without the detour through `Debug`. Everything else begins with a parenthesis.
fn plain(expr: &Expr, out: &mut String) -> bool {
    use std::fmt::Write as _;
    let ExprKind::Literal(value) = &expr.kind else { return false };
    match (value, &expr.typed.ty) {
        (Value::Text(text), Type::Text) => {
            out.push_str("text ");
            out.push_str(text);
        }
        (Value::Integer(n), Type::Integer) => {
            let _ = write!(out, "integer {n}");
        }
        (Value::Decimal(d), Type::Decimal(ty)) => {
            let _ = write!(out, "decimal {} {} {} {}", d.mantissa, d.scale, ty.precision, ty.scale);
        }
        _ => return false,
    }
    true
}

fn write(expr: &Expr, out: &mut String) {
    use std::fmt::Write as _;
    // Leaves and the node's own parameters through `Debug`, operands through this function: places must not count.
    let own = match &expr.kind {
        ExprKind::Literal(value) => format!("lit {value:?}"),
        ExprKind::Column(column) => format!("col {}.{}", column.source.0, column.column),
        ExprKind::Now => "now".into(),
        ExprKind::Today => "today".into(),
        ExprKind::InTop(index) => format!("top {index}"),
        ExprKind::Not(_) => "not".into(),
        ExprKind::Neg(_) => "neg".into(),
        ExprKind::Convert(_) => "convert".into(),
        ExprKind::Within(_, direction, span) => format!("within {direction:?} {span:?}"),
        ExprKind::Matches(_, pattern) => format!("matches {:?}", pattern.source),
        ExprKind::IsMissing { negated, .. } => format!("missing {negated}"),
        ExprKind::Arith(op, ..) => format!("{op:?}"),
        ExprKind::Compare(op, ..) => format!("{op:?}"),
        ExprKind::OrElse(..) => "else".into(),
        ExprKind::TextTest(op, ..) => format!("{op:?}"),
        ExprKind::Between(..) => "between".into(),
        ExprKind::If(..) => "if".into(),
        ExprKind::And(_) => "and".into(),
        ExprKind::Or(_) => "or".into(),
        ExprKind::List(_) => "list".into(),
        ExprKind::Call(builtin, _) => format!("{builtin:?}"),
        ExprKind::Script(id, _) => format!("script {}", id.0),
        ExprKind::In { negated, .. } => format!("in {negated}"),
        ExprKind::Table(table, _) => table_of(table),
        ExprKind::Text(template) => {
            let mut own = String::from("text");
            for segment in &template.segments {
                let _ = match segment {
                    TextSegment::Literal(text) => write!(own, " {text:?}"),
                    TextSegment::Slot { format, .. } => write!(own, " {format:?}"),
                };
            }
            own
        }
    };
    let _ = write!(out, "({own}:{:?}", expr.typed.ty);
    for child in children(expr) {
        out.push(' ');
        write(child, out);
    }
    out.push(')');
}

/// A table's own text: one that is called several times is one table.
pub(crate) fn table_of(table: &Arc<Table>) -> String {
    // Alive as long as the program is, so that no other table takes its place.
    format!("table {:p}", Arc::as_ptr(table))
}
