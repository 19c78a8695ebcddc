//! Messages into columns. Nothing is rounded and nothing cut: a value that its column does not hold is missing, or, of a field that
//! is never absent, keeps its row out; either is counted.

use super::table::{DECIMAL, Place, Plan};
use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{ArrayBuilder, Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder},
};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef, TimeUnit};
use guiju_feed::{Datum, Decimal, Decoded, Fields, reader::Origin};
use guiju_lang::{
    market::Clock,
    schema::Schema,
    time::{DAY, Zone},
    ty::Type,
};
use std::{borrow::Cow, fmt::Write, sync::Arc};

/// Rows that are being made.
pub(super) struct Rows {
    plan: Plan,
    columns: Vec<Filler>,
    schema: SchemaRef,
    zone: Zone,
    rows: usize,
}

struct Filler {
    name: String,
    place: Place,
    nullable: bool,
    clock: Option<Clock>,
    builder: Builder,
    misfits: Misfits,
}

enum Builder {
    Integer(Int64Builder),
    Decimal(Decimal128Builder),
    Text(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
}

/// Values that a column does not hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Misfits {
    pub(super) count: u64,
    /// The first of them.
    pub(super) first: String,
}

enum Cell<'a> {
    Missing,
    Integer(i64),
    Decimal(i128),
    Text(Cow<'a, str>),
}

impl Rows {
    /// For these columns of a table, as rules see them. Nothing if the table has none of such a name or type: the checker saw another.
    pub(super) fn of(plan: Plan, wanted: &Schema, clocks: &[(String, Clock)], zone: Zone) -> Option<Self> {
        let (mut columns, mut fields) = (Vec::new(), Vec::new());
        for column in &wanted.columns {
            let (known, place) = plan.column(&column.name)?;
            let clock = clocks.iter().find(|(name, _)| *name == column.name).map(|(_, clock)| clock.clone());
            if clock.is_none() && known.typed.ty != column.typed.ty {
                return None;
            }
            let (builder, ty) = Builder::of(&column.typed.ty)?;
            fields.push(Field::new(&column.name, ty, column.typed.nullable));
            columns.push(Filler {
                name: column.name.clone(),
                place: place.clone(),
                nullable: column.typed.nullable,
                clock,
                builder,
                misfits: Misfits::default(),
            });
        }
        let schema = Arc::new(arrow_schema::Schema::new(fields));
        Some(Self { plan, columns, schema, zone, rows: 0 })
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) const fn len(&self) -> usize {
        self.rows
    }

    /// The rows of a message, if it is one of this table's.
    pub(super) fn take(&mut self, message: &Decoded<'_>, origin: &Origin) {
        let (name, id) = &self.plan.template;
        if message.id() != *id || message.template() != name.local {
            return;
        }
        let time = self.time(origin);
        let fields = message.fields();
        self.level(&mut vec![fields], origin, time, 0);
    }

    /// When a message was sent, by its frame, or captured.
    fn time(&self, origin: &Origin) -> Option<i64> {
        let sent = origin
            .sent
            .and_then(|clock| self.zone.instant(i32::try_from(clock.div_euclid(DAY)).ok()?, clock.rem_euclid(DAY)));
        sent.or_else(|| i64::try_from(origin.captured? / 1_000).ok())
    }

    fn level(&mut self, around: &mut Vec<Fields<'_>>, origin: &Origin, time: Option<i64>, entry: i64) {
        let Some(way) = self.plan.sequences.get(around.len() - 1) else {
            return self.row(around, origin, time, entry);
        };
        let Some(Datum::Sequence(elements)) = around.last().and_then(|fields| at(*fields, way)) else { return };
        for (number, element) in elements.iter().enumerate() {
            around.push(element);
            self.level(around, origin, time, i64::try_from(number + 1).unwrap_or(i64::MAX));
            around.pop();
        }
    }

    fn row(&mut self, around: &[Fields<'_>], origin: &Origin, time: Option<i64>, entry: i64) {
        let mut cells = Vec::with_capacity(self.columns.len());
        let mut whole = true;
        for filler in &mut self.columns {
            let number = |number: Option<u64>| number.and_then(|n| i64::try_from(n).ok());
            let own = |value: Option<i64>| value.map_or(Cell::Missing, Cell::Integer);
            let cell = match &filler.place {
                Place::Field(level, place) => match around.get(*level).and_then(|fields| at(*fields, place)) {
                    None => Cell::Missing,
                    Some(datum) => filler.cell(datum, &self.zone, time).unwrap_or_else(|| {
                        filler.misfits.note(&datum);
                        whole &= filler.nullable;
                        Cell::Missing
                    }),
                },
                Place::Channel => own(number(origin.number.map(|(channel, _)| channel))),
                Place::Sequence => own(number(origin.number.map(|(_, sequence)| sequence))),
                Place::Time => own(time),
                Place::Entry => Cell::Integer(entry),
            };
            cells.push(cell);
        }
        // Where a mandatory field does not fit.
        if !whole {
            return;
        }
        for (filler, cell) in self.columns.iter_mut().zip(cells) {
            filler.builder.push(cell);
        }
        self.rows += 1;
    }

    /// The rows so far, if there are any.
    pub(super) fn batch(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        if self.rows == 0 {
            return None;
        }
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(|filler| filler.builder.finish()).collect();
        Some(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options))
    }

