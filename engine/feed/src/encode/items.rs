//! A row of values laid out by cells, as the tape asks for them.

use crate::program::{Cell, FieldInfo, FieldKind, Kind, Program};
use crate::template::Type;
use crate::{Code, Decimal, Message, Row, Value};
use std::borrow::Cow;

/// What a cell is to hold.
#[derive(Debug, Clone, Default)]
pub(super) enum Item<'m> {
    #[default]
    Absent,
    Number(u64),
    Decimal(Decimal),
    Bytes(Cow<'m, [u8]>),
    Rows(&'m [Row]),
    Group,
    Message(&'m Message),
}

/// A value as operators compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Number(u64),
    Decimal(Decimal),
    Bytes(&'a [u8]),
}

impl Item<'_> {
    pub(super) fn scalar(&self) -> Option<Scalar<'_>> {
        match self {
            Self::Number(number) => Some(Scalar::Number(*number)),
            Self::Decimal(decimal) => Some(Scalar::Decimal(*decimal)),
            Self::Bytes(bytes) => Some(Scalar::Bytes(bytes)),
            // What the stream has of a sequence itself is its length.
            Self::Rows(rows) => Some(Scalar::Number(rows.len() as u64)),
            Self::Absent | Self::Group | Self::Message(_) => None,
        }
    }
}

/// An initial value, or nothing.
pub(super) fn initial(program: &Program, at: u32) -> Option<Scalar<'_>> {
    let cell: &Cell = &program.initials[at as usize];
    Some(match cell.kind() {
        Kind::NUMBER => Scalar::Number(cell.bits()),
        Kind::DECIMAL => Scalar::Decimal(cell.as_decimal()),
        Kind::SHORT => Scalar::Bytes(cell.raw.get(..cell.extra() as usize)?),
        Kind::LONG => Scalar::Bytes(program.pool.get(cell.start()..cell.start() + cell.extra() as usize)?),
        _ => return None,
    })
}

/// Lays out a row. `segment` names the fields; groups share the cells of the row around them.
///
/// The second of an error is the place of the field in the segment's layout.
pub(super) fn lay_out<'m>(
    program: &Program,
    segment: u32,
    row: &'m Row,
    items: &mut [Item<'m>],
) -> Result<(), (Code, String)> {
    let fields = program.layout_of(segment).fields();
    if fields.len() != row.len() {
        return Err((Code::X8, String::new()));
    }
    for (field, value) in fields.iter().zip(row) {
        one(program, field, value.as_ref(), items)
            .map_err(|(code, name)| (code, if name.is_empty() { field.name.local.clone() } else { name }))?;
    }
    Ok(())
}

fn one<'m>(
    program: &Program,
    field: &FieldInfo,
    value: Option<&'m Value>,
    items: &mut [Item<'m>],
) -> Result<(), (Code, String)> {
    let wrong = |code| (code, String::new());
    let Some(value) = value else {
        return if field.optional { Ok(()) } else { Err(wrong(Code::X6)) };
    };
    let at = field.cell as usize;
    items[at] = match (field.kind, value) {
        (FieldKind::Scalar(kind), value) => item(value, kind).map_err(wrong)?,
        (FieldKind::Sequence(_), Value::Sequence(rows)) => Item::Rows(rows),
        (FieldKind::Group(segment), Value::Group(row)) => {
            lay_out(program, segment, row, items)?;
            Item::Group
        }
        (FieldKind::Message, Value::Message(message)) => Item::Message(message),
        _ => return Err(wrong(Code::D1)),
    };
    if let Some(constant) = field.constant
        && items[at].scalar() != initial(program, constant)
    {
        return Err(wrong(Code::X5));
    }
    if let (Some(parts), Item::Decimal(decimal)) = (field.parts, &items[at]) {
        let exponent = parts.exponent.map_or(Ok(decimal.exponent), i32::try_from).map_err(|_| wrong(Code::D3))?;
        let decimal = decimal.rescaled(exponent).ok_or_else(|| wrong(Code::D3))?;
        if parts.mantissa.is_some_and(|mantissa| mantissa != decimal.mantissa) {
            return Err(wrong(Code::D3));
        }
        items[at + 1] = Item::Number(i64::from(decimal.exponent).cast_unsigned());
        items[at + 2] = Item::Number(decimal.mantissa.cast_unsigned());
    }
    Ok(())
}

fn item(value: &Value, kind: Type) -> Result<Item<'_>, Code> {
    Ok(match value.converted(kind)? {
        Cow::Borrowed(Value::Text(text)) => Item::Bytes(Cow::Borrowed(text.as_bytes())),
        Cow::Borrowed(Value::Bytes(bytes)) => Item::Bytes(Cow::Borrowed(bytes)),
        Cow::Owned(Value::Text(text)) => Item::Bytes(Cow::Owned(text.into_bytes())),
        Cow::Owned(Value::Bytes(bytes)) => Item::Bytes(Cow::Owned(bytes)),
        other => match &*other {
            Value::Unsigned(value) => Item::Number(*value),
            Value::Signed(value) => Item::Number(value.cast_unsigned()),
            Value::Decimal(value) if !(-63..=63).contains(&value.exponent) => return Err(Code::R1),
            Value::Decimal(value) => Item::Decimal(*value),
            _ => return Err(Code::D1),
        },
    })
}
