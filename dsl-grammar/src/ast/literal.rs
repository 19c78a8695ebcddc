//! Constants and texts as written.

use super::{Expr, Plain, Span};

/// A constant as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `missing`
    Missing,
    /// `true`, `false`
    Bool(bool),
    /// `50万元`: mantissa 50, scale 0, magnitude 万, unit `元`. `0.05%`: mantissa 5, scale 2, magnitude percent.
    Number {
        /// All digits; at most 38.
        mantissa: i128,
        /// How many of them stand after the point.
        scale: u8,
        /// The suffix.
        magnitude: Magnitude,
        /// `元`, `股`, `dB`, `km`, `metres`, as written.
        unit: Option<String>,
    },
    /// `30d`, `3 trading days`, `5m`.
    Duration {
        /// How many.
        count: i64,
        /// Of what.
        unit: DurationUnit,
    },
    /// `2026-11-22` (checked: it exists).
    Date {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// `09:30`, `09:30:15`: microseconds since midnight.
    Time(i64),
    /// `2026-11-22 09:30`: the date, and microseconds since midnight in the rulebook's zone.
    Timestamp {
        /// Year.
        year: i32,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// Microseconds since midnight.
        time: i64,
    },
    /// `10.1.2.3`
    Ip(std::net::IpAddr),
    /// `10.1.2.0/24`
    Cidr(std::net::IpAddr, u8),
    /// `tcp/8080`, `udp/53..60`, `icmp/8`
    Service {
        /// tcp, udp or icmp.
        protocol: String,
        /// First port.
        low: u16,
        /// Last port.
        high: u16,
    },
}

/// A number's suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Magnitude {
    /// None.
    One,
    /// `万`: × 10⁴
    Wan,
    /// `亿`: × 10⁸
    Yi,
    /// `%`: × 10⁻²
    Percent,
    /// `bp`: × 10⁻⁴
    BasisPoint,
}

/// The unit of a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    /// `s`, 秒
    Second,
    /// `m`, 分钟
    Minute,
    /// `h`, 小时
    Hour,
    /// `d`, `days`, 天: a calendar day.
    Day,
    /// `trading days`, 个交易日
    TradingDay,
    /// `months`, 个月: clamps to the last day.
    Month,
    /// `years`, 年
    Year,
}

/// A text with slots.
#[derive(Debug, Clone)]
pub struct Text {
    /// In order; adjacent literals are one.
    pub segments: Vec<Segment>,
    /// With the quotes.
    pub span: Span,
}

/// A piece of a text.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Unescaped characters.
    Literal(String),
    /// `{expression:format}`
    Slot {
        /// The value.
        expr: Expr,
        /// After the first colon that follows the complete expression.
        format: Option<Plain>,
        /// With the braces.
        span: Span,
    },
}
