//! Comparisons and membership.

use crate::{
    expr::{Said, Writer, unsaid},
    sql,
};
use guiju_lang::{
    hir::{CompareOp, Expr, ExprKind},
    ty::Type,
};

/// An expression and its SQL.
pub(crate) type Side<'e> = (&'e Expr, &'e str);

impl Writer<'_> {
    /// `a op b`. Decimals are left to Spark, whose common type is the language's, room and all.
    pub(crate) fn compared(&self, op: CompareOp, (a, x): Side<'_>, (b, y): Side<'_>) -> Said {
        let sign = if op == CompareOp::Ne { "<>" } else { op.sign() };
        let number = |ty: &Type| matches!(ty, Type::Integer | Type::Decimal(_) | Type::Real);
        let (x, y) = match (&a.typed.ty, &b.typed.ty) {
            (Type::Unknown, _) | (_, Type::Unknown) => return Ok("CAST(NULL AS BOOLEAN)".to_owned()),
            (Type::Integer, Type::Integer) => (x.to_owned(), y.to_owned()),
            (s, t) if number(s) && number(t) => {
                if *s == Type::Real || *t == Type::Real {
                    (self.as_real(a, x), self.as_real(b, y))
                } else {
                    let sides = self.as_decimal(a, x).zip(self.as_decimal(b, y));
                    let ((x, _), (y, _)) = sides.ok_or_else(|| unsaid(a, "this comparison"))?;
                    (x, y)
                }
            }
            (s, t) if s == t && sql::type_name(s).is_some() => (x.to_owned(), y.to_owned()),
            _ => return Err(unsaid(a, "this comparison")),
        };
        Ok(format!("({x} {sign} {y})"))
    }

    /// `operand in [items]`: as so many comparisons, because each pair has a common type of its own.
    pub(crate) fn membership(&self, operand: &Expr, items: &[Expr], negated: bool) -> Said {
        // A list among the items counts by its elements.
        let items: Vec<&Expr> = items
            .iter()
            .flat_map(|item| match &item.kind {
                ExprKind::List(inner) => inner.iter().collect(),
                _ => vec![item],
            })
            .collect();
        let value = self.expr(operand)?;
        let alike = |item: &&Expr| item.typed.ty == operand.typed.ty && !matches!(item.typed.ty, Type::Decimal(_));
        let not = if negated { "NOT " } else { "" };
        if items.is_empty() {
            return Ok(format!("CASE WHEN {value} IS NOT NULL THEN {negated} END"));
        }
        if items.iter().all(alike) && sql::type_name(&operand.typed.ty).is_some() {
            let items = items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
            return Ok(format!("({value} {not}IN ({}))", items.join(", ")));
        }
        self.bind(&value, |v| {
            let one = |item: &&Expr| self.compared(CompareOp::Eq, (operand, v), (item, &self.expr(item)?));
            let any = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
            // A missing operand is neither in nor not in, whatever the items.
            Ok(format!("({not}({}))", any.join(" OR ")))
        })
    }
}
