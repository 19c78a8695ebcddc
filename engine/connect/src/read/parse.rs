//! From a text to a value of a declared type. Exact or `None`: nothing is rounded, cut or guessed.

use guiju_lang::{
    time::{Civil, Zone},
    ty::DecimalType,
};

/// A whole number: a sign and digits.
pub fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A decimal's mantissa at the type's scale. Zeros beyond the scale are no loss; other digits are.
pub fn decimal(text: &str, ty: DecimalType) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let scale = usize::from(ty.scale);
    let (kept, rest) = fraction.split_at_checked(scale.min(fraction.len()))?;
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(kept) || !rest.bytes().all(|b| b == b'0') {
        return None;
    }
    let mut mantissa = 0i128;
    for b in whole.bytes().chain(kept.bytes()) {
        mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(b - b'0'))?;
    }
    mantissa = mantissa.checked_mul(10i128.checked_pow((scale - kept.len()) as u32)?)?;
    (mantissa < 10i128.checked_pow(u32::from(ty.precision))?).then_some(if negative { -mantissa } else { mantissa })
}

/// A real; not-a-number and infinities are `Some` too, the reader makes them missing.
pub fn real(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Truth values as tables write them: true/false, yes/no, y/n, 1/0, 是/否.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "是" => Some(true),
        "false" | "no" | "n" | "0" | "否" => Some(false),
        _ => None,
    }
}

/// `2026-11-22` or `20261122`, as days since 1970-01-01.
pub fn date(text: &str) -> Option<i32> {
    let b = text.as_bytes();
    match b.len() {
        10 if b[4] == b'-' && b[7] == b'-' => ymd(number(&b[..4])?, number(&b[5..7])?, number(&b[8..])?),
        8 => ymd(number(&b[..4])?, number(&b[4..6])?, number(&b[6..])?),
        _ => None,
    }
}

/// `09:30`, `09:30:00`, `09:30:00.123456`, as microseconds since midnight.
pub fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let b = clock.as_bytes();
    let (h, m, s) = match b.len() {
        5 if b[2] == b':' && fraction.is_empty() => (number(&b[..2])?, number(&b[3..])?, 0),
        8 if b[2] == b':' && b[5] == b':' => (number(&b[..2])?, number(&b[3..5])?, number(&b[6..])?),
        _ => return None,
    };
    if h > 23 || m > 59 || s > 59 || (text.contains('.') && fraction.is_empty()) {
        return None;
    }
    let kept = fraction.get(..fraction.len().min(6))?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.bytes().skip(6).any(|b| b != b'0') {
        return None;
    }
    let micros = if kept.is_empty() { 0 } else { number(kept.as_bytes())? * 10i64.pow(6 - kept.len() as u32) };
    Some(((h * 60 + m) * 60 + s) * 1_000_000 + micros)
}

/// `2026-11-22 09:30:00`, with `T` for the blank, a fraction, and `Z` or `+08:00` (or `+08`); without either it is local in `zone`.
/// Microseconds since 1970-01-01 UTC.
pub fn timestamp(text: &str, zone: &Zone) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let days = date(day)?;
    let clock = rest.strip_prefix(['T', ' ', 't'])?;
    let (clock, seconds) = match clock.strip_suffix(['Z', 'z']) {
        Some(c) => (c, 0),
        None => match clock.rfind(['+', '-']) {
            Some(at) => (&clock[..at], offset(&clock[at..])?),
            None => return zone.instant(days, time(clock)?),
        },
    };
    Some(i64::from(days) * 86_400_000_000 + time(clock)? - seconds * 1_000_000)
}

/// `+08:00`, `+0800` or `+08` in seconds.
fn offset(text: &str) -> Option<i64> {
    let b = text.as_bytes();
    let (h, m) = match b.len() {
        6 if b[3] == b':' => (number(&b[1..3])?, number(&b[4..])?),
        5 => (number(&b[1..3])?, number(&b[3..])?),
        3 => (number(&b[1..])?, 0),
        _ => return None,
    };
    let seconds = (h * 60 + m) * 60;
    (h <= 18 && m < 60).then_some(if b[0] == b'-' { -seconds } else { seconds })
}

fn number(digits: &[u8]) -> Option<i64> {
    let mut n = 0i64;
    for b in digits {
        if !b.is_ascii_digit() {
            return None;
        }
        n = n * 10 + i64::from(b - b'0');
    }
    Some(n)
}

fn ymd(year: i64, month: i64, day: i64) -> Option<i32> {
    Civil::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?).map(Civil::days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let ty = DecimalType { precision: 5, scale: 2 };
        let cases = [
            ("1.5", Some(150)),
            ("-0.01", Some(-1)),
            ("999.99", Some(99999)),
            ("1000", None),
            ("1.500", Some(150)),
            ("1.505", None),
            (".5", Some(50)),
            ("5.", Some(500)),
            ("", None),
            (".", None),
            ("1e3", None),
            ("1,000", None),
            ("٣", None),
            ("--1", None),
        ];
        for (text, want) in cases {
            assert_eq!(decimal(text, ty), want, "{text}");
        }
        let widest = DecimalType { precision: 38, scale: 0 };
        assert_eq!(decimal(&"9".repeat(38), widest), Some(10i128.pow(38) - 1));
        assert_eq!(decimal(&"9".repeat(39), widest), None);
    }

    #[test]
    fn days() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("2026-11-22", Some(20_779)),
            ("20261122", Some(20_779)),
            ("2024-02-29", Some(19_782)),
            ("2026-02-29", None),
            ("1969-12-31", Some(-1)),
            ("2026-13-01", None),
            ("0000-01-01", None),
            ("2026/11/22", None),
            ("9999-12-31", Some(2_932_896)),
        ];
        for (text, want) in cases {
            assert_eq!(date(text), want, "{text}");
        }
    }

    #[test]
    fn clocks() {
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        assert_eq!(time("09:30"), Some(34_200_000_000));
        assert_eq!(time("23:59:59.5"), Some(86_399_500_000));
        for bad in ["24:00", "9:30", "09:30:00.", "09:30:00.1234567", "09:60", "ab:cd", "09:30.5"] {
            assert_eq!(time(bad), None, "{bad}");
        }
        assert_eq!(timestamp("1970-01-01 08:00:00", &shanghai), Some(0));
        assert_eq!(timestamp("1970-01-01T00:00:00Z", &shanghai), Some(0));
        assert_eq!(timestamp("1970-01-01T09:00:00.000001+09:00", &shanghai), Some(1));
        assert_eq!(timestamp("1970-01-01", &shanghai), None);
        assert_eq!(timestamp("1970-01-01é00:00", &shanghai), None);
    }

    #[test]
    fn whole_numbers_and_truth() {
        assert_eq!(
            (integer("-9223372036854775808"), integer("9223372036854775808"), integer("+7"), integer("1.0")),
            (Some(i64::MIN), None, Some(7), None)
        );
        assert_eq!((boolean("是"), boolean("N"), boolean("maybe")), (Some(true), Some(false), None));
    }
}
