//! One column against constants.

use crate::{
    mask::Mask,
    test::Test,
    vector::{Data, Vector},
};
use arrow_array::Array;

/// The rows that pass; missing ones never do.
pub(crate) fn test(v: &Vector, test: &Test) -> Mask {
    match test {
        Test::Never | Test::Fails(_) => return Mask::none(v.len),
        Test::Present => return v.present(),
        _ => {}
    }
    let mask = match (&v.data, test) {
        (Data::I32(x), Test::Range { low, high, outside }) => {
            match fit(*low, *high, i32::MIN.into(), i32::MAX.into()) {
                Some((low, high)) => ranged(x, low as i32, high as i32, i32::MIN, i32::MAX, *outside),
                None => Mask::constant(*outside, v.len),
            }
        }
        (Data::I64(x), Test::Range { low, high, outside }) => {
            match fit(*low, *high, i64::MIN.into(), i64::MAX.into()) {
                Some((low, high)) => ranged(x, low as i64, high as i64, i64::MIN, i64::MAX, *outside),
                None => Mask::constant(*outside, v.len),
            }
        }
        (Data::I128(x), Test::Range { low, high, outside }) => ranged(x, *low, *high, i128::MIN, i128::MAX, *outside),
        (Data::Real(x), Test::Reals { low, high, outside }) => {
            ranged(x, *low, *high, f64::NEG_INFINITY, f64::INFINITY, *outside)
        }
        (Data::I32(x), Test::Wholes { set, outside }) => {
            let set: Vec<i32> = set.iter().filter_map(|&n| i32::try_from(n).ok()).collect();
            members(x, &set, *outside)
        }
        (Data::I64(x), Test::Wholes { set, outside }) => {
            let set: Vec<i64> = set.iter().filter_map(|&n| i64::try_from(n).ok()).collect();
            members(x, &set, *outside)
        }
        (Data::I128(x), Test::Wholes { set, outside }) => members(x, set, *outside),
        (Data::Codes(codes, texts), Test::Text { .. }) => {
            // Each text of the dictionary is asked once.
            let answers: Vec<u8> = (0..texts.len()).map(|i| u8::from(test.passes_text(texts.value(i)))).collect();
            lookup(codes, &answers)
        }
        (Data::Text(texts), Test::Text { .. }) => Mask::collect(v.len, |row| test.passes_text(texts.value(row))),
        (Data::Constant(value), _) => {
            let passes = match crate::vector::whole_of(value) {
                Some(x) => test.passes_whole(x),
                None => match value {
                    guiju_lang::value::Value::Real(x) => test.passes_real(*x),
                    guiju_lang::value::Value::Text(t) => test.passes_text(t),
                    _ => false,
                },
            };
            Mask::constant(passes, v.len)
        }
        _ => Mask::none(v.len),
    };
    v.only_present(mask)
}

/// Like [`test`], for texts that have no dictionary: only the rows asked for are read, no other row passes.
pub(crate) fn test_sparse(v: &Vector, test: &Test, rows: &Mask) -> Mask {
    let mut words = vec![0u64; v.len.div_ceil(64)];
    for row in rows.rows() {
        if v.text(row).is_some_and(|t| test.passes_text(t))
            && let Some(word) = words.get_mut(row / 64)
        {
            *word |= 1 << (row % 64);
        }
    }
    Mask::from_words(words, v.len)
}

/// The part of a range that the representation can hold, if any.
fn fit(low: i128, high: i128, min: i128, max: i128) -> Option<(i128, i128)> {
    (low <= max && high >= min).then(|| (low.max(min), high.min(max)))
}

fn ranged<T: Copy + PartialOrd>(x: &[T], low: T, high: T, min: T, max: T, outside: bool) -> Mask {
    // One-sided ranges need one comparison.
    match (low <= min, high >= max, outside) {
        (true, _, false) => Mask::pack(x, |x| x <= high),
        (_, true, false) => Mask::pack(x, |x| x >= low),
        (true, _, true) => Mask::pack(x, |x| x > high),
        (_, true, true) => Mask::pack(x, |x| x < low),
        (_, _, false) if low == high => Mask::pack(x, |x| x == low),
        (_, _, true) if low == high => Mask::pack(x, |x| x != low),
        (_, _, false) => Mask::pack(x, |x| (x >= low) & (x <= high)),
        (_, _, true) => Mask::pack(x, |x| (x < low) | (x > high)),
    }
}

fn members<T: Copy + Ord>(x: &[T], set: &[T], outside: bool) -> Mask {
    if set.len() <= 8 {
        return Mask::pack(x, |x| set.iter().fold(false, |found, &item| found | (item == x)) != outside);
    }
    Mask::pack(x, |x| set.binary_search(&x).is_ok() != outside)
}

/// The rows whose code's answer is 1; codes of missing rows may lie anywhere.
fn lookup(codes: &[i32], answers: &[u8]) -> Mask {
    if answers.iter().all(|&a| a == 0) {
        return Mask::none(codes.len());
    }
    if answers.len() <= 64 {
        let bits = answers.iter().rev().fold(0u64, |bits, &answer| bits << 1 | u64::from(answer));
        return Mask::pack(codes, |code| (code as u32) < 64 && bits >> (code & 63) & 1 == 1);
    }
    Mask::pack(codes, |code| answers.get(code as usize).copied().unwrap_or(0) != 0)
}
