//! What can go wrong with a store.

use guiju_connect::database::Fault;
use guiju_lang::finding::{Arg, At, Finding, codes::store as codes};
use parquet::errors::ParquetError;
use std::{
    io::{Error as IoError, ErrorKind},
    path::{Path, PathBuf},
};

/// Why the store could not do what it was asked. Nothing half-done is visible after any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the fields are the messages' arguments
pub enum StoreError {
    /// Another process is writing.
    #[error("store {path} is in use by another run")]
    Locked { path: PathBuf, holder: Option<String> },
    /// There is no store here.
    #[error("there is no store at {path}")]
    Absent { path: PathBuf },
    /// A later release wrote it.
    #[error("store {path} has format {found}, this release knows up to {known}")]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The database or something in it cannot be what was written.
    #[error("store {path} is damaged: {why}")]
    Corrupt { path: PathBuf, why: String },
    /// The disk, the quota or the permitted file size is used up.
    #[error("no space left for {path}")]
    Full { path: PathBuf },
    /// Writing is not permitted.
    #[error("{path} cannot be written")]
    ReadOnly { path: PathBuf },
    /// Any other failure of the system.
    #[error("{path}: {why}")]
    Io { path: PathBuf, why: String },
    /// A file of effects that the database names is gone.
    #[error("effects file {path} is missing")]
    SegmentMissing { path: PathBuf },
    /// A file of effects is not what was written.
    #[error("effects file {path} is damaged: {why}")]
    SegmentDamaged { path: PathBuf, why: String },
    /// The run's name was used for another logical time.
    #[error("run {run} was for {before}, not {now}")]
    RunTimeDiffers { run: String, before: String, now: String },
    /// What was published then is not known any more.
    #[error("what was published for {occurrence} is forgotten")]
    Forgotten { occurrence: String },
    /// Effects lack a column that every effect has.
    #[error("effects of {rule} lack column {column}")]
    ColumnMissing { rule: String, column: String },
    /// Effects name a sink that the run was not told of.
    #[error("effects of {rule} go to unknown sink {sink}")]
    SinkUnknown { rule: String, sink: String },
    /// Its database does not answer.
    #[error("store {path} does not answer: {why}")]
    Away { path: PathBuf, why: String },
    /// Another process has become the one who writes.
    #[error("store {path} was taken over")]
    Taken { path: PathBuf },
    /// A delivery that is not (or no longer) due.
    #[error("delivery {id} is not due")]
    NotDue { id: i64 },
}

impl StoreError {
    pub(crate) fn io(path: &Path, error: &IoError) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ => Self::Io { path, why: error.to_string() },
        }
    }

    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as E;
        let path = path.to_owned();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(E::DiskFull) => Self::Full { path },
            Some(E::ReadOnly | E::PermissionDenied) => Self::ReadOnly { path },
            Some(E::DatabaseBusy | E::DatabaseLocked) => Self::Locked { path, holder: None },
            Some(E::DatabaseCorrupt | E::NotADatabase) => Self::Corrupt { path, why },
            Some(_) => Self::Io { path, why },
            // Not from the library: a column has a type or a value that was never written there.
            None => Self::Corrupt { path, why },
        }
    }

    /// What a server said. Codes: PostgreSQL's appendix A.
    pub(super) fn server(path: PathBuf, fault: &Fault) -> Self {
        let why = fault.to_string();
        match fault {
            Fault::Lost(_) | Fault::Login(_) => Self::Away { path, why },
            Fault::Refused { code, .. } => match code.as_str() {
                "53100" => Self::Full { path },
                "25006" | "42501" => Self::ReadOnly { path },
                "XX001" | "XX002" => Self::Corrupt { path, why },
                _ => Self::Io { path, why },
            },
        }
    }

    /// While writing a segment.
    pub(crate) fn writing(path: &Path, error: &ParquetError) -> Self {
        if let ParquetError::External(inner) = error
            && let Some(io) = inner.downcast_ref::<IoError>()
        {
            return Self::io(path, io);
        }
        Self::Io { path: path.to_owned(), why: error.to_string() }
    }

    /// While reading a segment.
    pub(crate) fn reading(path: &Path, error: &dyn std::error::Error) -> Self {
        Self::SegmentDamaged { path: path.to_owned(), why: error.to_string() }
    }
}

fn at(path: &Path) -> At {
    At::Data { path: path.display().to_string(), row: None, column: None, byte: None }
}

impl From<&StoreError> for Finding {
    fn from(error: &StoreError) -> Self {
        use StoreError as E;
        match error {
            E::Locked { path, holder: None } => Self::new(codes::STORE_LOCKED, at(path)),
            E::Locked { path, holder: Some(holder) } => {
                Self::new(codes::STORE_LOCKED_BY, at(path)).arg("process", Arg::Plain(holder.clone()))
            }
            E::Absent { path } => Self::new(codes::STORE_ABSENT, at(path)),
            E::Newer { path, found, known } => Self::new(codes::STORE_NEWER, at(path))
                .arg("found", Arg::Count(*found))
                .arg("known", Arg::Count(*known)),
            E::Corrupt { path, why } => Self::new(codes::STORE_DAMAGED, at(path)).arg("why", Arg::Plain(why.clone())),
            E::Full { path } => Self::new(codes::STORE_FULL, at(path)),
            E::ReadOnly { path } => Self::new(codes::STORE_READ_ONLY, at(path)),
            E::Io { path, why } => Self::new(codes::STORE_FAILED, at(path)).arg("why", Arg::Plain(why.clone())),
            E::SegmentMissing { path } => Self::new(codes::EFFECTS_MISSING, at(path)),
            E::SegmentDamaged { path, why } => {
                Self::new(codes::EFFECTS_DAMAGED, at(path)).arg("why", Arg::Plain(why.clone()))
            }
            E::RunTimeDiffers { run, before, now } => Self::new(codes::RUN_TIME_DIFFERS, At::Nowhere)
                .arg("run", Arg::Name(run.clone()))
                .arg("before", Arg::Plain(before.clone()))
                .arg("now", Arg::Plain(now.clone())),
            E::Forgotten { occurrence } => {
                Self::new(codes::RUN_FORGOTTEN, At::Nowhere).arg("occurrence", Arg::Plain(occurrence.clone()))
            }
            E::ColumnMissing { rule, column } => Self::new(codes::EFFECT_COLUMN_MISSING, At::Nowhere)
                .arg("rule", Arg::Name(rule.clone()))
                .arg("column", Arg::Name(column.clone())),
            E::SinkUnknown { rule, sink } => Self::new(codes::EFFECT_SINK_UNKNOWN, At::Nowhere)
                .arg("rule", Arg::Name(rule.clone()))
                .arg("sink", Arg::Name(sink.clone())),
            E::Away { path, why } => Self::new(codes::STORE_AWAY, at(path)).arg("why", Arg::Plain(why.clone())),
            E::Taken { path } => Self::new(codes::STORE_TAKEN, at(path)),
            E::NotDue { id } => Self::new(codes::DELIVERY_NOT_DUE, At::Nowhere).arg("delivery", Arg::Count(*id)),
        }
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}
