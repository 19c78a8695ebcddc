//! From templates to the tape. Static references are written out where they stand; dynamic ones are looked up in the stream.

use super::slots::{Context, Slots};
use super::{Cell, FieldInfo, FieldKind, Head, Identifiers, Layout, NOT_THERE, Op, OpCode, Program, Reset, SMALL};
use super::{Parts, Segment, UNDEFINED, Variant};
use crate::template::{Body, Content, Field, Instruction, Name, Operation, Operator, Template, Templates, Type};
use crate::wire::{PLACES, SPARE};
use crate::{Code, Value};
use std::collections::HashMap;

/// Steps of all segments together; static references may unfold templates exponentially.
const MOST_OPS: usize = 1 << 18;
/// Groups, sequences and references inside one another.
const DEEPEST: usize = 48;

/// What is wrong, and in which template.
type Trouble = (Code, String);

pub(super) fn program(templates: &Templates, reset: Reset) -> Result<Program, Trouble> {
    // Only when all is known is it known which slots are shared by fields of different types: hence twice.
    let first = Compiler::new(templates, reset, Slots::default()).all()?;
    let second = Compiler::new(templates, reset, first.slots).all()?;
    let mut program = second.program;
    program.slots = second.slots.len();
    Ok(program)
}

pub(super) struct Compiler<'t> {
    templates: &'t [Template],
    by_name: HashMap<&'t Name, usize>,
    pub(super) slots: Slots,
    /// Application types that can be current where a dynamic reference stands; the first is `any`.
    types: Vec<Option<Name>>,
    pub(super) program: Program,
    /// Templates that static references are inside of.
    open: Vec<usize>,
    /// Groups, sequences and references inside one another.
    depth: usize,
}

/// A segment while it is made.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) ops: Vec<(Op, u32)>,
    /// Bits that the map may have to have, at most.
    pub(super) bits: u32,
    /// Places of the map's word that are given away.
    pub(super) places: u32,
    /// Of them those that may turn out not to be there.
    pub(super) doubtful: u32,
}

/// A row while it is made: a message, an element, and the groups in them.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
}

impl Draft {
    /// Makes sure that the word has this many places more.
    pub(super) fn room(&mut self, bits: u32, label: u32) {
        if self.places + bits > PLACES || self.doubtful == SPARE {
            self.ops.push((Op { aux: self.places, ..Op::new(OpCode::Refill, 0) }, label));
            (self.places, self.doubtful) = (0, 0);
        }
    }

    /// Gives the next place away.
    pub(super) fn takes_bit(&mut self, label: u32) -> u64 {
        self.room(1, label);
        self.bits += 1;
        self.places += 1;
        1 << 63 >> (self.places - 1)
    }
}

impl<'t> Compiler<'t> {
    fn new(templates: &'t Templates, reset: Reset, slots: Slots) -> Self {
        let heads = templates.all.iter().map(|template| Head {
            name: template.name.clone(),
            id: template.id,
            resets: template.reset && reset == Reset::Honour,
            variants: Vec::new(),
        });
        let mut ids = Identifiers::default();
        let mut by_name = HashMap::new();
        for (at, template) in templates.all.iter().enumerate() {
            by_name.entry(template.name.local.clone()).or_insert(at as u32);
            match template.id {
                Some(id) if id < SMALL => {
                    let place = id as usize;
                    ids.small.resize(ids.small.len().max(place + 1), NOT_THERE);
                    ids.small[place] = at as u32;
                }
                Some(id) => drop(ids.large.insert(id, at as u32)),
                None => {}
            }
        }
        let program = Program {
            heads: heads.collect(),
            variants: Vec::new(),
            segments: Vec::new(),
            layouts: Vec::new(),
            ops: Vec::new(),
            labels: Vec::new(),
            names: vec![String::new()],
            initials: vec![UNDEFINED],
            pool: Vec::new(),
            slots: 0,
            ids,
            by_name,
        };
        let found = templates.all.iter().enumerate().map(|(at, template)| (&template.name, at)).collect();
        Self {
            templates: &templates.all,
            by_name: found,
            slots,
            types: vec![None],
            program,
            open: Vec::new(),
            depth: 0,
        }
    }

