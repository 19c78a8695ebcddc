//! Replacing files whole.

use guiju::lang::finding::{Arg, At, Finding, codes};
use std::{io::Write, path::Path};

/// Replaces a file whole, or leaves it as it was.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Finding> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".guiju-new");
    let beside = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::set_permissions(&beside, std::fs::metadata(path)?.permissions())?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| {
        // The half-written copy is of no use to anybody.
        let _ = std::fs::remove_file(&beside);
        unwritable(path, &error)
    })
}

pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Finding {
    Finding::new(codes::cli::UNWRITABLE, At::Nowhere)
        .arg("path", Arg::Name(path.display().to_string()))
        .arg("reason", Arg::Plain(error.to_string()))
}
