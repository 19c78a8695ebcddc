//! What is remembered of a stream as entries of a cell: some for each key, so that a key that did nothing costs nothing, and what is
//! written of a key or of rows that wait is what is new ([`pages`](super::pages)).

use super::{
    codec::{Reader, VERSION, Writer},
    memory::Past,
    state::State,
    waiting::Rows,
};
use arrow_array::RecordBatch;
use arrow_ipc::{reader::StreamReader, writer::StreamWriter};
use arrow_schema::ArrowError;
use std::collections::HashMap;

/// Of rows of a key: their windows share them.
const ROWS_VERSION: u8 = 2;
/// Of rows of a key that have numbers, as most of them stand in pages.
const NUMBERED_VERSION: u8 = 3;
/// Before each key of the stream.
const KEY: &str = "k:";
/// Before the number of a page, a colon and the key.
pub(super) const PAGE_OF: &str = "p:";
/// What belongs to no key: the watermark, counts, the effects of the newest time.
const HEAD: &str = "head";
/// What the logs hold, in their order.
const NAMES: &str = "logs";
/// Before the number of rows that came together and wait.
const WAIT: &str = "w:";
/// All rows that wait, as an earlier release saved them.
const WAITING: &str = "waiting";

/// Says every entry that changed since it was last asked; an empty one is gone.
pub(super) fn save(state: &mut State, put: &mut dyn FnMut(&str, &[u8])) {
    state.memory.save(put);
    put(HEAD, &head(state));
    if std::mem::take(&mut state.renamed) {
        let mut out = Writer::new();
        let logs = &state.memory.layout.shape.logs;
        out.number(logs.len() as u128);
        logs.iter().for_each(|log| out.text(&log.name));
        put(NAMES, &out.done());
    }
    if std::mem::take(&mut state.waited) {
        put(WAITING, &[]);
    }
    // Rows that cannot be written cannot have been read either.
    let rows = |rows: &Rows| waiting(rows).unwrap_or_default();
    state.waiting.save(&mut |number, some| put(&format!("{WAIT}{number}"), &some.map(rows).unwrap_or_default()));
}

/// Takes one entry back; false if it is damaged.
pub(super) fn restore(state: &mut State, name: &str, bytes: &[u8]) -> bool {
    let part = |prefix: &str| {
        let (number, key) = name.strip_prefix(prefix)?.split_once(':').unwrap_or((name.strip_prefix(prefix)?, ""));
        Some((number.parse::<u64>().ok()?, key))
    };
    if let Some(key) = name.strip_prefix(KEY) {
        return read_key(state, key, bytes).is_some();
    }
    if let Some((page, key)) = part(PAGE_OF) {
        return read_page(state, page, key, bytes).is_some();
    }
    if let Some((number, _)) = part(WAIT) {
        return bytes.is_empty() || read_wait(bytes).map(|rows| state.loaded.waiting.insert(number, rows)).is_some();
    }
    match name {
        HEAD => Reader::of(bytes).and_then(|input| read_head(state, input)).is_some(),
        NAMES => Reader::of(bytes).and_then(|input| read_names(state, input)).is_some(),
        WAITING if bytes.is_empty() => true,
        WAITING => Reader::of(bytes).and_then(|input| read_waiting(state, input)).is_some(),
        _ => false,
    }
}

/// The entry that every key has.
pub(super) fn head_of(key: &str) -> String {
    format!("{KEY}{key}")
}

/// Of a key: the number of the oldest row that counts, that of the first of these, and rows that stand in no page.
pub(super) fn head_bytes(start: u32, begin: u32, rows: &[Past]) -> Vec<u8> {
    let mut out = Writer::of_version(NUMBERED_VERSION);
    out.number(start.into());
    out.number(begin.into());
    write_rows(&mut out, rows);
    out.done()
}

/// A page: the number of its first row, and its rows.
pub(super) fn page_bytes(begin: u32, rows: &[Past]) -> Vec<u8> {
    let mut out = Writer::of_version(NUMBERED_VERSION);
    out.number(begin.into());
    write_rows(&mut out, rows);
    out.done()
}

fn read_key(state: &mut State, key: &str, bytes: &[u8]) -> Option<()> {
    if bytes.is_empty() {
        return Some(());
    }
    let (version, mut input) = Reader::versioned(bytes)?;
    let head = if version == NUMBERED_VERSION {
        let (start, begin) = (read_number(&mut input)?, read_number(&mut input)?);
        let rows = read_shared(&mut input)?;
        input.is_over().then_some((start, begin, rows))?
    } else {
        (0, 0, read_rows(bytes)?)
    };
    state.loaded.keys.entry(key.into()).or_default().head = Some(head);
    Some(())
}

fn read_page(state: &mut State, page: u64, key: &str, bytes: &[u8]) -> Option<()> {
    if bytes.is_empty() {
        return Some(());
    }
    let (version, mut input) = Reader::versioned(bytes)?;
    let (begin, rows) = (read_number(&mut input)?, read_shared(&mut input)?);
    (version == NUMBERED_VERSION && input.is_over()).then_some(())?;
    state.loaded.keys.entry(key.into()).or_default().pages.insert(u32::try_from(page).ok()?, (begin, rows));
    Some(())
}

fn read_number(input: &mut Reader<'_>) -> Option<u32> {
    u32::try_from(input.number()?).ok()
}

