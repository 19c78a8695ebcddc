//! Names, sentences and examples of the built-in functions. The examples run as tests on 2026-11-22 in Asia/Shanghai, with a
//! calendar of the year 2026.

use super::Builtin;

/// A row of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub function: Builtin,
    /// English name.
    pub en: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// How it is called, in English and Chinese.
    pub call: (&'static str, &'static str),
    /// One sentence, in English and Chinese.
    pub doc: (&'static str, &'static str),
    /// Expression and what it gives, as text; an empty result is missing.
    pub examples: &'static [(&'static str, &'static str)],
}

impl Builtin {
    /// Every function.
    pub const ALL: [Self; ENTRIES.len()] = {
        let mut all = [Self::Days; ENTRIES.len()];
        let mut i = 0;
        while i < ENTRIES.len() {
            all[i] = ENTRIES[i].function;
            i += 1;
        }
        all
    };

    /// By English or Chinese name, or an alias.
    pub fn named(name: &str) -> Option<Self> {
        ENTRIES.iter().find(|e| e.en == name || e.zh == name || e.aliases.contains(&name)).map(|e| e.function)
    }

    /// Its row of the reference.
    pub fn entry(self) -> &'static Entry {
        // The table is in the enum's order (a test says so).
        &ENTRIES[self as usize]
    }
}

