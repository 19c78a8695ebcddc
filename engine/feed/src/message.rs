//! Decoded messages, looked at where they lie.

use crate::program::{Cell, FieldInfo, FieldKind, Kind, Layout, Program};
use crate::record::Record;
use crate::template::Type;
use crate::{Decimal, Message, Row, Value};

/// A decoded message. It lives until the decoder decodes the next one.
#[derive(Debug, Clone, Copy)]
pub struct Decoded<'a> {
    program: &'a Program,
    record: &'a Record,
    variant: u32,
    base: usize,
}

/// The fields of a message, a group, or an element of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    program: &'a Program,
    record: &'a Record,
    layout: &'a Layout,
    base: usize,
}

/// The elements of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a> {
    program: &'a Program,
    record: &'a Record,
    segment: u32,
    first: usize,
    count: usize,
}

/// A present field's value.
#[derive(Debug, Clone, Copy)]
pub enum Datum<'a> {
    /// Of unsigned integer fields.
    Unsigned(u64),
    /// Of signed integer fields.
    Signed(i64),
    /// Of decimal fields.
    Decimal(Decimal),
    /// ASCII or UTF-8; in strict mode certainly so.
    Text(&'a [u8]),
    /// Of byte vectors.
    Bytes(&'a [u8]),
    /// Of sequences.
    Sequence(Elements<'a>),
    /// Of groups.
    Group(Fields<'a>),
    /// Of dynamic template references.
    Message(Decoded<'a>),
}

impl<'a> Decoded<'a> {
    #[inline(always)]
    pub(crate) const fn new(program: &'a Program, record: &'a Record, variant: u32) -> Self {
        Self { program, record, variant, base: 0 }
    }

    /// Its template's name.
    #[must_use]
    pub fn template(&self) -> &'a str {
        &self.head().name.local
    }

    /// Its template's identifier.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.head().id
    }

    /// Its template's number among the program's.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.program.variants.as_slice()[self.variant as usize].template
    }

    fn head(&self) -> &'a crate::program::Head {
        &self.program.heads[self.program.variants[self.variant as usize].template as usize]
    }

    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        let segment = self.program.variants[self.variant as usize].segment;
        let Self { program, record, base, .. } = *self;
        Fields { program, record, layout: program.layout_of(segment), base }
    }

    /// A copy of its own.
    #[must_use]
    pub fn to_message(&self) -> Message {
        Message { template: self.template().to_owned(), row: self.fields().to_row() }
    }
}

impl<'a> Fields<'a> {
    /// What they are called, in the template's order; [`Fields::get`] takes places in it.
    #[must_use]
    pub const fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// What the fields of a group or of a sequence's elements are called, whether there are any or not.
    #[must_use]
    pub fn inside(&self, field: &FieldInfo) -> Option<&'a Layout> {
        self.program.inside(field)
    }

    /// The value at a place; nothing if the field is absent (or the place is not one).
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Datum<'a>> {
        self.datum(self.layout.fields().get(place)?)
    }

    /// The value of a field by its local name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Datum<'a>> {
        self.get(self.layout.place(name)?)
    }

    /// Every field with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'a FieldInfo, Option<Datum<'a>>)> + use<'a> {
        let here = *self;
        self.layout.fields().iter().map(move |field| (field, here.datum(field)))
    }

    /// Every field with its cell.
    #[inline(always)]
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&'a FieldInfo, &'a Cell)> + use<'a> {
        let cells = self.record.cells.get(self.base..).unwrap_or_default();
        self.layout.fields().iter().filter_map(move |field| Some((field, cells.get(field.cell as usize)?)))
    }

    /// A field's value in its cell.
    #[inline]
    pub(crate) fn datum_of(&self, field: &FieldInfo, cell: &'a Cell) -> Option<Datum<'a>> {
        if cell.kind() == Kind::ABSENT {
            return None;
        }
        let Self { program, record, .. } = *self;
        Some(match field.kind {
            FieldKind::Scalar(Type::Unsigned(_)) => Datum::Unsigned(cell.bits()),
            FieldKind::Scalar(Type::Signed(_)) => Datum::Signed(cell.as_signed()),
            FieldKind::Scalar(Type::Decimal) => Datum::Decimal(cell.as_decimal()),
            FieldKind::Scalar(Type::Ascii | Type::Unicode) => Datum::Text(bytes(record, cell)),
            FieldKind::Scalar(Type::Bytes) => Datum::Bytes(bytes(record, cell)),
            FieldKind::Sequence(segment) => {
                let (first, count) = (cell.start(), cell.extra() as usize);
                Datum::Sequence(Elements { program, record, segment, first, count })
            }
            FieldKind::Group(segment) => Datum::Group(Self { layout: program.layout_of(segment), ..*self }),
            FieldKind::Message => {
                Datum::Message(Decoded { program, record, variant: cell.extra(), base: cell.start() })
            }
        })
    }

    fn datum(&self, field: &FieldInfo) -> Option<Datum<'a>> {
        self.datum_of(field, self.record.cells.get(self.base + field.cell as usize)?)
    }

    /// Copies of the values.
    #[must_use]
    pub fn to_row(&self) -> Row {
        self.iter().map(|(_, datum)| datum.map(|datum| datum.to_value())).collect()
    }
}

fn bytes<'a>(record: &'a Record, cell: &'a Cell) -> &'a [u8] {
    match cell.kind() {
        Kind::SHORT => cell.raw.get(..cell.extra() as usize).unwrap_or_default(),
        Kind::LONG => record.long(cell),
        _ => &[],
    }
}

impl<'a> Elements<'a> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = Fields<'a>> + use<'a> {
        let Self { program, record, segment, first, count } = *self;
        let width = program.segments[segment as usize].prototype.len();
        let layout = program.layout_of(segment);
        (0..count).map(move |at| Fields { program, record, layout, base: first + at * width })
    }
}

impl Datum<'_> {
    /// A copy of its own. Bytes that should be UTF-8 and are not become the replacement character.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Signed(value) => Value::Signed(*value),
            Self::Decimal(value) => Value::Decimal(*value),
            Self::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            Self::Sequence(elements) => Value::Sequence(elements.iter().map(|fields| fields.to_row()).collect()),
            Self::Group(fields) => Value::Group(fields.to_row()),
            Self::Message(message) => Value::Message(Box::new(message.to_message())),
        }
    }
}
