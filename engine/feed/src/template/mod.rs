//! Templates as people write them: checked, but not yet compiled. Section 6 of FAST 1.1.

mod literal;
mod operator;
mod read;
mod xml;

pub(crate) use literal::literal;

use crate::{Finding, Value};

/// A name with its namespace; two are equal only if both parts are (section 7).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Name {
    /// The namespace; empty if there is none.
    pub ns: String,
    /// The name in it.
    pub local: String,
}

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// `uInt8` to `uInt64`: how many bits.
    Unsigned(u8),
    /// `int8` to `int64`: how many bits.
    Signed(u8),
    /// A decimal with exponent and mantissa.
    Decimal,
    /// Seven-bit text.
    Ascii,
    /// UTF-8 text.
    Unicode,
    /// Bytes.
    Bytes,
}

/// How a field is told from the one before it (section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Always in the stream.
    None,
    /// Never in the stream.
    Constant,
    /// In the stream unless it is the initial value.
    Default,
    /// In the stream unless it is the previous value.
    Copy,
    /// In the stream unless it is the previous value and one.
    Increment,
    /// As the difference to the previous value.
    Delta,
    /// As the end that differs from the previous value's.
    Tail,
}

/// Which dictionary a previous value is kept in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Dictionary {
    Global,
    Template,
    Type,
    Named(String),
}

/// The key of a previous value. The last three are the generated names, which collide with no written one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Named(Name),
    Exponent(Name),
    Mantissa(Name),
    Length(Name),
}

/// An operator with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) operator: Operator,
    pub(crate) initial: Option<Value>,
    pub(crate) dictionary: Dictionary,
    pub(crate) key: Key,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) id: Option<String>,
    pub(crate) optional: bool,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Scalar(Type, Operation),
    /// A decimal whose exponent and mantissa have operators of their own.
    Split {
        exponent: Operation,
        mantissa: Operation,
    },
    Sequence {
        /// Its name is for people: the length is not a field of the message.
        length: Operation,
        body: Body,
    },
    Group(Body),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instruction {
    Field(Box<Field>),
    /// Fields of the template of that name, as if they were written here.
    Static(Name),
    /// A segment with a template identifier of its own.
    Dynamic,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    /// The application type, if this element names one.
    pub(crate) type_ref: Option<Name>,
    pub(crate) instructions: Vec<Instruction>,
}

/// One template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) name: Name,
    /// The identifier in the stream, if `id` is a number.
    pub(crate) id: Option<u64>,
    /// It asks for a reset of the dictionaries before it.
    pub(crate) reset: bool,
    pub(crate) body: Body,
}

/// The templates of a file that are without fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Templates {
    pub(crate) all: Vec<Template>,
}

impl Templates {
    /// Reads a template file: those templates that can be used, and what is wrong with the others.
    ///
    /// The root is `<templates>` or a single `<template>`, in the namespace of FAST 1.1, of 1.2 (whose integers of 8 and 16 bits are
    /// understood), or in none. The attribute `reset` of deployed feeds is understood with and without a namespace.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<Finding>) {
        read::templates(text)
    }

    /// Adds the templates of another file; what has a name or an identifier that is taken stays out, and is named.
    #[must_use]
    pub fn and(mut self, other: Self) -> (Self, Vec<String>) {
        let mut out = Vec::new();
        for template in other.all {
            if self.all.iter().any(|known| known.clashes(&template)) {
                out.push(template.name.local);
            } else {
                self.all.push(template);
            }
        }
        (self, out)
    }

    /// The names of all templates, in their order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.all.iter().map(|template| &template.name)
    }
}

impl Template {
    fn clashes(&self, other: &Self) -> bool {
        self.name == other.name || (self.id.is_some() && self.id == other.id)
    }
}