    /// Every template under every application type that may be current where a dynamic reference stands.
    fn all(mut self) -> Result<Self, Trouble> {
        let mut at = 0;
        while at < self.types.len() {
            for template in 0..self.templates.len() {
                let variant = self.variant(template, at)?;
                self.program.heads[template].variants.push(variant);
            }
            at += 1;
        }
        Ok(self)
    }

    fn variant(&mut self, template: usize, kind: usize) -> Result<u32, Trouble> {
        let context = Context { template, kind: self.types[kind].clone() };
        let body = &self.templates[template].body;
        self.open = vec![template];
        let mut draft = Draft::default();
        // The template identifier's bit.
        draft.takes_bit(0);
        let mut row = Row { cells: Vec::new() };
        let mut layout = Layout::default();
        self.body(body, &context, &mut draft, &mut row, &mut layout)?;
        let segment = self.segment(&draft, row.cells, 0, layout, template)?;
        self.program.segments[segment as usize].has_map = true;
        self.program.variants.push(Variant { template: template as u32, segment });
        Ok(self.program.variants.len() as u32 - 1)
    }

    /// Puts a finished segment away.
    fn segment(
        &mut self,
        draft: &Draft,
        prototype: Vec<Cell>,
        first: u32,
        layout: Layout,
        template: usize,
    ) -> Result<u32, Trouble> {
        let program = &mut self.program;
        let start = program.ops.len();
        let cells = program.segments.iter().map(|segment| segment.prototype.len()).sum::<usize>() + prototype.len();
        if start + draft.ops.len() > MOST_OPS || cells > MOST_OPS {
            return Err((Code::X2, self.templates[template].name.local.clone()));
        }
        for (op, label) in &draft.ops {
            program.ops.push(Op { at: program.ops.len() as u32, ..*op });
            program.labels.push(*label);
        }
        let end = program.ops.len() as u32;
        program.layouts.push(layout);
        let layout = program.layouts.len() as u32 - 1;
        let (has_map, bits, places) = (draft.bits > 0, draft.bits, draft.places);
        program.segments.push(Segment { start: start as u32, end, has_map, bits, places, prototype, first, layout });
        Ok(program.segments.len() as u32 - 1)
    }

