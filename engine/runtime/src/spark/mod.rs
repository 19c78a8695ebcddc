//! A run whose tables Spark looks through: `prepare` writes the job, `submit` runs it, `answer` feeds the rows it found to the same
//! steps that a run here feeds, `stage` is the part of a job that calls back on the workers.

mod answer;
mod bundle;
mod prepare;
pub mod stage;
mod submit;

pub use prepare::{Prepared, prepare};

use crate::{
    epoch::{Epoch, Moment},
    feed::{Fed, Take, Watch},
    project::Project,
};
use guiju_core::Cells;
use guiju_lang::finding::Finding;
use std::path::{Path, PathBuf};

/// The file that submits jobs, below Spark's folder.
pub const SUBMIT: &str = "bin/spark-submit";

/// Where jobs are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `spark://host:port`, `local[2]`, or any other master that `spark-submit` knows.
    pub master: String,
    /// Spark's `spark-submit`.
    pub submit: PathBuf,
    /// `KEY=VALUE` settings for this job.
    pub settings: Vec<String>,
    /// A folder that this machine and all workers see, under one path; otherwise one of the system's for passing files.
    pub work: Option<PathBuf>,
    /// This program, as workers start it.
    pub guiju: PathBuf,
}

/// As [`crate::feed::feed`]: the same effects come out.
pub(crate) fn feed(
    (project, epoch, at): (&Project, &Epoch, Moment),
    cluster: &Cluster,
    cells: &mut [Cells],
    watch: &mut dyn Watch,
    take: &mut Take<'_>,
) -> Result<Fed, Vec<Finding>> {
    let mut work = Work::new(cluster.work.as_deref())?;
    let prepared = prepare(project, epoch, at, &work.folder, watch)?;
    let answer = submit::submit(cluster, &prepared, &mut work, &|| watch.interrupted())?;
    prepared.unchanged()?;
    let findings = answer::feed((epoch, at), &prepared, &answer, &mut work, cells, watch, take)?;
    Ok(Fed { reads: prepared.reads, findings: prepared.findings.into_iter().chain(findings).collect() })
}

/// The folder of one job. It goes when the job is over, unless somebody has to look into it.
struct Work {
    folder: PathBuf,
    keep: bool,
}

impl Work {
    fn new(below: Option<&Path>) -> Result<Self, Vec<Finding>> {
        let below = below.map_or_else(std::env::temp_dir, Path::to_owned);
        let free = |n: u32| below.join(format!("guiju-spark-{}-{n}", std::process::id()));
        let mut n = 0;
        loop {
            let folder = free(n);
            match std::fs::create_dir_all(&below).and_then(|()| std::fs::create_dir(&folder)) {
                Ok(()) => {
                    let folder = std::path::absolute(&folder).unwrap_or(folder);
                    return Ok(Self { folder, keep: false });
                }
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && n < 1000 => n += 1,
                Err(e) => return Err(vec![unwritable(&folder, &e)]),
            }
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing depends on it any more; what cannot be removed is in the system's folder for such things.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Finding {
    use guiju_lang::finding::{Arg, At, codes};
    Finding::new(codes::cli::UNWRITABLE, At::Nowhere)
        .name("path", path.display().to_string())
        .arg("reason", Arg::Plain(error.to_string()))
}
