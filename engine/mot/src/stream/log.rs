//! The rows of one key in one window, and the figures over them. A figure costs the same whatever the window's length: what comes in is
//! added, what falls out is taken away. Everything is exact, so the order of additions never shows.

use guiju_lang::{context::Incident, hir::Figure, ty::Type, value::decimal};
use std::collections::{HashMap, VecDeque};

/// Which figures somebody asks for; the others are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    /// min
    pub(crate) least: bool,
    /// max
    pub(crate) greatest: bool,
    /// distinct
    pub(crate) different: bool,
}

impl Needs {
    pub(crate) fn add(&mut self, figure: Figure) {
        match figure {
            Figure::Min => self.least = true,
            Figure::Max => self.greatest = true,
            Figure::Distinct => self.different = true,
            Figure::Count | Figure::Sum | Figure::Avg | Figure::First | Figure::Last => {}
        }
    }
}

/// The values of one key that are in the window, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    /// Time and value.
    rows: VecDeque<(i64, i128)>,
    sum: Sum,
    /// Values that may yet be the smallest, rising; several equal ones are all there.
    least: VecDeque<i128>,
    /// Values that may yet be the largest, falling.
    greatest: VecDeque<i128>,
    different: HashMap<i128, u32>,
}

/// A sum of 128-bit numbers that cannot overflow: halves are summed apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    high: i128,
    low: i128,
}

impl Sum {
    fn add(&mut self, value: i128) {
        self.high += value >> 64;
        self.low += value & i128::from(u64::MAX);
    }

    fn subtract(&mut self, value: i128) {
        self.high -= value >> 64;
        self.low -= value & i128::from(u64::MAX);
    }

    /// `None` if it needs more than 128 bits.
    fn value(self) -> Option<i128> {
        let high = self.high.checked_add(self.low >> 64)?;
        high.checked_mul(1 << 64)?.checked_add(self.low & i128::from(u64::MAX))
    }
}

impl Log {
    /// A row comes in; times never fall.
    pub(crate) fn push(&mut self, needs: Needs, time: i64, value: i128) {
        self.rows.push_back((time, value));
        self.sum.add(value);
        if needs.least {
            while self.least.back().is_some_and(|last| *last > value) {
                self.least.pop_back();
            }
            self.least.push_back(value);
        }
        if needs.greatest {
            while self.greatest.back().is_some_and(|last| *last < value) {
                self.greatest.pop_back();
            }
            self.greatest.push_back(value);
        }
        if needs.different {
            *self.different.entry(value).or_default() += 1;
        }
    }

    /// Rows up to and including this time fall out.
    pub(crate) fn forget(&mut self, needs: Needs, until: i64) {
        while let Some(&(time, value)) = self.rows.front()
            && time <= until
        {
            self.rows.pop_front();
            self.sum.subtract(value);
            if needs.least && self.least.front() == Some(&value) {
                self.least.pop_front();
            }
            if needs.greatest && self.greatest.front() == Some(&value) {
                self.greatest.pop_front();
            }
            if needs.different
                && let Some(times) = self.different.get_mut(&value)
            {
                *times -= 1;
                if *times == 0 {
                    self.different.remove(&value);
                }
            }
        }
    }

    /// With these rows, for sums and counts.
    pub(super) fn of(rows: VecDeque<(i64, i128)>) -> Self {
        let mut sum = Sum::default();
        rows.iter().for_each(|(_, value)| sum.add(*value));
        Self { rows, sum, ..Self::default() }
    }

    /// What is in the window: times and values, oldest first.
    pub(super) fn rows(&self) -> &VecDeque<(i64, i128)> {
        &self.rows
    }

    /// The same rows, for other figures.
    #[must_use]
    pub(super) fn keeping(self, needs: Needs) -> Self {
        let mut log = Self::default();
        self.rows.into_iter().for_each(|(time, value)| log.push(needs, time, value));
        log
    }

