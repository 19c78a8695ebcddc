//! Templates compiled: segments of a flat tape over rows of cells, and what every field is called.

mod cell;
mod compile;
mod field;
mod layout;
mod op;
mod slots;

pub(crate) use cell::{ABSENT, Cell, Kind, UNDEFINED};
pub(crate) use layout::Parts;
pub use layout::{FieldInfo, FieldKind, Layout};
pub use op::{Family, Op, OpCode};

use crate::template::{Name, Templates};
use crate::{Code, Finding};
use std::collections::HashMap;

/// What a template's attribute `reset` does. Deployed feeds and decoders differ, and both readings decode without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// A message of such a template starts with fresh dictionaries.
    Honour,
    /// It does nothing.
    Ignore,
}

/// A run of the tape and the row it fills.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// It has a presence map of its own in the stream.
    pub(crate) has_map: bool,
    /// Bits that its steps may ask for, and how many of them after the last refill.
    pub(crate) bits: u32,
    pub(crate) places: u32,
    /// Cells of sequences' elements and messages; of groups those that are theirs, from `first` of the row around them.
    pub(crate) prototype: Vec<Cell>,
    pub(crate) first: u32,
    pub(crate) layout: u32,
}

/// A template under one application type.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    pub(crate) template: u32,
    pub(crate) segment: u32,
}

/// What messages of a template need to know besides its segments.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) name: Name,
    pub(crate) id: Option<u64>,
    pub(crate) resets: bool,
    /// The variant for each application type that can be current; `u32::MAX` where none was asked for.
    pub(crate) variants: Vec<u32>,
}

/// Templates ready to decode and to encode with. Immutable; decoders share it.
#[derive(Debug)]
pub struct Program {
    pub(crate) heads: Vec<Head>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) ops: Vec<Op>,
    /// For each step the field it is about.
    pub(crate) labels: Vec<u32>,
    pub(crate) names: Vec<String>,
    /// The first one is `Undefined`: no initial value.
    pub(crate) initials: Vec<Cell>,
    /// The bytes of long constants and initial values.
    pub(crate) pool: Vec<u8>,
    pub(crate) slots: usize,
    ids: Identifiers,
    by_name: HashMap<String, u32>,
}

/// From identifiers to templates: small ones directly.
#[derive(Debug, Default)]
struct Identifiers {
    small: Vec<u32>,
    large: HashMap<u64, u32>,
}

/// Identifiers below this are looked up in an array.
const SMALL: u64 = 1 << 14;
/// Not there.
pub(crate) const NOT_THERE: u32 = u32::MAX;

impl Program {
    /// Compiles templates.
    ///
    /// # Errors
    /// A finding without a place: `X3` if templates refer to one another in a circle, `X2` if they unfold beyond all measure.
    pub fn compile(templates: &Templates, reset: Reset) -> Result<Self, Finding> {
        compile::program(templates, reset).map_err(|(code, template)| Finding {
            code,
            line: 1,
            column: 1,
            detail: template.clone(),
            template: Some(template),
        })
    }

    /// The template with an identifier.
    #[inline(always)]
    pub(crate) fn by_id(&self, id: u64) -> Result<u32, Code> {
        let found = match self.ids.small.get(id as usize) {
            Some(found) if id < SMALL => *found,
            _ => self.ids.large.get(&id).copied().unwrap_or(NOT_THERE),
        };
        if found == NOT_THERE { Err(Code::D9) } else { Ok(found) }
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// Every template's name and identifier, in their order.
    pub fn templates(&self) -> impl Iterator<Item = (&Name, Option<u64>)> {
        self.heads.iter().map(|head| (&head.name, head.id))
    }

    /// The fields of a template's messages, by its name.
    #[must_use]
    pub fn layout(&self, template: &str) -> Option<&Layout> {
        let head = self.heads.get(self.by_name(template)? as usize)?;
        let variant = self.variants.get(*head.variants.first()? as usize)?;
        Some(self.layout_of(variant.segment))
    }

    /// The fields of a group or of a sequence's elements.
    #[must_use]
    pub fn inside(&self, field: &FieldInfo) -> Option<&Layout> {
        match field.kind {
            FieldKind::Sequence(segment) | FieldKind::Group(segment) => Some(self.layout_of(segment)),
            FieldKind::Scalar(_) | FieldKind::Message => None,
        }
    }

    pub(crate) fn layout_of(&self, segment: u32) -> &Layout {
        &self.layouts[self.segments[segment as usize].layout as usize]
    }
}
