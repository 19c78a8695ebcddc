//! The keys of a stream, each with a number: what is remembered of it stands at that number. A key is hashed once for each row.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Texts to numbers. Numbers of keys that went are given to others.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// Part of the hash, and the number.
    table: HashTable<(u32, u32)>,
    /// By number.
    entries: Vec<Entry>,
    free: Vec<u32>,
    texts: String,
    /// Bytes of `texts` that belong to nobody.
    unused: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    start: usize,
    len: usize,
    used: bool,
}

/// The same in every process, and never stored.
const HASHER: FixedState = FixedState::with_seed(0x6775_696a);

pub(super) fn hash(key: &str) -> u64 {
    HASHER.hash_one(key.as_bytes())
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Numbers are below this.
    pub(super) fn bound(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.table.capacity() * 9 + self.entries.capacity() * size_of::<Entry>() + self.texts.capacity()
    }

    /// The key of this number, if it is somebody's.
    pub(super) fn text(&self, number: u32) -> Option<&str> {
        let entry = self.entries.get(number as usize).filter(|entry| entry.used)?;
        Some(&self.texts[entry.start..entry.start + entry.len])
    }

    pub(super) fn find(&self, key: &str, hash: u64) -> Option<u32> {
        let same = |&(part, number): &(u32, u32)| {
            part == hash as u32 && {
                let entry = &self.entries[number as usize];
                &self.texts.as_bytes()[entry.start..entry.start + entry.len] == key.as_bytes()
            }
        };
        self.table.find(hash, same).map(|&(_, number)| number)
    }

    /// A number for a key that has none.
    pub(super) fn add(&mut self, key: &str, hash: u64) -> u32 {
        let entry = Entry { hash, start: self.texts.len(), len: key.len(), used: true };
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
        let entries = &self.entries;
        self.table.insert_unique(hash, (hash as u32, number), |&(_, number)| entries[number as usize].hash);
        number
    }

    /// The key goes; its number may be somebody else's from now on.
    pub(super) fn remove(&mut self, number: u32) -> Option<Box<str>> {
        let text: Box<str> = self.text(number)?.into();
        let entry = &mut self.entries[number as usize];
        entry.used = false;
        self.unused += entry.len;
        if let Ok(found) = self.table.find_entry(entry.hash, |&(_, other)| other == number) {
            found.remove();
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
            texts.push_str(&self.texts[entry.start..entry.start + entry.len]);
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
        let name = |n: u32| format!("客户{n}");
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
        assert!(keys.texts.len() < 3_000 * 9);
    }
}
