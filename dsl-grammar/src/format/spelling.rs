//! How each word is written: one spelling per sign, keywords in one language, literals in their shortest form.

use crate::ast::{DurationUnit, Literal};
use crate::grammar::Rule;
use crate::keyword::{self, Kw, Language, of_rule};
use crate::parse::{date, duration};

/// The canonical spelling of a word.
pub(super) fn spelt(rule: Rule, parent: Rule, text: &str, language: Option<Language>) -> String {
    if let Some(kw) = of_rule(rule) {
        return spelling(kw, text, language).to_owned();
    }
    let fixed = match rule {
        Rule::lparen => "(",
        Rule::rparen => ")",
        Rule::lbracket => "[",
        Rule::rbracket => "]",
        Rule::lbrace => "{",
        Rule::rbrace => "}",
        Rule::comma => ",",
        Rule::colon => ":",
        Rule::dot => ".",
        Rule::dots => "..",
        Rule::bar => "|",
        Rule::arrow => "->",
        Rule::assign | Rule::let_sign | Rule::eq => "=",
        Rule::ne => "!=",
        Rule::lt => "<",
        Rule::le => "<=",
        Rule::gt => ">",
        Rule::ge => ">=",
        Rule::plus => "+",
        Rule::minus | Rule::neg | Rule::any => "-",
        Rule::star => "*",
        Rule::slash => "/",
        Rule::straight | Rule::curly_open | Rule::curly_close => "\"",
        Rule::curly_chars => return text.replace('"', "\\\""),
        Rule::script_body => return text.replace("\r\n", "\n"),
        Rule::format => return text.trim().to_owned(),
        Rule::number => return number(text),
        Rule::duration => return time_span(text, language),
        Rule::date => return iso_date(text),
        Rule::timestamp => return timestamp(text),
        Rule::name if parent == Rule::reference => return constant(text, language),
        Rule::property_name => return property(text, language),
        _ => return text.to_owned(),
    };
    fixed.to_owned()
}

/// A keyword in the language asked for, or in the one it is written in.
fn spelling(kw: Kw, text: &str, language: Option<Language>) -> &'static str {
    let own = if text.is_ascii() { Language::En } else { Language::Zh };
    kw.spelling(language.unwrap_or(own))
}

/// `true`, `missing`, `today`: words where names stand.
fn constant(text: &str, language: Option<Language>) -> String {
    match keyword::reserved(text) {
        Some(kw @ (Kw::TRUE | Kw::FALSE | Kw::MISSING | Kw::NOW | Kw::TODAY)) => {
            spelling(kw, text, language).to_owned()
        }
        // Other words are names here, such as a spreadsheet's `IF(…)`: the checker speaks about them.
        _ => text.to_owned(),
    }
}

/// `high`, `medium`, `low` where a priority is given.
pub(super) fn level(text: &str, language: Option<Language>) -> String {
    let level = [Kw::HIGH, Kw::MEDIUM, Kw::LOW].into_iter().find(|level| level.entry().is(text));
    level.map_or_else(|| text.to_owned(), |level| spelling(level, text, language).to_owned())
}

/// A property's word in a test is the clause's, if there is one.
fn property(text: &str, language: Option<Language>) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    match keyword::clauses("event").find(|entry| entry.is(&words)) {
        Some(entry) => spelling(entry.kw, text, language).to_owned(),
        None => text.to_owned(),
    }
}

fn number(text: &str) -> String {
    text.chars().filter(|c| !crate::parse::blank(*c)).map(|c| if c == '％' { '%' } else { c }).collect()
}

/// `30 days` → `30d`, `3个交易日` ⇄ `3 trading days`.
fn time_span(text: &str, language: Option<Language>) -> String {
    let Some(Literal::Duration { count, unit }) = duration(text) else { return text.to_owned() };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (digits, own) = (&text[..end], if text.is_ascii() { Language::En } else { Language::Zh });
    let plural = if count == 1 { "" } else { "s" };
    match (language.unwrap_or(own), unit) {
        (Language::En, DurationUnit::Second) => format!("{digits}s"),
        (Language::En, DurationUnit::Minute) => format!("{digits}m"),
        (Language::En, DurationUnit::Hour) => format!("{digits}h"),
        (Language::En, DurationUnit::Day) => format!("{digits}d"),
        (Language::En, DurationUnit::TradingDay) => format!("{digits} trading day{plural}"),
        (Language::En, DurationUnit::Month) => format!("{digits} month{plural}"),
        (Language::En, DurationUnit::Year) => format!("{digits} year{plural}"),
        (Language::Zh, DurationUnit::Second) => format!("{digits}秒"),
        (Language::Zh, DurationUnit::Minute) => format!("{digits}分钟"),
        (Language::Zh, DurationUnit::Hour) => format!("{digits}小时"),
        (Language::Zh, DurationUnit::Day) => format!("{digits}天"),
        (Language::Zh, DurationUnit::TradingDay) => format!("{digits}个交易日"),
        (Language::Zh, DurationUnit::Month) => format!("{digits}个月"),
        (Language::Zh, DurationUnit::Year) => format!("{digits}年"),
    }
}

/// `2026年11月22日` → `2026-11-22`
fn iso_date(text: &str) -> String {
    match date(text) {
        Some((year, month, day)) => format!("{year:04}-{month:02}-{day:02}"),
        None => text.to_owned(),
    }
}

fn timestamp(text: &str) -> String {
    let split = text.find(|c: char| crate::parse::blank(c) || c == 'T').unwrap_or(text.len());
    let time = text[split..].trim_start_matches(|c| crate::parse::blank(c) || c == 'T');
    format!("{} {time}", iso_date(&text[..split]))
}
