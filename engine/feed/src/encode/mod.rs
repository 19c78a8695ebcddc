//! The encoder: the same tape, walked the other way. It chooses the shortest form that the operators allow.

mod items;
mod run;
mod text;

use crate::decode::State;
use crate::program::{Cell, Program};
use crate::{Code, Fault, Message};
use std::sync::Arc;

/// Encodes messages of one stream: a program with its dictionaries.
#[derive(Debug)]
pub struct Encoder {
    program: Arc<Program>,
    state: State,
    /// What entries were before the message that is being encoded.
    journal: Vec<Before>,
}

#[derive(Debug)]
struct Before {
    slot: u32,
    cell: Cell,
    long: Vec<u8>,
    writer: u32,
}

impl Encoder {
    /// An encoder whose dictionaries are undefined.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        let state = State::new(program.slots);
        Self { program, state, journal: Vec::new() }
    }

    /// Makes all previous values undefined, the template identifier too.
    pub fn reset(&mut self) {
        self.state.reset();
        self.state.memory.template = None;
    }

    /// Appends a message. A value of another type than its field is converted (section 8).
    ///
    /// # Errors
    /// What cannot be encoded, by field; then nothing is appended and the dictionaries are what they were.
    pub fn encode(&mut self, message: &Message, to: &mut Vec<u8>) -> Result<(), Fault> {
        self.journal.clear();
        let before = (to.len(), self.state.memory.template);
        let mut failed = None;
        self.message(message, 0, to, true, &mut failed).map_err(|code| {
            to.truncate(before.0);
            self.state.memory.template = before.1;
            while let Some(Before { slot, cell, long, writer }) = self.journal.pop() {
                let at = slot as usize;
                (self.state.slots[at], self.state.memory.long[at], self.state.memory.writers[at]) =
                    (cell, long, writer);
            }
            let label = failed.map_or(0, |label: u32| label as usize);
            Fault {
                code,
                position: before.0,
                template: message.template.clone(),
                field: self.program.names[label].clone(),
            }
        })
    }

    /// Notes what an entry is before it changes.
    fn note(&mut self, slot: u32) {
        let at = slot as usize;
        let (cell, writer) = (self.state.slots[at], self.state.memory.writers[at]);
        let long =
            if cell.kind() == crate::program::Kind::LONG { self.state.memory.long[at].clone() } else { Vec::new() };
        self.journal.push(Before { slot, cell, long, writer });
    }

    fn reset_noted(&mut self) {
        (0..self.state.slots.len() as u32).for_each(|slot| self.note(slot));
        self.state.reset();
    }

    /// A segment with a template identifier; `kind` is the current application type.
    fn message(
        &mut self,
        message: &Message,
        kind: u32,
        to: &mut Vec<u8>,
        outermost: bool,
        failed: &mut Option<u32>,
    ) -> Result<(), Code> {
        let program = Arc::clone(&self.program);
        let template = program.by_name(&message.template).ok_or(Code::D8)?;
        let head = &program.heads[template as usize];
        let id = head.id.ok_or(Code::D9)?;
        if outermost && head.resets {
            self.reset_noted();
        }
        let variant = &program.variants[head.variants[kind as usize] as usize];
        let said = self.state.memory.template == Some(id);
        self.state.memory.template = Some(id);
        let mut walk = run::Walk::new(self, &program, failed);
        walk.map.push(!said);
        walk.segment(variant.segment, &message.row)?;
        let run::Walk { map, body, .. } = walk;
        map.put(to);
        if !said {
            crate::wire::put_uint(to, u128::from(id));
        }
        to.extend_from_slice(&body);
        Ok(())
    }
}
