//! A folder as a stream: every file that appears in it is a piece, in the order of the files' names. A file counts once nobody has
//! written to it for a moment, is taken whole or not at all, and is never taken again.

use crate::project::Project;
use arrow_array::RecordBatch;
use guiju_connect::{
    config::Connection,
    locate::Format,
    read::{self, ReadOptions},
};
use guiju_core::{
    CellTable, CellValue,
    id::{CellId, CellSpec},
};
use guiju_lang::{
    finding::{Arg, At, Finding, codes},
    hir::{Program, RuleId, SourceId},
    schema::Schema,
};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

/// Larger files are refused: a piece is in memory while it is taken.
const LARGEST: u64 = 512 << 20;

/// How a file looked.
type Look = (u64, Option<SystemTime>);

/// One source's folder, and how far it has been taken.
pub(super) struct Spool {
    /// `rulebook.name`.
    pub(super) source: String,
    pub(super) cell: CellId,
    /// Rows of each file that was taken.
    taken: BTreeMap<String, u64>,
    /// Rows of all files ever taken.
    rows: u64,
    looked: HashMap<PathBuf, (Look, Instant)>,
    refused: HashMap<PathBuf, Look>,
}

/// A file, read.
pub(super) struct Piece {
    pub(super) file: String,
    pub(super) batches: Vec<RecordBatch>,
    pub(super) first_row: u64,
    pub(super) rows: u64,
}

/// The rows of all files, beside those of each.
const ALL: &str = "";

/// Who keeps what is known of inputs; no rulebook can be called so.
pub(super) fn keeper(tenant: &str) -> RuleId {
    RuleId { tenant: tenant.to_owned(), rulebook: "(serve)".to_owned(), name: "(inputs)".to_owned() }
}

impl Spool {
    /// With what the store knows of it.
    pub(super) fn of(
        tenant: &str,
        source: &str,
        load: impl FnOnce(CellId) -> Result<CellTable, Finding>,
    ) -> Result<Self, Finding> {
        let rule = &keeper(tenant);
        let spec =
            CellSpec { rule, accumulator: "files", key: "name", window: None, source, time_column: None, edition: 1 };
        let cell = spec.id();
        let mut spool = Self {
            source: source.to_owned(),
            cell,
            taken: BTreeMap::new(),
            rows: 0,
            looked: HashMap::new(),
            refused: HashMap::new(),
        };
        for (key, value) in load(cell)?.iter() {
            let CellValue::Bytes(bytes) = value else { continue };
            let rows = bytes.try_into().map_or(0, u64::from_le_bytes);
            match key {
                ALL => spool.rows = rows,
                file => drop(spool.taken.insert(file.to_owned(), rows)),
            }
        }
        Ok(spool)
    }

    /// A file is there that is not quiet yet.
    pub(super) fn waits(&self) -> bool {
        self.looked.keys().any(|path| path.exists() && !self.refused.contains_key(path))
    }

    /// What the store has to know once a piece is taken.
    pub(super) fn entries(&self, piece: &Piece) -> CellTable {
        let mut table = CellTable::new();
        table.put(&piece.file, CellValue::Bytes(&piece.rows.to_le_bytes()));
        table.put(ALL, CellValue::Bytes(&(piece.first_row + piece.rows).to_le_bytes()));
        table
    }

    /// The piece is taken.
    pub(super) fn took(&mut self, piece: &Piece) {
        self.taken.insert(piece.file.clone(), piece.rows);
        self.rows = piece.first_row + piece.rows;
    }

    /// The next file, if there is one that is quiet for `quiet`. What cannot be read is said once, and passed over until it changes.
    pub(super) fn next(
        &mut self,
        project: &Project,
        program: &Program,
        quiet: Duration,
    ) -> Result<Option<Piece>, Vec<Finding>> {
        let Some(source) = program.sources.iter().position(|source| source.name == self.source) else {
            return Ok(None);
        };
        let declared = &program.sources[source];
        let connection = project.config.connection(&declared.connection).map_err(|finding| vec![finding])?;
        let folder = match &declared.object {
            Some(object) => connection.path.join(object),
            None => connection.path.clone(),
        };
        for path in files(&folder).map_err(|finding| vec![finding])? {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if self.taken.contains_key(&file) {
                continue;
            }
            // It may have gone since.
            let Some(look) = look(&path) else { continue };
            if self.refused.get(&path) == Some(&look) {
                continue;
            }
            let mut before = self.looked.get(&path).filter(|(before, _)| *before == look).map(|(_, since)| *since);
            let since = *before.get_or_insert_with(Instant::now);
            self.looked.insert(path.clone(), (look, since));
            if since.elapsed() < quiet {
                // Later names wait for it.
                return Ok(None);
            }
            return match Self::read(program, SourceId(source as u32), connection, &path, look) {
                Ok((batches, rows)) => {
                    self.looked.remove(&path);
                    Ok(Some(Piece { file, batches, first_row: self.rows, rows }))
                }
                Err(found) => {
                    self.refused.insert(path.clone(), look);
                    let refused = Finding::new(codes::cli::SERVE_FILE_REFUSED, At::Nowhere)
                        .name("path", path.display().to_string());
                    Err(std::iter::once(refused).chain(found).collect())
                }
            };
        }
        Ok(None)
    }

    fn read(
        program: &Program,
        source: SourceId,
        connection: &Connection,
        path: &Path,
        look: Look,
    ) -> Result<(Vec<RecordBatch>, u64), Vec<Finding>> {
        if look.0 > LARGEST {
            let finding =
                Finding::new(codes::cli::SERVE_FILE_LARGE, At::Nowhere).name("path", path.display().to_string());
            return Err(vec![finding.arg("most", Arg::Count(i64::try_from(LARGEST >> 20).unwrap_or(i64::MAX)))]);
        }
        let declared = &program.sources[source.0 as usize];
        let alone = Connection { path: path.to_owned(), ..connection.clone() };
        let delivered = Schema { columns: declared.delivered().to_vec() };
        let scan = read::open(&read::Request {
            connection: &alone,
            object: None,
            schema: Some(&delivered),
            columns: Some(&declared.used),
            options: ReadOptions::default(),
        })?;
        let (mut batches, mut rows) = (Vec::new(), 0);
        for batch in scan {
            let batch = batch?.batch;
            rows += batch.num_rows() as u64;
            batches.push(batch);
        }
        Ok((batches, rows))
    }
}

fn look(path: &Path) -> Option<Look> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.len(), meta.modified().ok()))
}

/// The folder's data files by name. What begins with a dot is somebody's who is still writing.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Finding> {
    let unreadable = |error: std::io::Error| {
        let finding = Finding::new(codes::cli::UNREADABLE, At::Nowhere).name("path", folder.display().to_string());
        finding.arg("reason", Arg::Plain(error.to_string()))
    };
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && Format::of(&path).is_some() && path.is_file() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}
