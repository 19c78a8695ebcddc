//! One flow: its frames and what of them is not whole yet.

use super::fast::Fast;
use super::{Around, Each, Format, Number, Record};
use crate::frame::{Counts, Cut, Envelope, Flaw, Gaps, Skipped, Why, step};
use crate::{Datum, Decoded, Decoder, narrow, szse};
use std::sync::Arc;

/// A flow's frames.
#[derive(Debug)]
pub(super) struct Line {
    frames: Frames,
    envelope: Option<Envelope>,
    /// What an envelope unpacked to.
    room: Vec<u8>,
    pending: Vec<u8>,
    offset: u64,
}

#[derive(Debug)]
enum Frames {
    Fast(Box<Fast>),
    Step(Box<step::Stream>),
    Szse(Box<szse::Stream>),
    Narrow(Box<narrow::Stream>),
    /// The tables would not compile: a test says that they do.
    Nothing(Gaps),
}

impl Line {
    pub(super) fn new(format: Format, envelope: Option<Envelope>, decoder: &Decoder) -> Self {
        let frames = match format {
            Format::Fast(framing) => Frames::Fast(Box::new(Fast::new(framing, decoder.clone()))),
            Format::StepFast => Frames::Step(Box::new(step::Stream::new(decoder.clone()))),
            Format::Narrow => {
                // Shenzhen's messages need no templates; their records neither.
                let programs = [Some(Arc::clone(decoder.program())), szse::program().ok().map(Arc::new)];
                Frames::Narrow(Box::new(narrow::Stream::new(programs.into_iter().flatten())))
            }
            Format::Szse => szse::Stream::new()
                .map_or_else(|_| Frames::Nothing(Gaps::default()), |stream| Frames::Szse(Box::new(stream))),
        };
        Self { frames, envelope, room: Vec::new(), pending: Vec::new(), offset: 0 }
    }

    /// All whole frames at the start of `input`, or envelopes of them, and how many bytes they take.
    pub(super) fn read(&mut self, input: &[u8], last: bool, each: &mut Each<'_>) -> usize {
        match self.envelope {
            Some(envelope) => self.envelopes(envelope, input, each),
            None => self.frames(input, last, each),
        }
    }

    /// Each holds whole frames. From here on places are counted in what was unpacked.
    fn envelopes(&mut self, envelope: Envelope, input: &[u8], each: &mut Each<'_>) -> usize {
        let mut at = 0;
        while at < input.len() {
            let (opened, taken) = match envelope.cut(&input[at..]) {
                Cut::More => break,
                Cut::Bad(flaw, taken) => (Err(flaw), taken),
                Cut::Frame(content, taken) => {
                    let mut room = std::mem::take(&mut self.room);
                    let opened = envelope.open(content, &mut room).map(|frames| {
                        self.whole();
                        let done = self.frames(frames, true, each);
                        self.rest(frames.len() - done, each);
                    });
                    self.room = room;
                    (opened, taken)
                }
            };
            if let Err(flaw) = opened {
                self.skipped(flaw, each);
            }
            at += taken;
        }
        at
    }

