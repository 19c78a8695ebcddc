//! TCP streams put together again: in order, each byte once, whatever the order, repetition and overlap of their segments.

use super::packet::{Flow, Segment};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Flows that are followed at once; of others nothing is delivered.
const MOST_FLOWS: usize = 1 << 12;
/// Bytes of one flow that wait for what is missing before them, and of all flows; each piece counts for some bytes more.
const MOST_WAITING: usize = 1 << 22;
const MOST_WAITING_IN_ALL: usize = 1 << 26;
const PIECE: usize = 64;

/// Puts the streams of all flows together.
#[derive(Debug, Default)]
pub struct Assembly {
    flows: BTreeMap<Flow, Stream>,
    waiting: usize,
}

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered<'a> {
    /// The next bytes.
    Bytes(&'a [u8]),
    /// Bytes that never came, before the next ones.
    Lost(Lost),
    /// The stream is over, or begins anew.
    End,
}

/// A hole in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// How many bytes.
    pub bytes: u64,
}

/// One direction of a connection. Places are counted in 64 bits from an arbitrary start, so that wrapping is no case of its own.
#[derive(Debug)]
struct Stream {
    /// The place of the next byte to deliver.
    next: u64,
    /// What waits, by place; pieces may overlap.
    waiting: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
    /// Its start was seen, so that nothing can come before it.
    begun: bool,
    delivered: bool,
}

/// A capture that begins in the middle of a stream may begin with its segments in disorder: so much is waited for.
const FIRST_WAIT: usize = 1 << 16;

impl Stream {
    fn new(segment: &Segment<'_>) -> Self {
        // Far from zero, so that earlier places have room.
        let next = (1 << 40) | u64::from(segment.sequence.wrapping_add(u32::from(segment.begins)));
        Self { next, waiting: BTreeMap::new(), bytes: 0, begun: segment.begins, delivered: false }
    }

    /// The place of a sequence number: the one nearest to the next byte.
    fn place(&self, sequence: u32) -> u64 {
        let ahead = sequence.wrapping_sub(self.next as u32).cast_signed();
        self.next.wrapping_add_signed(i64::from(ahead))
    }

    fn take(&mut self, place: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let longer = self.waiting.get(&place).is_none_or(|known| known.len() < bytes.len());
        if longer && place.saturating_add(bytes.len() as u64) > self.next {
            let before = self.waiting.insert(place, bytes.to_vec());
            self.bytes += PIECE + bytes.len();
            self.bytes -= before.map_or(0, |before| PIECE + before.len());
        }
    }

    /// Delivers what is next.
    fn deliver(&mut self, each: &mut dyn FnMut(Delivered<'_>)) {
        while let Some(first) = self.waiting.first_entry()
            && *first.key() <= self.next
        {
            let (place, bytes) = first.remove_entry();
            self.bytes -= PIECE + bytes.len();
            let done = usize::try_from(self.next - place).unwrap_or(usize::MAX);
            if let Some(new) = bytes.get(done..).filter(|new| !new.is_empty()) {
                self.next += new.len() as u64;
                self.delivered = true;
                each(Delivered::Bytes(new));
            }
        }
    }

    /// Gives up what is missing before the first piece that waits.
    fn skip(&mut self, each: &mut dyn FnMut(Delivered<'_>)) {
        if let Some((place, _)) = self.waiting.first_key_value() {
            if *place > self.next {
                each(Delivered::Lost(Lost { bytes: place - self.next }));
            }
            self.next = *place;
            self.deliver(each);
        }
    }
}

impl Assembly {
    /// Takes a segment; `each` gets what it completes of its flow.
    pub fn take(&mut self, flow: Flow, segment: &Segment<'_>, each: &mut dyn FnMut(Delivered<'_>)) {
        let full = self.flows.len() >= MOST_FLOWS;
        let stream = match self.flows.entry(flow) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if full => return,
            Entry::Vacant(new) => new.insert(Stream::new(segment)),
        };
        let others = self.waiting - stream.bytes;
        if segment.begins {
            let place = stream.place(segment.sequence.wrapping_add(1));
            // Not a repetition of its start: the ports are used again.
            if stream.delivered && place != stream.next && stream.begun && place.abs_diff(stream.next) > 1 << 30 {
                stream.finish(each);
                *stream = Stream::new(segment);
            }
            stream.begun = true;
        }
        let place = stream.place(segment.sequence.wrapping_add(u32::from(segment.begins)));
        if !stream.begun && !stream.delivered && place < stream.next {
            stream.next = place;
        }
        stream.take(place, segment.bytes);
        // Without a start, the first bytes wait a little for earlier ones.
        if stream.begun || stream.delivered || stream.bytes > FIRST_WAIT || segment.ends {
            stream.deliver(each);
        }
        while stream.bytes > MOST_WAITING || (stream.bytes > 0 && others + stream.bytes > MOST_WAITING_IN_ALL) {
            stream.skip(each);
        }
        self.waiting = others + stream.bytes;
    }

