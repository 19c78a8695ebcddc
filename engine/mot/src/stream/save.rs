//! What is remembered of a stream as entries of a cell: one for each key, so that a key that did nothing costs nothing.

use super::{
    codec::{Reader, VERSION, Writer},
    memory::Past,
    state::State,
    waiting::{Rows, Waiting},
};
use arrow_array::RecordBatch;
use arrow_ipc::{reader::StreamReader, writer::StreamWriter};
use arrow_schema::ArrowError;
use std::collections::HashMap;

/// Of rows of a key: their windows share them.
const ROWS_VERSION: u8 = 2;
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
    for key in std::mem::take(&mut state.memory.gone) {
        put(&format!("{KEY}{key}"), &[]);
    }
    for number in state.memory.take_touched() {
        let rows = state.memory.past(number);
        let name = format!("{KEY}{}", state.memory.keys.text(number).unwrap_or_default());
        put(&name, &rows_bytes(&rows));
    }
    put(HEAD, &head(state));
    if std::mem::take(&mut state.renamed) {
        let mut out = Writer::new();
        let logs = &state.memory.layout.shape.logs;
        out.number(logs.len() as u128);
        logs.iter().for_each(|log| out.text(&log.name));
        put(NAMES, &out.done());
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
            state.loaded.1.remove(key);
            return true;
        }
        return read_rows(bytes).map(|rows| state.loaded.1.insert(key.into(), rows)).is_some();
    }
    match name {
        HEAD => Reader::of(bytes).and_then(|input| read_head(state, input)).is_some(),
        NAMES => Reader::of(bytes).and_then(|input| read_names(state, input)).is_some(),
        WAITING if bytes.is_empty() => {
            state.waiting = Waiting::default();
            true
        }
        WAITING => Reader::of(bytes).and_then(|input| read_waiting(state, input)).is_some(),
        _ => false,
    }
}

/// Rows of a key: the time that went by since the row before, the logs that count it, and what they count: 0 for nothing, 1 and a
/// value, or 2 and the place of a log before it that counts the same.
fn rows_bytes(rows: &[Past]) -> Vec<u8> {
    let mut out = Writer::of_version(ROWS_VERSION);
    out.number(rows.len() as u128);
    let mut before = 0;
    for row in rows {
        out.signed(i128::from(row.time) - i128::from(before));
        before = row.time;
        out.number(row.logs.len() as u128);
        let mut last = 0;
        for (place, (log, value)) in row.logs.iter().enumerate() {
            // Logs of a row rise.
            out.number((log - last) as u128);
            last = *log;
            let same = row.logs[..place].iter().position(|(_, other)| other == value);
            match (value, same) {
                (None, _) => out.number(0),
                (Some(value), None) => {
                    out.number(1);
                    out.signed(*value);
                }
                (Some(_), Some(same)) => out.number(2 + same as u128),
            }
        }
    }
    out.done()
}

fn read_rows(bytes: &[u8]) -> Option<Vec<Past>> {
    let (version, mut input) = Reader::versioned(bytes)?;
    let rows = match version {
        VERSION => read_logs(&mut input)?,
        ROWS_VERSION => read_shared(&mut input)?,
        _ => return None,
    };
    input.is_over().then_some(rows)
}

fn read_shared(input: &mut Reader<'_>) -> Option<Vec<Past>> {
    let mut rows = Vec::new();
    let mut time = 0_i64;
    for _ in 0..input.count()? {
        time = later(time, input.signed()?)?;
        let mut logs: Vec<(usize, Option<i128>)> = Vec::new();
        let mut log = 0_usize;
        for _ in 0..input.count()? {
            log = log.checked_add(usize::try_from(input.number()?).ok()?)?;
            let value = match input.number()? {
                0 => None,
                1 => Some(input.signed()?),
                place => logs.get(usize::try_from(place - 2).ok()?)?.1,
            };
            logs.push((log, value));
        }
        rows.push(Past { time, logs });
    }
    Some(rows)
}

/// The first encoding: each log with rows of its own. A value that nothing adds up is 0.
fn read_logs(input: &mut Reader<'_>) -> Option<Vec<Past>> {
    let mut rows = Vec::new();
    for log in 0..input.count()? {
        let mut time = 0_i64;
        for _ in 0..input.count()? {
            time = later(time, input.signed()?)?;
            rows.push(Past { time, logs: vec![(log, Some(input.signed()?))] });
        }
    }
    // Stable: rows of one log and one time stay in their order.
    rows.sort_by_key(|row| row.time);
    Some(rows)
}

fn later(time: i64, by: i128) -> Option<i64> {
    i64::try_from(i128::from(time).checked_add(by)?).ok().filter(|time| *time != i64::MAX)
}

