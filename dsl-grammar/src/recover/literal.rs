//! Literals as people type them, with the one that was meant; and slots that cannot be read.

use pest::Parser as _;

use crate::ast::Span;
use crate::grammar::{Grammar, Rule};
use crate::keyword::Kw;
use crate::parse::{date, furthest, time};
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

use super::foreign;
use super::patterns;
use super::slice::Slice;
use super::unglue::OPERATORS;

/// Names what was typed for a number, a date or a time.
pub(crate) fn literal(text: &str, span: Span) -> (ProblemKind, Vec<Edit>) {
    let found = text.to_owned();
    let digits = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.' | '-' | ':' | '：'));
    if digits && text.contains([':', '：']) {
        let meant = padded(text, ':').filter(|meant| time(meant).is_some());
        let fix = edits(span, meant.as_deref());
        return (ProblemKind::BadTime { found, meant }, fix);
    }
    if digits && (text.contains(['/', '-']) || text.matches('.').count() == 2) {
        let meant = padded(text, '-').filter(|meant| date(meant).is_some());
        let fix = edits(span, meant.as_deref());
        return (ProblemKind::BadDate { found, meant }, fix);
    }
    if is_month_and_day(text) {
        return (ProblemKind::BadDate { found, meant: None }, Vec::new());
    }
    if let Some(glued) = glued(text, span) {
        return glued;
    }
    let meant = number_meant(text);
    let fix = edits(span, meant.as_deref());
    (ProblemKind::BadNumber { found, meant }, fix)
}

/// `11月25日`, `3月1号`, `2026年11月`: a date, but of no year or no day.
fn is_month_and_day(text: &str) -> bool {
    let rest = |text: &'_ str| text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let parts = rest(text);
    if let Some(month) = parts.strip_prefix('年') {
        return rest(month) == "月";
    }
    parts.strip_prefix('月').is_some_and(|day| matches!(rest(day).as_str(), "日" | "号"))
}

fn edits(span: Span, meant: Option<&str>) -> Vec<Edit> {
    meant.map(|meant| Edit { span, text: meant.into() }).into_iter().collect()
}

/// `2026/1/5` → `2026-01-05`, `9:30` → `09:30`.
fn padded(text: &str, separator: char) -> Option<String> {
    let fields =
        text.split(['/', '.', '-', ':', '：']).map(|field| field.parse::<u32>().ok().map(|n| format!("{n:02}")));
    Some(fields.collect::<Option<Vec<_>>>()?.join(&separator.to_string()))
}

/// `50w`, `５０万`, `5min`, `1e5`, `1M`, `2w`: the literal that was meant.
fn number_meant(text: &str) -> Option<String> {
    let narrow: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            '．' => '.',
            '％' => '%',
            other => other,
        })
        .collect();
    let end = narrow.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(narrow.len());
    let (number, suffix) = narrow.split_at(end);
    let value = || number.replace('_', "").parse::<u64>().ok();
    Some(match suffix {
        "" | "%" | "万" | "亿" | "元" | "万元" | "亿元" => narrow.clone(),
        "w" | "W" | "w元" | "W元" => format!("{number}万{}", &suffix[1..]),
        "k" | "K" | "千" => (value()?.checked_mul(1000)?).to_string(),
        "M" | "百万" => format!("{}万", value()?.checked_mul(100)?),
        "千万" => format!("{}万", value()?.checked_mul(1000)?),
        "十万" => format!("{}万", value()?.checked_mul(10)?),
        "min" | "mins" | "分" => format!("{number}m"),
        "sec" | "secs" => format!("{number}s"),
        "hr" | "hrs" => format!("{number}h"),
        "周" | "week" | "weeks" | "个星期" | "星期" => format!("{}d", value()?.checked_mul(7)?),
        "日" => format!("{number}天"),
        "月" | "mo" => format!("{number} months"),
        "岁" | "次" | "个" | "笔" | "户" | "人" => number.to_owned(),
        _ => exponent(number, suffix).or_else(|| compound(number, suffix))?,
    })
}

/// `1e5` → `10万`
fn exponent(number: &str, suffix: &str) -> Option<String> {
    let power: u32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let value = number.parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(power)?)?;
    Some(grouped(value))
}

/// `1h30m` → `90m`
fn compound(number: &str, suffix: &str) -> Option<String> {
    let minutes: u64 = suffix.strip_prefix('h')?.strip_suffix('m')?.parse().ok()?;
    Some(format!("{}m", number.parse::<u64>().ok()?.checked_mul(60)?.checked_add(minutes)?))
}

