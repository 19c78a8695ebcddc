//! FAST messages behind a length, a number, or nothing.

use super::{Around, Each, Framing, Number, Record};
use crate::Decoder;
use crate::frame::{Counts, Flaw, Gaps, Seen, Skipped, Why};

/// Bodies longer than this are refused, in bytes.
const LONGEST: usize = 1 << 24;
/// Without a length, a message is only decoded when so many bytes are there, or the last ones: one that is not whole would leave its
/// traces in the dictionaries.
const AHEAD: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Fast {
    framing: Framing,
    decoder: Decoder,
    pub(super) counts: Counts,
    pub(super) gaps: Gaps,
    offset: u64,
    /// Where the next frame begins is not known, and nothing will say it.
    lost: bool,
}

/// How a frame ended.
enum End {
    At(usize),
    /// It is not whole.
    More,
    /// Nothing behind it can be found.
    Broken,
}

impl Fast {
    pub(super) fn new(framing: Framing, decoder: Decoder) -> Self {
        Self { framing, decoder, counts: Counts::default(), gaps: Gaps::default(), offset: 0, lost: false }
    }

    /// A datagram begins, and a frame with it; or bytes are missing, and no frame can be found behind them.
    pub(super) fn find(&mut self, found: bool) {
        self.lost = !found;
    }

    pub(super) fn read(&mut self, input: &[u8], last: bool, each: &mut Each<'_>) -> usize {
        let mut at = if self.lost { input.len() } else { 0 };
        while at < input.len() {
            let rest = &input[at..];
            let end = match self.framing {
                Framing::Len32Le => self.behind_length(rest, each),
                _ if !last && rest.len() < AHEAD => End::More,
                Framing::Seq32Le => self.behind_number(rest, each),
                Framing::None => self.message(None, rest, 0, each).map_or(End::Broken, End::At),
            };
            let taken = match end {
                End::At(taken) => taken,
                End::More => break,
                End::Broken => {
                    self.lost = true;
                    rest.len()
                }
            };
            at += taken;
            self.offset += taken as u64;
        }
        at
    }

    fn behind_length(&mut self, rest: &[u8], each: &mut Each<'_>) -> End {
        let Some(head) = rest.first_chunk() else { return End::More };
        let length = u32::from_le_bytes(*head) as usize;
        if length > LONGEST {
            self.skip(None, Why::Frame(Flaw::TooLong), each);
            return End::Broken;
        }
        let Some(body) = rest.get(4..4 + length) else { return End::More };
        self.counts.frames += 1;
        let mut at = 0;
        while at < body.len() {
            let Some(taken) = self.message(None, &body[at..], 4 + at, each) else { break };
            at += taken;
        }
        End::At(4 + length)
    }

    fn behind_number(&mut self, rest: &[u8], each: &mut Each<'_>) -> End {
        let Some(head) = rest.first_chunk() else { return End::More };
        let number = u64::from(u32::from_le_bytes(*head));
        match self.gaps.see(0, number) {
            Seen::Next => {}
            seen => each(&Record::Sequence(0, number, seen), Around::default()),
        }
        self.message(Some(number), &rest[4..], 4, each).map_or(End::Broken, |taken| End::At(4 + taken))
    }

    /// One message, `before` bytes behind the frame's start: how many bytes it takes, if it is one.
    fn message(&mut self, sequence: Option<u64>, bytes: &[u8], before: usize, each: &mut Each<'_>) -> Option<usize> {
        if self.framing != Framing::Len32Le {
            self.counts.frames += 1;
        }
        match self.decoder.decode(bytes) {
            Ok((message, taken)) => {
                self.counts.messages += 1;
                let number = sequence.map(|sequence| Number { channel: 0, sequence, frame: self.counts.frames });
                each(&Record::Message(&message), Around { number, sent: None });
                Some(taken)
            }
            Err(mut fault) => {
                fault.position += before;
                self.skip(sequence, Why::Message(fault), each);
                None
            }
        }
    }

    fn skip(&mut self, sequence: Option<u64>, why: Why, each: &mut Each<'_>) {
        self.counts.skipped += 1;
        each(&Record::Skipped(&Skipped { offset: self.offset, channel: None, sequence, why }), Around::default());
    }
}
