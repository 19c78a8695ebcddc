//! What goes in and comes out, as plain records. Times are microseconds since 1970-01-01 UTC.

use guiju_core::id::{EpochHash, RunId};
use std::collections::BTreeMap;

/// The texts of a rulebook set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EpochBundle {
    /// Name and text of each file, in the set's order.
    pub files: Vec<(String, String)>,
    /// Who put it in force, if known.
    pub author: Option<String>,
}

/// What is known of a run before it publishes.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// Whose.
    pub tenant: String,
    /// Its name.
    pub run: RunId,
    /// The rulebook set it ran.
    pub epoch: EpochHash,
    /// That set's texts; kept once per hash.
    pub bundle: EpochBundle,
    /// The logical date or time as text: the occurrence in effect ids.
    pub occurrence: String,
    /// Some effects happen at times of their own, so that any earlier run may have published them.
    pub streams: bool,
    /// The logical time.
    pub logical_time: i64,
    /// When the shell started it.
    pub started: i64,
    /// Versions of the inputs, by source (path, size, hash, …), as JSON.
    pub sources: serde_json::Value,
    /// Every sink that effects may name, and whether it is at-most-once.
    pub sinks: Vec<(String, bool)>,
}

/// What became of a rule's effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleCount {
    /// Published now.
    pub new: u64,
    /// Left out: published before, by this run or another of the same occurrence.
    pub already: u64,
    /// Left out: a second effect of the same id in this very run. The rule's key is not unique in its source.
    pub doubled: u64,
}

/// What a publication did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Position in the store's history.
    pub seq: i64,
    /// 1 for the first publication of the run, more for repeats.
    pub attempt: u32,
    /// All rules together.
    pub total: RuleCount,
    /// By rule.
    pub rules: BTreeMap<String, RuleCount>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Everything it did is in the store.
    Published,
    /// Given up; nothing of it is in the store but this record.
    Abandoned,
}

/// A line of the run history.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Position in the store's history.
    pub seq: i64,
    /// Whose.
    pub tenant: String,
    /// Its name.
    pub run: String,
    /// 1 for the first, more for repeats.
    pub attempt: u32,
    /// The rulebook set.
    pub epoch: EpochHash,
    /// The logical date or time as text.
    pub occurrence: String,
    /// The logical time.
    pub logical_time: i64,
    /// When it started.
    pub started: i64,
    /// When it ended.
    pub ended: i64,
    /// How it ended.
    pub status: RunStatus,
    /// Why it was abandoned.
    pub reason: Option<String>,
    /// Versions of its inputs.
    pub sources: serde_json::Value,
    /// What became of its effects, by rule.
    pub rules: BTreeMap<String, RuleCount>,
}

/// Which effects.
#[derive(Debug, Clone, Default)]
pub struct EffectFilter {
    /// Of this rule only (`tenant/rulebook.name`).
    pub rule: Option<String>,
    /// For this key only.
    pub key: Option<String>,
    /// Of this run only.
    pub run: Option<String>,
    /// At most so many, the latest published first.
    pub limit: Option<usize>,
}

/// Effects that a sink is still owed: rows of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// The segment.
    pub segment: i64,
    /// The sink.
    pub sink: String,
    /// Never send anything twice, else never lose anything.
    pub at_most_once: bool,
    /// How many rows of the segment go to this sink.
    pub rows: u64,
    /// How many of them are settled.
    pub done: u64,
    /// Up to which they have been announced by `sending`.
    pub(super) sending: u64,
}

/// Rows whose sending was interrupted: nobody knows whether they arrived, a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertain {
    /// Its number.
    pub id: i64,
    /// The segment.
    pub segment: i64,
    /// The sink.
    pub sink: String,
    /// The first row, among the segment's rows for this sink.
    pub first: u64,
    /// How many.
    pub rows: u64,
    /// When it was sent or found interrupted.
    pub at: i64,
}

/// How much there is, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sizes {
    /// The database file and its log.
    pub database: u64,
    /// Each of its tables.
    pub tables: BTreeMap<String, u64>,
    /// How many files of effects.
    pub segments: u64,
    /// What they hold.
    pub effects: u64,
    /// What they weigh.
    pub segment_bytes: u64,
}
