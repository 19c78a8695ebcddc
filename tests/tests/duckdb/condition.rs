//! Random conditions, each said twice: as a rule says it, and as SQL says it. The second is written from what SQL means, not made
//! from the first.

use crate::{
    table::Column,
    value::{Kind, TEXTS, digits, integer, pick, rarely},
};
use guiju_examples::random::Random;

/// The same condition, or a value in it, in both languages.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) rule: String,
    pub(crate) sql: String,
}

fn said(rule: impl Into<String>, sql: impl Into<String>) -> Said {
    Said { rule: rule.into(), sql: sql.into() }
}

fn both(text: impl Into<String>) -> Said {
    let text = text.into();
    said(text.clone(), text)
}

/// Conditions that a row alone decides.
pub(crate) fn condition(dice: &mut Random, columns: &[Column], depth: u32) -> Said {
    if depth == 0 {
        return leaf(dice, columns);
    }
    let mut part = || condition(dice, columns, depth - 1);
    let (a, b) = (part(), part());
    match dice.between(0, 9) {
        0..=3 => join(&a, "and", &b),
        4..=6 => join(&a, "or", &b),
        7 => said(format!("not ({})", a.rule), format!("NOT ({})", a.sql)),
        8 => said(format!("(({}) or else true)", a.rule), format!("coalesce(({}), TRUE)", a.sql)),
        _ => a,
    }
}

/// Some that look at the whole table, too.
pub(crate) fn whole(dice: &mut Random, columns: &[Column]) -> Said {
    let ranked: Vec<&Column> =
        columns.iter().filter(|c| matches!(c.kind, Kind::Integer(..) | Kind::Decimal(..))).collect();
    let depth = dice.between(0, 3) as u32;
    let row = condition(dice, columns, depth);
    if ranked.is_empty() || !rarely(dice, 5) {
        return row;
    }
    let (column, percent) = (&pick(dice, &ranked).name, dice.between(1, 99));
    // The least value that so many rows are at or above, one more than their share.
    let place = format!("(SELECT count({column}) * {percent} // 100 FROM t)");
    let least =
        format!("(SELECT {column} FROM t WHERE {column} IS NOT NULL ORDER BY {column} DESC LIMIT 1 OFFSET {place})");
    join(&said(format!("{column} in top {percent}%"), format!("{column} >= {least}")), "and", &row)
}

fn join(a: &Said, word: &str, b: &Said) -> Said {
    let with = |a: &str, b: &str| format!("({a}) {word} ({b})");
    said(with(&a.rule, &b.rule), with(&a.sql, &b.sql))
}

fn operator(dice: &mut Random) -> Said {
    let rule = pick(dice, &["=", "!=", "<", "<=", ">", ">="]);
    said(rule, if rule == "!=" { "<>" } else { rule })
}

fn compare(dice: &mut Random, a: &Said, b: &Said) -> Said {
    let operator = operator(dice);
    said(format!("{} {} {}", a.rule, operator.rule, b.rule), format!("{} {} {}", a.sql, operator.sql, b.sql))
}

