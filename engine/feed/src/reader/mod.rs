//! Feed data of any shape, read to records: a file or a capture, frames or none, one flow or many.

mod fast;
mod joined;
mod line;

use crate::frame::{Counts, Envelope, Gaps, Seen, Skipped};
use crate::transport::{Assembly, Broken, Capture, Delivered, Flow, Packet, Payload, payload};
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
    /// Frames of narrowed records ([`crate::narrow`]) of the decoder's program, or of Shenzhen's messages.
    Narrow,
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

/// What stands around a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Around {
    number: Option<Number>,
    sent: Option<i64>,
}

/// Gets records; messages with what stands around them.
type Each<'e> = dyn FnMut(&Record<'_>, Around) + 'e;

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// Its channel and its sequence number in it, where it has such.
    pub number: Option<(u64, u64)>,
    /// What its frame says of when it was sent, by the sender's clock: microseconds since 1970-01-01 of a clock without a zone.
    pub sent: Option<i64>,
    /// When its packet was captured, in nanoseconds since 1970-01-01 UTC.
    pub captured: Option<u64>,
}

/// Gets records; messages with where they come from.
type Outside<'e> = dyn FnMut(&Record<'_>, &Origin) + 'e;

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
    source: Source,
    assembly: Assembly,
    flows: Flows,
}

/// What travels, flow by flow.
#[derive(Debug)]
struct Flows {
    format: Format,
    envelope: Option<Envelope>,
    decoder: Decoder,
    lines: BTreeMap<Option<Flow>, Line>,
    packets: u64,
    foreign: u64,
    /// When the packet came that is being read.
    captured: Option<u64>,
    joined: Option<Joined>,
}

impl Flows {
    fn line(&mut self, flow: Option<Flow>) -> &mut Line {
        let (format, envelope, decoder) = (self.format, self.envelope, &self.decoder);
        self.lines.entry(flow).or_insert_with(|| Line::new(format, envelope, decoder))
    }

    fn packet(&mut self, packet: &Packet<'_>, assembly: &mut Assembly, each: &mut Outside<'_>) {
        self.captured = Some(packet.time);
        match payload(packet.link, packet.bytes) {
            Some(payload) => self.payload(&payload, assembly, each),
            None => (self.packets, self.foreign) = (self.packets + 1, self.foreign + 1),
        }
    }

    fn payload(&mut self, payload: &Payload<'_>, assembly: &mut Assembly, each: &mut Outside<'_>) {
        self.packets += 1;
        let (Payload::Udp(flow, _) | Payload::Tcp(flow, _)) = *payload;
        if self.lines.len() >= MOST_FLOWS && !self.lines.contains_key(&Some(flow)) {
            self.foreign += 1;
            return;
        }
        let (format, envelope, decoder) = (self.format, self.envelope, &self.decoder);
        let line = self.lines.entry(Some(flow)).or_insert_with(|| Line::new(format, envelope, decoder));
        let each = &mut with_origin(self.captured, each);
        let each = &mut one_of(&mut self.joined, flow, each);
        match payload {
            Payload::Udp(_, bytes) => line.datagram(bytes, &mut of_feed(line.begun(), each)),
            Payload::Tcp(_, segment) => {
                assembly.take(flow, segment, &mut |delivered| deliver(line, flow, delivered, each));
            }
        }
    }
}

#[derive(Debug)]
enum Source {
    Unknown,
    Plain,
    Capture(Capture),
}

impl Reader {
    /// At the start of data. Every flow gets a decoder like `decoder`; Shenzhen's messages need none.
    #[must_use]
    pub fn new(format: Format, decoder: Decoder) -> Self {
        let (lines, envelope, captured, joined) = (BTreeMap::new(), None, None, None);
        let flows = Flows { format, envelope, decoder, lines, packets: 0, foreign: 0, captured, joined };
        Self { source: Source::Unknown, assembly: Assembly::default(), flows }
    }

    /// Frames travel in a vendor's envelopes, each with whole frames in it.
    #[must_use]
    pub fn in_envelopes(mut self, envelope: Option<Envelope>) -> Self {
        self.flows.envelope = envelope;
        self
    }

    /// All flows of a capture are lines of one feed: of every message that has a number the first copy passes, and what is missing is
    /// what all of them lack. Messages without a number (Shenzhen's snapshots, FAST behind a length or nothing) pass from each flow.
    #[must_use]
    pub fn joined(mut self) -> Self {
        self.flows.joined = Some(Joined::default());
        self
    }

    /// Of flows that are lines of one feed: what was missing in all of them, and how many copies of messages were left out.
    #[must_use]
    pub fn together(&self) -> Option<(&Gaps, u64)> {
        self.flows.joined.as_ref().map(|joined| (&joined.gaps, joined.copies))
    }

