//! What is remembered of a stream as entries of a cell: one for each key, so that a key that did nothing costs nothing. All numbers are
//! LEB128, signed ones in zigzag; every entry begins with the version of its encoding.

use super::{
    log::Log,
    state::{Rows, State},
};
use arrow_array::RecordBatch;
use arrow_ipc::{reader::StreamReader, writer::StreamWriter};
use arrow_schema::ArrowError;
use std::collections::HashMap;

const VERSION: u8 = 1;
/// Before each key of the stream.
const KEY: &str = "k:";
/// What belongs to no key: the watermark, counts, the effects of the newest time.
const HEAD: &str = "head";
/// What the logs hold, in their order.
const NAMES: &str = "logs";
/// Rows that wait.
const WAITING: &str = "waiting";

/// Says every entry that changed since it was last asked; an empty one is gone.
pub(super) fn save(state: &mut State, put: &mut dyn FnMut(&str, &[u8])) {
    for key in std::mem::take(&mut state.touched) {
        let name = format!("{KEY}{key}");
        match state.keys.get(&key) {
            Some(logs) => put(&name, &logs_bytes(logs)),
            None => put(&name, &[]),
        }
    }
    put(HEAD, &head(state));
    if std::mem::take(&mut state.renamed) {
        let mut out = Writer::new();
        out.number(state.names.len() as u128);
        state.names.iter().for_each(|name| out.text(name));
        put(NAMES, &out.0);
    }
    let waits = !state.waiting.is_empty();
    if waits || state.waited {
        // Rows that cannot be written cannot have been read either.
        put(WAITING, &waiting(&state.waiting).unwrap_or_default());
    }
    state.waited = waits;
}

/// Takes one entry back; false if it is damaged.
pub(super) fn restore(state: &mut State, name: &str, bytes: &[u8]) -> bool {
    if let Some(key) = name.strip_prefix(KEY) {
        if bytes.is_empty() {
            state.keys.remove(key);
            return true;
        }
        return Reader::of(bytes).and_then(read_logs).map(|logs| state.keys.insert(key.into(), logs)).is_some();
    }
    match name {
        HEAD => Reader::of(bytes).and_then(|input| read_head(state, input)).is_some(),
        NAMES => Reader::of(bytes).and_then(|input| read_names(state, input)).is_some(),
        WAITING if bytes.is_empty() => {
            state.waiting.clear();
            true
        }
        WAITING => Reader::of(bytes).and_then(|input| read_waiting(state, input)).is_some(),
        _ => false,
    }
}

fn logs_bytes(logs: &[Log]) -> Vec<u8> {
    let mut out = Writer::new();
    out.number(logs.len() as u128);
    for log in logs {
        out.number(log.rows().len() as u128);
        let mut before = 0;
        for &(time, value) in log.rows() {
            out.signed(i128::from(time) - i128::from(before));
            out.signed(value);
            before = time;
        }
    }
    out.0
}

fn read_logs(mut input: Reader<'_>) -> Option<Vec<Log>> {
    let count = input.count()?;
    let mut logs = Vec::with_capacity(count);
    for _ in 0..count {
        let mut rows = std::collections::VecDeque::new();
        let mut before = 0_i64;
        for _ in 0..input.count()? {
            before = i64::try_from(i128::from(before).checked_add(input.signed()?)?).ok()?;
            rows.push_back((before, input.signed()?));
        }
        logs.push(Log::of(rows));
    }
    input.is_over().then_some(logs)
}

fn head(state: &State) -> Vec<u8> {
    let mut out = Writer::new();
    out.number(state.watermark.is_some().into());
    out.signed(state.watermark.unwrap_or_default().into());
    out.signed(state.swept.into());
    out.number(state.late.into());
    out.number(state.untimed.into());
    out.signed(state.fired.0.into());
    out.number(state.fired.1.len() as u128);
    // In a fixed order: equal states are equal bytes.
    let mut fired: Vec<_> = state.fired.1.iter().collect();
    fired.sort();
    for ((rule, key), count) in fired {
        out.text(rule);
        out.text(key);
        out.number((*count).into());
    }
    out.0
}

fn read_head(state: &mut State, mut input: Reader<'_>) -> Option<()> {
    let known = input.number()? == 1;
    let watermark = i64::try_from(input.signed()?).ok()?;
    state.watermark = known.then_some(watermark);
    state.swept = i64::try_from(input.signed()?).ok()?;
    state.late = u64::try_from(input.number()?).ok()?;
    state.untimed = u64::try_from(input.number()?).ok()?;
    let time = i64::try_from(input.signed()?).ok()?;
    let mut fired = HashMap::new();
    for _ in 0..input.count()? {
        let (rule, key) = (input.text()?, input.text()?);
        fired.insert((rule.into(), key.into()), u32::try_from(input.number()?).ok()?);
    }
    state.fired = (time, fired);
    input.is_over().then_some(())
}

