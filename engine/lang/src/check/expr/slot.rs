//! Slots of texts: what they may hold, and their formats.

use crate::{
    check::{
        habits,
        resolve::is_unknown,
        scope::{Checker, Scope},
        types::{self, Family},
    },
    finding::{Arg, Finding, Fix, SourceFile, codes::names as codes},
    hir::{Expr, ExprKind as H, SlotFormat, TextSegment},
    ty::{Type, Unit},
};
use guiju_grammar::{
    ast::{self, Plain, Span},
    keyword::Kw,
};

impl Checker<'_, '_> {
    pub(super) fn slot(&mut self, scope: &mut Scope, e: &ast::Expr, format: Option<&Plain>, span: Span) -> TextSegment {
        let value = self.value(scope, e);
        // The grammar has reported `{5}` and `{"x"}`; a name may stand for a constant, `{-5}` may not.
        let calculated = !matches!(e.kind, ast::ExprKind::Literal(_) | ast::ExprKind::Text(_) | ast::ExprKind::Path(_));
        if calculated && matches!(value.kind, H::Literal(_)) && !is_unknown(&value) && scope.used_at.is_none() {
            self.report(scope, Finding::new(codes::CONSTANT_SLOT, scope.at(span)));
        }
        if value.typed.nullable && !is_unknown(&value) && !scope.broken {
            self.nullable_slot(scope, e, &value);
        }
        if let Type::Record(_) = value.typed.ty {
            self.wrong(scope, codes::TEXT_EXPECTED, &value, e.span);
        }
        let format = match format {
            None => SlotFormat::Plain,
            Some(format) => self.format(scope, &value, format),
        };
        TextSegment::Slot { expr: value, format }
    }

    fn nullable_slot(&mut self, scope: &mut Scope, e: &ast::Expr, value: &Expr) {
        let text = self.text_of(scope, e.span);
        let place = scope.at(e.span);
        let finding = Finding::new(codes::NULLABLE_SLOT, place).name("name", &text);
        let Some(default) = suggested_default(&value.typed.ty) else {
            let with = format!("{text} {} …", self.say(scope, Kw::OR_ELSE));
            return self.report(scope, finding.name("suggestion", with));
        };
        if self.input.files.get(scope.file).is_some_and(SourceFile::is_template) {
            let with = format!("{text} | default({default})");
            return self.report(scope, finding.name("suggestion", &with).fix(Fix::replace(place, with)));
        }
        let default = if default == "today" { self.say(scope, Kw::TODAY) } else { default };
        let simple = matches!(e.kind, ast::ExprKind::Path(_) | ast::ExprKind::Call { .. });
        let operand = if simple { text } else { format!("({text})") };
        let with = format!("{operand} {} {default}", self.say(scope, Kw::OR_ELSE));
        self.report(scope, finding.name("suggestion", &with).fix(Fix::replace(place, with)));
    }

    fn format(&mut self, scope: &mut Scope, value: &Expr, format: &Plain) -> SlotFormat {
        let text = format.text.trim();
        let family = types::family(&value.typed.ty);
        if let Some(parsed) = parse(text) {
            if fits(&parsed, family) {
                self.format_unit(scope, value, &parsed, format);
                return parsed;
            }
            let finding = Finding::new(codes::FORMAT_UNFIT, scope.at(format.span)).name("format", text);
            let finding = finding.arg("type", Arg::Type(value.typed.ty.clone()));
            self.report(scope, finding.arg("word", Arg::Word(formats(family))));
            return SlotFormat::Plain;
        }
        let finding = Finding::new(codes::FORMAT_UNKNOWN, scope.at(format.span)).name("format", text);
        let finding = finding.arg("word", Arg::Word(formats(family)));
        let meant = habits::format(text).filter(|meant| parse(meant).is_some_and(|meant| fits(&meant, family)));
        let finding = match meant {
            Some(meant) => finding.suggest(vec![meant.clone()]).fix(Fix::replace(scope.at(format.span), meant)),
            None => finding,
        };
        self.report(scope, finding);
        SlotFormat::Plain
    }

    /// `{shares:万元}`, where the number counts something else.
    fn format_unit(&mut self, scope: &mut Scope, value: &Expr, format: &SlotFormat, written: &Plain) {
        let SlotFormat::Scaled { suffix, .. } = format else { return };
        let word = suffix.trim_start_matches(['万', '亿']);
        let (Some(says), is) = (types::unit(word), &value.typed.unit) else { return };
        if *is != Unit::None && *is != says {
            let finding = Finding::new(codes::UNITS_MIXED, scope.at(written.span)).name("left", types::unit_word(is));
            self.report(scope, finding.name("right", types::unit_word(&says)));
        }
    }
}

/// What could be written where a value of this type is missing.
pub(in crate::check) fn suggested_default(ty: &Type) -> Option<&'static str> {
    match types::family(ty) {
        Family::Text => Some("\"-\""),
        Family::Number => Some("0"),
        Family::Date => Some("today"),
        _ => None,
    }
}

