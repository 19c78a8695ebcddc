//! Another version of the rulebooks: a file or folder, or a revision of the git repository that they are in.

use guiju::{Project, project::ENDING};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Where the other version's rulebooks are. What was taken from a repository is removed in the end.
pub(crate) struct Revision {
    paths: Vec<PathBuf>,
    taken: Option<PathBuf>,
}

impl Revision {
    /// Finds the version; otherwise says why not.
    pub(crate) fn open(version: &str, paths: &[PathBuf], project: &Project) -> Result<Self, String> {
        if Path::new(version).exists() {
            return Ok(Self { paths: vec![PathBuf::from(version)], taken: None });
        }
        if version.starts_with('-') {
            return Err("not a path, and not a revision".to_owned());
        }
        let here = PathBuf::from(".");
        let files: Vec<PathBuf> =
            project.sources.iter().take(project.rulebooks).map(|(_, file)| PathBuf::from(&file.path)).collect();
        let at = paths.first().or(files.first()).unwrap_or(&here);
        let at = std::path::absolute(at).map_err(|error| error.to_string())?;
        let folder = at.ancestors().find(|folder| folder.is_dir()).unwrap_or(&here).to_owned();
        let root = PathBuf::from(git(&folder, &["rev-parse", "--show-toplevel"])?.trim_end());
        let revision = git(&folder, &["rev-parse", "--verify", "--quiet", &format!("{version}^{{commit}}")])
            .map_err(|_| "not a path, and not a revision of this repository".to_owned())?;
        let revision = revision.trim();
        // The same folders as now, with the rulebooks that were there then.
        let wanted = if paths.is_empty() { vec![folder] } else { paths.to_vec() };
        let taken =
            std::env::temp_dir().join(format!("guiju-{}-{}", std::process::id(), &revision[..revision.len().min(12)]));
        let own = Self { paths: vec![taken.clone()], taken: Some(taken.clone()) };
        for path in wanted {
            let path = std::fs::canonicalize(&path).map_err(|error| error.to_string())?;
            let root = std::fs::canonicalize(&root).map_err(|error| error.to_string())?;
            let inside = path.strip_prefix(&root).map_err(|error| error.to_string())?;
            let below = if inside.as_os_str().is_empty() { Path::new(".") } else { inside };
            let list =
                git(&root, &["ls-tree", "-r", "-z", "--name-only", revision, "--", &below.display().to_string()])?;
            for name in list.split('\0').filter(|name| Path::new(name).extension().is_some_and(|e| e == ENDING)) {
                let text = git(&root, &["show", &format!("{revision}:{name}")])?;
                let to = taken.join(name);
                let parent = to.parent().unwrap_or(&taken);
                std::fs::create_dir_all(parent)
                    .and_then(|()| std::fs::write(&to, text))
                    .map_err(|error| error.to_string())?;
            }
        }
        if taken.is_dir() { Ok(own) } else { Err("it has no rulebooks there".to_owned()) }
    }

    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

impl Drop for Revision {
    fn drop(&mut self) {
        if let Some(taken) = &self.taken {
            // Left-overs in the system's folder for such things hurt nobody.
            let _ = std::fs::remove_dir_all(taken);
        }
    }
}

fn git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output =
        Command::new("git").arg("-C").arg(folder).args(args).output().map_err(|error| format!("git: {error}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
