//! strftime, the part that slots know.

use super::number::{push_digits, push_two};
use crate::time::Civil;

/// `2026-11-22`
pub(super) fn push_date(out: &mut String, days: i32) {
    let d = Civil::of(days);
    push_digits(out, u128::from(d.year.unsigned_abs()), 4);
    out.push('-');
    push_two(out, d.month);
    out.push('-');
    push_two(out, d.day);
}

/// `09:30`, with seconds and their fraction only if there are any.
pub(super) fn push_time(out: &mut String, of_day: i64) {
    let seconds = of_day / 1_000_000;
    push_two(out, (seconds / 3600) as u8);
    out.push(':');
    push_two(out, (seconds / 60 % 60) as u8);
    if of_day % 60_000_000 == 0 {
        return;
    }
    out.push(':');
    push_two(out, (seconds % 60) as u8);
    let mut fraction = of_day % 1_000_000;
    if fraction != 0 {
        out.push('.');
        let mut width = 6;
        while fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        push_digits(out, u128::from(fraction.unsigned_abs()), width);
    }
}

/// Formats a date and a time of day by `%Y %m %d %H %M %S %y %j %e %-m %-d %%`; anything else stands as it is.
pub(super) fn push_strftime(out: &mut String, format: &str, days: i32, of_day: i64) {
    let d = Civil::of(days);
    let seconds = of_day / 1_000_000;
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (plain, directive) = match rest.strip_prefix('-') {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let Some(letter) = directive.chars().next() else {
            out.push('%');
            continue;
        };
        let number = match letter {
            'm' => Some(d.month),
            'd' | 'e' => Some(d.day),
            'H' => Some((seconds / 3600) as u8),
            'M' => Some((seconds / 60 % 60) as u8),
            'S' => Some((seconds % 60) as u8),
            'y' => Some(d.year.rem_euclid(100) as u8),
            _ => None,
        };
        match (letter, number) {
            ('e', Some(n)) if !plain => {
                if n < 10 {
                    out.push(' ');
                }
                push_digits(out, n.into(), 1);
            }
            (_, Some(n)) if plain => push_digits(out, n.into(), 1),
            (_, Some(n)) => push_two(out, n),
            ('Y', None) => push_digits(out, u128::from(d.year.unsigned_abs()), if plain { 1 } else { 4 }),
            ('j', None) => {
                // Years repeat every four hundred; the first day of the earliest one is no date that can be said.
                let year = 2000 + d.year.rem_euclid(400);
                let day = Civil { year, ..d }.days() - Civil { year, month: 1, day: 1 }.days() + 1;
                push_digits(out, u128::from(day.unsigned_abs()), if plain { 1 } else { 3 });
            }
            ('%', None) if !plain => out.push('%'),
            _ => {
                out.push('%');
                continue;
            }
        }
        rest = &directive[letter.len_utf8()..];
    }
    out.push_str(rest);
}
