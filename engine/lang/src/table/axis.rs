//! A column cut into segments.

use crate::{
    hir::{Cell, CompareOp},
    ty::{Type, Typed},
    value::{Decimal, Value, compare, decimal::pow10},
};
use std::cmp::Ordering;

/// Segments from the first to the last, both included.
pub type Range = (u32, u32);

/// The values that a column's cells name, in order. Of `n` values there are `2n + 2` segments: number `2i + 1` is the value `i`
/// itself, `2i` is what lies between it and the one before (or below all), `2n` what lies above all, `2n + 1` is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    bounds: Vec<Value>,
    /// Cells only ask for equality: all stretches between values are alike.
    pub equality: bool,
    /// By segment: whether the column's type has a value in it.
    inhabited: Vec<bool>,
}

impl Axis {
    /// Of a column's cells.
    pub fn new<'a>(typed: &Typed, cells: impl Iterator<Item = &'a Cell>) -> Self {
        let (mut bounds, mut equality) = (Vec::new(), true);
        for cell in cells {
            match cell {
                Cell::Any | Cell::Missing(_) | Cell::Computed(_) => {}
                Cell::Compare(op, bound) => {
                    equality &= matches!(op, CompareOp::Eq | CompareOp::Ne);
                    bounds.push(bound.clone());
                }
                Cell::Range(low, high) => {
                    equality = false;
                    bounds.extend(low.iter().chain(high).cloned());
                }
                Cell::OneOf(items, _) => bounds.extend(items.iter().cloned()),
            }
        }
        if typed.ty == Type::Bool {
            bounds.extend([Value::Bool(false), Value::Bool(true)]);
        }
        bounds.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
        bounds.dedup_by(|a, b| compare(a, b) == Some(Ordering::Equal));
        let inhabited = inhabited(typed, &bounds);
        Self { bounds, equality, inhabited }
    }

    /// The values, in order.
    pub fn bounds(&self) -> &[Value] {
        &self.bounds
    }

    /// How many segments there are.
    pub fn segments(&self) -> u32 {
        u32::try_from(2 * self.bounds.len() + 2).unwrap_or(u32::MAX)
    }

    /// The segment of missing values.
    pub fn missing(&self) -> u32 {
        self.segments() - 1
    }

    /// Whether the column's type has a value in a segment.
    pub fn is_inhabited(&self, segment: u32) -> bool {
        self.inhabited.get(segment as usize).copied().unwrap_or(false)
    }

    /// The first and the last segment that the column's type has values in.
    pub(super) fn ends(&self) -> Option<Range> {
        let mut inhabited = (0..self.segments()).filter(|segment| self.is_inhabited(*segment));
        let first = inhabited.next()?;
        Some((first, inhabited.next_back().unwrap_or(first)))
    }

    /// The values next to a stretch, below and above; of a value's own segment, the value twice.
    pub fn around(&self, segment: u32) -> (Option<&Value>, Option<&Value>) {
        let i = segment as usize / 2;
        let below = if segment % 2 == 1 { Some(i) } else { i.checked_sub(1) };
        (below.and_then(|i| self.bounds.get(i)), self.bounds.get(i))
    }

    /// The segments of a cell, ascending and apart; `None` for one that is computed.
    pub fn ranges(&self, cell: &Cell) -> Option<Vec<Range>> {
        let (last, missing) = (self.missing() - 1, self.missing());
        let point = |v: &Value| {
            let at = self.bounds.binary_search_by(|b| compare(b, v).unwrap_or(Ordering::Equal));
            at.ok().and_then(|i| u32::try_from(2 * i + 1).ok())
        };
        Some(match cell {
            Cell::Any => vec![(0, missing)],
            Cell::Missing(false) => vec![(missing, missing)],
            Cell::Missing(true) => vec![(0, last)],
            Cell::Compare(op, bound) => {
                let p = point(bound)?;
                match op {
                    CompareOp::Eq => vec![(p, p)],
                    CompareOp::Ne => vec![(0, p - 1), (p + 1, last)],
                    CompareOp::Lt => vec![(0, p - 1)],
                    CompareOp::Le => vec![(0, p)],
                    CompareOp::Gt => vec![(p + 1, last)],
                    CompareOp::Ge => vec![(p, last)],
                }
            }
            Cell::Range(low, high) => {
                let low = low.as_ref().map_or(Some(0), point)?;
                let high = high.as_ref().map_or(Some(last), point)?;
                if low <= high { vec![(low, high)] } else { Vec::new() }
            }
            Cell::OneOf(items, negated) => {
                let mut points: Vec<u32> = items.iter().map(point).collect::<Option<_>>()?;
                points.sort_unstable();
                points.dedup();
                if !negated {
                    return Some(points.into_iter().map(|p| (p, p)).collect());
                }
                let mut ranges = Vec::with_capacity(points.len() + 1);
                let mut from = 0;
                for p in points {
                    ranges.push((from, p - 1));
                    from = p + 1;
                }
                ranges.push((from, last));
                ranges
            }
            Cell::Computed(_) => return None,
        })
    }
}

