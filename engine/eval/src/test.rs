//! Questions about one value, with everything constant worked out: a comparison with a number of any scale, with `today`, or with
//! an age becomes a range of the column's own representation.

use crate::graph::{ConstId, Graph, TestSpec};
use guiju_lang::{
    builtin::Builtin,
    context::{Context, Incident, Window},
    hir::{CompareOp, TextOp},
    table::whole_at,
    time,
    ty::Type,
    value::Value,
};
use regex::Regex;
use std::sync::Arc;

/// A question, ready to be asked. A missing value never passes.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// No value passes.
    Never,
    /// Every value passes.
    Present,
    /// Whole numbers at the value's scale, dates, times: within (or outside) the closed range.
    Range { low: i128, high: i128, outside: bool },
    /// Doubles, likewise.
    Reals { low: f64, high: f64, outside: bool },
    /// One (or none) of these, sorted.
    Wholes { set: Vec<i128>, outside: bool },
    /// A text passes (or fails) the question.
    Text { test: TextTest, outside: bool },
    /// No value has an answer.
    Fails(Incident),
}

/// A question about a text.
#[derive(Debug, Clone)]
pub(crate) enum TextTest {
    Compare(CompareOp, Arc<str>),
    OneOf(Vec<Arc<str>>),
    Contains(Arc<str>),
    StartsWith(Arc<str>),
    EndsWith(Arc<str>),
    Matches(Regex),
}

impl TextTest {
    pub(crate) fn passes(&self, text: &str) -> bool {
        match self {
            Self::Compare(CompareOp::Eq, other) => *text == **other,
            Self::Compare(op, other) => op.holds(text.as_bytes().cmp(other.as_bytes())),
            Self::OneOf(set) => set.iter().any(|item| **item == *text),
            Self::Contains(part) => text.contains(&**part),
            Self::StartsWith(part) => text.starts_with(&**part),
            Self::EndsWith(part) => text.ends_with(&**part),
            Self::Matches(regex) => regex.is_match(text),
        }
    }
}

impl Test {
    /// Works a question out for a run: `values` are the run's constants.
    pub(crate) fn bind(
        graph: &Graph,
        spec: &TestSpec,
        wanted: bool,
        ty: &Type,
        values: &[Value],
        cx: &Context,
    ) -> Self {
        let constant = |id: &ConstId| values.get(id.index()).unwrap_or(&Value::Missing);
        match spec {
            TestSpec::Compare(op, c) => {
                let op = if wanted { *op } else { op.negated() };
                compare(op, ty, constant(c))
            }
            TestSpec::Between(low, high) => between(ty, constant(low), constant(high), wanted),
            TestSpec::OneOf(items) => {
                let items: Vec<&Value> = items.iter().map(constant).collect();
                one_of(ty, &items, wanted)
            }
            TestSpec::Within(direction, span) => match cx.window(*direction, *span) {
                Ok(Window::Dates(low, high)) => range(low.into(), high.into(), !wanted),
                Ok(Window::Instants(low, high)) => range(low.into(), high.into(), !wanted),
                Err(incident) => Self::Fails(incident),
            },
            TestSpec::Derived(builtin, inner) => {
                let inner = Self::bind(graph, inner, wanted, &Type::Integer, values, cx);
                derived(*builtin, inner, cx)
            }
            TestSpec::Text(op, c) => {
                let Value::Text(part) = constant(c) else { return Self::Never };
                let part = part.clone();
                let test = match op {
                    TextOp::Contains => TextTest::Contains(part),
                    TextOp::StartsWith => TextTest::StartsWith(part),
                    TextOp::EndsWith => TextTest::EndsWith(part),
                };
                Self::Text { test, outside: !wanted }
            }
            TestSpec::Matches(index) => match graph.patterns.get(*index as usize) {
                Some(regex) => Self::Text { test: TextTest::Matches(regex.clone()), outside: !wanted },
                None => Self::Never,
            },
        }
    }

