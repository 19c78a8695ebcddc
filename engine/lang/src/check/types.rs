//! Types and units as written.

use crate::{
    finding::{Finding, Fix, Place, codes::names as codes},
    ty::{DecimalType, Type, Typed, Unit},
};
use guiju_grammar::ast;

const TYPES: [(&str, &[&str]); 12] = [
    ("bool", &["bool", "boolean", "布尔", "真假", "是否"]),
    ("integer", &["integer", "int", "整数"]),
    ("decimal", &["decimal", "定点", "小数", "定点数"]),
    ("real", &["real", "实数"]),
    ("text", &["text", "文本"]),
    ("date", &["date", "日期"]),
    ("time", &["time", "时刻"]),
    ("timestamp", &["timestamp", "时间戳"]),
    ("duration", &["duration", "时长"]),
    ("ip", &["ip", "地址"]),
    ("cidr", &["cidr", "网段"]),
    ("service", &["service", "服务"]),
];

/// Types of databases and spreadsheets, and what they are called here.
const ELSEWHERE: [(&[&str], &str, &str); 6] = [
    (&["varchar", "varchar2", "char", "string", "str", "nvarchar", "字符串", "字符", "文字"], "text", "文本"),
    (&["bigint", "smallint", "tinyint", "long", "int64", "int32", "整型"], "integer", "整数"),
    (&["number", "numeric", "money", "currency", "数字", "数值", "金额"], "decimal(18, 2)", "定点(18, 2)"),
    (&["float", "double", "浮点", "浮点数"], "real", "实数"),
    (&["datetime", "日期时间"], "timestamp", "时间戳"),
    (&["bit", "flag", "布尔值"], "bool", "布尔"),
];

/// A type as written; nullable.
pub(super) fn typed(
    name: &ast::TypeName,
    at: impl Fn(ast::Span) -> Place,
    findings: &mut Vec<Finding>,
) -> Option<Typed> {
    let word = name.name.text.to_lowercase();
    let known = TYPES.iter().find(|(_, words)| words.contains(&word.as_str()));
    let Some((kind, _)) = known else {
        if let Some((_, en, zh)) = ELSEWHERE.iter().find(|(words, ..)| words.contains(&word.as_str())) {
            let meant = if word.is_ascii() { *en } else { *zh };
            let finding = Finding::new(codes::UNKNOWN_TYPE, at(name.name.span)).name("name", &name.name.text);
            let finding = finding.suggest(vec![meant.to_owned()]);
            // `numeric(18, 2)` keeps its digits, `varchar(20)` has none to keep.
            let bare = meant.split('(').next().unwrap_or(meant);
            let fix = match (name.args.is_empty(), bare == meant, &name.unit) {
                (true, ..) => Some(Fix::replace(at(name.name.span), meant)),
                (false, false, _) => Some(Fix::replace(at(name.name.span), bare)),
                (false, true, None) => Some(Fix::replace(at(name.span), meant)),
                (false, true, Some(_)) => None,
            };
            findings.push(fix.into_iter().fold(finding, Finding::fix));
            return None;
        }
        let near = super::suggest::nearest(&word, TYPES.iter().flat_map(|(_, words)| words.iter().copied()));
        let finding = Finding::new(codes::UNKNOWN_TYPE, at(name.name.span)).name("name", &name.name.text);
        findings.push(super::suggest::with(finding, near));
        return None;
    };
    let ty = match *kind {
        "bool" => Type::Bool,
        "integer" => Type::Integer,
        "real" => Type::Real,
        "text" => Type::Text,
        "date" => Type::Date,
        "time" => Type::Time,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "ip" => Type::Ip,
        "cidr" => Type::Cidr,
        "service" => Type::Service,
        _ => Type::Decimal(decimal(name, &at, findings)?),
    };
    let unit = match &name.unit {
        None => Unit::None,
        Some(unit) => match self::unit(&unit.text) {
            Some(unit) => unit,
            None => {
                let scaled =
                    unit.text.strip_prefix(['万', '亿', '千', '百']).is_some_and(|word| self::unit(word).is_some());
                if !scaled {
                    findings.push(Finding::new(codes::UNKNOWN_UNIT, at(unit.span)).name("name", &unit.text));
                    return None;
                }
                let finding = Finding::new(codes::SCALED_UNIT, at(unit.span)).name("name", &unit.text);
                // What stands before the unit is the type.
                let fix = Fix::replace(at(ast::Span { start: name.bare.end, end: unit.span.end }), "");
                findings.push(finding.fix(fix));
                return None;
            }
        },
    };
    let ty = if unit == Unit::Percent { share(ty) } else { ty };
    Some(Typed { ty, unit, nullable: true })
}