/// A constant in units of a scale: the largest whole number not above it, and whether that is exactly it. `None`: no such value.
pub fn whole_at(constant: &Value, scale: u8) -> Option<(i128, bool)> {
    let (mantissa, of) = match constant {
        Value::Integer(n) => (i128::from(*n), 0),
        Value::Decimal(d) => (d.mantissa, d.scale),
        Value::Date(d) => (i128::from(*d), 0),
        Value::Time(t) | Value::Timestamp(t) => (i128::from(*t), 0),
        _ => return None,
    };
    if of <= scale {
        let factor = i128::try_from(pow10(scale - of)).ok()?;
        // What does not fit lies beyond every value of the type.
        let beyond = if mantissa < 0 { i128::MIN } else { i128::MAX };
        return Some(mantissa.checked_mul(factor).map_or((beyond, false), |m| (m, true)));
    }
    let divisor = i128::try_from(pow10(of - scale)).ok()?;
    Some((mantissa.div_euclid(divisor), mantissa.rem_euclid(divisor) == 0))
}

/// The least and the greatest value of a type of whole numbers, and its scale.
pub(crate) fn whole_domain(ty: &Type) -> Option<(i128, i128, u8)> {
    Some(match ty {
        Type::Integer => (i64::MIN.into(), i64::MAX.into(), 0),
        Type::Decimal(d) => {
            let most = i128::try_from(pow10(d.precision)).ok()? - 1;
            (-most, most, d.scale)
        }
        Type::Date => (i32::MIN.into(), i32::MAX.into(), 0),
        Type::Time => (0, 86_400_000_000 - 1, 0),
        Type::Timestamp => (i64::MIN.into(), i64::MAX.into(), 0),
        _ => return None,
    })
}

/// A whole number of a type as its value.
pub(crate) fn of_whole(n: i128, ty: &Type) -> Option<Value> {
    Some(match ty {
        Type::Integer => Value::Integer(i64::try_from(n).ok()?),
        Type::Decimal(d) => Value::Decimal(Decimal { mantissa: n, scale: d.scale }),
        Type::Date => Value::Date(i32::try_from(n).ok()?),
        Type::Time => Value::Time(i64::try_from(n).ok()?),
        Type::Timestamp => Value::Timestamp(i64::try_from(n).ok()?),
        _ => return None,
    })
}

/// The whole numbers of a stretch, the first and the last; `None` if it has none.
pub(crate) fn whole_stretch(ty: &Type, below: Option<&Value>, above: Option<&Value>) -> Option<(i128, i128)> {
    let (least, greatest, scale) = whole_domain(ty)?;
    let first = match below {
        Some(v) => whole_at(v, scale)?.0.checked_add(1)?.max(least),
        None => least,
    };
    let last = match above {
        Some(v) => {
            let (floor, exact) = whole_at(v, scale)?;
            if exact { floor.checked_sub(1)? } else { floor }.min(greatest)
        }
        None => greatest,
    };
    (first <= last).then_some((first, last))
}

fn inhabited(typed: &Typed, bounds: &[Value]) -> Vec<bool> {
    let mut all = Vec::with_capacity(2 * bounds.len() + 2);
    let stretch = |below: Option<&Value>, above: Option<&Value>| match &typed.ty {
        Type::Bool => false,
        Type::Real => {
            let real = |v: &Value| if let Value::Real(x) = v { Some(*x) } else { None };
            let low = below.and_then(real).map_or(f64::MIN, f64::next_up);
            let high = above.and_then(real).map_or(f64::MAX, f64::next_down);
            low <= high
        }
        Type::Text => match (below, above) {
            (None, Some(Value::Text(above))) => !above.is_empty(),
            (Some(Value::Text(below)), Some(Value::Text(above))) => {
                // The least text above another is that with a zero byte more.
                above.strip_prefix(&**below) != Some("\0")
            }
            _ => true,
        },
        ty if whole_domain(ty).is_some() => whole_stretch(ty, below, above).is_some(),
        _ => true,
    };
    for (i, bound) in bounds.iter().enumerate() {
        let below = i.checked_sub(1).and_then(|i| bounds.get(i));
        all.push(stretch(below, Some(bound)));
        all.push(match whole_domain(&typed.ty) {
            Some((least, greatest, scale)) => {
                whole_at(bound, scale).is_some_and(|(n, exact)| exact && least <= n && n <= greatest)
            }
            None => true,
        });
    }
    all.push(stretch(bounds.last(), None));
    all.push(typed.nullable);
    all
}
