//! `golden/spark.csv`: results of Spark 3.5.6, translated.

use super::{Vector, build, literal};
use crate::{
    builtin::Builtin,
    hir::{ArithOp, CompareOp, Expr, TextOp},
    ty::{Type, Typed},
    value::{Duration, Value},
};

const TABLE: &str = include_str!("../../golden/spark.csv");

/// Every line twice: operands as columns of a row, and as constants.
///
/// # Panics
/// On a line that is not understood: the table is part of this crate.
pub(super) fn vectors() -> Vec<Vector> {
    let lines = TABLE.lines().enumerate().skip(1);
    lines
        .flat_map(|(i, line)| {
            let name = format!("spark.csv:{}", i + 1);
            [vector(line, &name, true), vector(line, &format!("{name} constant"), false)]
        })
        .collect()
}

fn vector(line: &str, name: &str, as_columns: bool) -> Vector {
    let fields = fields(line);
    let [topic, sql, result_type, result] = fields.as_slice() else { panic!("{name}: not four fields") };
    let mut reader = Reader { rest: sql, as_columns, columns: Vec::new(), row: Vec::new() };
    let expr = reader.expression().filter(|_| reader.rest.is_empty());
    let expr = expr.unwrap_or_else(|| panic!("{name}: `{sql}`, at `{}`", reader.rest));
    let expected_type = match result_type.as_str() {
        "boolean" => Type::Bool,
        "int" => Type::Integer,
        "string" => Type::Text,
        other => literal::ty(other).unwrap_or_else(|| panic!("{name}: type {other}")),
    };
    let text = match expected_type {
        Type::Bool => result.to_lowercase(),
        Type::Text if result != "missing" => format!("'{result}'"),
        _ => result.clone(),
    };
    let mut expected = literal::value(&text, &expected_type).unwrap_or_else(|| panic!("{name}: result {result}"));
    if let (true, Value::Integer(n)) = (sql.starts_with("dayofweek"), &mut expected) {
        // Spark: 1 = Sunday. Ours: 1 = Monday.
        *n = (*n + 5) % 7 + 1;
    }
    Vector {
        name: name.to_owned(),
        topic: topic.clone(),
        text: sql.clone(),
        expr,
        columns: reader.columns,
        row: reader.row,
        expected,
        expected_type,
        incident: None,
    }
}

/// A line of CSV.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let last = fields.len() - 1;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                fields[last].push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields[last].push(c),
        }
    }
    fields
}

/// Reads the SQL that the table's generator writes, and nothing more.
struct Reader<'a> {
    rest: &'a str,
    as_columns: bool,
    columns: Vec<Typed>,
    row: Vec<Value>,
}

impl Reader<'_> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(token) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, end: &str) -> Option<&str> {
        let (text, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(text)
    }

    fn operand(&mut self, value: Value, ty: Type) -> Expr {
        if !self.as_columns {
            return build::constant(value, ty);
        }
        let typed = Typed::new(ty, true);
        let expr = build::column(u32::try_from(self.row.len()).unwrap_or(0), &typed);
        self.columns.push(typed);
        self.row.push(value);
        expr
    }

    fn expression(&mut self) -> Option<Expr> {
        let a = self.primary()?;
        if self.eat("NOT IN") {
            return self.membership(a, true);
        }
        if self.eat("IN") {
            return self.membership(a, false);
        }
        if self.eat("AND") {
            return Some(build::and(vec![a, self.primary()?]));
        }
        if self.eat("OR") {
            return Some(build::or(vec![a, self.primary()?]));
        }
        let operators = [
            ("<=", CompareOp::Le),
            (">=", CompareOp::Ge),
            ("<", CompareOp::Lt),
            (">", CompareOp::Gt),
            ("=", CompareOp::Eq),
        ];
        for (sign, op) in operators {
            if self.eat(sign) {
                return Some(build::compare(op, a, self.primary()?));
            }
        }
        Some(a)
    }

    fn membership(&mut self, operand: Expr, negated: bool) -> Option<Expr> {
        Some(build::is_in(operand, self.arguments()?, negated))
    }

    /// `(a, b)`
    fn arguments(&mut self) -> Option<Vec<Expr>> {
        if !self.eat("(") {
            return None;
        }
        let mut items = vec![self.expression()?];
        while self.eat(",") {
            items.push(self.expression()?);
        }
        self.eat(")").then_some(items)
    }

    fn two(&mut self) -> Option<(Expr, Expr)> {
        let mut items = self.arguments()?.into_iter();
        Some((items.next()?, items.next()?))
    }

    /// A date and a count that moves it.
    fn moved(&mut self, unit: fn(i64) -> Duration) -> Option<Expr> {
        if !self.eat("(") {
            return None;
        }
        let date = self.primary()?;
        if !self.eat(",") {
            return None;
        }
        let n = self.until(")")?.trim().parse().ok()?;
        build::arith(ArithOp::Add, date, build::literal(Value::Duration(unit(n))))
    }

    fn primary(&mut self) -> Option<Expr> {
        for (name, op) in [
            ("try_add", ArithOp::Add),
            ("try_subtract", ArithOp::Sub),
            ("try_multiply", ArithOp::Mul),
            ("try_divide", ArithOp::Div),
            ("datediff", ArithOp::Sub),
        ] {
            if self.eat(name) {
                let (a, b) = self.two()?;
                return build::arith(op, a, b);
            }
        }
        for (name, op) in [("startswith", TextOp::StartsWith), ("contains", TextOp::Contains)] {
            if self.eat(name) {
                let (a, b) = self.two()?;
                return Some(build::text_test(op, a, b));
            }
        }
        for (name, function) in [
            ("round", Builtin::Round),
            ("length", Builtin::Length),
            ("substring", Builtin::Substring),
            ("dayofweek", Builtin::Weekday),
        ] {
            if self.eat(name) {
                let arguments = self.arguments()?;
                return build::call(function, arguments);
            }
        }
        if self.eat("add_months") {
            return self.moved(Duration::Months);
        }
        if self.eat("date_add") {
            return self.moved(Duration::Days);
        }
        if self.eat("NOT") {
            return self.primary().map(build::not);
        }
        if self.eat("CAST(") {
            let quoted = self.eat("'");
            let text = self.until(if quoted { "' AS " } else { " AS " })?.to_owned();
            let mut name = self.until(")")?.to_lowercase();
            if name.contains('(') {
                name.push(')');
                if !self.eat(")") {
                    return None;
                }
            }
            let ty = match name.as_str() {
                "boolean" => Type::Bool,
                "int" => Type::Integer,
                other => literal::ty(other)?,
            };
            let value = if quoted { literal::value(&text, &ty)? } else { Value::Missing };
            return Some(self.operand(value, ty));
        }
        if self.eat("DATE '") {
            let day = literal::date(self.until("'")?)?;
            return Some(self.operand(Value::Date(day), Type::Date));
        }
        if self.eat("'") {
            let text = Value::text(self.until("'")?);
            return Some(self.operand(text, Type::Text));
        }
        if self.eat("(") {
            let inner = self.expression()?;
            return self.eat(")").then_some(inner);
        }
        for (word, b) in [("true", true), ("false", false)] {
            if self.eat(word) {
                return Some(self.operand(Value::Bool(b), Type::Bool));
            }
        }
        let digits = self.rest.trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let n = digits[..end].parse().ok()?;
        self.rest = &digits[end..];
        Some(build::integer(n))
    }
}