    pub(crate) fn passes_whole(&self, x: i128) -> bool {
        match self {
            Self::Present => true,
            Self::Range { low, high, outside } => (*low <= x && x <= *high) != *outside,
            Self::Wholes { set, outside } => set.binary_search(&x).is_ok() != *outside,
            Self::Never | Self::Reals { .. } | Self::Text { .. } | Self::Fails(_) => false,
        }
    }

    pub(crate) fn passes_real(&self, x: f64) -> bool {
        match self {
            Self::Present => true,
            Self::Reals { low, high, outside } => (*low <= x && x <= *high) != *outside,
            _ => false,
        }
    }

    pub(crate) fn passes_text(&self, text: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Text { test, outside } => test.passes(text) != *outside,
            _ => false,
        }
    }
}

fn range(low: i128, high: i128, outside: bool) -> Test {
    match (low > high, outside) {
        (true, false) => Test::Never,
        (true, true) => Test::Present,
        (false, _) => Test::Range { low, high, outside },
    }
}

fn reals(low: f64, high: f64, outside: bool) -> Test {
    match (low > high, outside) {
        (true, false) => Test::Never,
        (true, true) => Test::Present,
        (false, _) => Test::Reals { low, high, outside },
    }
}

/// Digits after the point of a whole number's representation.
fn scale_of(ty: &Type) -> u8 {
    if let Type::Decimal(d) = ty { d.scale } else { 0 }
}

fn as_real(constant: &Value) -> Option<f64> {
    match constant {
        Value::Integer(n) => Some(*n as f64),
        Value::Decimal(d) => Some(d.to_f64()),
        Value::Real(x) => Some(*x),
        _ => None,
    }
}

fn compare(op: CompareOp, ty: &Type, constant: &Value) -> Test {
    match ty {
        Type::Text => match constant {
            Value::Text(t) => match op {
                CompareOp::Ne => Test::Text { test: TextTest::Compare(CompareOp::Eq, t.clone()), outside: true },
                _ => Test::Text { test: TextTest::Compare(op, t.clone()), outside: false },
            },
            _ => Test::Never,
        },
        Type::Real => {
            let Some(c) = as_real(constant) else { return Test::Never };
            match op {
                CompareOp::Eq => reals(c, c, false),
                CompareOp::Ne => reals(c, c, true),
                CompareOp::Lt => reals(f64::NEG_INFINITY, c.next_down(), false),
                CompareOp::Le => reals(f64::NEG_INFINITY, c, false),
                CompareOp::Gt => reals(c.next_up(), f64::INFINITY, false),
                CompareOp::Ge => reals(c, f64::INFINITY, false),
            }
        }
        _ => {
            let Some((floor, exact)) = whole_at(constant, scale_of(ty)) else { return Test::Never };
            let (min, max) = (i128::MIN, i128::MAX);
            match op {
                CompareOp::Eq if exact => range(floor, floor, false),
                CompareOp::Eq => Test::Never,
                CompareOp::Ne if exact => range(floor, floor, true),
                CompareOp::Ne => Test::Present,
                CompareOp::Lt if exact => range(min, floor.saturating_sub(1), false),
                CompareOp::Lt | CompareOp::Le => range(min, floor, false),
                CompareOp::Ge if exact => range(floor, max, false),
                CompareOp::Gt | CompareOp::Ge => range(floor.saturating_add(1), max, false),
            }
        }
    }
}

fn between(ty: &Type, low: &Value, high: &Value, wanted: bool) -> Test {
    let (above, below) = (compare(CompareOp::Ge, ty, low), compare(CompareOp::Le, ty, high));
    match (low.is_missing(), high.is_missing(), wanted) {
        (false, false, _) => {}
        (_, _, true) | (true, true, false) => return Test::Never,
        // A side that is false decides although the other is missing.
        (true, false, false) => return compare(CompareOp::Gt, ty, high),
        (false, true, false) => return compare(CompareOp::Lt, ty, low),
    }
    match (above, below) {
        (Test::Range { low, .. }, Test::Range { high, .. }) => range(low, high, !wanted),
        (Test::Reals { low, .. }, Test::Reals { high, .. }) => reals(low, high, !wanted),
        // One side passes everything or nothing.
        (Test::Never, _) | (_, Test::Never) => {
            if wanted {
                Test::Never
            } else {
                Test::Present
            }
        }
        (Test::Present, other) | (other, _) => match (other, wanted) {
            (Test::Range { low, high, outside }, false) => range(low, high, !outside),
            (Test::Reals { low, high, outside }, false) => reals(low, high, !outside),
            (other, _) => other,
        },
    }
}