    /// The columns that did not hold some value, and whether their rows were left out; then nothing of it is remembered.
    pub(super) fn misfits(&mut self) -> Vec<(String, bool, Misfits)> {
        let columns = self.columns.iter_mut().filter(|filler| filler.misfits.count > 0);
        columns.map(|filler| (filler.name.clone(), filler.nullable, std::mem::take(&mut filler.misfits))).collect()
    }
}

/// A field in its groups.
fn at<'d>(fields: Fields<'d>, place: &[usize]) -> Option<Datum<'d>> {
    let (last, groups) = place.split_last()?;
    let mut fields = fields;
    for group in groups {
        let Datum::Group(inside) = fields.get(*group)? else { return None };
        fields = inside;
    }
    fields.get(*last)
}

impl Filler {
    /// A value in the column's type; nothing if it does not fit.
    fn cell<'d>(&self, datum: Datum<'d>, zone: &Zone, near: Option<i64>) -> Option<Cell<'d>> {
        if let Some(clock) = &self.clock {
            let instant = match datum {
                Datum::Unsigned(number) => clock.of_number(number, zone, near),
                Datum::Signed(number) => clock.of_number(u64::try_from(number).ok()?, zone, near),
                Datum::Text(text) => clock.of_text(std::str::from_utf8(text).ok()?, zone, near),
                _ => None,
            };
            return instant.map(Cell::Integer);
        }
        Some(match (datum, &self.builder) {
            (Datum::Unsigned(number), Builder::Integer(_)) => Cell::Integer(i64::try_from(number).ok()?),
            (Datum::Unsigned(number), Builder::Decimal(_)) => Cell::Decimal(i128::from(number)),
            (Datum::Signed(number), Builder::Integer(_)) => Cell::Integer(number),
            (Datum::Decimal(number), Builder::Decimal(_)) => Cell::Decimal(scaled(number)?),
            (Datum::Text(text), Builder::Text(_)) => Cell::Text(Cow::Borrowed(std::str::from_utf8(text).ok()?)),
            (Datum::Bytes(bytes), Builder::Text(_)) => Cell::Text(Cow::Owned(hexadecimal(bytes))),
            _ => return None,
        })
    }
}

/// A decimal with the digits behind the point that the language's column has; nothing if that would need more digits, before or behind.
fn scaled(number: Decimal) -> Option<i128> {
    let Decimal { mantissa, exponent } = number.normalised();
    let places = u32::try_from(exponent + i32::from(DECIMAL.scale)).ok()?;
    let limit = 10_i128.pow(u32::from(DECIMAL.precision));
    let scaled = 10_i128.checked_pow(places)?.checked_mul(i128::from(mantissa))?;
    (scaled.abs() < limit).then_some(scaled)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Misfits {
    fn note(&mut self, datum: &Datum<'_>) {
        if self.count == 0 {
            self.first = match datum {
                Datum::Unsigned(number) => number.to_string(),
                Datum::Signed(number) => number.to_string(),
                Datum::Decimal(number) => number.to_string(),
                Datum::Text(text) => String::from_utf8_lossy(text).chars().take(40).collect(),
                _ => String::new(),
            };
        }
        self.count += 1;
    }
}

impl Builder {
    fn of(ty: &Type) -> Option<(Self, DataType)> {
        Some(match ty {
            Type::Integer => (Self::Integer(Int64Builder::new()), DataType::Int64),
            Type::Text => (Self::Text(StringBuilder::new()), DataType::Utf8),
            Type::Timestamp => {
                let ty = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                (Self::Instant(TimestampMicrosecondBuilder::new().with_data_type(ty.clone())), ty)
            }
            Type::Decimal(decimal) => {
                let ty = DataType::Decimal128(decimal.precision, i8::try_from(decimal.scale).ok()?);
                (Self::Decimal(Decimal128Builder::new().with_data_type(ty.clone())), ty)
            }
            _ => return None,
        })
    }

    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Integer(to), Cell::Integer(value)) => to.append_value(value),
            (Self::Instant(to), Cell::Integer(value)) => to.append_value(value),
            (Self::Decimal(to), Cell::Decimal(value)) => to.append_value(value),
            (Self::Text(to), Cell::Text(value)) => to.append_value(value),
            (Self::Integer(to), _) => to.append_null(),
            (Self::Instant(to), _) => to.append_null(),
            (Self::Decimal(to), _) => to.append_null(),
            (Self::Text(to), _) => to.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Integer(from) => ArrayBuilder::finish(from),
            Self::Instant(from) => ArrayBuilder::finish(from),
            Self::Decimal(from) => ArrayBuilder::finish(from),
            Self::Text(from) => ArrayBuilder::finish(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_exact_or_none() {
        let scaled = |mantissa, exponent| scaled(Decimal { mantissa, exponent });
        assert_eq!(scaled(1_234, -2), Some(1_234_000_000));
        assert_eq!(scaled(1_000, -11), Some(1));
        assert_eq!(scaled(1_001, -11), None);
        assert_eq!(scaled(i64::MIN, 1), Some(i128::from(i64::MIN) * 1_000_000_000));
        assert_eq!(scaled(i64::MAX, 2), None);
        assert_eq!(scaled(0, 63), Some(0));
        assert_eq!(scaled(1, -63), None);
        assert_eq!(scaled(1, 63), None);
    }
}
