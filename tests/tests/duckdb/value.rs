//! What a column may hold: every type that the engine reads, its ends, and what people forget.

use guiju_examples::random::Random;

/// A column's type, as a file stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// So many bytes, with a sign or without.
    Integer(u8, bool),
    Decimal(u8, u8),
    /// Of 64 bits, or of 32.
    Real(bool),
    /// Plain, long, as views, or as a dictionary.
    Text(u8),
    Bool,
    /// Of all years, or of those in which people live.
    Date(bool),
    Timestamp,
    Time,
}

/// Which types exist.
pub(crate) const KINDS: [Kind; 24] = [
    Kind::Integer(8, true),
    Kind::Integer(8, true),
    Kind::Integer(4, true),
    Kind::Integer(2, true),
    Kind::Integer(1, true),
    Kind::Integer(4, false),
    Kind::Integer(1, false),
    Kind::Decimal(5, 0),
    Kind::Decimal(9, 2),
    Kind::Decimal(15, 2),
    Kind::Decimal(15, 6),
    Kind::Decimal(18, 18),
    Kind::Decimal(38, 10),
    Kind::Real(true),
    Kind::Real(false),
    Kind::Text(0),
    Kind::Text(1),
    Kind::Text(2),
    Kind::Text(3),
    Kind::Bool,
    Kind::Date(true),
    Kind::Date(false),
    Kind::Timestamp,
    Kind::Time,
];

/// Texts that rules can spell: no quotes, braces or line ends.
pub(crate) const TEXTS: [&str; 20] = [
    "",
    " ",
    "a",
    "A",
    "ab",
    "abc",
    "b",
    "é",
    "e\u{301}",
    "ß",
    "客户",
    "客",
    "户",
    "国债ETF",
    "👩‍👩‍👧",
    "🀄",
    "Ａ",
    "%",
    "a_b",
    "\u{a0}x",
];

/// Texts that only data can hold.
const ODD: [&str; 7] = ["\"", "{a}", "\\", "a\nb", "\0", "'", "\u{10ffff}"];

/// 22 November 2026, the day of all runs, in days since 1970.
pub(crate) const TODAY: i64 = 20_779;

pub(crate) fn pick<T: Copy>(dice: &mut Random, of: &[T]) -> T {
    of[dice.between(0, of.len() as i64 - 1) as usize]
}

/// One time in so many.
pub(crate) fn rarely(dice: &mut Random, times: i64) -> bool {
    dice.between(1, times) == 1
}

/// The least and the greatest.
pub(crate) fn ends(bytes: u8, signed: bool) -> (i64, i64) {
    let bits = u32::from(bytes) * 8;
    match (signed, bits) {
        (true, 64) => (i64::MIN, i64::MAX),
        (true, _) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        (false, _) => (0, (1 << bits) - 1),
    }
}

pub(crate) fn integer(dice: &mut Random, bytes: u8, signed: bool) -> i64 {
    let (low, high) = ends(bytes, signed);
    let any = pick(dice, &[low, low + 1, high, high - 1, 0, 1, -1, 7, 100, 12]);
    if rarely(dice, 3) { dice.between(-20, 20).clamp(low, high) } else { any.clamp(low, high) }
}

/// Its digits without the point.
pub(crate) fn digits(dice: &mut Random, precision: u8, scale: u8) -> i128 {
    let most = 10_i128.pow(u32::from(precision)) - 1;
    let one = 10_i128.pow(u32::from(scale)).min(most);
    let small = i128::from(dice.between(-2_000, 2_000)) * (one / 100).max(1);
    pick(dice, &[most, -most, 0, 1, -1, one, -one, small, small, small, small + 1]).clamp(-most, most)
}

pub(crate) fn real(dice: &mut Random) -> f64 {
    let small = dice.between(-200, 200) as f64 / 8.0;
    let tenth = dice.between(-20, 20) as f64 / 10.0;
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1, 1e15];
    let odd = pick(dice, &odd);
    pick(dice, &[small, small, tenth, tenth, odd])
}

pub(crate) fn text(dice: &mut Random) -> String {
    match dice.between(0, 9) {
        0 => pick(dice, &ODD).to_owned(),
        1 | 2 => format!("{}{}", pick(dice, &TEXTS), pick(dice, &TEXTS)),
        _ => pick(dice, &TEXTS).to_owned(),
    }
}

/// Days since 1970; all years are 1 to 9999.
pub(crate) fn date(dice: &mut Random, all: bool) -> i32 {
    let ends = [-719_162, -719_161, 2_932_896, 2_932_895];
    let leap = pick(dice, &[11_016, 20_147, -25_509]);
    let near = TODAY + dice.between(-40, 40);
    let far = dice.between(-25_000, 47_000);
    let end = if all { pick(dice, &ends) } else { near };
    pick(dice, &[near, near, far, leap, TODAY, end]) as i32
}