const ENTRIES: [Entry; 37] = [
    Entry {
        function: Builtin::Days,
        en: "days",
        zh: "相隔天数",
        aliases: &[],
        call: ("days(from, to)", "相隔天数(起, 止)"),
        doc: (
            "calendar days from the first date to the second, or to today if there is no second",
            "从第一个日期到第二个日期的自然日天数；省略第二个时算到今天",
        ),
        examples: &[
            ("days(2026-11-20, 2026-11-22)", "2"),
            ("days(2026-11-12)", "10"),
            ("相隔天数(2026-12-31, 2026-12-01)", "-30"),
        ],
    },
    Entry {
        function: Builtin::Decimal,
        en: "decimal",
        zh: "定点",
        aliases: &[],
        call: ("decimal(x, scale)", "定点(数, 小数位)"),
        doc: (
            "a number or a text as an exact decimal with that many digits after the point, rounded half up",
            "把数或文本转成指定小数位的定点数，四舍五入",
        ),
        examples: &[("decimal(2.345, 2)", "2.35"), (r#"decimal("12.5", 1)"#, "12.5"), (r#"定点("abc", 2)"#, "")],
    },
    Entry {
        function: Builtin::Real,
        en: "real",
        zh: "实数",
        aliases: &[],
        call: ("real(x)", "实数(数)"),
        doc: ("a number or a text as a binary floating-point number", "把数或文本转成浮点数"),
        examples: &[("real(0.1) + real(0.2)", "0.30000000000000004"), (r#"实数("1e3")"#, "1000")],
    },
    Entry {
        function: Builtin::Integer,
        en: "integer",
        zh: "整数",
        aliases: &[],
        call: ("integer(x)", "整数(数)"),
        doc: (
            "the whole part of a number, towards zero, or the integer that a text spells",
            "取数的整数部分（向零取整），或读出文本里的整数",
        ),
        examples: &[("integer(-2.9)", "-2"), (r#"整数("42")"#, "42"), (r#"integer("4.2")"#, "")],
    },
    Entry {
        function: Builtin::Text,
        en: "text",
        zh: "文本",
        aliases: &[],
        call: ("text(x)", "文本(值)"),
        doc: (
            "a value as text: dates as 2026-11-22, decimals with their digits",
            "把值写成文本：日期如 2026-11-22，定点数保留其小数位",
        ),
        examples: &[("text(1.50)", "1.50"), ("文本(2026-11-22)", "2026-11-22")],
    },
    Entry {
        function: Builtin::Length,
        en: "length",
        zh: "长度",
        aliases: &[],
        call: ("length(t)", "长度(文本)"),
        doc: ("how many characters (code points) a text has", "文本的字符数（按码点）"),
        examples: &[(r#"length("国债ETF")"#, "5"), (r#"长度("")"#, "0")],
    },
    Entry {
        function: Builtin::Lower,
        en: "lower",
        zh: "小写",
        aliases: &[],
        call: ("lower(t)", "小写(文本)"),
        doc: ("a text with A to Z in lower case", "把 A 到 Z 改为小写"),
        examples: &[(r#"lower("国债ETF")"#, "国债etf"), (r#"小写("É")"#, "É")],
    },
    Entry {
        function: Builtin::Upper,
        en: "upper",
        zh: "大写",
        aliases: &[],
        call: ("upper(t)", "大写(文本)"),
        doc: ("a text with a to z in upper case", "把 a 到 z 改为大写"),
        examples: &[(r#"upper("etf50")"#, "ETF50")],
    },
    Entry {
        function: Builtin::Trim,
        en: "trim",
        zh: "去空格",
        aliases: &[],
        call: ("trim(t)", "去空格(文本)"),
        doc: ("a text without white space at both ends, full-width spaces included", "去掉首尾空白，包括全角空格"),
        examples: &[(r#"trim("  a b ")"#, "a b"), (r#"去空格("　上海　")"#, "上海")],
    },
    Entry {
        function: Builtin::Substring,
        en: "substring",
        zh: "截取",
        aliases: &[],
        call: ("substring(t, from, count)", "截取(文本, 起, 个数)"),
        doc: (
            "some characters of a text, the first is 1, a negative start counts from the end; without a count: to the end",
            "截取文本的若干字符，首字符为 1，负数从末尾数起；省略个数则到末尾",
        ),
        examples: &[
            (r#"substring("600000.SH", 1, 6)"#, "600000"),
            (r#"截取("600000.SH", -2)"#, "SH"),
            (r#"substring("abc", 5, 2) = """#, "true"),
        ],
    },
    Entry {
        function: Builtin::Concat,
        en: "concat",
        zh: "连接",
        aliases: &[],
        call: ("concat(a, b, …)", "连接(文本, …)"),
        doc: ("texts joined together; missing if one of them is", "把文本接在一起；其中有空则为空"),
        examples: &[(r#"concat("上海", "-", "SH")"#, "上海-SH"), (r#"连接("a", missing)"#, "")],
    },
    Entry {
        function: Builtin::Round,
        en: "round",
        zh: "四舍五入",
        aliases: &[],
        call: ("round(x, scale)", "四舍五入(数, 小数位)"),
        doc: (
            "a number with at most that many digits after the point (none if not said), halves away from zero",
            "把数四舍五入到指定小数位，省略时取整，逢五远离零",
        ),
        examples: &[("round(2.345, 2)", "2.35"), ("round(-2.5)", "-3"), ("四舍五入(7, 2)", "7")],
    },
    Entry {
        function: Builtin::Abs,
        en: "abs",
        zh: "绝对值",
        aliases: &[],
        call: ("abs(x)", "绝对值(数)"),
        doc: ("a number without its sign", "去掉数的符号"),
        examples: &[("abs(-1.50)", "1.50"), ("绝对值(3)", "3")],
    },
    Entry {
        function: Builtin::Least,
        en: "min",
        zh: "最小",
        aliases: &["least"],
        call: ("min(a, b, …)", "最小(a, b, …)"),
        doc: ("the least of its arguments; missing ones are left out", "各参数中最小的；空值不计"),
        examples: &[("min(3, 1, 2)", "1"), ("最小(2.50, missing)", "2.50")],
    },
    Entry {
        function: Builtin::Greatest,
        en: "max",
        zh: "最大",
        aliases: &["greatest"],
        call: ("max(a, b, …)", "最大(a, b, …)"),
        doc: ("the greatest of its arguments; missing ones are left out", "各参数中最大的；空值不计"),
        examples: &[("max(3, 1.5)", "3.0"), ("最大(2026-01-01, 2026-11-22)", "2026-11-22")],
    },
    Entry {
        function: Builtin::Age,
        en: "age",
        zh: "周岁",
        aliases: &[],
        call: ("age(birth)", "周岁(出生日期)"),
        doc: ("full years from a date of birth to today", "从出生日期到今天的周岁"),
        examples: &[("age(1990-11-22)", "36"), ("周岁(1990-11-23)", "35")],
    },
    Entry {
        function: Builtin::MonthDay,
        en: "month_day",
        zh: "月日",
        aliases: &[],
        call: ("month_day(d)", "月日(日期)"),
        doc: ("month × 100 + day of a date: 1122 on 22 November", "日期的 月×100+日：11月22日为 1122"),
        examples: &[("month_day(1990-11-22)", "1122"), ("月日(2026-01-05)", "105")],
    },
    Entry {
        function: Builtin::Year,
        en: "year",
        zh: "年份",
        aliases: &[],
        call: ("year(d)", "年份(日期)"),
        doc: ("the year of a date", "日期的年份"),
        examples: &[("year(2026-11-22)", "2026")],
    },
    Entry {
        function: Builtin::Month,
        en: "month",
        zh: "月份",
        aliases: &[],
        call: ("month(d)", "月份(日期)"),
        doc: ("the month of a date, 1 to 12", "日期的月份，1 到 12"),
        examples: &[("month(2026-11-22)", "11")],
    },
    Entry {
        function: Builtin::Day,
        en: "day",
        zh: "日",
        aliases: &[],
        call: ("day(d)", "日(日期)"),
        doc: ("the day of the month, 1 to 31", "日期在当月的第几日，1 到 31"),
        examples: &[("day(2026-11-22)", "22")],
    },
    Entry {
        function: Builtin::Weekday,
        en: "weekday",
        zh: "星期",
        aliases: &[],
        call: ("weekday(d)", "星期(日期)"),
        doc: ("the day of the week: 1 is Monday, 7 is Sunday", "星期几：1 为周一，7 为周日"),
        examples: &[("weekday(2026-11-22)", "7"), ("星期(2026-11-23)", "1")],
    },
    Entry {
        function: Builtin::Date,
        en: "date",
        zh: "日期",
        aliases: &[],
        call: ("date(t)", "日期(时刻)"),
        doc: (
            r#"the date of a point in time in the rulebook's zone, or the date that a text like 2026-11-22 spells"#,
            "时刻在规则集时区里的日期，或形如 2026-11-22 的文本所写的日期",
        ),
        examples: &[("date(now)", "2026-11-22"), (r#"日期("2026-02-30")"#, "")],
    },
    Entry {
        function: Builtin::IsTradingDay,
        en: "is_trading_day",
        zh: "是否交易日",
        aliases: &[],
        call: ("is_trading_day(d)", "是否交易日(日期)"),
        doc: (
            r#"whether the rulebook's calendar has trading on a date; missing beyond the calendar"#,
            "规则集日历中该日是否交易；超出日历范围为空",
        ),
        examples: &[
            ("is_trading_day(2026-11-20)", "true"),
            ("是否交易日(2026-11-22)", "false"),
            ("is_trading_day(2031-01-01)", ""),
        ],
    },
    Entry {
        function: Builtin::Anniversary,
        en: "anniversary",
        zh: "周年日",
        aliases: &[],
        call: ("anniversary(d)", "周年日(日期)"),
        doc: (
            r#"the next day, today included, with a date's month and day; 29 February falls on the 28th in other years"#,
            "今天起（含今天）下一个同月同日；2月29日在平年落在28日",
        ),
        examples: &[("anniversary(1990-11-24)", "2026-11-24"), ("周年日(2000-02-29)", "2027-02-28")],
    },
    Entry {
        function: Builtin::TradingDays,
        en: "trading_days",
        zh: "相隔交易日",
        aliases: &[],
        call: ("trading_days(from, to)", "相隔交易日(起, 止)"),
        doc: (
            "trading days after the first date, up to and including the second; negative if the second is earlier",
            "第一个日期之后、到第二个日期为止（含）的交易日天数；第二个更早时为负",
        ),
        examples: &[
            ("trading_days(2026-11-20, 2026-11-24)", "2"),
            ("相隔交易日(2026-11-24, 2026-11-20)", "-2"),
            ("trading_days(2026-11-20, 2031-01-01)", ""),
        ],
    },
    Entry {
        function: Builtin::NextTradingDay,
        en: "next_trading_day",
        zh: "下一交易日",
        aliases: &[],
        call: ("next_trading_day(d)", "下一交易日(日期)"),
        doc: (
            "the first trading day after a date; missing beyond the calendar",
            "该日之后的第一个交易日；超出日历范围为空",
        ),
        examples: &[("next_trading_day(2026-11-20)", "2026-11-23"), ("下一交易日(2026-12-31)", "")],
    },
    Entry {
        function: Builtin::PreviousTradingDay,
        en: "previous_trading_day",
        zh: "上一交易日",
        aliases: &[],
        call: ("previous_trading_day(d)", "上一交易日(日期)"),
        doc: (
            "the last trading day before a date; missing beyond the calendar",
            "该日之前的最后一个交易日；超出日历范围为空",
        ),
        examples: &[("previous_trading_day(2026-11-23)", "2026-11-20"), ("上一交易日(2026-11-22)", "2026-11-20")],
    },
    Entry {
        function: Builtin::Months,
        en: "months",
        zh: "相隔月数",
        aliases: &[],
        call: ("months(from, to)", "相隔月数(起, 止)"),
        doc: (
            "full months from the first date to the second, or to today if there is no second; the last day of a shorter month completes one",
            "从第一个日期到第二个日期的整月数，省略第二个时算到今天；遇到较短的月份，月末即满一个月",
        ),
        examples: &[
            ("months(2026-01-31, 2026-02-28)", "1"),
            ("months(2026-01-15, 2026-11-14)", "9"),
            ("相隔月数(2026-11-22, 2026-08-22)", "-3"),
        ],
    },
    Entry {
        function: Builtin::Quarter,
        en: "quarter",
        zh: "季度",
        aliases: &[],
        call: ("quarter(d)", "季度(日期)"),
        doc: ("the quarter of the year, 1 to 4", "一年中的第几季度，1 到 4"),
        examples: &[("quarter(2026-11-22)", "4"), ("季度(2026-03-31)", "1")],
    },
    Entry {
        function: Builtin::MonthStart,
        en: "month_start",
        zh: "月初",
        aliases: &[],
        call: ("month_start(d)", "月初(日期)"),
        doc: ("the first day of a date's month", "该日所在月的第一天"),
        examples: &[("month_start(2026-11-22)", "2026-11-01"), ("月初(2026-02-01)", "2026-02-01")],
    },
    Entry {
        function: Builtin::MonthEnd,
        en: "month_end",
        zh: "月末",
        aliases: &[],
        call: ("month_end(d)", "月末(日期)"),
        doc: ("the last day of a date's month", "该日所在月的最后一天"),
        examples: &[("month_end(2026-02-10)", "2026-02-28"), ("月末(2024-02-10)", "2024-02-29")],
    },
    Entry {
        function: Builtin::Floor,
        en: "floor",
        zh: "向下取整",
        aliases: &[],
        call: ("floor(x)", "向下取整(数)"),
        doc: ("the greatest whole number that is not greater", "不大于该数的最大整数"),
        examples: &[("floor(2.7)", "2"), ("向下取整(-2.1)", "-3")],
    },
    Entry {
        function: Builtin::Ceiling,
        en: "ceiling",
        zh: "向上取整",
        aliases: &[],
        call: ("ceiling(x)", "向上取整(数)"),
        doc: ("the least whole number that is not less", "不小于该数的最小整数"),
        examples: &[("ceiling(2.1)", "3"), ("向上取整(-2.7)", "-2")],
    },
    Entry {
        function: Builtin::Replace,
        en: "replace",
        zh: "替换",
        aliases: &[],
        call: ("replace(t, old, new)", "替换(文本, 旧, 新)"),
        doc: ("a text with every occurrence of one text replaced by another", "把文本中出现的每一处旧文本换成新文本"),
        examples: &[(r#"replace("A-B-C", "-", "/")"#, "A/B/C"), (r#"替换("国债ETF", "ETF", "")"#, "国债")],
    },
    Entry {
        function: Builtin::Hide,
        en: "hide",
        zh: "遮盖",
        aliases: &[],
        call: ("hide(t, from, count)", "遮盖(文本, 起始, 个数)"),
        doc: (
            "a text with `*` in the place of so many characters from a position (1 is the first) on",
            "把文本中从某一位（第一位是 1）起的若干个字换成 `*`",
        ),
        examples: &[(r#"hide("13800138000", 4, 4)"#, "138****8000"), (r#"遮盖("张三丰", 2, 9)"#, "张**")],
    },
    Entry {
        function: Builtin::Average,
        en: "average",
        zh: "均值",
        aliases: &[],
        call: ("average(a, b, …)", "均值(甲, 乙, …)"),
        doc: ("the arithmetic mean of its arguments; missing ones are skipped", "各参数的算术平均；空值跳过"),
        examples: &[
            ("average(1, 2)", "1.5000"),
            ("均值(10.00, 20.00, 25.00)", "18.333333"),
            (r#"average(4, integer("x"))"#, "4.0000"),
        ],
    },
    Entry {
        function: Builtin::Median,
        en: "median",
        zh: "中位数",
        aliases: &[],
        call: ("median(a, b, …)", "中位数(甲, 乙, …)"),
        doc: (
            "the middle one of its arguments, or the mean of the two in the middle; missing ones are skipped",
            "各参数排序后的中间值，个数为偶数时取中间两个的平均；空值跳过",
        ),
        examples: &[("median(7, 1, 3)", "3.0000"), ("中位数(1.0, 2.0, 4.0, 100.0)", "3.00000")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_in_the_enums_order_and_names_are_unique() {
        let mut names = HashSet::new();
        for (i, entry) in ENTRIES.iter().enumerate() {
            assert_eq!(entry.function as usize, i, "{}", entry.en);
            assert!(!entry.examples.is_empty(), "{}", entry.en);
            for name in [entry.en, entry.zh].iter().chain(entry.aliases) {
                assert!(names.insert(*name), "{name} means two functions");
                assert_eq!(Builtin::named(name), Some(entry.function));
            }
        }
    }
}
