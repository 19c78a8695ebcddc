//! Sets of values of one expression: spans in the order of values, and whether missing is among them.

use crate::{
    hir::CompareOp,
    ty::Type,
    value::{self, Decimal, Value},
};
use std::cmp::Ordering;

/// What the values of an expression are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// One after the other: integers, dates, truth values.
    Steps,
    /// Doubles: a constant beside them is the nearest one.
    Doubles,
    /// Everything else that has an order.
    Dense,
}

impl Line {
    /// `None` for types whose comparisons are left alone.
    pub(super) fn of(ty: &Type) -> Option<Self> {
        match ty {
            Type::Integer | Type::Date | Type::Bool => Some(Self::Steps),
            Type::Real => Some(Self::Doubles),
            Type::Decimal(_) | Type::Text | Type::Time | Type::Timestamp | Type::Ip => Some(Self::Dense),
            _ => None,
        }
    }
}

/// One end of a span.
#[derive(Debug, Clone, PartialEq)]
enum End {
    /// None.
    Open,
    /// The value itself is in.
    With(Value),
    /// The value itself is out.
    Without(Value),
}

#[derive(Debug, Clone, PartialEq)]
struct Span {
    low: End,
    high: End,
}

/// Values of one expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    /// Apart from each other, in order.
    spans: Vec<Span>,
    pub(super) missing: bool,
}

impl Set {
    /// Every value.
    pub(super) fn all(missing: bool) -> Self {
        Self { spans: vec![Span { low: End::Open, high: End::Open }], missing }
    }

    /// No value.
    pub(super) fn none(missing: bool) -> Self {
        Self { spans: Vec::new(), missing }
    }

    /// One truth value.
    pub(super) fn truth(b: bool) -> Self {
        Self::steps(i64::from(b), i64::from(b))
    }

    /// Whole numbers, both ends included.
    pub(super) fn steps(low: i64, high: i64) -> Self {
        let span = Span { low: End::With(Value::Integer(low)), high: End::With(Value::Integer(high)) };
        Self { spans: vec![span], missing: false }
    }

    /// From a whole number on.
    pub(super) fn from_step(low: i64) -> Self {
        Self { spans: vec![Span { low: End::With(Value::Integer(low)), high: End::Open }], missing: false }
    }

    /// What is `op` a constant.
    pub(super) fn compared(op: CompareOp, constant: &Value, line: Line) -> Option<Self> {
        let (below, at, above) = match line {
            Line::Steps => {
                let (floor, whole) = step(constant)?;
                let at = whole
                    .then_some(Span { low: End::With(Value::Integer(floor)), high: End::With(Value::Integer(floor)) });
                let last = if whole { floor.checked_sub(1)? } else { floor };
                (End::With(Value::Integer(last)), at, End::With(Value::Integer(floor.checked_add(1)?)))
            }
            Line::Doubles => around(Value::real(value::number(constant)?)),
            // A whole number is a decimal here: integers stand for steps.
            Line::Dense => around(match constant {
                Value::Integer(n) => Value::Decimal(Decimal::from(*n)),
                other => other.clone(),
            }),
        };
        let below = Span { low: End::Open, high: below };
        let above = Span { low: above, high: End::Open };
        // Where the value itself is in, the span below or above reaches to it.
        let spans = match (op, at) {
            (CompareOp::Eq, at) => at.into_iter().collect(),
            (CompareOp::Ne, Some(_)) => vec![below, above],
            (CompareOp::Ne, None) => vec![Span { low: End::Open, high: End::Open }],
            (CompareOp::Lt, _) => vec![below],
            (CompareOp::Gt, _) => vec![above],
            (CompareOp::Le, at) => vec![Span { high: at.map_or(below.high, |a| a.high), low: End::Open }],
            (CompareOp::Ge, at) => vec![Span { low: at.map_or(above.low, |a| a.low), high: End::Open }],
        };
        Some(Self { spans, missing: false })
    }

    /// Texts that start with one.
    pub(super) fn prefixed(prefix: &str) -> Self {
        // The next text after all of them: the last character that has a successor, replaced by it.
        let mut end: Vec<char> = prefix.chars().collect();
        let mut high = End::Open;
        while let Some(last) = end.pop() {
            let next = char::from_u32(last as u32 + 1).or((last == '\u{d7ff}').then_some('\u{e000}'));
            if let Some(next) = next {
                end.push(next);
                high = End::Without(Value::text(&end.iter().collect::<String>()));
                break;
            }
        }
        Self { spans: vec![Span { low: End::With(Value::text(prefix)), high }], missing: false }
    }

