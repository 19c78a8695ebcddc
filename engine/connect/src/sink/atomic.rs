//! A file that appears whole or not at all.

use crate::problem;
use guiju_lang::finding::Finding;
use std::{
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Written beside its place; [`AtomicFile::publish`] moves it there. Dropped before that, it leaves no trace.
pub(crate) struct AtomicFile {
    path: PathBuf,
    beside: PathBuf,
    file: Option<BufWriter<File>>,
    /// What kept it from being written, for writers that hide it in errors of their own.
    failed: Option<io::Error>,
}

impl AtomicFile {
    pub(crate) fn create(path: &Path) -> Result<Self, Finding> {
        let folder = folder(path);
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = folder.join(format!(".{name}.{}.part", std::process::id()));
        fs::create_dir_all(folder).map_err(|e| failure(path, &e))?;
        let file = File::create(&beside).map_err(|e| failure(path, &e))?;
        Ok(Self { path: path.to_owned(), beside, file: Some(BufWriter::with_capacity(256 << 10, file)), failed: None })
    }

    /// Copies the lines that are there already. A last one without its end is no line to add to: it gets one.
    pub(super) fn copy_lines(&mut self) -> Result<(), Finding> {
        let path = self.path.clone();
        let mut copy = || -> io::Result<()> {
            let mut old = File::open(&path)?;
            if io::copy(&mut old, self)? == 0 {
                return Ok(());
            }
            let mut last = [0];
            old.seek(SeekFrom::End(-1))?;
            old.read_exact(&mut last)?;
            if last == *b"\n" { Ok(()) } else { self.write_all(b"\n") }
        };
        copy().map_err(|e| failure(&path, &e))
    }

    /// Writes, with the finding that a failure means.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), Finding> {
        self.write_all(bytes).map_err(|e| failure(&self.path, &e))
    }

    /// Everything to the disk, then to its place.
    pub(crate) fn publish(mut self) -> Result<(), Finding> {
        let done = self
            .sync()
            .and_then(|()| fs::rename(&self.beside, &self.path))
            .and_then(|()| sync_folder(folder(&self.path)));
        done.map_err(|e| failure(&self.path, &e))
    }

    fn sync(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// The finding for an error of a writer on top of this one.
    pub(crate) fn finding(&self, message: &str) -> Finding {
        match &self.failed {
            Some(e) => failure(&self.path, e),
            None => problem::cannot_write(&self.path, &io::Error::other(message.to_owned())),
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Err(io::Error::other("closed")) };
        file.write(bytes).inspect_err(|e| self.failed = Some(again(e)))
    }
    fn flush(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.flush().inspect_err(|e| self.failed = Some(again(e)))
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        self.file = None;
        // After a rename there is nothing to remove, and a full disk must not keep the part.
        drop(fs::remove_file(&self.beside));
    }
}

fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A full disk, or whatever the system says.
pub(crate) fn failure(path: &Path, error: &io::Error) -> Finding {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => problem::disk_full(path),
        _ => problem::cannot_write(path, error),
    }
}
