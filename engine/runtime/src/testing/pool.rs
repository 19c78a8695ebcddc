//! Values worth trying: at and beside every constant that the condition and the rules speak of, days around today, nothing, and
//! others of the column's type.

use guiju_lang::{
    context::Context,
    hir::{Expr, ExprKind, Source},
    reference, time,
    ty::Type,
    value::{Decimal, Duration, Value},
};
use std::collections::BTreeSet;

/// Numbers that depend on nothing but the test's identity.
pub(super) struct Seeds(u64);

impl Seeds {
    pub(super) fn of(rulebook: &str, title: &str) -> Self {
        // FNV-1a: any spread will do, as long as it is the same everywhere.
        let bytes = rulebook.bytes().chain([0]).chain(title.bytes());
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// SplitMix64.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// By column.
pub(super) struct Pool {
    columns: Vec<Column>,
}

struct Column {
    ty: Type,
    nullable: bool,
    /// Plain ones first.
    values: Vec<Value>,
}

impl Pool {
    pub(super) fn new<'e>(source: &Source, spoken: impl Iterator<Item = &'e Expr>, cx: &Context) -> Self {
        let (mut constants, mut spans) = (Vec::new(), BTreeSet::from([0, 1, 30]));
        for expr in spoken {
            expr.walk(&mut |part| match &part.kind {
                ExprKind::Literal(Value::Duration(span)) | ExprKind::Within(_, _, span) => spans.extend(days(*span)),
                ExprKind::Literal(value) if !constants.contains(value) => constants.push(value.clone()),
                _ => {}
            });
        }
        let column = |column: &guiju_lang::schema::Column| {
            let ty = column.typed.ty.clone();
            Column { values: values(&ty, &constants, &spans, cx), nullable: column.typed.nullable, ty }
        };
        Self { columns: source.schema.columns.iter().map(column).collect() }
    }

    /// A row in which everything that can be is missing, and the rest as plain as can be.
    pub(super) fn plain(&self) -> Vec<Value> {
        let plain = |column: &Column| match column.nullable {
            true => Value::Missing,
            false => column.values.first().cloned().unwrap_or(Value::Missing),
        };
        self.columns.iter().map(plain).collect()
    }

    /// The key of a row that was made up.
    pub(super) fn key(&self, column: u32) -> Value {
        match self.columns.get(column as usize).map(|column| &column.ty) {
            Some(Type::Integer) => Value::Integer(1),
            Some(Type::Decimal(ty)) => {
                Decimal::new(1, 0).and_then(|one| one.rescale(*ty)).map_or(Value::Missing, Value::Decimal)
            }
            _ => Value::text("1"),
        }
    }

    pub(super) fn value(&self, column: u32, seeds: &mut Seeds) -> Value {
        let Some(column) = self.columns.get(column as usize) else { return Value::Missing };
        if column.nullable && seeds.below(6) == 0 {
            return Value::Missing;
        }
        let chosen = column.values.get(seeds.below(column.values.len())).cloned().unwrap_or(Value::Missing);
        // Two of three at a border, the third somewhere between.
        if seeds.below(3) > 0 { chosen } else { elsewhere(&chosen, &column.ty, seeds) }
    }

    /// Values plainer than this one, the plainest first.
    pub(super) fn plainer(&self, column: u32, than: &Value) -> Vec<Value> {
        let Some(column) = self.columns.get(column as usize) else { return Vec::new() };
        if than.is_missing() {
            return Vec::new();
        }
        let at = column.values.iter().position(|value| value == than).unwrap_or(column.values.len());
        let missing = column.nullable.then_some(Value::Missing);
        missing.into_iter().chain(column.values[..at].iter().cloned()).collect()
    }
}

/// A span in days, roughly: how far from today its end may be.
fn days(span: Duration) -> Vec<i64> {
    let n = match span {
        Duration::Micros(us) => us / 86_400_000_000,
        Duration::Days(n) => n,
        // Trading days end somewhere within the calendar days that hold them.
        Duration::TradingDays(n) => return (n..=n.saturating_mul(2).min(n + 60).saturating_add(3)).take(40).collect(),
        Duration::Months(n) => n.saturating_mul(30),
    };
    vec![n - 1, n, n + 1]
}

/// Candidates for a type, plain ones first, each once.
fn values(ty: &Type, constants: &[Value], spans: &BTreeSet<i64>, cx: &Context) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    match ty {
        Type::Bool => all.extend([Value::Bool(false), Value::Bool(true)]),
        Type::Integer | Type::Decimal(_) | Type::Real => {
            let numbers = [0, 1].map(Value::Integer).into_iter().chain(constants.iter().cloned());
            for number in numbers {
                let Ok(number) = reference::convert(&number, ty, cx) else { continue };
                all.extend(beside(&number, ty));
            }
        }
        Type::Text => {
            all.push(Value::text("a"));
            all.extend(constants.iter().filter(|value| matches!(value, Value::Text(_))).cloned());
            all.push(Value::text(""));
        }
        Type::Date => {
            let days = spans.iter().flat_map(|n| [*n, -n]);
            all.extend(days.filter_map(|n| time::add_days(cx.today, n)).map(Value::Date));
            for constant in constants {
                if let Value::Date(day) = constant {
                    all.extend([*day, day + 1, day - 1].map(Value::Date));
                }
            }
        }
        Type::Timestamp => {
            let instants = spans.iter().flat_map(|n| [*n, -n]);
            all.extend(instants.filter_map(|n| cx.now.checked_add(n * 86_400_000_000)).map(Value::Timestamp));
            all.extend(constants.iter().filter(|value| matches!(value, Value::Timestamp(_))).cloned());
        }
        Type::Time => {
            all.extend([0, 12 * 3_600_000_000].map(Value::Time));
            all.extend(constants.iter().filter(|value| matches!(value, Value::Time(_))).cloned());
        }
        _ => {}
    }
    let mut once: Vec<Value> = Vec::new();
    for value in all {
        if !once.contains(&value) && !value.is_missing() {
            once.push(value);
        }
    }
    once
}

