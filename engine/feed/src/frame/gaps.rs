//! Missing, repeated and late frames, channel by channel.

use std::collections::BTreeMap;

/// How a sequence number follows those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The next one, or the first of its channel.
    Next,
    /// So many are missing before it.
    Gap(u64),
    /// The last one again.
    Duplicate,
    /// One before the last: late, or a repetition.
    Late,
}

/// What was seen of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channel {
    /// The first sequence number.
    pub first: u64,
    /// The highest sequence number.
    pub last: u64,
    /// Frames of it.
    pub frames: u64,
    /// Numbers that were left out, whether they came late or not.
    pub missing: u64,
    /// Frames with the same number as the highest before them.
    pub duplicates: u64,
    /// Frames with a lower number than the highest before them.
    pub late: u64,
}

/// Channels with their counts.
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    channels: BTreeMap<u64, Channel>,
}

/// More channels than any exchange has: foreign bytes must not fill memory.
const MOST_CHANNELS: usize = 1 << 16;

impl Gaps {
    /// Notes a frame. Beyond 65,536 channels new ones are not followed and always `Next`.
    pub fn see(&mut self, channel: u64, sequence: u64) -> Seen {
        let full = self.channels.len() >= MOST_CHANNELS;
        let channel = match self.channels.entry(channel) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(_) if full => return Seen::Next,
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(Channel { first: sequence, last: sequence, frames: 1, ..Channel::default() });
                return Seen::Next;
            }
        };
        channel.frames += 1;
        match sequence.checked_sub(channel.last) {
            Some(0) => {
                channel.duplicates += 1;
                Seen::Duplicate
            }
            Some(step) => {
                channel.last = sequence;
                channel.missing += step - 1;
                if step == 1 { Seen::Next } else { Seen::Gap(step - 1) }
            }
            None => {
                channel.late += 1;
                Seen::Late
            }
        }
    }

    /// What comes next is known without a frame: numbers before it that were not seen are missing. Of a channel without a frame nothing is
    /// noted.
    pub fn expect(&mut self, channel: u64, next: u64) -> Seen {
        let Some(channel) = self.channels.get_mut(&channel) else { return Seen::Next };
        match next.checked_sub(1).and_then(|last| last.checked_sub(channel.last)) {
            None | Some(0) => Seen::Next,
            Some(missing) => {
                channel.last += missing;
                channel.missing += missing;
                Seen::Gap(missing)
            }
        }
    }

    /// Every channel, lowest first.
    pub fn channels(&self) -> impl Iterator<Item = (u64, &Channel)> {
        self.channels.iter().map(|(channel, counts)| (*channel, counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case() {
        let mut gaps = Gaps::default();
        let seen: Vec<Seen> = [5, 6, 9, 9, 7, 10].into_iter().map(|sequence| gaps.see(1, sequence)).collect();
        assert_eq!(seen, [Seen::Next, Seen::Next, Seen::Gap(2), Seen::Duplicate, Seen::Late, Seen::Next]);
        assert_eq!(gaps.see(2, u64::MAX), Seen::Next);
        let (_, channel) = gaps.channels().next().unwrap();
        assert_eq!(*channel, Channel { first: 5, last: 10, frames: 6, missing: 2, duplicates: 1, late: 1 });
        assert_eq!(
            [11, 5, 0, 14, 14].map(|next| gaps.expect(1, next)),
            [Seen::Next, Seen::Next, Seen::Next, Seen::Gap(3), Seen::Next]
        );
        assert_eq!((gaps.expect(3, 9), gaps.see(1, 14)), (Seen::Next, Seen::Next));
    }
}