    /// Nothing is in the window.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A figure, in the digits of its type: an operand with `scale` digits after the point.
    pub(crate) fn figure(&self, figure: Figure, scale: u8, to: &Type) -> Result<Option<i128>, Incident> {
        let count = self.rows.len() as i128;
        Ok(match figure {
            Figure::Count => Some(count),
            Figure::Distinct => Some(self.different.len() as i128),
            Figure::Min => self.least.front().copied(),
            Figure::Max => self.greatest.front().copied(),
            Figure::First => self.rows.front().map(|(_, value)| *value),
            Figure::Last => self.rows.back().map(|(_, value)| *value),
            Figure::Sum | Figure::Avg if count == 0 => None,
            Figure::Sum => Some(fits(self.sum.value().ok_or(Incident::Overflow)?, to)?),
            Figure::Avg => {
                let Type::Decimal(to) = to else { return Ok(None) };
                let sum = self.sum.value().ok_or(Incident::Overflow)?;
                Some(decimal::div(sum, scale, count, 0, *to).map_err(Incident::from)?)
            }
        })
    }
}

/// The number, if its type has room for it.
fn fits(number: i128, ty: &Type) -> Result<i128, Incident> {
    let room = match ty {
        Type::Decimal(d) => 10_u128.pow(u32::from(d.precision.min(38))) - 1,
        _ if number < 0 => i64::MIN.unsigned_abs().into(),
        _ => i64::MAX.unsigned_abs().into(),
    };
    if number.unsigned_abs() <= room { Ok(number) } else { Err(Incident::Overflow) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::ty::DecimalType;

    const ALL: Needs = Needs { least: true, greatest: true, different: true };

    #[test]
    fn figures_are_those_of_the_rows_in_the_window() {
        let mut log = Log::default();
        let mut rows: Vec<(i64, i128)> = Vec::new();
        let mut state = 7_u64;
        let money = Type::Decimal(DecimalType { precision: 28, scale: 2 });
        let mean = Type::Decimal(DecimalType { precision: 22, scale: 6 });
        for time in 0..3_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = i128::from(state >> 60) - 7;
            let span = if time < 1_500 { 40 } else { 3 };
            log.push(ALL, time / 3, value);
            rows.push((time / 3, value));
            log.forget(ALL, time / 3 - span);
            rows.retain(|(at, _)| *at > time / 3 - span);
            let values: Vec<i128> = rows.iter().map(|(_, value)| *value).collect();
            let get = |figure| log.figure(figure, 2, &money);
            assert_eq!(get(Figure::Count), Ok(Some(values.len() as i128)));
            assert_eq!(get(Figure::Sum), Ok(Some(values.iter().sum())));
            assert_eq!(get(Figure::Min), Ok(values.iter().min().copied()));
            assert_eq!(get(Figure::Max), Ok(values.iter().max().copied()));
            assert_eq!(
                (get(Figure::First), get(Figure::Last)),
                (Ok(values.first().copied()), Ok(values.last().copied()))
            );
            let different: std::collections::BTreeSet<_> = values.iter().collect();
            assert_eq!(get(Figure::Distinct), Ok(Some(different.len() as i128)));
            // Half up, away from zero, to four more digits.
            let (sum, n) = (values.iter().sum::<i128>() * 10_000, values.len() as i128);
            let half = (sum.abs() * 2 + n) / (2 * n) * sum.signum();
            assert_eq!(log.figure(Figure::Avg, 2, &mean), Ok(Some(half)));
        }
        log.forget(ALL, i64::MAX);
        assert!(log.is_empty() && log.least.is_empty() && log.greatest.is_empty() && log.different.is_empty());
        assert_eq!((log.figure(Figure::Sum, 2, &money), log.figure(Figure::Count, 2, &money)), (Ok(None), Ok(Some(0))));
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_overflow_and_comes_back() {
        let mut log = Log::default();
        let widest = Type::Decimal(DecimalType { precision: 38, scale: 0 });
        let most = 10_i128.pow(38) - 1;
        for time in 0..4 {
            log.push(Needs::default(), time, most);
        }
        assert_eq!(log.figure(Figure::Sum, 0, &widest), Err(Incident::Overflow));
        log.forget(Needs::default(), 2);
        assert_eq!(log.figure(Figure::Sum, 0, &widest), Ok(Some(most)));
        log.push(Needs::default(), 9, -most);
        assert_eq!(log.figure(Figure::Sum, 0, &widest), Ok(Some(0)));
        assert_eq!(log.figure(Figure::Sum, 0, &Type::Integer), Ok(Some(0)));
        let mut one = Log::default();
        one.push(Needs::default(), 0, i128::from(i64::MAX) + 1);
        assert_eq!(one.figure(Figure::Sum, 0, &Type::Integer), Err(Incident::Overflow));
    }
}