    fn frames(&mut self, input: &[u8], last: bool, each: &mut Each<'_>) -> usize {
        let done = match &mut self.frames {
            Frames::Fast(fast) => fast.read(input, last, each),
            Frames::Step(stream) => stream.read(input, &mut |event| match event {
                step::Event::Message(of, frame, message) => {
                    let number = of.category.zip(of.sequence);
                    let number = number.map(|(channel, sequence)| Number { channel, sequence, frame: *frame });
                    each(&Record::Message(message), Around { number, sent: of.sent_at() });
                }
                step::Event::Sequence(frame, seen) => {
                    let (channel, sequence) = (frame.category.unwrap_or_default(), frame.sequence.unwrap_or_default());
                    each(&Record::Sequence(channel, sequence, *seen), Around::default());
                }
                step::Event::Skipped(skipped) => each(&Record::Skipped(skipped), Around::default()),
            }),
            Frames::Szse(stream) => {
                let mut frame = stream.counts().frames;
                stream.read(input, &mut |event| match event {
                    szse::Event::Message(message) => {
                        frame += 1;
                        each(&Record::Message(message), Around { number: numbered(message, frame), sent: None });
                    }
                    szse::Event::Sequence(channel, sequence, seen) => {
                        each(&Record::Sequence(*channel, *sequence, *seen), Around::default());
                    }
                    szse::Event::Skipped(skipped) => each(&Record::Skipped(skipped), Around::default()),
                })
            }
            Frames::Narrow(stream) => stream.read(input, &mut |event| match event {
                narrow::Event::Message(sequence, message) => {
                    // Each record has its own.
                    let number = Number { channel: 0, sequence: *sequence, frame: *sequence };
                    each(&Record::Message(message), Around { number: Some(number), sent: None });
                }
                narrow::Event::Sequence(sequence, seen) => {
                    each(&Record::Sequence(0, *sequence, *seen), Around::default());
                }
                narrow::Event::Skipped(skipped) => each(&Record::Skipped(skipped), Around::default()),
            }),
            Frames::Nothing(_) => input.len(),
        };
        self.offset += done as u64;
        done
    }

    /// The next bytes of a stream.
    pub(super) fn stream(&mut self, bytes: &[u8], each: &mut Each<'_>) {
        if self.pending.is_empty() {
            let done = self.read(bytes, false, each);
            self.pending.extend_from_slice(&bytes[done..]);
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(bytes);
        let done = self.read(&pending, false, each);
        pending.drain(..done);
        self.pending = pending;
    }

    /// A datagram: frames do not reach from one into the next.
    pub(super) fn datagram(&mut self, bytes: &[u8], each: &mut Each<'_>) {
        self.whole();
        let done = self.read(bytes, true, each);
        self.rest(bytes.len() - done, each);
    }

    /// What comes begins with a message.
    fn whole(&mut self) {
        if let Frames::Fast(fast) = &mut self.frames {
            fast.find(true);
        }
    }

    /// Bytes that are missing: what waited for them is of no use.
    pub(super) fn lost(&mut self, bytes: u64) {
        self.offset += self.pending.len() as u64 + bytes;
        self.pending.clear();
        if let Frames::Fast(fast) = &mut self.frames {
            fast.find(false);
        }
    }

    pub(super) fn end(&mut self, each: &mut Each<'_>) {
        let pending = std::mem::take(&mut self.pending);
        let done = self.read(&pending, true, each);
        self.rest(pending.len() - done, each);
    }

    /// Bytes at the end that are no whole frame.
    pub(super) fn rest(&mut self, bytes: usize, each: &mut Each<'_>) {
        if bytes > 0 {
            self.skipped(Flaw::Unfinished, each);
            self.offset += bytes as u64;
        }
    }

    fn skipped(&self, flaw: Flaw, each: &mut Each<'_>) {
        let skipped = Skipped { offset: self.offset, channel: None, sequence: None, why: Why::Frame(flaw) };
        each(&Record::Skipped(&skipped), Around::default());
    }

    /// Whether there was a frame: the flow is of this feed.
    pub(super) fn begun(&self) -> bool {
        self.passed().0.frames > 0
    }

    pub(super) fn passed(&self) -> (Counts, &Gaps) {
        match &self.frames {
            Frames::Fast(fast) => (fast.counts, &fast.gaps),
            Frames::Step(stream) => (stream.counts(), stream.gaps()),
            Frames::Szse(stream) => (stream.counts(), stream.gaps()),
            Frames::Narrow(stream) => (stream.counts(), stream.gaps()),
            Frames::Nothing(gaps) => (Counts::default(), gaps),
        }
    }
}

/// Channel and number of Shenzhen's ticks; snapshots have none.
fn numbered(message: &Decoded<'_>, frame: u64) -> Option<Number> {
    let fields = message.fields();
    let [Datum::Unsigned(channel), Datum::Signed(sequence)] = [fields.named("ChannelNo")?, fields.named("ApplSeqNum")?]
    else {
        return None;
    };
    Some(Number { channel, sequence: u64::try_from(sequence).ok()?, frame })
}