/// Whether values of a family can be written in that format.
fn fits(format: &SlotFormat, family: Family) -> bool {
    match (format, family) {
        (_, Family::Any) => true,
        (SlotFormat::Time(pattern), Family::Date) => !uses(pattern, "HMS"),
        (SlotFormat::Time(pattern), Family::Time) => !uses(pattern, "Ymdyje"),
        (SlotFormat::Time(_), Family::Timestamp) => true,
        (SlotFormat::Number { .. } | SlotFormat::Scaled { .. }, Family::Number) => true,
        (SlotFormat::Plain, _) => true,
        _ => false,
    }
}

fn formats(family: Family) -> &'static str {
    match family {
        Family::Number => "word.formats-number",
        Family::Date => "word.formats-date",
        Family::Time => "word.formats-time",
        Family::Timestamp => "word.formats-timestamp",
        _ => "word.formats-none",
    }
}

fn uses(pattern: &str, letters: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '%' {
            let code = chars.next().and_then(|c| if c == '-' { chars.next() } else { Some(c) });
            if code.is_some_and(|c| letters.contains(c)) {
                return true;
            }
        }
    }
    false
}

fn parse(text: &str) -> Option<SlotFormat> {
    time(text).or_else(|| scaled(text)).or_else(|| number(text))
}

/// strftime codes; `0.0%` is none since its `%` stands last.
fn time(text: &str) -> Option<SlotFormat> {
    let mut chars = text.chars();
    let mut codes = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        let code = match chars.next()? {
            '-' => chars.next()?,
            c => c,
        };
        if !"YmdHMSyje%".contains(code) {
            return None;
        }
        codes += usize::from(code != '%');
    }
    (codes > 0).then(|| SlotFormat::Time(text.into()))
}

fn scaled(text: &str) -> Option<SlotFormat> {
    const WORDS: [&str; 14] = ["元", "股", "份", "手", "笔", "户", "人", "次", "天", "美元", "港元", "个", "张", "件"];
    let (power, word) = match text.strip_prefix('万') {
        Some(rest) => (4, rest),
        None => text.strip_prefix('亿').map_or((0, text), |rest| (8, rest)),
    };
    let known = WORDS.contains(&word) || (power > 0 && word.is_empty());
    known.then(|| SlotFormat::Scaled { power, suffix: text.into() })
}

/// `#,##0.00`, `0.0%`, `0`, `#.##`
fn number(text: &str) -> Option<SlotFormat> {
    let (body, percent) = match text.strip_suffix(['%', '％']) {
        Some(body) => (body, true),
        None => (text, false),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let grouping = whole.contains(',');
    let digits: String = match grouping {
        true => {
            let (head, last) = whole.rsplit_once(',')?;
            if last.len() != 3 || head.is_empty() {
                return None;
            }
            whole.replace(',', "")
        }
        false => whole.to_owned(),
    };
    let pattern = |t: &str, zeros_first: bool| {
        let (zeros, hashes) = (t.matches('0').count(), t.matches('#').count());
        let ordered = if zeros_first { t.starts_with(&"0".repeat(zeros)) } else { t.ends_with(&"0".repeat(zeros)) };
        (zeros + hashes == t.chars().count() && ordered).then_some((zeros, hashes))
    };
    let (min_integer, hashes) = pattern(&digits, false)?;
    let (min_fraction, more) = pattern(fraction, true)?;
    if min_integer + hashes == 0
        || (body.contains('.') && fraction.is_empty())
        || min_fraction + more > 38
        || min_integer > 38
    {
        return None;
    }
    Some(SlotFormat::Number {
        grouping,
        min_integer: u8::try_from(min_integer).ok()?,
        min_fraction: u8::try_from(min_fraction).ok()?,
        max_fraction: u8::try_from(min_fraction + more).ok()?,
        percent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_as_written() {
        let number = |grouping, min_integer, min_fraction, max_fraction, percent| {
            Some(SlotFormat::Number { grouping, min_integer, min_fraction, max_fraction, percent })
        };
        assert_eq!(parse("#,##0.00"), number(true, 1, 2, 2, false));
        assert_eq!(parse("0.0%"), number(false, 1, 1, 1, true));
        assert_eq!(parse("0.0#"), number(false, 1, 1, 2, false));
        assert_eq!(parse("000"), number(false, 3, 0, 0, false));
        assert_eq!(parse("%m月%d日"), Some(SlotFormat::Time("%m月%d日".into())));
        assert_eq!(parse("%-m/%-d"), Some(SlotFormat::Time("%-m/%-d".into())));
        assert_eq!(parse("万元"), Some(SlotFormat::Scaled { power: 4, suffix: "万元".into() }));
        assert_eq!(parse("亿"), Some(SlotFormat::Scaled { power: 8, suffix: "亿".into() }));
        for bad in ["", "abc", "0.", "#,##", ",##0", "#0#", "%q", "元万", "文本"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert!(uses("%H:%M", "HMS") && !uses("%m%%H", "HMS"));
    }
}