fn head(state: &State) -> Vec<u8> {
    let mut out = Writer::new();
    out.number(state.watermark.is_some().into());
    out.signed(state.watermark.unwrap_or_default().into());
    out.signed(state.swept.into());
    out.number(state.late.into());
    out.number(state.untimed.into());
    // All at one time; in a fixed order, so that equal states are equal bytes.
    let newest = state.fired.values().map(|(time, _)| *time).max().unwrap_or_default();
    let mut fired: Vec<_> = state.fired.iter().filter(|(_, (time, _))| *time == newest).collect();
    fired.sort();
    out.signed(newest.into());
    out.number(fired.len() as u128);
    for ((rule, key), (_, count)) in fired {
        out.text(rule);
        out.text(key);
        out.number((*count).into());
    }
    out.done()
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
        fired.insert((rule.into(), key.into()), (time, u32::try_from(input.number()?).ok()?));
    }
    state.fired = fired;
    input.is_over().then_some(())
}

fn read_names(state: &mut State, mut input: Reader<'_>) -> Option<()> {
    let count = input.count()?;
    state.loaded.0 = (0..count).map(|_| input.text().map(str::to_owned)).collect::<Option<_>>()?;
    input.is_over().then_some(())
}

fn waiting(all: &Waiting) -> Result<Vec<u8>, ArrowError> {
    let mut out = Writer::new();
    let all: Vec<Rows> = all.rows().collect::<Result<_, _>>()?;
    out.number(all.len() as u128);
    for rows in &all {
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
    Ok(out.done())
}

fn read_waiting(state: &mut State, mut input: Reader<'_>) -> Option<()> {
    let mut all = Waiting::default();
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

#[cfg(test)]
mod tests {
    use super::{
        super::layout::{LogShape, Needs, Shape},
        *,
    };
    use guiju_lang::{hir::Reach, time::Zone};

    fn entries(state: &mut State) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        save(state, &mut |name, bytes| all.push((name.to_owned(), bytes.to_vec())));
        all.sort();
        all
    }

    fn shape() -> Shape {
        let log = |name: &str, span, operand| LogShape {
            name: name.to_owned(),
            reach: Reach::Last(span),
            operand,
            needs: Needs::default(),
        };
        Shape { logs: vec![log("a", 100, Some(0)), log("b", 100, None), log("c", 3, Some(0))], wide: vec![true] }
    }

    #[test]
    fn what_is_saved_comes_back_and_damage_is_seen() {
        let mut state = State { watermark: Some(-5), swept: 7, late: 1, untimed: 2, ..State::default() };
        state.fired = HashMap::from([(("t/b.r".into(), "甲".into()), (9, 3))]);
        state.adopt(&shape(), &Zone::utc());
        let past = |time, logs: &[(usize, Option<i128>)]| Past { time, logs: logs.to_vec() };
        let most = Some(i128::MAX);
        let rows = [past(1, &[(0, Some(-7)), (1, None), (2, Some(-7))]), past(1, &[(1, None)]), past(5, &[(0, most)])];
        state.memory.restore("甲|1", &rows, true);
        state.memory.gone.push("gone".into());
        let saved = entries(&mut state);
        assert_eq!(saved.len(), 4);
        assert_eq!(entries(&mut state).len(), 1, "only what changed");
        let mut back = State::default();
        back.loaded.1.insert("gone".into(), Vec::new());
        assert!(saved.iter().all(|(name, bytes)| restore(&mut back, name, bytes)));
        assert_eq!(back.loaded.1.len(), 1);
        back.adopt(&shape(), &Zone::utc());
        assert_eq!((back.memory.past(0), back.memory.keys.text(0)), (rows.to_vec(), Some("甲|1")));
        assert_eq!(entries(&mut back).len(), 1, "what was loaded has not changed");
        for (name, bytes) in saved.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            for cut in 0..bytes.len() {
                // No part of an entry is an entry, unless it is the mark of what is gone.
                let part = &bytes[..cut];
                assert!(!restore(&mut State::default(), name, part) || part.is_empty());
            }
        }
    }

    #[test]
    fn other_logs_and_the_first_encoding() {
        // Two logs of version 1: "b" with two rows, "gone" with one.
        let mut out = Writer::new();
        for number in [2, 2] {
            out.number(number);
        }
        for (time, value) in [(4, 0), (1, 0)] {
            out.signed(time);
            out.signed(value);
        }
        out.number(1);
        out.signed(5);
        out.signed(9);
        let mut state = State::default();
        assert!(restore(&mut state, "k:A", &out.done()));
        state.loaded.0 = vec!["b".to_owned(), "gone".to_owned()];
        state.adopt(&shape(), &Zone::utc());
        let times: Vec<_> = state.memory.past(0).iter().map(|row| (row.time, row.logs[0].0)).collect();
        assert_eq!(times, [(4, 1), (5, 1)]);
        assert!(state.renamed && entries(&mut state).iter().any(|(name, _)| name == "k:A"));
        // Fewer logs in another order: what stays keeps its rows.
        let mut other = shape();
        other.logs.rotate_left(1);
        other.logs.pop();
        state.adopt(&other, &Zone::utc());
        assert_eq!(state.memory.past(0)[0].logs, [(0, None)]);
        assert!(entries(&mut state).iter().any(|(name, _)| name == "k:A"));
    }
}