/// Rows of a key: the time that went by since the row before, the logs that count it, and what they count: 0 for nothing, 1 and a
/// value, or 2 and the place of a log before it that counts the same.
fn write_rows(out: &mut Writer, rows: &[Past]) {
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
    state.loaded.names = (0..count).map(|_| input.text().map(str::to_owned)).collect::<Option<_>>()?;
    input.is_over().then_some(())
}

fn waiting(rows: &Rows) -> Result<Vec<u8>, ArrowError> {
    let mut out = Writer::new();
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
    Ok(out.done())
}

fn read_wait(bytes: &[u8]) -> Option<Rows> {
    let mut input = Reader::of(bytes)?;
    let rows = read_waiting_rows(&mut input)?;
    input.is_over().then_some(rows)
}

fn read_waiting_rows(input: &mut Reader<'_>) -> Option<Rows> {
    let count = input.count()?;
    let (mut numbers, mut times) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        numbers.push(u64::try_from(input.number()?).ok()?);
        times.push(i64::try_from(input.signed()?).ok()?);
    }
    let columns: RecordBatch = StreamReader::try_new(input.bytes()?, None).ok()?.next()?.ok()?;
    (columns.num_rows() == count).then_some(Rows { columns, numbers, times })
}

/// The entry of an earlier release: everything that waits, batch by batch.
fn read_waiting(state: &mut State, mut input: Reader<'_>) -> Option<()> {
    for _ in 0..input.count()? {
        let rows = read_waiting_rows(&mut input)?;
        state.waiting.push(rows);
    }
    state.waited = true;
    input.is_over().then_some(())
}

/// What is saved of one key, put together.
#[cfg(test)]
pub(super) fn loaded_of(
    key: &str,
    entries: &std::collections::BTreeMap<String, Vec<u8>>,
) -> Option<(Vec<Past>, super::pages::Saved)> {
    let mut state = State::default();
    assert!(entries.iter().all(|(name, bytes)| restore(&mut state, name, bytes)), "{entries:?}");
    state.loaded.keys.remove(key)?.rows()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            layout::{LogShape, Needs, Shape},
            pages::Saved,
        },
        *,
    };
    use arrow_array::Int64Array;
    use guiju_core::Lasting;
    use guiju_lang::{hir::Reach, time::Zone};
    use std::sync::Arc;

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
        state.memory.restore("甲|1", &rows, Saved::default(), true);
        state.memory.gone.push(("gone".into(), Saved::default()));
        let saved = entries(&mut state);
        assert_eq!(saved.len(), 4);
        assert_eq!(entries(&mut state).len(), 1, "only what changed");
        let mut back = State::default();
        assert!(saved.iter().all(|(name, bytes)| restore(&mut back, name, bytes)));
        assert!(back.is_whole());
        assert_eq!(back.loaded.keys.len(), 1);
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

    /// Rows that wait are saved once, when they come; those that were decided since do not come back.
    #[test]
    fn what_waits_is_saved_once() {
        let rows = |first: u64, times: &[i64]| {
            let column: arrow_array::ArrayRef = Arc::new(Int64Array::from(times.to_vec()));
            let columns = RecordBatch::try_from_iter([("at", column)]).expect("a batch");
            Rows { columns, numbers: (first..first + times.len() as u64).collect(), times: times.to_vec() }
        };
        let mut state = State { watermark: Some(0), ..State::default() };
        let mut stored = std::collections::BTreeMap::new();
        let mut put = |state: &mut State| {
            let all = entries(state);
            let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
            stored.extend(all);
            stored.retain(|_, bytes: &mut Vec<u8>| !bytes.is_empty());
            (names, stored.clone())
        };
        state.waiting.push(rows(0, &[5, 3, 9]));
        state.waiting.push(rows(3, &[4, 4]));
        assert_eq!(put(&mut state).0, ["head", "w:0", "w:1"]);
        state.watermark = Some(4);
        let ready = state.ready(false).expect("merges").expect("some");
        assert_eq!(ready.numbers, [1, 3, 4]);
        state.waiting.push(rows(5, &[7]));
        let (names, stored) = put(&mut state);
        assert_eq!(names, ["head", "w:1", "w:2"], "one is gone, one is new, one stays");
        let mut back = State::default();
        assert!(stored.iter().all(|(name, bytes)| restore(&mut back, name, bytes)));
        back.adopt(&Shape::default(), &Zone::utc());
        let whole = |state: &mut State| state.ready(true).expect("merges").map(|rows| (rows.numbers, rows.times));
        let left = (vec![0, 5, 2], vec![5, 7, 9]);
        assert_eq!((whole(&mut back), whole(&mut state)), (Some(left.clone()), Some(left)));
        assert_eq!(entries(&mut back).iter().filter(|(_, bytes)| bytes.is_empty()).count(), 2, "and nothing is left");
        // A number is not used again while somebody might read it.
        back.waiting.push(rows(6, &[99]));
        assert_eq!(entries(&mut back)[1].0, "w:3");

        // As an earlier release saved it: all in one entry.
        let mut out = Writer::new();
        out.number(1);
        let mut one = waiting(&rows(7, &[40, 41])).expect("writes");
        one.remove(0);
        let mut old = out.done();
        old.append(&mut one);
        let mut state = State::default();
        assert!(restore(&mut state, "waiting", &old));
        let saved = entries(&mut state);
        let names: Vec<(&str, bool)> = saved.iter().map(|(name, bytes)| (name.as_str(), bytes.is_empty())).collect();
        assert_eq!(names, [("head", false), ("w:0", false), ("waiting", true)]);
        assert_eq!(state.waiting.len(), 2);
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
        state.loaded.names = vec!["b".to_owned(), "gone".to_owned()];
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
