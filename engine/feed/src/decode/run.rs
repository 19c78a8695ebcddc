//! The loop over the tape.

use super::State;
use super::decimal::part;
use super::text::other_ascii;
use crate::program::{ABSENT, Cell, Kind, NOT_THERE, Op, OpCode, Program, Segment};
use crate::record::Record;
use crate::wire::{self, Ascii, Map, Read};
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
        let rest = self.segment::<STRICT>(segment, 0, map, rest, 0)?;
        Ok((variant, rest))
    }

    /// Presence map and template identifier.
    #[inline(always)]
    pub(super) fn head<'d, const STRICT: bool>(&mut self, input: &'d [u8]) -> Result<(Map<'d>, u32, &'d [u8]), Code> {
        let fail = |machine: &mut Self, code, input: &[u8]| {
            machine.failed.get_or_insert((NOT_THERE, input.len()));
            code
        };
        let (map, mut rest) = wire::map::<STRICT>(input).map_err(|code| fail(self, code, input))?;
        let id = if map.has(1 << 63) {
            let (id, after) = wire::uint::<STRICT>(rest).map_err(|code| fail(self, code, rest))?;
            self.state.template = Some(id);
            let found = self.program.by_id(id).map_err(|code| fail(self, code, rest))?;
            rest = after;
            found
        } else {
            let id = self.state.template.ok_or(Code::D5).map_err(|code| fail(self, code, rest))?;
            self.program.by_id(id).map_err(|code| fail(self, code, rest))?
        };
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
    #[inline(never)]
    pub(super) fn fail(&mut self, code: Code, step: usize, left: usize) -> Code {
        self.failed.get_or_insert((step as u32, left));
        code
    }

    pub(super) fn put(&mut self, at: usize, cell: Cell) {
        self.record.cells[at] = cell;
    }

    /// The value of an operator whose bit is not set and that has no previous value (sections 6.3.5, 6.3.6, 6.3.8).
    #[cold]
    #[inline(never)]
    pub(super) fn first(&mut self, op: &Op, optional: bool, tail: bool) -> Result<Cell, Code> {
        let slot = &mut self.state.slots[op.slot as usize];
        if slot.kind() == Kind::ABSENT {
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
        if slot.kind() == Kind::ABSENT { Err(Code::D6) } else { Ok(self.program.initials[op.aux as usize]) }
    }

    /// One segment, and so many more elements of the same sequence: what the stream leaves out stands in their rows already. Steps that are seldom are done elsewhere, so that this loop has
    /// the registers: the tape, the row, the dictionaries and the input.
    pub(super) fn segment<'d, const STRICT: bool>(
        &mut self,
        segment: &'a Segment,
        base: usize,
        map: Map<'d>,
        input: &'d [u8],
        more: usize,
    ) -> Result<&'d [u8], Code> {
        let program = self.program;
        let (mut map, mut more, mut base) = (map, more, base);
        let mut input = input;
        let ops = &program.ops[segment.start as usize..segment.end as usize];
        let mut steps = ops.iter();
        let mut row = &mut self.record.cells[base..];
        let mut slots = &mut self.state.slots[..];

        macro_rules! again {
            () => {{
                row = &mut self.record.cells[base..];
                slots = &mut self.state.slots[..];
            }};
        }
        macro_rules! fail {
            ($code:expr) => {
                return Err(self.fail($code, segment.end as usize - steps.len() - 1, input.len()))
            };
        }
        macro_rules! ok {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(code) => fail!(code),
                }
            };
        }
        macro_rules! bit {
            ($op:ident) => {
                map.has($op.mask)
            };
        }
        macro_rules! put {
            ($op:ident, $cell:expr) => {{
                let cell = $cell;
                row[$op.cell as usize] = cell;
            }};
        }
        macro_rules! keep {
            ($op:ident, $cell:expr) => {{
                let cell = $cell;
                slots[$op.slot as usize] = cell;
                row[$op.cell as usize] = cell;
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
        // Short text is stored as the two words it is made of: a copy of a cell made a moment ago would wait for both.
        macro_rules! ascii {
            ($op:ident, $null:literal) => {{
                let (text, rest) = ok!(wire::ascii::<STRICT, $null>(input));
                input = rest;
                match text {
                    Ascii::Short(raw, length) => put!($op, Cell::short(raw.to_le_bytes(), length)),
                    other => other_ascii(&mut self.record.bytes, other, &mut row[$op.cell as usize]),
                }
            }};
        }
        macro_rules! default {
            ($op:ident, $value:expr) => {
                if bit!($op) {
                    put!($op, $value);
                }
            };
        }
        // Nothing in the stream and no previous value.
        macro_rules! first {
            ($op:ident, $optional:literal) => {{
                let cell = ok!(self.first($op, $optional, false));
                again!();
                put!($op, cell);
            }};
        }
        macro_rules! copy {
            ($op:ident, $optional:literal, $value:expr) => {
                if bit!($op) {
                    keep!($op, $value);
                } else {
                    let slot = slots[$op.slot as usize];
                    if slot.assigned() {
                        put!($op, slot);
                    } else {
                        first!($op, $optional);
                    }
                }
            };
        }
        macro_rules! copy_text {
            ($op:ident, $optional:literal, $null:literal) => {
                if bit!($op) {
                    let (text, rest) = ok!(wire::ascii::<STRICT, $null>(input));
                    input = rest;
                    match text {
                        Ascii::Short(raw, length) => keep!($op, Cell::short(raw.to_le_bytes(), length)),
                        other => {
                            let cell = &mut row[$op.cell as usize];
                            other_ascii(&mut self.record.bytes, other, cell);
                            let cell = *cell;
                            self.state.remember($op.slot, cell, self.record);
                            again!();
                        }
                    }
                } else {
                    let slot = slots[$op.slot as usize];
                    match slot.kind() {
                        Kind::SHORT => put!($op, slot),
                        Kind::LONG => {
                            let cell = self.recall($op.slot);
                            again!();
                            put!($op, cell);
                        }
                        _ => first!($op, $optional),
                    }
                }
            };
        }
        macro_rules! increment {
            ($op:ident, $optional:literal, $value:expr, $after:ident, $as:ident, $bits:ident) => {
                if bit!($op) {
                    keep!($op, $value);
                } else {
                    let slot = slots[$op.slot as usize];
                    if slot.assigned() {
                        keep!($op, Cell::$as($op.$after(slot.$bits())));
                    } else {
                        first!($op, $optional);
                    }
                }
            };
        }
        // Previous value, or the initial one, or nothing.
        macro_rules! base {
            ($op:ident) => {{
                let slot = slots[$op.slot as usize];
                if slot.assigned() { slot } else { ok!(self.base($op)) }
            }};
        }
        macro_rules! delta {
            ($op:ident, $as:ident, $sum:ident, $wide:ident, $bits:ident) => {{
                let base = base!($op).$bits();
                let value = match wire::short_delta::<STRICT>(input) {
                    Some((delta, rest)) => {
                        let value = ok!($op.$sum(base, delta));
                        input = rest;
                        value
                    }
                    None => {
                        let (delta, rest) = ok!(wire::delta::<STRICT>(input));
                        let value = ok!($op.$wide(base, delta));
                        input = rest;
                        value
                    }
                };
                again!();
                keep!($op, Cell::$as(value));
            }};
        }
        macro_rules! delta_null {
            ($op:ident, $as:ident, $sum:ident, $wide:ident, $bits:ident) => {{
                match wire::short_delta::<STRICT>(input) {
                    Some((0, rest)) => input = rest,
                    Some((delta, rest)) => {
                        let base = base!($op).$bits();
                        let value = ok!($op.$sum(base, delta - i64::from(delta > 0)));
                        input = rest;
                        again!();
                        keep!($op, Cell::$as(value));
                    }
                    None => {
                        let (delta, rest) = ok!(wire::delta_null::<STRICT>(input));
                        if let Some(delta) = delta {
                            let base = base!($op).$bits();
                            let value = ok!($op.$wide(base, delta));
                            again!();
                            keep!($op, Cell::$as(value));
                        }
                        input = rest;
                    }
                }
            }};
        }
        macro_rules! split {
            ($op:ident, $exponent:expr) => {{
                let exponent: Option<i64> = if bit!($op) {
                    let (exponent, rest) = ok!($exponent);
                    input = rest;
                    exponent
                } else {
                    let initial = program.initials[$op.over as usize];
                    initial.assigned().then(|| initial.as_signed())
                };
                if let Some(exponent) = exponent {
                    let exponent = ok!(part(exponent));
                    let base = base!($op).as_signed();
                    let mantissa = match wire::short_delta::<STRICT>(input) {
                        Some((delta, rest)) => {
                            let mantissa = ok!(base.checked_add(delta).ok_or(Code::R4));
                            input = rest;
                            mantissa
                        }
                        None => {
                            let (delta, rest) = ok!(wire::delta::<STRICT>(input));
                            let mantissa = ok!($op.mantissa_part().signed_wide_sum(base, delta));
                            input = rest;
                            mantissa
                        }
                    };
                    again!();
                    slots[$op.slot as usize] = Cell::signed(mantissa);
                    put!($op, Cell::decimal(Decimal { mantissa, exponent }));
                }
            }};
        }

        loop {
            while let Some(op) = steps.next() {
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
                    OpCode::UnsignedDelta => delta!(op, unsigned, unsigned_sum, unsigned_wide_sum, bits),
                    OpCode::UnsignedDeltaNull => delta_null!(op, unsigned, unsigned_sum, unsigned_wide_sum, bits),
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
                    OpCode::SignedDelta => delta!(op, signed, signed_sum, signed_wide_sum, as_signed),
                    OpCode::SignedDeltaNull => delta_null!(op, signed, signed_sum, signed_wide_sum, as_signed),
                    OpCode::Ascii => ascii!(op, false),
                    OpCode::AsciiNull => ascii!(op, true),
                    OpCode::AsciiDefault => {
                        if bit!(op) {
                            ascii!(op, false);
                        }
                    }
                    OpCode::AsciiDefaultNull => {
                        if bit!(op) {
                            ascii!(op, true);
                        }
                    }
                    OpCode::AsciiCopy => copy_text!(op, false, false),
                    OpCode::AsciiCopyNull => copy_text!(op, true, true),
                    OpCode::Split => {
                        split!(op, wire::int::<STRICT>(input).map(|(value, rest)| (Some(value), rest)));
                    }
                    OpCode::SplitNull => split!(op, wire::int_null::<STRICT>(input)),
                    OpCode::Zeros => {
                        if !bit!(op) {
                            steps = steps.as_slice().get(op.aux as usize..).unwrap_or_default().iter();
                        }
                    }
                    OpCode::Unless => {
                        if row[op.cell as usize + 1].kind() == Kind::ABSENT {
                            steps = steps.as_slice().get(op.aux as usize..).unwrap_or_default().iter();
                            if op.mask != 0 {
                                map.put_in(op.mask);
                            }
                        }
                    }
                    OpCode::Sequence => {
                        input = self.sequence::<STRICT>(op, base, input, segment.end as usize - steps.len())?;
                        again!();
                    }
                    // All by name: then the jump needs no bounds.
                    OpCode::Decimal
                    | OpCode::DecimalNull
                    | OpCode::DecimalDefault
                    | OpCode::DecimalDefaultNull
                    | OpCode::DecimalCopy
                    | OpCode::DecimalCopyNull
                    | OpCode::DecimalDelta
                    | OpCode::DecimalDeltaNull
                    | OpCode::AsciiDelta
                    | OpCode::AsciiDeltaNull
                    | OpCode::AsciiTail
                    | OpCode::AsciiTailNull
                    | OpCode::Bytes
                    | OpCode::BytesNull
                    | OpCode::BytesDefault
                    | OpCode::BytesDefaultNull
                    | OpCode::BytesCopy
                    | OpCode::BytesCopyNull
                    | OpCode::BytesDelta
                    | OpCode::BytesDeltaNull
                    | OpCode::BytesTail
                    | OpCode::BytesTailNull
                    | OpCode::ConstantNull
                    | OpCode::Join
                    | OpCode::Refill
                    | OpCode::Guard
                    | OpCode::Utf8
                    | OpCode::Group
                    | OpCode::GroupNull
                    | OpCode::Dynamic
                    | OpCode::Missing => {
                        let step = segment.end as usize - steps.len();
                        input = self.rare::<STRICT>(op, base, &mut map, input, step)?;
                        again!();
                    }
                }
            }
            if STRICT && map.has_more_than(segment.bits, segment.places) {
                return Err(self.fail(Code::R8, NOT_THERE as usize, input.len()));
            }
            let Some(left) = more.checked_sub(1) else { return Ok(input) };
            more = left;
            base += segment.prototype.len();
            again!();
            steps = ops.iter();
            if segment.has_map {
                match map.read::<STRICT>(input) {
                    Ok(rest) => input = rest,
                    Err(code) => return Err(self.fail(code, NOT_THERE as usize, input.len())),
                }
            }
        }
    }
}
