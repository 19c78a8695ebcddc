//! The steps of one field.

use super::compile::{Compiler, Draft, Row};
use super::slots::Context;
use super::{Cell, Op, OpCode};
use crate::Value;
use crate::template::{Operation, Operator, Type};

/// A field's cell, and its name for faults.
type Place = (u32, u32);

impl Compiler<'_> {
    /// A field with one operator; also exponents, mantissas and lengths.
    #[expect(clippy::too_many_arguments, reason = "they are the compiler's state at a field")]
    pub(super) fn scalar(
        &mut self,
        kind: Type,
        optional: bool,
        operation: &Operation,
        context: &Context,
        draft: &mut Draft,
        row: &mut Row,
        (cell, label): Place,
    ) {
        let initial = operation.initial.as_ref().map(|value| self.cell_of(value));
        let aux = initial.map_or(0, |initial| self.initial(initial));
        if operation.operator == Operator::Constant {
            if optional {
                let mask = draft.takes_bit(label);
                draft.ops.push((Op { aux, mask, ..Op::new(OpCode::ConstantNull, cell) }, label));
            } else if let Some(initial) = initial {
                row.cells[cell as usize] = initial;
            }
            return;
        }
        if let (Operator::Default, Some(initial)) = (operation.operator, initial) {
            row.cells[cell as usize] = initial;
        }
        let mut slot = 0;
        if !matches!(operation.operator, Operator::None | Operator::Default) {
            let (found, mixed) = self.slots.of(operation, kind, context);
            slot = found;
            if mixed {
                draft.ops.push((Op { slot, aux: tag(kind), ..Op::new(OpCode::Guard, cell) }, label));
            }
        }
        let has_bit = !matches!(operation.operator, Operator::None | Operator::Delta);
        let mask = if has_bit { draft.takes_bit(label) } else { 0 };
        let mut op = Op { slot, aux, mask, ..Op::new(code(kind, operation.operator, optional), cell) };
        if let Type::Unsigned(bits) | Type::Signed(bits) = kind {
            op = op.of_bits(bits);
        }
        draft.ops.push((op, label));
        if kind == Type::Unicode {
            draft.ops.push((Op::new(OpCode::Utf8, cell), label));
        }
    }

    /// A decimal in two parts: they get the two cells behind its own.
    #[expect(clippy::too_many_arguments, reason = "they are the compiler's state at a field")]
    pub(super) fn split(
        &mut self,
        optional: bool,
        exponent: &Operation,
        mantissa: &Operation,
        context: &Context,
        draft: &mut Draft,
        row: &mut Row,
        (cell, label): Place,
    ) {
        let first = row.new_cell(super::ABSENT);
        let second = row.new_cell(super::ABSENT);
        // Both bits in one word: no refill between the two.
        draft.room(2, label);
        self.scalar(Type::Signed(32), optional, exponent, context, draft, row, (first, label));
        // The mantissa's steps are kept apart until it is known how many they are.
        let mut inner = Draft { places: draft.places, ..Draft::default() };
        self.scalar(Type::Signed(64), false, mantissa, context, &mut inner, row, (second, label));
        draft.places = inner.places;
        draft.bits += inner.bits;
        if let ([(delta, _)], Some((default, _))) = (&inner.ops[..], draft.ops.last())
            && delta.code == OpCode::SignedDelta
            && matches!(default.code, OpCode::SignedDefault | OpCode::SignedDefaultNull)
            && default.cell == first
        {
            let code = if optional { OpCode::SplitNull } else { OpCode::Split };
            let fused = Op {
                slot: delta.slot,
                aux: delta.aux,
                over: u64::from(default.aux),
                mask: default.mask,
                ..Op::new(code, cell)
            }
            .of_exponent(self.program.initials[default.aux as usize]);
            draft.ops.pop();
            draft.ops.push((fused, label));
            return;
        }
        inner.ops.push((Op::new(OpCode::Join, cell), label));
        if optional {
            draft.doubtful += inner.bits;
            let mask = inner.ops.iter().fold(0, |mask, (op, _)| mask | op.mask);
            draft.ops.push((Op { aux: inner.ops.len() as u32, mask, ..Op::new(OpCode::Unless, cell) }, label));
        }
        draft.ops.append(&mut inner.ops);
    }

    /// A written value as a cell; long ones go to the pool.
    fn cell_of(&mut self, value: &Value) -> Cell {
        let bytes: &[u8] = match value {
            Value::Unsigned(value) => return Cell::unsigned(*value),
            Value::Signed(value) => return Cell::signed(*value),
            Value::Decimal(value) => return Cell::decimal(*value),
            Value::Text(text) => text.as_bytes(),
            Value::Bytes(bytes) => bytes,
            Value::Sequence(_) | Value::Group(_) | Value::Message(_) => return super::ABSENT,
        };
        let length = bytes.len() as u32;
        let mut raw = [0; 8];
        if let Some(to) = raw.get_mut(..bytes.len()) {
            to.copy_from_slice(bytes);
            return Cell::short(raw, length);
        }
        let start = self.program.pool.len();
        self.program.pool.extend_from_slice(bytes);
        Cell::long(start, length)
    }

    fn initial(&mut self, cell: Cell) -> u32 {
        self.program.initials.push(cell);
        self.program.initials.len() as u32 - 1
    }
}

/// A number for each type that entries of dictionaries tell apart.
fn tag(kind: Type) -> u32 {
    match kind {
        Type::Unsigned(bits) => u32::from(bits),
        Type::Signed(bits) => 0x100 + u32::from(bits),
        Type::Decimal => 1,
        Type::Ascii => 2,
        Type::Unicode => 3,
        Type::Bytes => 4,
    }
}

fn code(kind: Type, operator: Operator, optional: bool) -> OpCode {
    macro_rules! pick {
        ($($operator:ident $plain:ident $null:ident)*) => {
            match operator {
                $(Operator::$operator => if optional { OpCode::$null } else { OpCode::$plain },)*
                // What does not apply was refused when the templates were read.
                _ => OpCode::Missing,
            }
        };
    }
    match kind {
        Type::Unsigned(_) => pick! {
            None Unsigned UnsignedNull
            Default UnsignedDefault UnsignedDefaultNull
            Copy UnsignedCopy UnsignedCopyNull
            Increment UnsignedIncrement UnsignedIncrementNull
            Delta UnsignedDelta UnsignedDeltaNull
        },
        Type::Signed(_) => pick! {
            None Signed SignedNull
            Default SignedDefault SignedDefaultNull
            Copy SignedCopy SignedCopyNull
            Increment SignedIncrement SignedIncrementNull
            Delta SignedDelta SignedDeltaNull
        },
        Type::Decimal => pick! {
            None Decimal DecimalNull
            Default DecimalDefault DecimalDefaultNull
            Copy DecimalCopy DecimalCopyNull
            Delta DecimalDelta DecimalDeltaNull
        },
        Type::Ascii => pick! {
            None Ascii AsciiNull
            Default AsciiDefault AsciiDefaultNull
            Copy AsciiCopy AsciiCopyNull
            Delta AsciiDelta AsciiDeltaNull
            Tail AsciiTail AsciiTailNull
        },
        Type::Unicode | Type::Bytes => pick! {
            None Bytes BytesNull
            Default BytesDefault BytesDefaultNull
            Copy BytesCopy BytesCopyNull
            Delta BytesDelta BytesDeltaNull
            Tail BytesTail BytesTailNull
        },
    }
}
