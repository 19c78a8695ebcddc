//! Bodies into cells, and a stream of frames.

use super::frame::{Frame, cut};
use super::tables::{Fields, TABLES, Wire, of, program, width};
use crate::frame::{Counts, Flaw, Gaps, Seen, Skipped, Why, walk};
use crate::program::{ABSENT, Cell};
use crate::record::Record;
use crate::{Decimal, Decoded, Finding, Program};

/// A stream of Shenzhen frames.
#[derive(Debug)]
pub struct Stream {
    program: Program,
    record: Record,
    offset: u64,
    counts: Counts,
    gaps: Gaps,
}

/// What a stream tells of.
#[derive(Debug)]
pub enum Event<'a> {
    /// A message.
    Message(&'a Decoded<'a>),
    /// A tick that does not follow the one before it in its channel; the channel and the number.
    Sequence(u64, u64, Seen),
    /// A frame that was left out.
    Skipped(&'a Skipped),
}

impl Stream {
    /// A stream at its beginning.
    ///
    /// # Errors
    /// None: the tables are ours, and a test compiles them.
    pub fn new() -> Result<Self, Finding> {
        let (record, counts, gaps) = (Record::default(), Counts::default(), Gaps::default());
        Ok(Self { program: program()?, record, offset: 0, counts, gaps })
    }

    /// The message types' fields, by name.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Reads all whole frames at the start of `input`; `each` gets what happens. How many bytes are done: what is left must come again,
    /// with more behind it. Nothing stops a stream: what is bad is told and left out up to the next frame.
    pub fn read(&mut self, input: &[u8], each: &mut dyn FnMut(&Event<'_>)) -> usize {
        let done = walk(input, cut, |found, at| {
            let read = found.and_then(|frame| {
                self.counts.frames += 1;
                self.frame(&frame, each)
            });
            if let Err(flaw) = read {
                self.skip(flaw, at, each);
            }
        });
        self.offset += done as u64;
        done
    }

    fn frame(&mut self, frame: &Frame<'_>, each: &mut dyn FnMut(&Event<'_>)) -> Result<(), Flaw> {
        let (at, table) = of(frame.kind).ok_or(Flaw::Type)?;
        self.record.clear(0);
        self.record.cells.resize(table.fields.len(), ABSENT);
        let rest = fields(&mut self.record, table.fields, 0, frame.body).ok_or(Flaw::Body)?;
        if !rest.is_empty() {
            return Err(Flaw::Body);
        }
        if let Some((channel, sequence)) = numbered(&self.record, table.fields) {
            match self.gaps.see(channel, sequence) {
                Seen::Next => {}
                seen => each(&Event::Sequence(channel, sequence, seen)),
            }
        }
        self.counts.messages += 1;
        each(&Event::Message(&Decoded::new(&self.program, &self.record, at as u32)));
        Ok(())
    }

    fn skip(&mut self, flaw: Flaw, at: usize, each: &mut dyn FnMut(&Event<'_>)) {
        self.counts.skipped += 1;
        let skipped = Skipped { offset: self.offset + at as u64, channel: None, sequence: None, why: Why::Frame(flaw) };
        each(&Event::Skipped(&skipped));
    }

    /// What has passed.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What was missing, by channel.
    #[must_use]
    pub const fn gaps(&self) -> &Gaps {
        &self.gaps
    }
}

/// Channel and number of a tick.
fn numbered(record: &Record, fields: Fields) -> Option<(u64, u64)> {
    match fields {
        [("ChannelNo", _), ("ApplSeqNum", _), ..] => Some((record.cells[0].bits(), record.cells[1].bits())),
        _ => None,
    }
}

/// Fields into the cells from `base`; the rest of the input, or nothing if it is too short.
fn fields<'d>(record: &mut Record, fields_of: Fields, base: usize, input: &'d [u8]) -> Option<&'d [u8]> {
    let mut rest = input;
    for (at, (_, wire)) in fields_of.iter().enumerate() {
        let (bytes, after) = rest.split_at_checked(wire.width())?;
        rest = after;
        let cell = match wire {
            Wire::U16 => Cell::unsigned(u64::from(u16::from_be_bytes(*bytes.first_chunk()?))),
            Wire::U32 => Cell::unsigned(u64::from(u32::from_be_bytes(*bytes.first_chunk()?))),
            Wire::I64 => Cell::signed(i64::from_be_bytes(*bytes.first_chunk()?)),
            Wire::Places(places) => {
                Cell::decimal(Decimal { mantissa: i64::from_be_bytes(*bytes.first_chunk()?), exponent: -places })
            }
            Wire::Text(_) => text(bytes),
            Wire::Rows(inner) => {
                let count = u32::from_be_bytes(*bytes.first_chunk()?);
                // Before anything is made: that many elements must be able to be there.
                let elements = usize::try_from(count).ok()?;
                if elements.checked_mul(width(inner))? > rest.len() {
                    return None;
                }
                let first = record.cells.len();
                record.cells.resize(first + elements * inner.len(), ABSENT);
                for element in 0..elements {
                    rest = fields(record, inner, first + element * inner.len(), rest)?;
                }
                Cell::rows(first, count)
            }
        };
        record.cells[base + at] = cell;
    }
    Some(rest)
}

/// Text without the blanks behind it; the tables have none of more than eight bytes.
fn text(bytes: &[u8]) -> Cell {
    let kept = bytes.trim_ascii_end();
    let mut raw = [0; 8];
    let length = kept.len().min(8);
    raw[..length].copy_from_slice(&kept[..length]);
    Cell::short(raw, length as u32)
}

const _: () = assert!(TABLES.len() == 8, "messages are variants in the tables' order");
