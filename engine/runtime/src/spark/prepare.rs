//! The job and everything that it needs, in one folder.

use super::{bundle, unwritable};
use crate::{
    copies::Copies,
    epoch::{Epoch, Moment},
    feed::{Read, Watch, asked, open, order},
    project::Project,
};
use guiju_connect::{identity::SourceVersion, lake};
use guiju_lang::{
    context::Context,
    finding::{Arg, At, Finding, codes},
    hir::SourceId,
};
use guiju_mot::Event;
use guiju_spark::{Job, Question, SourceColumns, Unsaid};
use std::path::{Path, PathBuf};

/// The job's file.
pub(super) const JOB: &str = "job.py";

/// A job, ready to be sent.
#[derive(Debug)]
pub struct Prepared {
    /// The PySpark program.
    pub script: PathBuf,
    /// What its stages need to know, if it has any.
    pub bundle: Option<PathBuf>,
    /// What will be read.
    pub reads: Vec<Read>,
    /// What somebody should know.
    pub findings: Vec<Finding>,
    pub(super) job: Job,
    versions: Vec<SourceVersion>,
}

impl Prepared {
    /// Files that changed while they were read make the answer worthless.
    pub(super) fn unchanged(&self) -> Result<(), Vec<Finding>> {
        for version in &self.versions {
            if let Some(file) = (0..version.files.len()).find(|file| version.changed(*file)) {
                return Err(vec![lake::changed(&version.files[file].path)]);
            }
        }
        Ok(())
    }
}

/// Writes the job into a folder: Parquet that Spark reads as the engine does is left where it is, everything else is copied there.
pub fn prepare(
    project: &Project,
    epoch: &Epoch,
    at: Moment,
    folder: &Path,
    watch: &mut dyn Watch,
) -> Result<Prepared, Vec<Finding>> {
    // Workers have folders of their own.
    let folder = &std::path::absolute(folder).map_err(|e| vec![unwritable(folder, &e)])?;
    let contexts: Vec<Context> = epoch.groups.iter().map(|group| group.context(at)).collect();
    let mut questions = Vec::new();
    for (group, cx) in epoch.groups.iter().zip(&contexts) {
        for &rule in &group.rules {
            let body = &epoch.program.rules[rule];
            if let Some(event) = body.body.as_any().downcast_ref::<Event>() {
                let populations = &body.head.populations;
                questions.push(Question { rule, on: event.on, key: &event.key, when: &event.when, populations, cx });
            }
        }
    }
    // A stream is looked at in its order, which a cluster does not keep.
    let streams: Vec<Unsaid> = questions.iter().filter_map(|question| over_stream(epoch, question.rule)).collect();
    if !streams.is_empty() {
        return Err(cannot_say(&streams));
    }
    let mut sources: Vec<SourceColumns> =
        order(epoch).into_iter().map(|source| SourceColumns { source, files: Vec::new() }).collect();
    // Said before anything is copied.
    guiju_spark::plan(&epoch.program, &sources, &questions).map_err(|all| cannot_say(&all))?;
    let tables = folder.join("tables");
    std::fs::create_dir_all(&tables).map_err(|e| vec![unwritable(&tables, &e)])?;
    let copies = Copies::obtain(project, &epoch.program, &order(epoch), watch)?;
    let (mut reads, mut versions) = (Vec::new(), Vec::new());
    for source in &mut sources {
        let (read, version) = files(project, epoch, source, &tables, &copies, &|| watch.interrupted())?;
        reads.push(read);
        versions.push(version);
    }
    let job = guiju_spark::plan(&epoch.program, &sources, &questions).map_err(|all| cannot_say(&all))?;
    let script = folder.join(JOB);
    std::fs::write(&script, &job.script).map_err(|e| vec![unwritable(&script, &e)])?;
    let bundle = if job.stages.is_empty() {
        None
    } else {
        let path = folder.join("bundle.json");
        let text = bundle::write(project, epoch, at, &job.stages)?;
        std::fs::write(&path, text).map_err(|e| vec![unwritable(&path, &e)])?;
        Some(path)
    };
    let staged = job.stages.iter().flat_map(|stage| &stage.values);
    let staged = staged.map(|staged| unsaid(codes::cli::SPARK_STAGE, &staged.because));
    let findings = staged.chain(copies.findings()).collect();
    Ok(Prepared { script, bundle, reads, findings, job, versions })
}

fn over_stream(epoch: &Epoch, rule: usize) -> Option<Unsaid> {
    let declared = &epoch.program.rules[rule];
    let event = declared.body.as_any().downcast_ref::<Event>().filter(|event| event.stream)?;
    Some(Unsaid { place: event.key.place, what: "on … by …".to_owned() })
}

fn cannot_say(all: &[Unsaid]) -> Vec<Finding> {
    all.iter().map(|one| unsaid(codes::cli::SPARK_CANNOT_SAY, one)).collect()
}

fn unsaid(code: guiju_lang::finding::Code, unsaid: &Unsaid) -> Finding {
    Finding::new(code, unsaid.place).name("what", unsaid.what.clone())
}

/// Where Spark finds a source's rows.
fn files(
    project: &Project,
    epoch: &Epoch,
    to: &mut SourceColumns,
    tables: &Path,
    copies: &Copies,
    interrupted: &dyn Fn() -> bool,
) -> Result<(Read, SourceVersion), Vec<Finding>> {
    let declared = &epoch.program.sources[to.source.0 as usize];
    let name = declared.name.clone();
    let taken = copies.taken(&epoch.program, to.source);
    // Spark takes these signs in a path for a pattern.
    let plain = |path: &&str| !path.contains(['*', '?', '{', '}', '[', ']', '\\']);
    let shown = |path: &Path| path.to_str().map(str::to_owned);
    let own = asked(project, &epoch.program, (to.source, &declared.used), copies, |request| {
        lake::own_files(request).map_err(|finding| vec![finding])
    })?;
    if let Some(own) = own {
        let files: Option<Vec<(String, u64)>> =
            own.files.iter().map(|(path, first)| Some((path.to_str().filter(plain)?.to_owned(), *first))).collect();
        if let Some(files) = files {
            to.files = files;
            return Ok((Read { source: name, rows: own.rows, version: own.version.hash.clone(), taken }, own.version));
        }
    }
    let path = tables.join(format!("{}.parquet", to.source.0));
    let mut scan = open(project, &epoch.program, to.source, copies)?;
    let Some(rows) = lake::copy(&mut scan, &path, interrupted)? else {
        return Err(vec![Finding::new(codes::cli::INTERRUPTED, At::Nowhere)]);
    };
    let Some(path) = shown(&path) else {
        let reason = Arg::Plain("the path is not UTF-8".to_owned());
        let finding = Finding::new(codes::cli::UNWRITABLE, At::Nowhere);
        return Err(vec![finding.name("path", path.display().to_string()).arg("reason", reason)]);
    };
    to.files = vec![(path, 0)];
    Ok((Read { source: name, rows, version: scan.version().hash.clone(), taken }, scan.version().clone()))
}

/// A source's number in the names of the answer's folders.
pub(super) fn name_of(epoch: &Epoch, source: SourceId) -> &str {
    &epoch.program.sources[source.0 as usize].name
}
