//! The walk over the tape.

use super::items::{Item, Scalar, initial, lay_out};
use super::{Encoder, text};
use crate::program::{ABSENT, Cell, Family, Kind, Op, OpCode, Program};
use crate::template::Operator;
use crate::wire::{self, MapBits};
use crate::{Code, Decimal, Row};

/// A segment while it is written.
pub(super) struct Walk<'e> {
    encoder: &'e mut Encoder,
    program: &'e Program,
    /// The field that could not be encoded.
    failed: &'e mut Option<u32>,
    pub(super) map: MapBits,
    pub(super) body: Vec<u8>,
}

impl<'e> Walk<'e> {
    pub(super) fn new(encoder: &'e mut Encoder, program: &'e Program, failed: &'e mut Option<u32>) -> Self {
        Self { encoder, program, failed, map: MapBits::default(), body: Vec::new() }
    }

    /// The segment of a message or of an element.
    pub(super) fn segment(&mut self, segment: u32, row: &Row) -> Result<(), Code> {
        let mut items = vec![Item::default(); self.program.segments[segment as usize].prototype.len()];
        lay_out(self.program, segment, row, &mut items).map_err(|(code, name)| {
            self.failed.get_or_insert(self.program.names.iter().position(|known| *known == name).unwrap_or(0) as u32);
            code
        })?;
        self.steps(segment, &items)
    }

