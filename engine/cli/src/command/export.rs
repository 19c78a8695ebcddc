//! `guiju export spark`, what a job of it calls on the workers, and where `guiju run --on` sends its own.

use super::run::{bad_day, tenant_of};
use crate::{
    Exit,
    args::{Cluster, Common, Export, ExportSpark, ExportWhat, Stage},
    clock, interrupt,
    output::Out,
    progress::Bar,
};
use guiju::{
    lang::{
        finding::{Arg, At, Finding, Sources, codes},
        time::Zone,
    },
    spark,
};
use serde_json::json;
use std::path::{Path, PathBuf};

impl Cluster {
    /// Where to send jobs, if anywhere.
    pub(crate) fn cluster(&self) -> Option<spark::Cluster> {
        let home = || std::env::var_os("SPARK_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let found = || home().map_or_else(|| PathBuf::from("spark-submit"), |home| home.join(spark::SUBMIT));
        Some(spark::Cluster {
            master: self.on.clone()?,
            submit: self.spark_submit.clone().unwrap_or_else(found),
            settings: self.spark_conf.clone(),
            work: self.spark_work.clone(),
            guiju: self.spark_guiju.clone().or_else(|| std::env::current_exe().ok()).unwrap_or_else(|| "guiju".into()),
        })
    }
}

pub(crate) fn run(args: &Export, common: &Common, out: &Out) -> Exit {
    let ExportWhat::Spark(args) = &args.what;
    match spark_job(args, common, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn spark_job(args: &ExportSpark, common: &Common, out: &Out) -> Result<Exit, Exit> {
    let (project, program) = super::checked(&args.paths, common, out)?;
    let fail = |found: &[Finding], exit| out.fail(found, &project.sources, exit);
    let zone = program.rulebooks.first().and_then(|book| Zone::named(&book.zone).ok()).unwrap_or_else(Zone::utc);
    let at = clock::moment(args.today.as_deref(), &zone);
    let at = at.ok_or_else(|| fail(&[bad_day(args.today.as_deref())], Exit::Usage))?;
    let tenant = tenant_of(&program, args.tenant.as_deref()).map_err(|finding| fail(&[finding], Exit::Usage))?;
    let epoch = super::linked(&project, program, out, |rule| rule.head.id.tenant == tenant)?;
    interrupt::watch();
    empty(&args.to).map_err(|finding| fail(&[finding], Exit::Failed))?;
    let prepared = spark::prepare(&project, &epoch, at, &args.to, &mut Bar::new(out));
    let prepared = prepared
        .map_err(|found| fail(&found, if interrupt::requested() { Exit::Interrupted } else { Exit::Failed }))?;
    out.findings(&prepared.findings, &project.sources);
    out.document(&json!({
        "ok": true,
        "job": prepared.script.display().to_string(),
        "bundle": prepared.bundle.as_ref().map(|path| path.display().to_string()),
        "sources": prepared.reads.iter().map(|read| json!({ "source": read.source, "rows": read.rows, "version": read.version })).collect::<Vec<_>>(),
        "findings": out.findings_json(&prepared.findings, &project.sources),
    }));
    let bundle =
        prepared.bundle.as_ref().map_or_else(String::new, |path| format!(" --guiju guiju --bundle {}", path.display()));
    out.say(format!("spark-submit {} OUT{bundle}", prepared.script.display()));
    Ok(Exit::Well)
}

/// A folder for the job, new or empty.
fn empty(folder: &Path) -> Result<(), Finding> {
    let unwritable = |e: std::io::Error| {
        let finding = Finding::new(codes::cli::UNWRITABLE, At::Nowhere).name("path", folder.display().to_string());
        finding.arg("reason", Arg::Plain(e.to_string()))
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    if std::fs::read_dir(folder).map_err(unwritable)?.next().is_some() {
        return Err(Finding::new(codes::cli::FOLDER_TAKEN, At::Nowhere).name("path", folder.display().to_string()));
    }
    Ok(())
}

/// Lines in, lines out.
pub(crate) fn stage(args: &Stage, out: &Out) -> Exit {
    let done = std::fs::read_to_string(&args.bundle)
        .map_err(|e| {
            let finding =
                Finding::new(codes::cli::UNREADABLE, At::Nowhere).name("path", args.bundle.display().to_string());
            vec![finding.arg("reason", Arg::Plain(e.to_string()))]
        })
        .and_then(|bundle| {
            spark::stage::run(&bundle, args.table, &mut std::io::stdin().lock(), &mut std::io::stdout().lock())
        });
    match done {
        Ok(()) => Exit::Well,
        Err(found) => {
            out.findings(&found, &Sources::new());
            Exit::Failed
        }
    }
}
