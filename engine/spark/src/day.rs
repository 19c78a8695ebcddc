//! Dates, and the calendar: its trading days are a text of 0 and 1, one for each day of its range.

use crate::{
    expr::{Said, Writer, unsaid},
    sql,
};
use guiju_lang::{
    builtin::Builtin,
    calendar::Calendar,
    hir::Expr,
    time::{Civil, DAY, FIRST_DAY, LAST_DAY, is_leap},
    ty::Type,
    value::Duration,
};

const NO_DATE: &str = "CAST(NULL AS DATE)";

impl Writer<'_> {
    /// A date, or an instant's date in the zone.
    pub(crate) fn date_of(&self, e: &Expr, value: &str) -> Said {
        match e.typed.ty {
            Type::Date => Ok(value.to_owned()),
            Type::Timestamp => {
                let zone = sql::text(self.cx.zone.name());
                Ok(format!("to_date(from_utc_timestamp(timestamp_micros({value}), {zone}))"))
            }
            Type::Unknown => Ok(NO_DATE.to_owned()),
            _ => Err(unsaid(e, "a date of this")),
        }
    }

    pub(crate) fn shifted_date(&self, e: &Expr, x: &str, by: Option<Duration>) -> Said {
        // Nobody can move a date so far and stay in the calendar.
        let reach = i64::from(LAST_DAY - FIRST_DAY);
        let (function, n) = match by {
            Some(Duration::Days(n)) => ("date_add", n),
            Some(Duration::Micros(n)) if n % DAY == 0 => ("date_add", n / DAY),
            Some(Duration::Months(n)) => ("add_months", n),
            Some(Duration::TradingDays(n)) => return self.shifted_trading(x, n),
            Some(Duration::Micros(_)) | None => return Ok(NO_DATE.to_owned()),
        };
        if n.abs() > reach {
            return Ok(NO_DATE.to_owned());
        }
        let (first, last) = (sql::date(FIRST_DAY), sql::date(LAST_DAY));
        let _ = e;
        self.bind(&format!("{function}({x}, {n})"), |v| {
            Ok(format!("CASE WHEN {v} BETWEEN {first} AND {last} THEN {v} END"))
        })
    }

    /// The n-th trading day after a date, of those that the calendar knows.
    fn shifted_trading(&self, x: &str, n: i64) -> Said {
        let Some(days) = self.days() else { return Ok(NO_DATE.to_owned()) };
        self.bind(x, |d| {
            if n == 0 {
                return Ok(format!("CASE WHEN {} THEN {d} END", days.known(d)));
            }
            // Seven digits for each trading day: how many days after the first of the calendar it is.
            let list: String = days.offsets.iter().map(|at| format!("{at:07}")).collect();
            let many = days.offsets.len();
            let before = if n > 0 { days.upto(d, 0) } else { days.upto(d, 1) };
            let at = if n > 0 { format!("({before} + {n})") } else { format!("({before} + 1 - {})", n.unsigned_abs()) };
            Ok(format!(
                "CASE WHEN {} AND {at} BETWEEN 1 AND {many} THEN date_add({}, CAST(substring('{list}', CAST(({at} - 1) * 7 + 1 AS INT), 7) AS INT)) END",
                days.known(d),
                days.first
            ))
        })
    }

    pub(crate) fn day_function(&self, e: &Expr, function: Builtin, arguments: &[Expr]) -> Said {
        let day = |i: usize| -> Said {
            let argument = arguments.get(i).ok_or_else(|| unsaid(e, "a date"))?;
            self.date_of(argument, &self.expr(argument)?)
        };
        let until = || if arguments.len() > 1 { day(1) } else { Ok(sql::date(self.cx.today)) };
        let of = |template: fn(&str) -> String| -> Said { Ok(format!("CAST({} AS BIGINT)", template(&day(0)?))) };
        match function {
            Builtin::Days => Ok(format!("CAST(datediff({}, {}) AS BIGINT)", until()?, day(0)?)),
            Builtin::Year => of(|d| format!("year({d})")),
            Builtin::Month => of(|d| format!("month({d})")),
            Builtin::Day => of(|d| format!("day({d})")),
            Builtin::Quarter => of(|d| format!("quarter({d})")),
            Builtin::Weekday => of(|d| format!("weekday({d}) + 1")),
            Builtin::MonthDay => self.bind(&day(0)?, |d| Ok(format!("CAST({} AS BIGINT)", month_day(d)))),
            Builtin::MonthStart => Ok(format!("CAST(trunc({}, 'MM') AS DATE)", day(0)?)),
            Builtin::MonthEnd => Ok(format!("last_day({})", day(0)?)),
            Builtin::Age => {
                let today = Civil::of(self.cx.today);
                let now = u32::from(today.month) * 100 + u32::from(today.day);
                self.bind(&day(0)?, |d| {
                    let reached = in_year(&month_day(d), today.year);
                    Ok(format!(
                        "CAST({} - year({d}) - CASE WHEN {reached} > {now} THEN 1 ELSE 0 END AS BIGINT)",
                        today.year
                    ))
                })
            }
            Builtin::Anniversary => {
                let year = Civil::of(self.cx.today).year;
                let today = sql::date(self.cx.today);
                self.bind(&day(0)?, |d| {
                    let in_year = |year: i32| {
                        let on = in_year(&month_day(d), year);
                        format!("make_date({year}, CAST({on} DIV 100 AS INT), CAST({on} % 100 AS INT))")
                    };
                    let (this, next) = (in_year(year), in_year(year + 1));
                    if year >= 9999 {
                        return Ok(format!("CASE WHEN {this} >= {today} THEN {this} END"));
                    }
                    Ok(format!("CASE WHEN {d} IS NULL THEN NULL WHEN {this} >= {today} THEN {this} ELSE {next} END"))
                })
            }
            Builtin::Months => {
                let until = until()?;
                self.bind(&day(0)?, |a| {
                    self.bind(&until, |b| {
                        Ok(format!(
                            "CAST(CASE WHEN {b} < {a} THEN -({}) ELSE {} END AS BIGINT)",
                            full_months(b, a),
                            full_months(a, b)
                        ))
                    })
                })
            }
            Builtin::IsTradingDay | Builtin::TradingDays | Builtin::NextTradingDay | Builtin::PreviousTradingDay => {
                let ty = sql::type_name(&e.typed.ty).unwrap_or_default();
                let Some(days) = self.days() else { return Ok(format!("CAST(NULL AS {ty})")) };
                let until = if function == Builtin::TradingDays { day(1)? } else { String::new() };
                self.bind(&day(0)?, |d| {
                    let known = days.known(d);
                    Ok(match function {
                        Builtin::IsTradingDay => {
                            format!("CASE WHEN {known} THEN substring('{}', {}, 1) = '1' END", days.bits, days.index(d))
                        }
                        Builtin::NextTradingDay => {
                            let at = format!("locate('1', '{}', {} + 1)", days.bits, days.index(d));
                            format!("CASE WHEN {known} AND {at} > 0 THEN date_add({}, {at} - 1) END", days.first)
                        }
                        Builtin::PreviousTradingDay => {
                            let back: String = days.bits.chars().rev().collect();
                            let many = days.bits.len();
                            let at = format!("locate('1', '{back}', {many} - {} + 2)", days.index(d));
                            format!("CASE WHEN {known} AND {at} > 0 THEN date_add({}, {many} - {at}) END", days.first)
                        }
                        _ => {
                            return self.bind(&until, |u| {
                                Ok(format!(
                                    "CASE WHEN {known} AND {} THEN CAST({} - {} AS BIGINT) END",
                                    days.known(u),
                                    days.upto(u, 0),
                                    days.upto(d, 0)
                                ))
                            });
                        }
                    })
                })
            }
            _ => Err(unsaid(e, "this function")),
        }
    }

    fn days(&self) -> Option<Days> {
        self.cx.calendar.as_deref().map(Days::of)
    }
}