    fn body(
        &mut self,
        body: &'t Body,
        context: &Context,
        draft: &mut Draft,
        row: &mut Row,
        layout: &mut Layout,
    ) -> Result<(), Trouble> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err((Code::X2, self.templates[context.template].name.local.clone()));
        }
        let mut context = context.clone();
        if let Some(kind) = &body.type_ref {
            context.kind = Some(kind.clone());
        }
        for instruction in &body.instructions {
            if draft.ops.len() > MOST_OPS {
                return Err((Code::X2, self.templates[context.template].name.local.clone()));
            }
            match instruction {
                Instruction::Field(field) => self.field(field, &context, draft, row, layout)?,
                Instruction::Static(name) => self.reference(name, &context, draft, row, layout)?,
                Instruction::Dynamic => self.dynamic(&context, draft, row, layout),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn reference(
        &mut self,
        name: &Name,
        context: &Context,
        draft: &mut Draft,
        row: &mut Row,
        layout: &mut Layout,
    ) -> Result<(), Trouble> {
        let Some(template) = self.by_name.get(name).copied() else {
            let label = self.label(&name.local);
            draft.ops.push((Op::new(OpCode::Missing, 0), label));
            return Ok(());
        };
        if self.open.contains(&template) {
            return Err((Code::X3, name.local.clone()));
        }
        self.open.push(template);
        let inner = Context { template, kind: context.kind.clone() };
        self.body(&self.templates[template].body, &inner, draft, row, layout)?;
        self.open.pop();
        Ok(())
    }

    fn dynamic(&mut self, context: &Context, draft: &mut Draft, row: &mut Row, layout: &mut Layout) {
        let at = self.types.iter().position(|kind| *kind == context.kind).unwrap_or_else(|| {
            self.types.push(context.kind.clone());
            self.types.len() - 1
        });
        let cell = row.new_cell(super::ABSENT);
        draft.ops.push((Op { aux: at as u32, ..Op::new(OpCode::Dynamic, cell) }, 0));
        let name = Name::default();
        let kind = FieldKind::Message;
        layout.fields.push(FieldInfo { name, id: None, optional: false, kind, cell, constant: None, parts: None });
    }

    fn field(
        &mut self,
        field: &'t Field,
        context: &Context,
        draft: &mut Draft,
        row: &mut Row,
        layout: &mut Layout,
    ) -> Result<(), Trouble> {
        let label = self.label(&field.name.local);
        let cell = row.new_cell(super::ABSENT);
        let (mut constant, mut parts) = (None, None);
        let kind = match &field.content {
            Content::Scalar(kind, operation) => {
                self.scalar(*kind, field.optional, operation, context, draft, row, (cell, label));
                if operation.operator == Operator::Constant {
                    constant = Some(self.program.initials.len() as u32 - 1);
                }
                FieldKind::Scalar(*kind)
            }
            Content::Split { exponent, mantissa } => {
                self.split(field.optional, exponent, mantissa, context, draft, row, (cell, label));
                parts = Some(Parts { exponent: fixed(exponent), mantissa: fixed(mantissa) });
                FieldKind::Scalar(Type::Decimal)
            }
            Content::Group(body) => {
                FieldKind::Group(self.group(body, field.optional, context, draft, row, (cell, label))?)
            }
            Content::Sequence { length, body } => {
                self.scalar(Type::Unsigned(32), field.optional, length, context, draft, row, (cell, label));
                let mut inner = Draft::default();
                let mut element = Row { cells: Vec::new() };
                let mut fields = Layout::default();
                self.body(body, context, &mut inner, &mut element, &mut fields)?;
                let segment = self.segment(&inner, element.cells, 0, fields, context.template)?;
                draft.ops.push((Op { aux: segment, ..Op::new(OpCode::Sequence, cell) }, label));
                FieldKind::Sequence(segment)
            }
        };
        let (name, id) = (field.name.clone(), field.id.clone());
        layout.fields.push(FieldInfo { name, id, optional: field.optional, kind, cell, constant, parts });
        Ok(())
    }

    /// A group's cells follow its own in the row around it.
    fn group(
        &mut self,
        body: &'t Body,
        optional: bool,
        context: &Context,
        draft: &mut Draft,
        row: &mut Row,
        (cell, label): (u32, u32),
    ) -> Result<u32, Trouble> {
        let first = row.cells.len();
        let mut inner = Draft::default();
        let mut fields = Layout::default();
        self.body(body, context, &mut inner, row, &mut fields)?;
        let prototype = row.cells[first..].to_vec();
        // Until the group is known to be there, its fields are not.
        row.cells[first..].fill(super::ABSENT);
        let segment = self.segment(&inner, prototype, first as u32, fields, context.template)?;
        let mask = if optional { draft.takes_bit(label) } else { 0 };
        let code = if optional { OpCode::GroupNull } else { OpCode::Group };
        draft.ops.push((Op { aux: segment, mask, ..Op::new(code, cell) }, label));
        Ok(segment)
    }

    pub(super) fn label(&mut self, name: &str) -> u32 {
        if self.program.names.last().is_none_or(|last| last != name) {
            self.program.names.push(name.to_owned());
        }
        self.program.names.len() as u32 - 1
    }
}

/// The value of a constant part.
fn fixed(operation: &Operation) -> Option<i64> {
    match (operation.operator, &operation.initial) {
        (Operator::Constant, Some(Value::Signed(value))) => Some(*value),
        _ => None,
    }
}

impl Row {
    pub(super) fn new_cell(&mut self, prototype: Cell) -> u32 {
        self.cells.push(prototype);
        self.cells.len() as u32 - 1
    }
}
