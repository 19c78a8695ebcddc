//! What built-in functions take and give.

use super::Builtin;
use crate::{
    ty::{DecimalType, Type, Typed, Unit, as_decimal, common, literal_decimal},
    value::Value,
};

/// A checked argument.
#[derive(Debug, Clone, Copy)]
pub struct Argument<'a> {
    /// Its type.
    pub typed: &'a Typed,
    /// Its value, if it is a literal.
    pub constant: Option<&'a Value>,
}

/// A set of types, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// integer, decimal or real
    Number,
    /// integer
    Integer,
    /// text
    Text,
    /// number or text
    NumberOrText,
    /// date or timestamp
    Date,
    /// date, timestamp or text
    DateOrText,
    /// anything but lists and records
    Scalar,
    /// an integer literal from 0 to 38
    Scale,
    /// the type of the first argument
    SameAsFirst,
}

/// Why arguments do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// Too few or too many.
    Count {
        /// At least.
        least: usize,
        /// At most; `None`: any number.
        most: Option<usize>,
    },
    /// The argument at this position (from 0) is of the wrong type.
    Type {
        /// Which.
        position: usize,
        /// What it should be.
        expected: Family,
    },
}

impl Family {
    fn holds(self, argument: &Argument<'_>) -> bool {
        let ty = &argument.typed.ty;
        let number = matches!(ty, Type::Integer | Type::Decimal(_) | Type::Real);
        if self == Self::Scale {
            return matches!(argument.constant, Some(Value::Integer(0..=38)));
        }
        if *ty == Type::Unknown {
            return true;
        }
        match self {
            Self::Number => number,
            Self::Integer => *ty == Type::Integer,
            Self::Text => *ty == Type::Text,
            Self::NumberOrText => number || *ty == Type::Text,
            Self::Date => matches!(ty, Type::Date | Type::Timestamp),
            Self::DateOrText => matches!(ty, Type::Date | Type::Timestamp | Type::Text),
            Self::Scalar => !matches!(ty, Type::List(_) | Type::Record(_)),
            Self::Scale | Self::SameAsFirst => true,
        }
    }
}

impl Builtin {
    /// The parameters' families, how many of them must be given, and whether the last may be repeated.
    fn parameters(self) -> (&'static [Family], usize, bool) {
        match self {
            Self::Days | Self::Months => (&[Family::Date, Family::Date], 1, false),
            Self::TradingDays => (&[Family::Date, Family::Date], 2, false),
            Self::Decimal => (&[Family::NumberOrText, Family::Scale], 2, false),
            Self::Real | Self::Integer => (&[Family::NumberOrText], 1, false),
            Self::Text => (&[Family::Scalar], 1, false),
            Self::Length | Self::Lower | Self::Upper | Self::Trim => (&[Family::Text], 1, false),
            Self::Substring => (&[Family::Text, Family::Integer, Family::Integer], 2, false),
            Self::Concat => (&[Family::Text], 1, true),
            Self::Round => (&[Family::Number, Family::Scale], 1, false),
            Self::Abs | Self::Floor | Self::Ceiling => (&[Family::Number], 1, false),
            Self::Replace => (&[Family::Text, Family::Text, Family::Text], 3, false),
            Self::Hide => (&[Family::Text, Family::Integer, Family::Integer], 3, false),
            Self::Average | Self::Median => (&[Family::Number], 2, true),
            Self::Least | Self::Greatest => (&[Family::Scalar, Family::SameAsFirst], 2, true),
            Self::Age
            | Self::MonthDay
            | Self::Year
            | Self::Month
            | Self::Day
            | Self::Weekday
            | Self::IsTradingDay
            | Self::NextTradingDay
            | Self::PreviousTradingDay
            | Self::Quarter
            | Self::MonthStart
            | Self::MonthEnd
            | Self::Anniversary => (&[Family::Date], 1, false),
            Self::Date => (&[Family::DateOrText], 1, false),
        }
    }

