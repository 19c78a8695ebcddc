//! Files of effects in a database: put there by the transaction that names them, fetched where this machine does not have them.

use super::{
    View,
    error::StoreError,
    sql::{SqlError, Tx, values},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// A part of a file: large enough for few of them, small enough to be in memory several times.
const PART: u64 = 4 << 20;

/// Gives the content of a segment's file to the database.
pub(super) fn give(tx: &Tx<'_>, segment: i64, path: &Path) -> Result<(), SqlError> {
    let mut file = File::open(path).map_err(|e| StoreError::io(path, &e))?;
    for part in 0_i64.. {
        let mut bytes = Vec::new();
        (&mut file).take(PART).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, &e))?;
        if bytes.is_empty() {
            break;
        }
        tx.put("INSERT INTO segment_parts (segment, part, bytes) VALUES (?1, ?2, ?3)", values![segment, part, &bytes])?;
    }
    Ok(())
}

impl View {
    /// The file of a segment, fetched from the database where it is not here.
    pub(super) fn segment(&self, file: &str) -> Result<PathBuf, StoreError> {
        let path = self.segments().join(file);
        if self.db.keeps_files() && !path.exists() {
            self.fetch(file, &path)?;
        }
        Ok(path)
    }

    fn fetch(&self, file: &str, path: &Path) -> Result<(), StoreError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder = self.segments();
        fs::create_dir_all(&folder).map_err(|e| StoreError::io(&folder, &e))?;
        let name = format!("{}-{}.coming", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let coming = Coming(folder.join(name));
        let failed = |e: &std::io::Error| StoreError::io(&coming.0, e);
        let mut out = OpenOptions::new().write(true).create_new(true).open(&coming.0).map_err(|e| failed(&e))?;
        let mut hasher = blake3::Hasher::new();
        let query = "SELECT p.bytes FROM segment_parts p JOIN segments s ON s.id = p.segment
                     WHERE s.file = ?1 AND p.part = ?2";
        for part in 0_i64.. {
            let bytes = self.db.first(query, values![file, part], |row| row.get::<Vec<u8>>(0));
            let Some(bytes) = bytes.map_err(|e| self.failed(e))? else { break };
            hasher.update(&bytes);
            out.write_all(&bytes).map_err(|e| failed(&e))?;
        }
        let path = path.to_owned();
        match format!("{}.parquet", hasher.finalize().to_hex()) {
            whole if whole == file => {}
            _ if out.metadata().is_ok_and(|meta| meta.len() == 0) => return Err(StoreError::SegmentMissing { path }),
            _ => {
                let why = "what the database has is not what was written".to_owned();
                return Err(StoreError::SegmentDamaged { path, why });
            }
        }
        out.sync_all().map_err(|e| failed(&e))?;
        match fs::rename(&coming.0, &path) {
            // Somebody else on this machine was faster, and has tidied up.
            Err(e) if e.kind() == ErrorKind::NotFound && path.exists() => Ok(()),
            done => done.map_err(|e| StoreError::io(&path, &e)),
        }
    }

    /// What the database does not have of files that it names; nothing if all is well.
    pub(super) fn incomplete(&self) -> Result<Option<String>, SqlError> {
        let query =
            "SELECT s.file FROM segments s WHERE s.bytes <> (SELECT CAST(coalesce(sum(length(p.bytes)), 0) AS BIGINT)
                     FROM segment_parts p WHERE p.segment = s.id) ORDER BY s.id LIMIT 1";
        let file = self.db.first(query, values![], |row| row.get::<String>(0))?;
        Ok(file.map(|file| format!("it does not have all of {file}")))
    }
}

/// A file on its way, which is removed unless it gets its name.
struct Coming(PathBuf);

impl Drop for Coming {
    fn drop(&mut self) {
        // It has its name by now, or the next opening clears it away.
        let _ = fs::remove_file(&self.0);
    }
}