fn leaf(dice: &mut Random, columns: &[Column]) -> Said {
    let column = &columns[dice.between(0, columns.len() as i64 - 1) as usize];
    let name = &column.name;
    if rarely(dice, 8) {
        return if rarely(dice, 2) {
            said(format!("{name} is missing"), format!("{name} IS NULL"))
        } else {
            said(format!("{name} is not missing"), format!("{name} IS NOT NULL"))
        };
    }
    let others: Vec<&Column> = columns.iter().filter(|other| comparable(column.kind, other.kind)).collect();
    if rarely(dice, 4) {
        let other = both(pick(dice, &others).name.clone());
        if column.kind == Kind::Bool {
            // Neither is less.
            return said(format!("{name} != {}", other.rule), format!("{name} <> {}", other.sql));
        }
        return compare(dice, &both(name.clone()), &other);
    }
    match column.kind {
        Kind::Integer(bytes, signed) => whole_number(dice, name, bytes, signed),
        Kind::Decimal(precision, scale) => decimal(dice, name, precision, scale),
        Kind::Real(_) => {
            let tenths = dice.between(-300, 300);
            let literal = format!("{}{}.{}", if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
            compare(dice, &both(name.clone()), &said(literal.clone(), format!("{literal}e0")))
        }
        Kind::Text(_) => text(dice, name),
        Kind::Bool => match dice.between(0, 2) {
            0 => both(name.clone()),
            1 => said(format!("{name} = false"), format!("NOT {name}")),
            _ => said(format!("not {name}"), format!("NOT {name}")),
        },
        Kind::Date(all) => day(dice, name, all),
        Kind::Timestamp => said(format!("{name} is missing"), format!("{name} IS NULL")),
        Kind::Time => {
            let clock = pick(dice, &["00:00", "09:30", "12:00", "23:59"]);
            compare(dice, &both(name.clone()), &said(clock, format!("TIME '{clock}:00'")))
        }
    }
}

/// Whether two columns may stand beside each other, and have a type of 38 digits that holds both.
fn comparable(a: Kind, b: Kind) -> bool {
    let digits = |kind| match kind {
        Kind::Integer(..) => Some((20, 0)),
        Kind::Decimal(precision, scale) => Some((precision - scale, scale)),
        _ => None,
    };
    match (a, b) {
        (Kind::Real(_), Kind::Real(_)) | (Kind::Text(_), Kind::Text(_)) | (Kind::Date(_), Kind::Date(_)) => true,
        (a, b) if a == b => true,
        (a, b) => match (digits(a), digits(b)) {
            (Some(a), Some(b)) => a.0.max(b.0) + a.1.max(b.1) <= 38,
            _ => false,
        },
    }
}

fn whole_number(dice: &mut Random, name: &str, bytes: u8, signed: bool) -> Said {
    // The least integer of all is no literal: its sign stands apart.
    let mut literal = || integer(dice, bytes, signed).max(-i64::MAX);
    let (n, m, k) = (literal(), literal(), dice.between(-1_000, 1_000));
    let (low, high) = (n.min(m), n.max(m));
    let value = match dice.between(0, 7) {
        0 => return said(format!("{name} between {low} and {high}"), format!("{name} BETWEEN {low} AND {high}")),
        1 => return listed(dice, name, &n.to_string(), &m.to_string()),
        2 => said(format!("({name} + {n})"), format!("fit({name}::HUGEINT + {n})")),
        3 => said(format!("({name} * {k})"), format!("fit({name}::HUGEINT * {k})")),
        4 => said(format!("abs({name})"), format!("fit(abs({name}::HUGEINT))")),
        5 => said(format!("({name} or else {n})"), format!("coalesce({name}, {n})")),
        6 => {
            let rule = format!("(if {name} > {low} then {name} else {high})");
            said(rule, format!("CASE WHEN {name} > {low} THEN {name} ELSE {high} END"))
        }
        _ => both(name),
    };
    compare(dice, &value, &both(m.to_string()))
}

fn listed(dice: &mut Random, name: &str, a: &str, b: &str) -> Said {
    let word = pick(dice, &["in", "not in"]);
    said(format!("{name} {word} [{a}, {b}]"), format!("{name} {word} ({a}, {b})"))
}

/// A number with as many digits after the point as the column has.
fn number(digits: i128, scale: u8) -> String {
    let one = 10_i128.pow(u32::from(scale));
    let (sign, all) = (if digits < 0 { "-" } else { "" }, digits.abs());
    if scale == 0 {
        format!("{sign}{all}")
    } else {
        format!("{sign}{}.{:0>2$}", all / one, all % one, usize::from(scale))
    }
}

fn decimal(dice: &mut Random, name: &str, precision: u8, scale: u8) -> Said {
    let mut literal = || digits(dice, precision, scale);
    let (n, m) = (literal(), literal());
    let (low, high) = (number(n.min(m), scale), number(n.max(m), scale));
    // Results of few digits are exact here and there.
    let few = precision <= 15;
    let value = match dice.between(0, 6) {
        0 => return said(format!("{name} between {low} and {high}"), format!("{name} BETWEEN {low} AND {high}")),
        1 => return listed(dice, name, &low, &high),
        2 if few => both(format!("({name} * 1.5)")),
        3 if few => both(format!("({name} - 10.25)")),
        4 if few => said(format!("30% of {name}"), format!("({name} * 0.30)")),
        5 => said(format!("({name} or else {low})"), format!("coalesce({name}, {low})")),
        _ => both(name),
    };
    compare(dice, &value, &both(high))
}

fn text(dice: &mut Random, name: &str) -> Said {
    let (a, b) = (pick(dice, &TEXTS), pick(dice, &TEXTS));
    let (rule, sql) = (format!("\"{a}\""), format!("'{a}'"));
    match dice.between(0, 6) {
        0 => said(format!("{name} starts with {rule}"), format!("starts_with({name}, {sql})")),
        1 => said(format!("{name} ends with {rule}"), format!("ends_with({name}, {sql})")),
        2 => said(format!("{name} contains {rule}"), format!("contains({name}, {sql})")),
        3 => {
            let list = listed(dice, name, "§", "§§");
            let with = |text: String, quote: char| {
                text.replace("§§", &format!("{quote}{b}{quote}")).replace('§', &format!("{quote}{a}{quote}"))
            };
            said(with(list.rule, '"'), with(list.sql, '\''))
        }
        4 => {
            let length = both(dice.between(0, 4).to_string());
            compare(dice, &both(format!("length({name})")), &length)
        }
        _ => compare(dice, &both(name), &said(rule, sql)),
    }
}

fn day(dice: &mut Random, name: &str, all: bool) -> Said {
    let days = dice.between(0, 45);
    let (a, b) = ("2026-11-20", pick(dice, &["2026-11-20", "2026-12-01", "9999-12-31"]));
    let today = "DATE '2026-11-22'";
    let counted = |rule: &str, sql: &str, n: i64| {
        let name_in = |text: &str| text.replace('§', name);
        (said(name_in(rule), name_in(sql)), both(n.to_string()))
    };
    let (value, literal) = match dice.between(0, 9) {
        0 => return said(format!("{name} between {a} and {b}"), format!("{name} BETWEEN DATE '{a}' AND DATE '{b}'")),
        1 => {
            return said(format!("{name} within next {days}d"), format!("{name} BETWEEN {today} AND {today} + {days}"));
        }
        2 => {
            return said(format!("{name} within last {days}d"), format!("{name} BETWEEN {today} - {days} AND {today}"));
        }
        3 => counted("days(§)", &format!("({today} - §)"), days - 20),
        4 => counted("year(§)", "year(§)", pick(dice, &[1, 2000, 2026, 9999])),
        5 => counted("month(§)", "month(§)", dice.between(1, 12)),
        6 => counted("weekday(§)", "isodow(§)", dice.between(1, 7)),
        7 => counted("month_day(§)", "(month(§) * 100 + day(§))", pick(dice, &[229, 1122, 1231])),
        // Beyond the year 9999 there is nothing to compare with.
        8 if !all => {
            let moved = said(format!("({name} + {days}d)"), format!("({name} + {days})"));
            return compare(dice, &moved, &said("today", today));
        }
        _ => return compare(dice, &both(name), &said(b, format!("DATE '{b}'"))),
    };
    compare(dice, &value, &literal)
}