    /// The result for these arguments. Overflow does not count as nullable (it is counted when it happens); reading a text and
    /// asking the calendar do.
    pub fn result(self, arguments: &[Argument<'_>]) -> Result<Typed, Mismatch> {
        let (families, least, repeat) = self.parameters();
        let most = (!repeat).then_some(families.len());
        if arguments.len() < least || most.is_some_and(|m| arguments.len() > m) {
            return Err(Mismatch::Count { least, most });
        }
        for (position, argument) in arguments.iter().enumerate() {
            let expected = families.get(position).or(families.last()).copied().unwrap_or(Family::Scalar);
            if !expected.holds(argument) {
                return Err(Mismatch::Type { position, expected });
            }
        }
        let Some(first) = arguments.first() else { return Err(Mismatch::Count { least, most }) };
        let from_text = first.typed.ty == Type::Text;
        let any_nullable = arguments.iter().any(|a| a.typed.nullable);
        let scale = match arguments.get(1).and_then(|a| a.constant) {
            Some(Value::Integer(n)) => u8::try_from(*n).unwrap_or(0),
            _ => 0,
        };
        let mut unit = first.typed.unit.clone();
        let (ty, nullable) = match self {
            Self::Decimal => (Type::Decimal(fixed_point(first, scale)), any_nullable || from_text),
            Self::Real => (Type::Real, any_nullable || from_text),
            Self::Integer => (Type::Integer, any_nullable || from_text),
            Self::Round => (
                match &first.typed.ty {
                    Type::Decimal(d) => Type::Decimal(d.rounded(scale.into())),
                    other => other.clone(),
                },
                any_nullable,
            ),
            Self::Abs => (first.typed.ty.clone(), any_nullable),
            Self::Floor | Self::Ceiling => (
                match &first.typed.ty {
                    Type::Decimal(d) => Type::Decimal(whole(*d)),
                    other => other.clone(),
                },
                any_nullable,
            ),
            Self::Average | Self::Median => (mean(arguments), arguments.iter().all(|a| a.typed.nullable)),
            Self::Least | Self::Greatest => {
                // Beside a decimal an integer literal counts as a decimal of its digits.
                let decimal = arguments.iter().any(|a| matches!(a.typed.ty, Type::Decimal(_)));
                let of = |a: &Argument<'_>| match a.constant {
                    Some(Value::Integer(n)) if decimal => Type::Decimal(literal_decimal(*n)),
                    _ => a.typed.ty.clone(),
                };
                let mut ty = of(first);
                for (position, argument) in arguments.iter().enumerate().skip(1) {
                    ty =
                        common(&ty, &of(argument)).ok_or(Mismatch::Type { position, expected: Family::SameAsFirst })?;
                    if unit == Unit::None {
                        unit = argument.typed.unit.clone();
                    }
                }
                (ty, arguments.iter().all(|a| a.typed.nullable))
            }
            other => {
                unit = Unit::None;
                match other {
                    Self::Text
                    | Self::Lower
                    | Self::Upper
                    | Self::Trim
                    | Self::Substring
                    | Self::Concat
                    | Self::Replace
                    | Self::Hide => (Type::Text, any_nullable),
                    Self::NextTradingDay | Self::PreviousTradingDay => (Type::Date, true),
                    Self::TradingDays => (Type::Integer, true),
                    Self::MonthStart | Self::MonthEnd => (Type::Date, any_nullable),
                    Self::Date => (Type::Date, any_nullable || from_text),
                    Self::Anniversary => (Type::Date, any_nullable),
                    Self::IsTradingDay => (Type::Bool, true),
                    _ => (Type::Integer, any_nullable),
                }
            }
        };
        Ok(Typed { ty, unit, nullable })
    }
}

/// Type of `decimal(x, scale)`: all whole digits that x can have, one more for the carry if digits are dropped.
fn fixed_point(x: &Argument<'_>, scale: u8) -> DecimalType {
    let of = match (x.constant, as_decimal(&x.typed.ty)) {
        (Some(Value::Integer(n)), _) => literal_decimal(*n),
        (_, Some(d)) => d,
        _ => return DecimalType { precision: 38, scale },
    };
    let whole = of.precision - of.scale + u8::from(scale < of.scale);
    DecimalType { precision: (whole + scale).clamp(1, 38), scale }
}

/// Type of `floor(x)`: rounding up may take one more digit.
fn whole(of: DecimalType) -> DecimalType {
    DecimalType { precision: (of.precision - of.scale + 1).clamp(1, 38), scale: 0 }
}

/// Type of a mean: real if anything is, else a decimal with four more digits after the point than the finest argument (as Spark's `avg`).
fn mean(arguments: &[Argument<'_>]) -> Type {
    let (mut digits, mut scale) = (1, 0);
    for argument in arguments {
        let of = match (argument.constant, as_decimal(&argument.typed.ty)) {
            (Some(Value::Integer(n)), _) => literal_decimal(*n),
            (_, Some(d)) => d,
            (_, None) if argument.typed.ty == Type::Unknown => return Type::Unknown,
            (_, None) => return Type::Real,
        };
        (digits, scale) = (digits.max(of.precision - of.scale), scale.max(of.scale));
    }
    let scale = (scale + 4).min(38 - digits.min(38));
    Type::Decimal(DecimalType { precision: (digits + scale).clamp(1, 38), scale })
}
