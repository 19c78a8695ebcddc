//! MySQL's types, as the description of a result tells them.

use super::{
    super::session::{Form, Written},
    Found, quoted,
};
use guiju_lang::ty::{DecimalType, Type};
use mysql_common::{
    constants::{ColumnFlags, ColumnType},
    packets::Column,
};

/// The character set of bytes that are no text.
const BINARY: u16 = 63;

pub(super) fn found(column: &Column, table: bool) -> Found {
    let name = column.name_str();
    // Of a query a column may be missing although its table's is not: an outer join does that.
    let nullable = !(table && column.flags().contains(ColumnFlags::NOT_NULL_FLAG));
    match type_of(column) {
        Some((ty, written)) => Found::usable(&name, ty, written, nullable),
        None => Found::unusable(&name, &physical(column)),
    }
}

/// How a column is asked for. As a text a float has six digits only; as a double it has all of them.
pub(super) fn asked(column: &Found) -> String {
    let name = quoted(&column.name, '`');
    match &column.ty {
        Ok(Form { ty: Type::Real, .. }) => format!("({name} + 0e0) AS {name}"),
        _ => name,
    }
}

fn type_of(column: &Column) -> Option<(Type, Written)> {
    use ColumnType as C;
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let ty = match column.column_type() {
        C::MYSQL_TYPE_TINY if column.column_length() == 1 => Type::Bool,
        C::MYSQL_TYPE_BIT if column.column_length() == 1 => return Some((Type::Bool, Written::Bit)),
        C::MYSQL_TYPE_LONGLONG if unsigned => Type::Decimal(DecimalType { precision: 20, scale: 0 }),
        C::MYSQL_TYPE_TINY
        | C::MYSQL_TYPE_SHORT
        | C::MYSQL_TYPE_INT24
        | C::MYSQL_TYPE_LONG
        | C::MYSQL_TYPE_LONGLONG
        | C::MYSQL_TYPE_YEAR => Type::Integer,
        C::MYSQL_TYPE_DECIMAL | C::MYSQL_TYPE_NEWDECIMAL => Type::Decimal(decimal(column, unsigned)?),
        C::MYSQL_TYPE_FLOAT | C::MYSQL_TYPE_DOUBLE => Type::Real,
        C::MYSQL_TYPE_DATE | C::MYSQL_TYPE_NEWDATE => Type::Date,
        C::MYSQL_TYPE_TIME | C::MYSQL_TYPE_TIME2 => Type::Time,
        C::MYSQL_TYPE_DATETIME | C::MYSQL_TYPE_DATETIME2 => Type::Timestamp,
        C::MYSQL_TYPE_TIMESTAMP | C::MYSQL_TYPE_TIMESTAMP2 => return Some((Type::Timestamp, Written::Utc)),
        C::MYSQL_TYPE_JSON | C::MYSQL_TYPE_ENUM | C::MYSQL_TYPE_SET => Type::Text,
        C::MYSQL_TYPE_VARCHAR
        | C::MYSQL_TYPE_VAR_STRING
        | C::MYSQL_TYPE_STRING
        | C::MYSQL_TYPE_TINY_BLOB
        | C::MYSQL_TYPE_MEDIUM_BLOB
        | C::MYSQL_TYPE_LONG_BLOB
        | C::MYSQL_TYPE_BLOB
            if column.character_set() != BINARY =>
        {
            Type::Text
        }
        _ => return None,
    };
    Some((ty, Written::Plain))
}

/// The length counts the point and the sign, where there can be one.
fn decimal(column: &Column, unsigned: bool) -> Option<DecimalType> {
    let scale = column.decimals();
    let signs = u32::from(scale > 0) + u32::from(!unsigned);
    let precision = u8::try_from(column.column_length().checked_sub(signs)?).ok()?;
    (precision > 0 && precision <= 38 && scale <= precision).then_some(DecimalType { precision, scale })
}

/// `varbinary`, `geometry`, …
fn physical(column: &Column) -> String {
    let name = format!("{:?}", column.column_type()).to_ascii_lowercase();
    let word = name.trim_start_matches("mysql_type_").trim_end_matches('2');
    match word {
        "var_string" | "varchar" => "varbinary".to_owned(),
        "string" => "binary".to_owned(),
        "newdecimal" | "decimal" => format!("decimal({},{})", column.column_length(), column.decimals()),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_decimals() {
        let column = |length, scale| {
            Column::new(ColumnType::MYSQL_TYPE_NEWDECIMAL).with_column_length(length).with_decimals(scale)
        };
        let ty = |precision, scale| Some(DecimalType { precision, scale });
        assert_eq!(decimal(&column(20, 2), false), ty(18, 2));
        assert_eq!(decimal(&column(11, 0), false), ty(10, 0));
        assert_eq!(decimal(&column(10, 0), true), ty(10, 0));
        assert_eq!(decimal(&column(67, 2), false), None);
    }
}
