//! Messages into frames: the way back of [`Stream`](super::Stream). What is written comes back as it was.

use super::frame::{Frame, LONGEST, put};
use super::tables::{Fields, TABLES, Wire, program};
use crate::{Code, Decimal, Fault, Finding, Message, Program, Row, Type, Value};

/// Encodes messages of the tables.
#[derive(Debug)]
pub struct Encoder {
    program: Program,
}

/// What is wrong, and the field.
type Wrong = (Code, &'static str);

impl Encoder {
    /// An encoder.
    ///
    /// # Errors
    /// None: the tables are ours, and a test compiles them.
    pub fn new() -> Result<Self, Finding> {
        Ok(Self { program: program()? })
    }

    /// The message types' fields, by name.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Appends a message's frame. A value of another type than its field is converted.
    ///
    /// # Errors
    /// By field, and then nothing is appended: `D8` for a message that no table has, `X8` and `X6` for fields that it does not have or
    /// that lack a value, `R1` for a decimal that is no number of the field's places in 64 bits, `D11` for text that would not come
    /// back (blanks behind it), `X2` for text and messages that are too long, and what [`Value::converted`] says.
    pub fn encode(&self, message: &Message, to: &mut Vec<u8>) -> Result<(), Fault> {
        let fault = |(code, field): Wrong, position| Fault {
            code,
            position,
            template: message.template.clone(),
            field: field.to_owned(),
        };
        let table =
            TABLES.iter().find(|table| table.name == message.template).ok_or_else(|| fault((Code::D8, ""), 0))?;
        let mut body = Vec::new();
        fields(table.fields, &message.row, &mut body).map_err(|wrong| fault(wrong, body.len()))?;
        if body.len() > LONGEST {
            return Err(fault((Code::X2, ""), body.len()));
        }
        put(&Frame { kind: table.kind, body: &body }, to);
        Ok(())
    }
}

fn fields(of: Fields, row: &Row, to: &mut Vec<u8>) -> Result<(), Wrong> {
    if row.len() != of.len() {
        return Err((Code::X8, ""));
    }
    for ((name, wire), value) in of.iter().zip(row) {
        let value = value.as_ref().ok_or((Code::X6, *name))?;
        one(*wire, value, to).map_err(|(code, inner)| (code, if inner.is_empty() { *name } else { inner }))?;
    }
    Ok(())
}

fn one(wire: Wire, value: &Value, to: &mut Vec<u8>) -> Result<(), Wrong> {
    let wrong = |code| (code, "");
    let converted = |ty| value.converted(ty).map_err(wrong);
    match wire {
        Wire::U16 | Wire::U32 => {
            let bytes = wire.width();
            let Value::Unsigned(number) = *converted(Type::Unsigned(8 * bytes as u8))? else {
                return Err(wrong(Code::D1));
            };
            to.extend_from_slice(&number.to_be_bytes()[8 - bytes..]);
        }
        Wire::I64 => {
            let Value::Signed(number) = *converted(Type::Signed(64))? else { return Err(wrong(Code::D1)) };
            to.extend_from_slice(&number.to_be_bytes());
        }
        Wire::Places(places) => {
            let Value::Decimal(decimal) = *converted(Type::Decimal)? else { return Err(wrong(Code::D1)) };
            to.extend_from_slice(&units(decimal, places).ok_or(wrong(Code::R1))?.to_be_bytes());
        }
        Wire::Text(length) => {
            let text = converted(Type::Ascii)?;
            let Value::Text(text) = &*text else { return Err(wrong(Code::D1)) };
            if text.trim_ascii_end() != text {
                return Err(wrong(Code::D11));
            }
            let blanks = length.checked_sub(text.len()).ok_or(wrong(Code::X2))?;
            to.extend_from_slice(text.as_bytes());
            to.resize(to.len() + blanks, b' ');
        }
        Wire::Rows(inner) => {
            let Value::Sequence(rows) = value else { return Err(wrong(Code::D1)) };
            if rows.len() > LONGEST {
                return Err(wrong(Code::X2));
            }
            to.extend_from_slice(&(rows.len() as u32).to_be_bytes());
            rows.iter().try_for_each(|row| fields(inner, row, to))?;
        }
    }
    Ok(())
}

/// A decimal in units of its last place; nothing if it has more places, or needs more than 64 bits.
fn units(decimal: Decimal, places: i32) -> Option<i64> {
    let exponent = decimal.exponent.checked_add(places)?;
    if exponent >= 0 {
        return decimal.mantissa.checked_mul(10i64.checked_pow(exponent.unsigned_abs())?);
    }
    let power = 10i64.checked_pow(exponent.unsigned_abs())?;
    (decimal.mantissa % power == 0).then_some(decimal.mantissa / power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_in_the_fields_units_or_not_at_all() {
        let of = |mantissa, exponent| units(Decimal { mantissa, exponent }, 4);
        assert_eq!(of(1_934_200, -4), Some(1_934_200));
        assert_eq!((of(19_342, -2), of(-3, 0), of(1_934_200, -6)), (Some(1_934_200), Some(-30_000), Some(19_342)));
        assert_eq!((of(1, -5), of(i64::MAX, 0), of(0, 63), of(1, i32::MIN)), (None, None, None, None));
    }
}
