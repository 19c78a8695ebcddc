//! Feed data of any shape, read to records: a file or a capture, frames or none, one flow or many.

mod fast;
mod joined;
mod line;

use crate::frame::{Counts, Gaps, Seen, Skipped};
use crate::transport::{Assembly, Broken, Capture, Delivered, Flow, Payload, payload};
use crate::{Decoded, Decoder};
use joined::Joined;
use line::Line;
use std::collections::BTreeMap;

/// How messages are encoded and framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// FAST messages.
    Fast(Framing),
    /// FAST messages in STEP frames.
    StepFast,
    /// Shenzhen's binary messages.
    Szse,
}

/// What stands before FAST messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Nothing: one message follows the other.
    None,
    /// A length of four bytes, the lowest first; behind it one or several messages that fill it.
    Len32Le,
    /// A sequence number of four bytes, the lowest first, before each message.
    Seq32Le,
}

/// What reading gives.
#[derive(Debug)]
pub enum Record<'a> {
    /// A message.
    Message(&'a Decoded<'a>),
    /// A frame that does not follow the one before it: channel, number, how.
    Sequence(u64, u64, Seen),
    /// Something that was left out.
    Skipped(&'a Skipped),
    /// Bytes of a flow that are not in the capture.
    Lost(Flow, u64),
}

/// Channel and sequence number that a message has, and which frame of its flow it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    channel: u64,
    sequence: u64,
    frame: u64,
}

/// Gets records; messages with their numbers, if they have such.
type Each<'e> = dyn FnMut(&Record<'_>, Option<Number>) + 'e;

/// What has passed of a flow; of a file that is no capture there is one, without a name.
#[derive(Debug)]
pub struct Passed<'a> {
    /// From where to where.
    pub flow: Option<Flow>,
    /// How much.
    pub counts: Counts,
    /// What was missing, by channel.
    pub gaps: &'a Gaps,
}

/// Flows that are followed at once; what else a capture holds is counted and left.
const MOST_FLOWS: usize = 1 << 10;

/// Reads feed data piece by piece.
#[derive(Debug)]
pub struct Reader {
    format: Format,
    decoder: Decoder,
    source: Source,
    lines: BTreeMap<Option<Flow>, Line>,
    packets: u64,
    foreign: u64,
    joined: Option<Joined>,
}

#[derive(Debug)]
enum Source {
    Unknown,
    Plain,
    Capture(Capture, Assembly),
}

impl Reader {
    /// At the start of data. Every flow gets a decoder like `decoder`; Shenzhen's messages need none.
    #[must_use]
    pub fn new(format: Format, decoder: Decoder) -> Self {
        let (source, lines) = (Source::Unknown, BTreeMap::new());
        Self { format, decoder, source, lines, packets: 0, foreign: 0, joined: None }
    }

    /// All flows of a capture are lines of one feed: of every message that has a number the first copy passes, and what is missing is
    /// what all of them lack. Messages without a number (Shenzhen's snapshots, FAST behind a length or nothing) pass from each flow.
    #[must_use]
    pub fn joined(mut self) -> Self {
        self.joined = Some(Joined::default());
        self
    }

    /// Of flows that are lines of one feed: what was missing in all of them, and how many copies of messages were left out.
    #[must_use]
    pub fn together(&self) -> Option<(&Gaps, u64)> {
        self.joined.as_ref().map(|joined| (&joined.gaps, joined.copies))
    }

