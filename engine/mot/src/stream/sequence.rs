//! What a rule expects by key: of `A then B within D` the newest A since the last B, of `A without B within D` every A since the last
//! B, with its row. An A at time t is answered by the next B if that comes before t + D; a row at that very moment comes after it.
//!
//! The rows alone decide, and how far the stream's time has come: the same in a run over history.

use super::{
    bound::{LetGo, Most, longest},
    codec::{Reader, Writer},
    pattern::{Due, Kept},
};
use guiju_core::{Lasting, Size};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// An A that no B has answered.
#[derive(Debug, Clone, PartialEq)]
struct Open {
    time: i64,
    /// What the rule will need of it, if it is due when nobody answers.
    row: Option<Kept>,
}

/// All of one rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    /// Oldest first; no key without one.
    keys: BTreeMap<Box<str>, VecDeque<Open>>,
    /// The oldest of each key.
    order: BTreeSet<(i64, Box<str>)>,
    /// Not answered in time, and not acted upon yet.
    due: Vec<Due>,
    /// Keys that changed since it was last saved.
    touched: BTreeSet<Box<str>>,
    most: Most,
    /// Since it was last said.
    pub(super) let_go: LetGo,
}

/// So many of one key are kept.
const MOST: usize = 1_000;

impl Sequence {
    /// A row of a key. Whether it answers an A; if it is an A itself, it is open from now on: with `kept` along with others, else in their
    /// place.
    pub(super) fn row(
        &mut self,
        (key, time): (&str, i64),
        (starts, answers): (bool, bool),
        span: i64,
        kept: Option<impl FnOnce() -> Kept>,
    ) -> bool {
        self.expire(key, time, span);
        let answered = answers && self.keys.contains_key(key);
        if answered {
            self.change(key, |open| open.clear());
        }
        if starts {
            if !self.keys.contains_key(key) {
                self.make_room();
            }
            let row = kept.map(|kept| kept());
            let mut gone = 0;
            self.change(key, |open| {
                if row.is_none() {
                    open.clear();
                } else if open.len() >= MOST {
                    open.pop_front();
                    gone = 1;
                }
                open.push_back(Open { time, row });
            });
            self.let_go.rows += gone;
        }
        answered
    }

    fn make_room(&mut self) {
        if self.keys.len() < self.most.0 {
            return;
        }
        // Every key has its oldest there.
        for key in longest(self.order.iter().map(|(time, key)| (*time, &**key))) {
            self.change(&key, VecDeque::clear);
            self.let_go.keys += 1;
        }
    }

    /// There is an A that a row at this time would answer.
    pub(super) fn is_open(&self, key: &str, time: i64, span: i64) -> bool {
        let newest = self.keys.get(key).and_then(VecDeque::back);
        newest.is_some_and(|open| open.time.saturating_add(span) > time)
    }

    /// No row before this time will come any more: what nobody answered by then, in order.
    pub(super) fn due(&mut self, until: i64, span: i64) -> Vec<Due> {
        while let Some((time, key)) = self.order.first().cloned()
            && time.saturating_add(span) <= until
        {
            self.expire(&key, until, span);
        }
        let mut due = std::mem::take(&mut self.due);
        due.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        due
    }

    /// When the next one will be due, if nobody answers.
    pub(super) fn next(&self, span: i64) -> Option<i64> {
        self.order.first().map(|(time, _)| time.saturating_add(span))
    }

    /// Those of a key whose time is up.
    fn expire(&mut self, key: &str, now: i64, span: i64) {
        let up = |open: &Open| open.time.saturating_add(span) <= now;
        if !self.keys.get(key).and_then(VecDeque::front).is_some_and(up) {
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        self.change(key, |open| {
            while let Some(Open { time, row }) = open.pop_front_if(|open| up(open)) {
                due.extend(row.map(|row| (time.saturating_add(span), key.into(), row)));
            }
        });
        self.due = due;
    }

    fn change(&mut self, key: &str, change: impl FnOnce(&mut VecDeque<Open>)) {
        let open = self.keys.entry(key.into()).or_default();
        let before = open.front().map(|open| open.time);
        change(open);
        let after = open.front().map(|open| open.time);
        if after.is_none() {
            self.keys.remove(key);
        }
        if before != after {
            before.map(|time| self.order.remove(&(time, key.into())));
            after.map(|time| self.order.insert((time, key.into())));
        }
        self.touched.insert(key.into());
    }
}

impl Lasting for Sequence {
    fn copy(&self) -> Box<dyn Lasting> {
        Box::new(self.clone())
    }

    fn save(&mut self, put: &mut dyn FnMut(&str, &[u8])) {
        for key in std::mem::take(&mut self.touched) {
            let Some(open) = self.keys.get(&key) else {
                put(&key, &[]);
                continue;
            };
            let mut out = Writer::new();
            out.number(open.len() as u128);
            for Open { time, row } in open {
                out.signed((*time).into());
                out.number(row.is_some().into());
                row.iter().for_each(|row| row.write(&mut out));
            }
            put(&key, &out.done());
        }
    }

    fn restore(&mut self, key: &str, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let Some(open) = Reader::of(bytes).and_then(read) else { return false };
        let Some(first) = open.front() else { return false };
        self.order.insert((first.time, key.into()));
        self.keys.insert(key.into(), open);
        true
    }