    /// One of some constants.
    pub(super) fn any_of<'v>(constants: impl Iterator<Item = &'v Value>, line: Line) -> Option<Self> {
        let mut spans = Vec::new();
        for constant in constants {
            spans.extend(Self::compared(CompareOp::Eq, constant, line)?.spans);
        }
        spans.sort_by(|a, b| lows(&a.low, &b.low));
        spans.dedup();
        Some(Self { spans, missing: false })
    }

    /// The other values; missing is not among them.
    pub(super) fn others(&self) -> Self {
        let mut spans = Vec::with_capacity(self.spans.len() + 1);
        let mut low = End::Open;
        let mut rest = true;
        for span in &self.spans {
            if let Some(high) = before(&span.low) {
                spans.push(Span { low: low.clone(), high });
            }
            match after(&span.high) {
                Some(next) => low = next,
                None => rest = false,
            }
        }
        if rest {
            spans.push(Span { low, high: End::Open });
        }
        spans.retain(Span::holds_something);
        Self { spans, missing: false }
    }

    /// What is in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut spans = Vec::new();
        let (mut i, mut j) = (0, 0);
        while let (Some(a), Some(b)) = (self.spans.get(i), other.spans.get(j)) {
            let low = if lows(&a.low, &b.low).is_lt() { &b.low } else { &a.low };
            let first_ends = highs(&a.high, &b.high).is_lt();
            let high = if first_ends { &a.high } else { &b.high };
            let span = Span { low: low.clone(), high: high.clone() };
            if span.holds_something() {
                spans.push(span);
            }
            if first_ends {
                i += 1;
            } else {
                j += 1;
            }
        }
        Self { spans, missing: self.missing && other.missing }
    }

    /// With missing among them.
    #[must_use]
    pub(super) fn or_missing(mut self) -> Self {
        self.missing = true;
        self
    }

    /// Without missing.
    #[must_use]
    pub(super) fn known(mut self) -> Self {
        self.missing = false;
        self
    }

    /// Nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty() && !self.missing
    }

    /// How much work it is to look at.
    pub(super) fn size(&self) -> usize {
        self.spans.len() + 1
    }

    /// Whether a constant is among them.
    pub(super) fn holds(&self, constant: &Value, line: Line) -> Option<bool> {
        if constant.is_missing() {
            return Some(self.missing);
        }
        Some(!self.and(&Self::compared(CompareOp::Eq, constant, line)?).is_empty())
    }
}

impl Span {
    fn holds_something(&self) -> bool {
        match (&self.low, &self.high) {
            (End::Open, _) | (_, End::Open) => true,
            (End::With(a), End::With(b)) => order(a, b).is_le(),
            (End::With(a) | End::Without(a), End::With(b) | End::Without(b)) => order(a, b).is_lt(),
        }
    }
}

fn around(value: Value) -> (End, Option<Span>, End) {
    let at = Span { low: End::With(value.clone()), high: End::With(value.clone()) };
    (End::Without(value.clone()), Some(at), End::Without(value))
}

/// A constant beside whole steps: the step at or below it, and whether it is one itself. Dates and truth values count as numbers.
fn step(constant: &Value) -> Option<(i64, bool)> {
    Some(match constant {
        Value::Integer(n) => (*n, true),
        Value::Date(d) => (i64::from(*d), true),
        Value::Bool(b) => (i64::from(*b), true),
        Value::Decimal(Decimal { mantissa, scale }) => {
            let one = 10_i128.checked_pow(u32::from(*scale))?;
            (i64::try_from(mantissa.div_euclid(one)).ok()?, mantissa.rem_euclid(one) == 0)
        }
        _ => return None,
    })
}

/// Where what stands below a span ends; `None` if nothing does.
fn before(low: &End) -> Option<End> {
    match low {
        End::Open => None,
        End::With(Value::Integer(n)) => n.checked_sub(1).map(|n| End::With(Value::Integer(n))),
        End::With(v) => Some(End::Without(v.clone())),
        End::Without(v) => Some(End::With(v.clone())),
    }
}

