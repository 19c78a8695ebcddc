//! Types and units.

mod arith;

pub use arith::{arithmetic, as_decimal, common, common_type, compared_as, literal_decimal, operand_type, result_of};
use std::fmt;

/// A value's type. Missing is in every type; [`Typed::nullable`] says whether it can occur.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// true or false
    Bool,
    /// checked 64-bit integer
    Integer,
    /// exact decimal, Spark 3.5's result types
    Decimal(DecimalType),
    /// IEEE double without NaN and infinities
    Real,
    /// UTF-8, compared by bytes
    Text,
    /// days since 1970-01-01
    Date,
    /// microseconds since midnight
    Time,
    /// microseconds since 1970-01-01 UTC
    Timestamp,
    /// months, days, trading days or microseconds
    Duration,
    /// an address
    Ip,
    /// a network
    Cidr,
    /// protocol and ports
    Service,
    /// of one element type
    List(Box<Type>),
    /// named fields in order
    Record(Vec<(String, Typed)>),
    /// the type of the literal `missing`, and of expressions that failed to check: compatible with everything
    Unknown,
}

/// Precision (1..=38) and scale (0..=precision).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecimalType {
    /// Digits in all.
    pub precision: u8,
    /// Digits after the point.
    pub scale: u8,
}

/// A type, its unit, and whether it can be missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// What it counts.
    pub unit: Unit,
    /// May be missing.
    pub nullable: bool,
}

impl Typed {
    /// Without a unit.
    pub fn new(ty: Type, nullable: bool) -> Self {
        Self { ty, unit: Unit::None, nullable }
    }
}

/// What a number counts. `None` mixes with everything; two different others do not mix under `+`, `-` and comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// Not said.
    #[default]
    None,
    /// The column holds 12.5 for 12.5 %; readers divide by 100.
    Percent,
    /// Money: 元, 美元, …, the code as ISO 4217 (`CNY`).
    Money(String),
    /// 股
    Shares,
    /// Any other, by its symbol: `dB`, `km`, `m`.
    Other(String),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Integer => f.write_str("integer"),
            Self::Decimal(d) => write!(f, "decimal({},{})", d.precision, d.scale),
            Self::Real => f.write_str("real"),
            Self::Text => f.write_str("text"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Ip => f.write_str("ip"),
            Self::Cidr => f.write_str("cidr"),
            Self::Service => f.write_str("service"),
            Self::List(t) => write!(f, "list of {t}"),
            Self::Record(_) => f.write_str("record"),
            Self::Unknown => f.write_str("missing"),
        }
    }
}
