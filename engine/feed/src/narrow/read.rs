//! From a record back to a message: foreign bytes, put into the same cells that a decoder fills.

use super::Wrong;
use crate::program::{ABSENT, Cell, NOT_THERE};
use crate::record::Record;
use crate::{Decimal, Decoded, FieldInfo, FieldKind, Layout, Program, Type};
use std::sync::Arc;

/// Messages in messages.
const DEEPEST: u32 = 64;
/// Values in one message, as many as a decoder makes.
const MOST_CELLS: usize = 1 << 20;

/// Reads records of one program's messages. Allocates nothing once its buffers have grown to the longest message.
#[derive(Debug, Clone)]
pub struct Records {
    program: Arc<Program>,
    record: Record,
}

impl Records {
    /// Of a program's messages.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        let record = Record::with_pool(&program.pool);
        Self { program, record }
    }

    /// Reads the record at the start of `input`: the message, and how many bytes it took. Text is handed on as it is, also where it
    /// should be UTF-8 and is not.
    ///
    /// # Errors
    /// See [`Wrong`].
    pub fn read<'a>(&'a mut self, input: &[u8]) -> Result<(Decoded<'a>, usize), Wrong> {
        let Self { program, record } = self;
        record.clear(program.pool.len());
        record.cells.clear();
        let mut rest = input;
        let (variant, _) = Walk { program, record }.message(&mut rest, 0)?;
        Ok((Decoded::new(program, record, variant), input.len() - rest.len()))
    }
}

struct Walk<'w> {
    program: &'w Program,
    record: &'w mut Record,
}

impl<'w> Walk<'w> {
    /// Which variant the message is, and its first cell.
    fn message(&mut self, rest: &mut &[u8], depth: u32) -> Result<(u32, usize), Wrong> {
        let number = usize::from(u16::from_le_bytes(taken(rest)?));
        let variant = self.program.heads.get(number).and_then(|head| head.variants.first().copied());
        let variant = variant.filter(|variant| *variant != NOT_THERE).ok_or(Wrong::Template)?;
        if depth > DEEPEST {
            return Err(Wrong::Short);
        }
        let segment = self.program.variants[variant as usize].segment;
        let base = self.rows(segment, 1)?;
        self.row(base, self.program.layout_of(segment), rest, depth)?;
        Ok((variant, base))
    }

    /// Room for so many rows of a segment: the first one's first cell.
    fn rows(&mut self, segment: u32, count: usize) -> Result<usize, Wrong> {
        let (first, width) = (self.record.cells.len(), self.program.segments[segment as usize].prototype.len());
        let end = width.saturating_mul(count).saturating_add(first);
        if end > MOST_CELLS {
            return Err(Wrong::Short);
        }
        self.record.cells.resize(end, ABSENT);
        Ok(first)
    }

    fn row(&mut self, base: usize, layout: &'w Layout, rest: &mut &[u8], depth: u32) -> Result<(), Wrong> {
        let fields = layout.fields();
        let (bits, after) = rest.split_at_checked(fields.len().div_ceil(2)).ok_or(Wrong::Short)?;
        *rest = after;
        let bits = bits.iter().flat_map(|byte| [byte & 15, byte >> 4]);
        for (field, bits) in fields.iter().zip(bits) {
            if bits > 0 {
                self.field((base, field, bits), rest, depth)?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        (base, field, bits): (usize, &FieldInfo, u8),
        rest: &mut &[u8],
        depth: u32,
    ) -> Result<(), Wrong> {
        let cell = match (bits, field.kind) {
            (1..=4, FieldKind::Scalar(Type::Unsigned(width))) => {
                let value = natural(rest, bits)?;
                if value.checked_shr(u32::from(width)).unwrap_or(0) > 0 {
                    return Err(Wrong::Value);
                }
                Cell::unsigned(value)
            }
            (1..=4, FieldKind::Scalar(Type::Signed(width))) => {
                let value = integer(rest, bits)?;
                let unused = 64u32.saturating_sub(u32::from(width)).min(63);
                if value << unused >> unused != value {
                    return Err(Wrong::Value);
                }
                Cell::signed(value)
            }
            (5..=8, FieldKind::Scalar(Type::Decimal)) => {
                let [exponent] = taken(rest)?;
                let exponent = i32::from(exponent.cast_signed());
                Cell::decimal(Decimal { mantissa: integer(rest, bits - 4)?, exponent })
            }
            (9 | 10, FieldKind::Scalar(Type::Ascii | Type::Unicode | Type::Bytes)) => {
                let count = count(rest, bits == 10)?;
                let (bytes, after) = rest.split_at_checked(count).ok_or(Wrong::Short)?;
                *rest = after;
                self.text(bytes)?
            }
            (11 | 12, FieldKind::Sequence(segment)) => {
                let count = count(rest, bits == 12)?;
                // Elements without fields take no bytes, and nobody needs more of them than of those that do.
                if count > rest.len().max(usize::from(u8::MAX)) {
                    return Err(Wrong::Short);
                }
                let (first, inside) = (self.rows(segment, count)?, self.program.layout_of(segment));
                let width = self.program.segments[segment as usize].prototype.len();
                for at in 0..count {
                    self.row(first + at * width, inside, rest, depth)?;
                }
                Cell::rows(first, count as u32)
            }
            (13, FieldKind::Group(segment)) => {
                self.row(base, self.program.layout_of(segment), rest, depth)?;
                Cell::GROUP
            }
            (14, FieldKind::Message) => {
                let (variant, first) = self.message(rest, depth + 1)?;
                Cell::message(first, variant)
            }
            _ => return Err(Wrong::Value),
        };
        self.record.cells[base + field.cell as usize] = cell;
        Ok(())
    }

    fn text(&mut self, bytes: &[u8]) -> Result<Cell, Wrong> {
        let length = u32::try_from(bytes.len()).map_err(|_| Wrong::Short)?;
        let mut raw = [0; 8];
        if let Some(to) = raw.get_mut(..bytes.len()) {
            to.copy_from_slice(bytes);
            return Ok(Cell::short(raw, length));
        }
        let start = self.record.bytes.len();
        self.record.bytes.extend_from_slice(bytes);
        Ok(Cell::long(start, length))
    }
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Wrong> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Wrong::Short)?;
    *rest = after;
    Ok(*bytes)
}

fn count(rest: &mut &[u8], large: bool) -> Result<usize, Wrong> {
    let count = if large { u32::from_le_bytes(taken(rest)?) } else { u32::from(taken::<1>(rest)?[0]) };
    usize::try_from(count).map_err(|_| Wrong::Short)
}

pub(super) fn natural(rest: &mut &[u8], bits: u8) -> Result<u64, Wrong> {
    let (bytes, after) = rest.split_at_checked(1 << (bits - 1)).ok_or(Wrong::Short)?;
    *rest = after;
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    Ok(u64::from_le_bytes(word))
}

pub(super) fn integer(rest: &mut &[u8], bits: u8) -> Result<i64, Wrong> {
    let unused = 64 - (8 << (bits - 1));
    Ok(natural(rest, bits)?.cast_signed() << unused >> unused)
}
