//! Constants one step up or down: one unit of the last digit as written, or a tenth where that is less (`50万` becomes `51万`,
//! `5万` becomes `5.5万`, 3 becomes 4). A larger change would be noticed by whoever notices this one.

use crate::{
    time::Civil,
    ty::{DecimalType, Type},
    value::{Decimal, Duration, Value, decimal::pow10},
};

/// The constant, its type and its text after the step; nothing where a step means nothing.
pub(super) fn stepped(value: &Value, ty: &Type, text: &str, up: bool) -> Option<(Value, Type, String)> {
    match value {
        Value::Integer(n) => {
            let (mantissa, scale) = number(text)?;
            let bare = scale == 0 && text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
            if bare {
                let n = if up { n.checked_add(1)? } else { n.checked_sub(1)? };
                return Some((Value::Integer(n), ty.clone(), n.to_string()));
            }
            let (value, text) = scaled((i128::from(*n), 0), (mantissa, scale), text, up)?;
            let whole = if value.1 == 0 { i64::try_from(value.0).ok() } else { None };
            // 5.5万 is whole, 0.5 of an integer's unit is not.
            Some((Value::Integer(whole?), ty.clone(), text))
        }
        Value::Decimal(d) => {
            let written = number(text)?;
            let ((mantissa, scale), text) = scaled((d.mantissa, d.scale), written, text, up)?;
            let decimal = Decimal::new(mantissa, scale)?;
            let own = DecimalType { precision: decimal.precision().max(scale).max(1), scale };
            let ty = match ty {
                Type::Decimal(known) if decimal.fits(*known) && known.scale >= scale => Type::Decimal(*known),
                _ => Type::Decimal(own),
            };
            let decimal = match &ty {
                Type::Decimal(to) => decimal.rescale(*to)?,
                _ => decimal,
            };
            Some((Value::Decimal(decimal), ty, text))
        }
        Value::Date(day) => {
            let day = crate::time::add_days(*day, if up { 1 } else { -1 })?;
            let civil = Civil::of(day);
            Some((Value::Date(day), ty.clone(), format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)))
        }
        Value::Duration(span) => {
            let span = stepped_duration(*span, up)?;
            let text = super::number_changed(text, 0, up)?;
            Some((Value::Duration(span), ty.clone(), text))
        }
        _ => None,
    }
}

/// One unit more or less, of days, trading days, months; of exact spans one of the largest unit that measures them.
pub fn stepped_duration(span: Duration, up: bool) -> Option<Duration> {
    let step = |n: i64, by: i64| if up { n.checked_add(by) } else { n.checked_sub(by).filter(|n| *n >= 0) };
    Some(match span {
        Duration::Micros(us) => {
            let unit = [3_600_000_000, 60_000_000, 1_000_000].into_iter().find(|unit| us % unit == 0)?;
            Duration::Micros(step(us, unit)?)
        }
        Duration::Days(n) => Duration::Days(step(n, 1)?),
        Duration::TradingDays(n) => Duration::TradingDays(step(n, 1)?),
        Duration::Months(n) if n != 0 && n % 12 == 0 => Duration::Months(step(n, 12)?),
        Duration::Months(n) => Duration::Months(step(n, 1)?),
    })
}

/// The number a text begins with: digits and how many of them after the point.
fn number(text: &str) -> Option<(i128, u8)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
    let digits = text.get(..end)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= 20)?;
    Some((format!("{whole}{fraction}").parse().ok()?, scale))
}

/// A value and its text, `50` of `50万`, one step on.
fn scaled(value: (i128, u8), written: (i128, u8), text: &str, up: bool) -> Option<((i128, u8), String)> {
    let (mut digits, mut scale) = written;
    if digits == 0 {
        return None;
    }
    // A unit is more than a tenth: a tenth, then.
    let mut step = 1;
    if digits.abs() < 10 {
        step = digits.abs();
        digits = digits.checked_mul(10)?;
        scale += 1;
    }
    let new = if up { digits.checked_add(step)? } else { digits.checked_sub(step)? };
    // value × new / digits, which one more place makes exact.
    let (mut mantissa, mut places) = value;
    let mut product = mantissa.checked_mul(new)?;
    while product % digits != 0 {
        mantissa = mantissa.checked_mul(10)?;
        places = places.checked_add(1).filter(|places| *places <= 20)?;
        product = mantissa.checked_mul(new)?;
    }
    let rest_at = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
    Some(((product / digits, places), format!("{}{}", plain(new, scale), text.get(rest_at..)?)))
}

fn plain(mantissa: i128, scale: u8) -> String {
    let one = pow10(scale) as i128;
    let (whole, fraction) = (mantissa / one, (mantissa % one).abs());
    let sign = if mantissa < 0 && whole == 0 { "-" } else { "" };
    let fraction = format!("{fraction:0width$}", width = scale as usize);
    let fraction = if scale == 0 { "" } else { fraction.trim_end_matches('0') };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(mantissa: i128, scale: u8) -> (Value, Type) {
        let d = Decimal::new(mantissa, scale).unwrap();
        (Value::Decimal(d), Type::Decimal(DecimalType { precision: d.precision().max(scale), scale }))
    }

    #[test]
    fn a_step_is_a_unit_of_the_last_digit_or_a_tenth() {
        let integer = |n, text| {
            let step = |up| stepped(&Value::Integer(n), &Type::Integer, text, up).map(|(v, _, t)| (v, t));
            (step(true), step(false))
        };
        let some = |n, text: &str| Some((Value::Integer(n), text.to_owned()));
        assert_eq!(integer(500_000, "50万"), (some(510_000, "51万"), some(490_000, "49万")));
        assert_eq!(integer(50_000, "5万"), (some(55_000, "5.5万"), some(45_000, "4.5万")));
        assert_eq!(integer(3, "3"), (some(4, "4"), some(2, "2")));
        assert_eq!(integer(0, "0"), (some(1, "1"), some(-1, "-1")));
        let (value, ty) = decimal(80, 2);
        let (up, _, text) = stepped(&value, &ty, "80%", true).unwrap();
        assert_eq!((up, text.as_str()), (decimal(81, 2).0, "81%"));
        let (value, ty) = decimal(5, 2);
        let (down, ty, text) = stepped(&value, &ty, "5%", false).unwrap();
        assert_eq!((down, text.as_str()), (decimal(45, 3).0, "4.5%"));
        assert!(matches!(ty, Type::Decimal(DecimalType { scale: 3, .. })));
    }

    #[test]
    fn dates_and_spans_move_by_one() {
        let (value, _, text) = stepped(&Value::Date(0), &Type::Date, "1970-01-01", false).unwrap();
        assert_eq!((value, text.as_str()), (Value::Date(-1), "1969-12-31"));
        assert_eq!(stepped_duration(Duration::TradingDays(3), true), Some(Duration::TradingDays(4)));
        assert_eq!(stepped_duration(Duration::Months(24), false), Some(Duration::Months(12)));
        assert_eq!(stepped_duration(Duration::Micros(5_400_000_000), true), Some(Duration::Micros(5_460_000_000)));
        let (_, _, text) = stepped(&Value::Duration(Duration::Days(90)), &Type::Duration, "90d", true).unwrap();
        assert_eq!(text, "91d");
    }
}
