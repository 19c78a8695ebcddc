//! Fields as Arrow columns, message by message.

use super::decimal::{Chosen, Scale, at_scale};
use arrow_array::builder::{
    BinaryBuilder, BooleanBufferBuilder, BooleanBuilder, Decimal128Builder, Int32Builder, Int64Builder, StringBuilder,
    UInt64Builder,
};
use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields as ArrowFields};
use guiju_feed::{Datum, Decimal, FieldInfo, FieldKind, Fields, Layout, Type};
use std::sync::Arc;

/// Bytes that a value takes while it waits, roughly.
const WORD: usize = 16;

/// The columns of a message, a group, or a sequence's elements.
pub(super) struct Rows {
    names: Vec<String>,
    columns: Vec<Column>,
}

/// A decimal that its column cannot hold.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) field: String,
    pub(super) value: Decimal,
    pub(super) scale: i8,
}

enum Column {
    Unsigned(UInt64Builder),
    Signed(Int64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Parts(BooleanBufferBuilder, Int64Builder, Int32Builder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    List(BooleanBufferBuilder, Vec<i32>, Rows),
    Group(BooleanBufferBuilder, Rows),
    /// Elements without fields: how many.
    Count(UInt64Builder),
    /// A group without fields: whether it is there.
    Flag(BooleanBuilder),
}

impl Rows {
    /// Of the fields of messages like `like`.
    pub(super) fn of(like: &Fields<'_>, chosen: Chosen<'_>) -> Self {
        Self::new(like.layout(), &|field| like.inside(field), chosen)
    }

    fn new<'l>(layout: &'l Layout, inside: &dyn Fn(&FieldInfo) -> Option<&'l Layout>, chosen: Chosen<'_>) -> Self {
        let column = |(place, field): (usize, &'l FieldInfo)| {
            let within = || {
                let layout = inside(field).filter(|layout| !layout.fields().is_empty())?;
                Some(Self::new(layout, inside, chosen.inside(place)))
            };
            match field.kind {
                FieldKind::Scalar(Type::Unsigned(_)) => Column::Unsigned(UInt64Builder::new()),
                FieldKind::Scalar(Type::Signed(_)) => Column::Signed(Int64Builder::new()),
                FieldKind::Scalar(Type::Decimal) => match chosen.scale(place) {
                    Scale::Fixed { precision, scale } => {
                        let builder = Decimal128Builder::new().with_data_type(DataType::Decimal128(precision, scale));
                        Column::Decimal(builder, precision, scale)
                    }
                    Scale::Parts => {
                        Column::Parts(BooleanBufferBuilder::new(0), Int64Builder::new(), Int32Builder::new())
                    }
                },
                FieldKind::Scalar(Type::Ascii | Type::Unicode) | FieldKind::Message => {
                    Column::Text(StringBuilder::new())
                }
                FieldKind::Scalar(Type::Bytes) => Column::Bytes(BinaryBuilder::new()),
                FieldKind::Sequence(_) => match within() {
                    Some(rows) => Column::List(BooleanBufferBuilder::new(0), vec![0], rows),
                    None => Column::Count(UInt64Builder::new()),
                },
                FieldKind::Group(_) => match within() {
                    Some(rows) => Column::Group(BooleanBufferBuilder::new(0), rows),
                    None => Column::Flag(BooleanBuilder::new()),
                },
            }
        };
        Self { names: names(layout), columns: layout.fields().iter().enumerate().map(column).collect() }
    }

    /// Appends a row; how many bytes it takes, roughly.
    pub(super) fn push(&mut self, fields: &Fields<'_>) -> Result<usize, Misfit> {
        let mut bytes = 0;
        for ((column, name), (_, datum)) in self.columns.iter_mut().zip(&self.names).zip(fields.iter()) {
            bytes += column.push(name, datum.as_ref())?;
        }
        Ok(bytes)
    }

    /// Appends a row of a group that is not there.
    fn push_absent(&mut self) -> Result<usize, Misfit> {
        self.columns.iter_mut().try_fold(0, |bytes, column| Ok(bytes + column.push("", None)?))
    }

    /// What has been appended, and nothing is left.
    pub(super) fn finish(&mut self) -> Result<(ArrowFields, Vec<ArrayRef>), ArrowError> {
        let arrays = self.columns.iter_mut().map(Column::finish).collect::<Result<Vec<_>, _>>()?;
        let field = |(name, array): (&String, &ArrayRef)| Field::new(name, array.data_type().clone(), true);
        Ok((self.names.iter().zip(&arrays).map(field).collect(), arrays))
    }
}

/// What columns are called: as the fields are, and every name once.
fn names(layout: &Layout) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(layout.fields().len());
    for field in layout.fields() {
        let name = if field.name.local.is_empty() { "message" } else { &field.name.local };
        let mut unique = name.to_owned();
        let mut again = 2;
        while names.contains(&unique) {
            unique = format!("{name}_{again}");
            again += 1;
        }
        names.push(unique);
    }
    names
}

