//! Blind mutation: changes that keep most of a seed intact. Deterministic, so that a failure can be run again.

/// A small generator (xorshift64*): the same seed gives the same inputs on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a number; zero is as good as any.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`; zero when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16;
        usize::try_from(drawn).unwrap_or(0).checked_rem(end).unwrap_or(0)
    }
}

/// One to four changes to one of the seeds, at most `longest` bytes.
pub fn mutated(dice: &mut Dice, seeds: &[Vec<u8>], words: &[String], longest: usize) -> Vec<u8> {
    let mut input = pick(dice, seeds).cloned().unwrap_or_default();
    for _ in 0..=dice.below(4) {
        change(dice, &mut input, seeds, words);
    }
    input.truncate(longest);
    input
}

fn change(dice: &mut Dice, input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[String]) {
    let at = dice.below(input.len() + 1);
    let end = (at + dice.below(16)).min(input.len());
    match dice.below(7) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        3 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        4 => {
            const SIGNS: &[u8] = b"\"'{}()[]|#\\\n\r\t ,.:;=<>-+*/%`~@_09aZ\0\xff\xe4";
            input.insert(at, SIGNS[dice.below(SIGNS.len())]);
        }
        5 => {
            if let Some(word) = pick(dice, words) {
                input.splice(at..end, word.bytes());
            }
        }
        _ => {
            if let Some(other) = pick(dice, seeds) {
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(200)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
}

fn pick<'a, T>(dice: &mut Dice, all: &'a [T]) -> Option<&'a T> {
    all.get(dice.below(all.len()))
}
