//! A source's version: what exactly was read, for provenance.

use crate::problem;
use guiju_lang::finding::Finding;
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// Files up to this size are hashed whole; larger ones by their ends, size and time.
const WHOLE: u64 = 16 << 20;
/// How much of each end of a large file is hashed. The tail of a Parquet file is its footer.
const END: u64 = 256 << 10;

/// The content of a source at one moment. Equal hashes mean equal content.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SourceVersion {
    /// Of all files, in order: 32 hexadecimal digits.
    pub hash: String,
    /// The files.
    pub files: Vec<FileVersion>,
}

/// One file of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileVersion {
    /// Where.
    pub path: PathBuf,
    /// Size.
    pub bytes: u64,
    /// Microseconds since 1970-01-01 UTC, as the file system says.
    pub modified: i64,
}

impl SourceVersion {
    /// Looks at the files. Cheap: at most 16 MiB of each are read.
    pub fn of(paths: &[PathBuf]) -> Result<Self, Finding> {
        let mut all = blake3::Hasher::new();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let (version, hash) = one(path).map_err(|e| problem::file_unreadable(path, &e))?;
            all.update(path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default().as_bytes());
            all.update(&[0]);
            all.update(&hash);
            files.push(version);
        }
        Ok(Self { hash: all.finalize().to_hex().as_str().chars().take(32).collect(), files })
    }

    /// All sizes together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }

    /// Whether a file has another size or time than when the version was taken.
    pub fn changed(&self, file: usize) -> bool {
        self.files.get(file).is_some_and(|f| stat(&f.path).is_ok_and(|now| now != *f))
    }
}

fn stat(path: &Path) -> std::io::Result<FileVersion> {
    let meta = std::fs::metadata(path)?;
    let modified =
        meta.modified()?.duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
    Ok(FileVersion { path: path.to_owned(), bytes: meta.len(), modified })
}

fn one(path: &Path) -> std::io::Result<(FileVersion, [u8; 32])> {
    let version = stat(path)?;
    let mut file = File::open(path)?;
    let mut hash = blake3::Hasher::new();
    hash.update(&version.bytes.to_le_bytes());
    if version.bytes <= WHOLE {
        std::io::copy(&mut file, &mut hash)?;
    } else {
        std::io::copy(&mut Read::by_ref(&mut file).take(END), &mut hash)?;
        file.seek(SeekFrom::End(-(END as i64)))?;
        std::io::copy(&mut file.take(END), &mut hash)?;
        hash.update(&version.modified.to_le_bytes());
    }
    Ok((version, *hash.finalize().as_bytes()))
}
