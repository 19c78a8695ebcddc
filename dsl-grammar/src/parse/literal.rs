//! Numbers, dates, times, addresses: from the characters to the value.

use std::net::{IpAddr, Ipv4Addr};

use crate::ast::{DurationUnit, ExprKind, Literal, Magnitude};
use crate::grammar::{Pair, Rule};
use crate::parse::Reader;
use crate::problem::ProblemKind;
use crate::recover;

const SECOND: i64 = 1_000_000;

impl Reader<'_> {
    /// A literal of any shape; `Missing` for one that could not be read, which is reported.
    pub(crate) fn literal(&self, pair: &Pair<'_>) -> ExprKind {
        let text = pair.as_str();
        let read = match pair.as_rule() {
            Rule::number => number(text).ok_or_else(|| ProblemKind::NumberTooLarge { found: text.into() }),
            Rule::duration => duration(text).ok_or_else(|| ProblemKind::NumberTooLarge { found: text.into() }),
            Rule::date => date(text)
                .map(|(year, month, day)| Literal::Date { year, month, day })
                .ok_or_else(|| ProblemKind::NoSuchDate { found: text.into() }),
            Rule::time => {
                time(text).map(Literal::Time).ok_or_else(|| ProblemKind::BadTime { found: text.into(), meant: None })
            }
            Rule::timestamp => timestamp(text).ok_or_else(|| ProblemKind::NoSuchDate { found: text.into() }),
            Rule::ip => ip(text).map(Literal::Ip).ok_or_else(|| ProblemKind::BadAddress { found: text.into() }),
            Rule::cidr => cidr(text).ok_or_else(|| ProblemKind::BadAddress { found: text.into() }),
            Rule::service => service(text).ok_or_else(|| ProblemKind::BadAddress { found: text.into() }),
            _ => {
                let (kind, fix) = recover::literal(text, self.span(pair));
                self.report(self.span(pair), kind, fix);
                self.spoil();
                return ExprKind::Literal(Literal::Missing);
            }
        };
        ExprKind::Literal(read.unwrap_or_else(|kind| {
            self.report(self.span(pair), kind, Vec::new());
            self.spoil();
            Literal::Missing
        }))
    }
}

/// A number's digits, magnitude and unit.
pub(crate) fn number(text: &str) -> Option<Literal> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let (mut mantissa, mut scale, mut after_point, mut count) = (0_i128, 0_u8, false, 0_u8);
    for c in digits.chars() {
        match c {
            '.' => after_point = true,
            '_' => {}
            digit => {
                let digit = digit.to_digit(10)?;
                mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit))?;
                count += u8::from(mantissa != 0);
                if count > 38 {
                    return None;
                }
                scale = scale.checked_add(u8::from(after_point))?;
            }
        }
    }
    if scale > 38 {
        return None;
    }
    let suffix = suffix.trim_start_matches(blank);
    let (magnitude, unit) = match suffix.chars().next() {
        Some('%' | '％') => (Magnitude::Percent, suffix.trim_start_matches(['%', '％'])),
        Some('万') => (Magnitude::Wan, suffix.trim_start_matches('万')),
        Some('亿') => (Magnitude::Yi, suffix.trim_start_matches('亿')),
        _ => match suffix.strip_prefix("bp") {
            Some(rest) => (Magnitude::BasisPoint, rest),
            None => (Magnitude::One, suffix),
        },
    };
    let unit = (!unit.is_empty()).then(|| unit.to_owned());
    Some(Literal::Number { mantissa, scale, magnitude, unit })
}

pub(crate) fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{3000}' | '\u{A0}' | '\u{200B}' | '\u{FEFF}')
}

/// A count and its unit.
pub(crate) fn duration(text: &str) -> Option<Literal> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_')?;
    let (count, unit) = text.split_at(end);
    let count = count.replace('_', "").parse().ok()?;
    let unit = unit.trim_start_matches(blank);
    let lower = unit.to_ascii_lowercase();
    let unit = match lower.as_str() {
        "s" | "秒" => DurationUnit::Second,
        "m" | "分钟" => DurationUnit::Minute,
        "h" | "小时" => DurationUnit::Hour,
        "d" | "天" => DurationUnit::Day,
        "个交易日" | "交易日" => DurationUnit::TradingDay,
        "个月" => DurationUnit::Month,
        "年" => DurationUnit::Year,
        words if words.starts_with("trading") => DurationUnit::TradingDay,
        words if words.starts_with("second") => DurationUnit::Second,
        words if words.starts_with("minute") => DurationUnit::Minute,
        words if words.starts_with("hour") => DurationUnit::Hour,
        words if words.starts_with("day") => DurationUnit::Day,
        words if words.starts_with("month") => DurationUnit::Month,
        words if words.starts_with("year") => DurationUnit::Year,
        _ => return None,
    };
    Some(Literal::Duration { count, unit })
}

fn fields(text: &str) -> impl Iterator<Item = Option<u32>> {
    text.split(['-', '年', '月', '日', '/', '.', ':', '：'])
        .filter(|field| !field.is_empty())
        .map(|field| field.parse().ok())
}

/// A date that exists in the Gregorian calendar.
pub(crate) fn date(text: &str) -> Option<(i32, u8, u8)> {
    let mut fields = fields(text);
    let (year, month, day) = (fields.next()??, fields.next()??, fields.next()??);
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    ((1..=days).contains(&day) && year > 0).then_some((year as i32, month as u8, day as u8))
}

/// Microseconds since midnight.
pub(crate) fn time(text: &str) -> Option<i64> {
    let mut fields = fields(text);
    let (hour, minute) = (fields.next()??, fields.next()??);
    let second = fields.next().unwrap_or(Some(0))?;
    (hour < 24 && minute < 60 && second < 60).then(|| i64::from(hour * 3600 + minute * 60 + second) * SECOND)
}

fn timestamp(text: &str) -> Option<Literal> {
    let split = text.find(|c: char| blank(c) || c == 'T')?;
    let (year, month, day) = date(&text[..split])?;
    let time = time(text[split..].trim_start_matches(|c| blank(c) || c == 'T'))?;
    Some(Literal::Timestamp { year, month, day, time })
}

fn ip(text: &str) -> Option<IpAddr> {
    let mut octets = [0_u8; 4];
    let mut fields = text.split('.');
    for octet in &mut octets {
        *octet = fields.next()?.parse().ok()?;
    }
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

fn cidr(text: &str) -> Option<Literal> {
    let (address, prefix) = text.split_once('/')?;
    let prefix: u8 = prefix.parse().ok()?;
    (prefix <= 32).then_some(Literal::Cidr(ip(address)?, prefix))
}

fn service(text: &str) -> Option<Literal> {
    let (protocol, ports) = text.split_once('/')?;
    let (low, high) = ports.split_once("..").unwrap_or((ports, ports));
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high).then(|| Literal::Service { protocol: protocol.to_ascii_lowercase(), low, high })
}