    /// Reads what is whole at the start of `input`. How many bytes are done: what is left must come again, with more behind it.
    ///
    /// # Errors
    /// A capture that cannot be read on.
    pub fn read(&mut self, input: &[u8], each: &mut dyn FnMut(&Record<'_>)) -> Result<usize, Broken> {
        if let Source::Unknown = self.source {
            if input.len() < 4 {
                return Ok(0);
            }
            self.source = if Capture::is_one(input) {
                Source::Capture(Capture::default(), Assembly::default())
            } else {
                Source::Plain
            };
        }
        let (format, decoder, joined) = (self.format, &self.decoder, &mut self.joined);
        match &mut self.source {
            Source::Capture(capture, assembly) => {
                let (lines, packets, foreign) = (&mut self.lines, &mut self.packets, &mut self.foreign);
                capture.read(input, &mut |packet| {
                    *packets += 1;
                    let payload = payload(packet.link, packet.bytes);
                    let flow = match payload {
                        Some(Payload::Udp(flow, _) | Payload::Tcp(flow, _)) => flow,
                        None => return *foreign += 1,
                    };
                    if lines.len() >= MOST_FLOWS && !lines.contains_key(&Some(flow)) {
                        return *foreign += 1;
                    }
                    let line = lines.entry(Some(flow)).or_insert_with(|| Line::new(format, decoder));
                    let each = &mut one_of(joined, flow, each);
                    match payload {
                        Some(Payload::Udp(_, bytes)) => line.datagram(bytes, &mut of_feed(line.begun(), each)),
                        Some(Payload::Tcp(_, segment)) => {
                            assembly.take(flow, &segment, &mut |delivered| deliver(line, flow, delivered, each));
                        }
                        None => {}
                    }
                })
            }
            Source::Plain | Source::Unknown => {
                let line = self.lines.entry(None).or_insert_with(|| Line::new(format, decoder));
                Ok(line.read(input, false, &mut |record, _| each(record)))
            }
        }
    }

    /// The end of the data; `rest` is what was left.
    pub fn finish(&mut self, rest: &[u8], each: &mut dyn FnMut(&Record<'_>)) {
        let (format, decoder, lines) = (self.format, &self.decoder, &mut self.lines);
        let joined = &mut self.joined;
        match &mut self.source {
            Source::Capture(_, assembly) => {
                assembly.finish(&mut |flow, delivered| {
                    let line = lines.entry(Some(flow)).or_insert_with(|| Line::new(format, decoder));
                    deliver(line, flow, delivered, &mut one_of(joined, flow, each));
                });
            }
            Source::Plain | Source::Unknown if !rest.is_empty() => {
                let line = lines.entry(None).or_insert_with(|| Line::new(format, decoder));
                let each = &mut |record: &Record<'_>, _: Option<Number>| each(record);
                let done = line.read(rest, true, each);
                line.rest(rest.len() - done, each);
            }
            Source::Plain | Source::Unknown => {}
        }
    }

    /// What has passed, flow by flow. Flows without a single frame are not of this feed; they are left out.
    pub fn passed(&self) -> impl Iterator<Item = Passed<'_>> {
        let of_feed = |flow: &Option<Flow>, counts: &Counts| flow.is_none() || counts.frames > 0;
        self.lines.iter().filter_map(move |(flow, line)| {
            let (counts, gaps) = line.passed();
            of_feed(flow, &counts).then_some(Passed { flow: *flow, counts, gaps })
        })
    }

    /// Packets of a capture, and those of them that are neither TCP nor UDP, or beyond the number of flows that are followed.
    #[must_use]
    pub const fn packets(&self) -> (u64, u64) {
        (self.packets, self.foreign)
    }
}

/// Records of one flow, which may be one of several lines of a feed.
fn one_of<'e>(
    joined: &'e mut Option<Joined>,
    flow: Flow,
    each: &'e mut dyn FnMut(&Record<'_>),
) -> impl FnMut(&Record<'_>, Option<Number>) + 'e {
    move |record, number| match joined {
        Some(joined) => joined.record(Some(flow), (record, number), &mut |record, _| each(record)),
        None => each(record),
    }
}

/// Of a capture: a flow is silent until its first frame; others are not of this feed. What was left out before it is in its counts.
fn deliver(line: &mut Line, flow: Flow, delivered: Delivered<'_>, each: &mut Each<'_>) {
    let each = &mut of_feed(line.begun(), each);
    match delivered {
        Delivered::Bytes(bytes) => line.stream(bytes, each),
        Delivered::Lost(lost) => {
            line.lost(lost.bytes);
            each(&Record::Lost(flow, lost.bytes), None);
        }
        Delivered::End => line.end(each),
    }
}

fn of_feed(begun: bool, each: &mut Each<'_>) -> impl FnMut(&Record<'_>, Option<Number>) {
    let mut begun = begun;
    move |record, number| {
        begun |= matches!(record, Record::Message(_) | Record::Sequence(..));
        if begun {
            each(record, number);
        }
    }
}
