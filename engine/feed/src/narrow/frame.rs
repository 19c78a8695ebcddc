//! Frames of narrowed records: what one datagram holds, and what a stream is cut into.
//!
//! | bytes | |
//! |---|---|
//! | 4 | `GJN1` |
//! | 2 | the frame's length in bytes, these 24 included |
//! | 2 | how many records |
//! | 8 | of what templates: [`Program::fingerprint`](crate::Program::fingerprint) |
//! | 8 | the first record's number; a sender counts from 1 |
//! | | the records |
//!
//! All numbers lowest byte first. A frame without records says which number comes next: what was lost before it is known at once, at the
//! end of a session too.

use super::{Records, Wrong, put};
use crate::frame::{Counts, Cut, Flaw, Gaps, Seen, Skipped, Why, walk};
use crate::{Decoded, Program};
use std::sync::Arc;

/// Bytes before the records.
pub const HEAD: usize = 24;
/// The most that UDP carries over IPv4, in bytes.
pub const LONGEST: usize = 65_507;

const START: [u8; 4] = *b"GJN1";

/// A frame, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Of what templates it is.
    pub fingerprint: u64,
    /// The first record's number, or the next one's if there is none.
    pub first: u64,
    /// How many records there are.
    pub count: u16,
    /// The records.
    pub records: &'a [u8],
}

/// What stands at the start of `input`.
#[must_use]
pub fn cut(input: &[u8]) -> Cut<Frame<'_>> {
    if !input.starts_with(&START) {
        return if START.starts_with(input) { Cut::More } else { Cut::Bad(Flaw::NoStart, to_next(input)) };
    }
    let Some(head) = input.first_chunk::<HEAD>() else { return Cut::More };
    let [_, _, _, _, l0, l1, c0, c1, rest @ ..] = *head;
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    if !(HEAD..=LONGEST).contains(&length) {
        return Cut::Bad(Flaw::Length, to_next(input));
    }
    let Some(records) = input.get(HEAD..length) else { return Cut::More };
    let [f0, f1, f2, f3, f4, f5, f6, f7, first @ ..] = rest;
    let fingerprint = u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]);
    let (first, count) = (u64::from_le_bytes(first), u16::from_le_bytes([c0, c1]));
    Cut::Frame(Frame { fingerprint, first, count, records }, length)
}

/// Bytes up to the next start of a frame; a start that is cut off at the end is one.
fn to_next(input: &[u8]) -> usize {
    (1..input.len())
        .find(|at| input[*at..].starts_with(&START) || START.starts_with(&input[*at..]))
        .unwrap_or(input.len())
}

/// Packs messages into frames, each sent when it is full or when there is nothing more to wait for.
#[derive(Debug)]
pub struct Packer {
    fingerprint: u64,
    frame: Vec<u8>,
    limit: usize,
    count: u16,
    /// The number of the frame's first record.
    first: u64,
}

impl Packer {
    /// Of a program's messages, in frames of up to so many bytes; a record that is longer goes alone.
    #[must_use]
    pub fn new(program: &Program, limit: usize) -> Self {
        let limit = limit.clamp(HEAD, LONGEST);
        Self { fingerprint: program.fingerprint(), frame: vec![0; HEAD], limit, count: 0, first: 1 }
    }

    /// Adds a message; `send` gets the frame before it, if that is full now.
    ///
    /// # Errors
    /// [`Wrong::Long`] if no datagram can hold it, and as [`put`]; the message then has no number.
    pub fn put(&mut self, message: &Decoded<'_>, send: &mut dyn FnMut(&[u8])) -> Result<(), Wrong> {
        let start = self.frame.len();
        put(message, &mut self.frame)?;
        let length = self.frame.len() - start;
        if length > LONGEST - HEAD {
            self.frame.truncate(start);
            return Err(Wrong::Long);
        }
        if self.count > 0 && (self.frame.len() > self.limit || self.count == u16::MAX) {
            self.send(start, send);
            self.frame.copy_within(start.., HEAD);
            self.frame.truncate(HEAD + length);
        }
        self.count += 1;
        Ok(())
    }

