//! A condition that holds for a while (`for`). What a rule waits for is kept by key: the row with which it began, and
//! since when. Between two rows of a key nothing changes, so what is decided depends on the rows and on how far the stream's time has
//! come, not on how often anybody looks: the same rows have the same effects in a run over history.
//!
//! What is due is acted upon in the order of (time, key), once no row can come before it.

use super::{
    bound::{LetGo, Most, longest},
    codec::{Reader, Writer},
};
use guiju_core::{Lasting, Size};
use guiju_lang::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A row that a rule waits with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    /// Its position in the source.
    pub(crate) number: u64,
    /// The columns that the rule reads.
    pub(crate) values: Vec<Value>,
}

impl Kept {
    pub(super) fn write(&self, out: &mut Writer) {
        out.number(self.number.into());
        out.number(self.values.len() as u128);
        self.values.iter().for_each(|value| out.value(value));
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Option<Self> {
        let number = u64::try_from(input.number()?).ok()?;
        let values = (0..input.count()?).map(|_| input.value()).collect::<Option<_>>()?;
        Some(Self { number, values })
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.values.len() * size_of::<Value>()
    }
}

/// Of one key.
#[derive(Debug, Clone, PartialEq)]
struct Wait {
    since: i64,
    /// The newest row for which the condition held; gone once its effect is due.
    row: Option<Kept>,
}

/// What is due: when, for whom, with which row.
pub(crate) type Due = (i64, Box<str>, Kept);

/// What a rule waits for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits {
    keys: BTreeMap<Box<str>, Wait>,
    /// Those whose effect is not due yet, by when they began.
    order: BTreeSet<(i64, Box<str>)>,
    /// Due, and not acted upon yet.
    due: Vec<Due>,
    /// Keys that changed since it was last saved.
    touched: BTreeSet<Box<str>>,
    most: Most,
    /// Since it was last said.
    pub(super) let_go: LetGo,
}

impl Waits {
    /// A row of a key: whether the condition holds, since when if it did not before, and how long it has to.
    pub(crate) fn row(&mut self, (key, time): (&str, i64), holds: bool, span: i64, row: impl FnOnce() -> Kept) {
        let since = match self.keys.get(key) {
            Some(wait) => {
                let since = wait.since;
                // It held until now.
                if wait.row.is_some() && since.saturating_add(span) <= time {
                    self.comes_due(key, span);
                }
                Some(since)
            }
            None => None,
        };
        match (holds, since) {
            (false, None) => return,
            (false, Some(since)) => {
                self.keys.remove(key);
                self.order.remove(&(since, key.into()));
            }
            (true, None) => {
                self.make_room();
                self.keys.insert(key.into(), Wait { since: time, row: Some(row()) });
                self.order.insert((time, key.into()));
            }
            (true, Some(_)) => match self.keys.get_mut(key) {
                Some(wait) if wait.row.is_some() => wait.row = Some(row()),
                _ => return,
            },
        }
        self.touched.insert(key.into());
    }

    /// Those who began first go, also if their effect is due already: it would come again if their condition goes on.
    fn make_room(&mut self) {
        if self.keys.len() < self.most.0 {
            return;
        }
        for key in longest(self.keys.iter().map(|(key, wait)| (wait.since, &**key))) {
            if let Some(wait) = self.keys.remove(&key) {
                self.order.remove(&(wait.since, key.clone()));
            }
            self.touched.insert(key);
            self.let_go.keys += 1;
        }
    }

    fn comes_due(&mut self, key: &str, span: i64) {
        let Some(wait) = self.keys.get_mut(key) else { return };
        if let Some(row) = wait.row.take() {
            self.due.push((wait.since.saturating_add(span), key.into(), row));
            self.order.remove(&(wait.since, key.into()));
            self.touched.insert(key.into());
        }
    }

    /// No row before this time will come any more: what is due by then, in order.
    pub(crate) fn due(&mut self, until: i64, span: i64) -> Vec<Due> {
        while let Some((since, key)) = self.order.first().cloned()
            && since.saturating_add(span) <= until
        {
            self.comes_due(&key, span);
        }
        let mut due = std::mem::take(&mut self.due);
        due.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        due
    }

    /// When the next one will be due, if nothing happens.
    pub(crate) fn next(&self, span: i64) -> Option<i64> {
        self.order.first().map(|(since, _)| since.saturating_add(span))
    }
}

impl Lasting for Waits {
    fn copy(&self) -> Box<dyn Lasting> {
        Box::new(self.clone())
    }

