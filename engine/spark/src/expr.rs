//! One checked expression as Spark SQL with the same value for every row, missing values included.

use crate::sql;
use guiju_lang::{
    context::{Context, Incidents, Window},
    finding::Place,
    hir::{ColumnRef, CompareOp, Expr, ExprKind, TextOp},
    reference::{NoRow, evaluate},
    ty::{DecimalType, Type},
};

/// Something that has no Spark SQL of which it is certain that it means the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsaid {
    /// The function or construct.
    pub what: String,
    /// Where it is used.
    pub place: Place,
}

/// An expression's SQL, or what of it cannot be said.
pub(crate) type Said = Result<String, Unsaid>;

/// What columns are called in a query.
pub trait Names {
    /// A column of the row, or of another source's row that belongs to it.
    fn column(&self, column: ColumnRef) -> String;
    /// Whether the row is among the rule's population of that index.
    fn member(&self, index: u32) -> Option<String>;
    /// An expression that cannot be said: the column that holds its value, if somebody else computes it.
    fn elsewhere(&self, _: &Expr) -> Option<String> {
        None
    }
}

/// Writes expressions for one logical time, zone and calendar; these are constants in what it writes.
pub struct Writer<'a> {
    pub(crate) cx: &'a Context,
    names: &'a dyn Names,
    bound: std::cell::Cell<u32>,
}

impl<'a> Writer<'a> {
    /// For expressions over columns with these names.
    pub fn new(cx: &'a Context, names: &'a dyn Names) -> Self {
        Self { cx, names, bound: std::cell::Cell::new(0) }
    }

    /// The expression's SQL, of the Spark type that [`sql::type_name`] gives its type.
    pub fn expr(&self, e: &Expr) -> Said {
        let said = self.plainly(e);
        match said {
            Err(unsaid) => self.names.elsewhere(e).ok_or(unsaid),
            said => said,
        }
    }

    fn plainly(&self, e: &Expr) -> Said {
        if is_constant(e) {
            let value = evaluate(e, &NoRow, self.cx, &mut Incidents::default());
            return sql::constant(&value, &e.typed.ty).ok_or_else(|| unsaid(e, "a constant of this type"));
        }
        match &e.kind {
            ExprKind::Literal(_) | ExprKind::Now | ExprKind::Today | ExprKind::List(_) => {
                Err(unsaid(e, "a constant of this type"))
            }
            ExprKind::Column(c) => match sql::type_name(&e.typed.ty) {
                Some(_) => Ok(self.names.column(*c)),
                None => Err(unsaid(e, "a column of this type")),
            },
            ExprKind::InTop(i) => self.names.member(*i).ok_or_else(|| unsaid(e, "in top")),
            ExprKind::Not(a) => Ok(format!("(NOT {})", self.expr(a)?)),
            ExprKind::Neg(a) => self.negated(e, a),
            ExprKind::Arith(op, a, b) => self.arith(e, *op, a, b),
            ExprKind::Compare(op, a, b) => {
                let (x, y) = (self.expr(a)?, self.expr(b)?);
                self.compared(*op, (a, &x), (b, &y))
            }
            ExprKind::And(parts) => self.joined(parts, " AND "),
            ExprKind::Or(parts) => self.joined(parts, " OR "),
            ExprKind::In { operand, items, negated } => self.membership(operand, items, *negated),
            ExprKind::IsMissing { operand, negated } => {
                Ok(format!("({} IS {}NULL)", self.expr(operand)?, if *negated { "NOT " } else { "" }))
            }
            ExprKind::Between(x, low, high) => {
                let (low_sql, high_sql) = (self.expr(low)?, self.expr(high)?);
                self.bind(&self.expr(x)?, |v| {
                    let above = self.compared(CompareOp::Le, (low, &low_sql), (x, v))?;
                    let below = self.compared(CompareOp::Le, (x, v), (high, &high_sql))?;
                    Ok(format!("({above} AND {below})"))
                })
            }
            ExprKind::Within(x, direction, span) => match self.cx.window(*direction, *span) {
                Ok(window) => self.within(x, window),
                // Beyond the calendar: nobody can say.
                Err(_) => Ok("CAST(NULL AS BOOLEAN)".to_owned()),
            },
            ExprKind::OrElse(a, b) => {
                let (x, y) = (self.converted(a, &e.typed.ty)?, self.converted(b, &e.typed.ty)?);
                if holds_all(&a.typed.ty, &e.typed.ty) {
                    return Ok(format!("coalesce({x}, {y})"));
                }
                // A value that has no room is missing, and is not replaced.
                Ok(format!("CASE WHEN {} IS NOT NULL THEN {x} ELSE {y} END", self.expr(a)?))
            }
            ExprKind::TextTest(op, a, b) => {
                let function = match op {
                    TextOp::Contains => "contains",
                    TextOp::StartsWith => "startswith",
                    TextOp::EndsWith => "endswith",
                };
                Ok(format!("{function}({}, {})", self.expr(a)?, self.expr(b)?))
            }
            ExprKind::Matches(x, pattern) => {
                let java = crate::pattern::translate(&pattern.source)
                    .ok_or_else(|| unsaid(e, &format!("/{}/", pattern.source)))?;
                Ok(format!("({} RLIKE {})", self.expr(x)?, sql::text(&java)))
            }
            ExprKind::If(condition, then, otherwise) => {
                let ty = &e.typed.ty;
                Ok(format!(
                    "CASE WHEN {} THEN {} ELSE {} END",
                    self.expr(condition)?,
                    self.converted(then, ty)?,
                    self.converted(otherwise, ty)?
                ))
            }
            ExprKind::Call(function, arguments) => self.call(e, *function, arguments),
            ExprKind::Script(..) => Err(unsaid(e, "script fn")),
            ExprKind::Convert(a) => self.converted(a, &e.typed.ty),
            ExprKind::Text(_) => Err(unsaid(e, "a text with slots")),
            ExprKind::Table(table, inputs) => self.table(e, table, inputs),
        }
    }