/// Where what stands above a span starts; `None` if nothing does.
fn after(high: &End) -> Option<End> {
    match high {
        End::Open => None,
        End::With(Value::Integer(n)) => n.checked_add(1).map(|n| End::With(Value::Integer(n))),
        End::With(v) => Some(End::Without(v.clone())),
        End::Without(v) => Some(End::With(v.clone())),
    }
}

/// All constants of one line compare: [`Line::of`] and the checker see to that.
fn order(a: &Value, b: &Value) -> Ordering {
    value::compare(a, b).unwrap_or(Ordering::Equal)
}

fn lows(a: &End, b: &End) -> Ordering {
    match (a, b) {
        (End::Open, End::Open) => Ordering::Equal,
        (End::Open, _) => Ordering::Less,
        (_, End::Open) => Ordering::Greater,
        (End::With(x), End::Without(y)) => order(x, y).then(Ordering::Less),
        (End::Without(x), End::With(y)) => order(x, y).then(Ordering::Greater),
        (End::With(x), End::With(y)) | (End::Without(x), End::Without(y)) => order(x, y),
    }
}

fn highs(a: &End, b: &End) -> Ordering {
    match (a, b) {
        (End::Open, End::Open) => Ordering::Equal,
        (End::Open, _) => Ordering::Greater,
        (_, End::Open) => Ordering::Less,
        (End::With(x), End::Without(y)) => order(x, y).then(Ordering::Greater),
        (End::Without(x), End::With(y)) => order(x, y).then(Ordering::Less),
        (End::With(x), End::With(y)) | (End::Without(x), End::Without(y)) => order(x, y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPS: [CompareOp; 6] =
        [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];

    #[test]
    fn a_set_holds_what_its_comparisons_say() {
        let half = |n: i128| Value::Decimal(Decimal { mantissa: n * 5, scale: 1 });
        for line in [Line::Steps, Line::Doubles, Line::Dense] {
            for (a, b) in (-5..5).flat_map(|a| (-5..5).map(move |b| (a, b))) {
                for (f, g) in OPS.iter().flat_map(|f| OPS.iter().map(move |g| (*f, *g))) {
                    let first = Set::compared(f, &half(a), line).unwrap();
                    let second = Set::compared(g, &half(b), line).unwrap();
                    let both = first.and(&second);
                    for n in -12..12 {
                        let x = half(n);
                        if line == Line::Steps && n % 2 != 0 {
                            continue;
                        }
                        let (in_first, in_second) = (f.holds(n.cmp(&a)), g.holds(n.cmp(&b)));
                        assert_eq!(first.holds(&x, line), Some(in_first), "{n} {f:?} {a}");
                        assert_eq!(first.others().holds(&x, line), Some(!in_first), "not {n} {f:?} {a}");
                        assert_eq!(both.holds(&x, line), Some(in_first && in_second), "{n} {f:?} {a} and {g:?} {b}");
                        assert_eq!(both.others().holds(&x, line), Some(!(in_first && in_second)));
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_lies_between_neighbours() {
        let set = |op, n, line| Set::compared(op, &Value::Integer(n), line).unwrap();
        let between = |line| set(CompareOp::Gt, 5, line).and(&set(CompareOp::Lt, 6, line));
        assert!(between(Line::Steps).is_empty());
        assert!(!between(Line::Dense).is_empty());
    }

    #[test]
    fn lists_and_beginnings() {
        let all = [Value::text("V5"), Value::text("V3"), Value::text("V5")];
        let list = Set::any_of(all.iter(), Line::Dense).unwrap();
        assert_eq!(list.spans.len(), 2);
        assert_eq!(list.holds(&Value::text("V3"), Line::Dense), Some(true));
        assert_eq!(list.others().holds(&Value::text("V4"), Line::Dense), Some(true));
        assert!(!list.and(&Set::prefixed("V")).is_empty() && list.and(&Set::prefixed("W")).is_empty());
        assert_eq!(Set::prefixed("V").holds(&Value::text("V\u{10ffff}"), Line::Dense), Some(true));
        assert_eq!(Set::prefixed("\u{10ffff}").holds(&Value::text("\u{10ffff}x"), Line::Dense), Some(true));
    }
}
