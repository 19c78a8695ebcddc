//! Random messages for random templates: few values, so that operators find them again, and the edges of types.

use crate::choices::Choices;
use crate::templates::{Field, File, Shape};
use guiju_feed::{Decimal, Message, Row, Value};

pub(crate) fn message(choices: &mut Choices<'_>, file: &File, depth: usize) -> Message {
    // Deep inside only the template without dynamic references of its own.
    let at = if depth > 0 { 0 } else { choices.below(file.templates.len()) };
    let template = &file.templates[at];
    Message { template: template.name.clone(), row: row(choices, file, &template.fields, depth) }
}

fn row(choices: &mut Choices<'_>, file: &File, fields: &[Field], depth: usize) -> Row {
    fields
        .iter()
        .map(|field| {
            if field.optional && choices.rarely(3) {
                return None;
            }
            Some(match &field.shape {
                Shape::Scalar { kind, constant, exponent } => scalar(choices, kind, constant.as_deref(), *exponent),
                Shape::Sequence(inner) => {
                    Value::Sequence((0..choices.below(4)).map(|_| row(choices, file, inner, depth)).collect())
                }
                Shape::Group(inner) => Value::Group(row(choices, file, inner, depth)),
                Shape::Dynamic => Value::Message(Box::new(message(choices, file, depth + 1))),
            })
        })
        .collect()
}

fn scalar(choices: &mut Choices<'_>, kind: &str, constant: Option<&str>, exponent: Option<i32>) -> Value {
    if let Some(constant) = constant {
        return made(kind, constant);
    }
    let unsigned = |choices: &mut Choices<'_>, bits: u32| {
        let largest = u64::MAX >> (64 - bits);
        Value::Unsigned(choices.one(&[0, 1, 2, 3, 63, 64, 127, largest, largest - 1, 1 << (bits - 1), 8, 100]))
    };
    let signed = |choices: &mut Choices<'_>, bits: u32| {
        let largest = i64::MAX >> (64 - bits);
        Value::Signed(choices.one(&[0, 1, 2, -1, -2, 63, 64, -64, -65, largest, -largest - 1, largest - 1, 8]))
    };
    match kind {
        "uInt8" => unsigned(choices, 8),
        "uInt16" => unsigned(choices, 16),
        "uInt32" => unsigned(choices, 32),
        "uInt64" => unsigned(choices, 64),
        "int8" => signed(choices, 8),
        "int16" => signed(choices, 16),
        "int32" => signed(choices, 32),
        "int64" => signed(choices, 64),
        "string" => {
            let text = [
                "",
                "a",
                "abc",
                "abd",
                "xbd",
                "\0",
                "\0a",
                "abcdefgh",
                "abcdefghi",
                "abcdefghijklmnop",
                "bcdefghijklmnop",
            ];
            Value::Text(choices.one(&text).to_owned())
        }
        "unicode" => Value::Text(choices.one(&["", "鱼", "鱼和熊掌", "鱼和", "鱽", "ascii", "\0"]).to_owned()),
        "byteVector" => {
            Value::Bytes(choices.one(&[&b""[..], b"\0", b"\x80\xff", b"123456789", b"123456780", b"12345678"]).to_vec())
        }
        _ => {
            let mantissa = choices.one(&[0, 1, -1, 150, 64, -64, i64::MAX, i64::MIN, 942_755, 942_750]);
            let exponent = exponent.unwrap_or_else(|| choices.one(&[0, -2, 2, 63, -63, -1]));
            Value::Decimal(Decimal { mantissa, exponent })
        }
    }
}

/// A constant as it comes out.
fn made(kind: &str, text: &str) -> Value {
    let number = || text.parse::<i64>().unwrap();
    match kind {
        "string" | "unicode" => Value::Text(text.to_owned()),
        "byteVector" => Value::Bytes(
            (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect(),
        ),
        "decimal" => {
            let (whole, places) = text.split_once('.').unwrap_or((text, ""));
            let mantissa = format!("{whole}{places}").parse().unwrap();
            Value::Decimal(Decimal { mantissa, exponent: -i32::try_from(places.len()).unwrap() }.normalised())
        }
        kind if kind.starts_with('u') => Value::Unsigned(number().cast_unsigned()),
        _ => Value::Signed(number()),
    }
}
