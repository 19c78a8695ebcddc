//! Built-in functions.

use crate::{
    expr::{Said, Writer, holds_all, unsaid},
    sql,
};
use guiju_lang::{
    builtin::Builtin,
    hir::{Expr, ExprKind},
    ty::Type,
    value::Value,
};

impl Writer<'_> {
    pub(crate) fn call(&self, e: &Expr, function: Builtin, arguments: &[Expr]) -> Said {
        let name = function.entry().en;
        let no = || unsaid(e, name);
        let first = arguments.first().ok_or_else(no)?;
        let argument = |i: usize| -> Said { self.expr(arguments.get(i).ok_or_else(no)?) };
        // Where the type of `missing` was all that was known.
        if arguments.iter().any(|a| a.typed.ty == Type::Unknown) {
            return Err(no());
        }
        match function {
            Builtin::Decimal | Builtin::Real | Builtin::Integer | Builtin::Text => self.cast(e, first),
            Builtin::Date if first.typed.ty == Type::Text => self.cast(e, first),
            Builtin::Date => self.date_of(first, &argument(0)?),
            Builtin::Length => Ok(format!("CAST(char_length({}) AS BIGINT)", argument(0)?)),
            Builtin::Lower => Ok(format!("translate({}, '{UPPER}', '{LOWER}')", argument(0)?)),
            Builtin::Upper => Ok(format!("translate({}, '{LOWER}', '{UPPER}')", argument(0)?)),
            Builtin::Trim => Ok(trimmed(&argument(0)?)),
            Builtin::Substring => {
                let mut said = format!("substring({}, {}", argument(0)?, position(&argument(1)?));
                if arguments.len() > 2 {
                    said = format!("{said}, {}", position(&argument(2)?));
                }
                Ok(said + ")")
            }
            Builtin::Concat => {
                let parts = (0..arguments.len()).map(argument).collect::<Result<Vec<_>, _>>()?;
                Ok(format!("concat({})", parts.join(", ")))
            }
            Builtin::Replace => Ok(format!("replace({}, {}, {})", argument(0)?, argument(1)?, argument(2)?)),
            Builtin::Hide => {
                let (Some(from), Some(count)) = (small(arguments.get(1)), small(arguments.get(2))) else {
                    return Err(no());
                };
                self.bind(&argument(0)?, |t| {
                    let rest = format!("char_length({t}) - {}", from - 1);
                    Ok(format!(
                        "concat(substring({t}, 1, {}), repeat('*', greatest(0, least({count}, {rest}))), substring({t}, {}))",
                        from - 1,
                        from + count
                    ))
                })
            }
            Builtin::Round => match &e.typed.ty {
                Type::Decimal(to) => Ok(format!("CAST({} AS {})", argument(0)?, sql::decimal_type(*to))),
                Type::Integer => argument(0),
                _ => Err(no()),
            },
            Builtin::Abs if e.typed.ty == Type::Integer => {
                self.bind(&argument(0)?, |v| Ok(format!("CASE WHEN {v} >= 0 THEN {v} ELSE try_subtract(0L, {v}) END")))
            }
            Builtin::Abs => Ok(format!("abs({})", argument(0)?)),
            Builtin::Floor | Builtin::Ceiling => {
                let function = if function == Builtin::Floor { "floor" } else { "ceil" };
                match &e.typed.ty {
                    Type::Integer => argument(0),
                    Type::Decimal(to) => {
                        Ok(format!("CAST({function}({}) AS {})", argument(0)?, sql::decimal_type(*to)))
                    }
                    // Beyond 2^53 every double is whole, and Spark's result is a BIGINT.
                    Type::Real => self.bind(&argument(0)?, |v| {
                        Ok(format!(
                            "CASE WHEN abs({v}) < 9007199254740992D THEN CAST({function}({v}) AS DOUBLE) ELSE {v} END"
                        ))
                    }),
                    _ => Err(no()),
                }
            }
            Builtin::Least | Builtin::Greatest => {
                // A value that has no room in the common type would be passed over, not missing.
                if !arguments
                    .iter()
                    .all(|a| holds_all(&guiju_lang::ty::operand_type(a), &e.typed.ty) || a.typed.ty == e.typed.ty)
                {
                    return Err(no());
                }
                let parts = arguments.iter().map(|a| self.converted(a, &e.typed.ty)).collect::<Result<Vec<_>, _>>()?;
                let function = if function == Builtin::Least { "least" } else { "greatest" };
                Ok(format!("{function}({})", parts.join(", ")))
            }
            Builtin::Average | Builtin::Median => Err(no()),
            _ => self.day_function(e, function, arguments),
        }
    }

    /// The conversions that are asked for by name.
    fn cast(&self, e: &Expr, x: &Expr) -> Said {
        let no = || unsaid(e, &format!("{}({})", e.typed.ty, x.typed.ty));
        let to = sql::type_name(&e.typed.ty).ok_or_else(no)?;
        let value = self.expr(x)?;
        match (&x.typed.ty, &e.typed.ty) {
            (from, to) if from == to => Ok(value),
            (Type::Integer | Type::Decimal(_), Type::Decimal(_) | Type::Real) => Ok(format!("CAST({value} AS {to})")),
            (Type::Decimal(d), Type::Integer) => {
                if d.precision - d.scale <= 18 {
                    return Ok(format!("CAST({value} AS BIGINT)"));
                }
                // The bounds have 20 digits before the point.
                if d.scale > 18 {
                    return Err(no());
                }
                self.bind(&value, |v| {
                    Ok(format!("CASE WHEN {v} > -9223372036854775809 AND {v} < 9223372036854775808 THEN CAST({v} AS BIGINT) END"))
                })
            }
            (Type::Real, Type::Integer) => self.bind(&value, |v| {
                Ok(format!(
                    "CASE WHEN {v} >= -9223372036854775808D AND {v} < 9223372036854775808D THEN CAST({v} AS BIGINT) END"
                ))
            }),
            (Type::Integer | Type::Bool | Type::Date, Type::Text) => Ok(format!("CAST({value} AS STRING)")),
            (Type::Decimal(d), Type::Text) => Ok(crate::text::plain_decimal(&value, *d)),
            (Type::Text, _) => self.read_text(e, &value),
            _ => Err(no()),
        }
    }
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";

/// Unicode's White_Space, which is what is trimmed.
const BLANKS: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

pub(crate) fn trimmed(text: &str) -> String {
    format!("trim(BOTH {} FROM {text})", sql::text(BLANKS))
}

/// A position or a count as Spark's INT: what is beyond every text stays beyond it.
fn position(n: &str) -> String {
    format!("CAST(greatest(-1000000000L, least(1000000000L, {n})) AS INT)")
}

/// A literal from 1 to a million.
fn small(e: Option<&Expr>) -> Option<i64> {
    match e?.kind {
        ExprKind::Literal(Value::Integer(n)) if (1..=1_000_000).contains(&n) => Some(n),
        _ => None,
    }
}
