//! Flows that carry the same feed, as lines A and B of an exchange do: of every numbered message the first copy passes, whichever flow
//! it comes on, and a number is missing when it is missing in all of them.

use super::{Around, Each, Number, Record};
use crate::frame::{Gaps, Seen};
use crate::transport::{Arbiter, Copy, Flow};

/// Several flows as one.
#[derive(Debug, Default)]
pub(super) struct Joined {
    arbiter: Arbiter,
    pub(super) gaps: Gaps,
    /// Messages that had come before, or came too late to know.
    pub(super) copies: u64,
    /// The frame that is being read, and whether it passes: it may hold several messages.
    frame: Option<(Option<Flow>, Number, bool)>,
}

impl Joined {
    /// A record of one of the flows.
    pub(super) fn record(&mut self, flow: Option<Flow>, (record, around): (&Record<'_>, Around), each: &mut Each<'_>) {
        match (record, around.number) {
            // What one flow lacks the other may have.
            (Record::Sequence(..), _) => {}
            (Record::Message(_), Some(number)) => {
                let passes = match self.frame {
                    Some((of, before, passes)) if (of, before) == (flow, number) => passes,
                    _ => self.begins(number, each),
                };
                self.frame = Some((flow, number, passes));
                if passes {
                    each(record, around);
                } else {
                    self.copies += 1;
                }
            }
            _ => each(record, around),
        }
    }

    fn begins(&mut self, number: Number, each: &mut Each<'_>) -> bool {
        let Number { channel, sequence, .. } = number;
        if self.arbiter.see(channel, sequence) != Copy::First {
            return false;
        }
        match self.gaps.see(channel, sequence) {
            Seen::Next => {}
            seen => each(&Record::Sequence(channel, sequence, seen), Around::default()),
        }
        true
    }
}
