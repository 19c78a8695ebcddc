//! Values as the reference evaluator, constants, tests and explanations hold them.

pub mod decimal;
mod order;

pub use order::compare;
pub(crate) use order::number;
use std::sync::Arc;

/// One value of any type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Missing,
    /// bool
    Bool(bool),
    /// integer
    Integer(i64),
    /// decimal; the type's precision bounds the mantissa
    Decimal(Decimal),
    /// real, finite
    Real(f64),
    /// text
    Text(Arc<str>),
    /// days since 1970-01-01
    Date(i32),
    /// microseconds since midnight
    Time(i64),
    /// microseconds since 1970-01-01 UTC
    Timestamp(i64),
    /// a span of time
    Duration(Duration),
    /// an address
    Ip(std::net::IpAddr),
    /// a network: address and prefix length
    Cidr(std::net::IpAddr, u8),
    /// protocol and ports
    Service {
        /// tcp, udp, icmp
        protocol: Arc<str>,
        /// first port
        low: u16,
        /// last port
        high: u16,
    },
    /// list
    List(Arc<[Value]>),
    /// record, fields in order
    Record(Arc<[(String, Value)]>),
}

/// `mantissa × 10^-scale`. Equality is structural; compare numerically with [`Decimal`]'s ordering functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All digits, at most 38.
    pub mantissa: i128,
    /// Digits after the point, 0..=38.
    pub scale: u8,
}

/// A span of time in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duration {
    /// Exact: s, m, h.
    Micros(i64),
    /// Calendar days.
    Days(i64),
    /// Days on which the calendar's exchange trades.
    TradingDays(i64),
    /// Months and years (12), clamped to the month's last day.
    Months(i64),
}

impl Duration {
    /// In microseconds, a day as 24 hours; months and trading days have no exact length.
    pub fn exact(self) -> Option<i64> {
        match self {
            Self::Micros(n) => Some(n),
            Self::Days(n) => n.checked_mul(crate::time::DAY),
            Self::TradingDays(_) | Self::Months(_) => None,
        }
    }
}

impl Value {
    /// No value.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// A real as the language reads it: NaN and infinities are missing.
    pub fn real(x: f64) -> Self {
        if x.is_finite() { Self::Real(x) } else { Self::Missing }
    }

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A truth value, or missing.
    pub fn truth(b: Option<bool>) -> Self {
        b.map_or(Self::Missing, Self::Bool)
    }
}
