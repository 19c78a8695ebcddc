//! Which type decimals get. On the wire each has an exponent of its own; a column has one scale.

use guiju_feed::{Datum, Decimal, Decoded, Fields};
use std::collections::BTreeMap;

/// Digits of Arrow's and Parquet's widest common decimal.
pub(super) const MOST_DIGITS: i32 = 38;
/// Digits that Parquet keeps in eight bytes.
const IN_A_WORD: i32 = 18;

/// What is done with decimals.
#[derive(Debug)]
pub enum Decimals {
    /// Each column has the least scale that keeps all of its values, which have been looked at before. If no scale does, it is as with
    /// [`Decimals::Parts`].
    Found(Survey),
    /// All have so many places, at most 38; a value that has more, or more than 38 digits, is a finding.
    Places(u8),
    /// A struct of `mantissa` and `exponent`, as on the wire: 12.50 and 12.5 stay different.
    Parts,
}

/// A decimal column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Fixed { precision: u8, scale: i8 },
    Parts,
}

impl Decimals {
    /// The decimals of a template, field by field.
    pub(super) fn of(&self, template: u32) -> Chosen<'_> {
        match self {
            Self::Found(survey) => Chosen::Found(survey.templates.get(&template).map_or(&[], Vec::as_slice)),
            Self::Places(places) => Chosen::All(Scale::Fixed {
                precision: MOST_DIGITS as u8,
                scale: (*places).min(MOST_DIGITS as u8) as i8,
            }),
            Self::Parts => Chosen::All(Scale::Parts),
        }
    }
}

/// The same for one row of fields.
#[derive(Debug, Clone, Copy)]
pub(super) enum Chosen<'s> {
    Found(&'s [Seen]),
    All(Scale),
}

impl<'s> Chosen<'s> {
    /// Of the field at a place.
    pub(super) fn scale(self, place: usize) -> Scale {
        match self {
            Self::All(scale) => scale,
            // If none was seen, any will do.
            Self::Found(seen) => seen.get(place).map_or(Span::default(), |seen| seen.span).scale(),
        }
    }

    /// Of the fields inside the one at a place.
    pub(super) fn inside(self, place: usize) -> Self {
        match self {
            Self::All(_) => self,
            Self::Found(seen) => Self::Found(seen.get(place).map_or(&[], |seen| &seen.inside)),
        }
    }
}

/// What decimals a stream has, template by template and field by field.
#[derive(Debug, Default)]
pub struct Survey {
    templates: BTreeMap<u32, Vec<Seen>>,
}

/// What was seen of a field.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Of its own values.
    span: Span,
    /// Of the fields in it.
    inside: Vec<Self>,
}

/// From which place to which its digits reach, as powers of ten: as they are written, and without zeros at their ends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    written: Reach,
    needed: Reach,
}

#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    lowest: i32,
    /// Digits before the point, which may be negative.
    top: Option<i32>,
}

impl Reach {
    fn see(&mut self, value: Decimal) {
        let digits = value.mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log as i32 + 1);
        self.lowest = self.lowest.min(value.exponent);
        let top = digits.saturating_add(value.exponent);
        self.top = Some(self.top.map_or(top, |most| most.max(top)));
    }

    /// The least scale, if 38 digits reach.
    fn scale(self) -> Option<Scale> {
        let scale = -self.lowest;
        let digits = self.top.unwrap_or(0).max(0).saturating_add(scale);
        if scale > MOST_DIGITS || digits > MOST_DIGITS {
            return None;
        }
        let precision = if digits <= IN_A_WORD { IN_A_WORD } else { MOST_DIGITS };
        Some(Scale::Fixed { precision: precision as u8, scale: scale as i8 })
    }
}

impl Span {
    fn see(&mut self, value: Decimal) {
        self.written.see(value);
        self.needed.see(value.normalised());
    }

    fn scale(self) -> Scale {
        self.written.scale().or_else(|| self.needed.scale()).unwrap_or(Scale::Parts)
    }
}

impl Survey {
    /// Looks at a message.
    pub fn see(&mut self, message: &Decoded<'_>) {
        see(&message.fields(), self.templates.entry(message.number()).or_default());
    }
}

fn see(fields: &Fields<'_>, seen: &mut Vec<Seen>) {
    seen.resize(fields.layout().fields().len().max(seen.len()), Seen::default());
    for ((_, datum), seen) in fields.iter().zip(seen) {
        match datum {
            Some(Datum::Decimal(value)) => seen.span.see(value),
            Some(Datum::Sequence(elements)) => elements.iter().for_each(|element| see(&element, &mut seen.inside)),
            Some(Datum::Group(group)) => see(&group, &mut seen.inside),
            _ => {}
        }
    }
}

/// The digits of a value at a scale; nothing if they are not whole or too many.
pub(super) fn at_scale(value: Decimal, precision: u8, scale: i8) -> Option<i128> {
    let mut digits = i128::from(value.mantissa);
    let shift = value.exponent.checked_add(i32::from(scale))?;
    let power = 10i128.checked_pow(shift.unsigned_abs());
    digits = match power {
        _ if digits == 0 => 0,
        Some(power) if shift >= 0 => digits.checked_mul(power)?,
        Some(power) if digits % power == 0 => digits / power,
        _ => return None,
    };
    (digits.unsigned_abs() < 10u128.pow(u32::from(precision))).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(mantissa: i64, exponent: i32) -> Decimal {
        Decimal { mantissa, exponent }
    }

    #[test]
    fn the_least_scale_that_keeps_all() {
        let scale = |values: &[(i64, i32)]| {
            let mut span = Span::default();
            values.iter().for_each(|(mantissa, exponent)| span.see(decimal(*mantissa, *exponent)));
            let scale = span.scale();
            if let Scale::Fixed { precision, scale } = scale {
                for (mantissa, exponent) in values {
                    assert!(at_scale(decimal(*mantissa, *exponent), precision, scale).is_some(), "{values:?}");
                }
            }
            scale
        };
        let fixed = |precision, scale| Scale::Fixed { precision, scale };
        assert_eq!(scale(&[(1_250, -2), (3, 0)]), fixed(18, 2), "as it is written");
        assert_eq!(scale(&[(5, 3)]), fixed(18, 0));
        assert_eq!(scale(&[(i64::MAX, -2), (1, 0)]), fixed(38, 2));
        assert_eq!(scale(&[(1_000, -40), (1, 0)]), fixed(38, 37), "zeros at the end need no place");
        assert_eq!(scale(&[(1, -30), (1, 30)]), Scale::Parts);
        assert_eq!(scale(&[(0, -63), (1, -2)]), fixed(18, 2));
        assert_eq!(scale(&[(i64::MIN, 19)]), fixed(38, 0));
        assert_eq!(scale(&[(i64::MIN, 20)]), Scale::Parts);
    }

    #[test]
    fn what_does_not_fit_a_scale() {
        assert_eq!(at_scale(decimal(12_345, -3), 38, 2), None);
        assert_eq!(at_scale(decimal(12_340, -3), 38, 2), Some(1_234));
        assert_eq!(at_scale(decimal(-5, 0), 38, 2), Some(-500));
        assert_eq!(at_scale(decimal(1, 37), 38, 1), None);
        assert_eq!(at_scale(decimal(0, i32::MAX), 38, 2), None, "an exponent that no stream has");
        assert_eq!(at_scale(decimal(0, 63), 38, 2), Some(0));
    }
}
