//! Random columns and cells, with a liking for edges: zero, full precision, the ends of months, texts that are nearly equal.

use super::Seeds;
use crate::{
    time::{Civil, DAY},
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value, decimal::pow10},
};

/// Columns of every type an expression can read: four decimals of random precision, two of everything else.
pub(super) fn columns(seeds: &mut Seeds<'_>) -> Vec<Typed> {
    let mut types = vec![Type::Bool, Type::Bool, Type::Integer, Type::Integer];
    for _ in 0..4 {
        let n = seeds.draw();
        let precision = [3, 5, 9, 10, 18, 18, 20, 28, 38][(n % 9) as usize];
        let scale = ((n >> 8) % (u64::from(precision.min(18)) + 1)) as u8;
        types.push(Type::Decimal(DecimalType { precision, scale }));
    }
    types.extend([
        Type::Real,
        Type::Real,
        Type::Text,
        Type::Text,
        Type::Date,
        Type::Date,
        Type::Timestamp,
        Type::Timestamp,
        Type::Time,
        Type::Time,
    ]);
    types.into_iter().map(|ty| Typed::new(ty, true)).collect()
}

const TEXTS: [&str; 14] = [
    "",
    "a",
    "abc",
    "ABC",
    "a b",
    " a ",
    "国债ETF",
    "国债",
    "客户关怀",
    "Ａ股",
    "é",
    "e\u{301}",
    "𠮷野家",
    "2026-11-22",
];

const REALS: [f64; 12] = [0.0, -0.0, 1.0, -1.0, 0.1, 0.3, 2.5, 1e300, -1e300, 1e-300, 9_007_199_254_740_993.0, 12.345];

/// A cell of a type; one in seven is missing.
pub(super) fn value(ty: &Type, seeds: &mut Seeds<'_>) -> Value {
    let n = seeds.draw();
    if n % 7 == 6 {
        return Value::Missing;
    }
    present(ty, n / 7)
}

/// A value of a type from one random number.
pub(super) fn present(ty: &Type, n: u64) -> Value {
    let pick = |len: usize| usize::try_from(n >> 4).unwrap_or(0) % len;
    match ty {
        Type::Bool => Value::Bool(n & 1 == 1),
        Type::Integer => Value::Integer(match n % 8 {
            0 => 0,
            1 => i64::MAX,
            2 => i64::MIN,
            3 => -((n >> 3) as i64 % 1_000_000),
            4 => (n >> 3) as i64,
            _ => (n >> 3) as i64 % 100,
        }),
        Type::Decimal(d) => {
            // Few digits, about half of them, or all nines.
            let full = pow10(d.precision);
            let spread = u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
            let magnitude = match n % 8 {
                0 => 0,
                1 => full - 1,
                2 | 3 => spread % full,
                4 | 5 => spread % pow10(d.precision / 2 + 1).min(full),
                _ => u128::from(n >> 3) % 100 % full,
            };
            let mantissa = i128::try_from(magnitude).unwrap_or(0);
            Value::Decimal(Decimal { mantissa: if n & 8 == 8 { -mantissa } else { mantissa }, scale: d.scale })
        }
        Type::Real => match n % 3 {
            0 => Value::Real(((n >> 2) as i32 % 100_000) as f64 / 100.0),
            _ => Value::Real(REALS[pick(REALS.len())]),
        },
        Type::Text => Value::text(TEXTS[pick(TEXTS.len())]),
        Type::Date => Value::Date(day(n)),
        Type::Time => Value::Time((n % 86_400) as i64 * 1_000_000),
        Type::Timestamp => Value::Timestamp(i64::from(day(n)) * DAY + ((n >> 9) % 86_400) as i64 * 1_000_000),
        _ => Value::Missing,
    }
}

/// Days around 2026-11-22, ends of months and leap days among them.
fn day(n: u64) -> i32 {
    let today = Civil { year: 2026, month: 11, day: 22 }.days();
    match n % 5 {
        0 => today + ((n >> 3) % 21) as i32 - 10,
        1 => Civil { year: 1990 + ((n >> 3) % 40) as i32, month: 2, day: 28 }.days() + 1,
        2 => Civil { year: 2026, month: 12, day: 20 + ((n >> 3) % 12) as u8 }.days(),
        _ => today + ((n >> 3) % 40_000) as i32 - 30_000,
    }
}
