//! Values in and out of scripts. Dates are days since 1970-01-01, times and timestamps microseconds, missing is `()`.

use guiju_lang::{
    time,
    ty::Type,
    value::{Decimal, Value},
};
use rhai::{Array, Dynamic, FLOAT, INT};

/// `None` for values that scripts have no form of.
pub(super) fn to_script(value: &Value) -> Option<Dynamic> {
    Some(match value {
        Value::Missing => Dynamic::UNIT,
        Value::Bool(b) => (*b).into(),
        Value::Integer(n) | Value::Time(n) | Value::Timestamp(n) => (*n).into(),
        Value::Date(d) => INT::from(*d).into(),
        Value::Decimal(d) => Dynamic::from(*d),
        Value::Real(x) => (*x).into(),
        Value::Text(t) => (&**t).into(),
        Value::Ip(ip) => ip.to_string().into(),
        Value::Cidr(ip, bits) => format!("{ip}/{bits}").into(),
        Value::List(items) => items.iter().map(to_script).collect::<Option<Array>>()?.into(),
        Value::Duration(_) | Value::Service { .. } | Value::Record(_) => return None,
    })
}

/// `None` if the value is not of the declared type. Integers serve as decimals and reals; nothing else is converted.
pub(super) fn from_script(value: Dynamic, ty: &Type) -> Option<Value> {
    if value.is_unit() {
        return Some(Value::Missing);
    }
    Some(match ty {
        Type::Bool => Value::Bool(value.as_bool().ok()?),
        Type::Integer => Value::Integer(value.as_int().ok()?),
        Type::Decimal(to) => {
            let d = match value.as_int() {
                Ok(n) => Decimal::from(n),
                Err(_) => value.try_cast::<Decimal>()?,
            };
            Value::Decimal(d.rescale(*to)?)
        }
        Type::Real => {
            let x: FLOAT = match value.as_int() {
                Ok(n) => n as FLOAT,
                Err(_) => value.as_float().ok()?,
            };
            // Not finite is no failure: the language's reals read it as missing.
            Value::real(x)
        }
        Type::Text => Value::text(&value.into_immutable_string().ok()?),
        Type::Date => {
            let day = i32::try_from(value.as_int().ok()?).ok()?;
            Value::Date((time::FIRST_DAY..=time::LAST_DAY).contains(&day).then_some(day)?)
        }
        Type::Time => {
            let at = value.as_int().ok()?;
            Value::Time((0..time::DAY).contains(&at).then_some(at)?)
        }
        Type::Timestamp => Value::Timestamp(value.as_int().ok()?),
        Type::List(of) => {
            let items = value.into_array().ok()?;
            let items: Option<Vec<Value>> = items.into_iter().map(|item| from_script(item, of)).collect();
            Value::List(items?.into())
        }
        _ => return None,
    })
}

/// A script type's name as users know it.
pub(super) fn plain_name(rhai: &str) -> &str {
    match rhai {
        "i64" => "integer",
        "f64" => "real",
        "string" | "char" | "&str" => "text",
        "bool" => "bool",
        "array" => "list",
        "map" => "record",
        name if name.ends_with("Decimal") => "decimal",
        _ => "something else",
    }
}
