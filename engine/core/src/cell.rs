//! Cells of state as a step reads and writes them. Where they are kept is the shell's business.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The value of a cell for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellValue<'a> {
    /// A logical time in microseconds since 1970-01-01 UTC: when the last effect was. Of two the later counts.
    Time(i64),
    /// The kind's own encoding, which carries its version. Of two the one written last counts; an empty one says that there is none, and
    /// may be left out once nothing before it is read any more.
    Bytes(&'a [u8]),
}

/// One cell for all its keys, held compactly. A step reads it with [`get`](Self::get) and writes it with [`put`](Self::put);
/// the shell takes what was put from [`changes`](Self::changes).
#[derive(Debug, Clone, Default)]
pub struct CellTable {
    /// All keys, one after the other.
    keys: Vec<u8>,
    /// The values that are not times.
    blobs: Vec<u8>,
    entries: Vec<Entry>,
    /// Open addressing: entry number + 1, or 0. Length is a power of two, at most seven eighths full.
    slots: Vec<u32>,
    /// Entries that were put, each once.
    changed: Vec<u32>,
}

#[derive(Debug, Clone)]
struct Entry {
    key_start: usize,
    key_len: u32,
    changed: bool,
    value: Stored,
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Time(i64),
    Blob { start: usize, len: usize },
}

/// Where a key is, or where it would go.
enum Found {
    Entry(usize),
    Slot(usize),
}

impl CellTable {
    /// Nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for this many more keys.
    pub fn reserve(&mut self, keys: usize) {
        self.entries.reserve(keys);
        let wanted = (self.entries.len() + keys) * 8 / 7 + 1;
        if wanted > self.slots.len() {
            self.rehash(wanted.next_power_of_two().max(16));
        }
    }

    /// How many keys have a value.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// No key has a value.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value for a key (the text of a [`Key`](crate::id::Key)).
    pub fn get(&self, key: &str) -> Option<CellValue<'_>> {
        if self.slots.is_empty() {
            return None;
        }
        match self.find(key.as_bytes()) {
            Found::Entry(entry) => Some(self.value(&self.entries[entry])),
            Found::Slot(_) => None,
        }
    }

    /// The time for a key, if its value is one.
    pub fn time(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            CellValue::Time(micros) => Some(micros),
            CellValue::Bytes(_) => None,
        }
    }

    /// Sets the value for a key and remembers that it changed.
    pub fn put(&mut self, key: &str, value: CellValue<'_>) {
        let entry = self.set(key, value, false);
        if !self.entries[entry].changed {
            self.entries[entry].changed = true;
            // `set` keeps the number of entries within u32.
            self.changed.push(entry as u32);
        }
    }

    /// Adds what was written earlier: of times the later stays, of bytes this one. Not a change.
    pub fn load(&mut self, key: &str, value: CellValue<'_>) {
        self.set(key, value, true);
    }

    /// What was put, in the order it was first put.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = (&str, CellValue<'_>)> {
        self.changed.iter().map(|&entry| self.pair(&self.entries[entry as usize]))
    }

    /// What was put, as a table of its own; from now on it counts as loaded.
    pub fn take_changes(&mut self) -> Self {
        let mut taken = Self::new();
        for entry in std::mem::take(&mut self.changed) {
            self.entries[entry as usize].changed = false;
            let (key, value) = self.pair(&self.entries[entry as usize]);
            taken.put(key, value);
        }
        taken
    }

    /// Everything, in the order it came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, CellValue<'_>)> {
        self.entries.iter().map(|entry| self.pair(entry))
    }

    fn pair(&self, entry: &Entry) -> (&str, CellValue<'_>) {
        let key = &self.keys[entry.key_start..entry.key_start + entry.key_len as usize];
        // Only whole texts were appended.
        (std::str::from_utf8(key).unwrap_or_default(), self.value(entry))
    }

    fn value(&self, entry: &Entry) -> CellValue<'_> {
        match entry.value {
            Stored::Time(micros) => CellValue::Time(micros),
            Stored::Blob { start, len } => CellValue::Bytes(&self.blobs[start..start + len]),
        }
    }

    fn set(&mut self, key: &str, value: CellValue<'_>, keep_later: bool) -> usize {
        if (self.entries.len() + 1) * 8 > self.slots.len() * 7 {
            self.rehash((self.slots.len() * 2).max(16));
        }
        let found = self.find(key.as_bytes());
        let stored = match value {
            CellValue::Bytes(bytes) => {
                let start = self.blobs.len();
                self.blobs.extend_from_slice(bytes);
                Stored::Blob { start, len: bytes.len() }
            }
            CellValue::Time(micros) => Stored::Time(micros),
        };
        match found {
            Found::Entry(entry) => {
                let old = &mut self.entries[entry].value;
                *old = match (*old, stored) {
                    (Stored::Time(before), Stored::Time(now)) if keep_later => Stored::Time(before.max(now)),
                    _ => stored,
                };
                entry
            }
            Found::Slot(slot) => {
                let entry = self.entries.len();
                self.entries.push(Entry {
                    key_start: self.keys.len(),
                    key_len: u32::try_from(key.len()).unwrap_or(u32::MAX),
                    changed: false,
                    value: stored,
                });
                self.keys.extend_from_slice(key.as_bytes());
                self.slots[slot] = entry as u32 + 1;
                entry
            }
        }
    }

    fn find(&self, key: &[u8]) -> Found {
        let mask = self.slots.len() - 1;
        let mut slot = hash(key) as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return Found::Slot(slot),
                number => {
                    let entry = number as usize - 1;
                    let Entry { key_start, key_len, .. } = self.entries[entry];
                    if &self.keys[key_start..key_start + key_len as usize] == key {
                        return Found::Entry(entry);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn rehash(&mut self, slots: usize) {
        self.slots.clear();
        self.slots.resize(slots, 0);
        for (number, entry) in self.entries.iter().enumerate() {
            let key = &self.keys[entry.key_start..entry.key_start + entry.key_len as usize];
            let mut slot = hash(key) as usize & (slots - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (slots - 1);
            }
            self.slots[slot] = number as u32 + 1;
        }
    }
}

/// Keyed the same in every process; never stored.
fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn reads_what_was_put() {
        let mut table = CellTable::new();
        assert_eq!(table.get("a"), None);
        table.load("a", CellValue::Time(5));
        table.load("a", CellValue::Time(3));
        table.load("b", CellValue::Bytes(b"one"));
        assert_eq!((table.time("a"), table.time("b")), (Some(5), None));
        assert_eq!(table.changes().len(), 0);
        table.put("a", CellValue::Time(4));
        table.put("b", CellValue::Bytes(b"two"));
        table.put("b", CellValue::Bytes(b"three"));
        table.put("", CellValue::Time(1));
        let changes: Vec<_> = table.changes().collect();
        let expected = [("a", CellValue::Time(4)), ("b", CellValue::Bytes(b"three")), ("", CellValue::Time(1))];
        assert_eq!(changes, expected);
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn like_a_map() {
        let mut table = CellTable::new();
        let mut map = BTreeMap::new();
        let mut state = 1_u64;
        for step in 0..20_000_i64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let key = format!("客户{}", (state >> 33) % 3_000);
            table.put(&key, CellValue::Time(step));
            map.insert(key, step);
        }
        assert_eq!(table.len(), map.len());
        assert!(map.iter().all(|(key, &time)| table.time(key) == Some(time)));
        assert_eq!(table.get("客户"), None);
        assert_eq!(table.iter().map(|(k, _)| k.to_owned()).collect::<std::collections::BTreeSet<_>>().len(), map.len());
    }
}