/// A calendar as constants.
struct Days {
    first: String,
    last: String,
    /// `1` for a trading day, from the first day on.
    bits: String,
    offsets: Vec<i32>,
}

impl Days {
    fn of(calendar: &Calendar) -> Self {
        let (first, last) = calendar.valid();
        let mut bits = "0".repeat(usize::try_from(last - first + 1).unwrap_or(0)).into_bytes();
        let offsets: Vec<i32> = calendar.trading_days().iter().map(|day| day - first).collect();
        for at in &offsets {
            if let Some(bit) = usize::try_from(*at).ok().and_then(|at| bits.get_mut(at)) {
                *bit = b'1';
            }
        }
        Self {
            first: sql::date(first),
            last: sql::date(last),
            bits: bits.into_iter().map(char::from).collect(),
            offsets,
        }
    }

    /// Whether the calendar says anything about a day.
    fn known(&self, d: &str) -> String {
        format!("{d} BETWEEN {} AND {}", self.first, self.last)
    }

    /// A day's place in the text, from 1.
    fn index(&self, d: &str) -> String {
        format!("(datediff({d}, {}) + 1)", self.first)
    }

    /// Trading days up to and including a day, or so many days before it.
    fn upto(&self, d: &str, less: i32) -> String {
        format!("length(replace(substring('{}', 1, {} - {less}), '0', ''))", self.bits, self.index(d))
    }
}

fn month_day(d: &str) -> String {
    format!("(month({d}) * 100 + day({d}))")
}

/// Month and day of an anniversary in a year: 29 February falls on the 28th in most.
fn in_year(month_day: &str, year: i32) -> String {
    if is_leap(year) {
        month_day.to_owned()
    } else {
        format!("(CASE WHEN {month_day} = 229 THEN 228 ELSE {month_day} END)")
    }
}

/// Full months from a date to one that is not earlier.
fn full_months(a: &str, b: &str) -> String {
    let months = format!("((year({b}) - year({a})) * 12 + month({b}) - month({a}))");
    format!("{months} - CASE WHEN add_months({a}, {months}) > {b} THEN 1 ELSE 0 END")
}