/// Of a column of percents, what readers make of it: 12.50 stored as decimal(5,2) is 0.1250, a decimal(5,4).
fn share(stored: Type) -> Type {
    let stored = match stored {
        Type::Decimal(d) => d,
        Type::Integer => DecimalType { precision: 19, scale: 0 },
        other => return other,
    };
    let scale = (stored.scale + 2).min(38);
    Type::Decimal(DecimalType { precision: stored.precision.max(scale), scale })
}

/// `decimal(18, 2)`; without numbers that is what money needs.
fn decimal(name: &ast::TypeName, at: &impl Fn(ast::Span) -> Place, findings: &mut Vec<Finding>) -> Option<DecimalType> {
    let (precision, scale) = match name.args[..] {
        [] => (18, 2),
        [precision] => (precision, 0),
        [precision, scale, ..] => (precision, scale),
    };
    let narrow = |n: u32| u8::try_from(n).ok();
    match (narrow(precision), narrow(scale)) {
        (Some(precision @ 1..=38), Some(scale)) if scale <= precision => Some(DecimalType { precision, scale }),
        _ => {
            let finding = Finding::new(codes::DECIMAL_ARGUMENTS, at(name.span));
            // The digits the other way round.
            let fix = (scale <= 38 && (1..=scale).contains(&precision))
                .then(|| Fix::replace(at(name.bare), format!("{}({scale}, {precision})", name.name.text)));
            findings.push(fix.into_iter().fold(finding, Finding::fix));
            None
        }
    }
}

/// A unit by its word; a unit nobody has heard of is none.
pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "percent" | "%" | "百分比" | "百分数" => Unit::Percent,
        "元" | "yuan" | "CNY" | "cny" | "人民币" | "rmb" | "RMB" => Unit::Money("CNY".into()),
        "美元" | "USD" | "usd" => Unit::Money("USD".into()),
        "港元" | "HKD" | "hkd" => Unit::Money("HKD".into()),
        "股" | "shares" => Unit::Shares,
        "米" | "metres" | "meters" | "m" => Unit::Other("m".into()),
        "公里" | "km" => Unit::Other("km".into()),
        "dB" | "db" | "分贝" => Unit::Other("dB".into()),
        "手" | "份" => Unit::Other(word.into()),
        _ => return None,
    })
}

/// A unit as people write it.
pub(super) fn unit_word(unit: &Unit) -> String {
    match unit {
        Unit::None => String::new(),
        Unit::Percent => "%".into(),
        Unit::Money(code) if code == "CNY" => "元".into(),
        Unit::Money(code) if code == "USD" => "美元".into(),
        Unit::Money(code) if code == "HKD" => "港元".into(),
        Unit::Money(code) => code.clone(),
        Unit::Shares => "股".into(),
        Unit::Other(word) => word.clone(),
    }
}

/// What compares with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Any,
    Bool,
    Number,
    Text,
    Date,
    Time,
    Timestamp,
    Duration,
    Ip,
    Cidr,
    Service,
    List,
    Record,
}

pub(super) fn family(ty: &Type) -> Family {
    match ty {
        Type::Unknown => Family::Any,
        Type::Bool => Family::Bool,
        Type::Integer | Type::Decimal(_) | Type::Real => Family::Number,
        Type::Text => Family::Text,
        Type::Date => Family::Date,
        Type::Time => Family::Time,
        Type::Timestamp => Family::Timestamp,
        Type::Duration => Family::Duration,
        Type::Ip => Family::Ip,
        Type::Cidr => Family::Cidr,
        Type::Service => Family::Service,
        Type::List(_) => Family::List,
        Type::Record(_) => Family::Record,
    }
}

/// Both of one family, or one of them unknown.
pub(super) fn alike(a: &Type, b: &Type) -> bool {
    let (a, b) = (family(a), family(b));
    a == b || a == Family::Any || b == Family::Any
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn percents_gain_two_places() {
        let decimal = |precision, scale| Type::Decimal(DecimalType { precision, scale });
        assert_eq!(share(decimal(5, 2)), decimal(5, 4));
        assert_eq!(share(decimal(4, 3)), decimal(5, 5));
        assert_eq!(share(Type::Integer), decimal(19, 2));
        assert_eq!(share(Type::Real), Type::Real);
    }
}
