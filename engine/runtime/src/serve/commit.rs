//! The transactions of a server: a piece with everything that came of it, and a set that takes over.

use super::{
    jobs::Known,
    live::Live,
    spool::{Piece, Spool, keeper},
};
use crate::{
    ahead::{Ahead, Ready},
    publish::{Fired, publish_fired},
    store::{CellRequest, Change, EpochBundle, RunInfo, Store, StoreError, View},
};
use guiju_core::{
    CellTable, CellValue, Cells,
    id::{CellId, CellSpec, EpochHash, RunId},
};
use guiju_lang::finding::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// A set, the store it writes, and the wall clock for the history.
pub(super) struct Commit<'a> {
    pub(super) live: &'a mut Live,
    pub(super) store: &'a mut Store,
    pub(super) clock: fn() -> i64,
}

/// What became of a piece.
pub(super) struct Done {
    pub(super) run: RunId,
    pub(super) effects: u64,
    pub(super) ready: Option<Ready>,
}

/// A set that takes over with this transaction.
#[derive(Default)]
struct Taking {
    bundle: EpochBundle,
    change: Option<Change>,
}

impl Commit<'_> {
    /// Pieces are taken: their effects, what changed in what rules remember, and how far the source has been taken.
    pub(super) fn pieces(
        &mut self,
        fired: &BTreeMap<usize, Fired>,
        spool: &Spool,
        pieces: &[Piece],
    ) -> Result<Done, Vec<Finding>> {
        let (rows, last) = (pieces.iter().map(|piece| piece.rows).sum::<u64>(), pieces.last().map(|last| &last.file));
        let of = serde_json::json!({ "file": last, "files": pieces.len(), "rows": rows });
        let sources = serde_json::json!({ (spool.source.clone()): of });
        let own = [(spool.cell, spool.entries(pieces))];
        self.publish(fired, &own, &[], sources, Taking::default())
    }

    /// Time passed in a stream in which nothing comes: what was due, and what changed in what rules remember.
    pub(super) fn passed(
        &mut self,
        fired: &BTreeMap<usize, Fired>,
        source: &str,
        until: i64,
    ) -> Result<Done, Vec<Finding>> {
        let sources = serde_json::json!({ (source): { "until": until } });
        self.publish(fired, &[], &[], sources, Taking::default())
    }

    /// The set is in force; what nobody remembers any more is forgotten.
    /// `held` is the set on disk, if a command put another in force; `known` are its jobs.
    pub(super) fn activate(
        &mut self,
        dropped: &[CellId],
        change: Option<Change>,
        held: Option<EpochHash>,
        known: &Known,
    ) -> Result<(), Vec<Finding>> {
        let author = change.as_ref().and_then(|change| change.author.clone());
        let bundle = EpochBundle { files: self.live.texts(), author };
        let mut table = CellTable::new();
        table.put(EPOCH, CellValue::Bytes(&self.live.epoch.hash().0));
        table.put(HELD, CellValue::Bytes(held.as_ref().map_or(&[], |held| &held.0)));
        let streams: Vec<u8> = self.live.lasting().iter().flat_map(|id| id.0).collect();
        table.put(STREAMS, CellValue::Bytes(&streams));
        let windows: Vec<_> = self.live.windows().into_iter().map(|(id, window)| (id.to_string(), window)).collect();
        table.put(WINDOWS, CellValue::Bytes(serde_json::json!(windows).to_string().as_bytes()));
        table.put(JOBS, CellValue::Bytes(serde_json::json!(known).to_string().as_bytes()));
        let active = Active::cell();
        let taking = Taking { bundle, change };
        self.publish(&BTreeMap::new(), &[(active, table)], dropped, serde_json::json!({}), taking).map(drop)
    }

    fn publish(
        &mut self,
        fired: &BTreeMap<usize, Fired>,
        own: &[(CellId, CellTable)],
        dropped: &[CellId],
        sources: serde_json::Value,
        Taking { bundle, change }: Taking,
    ) -> Result<Done, Vec<Finding>> {
        let failed = |error: StoreError| vec![error.into()];
        let run = next_run(self.store)?;
        // What changed waits for a transaction that succeeds.
        if self.live.unsaved.is_empty() {
            self.live.unsaved = self.live.cells.iter_mut().map(Cells::changes).collect();
        }
        let live = &*self.live;
        let Live { project, epoch, tenant, .. } = live;
        let now = (self.clock)();
        let info = RunInfo {
            tenant: tenant.clone(),
            run: run.clone(),
            epoch: epoch.hash(),
            bundle,
            occurrence: run.to_string(),
            // A piece is taken once, which is what keeps its effects from being doubled.
            streams: false,
            logical_time: now,
            started: now,
            sources,
            sinks: epoch.program.sinks.iter().map(|sink| (sink.name.clone(), sink.at_most_once)).collect(),
        };
        let mut ahead = Ahead::new(project, epoch, self.store, &run);
        let mut publication = self.store.begin(info).map_err(failed)?;
        if let Some(change) = change {
            publication.put_in_force(change);
        }
        publish_fired(epoch, fired, &run.to_string(), &mut publication, &mut ahead)?;
        for (group, changes) in live.unsaved.iter().enumerate() {
            for (id, table) in changes {
                if let Some(rule) = live.owner(group, *id) {
                    let rule = &epoch.program.rules[rule].head.id;
                    publication.put_cell(rule, *id, "", table).map_err(failed)?;
                }
            }
        }
        let keeper = keeper(tenant);
        for (id, table) in own {
            publication.put_cell(&keeper, *id, "", table).map_err(failed)?;
        }
        for id in dropped {
            publication.drop_cell(&keeper, *id, "").map_err(failed)?;
        }
        let published = publication.commit((self.clock)()).map_err(failed)?;
        let ready = ahead.finish();
        self.live.unsaved.clear();
        Ok(Done { run, effects: published.total.new, ready })
    }
}

