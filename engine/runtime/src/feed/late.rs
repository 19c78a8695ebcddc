//! Columns that rules need only of rows on which they act, read for those rows when a row group is through.

use super::Groups;
use crate::epoch::Epoch;
use guiju_connect::read::{Pickable, Picker, SourceBatch};
use guiju_core::{Early, Feed, Input, Late as Completed};
use guiju_lang::{finding::Finding, hir::SourceId};

/// The columns of a source that decide, and those that may come later, of `used`: none may if nothing else would be left to read.
pub(super) fn split(epoch: &Epoch, source: SourceId, used: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let feeds = |feed: &Feed| match feed {
        Feed::Lookup(other) | Feed::Drive(other) | Feed::Stream(other) => *other == source,
    };
    let groups = epoch.groups.iter().filter(|group| group.linked.feeds().iter().any(feeds));
    let late: Vec<Vec<u32>> = groups.map(|group| group.linked.late(source)).collect();
    let (late, early): (Vec<u32>, Vec<u32>) =
        used.iter().partition(|column| !late.is_empty() && late.iter().all(|late| late.contains(column)));
    if early.is_empty() { (late, Vec::new()) } else { (early, late) }
}

/// A source whose rows come in two parts.
pub(super) struct Late {
    source: SourceId,
    picker: Picker,
    early: Vec<u32>,
    late: Vec<u32>,
    /// What the rows before came from, and which of them want their other columns.
    from: Option<Pickable>,
    wanted: Vec<u64>,
}

impl Late {
    pub(super) fn new(source: SourceId, picker: Picker, early: Vec<u32>, late: Vec<u32>) -> Self {
        Self { source, picker, early, late, from: None, wanted: Vec::new() }
    }

    /// Gives the groups rows; before them, what is still wanted of a row group that is through.
    pub(super) fn step(&mut self, groups: &mut Groups<'_, '_>, batch: &SourceBatch) -> Result<(), Vec<Finding>> {
        let from = self.picker.of(batch.first_row);
        if self.from != Some(from) {
            self.catch_up(groups)?;
            self.from = Some(from);
        }
        let (rows, first_row) = (&batch.batch, batch.first_row);
        let early = Early { source: self.source, rows, first_row, columns: &self.early };
        self.wanted.append(&mut groups.step(&Input::Early(early))?);
        Ok(())
    }

    /// Gives the groups what they want of the rows they have.
    pub(super) fn catch_up(&mut self, groups: &mut Groups<'_, '_>) -> Result<(), Vec<Finding>> {
        let (Some(from), numbers) = (self.from, std::mem::take(&mut self.wanted)) else { return Ok(()) };
        if numbers.is_empty() {
            return Ok(());
        }
        let rows = self.picker.pick(from, &numbers)?;
        let late = Completed { source: self.source, rows: &rows, numbers: &numbers.into(), columns: &self.late };
        groups.step(&Input::Late(late)).map(drop)
    }
}
