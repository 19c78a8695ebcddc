//! Replacing files whole.

use guiju::lang::finding::{Arg, At, Finding, codes};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Replaces a file whole, or leaves it as it was.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Finding> {
    all(&[(path, text)])
}

/// Replaces all of these files, or none of them.
pub(crate) fn all(files: &[(&Path, &str)]) -> Result<(), Finding> {
    let mut staged: Vec<PathBuf> = Vec::new();
    let mut before: Vec<(&Path, Vec<u8>)> = Vec::new();
    let done = files.iter().try_for_each(|(path, text)| {
        let beside = beside(path);
        staged.push(beside.clone());
        let stage = || -> std::io::Result<Vec<u8>> {
            let before = std::fs::read(path)?;
            let mut file = std::fs::File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::set_permissions(&beside, std::fs::metadata(path)?.permissions())?;
            Ok(before)
        };
        before.push((*path, stage().map_err(|error| unwritable(path, &error))?));
        Ok(())
    });
    let mut renamed = 0;
    let done = done.and_then(|()| {
        files.iter().zip(&staged).try_for_each(|((path, _), beside)| {
            std::fs::rename(beside, path).map_err(|error| unwritable(path, &error))?;
            renamed += 1;
            Ok(())
        })
    });
    if done.is_err() {
        // What was put in place goes back, and half-written copies are of no use to anybody.
        for (path, text) in before.iter().take(renamed) {
            let _ = std::fs::write(path, text);
        }
        for beside in &staged {
            let _ = std::fs::remove_file(beside);
        }
    }
    done
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".guiju-new");
    path.with_file_name(name)
}

pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Finding {
    Finding::new(codes::cli::UNWRITABLE, At::Nowhere)
        .arg("path", Arg::Name(path.display().to_string()))
        .arg("reason", Arg::Plain(error.to_string()))
}
