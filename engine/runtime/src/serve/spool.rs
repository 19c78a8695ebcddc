//! A stream's source: where its rows come from, how far it has been taken, and the rows of the next piece.

use super::aside;
use crate::{feed::step_finding, project::Project};
use arrow_array::RecordBatch;
use guiju_connect::{
    config::Connection,
    inlet::{self, Address, Backlog, Bell, Chunk, Data, Hub, Inlet, LARGEST_FILE, Message, Opening, Settled, Taken},
};
use guiju_core::{
    CellTable, CellValue,
    id::{CellId, CellSpec},
};
use guiju_lang::{
    finding::{Arg, At, Finding, codes},
    hir::{Program, RuleId, Source},
    schema::Schema,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long it takes until what could not be opened is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What all sources of a server share.
#[derive(Clone)]
pub(super) struct Shared {
    /// Rung when something comes.
    pub(super) bell: Bell,
    pub(super) hub: Hub,
    /// A file counts once nobody has written to it for so long.
    pub(super) quiet: Duration,
    /// The store's folder.
    pub(super) store: PathBuf,
}

/// So many pieces, and no more than so many rows before the last one, are taken by one transaction.
const MOST_PIECES: usize = 256;
const MOST_ROWS: u64 = 16_384;
/// Reading them takes no longer, so that no row waits long for others.
const LONG: Duration = Duration::from_millis(20);

/// One source, and how far it has been taken.
pub(super) struct Spool {
    /// `rulebook.name`.
    pub(super) source: String,
    pub(super) cell: CellId,
    taken: Taken,
    /// Rows ever taken.
    rows: u64,
    /// What is open, and the connection and object it was opened for.
    open: Option<(Box<dyn Inlet>, Connection, Option<String>)>,
    /// Not looked at before then, and why.
    later: Option<(Instant, Vec<Finding>)>,
    /// Given, and not taken yet: there was no room for what has to be put aside.
    held: Option<Chunk>,
    /// What is taken is recorded, with columns that no rule uses yet.
    record: bool,
}

/// Rows that are taken together.
pub(super) struct Piece {
    address: Address,
    /// The file, or the address.
    pub(super) file: String,
    /// The columns that rules use.
    pub(super) batches: Vec<RecordBatch>,
    /// All columns that the source declares, where they are recorded.
    pub(super) whole: Vec<RecordBatch>,
    pub(super) first_row: u64,
    pub(super) rows: u64,
    /// What was put aside, and why.
    pub(super) findings: Vec<Finding>,
}

/// The rows of all partitions, beside the offset of each.
const ALL: &str = "";

/// Who keeps what is known of inputs; no rulebook can be called so.
pub(super) fn keeper(tenant: &str) -> RuleId {
    RuleId { tenant: tenant.to_owned(), rulebook: "(serve)".to_owned(), name: "(inputs)".to_owned() }
}

impl Spool {
    /// Where the store keeps how far a source has been taken.
    pub(super) fn cell_of(tenant: &str, source: &str) -> CellId {
        let rule = &keeper(tenant);
        CellSpec { rule, accumulator: "files", key: "name", window: None, source, time_column: None, edition: 1 }.id()
    }

    /// With what the store knows of it.
    pub(super) fn of(
        tenant: &str,
        source: &str,
        record: bool,
        load: impl FnOnce(CellId) -> Result<CellTable, Finding>,
    ) -> Result<Self, Finding> {
        let cell = Self::cell_of(tenant, source);
        let source = source.to_owned();
        let mut spool =
            Self { source, cell, taken: Taken::new(), rows: 0, open: None, later: None, held: None, record };
        for (key, value) in load(cell)?.iter() {
            let CellValue::Bytes(bytes) = value else { continue };
            let offset = bytes.try_into().map_or(0, u64::from_le_bytes);
            match key {
                ALL => spool.rows = offset,
                partition => drop(spool.taken.insert(partition.to_owned(), offset)),
            }
        }
        Ok(spool)
    }

    /// The same source of another set goes on with what is open and known: nobody who waits for an answer is sent away, and what was taken
    /// of a folder with tens of thousands of files need not be read again.
    pub(super) fn record(mut self, record: bool) -> Self {
        (self.record, self.later) = (record, None);
        self
    }

    /// Something is there that is no piece yet.
    pub(super) fn waits(&self) -> bool {
        self.held.is_some() || self.open.as_ref().is_some_and(|(inlet, ..)| inlet.waits())
    }

    /// Nothing will ever come any more.
    pub(super) fn ended(&self) -> bool {
        self.held.is_none() && self.open.as_ref().is_some_and(|(inlet, ..)| inlet.ended())
    }

    /// Nothing more is accepted from outside.
    pub(super) fn close(&mut self) {
        if let Some((inlet, ..)) = &mut self.open {
            inlet.close();
        }
    }

    /// Partitions and rows taken.
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.taken.len() as u64, self.rows)
    }

    /// What waits, and what cannot be read.
    pub(super) fn backlog(&self, store: &Path) -> Backlog {
        let mut backlog = self.open.as_ref().map(|(inlet, ..)| inlet.backlog(&self.taken)).unwrap_or_default();
        backlog.refused.extend(aside::there(store, &self.source));
        backlog
    }

    /// Why it cannot be looked at.
    pub(super) fn trouble(&self) -> &[Finding] {
        self.later.as_ref().map_or(&[], |(_, findings)| findings)
    }

    /// What the store has to know once pieces are taken.
    pub(super) fn entries(&self, pieces: &[Piece]) -> CellTable {
        let mut table = CellTable::new();
        for Piece { address: Address { partition, offset }, .. } in pieces {
            table.put(partition, CellValue::Bytes(&offset.to_le_bytes()));
        }
        table.put(ALL, CellValue::Bytes(&self.rows.to_le_bytes()));
        table
    }

    /// The piece is taken, for good.
    pub(super) fn took(&mut self, piece: &Piece) {
        if let Some((inlet, ..)) = &mut self.open {
            inlet.settle(&piece.address, Settled::Taken(piece.rows));
        }
    }

    /// The pieces that one transaction takes: what is there by now, as far as it is little; and why there is no more, if something is wrong.
    /// They count as taken from here on: a transaction that fails is tried again, or ends the server.
    pub(super) fn together(
        &mut self,
        project: &Project,
        program: &Program,
        shared: &Shared,
    ) -> (Vec<Piece>, Vec<Finding>) {
        let (began, mut pieces, mut rows) = (Instant::now(), Vec::new(), 0);
        loop {
            match self.next(project, program, shared) {
                Ok(None) => return (pieces, Vec::new()),
                Err(found) => return (pieces, found),
                Ok(Some(piece)) => {
                    let Address { partition, offset } = &piece.address;
                    self.taken.insert(partition.clone(), *offset);
                    self.rows = piece.first_row + piece.rows;
                    rows += piece.rows;
                    pieces.push(piece);
                }
            }
            let several = self.open.as_ref().is_some_and(|(inlet, ..)| inlet.several());
            let enough = pieces.len() >= MOST_PIECES || rows >= MOST_ROWS || began.elapsed() >= LONG;
            if !several || enough {
                return (pieces, Vec::new());
            }
        }
    }

    /// The next piece, if one is there. What cannot be read is said once.
    fn next(&mut self, project: &Project, program: &Program, shared: &Shared) -> Result<Option<Piece>, Vec<Finding>> {
        let Some(declared) = program.sources.iter().find(|source| source.name == self.source) else {
            return Ok(None);
        };
        if self.later.as_ref().is_some_and(|(at, _)| Instant::now() < *at) {
            return Ok(None);
        }
        let looked = self.look(project, declared, shared);
        match looked {
            Ok(None) => {
                self.later = None;
                Ok(None)
            }
            Ok(Some(chunk)) => {
                self.later = None;
                self.piece(project, declared, chunk, shared)
            }
            Err(found) => Err(self.not_now(found)),
        }
    }

    /// Looks again later; the same cause is said once.
    fn not_now(&mut self, found: Vec<Finding>) -> Vec<Finding> {
        let said = self.later.as_ref().is_some_and(|(_, before)| *before == found);
        self.later = Some((Instant::now() + AGAIN, found.clone()));
        if said { Vec::new() } else { found }
    }

    fn look(&mut self, project: &Project, declared: &Source, shared: &Shared) -> Result<Option<Chunk>, Vec<Finding>> {
        let alone = |finding| vec![finding];
        let connection = project.config.connection(&declared.connection).map_err(alone)?;
        let connection = &connection.speaking(declared.feed.as_ref());
        let same = self.open.as_ref().is_some_and(|(_, open, object)| open == connection && *object == declared.object);
        if !same {
            let object = declared.object.as_deref();
            let opening = Opening { connection, object, quiet: shared.quiet, bell: &shared.bell, hub: &shared.hub };
            // The one before is let go afterwards: both may share a listener.
            let inlet = inlet::open(&opening).map_err(alone)?;
            self.open = Some((inlet, connection.clone(), declared.object.clone()));
        }
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        match &mut self.open {
            Some((inlet, ..)) => inlet.next(&self.taken),
            None => Ok(None),
        }
    }

    fn piece(
        &mut self,
        project: &Project,
        declared: &Source,
        Chunk { address, data }: Chunk,
        shared: &Shared,
    ) -> Result<Option<Piece>, Vec<Finding>> {
        let connection = project.config.connection(&declared.connection).map_err(|finding| vec![finding])?;
        let connection = &connection.speaking(declared.feed.as_ref());
        let delivered = Schema { columns: declared.delivered().to_vec() };
        let all: Vec<u32> = (0..delivered.columns.len() as u32).collect();
        let columns = if self.record { &all } else { &declared.used };
        let (mut findings, mut file) = (Vec::new(), address.to_string());
        let read = match &data {
            Data::File(path) => {
                file.clone_from(&address.partition);
                large(path, address.offset)
                    .and_then(|()| inlet::file(connection, path, &delivered, columns, &mut findings))
                    .map_err(|found| refused(codes::cli::SERVE_FILE_REFUSED, &path.display().to_string(), found))
            }
            Data::Post(text) => inlet::lines(connection, &file, text, &delivered, columns)
                .map_err(|found| refused(codes::cli::SERVE_POST_REFUSED, &file, found)),
            Data::Messages(messages) => {
                let sifted = inlet::sift(connection, &address.partition, messages, &delivered, columns);
                for (Message { offset, .. }, found) in &sifted.refused {
                    let place = format!("{}:{offset}", address.partition);
                    findings.extend(refused(codes::cli::SERVE_MESSAGE_ASIDE, &place, found.clone()));
                }
                if let Err(finding) = aside::put(&shared.store, &self.source, &address.partition, &sifted.refused) {
                    self.held = Some(Chunk { address, data });
                    return Err(self.not_now(vec![finding]));
                }
                findings.extend(sifted.said);
                Ok(sifted.batches)
            }
        };
        let read = match read {
            Ok(read) => read,
            Err(found) => {
                if let Some((inlet, ..)) = &mut self.open {
                    inlet.settle(&address, Settled::Refused(&found));
                }
                return Err(found);
            }
        };
        let rows = read.iter().map(|batch| batch.num_rows() as u64).sum();
        let (batches, whole) = if self.record {
            let used: Vec<usize> = declared.used.iter().map(|column| *column as usize).collect();
            let project = |batch: &RecordBatch| batch.project(&used).map_err(|e| vec![step_finding(e.into())]);
            (read.iter().map(project).collect::<Result<_, _>>()?, read)
        } else {
            (read, Vec::new())
        };
        Ok(Some(Piece { address, file, batches, whole, first_row: self.rows, rows, findings }))
    }
}

/// A piece is in memory while it is taken.
fn large(path: &Path, bytes: u64) -> Result<(), Vec<Finding>> {
    // It may have grown since somebody looked.
    if fs::metadata(path).map_or(bytes, |meta| meta.len()) <= LARGEST_FILE {
        return Ok(());
    }
    let finding = Finding::new(codes::cli::SERVE_FILE_LARGE, At::Nowhere).name("path", path.display().to_string());
    Err(vec![finding.arg("most", Arg::Count(i64::try_from(LARGEST_FILE >> 20).unwrap_or(i64::MAX)))])
}

fn refused(code: guiju_lang::finding::Code, place: &str, found: Vec<Finding>) -> Vec<Finding> {
    std::iter::once(Finding::new(code, At::Nowhere).name("path", place)).chain(found).collect()
}
