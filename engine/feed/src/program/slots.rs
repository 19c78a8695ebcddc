//! Where previous values live: one slot for each key of each dictionary (section 6.3.1).

use crate::template::{Dictionary, Key, Name, Operation, Type};
use std::collections::HashMap;

/// Where the compiler is: what `template` and `type` mean here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Context {
    pub(super) template: usize,
    /// The current application type; none is the special type `any`.
    pub(super) kind: Option<Name>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Global,
    Template(usize),
    Type(Option<Name>),
    Named(String),
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    known: HashMap<(Place, Key), u32>,
    types: Vec<Type>,
    /// Slots that fields of different types share.
    mixed: Vec<bool>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.types.len()
    }

    /// The slot of an operation, and whether its entry may have been written by a field of another type.
    pub(super) fn of(&mut self, operation: &Operation, kind: Type, context: &Context) -> (u32, bool) {
        let place = match &operation.dictionary {
            Dictionary::Global => Place::Global,
            Dictionary::Template => Place::Template(context.template),
            Dictionary::Type => Place::Type(context.kind.clone()),
            Dictionary::Named(name) => Place::Named(name.clone()),
        };
        let next = self.types.len() as u32;
        let slot = *self.known.entry((place, operation.key.clone())).or_insert(next);
        if slot == next {
            self.types.push(kind);
            self.mixed.push(false);
        }
        let at = slot as usize;
        self.mixed[at] |= self.types[at] != kind;
        (slot, self.mixed[at])
    }
}