    fn joined(&self, parts: &[Expr], with: &str) -> Said {
        let parts: Result<Vec<String>, Unsaid> = parts.iter().map(|p| self.expr(p)).collect();
        Ok(format!("({})", parts?.join(with)))
    }

    fn within(&self, x: &Expr, window: Window) -> Said {
        let value = self.expr(x)?;
        let (low, high, value) = match (window, &x.typed.ty) {
            (Window::Dates(low, high), _) => (sql::date(low), sql::date(high), self.date_of(x, &value)?),
            (Window::Instants(low, high), Type::Timestamp) => (sql::integer(low), sql::integer(high), value),
            (Window::Instants(low, high), Type::Date) => {
                // The days whose first moment lies in the window.
                let starts = |at: i64, day: i32| self.cx.zone.instant(day, 0).is_some_and(|start| start >= at);
                let first = self.cx.zone.date(low);
                let first = if starts(low, first) { first } else { first.saturating_add(1) };
                let last = self.cx.zone.date(high);
                let last = if starts(high.saturating_add(1), last) { last.saturating_sub(1) } else { last };
                (sql::date(first), sql::date(last), value)
            }
            _ => return Err(unsaid(x, "within")),
        };
        self.bind(&value, |v| Ok(format!("({low} <= {v} AND {v} <= {high})")))
    }

    /// Uses a value several times and computes it once.
    pub(crate) fn bind(&self, value: &str, body: impl FnOnce(&str) -> Said) -> Said {
        if sql::is_simple(value) {
            return body(value);
        }
        let n = self.bound.get();
        self.bound.set(n + 1);
        let name = format!("v{n}");
        Ok(format!("transform(array({value}), {name} -> {})[0]", body(&name)?))
    }

    /// A value in another type, as the language converts by itself.
    pub(crate) fn converted(&self, e: &Expr, to: &Type) -> Said {
        let value = self.expr(e)?;
        let name = sql::type_name(to).ok_or_else(|| unsaid(e, "a value of this type"))?;
        match (&e.typed.ty, to) {
            (from, to) if from == to => Ok(value),
            (Type::Unknown, _) | (Type::Integer | Type::Decimal(_), Type::Decimal(_) | Type::Real) => {
                Ok(format!("CAST({value} AS {name})"))
            }
            (_, Type::Unknown) => Ok(value),
            (Type::Text, Type::Text) => Ok(value),
            _ => Err(unsaid(e, "this conversion")),
        }
    }

    /// A number as a decimal: an integer literal has the digits it is written with.
    pub(crate) fn as_decimal(&self, e: &Expr, value: &str) -> Option<(String, DecimalType)> {
        match guiju_lang::ty::operand_type(e) {
            Type::Decimal(d) if e.typed.ty == Type::Integer => {
                Some((format!("CAST({value} AS {})", sql::decimal_type(d)), d))
            }
            Type::Decimal(d) => Some((value.to_owned(), d)),
            Type::Integer => {
                let d = DecimalType::OF_INTEGER;
                Some((format!("CAST({value} AS {})", sql::decimal_type(d)), d))
            }
            _ => None,
        }
    }

    /// A number as the nearest double.
    pub(crate) fn as_real(&self, e: &Expr, value: &str) -> String {
        if e.typed.ty == Type::Real { value.to_owned() } else { format!("CAST({value} AS DOUBLE)") }
    }
}

/// Whether every value of a number type has room in another.
pub(crate) fn holds_all(from: &Type, to: &Type) -> bool {
    let whole = |d: &DecimalType| d.precision - d.scale;
    match (from, to) {
        (from, to) if from == to => true,
        (_, Type::Real) => true,
        (Type::Integer, Type::Decimal(t)) => whole(t) >= 19,
        // A digit more for a carry where digits are dropped.
        (Type::Decimal(f), Type::Decimal(t)) => whole(t) >= whole(f) + u8::from(t.scale < f.scale),
        _ => false,
    }
}

/// Nothing in it depends on a row.
fn is_constant(e: &Expr) -> bool {
    let mut constant = true;
    e.walk(&mut |part| {
        constant &= !matches!(part.kind, ExprKind::Column(_) | ExprKind::InTop(_) | ExprKind::Script(..));
    });
    constant
}

pub(crate) fn unsaid(e: &Expr, what: &str) -> Unsaid {
    Unsaid { what: what.to_owned(), place: e.place }
}