/// A whole number as one would write it here.
pub(crate) fn grouped(value: u64) -> String {
    match value {
        0 => "0".into(),
        n if n.is_multiple_of(100_000_000) => format!("{}亿", n / 100_000_000),
        n if n.is_multiple_of(10_000) => format!("{}万", n / 10_000),
        n => {
            let digits = n.to_string();
            let mut out = String::new();
            for (i, digit) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    out.push('_');
                }
                out.push(digit);
            }
            out
        }
    }
}

/// `50万且到期日在未来3个交易日内`: a keyword right after a number. The fix sets blanks around it.
fn glued(text: &str, span: Span) -> Option<(ProblemKind, Vec<Edit>)> {
    let (at, word) = first_glued(text)?;
    let start = span.start as usize + at;
    let rest = &text[at + word.zh().len()..];
    let place = Span::new(start, start + word.zh().len());
    let kind = ProblemKind::GluedKeyword { word, rest: rest.into() };
    let after = if rest.starts_with(|c: char| c.is_ascii_digit()) || rest.is_empty() { "" } else { " " };
    Some((kind, vec![Edit { span: place, text: format!(" {}{after}", word.zh()) }]))
}

/// The first Chinese operator inside a word; of two at one place the longer.
pub(crate) fn first_glued(text: &str) -> Option<(usize, Kw)> {
    text.char_indices().skip(1).find_map(|(at, _)| {
        let here = OPERATORS.into_iter().filter(|kw| text[at..].starts_with(kw.zh()));
        here.max_by_key(|kw| kw.zh().len()).map(|kw| (at, kw))
    })
}

/// A slot whose expression could not be read.
pub(crate) fn slot(text: &str, span: Span) -> Vec<Problem> {
    let written = &text[span.range()];
    let inner = written.strip_prefix('{').unwrap_or(written);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let start = span.start as usize + written.find(inner).unwrap_or(0);
    if !written.ends_with('}') {
        // The slot was meant to end with its name.
        let name = inner.find(|c: char| !(c == '_' || c == '.' || c.is_alphanumeric())).unwrap_or(inner.len());
        let end = Span::new(start + name, start + name);
        let kind = ProblemKind::Expected { wanted: vec![Wanted::Sign("}")], found: String::new() };
        let fix = vec![Edit { span: end, text: "}".into() }];
        return vec![Problem { span: Span { start: span.start, end: end.end }, kind, fix }];
    }
    let place = Span::new(start, start + inner.len());
    if let Some(problem) = foreign::invisible(text, place) {
        return vec![problem];
    }
    if let Err(error) = Grammar::parse(Rule::strict_expr, inner) {
        let slice = Slice::new(text, place, start + furthest(&error));
        if let Some(problem) = patterns::first(&slice).or_else(|| patterns::missing_between(&slice)) {
            return vec![problem];
        }
    }
    vec![Problem { span, kind: ProblemKind::BadSlot { found: inner.into() }, fix: Vec::new() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_the_literal_that_was_meant() {
        let meant = |text| match literal(text, Span::new(0, text.len())).0 {
            ProblemKind::BadNumber { meant, .. }
            | ProblemKind::BadDate { meant, .. }
            | ProblemKind::BadTime { meant, .. } => meant,
            other => panic!("{other:?}"),
        };
        for (typed, wanted) in [
            ("50w", "50万"),
            ("50W", "50万"),
            ("５０万", "50万"),
            ("50k", "50000"),
            ("1M", "100万"),
            ("5min", "5m"),
            ("1e5", "10万"),
            ("1h30m", "90m"),
            ("2weeks", "14d"),
            ("2026/11/22", "2026-11-22"),
            ("2026-1-5", "2026-01-05"),
            ("9:30", "09:30"),
            ("60岁", "60"),
        ] {
            assert_eq!(meant(typed).as_deref(), Some(wanted), "{typed}");
        }
        assert_eq!(meant("2026/13/40"), None);
        assert_eq!(meant("25:99"), None);
        assert_eq!(grouped(1_234_567), "1_234_567");
    }

    #[test]
    fn finds_the_keyword_after_a_number() {
        let (kind, fix) = literal("50万且到期日在未来3个交易日内", Span::new(10, 60));
        assert_eq!(kind, ProblemKind::GluedKeyword { word: Kw::AND, rest: "到期日在未来3个交易日内".into() });
        assert_eq!(fix, [Edit { span: Span::new(15, 18), text: " 且 ".into() }]);
    }
}