fn one_of(ty: &Type, items: &[&Value], wanted: bool) -> Test {
    // `x not in (a, missing)` is never true: x might have been that one.
    if !wanted && items.iter().any(|i| i.is_missing()) {
        return Test::Never;
    }
    if *ty == Type::Text {
        let set: Vec<Arc<str>> =
            items.iter().filter_map(|i| if let Value::Text(t) = i { Some(t.clone()) } else { None }).collect();
        return Test::Text { test: TextTest::OneOf(set), outside: !wanted };
    }
    let scale = scale_of(ty);
    let mut set: Vec<i128> =
        items.iter().filter_map(|i| whole_at(i, scale)).filter(|(_, exact)| *exact).map(|(m, _)| m).collect();
    set.sort_unstable();
    set.dedup();
    match (&set[..], wanted) {
        ([], true) => Test::Never,
        ([], false) => Test::Present,
        ([first, .., last], _) if last.checked_sub(*first) == i128::try_from(set.len() - 1).ok() => {
            range(*first, *last, !wanted)
        }
        ([only], _) => range(*only, *only, !wanted),
        _ => Test::Wholes { set, outside: !wanted },
    }
}

/// A question about `f(date)` as one about the date; `f` never falls (year) or never rises (age, days until today).
fn derived(builtin: Builtin, inner: Test, cx: &Context) -> Test {
    let f = |day: i64| -> i128 {
        // The search stays within i32.
        let day = i32::try_from(day).unwrap_or(i32::MAX);
        match builtin {
            Builtin::Age => time::full_years(day, cx.today).into(),
            Builtin::Year => time::Civil::of(day).year.into(),
            _ => i128::from(cx.today) - i128::from(day),
        }
    };
    match inner {
        Test::Range { low, high, outside } => {
            let (first, last) = if builtin == Builtin::Year {
                (partition(|d| f(d) < low), partition(|d| f(d) <= high) - 1)
            } else {
                (partition(|d| f(d) > high), partition(|d| f(d) >= low) - 1)
            };
            range(first.into(), last.into(), outside)
        }
        other => other,
    }
}

/// The first day for which `before` no longer holds.
fn partition(before: impl Fn(i64) -> bool) -> i64 {
    let (mut low, mut high) = (i64::from(i32::MIN), i64::from(i32::MAX) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::{
        time::{Civil, full_years},
        ty::DecimalType,
        value::Decimal,
    };

    #[test]
    fn comparisons_with_constants_of_another_scale_are_exact() {
        let ty = Type::Decimal(DecimalType { precision: 6, scale: 1 });
        for mantissa in -40..40 {
            let c = Decimal { mantissa, scale: 2 };
            for x in -6..6 {
                for op in [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge] {
                    let expected = op.holds(Decimal { mantissa: x, scale: 1 }.compare(c));
                    assert_eq!(compare(op, &ty, &Value::Decimal(c)).passes_whole(x), expected, "{x}e-1 {op:?} {c}");
                }
            }
        }
    }

    #[test]
    fn ages_become_ranges_of_birth_dates() {
        let today = Civil::new(2026, 2, 28).expect("a date").days();
        let zone = time::Zone::utc();
        let cx = Context::on(today, zone, None);
        for age in [-1, 0, 17, 18, 60] {
            for op in [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge] {
                let test = derived(Builtin::Age, compare(op, &Type::Integer, &Value::Integer(age)), &cx);
                for birth in (today - 30_000..today + 900).step_by(1) {
                    let expected = op.holds(full_years(birth, today).cmp(&age));
                    assert_eq!(test.passes_whole(birth.into()), expected, "{op:?} {age} {birth}");
                }
            }
        }
    }
}
