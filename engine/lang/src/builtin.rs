//! Built-in functions: one enum, two spellings; signature, documentation and examples are data beside it.

mod entry;
mod signature;

pub use entry::Entry;
pub use signature::{Argument, Family, Mismatch};

/// A built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Builtin {
    /// `days(a, b)` / 相隔天数: calendar days from `a` to `b` (`b - a`); `days(a)` counts to today.
    Days,
    /// `decimal(x, scale)` / 定点
    Decimal,
    /// `real(x)` / 实数
    Real,
    /// `integer(x)` / 整数: towards zero
    Integer,
    /// `text(x)` / 文本
    Text,
    /// `length(t)` / 长度: code points
    Length,
    /// `lower(t)` / 小写: ASCII
    Lower,
    /// `upper(t)` / 大写: ASCII
    Upper,
    /// `trim(t)` / 去空格
    Trim,
    /// `substring(t, from, count)` / 截取: 1-based code points, as Spark
    Substring,
    /// `concat(a, b, …)` / 连接
    Concat,
    /// `round(x, scale)` / 四舍五入: HALF_UP
    Round,
    /// `abs(x)` / 绝对值
    Abs,
    /// `min(a, b, …)` / 最小, of its arguments, missing ones skipped
    Least,
    /// `max(a, b, …)` / 最大
    Greatest,
    /// `age(birth)` / 周岁: full years at today
    Age,
    /// `month_day(d)` / 月日: month × 100 + day
    MonthDay,
    /// `year(d)` / 年份
    Year,
    /// `month(d)` / 月份
    Month,
    /// `day(d)` / 日
    Day,
    /// `weekday(d)` / 星期: 1 = Monday … 7 = Sunday
    Weekday,
    /// `date(t)` / 日期: a timestamp's date in the rulebook's zone
    Date,
    /// `is_trading_day(d)` / 是否交易日
    IsTradingDay,
    /// `anniversary(d)` / 周年日: the next date on or after today with d's month and day (29 February falls on the 28th)
    Anniversary,
    /// `trading_days(a, b)` / 相隔交易日: trading days after `a`, up to and including `b`; negative if `b` is earlier
    TradingDays,
    /// `next_trading_day(d)` / 下一交易日: the first one after `d`
    NextTradingDay,
    /// `previous_trading_day(d)` / 上一交易日: the last one before `d`
    PreviousTradingDay,
    /// `months(a, b)` / 相隔月数: full months from `a` to `b`
    Months,
    /// `quarter(d)` / 季度: 1 to 4
    Quarter,
    /// `month_start(d)` / 月初
    MonthStart,
    /// `month_end(d)` / 月末
    MonthEnd,
    /// `floor(x)` / 向下取整
    Floor,
    /// `ceiling(x)` / 向上取整
    Ceiling,
    /// `replace(t, old, new)` / 替换
    Replace,
    /// `hide(t, from, count)` / 遮盖: `*` in the place of `count` characters from the `from`-th on
    Hide,
    /// `average(a, b, …)` / 均值, of its arguments, missing ones skipped
    Average,
    /// `median(a, b, …)` / 中位数, of its arguments, missing ones skipped
    Median,
}

impl Builtin {
    /// Whether it asks the rulebook's calendar.
    pub fn asks_calendar(self) -> bool {
        matches!(self, Self::IsTradingDay | Self::TradingDays | Self::NextTradingDay | Self::PreviousTradingDay)
    }

    /// Whether missing arguments are left out, so that only the others count.
    pub fn skips_missing(self) -> bool {
        matches!(self, Self::Least | Self::Greatest | Self::Average | Self::Median)
    }
}
