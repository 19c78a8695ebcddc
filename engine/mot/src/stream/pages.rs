//! Which rows of a key are saved where. A key's rows are numbered from its first one on; every sixteen of them are a page, written once, when
//! it is full. What is written whenever the key changes is its head: which numbers its windows still hold, and the rows after the last
//! full page. So a key with a million rows costs what one with ten does. A page goes when all its rows have fallen out; rows of a page
//! that fell out earlier are known by their numbers.
//!
//! A row is saved as it came. By the time it is read back it may have fallen out of the shorter windows: the next row of its key, before
//! which nobody looks, takes it out of them.

use super::{memory::Past, save};
use std::collections::BTreeMap;

/// Rows of a page.
pub(super) const PAGE: u32 = 16;

/// What of a key is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Saved {
    /// What has to be added to a position in the key's ring to get its row's number.
    offset: u32,
    /// Pages that are there: from this one on, and before that one. Numbers go round, and so do pages.
    first: u32,
    next: u32,
    /// They do not hold what they should any more.
    anew: bool,
}

/// Pages and heads are told apart by their names; `page:key`.
pub(super) fn name(page: u32, key: &str) -> String {
    format!("{}{page}:{key}", save::PAGE_OF)
}

/// A page after another.
fn after(page: u32) -> u32 {
    (page + 1) % (u32::MAX / PAGE + 1)
}

impl Saved {
    /// Of a key whose windows hold the rows at these positions: says every entry that has to change. `rows`: those from a position on,
    /// before another.
    pub(super) fn save(
        &mut self,
        (start, end): (u32, u32),
        key: &str,
        rows: impl Fn(u32, u32) -> Vec<Past>,
        put: &mut dyn FnMut(&str, &[u8]),
    ) {
        let number = |position: u32| position.wrapping_add(self.offset);
        let page = |position: u32| number(position) / PAGE;
        let (offset, oldest, newest) = (self.offset, page(start), page(end));
        // Rows of a page that the windows hold.
        let of = |page: u32| {
            let begin = page.wrapping_mul(PAGE).wrapping_sub(offset);
            let from = if page == oldest { start } else { begin };
            let to = if page == newest { end } else { begin.wrapping_add(PAGE) };
            (from.wrapping_add(offset), rows(from, to))
        };
        let goes = |first: &mut u32, upto: u32, put: &mut dyn FnMut(&str, &[u8])| {
            while *first != upto {
                put(&name(*first, key), &[]);
                *first = after(*first);
            }
        };
        if std::mem::take(&mut self.anew) {
            goes(&mut self.first, self.next, put);
        }
        let held = within(oldest, self.first, self.next);
        goes(&mut self.first, if held { oldest } else { self.next }, put);
        if self.first == self.next {
            (self.first, self.next) = (oldest, oldest);
        }
        while self.next != newest {
            let (begin, rows) = of(self.next);
            put(&name(self.next, key), &save::page_bytes(begin, &rows));
            self.next = after(self.next);
        }
        let (begin, rows) = of(newest);
        put(&save::head_of(key), &save::head_bytes(number(start), begin, &rows));
    }

    /// The key is forgotten: so is what was saved of it.
    pub(super) fn forget(self, key: &str, put: &mut dyn FnMut(&str, &[u8])) {
        let mut page = self.first;
        while page != self.next {
            put(&name(page, key), &[]);
            page = after(page);
        }
        put(&save::head_of(key), &[]);
    }

    /// The same, for a key whose rows stand elsewhere now, or are others.
    pub(super) fn moved(self) -> Self {
        Self { offset: 0, anew: true, ..self }
    }
}

/// The page is one of those.
fn within(page: u32, first: u32, next: u32) -> bool {
    let pages = u32::MAX / PAGE + 1;
    let from = |other: u32| (other + pages - first) % pages;
    from(page) < from(next)
}

/// What was read of a key, in whatever order it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Loaded {
    /// The number of the oldest row that counts, that of the first of these rows, and the rows after the last full page.
    pub(super) head: Option<(u32, u32, Vec<Past>)>,
    /// Full pages: the number of the first row, and the rows.
    pub(super) pages: BTreeMap<u32, (u32, Vec<Past>)>,
}

