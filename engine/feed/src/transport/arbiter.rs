//! Two lines of the same feed: the first copy of every number passes, whichever line it comes on.

use std::collections::BTreeMap;

/// What a number is, of all lines together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// The first of its number.
    First,
    /// One that has passed already.
    Again,
    /// Too far behind the highest to know.
    TooLate,
}

/// Numbers behind the highest of a channel that are remembered.
const WINDOW: u64 = 1 << 12;
/// More channels than any exchange has; of others everything passes.
const MOST_CHANNELS: usize = 1 << 14;

/// Remembers which numbers have passed, channel by channel.
#[derive(Debug, Default)]
pub struct Arbiter {
    channels: BTreeMap<u64, Window>,
}

#[derive(Debug)]
struct Window {
    highest: u64,
    /// One bit for each of the last numbers, by the number modulo the window.
    passed: Vec<u64>,
}

impl Window {
    fn bit(&mut self, number: u64) -> (&mut u64, u64) {
        let place = number % WINDOW;
        (&mut self.passed[(place / 64) as usize], 1 << (place % 64))
    }
}

impl Arbiter {
    /// Takes note of a number, from either line.
    pub fn see(&mut self, channel: u64, number: u64) -> Copy {
        if !self.channels.contains_key(&channel) && self.channels.len() >= MOST_CHANNELS {
            return Copy::First;
        }
        let window = self
            .channels
            .entry(channel)
            .or_insert_with(|| Window { highest: number, passed: vec![0; (WINDOW / 64) as usize] });
        if number > window.highest {
            if number - window.highest >= WINDOW {
                window.passed.fill(0);
            } else {
                for skipped in window.highest + 1..number {
                    let (word, bit) = window.bit(skipped);
                    *word &= !bit;
                }
                let (word, bit) = window.bit(number);
                *word &= !bit;
            }
            window.highest = number;
        } else if window.highest - number >= WINDOW {
            return Copy::TooLate;
        }
        let (word, bit) = window.bit(number);
        let again = *word & bit != 0;
        *word |= bit;
        if again { Copy::Again } else { Copy::First }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_copy_passes_whichever_line_it_comes_on() {
        let mut arbiter = Arbiter::default();
        let mut see = |number| arbiter.see(1, number);
        // Line B fills what line A lost.
        assert_eq!(
            [5, 5, 7, 6, 7, 6].map(&mut see),
            [Copy::First, Copy::Again, Copy::First, Copy::First, Copy::Again, Copy::Again]
        );
        assert_eq!(see(7 + WINDOW), Copy::First);
        assert_eq!(see(7), Copy::TooLate);
        assert_eq!(see(8), Copy::First);
        assert_eq!([u64::MAX, u64::MAX].map(see), [Copy::First, Copy::Again]);
    }
}