impl Column {
    fn push(&mut self, name: &str, datum: Option<&Datum<'_>>) -> Result<usize, Misfit> {
        let inside = |misfit: Misfit| Misfit { field: format!("{name}.{}", misfit.field), ..misfit };
        match (self, datum) {
            (Self::Unsigned(to), Some(Datum::Unsigned(value))) => to.append_value(*value),
            (Self::Unsigned(to), _) => to.append_null(),
            (Self::Signed(to), Some(Datum::Signed(value))) => to.append_value(*value),
            (Self::Signed(to), _) => to.append_null(),
            (Self::Decimal(to, precision, scale), Some(Datum::Decimal(value))) => {
                let misfit = || Misfit { field: name.to_owned(), value: *value, scale: *scale };
                to.append_value(at_scale(*value, *precision, *scale).ok_or_else(misfit)?);
            }
            (Self::Decimal(to, ..), _) => to.append_null(),
            (Self::Parts(there, mantissas, exponents), Some(Datum::Decimal(value))) => {
                there.append(true);
                mantissas.append_value(value.mantissa);
                exponents.append_value(value.exponent);
            }
            (Self::Parts(there, mantissas, exponents), _) => {
                there.append(false);
                mantissas.append_null();
                exponents.append_null();
            }
            (Self::Text(to), Some(Datum::Text(text))) => {
                to.append_value(String::from_utf8_lossy(text));
                return Ok(WORD + text.len());
            }
            (Self::Text(to), Some(Datum::Message(message))) => {
                let mut json = String::new();
                message.write_json(&mut json);
                to.append_value(&json);
                return Ok(WORD + json.len());
            }
            (Self::Text(to), _) => to.append_null(),
            (Self::Bytes(to), Some(Datum::Bytes(bytes))) => {
                to.append_value(bytes);
                return Ok(WORD + bytes.len());
            }
            (Self::Bytes(to), _) => to.append_null(),
            (Self::List(there, ends, rows), datum) => {
                let mut bytes = WORD;
                let mut end = ends.last().copied().unwrap_or_default();
                there.append(datum.is_some());
                if let Some(Datum::Sequence(elements)) = datum {
                    for element in elements.iter() {
                        bytes += rows.push(&element).map_err(inside)?;
                        // A batch is cut long before.
                        end = end.saturating_add(1);
                    }
                }
                ends.push(end);
                return Ok(bytes);
            }
            (Self::Group(there, rows), Some(Datum::Group(group))) => {
                there.append(true);
                return rows.push(group).map_err(inside);
            }
            (Self::Group(there, rows), _) => {
                there.append(false);
                return rows.push_absent();
            }
            (Self::Count(to), Some(Datum::Sequence(elements))) => to.append_value(elements.len() as u64),
            (Self::Count(to), _) => to.append_null(),
            (Self::Flag(to), datum) => to.append_value(datum.is_some()),
        }
        Ok(WORD)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Unsigned(values) | Self::Count(values) => Arc::new(values.finish()),
            Self::Signed(values) => Arc::new(values.finish()),
            Self::Decimal(values, ..) => Arc::new(values.finish()),
            Self::Parts(there, mantissas, exponents) => {
                let fields = [("mantissa", DataType::Int64), ("exponent", DataType::Int32)];
                let fields = fields.map(|(name, kind)| Field::new(name, kind, true));
                let arrays: Vec<ArrayRef> = vec![Arc::new(mantissas.finish()), Arc::new(exponents.finish())];
                Arc::new(StructArray::try_new(fields.into_iter().collect(), arrays, nulls(there))?)
            }
            Self::Text(values) => Arc::new(values.finish()),
            Self::Bytes(values) => Arc::new(values.finish()),
            Self::Flag(values) => Arc::new(values.finish()),
            Self::Group(there, rows) => {
                let (fields, arrays) = rows.finish()?;
                Arc::new(StructArray::try_new(fields, arrays, nulls(there))?)
            }
            Self::List(there, ends, rows) => {
                let (fields, arrays) = rows.finish()?;
                let elements = StructArray::try_new(fields, arrays, None)?;
                let ends = OffsetBuffer::new(std::mem::replace(ends, vec![0]).into());
                let item = Arc::new(Field::new("item", elements.data_type().clone(), true));
                Arc::new(ListArray::try_new(item, ends, Arc::new(elements), nulls(there))?)
            }
        })
    }
}

fn nulls(there: &mut BooleanBufferBuilder) -> Option<NullBuffer> {
    Some(NullBuffer::new(there.finish()))
}