    /// What waits goes now.
    pub fn flush(&mut self, send: &mut dyn FnMut(&[u8])) {
        if self.count > 0 {
            self.send(self.frame.len(), send);
            self.frame.truncate(HEAD);
        }
    }

    /// What waits goes, and a frame without records behind it.
    pub fn beat(&mut self, send: &mut dyn FnMut(&[u8])) {
        self.flush(send);
        self.send(HEAD, send);
    }

    /// How many messages have been packed.
    #[must_use]
    pub const fn packed(&self) -> u64 {
        self.first - 1 + self.count as u64
    }

    fn send(&mut self, end: usize, send: &mut dyn FnMut(&[u8])) {
        let frame = &mut self.frame[..end];
        frame[..4].copy_from_slice(&START);
        frame[4..6].copy_from_slice(&(end as u16).to_le_bytes());
        frame[6..8].copy_from_slice(&self.count.to_le_bytes());
        frame[8..16].copy_from_slice(&self.fingerprint.to_le_bytes());
        frame[16..HEAD].copy_from_slice(&self.first.to_le_bytes());
        send(frame);
        self.first += u64::from(self.count);
        self.count = 0;
    }
}

/// A stream of frames with records of known programs.
#[derive(Debug)]
pub struct Stream {
    known: Vec<(u64, Records)>,
    offset: u64,
    counts: Counts,
    gaps: Gaps,
}

/// What a stream tells of.
#[derive(Debug)]
pub enum Event<'a> {
    /// A message and its number.
    Message(u64, &'a Decoded<'a>),
    /// A record that does not follow the one before it.
    Sequence(u64, Seen),
    /// A frame that was left out, or left in the middle.
    Skipped(&'a Skipped),
}

impl Stream {
    /// A stream at its beginning; its frames say which of the programs they are of.
    #[must_use]
    pub fn new(programs: impl IntoIterator<Item = Arc<Program>>) -> Self {
        let known = programs.into_iter().map(|program| (program.fingerprint(), Records::new(program))).collect();
        Self { known, offset: 0, counts: Counts::default(), gaps: Gaps::default() }
    }

    /// Reads all whole frames at the start of `input`; `each` gets what happens. How many bytes are done: what is left must come again,
    /// with more behind it.
    pub fn read(&mut self, input: &[u8], each: &mut dyn FnMut(&Event<'_>)) -> usize {
        let done = walk(input, cut, |found, at| match found {
            Ok(frame) => self.frame(&frame, at, each),
            Err(flaw) => self.skip(None, at, flaw, each),
        });
        self.offset += done as u64;
        done
    }

    fn frame(&mut self, frame: &Frame<'_>, at: usize, each: &mut dyn FnMut(&Event<'_>)) {
        self.counts.frames += 1;
        if frame.count == 0 {
            return match self.gaps.expect(0, frame.first) {
                Seen::Next => {}
                seen => each(&Event::Sequence(frame.first, seen)),
            };
        }
        let Some(place) = self.known.iter().position(|(known, _)| *known == frame.fingerprint) else {
            return self.skip(Some(frame.first), at, Flaw::Program, each);
        };
        let mut rest = frame.records;
        for number in (frame.first..).take(usize::from(frame.count)) {
            match self.gaps.see(0, number) {
                Seen::Next => {}
                seen => each(&Event::Sequence(number, seen)),
            }
            let Ok((message, taken)) = self.known[place].1.read(rest) else {
                return self.skip(Some(number), at, Flaw::Record, each);
            };
            rest = &rest[taken..];
            self.counts.messages += 1;
            each(&Event::Message(number, &message));
        }
        if !rest.is_empty() {
            self.skip(Some(frame.first), at, Flaw::Record, each);
        }
    }

    fn skip(&mut self, sequence: Option<u64>, at: usize, flaw: Flaw, each: &mut dyn FnMut(&Event<'_>)) {
        self.counts.skipped += 1;
        let offset = self.offset + at as u64;
        each(&Event::Skipped(&Skipped { offset, channel: None, sequence, why: Why::Frame(flaw) }));
    }

    /// What has passed.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What was missing; all records are of channel 0.
    #[must_use]
    pub const fn gaps(&self) -> &Gaps {
        &self.gaps
    }
}