/// A number, and the next ones its type has on both sides.
fn beside(number: &Value, ty: &Type) -> Vec<Value> {
    match (number, ty) {
        (Value::Integer(n), _) => {
            vec![*n, n.saturating_add(1), n.saturating_sub(1)].into_iter().map(Value::Integer).collect()
        }
        (Value::Decimal(d), Type::Decimal(ty)) => {
            let fits = |mantissa| Decimal::new(mantissa, d.scale).filter(|d| d.fits(*ty)).map(Value::Decimal);
            [d.mantissa, d.mantissa.saturating_add(1), d.mantissa.saturating_sub(1)]
                .into_iter()
                .filter_map(fits)
                .collect()
        }
        (Value::Real(x), _) => [*x, x * 1.001 + 0.001, x * 0.999 - 0.001].into_iter().map(Value::real).collect(),
        (other, _) => vec![other.clone()],
    }
}

/// Another value of the type, of about the size of this one.
fn elsewhere(near: &Value, ty: &Type, seeds: &mut Seeds) -> Value {
    let thousandths = seeds.below(2_000) as i128;
    match near {
        Value::Integer(n) => Value::Integer((i128::from(*n) * thousandths / 1_000).clamp(-1 << 60, 1 << 60) as i64),
        Value::Decimal(d) => {
            let moved = d.mantissa.checked_mul(thousandths).map(|m| m / 1_000).and_then(|m| Decimal::new(m, d.scale));
            let fits = moved.filter(|d| matches!(ty, Type::Decimal(ty) if d.fits(*ty)));
            fits.map_or_else(|| near.clone(), Value::Decimal)
        }
        Value::Real(x) => Value::real(x * thousandths as f64 / 1_000.0),
        Value::Date(day) => {
            time::add_days(*day, seeds.below(800) as i64 - 400).map_or_else(|| near.clone(), Value::Date)
        }
        Value::Timestamp(at) => {
            let moved = (seeds.next() % (2 * 86_400_000_000)) as i64 - 86_400_000_000;
            // To the second: a test writes no finer.
            Value::Timestamp(at.saturating_add(moved) / 1_000_000 * 1_000_000)
        }
        Value::Time(_) => Value::Time((seeds.next() % 86_400) as i64 * 1_000_000),
        Value::Text(_) => Value::text(["甲", "Zoë", "x y", "0"][seeds.below(4)]),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::{time::Zone, ty::DecimalType};

    #[test]
    fn the_same_test_makes_the_same_numbers() {
        let first = |title| Seeds::of("care", title).next();
        assert_eq!(first("a"), first("a"));
        assert_ne!(first("a"), first("b"));
    }

    #[test]
    fn a_border_comes_with_both_its_neighbours() {
        let cx = Context::new(0, Zone::utc(), None);
        let ty = Type::Decimal(DecimalType { precision: 18, scale: 2 });
        let all = values(&ty, &[Value::Integer(500_000)], &BTreeSet::new(), &cx);
        for mantissa in [50_000_000, 50_000_001, 49_999_999] {
            assert!(all.contains(&Value::Decimal(Decimal { mantissa, scale: 2 })), "{mantissa}");
        }
        assert_eq!(all[0], Value::Decimal(Decimal { mantissa: 0, scale: 2 }));
    }
}