    fn save(&mut self, put: &mut dyn FnMut(&str, &[u8])) {
        for key in std::mem::take(&mut self.touched) {
            match self.keys.get(&key) {
                None => put(&key, &[]),
                Some(wait) => {
                    let mut out = Writer::new();
                    out.signed(wait.since.into());
                    out.number(wait.row.is_some().into());
                    wait.row.iter().for_each(|row| row.write(&mut out));
                    put(&key, &out.done());
                }
            }
        }
    }

    fn restore(&mut self, key: &str, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let Some(wait) = Reader::of(bytes).and_then(read) else { return false };
        if wait.row.is_some() {
            self.order.insert((wait.since, key.into()));
        }
        self.keys.insert(key.into(), wait);
        true
    }

    fn size(&self) -> Size {
        let row = |wait: &Wait| wait.row.as_ref().map_or(0, Kept::bytes);
        let bytes: usize = self.keys.iter().map(|(key, wait)| 2 * key.len() + 96 + row(wait)).sum();
        Size {
            keys: self.keys.len() as u64,
            bytes: bytes as u64,
            oldest: self.keys.values().map(|wait| wait.since).min(),
            ..Size::default()
        }
    }
}

fn read(mut input: Reader<'_>) -> Option<Wait> {
    let since = i64::try_from(input.signed()?).ok()?;
    let row = match input.number()? {
        0 => None,
        1 => Some(Kept::read(&mut input)?),
        _ => return None,
    };
    input.is_over().then_some(Wait { since, row })
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::value::Decimal;

    fn kept(number: u64) -> Kept {
        let values = vec![
            Value::Missing,
            Value::Bool(true),
            Value::Integer(-7),
            Value::Decimal(Decimal { mantissa: i128::MAX, scale: 2 }),
            Value::Text("客户".into()),
            Value::Date(-3),
            Value::Timestamp(i64::MIN),
            Value::Real(0.1),
            Value::Time(5),
        ];
        Kept { number, values }
    }

    fn saved(waits: &mut Waits) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        waits.save(&mut |key, bytes| all.push((key.to_owned(), bytes.to_vec())));
        all
    }

    #[test]
    fn it_is_due_once_for_each_time_it_held_long_enough() {
        let mut waits = Waits::default();
        let row = |waits: &mut Waits, key, time, holds| waits.row((key, time), holds, 5, || kept(time as u64));
        for (time, holds) in [(0, true), (3, false), (4, true), (6, true), (9, false), (10, true), (15, true)] {
            row(&mut waits, "A", time, holds);
        }
        row(&mut waits, "B", 8, true);
        assert_eq!(waits.next(5), Some(13));
        let due: Vec<_> = waits.due(15, 5).into_iter().map(|(time, key, row)| (time, key, row.number)).collect();
        // The second time it held for exactly five; the third goes on and is said once.
        assert_eq!(due, [(9, "A".into(), 6), (13, "B".into(), 8), (15, "A".into(), 10)]);
        row(&mut waits, "A", 30, true);
        assert_eq!((waits.due(99, 5), waits.next(5), waits.size().keys), (Vec::new(), None, 2));
    }

    #[test]
    fn when_it_is_full_those_who_began_first_go() {
        let mut waits = Waits { most: Most(32), ..Waits::default() };
        for n in 0..40 {
            waits.row((&format!("{n:02}"), 100 - n), true, 5, || kept(1));
        }
        // Two of the 32 that were there, four times.
        assert_eq!((waits.let_go, waits.size().keys), (LetGo { keys: 8, rows: 0 }, 32));
        assert_eq!(saved(&mut waits).iter().filter(|(_, bytes)| bytes.is_empty()).count(), 8);
        let due: Vec<_> = waits.due(200, 5).into_iter().map(|(_, key, _)| key).collect();
        assert_eq!((due.len(), waits.order.len()), (32, 0));
        assert!(!due.contains(&"31".into()) && due.contains(&"00".into()));
    }

    #[test]
    fn what_is_saved_comes_back_and_damage_is_seen() {
        let mut waits = Waits::default();
        waits.row(("A", 3), true, 5, || kept(1));
        waits.row(("B", 1), true, 5, || kept(2));
        waits.row(("C", 1), true, 5, || kept(2));
        waits.row(("C", 2), false, 5, || kept(2));
        let _ = waits.due(6, 5);
        let entries = saved(&mut waits);
        assert_eq!((entries.len(), saved(&mut waits).len()), (3, 0));
        let mut back = Waits::default();
        assert!(entries.iter().all(|(key, bytes)| back.restore(key, bytes)));
        assert_eq!((&back.keys, &back.order), (&waits.keys, &waits.order));
        for (key, bytes) in &entries {
            assert!((1..bytes.len()).all(|cut| !Waits::default().restore(key, &bytes[..cut])));
        }
    }
}
