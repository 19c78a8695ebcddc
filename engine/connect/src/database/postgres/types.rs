//! PostgreSQL's types. The numbers are those of `src/include/catalog/pg_type.dat`.

use super::super::{Found, Trouble, session::Written};
use fallible_iterator::FallibleIterator;
use guiju_lang::ty::{DecimalType, Type};
use postgres_protocol::message::backend::RowDescriptionBody;

/// A numeric without a precision: as Spark's JDBC source reads it. A value with more digits is a finding, not rounded.
const UNBOUNDED: DecimalType = DecimalType { precision: 38, scale: 18 };
/// The length word that a type modifier counts.
const HEADER: i32 = 4;

/// What the server says of a column.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) name: String,
    pub(super) oid: u32,
    modifier: i32,
    pub(super) table: u32,
    pub(super) column: i16,
    pub(super) nullable: bool,
    /// Of a type that is not among those we know by number.
    pub(super) name_of_type: String,
    pub(super) is_enum: bool,
}

pub(super) fn told(body: &RowDescriptionBody) -> Result<Vec<Told>, Trouble> {
    let fields = body.fields().map(|field| {
        Ok(Told {
            name: field.name().to_owned(),
            oid: field.type_oid(),
            modifier: field.type_modifier(),
            table: field.table_oid(),
            column: field.column_id(),
            nullable: true,
            name_of_type: String::new(),
            is_enum: false,
        })
    });
    fields.collect().map_err(|e| Trouble::Broken(e.to_string()))
}

impl Told {
    pub(super) fn is_known(&self) -> bool {
        self.of_number().is_some()
    }

    fn of_number(&self) -> Option<(Type, Written)> {
        Some(match self.oid {
            16 => (Type::Bool, Written::Bit),
            20 | 21 | 23 | 26 => (Type::Integer, Written::Plain),
            700 => (Type::Real, Written::Single),
            701 => (Type::Real, Written::Plain),
            1700 => (Type::Decimal(numeric(self.modifier)?), Written::Plain),
            // text, name, varchar, json, jsonb, xml, uuid
            25 | 19 | 1043 | 114 | 3802 | 142 | 2950 => (Type::Text, Written::Plain),
            1042 => (Type::Text, Written::Padded),
            1082 => (Type::Date, Written::Plain),
            1083 => (Type::Time, Written::Plain),
            1114 | 1184 => (Type::Timestamp, Written::Plain),
            _ => return None,
        })
    }

    pub(super) fn found(&self) -> Found {
        match self.of_number() {
            Some((ty, written)) => Found::usable(&self.name, ty, written, self.nullable),
            None if self.is_enum || self.name_of_type == "citext" => {
                Found::usable(&self.name, Type::Text, Written::Plain, self.nullable)
            }
            None => Found::unusable(&self.name, &self.name_of_type),
        }
    }
}

/// Precision and scale as a type modifier packs them: since PostgreSQL 15 the scale may be negative or exceed the precision.
fn numeric(modifier: i32) -> Option<DecimalType> {
    if modifier < HEADER {
        return Some(UNBOUNDED);
    }
    let packed = modifier - HEADER;
    let precision = packed >> 16 & 0xffff;
    let scale = ((packed & 0x7ff) ^ 1024) - 1024;
    let (precision, scale) = if scale < 0 { (precision - scale, 0) } else { (precision.max(scale), scale) };
    (precision <= 38)
        .then_some(DecimalType { precision: u8::try_from(precision).ok()?, scale: u8::try_from(scale).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_scale() {
        let pack = |p: i32, s: i32| ((p << 16) | (s & 0x7ff)) + HEADER;
        let ty = |precision, scale| Some(DecimalType { precision, scale });
        assert_eq!(numeric(-1), Some(UNBOUNDED));
        assert_eq!(numeric(pack(18, 2)), ty(18, 2));
        assert_eq!(numeric(pack(5, -2)), ty(7, 0));
        assert_eq!(numeric(pack(2, 4)), ty(4, 4));
        assert_eq!(numeric(pack(38, 10)), ty(38, 10));
        assert_eq!(numeric(pack(39, 0)), None);
        assert_eq!(numeric(pack(1000, 5)), None);
    }
}