/// The next transaction's place in the store's history.
pub(super) fn next(store: &View) -> Result<i64, Vec<Finding>> {
    Ok(store.runs(1).map_err(|error| vec![error.into()])?.first().map_or(0, |run| run.seq) + 1)
}

/// A name for the next transaction: its place in the store's history.
pub(super) fn next_run(store: &View) -> Result<RunId, Vec<Finding>> {
    // Letters, digits and a hyphen.
    RunId::new(format!("serve-{:09}", next(store)?)).map_err(|_| Vec::new())
}

/// One of the server's own cells.
pub(super) fn cell(store: &View, tenant: &str, cell: CellId) -> Result<CellTable, Finding> {
    let run = next_run(store).map_err(|mut found| found.pop().unwrap_or_else(|| unreachable!("a name of digits")))?;
    let mut all = store.cells(tenant, &run, &[CellRequest::from(cell)])?;
    Ok(all.remove(&cell).unwrap_or_default())
}

/// A cell that cannot be read.
pub(super) fn damaged(store: &View, cell: CellId) -> Finding {
    let path = store.home().shown();
    StoreError::Corrupt { path, why: format!("what cell {cell} remembers of a stream cannot be read") }.into()
}

/// The set that was last in force.
pub(super) struct Active {
    pub(super) epoch: EpochHash,
    /// The set on disk when a command put this one in force: as long as it is there, it stays out of force.
    pub(super) held: Option<EpochHash>,
    /// The streams whose state was kept up.
    streams: BTreeSet<CellId>,
    /// Their windows.
    pub(super) windows: BTreeSet<(CellId, String)>,
    /// The jobs, and since when they have been known.
    pub(super) jobs: Known,
}

const EPOCH: &str = "epoch";
const HELD: &str = "held";
const STREAMS: &str = "streams";
const WINDOWS: &str = "windows";
const JOBS: &str = "jobs";

impl Active {
    fn cell() -> CellId {
        // One process holds the store, so there is one set in force.
        let rule = &keeper("");
        CellSpec { rule, accumulator: "in force", key: "", window: None, source: "", time_column: None, edition: 1 }
            .id()
    }

    /// Nothing if no set ever was.
    pub(super) fn load(store: &View) -> Result<Option<Self>, Finding> {
        Ok(Self::of(&cell(store, "", Self::cell())?))
    }

    fn of(table: &CellTable) -> Option<Self> {
        let bytes = |key: &str| match table.get(key) {
            Some(CellValue::Bytes(bytes)) => Some(bytes),
            _ => None,
        };
        let epoch = EpochHash(bytes(EPOCH)?.try_into().ok()?);
        let streams = bytes(STREAMS)?.chunks_exact(16).filter_map(|id| id.try_into().ok().map(CellId)).collect();
        let windows: Vec<(String, String)> = serde_json::from_slice(bytes(WINDOWS)?).ok()?;
        let windows = windows.into_iter().filter_map(|(id, window)| Some((id.parse().ok()?, window))).collect();
        let held = bytes(HELD).and_then(|held| held.try_into().ok()).map(EpochHash);
        let jobs = bytes(JOBS).and_then(|jobs| serde_json::from_slice(jobs).ok()).unwrap_or_default();
        Some(Self { epoch, held, streams, windows, jobs })
    }

    /// Streams that a set does not keep up any more.
    pub(super) fn without(&self, kept: &BTreeSet<CellId>) -> Vec<CellId> {
        self.streams.difference(kept).copied().collect()
    }
}