impl Loaded {
    /// No row is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.way().is_some()
    }

    /// The pages that hold rows that count, oldest first, and how many rows of each do not; `None` if one is missing.
    fn way(&self) -> Option<Vec<(u32, usize)>> {
        let (start, begin, _) = self.head.as_ref()?;
        let (mut number, mut page, mut way) = (*start, start / PAGE, Vec::new());
        while page != begin / PAGE {
            let (first, of) = self.pages.get(&page)?;
            let (skip, end) = (number.wrapping_sub(*first) as usize, first.wrapping_add(of.len() as u32));
            way.push((page, skip));
            page = after(page);
            number = page.wrapping_mul(PAGE);
            (skip < of.len() && end == number).then_some(())?;
        }
        // Pages that have fallen out go in the transaction that says so: there are no others.
        (number == *begin && way.len() == self.pages.len()).then_some(way)
    }

    /// The rows that count, oldest first, and where they stand; `None` if one is missing.
    pub(super) fn rows(mut self) -> Option<(Vec<Past>, Saved)> {
        let way = self.way()?;
        let (start, begin, tail) = self.head.take()?;
        let mut rows = Vec::new();
        for (page, skip) in way {
            rows.extend(self.pages.remove(&page)?.1.into_iter().skip(skip));
        }
        rows.extend(tail);
        Some((rows, Saved { offset: start, first: start / PAGE, next: begin / PAGE, anew: false }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time: u32) -> Past {
        Past { time: time.into(), logs: vec![(0, Some(time.into()))] }
    }

    /// Rows come and fall out; what is saved is read back at any moment, whatever the numbers are that it began with.
    #[test]
    fn what_is_saved_is_what_the_windows_hold() {
        let mut state = 5_u64;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u32 % below
        };
        for offset in [0, 7, u32::MAX - 40] {
            let mut saved = Saved { offset, first: offset / PAGE, next: offset / PAGE, anew: false };
            let mut entries: BTreeMap<String, Vec<u8>> = BTreeMap::new();
            // The ring's positions. What a row says is its number.
            let (mut start, mut end) = (0, 0);
            let mut written = 0;
            for turn in 0..400 {
                end += random(if turn % 40 < 20 { 30 } else { 3 });
                start += random(end - start + 1).min(if turn % 90 == 89 { u32::MAX } else { random(25) });
                let add = saved.offset;
                let all = |from: u32, to: u32| (from..to).map(|at| row(at.wrapping_add(add))).collect::<Vec<_>>();
                saved.save((start, end), "甲:1", all, &mut |name, bytes| {
                    written += usize::from(!bytes.is_empty());
                    entries.insert(name.to_owned(), bytes.to_vec());
                });
                entries.retain(|_, bytes| !bytes.is_empty());
                let back = save::loaded_of("甲:1", &entries).expect("whole");
                assert_eq!(back.0, all(start, end));
                let page = |position: u32| position.wrapping_add(saved.offset) / PAGE;
                assert!(
                    entries.len() as u32 <= page(end).wrapping_sub(page(start)).wrapping_add(1) % (u32::MAX / PAGE)
                );
                match random(9) {
                    // Restarted: rows stand elsewhere and are the same.
                    0 => {
                        saved = back.1;
                        (start, end) = (0, end - start);
                    }
                    // Other rows, from the same store.
                    1 => saved = saved.moved(),
                    _ => {}
                }
            }
            // Most rows were written once in a page and a few times in a head.
            assert!(written < 400 * 5, "{written}");
            let one = entries.keys().find(|name| name.starts_with(save::PAGE_OF)).cloned();
            if let Some(one) = one {
                entries.remove(&one);
                assert!(save::loaded_of("甲:1", &entries).is_none(), "a page is missing");
            }
            saved.forget("甲:1", &mut |name, bytes| {
                assert!(bytes.is_empty());
                entries.remove(name);
            });
            assert!(entries.is_empty());
        }
    }
}
