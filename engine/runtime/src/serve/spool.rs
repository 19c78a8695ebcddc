//! A folder as a stream: every file that appears in it is a piece, in the order of the files' names. A file counts once nobody has
//! written to it for a moment, is taken whole or not at all, and is never taken again.

use crate::{feed::step_finding, project::Project};
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
    hir::{Program, RuleId, Source},
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
    /// What is taken is recorded, with columns that no rule uses yet.
    record: bool,
}

/// A file, read.
pub(super) struct Piece {
    pub(super) file: String,
    /// The columns that rules use.
    pub(super) batches: Vec<RecordBatch>,
    /// All columns that the source declares, where they are recorded.
    pub(super) whole: Vec<RecordBatch>,
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
        record: bool,
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
            record,
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

    /// Files and rows taken.
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.taken.len() as u64, self.rows)
    }

    /// Files that wait, their bytes, and those that cannot be read.
    pub(super) fn backlog(&self, project: &Project, program: &Program) -> (u64, u64, Vec<String>) {
        let (mut count, mut bytes, mut refused) = (0, 0, Vec::new());
        let declared = program.sources.iter().find(|source| source.name == self.source);
        let folder = declared.and_then(|declared| place(project, declared).ok()).map(|(_, folder)| folder);
        for path in folder.and_then(|folder| files(&folder).ok()).unwrap_or_default() {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if self.taken.contains_key(&file) {
                continue;
            }
            let look = look(&path);
            if look.is_some() && self.refused.get(&path) == look.as_ref() {
                refused.push(file);
            } else {
                count += 1;
                bytes += look.map_or(0, |(bytes, _)| bytes);
            }
        }
        (count, bytes, refused)
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
        let (connection, folder) = place(project, &program.sources[source]).map_err(|finding| vec![finding])?;
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
            return match self.read(&program.sources[source], connection, &path, look) {
                Ok((batches, whole)) => {
                    self.looked.remove(&path);
                    let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
                    Ok(Some(Piece { file, batches, whole, first_row: self.rows, rows }))
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

    /// The columns that rules use, and all of them where they are recorded.
    fn read(
        &self,
        declared: &Source,
        connection: &Connection,
        path: &Path,
        look: Look,
    ) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>), Vec<Finding>> {
        if look.0 > LARGEST {
            let finding =
                Finding::new(codes::cli::SERVE_FILE_LARGE, At::Nowhere).name("path", path.display().to_string());
            return Err(vec![finding.arg("most", Arg::Count(i64::try_from(LARGEST >> 20).unwrap_or(i64::MAX)))]);
        }
        let alone = Connection { path: path.to_owned(), ..connection.clone() };
        let delivered = Schema { columns: declared.delivered().to_vec() };
        let all: Vec<u32> = (0..delivered.columns.len() as u32).collect();
        let scan = read::open(&read::Request {
            connection: &alone,
            object: None,
            schema: Some(&delivered),
            columns: Some(if self.record { &all } else { &declared.used }),
            options: ReadOptions::default(),
        })?;
        let read = scan.map(|batch| Ok(batch?.batch)).collect::<Result<Vec<_>, Vec<Finding>>>()?;
        if !self.record {
            return Ok((read, Vec::new()));
        }
        let used: Vec<usize> = declared.used.iter().map(|column| *column as usize).collect();
        let project = |batch: &RecordBatch| batch.project(&used).map_err(|e| vec![step_finding(e.into())]);
        Ok((read.iter().map(project).collect::<Result<_, _>>()?, read))
    }
}

/// The folder of a source, and the connection that names it.
fn place<'a>(project: &'a Project, declared: &Source) -> Result<(&'a Connection, PathBuf), Finding> {
    let connection = project.config.connection(&declared.connection)?;
    let folder = match &declared.object {
        Some(object) => connection.path.join(object),
        None => connection.path.clone(),
    };
    Ok((connection, folder))
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