    /// Reads what is whole at the start of `input`. How many bytes are done: what is left must come again, with more behind it.
    ///
    /// # Errors
    /// A capture that cannot be read on.
    pub fn read(&mut self, input: &[u8], each: &mut dyn FnMut(&Record<'_>)) -> Result<usize, Broken> {
        self.read_from(input, &mut |record, _| each(record))
    }

    /// The same, with where every message comes from.
    ///
    /// # Errors
    /// A capture that cannot be read on.
    pub fn read_from(&mut self, input: &[u8], each: &mut dyn FnMut(&Record<'_>, &Origin)) -> Result<usize, Broken> {
        if let Source::Unknown = self.source {
            if input.len() < 4 {
                return Ok(0);
            }
            self.source = if Capture::is_one(input) { Source::Capture(Capture::default()) } else { Source::Plain };
        }
        match &mut self.source {
            Source::Capture(capture) => {
                let (flows, assembly) = (&mut self.flows, &mut self.assembly);
                capture.read(input, &mut |packet| flows.packet(packet, assembly, each))
            }
            Source::Plain | Source::Unknown => {
                let line = self.flows.line(None);
                Ok(line.read(input, false, &mut with_origin(None, each)))
            }
        }
    }

    /// A packet of a capture that somebody else reads: who sends it again at its time, for instance. At the end comes
    /// [`Reader::finish`], without a rest.
    pub fn packet(&mut self, packet: &Packet<'_>, each: &mut dyn FnMut(&Record<'_>)) {
        self.flows.packet(packet, &mut self.assembly, &mut |record, _| each(record));
    }

    /// A datagram that has just arrived. Beyond 1,024 flows those of new ones are counted and left.
    pub fn datagram(&mut self, flow: Flow, bytes: &[u8], each: &mut dyn FnMut(&Record<'_>)) {
        self.flows.payload(&Payload::Udp(flow, bytes), &mut self.assembly, &mut |record, _| each(record));
    }

    /// Reads a datagram as it came, without a capture around it and whoever sent it: frames do not reach from one into the next.
    pub fn datagram_from(&mut self, datagram: &[u8], each: &mut dyn FnMut(&Record<'_>, &Origin)) {
        self.flows.line(None).datagram(datagram, &mut with_origin(None, each));
    }

    /// The end of the data; `rest` is what was left.
    pub fn finish(&mut self, rest: &[u8], each: &mut dyn FnMut(&Record<'_>)) {
        self.finish_from(rest, &mut |record, _| each(record));
    }

    /// The same, with where every message comes from.
    pub fn finish_from(&mut self, rest: &[u8], each: &mut dyn FnMut(&Record<'_>, &Origin)) {
        let each = &mut with_origin(self.flows.captured, each);
        let flows = &mut self.flows;
        self.assembly.finish(&mut |flow, delivered| {
            flows.line(Some(flow));
            let Some(line) = flows.lines.get_mut(&Some(flow)) else { return };
            deliver(line, flow, delivered, &mut one_of(&mut flows.joined, flow, each));
        });
        if !rest.is_empty() && !matches!(self.source, Source::Capture(_)) {
            let line = self.flows.line(None);
            let done = line.read(rest, true, each);
            line.rest(rest.len() - done, each);
        }
    }

    /// What has passed, flow by flow. Flows without a single frame are not of this feed; they are left out.
    pub fn passed(&self) -> impl Iterator<Item = Passed<'_>> {
        let of_feed = |flow: &Option<Flow>, counts: &Counts| flow.is_none() || counts.frames > 0;
        self.flows.lines.iter().filter_map(move |(flow, line)| {
            let (counts, gaps) = line.passed();
            of_feed(flow, &counts).then_some(Passed { flow: *flow, counts, gaps })
        })
    }

    /// Packets of a capture, and those of them that are neither TCP nor UDP, or beyond the number of flows that are followed.
    #[must_use]
    pub const fn packets(&self) -> (u64, u64) {
        (self.flows.packets, self.flows.foreign)
    }
}

/// Tells outside what stands around messages, and when their packet came.
fn with_origin<'e>(captured: Option<u64>, each: &'e mut Outside<'_>) -> impl FnMut(&Record<'_>, Around) + 'e {
    move |record, Around { number, sent }| {
        let number = number.map(|number| (number.channel, number.sequence));
        each(record, &Origin { number, sent, captured });
    }
}

/// Records of one flow, which may be one of several lines of a feed.
fn one_of<'e>(
    joined: &'e mut Option<Joined>,
    flow: Flow,
    each: &'e mut Each<'_>,
) -> impl FnMut(&Record<'_>, Around) + 'e {
    move |record, around| match joined {
        Some(joined) => joined.record(Some(flow), (record, around), each),
        None => each(record, around),
    }
}

/// Of a capture: a flow is silent until its first frame; others are not of this feed. What was left out before it is in its counts.
fn deliver(line: &mut Line, flow: Flow, delivered: Delivered<'_>, each: &mut Each<'_>) {
    let each = &mut of_feed(line.begun(), each);
    match delivered {
        Delivered::Bytes(bytes) => line.stream(bytes, each),
        Delivered::Lost(lost) => {
            line.lost(lost.bytes);
            each(&Record::Lost(flow, lost.bytes), Around::default());
        }
        Delivered::End => line.end(each),
    }
}

fn of_feed(begun: bool, each: &mut Each<'_>) -> impl FnMut(&Record<'_>, Around) {
    let mut begun = begun;
    move |record, around| {
        begun |= matches!(record, Record::Message(_) | Record::Sequence(..));
        if begun {
            each(record, around);
        }
    }
}
