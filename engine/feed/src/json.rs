//! Messages as lines of JSON: `{"Template":{"Field":value,…}}`. Absent fields are left out, sequences are arrays, groups objects,
//! decimals texts `"<mantissa>e<exponent>"`, byte vectors hexadecimal texts.

use crate::message::{Datum, Decoded, Fields};
use std::fmt::Write as _;

impl Decoded<'_> {
    /// Appends the message, without an end of line.
    pub fn write_json(&self, to: &mut String) {
        to.push('{');
        message(self, to);
        to.push('}');
    }
}

/// `"Template":{…}`
fn message(message: &Decoded<'_>, to: &mut String) {
    text(message.template(), to);
    to.push(':');
    fields(&message.fields(), to);
}

fn fields(fields: &Fields<'_>, to: &mut String) {
    to.push('{');
    let mut first = true;
    for (field, datum) in fields.iter() {
        let Some(datum) = datum else { continue };
        if !first {
            to.push(',');
        }
        first = false;
        if let Datum::Message(inner) = datum {
            message(&inner, to);
            continue;
        }
        text(&field.name.local, to);
        to.push(':');
        value(&datum, to);
    }
    to.push('}');
}

fn value(datum: &Datum<'_>, to: &mut String) {
    // Writing to a string cannot fail.
    let _ = match datum {
        Datum::Unsigned(value) => write!(to, "{value}"),
        Datum::Signed(value) => write!(to, "{value}"),
        Datum::Decimal(value) => write!(to, "\"{value}\""),
        Datum::Text(bytes) => {
            text(&String::from_utf8_lossy(bytes), to);
            Ok(())
        }
        Datum::Bytes(bytes) => {
            to.push('"');
            bytes.iter().for_each(|byte| {
                let _ = write!(to, "{byte:02x}");
            });
            to.push('"');
            Ok(())
        }
        Datum::Sequence(elements) => {
            to.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                fields(&element, to);
            }
            to.push(']');
            Ok(())
        }
        Datum::Group(group) => {
            fields(group, to);
            Ok(())
        }
        Datum::Message(inner) => {
            inner.write_json(to);
            Ok(())
        }
    };
}

fn text(text: &str, to: &mut String) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(to, "\\u{:04x}", u32::from(c));
            }
            c => to.push(c),
        }
    }
    to.push('"');
}
