//! Texts straight into a buffer.

use super::{AtRow, RowView};
use crate::graph::{Piece, RootNode, ValueId, ValueOp};
use guiju_lang::{context::Incidents, hir::SlotFormat, render::write_value, value::Value};

impl<R: RowView + ?Sized> AtRow<'_, R> {
    /// Appends a root's value as a text, plainly; false, and nothing is appended, if it is missing.
    pub fn write(&self, root: usize, out: &mut String, incidents: &mut Incidents) -> bool {
        match self.plan.graph.roots.get(root) {
            Some(RootNode::Value(v)) => self.write_slot(*v, &SlotFormat::Plain, out, incidents),
            Some(RootNode::Condition { .. }) => match self.truth(root, incidents) {
                Some(truth) => {
                    write_value(out, &Value::Bool(truth), &SlotFormat::Plain, &self.state.cx);
                    true
                }
                None => false,
            },
            None => false,
        }
    }

    /// A text made of pieces. The pieces' own pieces are written in place.
    pub(super) fn write_text(&self, id: ValueId, out: &mut String, incidents: &mut Incidents) -> bool {
        let ValueOp::Render(pieces, strict) = &self.plan.graph.value(id).op else {
            return self.write_slot(id, &SlotFormat::Plain, out, incidents);
        };
        let (start, mut whole) = (out.len(), true);
        for piece in pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Slot(v, format) => whole &= self.write_slot(*v, format, out, incidents),
            }
        }
        if *strict && !whole {
            out.truncate(start);
            return false;
        }
        true
    }

    fn write_slot(&self, id: ValueId, format: &SlotFormat, out: &mut String, incidents: &mut Incidents) -> bool {
        let node = self.plan.graph.value(id);
        match &node.op {
            ValueOp::Render(..) => self.write_text(id, out, incidents),
            ValueOp::Choose(mask, a, b) => {
                let chosen = if self.mask(*mask, incidents) { *a } else { *b };
                self.write_slot(chosen, format, out, incidents)
            }
            _ => {
                let value = self.scalar(id, incidents);
                if value.is_missing() {
                    return false;
                }
                match value.text() {
                    // A text has one way to be written.
                    Some(text) => out.push_str(text),
                    None => write_value(out, &value.into_value(&node.ty), format, &self.state.cx),
                }
                true
            }
        }
    }
}
