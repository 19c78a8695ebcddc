//! Bringing sinks up to date from the journal. The journal is the truth: a sink that could not be reached today is brought up to
//! date by the next run.

use crate::{
    ahead::Ready,
    epoch::Epoch,
    messages::{self, Passed},
    project::Project,
    store::{Delivery, Store},
};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, cast::AsArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use guiju_connect::{
    config::{Connection, Kind},
    sink::{self, Delivered, Staged, Target},
};
use guiju_core::{
    effect,
    id::{EffectId, RunId},
};
use guiju_lang::finding::{Arg, At, Finding, codes};
use std::sync::Arc;

/// What one sink received.
#[derive(Debug, Clone)]
pub struct Sent {
    /// `rulebook.name`.
    pub sink: String,
    /// Where, and how many.
    pub delivered: Delivered,
}

/// What became of deliveries.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) sent: Vec<Sent>,
    /// Of sinks that got less than they are owed, by name.
    pub(crate) failed: Vec<(String, Finding)>,
    /// What else somebody should know.
    pub(crate) findings: Vec<Finding>,
}

/// Which sinks are delivered to.
#[derive(Clone, Copy)]
pub(crate) struct Which<'a> {
    /// Those that take messages, too; otherwise somebody else carries these.
    pub(crate) messages: bool,
    /// These are left for later.
    pub(crate) not: &'a dyn Fn(&str) -> bool,
}

impl Which<'_> {
    pub(crate) const ALL: Self = Self { messages: true, not: &|_| false };
}

/// Delivers everything that is due. What fails stays due and is a finding; what comes after it for the same sink waits, so that the
/// order stays. `ready` is what has been written already of what the journal has just taken in.
pub(crate) fn deliver_due(
    project: &Project,
    epoch: &Epoch,
    store: &mut Store,
    run: &RunId,
    clock: fn() -> i64,
    mut ready: Option<Ready>,
    which: Which<'_>,
) -> Round {
    let mut round = Round::default();
    let due = match store.deliveries_due() {
        Ok(due) => due,
        Err(error) => return Round { findings: vec![error.into()], ..round },
    };
    for mut delivery in due {
        if (which.not)(&delivery.sink) || round.failed.iter().any(|(sink, _)| *sink == delivery.sink) {
            continue;
        }
        if let Some(connection) = messages_to(project, epoch, &delivery.sink) {
            if which.messages {
                message(store, &connection, &mut delivery, clock, &mut round);
            }
            continue;
        }
        let done = match ready.take_if(|ready| ready.is(&delivery)) {
            Some(ready) => show(store, &mut delivery, ready, clock),
            None => one(project, epoch, store, &mut delivery, run, clock),
        };
        match done {
            Ok(delivered) => round.sent.push(Sent { sink: delivery.sink.clone(), delivered }),
            Err(finding) => round.failed.push((delivery.sink.clone(), finding)),
        }
    }
    round
}

/// The connection of a sink that takes messages.
pub(crate) fn messages_to(project: &Project, epoch: &Epoch, sink: &str) -> Option<Connection> {
    let declared = epoch.program.sinks.iter().find(|declared| declared.name == sink)?;
    let connection = project.config.connection(&declared.connection).ok()?;
    connection.kind.takes_messages().then(|| connection.addressed(declared.object.as_deref()))
}

fn message(store: &Store, connection: &Connection, delivery: &mut Delivery, clock: fn() -> i64, round: &mut Round) {
    let sent = store
        .ledger()
        .map_err(Finding::from)
        .and_then(|mut ledger| messages::send(&mut ledger, connection, delivery, clock, &|| true));
    let sink = delivery.sink.clone();
    match sent {
        Ok(Passed { arrived, findings, later }) => {
            let path = connection.shown().into();
            let delivered = Delivered { path, written: arrived, already: 0 };
            round.sent.push(Sent { sink: sink.clone(), delivered });
            round.findings.extend(findings);
            round.failed.extend(later.map(|finding| (sink, finding)));
        }
        Err(finding) => round.failed.push((sink, finding)),
    }
}

