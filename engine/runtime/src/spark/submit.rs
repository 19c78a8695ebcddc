//! `spark-submit`, and what it leaves behind.

use super::{Cluster, Prepared, Work, unwritable};
use guiju_lang::finding::{Arg, At, Finding, codes};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    net::{TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How often somebody who waits is asked whether to go on.
const BEAT: Duration = Duration::from_millis(50);
/// How long a master may take to answer the first time.
const ANSWER: Duration = Duration::from_secs(5);
/// The most that is read of a job's log to find the reason why it failed.
const TAIL: u64 = 64 << 10;
/// The most that `done.json` may hold.
const DONE: u64 = 16 << 20;

/// What a job says when it is over.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) version: String,
    /// By folder.
    pub(super) rows: BTreeMap<String, u64>,
    /// Rows that repeat a key, and one that they repeat.
    pub(super) counts: BTreeMap<String, (u64, Option<String>)>,
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// Runs the job and waits for its end.
pub(super) fn submit(
    cluster: &Cluster,
    prepared: &Prepared,
    work: &mut Work,
    interrupted: &dyn Fn() -> bool,
) -> Result<Answer, Vec<Finding>> {
    reachable(&cluster.master)?;
    let folder = work.folder.join("answer");
    let log_path = work.folder.join("spark.log");
    let log = File::create(&log_path).map_err(|e| vec![unwritable(&log_path, &e)])?;
    let mut command = Command::new(&cluster.submit);
    command.args(["--master", &cluster.master, "--conf", "spark.ui.enabled=false"]);
    for setting in &cluster.settings {
        command.args(["--conf", setting]);
    }
    command.arg(&prepared.script).arg(&folder);
    if let Some(bundle) = &prepared.bundle {
        command.arg("--guiju").arg(&cluster.guiju).arg("--bundle").arg(bundle);
    }
    // What a Python program says, its last words among it, comes out of `spark-submit`'s standard output.
    let both = log.try_clone().map_err(|e| vec![unwritable(&log_path, &e)])?;
    // Java takes the encoding of file names from the terminal's language.
    command.env("LC_ALL", "C.UTF-8").env("PYTHONIOENCODING", "utf-8");
    command.stdin(Stdio::null()).stdout(both).stderr(log);
    let child = command.spawn().map_err(|e| {
        let finding = Finding::new(codes::cli::SPARK_ABSENT, At::Nowhere);
        vec![finding.name("path", cluster.submit.display().to_string()).arg("reason", Arg::Plain(e.to_string()))]
    })?;
    let well = wait(child, interrupted)?;
    let answer = done(&folder.join("done.json"));
    if let Some(answer) = &answer
        && answer.version != guiju_spark::VERSION
    {
        let finding = Finding::new(codes::cli::SPARK_OTHER_VERSION, At::Nowhere);
        let found = Arg::Plain(answer.version.clone());
        return Err(vec![finding.arg("found", found).arg("expected", Arg::Plain(guiju_spark::VERSION.to_owned()))]);
    }
    match answer {
        Some(answer) if well => Ok(Answer { folder, ..answer }),
        _ => {
            work.keep = true;
            let finding =
                Finding::new(codes::cli::SPARK_FAILED, At::Nowhere).arg("reason", Arg::Plain(reason(&log_path)));
            Err(vec![finding.name("path", log_path.display().to_string())])
        }
    }
}

/// A standalone master that does not answer would be asked again and again for a minute.
fn reachable(master: &str) -> Result<(), Vec<Finding>> {
    let Some(hosts) = master.strip_prefix("spark://") else { return Ok(()) };
    let mut last = String::from("no address");
    for host in hosts.split(',') {
        match host.to_socket_addrs() {
            Ok(addresses) => {
                for address in addresses {
                    match TcpStream::connect_timeout(&address, ANSWER) {
                        Ok(_) => return Ok(()),
                        Err(e) => last = e.to_string(),
                    }
                }
            }
            Err(e) => last = e.to_string(),
        }
    }
    let finding = Finding::new(codes::cli::SPARK_UNREACHABLE, At::Nowhere).name("master", master);
    Err(vec![finding.arg("reason", Arg::Plain(last))])
}

/// Whether it ended well. Interrupted, it is stopped.
fn wait(mut child: Child, interrupted: &dyn Fn() -> bool) -> Result<bool, Vec<Finding>> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if interrupted() => {
                // It may be over in the meantime.
                let _ = child.kill();
                let _ = child.wait();
                return Err(vec![Finding::new(codes::cli::INTERRUPTED, At::Nowhere)]);
            }
            Ok(None) => std::thread::sleep(BEAT),
            Err(_) => return Ok(false),
        }
    }
}

fn done(path: &Path) -> Option<Answer> {
    let mut text = String::new();
    File::open(path).ok()?.take(DONE).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// The line of the log that says most: an exception's last words, or the last line there is.
fn reason(log: &Path) -> String {
    let mut bytes = Vec::new();
    let tail = File::open(log).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        file.take(TAIL).read_to_end(&mut bytes)
    });
    if tail.is_err() {
        return "no log".to_owned();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let telling = |line: &&&str| {
        let said =
            ["Caused by: ", "Exception: ", "Error: ", "JAVA_HOME", "error:"].iter().any(|mark| line.contains(mark));
        said && !line.starts_with("at ")
    };
    let line = lines.iter().rev().find(telling).or(lines.last());
    line.map_or_else(|| "no reason given".to_owned(), |line| line.chars().take(400).collect())
}
