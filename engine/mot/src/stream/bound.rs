//! How many keys a rule waits for, and who goes when there are too many: as many as windows have, and those who have waited longest.

/// What made room for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LetGo {
    /// Keys with all that was kept of them.
    pub(super) keys: u64,
    /// Rows that made room for others of their key.
    pub(super) rows: u64,
}

/// Keys that are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most(pub(super) usize);

impl Default for Most {
    fn default() -> Self {
        Self(super::memory::MOST_KEYS)
    }
}

/// Of every sixteen keys the one that has waited longest, so that a full memory is looked through once for many rows.
pub(super) fn longest<'a>(waiting: impl Iterator<Item = (i64, &'a str)>) -> Vec<Box<str>> {
    let mut all: Vec<_> = waiting.collect();
    let share = (all.len() / 16).max(1).min(all.len());
    if share > 0 {
        // By time, then by key: the same everywhere.
        all.select_nth_unstable(share - 1);
    }
    all[..share].iter().map(|(_, key)| (*key).into()).collect()
}
