//! What the fields of a row are called and where they are.

use crate::template::{Name, Type};

/// The fields of a message, a group or a sequence's elements, in the template's order.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    pub(crate) fields: Vec<FieldInfo>,
}

/// One field.
#[derive(Debug, Clone)]
pub struct FieldInfo {
    /// Its name; empty for a dynamic template reference.
    pub name: Name,
    /// The auxiliary identifier, often a FIX tag.
    pub id: Option<String>,
    /// Whether it may be absent.
    pub optional: bool,
    /// What it holds.
    pub kind: FieldKind,
    pub(crate) cell: u32,
    /// The initial value that a constant always has.
    pub(crate) constant: Option<u32>,
    /// Of a decimal in two parts: which of them are constant.
    pub(crate) parts: Option<Parts>,
}

/// What a decimal's own operators fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) exponent: Option<i64>,
    pub(crate) mantissa: Option<i64>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A value of a type.
    Scalar(Type),
    /// Elements; see `Program::inside`.
    Sequence(u32),
    /// Fields; see `Program::inside`.
    Group(u32),
    /// A message of whatever template.
    Message,
}

impl Layout {
    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldInfo] {
        &self.fields
    }

    /// The place of a field by its local name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.local == name)
    }
}
