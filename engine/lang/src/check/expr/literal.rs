//! Constants.

use crate::{
    check::{
        scope::{Checker, Scope},
        types,
    },
    finding::{Finding, codes::names as codes},
    hir::{Expr, ExprKind as H},
    time::Civil,
    ty::{DecimalType, Type, Typed, Unit},
    value::{Decimal, Duration, Value},
};
use guiju_grammar::ast::{DurationUnit, Literal, Magnitude, Span};

impl Checker<'_, '_> {
    pub(super) fn literal(&mut self, scope: &mut Scope, literal: &Literal, span: Span) -> Expr {
        let (value, ty, unit) = match literal {
            Literal::Missing => {
                return self.make(scope, span, H::Literal(Value::Missing), Typed::new(Type::Unknown, true));
            }
            Literal::Bool(b) => (Value::Bool(*b), Type::Bool, Unit::None),
            Literal::Number { mantissa, scale, magnitude, unit } => {
                let Some((value, ty)) = number(*mantissa, *scale, *magnitude) else {
                    return self.fail(scope, Finding::new(codes::NUMBER_TOO_LARGE, scope.at(span)));
                };
                let unit = unit.as_deref().map_or(Some(Unit::None), types::unit);
                let Some(unit) = unit else {
                    return self.fail(
                        scope,
                        Finding::new(codes::UNKNOWN_UNIT, scope.at(span)).name("name", self.text_of(scope, span)),
                    );
                };
                (value, ty, unit)
            }
            Literal::Duration { count, unit } => {
                let Some(d) = duration(*count, *unit) else {
                    return self.fail(scope, Finding::new(codes::NUMBER_TOO_LARGE, scope.at(span)));
                };
                (Value::Duration(d), Type::Duration, Unit::None)
            }
            Literal::Date { year, month, day } => match Civil::new(*year, *month, *day) {
                Some(d) => (Value::Date(d.days()), Type::Date, Unit::None),
                None => return self.poison(scope, span),
            },
            Literal::Time(us) => (Value::Time(*us), Type::Time, Unit::None),
            Literal::Timestamp { year, month, day, time } => {
                let days = Civil::new(*year, *month, *day).map(Civil::days);
                let zone = &self.names.book_of(scope.book).zone;
                match days.and_then(|d| zone.instant(d, *time)) {
                    Some(us) => (Value::Timestamp(us), Type::Timestamp, Unit::None),
                    None => return self.poison(scope, span),
                }
            }
            Literal::Ip(ip) => (Value::Ip(*ip), Type::Ip, Unit::None),
            Literal::Cidr(ip, bits) => (Value::Cidr(*ip, *bits), Type::Cidr, Unit::None),
            Literal::Service { protocol, low, high } => {
                let value = Value::Service { protocol: protocol.as_str().into(), low: *low, high: *high };
                (value, Type::Service, Unit::None)
            }
        };
        self.make(scope, span, H::Literal(value), Typed { ty, unit, nullable: false })
    }
}

/// A number with its magnitude applied: an integer if it is whole (and no percentage), else a decimal of just its digits.
fn number(mantissa: i128, scale: u8, magnitude: Magnitude) -> Option<(Value, Type)> {
    let (power, whole) = match magnitude {
        Magnitude::One => (0, true),
        Magnitude::Wan => (4, true),
        Magnitude::Yi => (8, true),
        Magnitude::Percent => (-2, false),
        Magnitude::BasisPoint => (-4, false),
    };
    let scale = i32::from(scale) - power;
    let (mantissa, scale) = match u32::try_from(-scale) {
        Ok(up) => (mantissa.checked_mul(10_i128.checked_pow(up)?)?, 0),
        Err(_) => (mantissa, u8::try_from(scale).ok()?),
    };
    if whole
        && scale == 0
        && let Ok(n) = i64::try_from(mantissa)
    {
        return Some((Value::Integer(n), Type::Integer));
    }
    let decimal = Decimal::new(mantissa, scale)?;
    Some((Value::Decimal(decimal), Type::Decimal(type_of(decimal))))
}

/// The narrowest type of a decimal.
pub(in crate::check) fn type_of(d: Decimal) -> DecimalType {
    DecimalType { precision: d.precision().max(d.scale).max(1), scale: d.scale }
}

pub(in crate::check) fn duration(count: i64, unit: DurationUnit) -> Option<Duration> {
    Some(match unit {
        DurationUnit::Second => Duration::Micros(count.checked_mul(1_000_000)?),
        DurationUnit::Minute => Duration::Micros(count.checked_mul(60_000_000)?),
        DurationUnit::Hour => Duration::Micros(count.checked_mul(3_600_000_000)?),
        DurationUnit::Day => Duration::Days(count),
        DurationUnit::TradingDay => Duration::TradingDays(count),
        DurationUnit::Month => Duration::Months(count),
        DurationUnit::Year => Duration::Months(count.checked_mul(12)?),
    })
}
