//! Feeding a group of rules: lookups whole first, then the sources that drive, each read once for everybody.

mod late;

use crate::{
    copies::Copies,
    epoch::{Epoch, Moment},
    project::Project,
};
use guiju_connect::read::{self, PartBounds, ReadOptions, Scan};
use guiju_core::{Batch, Cells, Feed, Input, Output, StepError};
use guiju_lang::{
    context::Context,
    finding::{Arg, At, Finding, codes},
    hir::{ColumnRef, Program, SourceId},
    schema::Schema,
};
use late::Late;
use std::collections::BTreeMap;

/// Looks on while sources are read.
pub trait Watch {
    /// Called after every batch.
    fn progress(&mut self, progress: &Progress<'_>);
    /// Asked before every batch: stop, publish nothing.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Nobody looks on.
impl Watch for () {
    fn progress(&mut self, _: &Progress<'_>) {}
}

/// How far a source has been read.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The source.
    pub source: &'a str,
    /// Rows so far.
    pub rows: u64,
    /// Bytes so far, as the files count them.
    pub bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// What was read of a source.
#[derive(Debug, Clone)]
pub struct Read {
    /// The source.
    pub source: String,
    /// Its rows.
    pub rows: u64,
    /// The identity of what was read.
    pub version: String,
    /// Of a table in a database: when the copy that was read was taken, in microseconds since 1970-01-01 UTC.
    pub taken: Option<i64>,
}

/// What was read, and what somebody should know of it.
#[derive(Debug)]
pub(crate) struct Fed {
    pub(crate) reads: Vec<Read>,
    pub(crate) findings: Vec<Finding>,
}

/// The order in which an epoch's sources are read: lookups, then those that drive.
pub(crate) fn order(epoch: &Epoch) -> Vec<SourceId> {
    let mut drives: BTreeMap<SourceId, bool> = BTreeMap::new();
    for feed in epoch.groups.iter().flat_map(|group| group.linked.feeds()) {
        match feed {
            Feed::Lookup(source) => *drives.entry(source).or_default() |= false,
            Feed::Drive(source) | Feed::Stream(source) => *drives.entry(source).or_default() |= true,
        }
    }
    let (mut first, last): (Vec<_>, Vec<_>) = drives.iter().partition(|(_, drives)| !**drives);
    first.extend(last);
    first.into_iter().map(|(source, _)| *source).collect()
}

/// Gets what a group gives, as soon as it gives it.
pub(crate) type Take<'a> = dyn FnMut(&Context, &mut Output) -> Result<(), Vec<Finding>> + 'a;

/// All groups of an epoch, which see the same inputs.
pub(crate) struct Groups<'a, 'b> {
    epoch: &'a Epoch,
    contexts: Vec<Context>,
    cells: &'a mut [Cells],
    take: &'a mut Take<'b>,
}

impl<'a, 'b> Groups<'a, 'b> {
    pub(crate) fn new(epoch: &'a Epoch, at: Moment, cells: &'a mut [Cells], take: &'a mut Take<'b>) -> Self {
        let contexts = epoch.groups.iter().map(|group| group.context(at)).collect();
        Self { epoch, contexts, cells, take }
    }

    /// Gives all groups an input. The rows of which they want more, of those they were given.
    pub(crate) fn step(&mut self, input: &Input<'_>) -> Result<Vec<u64>, Vec<Finding>> {
        let mut wanted = Vec::new();
        for ((group, cells), cx) in self.epoch.groups.iter().zip(&mut *self.cells).zip(&self.contexts) {
            let mut out = Output::default();
            group.linked.step(cx, cells, input, &mut out).map_err(|error| vec![step_finding(error)])?;
            wanted.append(&mut out.wanted);
            (self.take)(cx, &mut out)?;
        }
        wanted.sort_unstable();
        wanted.dedup();
        Ok(wanted)
    }
}

/// A source that is read, and what reads some columns for the rows that turn out to need them.
pub(crate) struct Opened {
    scan: Scan,
    late: Option<Late>,
}

impl From<Scan> for Opened {
    fn from(scan: Scan) -> Self {
        Self { scan, late: None }
    }
}

/// How a source is opened: as it lies there, or from what was kept of it.
pub(crate) type Opener<'a> = dyn FnMut(SourceId, &read::Request<'_>) -> Result<Opened, Vec<Finding>> + 'a;

/// Reads every source and steps every group.
pub(crate) fn feed(
    project: &Project,
    epoch: &Epoch,
    at: Moment,
    cells: &mut [Cells],
    watch: &mut dyn Watch,
    take: &mut Take<'_>,
) -> Result<Fed, Vec<Finding>> {
    feed_from(&mut |_, request| read::open(request).map(Opened::from), project, epoch, at, (cells, watch), take)
}

/// The same without the parts of sources of which it is known that no rule acts there, and without the columns that rules need only of
/// rows on which they act: those come later, for these rows.
pub(crate) fn feed_wanted(
    project: &Project,
    epoch: &Epoch,
    at: Moment,
    cells: &mut [Cells],
    watch: &mut dyn Watch,
    take: &mut Take<'_>,
) -> Result<Fed, Vec<Finding>> {
    let contexts: Vec<Context> = epoch.groups.iter().map(|group| group.context(at)).collect();
    let mut opener = |source: SourceId, request: &read::Request<'_>| {
        let used = &epoch.program.sources[source.0 as usize].used;
        let (early, late): (Vec<u32>, Vec<u32>) = late::split(epoch, source, used);
        // A file that must be read from the beginning has all columns, and no bounds.
        let wanted = |part: &PartBounds| {
            let bounds = |column: &ColumnRef| {
                let at = early.binary_search(&column.column).ok().filter(|_| column.source == source)?;
                part.get(at)?.clone()
            };
            epoch.groups.iter().zip(&contexts).any(|(group, cx)| group.linked.wants(cx, source, &bounds))
        };
        if late.is_empty() {
            return read::open_where(request, Some(&wanted)).map(Opened::from);
        }
        let (scan, picker) = read::open_late(request, &late, Some(&wanted))?;
        Ok(Opened { scan, late: picker.map(|picker| Late::new(source, picker, early, late)) })
    };
    feed_from(&mut opener, project, epoch, at, (cells, watch), take)
}

/// The same, from sources that `opener` opens.
pub(crate) fn feed_from(
    opener: &mut Opener<'_>,
    project: &Project,
    epoch: &Epoch,
    at: Moment,
    (cells, watch): (&mut [Cells], &mut dyn Watch),
    take: &mut Take<'_>,
) -> Result<Fed, Vec<Finding>> {
    let copies = Copies::obtain(project, &epoch.program, &order(epoch), watch)?;
    let mut groups = Groups::new(epoch, at, cells, take);
    let (mut reads, mut said) = (Vec::new(), Vec::new());
    for source in order(epoch) {
        let used = &epoch.program.sources[source.0 as usize].used;
        let opened = asked(project, &epoch.program, (source, used), &copies, |request| opener(source, request))?;
        let Opened { mut scan, mut late } = opened;
        let name = epoch.program.sources[source.0 as usize].name.clone();
        groups.step(&Input::StartOfSnapshot(source, scan.total_rows_hint()))?;
        let mut rows = 0;
        while let Some(batch) = scan.next() {
            if watch.interrupted() {
                return Err(vec![Finding::new(codes::cli::INTERRUPTED, At::Nowhere)]);
            }
            let batch = batch?;
            rows += batch.batch.num_rows() as u64;
            match &mut late {
                Some(late) => late.step(&mut groups, &batch)?,
                None => {
                    groups.step(&Input::Batch(Batch { source, rows: &batch.batch, first_row: batch.first_row }))?;
                }
            }
            let (bytes, total_bytes) = (scan.bytes_read(), scan.total_bytes());
            watch.progress(&Progress { source: &name, rows, bytes, total_bytes });
        }
        if let Some(late) = &mut late {
            late.catch_up(&mut groups)?;
        }
        groups.step(&Input::EndOfSnapshot(source))?;
        said.append(&mut scan.said());
        let taken = copies.taken(&epoch.program, source);
        reads.push(Read { source: name, rows, version: scan.version().hash.clone(), taken });
    }
    said.extend(copies.findings());
    Ok(Fed { reads, findings: said })
}

/// Opens a source where the configuration binds it, for the columns that rules use.
pub(crate) fn open(
    project: &Project,
    program: &Program,
    source: SourceId,
    copies: &Copies,
) -> Result<Scan, Vec<Finding>> {
    asked(project, program, (source, &program.sources[source.0 as usize].used), copies, read::open)
}

/// Asks for some columns of a source on its own, where the configuration binds it.
pub(crate) fn requested<R>(
    project: &Project,
    program: &Program,
    source: SourceId,
    columns: &[u32],
    ask: impl FnOnce(&read::Request<'_>) -> Result<R, Vec<Finding>>,
) -> Result<R, Vec<Finding>> {
    let copies = Copies::obtain(project, program, &[source], &mut ())?;
    asked(project, program, (source, columns), &copies, ask)
}

pub(crate) fn asked<R>(
    project: &Project,
    program: &Program,
    (source, columns): (SourceId, &[u32]),
    copies: &Copies,
    ask: impl FnOnce(&read::Request<'_>) -> Result<R, Vec<Finding>>,
) -> Result<R, Vec<Finding>> {
    let declared = &program.sources[source.0 as usize];
    let bound = project.config.connection(&declared.connection).map_err(|finding| vec![finding])?;
    let bound = &bound.speaking(declared.feed.as_ref());
    let copy = copies.of(program, source);
    // Figures over windows stand in no file.
    let delivered = Schema { columns: declared.delivered().to_vec() };
    ask(&read::Request {
        connection: copy.as_ref().unwrap_or(bound),
        object: declared.object.as_deref().filter(|_| copy.is_none()),
        schema: Some(&delivered),
        columns: Some(columns),
        options: ReadOptions::default(),
    })
}

pub(crate) fn step_finding(error: StepError) -> Finding {
    match error {
        StepError::Finding(finding) => *finding,
        other => Finding::new(codes::cli::STEP_FAILED, At::Nowhere).arg("reason", Arg::Plain(other.to_string())),
    }
}
