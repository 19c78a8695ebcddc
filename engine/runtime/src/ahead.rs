//! A sink is written while the journal is: the same rows, on another thread, unseen until the journal has them for certain.
//!
//! Nothing is promised here that the journal does not keep. If the run is not published, what was written is taken back; if the
//! sink is not ready or fails, its delivery stays due and goes the usual way.

use crate::{
    epoch::Epoch,
    project::Project,
    sinks::stage,
    store::{Delivery, View},
};
use arrow_array::RecordBatch;
use guiju_connect::{
    config::{Connection, Kind},
    sink::{self, Staged, Target},
};
use guiju_core::{effect, id::RunId};
use guiju_lang::{finding::Finding, hir::SinkId};
use std::{
    sync::mpsc::{SyncSender, sync_channel},
    thread::JoinHandle,
};

/// Batches that wait for a sink: a slow one makes the journal wait, rather than fill the memory.
const WAITING: usize = 4;

/// Writes one sink ahead: the first that gets effects. Others may share its file, so they wait for their turn.
pub(crate) struct Ahead<'a> {
    project: &'a Project,
    epoch: &'a Epoch,
    run: &'a RunId,
    writing: Option<Writing>,
    /// Nothing is written ahead (any more).
    over: bool,
    /// The journal fills while sources are read.
    long: bool,
}

/// A sink that is being written. Dropped, it is taken back.
struct Writing {
    sink: SinkId,
    rows: u64,
    first: RecordBatch,
    batches: Option<SyncSender<RecordBatch>>,
    thread: Option<JoinHandle<Result<Staged, Finding>>>,
}

/// A sink that is written, or what kept it from being.
pub(crate) struct Ready {
    sink: String,
    rows: u64,
    pub(crate) staged: Result<Staged, Finding>,
}

impl Ready {
    /// Whether this is the whole of a delivery.
    pub(crate) fn is(&self, delivery: &Delivery) -> bool {
        (delivery.sink.as_str(), delivery.rows, delivery.done) == (self.sink.as_str(), self.rows, 0)
    }
}

impl<'a> Ahead<'a> {
    /// What earlier runs still owe goes first; then there is no writing ahead.
    pub(crate) fn new(project: &'a Project, epoch: &'a Epoch, store: &View, run: &'a RunId) -> Self {
        let over = store.deliveries_due().map_or(true, |due| !due.is_empty());
        Self { project, epoch, run, writing: None, over, long: false }
    }

    /// The same, for as long as sources are read: a database that others may be using is not kept from them for that long.
    pub(crate) fn while_reading(project: &'a Project, epoch: &'a Epoch, store: &View, run: &'a RunId) -> Self {
        Self { long: true, ..Self::new(project, epoch, store, run) }
    }

    /// Writes nothing ahead.
    pub(crate) fn never(project: &'a Project, epoch: &'a Epoch, run: &'a RunId) -> Self {
        Self { project, epoch, run, writing: None, over: true, long: false }
    }

    /// Takes effects that the journal takes.
    pub(crate) fn add(&mut self, sink: SinkId, batch: &RecordBatch) {
        if self.over {
            return;
        }
        if self.writing.is_none() {
            self.writing = self.start(sink, batch);
            self.over = self.writing.is_none();
        }
        let Some(writing) = &mut self.writing else { return };
        if writing.sink != sink {
            return;
        }
        if writing.first.schema_ref() != batch.schema_ref() {
            // These are two deliveries.
            (self.writing, self.over) = (None, true);
            return;
        }
        writing.rows += batch.num_rows() as u64;
        if let Some(batches) = &writing.batches {
            // If the writer has given up already, it will say why.
            let _ = batches.send(batch.clone());
        }
    }

    /// Everything is in.
    pub(crate) fn finish(mut self) -> Option<Ready> {
        let mut writing = self.writing.take()?;
        writing.batches = None;
        let staged = writing.thread.take()?.join().ok()?;
        let sink = self.epoch.program.sinks.get(writing.sink.0 as usize)?.name.clone();
        Some(Ready { sink, rows: writing.rows, staged })
    }

    /// Nothing if the sink cannot be found: the usual way says so.
    fn start(&self, sink: SinkId, first: &RecordBatch) -> Option<Writing> {
        let declared = self.epoch.program.sinks.get(sink.0 as usize)?;
        let connection = self.project.config.connection(&declared.connection).ok()?.clone();
        // What was sent or said cannot be taken back.
        if connection.kind.takes_messages() || connection.kind == Kind::Standard {
            return None;
        }
        let (object, run) = (declared.object.clone(), self.run.clone());
        let exists = || sink::place(&target(&connection, object.as_deref(), &run)).is_ok_and(|path| path.exists());
        if self.long && connection.kind == Kind::Sqlite && exists() {
            return None;
        }
        let (sender, receiver) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("guiju-sink".to_owned())
            .spawn(move || {
                let target = target(&connection, object.as_deref(), &run);
                stage(&target, &mut receiver.into_iter().map(Ok))
            })
            .ok()?;
        Some(Writing { sink, rows: 0, first: first.clone(), batches: Some(sender), thread: Some(thread) })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.batches = None;
        // What comes back is dropped, and with it what was written.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn target<'a>(connection: &'a Connection, object: Option<&'a str>, run: &'a RunId) -> Target<'a> {
    Target { connection, object, run: run.as_str(), id: effect::EFFECT_ID }
}
