//! The loop over the tape.

use super::State;
use super::decimal::{bounded, decimal, decimal_null, decimal_sum};
use crate::program::{ABSENT, Cell, Kind, NOT_THERE, Op, OpCode, Program, Segment};
use crate::record::Record;
use crate::wire::{self, Map, Read};
use crate::{Code, Decimal, Fault};

/// A message being decoded.
pub(super) struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) state: &'a mut State,
    pub(super) record: &'a mut Record,
    pub(super) most_cells: usize,
    pub(super) depth: usize,
    pub(super) template: u32,
    /// Where the innermost failure was: the step, and the bytes that were left.
    failed: Option<(u32, usize)>,
}

impl<'a> Machine<'a> {
    #[inline(always)]
    pub(super) fn new(program: &'a Program, state: &'a mut State, record: &'a mut Record, most_cells: usize) -> Self {
        Self { program, state, record, most_cells, depth: 0, template: NOT_THERE, failed: None }
    }

    /// One message: which variant it is, and the rest of the input.
    #[inline(always)]
    pub(super) fn message<'d, const STRICT: bool>(&mut self, input: &'d [u8]) -> Read<'d, u32> {
        let (map, head, rest) = self.head::<STRICT>(input)?;
        let head = &self.program.heads[head as usize];
        if head.resets {
            self.state.reset();
        }
        let variant = head.variants[0];
        let segment = &self.program.segments[self.program.variants[variant as usize].segment as usize];
        self.record.cells.extend_from_slice(&segment.prototype);
        let rest = self.segment::<STRICT>(segment, 0, map, rest)?;
        Ok((variant, rest))
    }

    /// Presence map and template identifier.
    #[inline(always)]
    pub(super) fn head<'d, const STRICT: bool>(&mut self, input: &'d [u8]) -> Result<(Map<'d>, u32, &'d [u8]), Code> {
        let fail = |machine: &mut Self, code, input: &[u8]| {
            machine.failed.get_or_insert((NOT_THERE, input.len()));
            code
        };
        let (mut map, mut rest) = wire::map::<STRICT>(input).map_err(|code| fail(self, code, input))?;
        let id = if map.word >> 63 != 0 {
            let (id, after) = wire::uint::<STRICT>(rest).map_err(|code| fail(self, code, rest))?;
            self.state.template = Some(id);
            let found = self.program.by_id(id).map_err(|code| fail(self, code, rest))?;
            rest = after;
            found
        } else {
            let id = self.state.template.ok_or(Code::D5).map_err(|code| fail(self, code, rest))?;
            self.program.by_id(id).map_err(|code| fail(self, code, rest))?
        };
        map.word <<= 1;
        self.template = id;
        Ok((map, id, rest))
    }

    /// What `code` was raised for, with its place.
    #[cold]
    pub(super) fn fault(&self, code: Code, input: &[u8]) -> Fault {
        let (step, left) = self.failed.unwrap_or((NOT_THERE, input.len()));
        let label = self.program.labels.get(step as usize).copied().unwrap_or(0);
        let template = self.program.heads.get(self.template as usize);
        Fault {
            code,
            position: input.len() - left,
            template: template.map(|head| head.name.local.clone()).unwrap_or_default(),
            field: self.program.names[label as usize].clone(),
        }
    }

    #[cold]
    pub(super) fn fail(&mut self, code: Code, step: usize, left: usize) -> Code {
        self.failed.get_or_insert((step as u32, left));
        code
    }

    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, cell: Cell) {
        self.record.cells[at] = cell;
    }

    /// The value of an operator whose bit is not set and that has no previous value (sections 6.3.5, 6.3.6, 6.3.8).
    #[cold]
    #[inline(never)]
    fn first(&mut self, op: &Op, optional: bool, tail: bool) -> Result<Cell, Code> {
        let slot = &mut self.state.slots[op.slot as usize];
        if slot.kind == Kind::Absent {
            let code = if tail { Code::D7 } else { Code::D6 };
            return if optional { Ok(ABSENT) } else { Err(code) };
        }
        let initial = self.program.initials[op.aux as usize];
        if initial.assigned() {
            self.state.remember(op.slot, initial, self.record);
            Ok(initial)
        } else if optional {
            *slot = ABSENT;
            Ok(ABSENT)
        } else {
            Err(if tail { Code::D6 } else { Code::D5 })
        }
    }

    /// What a difference is added to: the previous value, or the initial one, or nothing (section 6.3.7).
    #[inline(always)]
    pub(super) fn base(&self, op: &Op) -> Result<Cell, Code> {
        let slot = self.state.slots[op.slot as usize];
        if slot.assigned() {
            return Ok(slot);
        }
        if slot.kind == Kind::Absent { Err(Code::D6) } else { Ok(self.program.initials[op.aux as usize]) }
    }

    pub(super) fn segment<'d, const STRICT: bool>(
        &mut self,
        segment: &'a Segment,
        base: usize,
        map: Map<'d>,
        input: &'d [u8],
    ) -> Result<&'d [u8], Code> {
        let program = self.program;
        let mut map = map;
        let mut word = map.word;
        let mut input = input;
        let ops = &program.ops[..segment.end as usize];
        let mut next = segment.start as usize;

        macro_rules! ok {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(code) => return Err(self.fail(code, next - 1, input.len())),
                }
            };
        }
        macro_rules! read {
            ($what:expr) => {{
                let (value, rest) = ok!($what);
                input = rest;
                value
            }};
        }
        macro_rules! bit {
            () => {{
                let set = word >> 63 != 0;
                word <<= 1;
                set
            }};
        }
        macro_rules! put {
            ($op:ident, $cell:expr) => {{
                let cell = $cell;
                self.put(base + $op.cell as usize, cell);
            }};
        }
        macro_rules! keep {
            ($op:ident, $cell:expr) => {{
                let cell = $cell;
                self.state.slots[$op.slot as usize] = cell;
                put!($op, cell);
            }};
        }
        // A number that must be there, and one that may be null.
        macro_rules! plain {
            ($op:ident, $read:ident, $as:ident) => {{
                let (value, rest) = ok!(wire::$read::<STRICT>(input));
                let value = ok!($op.$as(value));
                input = rest;
                Cell::$as(value)
            }};
        }
        macro_rules! null {
            ($op:ident, $read:ident, $as:ident) => {{
                let (value, rest) = ok!(wire::$read::<STRICT>(input));
                let cell = match value {
                    None => ABSENT,
                    Some(value) => Cell::$as(ok!($op.$as(value))),
                };
                input = rest;
                cell
            }};
        }
        macro_rules! default {
            ($op:ident, $value:expr) => {
                if bit!() {
                    let cell = $value;
                    put!($op, cell);
                }
            };
        }
        macro_rules! copy {
            ($op:ident, $optional:literal, $value:expr) => {
                if bit!() {
                    keep!($op, $value);
                } else {
                    let slot = self.state.slots[$op.slot as usize];
                    let cell = if slot.assigned() { slot } else { ok!(self.first($op, $optional, false)) };
                    put!($op, cell);
                }
            };
        }
        macro_rules! increment {
            ($op:ident, $optional:literal, $value:expr, $after:ident, $as:ident, $bits:ident) => {
                if bit!() {
                    keep!($op, $value);
                } else {
                    let slot = self.state.slots[$op.slot as usize];
                    if slot.assigned() {
                        keep!($op, Cell::$as($op.$after(slot.$bits())));
                    } else {
                        let cell = ok!(self.first($op, $optional, false));
                        put!($op, cell);
                    }
                }
            };
        }
        macro_rules! delta {
            ($op:ident, $as:ident, $sum:ident, $bits:ident) => {{
                let base = ok!(self.base($op));
                // The usual: one byte.
                let value = match input {
                    [first, rest @ ..] if first & 0x80 != 0 => {
                        let delta = i128::from(((*first << 1).cast_signed()) >> 1);
                        let value = ok!($op.$sum(base.$bits(), delta));
                        input = rest;
                        value
                    }
                    _ => {
                        let (delta, rest) = ok!(wire::delta::<STRICT>(input));
                        let value = ok!($op.$sum(base.$bits(), delta));
                        input = rest;
                        value
                    }
                };
                keep!($op, Cell::$as(value));
            }};
        }
        macro_rules! delta_null {
            ($op:ident, $as:ident, $sum:ident, $bits:ident) => {{
                let (delta, rest) = match input {
                    [first, rest @ ..] if first & 0x80 != 0 => {
                        let delta = i128::from(((*first << 1).cast_signed()) >> 1);
                        (if delta == 0 { None } else { Some(delta - i128::from(delta > 0)) }, rest)
                    }
                    _ => ok!(wire::delta_null::<STRICT>(input)),
                };
                match delta {
                    None => input = rest,
                    Some(delta) => {
                        let base = ok!(self.base($op));
                        let value = ok!($op.$sum(base.$bits(), delta));
                        input = rest;
                        keep!($op, Cell::$as(value));
                    }
                }
            }};
        }
        macro_rules! ascii {
            ($null:literal) => {{
                let text = read!(wire::ascii::<STRICT, $null>(input));
                self.ascii(text)
            }};
        }
        macro_rules! bytes {
            ($null:literal) => {{
                let bytes = read!(wire::bytes::<STRICT, $null>(input));
                bytes.map_or(ABSENT, |bytes| self.bytes(bytes))
            }};
        }
        macro_rules! copy_text {
            ($op:ident, $optional:literal, $tail:literal, $value:expr) => {
                if bit!() {
                    let cell = $value;
                    self.state.remember($op.slot, cell, self.record);
                    put!($op, cell);
                } else {
                    let slot = self.state.slots[$op.slot as usize];
                    let cell = match slot.kind {
                        Kind::Short => slot,
                        Kind::Long => self.recall($op.slot),
                        _ => ok!(self.first($op, $optional, $tail)),
                    };
                    put!($op, cell);
                }
            };
        }

        while next < ops.len() {
            let op = &ops[next];
            next += 1;
            match op.code {
                OpCode::Unsigned => put!(op, plain!(op, uint, unsigned)),
                OpCode::UnsignedNull => put!(op, null!(op, uint_null, unsigned)),
                OpCode::UnsignedDefault => default!(op, plain!(op, uint, unsigned)),
                OpCode::UnsignedDefaultNull => default!(op, null!(op, uint_null, unsigned)),
                OpCode::UnsignedCopy => copy!(op, false, plain!(op, uint, unsigned)),
                OpCode::UnsignedCopyNull => copy!(op, true, null!(op, uint_null, unsigned)),
                OpCode::UnsignedIncrement => {
                    increment!(op, false, plain!(op, uint, unsigned), unsigned_after, unsigned, bits);
                }
                OpCode::UnsignedIncrementNull => {
                    increment!(op, true, null!(op, uint_null, unsigned), unsigned_after, unsigned, bits);
                }
                OpCode::UnsignedDelta => delta!(op, unsigned, unsigned_sum, bits),
                OpCode::UnsignedDeltaNull => delta_null!(op, unsigned, unsigned_sum, bits),
                OpCode::Signed => put!(op, plain!(op, int, signed)),
                OpCode::SignedNull => put!(op, null!(op, int_null, signed)),
                OpCode::SignedDefault => default!(op, plain!(op, int, signed)),
                OpCode::SignedDefaultNull => default!(op, null!(op, int_null, signed)),
                OpCode::SignedCopy => copy!(op, false, plain!(op, int, signed)),
                OpCode::SignedCopyNull => copy!(op, true, null!(op, int_null, signed)),
                OpCode::SignedIncrement => {
                    increment!(op, false, plain!(op, int, signed), signed_after, signed, as_signed);
                }
                OpCode::SignedIncrementNull => {
                    increment!(op, true, null!(op, int_null, signed), signed_after, signed, as_signed);
                }
                OpCode::SignedDelta => delta!(op, signed, signed_sum, as_signed),
                OpCode::SignedDeltaNull => delta_null!(op, signed, signed_sum, as_signed),
                OpCode::Decimal => put!(op, Cell::decimal(read!(decimal::<STRICT>(input)))),
                OpCode::DecimalNull => put!(op, read!(decimal_null::<STRICT>(input))),
                OpCode::DecimalDefault => default!(op, Cell::decimal(read!(decimal::<STRICT>(input)))),
                OpCode::DecimalDefaultNull => default!(op, read!(decimal_null::<STRICT>(input))),
                OpCode::DecimalCopy => copy!(op, false, Cell::decimal(read!(decimal::<STRICT>(input)))),
                OpCode::DecimalCopyNull => copy!(op, true, read!(decimal_null::<STRICT>(input))),
                OpCode::DecimalDelta => {
                    let base = ok!(self.base(op)).as_decimal();
                    let (exponent, rest) = ok!(wire::int::<STRICT>(input));
                    let value = read!(decimal_sum::<STRICT>(base, exponent, rest));
                    keep!(op, Cell::decimal(value));
                }
                OpCode::DecimalDeltaNull => {
                    let (exponent, rest) = ok!(wire::int_null::<STRICT>(input));
                    match exponent {
                        None => input = rest,
                        Some(exponent) => {
                            let base = ok!(self.base(op)).as_decimal();
                            let value = read!(decimal_sum::<STRICT>(base, exponent, rest));
                            keep!(op, Cell::decimal(value));
                        }
                    }
                }
                OpCode::Ascii => put!(op, ascii!(false)),
                OpCode::AsciiNull => put!(op, ascii!(true)),
                OpCode::AsciiDefault => default!(op, ascii!(false)),
                OpCode::AsciiDefaultNull => default!(op, ascii!(true)),
                OpCode::AsciiCopy => copy_text!(op, false, false, ascii!(false)),
                OpCode::AsciiCopyNull => copy_text!(op, true, false, ascii!(true)),
                OpCode::AsciiTail => copy_text!(op, false, true, read!(self.ascii_tail::<STRICT, false>(op, input))),
                OpCode::AsciiTailNull => copy_text!(op, true, true, read!(self.ascii_tail::<STRICT, true>(op, input))),
                OpCode::AsciiDelta => put!(op, read!(self.ascii_delta::<STRICT, false>(op, input))),
                OpCode::AsciiDeltaNull => put!(op, read!(self.ascii_delta::<STRICT, true>(op, input))),
                OpCode::Bytes => put!(op, bytes!(false)),
                OpCode::BytesNull => put!(op, bytes!(true)),
                OpCode::BytesDefault => default!(op, bytes!(false)),
                OpCode::BytesDefaultNull => default!(op, bytes!(true)),
                OpCode::BytesCopy => copy_text!(op, false, false, bytes!(false)),
                OpCode::BytesCopyNull => copy_text!(op, true, false, bytes!(true)),
                OpCode::BytesTail => copy_text!(op, false, true, read!(self.bytes_tail::<STRICT, false>(op, input))),
                OpCode::BytesTailNull => copy_text!(op, true, true, read!(self.bytes_tail::<STRICT, true>(op, input))),
                OpCode::BytesDelta => put!(op, read!(self.bytes_delta::<STRICT, false>(op, input))),
                OpCode::BytesDeltaNull => put!(op, read!(self.bytes_delta::<STRICT, true>(op, input))),
                OpCode::ConstantNull => {
                    if bit!() {
                        put!(op, program.initials[op.aux as usize]);
                    }
                }
                OpCode::Join => {
                    let at = base + op.cell as usize;
                    let exponent = self.record.cells[at + 1].as_signed();
                    let mantissa = self.record.cells[at + 2].as_signed();
                    put!(op, Cell::decimal(Decimal { mantissa, exponent: ok!(bounded(exponent)) }));
                }
                OpCode::Unless => {
                    if self.record.cells[base + op.cell as usize + 1].kind == Kind::Absent {
                        next += op.aux as usize;
                    }
                }
                OpCode::Zeros => {
                    if word >> (64 - u32::from(op.bits)) == 0 {
                        word <<= op.bits;
                        next += op.aux as usize;
                    }
                }
                OpCode::Refill => {
                    map.word = word;
                    map.refill();
                    word = map.word;
                }
                OpCode::Guard => ok!(self.guard(op)),
                OpCode::Utf8 => {
                    if STRICT {
                        ok!(self.utf8(base + op.cell as usize));
                    }
                }
                OpCode::Group => input = self.group::<STRICT>(op, base, input, next)?,
                OpCode::GroupNull => {
                    if bit!() {
                        input = self.group::<STRICT>(op, base, input, next)?;
                    }
                }
                OpCode::Sequence => input = self.sequence::<STRICT>(op, base, input, next)?,
                OpCode::Dynamic => input = self.dynamic::<STRICT>(op, base, input, next)?,
                OpCode::Missing => ok!(Err(Code::D8)),
            }
        }
        if STRICT && map.has_more_than_used(word) {
            return Err(self.fail(Code::R8, NOT_THERE as usize, input.len()));
        }
        Ok(input)
    }
}
