//! Figures over windows of a stream.

use super::Expr;

/// The longest window: ten years, in microseconds.
pub const LONGEST_WINDOW: i64 = 3_660 * crate::time::DAY;

/// `sum(outflow) over 1d`: a figure over the rows of one key in a window that ends with the row at hand. It is a column of its source
/// like any other, except that no connector delivers it: the rule's kind does.
///
/// The window of a row at time t holds the rows of the same key with times in (t − span, t], or since its part of the day began, in the
/// stream's order (time, then position) up to and including the row itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Its position among the source's columns.
    pub column: u32,
    /// What tells the rows of one window from another's.
    pub key: Expr,
    /// Which figure.
    pub figure: Figure,
    /// Of what; rows where it is missing do not count. Without it, rows are counted.
    pub operand: Option<Expr>,
    /// Which rows of the key it holds.
    pub reach: Reach,
}

/// Which rows a window holds of those up to the row at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// `over 30m`: those of the last so many microseconds.
    Last(i64),
    /// `over each 30m`: those since the last full half hour. The zone's day has windows of so many microseconds, from midnight on; they fill
    /// 24 hours. Of a day of 25 the last is longer.
    Each(i64),
}

impl Reach {
    /// Microseconds.
    pub fn span(self) -> i64 {
        match self {
            Self::Last(span) | Self::Each(span) => span,
        }
    }
}

/// What is worked out over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Figure {
    /// How many; 0 of nothing.
    Count,
    /// Missing of nothing.
    Sum,
    /// Rounded half up to four more digits than the operand has; missing of nothing.
    Avg,
    /// The smallest; missing of nothing.
    Min,
    /// The largest; missing of nothing.
    Max,
    /// How many different values; 0 of nothing.
    Distinct,
    /// The earliest; missing of nothing.
    First,
    /// The latest; missing of nothing.
    Last,
}

impl Figure {
    /// Its name in English.
    pub fn en(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// By its name in either language.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, en, zh)| *en == name || *zh == name).map(|(figure, ..)| *figure)
    }
}

/// In the order of [`Figure`].
const NAMES: [(Figure, &str, &str); 8] = [
    (Figure::Count, "count", "计数"),
    (Figure::Sum, "sum", "合计"),
    (Figure::Avg, "avg", "平均"),
    (Figure::Min, "min", "最小"),
    (Figure::Max, "max", "最大"),
    (Figure::Distinct, "distinct", "去重计数"),
    (Figure::First, "first", "最早"),
    (Figure::Last, "last", "最近"),
];