    fn steps(&mut self, segment: u32, items: &[Item<'_>]) -> Result<(), Code> {
        let segment = &self.program.segments[segment as usize];
        let (mut next, end) = (segment.start as usize, segment.end as usize);
        while next < end {
            let op = &self.program.ops[next];
            let skipped = self.step(op, items).inspect_err(|_| {
                self.failed.get_or_insert(self.program.labels[next]);
            })?;
            next += 1 + skipped;
        }
        Ok(())
    }

    /// One step; how many after it are left out.
    fn step(&mut self, op: &Op, items: &[Item<'_>]) -> Result<usize, Code> {
        let item = &items[op.cell as usize];
        if let Some((family, operator, null)) = op.code.of_field() {
            self.field(op, (family, operator, null), item.scalar())?;
            return Ok(0);
        }
        match op.code {
            OpCode::ConstantNull => self.map.push(item.scalar().is_some()),
            OpCode::Split | OpCode::SplitNull => {
                let (exponent, mantissa) = (op.exponent_part(), op.mantissa_part());
                self.step(&exponent, items)?;
                if !matches!(item, Item::Absent) {
                    self.step(&mantissa, items)?;
                }
            }
            OpCode::Unless if matches!(item, Item::Absent) => return Ok(op.aux as usize),
            OpCode::Guard => self.guard(op)?,
            OpCode::Group => self.group(op, items)?,
            OpCode::GroupNull => {
                let present = matches!(item, Item::Group);
                self.map.push(present);
                if present {
                    self.group(op, items)?;
                }
            }
            OpCode::Sequence => {
                if let Item::Rows(rows) = item {
                    rows.iter().try_for_each(|row| self.nested(op.aux, |walk| walk.segment(op.aux, row)))?;
                }
            }
            OpCode::Dynamic => {
                let Item::Message(message) = item else { return Err(Code::X6) };
                let (encoder, failed) = (&mut *self.encoder, &mut *self.failed);
                encoder.message(message, op.aux, &mut self.body, false, failed)?;
            }
            OpCode::Missing => return Err(Code::D8),
            _ => {}
        }
        Ok(0)
    }

    fn group(&mut self, op: &Op, items: &[Item<'_>]) -> Result<(), Code> {
        self.nested(op.aux, |walk| walk.steps(op.aux, items))
    }

    /// A segment inside this one, with a map of its own if it needs one.
    fn nested(&mut self, segment: u32, write: impl FnOnce(&mut Walk<'_>) -> Result<(), Code>) -> Result<(), Code> {
        let has_map = self.program.segments[segment as usize].has_map;
        let mut inner = Walk::new(self.encoder, self.program, self.failed);
        write(&mut inner)?;
        let Walk { map, body, .. } = inner;
        if has_map {
            map.put(&mut self.body);
        }
        self.body.extend_from_slice(&body);
        Ok(())
    }

    /// `D4`, as the decoder will find it.
    fn guard(&mut self, op: &Op) -> Result<(), Code> {
        self.encoder.note(op.slot);
        let (state, slot) = (&mut self.encoder.state, op.slot as usize);
        if state.slots[slot].assigned() && state.memory.writers[slot] != op.aux {
            return Err(Code::D4);
        }
        state.memory.writers[slot] = op.aux;
        Ok(())
    }

    fn field(
        &mut self,
        op: &Op,
        (family, operator, null): (Family, Operator, bool),
        value: Option<Scalar<'_>>,
    ) -> Result<(), Code> {
        if value.is_none() && !null {
            return Err(Code::X6);
        }
        let initial = initial(self.program, op.aux);
        match operator {
            Operator::None => self.write(family, null, value),
            Operator::Constant => Ok(()),
            Operator::Default => {
                let left_out = value == initial;
                self.map.push(!left_out);
                if left_out { Ok(()) } else { self.write(family, null, value) }
            }
            Operator::Copy | Operator::Increment | Operator::Tail => {
                let expected = self.expected(op, family, operator, initial);
                let left_out = value == expected;
                self.map.push(!left_out);
                if left_out {
                    self.assign(op.slot, value);
                    return Ok(());
                }
                if operator == Operator::Tail {
                    let tail = self.tail(op, value, initial)?;
                    self.write(family, null, tail.as_deref().map(Scalar::Bytes))?;
                } else {
                    self.write(family, null, value)?;
                }
                self.assign(op.slot, value);
                Ok(())
            }
            Operator::Delta => {
                let slot = self.encoder.state.slots[op.slot as usize];
                if value.is_some() && slot.kind() == Kind::ABSENT {
                    return Err(Code::D6);
                }
                self.delta(op, (family, null), value, initial)?;
                if value.is_some() {
                    self.assign(op.slot, value);
                }
                Ok(())
            }
        }
    }

    /// What the decoder takes a field for if its bit is not set. Nothing also where it would be an error.
    fn expected<'s>(
        &'s self,
        op: &Op,
        family: Family,
        operator: Operator,
        initial: Option<Scalar<'s>>,
    ) -> Option<Scalar<'s>> {
        let state = &self.encoder.state;
        let slot = &state.slots[op.slot as usize];
        match slot.kind() {
            Kind::ABSENT => None,
            Kind::UNDEFINED => initial,
            Kind::NUMBER if operator == Operator::Increment => Some(Scalar::Number(match family {
                Family::Signed => op.signed_after(slot.as_signed()).cast_unsigned(),
                _ => op.unsigned_after(slot.bits()),
            })),
            Kind::NUMBER => Some(Scalar::Number(slot.bits())),
            Kind::DECIMAL => Some(Scalar::Decimal(slot.as_decimal())),
            _ => Some(Scalar::Bytes(state.bytes(op.slot))),
        }
    }

    fn assign(&mut self, slot: u32, value: Option<Scalar<'_>>) {
        self.encoder.note(slot);
        let state = &mut self.encoder.state;
        state.slots[slot as usize] = match value {
            None => ABSENT,
            Some(Scalar::Number(bits)) => Cell::unsigned(bits),
            Some(Scalar::Decimal(decimal)) => Cell::decimal(decimal),
            Some(Scalar::Bytes(bytes)) => {
                let mut raw = [0; 8];
                match raw.get_mut(..bytes.len()) {
                    Some(to) => {
                        to.copy_from_slice(bytes);
                        Cell::short(raw, bytes.len() as u32)
                    }
                    None => {
                        state.memory.remember_long(slot, bytes);
                        Cell::long(0, bytes.len() as u32)
                    }
                }
            }
        };
    }

    /// The bytes that a tail or a difference is told from.
    fn base(&self, op: &Op, initial: Option<Scalar<'_>>) -> Vec<u8> {
        let slot = &self.encoder.state.slots[op.slot as usize];
        match initial {
            _ if slot.assigned() => self.encoder.state.bytes(op.slot).to_vec(),
            Some(Scalar::Bytes(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        }
    }

    fn tail(&self, op: &Op, value: Option<Scalar<'_>>, initial: Option<Scalar<'_>>) -> Result<Option<Vec<u8>>, Code> {
        let Some(Scalar::Bytes(value)) = value else { return Ok(None) };
        text::tail(&self.base(op, initial), value).map(|tail| Some(tail.to_vec()))
    }

    fn delta(
        &mut self,
        op: &Op,
        (family, null): (Family, bool),
        value: Option<Scalar<'_>>,
        initial: Option<Scalar<'_>>,
    ) -> Result<(), Code> {
        let Some(value) = value else {
            self.body.push(0x80);
            return Ok(());
        };
        let put = |to: &mut Vec<u8>, delta: i128| {
            if null { wire::put_int_null(to, Some(delta)) } else { wire::put_int(to, delta) }
        };
        let slot = self.encoder.state.slots[op.slot as usize];
        let base = if slot.assigned() { slot } else { self.program.initials[op.aux as usize] };
        match value {
            Scalar::Number(value) if family == Family::Signed => {
                put(&mut self.body, i128::from(value.cast_signed()) - i128::from(base.as_signed()));
            }
            Scalar::Number(value) => put(&mut self.body, i128::from(value) - i128::from(base.bits())),
            Scalar::Decimal(value) => {
                let base = if base.assigned() { base.as_decimal() } else { Decimal::default() };
                put(&mut self.body, i128::from(value.exponent) - i128::from(base.exponent));
                wire::put_int(&mut self.body, i128::from(value.mantissa) - i128::from(base.mantissa));
            }
            Scalar::Bytes(value) => {
                let base = self.base(op, initial);
                let (removed, added) = text::delta(&base, value)?;
                put(&mut self.body, i128::from(removed));
                self.write(family, false, Some(Scalar::Bytes(added)))?;
            }
        }
        Ok(())
    }

    /// A value in full.
    fn write(&mut self, family: Family, null: bool, value: Option<Scalar<'_>>) -> Result<(), Code> {
        let to = &mut self.body;
        match value {
            None => to.push(0x80),
            Some(Scalar::Number(bits)) => match (family, null) {
                (Family::Signed, false) => wire::put_int(to, i128::from(bits.cast_signed())),
                (Family::Signed, true) => wire::put_int_null(to, Some(i128::from(bits.cast_signed()))),
                (_, false) => wire::put_uint(to, u128::from(bits)),
                (_, true) => wire::put_uint_null(to, Some(bits)),
            },
            Some(Scalar::Decimal(Decimal { mantissa, exponent })) => {
                if null {
                    wire::put_int_null(to, Some(i128::from(exponent)));
                } else {
                    wire::put_int(to, i128::from(exponent));
                }
                wire::put_int(to, i128::from(mantissa));
            }
            Some(Scalar::Bytes(bytes)) => match (family, null) {
                (Family::Ascii, false) => wire::put_ascii(to, bytes),
                (Family::Ascii, true) => wire::put_ascii_null(to, Some(bytes)),
                (_, null) => {
                    let length = u32::try_from(bytes.len()).map_err(|_| Code::X2)?;
                    if null {
                        wire::put_uint_null(to, Some(u64::from(length)));
                    } else {
                        wire::put_uint(to, u128::from(length));
                    }
                    to.extend_from_slice(bytes);
                }
            },
        }
        Ok(())
    }
}
