//! A sink is written while the journal is: the same rows, on another thread, unseen until the journal has them for certain.
//!
//! Nothing is promised here that the journal does not keep. If the run is not published, what was written is taken back; if the
//! sink is not ready or fails, its delivery stays due and goes the usual way.

use crate::{
    epoch::Epoch,
    project::Project,
    sinks::for_people,
    store::{Delivery, View},
};
use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use guiju_connect::{
    config::{Connection, Kind},
    sink::{self, Staged, Target},
};
use guiju_core::{effect, id::RunId};
use guiju_lang::{finding::Finding, hir::SinkId};
use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
};

/// Writes one sink ahead: the first that gets effects. Others may share its file, so they wait for their turn.
pub(crate) struct Ahead<'a> {
    project: &'a Project,
    epoch: &'a Epoch,
    run: &'a RunId,
    writing: Option<Writing>,
    /// Nothing is written ahead (any more).
    over: bool,
}

/// A sink that is being written. Dropped, it is taken back.
struct Writing {
    sink: SinkId,
    rows: u64,
    first: RecordBatch,
    /// The rows are in memory already, and a sink that makes us wait must not keep the journal waiting.
    batches: Option<Sender<RecordBatch>>,
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
        Self { project, epoch, run, writing: None, over }
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
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("guiju-sink".to_owned())
            .spawn(move || stage(&connection, object.as_deref(), &run, &receiver))
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

fn stage(
    connection: &Connection,
    object: Option<&str>,
    run: &RunId,
    batches: &Receiver<RecordBatch>,
) -> Result<Staged, Finding> {
    let unreadable = |error: ArrowError| crate::feed::step_finding(error.into());
    let mut odd = None;
    let mut readable =
        batches.iter().map_while(|batch| for_people(&batch).map_err(|error| odd = Some(error)).ok()).peekable();
    let schema = readable.peek().map(RecordBatch::schema).unwrap_or_else(|| arrow_schema::Schema::empty().into());
    let target = Target { connection, object, run: run.as_str(), id: effect::EFFECT_ID };
    let staged = sink::stage(&target, &schema, &mut readable);
    match odd {
        Some(error) => Err(unreadable(error)),
        None => staged,
    }
}