fn read_names(state: &mut State, mut input: Reader<'_>) -> Option<()> {
    let count = input.count()?;
    state.names = (0..count).map(|_| input.text().map(str::to_owned)).collect::<Option<_>>()?;
    // Which figures they keep is found when they are used.
    state.needs = Vec::new();
    input.is_over().then_some(())
}

fn waiting(all: &[Rows]) -> Result<Vec<u8>, ArrowError> {
    let mut out = Writer::new();
    out.number(all.len() as u128);
    for rows in all {
        out.number(rows.times.len() as u128);
        for (number, time) in rows.numbers.iter().zip(&rows.times) {
            out.number((*number).into());
            out.signed((*time).into());
        }
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, rows.columns.schema_ref())?;
        writer.write(&rows.columns)?;
        writer.finish()?;
        drop(writer);
        out.bytes(&bytes);
    }
    Ok(out.0)
}

fn read_waiting(state: &mut State, mut input: Reader<'_>) -> Option<()> {
    let mut all = Vec::new();
    for _ in 0..input.count()? {
        let count = input.count()?;
        let (mut numbers, mut times) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            numbers.push(u64::try_from(input.number()?).ok()?);
            times.push(i64::try_from(input.signed()?).ok()?);
        }
        let bytes = input.bytes()?;
        let columns: RecordBatch = StreamReader::try_new(bytes, None).ok()?.next()?.ok()?;
        if columns.num_rows() != count {
            return None;
        }
        all.push(Rows { columns, numbers, times });
    }
    state.waiting = all;
    input.is_over().then_some(())
}

/// Bytes of an entry.
struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(vec![VERSION])
    }

    fn number(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn signed(&mut self, number: i128) {
        self.number(((number << 1) ^ (number >> 127)) as u128);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u128);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
}

/// What is left to read; nothing is believed.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        (*version == VERSION).then_some(Self(rest))
    }

    fn number(&mut self) -> Option<u128> {
        let mut number = 0_u128;
        for place in 0..19 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u128::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i128> {
        let number = self.number()?;
        Some(((number >> 1) as i128) ^ -((number & 1) as i128))
    }

    /// How many of something follow: each takes a byte at least.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(state: &mut State) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        save(state, &mut |name, bytes| all.push((name.to_owned(), bytes.to_vec())));
        all.sort();
        all
    }

    #[test]
    fn numbers_of_every_size() {
        for number in [0, 1, -1, 63, -64, 64, i128::from(i64::MIN), i128::MAX, i128::MIN, 10_i128.pow(38)] {
            let mut out = Writer::new();
            out.signed(number);
            let mut input = Reader::of(&out.0).unwrap();
            assert_eq!(input.signed(), Some(number));
            assert!(input.is_over());
        }
    }

    #[test]
    fn what_is_saved_comes_back_and_damage_is_seen() {
        let mut state = State { watermark: Some(-5), swept: 7, late: 1, untimed: 2, ..State::default() };
        state.fired = (9, HashMap::from([(("t/b.r".into(), "甲".into()), 3)]));
        (state.names, state.renamed) = (vec!["a".to_owned(), "b".to_owned()], true);
        let rows = std::collections::VecDeque::from([(1, -7), (1, 8), (5, i128::MAX)]);
        state.keys.insert("甲|1".into(), vec![Log::of(rows), Log::default()]);
        state.touched.extend(["甲|1".into(), "gone".into()]);
        let saved = entries(&mut state);
        assert_eq!(saved.len(), 4);
        assert_eq!(entries(&mut state).len(), 1, "only what changed");
        let mut back = State::default();
        back.keys.insert("gone".into(), Vec::new());
        assert!(saved.iter().all(|(name, bytes)| restore(&mut back, name, bytes)));
        assert_eq!(back.keys.len(), 1);
        back.touched.extend(["甲|1".into(), "gone".into()]);
        back.renamed = true;
        assert_eq!(entries(&mut back), saved);
        for (name, bytes) in saved.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            for cut in 0..bytes.len() {
                // No part of an entry is an entry, unless it is the mark of what is gone.
                let part = &bytes[..cut];
                assert!(!restore(&mut State::default(), name, part) || part.is_empty());
            }
        }
    }
}
