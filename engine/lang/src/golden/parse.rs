//! Expressions in rulebook syntax, without the real front end: the tables do not depend on what they test. Reads what the
//! tables need (one line, no slots, no scripts).

use super::{build, literal};
use crate::{
    builtin::Builtin,
    hir::{ArithOp, CompareOp, Direction, Expr, TextOp},
    ty::Typed,
    value::{Decimal, Value, decimal::pow10},
};

/// A checked expression; names are columns of source 0. The error says what was expected.
pub fn expression(text: &str, scope: &[(&str, &Typed)]) -> Result<Expr, String> {
    let mut parser = Parser { rest: text, scope };
    let expr = parser.or()?;
    if parser.rest.trim().is_empty() { Ok(expr) } else { Err(format!("the end, not `{}`", parser.rest)) }
}

struct Parser<'a> {
    rest: &'a str,
    scope: &'a [(&'a str, &'a Typed)],
}

type Parsed<T = Expr> = Result<T, String>;

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Parser<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        match self.rest.trim_start().strip_prefix(sign) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    /// Words separated by single blanks, ending at a word boundary.
    fn words(&mut self, words: &str) -> bool {
        match self.rest.trim_start().strip_prefix(words) {
            Some(after) if !after.starts_with(is_word) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) || self.words(sign) { Ok(()) } else { Err(format!("`{sign}`, not `{}`", self.rest)) }
    }

    fn or(&mut self) -> Parsed {
        let mut items = vec![self.and()?];
        while self.words("or") {
            items.push(self.and()?);
        }
        Ok(if items.len() > 1 { build::or(items) } else { items.swap_remove(0) })
    }

    fn and(&mut self) -> Parsed {
        let mut items = vec![self.not()?];
        while self.words("and") {
            items.push(self.not()?);
        }
        Ok(if items.len() > 1 { build::and(items) } else { items.swap_remove(0) })
    }

    fn not(&mut self) -> Parsed {
        if self.words("not") { self.not().map(build::not) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Parsed {
        let a = self.or_else()?;
        for (words, negated) in [("is not missing", true), ("is missing", false)] {
            if self.words(words) {
                return Ok(build::is_missing(a, negated));
            }
        }
        for (words, negated) in [("not in", true), ("in", false)] {
            if self.words(words) {
                let items = if self.sign("[") { self.until("]")? } else { vec![self.or_else()?] };
                return Ok(build::is_in(a, items, negated));
            }
        }
        if self.words("between") {
            let low = self.or_else()?;
            self.expect("and")?;
            return Ok(build::between(a, low, self.or_else()?));
        }
        for (words, direction) in [("within next", Direction::Next), ("within last", Direction::Last)] {
            if self.words(words) {
                let Value::Duration(span) = self.number()? else { return Err("a duration".into()) };
                return Ok(build::within(a, direction, span));
            }
        }
        let tests =
            [("contains", TextOp::Contains), ("starts with", TextOp::StartsWith), ("ends with", TextOp::EndsWith)];
        for (words, op) in tests {
            if self.words(words) {
                return Ok(build::text_test(op, a, self.or_else()?));
            }
        }
        if self.words("matches") {
            self.expect("/")?;
            let (source, after) = self.rest.rsplit_once('/').ok_or("a closing `/`")?;
            self.rest = after;
            return Ok(build::matches(a, source));
        }
        let signs = [
            ("!=", CompareOp::Ne),
            ("<=", CompareOp::Le),
            (">=", CompareOp::Ge),
            ("=", CompareOp::Eq),
            ("<", CompareOp::Lt),
            (">", CompareOp::Gt),
        ];
        for (sign, op) in signs {
            if self.sign(sign) {
                return Ok(build::compare(op, a, self.or_else()?));
            }
        }
        Ok(a)
    }

    fn or_else(&mut self) -> Parsed {
        let mut a = self.sum()?;
        while self.words("or else") {
            let b = self.sum()?;
            a = build::or_else(a, b).ok_or("values of one type around `or else`")?;
        }
        Ok(a)
    }

    fn sum(&mut self) -> Parsed {
        let mut a = self.product()?;
        loop {
            let op = if self.sign("+") {
                ArithOp::Add
            } else if self.sign("-") {
                ArithOp::Sub
            } else {
                return Ok(a);
            };
            let b = self.product()?;
            a = build::arith(op, a, b).ok_or("operands that can be added")?;
        }
    }

    fn product(&mut self) -> Parsed {
        let mut a = self.unary()?;
        loop {
            let op = if self.sign("*") {
                ArithOp::Mul
            } else if self.sign("/") {
                ArithOp::Div
            } else {
                return Ok(a);
            };
            let b = self.unary()?;
            a = build::arith(op, a, b).ok_or("operands that can be multiplied")?;
        }
    }

    fn unary(&mut self) -> Parsed {
        if !self.sign("-") {
            return self.primary();
        }
        // A minus before digits belongs to the constant, as the checker folds it.
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(build::literal(match self.number()? {
                Value::Integer(n) => Value::Integer(-n),
                Value::Decimal(d) => Value::Decimal(Decimal { mantissa: -d.mantissa, scale: d.scale }),
                Value::Duration(d) => Value::Duration(d.negated().ok_or("a smaller duration")?),
                other => return Err(format!("a number, not {other:?}")),
            }));
        }
        self.unary().map(build::negate)
    }

    fn primary(&mut self) -> Parsed {
        self.rest = self.rest.trim_start();
        if self.sign("(") {
            let inner = self.or()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.sign("\"") {
            let (text, after) = self.rest.split_once('"').ok_or("a closing quote")?;
            self.rest = after;
            return Ok(build::literal(Value::text(text)));
        }
        if self.words("if") {
            let condition = self.or()?;
            self.expect("then")?;
            let then = self.or()?;
            self.expect("else")?;
            let otherwise = self.or()?;
            return build::choose(condition, then, otherwise).ok_or_else(|| "branches of one type".into());
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number().map(build::literal);
        }
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        if after.starts_with('(') {
            let function = Builtin::named(word).ok_or_else(|| format!("a function, not `{word}`"))?;
            self.expect("(")?;
            let arguments = self.until(")")?;
            return build::call(function, arguments).ok_or_else(|| format!("other arguments of `{word}`"));
        }
        Ok(match word {
            "true" => build::literal(Value::Bool(true)),
            "false" => build::literal(Value::Bool(false)),
            "missing" => build::literal(Value::Missing),
            "now" => build::now(),
            "today" => build::today(),
            _ => {
                let at = self.scope.iter().position(|(n, _)| *n == word);
                let at = at.ok_or_else(|| format!("a value, not `{word}{}`", self.rest))?;
                build::column(u32::try_from(at).map_err(|_| "fewer columns")?, self.scope[at].1)
            }
        })
    }

    /// Expressions up to a closing bracket.
    fn until(&mut self, close: &str) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        if self.sign(close) {
            return Ok(items);
        }
        loop {
            items.push(self.or()?);
            if !self.sign(",") {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    /// A number with its suffix, a duration, a date, a time or an instant.
    fn number(&mut self) -> Parsed<Value> {
        self.rest = self.rest.trim_start();
        if let Some(day) = self.rest.get(..10).and_then(literal::date).filter(|_| self.rest.as_bytes()[4] == b'-') {
            self.rest = &self.rest[10..];
            let clock = self.rest.strip_prefix(' ').and_then(|r| r.get(..5)).and_then(literal::time);
            if let Some(of_day) = clock.filter(|_| self.rest.as_bytes()[3] == b':') {
                self.rest = &self.rest[6..];
                let at = super::context().zone.instant(day, of_day).ok_or("an instant")?;
                return Ok(Value::Timestamp(at));
            }
            return Ok(Value::Date(day));
        }
        if let Some(of_day) = self.rest.get(..5).filter(|t| t.as_bytes()[2] == b':').and_then(literal::time) {
            self.rest = &self.rest[5..];
            return Ok(Value::Time(of_day));
        }
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let (digits, after) = self.rest.split_at(end);
        let d: Decimal = digits.parse().map_err(|e| format!("{e}: `{digits}`"))?;
        self.rest = after;
        for unit in
            ["trading days", "trading day", "months", "month", "years", "year", "days", "day", "d", "h", "m", "s"]
        {
            if self.words(unit) {
                let n = d.to_i64().ok_or("a smaller count")?;
                return literal::unit(n, unit).map(Value::Duration).ok_or_else(|| "a smaller duration".into());
            }
        }
        let shift: i32 = [("万", 4), ("亿", 8), ("%", -2), ("bp", -4)]
            .into_iter()
            .find_map(|(suffix, shift)| self.sign(suffix).then_some(shift))
            .unwrap_or(0);
        let scale = i32::from(d.scale) - shift;
        if scale > 0 {
            let scale = u8::try_from(scale).map_err(|_| "a shorter number")?;
            return Ok(Value::Decimal(Decimal { mantissa: d.mantissa, scale }));
        }
        let factor = pow10(u8::try_from(-scale).map_err(|_| "a smaller number")?);
        let n = i128::try_from(factor).ok().and_then(|f| d.mantissa.checked_mul(f)).ok_or("a smaller number")?;
        i64::try_from(n).map(Value::Integer).map_err(|_| format!("a number of 64 bits, not {n}"))
    }
}