fn one(
    project: &Project,
    epoch: &Epoch,
    store: &mut Store,
    delivery: &mut Delivery,
    run: &RunId,
    clock: fn() -> i64,
) -> Result<Delivered, Finding> {
    let declared = epoch.program.sinks.iter().find(|sink| sink.name == delivery.sink).ok_or_else(|| {
        Finding::new(codes::cli::SINK_GONE, At::Nowhere).arg("sink", Arg::Name(delivery.sink.clone()))
    })?;
    let connection = project.config.connection(&declared.connection)?;
    let batches = store.delivery_batches(delivery)?;
    let rows = delivery.rows - delivery.done;
    let target = Target { connection, object: declared.object.as_deref(), run: run.as_str(), id: effect::EFFECT_ID };
    let mut batches = batches.map(|batch| batch.map_err(Finding::from));
    // What is said cannot be staged.
    let staged = match connection.kind {
        Kind::Standard => None,
        _ => Some(stage(&target, &mut batches)?),
    };
    if delivery.at_most_once {
        store.sending(delivery, rows, clock())?;
    }
    let delivered = match staged {
        Some(staged) => staged.commit()?,
        None => readable(&mut batches, |schema, rows| sink::deliver(&target, schema, rows))?,
    };
    store.delivered(delivery, rows, clock())?;
    Ok(delivered)
}

/// A journal's batches, as they come.
type Journalled<'a> = dyn Iterator<Item = Result<RecordBatch, Finding>> + 'a;

/// Writes a journal's batches into a sink, as they come and unseen; those that cannot be read are why nothing is written.
pub(crate) fn stage(target: &Target<'_>, batches: &mut Journalled<'_>) -> Result<Staged, Finding> {
    readable(batches, |schema, rows| sink::stage(target, schema, rows))
}

/// Gives a journal's batches to `write` as people read them.
fn readable<T>(
    batches: &mut Journalled<'_>,
    write: impl FnOnce(&SchemaRef, &mut dyn Iterator<Item = RecordBatch>) -> Result<T, Finding>,
) -> Result<T, Finding> {
    let mut odd = None;
    let readable = |batch: Result<RecordBatch, Finding>| {
        batch.and_then(|batch| for_people(&batch).map_err(|error| crate::feed::step_finding(error.into())))
    };
    let mut readable =
        batches.map_while(|batch| readable(batch).map_err(|finding| odd = Some(finding)).ok()).peekable();
    let schema = readable.peek().map(RecordBatch::schema).unwrap_or_else(|| Schema::empty().into());
    let written = write(&schema, &mut readable);
    match odd {
        Some(finding) => Err(finding),
        None => written,
    }
}

/// Makes visible what is written.
fn show(store: &mut Store, delivery: &mut Delivery, ready: Ready, clock: fn() -> i64) -> Result<Delivered, Finding> {
    let staged = ready.staged?;
    if delivery.at_most_once {
        store.sending(delivery, delivery.rows, clock())?;
    }
    let delivered = staged.commit()?;
    store.delivered(delivery, delivery.rows, clock())?;
    Ok(delivered)
}

/// A journal's batch as a sink shows it: the id as text, the columns that only the engine needs left out.
pub(crate) fn for_people(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        match field.name().as_str() {
            effect::ORDINAL | effect::SOURCE | effect::ROW | effect::SINK => {}
            effect::EFFECT_ID => {
                let ids = column.as_fixed_size_binary();
                let text = (0..ids.len()).map(|row| ids.value(row).try_into().ok().map(|id| EffectId(id).to_string()));
                fields.push(Field::new(effect::EFFECT_ID, DataType::Utf8, false));
                columns.push(Arc::new(text.collect::<StringArray>()));
            }
            _ => {
                fields.push(field.as_ref().clone());
                columns.push(Arc::clone(column));
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
