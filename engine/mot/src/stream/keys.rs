//! The keys of a stream, each with a number: what is remembered of it stands at that number. A key is hashed once for each row.
//!
//! The table is open and its places are single words, because what makes looking up slow is memory: many keys are looked up at once, and
//! the processor can only fetch for all of them together if nothing of one look has to wait for another.

use foldhash::fast::FixedState;
use std::hash::BuildHasher;

/// Texts to numbers. Numbers of keys that went are given to others.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// Half of the hash, by which the place is found, and one more than the number; 0 is free. At most half of them are in use.
    places: Vec<u64>,
    used: usize,
    /// By number.
    entries: Vec<Entry>,
    free: Vec<u32>,
    texts: String,
    /// Bytes of `texts` that belong to nobody.
    unused: usize,
}

/// Half a line of the processor's memory. Most keys are short, so that comparing them reads nothing else.
#[derive(Debug, Clone, Copy)]
struct Entry {
    head: [u8; HEAD],
    start: usize,
    len: u32,
    used: bool,
}

/// Where a search begins.
#[inline(always)]
fn home(hash: u64, last: usize) -> usize {
    (hash >> 32) as usize & last
}

/// Of a place in use.
#[inline(always)]
fn number(place: u64) -> u32 {
    (place as u32).wrapping_sub(1)
}

/// How much of a key's text is beside its number.
const HEAD: usize = 16;

/// A text's beginning; a shorter one ends in zeros.
fn head(key: &str) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    for (to, from) in head.iter_mut().zip(key.as_bytes()) {
        *to = *from;
    }
    head
}

/// The same in every process, and never stored.
const HASHER: FixedState = FixedState::with_seed(0x6775_696a);

pub(super) fn hash(key: &str) -> u64 {
    HASHER.hash_one(key.as_bytes())
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Numbers are below this.
    pub(super) fn bound(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.places.capacity() * 8 + self.entries.capacity() * size_of::<Entry>() + self.texts.capacity()
    }

    /// The key of this number, if it is somebody's.
    pub(super) fn text(&self, number: u32) -> Option<&str> {
        self.entries.get(number as usize).filter(|entry| entry.used).map(|entry| self.of(entry))
    }

    fn of(&self, entry: &Entry) -> &str {
        &self.texts[entry.start..entry.start + entry.len as usize]
    }

    pub(super) fn find(&self, key: &str, hash: u64) -> Option<u32> {
        let place = self.place(hash, |number| {
            let entry = &self.entries[number as usize];
            entry.head == head(key)
                && entry.len as usize == key.len()
                && (key.len() <= HEAD || self.of(entry).as_bytes()[HEAD..] == key.as_bytes()[HEAD..])
        });
        place.map(|place| number(self.places[place]))
    }

    /// Where somebody with this hash stands.
    #[inline(always)]
    fn place(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<usize> {
        let last = self.places.len().checked_sub(1)?;
        let mut at = home(hash, last);
        loop {
            let place = self.places[at];
            if place == 0 {
                return None;
            }
            if place >> 32 == hash >> 32 && is(number(place)) {
                return Some(at);
            }
            at = (at + 1) & last;
        }
    }

    /// The numbers that keys of these hashes most likely have, read ahead; any number where there is none.
    pub(super) fn guess(&self, hashes: &[u64], numbers: &mut [u32]) {
        let Some(last) = self.places.len().checked_sub(1) else { return };
        for (hash, guessed) in hashes.iter().zip(numbers.iter_mut()) {
            let at = home(*hash, last);
            let (one, two) = (self.places[at], self.places[(at + 1) & last]);
            *guessed = number(if one >> 32 == hash >> 32 { one } else { two });
        }
        let mut seen = 0;
        for number in numbers {
            seen ^= self.entries.get(*number as usize).map_or(0, |entry| entry.len);
        }
        std::hint::black_box(seen);
    }

    /// A number for a key that has none.
    pub(super) fn add(&mut self, key: &str, hash: u64) -> u32 {
        // Arrow's texts of one column are less than 2 GB together.
        let entry = Entry { head: head(key), start: self.texts.len(), len: key.len() as u32, used: true };
        self.texts.push_str(key);
        let number = match self.free.pop() {
            Some(number) => {
                self.entries[number as usize] = entry;
                number
            }
            None => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        self.used += 1;
        if self.used * 2 > self.places.len() {
            let larger = vec![0; (self.places.len() * 2).max(16)];
            for place in std::mem::replace(&mut self.places, larger).into_iter().filter(|place| *place != 0) {
                self.insert(place);
            }
        }
        self.insert(hash >> 32 << 32 | (u64::from(number) + 1));
        number
    }

    fn insert(&mut self, place: u64) {
        let last = self.places.len() - 1;
        let mut at = home(place, last);
        while self.places[at] != 0 {
            at = (at + 1) & last;
        }
        self.places[at] = place;
    }

    /// The key goes; its number may be somebody else's from now on.
    pub(super) fn remove(&mut self, number: u32) -> Option<Box<str>> {
        let text: Box<str> = self.text(number)?.into();
        let entry = &mut self.entries[number as usize];
        entry.used = false;
        self.unused += entry.len as usize;
        if let Some(mut hole) = self.place(hash(&text), |other| other == number) {
            self.used -= 1;
            // What stands behind moves up, so that it is found.
            let last = self.places.len() - 1;
            let mut at = hole;
            loop {
                at = (at + 1) & last;
                let place = self.places[at];
                if place == 0 {
                    break;
                }
                if at.wrapping_sub(home(place, last)) & last >= at.wrapping_sub(hole) & last {
                    self.places[hole] = place;
                    hole = at;
                }
            }
            self.places[hole] = 0;
        }
        self.free.push(number);
        if self.unused > self.texts.len() / 2 + 4_096 {
            self.tidy();
        }
        Some(text)
    }

    fn tidy(&mut self) {
        let mut texts = String::with_capacity(self.texts.len() - self.unused);
        for entry in self.entries.iter_mut().filter(|entry| entry.used) {
            let start = texts.len();
            texts.push_str(&self.texts[entry.start..entry.start + entry.len as usize]);
            entry.start = start;
        }
        (self.texts, self.unused) = (texts, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_go_and_keep_their_numbers() {
        let mut keys = Keys::default();
        let name = |n: u32| {
            if n.is_multiple_of(2) { format!("客户{n}") } else { format!("a customer whose name is long {n}") }
        };
        let numbers: Vec<u32> = (0..3_000).map(|n| keys.add(&name(n), hash(&name(n)))).collect();
        for (n, number) in (0..3_000).zip(&numbers).filter(|(n, _)| n % 4 != 0) {
            assert_eq!(keys.remove(*number).as_deref(), Some(name(n).as_str()));
        }
        assert_eq!((keys.len(), keys.bound()), (750, 3_000));
        for (n, number) in (0..3_000).zip(&numbers) {
            let there = n % 4 == 0;
            assert_eq!(keys.find(&name(n), hash(&name(n))), there.then_some(*number));
            assert_eq!(keys.text(*number).is_some(), there);
        }
        let again = keys.add("another", hash("another"));
        assert!(again < 3_000 && keys.text(again) == Some("another"));
        assert!(keys.texts.len() < 3_000 * 24);
    }
}
