//! What outlives a run: run history, effects, cells of state, epochs, deliveries.
//!
//! A store is a folder. `store.db` (SQLite) says what is so; `segments/` holds the effects, one immutable Parquet file per run
//! and kind of effect, named by its content. A file counts only once the database names it, and the database names it in the
//! one transaction that also records the run, its cells and its deliveries. So whatever moment the process dies at, either all
//! of a run is there or nothing is, and the run can be repeated: effects already there are known by their ids and left out.
//!
//! A repeated run must come to the same effects, so it must read the state the first one read. Cells are therefore kept as a
//! log: each published run appends what it put, nothing is overwritten, and a repeated run reads the log up to where its first
//! publication stands.

mod block;
mod cells;
mod changes;
mod deliver;
mod epochs;
mod error;
mod fetch;
mod forget;
mod ids;
mod ledger;
mod open;
mod publish;
mod query;
mod record;
mod schema;
mod segment;
mod since;
mod sql;
mod state;
mod transaction;

pub use self::{
    cells::CellRequest,
    changes::{Change, Origin, Undone},
    error::StoreError,
    forget::{Forgotten, Retention},
    ledger::{Dead, Ledger},
    open::{Beside, Store, View},
    publish::{Publication, PublishStep},
    record::{
        Delivery, EffectFilter, EpochBundle, Published, RuleCount, RunInfo, RunRecord, RunStatus, Sizes, Uncertain,
    },
    segment::EffectBatches,
    since::Origined,
    state::{Remembered, SinkState},
};
