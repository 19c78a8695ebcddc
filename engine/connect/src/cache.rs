//! The column cache: columns of a source, decoded once, kept uncompressed, and looked at where they lie from then on. Who edits a rule
//! reads the same few columns again and again.
//!
//! ```text
//! FOLDER/<what is read>/<its version>/rows.json          which rows each batch holds
//!                                    /<a column>.arrows  an Arrow IPC stream of that column, batch by batch
//! ```
//! The version is the source's own ([`SourceVersion`]): another file, size or time is another folder, and the old one goes. A file is
//! complete when it has its name, and is never changed after that.

mod keep;
mod look;

use crate::{
    identity::SourceVersion,
    locate,
    read::{self, Limits, Request, Scan},
};
use guiju_lang::{
    finding::Finding,
    schema::{Column, Schema},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where columns are kept.
#[derive(Debug, Clone)]
pub struct ColumnCache {
    folder: PathBuf,
    most_bytes: u64,
}

/// Where a scan's rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The source itself.
    Source,
    /// The cache.
    Cache,
}

/// What [`ColumnCache::fill`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Every column asked for is there now.
    Whole,
    /// It was told to stop; nothing was kept.
    Stopped,
    /// The columns are larger than the cache may be; nothing was kept.
    TooLarge,
}

/// The rows of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Extent {
    first_row: u64,
    file: u32,
    row_in_file: u64,
    rows: u32,
}

/// One version of one source.
struct Shelf {
    folder: PathBuf,
    version: SourceVersion,
}

impl ColumnCache {
    /// A cache in a folder that is its own, of at most so many bytes a source.
    pub fn new(folder: &Path, most_bytes: u64) -> Self {
        Self { folder: folder.to_owned(), most_bytes }
    }

    /// Reads from the cache if it has every column asked for, else from the source.
    ///
    /// # Errors
    /// As [`read::open`].
    pub fn open(&self, request: &Request<'_>) -> Result<(Scan, Origin), Vec<Finding>> {
        if let Some(scan) = self.kept(request)? {
            return Ok((scan, Origin::Cache));
        }
        Ok((read::open(request)?, Origin::Source))
    }

    fn kept(&self, request: &Request<'_>) -> Result<Option<Scan>, Vec<Finding>> {
        let Some(columns) = asked(request) else { return Ok(None) };
        let Some(shelf) = self.shelf(request)? else { return Ok(None) };
        // What cannot be looked at is not there: the source is read instead.
        Ok(look::scan(shelf, columns))
    }

    /// Keeps the columns asked for that are not there yet. `going` is asked before every batch.
    ///
    /// # Errors
    /// What reading the source says, and what keeps a file from being written.
    pub fn fill(&self, request: &Request<'_>, going: &dyn Fn() -> bool) -> Result<Filled, Vec<Finding>> {
        let (Some(schema), Some(columns)) = (request.schema, asked(request)) else { return Ok(Filled::Whole) };
        let Some(shelf) = self.shelf(request)? else { return Ok(Filled::Whole) };
        let lacking: Vec<u32> = columns
            .columns
            .iter()
            .filter(|column| !shelf.column(column).exists())
            .filter_map(|column| schema.columns.iter().position(|known| known.name == column.name))
            .filter_map(|at| u32::try_from(at).ok())
            .collect();
        if lacking.is_empty() {
            return Ok(Filled::Whole);
        }
        shelf.clear_others();
        let scan = read::open(&Request { columns: Some(&lacking), ..*request })?;
        // Between looking and opening the source may have become another.
        if scan.version().hash != shelf.version.hash {
            return Ok(Filled::Stopped);
        }
        keep::keep(&shelf, scan, self.most_bytes, going)
    }

    /// Nothing: not a source whose version can be told beforehand.
    fn shelf(&self, request: &Request<'_>) -> Result<Option<Shelf>, Vec<Finding>> {
        let connection = request.connection;
        let files = locate::locate(connection, request.object).map_err(|f| vec![f])?;
        let version = SourceVersion::of(&files.paths).map_err(|f| vec![f])?;
        // How values are read is part of what is kept.
        let Limits { record_bytes, .. } = request.options.limits;
        let said = format!(
            "{:?} {:?} {:?} {:?} {:?} {} {record_bytes}",
            files.paths, files.format, connection.kind, connection.text, connection.misfit, request.options.batch_rows
        );
        let folder = self.folder.join(named(&said)).join(&version.hash);
        Ok(Some(Shelf { folder, version }))
    }
}

/// The columns asked for, if the schema is known.
fn asked(request: &Request<'_>) -> Option<Schema> {
    let schema = request.schema?;
    let Some(positions) = request.columns else { return Some(schema.clone()) };
    Some(Schema { columns: positions.iter().filter_map(|at| schema.columns.get(*at as usize)).cloned().collect() })
}

/// A name for a file: of its content's description only a hash fits.
fn named(said: &str) -> String {
    blake3::hash(said.as_bytes()).to_hex().as_str().chars().take(24).collect()
}

impl Shelf {
    fn column(&self, column: &Column) -> PathBuf {
        self.folder.join(named(&format!("{} {:?}", column.name, column.typed))).with_extension("arrows")
    }

    fn rows(&self) -> PathBuf {
        self.folder.join("rows.json")
    }

    /// Versions that the source no longer has. Who still looks at one keeps what is mapped.
    fn clear_others(&self) {
        let Some(siblings) = self.folder.parent().and_then(|parent| std::fs::read_dir(parent).ok()) else { return };
        for other in siblings.flatten().map(|entry| entry.path()).filter(|path| *path != self.folder) {
            // Another process may be removing it, too.
            let _ = std::fs::remove_dir_all(other);
        }
    }
}
