//! Effects as a step gives them: what the rules want done, as data. The shell seals them (id, epoch, time) before they are kept.

use arrow_array::{Array, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array};
use guiju_lang::hir::{SinkId, SourceId};

/// Effects of one rule, column by column.
#[derive(Debug, Clone)]
pub struct Effects {
    /// The rule, by position in the program.
    pub rule: usize,
    /// What they are: `task`.
    pub kind: &'static str,
    /// Where they go.
    pub sink: SinkId,
    /// Whom they concern, in the canonical text of the key.
    pub keys: StringArray,
    /// When they happen, each at its own time (microseconds since 1970-01-01 UTC); without it, all at the logical time of the step.
    pub times: Option<Int64Array>,
    /// Tells several effects of one rule, key and occurrence apart.
    pub ordinals: UInt32Array,
    /// The source of the rows that caused them.
    pub source: SourceId,
    /// Those rows' positions in the source, from 0.
    pub rows: UInt64Array,
    /// The leaf values that decided, for `why`: see [`crate::effect::EVIDENCE`].
    pub evidence: StringArray,
    /// The kind's own columns (for an event: priority, assignee, task, expires).
    pub payload: RecordBatch,
}

impl Effects {
    /// How many.
    pub fn len(&self) -> usize {
        Array::len(&self.keys)
    }
    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