    fn size(&self) -> Size {
        let rows = |open: &VecDeque<Open>| -> usize {
            open.iter().map(|open| 48 + open.row.as_ref().map_or(0, Kept::bytes)).sum()
        };
        Size {
            keys: self.keys.len() as u64,
            bytes: self.keys.iter().map(|(key, open)| 2 * key.len() + 96 + rows(open)).sum::<usize>() as u64,
            oldest: self.order.first().map(|(time, _)| *time),
            ..Size::default()
        }
    }
}

fn read(mut input: Reader<'_>) -> Option<VecDeque<Open>> {
    let mut all = VecDeque::new();
    for _ in 0..input.count()? {
        let time = i64::try_from(input.signed()?).ok()?;
        let row = match input.number()? {
            0 => None,
            1 => Some(Kept::read(&mut input)?),
            _ => return None,
        };
        all.push_back(Open { time, row });
    }
    (input.is_over() && all.iter().is_sorted_by_key(|open| open.time)).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::value::Value;

    fn kept(number: u64) -> Kept {
        Kept { number, values: vec![Value::Integer(7), Value::Missing] }
    }

    /// A row of key "A", at this time: whether it starts, whether it answers.
    fn row(all: &mut Sequence, time: i64, how: (bool, bool), keeps: bool) -> bool {
        all.row(("A", time), how, 5, keeps.then_some(|| kept(time as u64)))
    }

    #[test]
    fn then_answers_the_newest_once_and_in_time() {
        let mut all = Sequence::default();
        let rows = [
            (0, (true, false), false),
            (1, (true, false), false),
            // Answers what came before it, once.
            (5, (false, true), true),
            (5, (false, true), false),
            // Both: for what comes after it.
            (6, (true, true), false),
            (10, (true, true), true),
            (15, (false, true), false),
        ];
        for (time, how, answers) in rows {
            assert_eq!(row(&mut all, time, how, false), answers, "{time}");
        }
        assert_eq!((all.keys.len(), all.order.len(), all.due(99, 5)), (0, 0, Vec::new()));
        row(&mut all, 20, (true, false), false);
        assert!(all.is_open("A", 24, 5) && !all.is_open("A", 25, 5) && !all.is_open("B", 20, 5));
        assert!(all.due(25, 5).is_empty() && all.keys.is_empty());
    }

    #[test]
    fn without_is_due_for_every_one_that_nobody_answered() {
        let mut all = Sequence::default();
        for (time, how) in [(0, (true, false)), (2, (true, false)), (5, (false, true)), (6, (true, false))] {
            row(&mut all, time, how, true);
        }
        all.row(("B", 6), (true, false), 5, Some(|| kept(8)));
        row(&mut all, 6, (true, false), true);
        assert_eq!(all.next(5), Some(11));
        let due: Vec<_> = all.due(11, 5).into_iter().map(|(time, key, row)| (time, key, row.number)).collect();
        // The one at 0 was due at 5, before the answer; the one at 2 was answered.
        assert_eq!(due, [(5, "A".into(), 0), (11, "A".into(), 6), (11, "A".into(), 6), (11, "B".into(), 8)]);
        assert_eq!((all.next(5), all.size().keys), (None, 0));
    }

    #[test]
    fn a_key_that_asks_too_often_lets_the_oldest_go() {
        let mut all = Sequence::default();
        for _ in 0..MOST + 3 {
            assert!(!row(&mut all, 0, (true, false), true));
        }
        assert_eq!((all.let_go, all.due(9, 5).len()), (LetGo { keys: 0, rows: 3 }, MOST));
    }

    #[test]
    fn when_it_is_full_the_keys_that_wait_longest_go() {
        let mut all = Sequence { most: Most(32), ..Sequence::default() };
        for n in 0..33 {
            all.row((&format!("{n:02}"), i64::from(n)), (true, false), 500, Some(|| kept(1)));
        }
        assert_eq!((all.let_go, all.keys.len(), all.order.len()), (LetGo { keys: 2, rows: 0 }, 31, 31));
        assert!(!all.is_open("00", 40, 500) && !all.is_open("01", 40, 500) && all.is_open("02", 40, 500));
    }

    #[test]
    fn what_is_saved_comes_back_and_damage_is_seen() {
        let mut all = Sequence::default();
        for (key, time) in [("A", 1), ("A", 3), ("B", 2), ("C", 2)] {
            all.row((key, time), (true, false), 5, Some(|| kept(9)));
        }
        all.row(("C", 3), (false, true), 5, Some(|| kept(9)));
        all.row(("D", 3), (true, false), 5, None::<fn() -> Kept>);
        let mut entries = Vec::new();
        all.save(&mut |key, bytes| entries.push((key.to_owned(), bytes.to_vec())));
        assert_eq!(entries.len(), 4);
        all.save(&mut |key, _| panic!("{key} has not changed"));
        let mut back = Sequence::default();
        assert!(entries.iter().all(|(key, bytes)| back.restore(key, bytes)));
        assert_eq!((&back.keys, &back.order), (&all.keys, &all.order));
        for (key, bytes) in &entries {
            assert!((1..bytes.len()).all(|cut| !Sequence::default().restore(key, &bytes[..cut])));
        }
    }
}