    /// The end of the capture: what waits is delivered, holes are told.
    pub fn finish(&mut self, each: &mut dyn FnMut(Flow, Delivered<'_>)) {
        self.waiting = 0;
        for (flow, mut stream) in std::mem::take(&mut self.flows) {
            stream.finish(&mut |delivered| each(flow, delivered));
        }
    }
}

impl Stream {
    fn finish(&mut self, each: &mut dyn FnMut(Delivered<'_>)) {
        self.deliver(each);
        while !self.waiting.is_empty() {
            self.skip(each);
        }
        each(Delivered::End);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{ProptestConfig, any, proptest};
    use std::net::SocketAddr;

    fn flow() -> Flow {
        let address = SocketAddr::from(([10, 0, 0, 1], 1));
        Flow { from: address, to: address }
    }

    fn segment(start: u32, whole: &[u8], from: usize, to: usize) -> Segment<'_> {
        let sequence = start.wrapping_add(1).wrapping_add(from as u32);
        Segment { sequence, begins: false, ends: false, bytes: &whole[from..to] }
    }

    fn all(segments: &[Segment<'_>]) -> (Vec<u8>, u64) {
        let (mut bytes, mut lost) = (Vec::new(), 0);
        let mut assembly = Assembly::default();
        let mut note = |delivered: Delivered<'_>| match delivered {
            Delivered::Bytes(more) => bytes.extend_from_slice(more),
            Delivered::Lost(hole) => lost += hole.bytes,
            Delivered::End => {}
        };
        segments.iter().for_each(|segment| assembly.take(flow(), segment, &mut note));
        assembly.finish(&mut |_, delivered| note(delivered));
        (bytes, lost)
    }

    #[test]
    fn a_hole_is_told_and_passed() {
        let whole: Vec<u8> = (0..100).collect();
        let start = Segment { sequence: 7, begins: true, ends: false, bytes: &[] };
        let (bytes, lost) = all(&[start, segment(7, &whole, 0, 10), segment(7, &whole, 30, 40)]);
        assert_eq!((bytes, lost), ([&whole[..10], &whole[30..40]].concat(), 20));
    }

    /// However many flows wait, no more than the limit is kept.
    #[test]
    fn what_waits_is_limited() {
        let whole = vec![7; 60_000];
        let mut assembly = Assembly::default();
        let mut lost = 0;
        for port in 0..2_000 {
            let flow = Flow { from: SocketAddr::from(([10, 0, 0, 1], port)), ..flow() };
            let mut note = |delivered: Delivered<'_>| lost += u64::from(matches!(delivered, Delivered::Lost(_)));
            assembly.take(flow, &Segment { sequence: 0, begins: true, ends: false, bytes: &[] }, &mut note);
            assembly.take(flow, &segment(0, &whole, 9, 60_000), &mut note);
            assert!(assembly.waiting <= MOST_WAITING_IN_ALL);
        }
        assert!((500..2_000).contains(&lost), "{lost}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Disorder, repetition, overlap, wrapping numbers, with and without a start.
        #[test]
        fn whatever_the_segments(
            whole in proptest::collection::vec(any::<u8>(), 1..400),
            cuts in proptest::collection::vec((any::<usize>(), any::<usize>(), any::<usize>()), 1..40),
            start in proptest::prop_oneof![any::<u32>(), proptest::strategy::Just(u32::MAX - 20)],
            begins in any::<bool>(),
        ) {
            let mut pieces: Vec<(usize, usize)> = (0..whole.len()).step_by(13).map(|at| (at, (at + 13).min(whole.len()))).collect();
            for (from, length, place) in cuts {
                let from = from % whole.len();
                let piece = (from, (from + length % 60).min(whole.len()));
                let last = pieces.len();
                pieces.insert(place % last, piece);
                pieces.swap(place % last, from % last);
            }
            let mut segments: Vec<Segment<'_>> = pieces.iter().map(|(from, to)| segment(start, &whole, *from, *to)).collect();
            if begins {
                segments.insert(0, Segment { sequence: start, begins: true, ends: false, bytes: &[] });
            }
            assert_eq!(all(&segments), (whole, 0));
        }
    }
}
